"""Partial dates: what people write, and what it can mean."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.contracts.measurement.partial_dates import PartialDate, read_day_text, read_partial_date
from almoner.finance.errors import DocumentInvalid

DIRTY = Path(__file__).parents[2] / "data" / "dirty_values" / "dates.csv"
ROWS = list(csv.DictReader(DIRTY.read_text(encoding="utf-8").splitlines()))
days = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["reading"] == "exact"], ids=lambda row: row["text"]
)
def test_a_date_that_is_exact_is_read_as_it_stands(row: dict[str, str]) -> None:
    found = read_day_text(row["text"])
    assert (found.first.isoformat(), found.last.isoformat()) == (row["earliest"], row["latest"])


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["reading"] != "exact"], ids=lambda row: row["text"]
)
def test_a_date_that_must_be_guessed_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(DocumentInvalid):
        read_day_text(row["text"])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("31.10.2022", ["2022-10-31"]),
        ("10/1/2019 12:00:00 AM", ["2019-01-10", "2019-10-01"]),
        ("44222", ["2021-01-26"]),
        ("1721849460630", ["2024-07-24"]),
        ("2023/07", ["2023-07"]),
    ],
)
def test_a_refusal_says_which_days_could_be_meant(text: str, meant: list[str]) -> None:
    with pytest.raises(DocumentInvalid) as caught:
        read_day_text(text)
    assert caught.value.figures["meant"] == meant
    assert all(one in caught.value.message for one in meant)


def test_a_table_can_say_in_which_order_it_writes_days() -> None:
    assert str(read_day_text("11.09.2019", "dmy")) == "2019-09-11"
    assert str(read_day_text("11/09/2019", "mdy")) == "2019-11-09"
    assert str(read_day_text("2019-09", "dmy")) == "2019-09"
    with pytest.raises(DocumentInvalid, match=r"no day in the order month/day/year"):
        read_day_text("31.10.2022", "mdy")


@given(days)
def test_each_form_of_a_day_reads_back(day: date) -> None:
    for text in (day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]):
        found = read_partial_date(text)
        assert str(found) == text
        assert found.first <= day <= found.last
        assert found.within(found.first, found.last) is True


@given(days, days, st.integers(0, 400), st.sampled_from([4, 7, 10]))
def test_within_agrees_with_every_day_the_date_could_be(
    day: date, start: date, length: int, cut: int
) -> None:
    found, end = read_partial_date(day.isoformat()[:cut]), start + timedelta(days=length)
    span = (found.last - found.first).days + 1
    inside = {start <= found.first + timedelta(days=step) <= end for step in range(span)}
    expected = None if len(inside) > 1 else inside.pop()
    assert found.within(start, end) is expected


def test_dates_stand_in_the_order_of_their_first_and_then_their_last_day() -> None:
    texts = ["2027", "2027-01", "2027-01-01", "2026-12", "2028-02-29"]
    listed = sorted(map(read_partial_date, texts))
    assert [str(one) for one in listed] == ["2026-12", "2027-01-01", "2027-01", "2027", "2028-02-29"]
    assert listed[1] == PartialDate(date(2027, 1, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    "text", ["2021-02-29", "0000", "\uff12\uff10\uff12\uff17", "2027-3-5", "05.03.27", "99999"]
)
def test_a_text_that_names_no_day_is_refused(text: str) -> None:
    with pytest.raises(DocumentInvalid):
        read_day_text(text)
