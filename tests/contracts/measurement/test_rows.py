"""Cells of rows, read by the terms."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.contracts.agreement import Repeats, VerificationRule
from almoner.contracts.measurement.partial_dates import PartialDate, read_partial_date
from almoner.contracts.measurement.pseudonyms import key_check, plain_person, pseudonyms
from almoner.contracts.measurement.rows import (
    RecordedRow,
    RowFinding,
    RowRules,
    number_milestones,
    refuse_rows,
)
from almoner.contracts.terms.program import Measure
from almoner.finance.errors import AlmonerError, AlreadyClaimed, ClaimLate, RowsInvalid

AMOUNTS = Path(__file__).parents[2] / "data" / "dirty_values" / "amounts.csv"
ROWS = list(csv.DictReader(AMOUNTS.read_text(encoding="utf-8").splitlines()))
SECRET = b"k" * 32


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"] or "empty")
def test_a_quantity_is_read_only_where_it_is_exact(rules: RowRules, row: dict[str, str]) -> None:
    wide = replace(rules, program=replace(rules.program, metrics={"hours": _wide(rules)}))
    plain = row["reading"] == "exact" or row["text"] in {
        "350000",
        "1000.5",
    }  # all in two digits, without a unit
    if not plain or row["text"] == "1.005":
        with pytest.raises(AlmonerError):
            wide.quantity("hours", row["text"])
        return
    assert wide.quantity("hours", row["text"]) == round(float(row["amount"]) * 100)


def _wide(rules: RowRules) -> Measure:
    """The same metric with a wider domain."""
    return replace(rules.program.metrics["hours"], low=-(10**12), high=10**12)


@pytest.mark.parametrize("text", ["12,5", "1.234,5", "1 234", "1'234", "30,000"])
def test_a_number_that_can_be_read_in_two_ways_is_refused_with_how_to_write_it(
    rules: RowRules, text: str
) -> None:
    with pytest.raises(RowsInvalid, match=r"two ways. Write digits with at most one point"):
        rules.quantity("hours", text)


@pytest.mark.parametrize("text", ["=A1", "@SUM(1)", "+SUM(A1:A3)", "-A1"])
def test_a_formula_is_no_number_no_person_and_no_member(rules: RowRules, text: str) -> None:
    for refuse in (
        lambda: rules.quantity("hours", text),
        lambda: plain_person(text),
        lambda: rules.members("nights", "", text),
    ):
        with pytest.raises(RowsInvalid, match="is a formula"):
            refuse()


def test_a_quantity_outside_the_domain_is_refused_with_the_domain(rules: RowRules) -> None:
    assert rules.quantity("hours", "500") == 50000
    with pytest.raises(RowsInvalid, match=r"500\.01, outside its declared domain 0\.00 to 500\.00"):
        rules.quantity("hours", "500.01")


def test_truths_and_labels_are_read_by_name(rules: RowRules) -> None:
    assert (rules.quantity("clean", "TRUE"), rules.quantity("clean", "false")) == (1, 0)
    assert rules.quantity("grade", "poor") == 1
    for name, text in (("clean", "yes"), ("grade", "Poor"), ("grade", ""), ("hours", " ")):
        with pytest.raises(AlmonerError):
            rules.quantity(name, text)
    assert (rules.one("clean"), rules.one("hours")) == (1, 100)


@pytest.mark.parametrize(
    ("day", "named", "period"),
    [
        ("2026-06-30", "", "p1"),
        ("2026-07-01", "", "p2"),
        ("2026-08", "", "p2"),
        ("2026", "p2", "p2"),
        ("2027-12-31", "p4", "p4"),
    ],
)
def test_the_period_follows_from_the_day_or_is_named(
    rules: RowRules, day: str, named: str, period: str
) -> None:
    assert rules.period("nights", read_partial_date(day), named) == period


@pytest.mark.parametrize(
    ("metric", "day", "named", "told"),
    [
        ("nights", "2026", "", "may lie in p1 or p2"),
        ("nights", "2026-06-30", "p2", "does not lie in p2, 2026-07-01 to 2026-12-31"),
        ("nights", "2026-06-30", "p9", "there is no period 'p9'"),
        ("hours", "2026-06-30", "p1", "not by period"),
    ],
)
def test_a_period_that_does_not_follow_is_refused(
    rules: RowRules, metric: str, day: str, named: str, told: str
) -> None:
    with pytest.raises(RowsInvalid, match=told):
        rules.period(metric, read_partial_date(day), named)


def test_a_day_in_the_term_after_its_last_period_lies_in_none(rules: RowRules) -> None:
    short = replace(rules, program=replace(rules.program, periods=rules.program.periods[:3]))
    with pytest.raises(RowsInvalid, match="lies in no period of p1, p2, p3"):
        short.period("nights", read_partial_date("2027-08-01"), "")


@pytest.mark.parametrize("text", ["2025-12-31", "2028", ""])
def test_a_day_outside_the_term_is_refused(rules: RowRules, text: str) -> None:
    with pytest.raises(RowsInvalid):
        rules.day(text)


def test_deadlines_run_from_the_end_of_the_period_or_of_the_term(rules: RowRules) -> None:
    late = replace(rules, verification=VerificationRule(claim_days=30))
    day = read_partial_date("2027-05")
    replace(late, today=date(2027, 7, 30)).in_time("nights", day, "p3")
    with pytest.raises(
        ClaimLate, match=r"nights of p3 could be claimed until 2027-07-30; today is 2027-07-31"
    ):
        replace(late, today=date(2027, 7, 31)).in_time("nights", day, "p3")
    replace(late, today=date(2028, 1, 30)).in_time("hours", day, "term")
    with pytest.raises(ClaimLate, match=r"hours could be claimed until 2028-01-30"):
        replace(late, today=date(2028, 1, 31)).in_time("hours", day, "term")


def test_what_has_not_happened_yet_is_refused(rules: RowRules) -> None:
    early = replace(rules, today=date(2027, 5, 1))
    early.in_time("hours", read_partial_date("2027-05"), "term")
    with pytest.raises(ClaimLate, match="2027-05-02 has not come yet"):
        early.in_time("hours", read_partial_date("2027-05-02"), "term")


def test_members_stand_where_the_metric_has_them_and_nowhere_else(rules: RowRules) -> None:
    assert rules.members("nights", "", "north") == '{"site":"north"}'
    assert rules.members("stay", "p-7", "") == '{"people":"p-7"}'
    assert rules.members("hours", "", "") == ""
    for metric, texts, told in (
        ("nights", ("", ""), "say for which"),
        ("nights", ("", "west"), "no member 'west'. Members: north, south"),
        ("nights", ("", "nort"), "no member 'nort'. Did you mean north"),
        ("hours", ("", "north"), "hours is not per site"),
        ("stay", ("Anna B", ""), "no member 'Anna B'. Write small letters"),
    ):
        with pytest.raises(RowsInvalid, match=told):
            rules.members(metric, *texts)


def test_a_metric_the_terms_do_not_know_is_refused_with_those_they_do(rules: RowRules) -> None:
    assert rules.metric(" nights ") == "nights"
    with pytest.raises(RowsInvalid, match="Metrics: clean, grade, hours, nights, stay"):
        rules.metric("Nights")


def days(*texts: str) -> list[PartialDate]:
    return [read_partial_date(text) for text in texts]


def recorded(text: str, nth: int, *, life: int = 0, dead: bool = False) -> RecordedRow:
    return RecordedRow(day=read_partial_date(text), nth=nth, life=life, dataset="first", dead=dead)


def test_a_milestone_on_record_does_not_count_again() -> None:
    found = number_milestones(days("2027-01-05"), [recorded("2026-01-05", 1)], Repeats())
    assert found == ["the terms count it once for each person; it is on record in first"]


def test_a_milestone_whose_claim_was_overturned_is_free_again_in_another_life() -> None:
    dead = recorded("2026-01-05", 1, dead=True)
    assert number_milestones(days("2027-01-05"), [dead], Repeats()) == [(1, 1)]
    again = [dead, recorded("2027-01-05", 1, life=1, dead=True)]
    assert number_milestones(days("2027-02-05"), again, Repeats()) == [(1, 2)]


def test_places_that_are_free_are_taken_first_up_to_the_most() -> None:
    record = [recorded("2026-01-05", 1, dead=True), recorded("2026-02-05", 2)]
    found = number_milestones(days("2027-01-05", "2027-02-05", "2027-03-05"), record, Repeats(most=3))
    assert found[:2] == [(1, 1), (3, 1)]
    assert str(found[2]).startswith("the terms count it at most 3 times for each person")


def test_milestones_too_near_to_each_other_do_not_count() -> None:
    often = Repeats(most=9, min_gap_days=30)
    record = [recorded("2027-02-01", 1)]
    found = number_milestones(days("2027-01-01", "2027-01-10", "2027-02-15", "2027-03-03"), record, often)
    assert found[0] == (2, 0)
    assert "less than 30 days from" in str(found[1])
    assert "less than 30 days from 2027-02-01" in str(found[2])
    assert found[3] == (3, 0)
    assert "write the day" in str(number_milestones(days("2027-05"), record, often)[0])


@given(
    st.lists(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=12).map(sorted),
    st.lists(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=4, unique=True),
    st.integers(4, 8),
    st.integers(0, 40),
)
def test_places_are_never_shared_and_gaps_never_broken(
    new: list[date], old: list[date], most: int, gap: int
) -> None:
    record = [recorded(day.isoformat(), place) for place, day in enumerate(old, start=1)]
    found = number_milestones(
        [PartialDate(day, day) for day in new], record, Repeats(most=most, min_gap_days=gap)
    )
    placed = [(one, day) for one, day in zip(found, new, strict=True) if not isinstance(one, str)]
    places = [one[0] for one, _ in placed] + [row.nth for row in record]
    assert len(set(places)) == len(places) <= most
    for at, (_, day) in enumerate(placed):
        others = [other for _, other in placed[:at] + placed[at + 1 :]] + old
        assert all(abs((day - other).days) >= gap for other in others)


def test_a_pseudonym_depends_on_key_agreement_and_person_and_on_nothing_else() -> None:
    one = pseudonyms(SECRET, "main/pact", [plain_person("A 17")])[0]
    assert pseudonyms(SECRET, "main/pact", [plain_person(" A\u00a0 17 ")]) == [one]
    others = [(SECRET, "main/other", "A 17"), (b"l" * 32, "main/pact", "A 17"), (SECRET, "main/pact", "a 17")]
    assert len({one, *(pseudonyms(key, scope, [person])[0] for key, scope, person in others)}) == 4
    assert len(one) == 16
    assert key_check(SECRET, "main/pact") != key_check(SECRET, "main/other")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(RowsInvalid, match="has 3 bytes; take at least 16"):
        pseudonyms(b"abc", "main/pact", ["1"])


@pytest.mark.parametrize(
    ("kinds", "error"),
    [
        ({"invalid": 1, "late": 2}, RowsInvalid),
        ({"late": 1, "repeated": 1}, ClaimLate),
        ({"repeated": 12}, AlreadyClaimed),
    ],
)
def test_the_worst_fault_names_the_refusal_and_every_finding_is_listed(
    kinds: dict[str, int], error: type[AlmonerError]
) -> None:
    findings = [RowFinding(7 + at, "person", "twice", "repeated") for at in range(sum(kinds.values()))]
    with pytest.raises(error) as caught:
        refuse_rows(findings, kinds)  # type: ignore[arg-type]  # literals
    assert caught.value.figures["count"] == len(findings)
    listed = caught.value.figures["findings"]
    assert isinstance(listed, list)
    assert listed[0] == {"path": "/rows/7/person", "row": "7", "column": "person", "message": "twice"}
    assert ("and 2 more" in caught.value.message) is (len(findings) == 12)


def test_nothing_is_refused_where_nothing_was_found() -> None:
    refuse_rows([], {"late": 0})
