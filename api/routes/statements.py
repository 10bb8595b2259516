"""Statements over HTTP: sources and uses of a fund, and what became of one donor's money."""

from datetime import date

from ...finance import acts
from ...finance.documents import Code
from ...finance.records import registry
from ...finance.statements import DonorStatement
from ..amounts import unit_of
from ..door import Call
from ..operation import Operation
from ..wire.contributions import UseList
from ..wire.statements import (
    DonorStatementQuery,
    DonorStatementReply,
    DonorUseQuery,
    StatementQuery,
    StatementReply,
)
from .contributions import uses_page

DONOR = "/books/{book}/funds/{fund}/donor-statements/{giver}"


def read_statement(call: Call, fund: Code, query: StatementQuery) -> StatementReply:
    """Return sources and uses of a fund over a span of days, in one currency."""
    made = acts.make_statement(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        after=query.after,
        through=query.through,
        unit=unit_of(call.session, query.unit) if query.unit else None,
    )
    return StatementReply.of(made)


def read_donor_statement(
    call: Call, fund: Code, giver: Code, query: DonorStatementQuery
) -> DonorStatementReply:
    """Return what one donor gave to a fund, and what became of it, to the minor unit."""
    return DonorStatementReply.of(_made(call, fund, giver, query.unit, query.through))


def list_donor_uses(call: Call, fund: Code, giver: Code, query: DonorUseQuery) -> UseList:
    """List every payment a donor's money took part in, oldest first; what came back is negative."""
    made = _made(call, fund, giver, query.unit, query.through)
    return uses_page(call, query, made.uses, name="donor_statement.uses")


def _made(call: Call, fund: str, giver: str, unit: str | None, through: date | None) -> DonorStatement:
    return acts.donor_statement(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        giver,
        unit_of(call.session, unit) if unit else None,
        through=through,
    )


def _giver(_call: Call, *, fund: Code, giver: Code, query: object) -> tuple[str]:  # noqa: ARG001  # named as the handler names them
    return (giver,)


OPERATIONS = (
    Operation(
        name="statement.read",
        method="GET",
        path="/books/{book}/funds/{fund}/statement",
        handler=read_statement,
        tag="statements",
    ),
    Operation(
        name="donor_statement.read",
        method="GET",
        path=DONOR,
        handler=read_donor_statement,
        tag="statements",
        owner=_giver,
    ),
    Operation(
        name="donor_statement.uses",
        method="GET",
        path=f"{DONOR}/uses",
        handler=list_donor_uses,
        tag="statements",
        owner=_giver,
    ),
)
