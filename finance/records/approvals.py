"""Rows of approvals: policies, proposals, and who agreed."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from ..accounts import Account
from ..approvals import REVERSAL, Approval, ApprovalPolicy, Proposal, Rejection, quorum_asked
from ..errors import AlreadyExists, Missing, NotApproved, PolicyBackdated
from ..money import Money
from ..requests import Request
from .registry import find_unit, keep_unit
from .tables import (
    ACCOUNT,
    APPROVAL,
    APPROVAL_POLICY,
    BOOK,
    EARMARK,
    EVENT,
    FUND,
    PROPOSAL,
    REJECTION,
    TXN,
)

LACKING = "not approved"
BACKDATED = "a policy changes nothing that was posted before it"


def keep_policy(session: Session, book_id: int, policy: ApprovalPolicy, event_id: UUID) -> None:
    """Write a policy.

    Raises
    ------
    AlreadyExists
        When one on the same kind, unit, amount and instant is there.
    PolicyBackdated
        When a transaction that was posted before would need more approvals than it has.
    """
    keep_unit(session, policy.least.unit)
    row = {
        "book_id": book_id,
        "kind": policy.kind,
        "unit": policy.least.unit.code,
        "from_minor": policy.least.minor,
        "since": policy.since,
    }
    same = select(APPROVAL_POLICY.c.quorum).where(*(APPROVAL_POLICY.c[key] == row[key] for key in row))
    if (known := session.scalar(same)) is not None:
        raise AlreadyExists(
            f"A policy on {policy.kind} from {policy.least} since that instant asks for {known} approvals. "
            "Let the new one begin later.",
            what="policy",
            code=policy.kind,
        )
    try:
        session.execute(insert(APPROVAL_POLICY).values(**row, quorum=policy.quorum, event_id=event_id))
    except DatabaseError as fault:
        if BACKDATED not in str(fault.orig):
            raise
        raise PolicyBackdated(
            f"A transaction recorded since then needs more approvals than it has under a policy on "
            f"{policy.kind} from {policy.least}. Let the policy begin later.",
            kind=policy.kind,
        ) from fault


def list_policies(session: Session, book_id: int) -> tuple[ApprovalPolicy, ...]:
    """Return all policies of a book, oldest first."""
    query = select(APPROVAL_POLICY).where(APPROVAL_POLICY.c.book_id == book_id)
    rows = session.execute(query.order_by(APPROVAL_POLICY.c.since, APPROVAL_POLICY.c.kind)).all()
    units = {code: find_unit(session, code) for code in {row.unit for row in rows}}
    return tuple(
        ApprovalPolicy(
            kind=row.kind,
            least=Money(minor=row.from_minor, unit=units[row.unit]),
            quorum=row.quorum,
            since=row.since,
        )
        for row in rows
    )


def keep_proposal(
    session: Session, book_id: int, identity: UUID, payload: bytes, digest: bytes, maker: str
) -> None:
    """Write a proposal under its event."""
    values = {"payload": payload, "payload_sha256": digest, "maker": maker}
    session.execute(insert(PROPOSAL).values(id=identity, book_id=book_id, **values))


def lock_proposal(session: Session, book_id: int, identity: UUID) -> None:
    """Keep other sessions from approving or carrying out the same proposal until this one ends.

    Raises
    ------
    Missing
        When this book has no such proposal.
    """
    query = select(PROPOSAL.c.id).where(PROPOSAL.c.id == identity, PROPOSAL.c.book_id == book_id)
    if session.execute(query.with_for_update(key_share=True)).first() is None:
        raise Missing(f"There is no proposal {identity} in this book.", what="proposal", code=str(identity))


def list_proposals(
    session: Session,
    book_id: int,
    needed: Callable[[bytes], int],
    *,
    only: UUID | None = None,
    rejected_since: datetime | None = None,
    limit: int = 1,
) -> tuple[Proposal, ...]:
    """Return one proposal, or those of a book that are open, or were rejected, oldest first.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    needed : Callable
        Says how many approvals a payload needs.
    only : UUID or None
        The one to return, whatever became of it.
    rejected_since : datetime or None
        Those that were rejected then or later, instead of those that are open.
    limit : int [proposals]
        At most so many.
    """
    query = _proposal_query(book_id)
    if only is not None:
        query = query.where(PROPOSAL.c.id == only)
    elif rejected_since is not None:
        query = query.where(_REJECTED.c.recorded_at >= rejected_since)
    else:
        query = query.where(TXN.c.id.is_(None), REJECTION.c.proposal_id.is_(None))
    rows = session.execute(query.limit(limit)).all()
    given = _list_approvals(session, [row.id for row in rows])
    return tuple(
        _proposal(row, needed(bytes(row.payload)), tuple(one for one, _ in given[row.id])) for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """A proposal with all that was stored about it, to be compared.

    Attributes
    ----------
    proposal : Proposal
        From its rows.
    digest : bytes
        As stored beside the payload.
    event : bytes
        Of the proposal.
    given : tuple of bytes
        Events of the approvals, in the order of ``proposal.approvals``.
    posted : bytes or None
        Event of the transaction that carried it out.
    undone : str or None
        What that transaction reverses.
    rejected : bytes or None
        Event of its rejection.
    """

    proposal: Proposal
    digest: bytes
    event: bytes
    given: tuple[bytes, ...]
    posted: bytes | None
    undone: str | None
    rejected: bytes | None


def list_vouched(session: Session, book_id: int) -> Iterator[Vouched]:
    """Return every proposal of a book with its approvals and its transaction, oldest first."""
    posted = EVENT.alias()
    query = (
        _proposal_query(book_id)
        .add_columns(posted.c.body.label("posted"), TXN.c.parent_id)
        .join(posted, posted.c.id == TXN.c.id, isouter=True)
    )
    for row in session.execute(query).all():
        given = _list_approvals(session, [row.id])[row.id]
        yield Vouched(
            proposal=_proposal(row, 0, tuple(one for one, _ in given)),
            digest=bytes(row.payload_sha256),
            event=bytes(row.body),
            given=tuple(event for _, event in given),
            posted=None if row.posted is None else bytes(row.posted),
            undone=None if row.parent_id is None else str(row.parent_id),
            rejected=None if row.rejected is None else bytes(row.rejected),
        )


_REJECTED = EVENT.alias("rejected")


def _proposal_query(book_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(PROPOSAL, BOOK.c.code.label("book"), EVENT.c.body, EVENT.c.recorded_at, TXN.c.id.label("txn"))
        .add_columns(REJECTION.c.party, REJECTION.c.reason)
        .add_columns(_REJECTED.c.recorded_at.label("rejected_at"), _REJECTED.c.body.label("rejected"))
        .select_from(PROPOSAL)
        .join(BOOK, BOOK.c.id == PROPOSAL.c.book_id)
        .join(EVENT, EVENT.c.id == PROPOSAL.c.id)
        .join(TXN, TXN.c.proposal_id == PROPOSAL.c.id, isouter=True)
        .join(REJECTION, REJECTION.c.proposal_id == PROPOSAL.c.id, isouter=True)
        .join(_REJECTED, _REJECTED.c.id == REJECTION.c.event_id, isouter=True)
        .where(PROPOSAL.c.book_id == book_id)
        .order_by(EVENT.c.recorded_at, EVENT.c.id)
    )


def _proposal(row: Row[*tuple[Any, ...]], needed: int, given: tuple[Approval, ...]) -> Proposal:
    payload = bytes(row.payload)
    said = read_object(bytes(row.body))
    return Proposal(
        id=row.id,
        book=row.book,
        key=str(said.get("key", "")),
        kind=_kind(payload),
        payload=payload,
        maker=row.maker,
        proposed_at=row.recorded_at,
        needed=needed,
        approvals=given,
        transaction=row.txn,
        rejection=None
        if row.party is None
        else Rejection(party=row.party, reason=row.reason, rejected_at=row.rejected_at),
    )


def _kind(payload: bytes) -> str:
    said = read_object(payload)
    return REVERSAL if "reverses" in said else str(said.get("transaction", ""))


def read_object(content: bytes) -> dict[str, Any]:
    """Read stored JSON; anything but an object gives an empty one."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _list_approvals(
    session: Session, proposals: Sequence[UUID]
) -> defaultdict[UUID, list[tuple[Approval, bytes]]]:
    """Return the approvals of proposals with their events, in the order given."""
    query = (
        select(APPROVAL, EVENT.c.recorded_at, EVENT.c.body)
        .join(EVENT, EVENT.c.id == APPROVAL.c.event_id)
        .where(APPROVAL.c.proposal_id.in_(proposals))
        .order_by(EVENT.c.recorded_at, APPROVAL.c.approver)
    )
    found: defaultdict[UUID, list[tuple[Approval, bytes]]] = defaultdict(list)
    for row in session.execute(query):
        signature = None if row.signature is None else bytes(row.signature)
        one = Approval(approver=row.approver, given_at=row.recorded_at, signature=signature)
        found[row.proposal_id].append((one, bytes(row.body)))
    return found


def keep_approval(
    session: Session, book_id: int, proposal: Proposal, approver: str, signature: bytes | None, event_id: UUID
) -> None:
    """Write an approval under its event, bound to the proposal's maker and bytes."""
    session.execute(
        insert(APPROVAL).values(
            proposal_id=proposal.id,
            book_id=book_id,
            maker=proposal.maker,
            payload_sha256=proposal.digest(),
            approver=approver,
            signature=signature,
            event_id=event_id,
        )
    )


def keep_rejection(
    session: Session, book_id: int, proposal: Proposal, party: str, reason: str, event_id: UUID
) -> None:
    """Write a rejection under its event, bound to the proposal's maker and bytes."""
    session.execute(
        insert(REJECTION).values(
            proposal_id=proposal.id,
            book_id=book_id,
            maker=proposal.maker,
            payload_sha256=proposal.digest(),
            party=party,
            reason=reason,
            event_id=event_id,
        )
    )


def find_execution(session: Session, proposal: UUID) -> UUID | None:
    """Return the transaction that carried a proposal out."""
    return session.scalar(select(TXN.c.id).where(TXN.c.proposal_id == proposal))


def find_account_at(session: Session, book_id: int, path: str, unit: str, earmark: str) -> Account:
    """Return an open account by its place.

    Raises
    ------
    Missing
        When none is open there.
    """
    row = session.execute(
        select(ACCOUNT.c.role, ACCOUNT.c.normal, ACCOUNT.c.floor, FUND.c.code)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(EARMARK, EARMARK.c.id == ACCOUNT.c.earmark_id)
        .where(ACCOUNT.c.book_id == book_id, ACCOUNT.c.path == path, ACCOUNT.c.unit == unit)
        .where(EARMARK.c.code == earmark)
    ).one_or_none()
    if row is None:
        raise Missing(
            f"There is no account {path} in {unit} under earmark {earmark!r}.", what="account", code=path
        )
    return Account(
        fund=row.code,
        path=path,
        unit=find_unit(session, unit),
        role=row.role,
        earmark=earmark,
        normal=row.normal,
        floor=row.floor,
    )


def find_lacking(
    session: Session, book_id: int, requests: Iterable[Request], instant: datetime, reason: str
) -> NotApproved | None:
    """Make the error of the first request that has fewer approvals than the policies ask, if that is why.

    Parameters
    ----------
    session : Session
        After the rollback.
    book_id : int [row number]
        The book.
    requests : Iterable of Request
        What was to be posted.
    instant : datetime
        When it was to be recorded.
    reason : str
        From ``read_reason``.
    """
    if LACKING not in reason.split("; "):
        return None
    policies = list_policies(session, book_id)
    for one in requests:
        need = quorum_asked(policies, one.draft, instant)
        fits = select(func.count()).select_from(APPROVAL).where(APPROVAL.c.proposal_id == one.proposal)
        have = session.scalar(fits.where(APPROVAL.c.payload_sha256 == one.digest)) or 0
        if have < need:
            refusal = NotApproved(
                f"This {one.draft.kind} needs {need} approvals and has {have}. Propose it, let {need - have} "
                "more parties approve it, and carry the proposal out. Nothing was written.",
                kind=one.draft.kind,
                key=one.key,
                have=have,
                need=need,
                proposal=None if one.proposal is None else str(one.proposal),
            )
            refusal.request = one
            return refusal
    return None
