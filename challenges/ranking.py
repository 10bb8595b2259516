"""Ranking: from raw scores to an order with its ties and its uncertainty.

The problem: a rank without its spread reads as more than the scores can say, and float noise breaks ties
that are none. Totals are exact fractions, equal totals share a rank, and every mean comes with the standard
error over its reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import groupby
from statistics import mean

from .rubric import Direction, Rubric
from .scores import Score, totals_by_read

_ROOT = Context(prec=28)
_LEAST_READS = 2  # for a standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One application's place.

    Attributes
    ----------
    application_id : str
        Whose.
    rank : int [place]
        1 is best; equal means share a rank and the places behind it stay empty.
    mean : Fraction [points]
        Exact mean of the weighted totals.
    reads : int [reads]
        How many totals stand behind the mean.
    variance_of_mean : Fraction or None [points^2]
        Sample variance over the number of reads; ``None`` with fewer than two reads.

    Examples
    --------
    >>> Standing(application_id="a", rank=1, mean=Fraction(4), reads=4, variance_of_mean=Fraction(1, 4)
    ...     ).standard_error
    Decimal('0.5')
    """

    application_id: str
    rank: int
    mean: Fraction
    reads: int
    variance_of_mean: Fraction | None

    @property
    def standard_error(self) -> Decimal | None:
        """Standard error of the mean [points], 28 digits; ``None`` with fewer than two reads."""
        if self.variance_of_mean is None:
            return None
        variance = self.variance_of_mean
        return _ROOT.sqrt(_ROOT.divide(Decimal(variance.numerator), Decimal(variance.denominator)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Every scored application in order, best first, and by id inside a tie.

    Attributes
    ----------
    rubric_id : str
        Under which the scores were given.
    direction : str
        Which end of the scale is better.
    standings : tuple[Standing, ...]
        Best first.
    set_aside : tuple[tuple[str, str], ...]
        Reads (application, judge) without a total because the judge abstained from a trait.
    unranked : tuple[str, ...]
        Applications of which every read was set aside.

    Examples
    --------
    >>> Ranking(rubric_id="merit/1", direction="higher", standings=(), set_aside=(), unranked=()).groups
    ()
    """

    rubric_id: str
    direction: Direction
    standings: tuple[Standing, ...]
    set_aside: tuple[tuple[str, str], ...]
    unranked: tuple[str, ...]

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Application ids by rank, best first; ids in one group are tied."""
        return tuple(
            tuple(row.application_id for row in rows)
            for _, rows in groupby(self.standings, key=lambda row: row.rank)
        )

    @property
    def ties(self) -> tuple[tuple[str, ...], ...]:
        """The groups of two and more."""
        return tuple(group for group in self.groups if len(group) > 1)


def rank_by_mean(scores: Iterable[Score], rubric: Rubric) -> Ranking:
    """Rank applications by the plain mean of their reads.

    Parameters
    ----------
    scores : Iterable[Score]
        Complete reads under one rubric, in any order.
    rubric : Rubric
        Weights, scale and direction.

    Returns
    -------
    Ranking
        Exact means; equal means share a rank.

    Raises
    ------
    ScoreInvalid
        When the scores do not form complete, single reads under the rubric.

    Notes
    -----
    This is the raw mean. It makes **no correction for judges' severity**: an application read by lenient
    judges ranks above an equal one read by harsh judges. The standard error is that of the reads an
    application got; it treats them as independent and knows nothing of who gave them.

    Examples
    --------
    >>> from .scores import read_marks
    >>> rubric = Rubric.read('''{"id": "risk/1",
    ...     "scale": {"lo": "1", "hi": "3", "step": "1", "direction": "lower"},
    ...     "traits": [{"id": "risk", "title": "Risk", "weight_bp": 10000, "anchors": [
    ...         {"lo": "1", "hi": "1", "text": "low"}, {"lo": "2", "hi": "2", "text": "middling"},
    ...         {"lo": "3", "hi": "3", "text": "high"}]}]}''')
    >>> marks = {("a", "j1"): "3", ("a", "j2"): "2", ("b", "j1"): "1", ("b", "j2"): "2"}
    >>> scores = [score for (who, by), mark in marks.items()
    ...     for score in read_marks(rubric, application_id=who, judge_id=by, marks={"risk": mark})]
    >>> [(row.application_id, row.rank, str(row.mean)) for row in rank_by_mean(scores, rubric).standings]
    [('b', 1, '3/2'), ('a', 2, '5/2')]
    """
    totals: dict[str, list[Fraction]] = {}
    set_aside = []
    for (application_id, judge_id), total in totals_by_read(scores, rubric).items():
        known = totals.setdefault(application_id, [])
        if total is None:
            set_aside.append((application_id, judge_id))
        else:
            known.append(total)
    means = {name: mean(values) for name, values in totals.items() if values}
    sign = -1 if rubric.scale.direction == "higher" else 1
    order = sorted(means, key=lambda name: (sign * means[name], name))
    standings: list[Standing] = []
    for place, name in enumerate(order, start=1):
        tied = bool(standings) and standings[-1].mean == means[name]
        standings.append(
            Standing(
                application_id=name,
                rank=standings[-1].rank if tied else place,
                mean=means[name],
                reads=len(totals[name]),
                variance_of_mean=_variance_of_mean(totals[name], means[name]),
            )
        )
    return Ranking(
        rubric_id=rubric.id,
        direction=rubric.scale.direction,
        standings=tuple(standings),
        set_aside=tuple(set_aside),
        unranked=tuple(sorted(set(totals) - set(means))),
    )


def _variance_of_mean(totals: list[Fraction], centre: Fraction) -> Fraction | None:
    count = len(totals)
    if count < _LEAST_READS:
        return None
    return sum(((total - centre) ** 2 for total in totals), start=Fraction(0)) / (count * (count - 1))
