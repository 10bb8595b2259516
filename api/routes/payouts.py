"""Payouts over HTTP: previewed, listed, traced, carried out, taken back."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ...contracts.acts import recovering, settling, showing, tracing
from ...contracts.records import claims, settlements
from ...contracts.records.agreements import StoredAgreement
from ...contracts.settlement import Payout
from ...finance.documents import Code
from ...finance.errors import Missing
from ...finance.ledger import Details
from ...finance.money import Money, money
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, page_of, read_cursor
from ..parts import find_stored, names_of, own_ends
from ..wire.payouts import (
    PayoutLine,
    PayoutList,
    PayoutMade,
    PayoutPreview,
    PayoutReply,
    PreviewLeg,
    PreviewTotal,
    ReturnRequest,
)
from ..wire.trails import PayoutTraceReply, PayoutTrailReply
from .claims import claimed_by

AGREEMENT = "/books/{book}/agreements/{agreement}"
PAYOUTS = f"{AGREEMENT}/payouts"
PAYOUT = f"{PAYOUTS}/{{payout}}"


class PayoutQuery(PageQuery):
    """Which payouts of an agreement."""

    claim: Annotated[Code | None, Field(description="Only what rests on this claim.")] = None
    waiting: Annotated[bool, Field(description="Only what waits for approval.")] = False


def list_payouts(call: Call, agreement: Code, query: PayoutQuery) -> PayoutList:
    """List what is owed and was paid under an agreement, in the order of settlements."""
    stored = find_stored(call, agreement)
    own = None if call.access.otherwise else call.own
    rows = settlements.list_payout_page(
        call.session,
        stored.id,
        after=read_cursor(call, query, f"payout.list/{agreement}"),
        limit=query.limit + 1,
        ends=None if own is None else {own, *names_of(stored, own)},
        claim=query.claim or "",
        waiting=query.waiting,
    )
    found = showing.show_rows(call.session, rows)
    page, after = page_of(
        call,
        query,
        found,
        lambda one: (one.position, one.clause, one.period, one.payer, one.payee),
        name=f"payout.list/{agreement}",
    )
    return PayoutList(items=[PayoutLine.of(one) for one in page], next=after)


def read_payout(call: Call, agreement: Code, payout: UUID) -> PayoutReply:
    """Return a payout, and what became of it."""
    return PayoutReply.whole(_find(call, find_stored(call, agreement), payout))


def trace_payout(call: Call, agreement: Code, payout: UUID) -> PayoutTraceReply:
    """Return which clause made a payout due, in the words of the terms, with every operation."""
    _find(call, find_stored(call, agreement), payout)
    trace = tracing.trace_payout(call.session, call.book, payout)
    return PayoutTraceReply.of(trace, masked=call.access.masked)


def trail_payout(call: Call, agreement: Code, payout: UUID) -> PayoutTrailReply:
    """Follow a payout from the givers over clause, claim and finding to the signed log.

    The public, judges and administrators see no givers, no evidence, and nothing of single members.
    """
    _find(call, find_stored(call, agreement), payout)
    trace = tracing.trace_payout(call.session, call.book, payout)
    return PayoutTrailReply.of(trace, masked=call.access.masked)


def preview_payout(call: Call, agreement: Code, claim: Code) -> PayoutPreview:
    """Say what settling a claim would change now: on its finding, or as claimed where there is none."""
    stored = find_stored(call, agreement)
    made = claims.find_claim(call.session, stored, claim).claim
    decisions = claims.decisions_in_force(call.session, stored)
    found = next((one for one in decisions if one.claim == claim), None)
    settled = {one.claim: one.round for one in settlements.read_books(call.session, stored.id).decided}
    changes = settling.changes_of(
        call.session, stored, claim, clock=call.clock, claimed=() if found else made.results
    )
    units = showing.clause_units(stored)
    legs = [
        PreviewLeg(
            clause=clause,
            period=period,
            members=list(members),
            payer=payer,
            payee=payee,
            amount=Money(minor=amount, unit=units[clause]).text,
            unit=units[clause].code,
        )
        for (clause, period, members, payer, payee), amount in sorted(changes)
    ]
    sums: dict[tuple[str, str], Money] = {}
    for (clause, _, _, _, payee), amount in sorted(changes):
        moved = Money(minor=amount, unit=units[clause])
        known = sums.get((payee, moved.unit.code))
        sums[payee, moved.unit.code] = moved if known is None else known + moved
    totals = [
        PreviewTotal(payee=payee, party=stored.agreement.party_of(payee), amount=total.text, unit=unit)
        for (payee, unit), total in sorted(sums.items(), key=lambda one: one[0])
    ]
    done = found is not None and settled.get(claim, 0) >= found.round
    basis = "settled" if done else "decided" if found else "claimed"
    return PayoutPreview.model_validate(
        {"agreement": agreement, "claim": claim, "basis": basis, "legs": legs, "totals": totals}
    )


def execute_payout(call: Call, agreement: Code, payout: UUID) -> PayoutMade:
    """Carry out a payout that waited for approval, once enough agreed."""
    done = recovering.carry_out(call.session, call.book, agreement, payout, clock=call.clock)
    call.location = f"/books/{call.book}/agreements/{agreement}/payouts/{payout}"
    return PayoutMade.made(done)


def propose_payout(call: Call, agreement: Code, payout: UUID) -> PayoutMade:
    """Propose a payout anew whose proposal was rejected: what is due stays due."""
    done = recovering.propose_again(
        call.session, call.book, agreement, payout, maker=call.party, clock=call.clock
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/payouts/{payout}"
    return PayoutMade.made(done)


def take_back_payout(call: Call, agreement: Code, payout: UUID, body: ReturnRequest) -> PayoutMade:
    """Book money that a payee returned, to the contributions that had borne it."""
    unit = _find(call, find_stored(call, agreement), payout).amount.unit
    done = recovering.take_back(
        call.session,
        call.book,
        agreement,
        payout,
        money(body.amount, unit),
        key=call.key,
        clock=call.clock,
        details=Details(on=body.on, note=body.note),
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/payouts/{payout}"
    return PayoutMade.made(done)


def _find(call: Call, stored: StoredAgreement, payout: UUID) -> Payout:
    """Return a payout of this agreement that the caller may see; any other is as if it were not there."""
    row = settlements.find_payout_row(call.session, payout)
    found = showing.show_rows(call.session, [row])[0]
    mine = own_ends(call, stored, (found.payer, found.payee)) or found.party == call.own
    if row.agreement_id != stored.id or not mine:
        raise Missing(f"There is no payout {payout}.", what="payout", code=str(payout))
    return found


OPERATIONS = (
    Operation(
        name="payout.execute",
        method="POST",
        path=f"{PAYOUT}/executions",
        handler=execute_payout,
        tag="payouts",
        status=201,
    ),
    Operation(
        name="payout.list", method="GET", path=PAYOUTS, handler=list_payouts, tag="payouts", narrows=True
    ),
    Operation(
        name="payout.preview",
        method="GET",
        path=f"{AGREEMENT}/claims/{{claim}}/payout-preview",
        handler=preview_payout,
        tag="payouts",
        owner=claimed_by,
    ),
    Operation(
        name="payout.propose",
        method="POST",
        path=f"{PAYOUT}/proposals",
        handler=propose_payout,
        tag="payouts",
        status=201,
    ),
    Operation(
        name="payout.read", method="GET", path=PAYOUT, handler=read_payout, tag="payouts", narrows=True
    ),
    Operation(
        name="payout.take-back",
        method="POST",
        path=f"{PAYOUT}/returns",
        handler=take_back_payout,
        tag="payouts",
        status=201,
        examples={"part": {"amount": "1200.00", "note": "March was counted twice"}},
    ),
    Operation(
        name="payout.trace",
        method="GET",
        path=f"{PAYOUT}/trace",
        handler=trace_payout,
        tag="payouts",
        narrows=True,
    ),
    Operation(
        name="payout.trail",
        method="GET",
        path=f"{PAYOUT}/trail",
        handler=trail_payout,
        tag="payouts",
        narrows=True,
    ),
)
