"""Effects: from what was verified to the gains of a problem, and back into the evidence.

The problem: a response curve is written for an expected effect, and every final determination says something
about the real one. ``beliefs`` reads section ``evidence`` pool by pool, ``with_effects`` multiplies the gains
by effect over expectation in whole millionths, so that the result is an ordinary problem with an exact value,
and ``learned`` adds what was finally determined. Claims and forecasts never change a belief.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from ...errors import DocumentInvalid
from ...findings import finding
from ..columns import MICRO
from ..problem import AllocationDocument
from ..tables import NONE, Int
from ..variants import columns_of, variant
from .chance import Floats, levels
from .evidence import INFLATION, Family, PoolPosterior, PoolResults, believe

State = Literal["forecast", "claimed", "disputed", "final"]
MOST_THETA = 1000 * MICRO  # an effect is believed to be at most a thousand times what was expected


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReport:
    """Results of one intervention and metric, as one determination counts them.

    Attributes
    ----------
    determination_id : str
        Which determination.
    intervention_id, metric_id : str
        Of what; no metric is the only one.
    state : str
        Only ``final`` changes a belief.
    total, exposure, squares : int
        As in section ``evidence``: added to what stands there.
    is_met : bool
        Whether the condition of a waiting tranche is met.

    Examples
    --------
    >>> OutcomeReport(determination_id="d1", intervention_id="w7", state="claimed", total=4).is_final
    False
    """

    determination_id: str
    intervention_id: str
    metric_id: str = ""
    state: State = "final"
    total: int = 0
    exposure: int = 0
    squares: int = 0
    is_met: bool = True

    @property
    def is_final(self) -> bool:
        """Whether it counts."""
        return self.state == "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What is believed about the effect of an intervention on a metric.

    Attributes
    ----------
    intervention_id, metric_id : str
        Of what.
    expected, mean, sd, low, high : float [effect]
        What the response is written for; what is believed, with its 90 % interval.
    theta_micro : int [millionths]
        Mean over expected: what the gains are multiplied by.

    Examples
    --------
    >>> Effect(intervention_id="w7", metric_id="", expected=1.0, mean=1.2, sd=0.1, low=1.0, high=1.4,
    ...   theta_micro=1_200_000).theta_micro
    1200000
    """

    intervention_id: str
    metric_id: str
    expected: float
    mean: float
    sd: float
    low: float
    high: float
    theta_micro: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beliefs:
    """What the evidence of a document says, row by row of its section ``evidence``.

    Attributes
    ----------
    keys : tuple of (str, str)
        Intervention and metric of every row.
    expected : array [rows] [effect]
        Effects that the responses are written for.
    pools : tuple of (str, positions, PoolPosterior)
        Name of the pool, which rows it holds, and what is believed about them.
    """

    keys: tuple[tuple[str, str], ...]
    expected: Floats
    pools: tuple[tuple[str, Int, PoolPosterior], ...]

    def moments(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of every effect [effect]."""
        mean, sd = np.zeros(len(self.keys)), np.zeros(len(self.keys))
        for _, rows, pool in self.pools:
            mean[rows], sd[rows] = pool.moments()
        return mean, sd

    def learnable(self, exposure: Floats) -> Floats:
        """Return the standard deviation of every next mean, seen from today [effect].

        Parameters
        ----------
        exposure : array [rows]
            Trials, exposure or measurements that will be added.
        """
        found = np.zeros(len(self.keys))
        for _, rows, pool in self.pools:
            found[rows] = pool.learnable(exposure[rows])
        return found

    def bound(self, level: float) -> Floats:
        """Return the effects below which a share of the belief lies [effect].

        Parameters
        ----------
        level : float [1]
            Share in (0, 1).
        """
        found = np.zeros(len(self.keys))
        for _, rows, pool in self.pools:
            found[rows] = pool.bound(level)
        return found

    def thetas(self, deviations: float = 0.0) -> Int:
        """Return the multipliers of the gains at the mean, or some deviations beside it [millionths].

        Parameters
        ----------
        deviations : float [standard deviations]
            Negative for a cautious figure.
        """
        mean, sd = self.moments()
        return self.millionths(mean + deviations * sd)

    def draws(self, seed: int, count: int) -> Int:
        """Draw scenarios: multipliers of the gains [scenarios, rows] [millionths].

        A draw depends on the seed, its number, and the names of pool, intervention and metric; nothing else.

        Parameters
        ----------
        seed : int [seed]
            Zero or more.
        count : int [scenarios]
            How many; more begin with the same ones.
        """
        found = np.zeros((count, len(self.keys)))
        for name, rows, pool in self.pools:
            chances = [levels(seed, "pool", name, size=count)]
            chances += [levels(seed, "effect", *self.keys[row], size=count) for row in rows.tolist()]
            found[:, rows] = pool.points(np.stack(chances, axis=1))
        return self.millionths(found)

    def effects(self, level: float = 0.9) -> tuple[Effect, ...]:
        """Return every effect with its interval.

        Parameters
        ----------
        level : float [1]
            How likely the effect lies in the interval.
        """
        mean, sd = self.moments()
        low, high = self.bound((1 - level) / 2), self.bound((1 + level) / 2)
        thetas = self.thetas()
        return tuple(
            Effect(
                intervention_id=who,
                metric_id=metric,
                expected=float(self.expected[at]),
                mean=float(mean[at]),
                sd=float(sd[at]),
                low=float(low[at]),
                high=float(high[at]),
                theta_micro=int(thetas[at]),
            )
            for at, (who, metric) in enumerate(self.keys)
        )

    def millionths(self, effect: Floats) -> Int:
        """Return effects over what was expected, in whole millionths.

        Parameters
        ----------
        effect : array [..., rows] [effect]
            Effects.
        """
        ratio = np.rint(effect / self.expected * MICRO)
        return cast("Int", np.clip(ratio, 0, MOST_THETA).astype(np.int64))


def beliefs(document: AllocationDocument) -> Beliefs:
    """Read the evidence of a document.

    Parameters
    ----------
    document : AllocationDocument
        With a section ``evidence``; without one there are no rows, and every gain counts as written.

    Raises
    ------
    DocumentInvalid
        When results cannot be: more successes than trials, negative events.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}, {"intervention_id": "w8"}],
    ...   "evidence": [{"intervention_id": "w7", "family": "beta_binomial", "expected_micro": 500000,
    ...                 "total": 80, "exposure": 100},
    ...                {"intervention_id": "w8", "family": "beta_binomial", "expected_micro": 500000}]}''')
    >>> found = beliefs(problem).effects()
    >>> [effect.intervention_id for effect in found], found[0].low < 0.8 < found[0].high
    (['w7', 'w8'], True)
    >>> 1_000_000 < found[1].theta_micro < found[0].theta_micro
    True
    """
    table = document.evidence
    _refuse_impossible(document)
    keys = tuple(zip(table.texts("intervention_id"), table.texts("metric_id"), strict=True))
    expected = table.ints("expected_micro") / MICRO
    inflation = np.array([INFLATION[grade] for grade in table.texts("grade")])
    groups: dict[tuple[str, str, str], list[int]] = {}
    named = zip(table.texts("pool"), table.texts("metric_id"), table.texts("family"), strict=True)
    for row, group in enumerate(named):
        groups.setdefault(group, []).append(row)
    pools: list[tuple[str, Int, PoolPosterior]] = []
    for (pool, metric, family), rows in sorted(groups.items()):
        at = np.array(rows, np.int64)
        results = PoolResults(
            family=cast("Family", family),
            expected=expected[at],
            total=table.ints("total")[at].astype(float),
            exposure=table.ints("exposure")[at].astype(float),
            squares=table.ints("squares")[at].astype(float),
            inflation=inflation[at],
        )
        pools.append((f"{pool}/{metric}/{family}", at, believe(results)))
    return Beliefs(keys=keys, expected=expected, pools=tuple(pools))


def with_effects(
    document: AllocationDocument, thetas: Int, *, is_rounded_up: bool = False
) -> AllocationDocument:
    """Return the problem with every gain multiplied by effect over expectation.

    Parameters
    ----------
    document : AllocationDocument
        Gains as written for the expected effects.
    thetas : int64 array [rows of evidence] [millionths]
        Multipliers; interventions without evidence keep their gains.
    is_rounded_up : bool
        Whether gains are rounded up to the next millionth, for a bound; otherwise to the nearest.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}], "interventions": [{"intervention_id": "w7"}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000001}],
    ...   "evidence": [{"intervention_id": "w7", "family": "gamma_poisson", "expected_micro": 500000}]}''')
    >>> with_effects(problem, np.array([1_500_000])).arrays.gain.tolist()
    [[3000002]]
    """
    return variant(
        document,
        {
            "response": columns_of(
                document,
                "response",
                gain_micro_per_k=_times(
                    document.response.ints("gain_micro_per_k"),
                    response_thetas(document, thetas),
                    MICRO - 1 if is_rounded_up else MICRO // 2,
                ),
            )
        },
    )


def response_thetas(document: AllocationDocument, thetas: Int) -> Int:
    """Return the multiplier of every row of section ``response`` [millionths].

    Parameters
    ----------
    document : AllocationDocument
        With the sections ``response`` and ``evidence``.
    thetas : int64 array [rows of evidence] [millionths]
        Multipliers.
    """
    evidence, response = document.evidence, document.response
    first = next(iter(document.metrics.texts("metric_id")), "")
    of = {
        (who, metric or first): int(theta)
        for who, metric, theta in zip(
            evidence.texts("intervention_id"), evidence.texts("metric_id"), thetas.tolist(), strict=True
        )
    }
    return np.array(
        [
            of.get((who, metric or first), MICRO)
            for who, metric in zip(
                response.texts("intervention_id"), response.texts("metric_id"), strict=True
            )
        ],
        np.int64,
    )


def learned(document: AllocationDocument, observations: Sequence[OutcomeReport]) -> AllocationDocument:
    """Return the problem with what was finally determined added to its evidence.

    Parameters
    ----------
    document : AllocationDocument
        Evidence so far.
    observations : sequence of OutcomeReport
        New results; those that are not final change nothing.

    Raises
    ------
    DocumentInvalid
        When a determination counts twice, or for what has no row in section ``evidence``.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}], "interventions": [{"intervention_id": "w7"}],
    ...   "evidence": [{"intervention_id": "w7", "family": "gamma_poisson", "expected_micro": 500000}]}''')
    >>> new = OutcomeReport(determination_id="d1", intervention_id="w7", total=4, exposure=9)
    >>> learned(problem, [new]).evidence.ints("total").tolist()
    [4]
    """
    table = document.evidence
    row = {
        key: at
        for at, key in enumerate(zip(table.texts("intervention_id"), table.texts("metric_id"), strict=True))
    }
    sums = {name: table.ints(name).copy() for name in ("total", "exposure", "squares")}
    seen: set[tuple[str, str, str]] = set()
    for at, one in enumerate(each for each in observations if each.is_final):
        key = (one.intervention_id, one.metric_id)
        if key not in row:
            raise _refused(at, f"{'/'.join(key)} has no row in section evidence: add one, or leave it out")
        if (one.determination_id, *key) in seen:
            raise _refused(at, f"determination {one.determination_id} of {'/'.join(key)} stands there twice")
        seen.add((one.determination_id, *key))
        for name, values in sums.items():
            values[row[key]] += getattr(one, name)
    return variant(document, {"evidence": columns_of(document, "evidence", **sums)})


def _refused(at: int, message: str) -> DocumentInvalid:
    return DocumentInvalid(
        f"These results cannot be learned from: {message}.",
        findings=[finding(f"/observations/{at}", message)],
    )


def _refuse_impossible(document: AllocationDocument) -> None:
    table = document.evidence
    total, exposure = table.ints("total"), table.ints("exposure")
    family = np.array(table.texts("family"), object)
    counts, trials = family != "normal_gamma", family == "beta_binomial"
    faults = {
        "total is negative": counts & (total < 0),
        "there are more successes than trials": trials & (total > exposure),
        "a rate of 1 or more is expected of a share": trials & (table.ints("expected_micro") >= MICRO),
        "there are results without exposure": (total != 0) & (exposure == 0),
    }
    found = [
        finding(f"/evidence/{at}", f"{table.texts('intervention_id')[at]}: {message}")
        for message, broken in faults.items()
        for at in np.flatnonzero(broken).tolist()
    ]
    if found:
        raise AllocationDocument.refusal(found)


def _times(gains: Int, thetas: Int, add: int) -> Int:
    """Multiply and round, without overflow."""
    wide = [
        (gain * theta + add) // MICRO for gain, theta in zip(gains.tolist(), thetas.tolist(), strict=True)
    ]
    return np.array([NONE if gain < 0 else gain for gain in wide], np.int64)
