"""Approvals over HTTP: policies, proposals of a fund, approvals by other people, and carrying out.

The problem: two roles of two parties can be one person's, and then nobody has checked. The ledger keeps
maker and approver apart by party; here they are kept apart by person, too.
"""

from collections.abc import Callable, Collection
from uuid import UUID

from ...contracts.records.waits import find_waiting_payout
from ...finance import acts
from ...finance.approvals import ApprovalPolicy, Proposal
from ...finance.documents import Code
from ...finance.errors import Missing, NotAllowed, NotApproved
from ...finance.ledger import Draft, Transaction
from ...finance.money import money
from ...finance.records import approvals, registry
from ..door import NOT_HERE, Call
from ..duties import require_other_person
from ..errors import ApprovalUnneeded, PreconditionStale
from ..operation import Operation
from ..paging import PageQuery, cut
from ..wire.commitments import commitment
from ..wire.ledger import TransactionMade
from ..wire.proposals import (
    ApprovalPolicyLine,
    ApprovalPolicyList,
    ApprovalPolicyMade,
    ApprovalPolicyRequest,
    ApprovalRequest,
    ProposalFacts,
    ProposalList,
    ProposalMade,
    ProposalReply,
    ProposalRequest,
    ProposedAdvance,
    ProposedCommitment,
    ProposedCommitmentPayment,
    ProposedDisbursement,
    ProposedDonorReturn,
    ProposedEntry,
    ProposedFee,
    ProposedMove,
    ProposedReassignment,
    ProposedRefund,
    ProposedReversal,
    RejectionRequest,
)
from ..wire.spending import signature_of
from .commitments import amount_of, reassigned
from .ledger import BOOK, POOL, find_seen, made_reply
from .spending import advanced, charged, moved, returned

ONE = f"{POOL}/proposals/{{proposal}}"
Drafted = (
    ProposedDisbursement | ProposedCommitment | ProposedCommitmentPayment | ProposedRefund | ProposedEntry
)


def list_policies(call: Call, query: PageQuery) -> ApprovalPolicyList:
    """List how many approvals are asked, of what, since when."""
    found = approvals.list_policies(call.session, call.book_id)
    page, after = cut(call, query, found, _policy_place, name="approval_policy.list")
    return ApprovalPolicyList(items=[ApprovalPolicyLine.of(one) for one in page], next=after)


def _policy_place(one: ApprovalPolicy) -> tuple[str | int, ...]:
    return one.since.isoformat(), one.kind, one.least.unit.code, one.least.minor


def set_policy(call: Call, body: ApprovalPolicyRequest) -> ApprovalPolicyMade:
    """Ask for approvals of a kind of transaction, from an amount and an instant on."""
    least = money(body.least.amount, registry.find_unit(call.session, body.least.unit))
    policy = ApprovalPolicy(kind=body.kind, least=least, quorum=body.quorum, since=body.since)
    made = acts.set_policy(call.session, call.book, policy, key=call.key, clock=call.clock)
    return ApprovalPolicyMade(**dict(ApprovalPolicyLine.of(made)))


def list_proposals(call: Call, fund: Code, query: PageQuery) -> ProposalList:
    """List the proposals of a fund that are open."""
    registry.find_fund(call.session, call.book, fund)
    waiting = acts.list_proposals(call.session, call.book, clock=call.clock)
    drafts = {one.id: acts.draft_proposed(call.session, call.book, one) for one in waiting}
    found = [
        one for one in waiting if _is_of(drafts[one.id], fund) and call.own in {None, drafts[one.id].payee}
    ]
    page, after = cut(
        call, query, found, lambda one: (one.proposed_at.isoformat(), str(one.id)), name="proposal.list"
    )
    return ProposalList(items=[ProposalFacts.of(one, drafts[one.id]) for one in page], next=after)


def make_proposal(call: Call, fund: Code, body: ProposalRequest) -> ProposalMade:
    """Propose a transaction of a fund: its exact bytes are kept, and no money moves."""
    if isinstance(body, ProposedReversal):
        find_seen(call, body.transaction, fund)
        made = acts.propose_reversal(
            call.session, call.book, body.transaction, maker=call.party, key=call.key, clock=call.clock
        )
    elif isinstance(body, Drafted):
        draft = _draft(call, fund, body)
        made = acts.propose(call.session, call.book, draft, maker=call.party, key=call.key, clock=call.clock)
    else:
        made = _propose_refused(call, lambda: _tried(call, fund, body))
    asked = acts.draft_proposed(call.session, call.book, made)
    if not _is_of(asked, fund):
        raise Missing(f"This moves money beside the fund {fund}. Propose what lies in one fund.", fund=fund)
    call.location = f"/books/{call.book}/funds/{fund}/proposals/{made.id}"
    return ProposalMade(**dict(ProposalFacts.of(made, asked)))


def _draft(call: Call, fund: str, body: Drafted) -> Draft:
    """Draft what is to be proposed."""
    session = call.session
    if isinstance(body, ProposedEntry):
        if broken := body.entry.findings("/entry"):
            raise body.entry.refusal(broken)
        return acts.draft_entry(session, call.book, body.entry)
    pool, amount, today = registry.find_fund(session, call.book, fund), amount_of(call, body), call.now.date()
    if isinstance(body, ProposedRefund):
        return acts.draft_refund(session, pool, body.payer, body.payment, amount, details=body.details)
    if isinstance(body, ProposedCommitmentPayment):
        promise = commitment(body.code)
        return acts.draft_pay_reserved(
            session, pool, promise, amount, body.payee, details=body.details, today=today
        )
    if isinstance(body, ProposedCommitment):
        promise = commitment(body.code)
        return acts.draft_reserve(
            session, pool, promise, amount, use=body.use, details=body.details, today=today
        )
    return acts.draft_spend(
        session, pool, body.payee, amount, line=body.line, use=body.use, details=body.details, today=today
    )


def _tried(
    call: Call,
    fund: str,
    body: ProposedAdvance | ProposedFee | ProposedDonorReturn | ProposedReassignment | ProposedMove,
) -> Transaction:
    """Do what is to be proposed, which is refused where it needs approval."""
    if isinstance(body, ProposedAdvance):
        return advanced(call, fund, body)
    if isinstance(body, ProposedFee):
        return charged(call, fund, body)
    if isinstance(body, ProposedDonorReturn):
        return returned(call, fund, body)
    if isinstance(body, ProposedReassignment):
        return reassigned(call, fund, body)
    return moved(call, fund, body)


def _propose_refused(call: Call, act: Callable[[], Transaction]) -> Proposal:
    """Let an act be refused for want of approval, undo what it wrote, and propose what it asked."""
    trial = call.session.begin_nested()
    try:
        made = act()
    except NotApproved as refusal:
        if trial.is_active:
            trial.rollback()
        return acts.propose_refused(
            call.session, call.book, refusal, maker=call.party, key=call.key, clock=call.clock
        )
    raise ApprovalUnneeded(
        f"This {made.kind} needs no approval. Do it at once, without a proposal.", kind=made.kind
    )


def read_proposal(call: Call, fund: Code, proposal: UUID) -> ProposalReply:
    """Return a proposal: what it would post, who agreed or rejected it, and what carried it out."""
    one, asked = find_proposed(call, fund, proposal)
    return ProposalReply(**dict(ProposalFacts.of(one, asked)))


def give_approval(call: Call, fund: Code, proposal: UUID, body: ApprovalRequest) -> ProposalMade:
    """Agree to a proposal that another person made, to exactly its bytes."""
    one, asked = find_proposed(call, fund, proposal)
    _require_read(one, body.payload_sha256)
    approvals.lock_proposal(call.session, call.book_id, proposal)
    one = acts.find_proposal(call.session, call.book, proposal, clock=call.clock)
    require_other_person(call, one, asked.payee)
    given = acts.approve(
        call.session,
        call.book,
        proposal,
        approver=call.party,
        key=call.key,
        clock=call.clock,
        signature=signature_of(body.signature),
    )
    call.location = f"/books/{call.book}/funds/{fund}/proposals/{proposal}"
    return ProposalMade(**dict(ProposalFacts.of(given, asked)))


def _require_read(one: Proposal, digest: str) -> None:
    if digest and digest != one.digest().hex():
        raise PreconditionStale(
            f"You read a proposal with the digest {digest[:12]}…. This one has {one.digest().hex()[:12]}…. "
            "Read this one, and decide on it.",
            read=digest,
            stored=one.digest().hex(),
        )


def reject_proposal(call: Call, fund: Code, proposal: UUID, body: RejectionRequest) -> ProposalMade:
    """Reject a proposal for good, and say why; who keeps the books takes back what it proposed itself."""
    one, asked = find_proposed(call, fund, proposal)
    _require_read(one, body.payload_sha256)
    if call.access.role == "intermediary" and one.maker != call.party:
        raise NotAllowed(
            f"{one.maker} made this proposal, and {call.party} takes back its own only. Ask {one.maker} or "
            "a funder to reject it.",
            maker=one.maker,
            party=call.party,
        )
    refused = acts.reject(
        call.session,
        call.book,
        proposal,
        party=call.party,
        reason=body.reason,
        key=call.key,
        clock=call.clock,
    )
    call.location = f"/books/{call.book}/funds/{fund}/proposals/{proposal}"
    return ProposalMade(**dict(ProposalFacts.of(refused, asked)))


def make_execution(call: Call, fund: Code, proposal: UUID) -> TransactionMade:
    """Carry out a proposal: post exactly what was approved, once."""
    find_proposed(call, fund, proposal)
    payout = find_waiting_payout(call.session, proposal)
    if payout is not None:
        raise NotAllowed(
            f"This proposal pays the payout {payout} of an agreement, which has checks of its own. "
            "Carry out the payout.",
            payout=str(payout),
        )
    made = acts.execute(call.session, call.book, proposal, key=call.key, clock=call.clock)
    return made_reply(call, made)


def payees_of(call: Call, fund: Code, proposal: UUID) -> Collection[str]:
    """Return whose a proposal is: the party it would pay."""
    return [find_proposed(call, fund, proposal)[1].payee]


def find_proposed(call: Call, fund: str, proposal: UUID) -> tuple[Proposal, Draft]:
    """Return a proposal of a fund, and what it would post.

    Raises
    ------
    Missing
        When the fund has none of that name.
    """
    one = acts.find_proposal(call.session, call.book, proposal, clock=call.clock)
    asked = acts.draft_proposed(call.session, call.book, one)
    if not _is_of(asked, fund):
        raise Missing(NOT_HERE)
    return one, asked


def _is_of(asked: Draft, fund: str) -> bool:
    return {leg.account.fund for leg in asked.legs} == {fund}


_BODY = {"act": "disbursement", "payee": "hub-a", "amount": "250.00", "unit": "USD"}
OPERATIONS = (
    Operation(
        name="approval_policy.list",
        method="GET",
        path=f"{BOOK}/approval-policies",
        handler=list_policies,
        tag="proposals",
    ),
    Operation(
        name="approval_policy.set",
        method="POST",
        path=f"{BOOK}/approval-policies",
        handler=set_policy,
        tag="proposals",
        status=201,
        examples={
            "two": {
                "kind": "transfer",
                "least": {"amount": "1000.00", "unit": "USD"},
                "quorum": 2,
                "since": "2026-02-01T00:00:00Z",
            }
        },
    ),
    Operation(
        name="proposal.list",
        method="GET",
        path=f"{POOL}/proposals",
        handler=list_proposals,
        tag="proposals",
        narrows=True,
    ),
    Operation(
        name="proposal.make",
        method="POST",
        path=f"{POOL}/proposals",
        handler=make_proposal,
        tag="proposals",
        status=201,
        examples={"transfer": _BODY},
    ),
    Operation(
        name="proposal.read",
        method="GET",
        path=ONE,
        handler=read_proposal,
        tag="proposals",
        owner=payees_of,
    ),
    Operation(
        name="proposal.reject",
        method="POST",
        path=f"{ONE}/rejections",
        handler=reject_proposal,
        tag="proposals",
        status=201,
        examples={"paid before": {"reason": "The well was paid in March."}},
    ),
    Operation(
        name="approval.give",
        method="POST",
        path=f"{ONE}/approvals",
        handler=give_approval,
        tag="proposals",
        status=201,
        examples={"without a key": {}},
    ),
    Operation(
        name="execution.make",
        method="POST",
        path=f"{ONE}/executions",
        handler=make_execution,
        tag="proposals",
        status=201,
    ),
)
