"""Seal what happened into the transparency log, prove that it is there, and find what was changed since.

The problem: verification inside the database shows that its rows agree with each other, and an owner can
make them agree on another history. ``seal`` signs a root over all events; whoever keeps the checkpoint, or a
proof from ``prove``, holds the owner to it, with ``verifier.py`` and without this library. A leaf's index is
given here and not in the posting, so a transaction that commits late cannot fork the log.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from ..dates import Clock, as_utc
from ..errors import AlreadyExists, DocumentInvalid, LogInconsistent, Missing, SignatureInvalid
from ..log import Checkpoint, MerkleTree, checkpoint_text, key_hash, leaf_hash
from ..records import leaves, registry
from ..signatures import public_key, require_signature, sign_bytes
from ..storage import Session


def seal(session: Session, book: str, *, clock: Clock, name: str, secret: bytes) -> Checkpoint | None:
    """Give every waiting event its leaf, in the order of their identities, and sign the new root.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    clock : Clock
        When the checkpoint is recorded.
    name : str
        Who seals, such as ``example.org``; the log is named ``NAME/BOOK``, so that no two books of one
        signer can be taken for the same log. It stays the same for the life of a book.
    secret : bytes
        Ed25519 secret key, 32 bytes.

    Returns
    -------
    Checkpoint or None
        None when nothing is new and a checkpoint is there.

    Raises
    ------
    LogInconsistent
        When the leaves no longer give the last checkpoint's root, or an event does not fit its digest.
    AlreadyExists
        When the book's log has another name.
    DocumentInvalid
        When the name cannot stand in a note.
    """
    origin, key = f"{name}/{book}", public_key(secret)
    checkpoint_text(origin, 0, b"")
    book_id = leaves.lock_book(session, book)
    last = leaves.find_last_checkpoint(session, book_id)
    waiting = leaves.list_unsealed(session, book_id)
    if last is not None and not waiting:
        return None
    known = leaves.list_hashes(session, book_id)
    if last is not None:
        _require_last(book, origin, Checkpoint.read(last.note), known)
    sealed = [(row.id, leaf_hash(bytes(row.body))) for row in waiting]
    for (identity, digest), row in zip(sealed, waiting, strict=True):
        if digest != bytes(row.leaf_sha256):
            raise LogInconsistent(
                f"The event {identity} does not fit its digest; nothing was sealed.",
                event=str(identity),
            )
    leaves.keep_leaves(session, book_id, len(known), sealed)
    tree = MerkleTree([*known, *(digest for _, digest in sealed)])
    size = len(tree)
    root = tree.root(size)
    made = Checkpoint(
        name=origin,
        size=size,
        root=root,
        key_hash=key_hash(origin, key),
        signature=sign_bytes(secret, checkpoint_text(origin, size, root)),
    )
    leaves.keep_checkpoint(session, book_id, size, key, made.note, as_utc(clock()))
    return made


def _require_last(book: str, origin: str, last: Checkpoint, known: tuple[bytes, ...]) -> None:
    if last.name != origin:
        raise AlreadyExists(
            f"The log of the book {book!r} is named {last.name}, not {origin}. Seal it under its name.",
            what="log",
            code=last.name,
        )
    if len(known) != last.size or MerkleTree(known).root(last.size) != last.root:
        raise LogInconsistent(
            f"The log of {book!r} no longer gives the root of its checkpoint of {last.size} entries. Nothing "
            "was sealed. Run: almoner ledger verify",
            size=last.size,
        )


def prove(session: Session, book: str, event_id: UUID) -> dict[str, Any]:
    """Show an event under the last checkpoint, and that the checkpoint continues all earlier ones.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    event_id : UUID
        Of the event; for money, the transaction's.

    Returns
    -------
    dict
        JSON: ``key`` (hex), ``name``, ``checkpoint`` (a signed note), ``entries`` with index, body and path
        (hex, lowest first), and ``older``: every earlier checkpoint under the same key, with its path.

    Raises
    ------
    Missing
        When the event is not there, or not yet sealed.
    """
    book_id = registry.find_book_id(session, book)
    found = leaves.find_leaf(session, book_id, event_id)
    if found is None:
        raise Missing(f"There is no event {event_id} in this book.", what="event", code=str(event_id))
    checkpoints = leaves.list_checkpoints(session, book_id)
    last = checkpoints[-1] if checkpoints else None
    if found.idx is None or last is None or found.idx >= last.size:
        raise Missing(
            f"The event {event_id} is not sealed yet. Seal the book first: almoner ledger seal",
            what="leaf",
            code=str(event_id),
        )
    tree = MerkleTree(leaves.list_hashes(session, book_id))
    earlier = [row for row in checkpoints[:-1] if row.public_key == last.public_key]
    return {
        "key": bytes(last.public_key).hex(),
        "name": Checkpoint.read(last.note).name,
        "checkpoint": last.note,
        "entries": [
            {
                "index": found.idx,
                "body": bytes(found.body).decode(),
                "path": [one.hex() for one in tree.find_inclusion(found.idx, last.size)],
            }
        ],
        "older": [
            {
                "checkpoint": row.note,
                "path": [one.hex() for one in tree.find_consistency(row.size, last.size)],
            }
            for row in earlier
        ],
    }


def find_log_faults(session: Session, book_id: int) -> Iterator[str]:
    """Yield what is wrong with a book's log: leaves against events, checkpoints against leaves."""
    rows = leaves.list_leaves(session, book_id)
    for position, row in enumerate(rows):
        why = _leaf_fault(row, position, book_id)
        if why:
            yield f"leaf {row.idx}: {why}"
    tree = MerkleTree([bytes(row.leaf_sha256) for row in rows])
    checkpoints = leaves.list_checkpoints(session, book_id)
    names = set()
    for row in checkpoints:
        try:
            names.add(_require_checkpoint(tree, row).name)
        except (DocumentInvalid, SignatureInvalid, LogInconsistent) as fault:
            yield f"checkpoint {row.size}: {fault.message}"
    if len(names) > 1:
        yield f"the log has {len(names)} names: {', '.join(sorted(names))}"
    covered = checkpoints[-1].size if checkpoints else 0
    if covered != len(tree):
        yield f"the log has {len(tree)} leaves, its last checkpoint covers {covered}"
    for identity in leaves.list_misplaced(session, book_id):
        yield f"event {identity}: it is not either sealed or waiting"


def _leaf_fault(row: leaves.AnyRow, position: int, book_id: int) -> str:
    if row.idx != position:
        return f"it stands at {position}"
    if row.body is None:
        return f"its event {row.event_id} is missing"
    if leaf_hash(bytes(row.body)) != bytes(row.leaf_sha256):
        return f"the bytes of the event {row.event_id} are not those that were sealed"
    return "" if row.event_book == book_id else f"the event {row.event_id} is of another book"


def _require_checkpoint(tree: MerkleTree, row: leaves.AnyRow) -> Checkpoint:
    """Read a stored checkpoint; refuse one that its key, its size or the leaves do not bear out."""
    one, key = Checkpoint.read(row.note), bytes(row.public_key)
    if one.key_hash != key_hash(one.name, key):
        raise SignatureInvalid("It names another key than the one beside it.", party=one.name)
    require_signature(key, one.text, one.signature, one.name)
    if one.size != row.size:
        raise LogInconsistent(f"Its note says {one.size} entries.", size=one.size)
    if one.size > len(tree) or tree.root(one.size) != one.root:
        raise LogInconsistent("The leaves do not give its root.", size=one.size)
    return one
