"""Forecasts: what terms are likely to cost, pay and return, as exact text.

The problem: a figure of a simulation that changes in the last digit from one run to the next is trusted by
nobody. All amounts here are whole minor units of payments that the engine made; a quantile is one of them and
never a number in between; means are rounded once, from exact sums.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...finance.documents import canonical_bytes
from ...finance.money import decimal_text, round_quotient

if TYPE_CHECKING:
    from ..frames import Frame

Number = TypeVar("Number", np.int64, np.float64)
QUANTILES: Final = {
    "p5": 50,
    "p25": 250,
    "p50": 500,
    "p75": 750,
    "p95": 950,
    "p99": 990,
    "p99.9": 999,
}
FIGURES: Final = ("mean", *QUANTILES, "cvar95", "least", "most")
TAIL: Final = 20
MORE_DIGITS: Final = 2
RATE_DIGITS: Final = 6
BINS: Final = 16
_HALF_WORD: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How one amount or rate is spread over the paths.

    Attributes
    ----------
    what : str
        ``paid``, ``paid by error`` (more than on what is true), ``pays``, ``receives``, ``net``,
        ``present value``, ``rate of return``, ``multiple``, ``working capital``.
    party, unit : str
        Whose, empty for all; and of what, empty for a bare number.
    when : str
        A year or a period; empty for the whole term.
    paths : int [paths]
        On how many it is known.
    figures : dict of str to str
        ``mean``; ``p5`` to ``p99.9``; ``least``, ``most``; ``cvar95``: the mean of the worst twentieth, the
        largest of what is paid, the smallest of what is gained.
    """

    what: str
    unit: str
    party: str = ""
    when: str = ""
    paths: int
    figures: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """In what share of the paths something happens, and what it is worth.

    Attributes
    ----------
    what : str
        ``clause pays``, ``limit cuts``, ``maximum reached``, ``band``, ``loss``, ``one rate of return``.
    name, unit : str
        Of which clause, limit, band or party; in what it is worth.
    share : str
        Of the paths, from 0 to 1.
    mean : str
        Over all paths: what the clause pays, what the limit cuts: its price.
    mean_then : str
        Over the paths in which it happens.
    """

    what: str
    name: str
    share: str
    unit: str = ""
    mean: str = ""
    mean_then: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """How many paths pay in total from ``low`` to ``high``, both included."""

    unit: str
    low: str
    high: str
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What comes of terms over many paths.

    Attributes
    ----------
    terms, outcomes : str
        Digests of both documents.
    paths : int [paths]
        How many.
    seed : int [seed]
        The same seed gives the same bytes.
    maxima : dict of str to str
        Unit -> the most that is proven to be payable; empty where nothing is proven.
    spreads : tuple of Spread
        Amounts and rates.
    frequencies : tuple of Frequency
        How often clauses, limits and bands play a part.
    histogram : tuple of Bin
        What is paid in total.
    clips : dict of str to str
        Metric -> share of its values that lay outside the domain and were moved to its end.
    """

    terms: str
    outcomes: str
    paths: int
    seed: int
    maxima: Mapping[str, str]
    spreads: tuple[Spread, ...]
    frequencies: tuple[Frequency, ...]
    histogram: tuple[Bin, ...]
    clips: Mapping[str, str] = field(default_factory=dict)

    def spread(self, what: str, *, party: str = "", unit: str = "", when: str = "") -> Spread:
        """Return one spread by its name.

        Raises
        ------
        KeyError
            When there is none, or several.
        """
        found = [
            one
            for one in self.spreads
            if (one.what, one.party, one.when) == (what, party, when) and unit in {"", one.unit}
        ]
        if len(found) != 1:
            raise KeyError(f"{len(found)} spreads are called {what!r} {party!r} {unit!r} {when!r}")
        return found[0]

    def to_json(self) -> bytes:
        """Write the forecast as canonical JSON, all numbers as decimal strings."""
        content = asdict(self) | {"paths": str(self.paths), "seed": str(self.seed)}
        content["spreads"] = [row | {"paths": str(row["paths"])} for row in content["spreads"]]
        return canonical_bytes({"schema": "almoner.forecast/1"} | content)

    def to_frame(self) -> "Frame":
        """Return the spreads as a table, one row each, the figures as exact decimals."""
        from ..frames import frame_of  # noqa: PLC0415  # pandas is loaded only for whoever asks for a table

        rows = [
            {"what": one.what, "party": one.party, "unit": one.unit, "when": one.when}
            | {"paths": str(one.paths)}
            | {name: one.figures.get(name, "") for name in FIGURES}
            for one in self.spreads
        ]
        return frame_of(rows, frozenset(("paths", *FIGURES)))


def amount_figures(values: NDArray[np.int64], digits: int, *, is_gain: bool = False) -> dict[str, str]:
    """Sum up whole amounts, exactly.

    Parameters
    ----------
    values : array of int64 [minor units]
        One for each path.
    digits : int [digits]
        Of the unit.
    is_gain : bool
        Whether the small ones are the bad ones.

    Notes
    -----
    A quantile is the smallest value that at least that share of the paths does not exceed.

    Examples
    --------
    >>> figures = amount_figures(np.array([100, 200, 300, 400]), 2)
    >>> figures["mean"], figures["p50"], figures["p75"], figures["cvar95"]
    ('2.5000', '2.00', '3.00', '4.0000')
    """
    ordered = np.sort(values)
    tail = -(-len(ordered) // TAIL)
    worst = ordered[:tail] if is_gain else ordered[-tail:]
    found = {name: decimal_text(int(value), digits) for name, value in _quantiles(ordered).items()}
    return {
        "mean": mean_text(exact_sum(values), len(values), digits),
        **found,
        "cvar95": mean_text(exact_sum(worst), tail, digits),
        "least": decimal_text(int(ordered[0]), digits),
        "most": decimal_text(int(ordered[-1]), digits),
    }


def rate_figures(values: NDArray[np.float64]) -> dict[str, str]:
    """Sum up rates and multiples, to six decimals; nothing of none.

    Parameters
    ----------
    values : array of float [1]
        Known ones only.

    Examples
    --------
    >>> rate_figures(np.array([0.1, 0.3]))["mean"]
    '0.200000'
    """
    if not len(values):
        return {}
    ordered = np.sort(values)
    tail = -(-len(ordered) // TAIL)
    found = {name: rate_text(float(value)) for name, value in _quantiles(ordered).items()}
    return {
        "mean": rate_text(float(np.mean(ordered))),
        **found,
        "cvar95": rate_text(float(np.mean(ordered[:tail]))),
        "least": rate_text(float(ordered[0])),
        "most": rate_text(float(ordered[-1])),
    }


def rate_text(value: float) -> str:
    """Write a rate with six decimals.

    Parameters
    ----------
    value : float [1]
        Finite.

    Examples
    --------
    >>> rate_text(-0.00000001), rate_text(0.07)
    ('0.000000', '0.070000')
    """
    exact = round(Decimal(value), RATE_DIGITS)
    return f"{exact or Decimal(0):.{RATE_DIGITS}f}"


def share_text(count: int, paths: int) -> str:
    """Write a share of the paths with six decimals.

    Parameters
    ----------
    count, paths : int [paths]
        How many, of how many.

    Examples
    --------
    >>> share_text(1, 3)
    '0.333333'
    """
    return decimal_text(round_quotient(count * 10**RATE_DIGITS, paths, "half_even"), RATE_DIGITS)


def mean_text(total: int, count: int, digits: int) -> str:
    """Write a mean with two decimals more than its unit has; nothing of none.

    Parameters
    ----------
    total : int [minor units]
        Exact sum.
    count : int [paths]
        Of how many.
    digits : int [digits]
        Of the unit.

    Examples
    --------
    >>> mean_text(100, 3, 2)
    '0.3333'
    """
    if not count:
        return ""
    return decimal_text(round_quotient(total * 10**MORE_DIGITS, count, "half_even"), digits + MORE_DIGITS)


def exact_sum(values: NDArray[np.int64]) -> int:
    """Add whole numbers below 2^62 without overflow.

    Parameters
    ----------
    values : array of int64 [any unit]
        Up to 2^31 of them.

    Examples
    --------
    >>> exact_sum(np.full(4, 2**62)) == 2**64
    True
    """
    high = values >> _HALF_WORD
    return (int(high.sum()) << _HALF_WORD) + int((values - (high << _HALF_WORD)).sum())


def bins_of(values: NDArray[np.int64], unit: str, digits: int) -> tuple[Bin, ...]:
    """Count whole amounts in up to sixteen spans of equal width.

    Parameters
    ----------
    values : array of int64 [minor units]
        One for each path.
    unit : str
        Of them.
    digits : int [digits]
        Of the unit.

    Examples
    --------
    >>> [(bin.low, bin.high, bin.share) for bin in bins_of(np.array([0, 0, 1, 1]), "JPY", 0)]
    [('0', '0', '0.500000'), ('1', '1', '0.500000')]
    """
    least, most = int(values.min()), int(values.max())
    width = -(-(most - least + 1) // BINS)
    counts = np.bincount((values - least) // width)
    return tuple(
        Bin(
            unit=unit,
            low=decimal_text(least + place * width, digits),
            high=decimal_text(min(most, least + (place + 1) * width - 1), digits),
            share=share_text(int(count), len(values)),
        )
        for place, count in enumerate(counts)
    )


def _quantiles(ordered: NDArray[Number]) -> dict[str, Number]:
    count = len(ordered)
    return {name: ordered[max(0, -(-count * part // 1000) - 1)] for name, part in QUANTILES.items()}
