import csv
import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, currency, money
from almoner.finance.in_kind import in_kind_unit
from almoner.finance.sheets import Cell, Column, Section, Sheet, flat_columns, sheet_csv, sheet_document

USD, HOUR = currency("USD"), in_kind_unit("hour", 2)
COLUMNS = (Column("on", "day"), Column("payee"), Column("amount", "amount"))
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12)


def sheet(*rows: tuple[Cell, ...], columns: tuple[Column, ...] = COLUMNS) -> Sheet:
    return Sheet(
        kind="x",
        title="X",
        about=(("fund", "water"), ("through", None)),
        sections=(Section(name="lines", columns=columns, rows=rows),),
        totals=(("closing", money("5.00", USD)),),
    )


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(payee=TEXTS, minor=st.integers(-(10**15), 10**15), day=st.dates())
def test_a_csv_file_reads_back_as_it_was_written(payee: str, minor: int, day: date) -> None:
    written = sheet_csv(sheet((day, payee, Money(minor=minor, unit=USD))))
    row, total = read(written)
    guard = "'" if payee.startswith(("=", "+", "-", "@", "\t", "\r")) else ""
    assert row["payee"] == guard + payee
    assert (row["on"], row["unit"], row["section"]) == (day.isoformat(), "USD", "lines")
    assert money(row["amount"], USD).minor == minor
    assert (total["section"], total["item"], total["amount"]) == ("totals", "closing", "5.00")
    assert written.count("\r\n") >= 3
    assert written.endswith("\r\n")


@pytest.mark.parametrize("payee", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_a_spreadsheet_runs_no_text_as_a_formula(payee: str) -> None:
    (row, _) = read(sheet_csv(sheet((None, payee, Money(minor=-1, unit=USD)))))
    assert row["payee"] == f"'{payee}"
    assert row["amount"] == "-0.01"


def test_json_holds_amounts_as_text_with_their_unit_and_no_float() -> None:
    document = sheet_document(sheet((date(2026, 1, 31), "hub", Money(minor=10**17 + 1, unit=USD))))
    assert document["lines"] == [
        {"on": "2026-01-31", "payee": "hub", "amount": "1000000000000000.01", "unit": "USD"}
    ]
    assert (document["fund"], document["through"], document["closing"]) == ("water", None, "5.00")
    json.dumps(document, allow_nan=False)


def test_each_unit_stands_in_a_column_of_its_own() -> None:
    columns = (Column("given", "amount"), Column("value", "amount", "value_unit"))
    two = sheet((money("8.00", HOUR), money("160.00", USD)), columns=columns)
    assert flat_columns(two) == ("section", "given", "value", "unit", "value_unit", "item", "amount")
    (row, _) = read(sheet_csv(two))
    assert (row["given"], row["unit"], row["value"], row["value_unit"]) == ("8.00", "hour", "160.00", "USD")
    with pytest.raises(ValueError, match="hour and USD in one row"):
        sheet(
            (money("8.00", HOUR), money("160.00", USD)),
            columns=(Column("given", "amount"), Column("value", "amount")),
        )
    with pytest.raises(ValueError, match="2 cells for 3 columns"):
        sheet((None, None))
