"""The published schemas are those of the code; the published example holds what its page promises."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from almoner.challenges import Brief
from almoner.challenges.forms import check_answers
from almoner.challenges.lint import lint
from almoner.challenges.linting.finding import Capacity
from almoner.challenges.schemas import challenge_schemas
from almoner.challenges.visibility import mask
from almoner.finance.units import currency

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def clean_water() -> Brief:
    return Brief.read((ROOT / "examples" / "challenge" / "clean-water.json").read_bytes())


@pytest.mark.parametrize("name", sorted(challenge_schemas()))
def test_the_published_schemas_are_those_of_the_code(name: str) -> None:
    published = (ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert published == json.dumps(challenge_schemas()[name], ensure_ascii=False, indent=1) + "\n"


def test_a_schema_names_every_field_and_admits_no_other(clean_water: Brief) -> None:
    schema: dict[str, Any] = challenge_schemas()["brief"]
    assert set(schema["properties"]) == set(clean_water.model_dump(by_alias=True))
    assert schema["additionalProperties"] is False
    assert "title" in schema["required"]
    assert "time_zone" not in schema["required"]


def test_the_example_passes_lint_but_for_the_warnings_that_its_page_states(clean_water: Brief) -> None:
    found = lint(clean_water, now=NOW, capacity=Capacity(judges=60, applications=100))
    assert {(row.severity, row.code) for row in found} == {
        ("warning", "eligibility.cure_late"),
        ("warning", "eligibility.no_evidence"),
    }
    page = (ROOT / "docs" / "briefs.md").read_text(encoding="utf-8")
    assert all(row.code in page for row in found)
    assert clean_water.prize_total(currency("USD")).text == "10000000.00"


def test_the_example_s_times_are_those_of_nairobi(clean_water: Brief) -> None:
    assert clean_water.opens("apply") == datetime(2027, 1, 11, 6, tzinfo=UTC)
    assert clean_water.closes("panel") == datetime(2027, 4, 12, 14, tzinfo=UTC)


def test_the_example_s_form_takes_an_answer_and_its_judges_learn_no_name(clean_water: Brief) -> None:
    form = clean_water.form_of("apply")
    assert form is not None
    answers = {
        "summary": "Wells that run",
        "problem": "Six villages walk three hours",
        "proof": "Measured by others",
        "sites": [{"kind": "well", "people": 900, "depth_m": 60}],
        "day_price": "0.35",
    }
    check_answers(form, answers, currency("USD"))
    lines = [{"actor": "river-trust", "amount": "5.00"}]
    entry: dict[str, object] = {
        "application": {"lead": "river-trust", "title": "Wells", "answers": answers, "budget": lines}
    }
    rules = clean_water.rules_of("panel")
    blind = mask(entry, rules, phase="panel", viewer="assigned_judge", events={"published", "apply.closed"})
    assert "river-trust" not in json.dumps(blind)
    assert blind == {"application": {"answers": answers, "budget": [{"amount": "5.00"}]}}
    public = mask(entry, rules, phase="panel", viewer="public", events={"apply.closed"})
    assert public == {"application": {"title": "Wells", "answers": {"summary": "Wells that run"}}}


def test_the_code_of_the_page_on_briefs_runs_and_prints_what_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    parts = (ROOT / "docs" / "briefs.md").read_text(encoding="utf-8").split("```")
    blocks = [part.removeprefix("python\n") for part in parts if part.startswith("python\n")]
    assert len(blocks) >= 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/briefs.md", "exec"), names)  # noqa: S102 - our own page
    said = [line for part in parts if part.startswith("text\n") for line in part.splitlines()[1:]]
    assert capsys.readouterr().out.splitlines() == said
