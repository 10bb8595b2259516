"""Ratings: what verified results say about a hub, with how sure that is.

The problem: a hub with one lucky result must not outrank a hub that has delivered ten times, and a hub
without results is unknown, not bad. A result is the hub's own level, plus what changes from result to result,
plus a known error of measurement. The rating is the level, drawn towards the mean of all hubs by as much as
the results are few or uncertain; old results weigh less; every rating, place and bound comes with its spread.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import inf, sqrt
from typing import Final, Literal

import numpy as np
from scipy.special import ndtri

from .errors import CalibrationInvalid
from .expected import chances, expected_ranks, rank_intervals
from .progress import HubProgress
from .rating_model import (
    HubLevels,
    RatedResults,
    fit_variances,
    hub_levels,
    raw_levels,
)

RatingMethod = Literal["reml", "given", "raw"]
Basis = Literal["point", "lower_bound"]

MONTH_DAYS: Final = 365.25 / 12
FEWEST_HUBS: Final = 3
FEWEST_REPEATS: Final = 2  # results beyond one for each hub, without which the two variances cannot be told
MOST_HUBS: Final = 2_000
_GRID: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRating:
    """One hub's rating.

    Attributes
    ----------
    hub : str
        Whose.
    state : str
        ``rated``; ``unrated`` without a final determination: then the mean of all hubs, with full spread.
    value, standard_error : float [part of the way]
        The level of the hub, and how sure it is.
    lower : float [part of the way]
        Bound above which the level lies with the chance asked for.
    results, pending : int [determinations]
        How many count, and how many are not final.
    expected_rank : float [place]
        Mean of the place over everything that the results leave open.
    rank_low, rank_high : int [place]
        The place lies between them in nine of ten draws.
    loading : float [dimensionless]
        How much of the mean of all hubs is in the rating: 1 without results.

    Examples
    --------
    >>> one = HubRating(hub="river", state="rated", value=0.684971, standard_error=0.054825, lower=0.6147,
    ...     results=10, pending=0, expected_rank=1.7, rank_low=1, rank_high=2, loading=0.075)
    >>> one.counted("point"), one.counted("lower_bound")
    (Fraction(684971, 1000000), Fraction(6147, 10000))
    """

    hub: str
    state: Literal["rated", "unrated"]
    value: float
    standard_error: float
    lower: float
    results: int
    pending: int
    expected_rank: float
    rank_low: int
    rank_high: int
    loading: float

    def counted(self, basis: Basis) -> Fraction:
        """Return what money is divided by, to nine digits: the rating or its lower bound, at least 0."""
        taken = self.value if basis == "point" else self.lower
        return Fraction(max(0, round(taken * _GRID)), _GRID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """Every hub of one family of metrics, best expected rank first.

    Attributes
    ----------
    family : str
        Metrics that were rated together; several joined by ``+`` where the brief allows it.
    method : str
        ``reml``: variances fitted; ``given``: variances given; ``raw``: too few results for a fit, so every
        rating is the hub's own mean, drawn towards nothing.
    reason : str
        Why it is raw; empty otherwise.
    mean, mean_error : float [part of the way]
        Of all hubs, and its standard error; 0 when the mean was given.
    between, within : float [part of the way ^2]
        Variance of the hubs' levels, and of results about them beyond the known errors.
    boundary : tuple of str
        Variances that the fit holds at their floor.
    half_life_months : float or None [months]
        After which a result weighs half; ``None`` when age does not count.
    as_of : date
        Results after it are not known.
    hubs : tuple of HubRating
        Best expected rank first, by name inside a tie.

    Examples
    --------
    >>> Ratings(family="safe@1", method="given", reason="", mean=0.5, mean_error=0.0, between=0.04,
    ...     within=0.01, boundary=(), half_life_months=None, as_of=date(2028, 1, 1), hubs=()).names
    ()
    """

    family: str
    method: RatingMethod
    reason: str
    mean: float
    mean_error: float
    between: float
    within: float
    boundary: tuple[str, ...]
    half_life_months: float | None
    as_of: date
    hubs: tuple[HubRating, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Hubs in the order of their expected ranks."""
        return tuple(one.hub for one in self.hubs)

    def hub(self, name: str) -> HubRating:
        """Return one hub's rating; ``KeyError`` when it is not among them."""
        return {one.hub: one for one in self.hubs}[name]

    def chance_above(self, name: str, other: str) -> float:
        """Return the chance that one hub's level is above another's.

        Parameters
        ----------
        name, other : str
            Two hubs.

        Returns
        -------
        float [dimensionless]
            0.5 for a hub against itself.
        """
        a, b = self.hub(name), self.hub(other)
        if name == other:
            return 0.5
        shared = self.mean_error**2 * np.outer([b.loading, a.loading], [b.loading, a.loading])
        own = np.diag([b.standard_error**2, a.standard_error**2]) - np.diag(np.diagonal(shared))
        found = chances(np.array([b.value, a.value]), own + shared, slice(0, 1))
        return float(found[0, 1])


def rate(
    progress: Iterable[HubProgress],
    *,
    as_of: date,
    hubs: Iterable[str] = (),
    half_life_months: float | None = 36.0,
    mean: float | None = None,
    variances: tuple[float, float] | None = None,
    across_families: bool = False,
    tail: float = 0.1,
    seed: int = 0,
) -> Ratings:
    """Rate hubs by their final determinations.

    Parameters
    ----------
    progress : Iterable of HubProgress
        Of one family of metrics; pending ones are counted and carry no weight.
    as_of : date
        Later determinations are left out; the age of the others is counted to this day.
    hubs : Iterable of str
        Hubs that are rated or shown as unrated besides those with progress.
    half_life_months : float or None [months]
        After which a result weighs half; ``None``: age does not count.
    mean : float or None [part of the way]
        Mean of all hubs when it is known; estimated otherwise.
    variances : tuple of (float, float) or None [part of the way ^2]
        Of the hubs' levels, and of results about them; fitted when left out. Given ones need no minimum size.
    across_families : bool
        Whether the brief allows results of several families to be rated together.
    tail : float [dimensionless]
        Chance that the level lies below ``lower``.
    seed : int [seed]
        Of the draws behind the rank intervals.

    Raises
    ------
    CalibrationInvalid
        Several families without leave, a figure that is none, or more than 2,000 hubs.

    Examples
    --------
    >>> once = HubProgress(hub="lucky", metric="m", family="m", value=Fraction(1),
    ...     standard_error=Fraction("0.15"), on=date(2028, 1, 1))
    >>> found = rate([once], as_of=once.on, mean=0.5, variances=(0.04, 0.01)).hub("lucky")
    >>> round(found.value, 6), round(found.standard_error, 6)
    (0.775862, 0.133907)
    """
    _require_figures(half_life_months, mean, variances, tail)
    rows = [one for one in progress if one.on <= as_of]
    family = _family(rows, across_families=across_families)
    names = _names(rows, hubs)
    final = [one for one in rows if one.state == "final"]
    counts = Counter(one.hub for one in final)
    waiting = Counter(one.hub for one in rows if one.state == "pending")
    solved = _solve(_arrays(final, names, as_of, half_life_months), mean, variances)
    return Ratings(
        family=family,
        method=solved.method,
        reason=solved.reason,
        mean=solved.levels.mean,
        mean_error=sqrt(solved.levels.mean_variance),
        between=solved.between,
        within=solved.within,
        boundary=solved.boundary,
        half_life_months=half_life_months,
        as_of=as_of,
        hubs=_hub_ratings(names, solved.levels, counts, waiting, tail=tail, seed=seed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solved:
    """The model with its variances, and how they came about."""

    method: RatingMethod
    reason: str = ""
    between: float
    within: float
    boundary: tuple[str, ...] = ()
    levels: HubLevels


def _solve(results: RatedResults, mean: float | None, variances: tuple[float, float] | None) -> _Solved:
    """Take the variances given, or fit them; with too few results every hub keeps its own mean."""
    if variances is not None:
        levels = hub_levels(results, *variances, mean)
        return _Solved(method="given", between=variances[0], within=variances[1], levels=levels)
    if reason := _too_little(results):
        between, within, levels = raw_levels(results, mean)
        return _Solved(method="raw", reason=reason, between=between, within=within, levels=levels)
    ageless = replace(results, age=np.ones_like(results.age))  # age says what counts, not how results vary
    (between, within), boundary = fit_variances(ageless, mean)
    levels = hub_levels(results, between, within, mean)
    return _Solved(method="reml", between=between, within=within, boundary=boundary, levels=levels)


def _names(rows: Iterable[HubProgress], hubs: Iterable[str]) -> list[str]:
    names = sorted({one.hub for one in rows} | set(hubs))
    if len(names) > MOST_HUBS:
        raise CalibrationInvalid(
            f"{len(names)} hubs are more than {MOST_HUBS}: rate them by region.", hubs=len(names)
        )
    return names


def _require_figures(
    half_life: float | None, mean: float | None, variances: tuple[float, float] | None, tail: float
) -> None:
    if half_life is not None and not 0 < half_life < inf:
        raise CalibrationInvalid(f"A half life of {half_life} months is none: give a positive one, or None.")
    if mean is not None and not -inf < mean < inf:
        raise CalibrationInvalid(f"A mean of {mean} is none.")
    if variances is not None and not all(0 <= one < inf for one in variances):
        raise CalibrationInvalid(f"Variances of {variances} are none: neither is below 0.")
    if not 0 < tail < 1:
        raise CalibrationInvalid(f"A chance of {tail} is none: give one between 0 and 1.")


def _family(rows: Sequence[HubProgress], *, across_families: bool) -> str:
    families = sorted({one.family for one in rows})
    if len(families) > 1 and not across_families:
        raise CalibrationInvalid(
            f"Results of {', '.join(families)} are not rated together unless the brief says so: rate each "
            "family, or set across_families.",
            families=families,
        )
    return "+".join(families)


def _arrays(
    final: Sequence[HubProgress], names: Sequence[str], as_of: date, half_life: float | None
) -> RatedResults:
    final = sorted(final, key=lambda one: (one.hub, one.on, one.source, one.value))
    number = {name: at for at, name in enumerate(names)}
    months = np.array([(as_of - one.on).days / MONTH_DAYS for one in final], dtype=np.float64)
    return RatedResults(
        hub=np.array([number[one.hub] for one in final], dtype=np.int64),
        value=np.array([float(one.value) for one in final], dtype=np.float64),
        known=np.array([float(one.standard_error) ** 2 for one in final], dtype=np.float64),
        age=np.ones(len(final)) if half_life is None else np.exp2(months / half_life),
        hubs=len(names),
    )


def _too_little(results: RatedResults) -> str:
    count, hubs = len(results.value), len(np.unique(results.hub))
    if hubs < FEWEST_HUBS:
        return f"{hubs} hubs have results, a fit needs {FEWEST_HUBS}"
    if count - hubs < FEWEST_REPEATS:
        needed = hubs + FEWEST_REPEATS
        return f"{count} results of {hubs} hubs cannot tell hubs from chance: a fit needs {needed}"
    if not np.var(results.value):
        return "all results are equal"
    return ""


def _hub_ratings(
    names: Sequence[str],
    levels: HubLevels,
    counts: Counter[str],
    waiting: Counter[str],
    *,
    tail: float,
    seed: int,
) -> tuple[HubRating, ...]:
    errors = np.sqrt(levels.own + levels.mean_variance * levels.loading**2)
    covariance = levels.covariance if levels.own.any() else None
    ranks = expected_ranks(levels.value, covariance)
    low, high = rank_intervals(levels.value, covariance, seed=seed)
    below = float(ndtri(tail))
    rated = [
        HubRating(
            hub=name,
            state="rated" if counts[name] else "unrated",
            value=float(levels.value[at]),
            standard_error=float(errors[at]),
            lower=float(levels.value[at] + below * errors[at]),
            results=counts[name],
            pending=waiting[name],
            expected_rank=float(ranks[at]),
            rank_low=int(low[at]),
            rank_high=int(high[at]),
            loading=float(levels.loading[at]),
        )
        for at, name in enumerate(names)
    ]
    return tuple(sorted(rated, key=lambda one: (round(one.expected_rank, 9), one.hub)))
