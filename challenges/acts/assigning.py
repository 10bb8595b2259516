"""Who reads what is drafted by one joint problem, and counts once it is published."""

from collections.abc import Sequence
from typing import Any

from ...finance.dates import Clock
from ...finance.documents import canonical_bytes
from ...finance.posting import record_event
from ...finance.storage import Session
from ..assignment import Assignment, assign
from ..assignment.posing import EntryToRead, PairRules, Reader, mix_signals, pose_assignment, unlinked
from ..errors import AssignmentInvalid
from ..halves import Half, PeerEntry, halve
from ..judge_policy import JudgePolicy
from ..judges import Judge
from ..phases import ENTERED, SCORED, Phase
from ..plans import AssignmentPlan, PlanWishes, halves_of, read_plan
from ..records.briefs import StoredChallenge, find_challenge
from ..records.interests import list_judges
from ..records.plans import (
    Pair,
    StoredPlan,
    find_plan,
    keep_plan,
    keep_publication,
    list_opened,
    require_plan,
)
from ..records.reads import list_reads, lock_scores
from ..records.submissions import list_submissions
from ..records.told import read_told
from .entering import Entry, list_entries
from .recusing import Bars, find_bars
from .registering import register_judge

SCHEMA = "almoner.plan/1"
PLANNED = "assignment.planned"


def plan_assignment(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    wishes: PlanWishes,
    *,
    clock: Clock,
    maker: str = "",
) -> AssignmentPlan:
    """Draft who reads what: one joint problem, with conflicts found anew.

    What a judge has opened stays his, unless it is in conflict by now.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, challenge, phase : str
        Codes.
    wishes : PlanWishes
        Seed, signals of fit, panels.
    clock : Clock
        Conflicts are those of this day.
    maker : str
        Who has it drafted; empty where nobody says so.

    Returns
    -------
    AssignmentPlan
        A draft: nobody may read by it before it is published. A shortage is a result, not an error.

    Raises
    ------
    AssignmentInvalid
        When the phase is not judged by reads, or the brief says nothing of judges.
    Missing
        When there is no such challenge or phase.
    """
    stored = find_challenge(session, book, challenge, clock())
    found, policy = _judged(stored, phase)
    lock_scores(session, stored)
    entries = list_entries(session, stored, found)
    halves = _halves(session, stored, found, entries, wishes)
    if halves:
        _register_readers(session, stored, halves, clock=clock)
    last = find_plan(session, stored, phase)
    bars = find_bars(session, stored, found, clock=clock)
    posed = _pose(session, stored, found, policy, entries, halves, wishes, bars, last)
    made = assign(posed, seed=wishes.seed, gap=wishes.gap, limit_s=wishes.limit_s)
    number = 1 if last is None else last.number + 1
    body = canonical_bytes(_content(stored, phase, number, wishes, made, halves))
    told = {"challenge": challenge, "number": number, "pairs": len(made.pairs), "phase": phase}
    told |= {"maker": maker} if maker else {}
    key = f"{challenge}#{phase}#{number}"
    event_id, _ = record_event(session, book, PLANNED, told, key=key, clock=clock)
    keep_plan(session, stored, phase, number=number, body=body, pairs=made.pairs, event_id=event_id)
    return plan_of(phase, require_plan(session, stored, phase, number))


def publish_assignment(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    number: int,
    *,
    maker: str,
    clock: Clock,
    checker: str | None = None,
    reason: str = "",
) -> AssignmentPlan:
    """Let a plan count: from now on judges open and score what it gives them, and nothing else.

    Parameters
    ----------
    session, book, challenge, phase, clock
        As for ``plan_assignment``.
    number : int [plans]
        The newest draft; an older one was overtaken.
    maker : str
        Who publishes.
    checker : str or None
        Another person, where the solver could not prove its answer.
    reason : str
        Why a shortage, or reads that fall apart, are accepted; kept with the plan.

    Raises
    ------
    AssignmentInvalid
        When it is not the newest draft, when something is to be accepted and is not, or when a soft conflict
        was not overridden.
    ConflictRecused
        When a pair is in hard conflict by now; draft again.
    Missing
        When there is no such plan.
    """
    stored = find_challenge(session, book, challenge, clock())
    found, _ = _judged(stored, phase)
    lock_scores(session, stored)
    kept = require_plan(session, stored, phase, number)
    plan = plan_of(phase, kept)
    if kept.published:
        return plan
    _require_newest(session, stored, plan)
    _require_accepted(plan, maker, checker, reason)
    _require_without_conflict(stored, plan, find_bars(session, stored, found, clock=clock))
    told = {
        "challenge": challenge,
        "checker": checker or "",
        "maker": maker,
        "number": number,
        "phase": phase,
    }
    event_id, _ = record_event(
        session,
        book,
        "assignment.published",
        {**told, "reason": reason},
        key=f"{challenge}#{phase}#{number}",
        clock=clock,
    )
    keep_publication(session, kept, maker=maker, checker=checker, reason=reason, event_id=event_id)
    return plan_of(phase, require_plan(session, stored, phase, number))


def find_assignment(
    session: Session, book: str, challenge: str, phase: str, *, number: int | None = None
) -> AssignmentPlan:
    """Return a plan by its number, else the newest of the phase.

    Parameters
    ----------
    session, book, challenge, phase
        As for ``plan_assignment``.
    number : int or None [plans]
        Counted from 1.

    Raises
    ------
    Missing
        When there is none.
    """
    stored = find_challenge(session, book, challenge)
    return plan_of(phase, require_plan(session, stored, phase, number))


def find_planner(session: Session, book: str, challenge: str, phase: str, number: int) -> str:
    """Return who had a plan drafted; empty where nobody said so.

    Parameters
    ----------
    session, book, challenge, phase
        As for ``plan_assignment``.
    number : int [plans]
        Which plan.
    """
    told = read_told(session, book, PLANNED, f"{challenge}#{phase}#{number}") or {}
    return str(told.get("maker", ""))


def _judged(stored: StoredChallenge, phase: str) -> tuple[Phase, JudgePolicy]:
    brief = stored.challenge.brief
    found = brief.phase(phase)
    if found.judging not in SCORED or brief.judge_policy is None:
        raise AssignmentInvalid(
            f"Nobody is assigned in {phase} of {stored.challenge.code}: it is judged by {found.judging}, "
            f"and the brief has {'a' if brief.judge_policy else 'no'} judge policy.",
            phase=phase,
        )
    return found, brief.judge_policy


def _halves(  # who is split, by what
    session: Session,
    stored: StoredChallenge,
    phase: Phase,
    entries: Sequence[Entry],
    wishes: PlanWishes,
) -> tuple[Half, ...]:
    """Split applicants into halves, once: a later plan keeps the halves of the first one published."""
    if phase.judging != "applicants":
        return ()
    first = find_plan(session, stored, phase.id, published=True)
    if first is not None:
        return halves_of(plan_of(phase.id, first))
    rule = phase.advances
    places = len(entries) if rule is None or rule.n is None else rule.n
    return halve(
        [
            PeerEntry(
                application_id=entry.code,
                reader=entry.lead,
                parties=frozenset(entry.parties),
                panel=wishes.panels.get(entry.code, ""),
            )
            for entry in entries
        ],
        places=places,
        seed=f"{stored.challenge.code}#{phase.id}#{wishes.seed}",
    )


def _register_readers(
    session: Session, stored: StoredChallenge, halves: Sequence[Half], *, clock: Clock
) -> None:
    known = {row.code for row in list_judges(session, stored)}
    challenge = stored.challenge
    for party in sorted({reader for half in halves for reader in half.readers} - known):
        register_judge(session, challenge.book, challenge.code, Judge(code=party), clock=clock)


def _pose(  # all that the problem is made of
    session: Session,
    stored: StoredChallenge,
    phase: Phase,
    policy: JudgePolicy,
    entries: Sequence[Entry],
    halves: Sequence[Half],
    wishes: PlanWishes,
    bars: Bars,
    last: StoredPlan | None,
) -> Any:  # noqa: ANN401  # an AssignmentProblem, whose module loads numpy
    readers = _readers(session, stored, halves)
    names = [entry.code for entry in entries]
    rules = PairRules(
        barred={
            pair: why
            for pair, why in (_read_before(session, stored, phase) | dict(bars.hard)).items()
            if _known(pair, names, readers)
        },
        soft={
            pair: 1.0 for pair in bars.soft if _known(pair, names, readers) and pair not in bars.overridden
        },
        pins=tuple(
            pair
            for pair in list_opened(session, stored, phase.id)
            if _known(pair, names, readers) and pair not in bars.hard
        ),
        previous=() if last is None else last.pairs,
        separated=wishes.separated,
    )
    return pose_assignment(
        [
            EntryToRead(
                application=name,
                panel=wishes.panels.get(name, ""),
                language=wishes.languages.get(name, ""),
            )
            for name in names
        ],
        readers,
        policy,
        reads=phase.reads_per_application or 1,
        rules=rules,
        affinity=mix_signals(names, [one.judge for one in readers], wishes.signals),
        halves=halves,
    )


def _readers(session: Session, stored: StoredChallenge, halves: Sequence[Half]) -> list[Reader]:
    """List who may read: where applicants judge, those of the halves; elsewhere nobody who competes."""
    judges = list_judges(session, stored)
    peers = {reader for half in halves for reader in half.readers}
    if peers:
        return [_reader(one) for one in judges if one.code in peers]
    competing = {
        member.party for one in list_submissions(session, stored) for member in one.application.bundle
    }
    return [_reader(one) for one in judges if one.code not in competing]


def _read_before(session: Session, stored: StoredChallenge, phase: Phase) -> dict[Pair, str]:
    """Bar what a judge has read in another phase under the same rubric: an extra read is somebody else's.

    What was handed in again or delivered between the two phases is another work: the same judge may read it.
    """
    brief = stored.challenge.brief
    order = [one.id for one in brief.phases]
    entry = [n for n, one in enumerate(brief.phases) if one.kind in ENTERED | {"delivery"}]

    def anew(other: str) -> bool:
        low, high = sorted((order.index(other), order.index(phase.id)))
        return any(low < n < high for n in entry)

    others = [
        one.id
        for one in brief.phases
        if one.id != phase.id
        and one.judging in SCORED
        and brief.rubric_of(one.id) == brief.rubric_of(phase.id)
        and not anew(one.id)
    ]
    return {
        (read.application, read.judge): "read_before"
        for other in others
        for read in list_reads(session, stored, other)
    }


def _known(pair: Pair, names: Sequence[str], readers: Sequence[Reader]) -> bool:
    return pair[0] in names and any(reader.judge == pair[1] for reader in readers)


def _reader(judge: Judge) -> Reader:
    return Reader(
        judge=judge.code,
        organisation=judge.organisation,
        load=judge.load,
        attributes=frozenset(judge.attributes),
        languages=frozenset(judge.languages),
        panel=judge.panel,
    )


def _content(  # all that the plan says
    stored: StoredChallenge,
    phase: str,
    number: int,
    wishes: PlanWishes,
    made: Assignment,
    halves: Sequence[Half],
) -> dict[str, object]:
    return {
        "assignment": made.as_content(),
        "brief_sha256": stored.challenge.brief.digest(),
        "challenge": stored.challenge.code,
        "halves": [
            {
                "applications": list(half.applications),
                "panel": half.panel,
                "places": half.places,
                "readers": list(half.readers),
                "side": half.side,
            }
            for half in halves
        ],
        "number": number,
        "panels": dict(wishes.panels),
        "phase": phase,
        "schema": SCHEMA,
        "seed": wishes.seed,
        "unlinked": {} if halves else unlinked(made.pairs, wishes.panels),
    }


def plan_of(phase: str, kept: StoredPlan) -> AssignmentPlan:
    """Return a stored plan as it is told."""
    return read_plan(phase, kept.number, kept.pairs, kept.body, published=kept.published)


def _require_newest(session: Session, stored: StoredChallenge, plan: AssignmentPlan) -> None:
    newest = find_plan(session, stored, plan.phase)
    if newest is not None and newest.number != plan.number:
        raise AssignmentInvalid(
            f"Plan {plan.number} of {plan.phase} was overtaken by plan {newest.number}: publish that one.",
            number=plan.number,
            newest=newest.number,
        )


def _require_accepted(plan: AssignmentPlan, maker: str, checker: str | None, reason: str) -> None:
    if plan.lacks and not reason.strip():
        raise AssignmentInvalid(
            f"Plan {plan.number} of {plan.phase} is not whole: {'; '.join(plan.lacks)}. Draft again, or "
            "publish it with the reason why this is accepted.",
            lacks=list(plan.lacks),
        )
    if checker is not None and checker == maker:
        raise AssignmentInvalid(f"{maker} publishes and cannot be the second person as well.", maker=maker)
    if not plan.proven and checker is None:
        raise AssignmentInvalid(
            f"Plan {plan.number} of {plan.phase} is not proven to be best: its time ran out. A second person "
            "has to agree to publish it.",
            number=plan.number,
        )


def _require_without_conflict(stored: StoredChallenge, plan: AssignmentPlan, bars: Bars) -> None:
    judges = sorted({judge for name, judge in plan.pairs if (name, judge) in bars.hard})
    if judges:
        raise bars.refusal(stored, judges)
    soft = [pair for pair in plan.pairs if pair in bars.soft and pair not in bars.overridden]
    if soft:
        shown = ", ".join(f"{name} by {judge} ({bars.soft[name, judge]})" for name, judge in soft[:10])
        raise AssignmentInvalid(
            f"{len(soft)} pairs of plan {plan.number} have a soft conflict: {shown}. Override each with a "
            "signed reason, or draft again.",
            pairs=[f"{name}#{judge}" for name, judge in soft],
        )
