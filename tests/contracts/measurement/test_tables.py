"""Tables of people from files: read, checked, ordered and summed."""

import random
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.contracts.measurement import checking, reading
from almoner.contracts.measurement.checking import (
    CheckedRows,
    batches,
    check_rows,
    first_rows,
    rows_digest,
    totals,
)
from almoner.contracts.measurement.columns import Coded, combined
from almoner.contracts.measurement.frames import MAX_ROWS, read_rows
from almoner.contracts.measurement.pseudonyms import pseudonyms
from almoner.contracts.measurement.rows import RowRules
from almoner.finance.errors import RowsInvalid

SECRET, SCOPE = b"k" * 32, "main/pact"
HEADER = "person,metric,achieved_on,quantity,of:site\n"
PLAIN = HEADER + "7,nights,2026-03-05,3,north\n8,nights,2026-08,4,south\n7,hours,2027,1.5,\n"
COLUMNS = {"person": "Client ID", "metric": "What", "achieved_on": "Day", "quantity": "N", "of:site": "Site"}


def checked(raw: bytes, rules: RowRules, **how: object) -> CheckedRows:
    return check_rows(read_rows(raw, **how), rules, secret=SECRET, scope=SCOPE)  # type: ignore[arg-type]  # options


def told(found: CheckedRows) -> dict[tuple[int, str], str]:
    return {(row.row, row.column): row.message for row in found.findings}


def workbook(*rows: list[object], title: str = "Rows") -> tuple[openpyxl.Workbook, bytes]:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book, saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def test_a_plain_table_is_counted_by_metric_period_and_member(rules: RowRules) -> None:
    found = checked(PLAIN.encode(), rules)
    assert not found.findings
    assert [(one.metric, one.period, one.of, one.rows, one.persons, one.value) for one in totals(found)] == [
        ("hours", "term", (), 1, 1, "1.50"),
        ("nights", "p1", (("site", "north"),), 1, 1, "3"),
        ("nights", "p2", (("site", "south"),), 1, 1, "4"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_same_table_in_any_encoding_and_separator_has_the_same_rows(
    rules: RowRules, encoding: str, separator: str
) -> None:
    text = PLAIN.replace("7,", "Zo\u00eb,").replace(",", separator)
    found = checked(text.encode(encoding), rules)
    assert rows_digest(found) == rows_digest(checked(PLAIN.replace("7,", "Zo\u00eb,").encode(), rules))
    assert read_rows(text.encode(encoding)).encoding == ("utf-8" if encoding == "utf-8-sig" else encoding)


def test_a_spreadsheet_a_frame_and_a_file_of_the_same_rows_have_the_same_digest(rules: RowRules) -> None:
    content: list[list[object]] = [
        [*COLUMNS.values(), "Name"],
        [7, "nights", date(2026, 3, 5), 3, "north", "Anna"],
        ["8", "nights", "2026-08", 4.0, "south", "Ben"],
        [7, "hours", "2027", 1.5, None, "Anna"],
    ]
    names = [str(name) for name in content[0]]
    sheet = checked(workbook(*content)[1], rules, columns=COLUMNS)
    table = checked(pd.DataFrame(content[1:], columns=names), rules, columns=COLUMNS)  # type: ignore[arg-type]  # a table
    assert rows_digest(sheet) == rows_digest(table) == rows_digest(checked(PLAIN.encode(), rules))


def test_a_frame_with_typed_columns_reads_like_its_text(rules: RowRules) -> None:
    table = pd.DataFrame(
        {
            "person": [7, 8],
            "achieved_on": pd.to_datetime(["2026-03-05", "2026-08-01"]),
            "quantity": [3, 4],
            "of:site": ["north", "south"],
        }
    )
    found = checked(table, rules, fixed={"metric": "nights"})  # type: ignore[arg-type]  # a table
    assert [one.value for one in totals(found)] == ["3", "4"]
    assert not found.findings


def test_columns_that_nobody_asked_for_are_not_read() -> None:
    raw = read_rows(b"Name,person,metric,achieved_on,Born\nAnna,7,nights,2026-03,1990\n")
    assert raw.ignored == ("Name", "Born")
    assert "Anna" not in repr(raw)


def test_rows_of_nothing_are_left_out_and_the_others_keep_their_numbers(rules: RowRules) -> None:
    text = "person,metric,achieved_on\n\n7,hours,2026-03-05\n , ,\n,,\n8,hours,tomorrow\n"
    found = checked(text.encode(), rules)
    assert (found.read, found.empty) == (2, 3)
    assert list(told(found)) == [(6, "achieved_on")]


def test_every_fault_is_told_by_row_and_column(rules: RowRules) -> None:
    lines = [
        ",nights,2026-03-05,1,north",
        "7,Nights,2026-03-05,1,north",
        "7,nights,05.03.2026,1,north",
        "7,nights,2026-03-05,1.5,north",
        '7,nights,2026-03-05,"1,5",north',
        "7,nights,2026-03-05,1,west",
        "7,nights,2026-03-05,1,",
        "7,hours,2026-03-05,1,north",
        "7,nights,2026,1,north",
        "7,nights,2025-12-31,1,north",
        "=A1,nights,2026-03-05,=B1,north",
        "7,nights,2026-03-05,,north",
        "7,nights,2028-01-01,1,north",
    ]
    found = checked((HEADER + "\n".join(lines)).encode(), rules)
    assert set(told(found)) == {
        (2, "person"),
        (3, "metric"),
        (4, "achieved_on"),
        (5, "quantity"),
        (6, "quantity"),
        (7, "of:site"),
        (8, "of:site"),
        (9, "of:site"),
        (10, "period"),
        (11, "achieved_on"),
        (12, "person"),
        (12, "quantity"),
        (13, "quantity"),
        (14, "achieved_on"),
    }
    assert found.counts == {"invalid": 14}
    assert len(found) == 0


def test_a_row_out_of_time_is_late_and_still_counted_in_a_preview(rules: RowRules) -> None:
    early = replace(rules, today=date(2026, 3, 4))
    found = checked(PLAIN.encode(), early)
    assert found.counts == {"late": 3}
    assert len(found) == 3


def test_a_second_row_for_a_value_there_is_one_of_is_refused(rules: RowRules) -> None:
    text = HEADER + "7,clean,2026-03,true,north\n8,clean,2026-04,false,north\n9,clean,2026-04,true,south\n"
    found = checked(text.encode(), rules)
    row = told(found)
    assert len(row) == 1
    assert "has one value" in next(iter(row.values()))
    assert [one.value for one in totals(found) if one.of == (("site", "south"),)] == ["true"]


def test_people_can_be_the_members_by_their_pseudonyms(rules: RowRules) -> None:
    text = "person,metric,achieved_on,quantity,of:site\n7,stay,2026-03-05,20,\n8,stay,2026-03,30,\n"
    text += "7,nights,2026-03-05,20,north\n"
    found = checked(text.encode(), rules, columns={"of:people": "person"})
    assert not found.findings
    names = {f"p{one.hex()}" for one in pseudonyms(SECRET, SCOPE, ["7", "8"])}
    assert {one.of[0][1] for one in totals(found) if one.metric == "stay"} == names


@given(st.randoms())
def test_the_order_of_rows_changes_neither_digest_nor_sums(chance: random.Random) -> None:
    rows = [f"{at % 5},{at},x" for at in range(20)]
    chance.shuffle(rows)
    left = Coded(*_factorised([row.split(",")[0] for row in rows]))
    right = Coded(*_factorised([row.split(",")[1] for row in rows]))
    codes, pairs = combined([left, right])
    assert [pairs[code] for code in codes.tolist()] == [tuple(row.split(",")[:2]) for row in rows]


def _factorised(cells: list[str]):  # type: ignore[no-untyped-def]  # noqa: ANN202  # codes and values of pandas
    codes, values = pd.factorize(pd.Series(cells, dtype=object))
    return codes.astype("int64"), list(values)


def test_shuffled_rows_have_the_same_digest_sums_and_stored_form(rules: RowRules) -> None:
    lines = [f"c{at % 40},nights,2026-0{at % 9 + 1}-1{at % 7},{at % 5},north" for at in range(300)]
    first = checked((HEADER + "\n".join(lines)).encode(), rules)
    random.Random(7).shuffle(lines)  # noqa: S311  # an order, no secret
    second = checked((HEADER + "\n".join(lines)).encode(), rules)
    assert rows_digest(first) == rows_digest(second)
    assert totals(first) == totals(second)
    assert [row for batch in batches(first) for row in batch] == [
        row for batch in batches(second) for row in batch
    ]
    third = checked((HEADER + "\n".join(lines).replace(",4,", ",3,", 1)).encode(), rules)
    assert rows_digest(third) != rows_digest(first)


def test_stored_rows_hold_pseudonyms_and_never_a_person(rules: RowRules) -> None:
    text = "person,metric,achieved_on\nAnna-17,hours,2026-03-05\n"
    found = checked(text.encode(), rules)
    (row,) = next(batches(found))
    assert row == (1, *pseudonyms(SECRET, SCOPE, ["Anna-17"]), "hours", "term", "", "2026-03-05", 100, 0, 0)
    shown = first_rows(found)[0]
    assert shown["person"] == row[1].hex()
    assert "Anna" not in repr((found, shown))


def test_sums_that_leave_64_bits_stay_exact(rules: RowRules, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"c{at},hours,2026-03-05,499.99," for at in range(50)]
    raw = (HEADER + "\n".join(lines)).encode()
    expected = totals(checked(raw, rules))
    monkeypatch.setattr(checking, "SUMMABLE", 1000)
    assert totals(checked(raw, rules)) == expected
    assert expected[0].value == "24999.50"


def test_people_that_differ_in_capitals_only_are_pointed_out(rules: RowRules) -> None:
    text = "person,metric,achieved_on\nab,hours,2026-03-05\nAB,hours,2026-03-05\n"
    assert checked(text.encode(), rules).notes == (
        "1 people differ from another only in capitals: are they the same?",
    )


@pytest.mark.parametrize(
    ("raw", "how", "message"),
    [
        (b"", {}, "cannot be read as a table"),
        (b"person,metric,achieved_on\n1,2,3,4\n", {}, "line 2, saw 4"),
        (b'person,metric,achieved_on\n"1,2,3\n', {}, "EOF inside string"),
        (
            b"person;metric;day\n",
            {},
            "no column 'achieved_on' for achieved_on; there are 'person', 'metric', 'day'",
        ),
        (b"Person,metric,achieved_on\n", {}, "there is 'Person'"),
        (b"person,person,metric,achieved_on\n", {}, "'person' stands twice"),
        (b"Register 2026,,\nperson,metric,achieved_on\n", {}, "empty or merged cells"),
        (b"person,metric,achieved_on\n", {"columns": {"name": "x"}}, "'name' is no field"),
        (b"person,metric,achieved_on\n", {"columns": {"quantity": "N"}}, "no column 'N' for quantity"),
        (b"\x00\x01\x02", {}, "no text in UTF-8"),
        (b"person,metric,achieved_on\n\x81\n", {}, "no text in UTF-8"),
        (b"PK\x03\x04broken", {}, "spreadsheet cannot be read"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_what_to_do(
    raw: bytes, how: dict[str, dict[str, str]], message: str
) -> None:
    with pytest.raises(RowsInvalid, match=message):
        read_rows(raw, columns=how.get("columns"))


def test_a_header_below_a_title_is_read_where_it_is_said_to_stand(rules: RowRules) -> None:
    text = "Register 2026,,\nperson,metric,achieved_on\n7,hours,2026-13\n"
    found = checked(text.encode(), rules, header_row=2)
    assert list(told(found)) == [(3, "achieved_on")]
    book = openpyxl.Workbook()
    for row in (["Register 2026"], ["person", "metric", "achieved_on"], ["7", "hours", "2026-13"]):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    assert list(told(checked(saved(book), rules, header_row=2))) == [(3, "achieved_on")]
    with pytest.raises(RowsInvalid, match="empty or merged cells"):
        read_rows(saved(book))


def test_a_formula_without_a_kept_value_and_an_error_are_no_values(rules: RowRules) -> None:
    _, raw = workbook(
        ["person", "metric", "achieved_on", "quantity"],
        [7, "hours", datetime(2026, 3, 5, 14, 30), "=1+1"],  # noqa: DTZ001  # spreadsheets know no zones
        [8, "hours", 46086, "#N/A"],
    )
    found = told(checked(raw, rules))
    assert set(found) == {(2, "quantity"), (3, "quantity"), (3, "achieved_on")}
    assert "2026-03-05" in found[3, "achieved_on"]


def test_a_sheet_among_several_must_be_named(rules: RowRules) -> None:
    book, _ = workbook(["person", "metric", "achieved_on"], [7, "hours", "2026-03-05"])
    book.create_sheet("Notes").append(["nothing"])
    with pytest.raises(RowsInvalid, match=r"has 2 sheets. Name one of: Rows, Notes"):
        read_rows(saved(book))
    assert checked(saved(book), rules, sheet="Rows").read == 1
    with pytest.raises(RowsInvalid, match="has no sheet 'Row'"):
        read_rows(saved(book), sheet="Row")
    book["Notes"].sheet_state = "hidden"
    assert checked(saved(book), rules).read == 1


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(RowsInvalid, match="sheet is empty"):
        read_rows(workbook()[1])


def test_files_too_large_to_hold_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = workbook(["person", "metric", "achieved_on"], ["7", "hours", "2026-03-05"])[1]
    monkeypatch.setattr(reading, "MAX_UNPACKED", 100)
    with pytest.raises(RowsInvalid, match="unpacks to"):
        read_rows(raw)
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    with pytest.raises(RowsInvalid, match="at most 10 are read"):
        read_rows(PLAIN.encode())


def test_more_rows_than_fit_are_refused() -> None:
    text = "person,metric,achieved_on\n" + "7,hours,2026\n" * (MAX_ROWS + 1)
    with pytest.raises(RowsInvalid, match="1000001 rows; at most 1000000"):
        read_rows(text.encode())


def test_a_set_the_terms_do_not_know_is_refused(rules: RowRules) -> None:
    with pytest.raises(RowsInvalid, match="no set ward; sets: people, site"):
        checked(b"person,metric,achieved_on,of:ward\n7,hours,2026,x\n", rules)


def test_columns_can_have_so_many_values_that_their_product_leaves_64_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    column = Coded(*_factorised(list("abcab")))
    expected = combined([column, column, column])
    monkeypatch.setattr("almoner.contracts.measurement.columns.MAX_KEY", 10)
    codes, combos = combined([column, column, column])
    assert [combos[at] for at in codes.tolist()] == [expected[1][at] for at in expected[0].tolist()]
