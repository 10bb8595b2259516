"""Approvals: policies, proposals, approvals, and carrying out what was approved, once.

A proposal keeps the exact bytes of a request; whose money a payment spends is decided when it is carried out,
by the fund's draw rule, unless the request says it.
"""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from ..approvals import ApprovalPolicy, Proposal, ProposedRequest, Rejection, quorum_asked, read_request
from ..dates import Clock, as_utc, instant_text
from ..errors import (
    AlreadyExists,
    NotApproved,
    PolicyBackdated,
    ProposalRejected,
    SamePerson,
    SignatureInvalid,
)
from ..ledger import Draft, Transaction
from ..posting import record_event, reverse
from ..posting.core import submit
from ..posting.holds import held_draft
from ..records import approvals, entries, registry
from ..requests import LIBRARY, Request, key_reused, request_bytes, reversal_bytes
from ..signatures import require_signature
from ..storage import Session
from .proposed import account_of, draft_proposed, find_at


def set_policy(
    session: Session, book: str, policy: ApprovalPolicy, *, key: str, clock: Clock
) -> ApprovalPolicy:
    """Ask for approvals from an instant on, which is not in the past.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    policy : ApprovalPolicy
        A quorum of 0 abolishes the band.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.

    Raises
    ------
    PolicyBackdated
        When it would begin before the clock, or make wrong what was posted.
    AlreadyExists, KeyReused, Missing
        Nothing is written then.
    """
    book_id = registry.find_book_id(session, book)
    body = {
        "kind_covered": policy.kind,
        "least": str(policy.least.minor),
        "quorum": policy.quorum,
        "since": instant_text(policy.since),
        "unit": policy.least.unit.code,
    }
    with session.begin_nested():
        event_id, new = record_event(session, book, "approval.policy_set", body, key=key, clock=clock)
        if not new:
            return policy
        if as_utc(policy.since) < as_utc(clock()):
            raise PolicyBackdated(
                f"A policy on {policy.kind} cannot begin at {instant_text(policy.since)}, before now "
                f"({instant_text(clock())}). Let it begin later.",
                kind=policy.kind,
                since=instant_text(policy.since),
            )
        approvals.keep_policy(session, book_id, policy, event_id)
    return policy


def needed(session: Session, book: str, draft: Draft, clock: Clock) -> int:
    """Return how many approvals a draft needs now; 0 when it may be posted at once.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    draft : Draft
        What would be posted.
    clock : Clock
        When.

    Returns
    -------
    int [approvals]
        The most that any policy asks.
    """
    policies = approvals.list_policies(session, registry.find_book_id(session, book))
    return quorum_asked(policies, draft, as_utc(clock()))


def propose(
    session: Session,
    book: str,
    draft: Draft,
    *,
    maker: str,
    key: str,
    clock: Clock,
    expires_at: datetime | None = None,
) -> Proposal:
    """Propose a transaction: its exact bytes are kept, its accounts are opened, and no money moves.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    draft : Draft
        What to post once it is approved. Without a day, it counts for the day on which it is carried out.
    maker : str
        Code of the party who proposes it, and cannot approve it.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    expires_at : datetime or None
        Until when it may settle, when it is to be held first.

    Raises
    ------
    Missing, KeyReused, AlreadyExists
        Nothing is written then.
    """
    with session.begin_nested():
        book_id = registry.find_book_id(session, book)
        for leg in draft.legs:
            registry.keep_account(session, book_id, leg.account)
        asked = draft if expires_at is None else held_draft(draft)
        return _propose(session, book, request_bytes(asked, expires_at), maker, key, clock)


def propose_reversal(
    session: Session, book: str, transaction_id: UUID, *, maker: str, key: str, clock: Clock
) -> Proposal:
    """Propose to undo a transaction.

    Parameters
    ----------
    session, book, maker, key, clock
        As for ``propose``.
    transaction_id : UUID
        What to undo.

    Raises
    ------
    Missing, KeyReused
        Nothing is written then.
    """
    entries.find_transaction(session, registry.find_book_id(session, book), transaction_id)
    with session.begin_nested():
        return _propose(session, book, reversal_bytes(transaction_id), maker, key, clock)


def propose_refused(
    session: Session, book: str, refusal: NotApproved, *, maker: str, key: str, clock: Clock
) -> Proposal:
    """Propose exactly what was refused for want of approval, whichever act drafted it.

    Carried out under the key that was refused (``refusal.figures["key"]``), it is what that act finds when
    it is called again: it takes the transaction as its own and goes on.

    Parameters
    ----------
    session, book, maker, key, clock
        As for ``propose``.
    refusal : NotApproved
        As raised.

    Raises
    ------
    ValueError
        When the error does not carry its request any more.
    Missing, KeyReused, AlreadyExists
        Nothing is written then.
    """
    asked = refusal.request
    if not isinstance(asked, Request):
        raise ValueError("the refusal does not carry its request: draft it again")  # noqa: TRY004  # a value lost
    if asked.parent is not None:
        return propose_reversal(session, book, asked.parent, maker=maker, key=key, clock=clock)
    return propose(session, book, asked.draft, maker=maker, key=key, clock=clock, expires_at=asked.expires_at)


def _propose(session: Session, book: str, payload: bytes, maker: str, key: str, clock: Clock) -> Proposal:
    book_id = registry.find_book_id(session, book)
    registry.find_party_id(session, book_id, maker)
    read_request(payload, account_of(session, book_id))
    digest = sha256(payload).digest()
    body = {"maker": maker, "payload_sha256": digest.hex()}
    identity, new = record_event(session, book, "approval.proposed", body, key=key, clock=clock)
    if new:
        approvals.keep_proposal(session, book_id, identity, payload, digest, maker)
    return find_at(session, book_id, identity, clock)


def approve(
    session: Session,
    book: str,
    proposal_id: UUID,
    *,
    approver: str,
    key: str,
    clock: Clock,
    signature: bytes | None = None,
) -> Proposal:
    """Agree to a proposal, to exactly its bytes.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    proposal_id : UUID
        Which.
    approver : str
        Code of a registered party, neither the maker nor the payee. Approving again changes nothing.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    signature : bytes or None
        Ed25519 over ``Proposal.signing_bytes()``; a party with a public key must sign, one without cannot.

    Raises
    ------
    SamePerson
        When the approver made the proposal, or is paid by it.
    SignatureInvalid
        When the signature is missing, or does not fit the bytes and the party's key.
    AlreadyExists, ProposalRejected
        When it was carried out before, or rejected.
    Missing, KeyReused
        Nothing is written then.
    """
    book_id = registry.find_book_id(session, book)
    approvals.lock_proposal(session, book_id, proposal_id)
    proposal = find_at(session, book_id, proposal_id, clock)
    _require_signed(session, book_id, proposal, approver, signature)
    if approver in {one.approver for one in proposal.approvals}:
        return proposal
    _require_open(proposal)
    _require_other(proposal, approver, draft_proposed(session, book, proposal).payee)
    body = {
        "approver": approver,
        "payload_sha256": proposal.digest().hex(),
        "proposal": str(proposal_id),
        **({"signature": signature.hex()} if signature else {}),
    }
    with session.begin_nested():
        event_id, _ = record_event(session, book, "approval.given", body, key=key, clock=clock)
        approvals.keep_approval(session, book_id, proposal, approver, signature, event_id)
    return find_at(session, book_id, proposal_id, clock)


def reject(
    session: Session, book: str, proposal_id: UUID, *, party: str, reason: str, key: str, clock: Clock
) -> Proposal:
    """Reject a proposal for good: it can neither be approved nor carried out, and is proposed anew instead.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    proposal_id : UUID
        Which.
    party : str
        Code of a registered party; its maker takes it back so. Rejecting again changes nothing.
    reason : str
        Why, in words for the maker.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.

    Raises
    ------
    AlreadyExists, ProposalRejected
        When it was carried out before, or rejected by another party or for another reason.
    Missing, KeyReused
        Nothing is written then.
    """
    book_id = registry.find_book_id(session, book)
    registry.find_party_id(session, book_id, party)
    approvals.lock_proposal(session, book_id, proposal_id)
    proposal = find_at(session, book_id, proposal_id, clock)
    said = Rejection(party=party, reason=reason.strip(), rejected_at=as_utc(clock()))
    known = proposal.rejection
    if known is not None and (known.party, known.reason) == (said.party, said.reason):
        return proposal
    _require_open(proposal)
    body = {
        "party": said.party,
        "payload_sha256": proposal.digest().hex(),
        "proposal": str(proposal_id),
        "reason": said.reason,
    }
    with session.begin_nested():
        event_id, _ = record_event(session, book, "approval.rejected", body, key=key, clock=clock)
        approvals.keep_rejection(session, book_id, proposal, said.party, said.reason, event_id)
    return find_at(session, book_id, proposal_id, clock)


def execute(session: Session, book: str, proposal_id: UUID, *, key: str, clock: Clock) -> Transaction:
    """Carry out a proposal: post exactly what was approved, once.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    proposal_id : UUID
        Which.
    key : str
        Idempotency key; the same key gives the first answer again.
    clock : Clock
        When it is recorded; it counts for that day unless the proposal says another.

    Raises
    ------
    NotApproved
        When fewer parties agreed than the policies ask now; the figures say how many.
    AlreadyExists
        When it was carried out under another key; the figures name the transaction.
    ProposalRejected
        When somebody rejected it; the figures say who, and why.
    InsufficientFunds, PostingRefused, Missing, KeyReused
        Nothing is written then, and it stays open.
    """
    book_id = registry.find_book_id(session, book)
    approvals.lock_proposal(session, book_id, proposal_id)
    proposal = find_at(session, book_id, proposal_id, clock)
    if not proposal.open:
        taken = entries.find_transaction_by_key(session, book_id, LIBRARY, key)
        if taken is None or taken.id != proposal.transaction:
            _require_open(proposal)
    asked = read_request(proposal.payload, account_of(session, book_id))
    with session.begin_nested():
        done = _carry_out(session, book, asked, proposal, key, clock)
        if approvals.find_execution(session, proposal_id) != done.id:
            raise key_reused(key, done.kind)
    return done


def _carry_out(
    session: Session, book: str, asked: ProposedRequest, proposal: Proposal, key: str, clock: Clock
) -> Transaction:
    if asked.reverses is not None:
        return reverse(session, book, asked.reverses, key=key, clock=clock, proposal=proposal.id)
    if asked.draft is None:
        raise AssertionError("a request asks for a draft or a reversal")
    request = Request(
        key=key,
        draft=asked.draft,
        digest=proposal.digest(),
        act="posted" if asked.expires_at is None else "pending",
        expires_at=asked.expires_at,
        proposal=proposal.id,
    )
    return submit(session, book, [request], clock=clock)[0]


def _require_open(proposal: Proposal) -> None:
    if proposal.transaction is not None:
        raise AlreadyExists(
            f"The proposal {proposal.id} was carried out by the transaction {proposal.transaction}.",
            what="execution",
            code=str(proposal.id),
            transaction=str(proposal.transaction),
        )
    if (no := proposal.rejection) is not None:
        raise ProposalRejected(
            f"{no.party} rejected the proposal {proposal.id} ({no.reason}). Nothing is done on it any more: "
            "propose anew what is still wanted.",
            proposal=str(proposal.id),
            party=no.party,
            reason=no.reason,
        )


def _require_other(proposal: Proposal, approver: str, payee: str) -> None:
    for party, did in ((proposal.maker, "made this proposal"), (payee, "is paid by it")):
        if approver == party:
            raise SamePerson(
                f"{approver} {did} and cannot approve it. Ask another party.",
                party=approver,
                proposal=str(proposal.id),
            )


def _require_signed(
    session: Session, book_id: int, proposal: Proposal, approver: str, signature: bytes | None
) -> None:
    key = registry.find_party(session, book_id, approver).public_key
    if key is None and signature is not None:
        raise SignatureInvalid(
            f"{approver} has no registered key, so its signature cannot be checked. Register the party with "
            "its key, or approve without a signature.",
            party=approver,
        )
    if key is not None and not signature:
        raise SignatureInvalid(
            f"{approver} approves with a signature: its key is registered. Sign the bytes of the proposal.",
            party=approver,
        )
    if key is not None:
        require_signature(key, proposal.signing_bytes(), signature or b"", approver)
