"""Transactions in the order they were recorded, whose they are, and what was deposited."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from ..contributions import Contribution
from ..documents import canonical_bytes
from ..errors import Missing
from ..money import Money
from . import lots
from .registry import find_unit
from .tables import ACCOUNT, CONTRIBUTION, DRAW, EVENT, FUND, PARTY, POSTING, TXN

DEPOSIT_LINES = ("contribution", "fund_income", "partner_interest")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """Which transactions of a book are listed; what is empty admits all.

    Attributes
    ----------
    kind, fund, party : str
        Kind of the transaction; code of a fund it touches; code of its payee, or of a giver whose money it
        moves.
    after, through : date or None
        The days ``(after, through]`` they count for.
    """

    kind: str = ""
    fund: str = ""
    party: str = ""
    after: date | None = None
    through: date | None = None


def list_transaction_ids(
    session: Session, book_id: int, wanted: JournalFilter, *, start: UUID | None, limit: int
) -> Sequence[UUID]:
    """Return the identities of posted transactions behind one of them, in the order of their identities.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    wanted : JournalFilter
        Which.
    start : UUID or None
        The last one seen; None for the first page.
    limit : int [rows]
        At most so many.
    """
    in_order = wanted.after is None and wanted.through is None
    book = TXN.c.book_id + 0 if in_order else TXN.c.book_id  # walk by identity, do not sort all by day
    query = select(TXN.c.id).where(book == book_id, TXN.c.act != "refused")
    if start is not None:
        query = query.where(TXN.c.id > start)
    if wanted.kind:
        query = query.where(TXN.c.kind == wanted.kind)
    if wanted.after is not None:
        query = query.where(TXN.c.effective_on > wanted.after)
    if wanted.through is not None:
        query = query.where(TXN.c.effective_on <= wanted.through)
    if wanted.fund:
        query = query.where(_touches(wanted.fund))
    if wanted.party:
        query = query.join(EVENT, EVENT.c.id == TXN.c.id)
        query = query.where(or_(_pays(session, wanted.party), _moves_money_of(wanted.party)))
    return session.scalars(query.order_by(TXN.c.id).limit(limit)).all()


def _touches(fund: str) -> ColumnElement[bool]:
    return (
        select(POSTING.c.txn_id)
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .where(POSTING.c.txn_id == TXN.c.id, FUND.c.code == fund)
        .exists()
    )


def _pays(session: Session, party: str) -> ColumnElement[bool]:
    """Find a payee in the bytes of the event; inside a text the quotes would be escaped."""
    sought = literal(b'"payee":' + canonical_bytes(party), LargeBinary)
    if session.get_bind().dialect.name == "postgresql":
        return func.position(sought.op("IN")(EVENT.c.body)) > 0
    return func.instr(EVENT.c.body, sought) > 0


def _moves_money_of(party: str) -> ColumnElement[bool]:
    return (
        select(DRAW.c.txn_id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == DRAW.c.contribution_id)
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .where(DRAW.c.txn_id == TXN.c.id, PARTY.c.code == party)
        .exists()
    )


def find_givers(session: Session, book_id: int, codes: Collection[str]) -> dict[str, str]:
    """Return the giver of each contribution."""
    query = (
        select(CONTRIBUTION.c.code, PARTY.c.code.label("giver"))
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .where(CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code.in_(sorted(codes)))
    )
    return {row.code: row.giver for row in session.execute(query)} if codes else {}


def find_deposit(session: Session, book_id: int, fund: str, code: str) -> Contribution:
    """Return a contribution to a fund with what was deposited under it, before fees.

    Raises
    ------
    Missing
        When this fund has no such contribution.
    """
    stored = lots.find_contribution(session, book_id, code)
    if stored.fund != fund:
        raise Missing(
            f"There is no contribution {code!r} in the fund {fund}.", what="contribution", code=code
        )
    unit = find_unit(session, stored.unit)
    query = (
        select(func.sum(-POSTING.c.side * DRAW.c.amount))
        .select_from(DRAW)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == DRAW.c.contribution_id)
        .join(POSTING, and_(POSTING.c.txn_id == DRAW.c.txn_id, POSTING.c.seq == DRAW.c.seq))
        .where(CONTRIBUTION.c.book_id == book_id, CONTRIBUTION.c.code == code)
        .where(POSTING.c.line.in_(DEPOSIT_LINES), POSTING.c.layer == "S")
    )
    return Contribution(
        code=code,
        fund=stored.fund,
        giver=stored.giver,
        earmark=stored.earmark,
        amount=Money(minor=int(session.scalar(query) or 0), unit=unit),
        kind=stored.kind,  # type: ignore[arg-type]  # the database admits these kinds only
    )
