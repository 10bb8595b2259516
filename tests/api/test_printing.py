import re
from datetime import date

import pytest

from almoner import currency, money
from almoner.api.printing import Paper, render_sheet, shown_table
from almoner.finance.in_kind import in_kind_unit
from almoner.finance.sheets import Column, Section, Sheet
from almoner.finance.turnover import Total

USD = currency("USD")
NASTY = '<script>alert("1")</script>\u202e&\x01'
COLUMNS = (Column("on", "day"), Column("payee"), Column("note"), Column("amount", "amount"))


def sheet(*rows: tuple[object, ...], title: str = "Statement") -> Sheet:
    made = Section(name="all_uses", columns=COLUMNS, rows=rows)  # type: ignore[arg-type]  # cells of the tests
    return Sheet(kind="x", title=title, about=(("fund", NASTY), ("through", None)), sections=(made,))


def test_every_text_is_escaped_and_loses_what_no_page_may_hold() -> None:
    page = render_sheet(sheet((date(2026, 1, 31), NASTY, None, money("1.00", USD)), title=NASTY))
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x01" not in page
    assert page.count("&lt;script&gt;") == 4


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_page_is_for_paper_and_loads_nothing(paper: Paper) -> None:
    page = render_sheet(sheet((date(2026, 1, 31), "hub", None, money("1.00", USD))), paper)
    assert f"@page {{ size: {paper};" in page
    assert "display: table-header-group" in page
    assert not re.search(r"(?:src|href)=|url\(|@import|<script|http-equiv=\"refresh\"|https?:", page)
    assert "default-src 'none'" in page
    assert page == render_sheet(sheet((date(2026, 1, 31), "hub", None, money("1.00", USD))), paper)


def test_figures_are_grouped_aligned_and_carry_their_unit_once() -> None:
    one = shown_table(sheet((date(2026, 1, 31), "hub", None, money("-1234567.80", USD))).sections[0])
    assert one.headings == ("on", "payee", "amount, USD")
    assert (one.figures, one.days) == ((2,), (0,))
    assert one.rows == (("2026-01-31", "hub", "\N{MINUS SIGN}1,234,567.80"),)


def test_rows_in_several_units_show_the_unit_of_each() -> None:
    hours = money("8.00", in_kind_unit("hour", 2))
    rows = ((None, "a", None, hours), (None, "b", None, Total(2**64, USD)), (None, "c", None, None))
    two = shown_table(sheet(*rows).sections[0])
    assert two.headings == ("payee", "unit", "amount")
    assert two.rows == (
        ("a", "hour", "8.00"),
        ("b", "USD", "184,467,440,737,095,516.16"),
        ("c", "", ""),
    )
    assert two.figures == (2,)


def test_a_page_without_rows_says_so() -> None:
    assert "There is nothing to show." in render_sheet(sheet())
