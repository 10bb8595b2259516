"""Attacks on balances, lots and ends by statements that a careless or hostile program would write."""

# ruff: noqa: S608 - the statements are put together from constants

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
PLEDGED = "Dr water/pledged/giver 500 pledge\nCr water/expected 500 pledge"
LAPSED = "Dr water/expected 500 pledge\nCr water/pledged/giver 500 pledge"
COUNTERS = ("settled_dr", "settled_cr", "pending_dr", "pending_cr", "encumbered_dr", "encumbered_cr")
DELTAS = ("sd", "sc", "pd", "pc", "ed", "ec")
MOVED = ", ".join(f"{name} = {name} + d.{delta}" for name, delta in zip(COUNTERS, DELTAS, strict=True))
PLEDGES = "(SELECT id FROM account WHERE path = 'water/pledged/giver')"
EXPECTED = "(SELECT id FROM account WHERE path = 'water/expected')"
LAST = "(SELECT max(no) FROM txn_end)"
LAST_TXN = "(SELECT txn_id FROM txn_end ORDER BY no DESC LIMIT 1)"
ONE_LOT = "contribution_id = (SELECT min(contribution_id) FROM lot)"


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def open(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> Cell: ...
    def post(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> Cell: ...


Attack = Callable[[Raw, Connection], object]


def say(raw: Raw, connection: Connection, *, said: str) -> None:
    """Run a statement; on an account that the last end did not move, and one that it did."""
    raw.post(connection, PLEDGED)
    if not connection.execute(text(said)).rowcount:
        raise ValueError("it met no row")


def open_and_say(raw: Raw, connection: Connection, *, said: str) -> None:
    raw.open(connection, PLEDGED)
    say(raw, connection, said=said)


STATEMENTS = {
    "a_counter_raised": f"UPDATE balance SET settled_cr = settled_cr + 1 WHERE account_id = {PLEDGES}",
    "a_counter_raised_as_if_by_the_last_end": "UPDATE balance SET settled_cr = settled_cr + 1,"
    f" version = {LAST}, last_txn = {LAST_TXN} WHERE version < {LAST}",
    "an_end_applied_again": f"UPDATE balance SET {MOVED} FROM delta d"
    f" WHERE d.txn_id = {LAST_TXN} AND balance.account_id = d.account_id",
    "an_end_applied_again_as_the_next": f"UPDATE balance SET {MOVED}, version = version + 1 FROM delta d"
    f" WHERE d.txn_id = {LAST_TXN} AND balance.account_id = d.account_id",
    "a_floor_taken_away": f"UPDATE balance SET floor = NULL WHERE account_id = {EXPECTED}",
    "a_floor_set": f"UPDATE balance SET floor = -1 WHERE account_id = {EXPECTED}",
    "a_side_turned": f"UPDATE balance SET normal = -normal WHERE account_id = {EXPECTED}",
    "a_balance_deleted": f"DELETE FROM balance WHERE account_id = {EXPECTED}",
    "a_balance_opened_twice": "INSERT INTO balance (account_id, normal, floor)"
    " SELECT id, normal, floor FROM account",
    "a_lot_raised": f"UPDATE lot SET remaining = remaining + 1 WHERE {ONE_LOT}",
    "a_lot_raised_as_if_by_the_last_end": f"UPDATE lot SET remaining = remaining + 1, version = {LAST},"
    f" last_txn = {LAST_TXN}",
    "a_lot_given_to_another": "UPDATE lot SET contribution_id = contribution_id + 100",
    "a_lot_said_to_have_received_more": f"UPDATE lot SET received = received + 1, version = {LAST},"
    f" last_txn = {LAST_TXN}",
    "a_lot_begun_earlier": f"UPDATE lot SET first_on = '2020-01-01', version = {LAST}, last_txn = {LAST_TXN}",
    "a_lot_deleted": "DELETE FROM lot",
    "a_lot_opened_full": "INSERT INTO lot (account_id, contribution_id, remaining)"
    " SELECT (SELECT min(id) FROM account), id, 5 FROM contribution",
    "a_total_raised": "UPDATE line_total SET total = total + 1",
    "a_total_raised_as_if_by_the_last_end": f"UPDATE line_total SET total = total + 1, version = {LAST},"
    f" last_txn = {LAST_TXN}",
    "a_total_given_to_another_line": "UPDATE line_total SET line = 'valuation'",
    "a_total_deleted": "DELETE FROM line_total",
    "a_total_opened_full": "INSERT INTO line_total (account_id, line, total)"
    " SELECT (SELECT min(id) FROM account), code, 5 FROM line",
    "a_day_raised": "UPDATE day_total SET total = total + 1",
    "a_day_raised_as_if_by_the_last_end": f"UPDATE day_total SET total = total + 1, version = {LAST},"
    f" last_txn = {LAST_TXN}",
    "a_day_moved_to_another": "UPDATE day_total SET effective_on = '2031-01-01'",
    "a_day_deleted": "DELETE FROM day_total",
    "a_day_opened_full": "INSERT INTO day_total (account_id, effective_on, line, total)"
    " SELECT (SELECT min(id) FROM account), '2031-01-01', code, 5 FROM line",
    "a_floor_of_an_account_changed": "UPDATE account SET floor = -100 WHERE role = 'memo'",
    "a_role_of_an_account_changed": "UPDATE account SET role = 'memo' WHERE role = 'pool'",
}
ON_SQLITE = {
    "a_draw_of_the_last_end_applied_again": "UPDATE lot SET remaining = remaining + m.moved FROM lot_delta m"
    " WHERE m.txn_id = lot.last_txn AND lot.account_id = m.account_id"
    " AND lot.contribution_id = m.contribution_id",
    "a_balance_replaced": "INSERT OR REPLACE INTO balance (account_id, normal, floor)"
    " SELECT id, normal, floor FROM account",
    "a_lot_replaced": "INSERT OR REPLACE INTO lot (account_id, contribution_id)"
    " SELECT account_id, contribution_id FROM lot",
    "a_total_of_the_last_end_applied_again": "UPDATE line_total SET total = total + m.moved FROM line_delta m"
    " WHERE m.txn_id = line_total.last_txn AND line_total.account_id = m.account_id"
    " AND line_total.line = m.line",
    "a_total_replaced": "INSERT OR REPLACE INTO line_total (account_id, line)"
    " SELECT account_id, line FROM line_total",
    "a_day_of_the_last_end_applied_again": "UPDATE day_total SET total = total + m.moved FROM day_delta m"
    " WHERE m.txn_id = day_total.last_txn AND day_total.account_id = m.account_id"
    " AND day_total.effective_on = m.effective_on AND day_total.line = m.line",
    "a_day_replaced": "INSERT OR REPLACE INTO day_total (account_id, effective_on, line)"
    " SELECT account_id, effective_on, line FROM day_total",
    "an_account_replaced_by_way_of_its_balance": "REPLACE INTO balance (account_id, normal, floor)"
    " SELECT id, -normal, NULL FROM account",
}
OPEN = {
    "a_transaction_applied_before_its_end": f"UPDATE balance SET {MOVED},"
    " version = version + 1, last_txn = d.txn_id"
    " FROM delta d WHERE balance.account_id = d.account_id"
    " AND NOT EXISTS (SELECT 1 FROM txn_end e WHERE e.txn_id = d.txn_id)",
}
ATTACKS: dict[str, tuple[Attack, str]] = {
    name: (partial(say, said=said), "only a") for name, said in (STATEMENTS | ON_SQLITE).items()
}
ATTACKS |= {name: (partial(open_and_say, said=said), "only a txn_end") for name, said in OPEN.items()}
ATTACKS["a_floor_of_an_account_changed"] = (ATTACKS["a_floor_of_an_account_changed"][0], "append-only")
ATTACKS["a_role_of_an_account_changed"] = (ATTACKS["a_role_of_an_account_changed"][0], "append-only")


def again(raw: Raw, connection: Connection, *, act: str) -> None:
    """Put a second reversal or end of a hold in the place of the first, where a database can."""
    parent = raw.find(connection, "txn", idem_key="pl1", client="library")
    if act == "reverse":
        raw.post(connection, LAPSED, act="reverse", parent_id=parent, refunds_id=parent)
    else:
        legs = "Dr P water/expected {0} pledge\nCr P water/pledged/giver {0} pledge"
        parent = raw.post(connection, legs.format(5), act="pending", expires_at=NEXT_YEAR)
        raw.post(connection, legs.format(-5), act="void", parent_id=parent, refunds_id=None)
    row = raw.tables.tables["txn"].c
    names = [column.name for column in row if column.name not in {"id", "idem_key", "act"}]
    new = "randomblob(16)" if raw.engine.dialect.name == "sqlite" else "gen_random_uuid()"
    replace = "OR REPLACE" if raw.engine.dialect.name == "sqlite" else ""
    taken, said = ", ".join(names), "reverse" if act == "reverse" else "void"
    connection.execute(
        text(
            f"INSERT {replace} INTO txn (id, idem_key, act, {taken})"
            f" SELECT {new}, 'again', '{act}', {taken} FROM txn WHERE act = '{said}'"
        )
    )


ATTACKS["a_reversal_replaced"] = (partial(again, act="reverse"), "txn_reversed_once")
ATTACKS["a_void_replaced"] = (partial(again, act="void"), "txn_resolved_once")
ATTACKS["a_void_replaced_by_a_payment"] = (partial(again, act="post"), "txn_resolved_once")


@contextmanager
def refused(raw: Raw, rule: str) -> Iterator[Connection]:
    with pytest.raises(DBAPIError) as caught, raw.engine.begin() as connection:
        yield connection
    assert raw.engine.dialect.name == "sqlite" or rule in str(caught.value.orig)
    with Session(raw.engine) as session:
        assert acts.verify(session, "main").findings == ()


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_database_refuses(raw: Raw, name: str) -> None:
    if name in ON_SQLITE and raw.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    function, rule = ATTACKS[name]
    with refused(raw, rule) as connection:
        function(raw, connection)
