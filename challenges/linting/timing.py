"""Checks of time: instants that are one, phases long enough for what is to happen in them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ...finance.dates import parse_day
from ..phases import SCORED, Phase, clock_fault
from .finding import BriefFinding, BriefSubject, error, warning

MINUTES_PER_READ: Final = 45
MINUTES_PER_DAY: Final = 240
PAYING: Final = frozenset({"delivery", "development"})


def check_clocks(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find local times that do not exist or come twice, and phases that are over before publication."""
    brief = subject.brief
    for n, phase in enumerate(brief.phases):
        for name in ("opens_at", "closes_at"):
            fault = clock_fault(getattr(phase, name), brief.time_zone)
            if fault is not None:
                fix = "Move it by an hour, or write it with its offset, for example +02:00."
                yield error("phase.clock", f"/phases/{n}/{name}", f"{fault}.", fix)
        if brief.closes(phase) <= subject.now:
            said = f"{phase.id} closes at {phase.closes_at}, before the brief is published."
            yield error("phase.past", f"/phases/{n}/closes_at", said, "Give dates that are still to come.")
        elif brief.opens(phase) < subject.now:
            said = f"{phase.id} opens at {phase.opens_at}, before the brief is published."
            fix = "Let it open after publication, so that everybody has the same time."
            yield warning("phase.begun", f"/phases/{n}/opens_at", said, fix)


def check_goal_day(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find a goal that is to be reached before anything is delivered."""
    brief = subject.brief
    opens = [brief.opens(phase) for phase in brief.phases if phase.kind == "delivery"]
    day = parse_day(brief.goal.by)
    if opens and day < min(opens).date():
        said = f"The goal is to be reached by {day}, before the delivery opens on {min(opens).date()}."
        yield warning("goal.early", "/goal/by", said, "Give the day by which the delivery can reach it.")


def check_reading_time(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find reviews too short for a judge who reads four hours a day, three quarters of an hour each."""
    for n, phase in subject.scored():
        reads = _reads_of_one(subject, phase)
        days = -(-reads * MINUTES_PER_READ // MINUTES_PER_DAY)
        length = subject.brief.closes(phase) - subject.brief.opens(phase)
        if length < timedelta(days=days):
            said = (
                f"{phase.id} lasts {length.days} days; {reads} reads of {MINUTES_PER_READ} minutes, at "
                f"{MINUTES_PER_DAY // 60} hours a day, take a judge {days}."
            )
            fix = "Give the review more days, lower the load, or find more judges."
            yield error("review.short", f"/phases/{n}/closes_at", said, fix)


def _reads_of_one(subject: BriefSubject, phase: Phase) -> int:
    """Return how many entries one judge may have to read in a phase."""
    asked = phase.reads_per_application or 0
    policy, capacity = subject.brief.judge_policy, subject.capacity
    if phase.judging == "applicants":
        return asked
    most = policy.load[1] if policy is not None and policy.states_load else None
    shared = None
    if capacity is not None and capacity.judges:
        shared = -(-capacity.applications * asked // capacity.judges)
    known = [count for count in (most, shared) if count is not None]
    return min(known) if known else asked


def check_appeals(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find decisions whose appeals can still come when the money goes out."""
    brief = subject.brief
    for n, phase in enumerate(brief.phases):
        if phase.judging not in SCORED | {"ballot"}:
            continue
        after = brief.phases[n + 1 :]
        announced = min(
            (brief.closes(one) for one in after if one.kind == "decision"), default=brief.closes(phase)
        )
        pays = min((brief.opens(one) for one in after if one.kind in PAYING), default=None)
        ends = announced + brief.appeal_policy.window
        if pays is not None and pays < ends:
            said = (
                f"What {phase.id} decides can be appealed until {ends.date()}, but is paid from "
                f"{pays.date()} on."
            )
            fix = f"Open the next phase {brief.appeal_policy.window_days} days after the decision, or later."
            yield error("appeal.after_payout", "/appeal_policy/window_days", said, fix)
