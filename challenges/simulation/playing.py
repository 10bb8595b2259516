"""One simulated round: entries of known quality go through the phases of a brief.

The problem: whether a design finds the best entry cannot be seen in a real round, where nobody knows which
one is best. Here quality is drawn first; judges with habits of their own then read on the brief's scale, and
ranking, ties and advancing are those of a real round.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from ..awarding import Order, TieBreak, first_names
from ..brief import Brief
from ..calibration import Variances, calibrate
from ..phases import Phase
from ..ranking import rank
from ..rubric import Rubric
from .assumptions import Assumptions

MICRO = 10**6


@dataclass(slots=True, kw_only=True)
class Played:
    """What one simulated round came to.

    Attributes
    ----------
    quality : dict of str to float [spread of quality]
        What nobody sees in a real round.
    entered : dict of str to tuple of str
        Phase -> who was in it.
    orders : dict of str to Order
        Judged phase -> its result.
    progress : dict of str to float [part of the way]
        Measured, of everybody in a phase of delivery.
    judges : dict of str to int [judges]
        Panel phase -> how many read.

    Examples
    --------
    >>> Played(quality={"a1": 0.5}).orders
    {}
    """

    quality: dict[str, float]
    entered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    progress: dict[str, float] = field(default_factory=dict)
    judges: dict[str, int] = field(default_factory=dict)

    @property
    def by_quality(self) -> tuple[str, ...]:
        """All ids, the truly best first."""
        return tuple(sorted(self.quality, key=lambda name: (-self.quality[name], name)))


def judges_for(phase: Phase, brief: Brief, entries: int, assumed: Assumptions) -> int:
    """Return how many judges read in a phase.

    Parameters
    ----------
    phase : Phase
        Judged by a panel or by applicants.
    brief : Brief
        Its judge policy gives the loads.
    entries : int [applications]
        In the phase.
    assumed : Assumptions
        With or without a number of judges.

    Examples
    --------
    >>> phase = Phase.read('{"id": "panel", "kind": "review", "judging": "panel",'
    ...     ' "reads_per_application": 5, "opens_at": "2027-01-01T00:00Z", "closes_at": "2027-03-01T00:00Z"}')
    >>> from almoner.challenges import JudgePolicy
    >>> brief = Brief.model_construct(judge_policy=JudgePolicy(load=(8, 10)))
    >>> judges_for(phase, brief, 500, Assumptions(applications=500))
    250
    """
    reads = phase.reads_per_application or 1
    if phase.judging == "applicants":
        return entries
    if assumed.judges is not None:
        return assumed.judges
    load = brief.judge_policy.load[1] if brief.judge_policy is not None else 10
    return max(reads, -(-entries * reads // max(1, load)))


def play(brief: Brief, assumed: Assumptions, rng: np.random.Generator) -> Played:
    """Play one round.

    Parameters
    ----------
    brief : Brief
        The design.
    assumed : Assumptions
        What is taken for granted.
    rng : numpy.random.Generator
        Where chance comes from.

    Examples
    --------
    >>> from almoner.challenges.simulation.report import EXAMPLE
    >>> played = play(Brief.read(EXAMPLE), Assumptions(applications=20), np.random.default_rng(1))
    >>> len(played.entered["panel"]), len(played.orders["panel"].names)
    (20, 20)
    """
    count = max(1, assumed.applications * assumed.eligible_bp // 10_000)
    width = len(str(count))
    drawn = rng.normal(0.0, float(assumed.quality_sd), count)
    played = Played(quality={f"a{n + 1:0{width}d}": float(value) for n, value in enumerate(drawn)})
    inside = tuple(played.quality)
    for phase in brief.phases:
        played.entered[phase.id] = inside
        if phase.judging in {"panel", "applicants"}:
            played.orders[phase.id] = _judged(phase, brief, played, inside, assumed, rng)
        elif phase.judging in {"metric", "ballot"}:
            noise = rng.normal(0.0, float(assumed.progress_noise), len(inside))
            ahead = {name: _progress(played.quality[name], assumed) for name in inside}
            measured = {name: max(0.0, ahead[name] + float(e)) for name, e in zip(inside, noise, strict=True)}
            played.progress |= measured
            played.orders[phase.id] = _measured_order(measured)
        inside = _advanced(brief, phase, played, inside, rng)
    return played


def _progress(quality: float, assumed: Assumptions) -> float:
    return float(assumed.progress_mean) + float(assumed.progress_sd) * quality


def _judged(
    phase: Phase,
    brief: Brief,
    played: Played,
    inside: Sequence[str],
    assumed: Assumptions,
    rng: np.random.Generator,
) -> Order:
    rubric = brief.rubric_of(phase.id)
    judges = judges_for(phase, brief, len(inside), assumed)
    played.judges[phase.id] = judges
    pairs = _pairs(phase, len(inside), judges, rng)
    severity = rng.normal(0.0, float(assumed.judge_sd), judges)
    noise = rng.normal(0.0, float(assumed.noise_sd), len(pairs))
    felt = np.array([played.quality[inside[i]] for i, _ in pairs]) + severity[[j for _, j in pairs]] + noise
    points = _marks(felt, rubric, assumed)
    reads = [(inside[i], f"j{j}", float(mark)) for (i, j), mark in zip(pairs, points, strict=True)]
    policy = brief.judge_policy
    corrected = policy is None or policy.calibrate
    found = calibrate(
        reads,
        direction=rubric.scale.direction,
        variances=_variances(rubric, assumed) if corrected else None,
    )
    if not corrected:
        return _raw(reads, rubric)
    ranking = rank(found, line=max(1, len(inside) // 10), draws=0)
    worth = {name: _worth(found.level(name), rubric) for name in found.applications}
    groups: dict[int, list[str]] = {}
    for row in ranking.places:
        groups.setdefault(row.place, []).append(row.application_id)
    return Order(groups=tuple(tuple(names) for _, names in sorted(groups.items())), said={}, worth=worth)


def _pairs(phase: Phase, entries: int, judges: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Give every entry its readers: in random order, each takes the judges with the least to do."""
    reads, own = phase.reads_per_application or 1, phase.judging == "applicants"
    load = np.zeros(judges)
    pairs = []
    for entry in rng.permutation(entries).tolist():
        busy = load + rng.uniform(0.0, 0.5, judges)
        if own:
            busy[entry] = np.inf
        chosen = np.argsort(busy, kind="stable")[: min(reads, judges - own)]
        load[chosen] += 1
        pairs += [(entry, int(judge)) for judge in chosen]
    return pairs


def _sd_points(rubric: Rubric, assumed: Assumptions) -> float:
    """Return how many points one unit of quality is."""
    width = float(Fraction(rubric.scale.hi) - Fraction(rubric.scale.lo))
    return width * assumed.steepness_bp / 10_000 / 4


def _marks(felt: np.ndarray, rubric: Rubric, assumed: Assumptions) -> np.ndarray:
    """Put what judges feel on the grid of the scale."""
    lo, hi, step = (float(Fraction(text)) for text in (rubric.scale.lo, rubric.scale.hi, rubric.scale.step))
    sign = 1.0 if rubric.scale.direction == "higher" else -1.0
    points = (lo + hi) / 2 + sign * _sd_points(rubric, assumed) * felt
    return np.clip(np.round(points / step) * step, lo, hi)


def _variances(rubric: Rubric, assumed: Assumptions) -> Variances:
    unit = _sd_points(rubric, assumed) ** 2
    return Variances(
        application=max(1e-9, unit * float(assumed.quality_sd) ** 2),
        judge=unit * float(assumed.judge_sd) ** 2,
        residual=max(1e-9, unit * float(assumed.noise_sd) ** 2),
    )


def _worth(points: float, rubric: Rubric) -> Fraction:
    value = Fraction(round(points * MICRO), MICRO)
    return max(Fraction(0), rubric.scale.merit(value))


def _raw(reads: Sequence[tuple[str, str, float]], rubric: Rubric) -> Order:
    sums: dict[str, list[float]] = {}
    for name, _, mark in reads:
        sums.setdefault(name, []).append(mark)
    means = {name: Fraction(round(sum(marks) * MICRO), MICRO * len(marks)) for name, marks in sums.items()}
    return _grouped({name: rubric.scale.merit(mean) for name, mean in means.items()})


def _measured_order(measured: Mapping[str, float]) -> Order:
    return _grouped({name: Fraction(round(value * MICRO), MICRO) for name, value in measured.items()})


def _grouped(worth: Mapping[str, Fraction]) -> Order:
    groups: dict[Fraction, list[str]] = {}
    for name in sorted(worth):
        groups.setdefault(worth[name], []).append(name)
    best_first = sorted(groups, reverse=True)
    return Order(groups=tuple(tuple(groups[value]) for value in best_first), said={}, worth=dict(worth))


def _advanced(
    brief: Brief, phase: Phase, played: Played, inside: tuple[str, ...], rng: np.random.Generator
) -> tuple[str, ...]:
    """Return who goes on; ties at the line are drawn, whatever the brief does with them."""
    rule = phase.advances
    if rule is None or rule.rule == "all_eligible" or phase.id not in played.orders:
        return inside
    order = played.orders[phase.id]
    if rule.rule == "top":
        seed = TieBreak(seed=str(int(rng.integers(2**31))))
        return tuple(sorted(first_names(order, min(rule.n or 1, len(order.names)), "lottery", seed)))
    line = brief.rubric_of(phase.id).scale.merit(Fraction(rule.line or "0"))
    return tuple(name for name in inside if order.worth[name] >= line)
