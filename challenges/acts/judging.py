"""Judges mark what they were given to read; a read that must not count is void and stays on record."""

from collections.abc import Mapping
from datetime import datetime

from ...finance.dates import Clock, as_utc
from ...finance.errors import Missing
from ...finance.posting import record_event
from ...finance.storage import Session
from ..errors import ChallengeClosed, ScoreInvalid, ScoreUnassigned
from ..phases import SCORED, Phase
from ..records.briefs import StoredChallenge, find_challenge
from ..records.calibrations import count_calibrations
from ..records.plans import Seat, find_seat
from ..records.reads import StoredRead, find_last_read, keep_read, keep_void, lock_scoring, require_read
from ..records.submissions import Admission, find_admission, is_withdrawn
from ..scores import NO_COMMENTS, Score, read_marks
from .recusing import require_free


def score(
    session: Session,
    book: str,
    challenge: str,
    application: str,
    judge: str,
    marks: Mapping[str, str | None],
    *,
    clock: Clock,
    comments: Mapping[str, str] = NO_COMMENTS,
) -> tuple[Score, ...]:
    """Record one judge's complete read of one eligible application, all traits at once.

    Until the phase closes a judge may mark again: the new read stands in place of the last one, which stays
    on record. The same marks again change nothing.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    challenge, application, judge : str
        Codes.
    marks : Mapping of str to str or None
        Trait -> mark as decimal text, or None to abstain.
    clock : Clock
        Decides whether it is in time.
    comments : Mapping of str to str
        Trait -> what the judge wrote about it.

    Raises
    ------
    ScoreUnassigned
        When the brief has judges assigned and this application was not given to this judge.
    ConflictRecused
        When the judge has a conflict by now; the text does not say with whom.
    ScoreInvalid
        When a mark is off the scale, a trait is missing or unknown, or the application may not compete.
    ChallengeClosed, Missing
        When no review is open, or its scores are frozen; when there is no such challenge or application.
    """
    now = as_utc(clock())
    stored = find_challenge(session, book, challenge, clock())
    phase = _review(stored, now)
    seat, admission = find_place(session, stored, phase.id, application, judge)
    lock_scoring(session, stored, admission.id)
    if seat is not None:
        require_free(session, stored, phase, judge, application, clock=clock)
    _require_scorable(session, stored, phase, application, admission)
    brief = stored.challenge.brief
    scores = read_marks(
        brief.rubric_of(phase.id),
        application_id=application,
        judge_id=judge,
        marks=marks,
        comments=comments,
        abstain=brief.judge_policy is None or brief.judge_policy.abstain,
    )
    last = find_last_read(session, admission.id, phase.id, judge)
    if last is None or not last.stands or set(last.scores) != set(scores):
        _keep(session, stored, phase, admission, scores, seat, last, clock)
    return scores


def _keep(  # what was read, by which seat, in place of what
    session: Session,
    stored: StoredChallenge,
    phase: Phase,
    admission: Admission,
    scores: tuple[Score, ...],
    seat: Seat | None,
    last: StoredRead | None,
    clock: Clock,
) -> None:
    first, challenge = scores[0], stored.challenge
    revision = 1 if last is None else last.revision + 1
    event_id, _ = record_event(
        session,
        challenge.book,
        "application.scored",
        _told(stored, phase, scores, last),
        key=f"{challenge.code}#{phase.id}#{first.application_id}#{first.judge_id}#{revision}",
        clock=clock,
    )
    keep_read(
        session,
        stored,
        admission,
        scores,
        phase=phase.id,
        seat=seat,
        last=last,
        read_at=as_utc(clock()),
        event_id=event_id,
    )


def find_place(
    session: Session, stored: StoredChallenge, phase: str, application: str, judge: str
) -> tuple[Seat | None, Admission]:
    """Return by which seat a judge reads an application, and its row; no seat where judging is open to all.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredChallenge
        Which challenge.
    phase, application, judge : str
        Codes.

    Raises
    ------
    ScoreUnassigned
        When it was not given to the judge; the same whether or not there is such an application.
    Missing
        When there is none and judging is open to all.
    """
    if stored.judging == "open":
        return None, find_admission(session, stored.id, application)
    try:
        admission = find_admission(session, stored.id, application)
        seat = find_seat(session, stored, phase, admission.id, judge)
    except Missing:
        seat = None
    if seat is None:
        raise ScoreUnassigned(
            f"No published plan of {stored.challenge.code} gives {judge} this entry in {phase}. A judge "
            "reads and scores the entries on his own list, and no others.",
            challenge=stored.challenge.code,
            phase=phase,
            judge=judge,
        )
    return seat, admission


def _review(stored: StoredChallenge, now: datetime) -> Phase:
    """Return the review by panel or applicants that is open; refused with the instants of the nearest one."""
    brief = stored.challenge.brief
    fitting = [phase for phase in brief.phases if phase.judging in SCORED]
    if not fitting:
        raise ChallengeClosed(
            f"The challenge {stored.challenge.code!r} has no phase for this. Its phases: "
            f"{', '.join(phase.id for phase in brief.phases)}.",
            challenge=stored.challenge.code,
        )
    current = [phase for phase in fitting if brief.is_open(phase, now)]
    passed = [phase for phase in fitting if brief.closes(phase) <= now]
    return brief.require_open((current or passed[-1:] or fitting)[0].id, now)


def _require_scorable(
    session: Session, stored: StoredChallenge, phase: Phase, application: str, admission: Admission
) -> None:
    if admission.status != "pass":
        raise ScoreInvalid(
            f"The application {application!r} may not compete yet ({admission.status}) and cannot be scored.",
            application=application,
            finding=admission.status,
        )
    if is_withdrawn(session, admission.id):
        raise ScoreInvalid(
            f"The application {application!r} was withdrawn: there is nothing left to score.",
            application=application,
            finding="withdrawn",
        )
    if count_calibrations(session, stored, phase.id):
        raise ChallengeClosed(
            f"The scores of {phase.id} in {stored.challenge.code} are frozen: none can be added.",
            challenge=stored.challenge.code,
            phase=phase.id,
        )


def _told(
    stored: StoredChallenge, phase: Phase, scores: tuple[Score, ...], last: StoredRead | None
) -> dict[str, object]:
    first = scores[0]
    return {
        "application": first.application_id,
        "challenge": stored.challenge.code,
        "comments": {one.trait: one.comment for one in scores if one.comment},
        "judge": first.judge_id,
        "marks": {one.trait: "" if one.steps is None else one.steps for one in scores},
        "phase": phase.id,
        "rubric": first.rubric_id,
        "supersedes": 0 if last is None else last.revision,
    }


def void_read(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    application: str,
    judge: str,
    *,
    reason: str,
    clock: Clock,
) -> StoredRead:
    """Declare that a read does not count: it stays on record, and nobody edits it.

    Parameters
    ----------
    session, book, clock
        As for ``score``; a read can be voided after the close, also after the freeze.
    challenge, phase, application, judge : str
        Which read.
    reason : str
        Why; published with the result.

    Returns
    -------
    StoredRead
        As it was until now.

    Raises
    ------
    Missing
        When there is no such read that counts.
    ScoreInvalid
        Without a reason.
    """
    if not reason.strip():
        raise ScoreInvalid("A read is voided for a reason; give one.", judge=judge)
    stored = find_challenge(session, book, challenge, clock())
    admission = find_admission(session, stored.id, application)
    lock_scoring(session, stored, admission.id)
    read = require_read(session, admission.id, phase, judge, application)
    body = {"application": application, "challenge": challenge, "judge": judge, "phase": phase}
    key = f"{challenge}#{phase}#{application}#{judge}#{read.revision}"
    told = {**body, "reason": reason, "revision": read.revision}
    event_id, _ = record_event(session, book, "read.voided", told, key=key, clock=clock)
    keep_void(session, read, reason, event_id)
    return read
