import pandas as pd
import pytest

from almoner import money
from almoner.finance import acts
from almoner.finance.accounts import Promise
from almoner.finance.dates import Clock
from almoner.finance.frames import balances_frame, statement_frame, uses_frame
from almoner.finance.funds import PooledFund
from almoner.finance.records.entries import list_balances
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import Session

WELLS = Promise("commitment", "wells")


@pytest.fixture
def paid(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    for giver, amount in (("giver", "70.01"), ("other", "29.99")):
        acts.contribute(session, water, giver, money(amount, "USD"), key=f"gift-{giver}", clock=clock)
    acts.reserve(session, water, WELLS, money("50.00", "USD"), key="r", clock=clock)
    acts.pay_reserved(session, water, WELLS, money("33.33", "USD"), "hub", key="p", clock=clock)
    return water


def test_a_statement_as_a_table_sums_to_the_statement(session: Session, paid: PooledFund) -> None:
    made = acts.make_statement(session, paid)
    table = statement_frame(made)
    assert table["amount_minor"].dtype == "int64"
    sums = dict(zip(table["line"], table["amount_minor"], strict=True))
    assert sums == {"contribution": 10000, "payout": 3333}
    assert set(table["unit"]) == {"USD"}


def test_uses_as_a_table_sum_to_the_payment(session: Session, paid: PooledFund, clock: Clock) -> None:
    again = acts.pay_reserved(session, paid, WELLS, money("33.33", "USD"), "hub", key="p", clock=clock)
    table = uses_frame(acts.trace(session, "main", again.id))
    assert int(table["amount_minor"].sum()) == 3333
    assert set(table["giver"]) == {"giver", "other"}
    assert pd.api.types.is_datetime64_any_dtype(table["effective_on"])


def test_balances_as_a_table_show_what_is_promised(session: Session, paid: PooledFund) -> None:
    table = balances_frame(list_balances(session, find_book_id(session, paid.book)))
    pool = table[table["account"] == "water/pool"].iloc[0]
    assert (pool["settled_minor"], pool["promised_minor"]) == (6667, 1667)
    owed = table[table["account"] == "water/commitment/wells"].iloc[0]
    assert owed["outstanding_minor"] == 1667


def test_empty_tables_keep_their_columns_and_types() -> None:
    assert uses_frame([])["amount_minor"].dtype == "int64"
    assert balances_frame([])["settled_minor"].dtype == "int64"
