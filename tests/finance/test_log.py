"""The mathematics of the log, each proof also through the standalone verifier."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.finance import verifier
from almoner.finance.errors import DocumentInvalid
from almoner.finance.log import (
    EMPTY_ROOT,
    Checkpoint,
    MerkleTree,
    Peaks,
    checkpoint_text,
    extends,
    find_subtrees,
    is_included,
    key_hash,
    leaf_hash,
    node_hash,
)
from almoner.finance.signatures import public_key, require_signature, sign_bytes

RFC_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
SIZES = range(1, 70)
Path = Sequence[bytes]


@cache
def tree(size: int = 69) -> MerkleTree:
    return MerkleTree([leaf_hash(str(index).encode()) for index in range(size)])


def by_the_book(leaves: Sequence[bytes]) -> bytes:
    """Root as RFC 6962 defines it, section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_the_book(leaves[:split]), by_the_book(leaves[split:]))


def largest_power_below(width: int) -> int:
    split = 1
    while split * 2 < width:
        split *= 2
    return split


def inclusion_by_the_book(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return ()
    split = largest_power_below(len(leaves))
    if index < split:
        return (*inclusion_by_the_book(index, leaves[:split]), by_the_book(leaves[split:]))
    return (*inclusion_by_the_book(index - split, leaves[split:]), by_the_book(leaves[:split]))


def consistency_by_the_book(older: int, leaves: Sequence[bytes], *, whole: bool = True) -> tuple[bytes, ...]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if older == len(leaves):
        return () if whole else (by_the_book(leaves),)
    split = largest_power_below(len(leaves))
    if older <= split:
        return (*consistency_by_the_book(older, leaves[:split], whole=whole), by_the_book(leaves[split:]))
    rest = consistency_by_the_book(older - split, leaves[split:], whole=False)
    return (*rest, by_the_book(leaves[:split]))


@pytest.mark.parametrize("size", SIZES)
def test_paths_are_those_that_the_standard_defines(size: int) -> None:
    leaves = tree().leaves[:size]
    for index in range(size):
        assert tree().find_inclusion(index, size) == inclusion_by_the_book(index, leaves)
        assert tree().find_consistency(index + 1, size) == consistency_by_the_book(index + 1, leaves)


@given(st.integers(0, 300), st.integers(0, 40))
def test_a_log_grown_from_its_peaks_completes_the_same_subtrees(size: int, more: int) -> None:
    leaves = [leaf_hash(str(index).encode()) for index in range(size + more)]
    known = {(0, index): leaf for index, leaf in enumerate(leaves)}
    peaks = Peaks()
    for leaf in leaves[:size]:
        known.update(peaks.append(leaf))
    resumed = Peaks(size, [known[place] for place in find_subtrees((0, size))])
    assert resumed.root == peaks.root == by_the_book(leaves[:size])
    for leaf in leaves[size:]:
        completed = peaks.append(leaf)
        assert resumed.append(leaf) == completed
        known.update(completed)
        assert resumed.root == by_the_book(leaves[: resumed.size])
    whole = {(level, index) for level in range(10) for index in range((size + more) >> level)}
    assert known.keys() == whole
    for level, index in whole:
        assert known[level, index] == by_the_book(leaves[index << level : (index + 1) << level])


@pytest.mark.parametrize(("size", "count"), [(-1, 0), (0, 1), (1, 0), (3, 1), (4, 2)])
def test_peaks_that_no_log_has_are_refused(size: int, count: int) -> None:
    with pytest.raises(ValueError, match="peaks"):
        Peaks(size, [bytes(32)] * count)


def spoiled(path: Path) -> Iterator[Path]:
    """Each path with one hash changed, one more, one fewer."""
    for at, one in enumerate(path):
        yield (*path[:at], bytes([one[0] ^ 1]) + one[1:], *path[at + 1 :])
        yield (*path[:at], one[:-1], *path[at + 1 :])
        yield (*path[:at], *path[at + 1 :])
    for at in range(len(path) + 1):
        yield (*path[:at], bytes(32), *path[at:])
        yield (*path[:at], path[at - 1] if path else EMPTY_ROOT, *path[at:])


def verifier_includes(index: int, size: int, path: Path) -> bool:
    entry = {"index": index, "body": str(index), "path": [one.hex() for one in path]}
    try:
        verifier._check_entry(entry, (size, tree().root(size)))  # noqa: SLF001  # the file's own parts
    except verifier.Refusal:
        return False
    return True


def verifier_extends(older: int, newer: int, path: Path, roots: tuple[bytes, bytes]) -> bool:
    try:
        shown = tuple(verifier._hash(one.hex()) for one in path)  # noqa: SLF001  # the file's own parts
        verifier._check_growth((older, roots[0]), (newer, roots[1]), shown)  # noqa: SLF001  # the file's own parts
    except verifier.Refusal:
        return False
    return True


def test_the_golden_roots() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    leaves = [leaf_hash(bytes.fromhex(content)) for content in RFC_LEAVES]
    assert MerkleTree(leaves[:1]).root(1) == leaves[0]
    golden = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert MerkleTree(leaves).root(8).hex() == golden
    assert MerkleTree([]).root(0) == EMPTY_ROOT == hashlib.sha256().digest()


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_holds_and_no_spoiled_one_does(size: int) -> None:
    root = tree().root(size)
    assert root == by_the_book([leaf_hash(str(index).encode()) for index in range(size)])
    for index in range(size):
        leaf, path = leaf_hash(str(index).encode()), tree().find_inclusion(index, size)
        assert is_included(leaf, index, size, path, root)
        assert verifier_includes(index, size, path)
        for wrong in spoiled(path):
            assert not is_included(leaf, index, size, wrong, root)
            assert not verifier_includes(index, size, wrong)
        assert not is_included(leaf, size, size, path, root)
        assert not is_included(leaf, -1, size, path, root)
        assert not is_included(leaf_hash(b"other"), index, size, path, root)


@pytest.mark.parametrize("newer", SIZES)
def test_every_consistency_proof_holds_and_no_spoiled_one_does(newer: int) -> None:
    for older in range(newer + 1):
        path, roots = tree().find_consistency(older, newer), (tree().root(older), tree().root(newer))
        assert extends(older, newer, path, roots)
        assert verifier_extends(older, newer, path, roots)
        for wrong in spoiled(path):
            assert not extends(older, newer, wrong, roots)
            assert not verifier_extends(older, newer, wrong, roots)
        forged = (bytes(32), roots[1])
        assert not extends(older, newer, path, forged)
        assert not verifier_extends(older, newer, path, forged)
        if older != newer:
            assert not extends(newer, older, path, roots[::-1])
            assert not verifier_extends(newer, older, path, roots[::-1])


@given(st.lists(st.integers(0, 9), max_size=12))
def test_a_log_that_grows_in_batches_has_the_root_of_one_that_came_at_once(batches: list[int]) -> None:
    leaves: list[bytes] = []
    seen: list[tuple[int, bytes]] = []
    for batch in batches:
        leaves += [leaf_hash(str(len(leaves) + step).encode()) for step in range(batch)]
        seen.append((len(leaves), MerkleTree(leaves).root(len(leaves))))
    whole = MerkleTree([leaf_hash(str(index).encode()) for index in range(len(leaves))])
    for size, root in seen:
        assert whole.root(size) == root == by_the_book(leaves[:size])
        assert extends(
            size, len(whole), whole.find_consistency(size, len(whole)), (root, whole.root(len(whole)))
        )


@pytest.mark.parametrize("size", [-1, 70])
def test_a_size_that_the_tree_never_had_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        tree().root(size)
    with pytest.raises(ValueError, match="outside"):
        tree().find_inclusion(size, 69)
    with pytest.raises(ValueError, match="outside"):
        tree().find_consistency(size, 69)


SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
OF_NOTHING = (
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
    "d25bf5f0595bbe24655141438e7a100b"
)


def test_the_key_of_rfc_8032_signs_a_note_that_the_verifier_reads() -> None:
    assert public_key(SECRET) == PUBLIC
    assert sign_bytes(SECRET, b"").hex() == OF_NOTHING
    signature = sign_bytes(SECRET, checkpoint_text("log", 8, tree().root(8)))
    one = Checkpoint(
        name="log", size=8, root=tree().root(8), key_hash=key_hash("log", PUBLIC), signature=signature
    )
    assert verifier._read_note(one.note, "log", PUBLIC) == (8, tree().root(8))  # noqa: SLF001  # its own parts
    assert Checkpoint.read(one.note) == one


def test_a_published_note_has_the_key_hash_and_the_signature_that_we_compute() -> None:
    """The example of the signed-note packages: PeterNeumann+c74f20a3."""
    key = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    signed = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    said = "If you think cryptography is the answer to your problem,\n"
    said += "then you don't know what your problem is.\n"
    assert key_hash("PeterNeumann", key).hex() == "c74f20a3"
    assert signed[:4].hex() == "c74f20a3"
    require_signature(key, said.encode(), signed[4:], "PeterNeumann")


ONE = Checkpoint(name="log", size=0, root=EMPTY_ROOT, key_hash=bytes(4), signature=bytes(64))
MALFORMED = [
    "",
    ONE.note[:-1],
    ONE.note + "\n",
    ONE.note.replace("\n0\n", "\n00\n"),
    ONE.note.replace("\n0\n", "\n-1\n"),
    ONE.note.replace("— log", "— other"),
    ONE.note.replace("— log", "- log"),
    ONE.note.replace("AAAA", "AA A", 1),
    ONE.note.replace("AAAA", "", 1),
    ONE.note.replace("log", "l+g"),
]


@pytest.mark.parametrize("note", MALFORMED)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(DocumentInvalid):
        Checkpoint.read(note)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb"])
def test_a_name_that_cannot_stand_in_a_note_is_refused(name: str) -> None:
    with pytest.raises(DocumentInvalid):
        checkpoint_text(name, 0, EMPTY_ROOT)


def test_a_checkpoint_of_odd_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves"):
        Checkpoint(name="log", size=-1, root=EMPTY_ROOT, key_hash=bytes(4), signature=bytes(64))
    with pytest.raises(ValueError, match="bytes"):
        Checkpoint(name="log", size=0, root=b"", key_hash=bytes(4), signature=bytes(64))
