"""Who and what a book knows: units, parties, funds, earmarks and accounts.

Each ``find_…`` raises ``Missing`` with the name that was asked for; each ``keep_…`` writes a row once and,
asked again with the same content, leaves it alone; other content under a taken code is ``AlreadyExists``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table, insert, select
from sqlalchemy.orm import Session

from ..accounts import Account
from ..earmarks import Earmark
from ..errors import AlreadyExists, CurrencyMismatch, Missing, UnknownUnit
from ..funds import PooledFund
from ..parties import Party
from ..units import Unit
from .tables import ACCOUNT, BOOK, EARMARK, FUND, LINE, PARTY, UNIT


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """An account with its row numbers.

    Attributes
    ----------
    id, fund_id, earmark_id : int [row number]
        Rows.
    account : Account
        Its identity.
    """

    id: int
    fund_id: int
    earmark_id: int
    account: Account


def find_unit(session: Session, code: str) -> Unit:
    """Return a registered unit."""
    row = session.execute(select(UNIT).where(UNIT.c.code == code)).one_or_none()
    if row is None:
        raise UnknownUnit(
            f"The unit {code!r} is not registered in this database. Register it first.", unit=code
        )
    return Unit(code=row.code, kind=row.kind, scale=row.scale, base_code=row.base_code)


def keep_unit(session: Session, unit: Unit) -> None:
    """Register a unit."""
    row = session.execute(select(UNIT).where(UNIT.c.code == unit.code)).one_or_none()
    if row is None:
        session.execute(
            insert(UNIT).values(code=unit.code, kind=unit.kind, base_code=unit.base_code, scale=unit.scale)
        )
    elif find_unit(session, unit.code) != unit:
        raise CurrencyMismatch(
            f"The unit {unit.code} is registered with {row.scale} digits as {row.kind}, "
            f"not with {unit.scale} digits as {unit.kind}.",
            unit=unit.code,
            digits=row.scale,
        )


def find_book_id(session: Session, code: str) -> int:
    """Return the row number of a book."""
    found = session.scalar(select(BOOK.c.id).where(BOOK.c.code == code))
    if found is None:
        raise Missing(f"There is no book {code!r} in this database.", what="book", code=code)
    return int(found)


def list_books(session: Session) -> tuple[str, ...]:
    """Return the codes of all books."""
    return tuple(session.scalars(select(BOOK.c.code).order_by(BOOK.c.code)))


def keep_book(session: Session, code: str, base: Unit) -> int:
    """Open a book and return its row number."""
    found = session.execute(select(BOOK).where(BOOK.c.code == code)).one_or_none()
    if found is not None:
        if found.base_unit != base.code:
            raise AlreadyExists(
                f"The book {code!r} exists and keeps {found.base_unit}, not {base.code}.",
                what="book",
                code=code,
            )
        return int(found.id)
    keep_unit(session, base)
    session.execute(insert(BOOK).values(code=code, base_unit=base.code))
    return find_book_id(session, code)


def keep_lines(session: Session, lines: Mapping[str, str]) -> None:
    """Register the lines of the source-and-use statement."""
    known = set(session.scalars(select(LINE.c.code)))
    missing = [{"code": code, "kind": kind} for code, kind in sorted(lines.items()) if code not in known]
    if missing:
        session.execute(insert(LINE), missing)


def _by_code(session: Session, table: Table, book_id: int, code: str, what: str) -> Row[*tuple[Any, ...]]:
    query = select(table).where(table.c.book_id == book_id, table.c.code == code)
    row = session.execute(query).one_or_none()
    if row is None:
        raise Missing(f"There is no {what} {code!r} in this book.", what=what, code=code)
    return row


def find_party_id(session: Session, book_id: int, code: str) -> int:
    """Return the row number of a party."""
    return int(_by_code(session, PARTY, book_id, code, "party").id)


def find_party(session: Session, book_id: int, code: str) -> Party:
    """Return a party."""
    row = _by_code(session, PARTY, book_id, code, "party")
    return Party(code=row.code, name=row.name, kind=row.kind, public_key=row.public_key)


def keep_party(session: Session, book_id: int, party: Party) -> int:
    """Register a party and return its row number."""
    row = session.execute(
        select(PARTY).where(PARTY.c.book_id == book_id, PARTY.c.code == party.code)
    ).one_or_none()
    if row is None:
        values = {"code": party.code, "name": party.name, "kind": party.kind, "public_key": party.public_key}
        session.execute(insert(PARTY).values(book_id=book_id, **values))
    elif (row.name, row.kind, row.public_key) != (party.name, party.kind, party.public_key):
        raise AlreadyExists(
            f"The party {party.code!r} is registered as {row.name!r} ({row.kind}), with another name, kind "
            "or key. Choose another code.",
            what="party",
            code=party.code,
            name=row.name,
        )
    return find_party_id(session, book_id, party.code)


def find_fund_id(session: Session, book_id: int, code: str) -> int:
    """Return the row number of a fund."""
    return int(_by_code(session, FUND, book_id, code, "fund").id)


def find_fund(session: Session, book: str, code: str) -> PooledFund:
    """Return a fund."""
    row = _by_code(session, FUND, find_book_id(session, book), code, "fund")
    return PooledFund(
        book=book, code=row.code, title=row.title, unit=find_unit(session, row.unit), draw_rule=row.draw_rule
    )


def list_funds(session: Session, book: str) -> tuple[PooledFund, ...]:
    """Return all funds of a book, by code."""
    book_id = find_book_id(session, book)
    codes = session.scalars(select(FUND.c.code).where(FUND.c.book_id == book_id).order_by(FUND.c.code)).all()
    return tuple(find_fund(session, book, code) for code in codes)


def keep_fund(session: Session, fund: PooledFund) -> int:
    """Open a fund and return its row number."""
    book_id = find_book_id(session, fund.book)
    keep_unit(session, fund.unit)
    row = session.execute(
        select(FUND).where(FUND.c.book_id == book_id, FUND.c.code == fund.code)
    ).one_or_none()
    if row is None:
        values = {"code": fund.code, "title": fund.title, "unit": fund.unit.code, "draw_rule": fund.draw_rule}
        session.execute(insert(FUND).values(book_id=book_id, **values))
    elif find_fund(session, fund.book, fund.code) != fund:
        raise AlreadyExists(
            f"The fund {fund.code!r} exists as {row.title!r} in {row.unit} with rule {row.draw_rule}.",
            what="fund",
            code=fund.code,
        )
    return find_fund_id(session, book_id, fund.code)


def find_earmark(session: Session, book_id: int, code: str) -> Earmark:
    """Return an earmark."""
    return Earmark.read(_by_code(session, EARMARK, book_id, code, "earmark").terms)


def find_earmark_id(session: Session, book_id: int, code: str) -> int:
    """Return the row number of an earmark."""
    return int(_by_code(session, EARMARK, book_id, code, "earmark").id)


def keep_earmark(session: Session, book_id: int, earmark: Earmark, wider: str | None = None) -> int:
    """Register an earmark and return its row number; ``wider`` names the one it narrows."""
    body = earmark.canonical_bytes()
    row = session.execute(
        select(EARMARK).where(EARMARK.c.book_id == book_id, EARMARK.c.code == earmark.code)
    ).one_or_none()
    if row is None:
        wider_id = find_earmark_id(session, book_id, wider) if wider else None
        digest = hashlib.sha256(body).digest()
        values = {"code": earmark.code, "wider_id": wider_id, "terms": body, "terms_sha256": digest}
        session.execute(insert(EARMARK).values(book_id=book_id, **values))
    elif row.terms != body:
        raise AlreadyExists(
            f"The earmark {earmark.code!r} exists with other terms. Choose another code.",
            what="earmark",
            code=earmark.code,
        )
    return find_earmark_id(session, book_id, earmark.code)


def keep_account(session: Session, book_id: int, account: Account) -> StoredAccount:
    """Open an account, or find it, by its identity."""
    earmark_id = find_earmark_id(session, book_id, account.earmark)
    fund_id = find_fund_id(session, book_id, account.fund)
    identity = (
        (ACCOUNT.c.book_id == book_id)
        & (ACCOUNT.c.path == account.path)
        & (ACCOUNT.c.unit == account.unit.code)
        & (ACCOUNT.c.earmark_id == earmark_id)
    )
    found = session.scalar(select(ACCOUNT.c.id).where(identity))
    if found is None:
        keep_unit(session, account.unit)
        session.execute(
            insert(ACCOUNT).values(
                book_id=book_id,
                fund_id=fund_id,
                earmark_id=earmark_id,
                path=account.path,
                unit=account.unit.code,
                role=account.role,
                normal=account.normal,
                floor=account.floor,
            )
        )
        found = session.scalar(select(ACCOUNT.c.id).where(identity))
    return StoredAccount(id=int(found or 0), fund_id=fund_id, earmark_id=earmark_id, account=account)
