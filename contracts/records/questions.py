"""Rows of questions on claims and their answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ...finance.records.registry import find_party_id
from ...finance.records.tables import EVENT, PARTY
from ..questions import ClaimAnswer, ClaimQuestion, read_lines
from .agreements import StoredAgreement
from .tables import AGREEMENT, CLAIM, CLAIM_ANSWER, CLAIM_QUESTION
from .undecided import is_undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuestion:
    """A question with its row number, and that of its claim."""

    id: int
    claim_id: int
    question: ClaimQuestion


def keep_question(
    session: Session, stored: StoredAgreement, claim_id: int, asked: ClaimQuestion, duty: str, event_id: UUID
) -> None:
    """Write a question; the database refuses one by a party without that duty.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    claim_id : int [row number]
        Of the claim.
    asked : ClaimQuestion
        What is asked.
    duty : str
        ``verifier`` or ``resolver``.
    event_id : UUID
        That records it.
    """
    session.execute(
        insert(CLAIM_QUESTION).values(
            claim_id=claim_id,
            agreement_id=stored.id,
            code=asked.code,
            asked_by=find_party_id(session, stored.book_id, asked.asked_by),
            duty=duty,
            body=canonical_bytes(asked.said()),
            answer_by=asked.answer_by,
            event_id=event_id,
        )
    )


def keep_answer(
    session: Session, stored: StoredAgreement, asked: StoredQuestion, made: ClaimAnswer, event_id: UUID
) -> None:
    """Write an answer; the database refuses a second one, and one by another party than the claimant."""
    session.execute(
        insert(CLAIM_ANSWER).values(
            question_id=asked.id,
            claim_id=asked.claim_id,
            answered_by=find_party_id(session, stored.book_id, made.answered_by),
            body=canonical_bytes(made.said()),
            event_id=event_id,
        )
    )


def list_questions(session: Session, stored: StoredAgreement, claim: str) -> tuple[StoredQuestion, ...]:
    """Return the questions on a claim with their answers, in the order they were asked."""
    query = _questions().where(CLAIM.c.agreement_id == stored.id, CLAIM.c.code == claim)
    return tuple(_question(row) for row in session.execute(query.order_by(CLAIM_QUESTION.c.id)))


def list_open(
    session: Session,
    book_id: int,
    *,
    after: Sequence[str | int] | None,
    limit: int,
    asked_by: str = "",
    claimed_by: str = "",
    answered: bool | None = None,
) -> tuple[StoredQuestion, ...]:
    """Return some of the questions on a book's claims that are not decided, the oldest first.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        Of the book.
    after : sequence or None
        The number of the last that was seen.
    limit : int [rows]
        At most so many.
    asked_by, claimed_by : str
        Only those of this party, or on its claims.
    answered : bool or None
        Only those with an answer, or without one.
    """
    query = _questions().where(AGREEMENT.c.book_id == book_id, is_undecided())
    if after is not None:
        query = query.where(CLAIM_QUESTION.c.id > after[0])
    if asked_by:
        query = query.where(PARTY.c.code == asked_by)
    if claimed_by:
        claimant = select(PARTY.c.id).where(PARTY.c.book_id == book_id, PARTY.c.code == claimed_by)
        query = query.where(CLAIM.c.claimed_by == claimant.scalar_subquery())
    if answered is not None:
        query = query.where(CLAIM_ANSWER.c.question_id.is_not(None) == answered)
    found = session.execute(query.order_by(CLAIM_QUESTION.c.id).limit(limit))
    return tuple(_question(row) for row in found)


def _questions() -> Select[*tuple[Any, ...]]:
    told, answering = EVENT.alias("told"), PARTY.alias("answering")
    return (
        select(
            CLAIM_QUESTION.c.id,
            CLAIM_QUESTION.c.claim_id,
            CLAIM_QUESTION.c.code,
            CLAIM_QUESTION.c.body,
            CLAIM_QUESTION.c.answer_by,
            AGREEMENT.c.code.label("agreement"),
            CLAIM.c.code.label("claim"),
            PARTY.c.code.label("asked_by"),
            EVENT.c.recorded_at.label("asked_at"),
            CLAIM_ANSWER.c.body.label("answer"),
            answering.c.code.label("answered_by"),
            told.c.recorded_at.label("answered_at"),
        )
        .join(CLAIM, CLAIM.c.id == CLAIM_QUESTION.c.claim_id)
        .join(AGREEMENT, AGREEMENT.c.id == CLAIM_QUESTION.c.agreement_id)
        .join(PARTY, PARTY.c.id == CLAIM_QUESTION.c.asked_by)
        .join(EVENT, EVENT.c.id == CLAIM_QUESTION.c.event_id)
        .outerjoin(CLAIM_ANSWER, CLAIM_ANSWER.c.question_id == CLAIM_QUESTION.c.id)
        .outerjoin(answering, answering.c.id == CLAIM_ANSWER.c.answered_by)
        .outerjoin(told, told.c.id == CLAIM_ANSWER.c.event_id)
    )


def _question(row: Row[*tuple[Any, ...]]) -> StoredQuestion:
    said = json.loads(row.body)
    question = ClaimQuestion(
        agreement=row.agreement,
        claim=row.claim,
        code=row.code,
        asked_by=row.asked_by,
        words=said["words"],
        lines=read_lines(said["lines"]),
        answer_by=row.answer_by,
        at=row.asked_at,
        answer=_answer(row) if row.answer is not None else None,
    )
    return StoredQuestion(id=row.id, claim_id=row.claim_id, question=question)


def _answer(row: Row[*tuple[Any, ...]]) -> ClaimAnswer:
    said = json.loads(row.answer)
    return ClaimAnswer(
        answered_by=row.answered_by, words=said["words"], evidence=tuple(said["evidence"]), at=row.answered_at
    )
