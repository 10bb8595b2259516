"""Seal what happened into the transparency log, and find what was changed since.

The problem: verification inside the database shows that its rows agree with each other, and an owner can
make them agree on another history. ``seal`` signs a root over all events; whoever keeps the checkpoint, or a
proof from ``prove``, holds the owner to it, with ``verifier.py`` and without this library. A leaf's index is
given here and not in the posting, so a transaction that commits late cannot fork the log. Every complete
subtree is kept as a node: sealing and proving read some hashes for each power of two, never the whole log.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from uuid import UUID

from ..dates import Clock, as_utc
from ..errors import AlreadyExists, DocumentInvalid, LogInconsistent, SignatureInvalid
from ..log import Checkpoint, Peaks, Subtree, checkpoint_text, find_subtrees, key_hash, leaf_hash
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
    if last is not None and not leaves.has_unsealed(session, book_id):
        return None
    peaks = Peaks()
    if last is not None:
        peaks = _require_last(session, book, origin, Checkpoint.read(last.note), book_id)
    with session.begin_nested():
        _append_waiting(session, book_id, peaks)
        size, root = peaks.size, peaks.root
        made = Checkpoint(
            name=origin,
            size=size,
            root=root,
            key_hash=key_hash(origin, key),
            signature=sign_bytes(secret, checkpoint_text(origin, size, root)),
        )
        leaves.keep_checkpoint(session, book_id, size, key, made.note, as_utc(clock()))
    return made


def seal_due(
    session: Session, book: str, *, clock: Clock, name: str, secret: bytes, every: timedelta | None = None
) -> Checkpoint | None:
    """Seal when an event waits and the last checkpoint is old enough; otherwise change and lock nothing.

    A host that calls this from a timer, or as its last act before each commit, has a log that keeps up.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    clock : Clock
        What the age of the last checkpoint is told by, and when the new one is recorded.
    name : str
        Who seals, as in ``seal``.
    secret : bytes
        Ed25519 secret key, 32 bytes.
    every : timedelta or None
        Least age of the last checkpoint. None is one second on PostgreSQL, where writers would wait for each
        other's seal, and nothing on SQLite, where they wait for each other anyway.

    Returns
    -------
    Checkpoint or None
        None when nothing was due.

    Raises
    ------
    LogInconsistent, AlreadyExists, DocumentInvalid
        As ``seal``.
    """
    if every is None:
        every = timedelta(seconds=session.get_bind().dialect.name == "postgresql")
    if not _is_due(session, registry.find_book_id(session, book), clock, every):
        return None
    book_id = leaves.lock_book(session, book)
    if not _is_due(session, book_id, clock, every):  # another session sealed while this one waited
        return None
    return seal(session, book, clock=clock, name=name, secret=secret)


def _is_due(session: Session, book_id: int, clock: Clock, every: timedelta) -> bool:
    if not leaves.has_unsealed(session, book_id):
        return False
    last = leaves.find_last_checkpoint(session, book_id)
    if last is None:
        return True
    age: timedelta = as_utc(clock()) - last.recorded_at
    return age < timedelta() or age >= every  # a clock that was set back does not stop the log


def _append_waiting(session: Session, book_id: int, peaks: Peaks) -> None:
    """Give every waiting event its leaf and write the nodes that become complete."""
    with closing(leaves.read_unsealed(session, book_id)) as pages:
        for page in pages:
            start, sealed, completed = peaks.size, list[tuple[UUID, bytes]](), list[tuple[Subtree, bytes]]()
            for row in page:
                digest = leaf_hash(bytes(row.body))
                if digest != bytes(row.leaf_sha256):
                    raise LogInconsistent(
                        f"The event {row.id} does not fit its digest; nothing was sealed.", event=str(row.id)
                    )
                sealed.append((row.id, digest))
                completed += peaks.append(digest)
            leaves.keep_leaves(session, book_id, start, sealed)
            leaves.keep_nodes(session, book_id, completed)
    leaves.end_waiting(session, book_id)


def _require_last(session: Session, book: str, origin: str, last: Checkpoint, book_id: int) -> Peaks:
    """Return the peaks of the log; refuse them when they are not those that its last checkpoint signed."""
    if last.name != origin:
        raise AlreadyExists(
            f"The log of the book {book!r} is named {last.name}, not {origin}. Seal it under its name.",
            what="log",
            code=last.name,
        )
    places = find_subtrees((0, last.size))
    known = leaves.find_hashes(session, book_id, set(places))
    if leaves.find_end(session, book_id) == (last.size, last.size) and len(known) == len(places):
        peaks = Peaks(last.size, [known[place] for place in places])
        if peaks.root == last.root:
            return peaks
    raise LogInconsistent(
        f"The log of {book!r} no longer gives the root of its checkpoint of {last.size} entries. Nothing "
        "was sealed. Run: almoner ledger verify",
        size=last.size,
    )


def find_log_faults(session: Session, book_id: int) -> Iterator[str]:
    """Yield what is wrong with a book's log: leaves against events, nodes and checkpoints against leaves.

    Everything is read in order and computed again, a page at a time. What is sealed meanwhile is left to the
    next verification.
    """
    stop, covered = leaves.find_end(session, book_id)
    peaks, names = Peaks(), set[str]()
    rows = leaves.read_checkpoints(session, book_id, covered)
    point = yield from _check_checkpoints(rows, next(rows, None), peaks, names)
    for page in leaves.read_leaves(session, book_id, stop):
        stored = leaves.find_completed(session, book_id, peaks.size, peaks.size + len(page))
        for row in page:
            yield from _check_leaf(row, book_id, peaks, stored)
            point = yield from _check_checkpoints(rows, point, peaks, names)
    while point is not None:
        yield from _check_checkpoint(point, peaks, names)
        point = next(rows, None)
    if len(names) > 1:
        yield f"the log has {len(names)} names: {', '.join(sorted(names))}"
    if max(covered, 0) != peaks.size:
        yield f"the log has {peaks.size} leaves, its last checkpoint covers {max(covered, 0)}"
    for level, index in leaves.list_nodes_beyond(session, book_id):
        yield f"node {level}/{index}: there are no leaves below it"
    for identity in leaves.list_misplaced(session, book_id):
        yield f"event {identity}: it is not either sealed or waiting"


def _check_leaf(
    row: leaves.AnyRow, book_id: int, peaks: Peaks, stored: Mapping[Subtree, bytes]
) -> Iterator[str]:
    """Check a leaf and the nodes that it completes."""
    why = _leaf_fault(row, peaks.size, book_id)
    if why:
        yield f"leaf {row.idx}: {why}"
    for place, digest in peaks.append(bytes(row.leaf_sha256)):
        if stored.get(place) != digest:
            why = "it does not hash the leaves below it" if place in stored else "it is missing"
            yield f"node {place[0]}/{place[1]}: {why}"


def _leaf_fault(row: leaves.AnyRow, position: int, book_id: int) -> str:
    if row.idx != position:
        return f"it stands at {position}"
    if row.body is None:
        return f"its event {row.event_id} is missing"
    if leaf_hash(bytes(row.body)) != bytes(row.leaf_sha256):
        return f"the bytes of the event {row.event_id} are not those that were sealed"
    return "" if row.event_book == book_id else f"the event {row.event_id} is of another book"


def _check_checkpoints(
    rows: Iterator[leaves.AnyRow], point: leaves.AnyRow | None, peaks: Peaks, names: set[str]
) -> Generator[str, None, leaves.AnyRow | None]:
    """Check the checkpoints of the leaves read so far; return the one that comes after them."""
    while point is not None and point.size <= peaks.size:
        yield from _check_checkpoint(point, peaks, names)
        point = next(rows, None)
    return point


def _check_checkpoint(row: leaves.AnyRow, peaks: Peaks, names: set[str]) -> Iterator[str]:
    """Find that its key, its size or the leaves do not bear out a checkpoint; collect its name."""
    try:
        one, key = Checkpoint.read(row.note), bytes(row.public_key)
        if one.key_hash != key_hash(one.name, key):
            yield f"checkpoint {row.size}: It names another key than the one beside it."
        require_signature(key, one.text, one.signature, one.name)
    except (DocumentInvalid, SignatureInvalid) as fault:
        yield f"checkpoint {row.size}: {fault.message}"
        return
    names.add(one.name)
    if one.size != row.size:
        yield f"checkpoint {row.size}: Its note says {one.size} entries."
    elif row.size != peaks.size or one.root != peaks.root:
        yield f"checkpoint {row.size}: The leaves do not give its root."
