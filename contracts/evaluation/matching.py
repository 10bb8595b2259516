"""Matched comparison: the treated against those who were as likely to be treated.

The problem: where nobody drew lots, the treated differ from the others before anything happened. Each treated
unit is compared with units of the same propensity; whoever has no counterpart is counted and left out, and
unless the groups are alike afterwards in every covariate, no number is given at all.
"""

import warnings
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import ModelWarning

from ...finance.documents import DecimalText, Text
from ...finance.errors import EvaluationRefused
from ...finance.findings import Findings, finding, repeated
from .estimate import Estimate, decimal_text
from .intervals import symmetric
from .method import IntervalParams, Method
from .neighbours import Neighbours, nearest, nearest_of_same, sums_over
from .soundness import is_constant, require_enough, require_error, require_once, require_variance
from .tables import Array, DataColumn, Table

RESERVED = ("outcome", "treated", "id")
SCORE_DIGITS = 10


class MatchedParams(IntervalParams):
    """Parameters of a matched comparison.

    Attributes
    ----------
    covariates : tuple of str
        Columns that the propensity rests on, all known before the start.
    neighbours : int [units]
        Counterparts of each treated unit; all that are equally near are taken.
    caliper : str
        Farthest counterpart, in standard deviations of the logit of the propensity.
    balance : str
        Largest standardised difference of means that may remain in any covariate.
    variance_neighbours : int [units]
        Units of the same group that the variance of an outcome is read from.
    least : int [observations]
        Treated units with a counterpart, and units to compare them with.
    """

    covariates: Annotated[tuple[Text, ...], Field(min_length=1, max_length=50)]
    neighbours: Annotated[int, Field(ge=1, le=50)] = 1
    caliper: DecimalText = "0.2"
    balance: DecimalText = "0.1"
    variance_neighbours: Annotated[int, Field(ge=1, le=50)] = 2

    def findings(self, at: str = "") -> Findings:
        """List what is wrong with level, covariates, caliper and balance."""
        wrong = super().findings(at)
        wrong += [
            finding(f"{at}/covariates/{place}", f"{self.covariates[place]} stands twice")
            for place in repeated(self.covariates)
        ]
        wrong += [
            finding(f"{at}/covariates/{place}", f"{name} is no covariate")
            for place, name in enumerate(self.covariates)
            if name in RESERVED
        ]
        positive = {"caliper": self.caliper, "balance": self.balance}
        wrong += [
            finding(f"{at}/{name}", f"{text} is not above 0")
            for name, text in positive.items()
            if float(text) <= 0
        ]
        return wrong


@dataclass(frozen=True, slots=True)
class Matches:
    """Who is compared with whom.

    Attributes
    ----------
    found : Neighbours
        Of each treated unit, among the others sorted by score.
    matched : array of bool
        Treated units with a counterpart.
    weights, squares : array of float
        Of each other unit, in that order: the sum over those it stands for of one over their number of
        counterparts, and of the square of that.
    """

    found: Neighbours
    matched: Array
    weights: Array
    squares: Array


def _columns(params: MatchedParams) -> tuple[DataColumn, ...]:
    covariates = (DataColumn(name=name, kind="number", about="a covariate") for name in params.covariates)
    return (
        DataColumn(name="outcome", kind="number", about="of a unit"),
        DataColumn(name="treated", kind="truth", about="whether it took part"),
        DataColumn(name="id", kind="label", about="the unit, once", required=False),
        *covariates,
    )


def _matched(table: Table, params: MatchedParams) -> Estimate:
    """Mean difference between the treated and their counterparts (effect on the treated).

    The propensity is a logit model; matching is on its linear score, with replacement, within a caliper of
    0.2 pooled standard deviations (Rosenbaum and Rubin, American Statistician 39, 1985; Austin,
    Pharmaceutical Statistics 10, 2011). The variance is that of Abadie and Imbens (Econometrica 74, 2006,
    theorem 7, for the treated), with the score taken as known::

        1 / N1^2 x ( sum over treated (y - y_matched - effect)^2 + sum over others (K^2 - K') s^2 )

    ``K`` sums one over the number of counterparts over all units that another stands for, ``K'`` the square
    of that, and ``s^2 = J / (J + 1) (y - mean of its J neighbours of the same group)^2``.
    """
    treated, outcome = table["treated"], table["outcome"]
    if "id" in table:
        require_once(table["id"], "unit")
    require_enough({"treated": int(treated.sum()), "others": int((~treated).sum())}, params.least)
    require_variance({"treated": outcome[treated], "others": outcome[~treated]}, "outcomes")
    covariates = np.column_stack([table[name] for name in params.covariates])
    score = _scores(covariates, treated, params)
    order = np.argsort(score[~treated], kind="stable")
    others = np.flatnonzero(~treated)[order]
    matches = _match(score[treated], score[others], params)
    balance = _balance(covariates, treated, others, matches)
    _require_balance(dict(zip(params.covariates, balance, strict=True)), params.balance)
    return _effect(outcome, score, np.flatnonzero(treated), others, matches, balance, params)


def _scores(covariates: Array, treated: Array, params: MatchedParams) -> Array:
    """Linear scores in pooled standard deviations, rounded so that equal covariates have equal scores."""
    fixed = [
        name for name, values in zip(params.covariates, covariates.T, strict=True) if is_constant(values)
    ]
    if fixed:
        raise EvaluationRefused(
            f"Covariates {', '.join(fixed)} never vary: take them out.", reason="no_variance", columns=fixed
        )
    spread = covariates.std(axis=0)
    design = np.column_stack([np.ones(treated.size), (covariates - covariates.mean(axis=0)) / spread])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise EvaluationRefused(
            "One covariate follows from the others: take it out.",
            reason="collinear",
            columns=list(params.covariates),
        )
    linear = design @ _logit(design, treated)
    pooled = np.sqrt((np.var(linear[treated], ddof=1) + np.var(linear[~treated], ddof=1)) / 2)
    scaled: Array = np.round(linear / pooled, SCORE_DIGITS)
    return scaled


def _logit(design: Array, treated: Array) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ModelWarning)
            warnings.simplefilter("error", RuntimeWarning)
            fit = Logit(treated.astype(np.float64), design).fit(disp=0, maxiter=200, tol=1e-12)
    except (ModelWarning, RuntimeWarning, np.linalg.LinAlgError) as fault:
        raise EvaluationRefused(
            "The covariates tell the treated from the others (almost) without fail, so nobody is comparable. "
            "Compare with another group, or with fewer covariates.",
            reason="separated",
            fault=type(fault).__name__,
        ) from None
    coefficients: Array = np.asarray(fit.params, dtype=np.float64)
    return coefficients


def _match(treated: Array, others: Array, params: MatchedParams) -> Matches:
    found = nearest(treated, others, params.neighbours, float(params.caliper))
    matched = found.counts > 0
    require_enough({"treated units with a counterpart": int(matched.sum())}, params.least)
    one = np.zeros(treated.size)
    one[matched] = 1 / found.counts[matched]
    return Matches(found, matched, found.add_up(one, others.size), found.add_up(one**2, others.size))


def _balance(covariates: Array, treated: Array, others: Array, matches: Matches) -> list[float]:
    """Difference of means after matching over the pooled standard deviation before it (Austin 2009)."""
    ours, theirs = covariates[treated], covariates[others]
    pooled = np.sqrt((np.var(ours, axis=0, ddof=1) + np.var(theirs, axis=0, ddof=1)) / 2)
    after = ours[matches.matched].mean(axis=0) - np.average(theirs, axis=0, weights=matches.weights)
    return [float(gap) for gap in after / pooled]


def _require_balance(balance: dict[str, float], most: str) -> None:
    unlike = {name: gap for name, gap in balance.items() if not abs(gap) < float(most)}
    if unlike:
        said = ", ".join(f"{name} {gap:.3f}" for name, gap in unlike.items())
        raise EvaluationRefused(
            f"The groups are not alike after matching: standardised differences of {said}; {most} is "
            "allowed. Match on more or other covariates, with a smaller caliper, or from a larger group.",
            reason="unbalanced",
            most=most,
            differences=[f"{name}: {decimal_text(gap)}" for name, gap in balance.items()],
        )


def _effect(  # private: the steps of one computation
    outcome: Array,
    score: Array,
    treated: Array,
    others: Array,
    matches: Matches,
    balance: list[float],
    params: MatchedParams,
) -> Estimate:
    ours, theirs = outcome[treated][matches.matched], outcome[others]
    counts = matches.found.counts[matches.matched]
    counterparts = sums_over(theirs, matches.found)[matches.matched] / counts
    gaps = ours - counterparts
    effect, size = float(np.mean(gaps)), gaps.size
    near, count = nearest_of_same(theirs, score[others], params.variance_neighbours)
    noise = count / (count + 1) * (theirs - near) ** 2
    reused = (matches.weights**2 - matches.squares) * noise
    variance = (float(((gaps - effect) ** 2).sum()) + float(reused.sum())) / size**2
    require_error(variance, ours, "Every treated unit differs from its counterparts by the same.")
    used = int((matches.weights > 0).sum())
    return symmetric(
        effect,
        variance,
        level=params.level,
        sample=size + used,
        statistic="mean effect on the treated",
        details={
            "mean_matched": float(np.mean(counterparts)),
            "mean_treated": float(np.mean(ours)),
            "unmatched_share": 1 - size / treated.size,
        },
        diagnostics={
            "largest_difference": decimal_text(max(abs(gap) for gap in balance)),
            "others": str(others.size),
            "others_used": str(used),
            "treated": str(treated.size),
            "treated_matched": str(size),
        },
    )


MATCHED = Method(
    name="matched",
    version="1",
    params_model=MatchedParams,
    uses=_columns,
    compute=_matched,
)
