"""Checks of prizes: measured by something defined, due in time, and not decided by luck or in private."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from ...finance.units import Unit
from ..brief import Brief
from ..prizes import (
    AnyPrize,
    Discretionary,
    FinalistsThenGrand,
    FirstToFinish,
    MeasuredProgress,
    Pool,
    Staged,
    prize_maximum,
)
from .finding import BriefFinding, BriefSubject, error, warning

MOST_DISCRETIONARY: Final = Fraction(1, 5)
LEAST_DAMPING: Final = Fraction(1, 4)


def check_metrics(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find prizes that depend on a metric of which nobody has said how it is measured."""
    for n, prize in enumerate(subject.brief.prizes):
        for place, metric in _metrics(subject.brief, prize):
            at = f"/prizes/{n}{place}"
            name, _, version = metric.partition("@")
            if not version:
                said = f"{metric} names no version, so it leads to no definition and no method."
                yield error("prize.metric", at, said, f"Name a defined version, for example {name}@1.")
            elif subject.metrics is not None and not subject.metrics.get(metric, False):
                lacks = "says not how it is measured" if metric in subject.metrics else "is defined nowhere"
                fix = "Register its definition with a method first, or name another version."
                yield error("prize.metric", at, f"{metric} {lacks}.", fix)


def _metrics(brief: Brief, prize: AnyPrize) -> Iterator[tuple[str, str]]:
    """Yield each metric on which a prize depends, with its place."""
    match prize:
        case MeasuredProgress():
            yield "/metric", prize.metric or brief.goal.metric
        case FirstToFinish():
            yield "/target/metric", prize.target.metric
        case Staged():
            for n, stage in enumerate(prize.stages):
                yield f"/stages/{n}/condition/metric", stage.condition.metric
        case _:
            final = getattr(prize, "final_phase", None)
            if final is not None and brief.phase(final).judging == "metric":
                yield "/final_phase", brief.goal.metric


def check_due_days(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find stages and races that are due before they can begin."""
    brief = subject.brief
    for n, prize in enumerate(brief.prizes):
        if isinstance(prize, Staged):
            decided = brief.closes(prize.phase).date().isoformat()
            for m, stage in enumerate(prize.stages):
                if stage.due <= decided:
                    said = f"The stage {stage.id} is due on {stage.due}; it is awarded on {decided}."
                    yield error("prize.due", f"/prizes/{n}/stages/{m}/due", said, "Give a later day.")
        elif isinstance(prize, FirstToFinish):
            opens = brief.opens(prize.phase).date().isoformat()
            if prize.deadline <= opens:
                said = f"The race ends on {prize.deadline}; {prize.phase} opens on {opens}."
                yield error("prize.due", f"/prizes/{n}/deadline", said, "Give a later day.")


def check_discretion(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find more than a fifth of all prizes at somebody's discretion."""
    brief = subject.brief
    unit = Unit(code=brief.unit, kind="outcome", scale=9)
    amounts = [prize_maximum(prize, unit).minor for prize in brief.prizes]
    free = sum(
        amount
        for amount, prize in zip(amounts, brief.prizes, strict=True)
        if isinstance(prize, Discretionary)
    )
    total = sum(amounts)
    if total and Fraction(free, total) > MOST_DISCRETIONARY:
        n = next(n for n, prize in enumerate(brief.prizes) if isinstance(prize, Discretionary))
        said = f"{100 * free // total} % of all prizes are given at somebody's discretion."
        fix = "Keep it to a fifth, or write the rule by which it is given."
        yield warning("prize.discretion", f"/prizes/{n}/ceiling", said, fix)


def check_places(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find prizes that pay more places than there can be entries, and pools that a tie can stop."""
    brief = subject.brief
    order = [phase.id for phase in brief.phases]
    for n, prize in enumerate(brief.prizes):
        until = order.index(prize.phase) + isinstance(prize, FinalistsThenGrand)
        going = [phase.advances.n for phase in brief.phases[:until] if phase.advances and phase.advances.n]
        paid = prize.winners if isinstance(prize, Staged) else len(getattr(prize, "by_place", ()))
        if going and paid > min(going):
            said = f"The prize of {prize.phase} has {paid} places; at most {min(going)} entries go on."
            fix = "Let more go on, or pay fewer places."
            yield warning("prize.places", f"/prizes/{n}", said, fix)
        if isinstance(prize, Pool) and prize.split == "ask" and prize.tie == "split":
            said = "Where the pool ends inside a tie, equal parts may be less than somebody's minimum."
            fix = "Set 'tie' to lottery or panel: only these put the tied in order."
            yield warning("prize.tie", f"/prizes/{n}/tie", said, fix)


def check_damping(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find progress prizes in which earlier awards count for more than progress."""
    for n, prize in enumerate(subject.brief.prizes):
        if isinstance(prize, MeasuredProgress) and Fraction(prize.damping) < LEAST_DAMPING:
            said = f"With damping {prize.damping} early luck decides who grows, not progress."
            yield warning(
                "prize.luck", f"/prizes/{n}/damping", said, "Take 0.5 or more; 1 counts progress only."
            )
