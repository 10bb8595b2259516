"""Mathematics of the transparency log: Merkle trees (RFC 6962) and checkpoints (C2SP signed notes).

The problem: whoever owns the database can rewrite history and every digest in it. A checkpoint is one
signed root over all events so far. Whoever keeps a checkpoint can demand two things later: a path that
shows an event under the root, and a path that shows that the newer root only adds to the older one. Pure
functions on hashes; nothing here reads a database or a key.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import DocumentInvalid

EMPTY_ROOT = hashlib.sha256().digest()
HASH_BYTES = 32
KEY_HASH_BYTES = 4
SIGNATURE_BYTES = 64
Span = tuple[int, int]  # first leaf, and the one after the last
Subtree = tuple[
    int, int
]  # level k and index i: the complete subtree over the leaves from i << k to i + 1 << k
_NAME = re.compile(r"[^\s+]+")
_NOTE = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)\n\n— ([^\n ]+) ([^\n]+)\n")


def leaf_hash(content: bytes) -> bytes:
    """Hash one entry.

    Examples
    --------
    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into their parent.

    Examples
    --------
    >>> node_hash(leaf_hash(b"a"), leaf_hash(b"b")) == node_hash(leaf_hash(b"b"), leaf_hash(b"a"))
    False
    """
    return hashlib.sha256(b"\x01" + left + right).digest()


def find_inclusion_spans(index: int, size: int) -> tuple[Span, ...]:
    """Return the spans of leaves whose hashes lead from a leaf to the root, lowest first.

    Parameters
    ----------
    index : int [position]
        Of the leaf, from 0.
    size : int [leaves]
        Of the tree.

    Examples
    --------
    >>> find_inclusion_spans(1, 3)
    ((0, 1), (2, 3))
    """
    _require(0, index, size - 1)
    start, stop, path = 0, size, []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start = middle
    return tuple(reversed(path))


def find_consistency_spans(older: int, newer: int) -> tuple[Span, ...]:
    """Return the spans of leaves whose hashes show an older tree as the beginning of a newer, lowest first.

    Parameters
    ----------
    older, newer : int [leaves]
        Sizes of the trees.

    Examples
    --------
    >>> find_consistency_spans(2, 3)
    ((2, 3),)
    """
    _require(0, older, newer)
    if older == 0:
        return ()
    start, stop, path = 0, newer, []
    while stop != older:
        middle = start + _split(stop - start)
        if older <= middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start = middle
    return tuple(reversed([*path, (start, stop)] if start else path))


def find_subtrees(span: Span) -> tuple[Subtree, ...]:
    """Return the complete subtrees that make up the beginning of a tree, or a step of a path; largest first.

    Parameters
    ----------
    span : tuple of (int, int) [leaves]
        First leaf, and the one after the last.

    Examples
    --------
    >>> find_subtrees((0, 7))
    ((2, 0), (1, 2), (0, 6))
    """
    (start, stop), found = span, []
    for level in reversed(range((stop - start).bit_length())):
        if (stop - start) >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return tuple(found)


def join_hashes(hashes: Sequence[bytes]) -> bytes:
    """Hash neighbouring complete subtrees, largest first, into the root over all of them.

    Examples
    --------
    >>> join_hashes(()) == EMPTY_ROOT
    True
    """
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for one in reversed(hashes[:-1]):
        root = node_hash(one, root)
    return root


class Peaks:
    """The complete subtrees of a log: all that a growing log needs of its past.

    Parameters
    ----------
    size : int [leaves]
        How many there are.
    hashes : sequence of bytes
        Of ``find_subtrees((0, size))``, in its order.

    Examples
    --------
    >>> peaks = Peaks()
    >>> for content in (b"a", b"b", b"c"):
    ...     completed = [place for place, _ in peaks.append(leaf_hash(content))]
    ...     print(peaks.size, completed)
    1 []
    2 [(1, 0)]
    3 []
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(hashes) != size.bit_count():
            raise ValueError(f"a log of {size} leaves has not {len(hashes)} peaks")
        self.size = size
        self._hashes = list(hashes)

    @property
    def root(self) -> bytes:
        """Of the whole log."""
        return join_hashes(self._hashes)

    def append(self, leaf: bytes) -> list[tuple[Subtree, bytes]]:
        """Add a leaf hash; return the subtrees that it completes, lowest first."""
        level, completed = 0, []
        while self.size >> level & 1:
            leaf = node_hash(self._hashes.pop(), leaf)
            level += 1
            completed.append(((level, self.size >> level), leaf))
        self._hashes.append(leaf)
        self.size += 1
        return completed


class MerkleTree:
    """A tree over leaf hashes in memory, with the roots and the paths of every size up to its own.

    Parameters
    ----------
    leaves : sequence of bytes
        Leaf hashes in order.

    Examples
    --------
    >>> tree = MerkleTree([leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")])
    >>> path = tree.find_inclusion(1, 3)
    >>> is_included(leaf_hash(b"b"), 1, 3, path, tree.root(3))
    True
    >>> extends(2, 3, tree.find_consistency(2, 3), (tree.root(2), tree.root(3)))
    True
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [tuple(leaves)]  # level k holds the roots of the complete subtrees of 2**k leaves
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append(tuple(node_hash(left, right) for left, right in pairs))

    def __len__(self) -> int:
        return len(self._levels[0])

    @property
    def leaves(self) -> tuple[bytes, ...]:
        """Leaf hashes in order."""
        return self._levels[0]

    def root(self, size: int) -> bytes:
        """Return the root of the first ``size`` leaves."""
        _require(0, size, len(self))
        return self._hash((0, size))

    def find_inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the path from a leaf to the root of the first ``size`` leaves, lowest first."""
        _require(0, size, len(self))
        return tuple(map(self._hash, find_inclusion_spans(index, size)))

    def find_consistency(self, older: int, newer: int) -> tuple[bytes, ...]:
        """Return the path that shows the first ``older`` leaves as the beginning of the first ``newer``."""
        _require(0, newer, len(self))
        return tuple(map(self._hash, find_consistency_spans(older, newer)))

    def _hash(self, span: Span) -> bytes:
        return join_hashes([self._levels[level][index] for level, index in find_subtrees(span)])


def _require(low: int, number: int, high: int) -> None:
    if not low <= number <= high:
        raise ValueError(f"{number} is outside {low} to {high}")


def _split(width: int) -> int:
    """Return the largest power of two below a width of two or more."""
    return 1 << ((width - 1).bit_length() - 1)


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a path leads from a leaf to a root (RFC 9162, section 2.1.3.2).

    Parameters
    ----------
    leaf : bytes
        Leaf hash.
    index : int [position]
        Of the leaf, from 0.
    size : int [leaves]
        Of the tree.
    path : sequence of bytes
        Hashes, lowest first.
    root : bytes
        Of the tree.

    Examples
    --------
    >>> is_included(leaf_hash(b"a"), 0, 1, (), leaf_hash(b"a"))
    True
    """
    if not 0 <= index < size or any(len(one) != HASH_BYTES for one in path):
        return False
    position, last = index, size - 1
    for one in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            leaf = node_hash(one, leaf)
            position, last = _climb(position, last)
        else:
            leaf = node_hash(leaf, one)
        position, last = position >> 1, last >> 1
    return last == 0 and leaf == root


def extends(older: int, newer: int, path: Sequence[bytes], roots: tuple[bytes, bytes]) -> bool:
    """Tell whether a newer tree only adds to an older one (RFC 9162, section 2.1.4.2).

    Parameters
    ----------
    older, newer : int [leaves]
        Sizes of the trees.
    path : sequence of bytes
        Hashes, lowest first.
    roots : tuple of (bytes, bytes)
        Of the older and of the newer tree.

    Examples
    --------
    >>> extends(1, 1, (), (leaf_hash(b"a"), leaf_hash(b"b")))
    False
    """
    if not 0 <= older <= newer or any(len(one) != HASH_BYTES for one in path):
        return False
    if older in {0, newer}:
        expected = EMPTY_ROOT if older == 0 else roots[1]
        return not path and roots[0] == expected and (newer > 0 or roots[1] == EMPTY_ROOT)
    if older & (older - 1) == 0:
        path = (roots[0], *path)
    if not path:
        return False
    position, last = older - 1, newer - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(one, first), node_hash(one, second)
            position, last = _climb(position, last)
        else:
            second = node_hash(second, one)
        position, last = position >> 1, last >> 1
    return last == 0 and (first, second) == roots


def _climb(position: int, last: int) -> tuple[int, int]:
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def key_hash(name: str, key: bytes) -> bytes:
    """Return the four bytes by which a note names an Ed25519 key.

    Parameters
    ----------
    name : str
        Name of the key.
    key : bytes
        Public key, 32 bytes.

    Examples
    --------
    >>> key_hash("example.org/log", bytes(32)).hex()
    '70da24f6'
    """
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:KEY_HASH_BYTES]


def checkpoint_text(name: str, size: int, root: bytes) -> bytes:
    """Write what a checkpoint's signature covers: origin, size and root, a line each.

    Parameters
    ----------
    name : str
        Of the log and of its key: not empty, without white space and without ``+``.
    size : int [leaves]
        How many.
    root : bytes
        Over them.

    Raises
    ------
    DocumentInvalid
        When the name cannot stand in a note.

    Examples
    --------
    >>> checkpoint_text("example.org/log", 0, EMPTY_ROOT).decode().splitlines()[:2]
    ['example.org/log', '0']
    """
    if not _NAME.fullmatch(name):
        raise DocumentInvalid(
            f"{name!r} cannot name a log: write a name without spaces and without '+', such as "
            "example.org/ledger.",
            got=name,
        )
    return f"{name}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed root over all events so far; as text, a C2SP signed note.

    Attributes
    ----------
    name : str
        Origin of the log and name of its key.
    size : int [leaves]
        How many events it covers.
    root : bytes
        Over their leaves.
    key_hash : bytes
        Names the key, four bytes.
    signature : bytes
        Ed25519 over ``text``.

    Examples
    --------
    >>> one = Checkpoint(name="log", size=0, root=EMPTY_ROOT, key_hash=bytes(4), signature=bytes(64))
    >>> Checkpoint.read(one.note) == one
    True
    """

    name: str
    size: int
    root: bytes
    key_hash: bytes
    signature: bytes

    def __post_init__(self) -> None:
        checkpoint_text(self.name, self.size, self.root)
        if type(self.size) is not int or self.size < 0:
            raise ValueError(f"a log of {self.size!r} leaves")
        lengths = (len(self.root), len(self.key_hash), len(self.signature))
        if lengths != (HASH_BYTES, KEY_HASH_BYTES, SIGNATURE_BYTES):
            raise ValueError(f"root, key hash and signature of {lengths} bytes")

    @property
    def text(self) -> bytes:
        """What the signature covers."""
        return checkpoint_text(self.name, self.size, self.root)

    @property
    def note(self) -> str:
        """The whole signed note."""
        signed = base64.b64encode(self.key_hash + self.signature).decode()
        return f"{self.text.decode()}\n— {self.name} {signed}\n"

    @classmethod
    def read(cls, note: str) -> "Checkpoint":
        """Read a note with one signature.

        Raises
        ------
        DocumentInvalid
            When it is not exactly such a note.
        """
        found = _NOTE.fullmatch(note)
        if found is None:
            raise DocumentInvalid("This is no checkpoint: it is not a note of five lines.")
        name, size, root, signer, signed = found.groups()
        try:
            raw = base64.b64decode(signed, validate=True)
            made = cls(
                name=name,
                size=int(size),
                root=base64.b64decode(root, validate=True),
                key_hash=raw[:KEY_HASH_BYTES],
                signature=raw[KEY_HASH_BYTES:],
            )
        except ValueError as fault:  # binascii.Error is one
            raise DocumentInvalid(f"This is no checkpoint: {fault}.") from None
        if signer != name or made.note != note:
            raise DocumentInvalid("This is no checkpoint: it names another signer or is spelled otherwise.")
        return made
