"""Rows of challenges, applications, scores, ballots and awards."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ...finance.errors import Missing
from ...finance.money import Money
from ...finance.records.registry import find_book_id, find_fund_id, find_unit
from ...finance.records.tables import FUND
from ..applications import Application
from ..awarding import Award
from ..ballots import Ballot
from ..brief import Brief
from ..eligibility import check_eligibility
from ..lifecycle import Challenge, Submission
from ..scores import Score
from .tables import APPLICATION, AWARD, BALLOT, CHALLENGE, SCORE

KNOWN_BRIEFS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChallenge:
    """A challenge with its row number."""

    id: int
    challenge: Challenge


def keep_challenge(session: Session, challenge: Challenge, event_id: UUID) -> None:
    """Write a published challenge."""
    book_id = find_book_id(session, challenge.book)
    body = challenge.brief.canonical_bytes()
    session.execute(
        insert(CHALLENGE).values(
            book_id=book_id,
            fund_id=find_fund_id(session, book_id, challenge.fund),
            code=challenge.code,
            brief=body,
            brief_sha256=hashlib.sha256(body).digest(),
            event_id=event_id,
        )
    )


def find_challenge(session: Session, book: str, code: str) -> StoredChallenge:
    """Return a challenge."""
    row = session.execute(
        select(CHALLENGE.c.id, CHALLENGE.c.brief, FUND.c.code.label("fund"))
        .join(FUND, FUND.c.id == CHALLENGE.c.fund_id)
        .where(CHALLENGE.c.book_id == find_book_id(session, book), CHALLENGE.c.code == code)
    ).one_or_none()
    if row is None:
        raise Missing(f"There is no challenge {code!r} in this book.", what="challenge", code=code)
    return StoredChallenge(
        id=row.id, challenge=Challenge(book=book, fund=row.fund, brief=_read_brief(row.brief))
    )


@lru_cache(maxsize=KNOWN_BRIEFS)
def _read_brief(body: bytes) -> Brief:
    """Read a brief; the same bytes are read once, as every act of a challenge asks for its brief."""
    return Brief.read(body)


def list_challenges(session: Session, book: str) -> tuple[str, ...]:
    """Return the codes of all challenges of a book, oldest first."""
    query = select(CHALLENGE.c.code).where(CHALLENGE.c.book_id == find_book_id(session, book))
    return tuple(session.scalars(query.order_by(CHALLENGE.c.id)))


def keep_submission(
    session: Session, challenge_id: int, submission: Submission, received_at: datetime, event_id: UUID
) -> None:
    """Write an application as received, with what was found of its eligibility."""
    body = submission.application.canonical_bytes()
    session.execute(
        insert(APPLICATION).values(
            challenge_id=challenge_id,
            code=submission.application.application_id,
            lead=submission.application.lead,
            body=body,
            body_sha256=hashlib.sha256(body).digest(),
            finding=submission.status,
            received_at=received_at,
            event_id=event_id,
        )
    )


def list_submissions(session: Session, stored: StoredChallenge) -> tuple[Submission, ...]:
    """Return all applications of a challenge, in the order they were received."""
    rule = stored.challenge.brief.eligibility
    rows = session.scalars(
        select(APPLICATION.c.body).where(APPLICATION.c.challenge_id == stored.id).order_by(APPLICATION.c.id)
    )
    applications = [Application.read(row) for row in rows]
    return tuple(
        Submission(application=one, finding=None if rule is None else check_eligibility(rule, one.facts))
        for one in applications
    )


def find_application_id(session: Session, challenge_id: int, code: str) -> tuple[int, str]:
    """Return the row number of an application and what was found of its eligibility."""
    row = session.execute(
        select(APPLICATION.c.id, APPLICATION.c.finding).where(
            APPLICATION.c.challenge_id == challenge_id, APPLICATION.c.code == code
        )
    ).one_or_none()
    if row is None:
        raise Missing(f"There is no application {code!r} in this challenge.", what="application", code=code)
    return row.id, row.finding


def find_application(session: Session, challenge_id: int, code: str) -> Application:
    """Return one application."""
    application_id, _ = find_application_id(session, challenge_id, code)
    body = session.scalar(select(APPLICATION.c.body).where(APPLICATION.c.id == application_id))
    return Application.read(bytes(body or b""))


def keep_scores(session: Session, application_id: int, scores: tuple[Score, ...], event_id: UUID) -> None:
    """Write one judge's complete read; the database refuses a second one, and one of a barred application."""
    session.execute(
        insert(SCORE),
        [
            {
                "application_id": application_id,
                "finding": "pass",
                "judge": score.judge_id,
                "trait": score.trait,
                "steps": score.steps,
                "event_id": event_id,
            }
            for score in scores
        ],
    )


def list_scores(session: Session, stored: StoredChallenge, rubric_id: str) -> tuple[Score, ...]:
    """Return every score of a challenge, by application, judge and trait."""
    rows = session.execute(
        select(SCORE.c.judge, SCORE.c.trait, SCORE.c.steps, APPLICATION.c.code)
        .join(APPLICATION, APPLICATION.c.id == SCORE.c.application_id)
        .where(APPLICATION.c.challenge_id == stored.id)
        .order_by(APPLICATION.c.id, SCORE.c.judge, SCORE.c.trait)
    )
    return tuple(
        Score(
            application_id=row.code,
            judge_id=row.judge,
            trait=row.trait,
            rubric_id=rubric_id,
            steps=row.steps,
        )
        for row in rows
    )


def ballot_bytes(ballot: Ballot) -> bytes:
    """Write a ballot as canonical bytes; fractions as ``n/d``."""
    weights = {metric: str(Fraction(weight)) for metric, weight in ballot.weights}
    return canonical_bytes(
        {"ballot": ballot.ballot_id, "multiplier": str(Fraction(ballot.multiplier)), "weights": weights}
    )


def keep_ballot(session: Session, challenge_id: int, ballot: Ballot, event_id: UUID) -> None:
    """Write a ballot; the database takes one per judge."""
    session.execute(
        insert(BALLOT).values(
            challenge_id=challenge_id, judge=ballot.ballot_id, body=ballot_bytes(ballot), event_id=event_id
        )
    )


def list_ballots(session: Session, challenge_id: int) -> tuple[Ballot, ...]:
    """Return the ballots of a challenge, by judge."""
    rows = session.scalars(
        select(BALLOT.c.body).where(BALLOT.c.challenge_id == challenge_id).order_by(BALLOT.c.judge)
    )
    bodies = [json.loads(row) for row in rows]
    return tuple(
        Ballot(
            ballot_id=body["ballot"],
            weights=tuple((metric, Fraction(weight)) for metric, weight in body["weights"].items()),
            multiplier=Fraction(body["multiplier"]),
        )
        for body in bodies
    )


def keep_award(
    session: Session,
    challenge_id: int,
    application_id: int,
    award: Award,
    prize: int,
    txn_id: UUID,
    event_id: UUID,
) -> None:
    """Write an award; the database takes one per application and prize, none for a barred application."""
    session.execute(
        insert(AWARD).values(
            application_id=application_id,
            challenge_id=challenge_id,
            finding="pass",
            prize=prize,
            amount=award.amount.minor,
            unit=award.amount.unit.code,
            rule=award.rule,
            rank=award.rank,
            reason=award.reason,
            txn_id=txn_id,
            event_id=event_id,
        )
    )


def sum_awards(session: Session, challenge_id: int, prize: int) -> int:
    """Return what was awarded of one prize, in minor units."""
    query = select(func.sum(AWARD.c.amount)).where(AWARD.c.challenge_id == challenge_id)
    return int(session.scalar(query.where(AWARD.c.prize == prize)) or 0)


def list_awards(session: Session, challenge_id: int, application: str = "") -> tuple[Award, ...]:
    """Return the awards of a challenge, or those of one application, by prize and application."""
    query = (
        select(*AWARD.c["amount", "unit", "rule", "rank", "reason"], APPLICATION.c.code)
        .join(APPLICATION, APPLICATION.c.id == AWARD.c.application_id)
        .where(AWARD.c.challenge_id == challenge_id)
        .order_by(AWARD.c.prize, APPLICATION.c.id)
    )
    rows = session.execute(query.where(APPLICATION.c.code == application) if application else query).all()
    units = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    return tuple(
        Award(
            application_id=row.code,
            amount=Money(minor=row.amount, unit=units[row.unit]),
            rule=row.rule,
            rank=row.rank,
            reason=row.reason,
        )
        for row in rows
    )
