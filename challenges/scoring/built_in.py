"""The library's own scoring methods: plain mean, median, and mean without the ends.

The problem: one harsh or one enthusiastic judge moves a mean. The median and the trimmed mean answer that
without a model; where judges differ in severity throughout, calibration does more.
"""

from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from ...finance.documents import Document
from .method import NoScoringParams, Scorer


class TrimParams(Document):
    """Parameters of the scoring method ``trimmed_mean``.

    Attributes
    ----------
    drop : int [reads]
        How many are left out at each end; where fewer than one would be left, fewer are left out.

    Examples
    --------
    >>> TrimParams.read("{}").drop
    1
    """

    drop: Annotated[int, Field(ge=1, le=100)] = 1


def mean_of(totals: tuple[Fraction, ...]) -> Fraction:
    """Return the exact mean of totals [points].

    Examples
    --------
    >>> mean_of((Fraction(1), Fraction(2)))
    Fraction(3, 2)
    """
    return sum(totals, start=Fraction(0)) / len(totals)


def median_of(totals: tuple[Fraction, ...]) -> Fraction:
    """Return the middle total [points], or the mean of the middle two; least first.

    Examples
    --------
    >>> median_of((Fraction(1), Fraction(2), Fraction(9)))
    Fraction(2, 1)
    """
    middle, even = len(totals) // 2, len(totals) % 2 == 0
    return mean_of(totals[middle - 1 : middle + 1]) if even else totals[middle]


def trimmed_of(totals: tuple[Fraction, ...], params: TrimParams) -> Fraction:
    """Return the mean [points] without the ends; least first.

    Examples
    --------
    >>> trimmed_of((Fraction(1), Fraction(2), Fraction(9)), TrimParams())
    Fraction(2, 1)
    """
    out = min(params.drop, (len(totals) - 1) // 2)
    return mean_of(totals[out : len(totals) - out])


MEAN: Final = Scorer(
    name="mean",
    version="1",
    params_model=NoScoringParams,
    figure=lambda totals, _params: mean_of(totals),
)
MEDIAN: Final = Scorer(
    name="median",
    version="1",
    params_model=NoScoringParams,
    figure=lambda totals, _params: median_of(totals),
)
TRIMMED_MEAN: Final = Scorer(name="trimmed_mean", version="1", params_model=TrimParams, figure=trimmed_of)
