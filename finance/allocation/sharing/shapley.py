"""Shapley values: what each actor adds to a common result, averaged over every order of joining.

The problem: four organisations reach an outcome together, and each can show that nothing would have happened
without it. Their own claims sum to far more than the outcome. The Shapley value is the one division that
gives away exactly the whole, treats equals equally, gives nothing to whom adds nothing, and adds up over
several outcomes.

``shapley`` takes the cheapest road that is right: a closed form for own effects with synergies, all
coalitions in exact rationals up to twelve actors, and beyond that random orders, each with its reverse, with
a recorded seed and an error that is proved before the first order is drawn.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, factorial, isqrt, lcm, log
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import AttributionRefused, NotProven

Figure = int | Fraction
Coalition = frozenset[str]
Worth = Callable[[Coalition], Figure]
Method = Literal["closed", "exact", "sampled"]

MAX_EXACT: Final = 12
MAX_SAMPLED: Final = 62
MAX_PAIRS: Final = 1_000_000
CHUNK_PAIRS: Final = 4_096
ERROR_GRAIN: Final = 10**9  # errors are rounded up to this part of the unit of worth
INT64_BITS: Final = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Synergy:
    """What several actors bring only together.

    Attributes
    ----------
    members : tuple of str
        All must take part; at least one, none twice.
    bonus : int or Fraction [unit of worth]
        Gained when they all do; negative where they get in each other's way.

    Examples
    --------
    >>> Synergy(members=("clinic", "transport"), bonus=40).bonus
    40
    """

    members: tuple[str, ...]
    bonus: Figure

    def __post_init__(self) -> None:
        if not self.members or len(set(self.members)) < len(self.members):
            raise AttributionRefused(
                f"A synergy of {list(self.members)} needs at least one member, and none twice."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SynergyWorth:
    """Worth as own effects plus synergies; its Shapley value has a closed form for any number of actors.

    Attributes
    ----------
    own : tuple of (str, int or Fraction) [unit of worth]
        What each actor brings alone; whoever is not named brings nothing alone.
    synergies : tuple of Synergy
        What groups bring on top.

    Examples
    --------
    >>> worth = SynergyWorth(own=(("clinic", 60),), synergies=(Synergy(members=("clinic", "bus"), bonus=40),))
    >>> worth(frozenset({"clinic"})), worth(frozenset({"bus"})), worth(frozenset({"clinic", "bus"}))
    (60, 0, 100)
    """

    own: tuple[tuple[str, Figure], ...] = ()
    synergies: tuple[Synergy, ...] = ()

    def __call__(self, coalition: Coalition) -> Figure:
        """Return what a coalition is worth."""
        own = sum((figure for actor, figure in self.own if actor in coalition), 0)
        return own + sum((one.bonus for one in self.synergies if coalition.issuperset(one.members)), 0)

    @property
    def named(self) -> Coalition:
        """Every actor that is named in it."""
        return frozenset(actor for actor, _ in self.own).union(*(one.members for one in self.synergies))


@dataclass(frozen=True, slots=True)
class TableWorth:
    """Worth as a table of all coalitions.

    Attributes
    ----------
    rows : Mapping of frozenset of str to int or Fraction [unit of worth]
        Every coalition; the empty one may be left out and is then worth nothing.

    Examples
    --------
    >>> worth = TableWorth({frozenset("a"): 1, frozenset("b"): 2, frozenset("ab"): 5})
    >>> worth(frozenset("ab")), worth(frozenset())
    (5, 0)
    """

    rows: Mapping[Coalition, Figure]

    @property
    def named(self) -> Coalition:
        """Every actor that is named in it."""
        return frozenset().union(*self.rows)

    def __call__(self, coalition: Coalition) -> Figure:
        """Return what a coalition is worth."""
        if coalition not in self.rows and coalition:
            raise AttributionRefused(
                f"The table of worths lacks {sorted(coalition)}: give every coalition a worth.",
                coalition=sorted(coalition),
            )
        return self.rows.get(coalition, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How to draw orders where there are too many actors for all coalitions.

    Attributes
    ----------
    seed : int
        The same seed gives the same orders on every machine.
    error : Fraction or None [unit of worth]
        Draw as many pairs as prove that no actor's value is off by more; None to draw ``pairs``.
    pairs : int
        Orders drawn, each with its reverse; where ``error`` is given, the most that may be drawn.
    doubt : Fraction [dimensionless]
        Accepted chance that some actor's value is off by more than the stated error.
    least, most : int or Fraction or None [unit of worth]
        What one actor adds to any coalition is never less or more; checked on every draw. Without them:
        nobody ever takes anything away, so nobody adds more than all are worth together.

    Examples
    --------
    >>> Sampling(seed=7, error=Fraction(1, 2)).doubt
    Fraction(1, 20)
    """

    seed: int
    error: Figure | None = None
    pairs: int = 20_000
    doubt: Fraction = Fraction(1, 20)
    least: Figure = 0
    most: Figure | None = None

    def __post_init__(self) -> None:
        if not 0 < self.doubt < 1 or self.seed < 0 or not 1 <= self.pairs <= MAX_PAIRS:
            raise AttributionRefused(
                f"Doubt {self.doubt}, seed {self.seed}, {self.pairs} pairs: a doubt between 0 and 1, a seed "
                f"from 0, and 1 to {MAX_PAIRS} pairs are possible."
            )
        if self.error is not None and self.error <= 0:
            raise AttributionRefused(
                f"An error of {self.error} cannot be reached by drawing: ask for more than 0."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapleyValues:
    """What every actor adds on average.

    Attributes
    ----------
    actors : tuple of str
        In the order given.
    values : tuple of Fraction [unit of worth]
        In the same order; they sum to ``total`` exactly, also when drawn.
    total : Fraction [unit of worth]
        What all are worth together, less what nobody is worth.
    method : str
        ``closed``, ``exact`` or ``sampled``.
    pairs : int [pairs of orders]
        How many were drawn; 0 when none had to be.
    seed : int or None
        Of the draw.
    error : Fraction [unit of worth]
        No value is off by more, save with chance ``doubt``; 0 unless drawn.
    doubt : Fraction [dimensionless]
        0 unless drawn.

    Examples
    --------
    >>> shapley(["a", "b"], SynergyWorth(own=(("a", 1), ("b", 2)))).values
    (Fraction(1, 1), Fraction(2, 1))
    """

    actors: tuple[str, ...]
    values: tuple[Fraction, ...]
    total: Fraction
    method: Method
    pairs: int = 0
    seed: int | None = None
    error: Fraction = Fraction(0)
    doubt: Fraction = Fraction(0)


def shapley(
    actors: Sequence[str], worth: Worth, *, sampling: Sampling | None = None, method: Method | None = None
) -> ShapleyValues:
    """Divide what all actors are worth together by what each adds, averaged over every order of joining.

    Parameters
    ----------
    actors : Sequence of str
        Each once.
    worth : SynergyWorth, TableWorth or a function of a frozenset of actors
        What a coalition is worth, in whole numbers or fractions; never a float.
    sampling : Sampling or None
        How to draw orders; needed with more than twelve actors unless the worth is a ``SynergyWorth``.
    method : str or None
        ``closed``, ``exact`` or ``sampled``; None takes the first that applies.

    Returns
    -------
    ShapleyValues
        Exact rationals; drawn ones state their error.

    Raises
    ------
    AttributionRefused
        No actor, one twice, a worth that is no whole number or fraction, too many actors for the method, or a
        draw outside the declared bounds.
    NotProven
        When the asked error needs more pairs than allowed; ``figures['pairs']`` says how many.

    Notes
    -----
    L. S. Shapley, "A value for n-person games", 1953. The error of drawn values is Hoeffding's for the means
    of pairs, over all actors at once: range * sqrt(ln(2 A / doubt) / (2 pairs)).

    Examples
    --------
    One owns a left glove, two own a right one; a pair is worth 1.

    >>> def pairs(coalition):
    ...     return min(len(coalition & {"left"}), len(coalition & {"right", "other"}))
    >>> shapley(["left", "right", "other"], pairs).values
    (Fraction(2, 3), Fraction(1, 6), Fraction(1, 6))
    """
    names = tuple(actors)
    if not names or len(set(names)) < len(names):
        raise AttributionRefused(f"The actors are {list(names)}: name at least one, and none twice.")
    if isinstance(worth, SynergyWorth | TableWorth) and (strangers := sorted(worth.named - set(names))):
        raise AttributionRefused(f"Worth is declared for {strangers}, who are not among the actors.")
    chosen = method or _cheapest(names, worth)
    if chosen == "closed":
        return _closed(names, worth)
    if chosen == "exact":
        return _exact(names, worth)
    if sampling is None:
        raise AttributionRefused(
            f"{len(names)} actors have too many coalitions to value all: say how to draw (seed and error)."
        )
    return _sampled(names, worth, sampling)


def worths(actors: Sequence[str], worth: Worth) -> tuple[NDArray[Any], int]:
    """Value every coalition of at most twelve actors.

    Parameters
    ----------
    actors : Sequence of str
        Actor k is bit k of a coalition's number.
    worth : Worth
        As for ``shapley``.

    Returns
    -------
    tuple of array and int [parts of one unit of worth]
        Whole numbers by coalition number, less what the empty coalition is worth, and what they count parts
        of: worth = number / parts.

    Examples
    --------
    >>> table, parts = worths(["a", "b"], SynergyWorth(own=(("a", 1), ("b", Fraction(1, 2)))))
    >>> table.tolist(), parts
    ([0, 2, 1, 3], 2)
    """
    if len(actors) > MAX_EXACT:
        raise AttributionRefused(
            f"{len(actors)} actors have {2 ** len(actors)} coalitions; all are valued for up to {MAX_EXACT}."
        )
    return _whole(_valued(actors, worth, range(2 ** len(actors))))


def _cheapest(names: Sequence[str], worth: Worth) -> Method:
    if isinstance(worth, SynergyWorth):
        return "closed"
    return "exact" if len(names) <= MAX_EXACT else "sampled"


def _closed(names: tuple[str, ...], worth: Worth) -> ShapleyValues:
    """Give every actor its own effect and an equal part of each synergy it belongs to."""
    if not isinstance(worth, SynergyWorth):
        raise AttributionRefused("The closed form holds for own effects with synergies only.")
    values = dict.fromkeys(names, Fraction(0))
    for actor, figure in worth.own:
        values[actor] += _rational(figure)
    for one in worth.synergies:
        for member in one.members:
            values[member] += _rational(one.bonus) / len(one.members)
    return ShapleyValues(
        actors=names, values=tuple(values.values()), total=sum(values.values(), Fraction(0)), method="closed"
    )


def _exact(names: tuple[str, ...], worth: Worth) -> ShapleyValues:
    """Weigh what each actor adds to every coalition by how many orders bring it there."""
    count = len(names)
    table, parts = worths(names, worth)
    masks = np.arange(2**count)
    sizes = np.bitwise_count(masks)
    orders = [factorial(size) * factorial(count - size - 1) for size in range(count)]
    values = []
    for at in range(count):
        without = masks[masks >> at & 1 == 0]
        added = table[without | 1 << at] - table[without]
        by_size = (int(added[sizes[without] == size].sum()) for size in range(count))
        total = sum(weight * gain for weight, gain in zip(orders, by_size, strict=True))
        values.append(Fraction(total, factorial(count) * parts))
    return ShapleyValues(
        actors=names, values=tuple(values), total=Fraction(int(table[-1]), parts), method="exact"
    )


def _sampled(names: tuple[str, ...], worth: Worth, sampling: Sampling) -> ShapleyValues:
    """Average over random orders and their reverses; every order gives away the whole, so the mean does."""
    count = len(names)
    if count > MAX_SAMPLED:
        raise AttributionRefused(f"{count} actors; orders are drawn of up to {MAX_SAMPLED}.")
    everyone = (1 << count) - 1
    empty, full = _valued(names, worth, [0, everyone])
    most = full - empty if sampling.most is None else Fraction(sampling.most)
    reach = max(most - sampling.least, Fraction(0))
    pairs = _pairs(reach, count, sampling)
    bits = np.random.PCG64(sampling.seed)
    known = {0: empty, everyone: full}
    sums = [Fraction(0)] * count
    for begin in range(0, pairs, CHUNK_PAIRS):
        size = min(CHUNK_PAIRS, pairs - begin)
        forward = bits.random_raw(size * count).reshape(size, count).argsort(axis=1, kind="stable")
        orders = np.concatenate([forward, forward[:, ::-1]])
        for at, total in enumerate(_added(names, worth, known, orders, (Fraction(sampling.least), most))):
            sums[at] += total
    return ShapleyValues(
        actors=names,
        values=tuple(total / (2 * pairs) for total in sums),
        total=full - empty,
        method="sampled",
        pairs=pairs,
        seed=sampling.seed,
        error=_error(reach, count, pairs, sampling.doubt),
        doubt=sampling.doubt,
    )


def _added(
    names: Sequence[str],
    worth: Worth,
    known: dict[int, Fraction],
    orders: NDArray[np.int64],
    bounds: tuple[Fraction, Fraction],
) -> list[Fraction]:
    """Sum what each actor adds over some orders; each coalition met is valued once."""
    joined = np.concatenate([np.zeros((len(orders), 1), dtype=np.int64), np.left_shift(1, orders)], axis=1)
    met, places = np.unique(joined.cumsum(axis=1), return_inverse=True)
    new = [mask for mask in met.tolist() if mask not in known]
    known.update(zip(new, _valued(names, worth, new), strict=True))
    table, parts = _whole([known[mask] for mask in met.tolist()], spare_bits=len(orders).bit_length())
    added = np.diff(table[places.reshape(joined.shape)], axis=1)
    lowest, highest = Fraction(int(added.min()), parts), Fraction(int(added.max()), parts)
    if lowest < bounds[0] or highest > bounds[1]:
        raise AttributionRefused(
            f"Some actor adds {lowest} and some {highest} to a coalition, outside the bounds {bounds[0]} to "
            f"{bounds[1]} that the error rests on: declare least and most.",
            lowest=str(lowest),
            highest=str(highest),
        )
    return [Fraction(int(added[orders == at].sum()), parts) for at in range(len(names))]


def _pairs(reach: Fraction, count: int, sampling: Sampling) -> int:
    """Return how many pairs to draw: enough for the asked error, or as many as declared."""
    if sampling.error is None:
        return sampling.pairs
    needed = max(1, ceil(reach**2 * _log(count, sampling.doubt) / (2 * Fraction(sampling.error) ** 2)))
    while _error(reach, count, needed, sampling.doubt) > sampling.error:  # the stated error is rounded up
        needed += 1 + needed // ERROR_GRAIN
    if needed > sampling.pairs:
        raise NotProven(
            f"An error of {sampling.error} takes {needed} pairs of orders; {sampling.pairs} are allowed. "
            "Allow more pairs, or a larger error.",
            pairs=needed,
            allowed=sampling.pairs,
        )
    return needed


def _error(reach: Fraction, count: int, pairs: int, doubt: Fraction) -> Fraction:
    """Return range * sqrt(ln(2 A / doubt) / (2 pairs)), rounded up."""
    square = reach**2 * _log(count, doubt) / (2 * pairs)
    return Fraction(isqrt(ceil(square * ERROR_GRAIN**2)) + 1, ERROR_GRAIN) if reach else Fraction(0)


def _log(count: int, doubt: Fraction) -> Fraction:
    """Return ln(2 A / doubt), rounded up by more than floats can be off."""
    return Fraction(log(2 * count / doubt)) * (1 + Fraction(1, 10**12))


def _valued(names: Sequence[str], worth: Worth, masks: Iterable[int]) -> list[Fraction]:
    return [
        _rational(worth(frozenset(name for at, name in enumerate(names) if mask >> at & 1))) for mask in masks
    ]


def _rational(figure: object) -> Fraction:
    if isinstance(figure, Fraction) or type(figure) is int:
        return Fraction(figure)
    raise AttributionRefused(f"A worth is a whole number or a Fraction, not {figure!r}.")


def _whole(figures: Sequence[Fraction], *, spare_bits: int = MAX_EXACT) -> tuple[NDArray[Any], int]:
    """Bring figures to whole numbers, the first to 0; int64 where sums of differences fit, else objects."""
    parts = lcm(*(figure.denominator for figure in figures))
    counts = [
        (figure - figures[0]).numerator * (parts // (figure - figures[0]).denominator) for figure in figures
    ]
    largest = max(map(abs, counts)).bit_length()
    kind = np.int64 if largest + 1 + spare_bits <= INT64_BITS else object
    return np.array(counts, dtype=kind), parts
