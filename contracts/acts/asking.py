"""A verifier asks about a claim, and the claimant answers. Neither moves anything."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from ...finance.dates import Clock, as_utc
from ...finance.errors import EvidenceMissing, KeyReused, Missing, NotAllowed, QuestionRefused
from ...finance.posting import record_event
from ...finance.storage import Session
from ..claims import ClaimStatus
from ..questions import ClaimAnswer, ClaimQuestion, Place
from ..records import agreements, claims, questions
from ..records.agreements import StoredAgreement
from ..records.claims import StoredClaim
from ..records.questions import StoredQuestion
from .determining import SECOND_LOOK
from .rounds import claim_status

ASKED_WHILE = ("claimed", "determined", "in_disagreement", "disputed")


def ask(  # noqa: PLR0913  # the fields of a question, each once
    session: Session,
    book: str,
    agreement: str,
    claim: str,
    by: str,
    *,
    words: str,
    key: str,
    clock: Clock,
    lines: Iterable[Place] = (),
    answer_by: date | None = None,
) -> ClaimQuestion:
    """Ask the claimant about a claim that is not decided.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement, claim : str
        Codes.
    by : str
        Code of a party that verifies under the agreement; in a dispute also of its resolver.
    words : str
        The question.
    key : str
        Unique in the claim; the question's code. The same again changes nothing.
    clock : Clock
        When it is recorded.
    lines : iterable of Place
        Results of the claim it is about; none for all of it.
    answer_by : date or None
        By when an answer is asked for. Nothing follows from a later one.

    Raises
    ------
    NotAllowed
        When the party does not verify here.
    QuestionRefused
        When the claim is decided, says nothing about a line, or the day for an answer has passed.
    KeyReused, Missing, NotSigned, UnlawfulTransition
        When the key belongs to another question; when there is no claim; when it is not in force.
    """
    stored = agreements.find_locked(session, book, agreement)
    row = claims.find_claim(session, stored, claim)
    asked = ClaimQuestion(
        agreement=agreement,
        claim=claim,
        code=key,
        asked_by=by,
        words=words,
        lines=tuple(sorted(dict.fromkeys(lines))),
        answer_by=answer_by,
        at=as_utc(clock()),
    )
    if known := _asked_before(session, stored, asked):
        return known
    agreements.require_state(stored, *SECOND_LOOK)
    status = claim_status(session, book, agreement, claim, clock=clock)
    duty = _duty(stored, by, status)
    _require_fit(status, asked)
    with session.begin_nested():
        event_id = _record(session, stored, "claim.asked", row, key, asked.said(), clock)
        questions.keep_question(session, stored, row.id, asked, duty, event_id)
    return _find(session, stored, claim, key).question


def _record(
    session: Session,
    stored: StoredAgreement,
    kind: str,
    row: StoredClaim,
    key: str,
    said: dict[str, object],
    clock: Clock,
) -> UUID:
    """Write the event of a question or of its answer, which is told to the claimant, too."""
    agreement, claim = stored.agreement, row.claim
    body = {
        "agreement": agreement.code,
        "claim": claim.code,
        "claimant": claim.claimed_by,
        "question": key,
        **said,
    }
    named = f"{agreement.code}#{claim.code}#{key}"
    event_id, _ = record_event(session, agreement.book, kind, body, key=named, clock=clock)
    return event_id


def _asked_before(session: Session, stored: StoredAgreement, asked: ClaimQuestion) -> ClaimQuestion | None:
    """Return the question that this is a retry of; refuse another one under its code."""
    known = _known(session, stored, asked.claim, asked.code)
    if known is None:
        return None
    found = known.question
    if (found.asked_by, found.said()) != (asked.asked_by, asked.said()):
        raise KeyReused(
            f"The question {asked.code!r} was asked with other content. Choose another key.",
            key=asked.code,
            kind="question",
        )
    return found


def _known(session: Session, stored: StoredAgreement, claim: str, key: str) -> StoredQuestion | None:
    asked = questions.list_questions(session, stored, claim)
    return next((one for one in asked if one.question.code == key), None)


def _find(session: Session, stored: StoredAgreement, claim: str, key: str) -> StoredQuestion:
    found = _known(session, stored, claim, key)
    if found is None:
        raise Missing(f"There is no question {key!r} on the claim {claim!r}.", what="question", code=key)
    return found


def _duty(stored: StoredAgreement, by: str, status: ClaimStatus) -> str:
    """Return the duty in which somebody asks; refuse whoever has none."""
    document = stored.agreement.document
    verifying = sorted(set(document.verifying.values()))
    if by in verifying:
        return "verifier"
    if by == document.resolver and status.dispute:
        return "resolver"
    raise NotAllowed(
        f"{by} cannot ask about claims under {stored.agreement.code!r}: those who verify do, "
        f"{', '.join(verifying) or 'nobody'}; in a dispute also its resolver.",
        party=by,
        verifiers=verifying,
    )


def _require_fit(status: ClaimStatus, asked: ClaimQuestion) -> None:
    """Refuse a question on what is decided, on what was not claimed, or with a day that has passed."""
    if status.state not in ASKED_WHILE:
        raise _refused(asked, "it is decided. Who disagrees can dispute it", state=status.state)
    claimed = {one.place for one in status.claim.results}
    for metric, period, of in asked.lines:
        if (metric, period, of) not in claimed:
            line = " ".join((metric, period, *(member for _, member in of)))
            raise _refused(asked, f"it says nothing about {line}. Ask about what was claimed", line=line)
    today = asked.at.date()
    if asked.answer_by is not None and asked.answer_by < today:
        told = f"an answer by {asked.answer_by} comes too late, it is {today}. Name a day still to come"
        raise _refused(asked, told, answer_by=asked.answer_by.isoformat(), today=today.isoformat())


def _refused(asked: ClaimQuestion, told: str, **figures: str) -> QuestionRefused:
    return QuestionRefused(
        f"This is not asked about the claim {asked.claim!r}: {told}.", claim=asked.claim, **figures
    )


def answer(
    session: Session,
    book: str,
    agreement: str,
    claim: str,
    question: str,
    by: str,
    *,
    words: str,
    clock: Clock,
    evidence: Iterable[str] = (),
) -> ClaimQuestion:
    """Answer a question on one's own claim, once.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement, claim, question : str
        Codes.
    by : str
        Code of the party that made the claim.
    words : str
        The answer. The same again changes nothing.
    clock : Clock
        When it is recorded.
    evidence : iterable of str
        Digests of evidence of the claim that it rests on.

    Raises
    ------
    NotAllowed
        When another party made the claim.
    EvidenceMissing
        When a digest is not on record as evidence of the claim.
    QuestionRefused
        When it was answered otherwise before.
    Missing
        When there is no such question.
    """
    stored = agreements.find_locked(session, book, agreement)
    row = claims.find_claim(session, stored, claim)
    asked = _find(session, stored, claim, question)
    if by != row.claim.claimed_by:
        told = f"{row.claim.claimed_by} made the claim {claim!r} and answers for it, not {by}."
        raise NotAllowed(told, party=by, claimant=row.claim.claimed_by)
    made = ClaimAnswer(
        answered_by=by,
        words=words,
        evidence=tuple(sorted({one.lower() for one in evidence})),
        at=as_utc(clock()),
    )
    before = asked.question.answer
    if before is not None:
        if before.said() != made.said():
            raise QuestionRefused(
                f"The question {question!r} was answered on {before.at.date()}, and what was said stands. "
                "Put further evidence on record, or let it be asked again.",
                question=question,
                answered_at=before.at.isoformat(),
            )
        return asked.question
    _require_on_record(session, stored, claim, made)
    with session.begin_nested():
        event_id = _record(session, stored, "claim.answered", row, question, made.said(), clock)
        questions.keep_answer(session, stored, asked, made, event_id)
    return _find(session, stored, claim, question).question


def _require_on_record(session: Session, stored: StoredAgreement, claim: str, made: ClaimAnswer) -> None:
    on_record = {one.sha256 for one in claims.list_evidence(session, stored, claim)}
    if lacking := [one for one in made.evidence if one not in on_record]:
        raise EvidenceMissing(
            f"The evidence {lacking[0]} is not on record for the claim {claim!r}. Put it on record first.",
            claim=claim,
            evidence=lacking,
        )
