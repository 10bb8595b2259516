"""A proof from the sealed log, checked here, and as the reader can check it without this server."""

import json
from dataclasses import dataclass
from uuid import UUID

from ....finance import verifier
from ....finance.log import Checkpoint, leaf_hash
from ...wire.log import ProofReply
from ...wire.trails import PayoutTrailReply, TrailLog
from ..view import Attachment
from ..visit import Visit

MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProof:
    """A transaction's place in the log.

    Attributes
    ----------
    sealed : bool
        Whether the log holds it by now.
    holds : bool
        Whether the proof is right: path to the root, and signature of the checkpoint.
    document : str
        The proof as a file; empty where there is none to be seen.
    leaf, root : str
        Digests, 64 hexadecimal digits.
    index, size : int [leaves]
        Which entry of how many.
    path : tuple of str
        What leaf and root are joined by, lowest first.
    """

    transaction: UUID
    sealed: bool
    holds: bool = False
    document: str = ""
    name: str = ""
    key: str = ""
    note: str = ""
    body: str = ""
    leaf: str = ""
    root: str = ""
    index: int = 0
    size: int = 0
    path: tuple[str, ...] = ()


def proofs_of(visit: Visit, trail: PayoutTrailReply) -> list[ShownProof]:
    """Return the proofs of a payout's transactions: those of the trail, else those of its fund."""
    return [_shown(visit, one, trail.fund) for one in trail.log[:MOST]]


def _shown(visit: Visit, one: TrailLog, fund: str | None) -> ShownProof:
    if not one.sealed:
        return ShownProof(transaction=one.transaction, sealed=False)
    if one.proof is not None:
        found = ProofReply.model_validate({**one.proof.model_dump(), "older": []})
        return shown_proof(one.transaction, found)
    given = {"event": str(one.transaction), "fund": fund or ""}
    seen = visit.find(ProofReply, "fund_proof.read", **given) if fund else None
    if seen is None:
        return ShownProof(transaction=one.transaction, sealed=True)
    return shown_proof(one.transaction, seen)


def shown_proof(transaction: UUID, found: ProofReply) -> ShownProof:
    """Check a proof, and take it apart.

    Parameters
    ----------
    transaction : UUID
        What it is of.
    found : ProofReply
        Of one entry.
    """
    document = json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"
    entry, checkpoint = found.entries[0], Checkpoint.read(found.checkpoint)
    return ShownProof(
        transaction=transaction,
        sealed=True,
        holds=_holds(document),
        document=document,
        name=found.name,
        key=found.key,
        note=found.checkpoint,
        body=entry.body,
        leaf=leaf_hash(entry.body.encode()).hex(),
        root=checkpoint.root.hex(),
        index=entry.index,
        size=checkpoint.size,
        path=tuple(entry.path),
    )


def _holds(document: str) -> bool:
    try:
        verifier.check(json.loads(document))
    except (verifier.Refusal, KeyError, ValueError):
        return False
    return True


def proof_file(visit: Visit, proofs: list[ShownProof]) -> Attachment | None:
    """Return the proof that was asked for as a file; None where it is none of these."""
    wanted = visit.query.get("transaction", "")
    for one in proofs:
        if one.document and wanted in {"", str(one.transaction)}:
            name = f"proof-{one.transaction}.json"
            return Attachment(name=name, media_type="application/json", content=one.document.encode())
    return None
