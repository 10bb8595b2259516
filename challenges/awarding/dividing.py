"""Awards out of a pool: by asks, by scores or by ballots.

The problem: a pool is divided by a rule, and the parts must sum to it to the minor unit. What a rule leaves
over is left over, and is never rounded away.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm

from ...finance.money import Money, money, split, zero
from ...finance.units import Unit
from ..applications import Application
from ..ballots import BallotResult
from ..errors import TieUnresolved
from ..prizes import Pool
from ..ranking import Ranking
from ..rubric import Scale, figure
from .awards import Award
from .orders import NO_TIE_BREAK, Order, TieBreak, as_order, break_tie


def award_by_ask(
    prize: Pool,
    ranking: Ranking | Order,
    applications: Iterable[Application],
    *,
    unit: Unit,
    tie: TieBreak = NO_TIE_BREAK,
    added: Money | None = None,
) -> tuple[Award, ...]:
    """Pay every ask in full, by rank, until the money ends.

    Whoever does not fit gets what is left if that is at least its minimum; nobody behind it is paid, so that
    no small ask passes a better one.

    Parameters
    ----------
    prize : Pool
        From the brief, ``split`` is ``ask``.
    ranking : Ranking or Order
        Of the prize's phase, without those who are out.
    applications : iterable of Application
        With an ask for everybody in the order.
    unit : Unit
        The brief's unit.
    tie : TieBreak
        Seed, decisions of the panel, free money: for a tie that does not fit as a whole.
    added : Money or None
        What rolled over to this prize.

    Returns
    -------
    tuple[Award, ...]
        By rank.

    Raises
    ------
    TieUnresolved
        When a tie does not fit, and neither equal parts nor an order can be given.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> pool = Pool.read('{"kind": "pool", "phase": "panel", "amount": "900.00", "split": "ask"}')
    >>> award_by_ask(pool, Order(groups=(), said={}), [], unit=currency("USD"))
    ()
    """
    left = pool_amount(prize, "ask", unit, added)
    asks = {row.application_id: row for row in applications}
    order = _lined(as_order(ranking), asks, left)
    free, awards, place = tie.free, [], 1
    for group in order.groups:
        wanted = {name: asks[name].ask_in(unit) for name in group}
        total = sum(wanted.values(), start=zero(unit))
        extra = total - left
        funded = prize.tie == "all_if_funded" and len(group) > 1 and free is not None and extra <= free
        if total > left and not funded:
            given = _last_of_pool(group, place, left, prize, tie, asks, unit)
            awards += [_asked(name, part, asks[name], order, unit) for name, part in given if part]
            break
        awards += [_asked(name, part, asks[name], order, unit) for name, part in sorted(wanted.items())]
        if total > left and free is not None:
            free, left = free - extra, zero(unit)
        else:
            left -= total
        place += len(group)
    return tuple(awards)


def _lined(order: Order, asks: Mapping[str, Application], left: Money) -> Order:
    """Draw the line where the money ends."""
    places = 0
    for name in order.names:
        left -= asks[name].ask_in(left.unit)
        if left.minor < 0:
            break
        places += 1
    return order.at_line(places)


def _last_of_pool(  # one tie, and all that decides it
    group: tuple[str, ...],
    place: int,
    left: Money,
    prize: Pool,
    tie: TieBreak,
    asks: dict[str, Application],
    unit: Unit,
) -> list[tuple[str, Money]]:
    """Divide what is left among those who are tied where the money ends; nothing where it has ended."""
    if not left:
        return []
    if len(group) == 1 or prize.tie in ("lottery", "panel"):
        names = group if len(group) == 1 else break_tie(group, place, prize.tie, tie)
        given = []
        for name in names:
            part = min(asks[name].ask_in(unit), left)
            if part < _least(asks[name], unit):
                break
            given.append((name, part))
            left -= part
        return given
    parts = _equal_parts({name: asks[name].ask_in(unit) for name in group}, left, tie)
    short = sorted(name for name, part in parts.items() if part < _least(asks[name], unit))
    if short:
        raise TieUnresolved(
            f"{', '.join(sorted(group))} are tied at place {place} with {left} left, and equal parts would "
            f"give {', '.join(short)} less than the minimum asked for. The rule of this prize is "
            f"{prize.tie}; only 'lottery' or 'panel' puts them in order.",
            tied=sorted(group),
            place=place,
            rule=prize.tie,
        )
    return sorted(parts.items())


def _least(application: Application, unit: Unit) -> Money:
    return application.minimum_in(unit) or Money(minor=1, unit=unit)


def _equal_parts(asks: dict[str, Money], left: Money, tie: TieBreak) -> dict[str, Money]:
    """Give each the same, nobody more than the ask; odd minor units by lot."""
    parts = {name: zero(left.unit) for name in asks}
    open_to = sorted(asks, key=lambda name: (tie.drawn(name), name))
    while left and open_to:
        for name, part in zip(open_to, split(left, [1] * len(open_to)), strict=True):
            taken = min(part, asks[name] - parts[name])
            parts[name] += taken
            left -= taken
        open_to = [name for name in open_to if parts[name] < asks[name]]
    return parts


def _asked(name: str, part: Money, application: Application, order: Order, unit: Unit) -> Award:
    ask = application.ask_in(unit)
    said = "the ask in full" if part == ask else f"what was left of the pool for an ask of {ask}"
    return Award(
        application_id=name,
        amount=part,
        rule="pool.ask",
        rank=order.ranks[name],
        reason=f"{order.say(name)}; {said}: {part}.",
    )


def award_by_score(
    prize: Pool,
    ranking: Ranking | Order,
    scale: Scale,
    *,
    unit: Unit,
    tie: TieBreak = NO_TIE_BREAK,
    added: Money | None = None,
) -> tuple[Award, ...]:
    """Divide a pool in proportion to merit, the distance of a score from the worst end of the scale.

    Parameters
    ----------
    prize : Pool
        From the brief, ``split`` is ``score``.
    ranking : Ranking or Order
        Of the prize's phase, without those who are out.
    scale : Scale
        Of the phase's rubric.
    unit : Unit
        The brief's unit.
    tie : TieBreak
        The seed by which odd minor units are given; without one, by id.
    added : Money or None
        What rolled over to this prize.

    Returns
    -------
    tuple[Award, ...]
        By id. Largest remainder, ties by lot; nothing for a score at the worst end.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> scale = Scale.read('{"lo": "1", "hi": "3", "step": "1", "direction": "lower"}')
    >>> from almoner.challenges import Standing
    >>> standings = tuple(
    ...     Standing(application_id=name, rank=rank, mean=Fraction(mean), reads=1, variance_of_mean=None)
    ...     for name, rank, mean in (("a", 1, 1), ("b", 2, 2)))
    >>> ranking = Ranking(rubric_id="risk/1", direction="lower", standings=standings, set_aside=(),
    ...     unranked=())
    >>> pool = Pool.read('{"kind": "pool", "phase": "panel", "amount": "90.00", "split": "score"}')
    >>> [str(award.amount) for award in award_by_score(pool, ranking, scale, unit=currency("USD"))]
    ['60.00 USD', '30.00 USD']
    """
    amount = pool_amount(prize, "score", unit, added)
    order = as_order(ranking, scale)
    names = sorted(
        (name for name in order.names if name in order.worth), key=lambda name: (tie.drawn(name), name)
    )
    total = sum((order.worth[name] for name in names), start=Fraction(0))
    if not total:
        return ()
    common = lcm(*(order.worth[name].denominator for name in names))
    parts = dict(zip(names, split(amount, [int(order.worth[name] * common) for name in names]), strict=True))
    return tuple(
        Award(
            application_id=name,
            amount=parts[name],
            rule="pool.score",
            rank=order.ranks[name],
            reason=(
                f"{order.say(name)}; {figure(order.worth[name])} of {figure(total)} "
                f"points of merit in all take {parts[name]} of {amount}."
            ),
        )
        for name in sorted(parts)
        if parts[name]
    )


def award_by_ballot(
    prize: Pool, result: BallotResult, *, unit: Unit, added: Money | None = None
) -> tuple[Award, ...]:
    """Turn a count of ballots into awards.

    Parameters
    ----------
    prize : Pool
        From the brief, ``split`` is ``ballot``.
    result : BallotResult
        From ``count_ballots`` for the same prize.
    unit : Unit
        The brief's unit.
    added : Money or None
        What rolled over to this prize.

    Returns
    -------
    tuple[Award, ...]
        By id; nothing for projects below the floor.

    Raises
    ------
    ValueError
        When the result divides another amount than the prize.

    Examples
    --------
    >>> from almoner.challenges import Ballot, MeasuredProject, metric_shares
    >>> from almoner.finance.money import money
    >>> from almoner.finance.units import currency
    >>> pool = Pool.read('{"kind": "pool", "phase": "vote", "amount": "90.00", "split": "ballot"}')
    >>> result = metric_shares([MeasuredProject(project_id="a", measures=(("users", 1),))],
    ...     [Ballot(ballot_id="v", weights=(("users", 1),))], pool=money("90.00", "USD"), cap_bp=5000)
    >>> print(award_by_ballot(pool, result, unit=currency("USD"))[0].reason)
    Median share of 50.0000 % over 1 ballot; 45.00 USD of 90.00 USD \
after a cap of 50.00 % and a floor of 0.00 USD.
    """
    pool = pool_amount(prize, "ballot", unit, added)
    divided = sum((row.amount for row in result.shares), start=result.unallocated)
    if divided != pool:
        raise ValueError(f"the ballots divided {divided}, the prize is {pool}")
    votes = f"{result.counted} ballot{'s' if result.counted != 1 else ''}"
    cap = f"{figure(Fraction(result.cap_bp, 100), 2)} %"
    return tuple(
        Award(
            application_id=row.project_id,
            amount=row.amount,
            rule="pool.ballot",
            rank=None,
            reason=(
                f"Median share of {figure(100 * row.median)} % over {votes}; "
                f"{row.amount} of {pool} after a cap of {cap} and a floor of {result.floor}."
            ),
        )
        for row in result.shares
        if row.amount
    )


def pool_amount(prize: Pool, needed: str, unit: Unit, added: Money | None = None) -> Money:
    """Return what a pool divides; refused when the pool is split by another rule.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> pool = Pool.read('{"kind": "pool", "phase": "panel", "amount": "900.00", "split": "ask"}')
    >>> pool_amount(pool, "ask", currency("USD"))
    Money('900.00 USD')
    """
    if prize.split != needed:
        raise ValueError(f"this pool is split by {prize.split}, not by {needed}")
    return money(prize.amount, unit) + (added or zero(unit))
