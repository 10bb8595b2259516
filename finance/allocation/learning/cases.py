"""Cases: drawn effects, and what an allocation is worth in each of them, exactly.

The problem: the mean of the worst cases that a solver states is a float among floats. Effects are whole
millionths here, so the worth of whole minor units in every case is an exact fraction, and the mean of the
worst of them is found by sorting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from ..answer import Allocation
from ..checking.check import recheck
from ..checking.check_reading import Reading
from ..columns import FULL_BP, MICRO
from ..problem import AllocationDocument
from ..tables import Int
from .chance import Floats
from .effects import Beliefs

GRAIN = 10**6  # weights of cases are whole numbers of this many parts each
MOST_FACTORS = 8
Norm = Literal["one", "max"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cases:
    """Drawn effects and whom they are about.

    Attributes
    ----------
    thetas : int64 array [cases, rows of evidence] [millionths]
        Effect over expectation.
    who, metric : int64 array [rows of evidence]
        Position of the intervention and of the metric.
    alpha : Fraction [1]
        The worst part of the cases that counts.

    Examples
    --------
    >>> one = np.zeros(1, np.int64)
    >>> Cases(thetas=np.ones((4, 1), np.int64), who=one, metric=one, alpha=Fraction(1, 4)).count
    4
    """

    thetas: Int
    who: Int
    metric: Int
    alpha: Fraction

    @property
    def count(self) -> int:
        """Number of cases."""
        return len(self.thetas)

    @property
    def part(self) -> Floats:
        """Effects as parts of what was expected [cases, rows]."""
        return np.asarray(self.thetas / MICRO, np.float64)


def cases_of(
    document: AllocationDocument, known: Beliefs, thetas: Int, *, alpha: Fraction | None = None
) -> Cases:
    """Return cases with the places of their rows of evidence.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    known : Beliefs
        Of its evidence.
    thetas : int64 array [cases, rows of evidence] [millionths]
        Effects over expectation.
    alpha : Fraction or None [1]
        The worst part of the cases that counts; None as the objective says.
    """
    arrays = document.arrays
    place = {who: at for at, who in enumerate(arrays.intervention_ids)}
    metric = {name: at for at, name in enumerate(arrays.metric_ids)}
    return Cases(
        thetas=thetas,
        who=np.array([place[who] for who, _ in known.keys], np.int64),
        metric=np.array([metric.get(name, 0) for _, name in known.keys], np.int64),
        alpha=Fraction(document.objective.alpha_bp, FULL_BP) if alpha is None else alpha,
    )


def factor_cases(known: Beliefs, deviations: float, norm: Norm = "one") -> Int:
    """Return the corner cases of a joint lower bound: what pools share goes down together.

    Effects are mean plus loadings times one factor for each pool. With norm ``one`` the factors are
    together at most so many standard deviations away, with ``max`` each of them; the corners of that region
    are the cases, and the worst of them is the worst of the region, since an outcome is linear in the
    factors. What is left to each intervention alone is not in it: it evens out.

    Parameters
    ----------
    known : Beliefs
        What is believed.
    deviations : float [standard deviations]
        How far.
    norm : str
        ``one`` or ``max``.

    Returns
    -------
    int64 array [cases, rows of evidence] [millionths]

    Raises
    ------
    ValueError
        When ``max`` is asked of more pools than corners can be listed for.
    """
    if norm == "max" and len(known.pools) > MOST_FACTORS:
        raise ValueError(f"{len(known.pools)} pools have too many corners; ask for norm 'one'")
    mean = known.moments()[0]
    loadings = []
    for _, rows, pool in known.pools:
        loading = np.zeros(len(known.keys))
        loading[rows] = pool.loading()
        loadings.append(deviations * loading)
    matrix = np.array(loadings)
    count = len(loadings)
    if norm == "one":
        corners = np.concatenate([np.eye(count), -np.eye(count)])
    else:
        corners = 1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
    return known.millionths(mean + corners @ matrix)


def worst_mean(outcomes: Sequence[Fraction], alpha: Fraction) -> Fraction:
    """Return the mean of the worst part of some outcomes, by sorting; a case may count in part.

    Parameters
    ----------
    outcomes : sequence of Fraction [value]
        Case by case, all equally likely.
    alpha : Fraction [1]
        The part.

    Examples
    --------
    >>> str(worst_mean([Fraction(4), Fraction(1), Fraction(2)], Fraction(1, 2)))
    '4/3'
    """
    left = size = alpha * len(outcomes)
    total = Fraction(0)
    for outcome in sorted(outcomes):
        share = min(Fraction(1), left)
        total += share * outcome
        left -= share
        if not left:
            break
    return total / size


def case_outcomes(
    document: AllocationDocument, allocation: Allocation, thetas: Int, metric: str | None = None
) -> tuple[Fraction, ...]:
    """Return what an allocation is worth in every case, exactly.

    Parameters
    ----------
    document : AllocationDocument
        Gains as written for the expected effects.
    allocation : Allocation
        Keeps every rule.
    thetas : int64 array [cases, rows of evidence] [millionths]
        Effects over expectation.
    metric : str or None
        One metric alone, in its own unit and without synergies; None for the weighted value of all.

    Raises
    ------
    AllocationRejected
        When it breaks a rule.
    """
    value = recheck(document, allocation)
    by_row, rest = _parts(document, allocation, metric)
    grains = document.grains_per_value
    together = Fraction(0) if metric is not None else value - Fraction(sum(by_row) + rest, grains)
    fixed = together + Fraction(rest, grains)
    held = [(at, part) for at, part in enumerate(by_row) if part]
    return tuple(
        fixed + Fraction(sum(part * case[at] for at, part in held), grains * MICRO)
        for case in thetas.tolist()
    )


def _parts(document: AllocationDocument, allocation: Allocation, metric: str | None) -> tuple[list[int], int]:
    """Return gain times money of every row of evidence, and of everything without one [grains]."""
    reading = Reading(document, allocation)
    table, evidence, metrics = document.response, document.evidence, document.metrics
    first = next(iter(metrics.texts("metric_id")), "")
    weights = dict(zip(metrics.texts("metric_id"), metrics.ints("weight").tolist(), strict=True))
    place = {
        (who, name or first): at
        for at, (who, name) in enumerate(
            zip(evidence.texts("intervention_id"), evidence.texts("metric_id"), strict=True)
        )
    }
    left = {cell: reading.working(cell) for cell in reading.funded}
    passed: dict[tuple[int, str], int] = {}
    by_row, rest = [0] * evidence.count, 0
    rows = zip(
        reading.cells(table),
        table.texts("intervention_id"),
        table.texts("metric_id"),
        table.ints("cap_minor").tolist(),
        table.ints("gain_micro_per_k").tolist(),
        strict=True,
    )
    for cell, who, named, cap, gain in rows:
        name = named or first
        before = passed.get((cell, name), 0)
        passed[cell, name] = before + cap
        worth = gain * max(0, min(cap, left.get(cell, 0) - before))
        if metric is not None and name != metric:
            continue
        worth *= weights.get(name, 1) if metric is None else 1
        at = place.get((who, name))
        if at is None:
            rest += worth
        else:
            by_row[at] += worth
    return by_row, rest


def lawful_weights(shares: Sequence[float], alpha: Fraction) -> tuple[int, ...]:
    """Return whole weights near given shares that the worst part of the cases may have.

    Each is at most ``GRAIN`` over alpha, and they sum to ``GRAIN`` times the number of cases, exactly: any
    such weights give a valid bound on the mean of the worst part.

    Parameters
    ----------
    shares : sequence of float [1]
        Wanted shares.
    alpha : Fraction [1]
        The worst part.

    Examples
    --------
    >>> lawful_weights([0.9, 0.1, 0.0], Fraction(2, 3))
    (1500000, 1500000, 0)
    """
    count = len(shares)
    most = int(GRAIN / alpha)
    weights = [min(most, max(0, round(share * count * GRAIN))) for share in shares]
    left = count * GRAIN - sum(weights)
    order = sorted(range(count), key=lambda at: (-shares[at], at))
    for at in order if left > 0 else reversed(order):
        step = min(left, most - weights[at]) if left > 0 else max(left, -weights[at])
        weights[at] += step
        left -= step
    return tuple(weights)
