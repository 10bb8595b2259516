"""Earmarks over HTTP: opened and listed."""

from ...finance import acts
from ...finance.earmarks import Earmark
from ...finance.records import registry
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.earmarks import EarmarkLine, EarmarkList, EarmarkMade, EarmarkRequest


def list_earmarks(call: Call, query: PageQuery) -> EarmarkList:
    """List the earmarks of the book: what money under each may be used for, and until when."""
    found = registry.list_earmarks(call.session, call.book_id)
    rows, after = cut(call, query, found, lambda one: (one[0].code,), name="earmark.list")
    return EarmarkList(items=[EarmarkLine.of(one, wider) for one, wider in rows], next=after)


def open_earmark(call: Call, body: EarmarkRequest) -> EarmarkMade:
    """Open an earmark under a wider one; opened again with the same terms, it stays as it is."""
    earmark = Earmark(code=body.code, title=body.title, admits=body.admits, valid_until=body.valid_until)
    made = acts.open_earmark(call.session, call.book, earmark, wider=body.wider)
    call.location = f"/books/{call.book}/earmarks"
    return EarmarkMade(
        code=made.code,
        title=made.title,
        admits=dict(made.admits),
        valid_until=made.valid_until,
        wider=body.wider,
    )


OPERATIONS = (
    Operation(
        name="earmark.list",
        method="GET",
        path="/books/{book}/earmarks",
        handler=list_earmarks,
        tag="earmarks",
    ),
    Operation(
        name="earmark.open",
        method="POST",
        path="/books/{book}/earmarks",
        handler=open_earmark,
        tag="earmarks",
        status=201,
        examples={
            "region": {"code": "north", "title": "Northern districts", "admits": {"region": ["north"]}}
        },
    ),
)
