"""Attacks on gifts in kind, written past the library: each is one fault, and the database refuses it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds
TODAY, YESTERDAY = date(2026, 1, 15), date(2026, 1, 14)
GIVEN = "Dr water/stock:hour 300 in_kind_given\nCr water/in_kind:hour 300 in_kind_given k9=300"
USED = "Dr water/in_kind:hour 300 in_kind_used k9=300\nCr water/stock:hour 300 in_kind_used"


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def put(self, connection: Connection, name: str, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def event(self, connection: Connection) -> uuid.UUID: ...
    def post(self, connection: Connection, legs: str, **txn: object) -> uuid.UUID: ...


Attack = Callable[[Raw, Connection], object]
ATTACKS: dict[str, tuple[Attack, str]] = {}


@contextmanager
def refused(raw: Raw, rule: str) -> Iterator[Connection]:
    with pytest.raises(DBAPIError) as caught, raw.engine.begin() as connection:
        yield connection
    assert raw.engine.dialect.name == "sqlite" or rule in str(caught.value.orig)
    with Session(raw.engine) as session:
        assert acts.verify(session, "main").findings == ()


def attack(rule: str) -> Callable[[Attack], Attack]:
    """Register an attack with the rule that PostgreSQL names when it refuses it."""

    def register(function: Attack) -> Attack:
        ATTACKS[function.__name__] = (function, rule)
        return function

    return register


def give(raw: Raw, connection: Connection, pool: str = "in_kind", **changes: object) -> None:
    """Write a gift ``k9`` of three hours that may be used until today."""
    book = raw.find(connection, "book", code="main")
    row: dict[str, object] = {
        "book_id": book,
        "fund_id": raw.find(connection, "fund", code="water"),
        "party_id": raw.find(connection, "party", code="giver", book_id=book),
        "earmark_id": raw.find(connection, "earmark", code="unrestricted", book_id=book),
        "code": "k9",
        "kind": "in_kind",
        "unit": "hour",
        "available_until": TODAY,
    }
    raw.put(connection, "contribution", **{**row, **changes})
    raw.post(connection, GIVEN.replace("in_kind:", f"{pool}:"), effective_on=YESTERDAY)


def open_account(raw: Raw, connection: Connection, **changes: object) -> None:
    """Open a pool of hours, or what the changes make of it."""
    book = raw.find(connection, "book", code="main")
    row: dict[str, object] = {
        "book_id": book,
        "fund_id": raw.find(connection, "fund", code="water"),
        "path": "water/in_kind",
        "unit": "hour",
        "earmark_id": raw.find(connection, "earmark", code="unrestricted", book_id=book),
        "normal": -1,
        "floor": 0,
        "role": "pool",
    }
    raw.put(connection, "account", **{**row, **changes})


def value(raw: Raw, connection: Connection, **changes: object) -> object:
    """Write a valuation of the gift ``k1`` that supersedes the one that stands."""
    gift = raw.find(connection, "contribution", code="k1")
    row: dict[str, object] = {
        "id": raw.event(connection),
        "contribution_id": gift,
        "contributor_id": raw.find(connection, "party", code="giver"),
        "unit": "hour",
        "unit_kind": "in_kind",
        "value_unit": "USD.v",
        "value_kind": "valued",
        "price_num": 1,
        "price_den": 1,
        "method": "market",
        "haircut_bp": 0,
        "valued_by": raw.find(connection, "party", code="lab"),
        "valued_on": TODAY,
        "evidence_sha256": bytes(32),
        "supersedes_id": raw.find(connection, "valuation", contribution_id=gift, supersedes_id=None),
    }
    raw.put(connection, "valuation", **{**row, **changes})
    return row["id"]


@attack("expired")
def a_gift_used_after_its_last_day(raw: Raw, connection: Connection) -> None:
    give(raw, connection, available_until=YESTERDAY)
    raw.post(connection, USED)


@attack("expired")
def a_gift_used_under_an_earmark_past_its_last_day(raw: Raw, connection: Connection) -> None:
    terms = {"terms": b"{}", "terms_sha256": bytes(32), "valid_until": YESTERDAY}
    book = raw.find(connection, "book", code="main")
    free = raw.find(connection, "earmark", code="unrestricted", book_id=book)
    raw.put(connection, "earmark", book_id=book, code="winter", wider_id=free, **terms)
    open_account(raw, connection, earmark_id=raw.find(connection, "earmark", code="winter"))
    give(raw, connection)
    legs = "Dr water/in_kind:hour 300 allocation k9=300\nCr water/in_kind@winter:hour 300 allocation k9=300"
    raw.post(connection, legs)
    raw.post(connection, USED.replace("in_kind:hour", "in_kind@winter:hour"))


@attack("contribution_check")
def cash_that_may_be_spent_until_a_day(raw: Raw, connection: Connection) -> None:
    give(raw, connection, kind="cash")


@attack("earmark widened")
def a_restricted_gift_used_from_the_free_pool(raw: Raw, connection: Connection) -> None:
    north = raw.find(connection, "earmark", code="north")
    open_account(raw, connection, earmark_id=north)
    give(raw, connection, "in_kind@north", earmark_id=north)
    raw.post(connection, USED)


@attack("other unit or fund")
def a_gift_of_another_unit_booked_as_hours(raw: Raw, connection: Connection) -> None:
    raw.put(connection, "unit", code="dose", kind="in_kind", scale=2)
    give(raw, connection, unit="dose")


@attack("lot_remaining_check")
def more_used_of_a_gift_than_it_has_while_the_pool_suffices(raw: Raw, connection: Connection) -> None:
    give(raw, connection)
    raw.post(connection, USED.replace("300", "301"))


@attack("lot_remaining_check")
def a_gift_used_and_written_off_as_well(raw: Raw, connection: Connection) -> None:
    give(raw, connection)
    raw.post(connection, USED)
    raw.post(connection, USED.replace("in_kind_used", "in_kind_expired"))


@attack("internal line leaks")
def a_gift_that_leaves_on_an_internal_line(raw: Raw, connection: Connection) -> None:
    give(raw, connection)
    raw.post(connection, USED.replace("in_kind_used", "allocation"))


@attack("cash without owner")
def a_gift_that_leaves_the_stock_without_its_owner(raw: Raw, connection: Connection) -> None:
    open_account(raw, connection, path="water/hours", role="memo", floor=None)
    raw.post(connection, "Dr water/hours:hour 300 pledge\nCr water/stock:hour 300 in_kind_used")


@attack("unbalanced")
def the_value_of_a_gift_exchanged_for_cash(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/cash 100 valuation\nCr water/value_counted:USD.v 100 valuation")


@attack("valuation_supersedes_id_key")
def a_second_successor_of_one_valuation(raw: Raw, connection: Connection) -> None:
    value(raw, connection)
    value(raw, connection)


@attack("valuation_supersedes_id_contribution_id_fkey")
def a_successor_of_another_gifts_valuation(raw: Raw, connection: Connection) -> None:
    value(raw, connection, contribution_id=raw.find(connection, "contribution", code="k2"))


@attack("valuation_check")
def a_successor_by_the_giver(raw: Raw, connection: Connection) -> None:
    value(raw, connection, valued_by=raw.find(connection, "party", code="giver"))


@attack("valuation_check")
def a_valuation_that_runs_out_as_it_begins(raw: Raw, connection: Connection) -> None:
    value(raw, connection, expires_on=TODAY)


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_database_refuses(raw: Raw, name: str) -> None:
    function, rule = ATTACKS[name]
    with refused(raw, rule) as connection:
        function(raw, connection)


def test_what_the_attacks_miss_by_a_hair_is_accepted(raw: Raw) -> None:
    with raw.engine.connect() as connection:
        give(raw, connection)
        raw.post(connection, USED.replace("300", "299"))
        late = USED.replace("300", "1").replace("in_kind_used", "in_kind_expired")
        raw.post(connection, late, effective_on=date(2026, 1, 16))
        value(raw, connection, supersedes_id=value(raw, connection), expires_on=date(2026, 1, 16))
        connection.rollback()
