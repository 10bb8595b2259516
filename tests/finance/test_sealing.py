"""The log in the database: sealed in order, only growing, and changed by nobody without a finding."""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from almoner import currency, money
from almoner.api.migrations import downgrade, upgrade
from almoner.finance import acts
from almoner.finance.acts.sealing import find_log_faults
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import AlreadyExists, DocumentInvalid, Missing
from almoner.finance.funds import PooledFund
from almoner.finance.log import EMPTY_ROOT, Checkpoint, MerkleTree, extends, node_hash
from almoner.finance.parties import Party
from almoner.finance.posting import record_event
from almoner.finance.records.tables import BOOK, CHECKPOINT, EVENT, LEAF, NODE, UNSEALED
from almoner.finance.storage import Engine, Session, UnitOfWork, open_engine

SECRET = bytes(range(32))
ONE = money("1.00", "USD")
Give = Callable[[str], UUID]
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


def event_of(connection: Connection, book: str, *, waiting: bool = True) -> dict[str, Any]:
    """The columns of a leaf for an event of a book."""
    query = select(EVENT.c.id, EVENT.c.leaf_sha256, EVENT.c.book_id).join(BOOK, BOOK.c.id == EVENT.c.book_id)
    source = UNSEALED.c.event_id if waiting else LEAF.c.event_id
    found = connection.execute(
        query.join(source.table, source == EVENT.c.id).where(BOOK.c.code == book)
    ).first()
    assert found is not None
    return {"event_id": found.id, "leaf_sha256": found.leaf_sha256, "book_id": found.book_id}


def put_leaf(connection: Connection, **values: object) -> object:
    return connection.execute(insert(LEAF).values(**{"idx": 4, **event_of(connection, "main"), **values}))


def put_checkpoint(connection: Connection, size: int) -> object:
    row = connection.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.size)).first()
    assert row is not None
    return connection.execute(insert(CHECKPOINT).values(**{**row._mapping, "size": size}))  # noqa: SLF001  # SQLAlchemy's public name


def put_leaves(connection: Connection) -> bytes:
    """Leaves for both waiting events of the book main, 4 and 5; return the hash of the node above them."""
    waiting = select(EVENT).join(UNSEALED, UNSEALED.c.event_id == EVENT.c.id).where(UNSEALED.c.book_id == 1)
    rows = connection.execute(waiting.order_by(EVENT.c.id)).all()
    for index, row in enumerate(rows, start=4):
        put_leaf(connection, idx=index, event_id=row.id, leaf_sha256=row.leaf_sha256)
    return node_hash(*(bytes(row.leaf_sha256) for row in rows))


def put_node(connection: Connection, **values: object) -> object:
    row = {"book_id": 1, "level": 1, "idx": 2, "sha256": bytes(32), **values}
    return connection.execute(insert(NODE).values(**row))


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
    "a node above nothing": lambda c: put_node(c, idx=2),
    "a node above one leaf": lambda c: put_leaf(c) and put_node(c, idx=2),
    "a node above one node": lambda c: put_node(c, level=3, idx=0),
    "a node in another book": lambda c: put_node(c, book_id=event_of(c, "second")["book_id"]),
    "a node on the ground": lambda c: put_node(c, level=0),
    "a node beyond all levels": lambda c: put_node(c, level=63),
    "a node before the first": lambda c: put_node(c, idx=-1),
    "the same node again": lambda c: put_node(c, idx=0),
    "a node of no digest": lambda c: put_leaves(c) and put_node(c, idx=2, sha256=b""),
    "a changed node": lambda c: c.execute(update(NODE).values(sha256=bytes(32))),
    "a deleted node": lambda c: c.execute(delete(NODE)),
    "a checkpoint above a missing node": lambda c: put_leaves(c) and put_checkpoint(c, 6),
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
    "a replaced node": "INSERT OR REPLACE INTO node SELECT * FROM node",
    "a node raised": "INSERT OR REPLACE INTO node SELECT 1, 3, 0, sha256 FROM node WHERE level = 2",
}
IF_POSTGRESQL = {
    f"an emptied {name}": f"TRUNCATE {name} CASCADE" for name in ("unsealed", "leaf", "node", "checkpoint")
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


@pytest.mark.usefixtures("sealed")
def test_a_node_is_taken_when_it_hashes_its_children_and_a_checkpoint_above_it(engine: Engine) -> None:
    with engine.connect() as connection:
        digest = put_leaves(connection)
        point = connection.begin_nested()
        wrong = bytes([digest[0] ^ 1]) + digest[1:]
        if engine.dialect.name == "postgresql":
            with pytest.raises(DBAPIError, match="hashes its two children"):
                put_node(connection, sha256=wrong)
        else:  # no SHA-256 there: verification names it
            put_node(connection, sha256=wrong)
            with Session(connection) as session:
                assert "node 1/2: it does not hash the leaves below it" in list(find_log_faults(session, 1))
        point.rollback()
        put_node(connection, sha256=digest)
        put_checkpoint(connection, 6)
        connection.rollback()


# Seals that come by themselves.


SECOND = timedelta(seconds=1)


def test_a_seal_is_due_when_an_event_waits_and_the_last_checkpoint_is_old_enough(
    session: Session, give: Give, clock: Clock
) -> None:
    def due(after_ms: int, every: timedelta = SECOND) -> int | None:
        then = fixed_clock(clock() + timedelta(milliseconds=after_ms))
        made = acts.seal_due(session, "main", clock=then, name="example.org", secret=SECRET, every=every)
        return made.size if made else None

    assert due(0) is None
    give("c1")
    assert due(0) == 1
    assert due(5000) is None
    give("c2")
    assert [due(0), due(1), due(999)] == [None, None, None]
    assert due(1000) == 2
    give("c3")
    assert due(1999) is None
    assert due(999) == 3
    give("c4")
    assert due(999, timedelta()) == 4
    assert acts.verify(session, "main").findings == ()


def test_by_default_sqlite_seals_in_each_transaction_and_postgresql_every_second(
    engine: Engine, session: Session, give: Give, clock: Clock
) -> None:
    for key in ("c1", "c2", "c3"):
        give(key)
        acts.seal_due(session, "main", clock=clock, name="example.org", secret=SECRET)
        session.commit()
    sizes = session.scalars(select(CHECKPOINT.c.size).order_by(CHECKPOINT.c.size)).all()
    assert sizes == ([1, 2, 3] if engine.dialect.name == "sqlite" else [1])
    give("c4")
    acts.seal_due(session, "main", clock=clock, name="example.org", secret=SECRET, every=timedelta())
    session.rollback()
    assert len(session.scalars(select(LEAF.c.idx)).all()) == sizes[-1]
    assert acts.verify(session, "main").findings == ()


def test_a_seal_that_waited_for_another_is_no_longer_due(
    postgres_url: str, clock: Clock, request: pytest.FixtureRequest
) -> None:
    engine = open_engine(postgres_url)
    request.addfinalizer(engine.dispose)

    def due() -> Checkpoint | None:
        with UnitOfWork(engine) as own:
            return acts.seal_due(own, "main", clock=clock, name="example.org", secret=SECRET, every=SECOND)

    with Session(engine) as first, ThreadPoolExecutor(1) as pool:
        acts.open_book(first, "main", currency("USD"))
        record_event(first, "main", "test", {}, key="e1", clock=clock)
        first.commit()
        acts.seal_due(first, "main", clock=clock, name="example.org", secret=SECRET, every=SECOND)
        second = pool.submit(due)
        with Session(engine) as watch:
            waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            for _ in range(500):
                if watch.scalar(waits):
                    break
                time.sleep(0.01)
            assert watch.scalar(waits) == 1
        with UnitOfWork(engine) as own:
            record_event(own, "main", "test", {}, key="e2", clock=clock)
        first.commit()
        assert second.result() is None
        assert acts.verify(first, "main").findings == ()
