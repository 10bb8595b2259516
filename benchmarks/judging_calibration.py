"""How fast scores are calibrated, and how near the order comes to the truth where the truth is known.

The two parts that ``benchmarks.judging`` prints under ``calibration`` and ``simulation``. Times are CPU
seconds of one thread; every figure of the simulation comes with its standard error.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from almoner.challenges.calibration import Calibration, calibrate
from almoner.challenges.ranking import rank
from almoner.challenges.sensitivity import decide_otherwise
from benchmarks.judging_rounds import METHODS, SETTINGS, TOP, Order, Round, play

Figures = dict[str, Any]
RUNS, QUICK_RUNS = 200, 12
QUICK_SETTINGS = ("A", "B", "C")
AIMS = {  # tau, share of the true top found, gain in tau over the raw mean
    "A": (0.791, 0.71, 0.050),
    "B": (0.789, 0.68, 0.053),
    "C": (0.780, 0.67, 0.045),
}
TWO_WAY_AIMS = {"A": (0.791, 0.69), "B": (0.777, 0.67), "C": (0.772, 0.65)}
CALIBRATION_LIMIT_S, REFITS_LIMIT_S = 0.5, 6.0


def calibration_figures(*, repeats: int = 5) -> Figures:
    """Time a round of 2,500 scores, 500 applications by 259 judges in 12 panels, the middle of some runs."""
    chance = np.random.default_rng(1)
    merit, severity = chance.normal(size=500), chance.normal(scale=0.6, size=259)
    reads = [
        (f"a{i:03}", f"j{j:03}", round(float(3 + merit[i] + severity[j] + chance.normal(scale=0.7)), 1))
        for i in range(500)
        for j in chance.choice(259, 5, replace=False)
    ]
    panels = {f"a{i:03}": f"p{i % 12}" for i in range(500)}
    found: list[Calibration] = []
    fit = _middle(lambda: found.append(calibrate(reads, direction="higher", panels=panels)), repeats)
    ranks = _middle(lambda: rank(found[0], line=TOP, draws=0), repeats)
    intervals = _middle(lambda: rank(found[0], line=TOP), repeats)
    sensitivity = _middle(lambda: decide_otherwise(found[0], line=TOP), 1)
    return {
        "reads": len(reads),
        "calibration_seconds": round(fit + ranks, 4),
        "fit_seconds": round(fit, 4),
        "expected_rank_seconds": round(ranks, 4),
        "with_interval_seconds": round(fit + intervals, 4),
        "sensitivity_seconds": round(sensitivity, 3),
        "aims": {
            "calibration": fit + ranks <= CALIBRATION_LIMIT_S,
            "leave_one_judge_out": sensitivity <= REFITS_LIMIT_S,
        },
    }


def simulation_figures(
    *, quick: bool = False, runs: int = 0, settings: Iterable[str] = (), seed: int = 7
) -> Figures:
    """Play rounds in every setting and measure every method by Kendall's tau and the true top found."""
    names = tuple(settings) or (QUICK_SETTINGS if quick else tuple(SETTINGS))
    count = runs or (QUICK_RUNS if quick else RUNS)
    rows = {name: compare(name, runs=count, seed=seed) for name in names}
    return {"runs": count, "seed": seed, "settings": rows, "aims": _aims(rows)}


def compare(name: str, *, runs: int, seed: int) -> Figures:
    """Play one setting so often, each method on the same rounds."""
    chance = np.random.default_rng([seed, *name.encode()])
    rounds = [play(SETTINGS[name], chance) for _ in range(runs)]
    orders = {method: [order(played) for played in rounds] for method, order in METHODS.items()}
    taus = {
        method: np.array([_tau(one.value, played) for one, played in zip(found, rounds, strict=True)])
        for method, found in orders.items()
    }
    figures: Figures = {}
    for method, found in orders.items():
        tops = np.array([_top(one, played) for one, played in zip(found, rounds, strict=True)])
        figures[method] = {
            **_mean("tau", taus[method]),
            **_mean("top5", tops),
            **_mean("gain", taus[method] - taus["raw"]),
        }
        if found[0].covered is not None:
            figures[method] |= _mean("covered90", np.array([one.covered for one in found]))
    figures["ours"] |= _band(orders["ours"], rounds)
    return figures


def _tau(value: np.ndarray[Any, Any], played: Round) -> float:
    return float(kendalltau(value, played.merit).statistic)


def _top(order: Order, played: Round) -> float:
    true = set(np.argsort(-played.merit, kind="stable")[:TOP].tolist())
    return len(true & set(np.argsort(-order.value, kind="stable")[:TOP].tolist())) / TOP


def _band(orders: list[Order], rounds: list[Round]) -> Figures:
    """Say how wide the band around ten places is, and how much of the true top lies in it."""
    found = []
    for order, played in zip(orders, rounds, strict=True):
        true = set(np.argsort(-played.merit, kind="stable")[:TOP].tolist())
        right = len(true & set(order.sure)) / len(order.sure) if order.sure else np.nan
        inside = len(true & {*order.sure, *order.band}) / TOP
        found.append((len(order.sure), len(order.band), right, inside))
    sure, band, right, inside = np.nanmean(np.array(found), axis=0).round(3).tolist()
    return {"sure": sure, "band": band, "sure_right": right, "top_in_sure_or_band": inside}


def _mean(name: str, values: np.ndarray[Any, Any]) -> Figures:
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return {name: round(float(values.mean()), 4), f"{name}_error": round(error, 4)}


def _aims(rows: Figures) -> dict[str, bool]:
    """Compare with what is asked, three standard errors granted; and ours never below the raw mean."""
    aims = {}
    for name, row in rows.items():
        aims[f"{name}: ours not below raw"] = row["ours"]["gain"] >= -3 * row["ours"]["gain_error"]
    for name in (name for name in AIMS if name in rows):
        row = rows[name]
        tau, top, gain = AIMS[name]
        aims[f"{name}: tau"] = _reached(row["ours"], "tau", tau)
        aims[f"{name}: top"] = _reached(row["ours"], "top5", top)
        aims[f"{name}: gain"] = _reached(row["ours"], "gain", gain)
        aims[f"{name}: two-way tau"] = _reached(row["two_way"], "tau", TWO_WAY_AIMS[name][0])
        aims[f"{name}: two-way top"] = _reached(row["two_way"], "top5", TWO_WAY_AIMS[name][1])
        others = [row[method]["tau"] for method in row if method != "two_step"]
        aims[f"{name}: two-step last"] = row["two_step"]["tau"] < min(others)
    return aims


def _reached(row: Figures, name: str, aim: float) -> bool:
    return bool(row[name] + 3 * row[f"{name}_error"] >= aim)


def _middle(work: Callable[[], object], repeats: int) -> float:
    """Return the median CPU time of some runs."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return sorted(times)[len(times) // 2]
