"""Funds over HTTP: read where one stands, book a deposit."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from ...finance import acts
from ...finance.dates import Clock
from ...finance.ledger import Details
from ...finance.money import money
from ...finance.records import registry
from ...finance.storage import Engine, UnitOfWork
from ..identity import Identify, require_scope
from ..operations import ProblemRoute, read_body
from ..wire.funds import ContributionReply, ContributionRequest, FundReply

Body = Annotated[bytes, Depends(read_body)]
Key = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]*$"),
]


def fund_routes(engine: Engine, identify: Identify, clock: Clock) -> APIRouter:
    """Return the routes under ``/v1/books/{book}/funds``.

    Parameters
    ----------
    engine : Engine
        The database.
    identify : Identify
        Says who is asking.
    clock : Clock
        When deposits are recorded.
    """
    router = APIRouter(prefix="/v1/books/{book}/funds", route_class=ProblemRoute, tags=["funds"])

    @router.get("/{code}")
    def read_fund(book: str, code: str, request: Request) -> FundReply:
        """Return where a fund stands."""
        require_scope(identify(request), "funds:read")
        with UnitOfWork(engine) as session:
            fund = registry.find_fund(session, book, code)
            position = acts.position(session, fund)
        return FundReply.of(fund.title, position)

    @router.post("/{code}/contributions", status_code=201)
    def book_contribution(  # the framework passes each part of the request by name
        book: str, code: str, request: Request, response: Response, body: Body, idempotency_key: Key
    ) -> ContributionReply:
        """Book a deposit once per key; the same key and body give the same answer with status 200."""
        require_scope(identify(request), "funds:write")
        asked = ContributionRequest.read(body)
        with UnitOfWork(engine) as session:
            fund = registry.find_fund(session, book, code)
            made = acts.contribute(
                session,
                fund,
                asked.giver,
                money(asked.amount, registry.find_unit(session, asked.unit)),
                key=idempotency_key,
                clock=clock,
                earmark=asked.earmark,
                details=Details(note=asked.note),
            )
        if made.replayed:
            response.status_code = 200
        return ContributionReply.of(made)

    return router
