"""Opening books, funds and earmarks, registering parties. Asked twice the same, nothing changes."""

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
        The one currency it keeps.
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


def open_earmark(session: Session, book: str, earmark: Earmark) -> Earmark:
    """Register an earmark; money without restriction may move under it, never the other way.

    Raises
    ------
    AlreadyExists
        When the code belongs to other terms.
    """
    wider = unrestricted().code
    registry.keep_earmark(session, registry.find_book_id(session, book), earmark, wider=wider)
    return earmark
