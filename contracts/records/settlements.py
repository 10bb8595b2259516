"""Rows of settlements: what each clause came to, who owes whom, and which transaction carried it out."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ...finance.errors import Busy, Missing
from ...finance.records.registry import find_unit
from ...finance.records.tables import PARTY, REJECTION
from ...finance.units import Unit
from ..claims import read_decision
from ..settlement import Cause
from ..settling import Books, Decided, PlannedPayout, Standing
from ..terms.pay import Entitlement, KeyName, LegName
from .tables import (
    AGREEMENT,
    CLAIM,
    DECISION,
    DISPUTE,
    ENTITLEMENT,
    FROZEN,
    OBLIGATION,
    PAYOUT,
    PAYOUT_PAID,
    PAYOUT_VOID,
    PAYOUT_WAIT,
    RESOLUTION,
    SETTLEMENT,
)
from .waits import newest_wait

AnyRow = Row[*tuple[Any, ...]]


def members_text(members: Sequence[str]) -> str:
    """Write members as a key: canonical JSON, empty for none.

    Examples
    --------
    >>> members_text(("p1", "p2")), members_text(())
    ('["p1","p2"]', '')
    """
    return canonical_bytes(list(members)).decode() if members else ""


def read_members(text: str) -> tuple[str, ...]:
    """Read members back.

    Examples
    --------
    >>> read_members('["p1","p2"]')
    ('p1', 'p2')
    """
    return tuple(json.loads(text)) if text else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSettlement:
    """A settlement by its place, with its row number."""

    id: int
    position: int
    cause: Cause
    claim: str
    round: int
    as_of: date
    event_id: UUID


def read_books(session: Session, agreement_id: int) -> Books:
    """Return what an agreement has settled so far."""
    return Books(
        decided=_decided(session, agreement_id),
        legs=_legs(session, agreement_id),
        frozen=find_frozen(session, agreement_id),
        standing=_standing(session, agreement_id),
    )


def _decided(session: Session, agreement_id: int) -> tuple[Decided, ...]:
    rows = session.execute(
        select(CLAIM.c.code, DECISION.c.round, DECISION.c.body)
        .join(CLAIM, CLAIM.c.id == SETTLEMENT.c.claim_id)
        .join(
            DECISION,
            (DECISION.c.claim_id == SETTLEMENT.c.claim_id) & (DECISION.c.round == SETTLEMENT.c.round),
        )
        .where(SETTLEMENT.c.agreement_id == agreement_id)
        .order_by(SETTLEMENT.c.position)
    )
    books = Books()
    for row in rows:
        results, nothing = read_decision(bytes(row.body))
        decided = Decided(claim=row.code, round=row.round, results=results, nothing=nothing)
        books = Books(decided=books.deciding(decided))
    return books.decided


def _legs(session: Session, agreement_id: int) -> dict[LegName, int]:
    """Sum what was obligated, without what was given up before it was carried out."""
    legs = (OBLIGATION.c.clause, OBLIGATION.c.period, OBLIGATION.c.payer, OBLIGATION.c.payee)
    same = PAYOUT.c.settlement_id == OBLIGATION.c.settlement_id
    for column in legs:
        same &= PAYOUT.c[column.name] == column
    rows = session.execute(
        select(*legs, OBLIGATION.c.members, func.sum(OBLIGATION.c.due).label("due"))
        .join(SETTLEMENT, SETTLEMENT.c.id == OBLIGATION.c.settlement_id)
        .outerjoin(PAYOUT, same)
        .outerjoin(PAYOUT_VOID, PAYOUT_VOID.c.payout_id == PAYOUT.c.id)
        .where(SETTLEMENT.c.agreement_id == agreement_id, PAYOUT_VOID.c.payout_id.is_(None))
        .group_by(*legs, OBLIGATION.c.members)
    )
    return {
        (row.clause, row.period, read_members(row.members), row.payer, row.payee): int(row.due)
        for row in rows
    }


def find_frozen(session: Session, agreement_id: int) -> dict[LegName, int]:
    """Return what open disputes keep back, by leg."""
    bodies = session.scalars(
        select(FROZEN.c.body)
        .join(DISPUTE, DISPUTE.c.id == FROZEN.c.dispute_id)
        .outerjoin(RESOLUTION, RESOLUTION.c.dispute_id == DISPUTE.c.id)
        .where(DISPUTE.c.agreement_id == agreement_id, RESOLUTION.c.dispute_id.is_(None))
    )
    frozen: dict[LegName, int] = {}
    for body in bodies:
        for row in json.loads(body):
            name = (row["clause"], row["period"], tuple(row["members"]), row["payer"], row["payee"])
            frozen[name] = frozen.get(name, 0) + int(row["amount"])
    return frozen


def _standing(session: Session, agreement_id: int) -> dict[KeyName, Standing]:
    keys = (ENTITLEMENT.c.clause, ENTITLEMENT.c.period, ENTITLEMENT.c.members)
    last = (
        select(*keys, func.max(ENTITLEMENT.c.settlement_id).label("last"))
        .join(SETTLEMENT, SETTLEMENT.c.id == ENTITLEMENT.c.settlement_id)
        .where(SETTLEMENT.c.agreement_id == agreement_id)
        .group_by(*keys)
        .subquery()
    )
    same = ENTITLEMENT.c.settlement_id == last.c.last
    for column in keys:
        same &= last.c[column.name] == column
    rows = session.execute(select(*keys, ENTITLEMENT.c.earned, ENTITLEMENT.c.entitled).join(last, same))
    return {(row.clause, row.period, read_members(row.members)): (row.earned, row.entitled) for row in rows}


def next_position(session: Session, agreement_id: int) -> int:
    """Return the next place in an agreement's order of settlements."""
    query = select(func.max(SETTLEMENT.c.position)).where(SETTLEMENT.c.agreement_id == agreement_id)
    return (session.scalar(query) or 0) + 1


def keep_settlement(
    session: Session,
    agreement_id: int,
    position: int,
    cause: Cause,
    *,
    as_of: date,
    event_id: UUID,
    decision: tuple[int, int] | None = None,
    amendment_id: int | None = None,
) -> int:
    """Take a place in an agreement's order of settlements; the database gives each place once.

    Raises
    ------
    Busy
        When another session took it at the same moment.
    """
    claim_id, number = decision or (None, None)
    try:
        session.execute(
            insert(SETTLEMENT).values(
                agreement_id=agreement_id,
                position=position,
                cause=cause,
                claim_id=claim_id,
                round=number,
                amendment_id=amendment_id,
                as_of=as_of,
                event_id=event_id,
            )
        )
    except IntegrityError as fault:
        raise Busy(
            "Another settlement of this agreement was made at the same moment. Nothing was paid; try again."
        ) from fault
    query = select(SETTLEMENT.c.id).where(
        SETTLEMENT.c.agreement_id == agreement_id, SETTLEMENT.c.position == position
    )
    return int(session.scalars(query).one())


def keep_entitlements(session: Session, settlement_id: int, rows: Iterable[Entitlement]) -> None:
    """Write what changed under each clause, and who owes whom by it."""
    entitled, owed = [], []
    for row in rows:
        key = {
            "settlement_id": settlement_id,
            "clause": row.clause,
            "period": row.period,
            "members": members_text(row.members),
        }
        trace = [{"inputs": list(x.inputs), "op": x.op, "path": x.path, "value": x.value} for x in row.trace]
        entitled.append(
            key
            | {
                "earned": row.earned,
                "entitled": row.entitled,
                "due": row.due,
                "cuts": canonical_bytes({name: str(cut) for name, cut in row.cuts}),
                "trace": canonical_bytes(trace),
            }
        )
        owed += [key | {"payer": payer, "payee": payee, "due": due} for payer, payee, due in row.legs if due]
    if entitled:
        session.execute(insert(ENTITLEMENT), entitled)
    if owed:
        session.execute(insert(OBLIGATION), owed)


def keep_payout(
    session: Session,
    identity: UUID,
    settlement_id: int,
    agreement_id: int,
    planned: PlannedPayout,
    *,
    payee_id: int | None,
) -> None:
    """Write what one party owes another."""
    session.execute(
        insert(PAYOUT).values(
            id=identity,
            settlement_id=settlement_id,
            agreement_id=agreement_id,
            clause=planned.clause,
            period=planned.period,
            payer=planned.payer,
            payee=planned.payee,
            payee_id=payee_id,
            unit=planned.unit,
            amount=abs(planned.amount),
            direction="out" if planned.amount > 0 else "back",
            route=planned.route,
        )
    )


def keep_paid(session: Session, row: AnyRow, txn_id: UUID, amount: int) -> None:
    """Write that a transaction carried out a payout, or brought back a part of one."""
    taken = session.scalar(
        select(func.count()).select_from(PAYOUT_PAID).where(PAYOUT_PAID.c.payout_id == row.id)
    )
    session.execute(
        insert(PAYOUT_PAID).values(
            payout_id=row.id,
            direction=row.direction,
            n=(taken or 0) + 1,
            whole=amount if row.direction == "out" else None,
            amount=amount,
            txn_id=txn_id,
        )
    )


def keep_void(session: Session, payout_id: UUID, event_id: UUID) -> None:
    """Write that a payout was given up before it was carried out."""
    session.execute(insert(PAYOUT_VOID).values(payout_id=payout_id, event_id=event_id))


def carried_out() -> ColumnElement[int]:
    """Sum what was carried out of a payout: looked up for each one that is asked about, not for all."""
    of_it = select(func.sum(PAYOUT_PAID.c.amount)).where(PAYOUT_PAID.c.payout_id == PAYOUT.c.id)
    return func.coalesce(of_it.correlate(PAYOUT).scalar_subquery(), 0)


def payouts_of() -> Any:  # noqa: ANN401  # SQLAlchemy's Select of many columns has no useful type
    """Return the query of payouts with what became of them, to be narrowed."""
    return (
        select(
            PAYOUT,
            AGREEMENT.c.code.label("agreement"),
            SETTLEMENT.c.position,
            SETTLEMENT.c.round,
            CLAIM.c.code.label("claim"),
            PARTY.c.code.label("party"),
            carried_out().label("done"),
            PAYOUT_WAIT.c.proposal_id,
            PAYOUT_VOID.c.payout_id.label("voided"),
            REJECTION.c.proposal_id.label("rejected"),
        )
        .join(AGREEMENT, AGREEMENT.c.id == PAYOUT.c.agreement_id)
        .join(SETTLEMENT, SETTLEMENT.c.id == PAYOUT.c.settlement_id)
        .outerjoin(CLAIM, CLAIM.c.id == SETTLEMENT.c.claim_id)
        .outerjoin(PARTY, PARTY.c.id == PAYOUT.c.payee_id)
        .outerjoin(PAYOUT_WAIT, newest_wait())
        .outerjoin(REJECTION, REJECTION.c.proposal_id == PAYOUT_WAIT.c.proposal_id)
        .outerjoin(PAYOUT_VOID, PAYOUT_VOID.c.payout_id == PAYOUT.c.id)
    )


_IN_ORDER = (SETTLEMENT.c.position, PAYOUT.c.clause, PAYOUT.c.period, PAYOUT.c.payer, PAYOUT.c.payee)


def list_payout_rows(
    session: Session, agreement_id: int, positions: Iterable[int] | None = None
) -> Sequence[AnyRow]:
    """Return an agreement's payouts in the order of settlements: of all of them, or of some."""
    query = payouts_of().where(PAYOUT.c.agreement_id == agreement_id)
    if positions is not None:
        query = query.where(SETTLEMENT.c.position.in_(list(positions)))
    return list(session.execute(query.order_by(*_IN_ORDER)))


def list_payout_page(
    session: Session,
    agreement_id: int,
    *,
    after: Sequence[str | int] | None,
    limit: int,
    ends: Collection[str] | None = None,
    claim: str = "",
    waiting: bool = False,
) -> Sequence[AnyRow]:
    """Return some of an agreement's payouts, in the same order.

    Parameters
    ----------
    session : Session
        The caller's.
    agreement_id : int [row number]
        Of the agreement.
    after : sequence or None
        Position, clause, period, payer and payee of the last that was seen.
    limit : int [rows]
        At most so many.
    ends : collection of str or None
        Only those that one of these names pays or gets, or that go to a party of these codes.
    claim : str
        Only those that rest on it.
    waiting : bool
        Only those that wait for approval.
    """
    query = payouts_of().where(PAYOUT.c.agreement_id == agreement_id)
    if after is not None:
        query = query.where(tuple_(*_IN_ORDER) > tuple_(*after))
    if ends is not None:
        named = [column.in_(list(ends)) for column in (PAYOUT.c.payer, PAYOUT.c.payee, PARTY.c.code)]
        query = query.where(or_(*named))
    if claim:
        query = query.where(CLAIM.c.code == claim)
    if waiting:
        open_ones = (
            PAYOUT_WAIT.c.proposal_id.is_not(None),
            PAYOUT_VOID.c.payout_id.is_(None),
            REJECTION.c.proposal_id.is_(None),
        )
        query = query.where(*open_ones, carried_out() == 0)
    return list(session.execute(query.order_by(*_IN_ORDER).limit(limit)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutLeg:
    """What one payout that stands comes to under one leg.

    Attributes
    ----------
    payout : UUID
        Which.
    claim : str
        By whose settlement; empty for a calendar or an amendment.
    name : LegName
        Clause, period, members, payer and payee.
    due : int [minor units]
        Below zero where it is returned.
    """

    payout: UUID
    claim: str
    name: LegName
    due: int


def list_payout_legs(session: Session, agreement_id: int) -> tuple[PayoutLeg, ...]:
    """Return payouts leg by leg, without what was given up."""
    ends = (OBLIGATION.c.clause, OBLIGATION.c.period, OBLIGATION.c.payer, OBLIGATION.c.payee)
    same = PAYOUT.c.settlement_id == OBLIGATION.c.settlement_id
    for column in ends:
        same &= PAYOUT.c[column.name] == column
    rows = session.execute(
        select(*ends, OBLIGATION.c.members, OBLIGATION.c.due, PAYOUT.c.id, CLAIM.c.code)
        .join(PAYOUT, same)
        .join(SETTLEMENT, SETTLEMENT.c.id == OBLIGATION.c.settlement_id)
        .outerjoin(CLAIM, CLAIM.c.id == SETTLEMENT.c.claim_id)
        .outerjoin(PAYOUT_VOID, PAYOUT_VOID.c.payout_id == PAYOUT.c.id)
        .where(SETTLEMENT.c.agreement_id == agreement_id, PAYOUT_VOID.c.payout_id.is_(None))
    )
    return tuple(
        PayoutLeg(
            payout=row.id,
            claim=row.code or "",
            name=(row.clause, row.period, read_members(row.members), row.payer, row.payee),
            due=int(row.due),
        )
        for row in rows
    )


def find_payout_row(session: Session, payout_id: UUID) -> AnyRow:
    """Return a payout."""
    row: AnyRow | None = session.execute(payouts_of().where(PAYOUT.c.id == payout_id)).one_or_none()
    if row is None:
        raise Missing(f"There is no payout {payout_id}.", what="payout", code=str(payout_id))
    return row


def find_payout_of(session: Session, txn_id: UUID) -> UUID | None:
    """Return the payout that a transaction carried out, if any."""
    return session.scalar(select(PAYOUT_PAID.c.payout_id).where(PAYOUT_PAID.c.txn_id == txn_id))


def list_paid(session: Session, payout_ids: Iterable[UUID]) -> Mapping[UUID, tuple[UUID, ...]]:
    """Return the transactions that carried payouts out, in order."""
    found: dict[UUID, tuple[UUID, ...]] = {}
    rows = session.execute(
        select(PAYOUT_PAID.c.payout_id, PAYOUT_PAID.c.txn_id)
        .where(PAYOUT_PAID.c.payout_id.in_(list(payout_ids)))
        .order_by(PAYOUT_PAID.c.payout_id, PAYOUT_PAID.c.n)
    )
    for row in rows:
        found[row.payout_id] = (*found.get(row.payout_id, ()), row.txn_id)
    return found


def list_settlements(session: Session, agreement_id: int) -> tuple[StoredSettlement, ...]:
    """Return an agreement's settlements in order."""
    rows = session.execute(
        select(SETTLEMENT, CLAIM.c.code)
        .outerjoin(CLAIM, CLAIM.c.id == SETTLEMENT.c.claim_id)
        .where(SETTLEMENT.c.agreement_id == agreement_id)
        .order_by(SETTLEMENT.c.position)
    )
    return tuple(
        StoredSettlement(
            id=row.id,
            position=row.position,
            cause=row.cause,
            claim=row.code or "",
            round=row.round or 0,
            as_of=row.as_of,
            event_id=row.event_id,
        )
        for row in rows
    )


def list_entitlement_rows(session: Session, settlement_ids: Iterable[int]) -> Sequence[AnyRow]:
    """Return what changed by some settlements, in order."""
    keys = (ENTITLEMENT.c.settlement_id, ENTITLEMENT.c.clause, ENTITLEMENT.c.period, ENTITLEMENT.c.members)
    query = select(ENTITLEMENT).where(ENTITLEMENT.c.settlement_id.in_(list(settlement_ids))).order_by(*keys)
    return list(session.execute(query))


def find_units(session: Session, codes: Iterable[str]) -> dict[str, Unit]:
    """Return units by code."""
    return {code: find_unit(session, code) for code in sorted(set(codes))}
