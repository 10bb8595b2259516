"""Attacks by values: numbers at the edge, words nobody defined, rows of other books, ends out of order."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds
M62 = 2**62 - 1
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
PLEDGED = "Dr water/pledged/giver 500 pledge\nCr water/expected 500 pledge"


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def put(self, connection: Connection, name: str, /, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def event(self, connection: Connection, *, book: str = "main") -> uuid.UUID: ...
    def account(self, connection: Connection, path: str, book: str) -> int: ...
    def open(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def post(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def end(self, connection: Connection, identity: uuid.UUID) -> None: ...


Attack = Callable[[Raw, Connection], object]
ATTACKS: dict[str, tuple[Attack, str]] = {}


def attack(rule: str) -> Callable[[Attack], Attack]:
    """Register an attack with the rule that PostgreSQL names when it refuses it."""

    def register(function: Attack) -> Attack:
        ATTACKS[function.__name__] = (function, rule)
        return function

    return register


def findings(owner: Engine | Connection) -> tuple[str, ...]:
    with Session(owner) as session:
        return tuple(found for book in ("main", "second") for found in acts.verify(session, book).findings)


@contextmanager
def refused(raw: Raw, rule: str) -> Iterator[Connection]:
    with pytest.raises(DBAPIError) as caught, raw.engine.begin() as connection:
        yield connection
    assert raw.engine.dialect.name == "sqlite" or rule in str(caught.value.orig)
    assert findings(raw.engine) == ()


def sqlite(raw: Raw) -> bool:
    return raw.engine.dialect.name == "sqlite"


# Numbers at the edge.


@attack("posting_amount_check")
def a_leg_beyond_the_largest_amount(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED.replace("500", str(M62 + 1)))


@attack("posting_amount_check")
def a_release_beyond_the_largest_amount(raw: Raw, connection: Connection) -> None:
    raw.post(
        connection, "Dr E water/pool {0} release\nCr E water/commitment/well {0} release".format(-M62 - 1)
    )


@attack("balance_settled_dr_check")
def a_counter_beyond_its_largest(raw: Raw, connection: Connection) -> None:
    raw.post(connection, f"Dr water/pledged/giver {M62} pledge\nCr water/commitment/well {M62} pledge")


@attack("balance_settled_cr_check")
def the_other_counter_beyond_its_largest(raw: Raw, connection: Connection) -> None:
    raw.post(connection, f"Dr water/commitment/well {M62} pledge\nCr water/expected {M62} pledge")


@attack("out of range")
def a_transaction_whose_sum_is_no_number(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "\n".join([PLEDGED.replace("500", str(M62))] * 4))


@attack("balance_encumbered_dr_check")
def a_promise_beyond_its_largest(raw: Raw, connection: Connection) -> None:
    legs = f"Dr E water/pledged/giver {M62} encumbrance\nCr E water/expected {M62} encumbrance"
    raw.post(connection, legs)
    raw.post(connection, legs.replace(str(M62), "1"))


@attack("balance_pending_")
def a_hold_beyond_its_largest(raw: Raw, connection: Connection) -> None:
    legs = f"Dr P water/pledged/giver {M62} pledge\nCr P water/expected {M62} pledge"
    for text_ in (legs, legs.replace(str(M62), "1")):
        raw.post(connection, text_, act="pending", expires_at=datetime(2027, 1, 1, tzinfo=UTC))


@attack("balance_encumbered_cr_check")
def a_promise_released_from_another_obligation(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr E water/pool -100 release\nCr E water/pledged/giver -100 release")


@attack("smallint out of range")
def a_leg_at_a_place_beyond_counting(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, seq=0 if sqlite(raw) else 2**15)


@attack("posting_seq_check")
def a_leg_at_no_place(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, seq=0)


@attack("posting_side_check")
def a_leg_on_no_side(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, side=0)


@attack("posting_side_check")
def a_leg_that_counts_twice(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, side=2)


@attack("posting_layer_check")
def a_leg_in_no_layer(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, layer="X")


@attack("posting_account_id_fkey")
def a_leg_on_no_account(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, account_id=10**9)


@attack("posting_txn_id_fkey")
def a_leg_of_no_transaction(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, txn_id=uuid.uuid4())


@attack("posting_pkey")
def a_leg_at_a_place_that_is_taken(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, seq=1)


@attack("null value")
def a_leg_on_no_line(raw: Raw, connection: Connection) -> None:
    leg(raw, connection, line=None)


def leg(raw: Raw, connection: Connection, **changes: object) -> None:
    """Insert a third leg into a transaction that is open, with one value changed."""
    identity = raw.open(connection, PLEDGED)
    row = {"txn_id": identity, "seq": 3, "layer": "S", "side": 1, "line": "pledge", "amount": 1}
    row["account_id"] = raw.account(connection, "water/expected", "main")
    raw.put(connection, "posting", **{**row, **changes})
    raw.end(connection, identity)


@attack("draw_contribution_id_fkey")
def a_draw_on_no_contribution(raw: Raw, connection: Connection) -> None:
    draw(raw, connection, contribution_id=10**9)


@attack("draw_txn_id_seq_fkey")
def a_draw_on_no_leg(raw: Raw, connection: Connection) -> None:
    draw(raw, connection, seq=9)


@attack("draw_pkey")
def a_draw_made_twice(raw: Raw, connection: Connection) -> None:
    draw(raw, connection)
    draw(raw, connection)


@attack("draw_amount_check")
def a_draw_that_gives(raw: Raw, connection: Connection) -> None:
    draw(raw, connection, amount=-100)


def draw(raw: Raw, connection: Connection, **changes: object) -> None:
    identity = raw.open(connection, "Dr water/pool 100 transfer\nCr water/cash 100 transfer")
    row = {"txn_id": identity, "seq": 1, "amount": 100}
    row["contribution_id"] = raw.find(connection, "contribution", code="c1")
    for changed in ({}, changes) if not changes else (changes,):
        raw.put(connection, "draw", **{**row, **changed})
    raw.end(connection, identity)


# Words that nobody defined, in the tables that money rests on.

WORDS: dict[str, dict[str, object]] = {
    "unit": {"code": "X", "kind": "money", "scale": 2},
    "line": {"code": "x", "kind": "gift"},
}


def word(raw: Raw, connection: Connection, table: str) -> None:
    raw.put(connection, table, **WORDS[table])


for name in WORDS:
    ATTACKS[f"a_{name}_of_no_kind"] = (lambda raw, c, name=name: word(raw, c, name), f"{name}_kind_check")  # type: ignore[misc]  # a default binds it


@attack("unit_scale_check")
def a_unit_finer_than_can_be_counted(raw: Raw, connection: Connection) -> None:
    raw.put(connection, "unit", code="X", kind="currency", scale=10)


@attack("unit_check")
def a_currency_that_is_the_value_of_another(raw: Raw, connection: Connection) -> None:
    raw.put(connection, "unit", code="X", kind="currency", scale=2, base_code="USD")


@attack("unit_check")
def a_value_of_no_currency(raw: Raw, connection: Connection) -> None:
    raw.put(connection, "unit", code="X", kind="valued", scale=2)


@attack("unit_base_code_fkey")
def a_value_of_a_currency_nobody_knows(raw: Raw, connection: Connection) -> None:
    raw.put(connection, "unit", code="X", kind="valued", scale=2, base_code="Y")


def owned(raw: Raw, connection: Connection, table: str, **changes: object) -> None:
    """Insert a row of the book main with one value changed."""
    book = raw.find(connection, "book", code="main")
    free = raw.find(connection, "earmark", code="unrestricted", book_id=book)
    fund = raw.find(connection, "fund", code="water")
    rows: dict[str, dict[str, Cell]] = {
        "book": {"code": "new", "base_unit": "USD"},
        "party": {"book_id": book, "code": "new", "name": "New", "kind": "organisation"},
        "fund": {"book_id": book, "code": "new", "title": "New", "unit": "USD", "draw_rule": "fifo"},
        "earmark": {"book_id": book, "code": "new", "terms": b"{}", "terms_sha256": bytes(32)},
        "account": {"book_id": book, "fund_id": fund, "path": "water/new", "unit": "USD", "earmark_id": free}
        | {"normal": -1, "floor": 0, "role": "pool"},
        "event": {"id": uuid.uuid4(), "book_id": book, "kind": "x", "canon": 1, "body": b"{}"}
        | {"leaf_sha256": hashlib.sha256(b"\x00{}").digest(), "recorded_at": NOW},
        "contribution": {"book_id": book, "fund_id": fund, "code": "new", "kind": "cash", "unit": "USD"}
        | {"earmark_id": free, "party_id": raw.find(connection, "party", code="giver", book_id=book)},
    }
    raw.put(connection, table, **{**rows[table], **changes})


OWNED: list[tuple[str, str, dict[str, object], str]] = [
    ("a_book_in_no_unit", "book", {"base_unit": "XXX"}, "book_base_unit_fkey"),
    ("a_party_of_no_kind", "party", {"kind": "person"}, "party_kind_check"),
    ("a_party_of_no_book", "party", {"book_id": 10**9}, "party_book_id_fkey"),
    ("a_party_whose_key_is_short", "party", {"public_key": bytes(31)}, "party_public_key_check"),
    ("a_fund_with_no_rule", "fund", {"draw_rule": "lifo"}, "fund_draw_rule_check"),
    ("a_fund_of_no_book", "fund", {"book_id": 10**9}, "fund_book_id_fkey"),
    ("a_fund_in_no_unit", "fund", {"unit": "XXX"}, "fund_unit_fkey"),
    ("an_earmark_of_no_book", "earmark", {"book_id": 10**9}, "earmark_book_id_fkey"),
    ("an_earmark_below_none", "earmark", {"wider_id": 10**9}, "earmark_wider_id_book_id_fkey"),
    ("an_earmark_whose_digest_is_short", "earmark", {"terms_sha256": b"x"}, "earmark_terms_sha256_check"),
    ("an_account_that_grows_on_no_side", "account", {"normal": 0, "role": "memo"}, "account_normal_check"),
    ("an_account_of_no_role", "account", {"role": "purse"}, "account_role_check"),
    ("an_account_in_no_unit", "account", {"unit": "XXX"}, "account_unit_fkey"),
    ("an_account_under_no_earmark", "account", {"earmark_id": 10**9}, "account_earmark_id_book_id_fkey"),
    (
        "an_account_opened_twice",
        "account",
        {"path": "water/pool"},
        "account_book_id_path_unit_earmark_id_key",
    ),
    ("an_event_of_no_book", "event", {"book_id": 10**9}, "event_book_id_fkey"),
    ("an_event_in_another_form", "event", {"canon": 2}, "event_canon_check"),
    ("an_event_whose_digest_is_short", "event", {"leaf_sha256": bytes(31)}, "event_"),
    ("a_contribution_of_no_kind", "contribution", {"kind": "loan"}, "contribution_kind_check"),
    ("a_contribution_in_no_unit", "contribution", {"unit": "XXX"}, "contribution_unit_fkey"),
    ("a_contribution_to_no_fund", "contribution", {"fund_id": 10**9}, "contribution_fund_id_book_id_fkey"),
    (
        "a_contribution_under_no_earmark",
        "contribution",
        {"earmark_id": 10**9},
        "contribution_earmark_id_book_id_fkey",
    ),
    ("a_contribution_known_twice", "contribution", {"code": "c1"}, "contribution_book_id_code_key"),
    (
        "a_gift_of_money_with_a_last_day",
        "contribution",
        {"available_until": date(2027, 1, 1)},
        "contribution_check",
    ),
    ("a_contribution_freed_from_none", "contribution", {"kind": "released"}, "contribution_check"),
    ("a_gift_that_needed_consent", "contribution", {"consent_sha256": bytes(32)}, "contribution_check"),
]


for name, table, changes, rule in OWNED:
    ATTACKS[name] = (lambda raw, c, t=table, v=changes: owned(raw, c, t, **v), rule)  # type: ignore[misc]  # defaults bind them


@attack("earmark_wider_id_book_id_fkey")
def an_earmark_below_another_books(raw: Raw, connection: Connection) -> None:
    second = raw.find(connection, "book", code="second")
    owned(raw, connection, "earmark", wider_id=raw.find(connection, "earmark", book_id=second))


@attack("account_earmark_id_book_id_fkey")
def an_account_under_another_books_earmark(raw: Raw, connection: Connection) -> None:
    second = raw.find(connection, "book", code="second")
    owned(raw, connection, "account", earmark_id=raw.find(connection, "earmark", book_id=second))


@attack("contribution_earmark_id_book_id_fkey")
def a_contribution_under_another_books_earmark(raw: Raw, connection: Connection) -> None:
    second = raw.find(connection, "book", code="second")
    owned(raw, connection, "contribution", earmark_id=raw.find(connection, "earmark", book_id=second))


@attack("contribution_fund_id_book_id_fkey")
def a_contribution_to_another_books_fund(raw: Raw, connection: Connection) -> None:
    owned(raw, connection, "contribution", fund_id=raw.find(connection, "fund", code="far"))


@attack("txn_book_id_fkey")
def a_transaction_of_no_book(raw: Raw, connection: Connection) -> None:
    raw.open(connection, "", book_id=10**9)


# Ends.


@attack("GENERATED ALWAYS")
def an_end_out_of_order(raw: Raw, connection: Connection) -> None:
    last = raw.find(connection, "txn_end", "no")
    raw.put(connection, "txn_end", txn_id=raw.open(connection, PLEDGED), no=last + 10**6)


@attack("GENERATED ALWAYS")
def an_end_before_the_first(raw: Raw, connection: Connection) -> None:
    raw.put(connection, "txn_end", txn_id=raw.open(connection, PLEDGED), no=-5)


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_database_refuses(raw: Raw, name: str) -> None:
    function, rule = ATTACKS[name]
    with refused(raw, rule) as connection:
        function(raw, connection)


@pytest.mark.parametrize("table", ["book", "party", "fund", "earmark", "account", "event", "contribution"])
def test_the_row_that_the_attacks_change_is_allowed(raw: Raw, table: str) -> None:
    with raw.engine.connect() as connection:
        owned(raw, connection, table)
        connection.rollback()


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_nothing_is_posted_where_other_posts_are_not_seen_on_postgresql(raw: Raw, level: str) -> None:
    if sqlite(raw):
        pytest.skip("SQLite has one writer at a time")
    above = raw.engine.connect().execution_options(isolation_level=level)
    with above, pytest.raises(DBAPIError, match="READ COMMITTED"):
        raw.post(above, PLEDGED)
    assert findings(raw.engine) == ()
