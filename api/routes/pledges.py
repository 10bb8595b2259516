"""Pledges over HTTP: made, signed, lapsed, and what is outstanding. Nothing here can be spent."""

from ...finance import acts
from ...finance.documents import Code
from ...finance.records import registry
from ..amounts import money_of
from ..door import Call
from ..operation import Operation
from ..paging import cut
from ..wire.pledges import (
    PledgeLapseRequest,
    PledgeList,
    PledgeMade,
    PledgePart,
    PledgePartList,
    PledgeQuery,
    PledgeReply,
    PledgeRequest,
    PledgeSignatureRequest,
)

PLEDGES = "/books/{book}/funds/{fund}/pledges"
EXAMPLE = {"giver": "meridian", "amount": "1000.00", "unit": "USD"}


def list_pledges(call: Call, fund: Code, query: PledgeQuery) -> PledgeList:
    """List what givers have promised to a fund and not yet paid in; givers see their own."""
    every = acts.list_promised(call.session, registry.find_fund(call.session, call.book, fund))
    found = [one for one in every if all(wanted in {None, one.giver} for wanted in (query.giver, call.own))]
    rows, after = cut(
        call, query, found, lambda one: (one.giver, one.outstanding.unit.code), name="pledge.list"
    )
    return PledgeList(items=[PledgeReply.of(one) for one in rows], next=after)


def list_ages(call: Call, fund: Code, query: PledgeQuery) -> PledgePartList:
    """List what givers owe a fund by the day they promised or signed it, oldest first."""
    every = acts.list_promise_parts(call.session, registry.find_fund(call.session, call.book, fund))
    found = [one for one in every if all(wanted in {None, one.giver} for wanted in (query.giver, call.own))]
    rows, after = cut(
        call,
        query,
        found,
        lambda one: (one.since.isoformat(), one.giver, one.amount.unit.code, one.signed),
        name="pledge.ages",
    )
    return PledgePartList(items=[PledgePart.of(one) for one in rows], next=after)


def make_pledge(call: Call, fund: Code, body: PledgeRequest) -> PledgeMade:
    """Record a promise to a fund; it raises nothing that can be spent."""
    made = acts.pledge(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.giver,
        money_of(call.session, body.amount, body.unit),
        key=call.key,
        clock=call.clock,
        details=body.details,
    )
    call.location = f"/books/{call.book}/funds/{fund}/pledges"
    return PledgeMade.of(made)


def sign_pledge(call: Call, fund: Code, body: PledgeSignatureRequest) -> PledgeMade:
    """Record that a giver signed for an amount: a pledge becomes receivable, and still cannot be spent."""
    made = acts.sign_pledge(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.giver,
        money_of(call.session, body.amount, body.unit),
        bytes.fromhex(body.agreement_sha256),
        key=call.key,
        clock=call.clock,
        details=body.details,
    )
    call.location = f"/books/{call.book}/funds/{fund}/pledges"
    return PledgeMade.of(made)


def lapse_pledge(call: Call, fund: Code, body: PledgeLapseRequest) -> PledgeMade:
    """Record that a promise, or a part of it, will not be paid in."""
    made = acts.lapse(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.giver,
        money_of(call.session, body.amount, body.unit),
        key=call.key,
        clock=call.clock,
        signed=body.signed,
        details=body.details,
    )
    call.location = f"/books/{call.book}/funds/{fund}/pledges"
    return PledgeMade.of(made)


def _giver(_call: Call, *, fund: Code, body: PledgeRequest) -> tuple[str]:  # noqa: ARG001  # named as the address names it
    return (body.giver,)


OPERATIONS = (
    Operation(
        name="pledge.list", method="GET", path=PLEDGES, handler=list_pledges, tag="pledges", narrows=True
    ),
    Operation(
        name="pledge.ages",
        method="GET",
        path=f"{PLEDGES}/ages",
        handler=list_ages,
        tag="pledges",
        narrows=True,
    ),
    Operation(
        name="pledge.make",
        method="POST",
        path=PLEDGES,
        handler=make_pledge,
        tag="pledges",
        status=201,
        owner=_giver,
        examples={"promise": EXAMPLE},
    ),
    Operation(
        name="pledge.sign",
        method="POST",
        path=f"{PLEDGES}/signatures",
        handler=sign_pledge,
        tag="pledges",
        status=201,
        owner=_giver,
        examples={"signed": {**EXAMPLE, "agreement_sha256": "0" * 64}},
    ),
    Operation(
        name="pledge.lapse",
        method="POST",
        path=f"{PLEDGES}/lapses",
        handler=lapse_pledge,
        tag="pledges",
        status=201,
        examples={"withdrawn": {**EXAMPLE, "note": "The giver withdrew."}},
    ),
)
