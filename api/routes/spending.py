"""Money that goes out of a fund and comes back over HTTP: payments, fees, advances, refunds, moves."""

from collections.abc import Collection

from ...finance import acts
from ...finance.documents import Code
from ...finance.earmarks import Consent
from ...finance.ledger import Transaction
from ...finance.money import Money, money
from ...finance.records import journal, lots, registry
from ..door import Call
from ..operation import Operation
from ..paging import cut
from ..wire.ledger import TransactionMade
from ..wire.spending import (
    AdvanceRequest,
    ConsentMade,
    ConsentRequest,
    DeliveryLine,
    DeliveryList,
    DeliveryQuery,
    DisbursementRequest,
    DonorReturnRequest,
    FeeRequest,
    MoveRequest,
    RefundRequest,
    SpendingReportRequest,
    signature_of,
)
from .commitments import amount_of
from .ledger import POOL, made_reply


def make_disbursement(call: Call, fund: Code, body: DisbursementRequest) -> TransactionMade:
    """Pay out of what is free: a transfer, a cost or a charge."""
    made = acts.spend(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.payee,
        amount_of(call, body),
        line=body.line,
        key=call.key,
        clock=call.clock,
        use=body.use,
        details=body.details,
    )
    return made_reply(call, made)


def charge_fee(call: Call, fund: Code, body: FeeRequest) -> TransactionMade:
    """Take a fee from one deposit, borne by that deposit alone."""
    return made_reply(call, charged(call, fund, body))


def charged(call: Call, fund: str, body: FeeRequest) -> Transaction:
    """Take a fee under the caller's key."""
    pool = registry.find_fund(call.session, call.book, fund)
    deposit = journal.find_deposit(call.session, call.book_id, pool.code, body.contribution)
    return acts.charge_fee(
        call.session,
        pool,
        body.agent,
        deposit,
        body.share.term if body.share is not None else _amount(call, body),
        key=call.key,
        clock=call.clock,
        details=body.details,
    )


def _amount(call: Call, body: FeeRequest) -> Money:
    if body.amount is None:
        raise AssertionError("a fee has a share or an amount")
    return money(body.amount.amount, registry.find_unit(call.session, body.amount.unit))


def book_refund(call: Call, fund: Code, body: RefundRequest) -> TransactionMade:
    """Book money that comes back from an earlier payment, to the contributions that bore it."""
    made = acts.refund(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.payer,
        body.payment,
        amount_of(call, body),
        key=call.key,
        clock=call.clock,
        details=body.details,
    )
    return made_reply(call, made)


def make_donor_return(call: Call, fund: Code, body: DonorReturnRequest) -> TransactionMade:
    """Pay unused money back to the donor who gave it."""
    return made_reply(call, returned(call, fund, body))


def returned(call: Call, fund: str, body: DonorReturnRequest) -> Transaction:
    """Return money to its donor under the caller's key."""
    return acts.return_to_donor(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.giver,
        amount_of(call, body),
        key=call.key,
        clock=call.clock,
        earmark=body.earmark,
        details=body.details,
    )


def make_advance(call: Call, fund: Code, body: AdvanceRequest) -> TransactionMade:
    """Transfer money to an implementer, who is to report how it was spent."""
    return made_reply(call, advanced(call, fund, body))


def advanced(call: Call, fund: str, body: AdvanceRequest) -> Transaction:
    """Make an advance under the caller's key."""
    return acts.advance(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.implementer,
        amount_of(call, body),
        key=call.key,
        clock=call.clock,
        use=body.use,
        details=body.details,
    )


def record_report(call: Call, fund: Code, body: SpendingReportRequest) -> TransactionMade:
    """Record what an implementer reports as spent out of its advances."""
    made = acts.report_spending(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.implementer,
        amount_of(call, body),
        key=call.key,
        clock=call.clock,
        details=body.details,
    )
    return made_reply(call, made)


def list_deliveries(call: Call, fund: Code, query: DeliveryQuery) -> DeliveryList:
    """List what implementers received of a fund, gave back and reported as spent."""
    pool = registry.find_fund(call.session, call.book, fund)
    unit = registry.find_unit(call.session, query.unit) if query.unit else None
    found = [one for one in acts.delivery(call.session, pool, unit) if call.own in {None, one.implementer}]
    page, after = cut(call, query, found, lambda one: (one.implementer,), name="spending-report.list")
    return DeliveryList(items=[DeliveryLine.of(one) for one in page], next=after)


def make_move(call: Call, fund: Code, body: MoveRequest) -> TransactionMade:
    """Move money of a fund from one window to another, as far as the donors' restrictions allow."""
    return made_reply(call, moved(call, fund, body))


def moved(call: Call, fund: str, body: MoveRequest) -> Transaction:
    """Move money under the caller's key."""
    return acts.move(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        amount_of(call, body),
        body.given,
        body.taken,
        key=call.key,
        clock=call.clock,
        details=body.details,
    )


def give_consent(call: Call, fund: Code, body: ConsentRequest) -> ConsentMade:
    """Widen what is left of a contribution to another earmark, as its donor consents."""
    made = acts.widen(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        body.consent,
        key=call.key,
        clock=call.clock,
        signature=signature_of(body.signature),
        details=body.details,
    )
    return ConsentMade(
        code=made.code,
        fund=made.fund,
        giver=made.giver,
        earmark=made.earmark,
        amount=made.amount.text,
        unit=made.amount.unit.code,
        released_from=made.released_from,
        consent_sha256=(made.consent_sha256 or b"").hex(),
    )


def givers_of(call: Call, fund: Code, body: ConsentRequest) -> Collection[str]:
    """Return whose consent it is: the contribution's giver."""
    found = lots.find_contribution(call.session, call.book_id, body.consent.contribution)
    return [found.giver] if found.fund == fund else []


_LETTER = Consent(contribution="gift-1", earmark="unrestricted", reference="letter 7 of 2026")
OPERATIONS = (
    Operation(
        name="disbursement.make",
        method="POST",
        path=f"{POOL}/disbursements",
        handler=make_disbursement,
        tag="disbursements",
        status=201,
        examples={"transfer": {"payee": "hub-a", "amount": "250.00", "unit": "USD"}},
    ),
    Operation(
        name="fee.charge",
        method="POST",
        path=f"{POOL}/fees",
        handler=charge_fee,
        tag="disbursements",
        status=201,
        examples={
            "share": {"contribution": "gift-1", "agent": "almoner", "share": {"num": 1, "den": 100}},
            "amount": {
                "contribution": "gift-1",
                "agent": "almoner",
                "amount": {"amount": "2.50", "unit": "USD"},
            },
        },
    ),
    Operation(
        name="refund.book",
        method="POST",
        path=f"{POOL}/refunds",
        handler=book_refund,
        tag="disbursements",
        status=201,
        examples={
            "part": {
                "payment": "019bc0fd-89c0-7094-a27c-f8ae78860fac",
                "payer": "hub-a",
                "amount": "20.00",
                "unit": "USD",
            }
        },
    ),
    Operation(
        name="donor_return.make",
        method="POST",
        path=f"{POOL}/donor-returns",
        handler=make_donor_return,
        tag="disbursements",
        status=201,
        examples={"rest": {"giver": "meridian", "amount": "12.00", "unit": "USD"}},
    ),
    Operation(
        name="advance.make",
        method="POST",
        path=f"{POOL}/advances",
        handler=make_advance,
        tag="disbursements",
        status=201,
        examples={"quarter": {"implementer": "hub-a", "amount": "250.00", "unit": "USD"}},
    ),
    Operation(
        name="spending-report.record",
        method="POST",
        path=f"{POOL}/spending-reports",
        handler=record_report,
        tag="disbursements",
        status=201,
        examples={"quarter": {"implementer": "hub-a", "amount": "180.00", "unit": "USD"}},
    ),
    Operation(
        name="spending-report.list",
        method="GET",
        path=f"{POOL}/deliveries",
        handler=list_deliveries,
        tag="disbursements",
        narrows=True,
    ),
    Operation(
        name="move.make",
        method="POST",
        path=f"{POOL}/moves",
        handler=make_move,
        tag="disbursements",
        status=201,
        examples={"window": {"given": "unrestricted", "taken": "north", "amount": "50.00", "unit": "USD"}},
    ),
    Operation(
        name="consent.give",
        method="POST",
        path=f"{POOL}/consents",
        handler=give_consent,
        tag="disbursements",
        status=201,
        owner=givers_of,
        examples={"letter": {"consent": _LETTER.model_dump(mode="json", by_alias=True)}},
    ),
)
