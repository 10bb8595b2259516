"""Whoever owns the database can drop its guards; what is changed then, verification names."""

import hashlib
import itertools
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import pytest
from sqlalchemy import Connection, Executable, delete, insert, select, text, update

from almoner.finance import acts
from almoner.finance.acts.sealing import find_log_faults
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import LogInconsistent
from almoner.finance.log import Peaks, leaf_hash
from almoner.finance.records.leaves import PAGE
from almoner.finance.records.tables import BOOK, CHECKPOINT, EVENT, LEAF, NODE, UNSEALED
from almoner.finance.storage import Engine, Session

CLOCK = fixed_clock(datetime(2026, 1, 16, tzinfo=UTC))

Cell = Any  # what a column of a reflected table holds


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine

    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...


def tamper(raw: Raw, statement: str, *, table: str, book: str = "main") -> acts.Verification:
    """Drop the guards of a table, as only the owner of the database can, change it, verify, and roll back."""
    sqlite = raw.engine.dialect.name == "sqlite"
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
    if not sqlite:
        triggers = "SELECT tgname FROM pg_trigger WHERE tgrelid = :table ::regclass AND NOT tgisinternal"
    with raw.engine.connect() as connection:
        for name in connection.execute(text(triggers), {"table": table}).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}")))
        if not sqlite and table == "event":
            connection.execute(text("ALTER TABLE event DROP CONSTRAINT event_check"))
        connection.execute(text(statement.format(**PLACES[raw.engine.dialect.name], **WHERE)))
        with Session(connection) as session:
            return acts.verify(session, book)


WHERE = {
    "p1": "(SELECT id FROM txn WHERE idem_key = 'p1')",
    "pool": "(SELECT id FROM account WHERE path = 'fire/pool')",
    "free": "(SELECT id FROM earmark WHERE code = 'unrestricted' ORDER BY id LIMIT 1)",
    "f1": "(SELECT id FROM contribution WHERE code = 'f1')",
}
PLACES = {
    "sqlite": {"swap": "CAST(replace(body, 'giver', 'other') AS BLOB)", "leaf": "X'" + "00" * 32 + "'"},
    "postgresql": {
        "swap": "convert_to(replace(convert_from(body, 'UTF8'), 'giver', 'other'), 'UTF8')",
        "leaf": "'\\x" + "00" * 32 + "'",
    },
}


FAULTS: list[tuple[str, str, list[str]]] = [
    ("fx_rate", "UPDATE fx_rate SET source = 'nobody'", ["differs from its event"]),
    ("earmark", "UPDATE earmark SET valid_until = '2030-01-01' WHERE code = 'north'", ["earmark north"]),
    (
        "posting",
        "UPDATE posting SET amount = amount + 1 WHERE seq = 1 AND txn_id = {p1}",
        ["balance of water/pool", "unbalanced", "draws do not sum", "rows differ from its event"],
    ),
    ("posting", "UPDATE posting SET line = 'payout' WHERE txn_id = {p1}", ["rows differ from its event"]),
    (
        "draw",
        "UPDATE draw SET amount = amount - 1 WHERE txn_id = {p1}",
        ["lot of c1", "lot of c2", "draws do not sum", "rows differ from its event"],
    ),
    ("draw", "DELETE FROM draw WHERE txn_id = {p1}", ["lot of c1", "shape or draws"]),
    (
        "balance",
        "UPDATE balance SET settled_cr = settled_cr + 1 WHERE account_id IN {pool}",
        ["balance of fire/pool", "pool of fire"],
    ),
    ("balance", "UPDATE balance SET floor = -1 WHERE account_id IN {pool}", ["balance of fire/pool"]),
    ("balance", "DELETE FROM balance WHERE account_id IN {pool}", ["balance of fire/pool"]),
    ("lot", "UPDATE lot SET remaining = remaining + 1 WHERE contribution_id = {f1}", ["lot of f1"]),
    ("lot", "UPDATE lot SET received = received + 1 WHERE contribution_id = {f1}", ["lot of f1"]),
    ("lot", "UPDATE lot SET first_on = '2020-01-01' WHERE contribution_id = {f1}", ["lot of f1"]),
    ("lot", "DELETE FROM lot WHERE contribution_id = {f1}", ["lot of f1"]),
    (
        "line_total",
        "UPDATE line_total SET total = total + 1 WHERE account_id IN {pool}",
        ["total of fire/pool"],
    ),
    ("line_total", "DELETE FROM line_total WHERE account_id IN {pool}", ["total of fire/pool"]),
    (
        "day_total",
        "UPDATE day_total SET total = total + 1 WHERE account_id IN {pool}",
        ["total of fire/pool"],
    ),
    ("day_total", "DELETE FROM day_total WHERE account_id IN {pool}", ["total of fire/pool"]),
    ("event", "UPDATE event SET body = {swap} WHERE kind = 'ledger.pledge'", ["its digest does not fit"]),
    ("event", "UPDATE event SET leaf_sha256 = {leaf} WHERE kind = 'ledger.pledge'", ["digest does not fit"]),
    ("txn", "UPDATE txn SET effective_on = '2025-12-31' WHERE id = {p1}", ["rows differ from its event"]),
    ("txn", "UPDATE txn SET idem_key = 'other' WHERE id = {p1}", ["rows differ from its event"]),
    (
        "earmark_scope",
        "INSERT INTO earmark_scope SELECT id, {free} FROM earmark WHERE code = 'north'",
        ["earmark unrestricted"],
    ),
    (
        "earmark",
        "UPDATE earmark SET terms = (SELECT terms FROM earmark WHERE code = 'north') WHERE code = 'south'",
        ["earmark south"],
    ),
]


@pytest.mark.parametrize(("table", "statement", "places"), FAULTS)
def test_verify_names_the_place_of_a_change_made_without_the_guards(
    raw: Raw, table: str, statement: str, places: list[str]
) -> None:
    books = (tamper(raw, statement, table=table, book=book).findings for book in ("main", "second"))
    found = tuple(itertools.chain(*books))
    missed = [place for place in places if not any(place in one for one in found)]
    assert missed == [], found


def test_verify_finds_a_body_rewritten_together_with_its_digest(raw: Raw) -> None:
    with raw.engine.connect() as connection:
        body = bytes(raw.find(connection, "event", "body", kind="ledger.pledge"))
    for forged in (body.replace(b'"500"', b'"501"'), b"not JSON", b'{"legs":[{}]}', b"[]"):
        leaf = hashlib.sha256(b"\x00" + forged).hexdigest()
        spelled = "X'{}'" if raw.engine.dialect.name == "sqlite" else "'\\x{}'"
        rewrite = "UPDATE event SET body = BODY, leaf_sha256 = LEAF WHERE kind = 'ledger.pledge'"
        rewrite = rewrite.replace("BODY", spelled.format(forged.hex()))
        found = tamper(raw, rewrite.replace("LEAF", spelled.format(leaf)), table="event").findings
        assert [
            one for one in found if re.search("rows differ from its event|differs from its bytes", one)
        ], forged


ONE_MORE = "UPDATE posting SET amount = amount + 1 WHERE seq = 1 AND txn_id = {p1}"


def test_a_fault_in_one_book_is_no_finding_in_another(raw: Raw) -> None:
    assert not tamper(raw, ONE_MORE, table="posting").verified
    assert tamper(raw, ONE_MORE, table="posting", book="second").verified


def test_verify_counts_unbalanced_transactions(raw: Raw) -> None:
    checked = tamper(raw, ONE_MORE, table="posting")
    assert checked.unbalanced == 1
    assert (checked.transactions, checked.postings) == (13, 30)


# The transparency log.


def faults(connection: Connection, *changes: Executable) -> str:
    point = connection.begin_nested()
    for change in changes:
        connection.execute(change)
    with Session(connection) as session:
        found = "; ".join(find_log_faults(session, 1))
    point.rollback()
    return found


def flipped(content: bytes) -> Iterator[bytes]:
    for at, byte in enumerate(content):
        yield content[:at] + bytes([byte ^ 1]) + content[at + 1 :]


def test_any_changed_byte_of_an_event_or_its_leaf_is_named(
    sealed: tuple[UUID, UUID], unguarded: Connection
) -> None:
    known = sealed[0]
    body = bytes(unguarded.scalars(select(EVENT.c.body).where(EVENT.c.id == known)).one())
    leaf = unguarded.execute(select(LEAF).where(LEAF.c.event_id == known)).one()
    here = LEAF.c.event_id == known
    for wrong in flipped(body):
        said = faults(unguarded, update(EVENT).where(EVENT.c.id == known).values(body=wrong))
        assert f"leaf {leaf.idx}: the bytes of the event {known}" in said
    for wrong in flipped(bytes(leaf.leaf_sha256)):
        said = faults(unguarded, update(LEAF).where(here).values(leaf_sha256=wrong))
        assert f"leaf {leaf.idx}:" in said
        assert "node 1/1: it does not hash" in said
        assert "node 2/0: it does not hash" in said
        assert "checkpoint 4: The leaves do not give its root" in said


@pytest.mark.usefixtures("sealed")
def test_any_changed_byte_of_a_node_is_named(unguarded: Connection) -> None:
    nodes = unguarded.execute(select(NODE)).all()
    assert sorted((row.level, row.idx) for row in nodes) == [(1, 0), (1, 1), (2, 0)]
    for row in nodes:
        place = (NODE.c.level == row.level, NODE.c.idx == row.idx)
        for wrong in flipped(bytes(row.sha256)):
            said = faults(unguarded, update(NODE).where(*place).values(sha256=wrong))
            assert said == f"node {row.level}/{row.idx}: it does not hash the leaves below it"


@pytest.mark.usefixtures("sealed")
def test_any_changed_byte_of_a_checkpoint_is_named(unguarded: Connection) -> None:
    here = CHECKPOINT.c.size == 4
    point = unguarded.execute(select(CHECKPOINT).where(here)).one()
    for wrong in flipped(bytes(point.public_key)):
        assert "checkpoint 4:" in faults(unguarded, update(CHECKPOINT).where(here).values(public_key=wrong))
    for at, letter in enumerate(point.note):
        note = point.note[:at] + chr(ord(letter) ^ 1) + point.note[at + 1 :]
        assert "checkpoint 4:" in faults(unguarded, update(CHECKPOINT).where(here).values(note=note))
    for size in (0, 1, 2, 5, 6, 2**40):
        said = faults(unguarded, update(CHECKPOINT).where(here).values(size=size))
        assert f"checkpoint {size}: Its note says 4 entries" in said


def test_what_is_missing_or_moved_is_named(sealed: tuple[UUID, UUID], unguarded: Connection) -> None:
    known, waiting = sealed
    last = LEAF.c.event_id == known
    assert "covers 4" in faults(unguarded, delete(LEAF).where(last))
    assert "it stands at" in faults(unguarded, update(LEAF).where(last).values(idx=9))
    assert "last checkpoint covers 3" in faults(unguarded, delete(CHECKPOINT).where(CHECKPOINT.c.size == 4))
    assert f"event {waiting}:" in faults(unguarded, delete(UNSEALED))
    twice = insert(UNSEALED).values(event_id=known, book_id=1)
    assert f"event {known}:" in faults(unguarded, twice)
    top = NODE.c.level == 2
    assert faults(unguarded, delete(NODE).where(top)) == "node 2/0: it is missing"
    assert faults(unguarded, update(NODE).where(top).values(idx=1)) == (
        "node 2/0: it is missing; node 2/1: there are no leaves below it"
    )
    assert faults(unguarded, update(NODE).where(top).values(level=3)) == (
        "node 2/0: it is missing; node 3/0: there are no leaves below it"
    )
    second = unguarded.scalars(select(BOOK.c.id).where(BOOK.c.code == "second")).one()
    unguarded.execute(update(NODE).where(top).values(book_id=second))
    with Session(unguarded) as session:
        assert list(find_log_faults(session, second)) == ["node 2/0: there are no leaves below it"]


def test_a_history_rewritten_with_all_its_hashes_does_not_give_the_signed_root(
    sealed: tuple[UUID, UUID], unguarded: Connection
) -> None:
    body = b'{"rewritten":true}'
    leaf = leaf_hash(body)
    unguarded.execute(update(EVENT).where(EVENT.c.id == sealed[0]).values(body=body, leaf_sha256=leaf))
    unguarded.execute(update(LEAF).where(LEAF.c.event_id == sealed[0]).values(leaf_sha256=leaf))
    peaks = Peaks()
    for one in unguarded.scalars(select(LEAF.c.leaf_sha256).order_by(LEAF.c.idx)).all():
        for (level, index), digest in peaks.append(bytes(one)):
            here = (NODE.c.level == level, NODE.c.idx == index)
            unguarded.execute(update(NODE).where(*here).values(sha256=digest))
    assert faults(unguarded) == "checkpoint 4: The leaves do not give its root."


def seal_again(connection: Connection) -> acts.Verification:
    with Session(connection) as session:
        acts.seal(session, "main", clock=CLOCK, name="example.org", secret=bytes(range(32)))
        return acts.verify(session, "main")


def test_nothing_is_sealed_on_a_log_whose_peaks_or_size_were_changed(
    sealed: tuple[UUID, UUID], unguarded: Connection
) -> None:
    top = NODE.c.level == 2
    changes: list[tuple[Executable, str]] = [
        (update(NODE).where(top).values(sha256=bytes(32)), "no longer gives"),
        (delete(NODE).where(top), "no longer gives"),
        (delete(LEAF).where(LEAF.c.event_id == sealed[0]), "no longer gives"),
        (delete(CHECKPOINT).where(CHECKPOINT.c.size == 4), "no longer gives"),
        (update(EVENT).where(EVENT.c.id == sealed[1]).values(body=b"{}"), "does not fit its digest"),
    ]
    for change, said in changes:
        point = unguarded.begin_nested()
        unguarded.execute(change)
        before = unguarded.execute(select(LEAF).order_by(LEAF.c.idx)).all()
        with pytest.raises(LogInconsistent, match=said):
            seal_again(unguarded)
        assert unguarded.execute(select(LEAF).order_by(LEAF.c.idx)).all() == before
        point.rollback()


def test_a_seal_continues_the_signed_history_and_not_a_leaf_changed_below_it(
    sealed: tuple[UUID, UUID], unguarded: Connection
) -> None:
    unguarded.execute(update(LEAF).where(LEAF.c.event_id == sealed[0]).values(leaf_sha256=bytes(32)))
    found = "; ".join(seal_again(unguarded).findings)
    assert "leaf 3: the bytes" in found
    assert "node 2/0: it does not hash" in found
    assert "checkpoint 6: The leaves do not give its root" in found


def test_verification_of_the_log_holds_a_page_in_memory_and_not_the_log(
    session: Session, enter: Callable[[int], None], seal: Callable[[], object]
) -> None:
    peaks = []
    for pages in (2, 3):  # on top of those before: five in the end
        enter(pages * PAGE)
        seal()
        tracemalloc.start()
        assert list(find_log_faults(session, 1)) == []
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0], peaks
