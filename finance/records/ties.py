"""Rows of ties between parties, and what the ledger itself tells about them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, func, insert, literal, select
from sqlalchemy.orm import Session

from ..errors import Missing
from ..ties import Tie
from .registry import find_party_id
from .tables import ACCOUNT, CONTRIBUTION, EVENT, FUND, PARTY, POSTING, TIE, TIE_END, TXN

GRANTING = ("transfer", "payout")  # kinds that benefit who is paid; costs and charges buy a service


def keep_tie(session: Session, book_id: int, declared: Tie, event_id: UUID) -> None:
    """Write a tie."""
    session.execute(
        insert(TIE).values(
            book_id=book_id,
            from_id=find_party_id(session, book_id, declared.from_party),
            to_id=find_party_id(session, book_id, declared.to_party),
            kind=declared.kind,
            since=declared.since,
            source=declared.source,
            event_id=event_id,
        )
    )


def keep_tie_end(session: Session, tie_id: int, on: date, event_id: UUID) -> None:
    """Write the last day of a tie."""
    session.execute(insert(TIE_END).values(tie_id=tie_id, ended_on=on, event_id=event_id))


def list_ties(session: Session, book_id: int) -> tuple[tuple[int, Tie], ...]:
    """Return all ties of a book with their row numbers, oldest row first."""
    giver, taker = PARTY.alias("giver"), PARTY.alias("taker")
    rows = session.execute(
        select(
            TIE.c.id,
            TIE.c.kind,
            TIE.c.since,
            TIE.c.source,
            giver.c.code.label("from_code"),
            taker.c.code.label("to_code"),
            TIE_END.c.ended_on,
        )
        .join(giver, giver.c.id == TIE.c.from_id)
        .join(taker, taker.c.id == TIE.c.to_id)
        .outerjoin(TIE_END, TIE_END.c.tie_id == TIE.c.id)
        .where(TIE.c.book_id == book_id)
        .order_by(TIE.c.id)
    )
    return tuple(
        (
            row.id,
            Tie(
                kind=row.kind,
                from_party=row.from_code,
                to_party=row.to_code,
                since=row.since,
                source=row.source,
                until=row.ended_on,
            ),
        )
        for row in rows
    )


def find_tie(session: Session, book_id: int, asked: Tie) -> tuple[int, Tie]:
    """Return a tie by its parties, kind and first day, with its row number."""
    for row_id, known in list_ties(session, book_id):
        if replace(known, until=None, source="") == replace(asked, until=None, source=""):
            return row_id, known
    raise Missing(
        f"No tie is declared that {asked.from_party} {asked.kind} {asked.to_party} since {asked.since}.",
        what="tie",
        code=f"{asked.from_party} {asked.kind} {asked.to_party}",
    )


def list_sharing_key(session: Session, book_id: int, party: str) -> tuple[str, ...]:
    """Return the codes of other parties with the same public key."""
    key = select(PARTY.c.public_key).where(PARTY.c.book_id == book_id, PARTY.c.code == party)
    query = select(PARTY.c.code).where(
        PARTY.c.book_id == book_id, PARTY.c.code != party, PARTY.c.public_key == key.scalar_subquery()
    )
    return tuple(session.scalars(query.order_by(PARTY.c.code)))


def list_funds_given_to(
    session: Session, book_id: int, party: str, funds: Collection[str]
) -> tuple[str, ...]:
    """Return which of some funds a party has contributed to."""
    query = (
        select(FUND.c.code)
        .join(CONTRIBUTION, CONTRIBUTION.c.fund_id == FUND.c.id)
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .where(FUND.c.book_id == book_id, FUND.c.code.in_(sorted(funds)), PARTY.c.code == party)
        .distinct()
    )
    return tuple(session.scalars(query.order_by(FUND.c.code)))


def list_grants_to(
    session: Session, book_id: int, party: str, funds: Collection[str]
) -> tuple[tuple[str, UUID], ...]:
    """Return what some funds have transferred or paid out to a party: fund and transaction, oldest first.

    What was undone since does not count, nor do costs and charges.
    """
    undoing = TXN.alias("undoing")
    undone = select(undoing.c.id).where(undoing.c.parent_id == TXN.c.id, undoing.c.act == "reverse")
    named = f'"payee":"{party}"'.encode()
    query = (
        select(FUND.c.code, TXN.c.id)
        .join(POSTING, POSTING.c.txn_id == TXN.c.id)
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(EVENT, EVENT.c.id == TXN.c.id)
        .where(
            FUND.c.book_id == book_id,
            FUND.c.code.in_(sorted(funds)),
            TXN.c.kind.in_(GRANTING),
            TXN.c.act.in_(("posted", "post")),
            _holds(session, named),
            ~undone.exists(),
        )
        .distinct()
    )
    return tuple((row.code, row.id) for row in session.execute(query.order_by(FUND.c.code, TXN.c.id)))


def _holds(session: Session, part: bytes) -> ColumnElement[bool]:
    """Search the bytes of an event; codes of parties need no escape in JSON."""
    sought = literal(part, LargeBinary)
    if session.get_bind().dialect.name == "postgresql":
        return func.position(sought.op("IN")(EVENT.c.body)) > 0
    return func.instr(EVENT.c.body, sought) > 0
