"""Attacks on currencies, windows, releases and advances: one fault each, and the database refuses it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds
SELL = """Dr water/pool 1005 fx_sold c1=1005
          Cr water/cash 1005 fx_sold
          Dr water/cash:EUR 904 fx_bought
          Cr water/pool:EUR 904 fx_bought c1=904"""
FIGURES = {"num": 9, "den": 10, "sold_minor": 1005, "bought_minor": 904, "rounding": "half_even"}


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def put(self, connection: Connection, name: str, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def event(self, connection: Connection) -> uuid.UUID: ...
    def open(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def post(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def end(self, connection: Connection, identity: uuid.UUID) -> None: ...


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


def rate_id(raw: Raw, connection: Connection) -> uuid.UUID:
    """Identity of the recorded rate: 0.9 euros for a dollar."""
    found = raw.find(connection, "fx_rate", base_unit="USD")
    return found if isinstance(found, uuid.UUID) else uuid.UUID(bytes=found)


def sell(raw: Raw, connection: Connection, legs: str = SELL, **figures: object) -> None:
    """Post an exchange with its conversion, with other legs or figures."""
    identity = raw.open(connection, legs)
    values = {"rate_id": rate_id(raw, connection), "n": 1, **FIGURES, **figures}
    raw.put(connection, "fx_conversion", txn_id=identity, **values)
    raw.end(connection, identity)


def test_the_exchange_that_the_attacks_change_is_sound(raw: Raw) -> None:
    with raw.engine.connect() as connection:
        sell(raw, connection)
        connection.rollback()


@attack("shape or draws")
def an_exchange_without_its_conversion(raw: Raw, connection: Connection) -> None:
    raw.post(connection, SELL)


@attack("conversion")
def a_conversion_without_its_bought_side(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, "Dr water/pool 1005 fx_sold c1=1005\nCr water/cash 1005 fx_sold")


@attack("conversion")
def a_conversion_without_its_sold_side(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, "Dr water/cash:EUR 904 fx_bought\nCr water/pool:EUR 904 fx_bought c1=904")


@attack("conversion")
def a_conversion_beside_a_pledge(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, "Dr water/pledged/giver 100 pledge\nCr water/expected 100 pledge")


@attack("fx_conversion_check")
def a_conversion_rounded_up_that_says_half_even(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, SELL.replace("904", "905"), bought_minor=905)


@attack("fx_conversion_check")
def a_conversion_rounded_down_that_says_up(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, rounding="up")


@attack("fx_conversion_rounding_check")
def a_conversion_rounded_by_no_rule(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, rounding="half_up")


@attack("fx_conversion_rate_id_num_den_fkey")
def a_conversion_at_other_figures_than_its_rate(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, SELL.replace("904", "1005"), num=1, den=1, bought_minor=1005)


@attack("fx_conversion_n_check")
def a_second_conversion(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, n=2)


@attack("conversion")
def more_bought_than_the_conversion_says(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, SELL.replace("904", "906"))


@attack("conversion")
def less_sold_than_the_conversion_says(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, SELL.replace("1005", "1004"))


@attack("conversion")
def an_exchange_against_the_direction_of_its_rate(raw: Raw, connection: Connection) -> None:
    legs = """Dr water/pool:EUR 904 fx_sold c1=904
              Cr water/cash:EUR 904 fx_sold
              Dr water/cash 814 fx_bought
              Cr water/pool 814 fx_bought c1=814"""
    sell(raw, connection, legs, sold_minor=904, bought_minor=814)


@attack("converted")
def an_exchange_for_another_contribution(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, SELL.replace("fx_bought c1=904", "fx_bought c2=904"))


@attack("converted in other parts")
def an_exchange_that_gives_one_what_the_other_sold(raw: Raw, connection: Connection) -> None:
    legs = SELL.replace("fx_sold c1=1005", "fx_sold c1=1000 c2=5")
    sell(raw, connection, legs.replace("fx_bought c1=904", "fx_bought c1=4 c2=900"))


@attack("converted to another")
def an_exchange_that_rounds_a_unit_to_a_third(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, SELL.replace("fx_bought c1=904", "fx_bought c1=903 c2=1"))


@attack("earmark widened")
def an_exchange_out_of_an_earmark(raw: Raw, connection: Connection) -> None:
    legs = SELL.replace("water/pool 1005", "water/pool@north 1005").replace("c1=", "n1=")
    sell(raw, connection, legs)


@attack("cash without owner")
def an_exchange_into_another_funds_cash(raw: Raw, connection: Connection) -> None:
    account(raw, connection, fund="fire", path="fire/cash", role="cash", normal=1, unit="EUR")
    sell(raw, connection, SELL.replace("water/cash:EUR", "fire/cash:EUR"))


@attack("other unit or fund")
def a_deposit_in_another_currency_than_its_contribution(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/cash:EUR 9 contribution\nCr water/pool:EUR 9 contribution c1=9")


@attack("unbalanced")
def an_exchange_in_one_leg_pair(raw: Raw, connection: Connection) -> None:
    sell(raw, connection, "Dr water/pool 1005 fx_sold c1=1005\nCr water/cash:EUR 1005 fx_sold")


@attack("txn already ended")
def a_conversion_after_the_end(raw: Raw, connection: Connection) -> None:
    found = raw.find(connection, "txn", idem_key="p1", client="library")
    raw.put(connection, "fx_conversion", txn_id=found, n=1, rate_id=rate_id(raw, connection), **FIGURES)


def record(raw: Raw, connection: Connection, **changes: object) -> None:
    row: dict[str, object] = {
        "id": raw.event(connection),
        "base_unit": "EUR",
        "base_kind": "currency",
        "quote_unit": "USD",
        "quote_kind": "currency",
        "num": 11,
        "den": 10,
        "as_of": "2026-01-15",
        "source": "central bank",
    }
    raw.put(connection, "fx_rate", **{**row, **changes})


def test_the_rate_that_the_attacks_change_is_sound(raw: Raw) -> None:
    with raw.engine.connect() as connection:
        record(raw, connection)
        connection.rollback()


@attack("fx_rate_base_unit_quote_unit_as_of_source_key")
def a_second_rate_of_a_day_and_source(raw: Raw, connection: Connection) -> None:
    record(raw, connection, base_unit="USD", quote_unit="EUR")


@attack("fx_rate_check")
def a_rate_of_a_currency_to_itself(raw: Raw, connection: Connection) -> None:
    record(raw, connection, base_unit="USD")


@attack("fx_rate_num_check")
def a_rate_of_nothing(raw: Raw, connection: Connection) -> None:
    record(raw, connection, num=0)


@attack("fx_rate_den_check")
def a_rate_too_fine_to_compute(raw: Raw, connection: Connection) -> None:
    record(raw, connection, den=2**31)


@attack("fx_rate_source_check")
def a_rate_of_no_source(raw: Raw, connection: Connection) -> None:
    record(raw, connection, source="")


@attack("fx_rate_quote_kind_check")
def a_rate_into_a_value(raw: Raw, connection: Connection) -> None:
    record(raw, connection, quote_unit="USD.v", quote_kind="valued")


@attack("fx_rate_quote_unit_quote_kind_fkey")
def a_rate_into_a_value_that_claims_to_be_money(raw: Raw, connection: Connection) -> None:
    record(raw, connection, quote_unit="USD.v")


@attack("fx_rate_base_unit_base_kind_fkey")
def a_rate_of_hours(raw: Raw, connection: Connection) -> None:
    record(raw, connection, base_unit="hour")


@attack("fx_rate_id_fkey")
def a_rate_without_its_event(raw: Raw, connection: Connection) -> None:
    record(raw, connection, id=uuid.uuid4())


def account(raw: Raw, connection: Connection, *, fund: str = "water", **values: object) -> None:
    row: dict[str, object] = {
        "book_id": raw.find(connection, "book", code="main"),
        "fund_id": raw.find(connection, "fund", code=fund),
        "earmark_id": raw.find(connection, "earmark", code="unrestricted"),
        "unit": "USD",
        "floor": 0,
    }
    raw.put(connection, "account", **{**row, **values})


def release(raw: Raw, connection: Connection, **changes: object) -> None:
    """Insert a contribution released from ``n1`` of ``giver``."""
    row: dict[str, object] = {
        "book_id": raw.find(connection, "book", code="main"),
        "fund_id": raw.find(connection, "fund", code="water"),
        "party_id": raw.find(connection, "party", code="giver"),
        "code": "n1-free",
        "kind": "released",
        "unit": "USD",
        "earmark_id": raw.find(connection, "earmark", code="unrestricted"),
        "released_from": raw.find(connection, "contribution", code="n1"),
        "consent_sha256": bytes(32),
    }
    raw.put(connection, "contribution", **{**row, **changes})


WIDEN = "Dr water/pool@north 100 allocation n1=100\nCr water/pool 100 allocation n1-free=100"


def test_the_release_that_the_attacks_change_is_sound(raw: Raw) -> None:
    with raw.engine.connect() as connection:
        release(raw, connection)
        raw.post(connection, WIDEN)
        connection.rollback()


@attack("contribution_check")
def a_release_without_consent(raw: Raw, connection: Connection) -> None:
    release(raw, connection, consent_sha256=None)


@attack("contribution_consent_sha256_check")
def a_release_with_half_a_digest(raw: Raw, connection: Connection) -> None:
    release(raw, connection, consent_sha256=bytes(16))


@attack("contribution_check")
def a_release_from_nothing(raw: Raw, connection: Connection) -> None:
    release(raw, connection, released_from=None)


@attack("contribution_check")
def a_release_that_claims_to_be_cash(raw: Raw, connection: Connection) -> None:
    release(raw, connection, kind="cash")


@attack("contribution_released_from_party_id_fund_id_unit_fkey")
def a_release_to_another_party(raw: Raw, connection: Connection) -> None:
    release(raw, connection, party_id=raw.find(connection, "party", code="other"))


@attack("contribution_released_from_party_id_fund_id_unit_fkey")
def a_release_into_another_fund(raw: Raw, connection: Connection) -> None:
    release(raw, connection, fund_id=raw.find(connection, "fund", code="fire"))


@attack("contribution_released_from_party_id_fund_id_unit_fkey")
def a_release_in_another_unit(raw: Raw, connection: Connection) -> None:
    release(raw, connection, unit="EUR")


@attack("lot swap")
def a_release_out_of_another_contribution(raw: Raw, connection: Connection) -> None:
    release(raw, connection)
    legs = "Dr water/pool@south 100 allocation s1=100\nCr water/pool 100 allocation n1-free=100"
    raw.post(connection, legs)


@attack("earmark widened")
def money_widened_beside_its_release(raw: Raw, connection: Connection) -> None:
    release(raw, connection)
    raw.post(connection, WIDEN.replace("n1-free", "n1"))


@attack("lot_remaining_check")
def more_released_than_is_left(raw: Raw, connection: Connection) -> None:
    release(raw, connection)
    acts_of = "Dr water/pool@north {0} allocation n1={0}\nCr water/pool@north {0} allocation n1-free={0}"
    raw.post(connection, acts_of.format(3001))


def expire(raw: Raw, connection: Connection, code: str = "over", wider: str = "unrestricted") -> None:
    """Insert an earmark whose last day is over, or one that narrows it, with its pool and money in it."""
    last = "2026-01-14" if wider == "unrestricted" else None
    row = {"terms": b"{}", "terms_sha256": bytes(32), "valid_until": last}
    row["wider_id"] = raw.find(connection, "earmark", code=wider, book_id=1)
    raw.put(connection, "earmark", book_id=raw.find(connection, "book", code="main"), code=code, **row)
    owned = raw.find(connection, "earmark", code=code)
    account(raw, connection, path="water/pool", role="pool", normal=-1, earmark_id=owned)
    raw.post(connection, f"Dr water/pool 100 allocation c1=100\nCr water/pool@{code} 100 allocation c1=100")


PAY = "Dr water/pool@over 100 {} c1=100\nCr water/cash 100 {}"


@pytest.mark.parametrize("line", ["donor_refund", "transfer"])
def test_expired_money_goes_back_to_its_donor_or_is_spent_in_time(raw: Raw, line: str) -> None:
    day = {} if line == "donor_refund" else {"effective_on": "2026-01-14"}
    with raw.engine.connect() as connection:
        expire(raw, connection)
        raw.post(connection, PAY.format(line, line), **day)
        connection.rollback()


@attack("expired")
def expired_money_transferred(raw: Raw, connection: Connection) -> None:
    expire(raw, connection)
    raw.post(connection, PAY.format("transfer", "transfer"))


@attack("expired")
def a_fee_on_expired_money(raw: Raw, connection: Connection) -> None:
    expire(raw, connection)
    raw.post(connection, PAY.format("fee", "fee"))


@attack("expired")
def expired_money_taken_out_as_a_negative_deposit(raw: Raw, connection: Connection) -> None:
    expire(raw, connection)
    raw.post(connection, PAY.format("contribution", "contribution"))


@attack("expired")
def expired_money_exchanged(raw: Raw, connection: Connection) -> None:
    expire(raw, connection)
    owned = raw.find(connection, "earmark", code="over")
    account(raw, connection, path="water/pool", role="pool", normal=-1, unit="EUR", earmark_id=owned)
    legs = SELL.replace("1005", "100").replace("904", "90").replace("water/pool", "water/pool@over")
    sell(raw, connection, legs, sold_minor=100, bought_minor=90)


@attack("expired")
def money_spent_in_a_window_of_what_expired(raw: Raw, connection: Connection) -> None:
    expire(raw, connection)
    expire(raw, connection, code="inner", wider="over")
    raw.post(connection, PAY.replace("over", "inner").format("transfer", "transfer"))


@attack("floor_held")
def more_reported_than_an_implementer_holds(raw: Raw, connection: Connection) -> None:
    account(raw, connection, path="water/held/hub", role="memo", normal=1)
    account(raw, connection, path="water/entrusted", role="memo", normal=-1, floor=None)
    raw.post(connection, "Dr water/held/hub 100 advance\nCr water/entrusted 100 advance")
    raw.post(connection, "Dr water/entrusted 101 advance\nCr water/held/hub 101 advance")


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_database_refuses(raw: Raw, name: str) -> None:
    function, rule = ATTACKS[name]
    with refused(raw, rule) as connection:
        function(raw, connection)
