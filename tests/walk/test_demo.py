"""The main job on real cases, through the command line, on both databases."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from almoner.api.cli import main

Summary = dict[str, Any]
UNEQUAL = ("run", "timings")


def play(url: str, out: Path, capsys: pytest.CaptureFixture[str]) -> Summary:
    assert main(["demo", "--db", url, "--out", str(out), "--json"]) == 0
    printed: Summary = json.loads(capsys.readouterr().out)
    assert json.loads((out / "summary.json").read_text()) == printed
    return printed


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('demo') / 'almoner.db'}"


def test_the_demonstration_shows_what_it_promises(
    empty_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = play(empty_file, tmp_path, capsys)
    fund, statement, contracts = summary["fund"], summary["statement"], summary["contracts"]
    for name in ("contributions", "in_kind", "fees", "committed", "encumbered", "disbursed", "free"):
        assert Decimal(fund[name]) > 0, name
    assert (statement["sources"], statement["uses"], statement["difference"]) == (
        "779950166.00",
        "689049847.00",
        "0.00",
    )
    assert statement["balance"] == statement["published"]["balance"] == "90900319.00"
    assert all(row["amount"] == row["published"] for row in statement["lines"])
    assert {row["id"]: row["paid"] for row in contracts} == {
        "cameroon-kmc-dib": "2430000.00",
        "care-leavers-0123": "848540.00",
        "denver-sib": "9638911.36",
        "newpin-sbb": "1998500.00",
        "rikers-able": "0.00",
    }
    for row in contracts:
        assert row["match"] is True
        assert row["encumbered"] == row["max_liability"]
        assert Decimal(row["paid"]) <= Decimal(row["earned"])
        assert Decimal(row["paid"]) + Decimal(row["still_encumbered"]) == Decimal(row["max_liability"])
    assert summary["ledger"]["unbalanced"] == 0
    assert summary["ledger"]["verified"] is True
    assert summary["run"]["repeated"] is False


def test_the_fund_adds_up(empty_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for fund in play(empty_file, tmp_path, capsys)["funds"]:
        names = set(fund) - {"code", "title", "unit", "earmarks", "in_kind_unit"}
        sums = {name: Decimal(fund[name]) for name in names}
        came = sums["contributions"] + sums["income"] + sums["refunds"]
        assert came == sums["fees"] + sums["other_costs"] + sums["disbursed"] + sums["balance"]
        assert sums["balance"] == sums["committed"] + sums["encumbered"] + sums["free"]
        assert sum(Decimal(row["balance"]) for row in fund["earmarks"]) == sums["balance"]


def test_the_allocation_knows_complements_and_its_earmark_binds(
    empty_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allocation = play(empty_file, tmp_path, capsys)["allocation"]
    assert Decimal(allocation["objective"]) <= Decimal(allocation["bound"])
    assert Decimal(allocation["gap"]) <= Decimal("0.0001")
    assert "earmark/north" in allocation["binding"]
    assert Decimal(allocation["left"]["north"]) > 0
    assert {"breakfast-club", "reading-club"} <= set(allocation["funded"])
    assert "shared-housing" not in allocation["funded"]
    best = Decimal(allocation["objective"])
    assert all(Decimal(worth) < best for worth in allocation["simple_rules"].values())


def test_the_ballots_reproduce_the_published_awards(
    empty_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    challenge = play(empty_file, tmp_path, capsys)["challenge"]
    counted = tuple(challenge[name] for name in ("applications", "eligible", "judges", "awards"))
    assert counted == (230, 230, 108, 207)
    assert challenge["match"] is True
    assert Decimal(challenge["worst_difference"]) <= Decimal("0.000001")
    assert challenge["awarded"] == "10000000.00000000"


def test_a_donors_money_is_followed_to_the_cent(
    empty_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    donor = play(empty_file, tmp_path, capsys)["donor"]
    assert donor["difference"] == "0.00"
    assert sum(Decimal(use["amount"]) for use in donor["uses"]) == Decimal(donor["used"])
    for payment in donor["traced_payments"]:
        assert sum(Decimal(row["amount"]) for row in payment["givers"]) == Decimal(payment["amount"])
    assert max(len(payment["givers"]) for payment in donor["traced_payments"]) > 1


def test_a_second_run_changes_nothing_and_says_so(
    empty_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = play(empty_file, tmp_path / "1", capsys)
    second = play(empty_file, tmp_path / "2", capsys)
    assert second["run"] == {"new_transactions": 0, "repeated": True}
    assert {key: first[key] for key in first if key not in UNEQUAL} == {
        key: second[key] for key in second if key not in UNEQUAL
    }
    assert (tmp_path / "1" / "report.html").read_bytes() == (tmp_path / "2" / "report.html").read_bytes()
    assert main(["demo", "--db", empty_file, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "nothing was changed" in printed.out
    assert "[1/" in printed.err


def test_postgresql_gives_the_same_summary(
    empty_file: str, postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = play(empty_file, tmp_path / "s", capsys)
    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    theirs = play(plain, tmp_path / "p", capsys)
    assert theirs["run"]["repeated"] is False
    assert {key: ours[key] for key in ours if key not in UNEQUAL} == {
        key: theirs[key] for key in theirs if key not in UNEQUAL
    }
