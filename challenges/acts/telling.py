"""Every applicant is told what decided about its application, and nothing about any other."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...finance.storage import Session
from ..advancing import Advancement, decided_at, read_advancement
from ..bands import ExpectedRanking
from ..errors import CalibrationInvalid
from ..feedback import RoundResult, write_packet
from ..lifecycle import Submission
from ..packets import FeedbackPacket, MethodAgreement, ProcessFacts
from ..phase_results import PhaseCalibration, RankedSet
from ..phases import Phase
from ..records.appeals import announced_at
from ..records.briefs import StoredChallenge, find_challenge
from ..records.calibrations import NumberedBody, find_calibration, list_advancements
from ..records.reads import list_scores
from ..records.submissions import find_admission, list_submissions
from ..scores import Score
from ..sensitivity import AwardSensitivity, decide_otherwise
from ..visibility import pseudonym
from .calibrating import rank_parts

MIN_KEY_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What the packets of a phase have in common."""

    stored: StoredChallenge
    phase: Phase
    kept: NumberedBody
    result: PhaseCalibration
    ranked: tuple[tuple[RankedSet, ExpectedRanking], ...]
    sensitivities: tuple[AwardSensitivity, ...]
    scores: tuple[Score, ...]
    decision: Advancement | None
    decided_at: datetime | None  # announced, or by which phase it was decided while it is not


def feedback(
    session: Session, book: str, challenge: str, phase: str, application: str, *, key: bytes
) -> FeedbackPacket:
    """Write the packet of one application, see ``feedback_packets``.

    Raises
    ------
    Missing
        When the scores are not frozen, or there is no such application.
    """
    stored = find_challenge(session, book, challenge)
    find_admission(session, stored.id, application)
    return feedback_packets(session, book, challenge, phase, key=key, only=application)[application]


def feedback_packets(
    session: Session, book: str, challenge: str, phase: str, *, key: bytes, only: str | None = None
) -> dict[str, FeedbackPacket]:
    """Write the packet of every application that was submitted: winners, losers, withdrawn, not eligible.

    Parameters
    ----------
    session : Session
        The caller's; nothing is written.
    book, challenge, phase : str
        Codes.
    key : bytes
        Secret of the challenge, at least 16 bytes: judges have another pseudonym in each packet.
    only : str or None
        Write this one alone.

    Returns
    -------
    dict of str to FeedbackPacket
        Application -> packet, by code.

    Raises
    ------
    Missing
        When the scores are not frozen.
    CalibrationInvalid
        When the key is too short.
    """
    if len(key) < MIN_KEY_BYTES:
        raise CalibrationInvalid(
            f"The key of the pseudonyms has {len(key)} bytes; {MIN_KEY_BYTES} are the least.", size=len(key)
        )
    round_ = _gather(session, find_challenge(session, book, challenge), phase)
    return {
        code: _packet(round_, submission, key)
        for code, submission in sorted(
            (one.application.application_id, one)
            for one in list_submissions(session, round_.stored, withdrawn=True)
        )
        if only in {None, code}
    }


def _gather(session: Session, stored: StoredChallenge, phase: str) -> _Round:
    found = stored.challenge.brief.phase(phase)
    kept = find_calibration(session, stored, phase)
    result = PhaseCalibration.read(kept.body)
    ranked = rank_parts(session, stored, found, result)
    decided = list_advancements(session, stored, phase, "decided")
    return _Round(
        stored=stored,
        phase=found,
        kept=kept,
        result=result,
        ranked=ranked,
        sensitivities=tuple(
            decide_otherwise(
                one.part.total, line=_line(ranking), among=one.applications, withdrawn=ranking.withdrawn
            )
            for one, ranking in ranked
        ),
        scores=tuple(score for name in result.phases for score in list_scores(session, stored, name)),
        decision=read_advancement(decided[-1].body) if decided else None,
        decided_at=announced_at(session, stored) or (decided_at(decided[-1].body) if decided else None),
    )


def _line(ranking: ExpectedRanking) -> int:
    band = ranking.band
    return len(band.sure) + band.places


def _packet(round_: _Round, submission: Submission, key: bytes) -> FeedbackPacket:
    code = submission.application.application_id
    places = [n for n, (one, _) in enumerate(round_.ranked) if code in one.applications]
    at = places[0] if places else 0
    ranked, ranking = round_.ranked[at]
    own = tuple(one for one in round_.scores if one.application_id in {*ranked.applications, code})
    result = RoundResult(
        rubric=round_.stored.challenge.brief.rubric_of(round_.phase.id),
        scores=own,
        total=ranked.part.total,
        traits=ranked.part.traits,
        ranking=ranking,
        decision=round_.decision,
        line=_level(round_.phase),
    )
    judges = sorted({one.judge_id for one in own if one.application_id == code})
    return write_packet(
        code,
        result,
        pseudonyms={judge: pseudonym(judge, code, key) for judge in judges},
        process=_process(round_, ranked, ranking),
        findings=_findings(submission),
        agreement=_agreement(code, round_.sensitivities[at]) if places else None,
        appeal_until=_appeal_until(round_),
        outcome=_outcome(submission),
    )


def _level(phase: Phase) -> float | None:
    rule = phase.advances
    return None if rule is None or rule.line is None else float(rule.line)


def _process(round_: _Round, ranked: RankedSet, ranking: ExpectedRanking) -> ProcessFacts:
    lot = None if round_.decision is None else round_.decision.lot
    return ProcessFacts(
        phase=round_.phase.id,
        rubric=round_.result.rubric,
        entries=ranking.entries,
        reads=sum(read.application_id in ranked.applications for read in ranked.part.total.reads),
        band=len(ranking.band.members),
        seed=None if lot is None else lot.seed,
        calibration_sha256=round_.kept.sha256,
        decided="" if round_.decision is None else round_.decision.rule,
    )


def _findings(submission: Submission) -> tuple[str, ...]:
    if submission.finding is None:
        return ("The brief lets everybody in.",)
    return tuple(f"Clause {row.leaf.clause}: {row.status}. {row.reason}" for row in submission.finding.leaves)


def _agreement(code: str, tested: AwardSensitivity) -> MethodAgreement:
    """Count where the application stays on its side of the line."""
    inside = code in tested.winners
    stays: dict[str, list[bool]] = {}
    for one in tested.decisions:
        stays.setdefault(one.kind, []).append((code in one.winners) == inside)
    left_out = stays.get("without_judge", [])
    return MethodAgreement(
        raw=all(stays["raw"]) if "raw" in stays else None,
        z_score=all(stays["z_scores"]) if "z_scores" in stays else None,
        stays=sum(left_out),
        cases=len(left_out),
    )


def _appeal_until(round_: _Round) -> datetime | None:
    if round_.decided_at is None:
        return None
    return round_.decided_at + timedelta(days=round_.stored.challenge.brief.appeal_policy.window_days)


def _outcome(submission: Submission) -> str | None:
    if submission.withdrawn:
        return "withdrawn"
    return None if submission.status == "pass" else "not_eligible"
