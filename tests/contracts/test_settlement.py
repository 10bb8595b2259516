"""What is settled and what is not yet: refused by name before anybody signs, paid exactly where it is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from almoner import currency
from almoner.contracts.settlement import moved_by, require_settleable
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import Entitlement
from almoner.contracts.terms.program import Program
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import OutsideDomain, ResultsInvalid, TermError

if TYPE_CHECKING:
    from tests.contracts.conftest import Desk

Content = dict[str, Any]
Compiler = Callable[[Content], Program]
Change = Callable[[Content], object]

YEARS = [{"id": "y1", "ends_on": "2026-12-31"}, {"id": "y2", "ends_on": "2027-12-31"}]
POT = {"title": "Purse", "type": "USD/2", "kind": "pot", "holder": "city", "residual_to": "city"}


def lit(value: str, kind: str = "USD/2") -> Content:
    return {"op": "lit", "value": value, "type": kind}


def clause_of(content: Content) -> Content:
    clause: Content = content["clauses"][0]
    return clause


def per_member(content: Content) -> None:
    content["sets"] = {"homes": {"title": "Homes", "members": ["north", "south"]}}
    clause_of(content)["each"] = ["homes"]


def observed_per_member(content: Content) -> None:
    content["sets"] = {"homes": {"title": "Homes", "members": ["north", "south"]}}
    content["metrics"]["nights"]["per"] = ["homes"]
    amount = clause_of(content)["amount"]
    amount["of"] = {"op": "fold", "over": "homes", "with": "add", "of": amount["of"]}


def through(side: str) -> Change:
    def split(content: Content) -> None:
        content["splits"] = {"both": {"legs": [{"party": "city"}, {"party": "home"}]}}
        clause_of(content).update({side: "both", "to" if side == "from" else "from": "bank"})
        content["parties"]["bank"] = {"role": "trustee"}

    return split


def purse(side: str) -> Change:
    def pot(content: Content) -> None:
        content["accounts"] = {"purse": POT}
        clause_of(content)[side] = "purse"

    return pot


REFUSED: dict[str, tuple[Change, list[str], str]] = {
    "each": (per_member, ["/clauses/0"], "clause 'nights' is paid for each of homes"),
    "from a split": (through("from"), ["/clauses/0"], "clause 'nights' pays from the split 'both'"),
    "to a split": (through("to"), ["/clauses/0"], "clause 'nights' pays to the split 'both'"),
    "from a pot": (purse("from"), ["/clauses/0", "/accounts/purse"], "pays from the pot 'purse'"),
    "to a pot": (purse("to"), ["/clauses/0", "/accounts/purse"], "account 'purse' is a pot that holds money"),
    "two ways": (
        lambda content: clause_of(content).update({"two_way": True}),
        ["/clauses/0"],
        "clause 'nights' pays two ways",
    ),
    "recovering": (
        lambda content: clause_of(content).update({"on_decrease": "recover"}),
        ["/clauses/0"],
        "clause 'nights' recovers what was paid too much",
    ),
    "observed per member": (
        observed_per_member,
        ["/metrics/nights"],
        "metric 'nights' is per homes, and a claim names no member",
    ),
    "days apart": (
        lambda content: content["metrics"]["nights"].update({"min_gap_days": 30}),
        ["/metrics/nights"],
        "metric 'nights' needs the day of each observation, and a claim carries none",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_terms_that_are_not_settled_yet_are_refused_by_name(
    content: Content, program_of: Compiler, name: str
) -> None:
    change, places, message = REFUSED[name]
    require_settleable(program_of(content), currency("USD"))
    change(content)
    with pytest.raises(TermError, match="Not settled yet") as caught:
        require_settleable(program_of(content), currency("USD"))
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    assert [row["path"] for row in found if isinstance(row, dict)] == places
    assert message in str(caught.value)


def test_every_reason_is_named_at_once_and_nothing_is_written(desk: "Desk", content: Content) -> None:
    second = {**clause_of(content), "id": "bonus", "amount": lit("5.00", "EUR/2")}
    content["clauses"].append(second)
    clause_of(content).update({"two_way": True, "on_decrease": "recover"})
    content["limits"] = []
    with pytest.raises(TermError) as caught:
        desk.draw_up(terms=TermDocument.read(json.dumps(content)))
    assert str(caught.value) == (
        "Not settled yet: clause 'nights' pays two ways; clause 'nights' recovers what was paid too much; "
        "clause 'bonus' pays in EUR/2, the fund keeps USD/2."
    )
    assert desk.start().state == "active"


def test_notes_counts_and_figures_are_no_hindrance(desk: "Desk", content: Content) -> None:
    nights = clause_of(content)
    content["accounts"] = {"paid": {"title": "Paid so far", "type": "USD/2", "kind": "memo"}}
    content["figures"] = {"enough": {"value": nights["amount"]["of"]}}
    nights["raises"] = ["paid"]
    content["clauses"].append({"op": "note", "id": "again", "amount": lit("1.00"), "raises": ["paid"]})
    half = {"op": "scale", "of": {"op": "balance", "account": "paid"}, "over": [lit("2", "ratio/0")]}
    bonus = {**nights, "id": "bonus", "basis": "once", "raises": [], "amount": {**half, "as": "USD/2"}}
    content["clauses"].append(bonus)
    desk.start(terms=TermDocument.read(json.dumps(content)))
    desk.find("c1", "100")
    rows = {row.clause: (row.period, row.due.text) for row in desk.settle("c1")}
    assert rows == {"nights": ("term", "1512.00"), "bonus": ("term", "756.50")}
    assert desk.money() == ("497731.50", "2268.50", "100000.00")


@pytest.mark.parametrize(
    ("kind", "values", "found", "wrong"),
    [
        ("truth", [], "true", "yes"),
        ("label", ["poor", "good"], "good", "fair"),
    ],
)
def test_truths_and_labels_are_claimed_found_and_paid(
    desk: "Desk", content: Content, kind: str, values: list[str], found: str, wrong: str
) -> None:
    metric = {"title": "Audit", "type": kind, "values": values, "method": "audit"}
    content["metrics"]["audit"] = metric
    test = {"op": "obs", "metric": "audit"}
    if values:
        test = {"op": "is", "metric": "audit", "value": "good"}
    clause_of(content)["when"] = test
    desk.start(terms=TermDocument.read(json.dumps(content)))
    with pytest.raises(ResultsInvalid, match=wrong):
        desk.claim("c0", wrong, metric="audit")
    desk.find("c1", "100")
    assert desk.settle("c1") == ()
    desk.find("c2", found, metric="audit")
    (row,) = desk.settle("c2")
    assert row.due.text == "1512.00"
    assert [line.value for line in row.trace if line.path == "/clauses/0/when"][-1] == "1512.00 USD"


@pytest.mark.parametrize(("metric", "period"), [("nights", "term"), ("days", "y1"), ("days", "y3")])
def test_a_metric_by_period_is_claimed_for_one_and_another_for_the_term(
    desk: "Desk", content: Content, metric: str, period: str
) -> None:
    content["calendar"]["periods"] = YEARS
    content["metrics"]["days"] = {**content["metrics"]["nights"], "per": []}
    content["metrics"]["nights"]["per"] = ["period"]
    days = {**clause_of(content)["amount"], "of": {"op": "obs", "metric": "days"}}
    content["clauses"].append({**clause_of(content), "id": "days", "amount": days})
    desk.start(terms=TermDocument.read(json.dumps(content)))
    with pytest.raises(OutsideDomain, match=f"periods of {metric}"):
        desk.claim("c1", "5", metric=metric, period=period)
    desk.find("c2", "5", metric="nights", period="y1")
    desk.find("c3", "5", metric="days")
    assert [row.due.text for key in ("c2", "c3") for row in desk.settle(key)] == ["75.60", "75.60", "0.00"]


def test_what_comes_in_time_of_nothing_waits_for_its_day(desk: "Desk", content: Content) -> None:
    content["calendar"] = {"starts_on": "2026-01-01", "ends_on": "2026-06-30"}
    content["metrics"]["meals"] = {
        **content["metrics"]["nights"],
        "on_missing": {"use": "10", "after_days": 30},
    }
    meals = {**clause_of(content)["amount"], "of": {"op": "obs", "metric": "meals"}}
    content["clauses"].append({**clause_of(content), "id": "meals", "amount": meals})
    for code, day, clauses in (("early", 30, ["nights"]), ("late", 31, ["nights", "meals"])):
        then = replace(desk, clock=fixed_clock(datetime(2026, 7, day, 12, tzinfo=UTC)))
        then.start(code, TermDocument.read(json.dumps({**content, "limits": content["limits"]})))
        then.find("c1", "100", code=code)
        assert [row.clause for row in then.settle("c1", code)] == sorted(clauses)
        then.close(code)


def test_what_was_paid_too_much_is_set_off_against_another_clause(desk: "Desk", content: Content) -> None:
    content["metrics"]["nights"]["pool"] = "last"
    content["metrics"]["meals"] = {**content["metrics"]["nights"]}
    meals = {**clause_of(content)["amount"], "of": {"op": "obs", "metric": "meals"}}
    content["clauses"].append({**clause_of(content), "id": "meals", "amount": meals})
    desk.start(terms=TermDocument.read(json.dumps(content)))
    dues = []
    for key, metric, value in (("c1", "nights", "100"), ("c2", "nights", "60"), ("c3", "meals", "50")):
        desk.find(key, value, metric=metric)
        dues.append({row.clause: (row.entitled.text, row.due.text) for row in desk.settle(key)})
    assert dues == [
        {"nights": ("1512.00", "1512.00")},
        {"nights": ("907.20", "0.00")},
        {"nights": ("907.20", "0.00"), "meals": ("756.00", "151.20")},
    ]


def test_what_may_be_kept_is_kept_and_never_shown_above_what_is_earned(
    desk: "Desk", content: Content
) -> None:
    content["calendar"]["periods"] = YEARS
    content["metrics"]["nights"].update({"per": ["period"], "pool": "last"})
    clause_of(content)["on_decrease"] = "keep"
    clause_of(content)["amount"]["of"]["window"] = "to_date"
    desk.start(terms=TermDocument.read(json.dumps(content)))
    rows = []
    for key, period, value in (("c1", "y1", "100"), ("c2", "y2", "60")):
        desk.find(key, value, period=period)
        rows += [(row.earned.text, row.entitled.text, row.due.text) for row in desk.settle(key)]
    assert rows == [("1512.00", "1512.00", "1512.00"), ("907.20", "907.20", "0.00")]


@pytest.mark.parametrize(
    ("span", "due", "heard", "moved"),
    [
        ("y1", 0, "y1", True),
        ("y1", 0, "y2", False),
        ("y1", 5, "y2", True),
        ("term", 0, "y2", True),
        ("y1", 0, "", True),
    ],
)
def test_an_observation_bears_on_its_period_on_the_term_and_on_what_it_makes_due(
    span: str, due: int, heard: str, *, moved: bool
) -> None:
    row = Entitlement(clause="a", period=span, earned=5, entitled=5, due=due, cuts=())
    assert moved_by(row, Observation(metric="m", value=1, period=heard)) == moved
