"""Contributions over HTTP: booked, listed, read, and followed to what they paid for."""

from collections import Counter
from collections.abc import Iterable

from ...finance import acts
from ...finance.contributions import Contribution
from ...finance.documents import Code
from ...finance.records import deposits, entries, registry
from ...finance.statements import Use
from ..amounts import money_of
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut, page_of, read_cursor
from ..wire.contributions import (
    ContributionList,
    ContributionMade,
    ContributionNumber,
    ContributionQuery,
    ContributionReply,
    ContributionRequest,
    IncomeRequest,
    UseList,
    UseReply,
)

CONTRIBUTIONS = "/books/{book}/funds/{fund}/contributions"


def list_contributions(call: Call, fund: Code, query: ContributionQuery) -> ContributionList:
    """List what came into a fund, in the order it was booked; givers see their own."""
    name = "contribution.list"
    registry.find_fund_id(call.session, call.book_id, fund)
    after = read_cursor(call, query, name)
    if call.own is not None and query.giver not in {None, call.own}:
        return ContributionList(items=[], next=None)
    rows = deposits.list_deposits(
        call.session,
        call.book_id,
        fund,
        above=int(after[0]) if after else 0,
        limit=query.limit + 1,
        giver=query.giver if call.own is None else call.own,
        kind=query.kind,
        earmark=query.earmark,
    )
    page, behind = page_of(call, query, rows, lambda one: (one.number,), name=name)
    return ContributionList(items=[ContributionReply.of(one) for one in page], next=behind)


def book_contribution(call: Call, fund: Code, body: ContributionRequest) -> ContributionMade:
    """Book a deposit that arrived."""
    made = acts.contribute(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.giver,
        money_of(call.session, body.amount, body.unit),
        key=call.key,
        clock=call.clock,
        earmark=body.earmark,
        from_pledge=body.from_pledge,
        details=body.details,
    )
    return told(call, made)


def receive_income(call: Call, fund: Code, body: IncomeRequest) -> ContributionMade:
    """Book income of the fund itself: what it earned, or interest that partners earned on its money."""
    made = acts.receive_income(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.payer,
        money_of(call.session, body.amount, body.unit),
        key=call.key,
        clock=call.clock,
        line=body.line,
        details=body.details,
    )
    return told(call, made)


def read_contribution(call: Call, fund: Code, contribution: ContributionNumber) -> ContributionReply:
    """Return a contribution and what is left of it."""
    found = deposits.find_deposit(call.session, call.book_id, fund, contribution)
    call.require_own(found.contribution.giver)
    return ContributionReply.of(found)


def list_contribution_uses(
    call: Call, fund: Code, contribution: ContributionNumber, query: PageQuery
) -> UseList:
    """List every payment a contribution took part in, oldest first; what came back is negative."""
    found = deposits.find_deposit(call.session, call.book_id, fund, contribution)
    call.require_own(found.contribution.giver)
    used = acts.uses(call.session, call.book, found.contribution.code)
    return uses_page(call, query, used, name="contribution.uses")


def told(call: Call, made: Contribution) -> ContributionMade:
    """Return a contribution just booked as the reply, and say where it is."""
    number = entries.find_contribution_ids(call.session, [made.code], call.book_id)[made.code]
    call.location = f"/books/{call.book}/funds/{made.fund}/contributions/{number}"
    return ContributionMade(
        number=number,
        code=made.code,
        fund=made.fund,
        giver=made.giver,
        earmark=made.earmark,
        kind=made.kind,
        amount=made.amount.text,
        unit=made.amount.unit.code,
        available_until=made.available_until,
    )


def uses_page(call: Call, query: PageQuery, used: Iterable[Use], *, name: str) -> UseList:
    """Return one page of uses, by day and transaction."""
    seen: Counter[str] = Counter()
    ordered = []
    for one in used:
        seen[str(one.transaction)] += 1
        ordered.append(
            ((one.effective_on.isoformat(), str(one.transaction), seen[str(one.transaction)]), one)
        )
    rows, after = cut(call, query, ordered, lambda one: one[0], name=name)
    return UseList(items=[UseReply.of(one) for _, one in rows], next=after)


OPERATIONS = (
    Operation(
        name="contribution.list",
        method="GET",
        path=CONTRIBUTIONS,
        handler=list_contributions,
        tag="contributions",
        narrows=True,
    ),
    Operation(
        name="contribution.book",
        method="POST",
        path=CONTRIBUTIONS,
        handler=book_contribution,
        tag="contributions",
        status=201,
        examples={"gift": {"giver": "meridian", "amount": "250.00", "unit": "USD"}},
    ),
    Operation(
        name="contribution.read",
        method="GET",
        path=f"{CONTRIBUTIONS}/{{contribution}}",
        handler=read_contribution,
        tag="contributions",
        narrows=True,
    ),
    Operation(
        name="contribution.uses",
        method="GET",
        path=f"{CONTRIBUTIONS}/{{contribution}}/uses",
        handler=list_contribution_uses,
        tag="contributions",
        narrows=True,
    ),
    Operation(
        name="income.receive",
        method="POST",
        path="/books/{book}/funds/{fund}/income",
        handler=receive_income,
        tag="contributions",
        status=201,
        examples={"interest": {"payer": "bank", "amount": "12.40", "unit": "USD"}},
    ),
)
