"""Check approvals against what was carried out, from the bytes that were stored.

The problem: the database binds an approval to a digest, and cannot read what the digest stands for. Here each
proposal's payload is compared with its digest, its event, its signatures, and the transaction that it became.
"""

from collections.abc import Iterator, Mapping

from ..approvals import Proposal
from ..errors import SignatureInvalid
from ..records import approvals, registry
from ..signatures import require_signature
from ..storage import Session

FILLED_IN = {"legs", "expires_at"}


def find_approval_faults(session: Session, book_id: int) -> Iterator[str]:
    """Yield what is wrong with a book's proposals, their approvals, and what carried them out.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    """
    for row in approvals.list_vouched(session, book_id):
        proposal = row.proposal
        if proposal.digest() != row.digest:
            yield f"proposal {proposal.id}: its payload does not fit its digest"
        said = {"maker": proposal.maker, "payload_sha256": row.digest.hex()}
        if not _holds(row.event, said):
            yield f"proposal {proposal.id}: its row differs from its event"
        yield from _approvals(session, book_id, proposal, row.given)
        yield from _rejection(proposal, row.rejected)
        if row.posted is not None and not _carried_out(proposal.payload, row.posted, row.undone):
            yield f"transaction {proposal.transaction}: it is not what the proposal {proposal.id} asks for"


def _approvals(
    session: Session, book_id: int, proposal: Proposal, events: tuple[bytes, ...]
) -> Iterator[str]:
    for one, event in zip(proposal.approvals, events, strict=True):
        said = {
            "approver": one.approver,
            "payload_sha256": proposal.digest().hex(),
            "proposal": str(proposal.id),
            "signature": one.signature.hex() if one.signature else None,
        }
        if not _holds(event, said):
            yield f"approval of {proposal.id} by {one.approver}: its row differs from its event"
        key = registry.find_party(session, book_id, one.approver).public_key
        try:
            if key is not None:
                require_signature(key, proposal.signing_bytes(), one.signature or b"", one.approver)
        except SignatureInvalid:
            yield f"approval of {proposal.id} by {one.approver}: its signature does not fit"


def _rejection(proposal: Proposal, event: bytes | None) -> Iterator[str]:
    if proposal.rejection is None:
        return
    said = {
        "party": proposal.rejection.party,
        "payload_sha256": proposal.digest().hex(),
        "proposal": str(proposal.id),
        "reason": proposal.rejection.reason,
    }
    if event is None or not _holds(event, said):
        yield f"rejection of {proposal.id}: its row differs from its event"


def _holds(event: bytes, said: Mapping[str, str | None]) -> bool:
    body = approvals.read_object(event)
    return all(body.get(name) == value for name, value in said.items())


def _carried_out(payload: bytes, posted: bytes, undone: str | None) -> bool:
    """Tell whether the event of a transaction says what a payload asks, beyond what is filled in later."""
    asked, done = approvals.read_object(payload), approvals.read_object(posted)
    if "reverses" in asked:
        return bool(asked["reverses"] == undone)
    legs, became = asked.get("legs", []), done.get("legs", [])
    if len(legs) != len(became) or any(
        done.get(name) != asked[name] for name in asked if name not in FILLED_IN
    ):
        return False
    for leg, other in zip(legs, became, strict=True):
        if {**leg, "draws": leg["draws"] or other["draws"]} != other:
            return False
    return True
