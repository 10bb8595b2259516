"""An order of applications with its ties, whichever way it was found, and how each tie is paid.

The problem: places, finalists, asks and stages all ask the same question, "who comes next", of a raw ranking,
of calibrated scores or of measured results, and each has ties. One order answers it, and a tie is paid by the
rule that the brief states; where that rule needs a seed or a decision that nobody gave, the award waits.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ...finance.money import Money, split, zero
from ..errors import ScoreInvalid, TieUnresolved
from ..prizes import TieRule
from ..ranking import Ranking, Standing
from ..rubric import Scale, figure

Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Applications from best to worst, in groups that are tied.

    Attributes
    ----------
    groups : tuple[tuple[str, ...], ...]
        Ids; those in one group are tied.
    said : mapping of str to str
        What is said of each in the reason of an award, without a full stop.
    worth : mapping of str to Fraction [points]
        Distance of each from the worst end of the scale; empty where the order knows no amounts.
    spread : mapping of str to Fraction [points]
        Standard error of that worth, where it is known.
    left_out : frozenset[str]
        Who was taken out of it.
    regroup : callable or None
        From a number of places and those left out to the groups with a line there; ``None`` where the line
        changes nothing.

    Examples
    --------
    >>> Order(groups=(("a",), ("b", "c")), said={}).without({"a", "c"}).groups
    (('b',),)
    """

    groups: Groups
    said: Mapping[str, str]
    worth: Mapping[str, Fraction] = field(default_factory=dict)
    spread: Mapping[str, Fraction] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    regroup: Callable[[int, frozenset[str]], Groups] | None = field(default=None, compare=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """All ids, best first."""
        return tuple(name for group in self.groups for name in group)

    @property
    def ranks(self) -> dict[str, int]:
        """Place of each; tied ids share the first of the places they fill."""
        ranks: dict[str, int] = {}
        place = 1
        for group in self.groups:
            ranks |= dict.fromkeys(group, place)
            place += len(group)
        return ranks

    def without(self, gone: Iterable[str]) -> "Order":
        """Return the order of those who are left."""
        out = set(gone)
        left = (tuple(name for name in group if name not in out) for group in self.groups)
        groups = tuple(group for group in left if group)
        return replace(self, groups=groups, left_out=self.left_out | out)

    def at_line(self, places: int) -> "Order":
        """Return the order for a number of places: whom the scores do not separate around the line is tied.

        Parameters
        ----------
        places : int [places]
            How many there are.
        """
        if self.regroup is None:
            return self
        return replace(self, groups=self.regroup(places, self.left_out))

    def only(self, names: Iterable[str]) -> "Order":
        """Return the order of some of them."""
        return self.without(set(self.names) - set(names))

    def lowered(self, z_milli: int) -> "Order":
        """Return the order with a cautious worth: less a multiple of the standard error, never below 0.

        Parameters
        ----------
        z_milli : int [thousandths of a standard error]
            How cautious.

        Raises
        ------
        ScoreInvalid
            When a standard error is not known.
        """
        unknown = sorted(self.worth.keys() - self.spread.keys())
        if unknown:
            raise ScoreInvalid(
                f"No standard error of {', '.join(unknown)}, so no lower bound: have them read twice.",
                applications=unknown,
            )
        return replace(
            self,
            worth={
                name: max(Fraction(0), worth - Fraction(z_milli, 1000) * self.spread[name])
                for name, worth in self.worth.items()
            },
        )

    def say(self, name: str) -> str:
        """Return what is said of one."""
        return self.said.get(name) or f"Rank {self.ranks[name]} of {len(self.names)}"


def raw_order(ranking: Ranking, scale: Scale | None = None) -> Order:
    """Return the order of a ranking by plain means.

    Parameters
    ----------
    ranking : Ranking
        From ``rank_by_mean``.
    scale : Scale or None
        Of the rubric; with it, the order knows what each application is worth.

    Raises
    ------
    ValueError
        When scale and ranking disagree which end is better.

    Examples
    --------
    >>> standing = Standing(application_id="a", rank=1, mean=Fraction(9, 2), reads=5, variance_of_mean=None)
    >>> ranking = Ranking(rubric_id="merit/1", direction="higher", standings=(standing,), set_aside=(),
    ...     unranked=())
    >>> raw_order(ranking).say("a")
    'Rank 1 of 1 with a mean of 4.5000 points over 5 reads'
    """
    worth: dict[str, Fraction] = {}
    spread: dict[str, Fraction] = {}
    if scale is not None:
        if ranking.direction != scale.direction:
            raise ValueError(
                f"{ranking.direction} ranks better, but {scale.direction} is better on this scale"
            )
        rows = sorted(ranking.standings, key=lambda row: row.application_id)
        worth = {row.application_id: scale.merit(row.mean) for row in rows}
        spread = {
            row.application_id: Fraction(row.standard_error) for row in rows if row.standard_error is not None
        }
    said = {row.application_id: standing_text(row, ranking) for row in ranking.standings}
    return Order(groups=ranking.groups, said=said, worth=worth, spread=spread)


def as_order(found: Ranking | Order, scale: Scale | None = None) -> Order:
    """Return an order, whatever was handed over.

    Examples
    --------
    >>> as_order(Order(groups=(("a",),), said={})).names
    ('a',)
    """
    return found if isinstance(found, Order) else raw_order(found, scale)


def standing_text(row: Standing, ranking: Ranking) -> str:
    """Say where an application stands in a ranking by plain means.

    Examples
    --------
    >>> standing = Standing(application_id="a", rank=1, mean=Fraction(4), reads=1, variance_of_mean=None)
    >>> standing_text(standing, Ranking(rubric_id="merit/1", direction="higher", standings=(standing,),
    ...     set_aside=(), unranked=()))
    'Rank 1 of 1 with a mean of 4.0000 points over 1 read'
    """
    error = row.standard_error
    spread = "" if error is None else f" (standard error {error:.4f})"
    reads = f"{row.reads} read{'s' if row.reads != 1 else ''}"
    return (
        f"Rank {row.rank} of {len(ranking.standings)} with a mean of {figure(row.mean)} points"
        f"{spread} over {reads}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TieBreak:
    """What is known on the day of the award and decides ties.

    Attributes
    ----------
    seed : str
        Of the lottery, published after the tied ids were; empty: there is none.
    decided : tuple[tuple[str, ...], ...]
        Recorded decisions of the panel: ids of a tie in order, best first.
    free : Money or None
        What the fund has free, from which ``all_if_funded`` may be paid.

    Examples
    --------
    >>> TieBreak(seed="beacon 4711").decided
    ()
    """

    seed: str = ""
    decided: tuple[tuple[str, ...], ...] = ()
    free: Money | None = None

    def drawn(self, name: str) -> str:
        """Return the lot of an id: the SHA-256 of seed and id; without a seed, the id itself."""
        return hashlib.sha256(f"{self.seed}{name}".encode()).hexdigest() if self.seed else name


NO_TIE_BREAK = TieBreak()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidPlace:
    """One application that a place pays.

    Attributes
    ----------
    application_id : str
        Who.
    place : int [place]
        Which; tied ids that share have the first of the places they fill.
    amount : Money
        How much; positive.
    path : str
        How: the place, and how its tie was paid.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> PaidPlace(application_id="a", place=1, amount=money("9.00", "USD"), path="place 1 pays it").place
    1
    """

    application_id: str
    place: int
    amount: Money
    path: str


def pay_places(
    amounts: Sequence[Money], order: Order, rule: TieRule, tie: TieBreak = NO_TIE_BREAK
) -> tuple[PaidPlace, ...]:
    """Pay the places of an order; ties as the rule says.

    Parameters
    ----------
    amounts : sequence of Money
        By place, first place first, at least one, none larger than the one before.
    order : Order
        Who is before whom.
    rule : str
        ``split``, ``lottery``, ``panel`` or ``all_if_funded``.
    tie : TieBreak
        Seed, decisions and free money.

    Returns
    -------
    tuple[PaidPlace, ...]
        By place; nobody beyond the last place.

    Raises
    ------
    TieUnresolved
        When a tie needs a seed or a decision that is not there.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> pay = [money(text, "USD") for text in ("100.00", "50.00", "25.00")]
    >>> order = Order(groups=(("a",), ("b", "c")), said={})
    >>> [row.amount.text for row in pay_places(pay, order, "split")]
    ['100.00', '37.50', '37.50']
    >>> [row.application_id for row in pay_places(pay, order, "lottery", TieBreak(seed="7"))]
    ['a', 'b', 'c']
    """
    paid: list[PaidPlace] = []
    place, free = 1, tie.free
    for group in order.groups:
        slots = amounts[place - 1 : place - 1 + len(group)]
        if not slots:
            break
        rows, free = _pay_group(tuple(group), place, slots, rule, replace(tie, free=free))
        paid += rows
        place += len(group)
    return tuple(paid)


def _pay_group(
    group: tuple[str, ...], place: int, slots: Sequence[Money], rule: TieRule, tie: TieBreak
) -> tuple[list[PaidPlace], Money | None]:
    """Pay one group, and return what is still free after it."""
    tied = len(group)
    full = tied == len(slots) and len(set(slots)) == 1
    if tied == 1:
        name, amount = group[0], slots[0]
        path = f"place {place} pays {amount}"
        return [PaidPlace(application_id=name, place=place, amount=amount, path=path)], tie.free
    if rule in ("lottery", "panel") and not full:
        return _in_order(group, place, slots, rule, tie), tie.free
    extra = Money(minor=slots[0].minor * tied, unit=slots[0].unit) - sum(slots, start=zero(slots[0].unit))
    if rule == "all_if_funded" and not full and tie.free is not None and extra <= tie.free:
        path = f"{tied} tied at place {place}, and the fund has {extra} free to pay each in full: {slots[0]}"
        rows = [
            PaidPlace(application_id=name, place=place, amount=slots[0], path=path) for name in sorted(group)
        ]
        return rows, tie.free - extra
    return _shared(group, place, slots, tie), tie.free


def _shared(group: tuple[str, ...], place: int, slots: Sequence[Money], tie: TieBreak) -> list[PaidPlace]:
    together = sum(slots, start=zero(slots[0].unit))
    names = sorted(group, key=lambda name: (tie.drawn(name), name))
    parts = split(together, [1] * len(group))
    return [
        PaidPlace(
            application_id=name,
            place=place,
            amount=part,
            path=f"{len(group)} tied at place {place} share {together} equally: {part}",
        )
        for name, part in zip(names, parts, strict=True)
        if part
    ]


def _in_order(
    group: tuple[str, ...], place: int, slots: Sequence[Money], rule: TieRule, tie: TieBreak
) -> list[PaidPlace]:
    names = break_tie(group, place, rule, tie)
    how = f"drawn by the seed {tie.seed}" if rule == "lottery" else "ordered by the panel"
    return [
        PaidPlace(
            application_id=name,
            place=at,
            amount=amount,
            path=f"{len(group)} tied at place {place}, {how}: place {at} pays {amount}",
        )
        for at, (name, amount) in enumerate(zip(names, slots, strict=False), start=place)
    ]


def break_tie(group: Sequence[str], place: int, rule: TieRule, tie: TieBreak) -> tuple[str, ...]:
    """Put tied ids in order, by lottery or as the panel decided.

    Parameters
    ----------
    group : sequence of str
        Tied ids.
    place : int [place]
        The first that they fill.
    rule : str
        ``lottery`` or ``panel``; the others do not order.
    tie : TieBreak
        Seed and decisions.

    Raises
    ------
    TieUnresolved
        When the seed or the decision is not there, or the rule does not order.

    Examples
    --------
    >>> break_tie(("b", "a"), 3, "panel", TieBreak(decided=(("b", "x", "a"),)))
    ('b', 'a')
    """
    names = ", ".join(sorted(group))
    if rule == "lottery" and tie.seed:
        return tuple(sorted(group, key=lambda name: (tie.drawn(name), name)))
    if rule == "panel":
        for decision in tie.decided:
            if set(group) <= set(decision):
                return tuple(name for name in decision if name in group)
    needed = {
        "lottery": "the seed of the lottery: publish the names, then draw",
        "panel": "a recorded decision of the panel that orders all of them",
    }.get(rule, "a rule that orders them: lottery or panel")
    raise TieUnresolved(
        f"{names} are tied at place {place} and the rule is {rule}; it needs {needed}.",
        tied=sorted(group),
        place=place,
        rule=rule,
    )
