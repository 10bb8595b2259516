"""Simulated rounds of judging whose truth is known, in ten settings, and the ways to make an order of them.

Every round has 200 applications with 5 reads each. A judge has a severity (sd ``bias``), a gain (log sd 0.25)
and noise; a score is ``2.5 + 0.8 (gain x merit + severity + noise)``, rounded to 0.1 and cut to 0..5. In
setting A any judge reads anything; in the others applications and judges belong to five panels, and a judge
of another panel is admitted to an application with the chance ``cross``. These figures are assumptions, not
measurements.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from almoner.challenges.calibration import calibrate
from almoner.challenges.ranking import rank

Array = np.ndarray[Any, np.dtype[np.float64]]
Index = np.ndarray[Any, np.dtype[np.int64]]
APPLICATIONS, READS, PANELS = 200, 5, 5
GAIN, TOP, NINETY = 0.25, 10, 1.6448536


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a simulated round assumes; spreads are standard deviations in units of merit."""

    judges: int = 104
    merit: float = 0.8
    panel: float = 0.6
    bias: float = 0.7
    noise: float = 0.7
    shared: float = 0.0
    cross: float = 0.1
    anchors: int = 0
    anchor_reads: int = 10
    panelled: bool = True


SETTINGS = {
    "A": Setting(merit=1.0, panel=0.0, panelled=False),
    "B": Setting(),
    "C": Setting(judges=200),
    "B_small_bias": Setting(bias=0.35, noise=1.0),
    "B_large_bias": Setting(bias=1.1),
    "B_no_panel_gap": Setting(merit=1.0, panel=0.0),
    "islands": Setting(cross=0.0),
    "islands_anchors": Setting(cross=0.0, anchors=10),
    "islands_shared": Setting(cross=0.0, shared=0.4),
    "islands_shared_anchors": Setting(cross=0.0, shared=0.4, anchors=10),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Reads of one simulated round, and what nobody knows in a real one."""

    merit: Array
    application: Index
    judge: Index
    score: Array
    panel: Index | None
    judges: int


def play(setting: Setting, chance: np.random.Generator) -> Round:
    """Draw one round."""
    panel = np.arange(APPLICATIONS) % PANELS
    seat = np.arange(setting.judges) % PANELS
    merit = chance.normal(scale=setting.merit, size=APPLICATIONS)
    merit += chance.normal(scale=setting.panel, size=PANELS)[panel]
    severity = chance.normal(scale=setting.bias, size=setting.judges)
    severity += chance.normal(scale=setting.shared, size=PANELS)[seat]
    gain = np.exp(chance.normal(scale=GAIN, size=setting.judges))
    pairs = _seated(setting, panel, seat, chance)
    application, judge = np.array(pairs, dtype=np.int64).T
    noise = chance.normal(scale=setting.noise, size=len(pairs))
    score = 2.5 + 0.8 * (gain[judge] * merit[application] + severity[judge] + noise)
    return Round(
        merit=merit,
        application=application,
        judge=judge,
        score=np.clip(np.round(score, 1), 0.0, 5.0),
        panel=panel if setting.panelled else None,
        judges=setting.judges,
    )


def _seated(
    setting: Setting, panel: Index, seat: Index, chance: np.random.Generator
) -> list[tuple[int, int]]:
    """Give each application, in random order, the admitted judges with the least load."""
    load = np.zeros(setting.judges)
    pairs = []
    for application in chance.permutation(APPLICATIONS):
        home = seat == panel[application] if setting.panelled else np.ones(setting.judges, dtype=bool)
        admitted = home | (chance.random(setting.judges) < setting.cross)
        if setting.judges == APPLICATIONS:
            admitted[application] = False  # applicants as judges: nobody reads himself
        wish = np.where(admitted, load + chance.uniform(0, 0.5, setting.judges), np.inf)
        for judge in np.argsort(wish)[:READS]:
            load[judge] += 1
            pairs.append((int(application), int(judge)))
    for application in _spread(setting.anchors, panel, chance):
        known = {judge for one, judge in pairs if one == application}
        away = [j for j in np.flatnonzero(seat != panel[application]) if j not in known]
        pairs += [(application, int(j)) for j in chance.choice(away, setting.anchor_reads, replace=False)]
    return pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a method makes of a round: the greater the value, the better; the rest only where it says so."""

    value: Array
    covered: float | None = None  # share of true merits, against their mean, inside their 90 % intervals
    sure: tuple[int, ...] = ()
    band: tuple[int, ...] = ()


def _spread(count: int, panel: Index, chance: np.random.Generator) -> list[int]:
    """Draw anchors, as many from every panel."""
    mixed = chance.permutation(APPLICATIONS)
    in_turn = [mixed[panel[mixed] == number] for number in range(PANELS)]
    return [int(in_turn[number % PANELS][number // PANELS]) for number in range(count)]


def raw_mean(played: Round) -> Order:
    """Order by plain means."""
    return _mean(played, played.score)


def judge_z(played: Round) -> Order:
    """Order by means of each judge's standard scores."""
    mean, spread = _judges(played)
    return _mean(played, (played.score - mean[played.judge]) / spread[played.judge])


def two_step(played: Round) -> Order:
    """Order by a published formula, taken literally: it shows why formulas are tested and not believed.

    A score is divided by the ratio of its judge's spread to that of all, and then shifted by how far the
    judge's original mean lies from that of all. The division has moved that mean already: the shift is wrong.
    """
    mean, spread = _judges(played)
    ratio = spread / played.score.std(ddof=1)
    shifted = played.score / ratio[played.judge] - mean[played.judge] + played.score.mean()
    return _mean(played, shifted)


def two_way(played: Round) -> Order:
    """Order by expected ranks without panels."""
    return _calibrated(played, panels=False)


def ours(played: Round) -> Order:
    """Order by expected ranks with a panel term, where there are panels."""
    return _calibrated(played, panels=played.panel is not None)


METHODS: dict[str, Callable[[Round], Order]] = {
    "raw": raw_mean,
    "z_score": judge_z,
    "two_step": two_step,
    "two_way": two_way,
    "ours": ours,
}


def _calibrated(played: Round, *, panels: bool) -> Order:
    pairs = zip(played.application.tolist(), played.judge.tolist(), played.score.tolist(), strict=True)
    own = played.panel
    named = None if own is None or not panels else {f"a{i:03}": f"p{own[i]}" for i in range(APPLICATIONS)}
    found = calibrate([(f"a{i:03}", f"j{j:03}", y) for i, j, y in pairs], direction="higher", panels=named)
    ranking = rank(found, line=TOP, draws=0)
    expected = np.empty(APPLICATIONS)
    for name, value in ranking.expected_ranks.items():
        expected[found.position(name)] = value
    inside = np.abs(found.values - found.values.mean() - 0.8 * (played.merit - played.merit.mean()))
    return Order(
        value=-expected,
        covered=float((inside <= NINETY * _centred_errors(found.covariance)).mean()),
        sure=tuple(found.position(name) for name in ranking.band.sure),
        band=tuple(found.position(name) for name in ranking.band.members),
    )


def _centred_errors(covariance: Array | None) -> Array:
    """Return the standard error of every merit against the mean of all."""
    if covariance is None:
        return np.zeros(APPLICATIONS)
    rows = covariance.mean(axis=1)
    errors: Array = np.sqrt(np.diagonal(covariance) - 2 * rows + rows.mean())
    return errors


def _mean(played: Round, value: Array) -> Order:
    total = np.bincount(played.application, value, APPLICATIONS)
    return Order(value=total / np.bincount(played.application, minlength=APPLICATIONS))


def _judges(played: Round) -> tuple[Array, Array]:
    """Return mean and spread of each judge's scores; the spread of equal scores counts as that of all."""
    count = np.maximum(np.bincount(played.judge, minlength=played.judges), 1)
    mean = np.bincount(played.judge, played.score, played.judges) / count
    square = np.bincount(played.judge, (played.score - mean[played.judge]) ** 2, played.judges)
    spread = np.sqrt(square / np.maximum(count - 1, 1))
    return mean, np.where(spread > 0, spread, played.score.std(ddof=1))
