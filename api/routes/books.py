"""Books and units over HTTP: opened, registered, listed, read."""

from ...finance import acts
from ...finance.documents import Code
from ...finance.records import registry
from ...finance.units import Unit, currency
from ..amounts import unit_of
from ..door import Call
from ..errors import RequestInvalid
from ..operation import Operation
from ..paging import PageQuery, cut
from ..records.books import find_book, list_books
from ..wire.books import (
    BookList,
    BookMade,
    BookReply,
    BookRequest,
    UnitList,
    UnitMade,
    UnitReply,
    UnitRequest,
)


def list_own_books(call: Call, query: PageQuery) -> BookList:
    """List the books in which the caller holds a role, and those with something published."""
    found = list_books(call.session, call.caller, call.now)
    rows, after = cut(call, query, found, lambda one: (one.code,), name="book.list")
    return BookList(items=[BookReply(code=one.code, unit=one.unit) for one in rows], next=after)


def open_book(call: Call, body: BookRequest) -> BookMade:
    """Open a book; opened again with the same currency, it stays as it is."""
    acts.open_book(call.session, body.code, unit_of(call.session, body.unit))
    call.location = f"/books/{body.code}"
    return BookMade(code=body.code, unit=body.unit)


def read_book(call: Call, book: Code) -> BookReply:
    """Return a book and the currency in which it is kept."""
    found = find_book(call.session, book)
    return BookReply(code=found.code, unit=found.unit)


def list_units(call: Call, query: PageQuery) -> UnitList:
    """List the units that amounts may be in: registered currencies, goods, and their values."""
    found = registry.list_units(call.session)
    rows, after = cut(call, query, found, lambda one: (one.code,), name="unit.list")
    return UnitList(items=[UnitReply.of(one) for one in rows], next=after)


def register_unit(call: Call, body: UnitRequest) -> UnitMade:
    """Register a unit, a currency or goods such as hours; all books of the installation share it."""
    unit = _unit(body)
    registry.keep_unit(call.session, unit)
    call.location = "/units"
    return UnitMade(code=unit.code, kind=unit.kind, scale=unit.scale, base=unit.base_code)


def _unit(body: UnitRequest) -> Unit:
    if body.kind != "currency":
        return Unit(code=body.code, kind=body.kind, scale=body.scale or 0)
    known = currency(body.code)
    if body.scale not in {None, known.scale}:
        raise RequestInvalid(
            f"{body.code} has {known.scale} decimal digits, not {body.scale}. Leave scale out.",
            digits=known.scale,
        )
    return known


OPERATIONS = (
    Operation(name="book.list", method="GET", path="/books", handler=list_own_books, tag="books"),
    Operation(
        name="book.open",
        method="POST",
        path="/books",
        handler=open_book,
        tag="books",
        status=201,
        examples={"book": {"code": "relief", "unit": "USD"}},
    ),
    Operation(name="book.read", method="GET", path="/books/{book}", handler=read_book, tag="books"),
    Operation(name="unit.list", method="GET", path="/units", handler=list_units, tag="units"),
    Operation(
        name="unit.register",
        method="POST",
        path="/books/{book}/units",
        handler=register_unit,
        tag="units",
        status=201,
        examples={
            "hours": {"code": "hour", "kind": "in_kind", "scale": 2},
            "euro": {"code": "EUR", "kind": "currency"},
        },
    ),
)
