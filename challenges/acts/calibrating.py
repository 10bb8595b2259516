"""The scores of a phase are frozen at its close; what is void later comes out under the same parameters."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...finance.dates import Clock, as_utc, instant_text
from ...finance.posting import record_event
from ...finance.storage import Session
from ..bands import ExpectedRanking
from ..calibration import JudgeEffect
from ..errors import CalibrationInvalid, ChallengeRefused
from ..feedback import own_effect
from ..judge_policy import JudgePolicy
from ..phase_results import (
    EXTRA,
    VOIDED,
    PhaseCalibration,
    RankedSet,
    calibrate_phase,
    rank_set,
    ranked_sets,
    without_reads,
)
from ..phases import SCORED, Phase
from ..plans import halves_of, panels_of
from ..records.briefs import StoredChallenge, find_challenge
from ..records.calibrations import (
    NumberedBody,
    count_calibrations,
    find_calibration,
    keep_calibration,
    list_calibrations,
)
from ..records.plans import find_plan
from ..records.reads import StoredRead, list_reads, list_scores, lock_scores
from .assigning import plan_of
from .entering import list_entries
from .judging import void_read
from .recusing import find_bars


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenCalibration:
    """A calibration as it is kept.

    Attributes
    ----------
    number : int [calibrations]
        Counted from 1 in the phase; the first one froze the scores.
    sha256 : str
        Of its exact bytes.
    result : PhaseCalibration
        What it says.

    Examples
    --------
    >>> FrozenCalibration.__slots__[0]
    'number'
    """

    number: int
    sha256: str
    result: PhaseCalibration


def freeze_calibration(
    session: Session, book: str, challenge: str, phase: str, *, clock: Clock, seed: str | None = None
) -> FrozenCalibration:
    """Calibrate a phase after its close and freeze the result: variances, panel means, seed, all reads.

    Conflicts are looked for once more; a read in conflict is void before anything is reckoned.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, challenge, phase : str
        Codes.
    clock : Clock
        Not before the close. Freezing again changes nothing.
    seed : str or None
        Of the lottery, or the commitment to it, where it is known.

    Raises
    ------
    ChallengeRefused
        Before the close.
    CalibrationInvalid
        When the phase is not judged by reads, or no application has a complete one.
    """
    stored = find_challenge(session, book, challenge, clock())
    found = _scored(stored, phase)
    lock_scores(session, stored)
    known = list_calibrations(session, stored, phase)
    if known:
        return _frozen(known[0])
    _require_closed(stored, found, clock)
    void_conflicts(session, book, challenge, phase, clock=clock)
    made = _calibrate(session, stored, found, (phase,), seed=seed, clock=clock)
    return _keep(session, stored, made, number=1, clock=clock)


def calibrate_again(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    extra: Collection[str],
    *,
    clock: Clock,
    seed: str | None = None,
) -> FrozenCalibration:
    """Open a new, dated calibration with the extra reads of later phases under the same rubric.

    Parameters
    ----------
    session, book, challenge, phase, seed
        As for ``freeze_calibration``.
    extra : Collection of str
        Phases in which the extra reads were taken; all closed.
    clock : Clock
        Dates it.

    Raises
    ------
    ChallengeRefused
        When the phase was not frozen, or one of the others has not closed.
    CalibrationInvalid
        When the others have another rubric, or a judge has read an application in two of them.
    """
    stored = find_challenge(session, book, challenge, clock())
    found = _scored(stored, phase)
    lock_scores(session, stored)
    number = count_calibrations(session, stored, phase)
    if not number:
        raise ChallengeRefused(f"The scores of {phase} are not frozen: freeze them before extra reads.")
    brief = stored.challenge.brief
    for name in sorted(extra):
        other = _scored(stored, name)
        _require_closed(stored, other, clock)
        if brief.rubric_of(name) != brief.rubric_of(phase):
            raise CalibrationInvalid(f"{name} is scored under another rubric than {phase}.", phase=name)
        void_conflicts(session, book, challenge, name, clock=clock)
    phases = (phase, *sorted(extra))
    known = [_frozen(one) for one in list_calibrations(session, stored, phase)]
    same = [one for one in known if one.result.kind == EXTRA and one.result.phases == phases]
    if same:
        return same[-1]
    made = _calibrate(session, stored, found, phases, seed=seed, clock=clock)
    return _keep(session, stored, made, number=number + 1, clock=clock)


def recompute_without_void(
    session: Session, book: str, challenge: str, phase: str, *, clock: Clock
) -> FrozenCalibration | None:
    """Take reads that were voided since the freeze out of it; published beside the announced figures.

    Parameters
    ----------
    session, book, challenge, phase, clock
        As for ``freeze_calibration``.

    Returns
    -------
    FrozenCalibration or None
        Under the frozen variances and means; ``None`` when no read in it is void. Nothing is refitted.

    Raises
    ------
    Missing
        When the phase was not frozen.
    CalibrationInvalid
        When no read would be left.
    """
    stored = find_challenge(session, book, challenge, clock())
    lock_scores(session, stored)
    newest = _frozen(find_calibration(session, stored, phase))
    bases = [_frozen(one) for one in list_calibrations(session, stored, phase)]
    base = next(one for one in reversed(bases) if one.result.kind != VOIDED)
    void = _void_since(session, stored, base.result)
    if not void:
        return None
    made = without_reads(base.result, void)
    if newest.result.digest == made.digest:
        return newest
    return _keep(session, stored, made, number=newest.number + 1, clock=clock)


def phase_calibrations(
    session: Session, book: str, challenge: str, phase: str
) -> tuple[FrozenCalibration, ...]:
    """Return every calibration of a phase, oldest first; the figures are recomputed and checked."""
    stored = find_challenge(session, book, challenge)
    return tuple(_frozen(one) for one in list_calibrations(session, stored, phase))


def rank_phase(
    session: Session,
    book: str,
    challenge: str,
    phase: str,
    *,
    number: int | None = None,
    line: int | None = None,
    draws: int = 4000,
) -> tuple[ExpectedRanking, ...]:
    """Rank the applications of a phase by a frozen calibration: one ranking, or one for each half or panel.

    Panels that are judged within themselves are ranked each by itself, and share the places by size.

    Whoever has been withdrawn or found not eligible since stays in all figures and is not listed.

    Parameters
    ----------
    session, book, challenge, phase
        As for ``freeze_calibration``.
    number : int or None [calibrations]
        Which calibration; ``None``: the newest.
    line : int or None [places]
        How many go on; ``None``: as the brief says, else nobody is left out.
    draws : int [draws]
        For the rank intervals.

    Raises
    ------
    Missing
        When the phase was not frozen.
    """
    stored = find_challenge(session, book, challenge)
    found = _scored(stored, phase)
    kept = _frozen(find_calibration(session, stored, phase, number)).result
    ranked = rank_parts(session, stored, found, kept, line=line, draws=draws)
    return tuple(ranking for _, ranking in ranked)


def rank_parts(  # what is ranked, and who of it
    session: Session,
    stored: StoredChallenge,
    phase: Phase,
    result: PhaseCalibration,
    *,
    line: int | None = None,
    draws: int = 4000,
    gone: Collection[str] = (),
) -> tuple[tuple[RankedSet, ExpectedRanking], ...]:
    """Rank every set of a calibration by itself, see ``rank_phase``.

    Parameters
    ----------
    session, stored, phase, result
        What is ranked.
    line : int or None [places]
        How many go on; ``None``: as the brief says.
    draws : int [draws]
        For the rank intervals.
    gone : Collection[str]
        Withdrawn besides those on record.
    """
    present = {entry.code for entry in list_entries(session, stored, phase)} - set(gone)
    places = places_of(phase, len(result.applications)) if line is None else line
    return tuple(
        (one, rank_set(one, policy=_policy(stored), withdrawn=set(one.applications) - present, draws=draws))
        for part in result.parts
        for one in ranked_sets(part, places)
    )


def places_of(phase: Phase, entries: int) -> int:
    """Return how many of the entries go on; all of them where the rule is no number.

    Parameters
    ----------
    phase : Phase
        Whose rule.
    entries : int [applications]
        How many there are.
    """
    rule = phase.advances
    return entries if rule is None or rule.n is None else rule.n


def show_own_effect(
    session: Session, book: str, challenge: str, phase: str, judge: str, *, clock: Clock
) -> JudgeEffect:
    """Return how far a judge's marks lay above the others' on the same work: for that judge, after the close.

    Raises
    ------
    ChallengeRefused
        Before the close.
    Missing
        When the phase was not frozen.
    CalibrationInvalid
        When nothing was calibrated, or the judge has no read in it.
    """
    stored = find_challenge(session, book, challenge, clock())
    _require_closed(stored, _scored(stored, phase), clock)
    result = _frozen(find_calibration(session, stored, phase)).result
    for part in result.parts:
        if any(row.judge_id == judge for row in part.total.judges):
            return own_effect(part.total, judge)
    return own_effect(result.parts[0].total, judge)


def void_conflicts(
    session: Session, book: str, challenge: str, phase: str, *, clock: Clock
) -> tuple[StoredRead, ...]:
    """Void every read whose judge is in hard conflict with the entry by now, or has stepped back from it.

    Parameters
    ----------
    session, book, challenge, phase, clock
        As for ``freeze_calibration``.

    Returns
    -------
    tuple of StoredRead
        Those that were voided now; ``list_short`` says which entries need another read.
    """
    stored = find_challenge(session, book, challenge, clock())
    hard = find_bars(session, stored, _scored(stored, phase), clock=clock).hard
    found = [
        read
        for read in list_reads(session, stored, phase)
        if read.stands and (read.application, read.judge) in hard
    ]
    day = as_utc(clock()).date().isoformat()
    return tuple(
        void_read(
            session,
            book,
            challenge,
            phase,
            read.application,
            read.judge,
            reason=f"conflict of interest, found on {day}: {hard[read.application, read.judge]}",
            clock=clock,
        )
        for read in found
    )


def list_short(session: Session, book: str, challenge: str, phase: str) -> Mapping[str, int]:
    """Return which entries have fewer reads that count than the brief asks for, and how many are missing."""
    stored = find_challenge(session, book, challenge)
    found = _scored(stored, phase)
    counts: dict[str, int] = {entry.code: 0 for entry in list_entries(session, stored, found)}
    for read in list_reads(session, stored, phase):
        if read.stands and read.application in counts:
            counts[read.application] += 1
    asked = found.reads_per_application or 0
    return {name: asked - count for name, count in counts.items() if count < asked}


def _scored(stored: StoredChallenge, phase: str) -> Phase:
    found = stored.challenge.brief.phase(phase)
    if found.judging not in SCORED:
        raise CalibrationInvalid(
            f"{phase} of {stored.challenge.code} is judged by {found.judging}: nothing to calibrate.",
            phase=phase,
        )
    return found


def _policy(stored: StoredChallenge) -> JudgePolicy:
    return stored.challenge.brief.judge_policy or JudgePolicy()


def _require_closed(stored: StoredChallenge, phase: Phase, clock: Clock) -> None:
    closes, now = stored.challenge.brief.closes(phase), as_utc(clock())
    if now < closes:
        raise ChallengeRefused(
            f"{phase.id} of {stored.challenge.code} closes at {instant_text(closes)}; until then judges may "
            "mark again.",
            phase=phase.id,
            closes_at=instant_text(closes),
        )


def _calibrate(  # whose reads, and when
    session: Session,
    stored: StoredChallenge,
    phase: Phase,
    phases: tuple[str, ...],
    *,
    seed: str | None,
    clock: Clock,
) -> PhaseCalibration:
    scores = tuple(score for name in phases for score in list_scores(session, stored, name))
    kept = find_plan(session, stored, phase.id, published=True)
    plan = None if kept is None else plan_of(phase.id, kept)
    return calibrate_phase(
        scores,
        stored.challenge.brief.rubric_of(phase.id),
        _policy(stored),
        phase=phase.id,
        at=as_utc(clock()),
        seed=seed,
        panels=None if plan is None else panels_of(plan),
        halves=() if plan is None else halves_of(plan),
        phases=phases,
    )


def _keep(
    session: Session, stored: StoredChallenge, made: PhaseCalibration, *, number: int, clock: Clock
) -> FrozenCalibration:
    body = made.to_json()
    told = {"calibrated": made.kind, "number": number, "phase": made.phase, "sha256": made.digest}
    event_id, _ = record_event(
        session,
        stored.challenge.book,
        "scores.calibrated",
        {"challenge": stored.challenge.code, **told},
        key=f"{stored.challenge.code}#{made.phase}#{number}",
        clock=clock,
    )
    return _frozen(keep_calibration(session, stored, made.phase, number=number, body=body, event_id=event_id))


def _frozen(kept: NumberedBody) -> FrozenCalibration:
    return FrozenCalibration(number=kept.number, sha256=kept.sha256, result=PhaseCalibration.read(kept.body))


def _void_since(session: Session, stored: StoredChallenge, result: PhaseCalibration) -> set[tuple[str, str]]:
    """Return the reads of a calibration that do not count any more."""
    inside = {
        (read.application_id, read.judge_id)
        for part in result.parts
        for one in (part.total, *part.traits.values())
        for read in one.reads
    }
    standing = {
        (read.application, read.judge)
        for name in result.phases
        for read in list_reads(session, stored, name)
        if read.stands
    }
    return inside - standing
