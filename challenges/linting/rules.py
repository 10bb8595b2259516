"""Checks of eligibility: rules that nobody can meet, or not in time, or that no document can show."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ...finance.dates import parse_day
from ...finance.errors import AlmonerError
from ..eligibility import AllOf, AnyOf, Leaf, Not
from .finding import BriefFinding, BriefSubject, error, warning
from .satisfiable import satisfiable

Tree = AllOf | AnyOf | Not | Leaf
PAST: Final = ("_on", "_at", "_since", "_date", "_day")
ENTRY: Final = frozenset({"registration", "application"})


def check_satisfiable(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find rules that no facts can pass, and those too tangled to tell."""
    rule = subject.brief.eligibility
    if rule is None:
        return
    answer = satisfiable(rule)
    if answer is False:
        said = "No facts whatever pass this rule: its clauses contradict each other."
        yield error(
            "eligibility.unsatisfiable", "/eligibility", said, "Take out or widen one of the clauses."
        )
    elif answer is None:
        said = "The rule has so many alternatives that nobody can tell whether it can be met."
        yield warning("eligibility.tangled", "/eligibility", said, "Write fewer 'any' inside 'all'.")


def check_evidence(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find clauses that no document is asked for: an open one can then never be settled by the applicant."""
    if subject.brief.eligibility is None:
        return
    for place, leaf, _ in _leaves(subject.brief.eligibility, "/eligibility", negated=False):
        if not leaf.evidence_asked:
            said = (
                f"Clause {leaf.clause} asks for no evidence of {leaf.fact}: if the fact is open, it stays so."
            )
            fix = "Name the kinds of document that would show it, or make sure that it is on record."
            yield warning("eligibility.no_evidence", f"{place}/evidence_asked", said, fix)


def check_in_time(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find clauses that ask for something which cannot have happened before entries close."""
    brief = subject.brief
    entry = [phase for phase in brief.phases if phase.kind in ENTRY]
    if brief.eligibility is None or not entry:
        return
    last = max(entry, key=brief.closes)
    closes = brief.closes(last)
    for place, leaf, negated in _leaves(brief.eligibility, "/eligibility", negated=False):
        day = _asked_day(leaf)
        if day is not None and not negated and leaf.fact.endswith(PAST) and day > closes.date().isoformat():
            said = (
                f"Nobody can satisfy clause {leaf.clause} before {last.id} closes on {closes.date()}: "
                f"{leaf.fact} is asked {leaf.op} {day}."
            )
            yield error("eligibility.too_late", f"{place}/value", said, "Ask for a day before the close.")
    yield from _cures(subject)


def _asked_day(leaf: Leaf) -> str | None:
    """Return the least day that meets a leaf, when it asks for one."""
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    if leaf.op not in {">", ">=", "=", "in"}:
        return None
    try:
        day = min(parse_day(str(value)) for value in values)
    except AlmonerError:
        return None
    return (day + timedelta(days=leaf.op == ">")).isoformat()


def _cures(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find clauses whose time to cure runs on when the reviews open."""
    brief = subject.brief
    entry = [phase for phase in brief.phases if phase.kind in ENTRY]
    closes = max(brief.closes(phase) for phase in entry)
    later = [phase for phase in brief.phases if brief.opens(phase) >= closes and phase.kind == "review"]
    if brief.eligibility is None or not later:
        return
    first = min(later, key=brief.opens)
    for place, leaf, _ in _leaves(brief.eligibility, "/eligibility", negated=False):
        over = closes + timedelta(days=leaf.cure_days)
        if leaf.cure_days and over > brief.opens(first):
            said = (
                f"Whoever is told at the close may cure clause {leaf.clause} until {over.date()}; "
                f"{first.id} opens on {brief.opens(first).date()}."
            )
            fix = "Open the review later, give fewer days, or check the facts as entries come in."
            yield warning("eligibility.cure_late", f"{place}/cure_days", said, fix)


def _leaves(rule: Tree, at: str, *, negated: bool) -> Iterator[tuple[str, Leaf, bool]]:
    if isinstance(rule, Leaf):
        yield at, rule, negated
    elif isinstance(rule, Not):
        yield from _leaves(rule.rule, f"{at}/not", negated=not negated)
    else:
        name = "all" if isinstance(rule, AllOf) else "any"
        for n, child in enumerate(rule.rules):
            yield from _leaves(child, f"{at}/{name}/{n}", negated=negated)
