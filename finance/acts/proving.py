"""Prove to a stranger that an event is in the transparency log, and that the log only grew.

The problem: a proof must not cost more the longer the log is, nor be handed out when it shows nothing. It is
read from the nodes, some hashes for each power of two, and checked here before anybody else does.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ..errors import LogInconsistent, Missing
from ..log import (
    Checkpoint,
    Span,
    extends,
    find_consistency_spans,
    find_inclusion_spans,
    find_subtrees,
    is_included,
    join_hashes,
    leaf_hash,
)
from ..records import leaves, registry
from ..storage import Session

OLDER_LIMIT = 256


def prove(session: Session, book: str, event_id: UUID, *, since: int | None = None) -> dict[str, Any]:
    """Show an event under the last checkpoint, and that the checkpoint continues earlier ones.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    event_id : UUID
        Of the event; for money, the transaction's.
    since : int or None [leaves]
        Size of the checkpoint that the reader of the proof keeps; 0 for all of them. None, for a reader who
        keeps none yet, leaves them out, so that a proof does not grow with the number of seals.

    Returns
    -------
    dict
        JSON: ``key`` (hex), ``name``, ``checkpoint`` (a signed note), ``entries`` with index, body and path
        (hex, lowest first), and ``older``: the earlier checkpoints of at least ``since`` entries under the
        same key, each with its path, smallest first, at most 256; ask again from the last of them for more.

    Raises
    ------
    Missing
        When the event is not there, or not yet sealed.
    LogInconsistent
        When the stored hashes do not lead to the signed roots; no proof is given then.
    """
    book_id = registry.find_book_id(session, book)
    found = leaves.find_leaf(session, book_id, event_id)
    if found is None:
        raise Missing(f"There is no event {event_id} in this book.", what="event", code=str(event_id))
    newest = leaves.find_last_checkpoint(session, book_id)
    if found.idx is None or newest is None or found.idx >= newest.size:
        raise Missing(
            f"The event {event_id} is not sealed yet. Seal the book first: almoner ledger seal",
            what="leaf",
            code=str(event_id),
        )
    last, key, older = Checkpoint.read(newest.note), bytes(newest.public_key), list[Checkpoint]()
    if since is not None:
        rows = leaves.list_checkpoints(session, book_id, key, since, last.size, limit=OLDER_LIMIT)
        older = [Checkpoint.read(row.note) for row in rows]
    wanted = [find_consistency_spans(one.size, last.size) for one in older]
    path, *growth = _read_paths(session, book_id, [find_inclusion_spans(found.idx, last.size), *wanted])
    if not is_included(leaf_hash(bytes(found.body)), found.idx, last.size, path, last.root):
        raise _unproven(f"The event {event_id} is not under the root of {last.size} entries")
    for one, shown in zip(older, growth, strict=True):
        if not extends(one.size, last.size, shown, (one.root, last.root)):
            raise _unproven(f"The log of {last.size} entries does not continue that of {one.size}")
    return {
        "key": key.hex(),
        "name": last.name,
        "checkpoint": last.note,
        "entries": [{"index": found.idx, "body": bytes(found.body).decode(), "path": _spell(path)}],
        "older": [
            {"checkpoint": one.note, "path": _spell(shown)} for one, shown in zip(older, growth, strict=True)
        ],
    }


def _read_paths(session: Session, book_id: int, paths: Sequence[Sequence[Span]]) -> list[list[bytes]]:
    """Return the hashes of each step of each path."""
    wanted = {place for path in paths for span in path for place in find_subtrees(span)}
    known = leaves.find_hashes(session, book_id, wanted)
    if wanted - known.keys():
        raise _unproven(f"{len(wanted) - len(known)} hashes of the log are missing")
    return [[join_hashes([known[place] for place in find_subtrees(span)]) for span in path] for path in paths]


def _spell(path: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in path]


def _unproven(why: str) -> LogInconsistent:
    return LogInconsistent(f"{why}. There is no proof. Run: almoner ledger verify", why=why)
