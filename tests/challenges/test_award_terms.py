"""Term documents of prizes: they pay what the prize says and can never pay more."""

import json
from typing import Any

import pytest

from almoner.challenges.awarding import TermParties, draft_per_unit, draft_race, draft_staged
from almoner.challenges.brief import Goal
from almoner.challenges.prizes import FirstToFinish, MeasuredProgress, Staged
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import read_case
from almoner.contracts.terms.outputs import Output, output_type, read_output, write_output
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.results import ResultsDocument
from almoner.finance.money import money
from almoner.finance.units import currency

USD = currency("USD")
WELLS = {"metric": "wells@1", "op": ">=", "value": "12", "unit": "working well"}
ILLNESS = {"metric": "illness@1", "op": "<=", "value": "2.5", "unit": "case per 1,000", "method": "survey"}


def parties(*winners: str, ends: str = "") -> TermParties:
    return TermParties(payer="pool", winners=winners, verifier="lab", starts_on="2027-06-01", ends_on=ends)


def paid(
    document: TermDocument, clause: str, *rows: tuple[str, str, dict[str, str]], **of: str
) -> str | None:
    """Pay the document on some results and return what a clause paid."""
    program = compile_terms(TermDocument.read(document.canonical_bytes()))
    results = [{"metric": name, "value": value, "of": where} for name, value, where in rows]
    case = {"schema": "almoner.results/1", "title": "R", "cases": [{"id": "one", "results": results}]}
    outturn = pay(program, read_case(program, ResultsDocument.read(json.dumps(case)).cases[0]))
    asked = Output(clause, tuple(of.items()), "")
    return write_output(output_type(program, asked), read_output(outturn, asked))


def most(document: TermDocument) -> int:
    return prove(compile_terms(document)).maxima["USD"]


@pytest.fixture
def staged() -> TermDocument:
    stages: list[dict[str, Any]] = [
        {"id": "pilot", "share_bp": 3333, "due": "2028-06-30", "condition": WELLS},
        {
            "id": "scale",
            "share_bp": 6667,
            "due": "2029-06-30",
            "condition": ILLNESS,
            "late": {"reduce_bp_per_day": 100},
        },
    ]
    content = {"kind": "staged", "phase": "panel", "amount": "100.00", "stages": stages}
    return draft_staged(Staged.read(json.dumps(content)), parties("river-trust"), unit=USD, title="Wells")


@pytest.mark.parametrize(
    ("wells", "days", "amount"), [("12", "0", "33.33"), ("11", "0", "0.00"), ("12", "1", "0.00")]
)
def test_a_stage_that_forfeits_pays_in_time_or_never(
    staged: TermDocument, wells: str, days: str, amount: str
) -> None:
    assert paid(staged, "pilot", ("pilot.reached", wells, {}), ("pilot.days_late", days, {})) == amount


@pytest.mark.parametrize(
    ("cases", "days", "amount"),
    [("2.5", "0", "66.67"), ("2.6", "0", "0.00"), ("1.0", "10", "60.00"), ("1.0", "200", "0.00")],
)
def test_a_late_stage_pays_less_for_every_day(
    staged: TermDocument, cases: str, days: str, amount: str
) -> None:
    assert paid(staged, "scale", ("scale.reached", cases, {}), ("scale.days_late", days, {})) == amount


def test_no_stage_is_paid_before_it_is_found(staged: TermDocument) -> None:
    assert paid(staged, "pilot", ("pilot.reached", "12", {})) in (None, "0.00")
    assert most(staged) == 10_000


def race(*rows: tuple[str, str, str]) -> list[str | None]:
    content = {
        "kind": "first_to_finish",
        "phase": "deliver",
        "amount": "90.01",
        "target": WELLS,
        "deadline": "2028-12-31",
        "settles_after": "2029-03-31",
        "verification": "Each well visited",
    }
    document = draft_race(
        FirstToFinish.read(json.dumps(content)), parties("a", "b", "c"), unit=USD, title="First"
    )
    assert most(document) == 9001
    seen = [
        (name, value, {"teams": team})
        for team, wells, day in rows
        for name, value in (("reached", wells), ("day", day))
    ]
    return [paid(document, "prize", *seen, teams=team) for team in ("a", "b", "c")]


def test_the_earliest_achievement_is_paid_and_a_tie_is_shared() -> None:
    assert race(("a", "12", "400"), ("b", "12", "399"), ("c", "11", "1")) == ["0.00", "90.01", "0.00"]
    assert race(("a", "12", "400"), ("b", "13", "400"), ("c", "12", "500")) == ["45.01", "45.00", "0.00"]
    assert race(("a", "11", "400"), ("b", "12", "580"), ("c", "12", "580")) == ["0.00", "0.00", "0.00"]


@pytest.mark.parametrize(
    ("baseline", "target", "found", "amount"),
    [
        ("212", "320", "220", "20.00"),
        ("212", "320", "212", "0.00"),
        ("212", "320", "200", "0.00"),
        ("212", "320", "9999", "90.00"),
        ("5.5", "2", "3.5", "5.00"),
    ],
)
def test_a_unit_beyond_the_baseline_has_its_price_up_to_the_most(
    baseline: str, target: str, found: str, amount: str
) -> None:
    prize = MeasuredProgress.read(
        '{"kind": "measured_progress", "phase": "deliver", "amount": "90.00", "basis": "point",'
        ' "split": "per_unit", "price": "2.50"}'
    )
    goal = Goal.read(
        json.dumps(
            {"metric": "m@1", "baseline": baseline, "target": target, "unit": "day", "by": "2029-12-31"}
        )
    )
    document = draft_per_unit(
        prize, goal, parties("hub", ends="2029-06-01"), most=money("90.00", USD), title="Days"
    )
    assert paid(document, "progress", ("measured", found, {})) == amount
    assert most(document) == 9000
