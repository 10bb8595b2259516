"""Rows of awards: proposed once per application, prize and part; every step and end a row of its own."""

from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ...finance.money import Money
from ...finance.records.registry import find_unit
from ..awarding import Award
from .submissions import Admission
from .tables import APPLICATION, AWARD, AWARD_STEP


def keep_award(
    session: Session,
    challenge_id: int,
    admission: Admission,
    award: Award,
    prize: int,
    txn_id: UUID,
    event_id: UUID,
) -> None:
    """Write an approved award; the database takes one per application and prize, none for a barred one."""
    row = session.execute(
        insert(AWARD)
        .values(
            application_id=admission.id,
            challenge_id=challenge_id,
            finding_number=admission.number,
            finding="pass",
            prize=prize,
            part="whole",
            number=1,
            replaces_id=None,
            amount=award.amount.minor,
            unit=award.amount.unit.code,
            rule=award.rule,
            rank=award.rank,
            reason=award.reason,
            maker="",
            event_id=event_id,
        )
        .returning(AWARD.c.id)
    ).one()
    session.execute(
        insert(AWARD_STEP).values(
            award_id=row.id, state="approved", actor="", txn_id=txn_id, event_id=event_id
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
