"""Opening books, funds and earmarks, registering parties. Asked twice the same, nothing changes."""

from ..accounts import UNRESTRICTED, cash
from ..earmarks import Earmark, unrestricted
from ..errors import CurrencyMismatch
from ..funds import DrawRule, PooledFund
from ..ledger import LINES
from ..parties import Party
from ..records import registry
from ..storage import Session
from ..units import Unit


def open_book(session: Session, code: str, base: Unit) -> str:
    """Open a book: one set of parties, funds and accounts that is closed in itself.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    code : str
        Short name, unique in the database.
    base : Unit
        The currency in which the book is kept.

    Returns
    -------
    str
        The code.

    Raises
    ------
    AlreadyExists
        When the code belongs to a book in another currency.
    """
    book_id = registry.keep_book(session, code, base)
    registry.keep_lines(session, LINES)
    registry.keep_earmark(session, book_id, unrestricted())
    return code


def register_party(session: Session, book: str, party: Party) -> Party:
    """Register a party in a book.

    Raises
    ------
    AlreadyExists
        When the code belongs to another name, kind or key.
    """
    registry.keep_party(session, registry.find_book_id(session, book), party)
    return party


def open_fund(
    session: Session, book: str, code: str, unit: Unit, *, title: str, draw_rule: DrawRule = "pro_rata"
) -> PooledFund:
    """Open a pooled fund.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, code, title : str
        Its book, its short name and its name for people.
    unit : Unit
        The currency it keeps; ``accept_currency`` lets it hold others beside it.
    draw_rule : str
        Whose money is spent first: ``pro_rata`` or ``fifo``.

    Raises
    ------
    CurrencyMismatch
        When the unit is no currency.
    AlreadyExists, Missing
        When the code belongs to a fund with other properties; when there is no such book.
    """
    if unit.kind != "currency":
        raise CurrencyMismatch(
            f"A fund keeps a currency; {unit.code} is a unit of kind {unit.kind}. Book gifts in kind apart.",
            unit=unit.code,
        )
    fund = PooledFund(book=book, code=code, title=title, unit=unit, draw_rule=draw_rule)
    registry.keep_fund(session, fund)
    return fund


def accept_currency(session: Session, fund: PooledFund, unit: Unit) -> PooledFund:
    """Let a fund hold another currency than its own, apart from it, until it is exchanged or paid.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Which fund.
    unit : Unit
        A currency. Promises to grantees and agreements stay in the fund's own.

    Raises
    ------
    CurrencyMismatch
        When the unit is no currency.
    Missing
        When there is no such fund.
    """
    if unit.kind != "currency":
        raise CurrencyMismatch(
            f"A fund holds currencies; {unit.code} is a unit of kind {unit.kind}. Book gifts in kind apart.",
            unit=unit.code,
        )
    registry.keep_account(session, registry.find_book_id(session, fund.book), cash(fund.code, unit))
    return fund


def open_earmark(session: Session, book: str, earmark: Earmark, *, wider: str = UNRESTRICTED) -> Earmark:
    """Register an earmark; money under the wider one may move under it, never the other way.

    A use must be admitted by an earmark and by all that it narrows, and before the first of their last days.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    earmark : Earmark
        Its terms.
    wider : str
        Code of the earmark it narrows: a window of it.

    Raises
    ------
    AlreadyExists, Missing
        When the code belongs to other terms or narrows another earmark; when there is no such wider one.
    """
    registry.keep_earmark(session, registry.find_book_id(session, book), earmark, wider=wider)
    return earmark
