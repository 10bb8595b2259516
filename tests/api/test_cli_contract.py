"""Terms on files at the command line: what is printed, and what is refused with which place."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from almoner.api.cli import main
from almoner.contracts.outcomes.document import EXAMPLE as OUTCOMES
from almoner.contracts.schemas import schemas

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "tests" / "data" / "wording"
NIGHTS, BANDS, POOL = (str(WORDS / f"{name}.terms.json") for name in ("nights", "bands", "pool"))
CASES = sorted((ROOT / "examples" / "casebook").glob("*.results.json"))


@pytest.fixture
def results(tmp_path: Path) -> str:
    """A results file in which the limit binds in the second case."""
    content = {
        "schema": "almoner.results/1",
        "title": "Two years",
        "cases": [
            {
                "id": "first",
                "note": "below the limit",
                "results": [{"metric": "nights", "value": "12457"}],
                "expect": [{"output": "paid", "value": "188349.84"}],
            },
            {
                "id": "second",
                "results": [{"metric": "nights", "value": "40000"}],
                "expect": [
                    {"output": "lost_to_cap", "value": "104800.00"},
                    {
                        "output": "paid",
                        "value": "604800.00",
                        "use": "refuse",
                        "note": "the limit was forgotten",
                    },
                ],
            },
        ],
    }
    return written(tmp_path / "results.json", content)


def written(path: Path, content: object) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def run_json(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:  # noqa: ANN401  # any document
    assert main(["contract", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def shown(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["contract", *words]) == code
    return capsys.readouterr().out


def test_payments_are_shown_with_what_was_cut_and_who_paid(
    results: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(capsys, "pay", NIGHTS, "--results", results)
    for part in ("Case first: below the limit", "188,349.84", "604,800.00", "104,800.00 most", "500,000.00"):
        assert part in text
    assert "3 of 3 expectations hold." in text
    told = run_json(capsys, "pay", NIGHTS, "--results", results)
    assert [one["case"] for one in told["cases"]] == ["first", "second"]
    assert told["cases"][1]["payments"] == [
        {
            "clause": "nights",
            "period": "term",
            "members": [],
            "unit": "USD",
            "earned": "604800.00",
            "cuts": {"most": "104800.00"},
            "paid": "500000.00",
        }
    ]
    assert told["cases"][1]["moved"] == [{"from": "city", "to": "home", "unit": "USD", "amount": "500000.00"}]
    assert [one["holds"] for one in told["cases"][1]["expectations"]] == [True, True]


def test_one_case_is_chosen_by_its_id(results: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = run_json(capsys, "pay", NIGHTS, "--results", results, "--case", "second")
    assert [one["case"] for one in told["cases"]] == ["second"]
    problem = run_json(capsys, "pay", NIGHTS, "--results", results, "--case", "third", code=3)
    assert "There are: first, second" in problem["detail"]


def test_an_expectation_that_fails_exits_1(
    results: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(Path(results).read_text())
    content["cases"][0]["expect"] = [
        {"output": "paid", "value": "1.00"},
        {"output": "nobody", "value": "1"},
        {"output": "paid", "value": "188349.84", "use": "refuse"},
    ]
    changed = written(tmp_path / "changed.json", content)
    text = shown(capsys, "pay", NIGHTS, "--results", changed, "--case", "first", code=1)
    assert "0 of 3 expectations hold." in text
    assert text.count(" NO") == 3
    held = run_json(capsys, "pay", NIGHTS, "--results", changed, code=1)["cases"][0]["expectations"]
    assert "There is no output 'nobody'" in held[1]["reason"]


def test_without_results_only_the_unconditional_is_paid(capsys: pytest.CaptureFixture[str]) -> None:
    told = run_json(capsys, "pay", BANDS)["cases"][0]
    assert {one["clause"]: one["paid"] for one in told["payments"] if one["clause"] == "fee"} == {
        "fee": "1250.00"
    }
    assert sum(one["paid"] in {"1200.00", "1250.00"} for one in told["payments"]) == 2
    assert "Pending, nothing paid: nights." in shown(capsys, "pay", NIGHTS)


def test_payments_by_period_and_member_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = (
        "metric,steps,people,period,value\n"
        "claims,start,,p1,100\nclaims,half-year,,p1,0\nclaims,full-year,,p1,0\n"
        "claims,start,,p2,50\nclaims,half-year,,p2,40\nclaims,full-year,,p2,0\n"
        "claims,start,,p3,0\nclaims,half-year,,p3,0\nclaims,full-year,,p3,10\n"
    )
    path = written(tmp_path / "results.csv", table)
    told = run_json(capsys, "pay", POOL, "--results", path)["cases"][0]
    card = next(one for one in told["payments"] if one["clause"] == "card")
    assert card["by_period"] == {"p1": "66000.00", "p2": "143000.00", "p3": "44005.00"}
    assert card["paid"] == "253005.00"
    moved = {(one["from"], one["to"]): one["amount"] for one in told["moved"]}
    assert moved["state", "pot"] == "168670.00"
    text = shown(capsys, "pay", POOL, "--results", path)
    assert "Accounts at the end" in text
    assert "143,000.00" in text


def test_results_may_come_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for raw in (
        b"\xef\xbb\xbfmetric,value\r\nnights,100\r\n",
        b"metric,value,id\nnights,60,a\nnights,40,b\n",
    ):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        told = run_json(capsys, "pay", NIGHTS, "--results", "-")
        assert told["cases"][0]["payments"][0]["paid"] == "1512.00"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(NIGHTS).read_bytes())))
    assert run_json(capsys, "bounds", "-")["max_liability"] == "500000.00"


def test_reasons_name_what_was_observed_and_which_limit_binds(
    results: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(capsys, "explain", NIGHTS, "--results", results, "--case", "second")
    assert text.splitlines() == [
        "Case second",
        (
            "nights (Nights), term: earned 604,800.00 USD; limit most (Contract maximum, 500,000.00 USD) "
            "binds: 104,800.00 USD not paid; paid 500,000.00 USD"
        ),
        '  15.12 USD for each night of "Nights spent indoors" = 604,800.00 USD',
        '    observed "Nights spent indoors" = 40,000 nights',
    ]
    told = run_json(capsys, "explain", NIGHTS, "--results", results)
    assert [one["case"] for one in told] == ["first", "second"]
    assert told[0]["reasons"][0]["steps"][1] == {
        "depth": 1,
        "text": 'observed "Nights spent indoors" = 12,457 nights',
    }
    assert '"Nights spent indoors" not known; nothing is paid on it' in shown(capsys, "explain", NIGHTS)


def test_reasons_name_pots_members_and_what_was_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = ("start", "half-year", "full-year")
    rows = [f"claims,{step},,{period},1," for step in steps for period in ("p1", "p2", "p3")]
    rows += [f"days,,w{place},,400,2028-06-30" for place in range(7)]
    rows += ["left,,w0,,true,"]
    path = written(tmp_path / "r.csv", "\n".join(["metric,steps,people,period,value,on", *rows]))
    text = shown(capsys, "explain", POOL, "--results", path)
    assert "what pot pot holds binds: 100.00 GBP not paid; paid 0.00 GBP" in text
    assert "bonus (Bonus for a year in work), w0, term: earned 0.00 GBP; paid 0.00 GBP" in text
    assert '"Left the programme" is false' in text
    assert 'start: "Price" for each claim of' in text


def test_a_fold_over_many_members_is_cut_in_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = nights()
    content["sets"] = {"people": {"title": "People", "most": 9}}
    content["metrics"]["nights"] |= {"per": ["people"]}
    amount = content["clauses"][0]["amount"]
    content["clauses"][0]["amount"] = {"op": "fold", "over": "people", "with": "add", "of": amount}
    terms = written(tmp_path / "t.json", content)
    rows = "\n".join(["metric,people,value", *(f"nights,p{place},{place}" for place in range(9))])
    path = written(tmp_path / "r.csv", rows)
    text = shown(capsys, "explain", terms, "--results", path)
    assert 'p4: 15.12 USD for each night of "Nights spent indoors" = 60.48 USD' in text
    assert "and 4 more members" in text
    assert "p7" not in text


def test_what_was_paid_too_much_is_set_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = nights()
    content["calendar"]["periods"] = {"every": "P3M"}
    content["metrics"]["nights"] |= {"per": ["period"], "pool": "last"}
    content["clauses"][0]["amount"]["of"]["window"] = "to_date"
    again = json.loads(json.dumps(content["clauses"][0])) | {"id": "more", "basis": "period"}
    again["amount"]["of"]["window"] = "period"
    content["clauses"].append(again)
    terms = written(tmp_path / "t.json", content)
    rows = "metric,period,value\nnights,p1,100\nnights,p2,40\nnights,p3,0\nnights,p4,0\n"
    text = shown(capsys, "explain", terms, "--results", written(tmp_path / "r.csv", rows))
    assert "set off against what was paid too much before: 604.80 USD; paid 0.00 USD" in text


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_every_deal_of_the_casebook_pays_and_is_explained(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = str(path).replace(".results.json", ".json")
    told = run_json(capsys, "pay", terms, "--results", str(path))
    assert all(one["holds"] for one in told["cases"])
    reasons = run_json(capsys, "explain", terms, "--results", str(path))
    paid = sum(len(one["payments"]) for one in told["cases"])
    assert sum(len(one["reasons"]) for one in reasons) == paid


def test_bounds_are_proven_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    proof = run_json(capsys, "bounds", NIGHTS)
    assert (proof["max_liability"], proof["guaranteed"], proof["label"]) == ("500000.00", "0.00", "attained")
    assert proof["payers"] == [{"payer": "city", "unit": "USD", "most": "500000.00"}]
    pair = {"payer": "city", "payee": "home", "unit": "USD", "least": "0.00", "most": "500000.00"}
    assert [one for one in proof["pairs"] if one["year"] is None] == [{**pair, "year": None}]
    text = shown(capsys, "bounds", NIGHTS)
    assert "At most 500,000.00 USD (attained), at least 0.00 USD." in text
    assert "The most is reached with: nights" in text


def test_oddities_are_listed_and_faults_exit_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    casebook = ROOT / "examples" / "casebook" / "rikers-able.json"
    found = run_json(capsys, "lint", str(casebook))
    cliff = next(one for one in found if one["code"] == "T10")
    assert (cliff["severity"], cliff["size"]) == ("warning", "4,800,000.00 USD")
    assert {"metric": "bed_day_reduction_pct", "period": "", "of": {}, "value": "8.50"} in cliff["witness"]
    text = shown(capsys, "lint", str(casebook))
    assert f"0 errors, {len(found)} warnings." in text
    noisy = run_json(capsys, "lint", str(casebook), "--standard-error", "bed_day_reduction_pct=2.00")
    assert {one["code"] for one in noisy} >= {one["code"] for one in found} | {"T20"}
    content = json.loads(Path(NIGHTS).read_bytes())
    pot = {"title": "Pot", "type": "USD/2", "kind": "pot", "holder": "city", "residual_to": "home"}
    content["accounts"] = {"pot": pot}
    content["clauses"].append(
        {
            "op": "pay", "id": "top-up", "from": "pot", "to": "home", "basis": "once",
            "amount": {"op": "lit", "value": "10", "type": "USD/2"},
        }
    )  # fmt: skip
    faulty = run_json(capsys, "lint", written(tmp_path / "pot.json", content), code=1)
    assert faulty[0]["severity"] == "error"


def test_payments_are_simulated_from_laws_of_chance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = written(tmp_path / "outcomes.json", OUTCOMES)
    words = ("simulate", NIGHTS, "--outcomes", outcomes, "--paths", "2000", "--seed", "7")
    found = run_json(capsys, *words)
    assert (found["paths"], found["seed"], found["maxima"]) == ("2000", "7", {"USD": "500000.00"})
    assert run_json(capsys, *words) == found
    text = shown(capsys, *words)
    assert "2,000 paths, seed 7" in text
    assert "Never more than 500,000.00 USD: proven." in text
    assert "limit cuts" in text
    assert main(["contract", "simulate", NIGHTS, "--outcomes", outcomes, "--paths", "0"]) == 2


def test_wording_is_printed_in_three_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "wording", NIGHTS) == (WORDS / "nights.txt").read_text(encoding="utf-8")
    markdown = shown(capsys, "wording", NIGHTS, "--format", "markdown")
    assert markdown == (WORDS / "nights.md").read_text(encoding="utf-8")
    out = tmp_path / "terms.html"
    assert shown(capsys, "wording", NIGHTS, "--format", "html", "--paper", "Letter", "--out", str(out)) == ""
    assert "size: Letter" in out.read_text(encoding="utf-8")
    assert run_json(capsys, "wording", NIGHTS)["wording"].startswith("Nights in a safe place\n")
    assert main(["contract", "wording", NIGHTS, "--format", "pdf"]) == 2


def test_schemas_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(shown(capsys, "schema", "terms")) == schemas()["terms"]
    assert sorted(json.loads(shown(capsys, "schema"))) == sorted(schemas())
    assert {"terms", "results", "outcomes", "agreement", "metric", "cohort", "allocation"} == set(schemas())
    assert "There are: terms, results" in run_json(capsys, "schema", "nope", code=3)["detail"]


def nights(**changes: object) -> dict[str, Any]:
    return {**json.loads(Path(NIGHTS).read_bytes()), **changes}


def bands() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(BANDS).read_bytes())
    del content["clauses"][1]["amount"]["edges"][1]["owner"]
    return content


def circle() -> dict[str, Any]:
    figures = {
        "a": {"value": {"op": "figure", "name": "b"}},
        "b": {"value": {"op": "add", "of": [{"op": "figure", "name": "a"}]}},
    }
    return nights(figures=figures)


def of_other_units() -> dict[str, Any]:
    content = nights()
    content["clauses"][0]["amount"]["as"] = "EUR/2"
    return content


BROKEN_TERMS: list[tuple[object, str, str]] = [
    ("{", "/", "not readable as JSON"),
    ('{"title": 1.5}', "/", 'write it as a string, "1.5"'),
    (nights(colour="red"), "/colour", "no field of this name belongs here"),
    (
        nights(limits=[{"id": "most", "of": ["*"], "max": 5}]),
        "/limits/0/max",
        "a number in quotes or an expression is needed here",
    ),
    (bands(), "/clauses/1/amount/edges/1/owner", "this is required, and missing"),
    (circle(), "/figures/", "circle"),
    (of_other_units(), "/clauses/0/amount", "EUR"),
]


@pytest.mark.parametrize(("content", "path", "reason"), BROKEN_TERMS, ids=lambda value: str(value)[:24])
@pytest.mark.parametrize("command", ["pay", "explain", "bounds", "lint", "wording"])
def test_faulty_terms_exit_2_with_the_place_and_the_reason(
    command: str, content: object, path: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = written(tmp_path / "terms.json", content)
    problem = run_json(capsys, command, terms, code=2)
    assert problem["code"] == "terms.invalid"
    findings = problem["figures"]["findings"]
    assert any(one["path"].startswith(path) and reason in one["message"] for one in findings), findings
    assert main(["contract", command, terms]) == 2
    said = capsys.readouterr().err
    assert path in said
    assert reason in said
    assert "Traceback" not in said


ROW = {"metric": "nights", "value": "5"}
BROKEN_RESULTS: list[tuple[list[dict[str, str]], str, str]] = [  # only what a rule refuses exits 4
    ([{**ROW, "metric": "days"}], "/results/0", "the terms know no metric 'days'"),
    ([{**ROW, "unit": "day/0"}], "/results/0", "nights is in night/0, not in day/0"),
    ([{**ROW, "value": "5.5"}], "/results/0", "has 1 decimal digits"),
    ([ROW, ROW], "/results", "nights is doubled: tell observations apart by id"),
    ([{**ROW, "period": "p9"}], "/results/0", "nights is not by period"),
    ([{**ROW, "value": "40001"}], "nights would be 40001", "outside its declared domain 0 to 40000"),
    ([{**ROW, "value": "five"}], "/results/0", "is not a plain decimal"),
]


@pytest.mark.parametrize(("rows", "path", "reason"), BROKEN_RESULTS, ids=lambda value: str(value)[:24])
def test_faulty_results_are_refused_with_the_row_and_the_reason(
    rows: list[dict[str, str]], path: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = {"schema": "almoner.results/1", "title": "R", "cases": [{"id": "c", "results": rows}]}
    code = 4 if "domain" in reason else 2
    assert main(["contract", "pay", NIGHTS, "--results", written(tmp_path / "r.json", content)]) == code
    said = capsys.readouterr().err
    assert path in said
    assert reason in said


BROKEN_TABLES = [
    ("metric\nnights\n", "line 1: column 'value' is missing"),
    ("metric,value,colour\nnights,5,red\n", "line 1: column 'colour' is no field and no set of the terms"),
    ("metric,value,value\nnights,5,5\n", "line 1: column 'value' stands twice"),
    ("metric,value\nnights\n", "line 2: it does not have 2 cells"),
    ("metric,value\nnights,5,6\n", "line 2: it does not have 2 cells"),
    ("metric,value\n", "line 2: there is no row"),
    ('metric,value\n"nights,5\n', "no CSV in UTF-8"),
    ("metric,value\nnights,5\nnights,5\n", "nights is doubled"),
]


@pytest.mark.parametrize(("table", "reason"), BROKEN_TABLES)
def test_a_faulty_table_of_results_is_refused_by_line(
    table: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contract", "pay", NIGHTS, "--results", written(tmp_path / "r.csv", table)]) == 2
    assert reason in capsys.readouterr().err


def test_a_missing_file_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "pay", "no-such-file"]) == 2
    assert "no-such-file" in capsys.readouterr().err
