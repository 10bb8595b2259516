"""The recipes of docs/terms.md: each compiles in the frame it names, pays what its sentence says,
is simulated as it is paid, and costs no more than can be read from it."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import lay_out, read_case
from almoner.contracts.terms.outputs import Output, output_type, read_output, write_output
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.results import Case, Expected, Result
from almoner.contracts.terms.simulate import run_table
from almoner.finance.dates import parse_day

DOCS = Path(__file__).parents[2] / "docs" / "terms.md"
RECIPE = re.compile(r"\*\*(?P<title>[^*]+)\.\*\* .*?```json\n(?P<parts>.*?)\n```", re.DOTALL)
RUNGS = ("start", "kept-6m", "kept-12m")
MOST = {
    "Rate card": 1_364_000_00,
    "Ladder per person, with a limit for each person": 1_200_000_00,
    "Bands": 6_130_000_00,
    "Pro rata between minimum and target": 1_070_000_00,
    "Weighted measures": 300_000_00,
    "Two payers with maxima": 9_000_000_00,
    "Per cohort, with a fallback": 3_000_000_00,
    "Return cap": 27_000_000_00,
    "Guarantee": 9_500_000_00,
    "Waterfall with catch-up": 30_000_000_00,
    "Step-up coupon": 84_500_000_00,
    "Matching with a ceiling": 50_000_00,
    "Early termination": 480_000_00,
    "Advance set off against results": 1_000_000_00,
    "Prize with a tie": 10_000_000_00,
}


def recipes() -> dict[str, dict[str, Any]]:
    text = DOCS.read_text(encoding="utf-8").split("## Recipes")[1]
    frame = json.loads(text.split("```json\n")[1].split("\n```")[0])
    return {one["title"]: {**frame, **json.loads(one["parts"])} for one in RECIPE.finditer(text)}


def row(metric: str, value: str, period: str = "", **of: str) -> Result:
    return Result(metric=metric, value=value, period=period, of=of)


def want(output: str, value: str, period: str = "", **of: str) -> Expected:
    return Expected(output=output, value=value, period=period, of=of)


def case(results: list[Result], *expect: Expected, as_of: str | None = None) -> Case:
    return Case(id="case", as_of=as_of, results=tuple(results), expect=expect)


CASES = [
    (
        "Rate card",
        case(
            [row("claims", "10", lines="job-start"), row("claims", "4", lines="job-26-weeks")],
            want("paid", "17600.00"),
        ),
    ),
    (
        "Ladder per person, with a limit for each person",
        case(
            [
                *(row("claims", "1", people="p1", rungs=rung) for rung in RUNGS),
                row("claims", "1", people="p2", rungs="start"),
            ],
            want("earned", "5500.00"),
            want("paid", "4500.00"),
            want("ladder", "4000.00", people="p1"),
        ),
    ),
    ("Bands", case([row("cut", "19.99")], want("paid", "0.00"))),
    ("Bands", case([row("cut", "20")], want("paid", "3200000.00"))),
    ("Bands", case([row("cut", "80")], want("paid", "6130000.00"))),
    ("Pro rata between minimum and target", case([row("children", "16")], want("paid", "0.00"))),
    ("Pro rata between minimum and target", case([row("children", "17")], want("paid", "826818.18"))),
    ("Pro rata between minimum and target", case([row("children", "23")], want("paid", "1070000.00"))),
    (
        "Weighted measures",
        case(
            [row("reached", "2796", measures="learning"), row("reached", "92", measures="enrolment")],
            want("index", "0.6000"),
            want("paid", "180000.00"),
        ),
    ),
    (
        "Two payers with maxima",
        case([row("value", "2600000")], want("from:payer", "1500000.00"), want("from:second", "1100000.00")),
    ),
    (
        "Per cohort, with a fallback",
        case(
            [row("effect", "12.5", cohorts="c1"), row("effect", "-3", cohorts="c2")],
            want("paid", "250000.00"),
            as_of="2032-01-31",
        ),
    ),
    (
        "Per cohort, with a fallback",
        case(
            [row("effect", "12.5", cohorts="c1"), row("effect", "-3", cohorts="c2")],
            want("paid", "450000.00"),
        ),
    ),
    (
        "Return cap",
        case(
            [
                row("drawn", "1000000", "p1"),
                *(row("drawn", "0", period) for period in ("p2", "p3")),
                *(
                    row("value", value, period)
                    for value, period in (("0", "p1"), ("500000", "p2"), ("2000000", "p3"))
                ),
            ],
            want("outcomes", "500000.00", "p2"),
            want("outcomes", "626400.00", "p3"),
            want("account:hurdle", "0.00"),
        ),
    ),
    (
        "Guarantee",
        case([row("value", "400000")], want("guarantee", "300000.00"), want("to:investor", "700000.00")),
    ),
    ("Guarantee", case([], want("to:investor", "0.00"))),
    (
        "Step-up coupon",
        case(
            [row("renewable", "56", "p1"), row("renewable", "54", "p2")],
            want("coupon", "26500000.00", "p1"),
            want("coupon", "26500000.00", "p2"),
            want("coupon", "29000000.00", "p3"),
        ),
    ),
    (
        "Matching with a ceiling",
        case(
            [
                row("gifts", "8000", "p1", teams="a"),
                row("gifts", "5000", "p2", teams="a"),
                row("gifts", "45000", "p2", teams="b"),
            ],
            want("to:a", "10000.00"),
            want("match", "2000.00", "p2", teams="a"),
            want("paid", "20000.00"),
        ),
    ),
    (
        "Early termination",
        case([row("election", "stop", "p2")], want("fee", "120000.00"), want("ending", "40000.00")),
    ),
    (
        "Waterfall with catch-up",
        case(
            [row("drawn", "1000000", "p1"), row("proceeds", "2000000", "p2"), row("proceeds", "100", "p3")],
            want("return", "1080000.00", "p2"),
            want("catch-up", "20000.00", "p2"),
            want("carry", "180000.00", "p2"),
            want("rest", "720000.00", "p2"),
            want("catch-up", "0.00", "p3"),
            want("carry", "20.00", "p3"),
            want("net:investor", "800080.00"),
        ),
    ),
    (
        "Waterfall with catch-up",
        case(
            [row("drawn", "1000000", "p1"), row("proceeds", "1085000", "p2"), row("proceeds", "20000", "p3")],
            want("catch-up", "5000.00", "p2"),
            want("catch-up", "15000.00", "p3"),
            want("carry", "1000.00", "p3"),
        ),
    ),
    ("Early termination", case([], want("fee", "360000.00"), want("ending", "0.00"))),
    (
        "Advance set off against results",
        case(
            [row("points", value, period) for value, period in (("50", "p1"), ("100", "p2"), ("20", "p3"))],
            want("results", "200000.00", "p1"),
            want("results", "0.00", "p2"),
            want("results", "-30000.00", "p3"),
            want("paid", "170000.00"),
        ),
    ),
    (
        "Prize with a tie",
        case(
            [
                *(
                    row("score", score, teams=team)
                    for team, score in (("a", "9"), ("b", "9"), ("c", "9"), ("d", "8"))
                ),
                row("judged", "true"),
            ],
            want("prize", "3333333.34", teams="a"),
            want("prize", "3333333.33", teams="c"),
            want("prize", "0.00", teams="d"),
        ),
    ),
    ("Prize with a tie", case([row("score", "9", teams="a")], want("to:a", "0.00"))),
]


@pytest.mark.parametrize(("title", "one"), CASES, ids=[title for title, _ in CASES])
def test_a_recipe_pays_what_it_says(title: str, one: Case) -> None:
    program = compile_terms(TermDocument.read(json.dumps(recipes()[title])))
    outturn = pay(program, read_case(program, one), as_of=parse_day(one.as_of) if one.as_of else None)
    for row_ in one.expect:
        output = Output(row_.output, tuple(row_.of.items()), row_.period)
        assert write_output(output_type(program, output), read_output(outturn, output)) == row_.value


def test_every_recipe_is_tried() -> None:
    assert sorted(recipes()) == sorted({title for title, _ in CASES})


@pytest.mark.parametrize(("title", "one"), CASES, ids=[title for title, _ in CASES])
def test_a_recipe_is_simulated_as_it_is_paid(title: str, one: Case) -> None:
    program = compile_terms(TermDocument.read(json.dumps(recipes()[title])))
    rows = read_case(program, one)
    day = parse_day(one.as_of) if one.as_of else None
    paid = pay(program, rows, as_of=day)
    simulated = run_table(program, lay_out(program, rows, as_of=day))
    flows = {key: int(np.max(cell)) for key, cell in simulated.flows.items()}
    assert flows == paid.flows


@pytest.mark.parametrize("title", recipes())
def test_a_recipe_has_a_bound(title: str) -> None:
    proof = prove(compile_terms(TermDocument.read(json.dumps(recipes()[title]))))
    assert 0 < proof.maximum <= MOST[title]
