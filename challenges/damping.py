"""Damping: divide a pool by progress, with a say in how much earlier awards bring further ones.

The problem: whoever has been funded can show more, is funded again, and in the end a programme follows its
own past instead of the results. The weight of a hub is its progress times (1 + earlier awards) to the power
of 1 - D. With D = 1, the default, progress alone counts; with D = 0 the rich get richer in proportion, and
below a quarter luck decides who they are. A part may be set aside for hubs of which nothing is known yet.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import lcm
from typing import Final, Literal

from ..finance.money import Money, zero
from ..finance.units import Unit
from .caps import fill_to_cap
from .errors import CalibrationInvalid
from .figures import WHOLE_BP

LEAST_DAMPING: Final = Fraction(1, 4)  # below it, chance in the first rounds decides the shares
MOST_EARLIER: Final = 10**9
_DIGITS: Final = Context(prec=50)
_GRID: Final = 10**18

Newcomers = Literal["equal", "lottery"]
Way = Literal["progress", "newcomer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressContender:
    """A hub that takes part in a division.

    Attributes
    ----------
    hub : str
        Who.
    progress : Fraction or None [part of the way]
        Rating or its lower bound, at least 0 (``HubRating.counted``); ``None`` for an unrated hub.
    earlier : int [awards]
        Won in the look-back of the brief.

    Examples
    --------
    >>> ProgressContender(hub="river", progress=Fraction(2, 3)).earlier
    0
    """

    hub: str
    progress: Fraction | None
    earlier: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressShare:
    """What a division gives one hub.

    Attributes
    ----------
    hub : str
        Who.
    amount : Money
        How much.
    way : str
        ``progress``, or ``newcomer`` from the part that is set aside.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> ProgressShare(hub="river", amount=money("5.00", "USD"), way="progress").way
    'progress'
    """

    hub: str
    amount: Money
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressDivision:
    """A pool, divided.

    Attributes
    ----------
    shares : tuple of ProgressShare
        Hubs with an amount above 0, largest first, by name inside a tie.
    unawarded : Money
        What caps, or the lack of progress, leave.
    drawn : tuple of str
        Unrated hubs in the order of the lottery; empty without one.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> ProgressDivision(shares=(), unawarded=money("5.00", "USD"), drawn=()).shares
    ()
    """

    shares: tuple[ProgressShare, ...]
    unawarded: Money
    drawn: tuple[str, ...]


def damped_factor(earlier: int, damping: Fraction) -> Fraction:
    """Return (1 + earlier awards) to the power of 1 - damping, to 18 decimals.

    Parameters
    ----------
    earlier : int [awards]
        Not negative.
    damping : Fraction [dimensionless]
        From 0 to 1.

    Raises
    ------
    CalibrationInvalid
        When one of them is out of its range.

    Examples
    --------
    >>> damped_factor(8, Fraction(1)), damped_factor(8, Fraction(1, 2)), damped_factor(8, Fraction(0))
    (Fraction(1, 1), Fraction(3, 1), Fraction(9, 1))
    """
    if not 0 <= damping <= 1 or not 0 <= earlier <= MOST_EARLIER:
        raise CalibrationInvalid(
            f"Damping of {damping} after {earlier} awards: damping lies between 0 and 1, and nobody "
            f"has won fewer than 0 or more than {MOST_EARLIER} awards.",
            damping=str(damping),
            earlier=earlier,
        )
    if damping in (0, 1):
        return Fraction(1 + earlier) if damping == 0 else Fraction(1)
    part = 1 - damping
    power = _DIGITS.power(
        Decimal(1 + earlier), _DIGITS.divide(Decimal(part.numerator), Decimal(part.denominator))
    )
    return Fraction(int(_DIGITS.to_integral_value(_DIGITS.multiply(power, Decimal(_GRID)))), _GRID)


def divide_by_progress(
    contenders: Iterable[ProgressContender],
    pool: Money,
    *,
    damping: Fraction = Fraction(1),
    hub_cap_bp: int = WHOLE_BP,
    newcomer_bp: int = 0,
    newcomers: Newcomers = "equal",
    newcomer_places: int = 1,
    seed: str = "",
) -> ProgressDivision:
    """Divide a pool among hubs by their progress, exactly.

    Parameters
    ----------
    contenders : iterable of ProgressContender
        Every eligible hub once.
    pool : Money
        Not negative.
    damping : Fraction [dimensionless]
        From 0 (earlier awards count in proportion) to 1 (progress alone counts).
    hub_cap_bp : int [basis points]
        Most of the pool for one hub.
    newcomer_bp : int [basis points]
        Of the pool, set aside for unrated hubs; not taken where there is none.
    newcomers : str
        ``equal``: every unrated hub gets the same; ``lottery``: the first ``newcomer_places`` drawn do.
    newcomer_places : int [hubs]
        How many a lottery draws.
    seed : str
        Of the lottery: the order is that of the SHA-256 of seed and hub.

    Raises
    ------
    CalibrationInvalid
        When a figure is out of its range or a hub stands twice.

    Examples
    --------
    >>> from almoner.finance.money import money
    >>> hubs = [ProgressContender(hub=name, progress=part)
    ...     for name, part in (("river", Fraction(2, 3)), ("hill", Fraction(1, 3)), ("new", None))]
    >>> found = divide_by_progress(hubs, money("100.00", "USD"), hub_cap_bp=5000, newcomer_bp=1000)
    >>> [(one.hub, one.amount.text, one.way) for one in found.shares]
    [('river', '50.00', 'progress'), ('hill', '40.00', 'progress'), ('new', '10.00', 'newcomer')]
    """
    rows = sorted(contenders, key=lambda one: one.hub)
    _require_sound(rows, pool, hub_cap_bp, newcomer_bp, newcomer_places)
    unrated = [one.hub for one in rows if one.progress is None]
    aside_bp = newcomer_bp if unrated else 0
    aside = pool.minor * aside_bp // WHOLE_BP
    drawn = _drawn(unrated, seed) if newcomers == "lottery" and aside else ()
    cap = pool.minor * hub_cap_bp // WHOLE_BP
    lucky = drawn[:newcomer_places] if drawn else unrated
    weighed = _by_weight(rows, pool.minor, damping, hub_cap_bp, WHOLE_BP - aside_bp, aside)
    shares = [
        *_shares(_evenly(lucky, aside, cap), "newcomer", pool.unit),
        *_shares(weighed, "progress", pool.unit),
    ]
    return ProgressDivision(
        shares=tuple(sorted(shares, key=lambda one: (-one.amount.minor, one.hub))),
        unawarded=pool - sum((one.amount for one in shares), start=zero(pool.unit)),
        drawn=drawn,
    )


def _shares(amounts: Mapping[str, int], way: Way, unit: Unit) -> list[ProgressShare]:
    return [
        ProgressShare(hub=name, amount=Money(minor=amount, unit=unit), way=way)
        for name, amount in amounts.items()
        if amount
    ]


def _require_sound(
    rows: Sequence[ProgressContender], pool: Money, hub_cap_bp: int, newcomer_bp: int, places: int
) -> None:
    names = [one.hub for one in rows]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise CalibrationInvalid(f"{', '.join(twice)} stands twice: name every hub once.", hubs=twice)
    if any(one.progress is not None and one.progress < 0 for one in rows):
        raise CalibrationInvalid("Progress below 0 earns nothing: give 0.")
    if pool.minor < 0 or not 1 <= hub_cap_bp <= WHOLE_BP or not 0 <= newcomer_bp <= WHOLE_BP or places < 1:
        raise CalibrationInvalid(
            f"A pool of {pool}, a cap of {hub_cap_bp} bp, {newcomer_bp} bp for newcomers, {places} places: "
            "the pool is not negative, the cap from 1 bp and the part from 0 to 10,000 bp, a place is drawn.",
            hub_cap_bp=hub_cap_bp,
            newcomer_bp=newcomer_bp,
            places=places,
        )


def _drawn(names: Sequence[str], seed: str) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (hashlib.sha256(f"{seed}{name}".encode()).digest(), name)))


def _evenly(names: Sequence[str], amount: int, cap: int) -> dict[str, int]:
    """Give each the same, one minor unit more to the first where it does not divide, none above the cap."""
    if not names:
        return {}
    each, more = divmod(amount, len(names))
    return {name: min(cap, each + (at < more)) for at, name in enumerate(names)}


def _by_weight(
    rows: Sequence[ProgressContender],
    pool: int,
    damping: Fraction,
    hub_cap_bp: int,
    whole_bp: int,
    aside: int,
) -> dict[str, int]:
    """Divide what is not set aside by damped progress: floors, then the largest remainders below the cap."""
    weights = {
        one.hub: one.progress * damped_factor(one.earlier, damping)
        for one in rows
        if one.progress is not None and one.progress > 0
    }
    if not weights:
        return {}
    common = lcm(*(weight.denominator for weight in weights.values()))
    filled = fill_to_cap([int(weight * common) for weight in weights.values()], hub_cap_bp, whole_bp=whole_bp)
    names, total = tuple(weights), sum(filled.parts)
    full = total * WHOLE_BP == filled.whole * whole_bp
    goal = pool - aside if full else pool * total // filled.whole
    amounts = {name: pool * part // filled.whole for name, part in zip(names, filled.parts, strict=True)}
    rests = {name: pool * part % filled.whole for name, part in zip(names, filled.parts, strict=True)}
    cap = pool * hub_cap_bp // WHOLE_BP
    left = goal - sum(amounts.values())
    for name in sorted(names, key=lambda one: (-rests[one], one)):
        if left and amounts[name] < cap:
            amounts[name], left = amounts[name] + 1, left - 1
    return amounts
