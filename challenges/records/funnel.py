"""How many applications came how far: applied, eligible, reviewed, funded, verified, paid.

The problem: counted one by one, ten thousand applications are ten thousand questions. Each step here is one
count over all challenges asked of.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from ...contracts.records.tables import CLAIM, DECISION, PAYOUT, PAYOUT_PAID
from ...finance.records.tables import PARTY
from .tables import (
    APPLICATION,
    AWARD,
    AWARD_END,
    AWARD_PAYMENT,
    AWARD_STEP,
    BALLOT,
    CHALLENGE,
    CHALLENGE_MOVE,
    FINDING,
    JUDGE_READ,
    READ_VOID,
    WITHDRAWAL,
)

DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many applications came how far; who withdrew is in none of the counts.

    Attributes
    ----------
    applied, eligible, reviewed : int [applications]
        Received; found eligible; read by a judge, or in a round of ballots.
    funded, verified, paid : int [applications]
        With an award that stands; of these, led by a party of which a result is decided; and whose money
        went out, under the award or an agreement.
    """

    applied: int
    eligible: int
    reviewed: int
    funded: int
    verified: int
    paid: int


def list_decided(session: Session, book_id: int) -> tuple[str, ...]:
    """Return the challenges of a book whose decision is announced, by code."""
    query = (
        select(CHALLENGE.c.code)
        .distinct()
        .join(CHALLENGE_MOVE, CHALLENGE_MOVE.c.challenge_id == CHALLENGE.c.id)
        .where(CHALLENGE.c.book_id == book_id, CHALLENGE_MOVE.c.state == DECIDED)
        .order_by(CHALLENGE.c.code)
    )
    return tuple(session.scalars(query))


def count_funnel(session: Session, book_id: int, challenges: Iterable[str]) -> Funnel:
    """Count the applications of some challenges of a book by how far they came.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        Of the book.
    challenges : iterable of str
        Codes.
    """
    known = select(CHALLENGE.c.id).where(CHALLENGE.c.book_id == book_id, CHALLENGE.c.code.in_([*challenges]))
    here = APPLICATION.c.challenge_id.in_(known)
    return Funnel(
        applied=_count(session, _those(here)),
        eligible=_count(session, _those(here, _eligible())),
        reviewed=_count(session, _those(here, or_(_read(), and_(_balloted(), _eligible())))),
        funded=_count(session, _those(here, _funded())),
        verified=_count(session, _those(here, _funded(), APPLICATION.c.lead.in_(_verified(book_id)))),
        paid=_count(
            session, _those(here, _funded(), or_(_paid(), APPLICATION.c.lead.in_(_paid_out(book_id))))
        ),
    )


def _count(session: Session, query: Select[int]) -> int:
    return int(session.scalar(query) or 0)


def _those(*wanted: ColumnElement[bool]) -> Select[int]:
    withdrawn = select(WITHDRAWAL.c.application_id)
    return select(func.count()).select_from(APPLICATION).where(*wanted, APPLICATION.c.id.not_in(withdrawn))


def _eligible() -> ColumnElement[bool]:
    later = FINDING.alias("later")
    newest = ~(
        select(later.c.number)
        .where(later.c.application_id == FINDING.c.application_id, later.c.number > FINDING.c.number)
        .exists()
    )
    return APPLICATION.c.id.in_(select(FINDING.c.application_id).where(FINDING.c.status == "pass", newest))


def _read() -> ColumnElement[bool]:
    return APPLICATION.c.id.in_(
        select(JUDGE_READ.c.application_id).where(JUDGE_READ.c.id.not_in(select(READ_VOID.c.read_id)))
    )


def _balloted() -> ColumnElement[bool]:
    return APPLICATION.c.challenge_id.in_(select(BALLOT.c.challenge_id))


def _funded() -> ColumnElement[bool]:
    return APPLICATION.c.id.in_(
        select(AWARD.c.application_id)
        .join(AWARD_STEP, AWARD_STEP.c.award_id == AWARD.c.id)
        .where(AWARD_STEP.c.state == "approved", AWARD.c.id.not_in(select(AWARD_END.c.award_id)))
    )


def _paid() -> ColumnElement[bool]:
    return APPLICATION.c.id.in_(
        select(AWARD.c.application_id).join(AWARD_PAYMENT, AWARD_PAYMENT.c.award_id == AWARD.c.id)
    )


def _verified(book_id: int) -> Select[str]:
    return (
        select(PARTY.c.code)
        .join(CLAIM, CLAIM.c.claimed_by == PARTY.c.id)
        .join(DECISION, DECISION.c.claim_id == CLAIM.c.id)
        .where(PARTY.c.book_id == book_id)
    )


def _paid_out(book_id: int) -> Select[str]:
    return (
        select(PARTY.c.code)
        .join(PAYOUT, PAYOUT.c.payee_id == PARTY.c.id)
        .join(PAYOUT_PAID, PAYOUT_PAID.c.payout_id == PAYOUT.c.id)
        .where(PARTY.c.book_id == book_id, PAYOUT_PAID.c.direction == "out")
    )
