"""Rows of awards: one per application, prize and part; every step, payment and end a row of its own."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ...finance.money import Money
from ...finance.records.registry import find_unit
from ...finance.units import Unit
from ..awarding import Award
from .submissions import Admission
from .tables import (
    APPEAL,
    APPLICATION,
    AWARD,
    AWARD_END,
    AWARD_HOLD,
    AWARD_PAYMENT,
    AWARD_STEP,
    CHALLENGE_MOVE,
    PRIZE_END,
    RULING,
)

WHOLE = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAward:
    """An award as the database keeps it, with everything that has happened to it.

    Attributes
    ----------
    id : int [row]
        Of the award.
    prize : int [position]
        Which prize of the brief, counted from 0.
    number : int [awards]
        1, or more where it stands in place of an ended one.
    award : Award
        Who, how much, why.
    maker : str
        Who proposed it; empty when the rule of the brief did.
    steps : tuple[str, ...]
        ``approved``, ``accepted``, ``committed``: as far as it has come.
    end : str
        ``declined``, ``lapsed`` or ``reversed``; empty while it stands.
    is_held : bool
        Whether an appeal that is not ruled on keeps it back.
    paid : Money
        So far.
    """

    id: int
    prize: int
    number: int
    award: Award
    maker: str
    steps: tuple[str, ...]
    end: str
    is_held: bool
    paid: Money

    @property
    def state(self) -> str:
        """``proposed``, ``approved``, ``accepted``, ``committed``, ``held``, or how it ended."""
        last = self.steps[-1] if self.steps else "proposed"
        return self.end or ("held" if self.is_held else last)

    @property
    def key(self) -> str:
        """What tells it apart from every other award of the challenge."""
        key = f"{self.prize}#{self.award.application_id}"
        if self.award.part != WHOLE:
            key += f"#{self.award.part}"
        return key if self.number == 1 else f"{key}#{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrizeEnd:
    """A prize that is settled: what nobody won, and what of it was released."""

    prize: int
    rest: Money
    released: Money


def keep_award(
    session: Session,
    challenge_id: int,
    admission: Admission,
    award: Award,
    prize: int,
    *,
    maker: str,
    before: StoredAward | None,
    event_id: UUID,
) -> None:
    """Write an award; the database takes one that stands per application, prize and part."""
    session.execute(
        insert(AWARD).values(
            application_id=admission.id,
            challenge_id=challenge_id,
            finding_number=admission.number,
            finding="pass",
            prize=prize,
            part=award.part,
            number=1 if before is None else before.number + 1,
            replaces_id=None if before is None else before.id,
            amount=award.amount.minor,
            unit=award.amount.unit.code,
            rule=award.rule,
            rank=award.rank,
            reason=award.reason,
            maker=maker,
            event_id=event_id,
        )
    )


def keep_step(
    session: Session, award_id: int, state: str, actor: str, event_id: UUID, txn_id: UUID | None = None
) -> None:
    """Write that an award was approved, accepted or committed."""
    session.execute(
        insert(AWARD_STEP).values(
            award_id=award_id, state=state, actor=actor, txn_id=txn_id, event_id=event_id
        )
    )


def keep_end(
    session: Session, award_id: int, state: str, reason: str, event_id: UUID, txn_id: UUID | None
) -> None:
    """Write that an award was declined, lapsed or was reversed; the database takes none that was paid."""
    session.execute(
        insert(AWARD_END).values(
            award_id=award_id, state=state, reason=reason, txn_id=txn_id, event_id=event_id
        )
    )


def keep_payment(session: Session, award_id: int, amount: Money, txn_id: UUID, event_id: UUID) -> None:
    """Write a payment of an award; the database takes none of a held or ended one, and none beyond it."""
    query = select(func.max(AWARD_PAYMENT.c.number)).where(AWARD_PAYMENT.c.award_id == award_id)
    session.execute(
        insert(AWARD_PAYMENT).values(
            award_id=award_id,
            number=int(session.scalar(query) or 0) + 1,
            amount=amount.minor,
            txn_id=txn_id,
            event_id=event_id,
        )
    )


def sum_awards(session: Session, challenge_id: int, prize: int) -> int:
    """Return what was awarded of one prize and still stands, in minor units."""
    query = (
        select(func.sum(AWARD.c.amount))
        .outerjoin(AWARD_END, AWARD_END.c.award_id == AWARD.c.id)
        .where(AWARD.c.challenge_id == challenge_id, AWARD.c.prize == prize, AWARD_END.c.award_id.is_(None))
    )
    return int(session.scalar(query) or 0)


def list_awards(session: Session, challenge_id: int, application: str = "") -> tuple[Award, ...]:
    """Return the awards of a challenge that stand, or those of one application, by prize and application."""
    found = list_stored_awards(session, challenge_id, application)
    return tuple(one.award for one in found if not one.end)


def list_stored_awards(session: Session, challenge_id: int, application: str = "") -> tuple[StoredAward, ...]:
    """Return every award, ended ones too, by prize, application, part and number."""
    query = (
        select(AWARD, APPLICATION.c.code, AWARD_END.c.state.label("end_state"))
        .join(APPLICATION, APPLICATION.c.id == AWARD.c.application_id)
        .outerjoin(AWARD_END, AWARD_END.c.award_id == AWARD.c.id)
        .where(AWARD.c.challenge_id == challenge_id)
        .order_by(AWARD.c.prize, APPLICATION.c.id, AWARD.c.part, AWARD.c.number)
    )
    rows = session.execute(query.where(APPLICATION.c.code == application) if application else query).all()
    units = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    steps, held, paid = _happened(session, challenge_id, [row.id for row in rows] if application else None)
    return tuple(
        StoredAward(
            id=row.id,
            prize=row.prize,
            number=row.number,
            award=Award(
                application_id=row.code,
                amount=Money(minor=row.amount, unit=units[row.unit]),
                rule=row.rule,
                rank=row.rank,
                reason=row.reason,
                part=row.part,
            ),
            maker=row.maker,
            steps=tuple(one for one in ("approved", "accepted", "committed") if one in steps[row.id]),
            end=row.end_state or "",
            is_held=row.id in held,
            paid=Money(minor=paid.get(row.id, 0), unit=units[row.unit]),
        )
        for row in rows
    )


def _happened(
    session: Session, challenge_id: int, only: list[int] | None
) -> tuple[dict[int, set[str]], set[int], dict[int, int]]:
    """Return steps, holds and payments by award, of a challenge or of some awards."""
    here = AWARD.c.challenge_id == challenge_id if only is None else AWARD.c.id.in_(only)
    steps: dict[int, set[str]] = defaultdict(set)
    for row in session.execute(
        select(AWARD_STEP.c.award_id, AWARD_STEP.c.state)
        .join(AWARD, AWARD.c.id == AWARD_STEP.c.award_id)
        .where(here)
    ):
        steps[row.award_id].add(row.state)
    held = session.scalars(
        select(AWARD_HOLD.c.award_id)
        .join(AWARD, AWARD.c.id == AWARD_HOLD.c.award_id)
        .outerjoin(RULING, RULING.c.appeal_id == AWARD_HOLD.c.appeal_id)
        .where(here, RULING.c.appeal_id.is_(None))
    )
    paid = session.execute(
        select(AWARD_PAYMENT.c.award_id, func.sum(AWARD_PAYMENT.c.amount).label("total"))
        .join(AWARD, AWARD.c.id == AWARD_PAYMENT.c.award_id)
        .where(here)
        .group_by(AWARD_PAYMENT.c.award_id)
    )
    return steps, set(held), {row.award_id: int(row.total) for row in paid}


def list_prize_ends(session: Session, challenge_id: int, unit: Unit) -> tuple[PrizeEnd, ...]:
    """Return the prizes of a challenge that are settled."""
    rows = session.execute(
        select(PRIZE_END.c.prize, PRIZE_END.c.rest, PRIZE_END.c.released)
        .where(PRIZE_END.c.challenge_id == challenge_id)
        .order_by(PRIZE_END.c.prize)
    )
    return tuple(
        PrizeEnd(
            prize=row.prize,
            rest=Money(minor=row.rest, unit=unit),
            released=Money(minor=row.released, unit=unit),
        )
        for row in rows
    )


def keep_prize_end(
    session: Session, challenge_id: int, end: PrizeEnd, event_id: UUID, txn_id: UUID | None
) -> None:
    """Write that a prize is settled; the database takes none while an appeal is open, and no award after."""
    session.execute(
        insert(PRIZE_END).values(
            challenge_id=challenge_id,
            prize=end.prize,
            rest=end.rest.minor,
            released=end.released.minor,
            unit=end.rest.unit.code,
            txn_id=txn_id,
            event_id=event_id,
        )
    )


def keep_move(session: Session, challenge_id: int, state: str, reason: str, event_id: UUID) -> None:
    """Write that a challenge is decided, settled or cancelled."""
    session.execute(
        insert(CHALLENGE_MOVE).values(
            challenge_id=challenge_id, state=state, reason=reason, event_id=event_id
        )
    )


def list_moves(session: Session, challenge_id: int) -> dict[str, UUID]:
    """Return the moves of a challenge with the event of each."""
    query = select(CHALLENGE_MOVE.c.state, CHALLENGE_MOVE.c.event_id)
    rows = session.execute(query.where(CHALLENGE_MOVE.c.challenge_id == challenge_id))
    return {row.state: row.event_id for row in rows}


def count_open_appeals(session: Session, challenge_id: int) -> int:
    """Return how many appeals are not ruled on."""
    query = (
        select(func.count())
        .select_from(APPEAL)
        .outerjoin(RULING, RULING.c.appeal_id == APPEAL.c.id)
        .where(APPEAL.c.challenge_id == challenge_id, RULING.c.appeal_id.is_(None))
    )
    return int(session.scalar(query) or 0)
