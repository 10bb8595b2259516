"""The portfolio, the history and the reasons on the command line; help and progress of all commands."""

import csv
import io
import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from almoner.api.cli import main
from almoner.api.cli.entry import COMMANDS
from almoner.api.cli.waiting import ProgressBar, bar

if TYPE_CHECKING:
    from .conftest import Office

MODELS = {
    "schema": "almoner.outcomes/1",
    "title": "Nights, as the shelter expects them",
    "models": {"nights": {"law": {"kind": "normal", "mean": "9000", "sd": "2000"}, "noise": "0"}},
}


def test_the_portfolio_adds_up_to_the_ledger(either_office: "Office") -> None:
    office = either_office
    office.start()
    office.find("c1", "1000", "p1")
    office.find("c2", "500", "p2")
    office.run("settle", "pact")
    seen = office.run("portfolio")
    (whole,) = seen["by_unit"]
    assert (whole["liability"], whole["earned"], whole["paid"]) == ("500000.00", "22680.00", "22680.00")
    fund = office.run("fund", "show", "shelter")
    assert (whole["paid"], whole["remaining"]) == (fund["disbursed"], fund["encumbered"])
    for measure in ("liability", "earned", "entitled", "paid", "encumbered", "remaining"):
        assert sum(Decimal(row[measure]) for row in seen["rows"]) == Decimal(whole[measure])
    windows = {(row["window"], row["period"]): row["paid"] for row in seen["rows"] if row["paid"] != "0.00"}
    assert windows == {("north", "p1"): "15120.00", ("north", "p2"): "7560.00"}
    out = office.folder / "portfolio.csv"
    office.say("portfolio", "--csv", str(out))
    listed = list(csv.DictReader(io.StringIO(out.read_text(), newline="")))
    assert sum(Decimal(row["paid"]) for row in listed if row["section"] == "rows") == Decimal("22680.00")
    assert "22,680.00" in office.say("portfolio")


def test_models_put_a_forecast_into_the_portfolio(office: "Office") -> None:
    office.start()
    models = office.write("models.json", MODELS)
    (one,) = office.run("portfolio", "--outcomes", f"pact={models}", "--paths", "400", "--seed", "7")[
        "by_payer"
    ]
    assert Decimal(0) < Decimal(one["forecast_mean"]) < Decimal(one["forecast_p95"]) <= Decimal("500000.00")
    assert office.run("portfolio", "--outcomes", f"nope={models}", code=3)["code"] == "storage.missing"
    assert office.run("portfolio", "--outcomes", models, code=2)["code"] == "document.invalid"


def test_the_history_explains_every_step(office: "Office") -> None:
    office.start()
    assert "Nothing was settled" in office.say("agreement", "history", "pact")
    office.find("c1", "1000", "p1")
    office.find("c2", "500", "p2")
    office.run("settle", "pact")
    steps = office.run("agreement", "history", "pact", "--explain")
    assert [(one["position"], one["claim"]) for one in steps] == [(1, "c1"), (2, "c2")]
    assert all(one["rests_on"]["evidence"] and one["clauses"][0]["trace"] for one in steps)
    assert "rests_on" not in office.run("agreement", "history", "pact")[0]
    assert "count-lab found on" in office.say("agreement", "history", "pact", "--explain")


def test_a_resolution_shows_what_it_settles_before_it_is_written(office: "Office") -> None:
    office.start(disputes={"days": 30})
    office.find("c1", "412")
    raised = ("dispute", "raise", "pact", "c1", "--code", "d1", "--as", "city", "--grounds", "data_error")
    assert "6,229.44 USD of city is kept back" in office.say(*raised, "--statement", "twice", "--dry-run")
    office.run(*raised, "--statement", "twice")
    words = ("dispute", "resolve", "pact", "d1", "--outcome", "upheld", "--reason", "it was counted once")
    key = ("--key", office.key("arbiter"))
    tried = office.run(*words, *key, "--dry-run", "--explain")
    assert [one["payouts"][0]["amount"] for one in tried["settlements"]] == ["6229.44"]
    assert tried["settlements"][0]["rests_on"]["claim"] == "c1"
    assert office.run("payout", "list", "pact") == []
    assert "d1 is upheld" in office.say(*words, *key)
    assert [one["amount"] for one in office.run("payout", "list", "pact")] == ["6229.44"]


def test_an_approved_amendment_shows_what_it_makes_due(office: "Office") -> None:
    office.start()
    office.find("c1", "1000", "p1")
    office.run("settle", "pact")
    change = {
        "schema": "almoner.amendment/1",
        "of": office.run("agreement", "show", "pact")["terms_sha256"],
        "effective_on": "2024-01-01",
        "reason": "a better price",
        "changes": [{"op": "replace", "path": "/clauses/0/amount/by/0/value", "value": "16.00"}],
    }
    words = ("agreement", "amend", "pact", office.write("a.json", change), "--act-code", "a1", "--as", "city")
    office.run(*words, *office.keys("city"))
    approve = ("agreement", "approve", "pact", "a1", *office.keys("home"))
    tried = office.run(*approve, "--dry-run", "--explain")
    assert [one["clauses"][0]["due"] for one in tried["settlements"]] == ["880.00"]
    assert "880.00" in office.say(*approve)


def test_every_command_explains_itself_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        said = " ".join(capsys.readouterr().out.replace("│", " ").split())
        assert "Example: almoner" in said, name


@pytest.mark.parametrize("name", ["agreement", "claim", "settle", "payout", "tie"])
def test_help_of_a_command_loads_no_statistics(name: str) -> None:
    script = (
        f"import sys; from almoner.api.cli import main; main([{name!r}, '--help']);"
        "print(sorted({'pandas', 'scipy', 'statsmodels', 'pulp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_what_is_over_soon_shows_nothing_and_what_takes_long_says_how_far_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with bar("Quick") as shown:
        shown(1, 10)
    assert capsys.readouterr().err == ""
    slow = ProgressBar("Importing", patience_s=0)
    slow(4000, 10000)
    slow(5000, 10000)
    slow.stop()
    assert capsys.readouterr().err == "Importing: 4,000 of 10,000\n"


class Terminal(io.StringIO):
    """Standard error that a person looks at."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    slow = ProgressBar("Importing", patience_s=0)
    slow(4000, 10000)
    slow(10000, 10000)
    slow.stop()
    drawn = sys.stderr
    assert isinstance(drawn, Terminal)
    assert "Importing" in drawn.getvalue()
    assert "10000/10000" in drawn.getvalue()


def test_a_refusal_as_json_carries_its_figures(office: "Office") -> None:
    office.start()
    assert main(["agreement", "close", "pact", "--db", office.url, "--json"]) == 4
    problem = json.loads(office.capsys.readouterr().out)
    assert problem["status"] == 409
    assert problem["figures"]["state"] == "active"
