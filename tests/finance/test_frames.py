import pandas as pd
import pytest

from almoner import currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise
from almoner.finance.dates import Clock
from almoner.finance.errors import DocumentInvalid
from almoner.finance.frames import money_columns, read_money, sheet_frame
from almoner.finance.funds import PooledFund
from almoner.finance.sheets import Column, Section, Sheet
from almoner.finance.statement_sheets import (
    donor_sheet,
    shares_sheet,
    statement_sheet,
    trial_sheet,
    uses_sheet,
)
from almoner.finance.storage import Session
from almoner.finance.turnover import Total

WELLS = Promise("commitment", "wells")


@pytest.fixture
def paid(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    for giver, amount in (("giver", "70.01"), ("other", "29.99")):
        acts.contribute(session, water, giver, money(amount, "USD"), key=f"gift-{giver}", clock=clock)
    acts.reserve(session, water, WELLS, money("50.00", "USD"), key="r", clock=clock)
    acts.pay_reserved(session, water, WELLS, money("33.33", "USD"), "hub", key="p", clock=clock)
    return water


def test_a_statement_as_a_table_sums_to_the_statement(session: Session, paid: PooledFund) -> None:
    table = sheet_frame(statement_sheet(acts.make_statement(session, paid)), "lines")
    assert table["amount_minor"].dtype == "int64"
    sums = dict(zip(table["line"], table["amount_minor"], strict=True))
    assert sums == {"contribution": 10000, "payout": 3333}
    assert set(table["unit"]) == {"USD"}


def test_uses_as_a_table_sum_to_the_payment(session: Session, paid: PooledFund, clock: Clock) -> None:
    again = acts.pay_reserved(session, paid, WELLS, money("33.33", "USD"), "hub", key="p", clock=clock)
    table = sheet_frame(shares_sheet(again.id, acts.trace(session, "main", again.id)), "shares")
    assert int(table["amount_minor"].sum()) == 3333
    assert set(table["giver"]) == {"giver", "other"}
    of_one = sheet_frame(uses_sheet("gift-giver", acts.uses(session, "main", "gift-giver")), "uses")
    assert pd.api.types.is_datetime64_any_dtype(of_one["on"])


def test_the_trial_balance_as_a_table_shows_what_is_promised(session: Session, paid: PooledFund) -> None:
    sheet = trial_sheet(acts.trial_balance(session, paid.book))
    settled, promised = sheet_frame(sheet, "settled"), sheet_frame(sheet, "encumbered")
    pool = settled[settled["account"] == "water/pool"].iloc[0]
    assert (pool["debits_minor"], pool["credits_minor"], pool["balance_minor"]) == (3333, 10000, 6667)
    owed = promised[promised["account"] == "water/commitment/wells"].iloc[0]
    assert owed["balance_minor"] == 1667
    assert settled["debits_minor"].sum() == settled["credits_minor"].sum()


def test_amounts_go_into_a_table_and_back_without_losing_a_cent(session: Session, paid: PooledFund) -> None:
    amounts = [money("0.01", "USD"), money("-46116860184273879.03", "USD"), money("5", "JPY")]
    units = {code: currency(code) for code in ("USD", "JPY")}
    table = pd.DataFrame(money_columns("paid", amounts))
    assert (str(table["paid_minor"].dtype), list(table["paid_scale"])) == ("int64", [2, 2, 0])
    assert list(read_money(table, "paid", units)) == amounts
    lines = sheet_frame(statement_sheet(acts.make_statement(session, paid)), "lines")
    assert sum(one.minor for one in read_money(lines, "amount", units)) == 13333


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"paid_minor": [1.0, 2.0]}, "'paid_minor' holds float64"),
        ({"paid_minor": ["1", "2"]}, "'paid_minor' holds"),
        ({"paid_minor": pd.array([1, None], dtype="Int64")}, "'paid_minor' holds Int64"),
        ({"paid_unit": ["USD", "XXQ"]}, "names XXQ"),
        ({"paid_scale": [2, 3]}, "'paid_scale' counts other minor units"),
    ],
)
def test_a_column_that_may_have_lost_cents_is_refused_by_its_name(
    change: dict[str, object], told: str
) -> None:
    table = pd.DataFrame(money_columns("paid", [money("1.00", "USD"), money("2.00", "USD")]))
    with pytest.raises(DocumentInvalid, match=told):
        read_money(table.assign(**change), "paid", {"USD": currency("USD")})  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(DocumentInvalid, match="no column 'earned_minor'"):
        read_money(table, "earned", {})


def test_a_whole_sheet_is_one_table_with_a_column_for_the_section(session: Session, paid: PooledFund) -> None:
    table = sheet_frame(donor_sheet(acts.donor_statement(session, paid, "giver")))
    assert set(table["section"]) == {"uses", "by_payee", "remaining_by_earmark", "totals"}
    assert table["amount_minor"].dtype == "int64"
    left = table[table["section"] == "remaining_by_earmark"]["amount_minor"].sum()
    assert left == table[table["item"] == "remaining"]["amount_minor"].sum()


def test_empty_tables_keep_their_columns_and_types() -> None:
    table = sheet_frame(uses_sheet("gift", []), "uses")
    assert list(table.columns[:3]) == ["on", "line", "payee"]
    assert table["amount_minor"].dtype == "int64"
    assert pd.api.types.is_datetime64_any_dtype(table["on"])
    with pytest.raises(KeyError, match="there are uses"):
        sheet_frame(uses_sheet("gift", []), "shares")


def test_sums_beyond_int64_stay_exact() -> None:
    columns = (Column("name"), Column("amount", "amount"))
    rows = (("much", Total(2**64, currency("USD"))), ("nothing", None))
    table = sheet_frame(
        Sheet(kind="x", title="", about=(), sections=(Section(name="s", columns=columns, rows=rows),)), "s"
    )
    assert table["amount_minor"].tolist() == [2**64, None]
