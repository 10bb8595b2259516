"""Whoever owns the database can drop its guards; what is changed then, verification names."""

import hashlib
import itertools
import re
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, text

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

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
    ("lot", "DELETE FROM lot WHERE contribution_id = {f1}", ["lot of f1"]),
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
