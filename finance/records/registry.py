"""Who and what a book knows: units, parties, funds, earmarks and accounts.

Each ``find_…`` raises ``Missing`` with the name that was asked for; each ``keep_…`` writes a row once and,
asked again with the same content, leaves it alone; other content under a taken code is ``AlreadyExists``.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, Table, bindparam, insert, literal_column, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from ..accounts import Account
from ..earmarks import Earmark
from ..errors import AlreadyExists, CurrencyMismatch, Missing, UnknownUnit
from ..funds import PooledFund
from ..parties import Party
from ..units import Unit
from .known import recall, remember
from .tables import ACCOUNT, BOOK, EARMARK, FUND, LINE, PARTY, UNIT

# Built once: these are asked several times in every act, and building a query takes longer than its answer.
_BOOK_ID = select(BOOK.c.id).where(BOOK.c.code == bindparam("code"))
_UNIT = select(UNIT).where(UNIT.c.code == bindparam("code"))
_UNIT_OF_FUND = (UNIT.c.kind.label("unit_kind"), UNIT.c.base_code.label("unit_base"), UNIT.c.scale)
_LOCK = (
    select(FUND.c.id)
    .where(FUND.c.book_id == bindparam("book"), FUND.c.code.in_(bindparam("codes", expanding=True)))
    .order_by(FUND.c.id)
    .with_for_update(key_share=True)
)
_ACCOUNT = (
    select(
        ACCOUNT.c.id,
        ACCOUNT.c.fund_id,
        ACCOUNT.c.earmark_id,
        ACCOUNT.c.role,
        ACCOUNT.c.normal,
        ACCOUNT.c.floor,
        FUND.c.code,
    )
    .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
    .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
    .where(
        ACCOUNT.c.book_id == bindparam("book"),
        ACCOUNT.c.path == bindparam("path"),
        ACCOUNT.c.unit == bindparam("unit"),
        EARMARK.c.code == bindparam("earmark"),
    )
)


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


def insert_once(session: Session, table: Table, **values: object) -> bool:
    """Insert a row, unless another session has just inserted one of the same code; tell whether it is new.

    PostgreSQL waits for that other session. SQLite has one writer at a time, so nobody comes in between.
    """
    if session.get_bind().dialect.name == "postgresql":
        return session.execute(_inserted(table), values).first() is not None
    session.execute(insert(table), values)
    return True


@cache
def _inserted(table: Table) -> ReturningInsert[*tuple[Any, ...]]:
    return postgresql.insert(table).on_conflict_do_nothing().returning(literal_column("1"))


def lock_funds(session: Session, book_id: int, codes: Iterable[str]) -> None:
    """Keep other sessions from deciding on the same funds until this one commits or rolls back.

    What a fund can pay is read before it is posted; between the two nobody else may spend it. On SQLite
    the transaction holds the write lock anyway. A lock holds until the end of the transaction or savepoint
    that took it, so it is taken once.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    wanted = sorted(set(codes))
    asked = {"book": book_id, "codes": wanted}
    locked = ("locked", book_id, *wanted)
    recall(session, locked, lambda: tuple(session.scalars(_LOCK, asked)) or None)


def lock_fund(session: Session, book: str, code: str) -> int:
    """Lock one fund, see ``lock_funds``, and return the row number of its book."""
    book_id = find_book_id(session, book)
    find_fund_id(session, book_id, code)
    lock_funds(session, book_id, [code])
    return book_id


def find_unit(session: Session, code: str) -> Unit:
    """Return a registered unit."""
    unit = recall(session, ("unit", code), lambda: _read_unit(session, code))
    if unit is None:
        raise UnknownUnit(
            f"The unit {code!r} is not registered in this database. Register it first.", unit=code
        )
    return unit


def _read_unit(session: Session, code: str) -> Unit | None:
    row = session.execute(_UNIT, {"code": code}).one_or_none()
    if row is None:
        return None
    return Unit(code=row.code, kind=row.kind, scale=row.scale, base_code=row.base_code)


def list_units(session: Session) -> tuple[Unit, ...]:
    """Return all registered units, by code."""
    rows = session.execute(select(UNIT).order_by(UNIT.c.code))
    return tuple(Unit(code=row.code, kind=row.kind, scale=row.scale, base_code=row.base_code) for row in rows)


def keep_unit(session: Session, unit: Unit) -> None:
    """Register a unit."""
    if recall(session, ("unit", unit.code), lambda: _read_unit(session, unit.code)) is None:
        insert_once(session, UNIT, code=unit.code, kind=unit.kind, base_code=unit.base_code, scale=unit.scale)
    known = find_unit(session, unit.code)
    if known != unit:
        raise CurrencyMismatch(
            f"The unit {unit.code} is registered with {known.scale} digits as {known.kind}, "
            f"not with {unit.scale} digits as {unit.kind}.",
            unit=unit.code,
            digits=known.scale,
        )


def find_book_id(session: Session, code: str) -> int:
    """Return the row number of a book."""
    found = recall(session, ("book", code), lambda: session.scalar(_BOOK_ID, {"code": code}))
    if found is None:
        raise Missing(f"There is no book {code!r} in this database.", what="book", code=code)
    return int(found)


def keep_book(session: Session, code: str, base: Unit) -> int:
    """Open a book and return its row number."""
    query = select(BOOK).where(BOOK.c.code == code)
    found = session.execute(query).one_or_none()
    if found is None:
        keep_unit(session, base)
        insert_once(session, BOOK, code=code, base_unit=base.code)
        found = session.execute(query).one()
    if found.base_unit != base.code:
        raise AlreadyExists(
            f"The book {code!r} exists and keeps {found.base_unit}, not {base.code}.",
            what="book",
            code=code,
        )
    return int(found.id)


def keep_lines(session: Session, lines: Mapping[str, str]) -> None:
    """Register the lines of the source-and-use statement."""
    known = set(session.scalars(select(LINE.c.code)))
    for code, kind in sorted(lines.items()):
        if code not in known:
            insert_once(session, LINE, code=code, kind=kind)


@cache
def _of_code(table: Table) -> Select[*tuple[Any, ...]]:
    named = select(table).where(table.c.book_id == bindparam("book"), table.c.code == bindparam("code"))
    return (
        named
        if table is not FUND
        else named.add_columns(*_UNIT_OF_FUND).join(UNIT, UNIT.c.code == FUND.c.unit)
    )


def _by_code(session: Session, table: Table, book_id: int, code: str, what: str) -> Row[*tuple[Any, ...]]:
    asked = {"book": book_id, "code": code}
    row = recall(
        session,
        (table.name, book_id, code),
        lambda: session.execute(_of_code(table), asked).one_or_none(),
    )
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


def find_party_names(session: Session, book_id: int, codes: Iterable[str]) -> dict[str, str]:
    """Return the names of parties by their codes."""
    asked = select(PARTY.c.code, PARTY.c.name).where(
        PARTY.c.book_id == book_id, PARTY.c.code.in_(list(codes))
    )
    return {row.code: row.name for row in session.execute(asked)}


def list_parties(session: Session, book_id: int) -> tuple[Party, ...]:
    """Return the parties of a book, by code."""
    rows = session.execute(select(PARTY).where(PARTY.c.book_id == book_id).order_by(PARTY.c.code))
    return tuple(
        Party(code=row.code, name=row.name, kind=row.kind, public_key=row.public_key) for row in rows
    )


def keep_party(session: Session, book_id: int, party: Party) -> int:
    """Register a party and return its row number."""
    query = select(PARTY).where(PARTY.c.book_id == book_id, PARTY.c.code == party.code)
    row = session.execute(query).one_or_none()
    if row is None:
        values = {"code": party.code, "name": party.name, "kind": party.kind, "public_key": party.public_key}
        insert_once(session, PARTY, book_id=book_id, **values)
        row = session.execute(query).one()
    if (row.name, row.kind, row.public_key) != (party.name, party.kind, party.public_key):
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
    unit = Unit(code=row.unit, kind=row.unit_kind, scale=row.scale, base_code=row.unit_base)
    remember(session, ("unit", unit.code), unit)
    return PooledFund(book=book, code=row.code, title=row.title, unit=unit, draw_rule=row.draw_rule)


def list_funds(session: Session, book: str) -> tuple[PooledFund, ...]:
    """Return all funds of a book, by code."""
    book_id = find_book_id(session, book)
    codes = session.scalars(select(FUND.c.code).where(FUND.c.book_id == book_id).order_by(FUND.c.code)).all()
    return tuple(find_fund(session, book, code) for code in codes)


def keep_fund(session: Session, fund: PooledFund) -> int:
    """Open a fund and return its row number."""
    book_id = find_book_id(session, fund.book)
    keep_unit(session, fund.unit)
    query = select(FUND).where(FUND.c.book_id == book_id, FUND.c.code == fund.code)
    row = session.execute(query).one_or_none()
    if row is None:
        values = {"code": fund.code, "title": fund.title, "unit": fund.unit.code, "draw_rule": fund.draw_rule}
        insert_once(session, FUND, book_id=book_id, **values)
        row = session.execute(query).one()
    if find_fund(session, fund.book, fund.code) != fund:
        raise AlreadyExists(
            f"The fund {fund.code!r} exists as {row.title!r} in {row.unit} with rule {row.draw_rule}.",
            what="fund",
            code=fund.code,
        )
    return find_fund_id(session, book_id, fund.code)


def find_earmark(session: Session, book_id: int, code: str) -> Earmark:
    """Return an earmark."""
    return Earmark.read(_by_code(session, EARMARK, book_id, code, "earmark").terms)


def list_earmarks(session: Session, book_id: int) -> tuple[tuple[Earmark, str], ...]:
    """Return all earmarks of a book by code, each with the code of the one it narrows, empty without one."""
    wider = EARMARK.alias("wider")
    query = (
        select(EARMARK.c.terms, wider.c.code)
        .join(wider, wider.c.id == EARMARK.c.wider_id, isouter=True)
        .where(EARMARK.c.book_id == book_id)
        .order_by(EARMARK.c.code)
    )
    return tuple((Earmark.read(row.terms), row.code or "") for row in session.execute(query))


def find_earmark_id(session: Session, book_id: int, code: str) -> int:
    """Return the row number of an earmark."""
    return int(_by_code(session, EARMARK, book_id, code, "earmark").id)


def keep_earmark(session: Session, book_id: int, earmark: Earmark, wider: str | None = None) -> int:
    """Register an earmark and return its row number; ``wider`` names the one it narrows."""
    body = earmark.canonical_bytes()
    wider_id = find_earmark_id(session, book_id, wider) if wider else None
    query = select(EARMARK).where(EARMARK.c.book_id == book_id, EARMARK.c.code == earmark.code)
    row = session.execute(query).one_or_none()
    if row is None:
        digest = hashlib.sha256(body).digest()
        values = {"code": earmark.code, "wider_id": wider_id, "terms": body, "terms_sha256": digest}
        insert_once(session, EARMARK, book_id=book_id, valid_until=earmark.valid_until, **values)
        row = session.execute(query).one()
    if row.terms != body or row.wider_id != wider_id:
        raise AlreadyExists(
            f"The earmark {earmark.code!r} exists with other terms or under another. Choose another code.",
            what="earmark",
            code=earmark.code,
        )
    return find_earmark_id(session, book_id, earmark.code)


def find_account(session: Session, book_id: int, account: Account) -> StoredAccount | None:
    """Return an account with its row numbers, if it is open.

    Raises
    ------
    AlreadyExists
        When its path belongs to an account of another fund, role, side or floor.
    """
    asked = {
        "book": book_id,
        "path": account.path,
        "unit": account.unit.code,
        "earmark": account.earmark,
    }
    row = session.execute(_ACCOUNT, asked).one_or_none()
    if row is None:
        find_fund_id(session, book_id, account.fund)
        find_earmark_id(session, book_id, account.earmark)
        return None
    known = (row.code, row.role, row.normal, row.floor)
    if known != (account.fund, account.role, account.normal, account.floor):
        raise AlreadyExists(
            f"The account {account.path!r} exists with another fund, role, side or floor: choose another.",
            what="account",
            code=account.path,
        )
    return StoredAccount(id=row.id, fund_id=row.fund_id, earmark_id=row.earmark_id, account=account)


def keep_account(session: Session, book_id: int, account: Account) -> StoredAccount:
    """Open an account, or find it, by its identity."""
    stored = find_account(session, book_id, account)
    if stored is not None:
        return stored
    keep_unit(session, account.unit)
    insert_once(
        session,
        ACCOUNT,
        book_id=book_id,
        fund_id=find_fund_id(session, book_id, account.fund),
        earmark_id=find_earmark_id(session, book_id, account.earmark),
        path=account.path,
        unit=account.unit.code,
        role=account.role,
        normal=account.normal,
        floor=account.floor,
    )
    opened = find_account(session, book_id, account)
    if opened is None:
        raise Missing(f"The account {account.path!r} was not opened.", what="account", code=account.path)
    return opened
