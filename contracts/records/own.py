"""The agreements in which one party has a part, and the money between it and others, over a whole book."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, func, select, tuple_
from sqlalchemy.orm import Session

from ...finance.money import Money
from ...finance.records.registry import find_book_id
from ...finance.records.tables import PARTY
from ..agreement import AgreementState
from .settlements import AnyRow, find_units, payouts_of
from .tables import (
    AGREEMENT,
    AGREEMENT_DRAFT,
    AGREEMENT_MOVE,
    AGREEMENT_PARTY,
    AGREEMENT_SIGNATURE,
    PAYOUT,
    SETTLEMENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAgreement:
    """An agreement of a party.

    Attributes
    ----------
    names : tuple of str
        Under which the party signs it.
    to_sign : bool
        It is proposed, and the party has not signed under each of them.
    """

    code: str
    title: str
    state: AgreementState
    names: tuple[str, ...]
    to_sign: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSum:
    """What a party was paid under an agreement, waits for, has to return, and has returned."""

    agreement: str
    paid: Money
    waiting: Money
    to_return: Money
    returned: Money


def list_own_agreements(session: Session, book: str, party: str) -> tuple[OwnAgreement, ...]:
    """Return the agreements in which a party signs, newest first.

    Parameters
    ----------
    session : Session
        The caller's.
    book, party : str
        Codes.
    """
    moves, drafts = AGREEMENT_MOVE.alias(), AGREEMENT_DRAFT.alias()
    last_move = select(func.max(moves.c.no)).where(moves.c.agreement_id == AGREEMENT.c.id).scalar_subquery()
    last_draft = (
        select(func.max(drafts.c.version)).where(drafts.c.agreement_id == AGREEMENT.c.id).scalar_subquery()
    )
    signed = (AGREEMENT_SIGNATURE.c.agreement_id == AGREEMENT_PARTY.c.agreement_id) & (
        AGREEMENT_SIGNATURE.c.term_party == AGREEMENT_PARTY.c.term_party
    )
    query = (
        select(
            AGREEMENT.c.code,
            AGREEMENT_MOVE.c.state,
            AGREEMENT_DRAFT.c.body,
            AGREEMENT_PARTY.c.term_party,
            AGREEMENT_SIGNATURE.c.term_party.label("signed"),
        )
        .join(AGREEMENT_PARTY, AGREEMENT_PARTY.c.agreement_id == AGREEMENT.c.id)
        .join(PARTY, PARTY.c.id == AGREEMENT_PARTY.c.party_id)
        .join(AGREEMENT_MOVE, AGREEMENT_MOVE.c.agreement_id == AGREEMENT.c.id)
        .join(AGREEMENT_DRAFT, AGREEMENT_DRAFT.c.agreement_id == AGREEMENT.c.id)
        .outerjoin(AGREEMENT_SIGNATURE, signed)
        .where(AGREEMENT.c.book_id == find_book_id(session, book), PARTY.c.code == party)
        .where(AGREEMENT_MOVE.c.no == last_move, AGREEMENT_DRAFT.c.version == last_draft)
        .order_by(AGREEMENT.c.id.desc(), AGREEMENT_PARTY.c.term_party)
    )
    by_code: dict[str, list[AnyRow]] = {}
    for row in session.execute(query):
        by_code.setdefault(row.code, []).append(row)
    return tuple(
        OwnAgreement(
            code=code,
            title=json.loads(rows[0].body)["terms"]["title"],
            state=rows[0].state,
            names=tuple(row.term_party for row in rows),
            to_sign=rows[0].state == "proposed" and any(row.signed is None for row in rows),
        )
        for code, rows in by_code.items()
    )


def list_own_payouts(
    session: Session, book: str, party: str, *, after: Sequence[str | int] | None, limit: int
) -> Sequence[AnyRow]:
    """Return money owed or paid to a party, or to be returned by it, newest settlement first.

    Parameters
    ----------
    session : Session
        The caller's.
    book, party : str
        Codes.
    after : sequence or None
        Settlement (its row number, negative), clause, period, payer and payee of the last that was seen.
    limit : int [rows]
        At most so many.
    """
    newest = -SETTLEMENT.c.id
    query = payouts_of().add_columns(newest.label("order"), SETTLEMENT.c.as_of)
    query = query.where(AGREEMENT.c.book_id == find_book_id(session, book), PARTY.c.code == party)
    order = (newest, PAYOUT.c.clause, PAYOUT.c.period, PAYOUT.c.payer, PAYOUT.c.payee)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    return list(session.execute(query.order_by(*order).limit(limit)))


def sum_own_payouts(session: Session, book: str, party: str) -> tuple[OwnSum, ...]:
    """Return what a party was paid, waits for and has to return, by agreement and unit, by agreement.

    Parameters
    ----------
    session : Session
        The caller's.
    book, party : str
        Codes.
    """
    query = payouts_of().where(AGREEMENT.c.book_id == find_book_id(session, book), PARTY.c.code == party)
    rows = query.where(PAYOUT.c.route != "outside").subquery("mine")
    out, back = rows.c.direction == "out", rows.c.direction == "back"
    stands = rows.c.voided.is_(None)
    sums = (
        ("paid", out, rows.c.done),
        ("waiting", and_(out, stands, rows.c.done == 0), rows.c.amount),
        ("to_return", and_(back, stands), rows.c.amount - rows.c.done),
        ("returned", back, rows.c.done),
    )
    told = [func.sum(case((when, what), else_=0)).label(name) for name, when, what in sums]
    grouped = select(rows.c.agreement, rows.c.unit, *told).group_by(rows.c.agreement, rows.c.unit)
    found = session.execute(grouped.order_by(rows.c.agreement, rows.c.unit)).all()
    units = find_units(session, (row.unit for row in found))
    return tuple(
        OwnSum(
            agreement=row.agreement,
            **{name: Money(minor=int(getattr(row, name)), unit=units[row.unit]) for name, _, _ in sums},
        )
        for row in found
    )
