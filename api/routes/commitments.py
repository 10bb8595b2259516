"""Commitments over HTTP: money that is promised to a grantee, paid, passed on, or free again."""

from ...finance import acts
from ...finance.documents import Code
from ...finance.ledger import Transaction
from ...finance.money import Money, money
from ...finance.records import entries, registry
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.booking import AmountRequest
from ..wire.commitments import (
    CommitmentLine,
    CommitmentList,
    CommitmentPayment,
    CommitmentReassignment,
    CommitmentRelease,
    CommitmentRequest,
    ReleaseMade,
    commitment,
)
from ..wire.ledger import TransactionMade
from .ledger import POOL, made_reply


def amount_of(call: Call, body: AmountRequest) -> Money:
    """Return the amount of a request in its unit."""
    return money(body.amount, registry.find_unit(call.session, body.unit))


def list_commitments(call: Call, fund: Code, query: PageQuery) -> CommitmentList:
    """List what is left of a fund's promises."""
    registry.find_fund(call.session, call.book, fund)
    balances = entries.list_balances(call.session, call.book_id, fund)
    left = [row for row in balances if row.account.role == "obligation" and row.outstanding]
    page, after = cut(
        call, query, left, lambda row: (row.account.path, row.account.earmark), name="commitment.list"
    )
    return CommitmentList(items=[CommitmentLine.of(row) for row in page], next=after)


def make_commitment(call: Call, fund: Code, body: CommitmentRequest) -> TransactionMade:
    """Promise part of what is free to a grantee."""
    pool = registry.find_fund(call.session, call.book, fund)
    made = acts.reserve(
        call.session,
        pool,
        commitment(body.code),
        amount_of(call, body),
        key=call.key,
        clock=call.clock,
        use=body.use,
        details=body.details,
    )
    return made_reply(call, made)


def pay_commitment(call: Call, fund: Code, body: CommitmentPayment) -> TransactionMade:
    """Pay part of what was promised, and release as much of the promise."""
    pool = registry.find_fund(call.session, call.book, fund)
    made = acts.pay_reserved(
        call.session,
        pool,
        commitment(body.code),
        amount_of(call, body),
        body.payee,
        key=call.key,
        clock=call.clock,
        details=body.details,
    )
    return made_reply(call, made)


def release_commitment(call: Call, fund: Code, body: CommitmentRelease) -> ReleaseMade:
    """Give up what is left of a promise, or a part of it; the money is free again."""
    pool = registry.find_fund(call.session, call.book, fund)
    released = acts.release(
        call.session,
        pool,
        commitment(body.code),
        key=call.key,
        clock=call.clock,
        details=body.details,
        amount=None if body.amount is None else money(body.amount, pool.unit),
    )
    return ReleaseMade(code=body.code, released=released.text, unit=released.unit.code)


def reassign_commitment(call: Call, fund: Code, body: CommitmentReassignment) -> TransactionMade:
    """Turn part of one promise into another, both or neither."""
    return made_reply(call, reassigned(call, fund, body))


def reassigned(call: Call, fund: str, body: CommitmentReassignment) -> Transaction:
    """Reassign a promise under the caller's key."""
    return acts.reassign(
        call.session,
        registry.find_fund(call.session, call.book, fund),
        commitment(body.given),
        commitment(body.taken),
        amount_of(call, body),
        key=call.key,
        clock=call.clock,
        use=body.use,
        details=body.details,
    )


OPERATIONS = (
    Operation(
        name="commitment.list",
        method="GET",
        path=f"{POOL}/commitments",
        handler=list_commitments,
        tag="commitments",
    ),
    Operation(
        name="commitment.make",
        method="POST",
        path=f"{POOL}/commitments",
        handler=make_commitment,
        tag="commitments",
        status=201,
        examples={"well": {"code": "well-7", "amount": "250.00", "unit": "USD"}},
    ),
    Operation(
        name="commitment.pay",
        method="POST",
        path=f"{POOL}/commitment-payments",
        handler=pay_commitment,
        tag="commitments",
        status=201,
        examples={"tranche": {"code": "well-7", "amount": "100.00", "unit": "USD", "payee": "hub-a"}},
    ),
    Operation(
        name="commitment.release",
        method="POST",
        path=f"{POOL}/commitment-releases",
        handler=release_commitment,
        tag="commitments",
        status=201,
        examples={"all": {"code": "well-7"}, "part": {"code": "well-7", "amount": "20.00"}},
    ),
    Operation(
        name="commitment.reassign",
        method="POST",
        path=f"{POOL}/commitment-reassignments",
        handler=reassign_commitment,
        tag="commitments",
        status=201,
        examples={"well": {"given": "well-7", "taken": "well-8", "amount": "50.00", "unit": "USD"}},
    ),
)
