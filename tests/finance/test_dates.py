from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.finance.dates import as_utc, fixed_clock, instant_text, parse_day, system_clock
from almoner.finance.errors import DocumentInvalid

zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=zones)  # noqa: DTZ001  # bounds


@given(instant=instants)
def test_an_instant_is_written_in_utc_in_one_way(instant: datetime) -> None:
    written = instant_text(instant)
    assert len(written) == len("2026-01-02T03:04:05.000000Z")
    assert datetime.fromisoformat(written) == instant
    assert as_utc(instant).utcoffset() == timedelta(0)


@given(one=instants, two=instants)
def test_written_instants_sort_as_instants(one: datetime, two: datetime) -> None:
    assert (instant_text(one) < instant_text(two)) == (one < two)


def test_a_naive_instant_is_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  # the fault
    for use in (as_utc, instant_text, fixed_clock):
        with pytest.raises(ValueError, match="no time zone"):
            use(naive)


def test_clocks_show_utc() -> None:
    clock = fixed_clock(datetime.fromisoformat("2026-01-01T01:00:00+03:00"))
    assert clock() == clock() == datetime(2025, 12, 31, 22, tzinfo=UTC)
    before = system_clock()
    assert before.tzinfo is UTC
    assert before <= system_clock()


@given(day=st.dates())
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert parse_day(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        "20260228",
        "2026-W09-6",
        "2026-2-28",
        "2026-02-29",
        "2026-02-28T00:00",
        "",
        "28.02.2026",
        " 2026-02-28",
    ],
)
def test_other_spellings_and_days_that_are_not_are_refused(text: str) -> None:
    with pytest.raises(DocumentInvalid, match="YYYY-MM-DD"):
        parse_day(text)
