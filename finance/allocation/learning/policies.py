"""Policies: choosing so that the next choice knows more.

The problem: money that only follows today's best guess never finds out where the guess is wrong. Three ways
to look further, all on beliefs of section ``evidence``:

- ``acceptability``: the problem is answered for many draws of the effects; the share of draws in which an
  award is made says how far the evidence decides it (Thompson sampling is to follow one such draw; Thompson,
  Biometrika 25, 1933, 285-294).
- ``explore``: one draw is followed, but only a capped share of the money may leave the best guess for it.
- ``knowledge_gains``: what one more round of results about each intervention is worth at today's prices, by
  the knowledge gradient (Frazier, Powell and Dayanik, SIAM Journal on Control and Optimization 47, 2008,
  2410-2439); ``with_information`` adds it to the objective, once for every round in which it can be used
  (Ryzhov, Powell and Frazier, Operations Research 60, 2012, 180-195).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..answer import Allocation
from ..arrays import ProblemArrays
from ..columns import MICRO
from ..executor import Executor, gathered
from ..problem import AllocationDocument, rule_id
from ..result import AllocationResult
from ..solve import allocate
from ..variants import problem_of, variant
from .chance import Floats
from .effects import beliefs, with_effects

GAP = Fraction(1, 1000)
POINTS = 16
DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptability:
    """How often an intervention is funded when effects are drawn from what is believed.

    Attributes
    ----------
    intervention_id : str
        Which one.
    period : int
        Index of the period.
    funded, draws : int [draws]
        In how many of how many.
    mean_minor : int [minor units]
        Its award, averaged over all draws, rounded down.

    Examples
    --------
    >>> Acceptability(intervention_id="w7", period=0, funded=3, draws=4, mean_minor=90).share
    Fraction(3, 4)
    """

    intervention_id: str
    period: int
    funded: int
    draws: int
    mean_minor: int

    @property
    def share(self) -> Fraction:
        """The share of draws that fund it [1]."""
        return Fraction(self.funded, self.draws)


def at_means(document: AllocationDocument) -> AllocationDocument:
    """Return the problem with every gain at its believed mean.

    Parameters
    ----------
    document : AllocationDocument
        With section ``evidence``.
    """
    return with_effects(document, beliefs(document).thetas())


def acceptability(
    document: AllocationDocument,
    *,
    draws: int = 32,
    seed: int = 1,
    gap: Fraction = GAP,
    deadline_s: float = DEADLINE_S,
    executor: Executor | None = None,
) -> tuple[Acceptability, ...]:
    """Answer the problem for many draws of the effects, and count who is funded.

    Parameters
    ----------
    document : AllocationDocument
        With section ``evidence``.
    draws : int [draws]
        How many.
    seed : int [seed]
        Of the draws; draw by draw the same for more draws.
    gap : Fraction [1]
        Of every answer.
    deadline_s : float [s]
        For every answer.
    executor : Executor or None
        Where they are made; the shares do not depend on it.

    Returns
    -------
    tuple of Acceptability
        Everything that was funded at least once.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 900000}],
    ...   "interventions": [{"intervention_id": "w7"}, {"intervention_id": "w8"}],
    ...   "tickets": [{"intervention_id": "w7", "min_minor": 900000, "max_minor": 900000},
    ...               {"intervention_id": "w8", "min_minor": 900000, "max_minor": 900000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 900000, "gain_micro_per_k": 2000000},
    ...                {"intervention_id": "w8", "cap_minor": 900000, "gain_micro_per_k": 2000000}],
    ...   "evidence": [{"intervention_id": "w7", "family": "gamma_poisson", "expected_micro": 500000,
    ...                 "total": 800, "exposure": 1000},
    ...                {"intervention_id": "w8", "family": "gamma_poisson", "expected_micro": 500000,
    ...                 "total": 400, "exposure": 1000}]}''')
    >>> [(row.intervention_id, str(row.share)) for row in acceptability(problem, draws=4)]
    [('w7', '1')]
    """
    thetas = beliefs(document).draws(seed, draws)
    pieces = [(tuple(row), gap, deadline_s) for row in thetas.tolist()]
    answers = [
        Allocation.read(raw) for raw in gathered(_answer, document.canonical_bytes(), pieces, executor)
    ]
    funded: dict[tuple[str, int], int] = {}
    money: dict[tuple[str, int], int] = {}
    for answer in answers:
        for cell in answer.chosen:
            funded[cell] = funded.get(cell, 0) + 1
        for cell, minor in answer.awards().items():
            money[cell] = money.get(cell, 0) + minor
    return tuple(
        Acceptability(
            intervention_id=who,
            period=at,
            funded=count,
            draws=draws,
            mean_minor=money.get((who, at), 0) // draws,
        )
        for (who, at), count in sorted(funded.items())
    )


def explore(
    document: AllocationDocument,
    *,
    share_bp: int,
    seed: int,
    gap: Fraction = GAP,
    deadline_s: float = DEADLINE_S,
) -> AllocationResult:
    """Follow one draw of the effects with a capped share of the money.

    The best guess is answered first; then the draw, with at most ``share_bp`` of the guess's money taken from
    where it stood. Value and bound of the result are those of the drawn problem.

    Parameters
    ----------
    document : AllocationDocument
        With section ``evidence``.
    share_bp : int [basis points]
        Most of the money that may move.
    seed : int [seed]
        Of the draw.
    gap : Fraction [1]
        Of both answers.
    deadline_s : float [s]
        For each of them.
    """
    known = beliefs(document)
    guess = allocate(with_effects(document, known.thetas()), gap=gap, deadline_s=deadline_s).allocation
    awards = sorted(guess.awards().items())
    previous = [{"intervention_id": who, "period": at, "amount_minor": minor} for (who, at), minor in awards]
    objective = document.objective.model_copy(update={"churn_bp": share_bp})
    drawn = with_effects(document, known.draws(seed, 1)[0])
    return allocate(
        variant(drawn, {"previous": previous}, objective=objective), gap=gap, deadline_s=deadline_s
    )


def knowledge_gains(
    document: AllocationDocument, prices: Mapping[str, Fraction], exposure: Mapping[str, int]
) -> dict[str, int]:
    """Return what one more round of results about each intervention is worth, at today's prices.

    The mean after the round is predicted by a normal distribution and integrated over 16 points (Gauss and
    Hermite). A gain is what the choice improves on average by knowing that mean: it is zero for whoever is
    funded or left out whatever the results.

    Parameters
    ----------
    document : AllocationDocument
        With section ``evidence``.
    prices : Mapping
        Rule -> value per 1,000 major units, of an answer at the believed means.
    exposure : Mapping [trials, exposure or measurements]
        Intervention -> what a round would add.

    Returns
    -------
    dict of str to int [micro value]
        Intervention -> gain of one later choice.
    """
    known = beliefs(document)
    arrays = document.arrays
    added = np.array([exposure.get(who, 0) for who, _ in known.keys], np.float64)
    mean = known.moments()[0]
    step = np.where(added > 0, known.learnable(added), 0.0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(POINTS)
    weights = weights / weights.sum()
    cost = _fund_prices(arrays, prices)
    now = _surplus(document, arrays, np.maximum(mean / known.expected, 0), cost)
    after = np.zeros(arrays.n)
    for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
        theta = np.maximum((mean + step * node) / known.expected, 0)
        after += weight * _surplus(document, arrays, theta, cost)
    gains = np.maximum(np.rint(after - now), 0).astype(np.int64)
    asked = {who for who, _ in known.keys if exposure.get(who, 0)}
    return {
        who: gain
        for who, gain in zip(arrays.intervention_ids, gains.tolist(), strict=True)
        if who in asked and gain
    }


def exact_knowledge_gain(
    document: AllocationDocument,
    who: Sequence[str],
    exposure: Mapping[str, int],
    *,
    gap: Fraction = GAP,
    deadline_s: float = DEADLINE_S,
    executor: Executor | None = None,
) -> dict[str, Fraction]:
    """Return what results about some interventions are worth, with the whole problem answered at every point.

    Dear: 16 answers for each of them. Screen by ``knowledge_gains`` first and ask for the best fifty.

    Parameters
    ----------
    document : AllocationDocument
        With section ``evidence``.
    who : sequence of str
        Interventions.
    exposure : Mapping [trials, exposure or measurements]
        Intervention -> what a round would add.
    gap : Fraction [1]
        Of every answer.
    deadline_s : float [s]
        For every answer.
    executor : Executor or None
        Where they are made.

    Returns
    -------
    dict of str to Fraction [value]
        Intervention -> mean of the best value after the results, less the value now.
    """
    known = beliefs(document)
    added = np.array([exposure.get(one, 0) for one, _ in known.keys], np.float64)
    mean, step = known.moments()[0], np.where(added > 0, known.learnable(added), 0.0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(POINTS)
    shares = [Fraction(round(weight * MICRO), MICRO) for weight in (weights / weights.sum()).tolist()]
    pieces = []
    for one in who:
        own = np.array([key == one for key, _ in known.keys])
        for node in nodes.tolist():
            theta = np.maximum((mean + np.where(own, step * node, 0)) / known.expected * MICRO, 0)
            pieces.append((tuple(np.rint(theta).astype(np.int64).tolist()), gap, deadline_s))
    raw = document.canonical_bytes()
    pieces.append((tuple(known.thetas().tolist()), gap, deadline_s))
    values = gathered(_value, raw, pieces, executor)
    now = values.pop()
    return {
        one: sum(
            (
                share * value
                for share, value in zip(shares, values[at * POINTS : (at + 1) * POINTS], strict=True)
            ),
            Fraction(0),
        )
        / sum(shares)
        - now
        for at, one in enumerate(who)
    }


def with_information(
    document: AllocationDocument, gains: Mapping[str, int], rounds: int
) -> AllocationDocument:
    """Return the problem with the worth of knowing added to whoever is funded.

    Parameters
    ----------
    document : AllocationDocument
        Gains at the believed means.
    gains : Mapping [micro value]
        Of ``knowledge_gains``.
    rounds : int [rounds]
        Later choices that can use what is learned.
    """
    kept = document.synergies.rows()
    added = [
        {"kind": "bonus", "members": [who], "value_micro": gain * rounds}
        for who, gain in sorted(gains.items())
        if gain * rounds > 0
    ]
    return variant(document, {"synergies": [*kept, *added]})


def _posed(raw: bytes, thetas: tuple[int, ...]) -> AllocationDocument:
    return with_effects(problem_of(raw), np.array(thetas, np.int64))


def _answer(raw: bytes, piece: tuple[tuple[int, ...], Fraction, float]) -> bytes:
    thetas, gap, deadline_s = piece
    return allocate(_posed(raw, thetas), gap=gap, deadline_s=deadline_s).allocation.canonical_bytes()


def _value(raw: bytes, piece: tuple[tuple[int, ...], Fraction, float]) -> Fraction:
    thetas, gap, deadline_s = piece
    return allocate(_posed(raw, thetas), gap=gap, deadline_s=deadline_s).value


def _fund_prices(arrays: ProblemArrays, prices: Mapping[str, Fraction]) -> Floats:
    """Return the cheapest admitted price of money in every cell [micro value per minor unit]."""
    price = np.array(
        [
            [float(prices.get(rule_id("budget", fund, at), 0)) for at in range(arrays.period_count)]
            for fund in arrays.fund_ids
        ]
    )
    admitted = np.where(arrays.eligible[:, :, None], price[None], np.inf)
    return np.asarray(admitted.min(axis=1).ravel() * MICRO / arrays.minor_per_block)


def _surplus(document: AllocationDocument, arrays: ProblemArrays, theta: Floats, cost: Floats) -> Floats:
    """Return what every intervention brings beyond the price of its money at its best [micro value]."""
    scale = _cell_effects(document, arrays, theta)
    gain = (scale * arrays.metric_weight[:, None, None] * arrays.metric_gain).sum(
        axis=0
    ) / arrays.minor_per_block
    before = np.cumsum(arrays.cap, axis=1) - arrays.cap
    fixed = np.repeat(arrays.fixed, arrays.period_count)
    stops = np.concatenate([arrays.low[:, None], np.cumsum(arrays.cap, axis=1)], axis=1)
    stops = np.clip(stops, arrays.low[:, None], arrays.high[:, None])
    filled = np.clip(stops[:, :, None] - before[:, None, :], 0, arrays.cap[:, None, :])
    worth = (filled * gain[:, None, :]).sum(axis=2) - cost[:, None] * (stops + fixed[:, None])
    best = np.where(arrays.open & np.isfinite(cost), np.maximum(worth.max(axis=1), 0), 0)
    return np.asarray(best.reshape(-1, arrays.period_count).sum(axis=1))


def _cell_effects(document: AllocationDocument, arrays: ProblemArrays, theta: Floats) -> Floats:
    """Return the multiplier of every metric and cell [metrics, cells, 1] [1]."""
    found = np.ones((len(arrays.metric_ids), arrays.n))
    at = {who: place for place, who in enumerate(arrays.intervention_ids)}
    metric = {name: place for place, name in enumerate(arrays.metric_ids)}
    keys = zip(document.evidence.texts("metric_id"), document.evidence.texts("intervention_id"), strict=True)
    for (name, who), one in zip(keys, theta.tolist(), strict=True):
        found[metric.get(name, 0), at[who]] = one
    return np.repeat(found, arrays.period_count, axis=1)[:, :, None]
