"""What judges, applicants and administrators are shown: masked, without what they are in conflict with."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from statistics import fmean

from ...finance.dates import Clock, as_utc
from ...finance.posting import record_event
from ...finance.storage import Session
from ..errors import ScoreInvalid
from ..lifecycle import events_at
from ..phase_results import PhaseCalibration
from ..phases import SCORED, Phase
from ..records.briefs import StoredChallenge, find_challenge
from ..records.calibrations import list_calibrations
from ..records.moves import list_dated_moves
from ..records.plans import find_plan, keep_opening, list_opened
from ..records.reads import list_reads
from ..records.submissions import EntryCode, find_admission, find_application, is_withdrawn, list_codes
from ..scores import totals_by_read
from ..visibility import Relation, Viewer, mask
from .calibrating import rank_parts
from .judging import find_place
from .recusing import find_conflicted, require_free

View = dict[str, object]
EntryPlace = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One application on the list of somebody who runs the round.

    Attributes
    ----------
    application, status : str
        Code; ``pass``, ``needs_document``, ``fail`` or ``withdrawn``.
    reads : int [reads]
        That count.
    raw_mean, level : float or None [points]
        Mean of the reads' totals; calibrated, once the scores are frozen.
    place : int or None [place]
        By expected rank among the rows of this list.

    Examples
    --------
    >>> EntryRow(application="a-1", status="pass", reads=5, raw_mean=3.5, level=None, place=None).reads
    5
    """

    application: str
    status: str
    reads: int
    raw_mean: float | None
    level: float | None
    place: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryList:
    """The entries of a phase as one person may see them: everything is reckoned from these rows alone.

    Attributes
    ----------
    rows : tuple[EntryRow, ...]
        By place where there is one, then by code.
    reads : int [reads]
        Of these rows together.
    mean : float or None [points]
        Of their raw means.

    Examples
    --------
    >>> EntryList(rows=(), reads=0, mean=None).rows
    ()
    """

    rows: tuple[EntryRow, ...]
    reads: int
    mean: float | None


def open_entry(
    session: Session, book: str, challenge: str, phase: str, application: str, judge: str, *, clock: Clock
) -> View:
    """Show a judge an entry he was given, blinded as the brief says, and record that he has opened it.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, challenge, phase, application, judge : str
        Codes.
    clock : Clock
        While the phase is open.

    Returns
    -------
    dict
        What the rules of visibility show an assigned judge; everything else is absent.

    Raises
    ------
    ScoreUnassigned
        When no published plan gives it to the judge.
    ConflictRecused
        When the judge has a conflict by now; the text does not say with whom.
    ScoreInvalid
        When it was withdrawn.
    ChallengeClosed, Missing
        When the phase is not open; when there is no such challenge or phase.
    """
    now = as_utc(clock())
    stored = find_challenge(session, book, challenge, clock())
    brief = stored.challenge.brief
    found = brief.require_open(phase, now)
    seat, admission = find_place(session, stored, phase, application, judge)
    if seat is not None:
        require_free(session, stored, found, judge, application, clock=clock)
    if is_withdrawn(session, admission.id):
        raise ScoreInvalid(
            f"The application {application!r} was withdrawn: there is nothing left to read.",
            application=application,
            finding="withdrawn",
        )
    if seat is not None and (application, judge) not in list_opened(session, stored, phase):
        told = {"application": application, "challenge": challenge, "judge": judge, "phase": phase}
        key = f"{challenge}#{phase}#{application}#{judge}"
        event_id, _ = record_event(session, book, "entry.opened", told, key=key, clock=clock)
        keep_opening(session, seat, admission.id, opened_at=now, event_id=event_id)
    document = find_application(session, stored.id, application).model_dump(mode="json")
    return _masked(session, stored, phase, {"application": document}, "assigned_judge", now)


def list_to_read(
    session: Session, book: str, challenge: str, phase: str, judge: str, *, clock: Clock
) -> tuple[str, ...]:
    """Return the applications that a judge is to read in a phase, without those in conflict by now.

    Parameters
    ----------
    session, book, challenge, phase, judge, clock
        As for ``open_entry``.
    """
    stored = find_challenge(session, book, challenge, clock())
    plan = find_plan(session, stored, phase, published=True)
    barred = find_conflicted(session, stored, _phase(stored, phase), judge, clock=clock)
    pairs = () if plan is None else plan.pairs
    return tuple(
        name
        for name, reader in pairs
        if reader == judge
        and name not in barred
        and not is_withdrawn(session, find_admission(session, stored.id, name).id)
    )


def show_entries(  # which round, who looks, and which page
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    viewer: str,
    *,
    clock: Clock,
    after: EntryPlace | None = None,
    limit: int | None = None,
) -> EntryList:
    """List the entries of a phase for somebody who runs it, with counts, means and places.

    Whoever is in conflict with an entry gets the list without it, and every figure is reckoned from the rows
    that are left, so that nothing can be inferred about it.

    Parameters
    ----------
    session, book, challenge, phase, clock
        As for ``open_entry``.
    viewer : str
        Code of the person.
    after : (int, str) or None
        Place, 0 for none, and code of the last row seen; None for the first page.
    limit : int or None [rows]
        At most so many; all without it. The figures of the whole list count all of it in any case.
    """
    stored = find_challenge(session, book, challenge, clock())
    found = _phase(stored, phase)
    barred = find_conflicted(session, stored, found, viewer, clock=clock)
    means = {name: one for name, one in _means(session, stored, found).items() if name not in barred}
    kept = list_calibrations(session, stored, phase)
    result = PhaseCalibration.read(kept[-1].body) if kept else None
    order = [] if result is None else _order(session, stored, found, result)
    places = {name: n for n, name in enumerate((name for name in order if name not in barred), start=1)}
    entries = _entries(session, stored, places, barred, after, limit)
    known = [mean for mean in map(_mean, means.values()) if mean is not None]
    return EntryList(
        rows=tuple(_row(entry, means, result, places) for entry in entries),
        reads=sum(map(len, means.values())),
        mean=fmean(known) if known else None,
    )


def _entries(  # of what, in which order, and which page
    session: Session,
    stored: StoredChallenge,
    places: Mapping[str, int],
    barred: Collection[str],
    after: EntryPlace | None,
    limit: int | None,
) -> list[EntryCode]:
    """Return a page of entries: those with a place by place, then the others by code."""
    place, code = after or (0, "")
    found: list[EntryCode] = []
    if after is None or place:
        ranked = [name for name, n in places.items() if n > place][:limit]
        rows = {entry.code: entry for entry in list_codes(session, stored, codes=ranked)}
        found, code = [rows[name] for name in ranked if name in rows], ""
    while limit is None or len(found) < limit:
        part = list_codes(session, stored, after=code, limit=limit)
        found += [entry for entry in part if entry.code not in places and entry.code not in barred]
        if limit is None or len(part) < limit:
            break
        code = part[-1].code
    return found[:limit]


def show_application(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    application: str,
    *,
    viewer: Viewer,
    person: str,
    clock: Clock,
) -> View:
    """Show somebody an application through the masks of the brief; one in conflict sees nothing of it.

    An applicant is no stranger to its own application: ties to its actors bar nobody who looks as
    ``own_applicant``.

    Parameters
    ----------
    session, book, challenge, phase, application, clock
        As for ``open_entry``.
    viewer : str
        In which role the person looks.
    person : str
        Code of the person; empty for the public.
    """
    stored = find_challenge(session, book, challenge, clock())
    found = _phase(stored, phase)
    asked = bool(person) and viewer != "own_applicant"
    barred = asked and application in find_conflicted(session, stored, found, person, clock=clock)
    document = find_application(session, stored.id, application).model_dump(mode="json")
    relation: Relation = "conflicted" if barred else "none"
    return _masked(session, stored, phase, {"application": document}, viewer, as_utc(clock()), relation)


def show_applications(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    applications: Collection[str],
    *,
    viewer: Viewer,
    person: str,
    clock: Clock,
) -> dict[str, View]:
    """Show somebody several applications through the masks; those in conflict are left out.

    Parameters
    ----------
    session, book, challenge, phase, viewer, person, clock
        As for ``show_application``.
    applications : collection of str
        Codes.

    Returns
    -------
    dict of str to dict
        Application -> what is seen of it, by code.
    """
    stored = find_challenge(session, book, challenge, clock())
    found = _phase(stored, phase)
    asked = bool(person) and viewer != "own_applicant"
    barred = find_conflicted(session, stored, found, person, clock=clock) if asked else frozenset()
    now = as_utc(clock())
    return {
        code: _masked(
            session,
            stored,
            phase,
            {"application": find_application(session, stored.id, code).model_dump(mode="json")},
            viewer,
            now,
        )
        for code in sorted(applications)
        if code not in barred
    }


def _phase(stored: StoredChallenge, phase: str) -> Phase:
    return stored.challenge.brief.phase(phase)


def _masked(  # whose document, for whom, when
    session: Session,
    stored: StoredChallenge,
    phase: str,
    document: Mapping[str, object],
    viewer: Viewer,
    now: datetime,
    relation: Relation = "none",
) -> View:
    brief = stored.challenge.brief
    return mask(
        document,
        brief.rules_of(phase),
        phase=phase,
        viewer=viewer,
        relation=relation,
        events=events_at(brief, now, list_dated_moves(session, stored.id)),
    )


def _means(session: Session, stored: StoredChallenge, phase: Phase) -> dict[str, list[Fraction | None]]:
    """Return the totals of the reads that count, by application; ``None`` for one without a total."""
    if phase.judging not in SCORED:
        return {}
    rubric = stored.challenge.brief.rubric_of(phase.id)
    scores = [score for read in list_reads(session, stored, phase.id) if read.stands for score in read.scores]
    totals: dict[str, list[Fraction | None]] = {}
    for (name, _), value in totals_by_read(scores, rubric).items():
        totals.setdefault(name, []).append(value)
    return totals


def _order(session: Session, stored: StoredChallenge, phase: Phase, result: PhaseCalibration) -> list[str]:
    ranked = rank_parts(session, stored, phase, result, draws=0)
    rows = [row for _, ranking in ranked for row in ranking.places]
    return [
        row.application_id for row in sorted(rows, key=lambda row: (row.expected_rank, row.application_id))
    ]


def _row(  # what is known of one application
    entry: EntryCode,
    means: Mapping[str, list[Fraction | None]],
    result: PhaseCalibration | None,
    places: Mapping[str, int],
) -> EntryRow:
    code = entry.code
    totals = means.get(code, [])
    part = None if result is None else result.part_of(code)
    return EntryRow(
        application=code,
        status="withdrawn" if entry.withdrawn else entry.status,
        reads=len(totals),
        raw_mean=_mean(totals),
        level=None if part is None else part.total.level(code),
        place=places.get(code),
    )


def _mean(totals: Iterable[Fraction | None]) -> float | None:
    complete = [float(value) for value in totals if value is not None]
    return fmean(complete) if complete else None
