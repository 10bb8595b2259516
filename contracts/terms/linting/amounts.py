"""Lint of amounts: what clauses earn as one observed number moves."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..observing import write_value
from ..program import ClausePlan
from ..types import Quantity
from .finding import LintFinding, Subject, money
from .probes import Curve

CLIFF_SHARE = 4  # of the range of what is earned: a quarter
CLIFF_TIMES = 5  # of the mean change per count
MIN_COUNTS = 20  # a number with fewer possible values has steps, no cliffs
ROUNDINGS = 2  # minor units that roundings alone may take off
SMALL_SHARE = 1000  # of the range: what falls by less is not told


@dataclass(frozen=True, slots=True)
class _Change:
    """The largest change of one clause along one metric: size, curve, place on it, and its key's range."""

    size: int
    curve: Curve
    at: int
    range: int


def _earned(subject: Subject, clause: ClausePlan) -> NDArray[np.int64] | None:
    """Return what all keys of a clause earn, case by case; None when nothing varies."""
    rows = [
        kept.earned
        for (name, _, _), kept in subject.probes.outturn.keys.items()
        if name == clause.id and isinstance(kept.earned, np.ndarray)
    ]
    return np.stack(rows).astype(np.int64) if rows else None


def negative(subject: Subject) -> Iterator[LintFinding]:
    """T05: an amount below zero in a clause that pays one way."""
    for clause in subject.program.clauses:
        earned = _earned(subject, clause) if clause.id in subject.one_way else None
        if earned is None or earned.min() >= 0:
            continue
        least = int(earned.min())
        case = int(np.unravel_index(int(earned.argmin()), earned.shape)[1])
        size = money(clause.unit, least)
        yield LintFinding(
            code="T05", severity="error", path=f"{clause.path}/amount", size=money(clause.unit, -least),
            message=f"{clause.id} comes to {size}, but it only pays.",
            fix="Floor it with max, or say two_way: then the payee pays what is below zero.",
            witness=subject.probes.witness(case),
        )  # fmt: skip


def cliffs_and_falls(subject: Subject) -> Iterator[LintFinding]:
    """T10: one more count changes much. T11: more is paid less, where elsewhere it is paid more."""
    for clause in subject.program.clauses:
        earned = _earned(subject, clause)
        if earned is None or clause.basis == "note":
            continue
        cliffs: list[_Change] = []
        falls: list[_Change] = []
        metrics = subject.metrics_of(subject.needs[clause.id])
        for curve in subject.probes.curves:
            measure = subject.program.metrics[curve.metric]
            if curve.metric in metrics and isinstance(measure.type, Quantity):
                part = earned[:, curve.first : curve.first + len(curve.points)]
                cliffs += _cliff(curve, part)
                falls += _fall(curve, part)
        if cliffs:
            yield _told_cliff(subject, clause, max(cliffs, key=lambda one: one.size))
        if falls:
            yield _told_fall(subject, clause, max(falls, key=lambda one: one.size))


def _cliff(curve: Curve, part: NDArray[np.int64]) -> list[_Change]:
    """Find the largest change between neighbouring counts, if it is large."""
    width = curve.points[-1] - curve.points[0]
    side = np.diff(np.array(curve.points)) == 1
    if width < MIN_COUNTS or not side.any():
        return []
    change = np.where(side, np.abs(np.diff(part, axis=1)), 0)
    key, at = (int(one) for one in np.unravel_index(int(change.argmax()), change.shape))
    size = int(change[key, at])
    range_ = int(part[key].max()) - int(part[key].min())
    large = size > ROUNDINGS and size * CLIFF_SHARE >= range_ and size * width >= CLIFF_TIMES * range_
    return [_Change(size, curve, at, range_)] if large else []


def _fall(curve: Curve, part: NDArray[np.int64]) -> list[_Change]:
    """Find the largest fall of a key that also rises."""
    change = np.diff(part, axis=1)
    spread = part.max(axis=1) - part.min(axis=1)
    least = np.maximum(ROUNDINGS, spread // SMALL_SHARE)
    both = (change.max(axis=1) > least) & (change.min(axis=1) < -least)
    if not both.any():
        return []
    fallen = np.where(both[:, None], change, 0)
    key, at = (int(one) for one in np.unravel_index(int(fallen.argmin()), fallen.shape))
    return [_Change(-int(fallen[key, at]), curve, at, int(spread[key]))]


def _where(curve: Curve) -> str:
    return curve.metric + (f" of {', '.join(member for _, member in curve.of)}" if curve.of else "")


def _edge_path(subject: Subject, clause: ClausePlan, low: int, high: int) -> str:
    """Return the place of the edge or threshold between two counts, or the clause's amount."""
    for at in sorted(subject.needs[clause.id]):
        node = subject.node(at)
        sides = [subject.node(arg) for arg in node.args] if node.op == "cmp" else []
        fixed = {side.const for side in sides if side.op == "lit"}
        if {side.op for side in sides} == {"lit", "obs"} and fixed & {low, high}:
            return node.path
        for number, (edge, above) in enumerate(node.edges):
            if (edge == high and above) or (edge == low and not above):
                return f"{node.path}/edges/{number}"
    return f"{clause.path}/amount"


def _told_cliff(subject: Subject, clause: ClausePlan, change: _Change) -> LintFinding:
    curve = change.curve
    measure = subject.program.metrics[curve.metric]
    low, high = curve.points[change.at : change.at + 2]
    width = curve.points[-1] - curve.points[0]
    times = change.size * width // max(1, change.range)
    ends = f"{write_value(measure, low)} to {write_value(measure, high)}"
    size = money(clause.unit, change.size)
    others = "" if len(subject.program.metrics) == 1 else f" (all else at its {curve.rest})"
    return LintFinding(
        code="T10", severity="warning", path=_edge_path(subject, clause, low, high), size=size,
        message=f"{_where(curve)} from {ends} changes {clause.id} by {size}, {times:,} times the mean step"
        f"{others}.",
        fix="Spread the step over a band with a slope, or state the edge where all parties see it.",
        witness=subject.probes.witness(curve.first + change.at + 1),
    )  # fmt: skip


def _told_fall(subject: Subject, clause: ClausePlan, change: _Change) -> LintFinding:
    curve = change.curve
    measure = subject.program.metrics[curve.metric]
    low, high = (write_value(measure, value) for value in curve.points[change.at : change.at + 2])
    size = money(clause.unit, change.size)
    others = "" if len(subject.program.metrics) == 1 else f" (all else at its {curve.rest})"
    return LintFinding(
        code="T11", severity="warning", path=f"{clause.path}/amount", size=size,
        message=f"{clause.id} pays {size} less when {_where(curve)} is {high} than when it is {low}, "
        f"though elsewhere it pays more for more{others}.",
        fix="Let each band begin where the one before ends, or cap instead of starting again.",
        witness=subject.probes.witness(curve.first + change.at + 1),
    )  # fmt: skip


def noise(subject: Subject) -> Iterator[LintFinding]:
    """T20: a band narrower than the standard error of what falls into it."""
    for node in subject.program.nodes:
        if node.op != "bands" or subject.node(node.args[0]).op != "obs":
            continue
        name = subject.node(node.args[0]).name
        error = subject.standard_errors.get(name, 0)
        for at in range(1, len(node.edges)):
            width = node.edges[at][0] - node.edges[at - 1][0]
            if 0 < width < error:
                measure = subject.program.metrics[name]
                yield LintFinding(
                    code="T20", severity="warning", path=f"{node.path}/rows/{at}",
                    message=f"the band is {write_value(measure, width)} wide, the standard error of {name} "
                    f"is {write_value(measure, error)}: into which band a result falls is mostly chance.",
                    fix="Widen the bands, or pay along a slope.",
                )  # fmt: skip


def idle_clauses(subject: Subject) -> Iterator[LintFinding]:
    """T33: a clause that can never pay."""
    for clause in subject.program.clauses:
        if clause.basis != "note" and subject.spans.get(clause.amount) == (0, 0):
            yield LintFinding(
                code="T33", severity="warning", path=clause.path,
                message=f"{clause.id} can never pay: its amount is zero for every result in the domains.",
                fix="Look at its condition and bands against the domains, or take it out.",
            )  # fmt: skip
