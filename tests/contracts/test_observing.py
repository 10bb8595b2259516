"""Observations: every refusal by row and name, and the table that the terms are read on."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from almoner.contracts.terms.observing import Observation, lay_out, read_case, read_value, write_value
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.results import Case, ResultsDocument
from almoner.finance.errors import AlmonerError, OutsideDomain, ResultsInvalid, TooPrecise

Content = dict[str, Any]
Compiler = Callable[[Content], Program]

BASE = json.loads((Path(__file__).parents[1] / "data" / "term_faults.json").read_bytes())["base"]


def row(metric: str, value: int, **more: Any) -> Observation:  # noqa: ANN401  # any field
    of = tuple(more.pop("of", {}).items())
    return Observation(metric=metric, value=value, of=of, **more)


def north(value: int, period: str = "y1", **more: Any) -> Observation:  # noqa: ANN401  # any field
    return row("nights", value, period=period, of={"sites": "north"}, **more)


@pytest.fixture
def terms() -> Content:
    """Nights per site and period, an audit that holds or not, a grade, stays per person (at most five)."""
    return deepcopy(BASE)


@pytest.fixture
def program(terms: Content, program_of: Compiler) -> Program:
    return program_of(terms)


def findings(error: AlmonerError) -> list[tuple[str, str]]:
    found = error.figures["findings"]
    assert isinstance(found, list)
    return [(one["path"], one["message"]) for one in found if isinstance(one, dict)]


def case(*rows: Content, **more: object) -> Case:
    document = {
        "schema": "almoner.results/1",
        "title": "Found",
        "cases": [{"id": "c", "results": rows, **more}],
    }
    return ResultsDocument.read(json.dumps(document)).cases[0]


READING: list[tuple[Content, str]] = [
    (
        {"metric": "meals", "value": "1"},
        "the terms know no metric 'meals'. Metrics: audit, grade, nights, stay.",
    ),
    ({"metric": "stay", "value": "1", "unit": "hour/0"}, "stay is in day/0, not in hour/0."),
    (
        {"metric": "stay", "value": "1.5"},
        "1.5 has 1 decimal digits, this stay in day/0 has 0. Round it first, and say how.",
    ),
    ({"metric": "stay", "value": "many"}, "'many' is not a plain decimal stay in day/0."),
    ({"metric": "audit", "value": "yes"}, "audit cannot be 'yes'. Write one of false, true."),
    ({"metric": "audit", "value": "1"}, "audit cannot be '1'. Write one of false, true."),
    ({"metric": "grade", "value": "fair"}, "grade cannot be 'fair'. Write one of poor, good."),
    ({"metric": "stay", "value": "1", "on": "2026-02-30"}, "'2026-02-30' is not a day."),
]


@pytest.mark.parametrize(("wrong", "message"), READING)
def test_a_row_that_is_no_value_of_its_metric_is_refused(
    program: Program, wrong: Content, message: str
) -> None:
    sound = {"metric": "audit", "value": "true"}
    with pytest.raises(ResultsInvalid) as caught:
        read_case(program, case(sound, wrong))
    (found,) = findings(caught.value)
    assert found[0] == "/results/1"
    assert message in found[1]
    assert "c: 1 fault: /results/1" in str(caught.value)


def test_every_unreadable_row_is_listed(program: Program) -> None:
    with pytest.raises(ResultsInvalid) as caught:
        read_case(program, case(*[wrong for wrong, _ in READING]))
    assert [path for path, _ in findings(caught.value)] == [f"/results/{at}" for at in range(len(READING))]


def test_rows_are_read_in_the_digits_of_their_metrics(program: Program) -> None:
    rows: list[Content] = [
        {"metric": "stay", "value": "7", "unit": "day", "of": {"people": "ann"}, "on": "2026-03-01"},
        {"metric": "stay", "value": "7", "unit": "day/0", "of": {"people": "ann"}, "id": "second"},
        {"metric": "audit", "value": "true"},
        {"metric": "grade", "value": "good"},
        {"metric": "nights", "value": "12", "period": "y2", "of": {"sites": "south"}},
    ]
    assert read_case(program, case(*rows)) == (
        row("stay", 7, of={"people": "ann"}, on=date(2026, 3, 1)),
        row("stay", 7, of={"people": "ann"}, id="second"),
        row("audit", 1),
        row("grade", 1),
        row("nights", 12, period="y2", of={"sites": "south"}),
    )


@pytest.mark.parametrize(("metric", "text"), [("stay", "7"), ("audit", "false"), ("grade", "poor")])
def test_a_value_is_written_as_it_was_read(program: Program, metric: str, text: str) -> None:
    measure = program.metrics[metric]
    assert write_value(measure, read_value(metric, measure, text)) == text


def test_a_digit_too_many_is_told_by_its_own_name(program: Program) -> None:
    with pytest.raises(TooPrecise):
        read_value("stay", program.metrics["stay"], "1.5")


ANN = {"people": "ann"}
REFUSED: dict[str, tuple[list[Observation], Content, list[tuple[str, str]]]] = {
    "an unknown metric": (
        [row("meals", 1)],
        {},
        [("/results/0", "the terms know no metric 'meals'")],
    ),
    "no member": (
        [row("nights", 1, period="y1")],
        {},
        [("/results/0", "nights has one value for each of sites: say in of for which")],
    ),
    "a member too many": (
        [row("audit", 1, of=ANN)],
        {},
        [("/results/0", "audit is per no member, not per people")],
    ),
    "a set that is not there": (
        [row("stay", 1, of={"homes": "north"})],
        {},
        [("/results/0", "stay is per people, not per homes")],
    ),
    "a new member of a closed set": (
        [row("nights", 1, period="y1", of={"sites": "west"})],
        {},
        [("/results/0/of/sites", "no member 'west'; there are north, south")],
    ),
    "a member that was not given": (
        [row("stay", 1, of=ANN)],
        {"people": ["bob"]},
        [("/results/0/of/people", "no member 'ann'; there are bob")],
    ),
    "members of a closed set": (
        [],
        {"sites": ["north"]},
        [("/members/sites", "is no open set of the terms")],
    ),
    "members of no set": ([], {"homes": ["north"]}, [("/members/homes", "is no open set of the terms")]),
    "a given member twice": ([], {"people": ["ann", "ann"]}, [("/members/people", "a member stands twice")]),
    "too many members": (
        [row("stay", 1, of={"people": f"p{at}"}) for at in range(6)],
        {},
        [("/members/people", "6 members, at most 5 were agreed")],
    ),
    "no period": ([north(1, "")], {}, [("/results/0", "nights needs a period: y1, y2")]),
    "an unknown period": (
        [north(1, "y3")],
        {},
        [("/results/0", "nights needs a period: y1, y2, not 'y3'")],
    ),
    "a period too many": (
        [row("audit", 1, period="y1")],
        {},
        [("/results/0", "audit is not by period: leave 'y1' out")],
    ),
    "the whole term as a period": (
        [row("audit", 1, period="term")],
        {},
        [("/results/0", "audit is not by period: leave 'term' out")],
    ),
    "doubled without ids": (
        [north(1), north(1)],
        {},
        [("/results", "nights north y1 is doubled: tell observations apart by id")],
    ),
    "doubled with one id": (
        [north(1, id="a"), north(2, id="a")],
        {},
        [("/results", "nights north y1 is doubled: tell observations apart by id")],
    ),
    "doubled with an id and without": (
        [north(1, id="a"), north(2)],
        {},
        [("/results", "nights north y1 is doubled: tell observations apart by id")],
    ),
    "contradicted without days": (
        [row("audit", 1, id="a"), row("audit", 0, id="b")],
        {},
        [
            (
                "/results",
                "audit has several values without a day of each, or two on one day: which counts?",
            )
        ],
    ),
    "contradicted on one day": (
        [row("audit", at, id=str(at), on=date(2026, 3, 1)) for at in (0, 1)],
        {},
        [
            (
                "/results",
                "audit has several values without a day of each, or two on one day: which counts?",
            )
        ],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_rows_that_do_not_fit_the_terms_are_refused_by_row_and_name(program: Program, name: str) -> None:
    rows, members, expected = REFUSED[name]
    with pytest.raises(ResultsInvalid) as caught:
        lay_out(program, rows, members=members)
    assert findings(caught.value) == expected
    assert caught.value.code == "results.invalid"
    assert all(message in str(caught.value) for _, message in expected)


def test_every_row_that_does_not_fit_is_listed(program: Program) -> None:
    rows = [row("meals", 1), north(1, "y3"), row("audit", 1), row("audit", 1)]
    with pytest.raises(ResultsInvalid, match="3 faults") as caught:
        lay_out(program, rows)
    assert [path for path, _ in findings(caught.value)] == ["/results/0", "/results/1", "/results"]


@pytest.mark.parametrize(
    ("metric", "rows", "shown"),
    [
        ("nights", [north(1001)], "nights of north would be 1001"),
        ("nights", [north(-1)], "nights of north would be -1"),
        ("nights", [north(600, id="a"), north(401, id="b")], "nights of north would be 1001"),
        ("stay", [row("stay", 91, of=ANN)], "stay of ann would be 91"),
    ],
)
def test_a_value_outside_its_domain_is_refused(
    program: Program, metric: str, rows: list[Observation], shown: str
) -> None:
    with pytest.raises(OutsideDomain, match=shown) as caught:
        lay_out(program, rows)
    assert caught.value.figures["metric"] == metric
    assert "outside its declared domain 0 to" in str(caught.value)


def test_what_is_pooled_to_date_stays_in_the_domain_where_it_is_read_so(
    terms: Content, program_of: Compiler
) -> None:
    rows = [north(600), north(401, "y2")]
    assert lay_out(program_of(terms), rows).cells["nights"] == [[600, None], [401, None]]
    terms["figures"]["nights"]["value"]["of"]["window"] = "to_date"
    with pytest.raises(OutsideDomain, match="would be 1001"):
        lay_out(program_of(terms), rows)


GAPS = [
    ([(1, None)], "nights north y1 needs the day of each observation"),
    ([(1, date(2026, 3, 1)), (2, date(2026, 3, 30))], "nights north y1 comes again within 30 days"),
    ([(1, date(2026, 3, 30)), (2, date(2026, 3, 1))], "nights north y1 comes again within 30 days"),
    ([(1, date(2026, 3, 1)), (2, date(2026, 3, 31))], ""),
]


@pytest.mark.parametrize(("found", "message"), GAPS)
def test_observations_keep_their_distance(
    terms: Content, program_of: Compiler, found: list[tuple[int, date | None]], message: str
) -> None:
    terms["metrics"]["nights"]["min_gap_days"] = 30
    rows = [north(value, id=str(value), on=day) for value, day in found]
    program = program_of(terms)
    if not message:
        assert lay_out(program, rows).cells["nights"][0] == [3, None]
        return
    with pytest.raises(ResultsInvalid) as caught:
        lay_out(program, rows)
    assert findings(caught.value) == [("/results", message)]


def test_observations_are_laid_out_by_period_and_member(program: Program) -> None:
    rows = [
        row("nights", 5, period="y2", of={"sites": "south"}),
        north(1, id="a"),
        north(2, id="b"),
        row("audit", 1),
        row("grade", 1),
        row("stay", 3, of={"people": "bob"}),
        row("stay", 4, of=ANN),
    ]
    table = lay_out(program, rows)
    assert table.members == {"sites": ("north", "south"), "people": ("bob", "ann")}
    assert table.cells == {
        "nights": [[3, None], [None, 5]],
        "audit": [[True]],
        "grade": [[1]],
        "stay": [[3, 4]],
    }
    given = lay_out(program, rows, members={"people": ["ann", "cleo", "bob"]})
    assert given.cells["stay"] == [[4, None, 3]]


def test_the_later_day_counts_and_in_a_log_the_later_row(program: Program) -> None:
    early, late = (row("audit", at, id=str(at), on=date(2026, 3, 1 + at)) for at in (0, 1))
    for rows in ([early, late], [late, early]):
        assert lay_out(program, rows).cells["audit"] == [[True]]
    log = [row("audit", 1, id="a"), row("audit", 0, id="b")]
    assert lay_out(program, log, in_order=True).cells["audit"] == [[False]]


@pytest.mark.parametrize(
    ("as_of", "nights"),
    [
        (None, [[7, 0], [7, 0]]),
        (date(2027, 1, 10), [[7, None], [None, None]]),
        (date(2027, 1, 11), [[7, 0], [None, None]]),
        (date(2028, 1, 11), [[7, 0], [7, 0]]),
    ],
)
def test_what_stands_in_waits_for_its_days(
    terms: Content, program_of: Compiler, as_of: date | None, nights: list[list[int | None]]
) -> None:
    terms["metrics"]["nights"]["on_missing"] = {"use": "last", "after_days": 10}
    table = lay_out(program_of(terms), [north(7)], as_of=as_of)
    assert [cells[0] for cells in table.cells["nights"]] == [cells[0] for cells in nights]
    terms["metrics"]["nights"]["on_missing"] = {"use": "0", "after_days": 10}
    table = lay_out(program_of(terms), [north(7)], as_of=as_of)
    assert [cells[1] for cells in table.cells["nights"]] == [cells[1] for cells in nights]


def test_a_truth_and_a_label_stand_in_as_what_they_are(terms: Content, program_of: Compiler) -> None:
    terms["metrics"]["audit"]["on_missing"] = {"use": "false"}
    terms["metrics"]["grade"]["on_missing"] = {"use": "good"}
    cells = lay_out(program_of(terms), []).cells
    assert (cells["audit"], cells["grade"]) == ([[False]], [[1]])
