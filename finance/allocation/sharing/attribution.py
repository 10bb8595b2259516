"""Attribution: one outcome payment divided among the actors who brought the outcome about.

The problem: a payment for a joint outcome arrives, and the largest partner says that it was all its doing.
``attribute`` divides it by Shapley values (``shapley.py``), keeps guaranteed minima and caps, gives every
minor unit to somebody, and lists the coalitions that would have been worth more alone, who have a reason to
leave.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Literal, get_args

from ...errors import AttributionRefused
from ...money import Money, zero
from .shapley import (
    MAX_EXACT,
    Method,
    Sampling,
    ShapleyValues,
    SynergyWorth,
    TableWorth,
    Worth,
    shapley,
    worths,
)

NegativeRule = Literal["refuse", "clip_and_rescale"]
Held = Literal["", "minimum", "cap", "clipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingRule:
    """What the partners agreed about dividing, before anything was measured.

    Attributes
    ----------
    negative : str
        What becomes of an actor who made the outcome smaller: ``refuse`` to divide, or ``clip_and_rescale``:
        it gets nothing and the others divide all.
    minima, caps : Mapping of str to Money
        Least and most for an actor; whoever is not named has none.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> SharingRule(minima={"clinic": money("10.00", "USD")}).negative
    'refuse'
    """

    negative: NegativeRule = "refuse"
    minima: Mapping[str, Money] = field(default_factory=dict)
    caps: Mapping[str, Money] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.negative not in get_args(NegativeRule):
            raise AttributionRefused(
                f"There is no rule {self.negative!r} for negative shares: refuse or clip_and_rescale."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedShare:
    """What one actor gets, and why.

    Attributes
    ----------
    actor_id : str
        Who.
    value : Fraction [unit of worth]
        What the actor adds on average.
    exact : Fraction [minor units]
        Share of the payment before rounding.
    amount : Money
        What is paid.
    held : str
        ``minimum`` or ``cap`` where that decides the share; ``clipped``: the value is negative.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> half = AttributedShare(
    ...     actor_id="bus", value=Fraction(1), exact=Fraction(50), amount=money("0.50", "USD"))
    >>> half.held
    ''
    """

    actor_id: str
    value: Fraction
    exact: Fraction
    amount: Money
    held: Held = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortCoalition:
    """Actors who together get less than their part of the outcome alone would have earned.

    Attributes
    ----------
    actors : tuple of str
        In declared order.
    alone : Fraction [minor units]
        The payment times what they are worth alone over what all are worth together.
    given : Fraction [minor units]
        What they get together, before rounding.

    Examples
    --------
    >>> ShortCoalition(actors=("a", "b"), alone=Fraction(100), given=Fraction(75)).short
    Fraction(25, 1)
    """

    actors: tuple[str, ...]
    alone: Fraction
    given: Fraction

    @property
    def short(self) -> Fraction:
        """By how much [minor units]."""
        return self.alone - self.given


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """A payment divided among actors.

    Attributes
    ----------
    payment : Money
        What was divided; the amounts sum to it.
    shares : tuple of AttributedShare
        In declared order.
    values : ShapleyValues
        How the values were found: method, seed, error.
    rule : SharingRule
        As applied.
    short : tuple of ShortCoalition or None
        The coalitions that get less than alone, the shortest first; empty when nobody has a reason to leave;
        None when not examined: more than twelve actors, drawn values, or a whole that is worth nothing.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> from almoner.finance.allocation.sharing.shapley import SynergyWorth
    >>> found = attribute(money("9.00", "USD"), ["a", "b"], SynergyWorth(own=(("a", 1), ("b", 2))))
    >>> [str(share.amount) for share in found.shares], found.short
    (['3.00 USD', '6.00 USD'], ())
    """

    payment: Money
    shares: tuple[AttributedShare, ...]
    values: ShapleyValues
    rule: SharingRule
    short: tuple[ShortCoalition, ...] | None


def attribute(
    payment: Money,
    actors: Sequence[str],
    worth: Worth,
    *,
    rule: SharingRule | None = None,
    sampling: Sampling | None = None,
    method: Method | None = None,
) -> Attribution:
    """Divide a payment by what each actor adds on average.

    Everybody gets the same multiple of its value, except that nobody gets less than its guaranteed minimum or
    more than its cap. Minor units go by largest remainder, ties by declared order.

    Parameters
    ----------
    payment : Money
        Not negative.
    actors : Sequence of str
        Each once; their order decides ties.
    worth : Worth
        What a coalition is worth: own effects with synergies, a table, or a function.
    rule : SharingRule or None
        Minima, caps and what becomes of negative values; None for none, and to refuse negative ones.
    sampling, method : Sampling, str or None
        As for ``shapley``.

    Returns
    -------
    Attribution
        Amounts that sum to the payment, and who has a reason to leave.

    Raises
    ------
    AttributionRefused
        A negative value under ``refuse``, minima above or caps below the payment, nobody with a positive
        value, or any cause that ``shapley`` names.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> from almoner.finance.allocation.sharing.shapley import Synergy, SynergyWorth
    >>> worth = SynergyWorth(
    ...     own=(("clinic", 60), ("bus", 10)), synergies=(Synergy(members=("clinic", "bus"), bonus=30),))
    >>> found = attribute(money("100.00", "USD"), ["clinic", "bus"], worth)
    >>> [str(share.amount) for share in found.shares]
    ['75.00 USD', '25.00 USD']
    """
    agreed = rule or SharingRule()
    known = worth if isinstance(worth, SynergyWorth | TableWorth) else cache(worth)
    values = shapley(actors, known, sampling=sampling, method=method)
    lows, highs = _bounds(payment, values.actors, agreed)
    weights = _weights(values, agreed)
    exact = divide_within(payment.minor, weights, lows, highs)
    amounts = whole_units(payment.minor, exact)
    shares = tuple(
        AttributedShare(
            actor_id=actor,
            value=values.values[at],
            exact=exact[at],
            amount=Money(minor=amounts[at], unit=payment.unit),
            held=_held(at, values, exact, (lows, highs), payment),
        )
        for at, actor in enumerate(values.actors)
    )
    short = _short_coalitions(payment.minor, exact, values, known)
    return Attribution(payment=payment, shares=shares, values=values, rule=agreed, short=short)


def divide_within(
    total: int, weights: Sequence[Fraction], lows: Sequence[int], highs: Sequence[int]
) -> tuple[Fraction, ...]:
    """Divide a total in proportion to weights, none below its low or above its high, exactly.

    Parameters
    ----------
    total : int [minor units]
        Not negative.
    weights : Sequence of Fraction [any common unit]
        Not negative.
    lows, highs : Sequence of int [minor units]
        Bounds of each part, 0 <= low <= high.

    Returns
    -------
    tuple of Fraction [minor units]
        ``min(high, max(low, weight * factor))`` with the one factor at which they sum to the total.

    Raises
    ------
    AttributionRefused
        When no factor does.

    Examples
    --------
    >>> divide_within(100, [Fraction(8), Fraction(1), Fraction(1)], [0, 15, 0], [100, 100, 100])
    (Fraction(680, 9), Fraction(15, 1), Fraction(85, 9))
    """
    rows = list(zip(weights, lows, highs, strict=True))

    def parts(factor: Fraction) -> tuple[Fraction, ...]:
        return tuple(min(Fraction(high), max(Fraction(low), weight * factor)) for weight, low, high in rows)

    turns = sorted({Fraction(0), *(Fraction(end) / row[0] for row in rows if row[0] for end in row[1:])})
    least, most = sum(lows), sum(parts(turns[-1]), Fraction(0))
    if not least <= total <= most:
        raise AttributionRefused(
            f"{total} minor units cannot be divided: the minima take {least}, and minima and caps leave room "
            f"for {most}. Change minima or caps, or pay part of it elsewhere.",
            total=str(total),
            least=str(least),
            most=str(most),
        )
    at = bisect_left(turns, Fraction(total), key=lambda factor: sum(parts(factor), Fraction(0)))
    if at == 0:
        return parts(Fraction(0))
    below, above = parts(turns[at - 1]), parts(turns[at])
    paid = sum(below, Fraction(0))
    share = (total - paid) / (sum(above, Fraction(0)) - paid)
    return tuple(one + share * (two - one) for one, two in zip(below, above, strict=True))


def whole_units(total: int, exact: Sequence[Fraction]) -> tuple[int, ...]:
    """Round exact parts to whole numbers of the same sum, by largest remainder; ties go to the first.

    Parameters
    ----------
    total : int [minor units]
        The sum of ``exact``.
    exact : Sequence of Fraction [minor units]
        Not negative.

    Examples
    --------
    >>> whole_units(100, [Fraction(100, 3)] * 3)
    (34, 33, 33)
    """
    floors = [part.numerator // part.denominator for part in exact]
    order = sorted(range(len(exact)), key=lambda at: (floors[at] - exact[at], at))
    for at in order[: total - sum(floors)]:
        floors[at] += 1
    return tuple(floors)


def _bounds(payment: Money, actors: Sequence[str], rule: SharingRule) -> tuple[list[int], list[int]]:
    """Return the least and most for every actor in minor units."""
    if payment < zero(payment.unit):
        raise AttributionRefused(f"A payment of {payment} cannot be divided: it must not be negative.")
    if strangers := sorted((set(rule.minima) | set(rule.caps)) - set(actors)):
        raise AttributionRefused(
            f"Minima or caps are declared for {strangers}, who are not among the actors."
        )
    none = zero(payment.unit)
    lows = [none + rule.minima.get(actor, none) for actor in actors]
    highs = [none + rule.caps.get(actor, max(payment, low)) for actor, low in zip(actors, lows, strict=True)]
    wrong = [
        f"{actor}: {low} to {high}"
        for actor, low, high in zip(actors, lows, highs, strict=True)
        if low < none or high < low
    ]
    if wrong:
        raise AttributionRefused(
            f"Minimum and cap contradict each other for {'; '.join(wrong)}.", wrong=wrong
        )
    return [low.minor for low in lows], [high.minor for high in highs]


def _weights(values: ShapleyValues, rule: SharingRule) -> list[Fraction]:
    """Apply the rule for negative values."""
    negative = [actor for actor, value in zip(values.actors, values.values, strict=True) if value < 0]
    if negative and rule.negative == "refuse":
        raise AttributionRefused(
            f"The values of {negative} are negative: they made the outcome smaller. Agree what becomes of "
            "them (clip_and_rescale), or check what coalitions are worth.",
            actors=negative,
        )
    return [max(value, Fraction(0)) for value in values.values]


def _held(
    at: int,
    values: ShapleyValues,
    exact: Sequence[Fraction],
    bounds: tuple[Sequence[int], Sequence[int]],
    payment: Money,
) -> Held:
    lows, highs = bounds
    if exact[at] == lows[at] and lows[at] > 0:
        return "minimum"
    if exact[at] == highs[at] < payment.minor:
        return "cap"
    return "clipped" if values.values[at] < 0 else ""


def _short_coalitions(
    total: int, exact: Sequence[Fraction], values: ShapleyValues, worth: Worth
) -> tuple[ShortCoalition, ...] | None:
    """List the coalitions whose part of the payment is less than their worth alone would have earned."""
    actors = values.actors
    if len(actors) > MAX_EXACT or values.method == "sampled" or values.total <= 0:
        return None
    table, _ = worths(actors, worth)
    whole = int(table[-1])
    given = [Fraction(0)]
    for part in exact:
        given += [before + part for before in given]
    found = [
        ShortCoalition(
            actors=tuple(actor for at, actor in enumerate(actors) if mask >> at & 1),
            alone=Fraction(total * alone, whole),
            given=given[mask],
        )
        for mask, alone in enumerate(table.tolist())
        if given[mask] * whole < total * alone
    ]
    return tuple(sorted(found, key=lambda row: (-row.short, len(row.actors), row.actors)))
