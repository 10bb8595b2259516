"""The main job on real cases, through the command line, on both databases."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import make_url
from tests.walk.conftest import Summary, play

from almoner.api.cli import main


def equal_parts(summary: Summary) -> Summary:
    return {name: part for name, part in summary.items() if name not in {"run", "timings"}}


def test_the_demonstration_shows_what_it_promises(summary: Summary) -> None:
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


def test_the_fund_adds_up(summary: Summary) -> None:
    for fund in summary["funds"]:
        names = set(fund) - {"code", "title", "unit", "earmarks", "in_kind_unit"}
        sums = {name: Decimal(fund[name]) for name in names}
        came = sums["contributions"] + sums["income"] + sums["refunds"]
        assert came == sums["fees"] + sums["other_costs"] + sums["disbursed"] + sums["balance"]
        assert sums["balance"] == sums["committed"] + sums["encumbered"] + sums["free"]
        assert sum(Decimal(row["balance"]) for row in fund["earmarks"]) == sums["balance"]


def test_the_allocation_knows_complements_and_its_earmark_binds(summary: Summary) -> None:
    allocation = summary["allocation"]
    assert Decimal(allocation["objective"]) <= Decimal(allocation["bound"])
    assert Decimal(allocation["gap"]) <= Decimal("0.0001")
    assert "earmark/north" in allocation["binding"]
    assert Decimal(allocation["left"]["north"]) > 0
    assert {"breakfast-club", "reading-club"} <= set(allocation["funded"])
    assert "shared-housing" not in allocation["funded"]
    best = Decimal(allocation["objective"])
    assert all(Decimal(worth) < best for worth in allocation["simple_rules"].values())


def test_the_ballots_reproduce_the_published_awards(summary: Summary) -> None:
    challenge = summary["challenge"]
    counted = tuple(challenge[name] for name in ("applications", "eligible", "judges", "awards"))
    assert counted == (230, 230, 108, 207)
    assert challenge["match"] is True
    assert Decimal(challenge["worst_difference"]) <= Decimal("0.000001")
    assert challenge["awarded"] == "10000000.00000000"


def test_a_donors_money_is_followed_to_the_cent(summary: Summary) -> None:
    donor = summary["donor"]
    assert donor["difference"] == "0.00"
    assert sum(Decimal(use["amount"]) for use in donor["uses"]) == Decimal(donor["used"])
    for payment in donor["traced_payments"]:
        assert sum(Decimal(row["amount"]) for row in payment["givers"]) == Decimal(payment["amount"])
    assert max(len(payment["givers"]) for payment in donor["traced_payments"]) > 1


def test_a_second_run_changes_nothing_and_says_so(
    summary: Summary, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{folder / 'almoner.db'}"
    assert main(["demo", "--db", url, "--out", str(tmp_path), "--json"]) == 0
    second = json.loads(capsys.readouterr().out)
    assert second == json.loads((tmp_path / "summary.json").read_text())
    assert second["run"] == {"new_transactions": 0, "repeated": True}
    assert equal_parts(second) == equal_parts(summary)
    assert (tmp_path / "report.html").read_bytes() == (folder / "report.html").read_bytes()
    assert main(["demo", "--db", url, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "nothing was changed" in printed.out
    assert "9,638,911.36" in printed.out
    assert "[1/" in printed.err


@pytest.mark.campaign
def test_postgresql_gives_the_same_summary(summary: Summary, postgres_url: str, tmp_path: Path) -> None:
    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    theirs = play(plain, tmp_path)
    assert theirs["run"]["repeated"] is False
    assert equal_parts(theirs) == equal_parts(summary)
