"""The log in the database: sealed in order, only growing, and changed by nobody without a finding."""

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from almoner import currency, money
from almoner.api.migrations import downgrade, upgrade
from almoner.finance import acts, verifier
from almoner.finance.acts.sealing import find_log_faults
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import AlreadyExists, DocumentInvalid, LogInconsistent, Missing
from almoner.finance.funds import PooledFund
from almoner.finance.log import EMPTY_ROOT, Checkpoint, MerkleTree, extends
from almoner.finance.parties import Party
from almoner.finance.records.tables import BOOK, CHECKPOINT, EVENT, LEAF, TXN, UNSEALED
from almoner.finance.signatures import public_key
from almoner.finance.storage import Engine, Session, UnitOfWork, open_engine

SECRET = bytes(range(32))
ONE = money("1.00", "USD")
Give = Callable[[str], UUID]


@pytest.fixture
def give(session: Session, water: PooledFund, clock: Clock) -> Give:
    """Maker of one event, by its key."""

    def make(key: str) -> UUID:
        acts.contribute(session, water, "giver", ONE, key=key, clock=clock)
        identity = session.scalars(select(TXN.c.id).where(TXN.c.idem_key == key)).one()
        assert isinstance(identity, UUID)
        return identity

    return make


@pytest.fixture
def seal(session: Session, clock: Clock) -> Callable[[], Checkpoint | None]:
    """Seal the book main."""
    return lambda: acts.seal(session, "main", clock=clock, name="example.org", secret=SECRET)


Seal = Callable[[], Checkpoint | None]


def must(one: Checkpoint | None) -> Checkpoint:
    assert one is not None
    return one


def test_an_empty_book_has_a_checkpoint_once(session: Session, water: PooledFund, seal: Seal) -> None:
    assert water.book == "main"
    first = must(seal())
    assert (first.name, first.size, first.root) == ("example.org/main", 0, EMPTY_ROOT)
    assert seal() is None
    assert acts.verify(session, "main").findings == ()


def test_the_log_only_grows(session: Session, give: Give, seal: Seal) -> None:
    seen: list[Checkpoint] = []
    for batch in (3, 1, 4):
        for step in range(batch):
            give(f"c{len(seen)}-{step}")
        assert acts.verify(session, "main").findings == ()
        seen.append(must(seal()))
        assert seal() is None
    assert [one.size for one in seen] == [3, 4, 8]
    tree = MerkleTree(session.scalars(select(LEAF.c.leaf_sha256).order_by(LEAF.c.idx)).all())
    for older, newer in itertools.pairwise(seen):
        path = tree.find_consistency(older.size, newer.size)
        assert extends(older.size, newer.size, path, (older.root, newer.root))
    assert acts.verify(session, "main").findings == ()
    assert session.scalars(select(UNSEALED.c.event_id)).all() == []


def test_a_batch_is_sealed_in_the_order_of_identities(session: Session, give: Give, seal: Seal) -> None:
    for step in range(6):
        give(f"c{step}")
    seal()
    order = session.scalars(select(LEAF.c.event_id).order_by(LEAF.c.idx)).all()
    assert order == sorted(order)


def test_a_log_keeps_its_name(session: Session, give: Give, seal: Seal, clock: Clock) -> None:
    seal()
    give("c1")
    with pytest.raises(AlreadyExists, match="is named example"):
        acts.seal(session, "main", clock=clock, name="other.org", secret=SECRET)
    with pytest.raises(DocumentInvalid):
        acts.seal(session, "main", clock=clock, name="two words", secret=SECRET)


def test_books_have_logs_of_their_own(session: Session, give: Give, seal: Seal, clock: Clock) -> None:
    identity = give("c1")
    acts.open_book(session, "second", currency("USD"))
    second = must(acts.seal(session, "second", clock=clock, name="example.org", secret=SECRET))
    assert (second.name, second.size) == ("example.org/second", 0)
    assert must(seal()).size == 1
    with pytest.raises(Missing):
        acts.prove(session, "second", identity)


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
    proof = acts.prove(session, "main", identity)
    assert proof["key"] == public_key(bytes(32)).hex()
    assert len(proof["older"]) == 1
    assert "VALID" in verifier.check(proof)
    assert acts.verify(session, "main").findings == ()


@pytest.fixture(scope="module")
def alone() -> Iterator[Engine]:
    """Database in memory for many small books."""
    engine = open_engine("sqlite://")
    upgrade(engine)
    yield engine
    engine.dispose()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_any_batches_give_the_root_of_all_at_once(alone: Engine, clock: Clock, batches: list[int]) -> None:
    with Session(alone) as session:
        acts.open_book(session, "main", currency("USD"))
        acts.register_party(session, "main", Party(code="giver", name="Giver"))
        fund = acts.open_fund(session, "main", "water", currency("USD"), title="Water")
        step, last = 0, None
        for batch in batches:
            for _ in range(batch):
                step += 1
                later = fixed_clock(clock() + timedelta(seconds=step))
                acts.contribute(session, fund, "giver", ONE, key=str(step), clock=later)
            last = acts.seal(session, "main", clock=clock, name="example.org", secret=SECRET) or last
        hashes = session.scalars(select(EVENT.c.leaf_sha256).order_by(EVENT.c.id)).all()
        assert must(last).root == MerkleTree(hashes).root(sum(batches))
        assert list(find_log_faults(session, 1)) == []


def test_the_log_survives_a_migration_with_data(
    engine: Engine, session: Session, give: Give, seal: Seal
) -> None:
    for key in ("c1", "c2"):
        give(key)
    sealed = must(seal())
    session.commit()
    downgrade(engine, "0003")
    upgrade(engine)
    with UnitOfWork(engine) as own:
        assert len(own.scalars(select(UNSEALED.c.event_id)).all()) == 2
        assert acts.verify(own, "main").findings == ()
    assert must(seal()) == sealed
    assert acts.verify(session, "main").findings == ()


def test_postings_do_not_wait_for_a_seal_nor_fork_the_log(
    postgres_url: str, clock: Clock, request: pytest.FixtureRequest
) -> None:
    engine = open_engine(postgres_url)
    with Session(engine) as late, Session(engine) as sealing:
        acts.open_book(late, "main", currency("USD"))
        acts.register_party(late, "main", Party(code="giver", name="Giver"))
        fund = acts.open_fund(late, "main", "water", currency("USD"), title="Water")
        acts.contribute(late, fund, "giver", ONE, key="c1", clock=clock)
        late.commit()
        acts.contribute(late, fund, "giver", ONE, key="c2", clock=clock)
        first = acts.seal(sealing, "main", clock=clock, name="example.org", secret=SECRET)
        acts.contribute(late, fund, "giver", ONE, key="c3", clock=clock)
        late.commit()
        sealing.commit()
        assert must(first).size == 1
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(seal_once, engine, clock) for _ in range(4)]
        sizes = [one.result() for one in futures]
    assert sorted(sizes) == [0, 0, 0, 3]
    with Session(engine) as session:
        assert acts.verify(session, "main").findings == ()
    request.addfinalizer(engine.dispose)


def seal_once(engine: Engine, clock: Clock) -> int:
    with UnitOfWork(engine) as session:
        made = acts.seal(session, "main", clock=clock, name="example.org", secret=SECRET)
        return made.size if made else 0


# What the database refuses, and what verification finds when its guards are gone.


@pytest.fixture
def sealed(session: Session, give: Give, seal: Seal, clock: Clock) -> tuple[UUID, UUID]:
    """A sealed and a waiting event of the book main; the book second has one that waits."""
    for key in ("c1", "c2", "c3"):
        give(key)
    first = must(seal())
    known = give("c4")
    must(seal())
    assert first.size == 3
    acts.open_book(session, "second", currency("USD"))
    acts.register_party(session, "second", Party(code="giver", name="Giver"))
    fund = acts.open_fund(session, "second", "fire", currency("USD"), title="Fire")
    acts.contribute(session, fund, "giver", ONE, key="s1", clock=clock)
    session.commit()
    waiting = give("c5")
    session.commit()
    return known, waiting


def event_of(connection: Connection, book: str, *, waiting: bool = True) -> dict[str, Any]:
    """The columns of a leaf for an event of a book."""
    query = select(EVENT.c.id, EVENT.c.leaf_sha256, EVENT.c.book_id).join(BOOK, BOOK.c.id == EVENT.c.book_id)
    source = UNSEALED.c.event_id if waiting else LEAF.c.event_id
    found = connection.execute(
        query.join(source.table, source == EVENT.c.id).where(BOOK.c.code == book)
    ).first()
    assert found is not None
    return {"event_id": found.id, "leaf_sha256": found.leaf_sha256, "book_id": found.book_id}


def put_leaf(connection: Connection, **values: object) -> None:
    connection.execute(insert(LEAF).values(**{"idx": 4, **event_of(connection, "main"), **values}))


def put_checkpoint(connection: Connection, size: int) -> None:
    row = connection.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.size)).first()
    assert row is not None
    connection.execute(insert(CHECKPOINT).values(**{**row._mapping, "size": size}))  # noqa: SLF001  # SQLAlchemy's public name


ATTACKS: dict[str, Callable[[Connection], object]] = {
    "a leaf that leaves a gap": lambda c: put_leaf(c, idx=5),
    "a leaf before the last": lambda c: put_leaf(c, idx=3),
    "a leaf below nothing": lambda c: put_leaf(c, idx=-1),
    "a leaf of another book": lambda c: put_leaf(c, event_id=event_of(c, "second")["event_id"]),
    "a leaf in another book": lambda c: put_leaf(c, idx=0, book_id=event_of(c, "second")["book_id"]),
    "a leaf of another digest": lambda c: put_leaf(c, leaf_sha256=bytes(32)),
    "a leaf of no event": lambda c: put_leaf(c, event_id=UUID(int=1)),
    "a second leaf of an event": lambda c: put_leaf(c, **event_of(c, "main", waiting=False)),
    "a changed leaf": lambda c: c.execute(update(LEAF).values(leaf_sha256=bytes(32))),
    "a deleted leaf": lambda c: c.execute(delete(LEAF)),
    "an event that stops waiting": lambda c: c.execute(delete(UNSEALED)),
    "an event that waits elsewhere": lambda c: c.execute(update(UNSEALED).values(book_id=1)),
    "a sealed event that waits again": lambda c: c.execute(
        insert(UNSEALED).values(
            {name: event_of(c, "main", waiting=False)[name] for name in ("event_id", "book_id")}
        )
    ),
    "an event that waits in another book": lambda c: c.execute(
        insert(UNSEALED).values(event_id=UUID(int=1), book_id=1)
    ),
    "a shrinking checkpoint": lambda c: put_checkpoint(c, 2),
    "the same checkpoint again": lambda c: put_checkpoint(c, 4),
    "a checkpoint of more than there is": lambda c: put_checkpoint(c, 5),
    "a changed checkpoint": lambda c: c.execute(update(CHECKPOINT).values(note="other")),
    "a deleted checkpoint": lambda c: c.execute(delete(CHECKPOINT)),
}
IF_SQLITE = {
    "a replaced leaf": "INSERT OR REPLACE INTO leaf SELECT * FROM leaf WHERE idx = 1",
    "a moved leaf": "INSERT OR REPLACE INTO leaf SELECT 1, 4, event_id, leaf_sha256 FROM leaf WHERE idx = 1",
    "a replaced checkpoint": "INSERT OR REPLACE INTO checkpoint SELECT * FROM checkpoint",
    "a replaced wait": "INSERT OR REPLACE INTO unsealed SELECT event_id, 1 FROM unsealed",
}
IF_POSTGRESQL = {
    f"an emptied {name}": f"TRUNCATE {name} CASCADE" for name in ("unsealed", "leaf", "checkpoint")
}


@pytest.mark.usefixtures("sealed")
def test_the_database_refuses_every_raw_attack(engine: Engine, session: Session) -> None:
    spelled = IF_SQLITE if engine.dialect.name == "sqlite" else IF_POSTGRESQL
    more = {name: lambda c, said=said: c.execute(text(said)) for name, said in spelled.items()}
    accepted = []
    for name, attack in {**ATTACKS, **more}.items():
        try:
            with engine.begin() as connection:
                attack(connection)
        except DBAPIError:
            continue
        accepted.append(name)
    assert accepted == []
    assert [acts.verify(session, book).findings for book in ("main", "second")] == [(), ()]


@contextmanager
def unguarded(engine: Engine) -> Iterator[Connection]:
    """A connection on which the owner has dropped every guard of the log; rolled back at the end."""
    with engine.connect() as connection:
        for table in ("event", "unsealed", "leaf", "checkpoint"):
            if engine.dialect.name == "sqlite":
                query = f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"  # noqa: S608  # constants
                names, place = connection.scalars(text(query)).all(), ""
            else:
                query = (
                    f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"  # noqa: S608  # constants
                )
                names, place = connection.scalars(text(query)).all(), f" ON {table}"
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}{place}"))
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE event DROP CONSTRAINT event_check"))
        yield connection
        connection.rollback()


def faults(connection: Connection, change: Any) -> str:  # noqa: ANN401  # any statement
    point = connection.begin_nested()
    connection.execute(change)
    with Session(connection) as session:
        found = "; ".join(find_log_faults(session, 1))
    point.rollback()
    return found


def flipped(content: bytes) -> Iterator[bytes]:
    for at, byte in enumerate(content):
        yield content[:at] + bytes([byte ^ 1]) + content[at + 1 :]


def test_any_changed_byte_is_named(engine: Engine, sealed: tuple[UUID, UUID]) -> None:
    known = sealed[0]
    with unguarded(engine) as connection:
        body = bytes(connection.scalars(select(EVENT.c.body).where(EVENT.c.id == known)).one())
        leaf = connection.execute(select(LEAF).where(LEAF.c.event_id == known)).one()
        point = connection.execute(select(CHECKPOINT).where(CHECKPOINT.c.size == 4)).one()
        here, there = LEAF.c.event_id == known, CHECKPOINT.c.size == 4
        for wrong in flipped(body):
            said = faults(connection, update(EVENT).where(EVENT.c.id == known).values(body=wrong))
            assert f"leaf {leaf.idx}: the bytes of the event {known}" in said
        for wrong in flipped(bytes(leaf.leaf_sha256)):
            said = faults(connection, update(LEAF).where(here).values(leaf_sha256=wrong))
            assert f"leaf {leaf.idx}:" in said
            assert "checkpoint 4: The leaves do not give its root" in said
        for wrong in flipped(bytes(point.public_key)):
            assert "checkpoint 4:" in faults(
                connection, update(CHECKPOINT).where(there).values(public_key=wrong)
            )
        for at, letter in enumerate(point.note):
            note = point.note[:at] + chr(ord(letter) ^ 1) + point.note[at + 1 :]
            assert "checkpoint 4:" in faults(connection, update(CHECKPOINT).where(there).values(note=note))


def test_what_is_missing_or_moved_is_named(engine: Engine, sealed: tuple[UUID, UUID]) -> None:
    known, waiting = sealed
    with unguarded(engine) as connection:
        last = LEAF.c.event_id == known
        assert "covers 4" in faults(connection, delete(LEAF).where(last))
        assert "it stands at" in faults(connection, update(LEAF).where(last).values(idx=9))
        assert "last checkpoint covers 3" in faults(
            connection, delete(CHECKPOINT).where(CHECKPOINT.c.size == 4)
        )
        moved = update(CHECKPOINT).where(CHECKPOINT.c.size == 4).values(size=5)
        assert "Its note says 4 entries" in faults(connection, moved)
        assert f"event {waiting}:" in faults(connection, delete(UNSEALED))
        twice = insert(UNSEALED).values(event_id=known, book_id=1)
        assert f"event {known}:" in faults(connection, twice)


def test_nothing_is_sealed_on_a_log_that_was_changed(
    engine: Engine, sealed: tuple[UUID, UUID], clock: Clock
) -> None:
    changes = [
        (update(LEAF).where(LEAF.c.event_id == sealed[0]).values(leaf_sha256=bytes(32)), "no longer gives"),
        (update(EVENT).where(EVENT.c.id == sealed[1]).values(body=b"{}"), "does not fit its digest"),
    ]
    for change, said in changes:
        with unguarded(engine) as connection:
            connection.execute(change)
            with Session(connection) as session, pytest.raises(LogInconsistent, match=said):
                acts.seal(session, "main", clock=clock, name="example.org", secret=SECRET)


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
    proof = acts.prove(session, "main", sealed[0])
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
