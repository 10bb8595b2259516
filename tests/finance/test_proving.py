"""Proofs from the stored nodes: those of the whole tree, small, and checked by a file that stands alone."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, event, select, tuple_, update

from almoner.finance import acts, verifier
from almoner.finance.acts.proving import OLDER_LIMIT
from almoner.finance.dates import Clock
from almoner.finance.errors import LogInconsistent, Missing
from almoner.finance.log import (
    Checkpoint,
    MerkleTree,
    find_consistency_spans,
    find_inclusion_spans,
    find_subtrees,
)
from almoner.finance.records.tables import LEAF, NODE
from almoner.finance.signatures import public_key
from almoner.finance.storage import Engine, Session

SECRET = bytes(range(32))
Enter = Callable[[int], None]
Give = Callable[[str], UUID]
Seal = Callable[[], Checkpoint | None]


def stored(session: Session) -> tuple[list[UUID], MerkleTree]:
    """Sealed events in order, and the tree over all leaves, read whole."""
    rows = session.execute(select(LEAF.c.event_id, LEAF.c.leaf_sha256).order_by(LEAF.c.idx)).all()
    return [row.event_id for row in rows], MerkleTree([bytes(row.leaf_sha256) for row in rows])


def spell(path: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in path]


def require_same(proof: Any, index: int, sizes: Sequence[int], tree: MerkleTree) -> None:  # noqa: ANN401  # JSON
    """Compare a proof under the newest checkpoint with what the whole tree gives."""
    size = len(tree)
    assert Checkpoint.read(proof["checkpoint"]).root == tree.root(size)
    entry = proof["entries"][0]
    assert (entry["index"], entry["path"]) == (index, spell(tree.find_inclusion(index, size)))
    older = [(Checkpoint.read(one["checkpoint"]).size, one["path"]) for one in proof["older"]]
    assert older == [(one, spell(tree.find_consistency(one, size))) for one in sizes]


def test_proofs_of_every_small_size_are_those_of_the_whole_tree(
    session: Session, enter: Enter, seal: Seal
) -> None:
    for size in range(1, 70):
        enter(1)
        seal()
        events, tree = stored(session)
        assert len(tree) == size
        for index in {0, size // 2, size - 1}:
            proof = acts.prove(session, "main", events[index], since=0)
            require_same(proof, index, range(1, size), tree)
            verifier.check(proof)
    for index, identity in enumerate(events):
        require_same(acts.prove(session, "main", identity), index, (), tree)


@pytest.mark.parametrize("seed", range(3))
def test_proofs_of_larger_logs_are_those_of_the_whole_tree(
    session: Session, enter: Enter, seal: Seal, seed: int
) -> None:
    chance, sizes = random.Random(seed), [0]  # noqa: S311  # any sizes will do
    seal()
    for _ in range(6):
        batch = chance.choice([1, 3, 64, 500, 1500])
        enter(batch)
        seal()
        sizes.append(sizes[-1] + batch)
    events, tree = stored(session)
    for index in {0, *chance.sample(range(len(events)), 10), len(events) - 1}:
        proof = acts.prove(session, "main", events[index], since=0)
        require_same(proof, index, sizes[:-1], tree)
        assert verifier.check(proof).startswith("VALID")


def test_a_proof_lists_the_checkpoints_since_the_one_that_its_reader_keeps(
    session: Session, give: Give, seal: Seal
) -> None:
    for key in ("c1", "c2", "c3", "c4"):
        identity = give(key)
        seal()

    def sizes(since: int | None) -> list[int]:
        older = acts.prove(session, "main", identity, since=since)["older"]
        return [Checkpoint.read(one["checkpoint"]).size for one in older]

    shown = {since: sizes(since) for since in (None, 0, 1, 2, 3, 4, 9)}
    assert shown == {None: [], 0: [1, 2, 3], 1: [1, 2, 3], 2: [2, 3], 3: [3], 4: [], 9: []}


def test_a_proof_lists_so_many_older_checkpoints_and_no_more(
    session: Session, enter: Enter, seal: Seal
) -> None:
    for _ in range(OLDER_LIMIT + 2):
        enter(1)
        seal()
    events, tree = stored(session)
    first = acts.prove(session, "main", events[0], since=0)
    require_same(first, 0, range(1, OLDER_LIMIT + 1), tree)
    assert f"{OLDER_LIMIT} older checkpoints continued" in verifier.check(first)
    rest = acts.prove(session, "main", events[0], since=OLDER_LIMIT)
    require_same(rest, 0, range(OLDER_LIMIT, OLDER_LIMIT + 2), tree)


def forget(connection: Connection, kept: set[tuple[int, int]]) -> int:
    """Delete every leaf and node but some; return how many hashes are left."""
    indices = [index for level, index in kept if level == 0]
    nodes = [place for place in kept if place[0]]
    connection.execute(delete(LEAF).where(LEAF.c.idx.not_in(indices)))
    connection.execute(delete(NODE).where(tuple_(NODE.c.level, NODE.c.idx).not_in(nodes)))
    return len(kept)


def test_a_proof_reads_its_own_path_and_nothing_else(long_log: list[UUID], unguarded: Connection) -> None:
    spans = (*find_inclusion_spans(600, 1033), *find_consistency_spans(700, 1033))
    path = {place for span in spans for place in find_subtrees(span)}
    with Session(unguarded) as session:
        wanted = acts.prove(session, "main", long_log[600], since=0)
        assert forget(unguarded, {*path, (0, 600)}) < 30
        assert acts.prove(session, "main", long_log[600], since=0) == wanted
        assert len(wanted["older"]) == 1


def test_a_seal_reads_the_peaks_and_nothing_else(
    long_log: list[UUID], clock: Clock, unguarded: Connection
) -> None:
    with Session(unguarded) as session:
        _, tree = stored(session)
        assert forget(unguarded, set(find_subtrees((0, 1033)))) == 3
        made = acts.seal(session, "main", clock=clock, name="example.org", secret=SECRET)
        later = select(LEAF.c.leaf_sha256).where(LEAF.c.idx >= 1033).order_by(LEAF.c.idx)
        whole = MerkleTree([*tree.leaves, *map(bytes, session.scalars(later))])
    assert made is not None
    assert (made.size, made.root) == (1038, whole.root(1038))
    assert len(long_log) == 1033


def test_the_number_of_queries_does_not_grow_with_the_log(
    engine: Engine, session: Session, enter: Enter, seal: Seal
) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    counts = []
    for more in (4, 3000):
        enter(more)
        seal()
        enter(1)
        event.listen(engine, "before_cursor_execute", note)
        seal()
        events, _ = stored(session)
        acts.prove(session, "main", events[1], since=0)
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(asked))
        asked.clear()
    assert max(counts) < 25, counts


@pytest.mark.usefixtures("sealed")
def test_no_proof_is_given_that_would_not_hold(unguarded: Connection) -> None:
    with Session(unguarded) as session:
        events, _ = stored(session)
    changes = [
        (delete(NODE).where(NODE.c.level == 1, NODE.c.idx == 1), "1 hashes of the log are missing"),
        (
            update(NODE).where(NODE.c.level == 1, NODE.c.idx == 1).values(sha256=bytes(32)),
            "not under the root",
        ),
        (update(LEAF).where(LEAF.c.idx == 2).values(leaf_sha256=bytes(32)), "does not continue that of 3"),
    ]
    for change, said in changes:
        point = unguarded.begin_nested()
        unguarded.execute(change)
        with Session(unguarded) as session, pytest.raises(LogInconsistent, match=said):
            acts.prove(session, "main", events[0], since=0)
        point.rollback()


# The standalone file, copied away from the library.


def run_verifier(folder: Path, proof: object, *words: str) -> tuple[int, str]:
    (folder / "verifier.py").write_bytes(Path(verifier.__file__).read_bytes())
    (folder / "proof.json").write_text(json.dumps(proof))
    script = "import sys, runpy; sys.modules['almoner'] = None; sys.argv = sys.argv[1:];"
    script += "runpy.run_path('verifier.py', run_name='__main__')"
    words = (sys.executable, "-P", "-c", script, "verifier.py", "proof.json", *words)
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    return done.returncode, done.stdout


def spoil(proof: Any, *place: str | int, value: object) -> Any:  # noqa: ANN401  # JSON
    copy = json.loads(json.dumps(proof))
    at = copy
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    return copy


def altered(proof: Any) -> Iterator[Any]:  # noqa: ANN401  # JSON
    entry, older = proof["entries"][0], proof["older"][0]
    yield spoil(proof, "entries", 0, "body", value=entry["body"].replace("1", "2", 1))
    for index in (entry["index"] - 1, entry["index"] + 1, 10**6, -1, True, "3", None):
        yield spoil(proof, "entries", 0, "index", value=index)
    for path in (
        [],
        entry["path"][1:],
        [*entry["path"], "00" * 32],
        ["00" * 32, *entry["path"][1:]],
        ["x"],
        3,
    ):
        yield spoil(proof, "entries", 0, "path", value=path)
    for path in ([], older["path"][1:], [*older["path"], "00" * 32], ["00" * 32, *older["path"][1:]]):
        yield spoil(proof, "older", 0, "path", value=path)
    yield spoil(proof, "checkpoint", value=older["checkpoint"])
    yield spoil(proof, "older", 0, "checkpoint", value=older["checkpoint"].replace("\n3\n", "\n2\n"))
    yield spoil(proof, "entries", value=[])
    yield spoil(proof, "key", value="00" * 32)
    yield spoil(proof, "name", value="other.org/main")
    yield {}
    yield []
    yield None


def test_the_verifier_accepts_a_proof_and_no_altered_one(
    session: Session, sealed: tuple[UUID, UUID], tmp_path: Path
) -> None:
    proof = acts.prove(session, "main", sealed[0], since=0)
    key = public_key(SECRET).hex()
    code, said = run_verifier(tmp_path, proof, "--key", key)
    assert (code, said.split(":")[0]) == (0, "VALID")
    assert "of 4 in example.org/main; 1 older checkpoints continued; signed with the key given." in said
    assert run_verifier(tmp_path, proof)[0] == 0
    assert run_verifier(tmp_path, proof, "--key", "00" * 32)[0] == 1
    assert run_verifier(tmp_path, spoil(proof, "name", value="x"))[0] == 1
    file = tmp_path / "altered.json"
    for wrong in altered(proof):
        file.write_text(json.dumps(wrong))
        assert verifier.main([str(file)]) == 1, wrong
    for at, letter in enumerate(proof["checkpoint"]):
        note = proof["checkpoint"][:at] + chr(ord(letter) ^ 1) + proof["checkpoint"][at + 1 :]
        file.write_text(json.dumps(spoil(proof, "checkpoint", value=note)))
        assert verifier.main([str(file)]) == 1, note
    assert verifier.main([str(tmp_path / "nothing.json")]) == 1


def test_a_proof_needs_a_sealed_event(session: Session, give: Give, seal: Seal) -> None:
    with pytest.raises(Missing, match="There is no event"):
        acts.prove(session, "main", UUID(int=0))
    waiting = give("c1")
    with pytest.raises(Missing, match="not sealed yet"):
        acts.prove(session, "main", waiting)
    seal()
    assert acts.prove(session, "main", waiting)["entries"][0]["index"] == 0


def test_after_a_change_of_the_key_a_proof_shows_what_the_new_key_signed(
    session: Session, give: Give, seal: Seal, clock: Clock
) -> None:
    identity = give("c1")
    seal()
    for key in ("c2", "c3"):
        give(key)
        acts.seal(session, "main", clock=clock, name="example.org", secret=bytes(32))
    proof = acts.prove(session, "main", identity, since=0)
    assert proof["key"] == public_key(bytes(32)).hex()
    assert len(proof["older"]) == 1
    assert "VALID" in verifier.check(proof)
    assert acts.verify(session, "main").findings == ()
