"""Commands on accounts and statements, from the words typed to what is printed and written."""

import csv
import io
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from almoner.api.cli import main
from almoner.api.demo.pooled import book_statement
from almoner.api.demo.stage import Stage, open_stage
from almoner.finance.storage import open_engine

ENTRY = {
    "key": "charge",
    "kind": "bank_charge",
    "effective_on": "2026-01-31",
    "payee": "bank",
    "legs": [
        {"account": "pool/pool", "unit": "USD", "side": "debit", "amount": "19.00", "line": "bank_charge"},
        {"account": "pool/cash", "unit": "USD", "side": "credit", "amount": "19.00", "line": "bank_charge"},
    ],
}

PLAIN = json.dumps({"entries": [ENTRY]})


@pytest.fixture
def booked(sqlite_url: str) -> str:
    """Address of a database in which the published statement is booked."""
    engine = open_engine(sqlite_url)
    stage = Stage(engine=engine, notify=lambda _line: None)
    open_stage(stage)
    book_statement(stage)
    engine.dispose()
    return sqlite_url


def run_json(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:  # noqa: ANN401  # any document
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def write(path: Path, *entries: dict[str, Any]) -> str:
    path.write_text(json.dumps({"schema": "almoner.entries/1", "entries": entries}))
    return str(path)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_entries_are_posted_once_and_show_in_every_reading(
    booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "entries.json", ENTRY)
    first = run_json(capsys, "ledger", "post", file, "--db", booked)["posted"]
    again = run_json(capsys, "ledger", "post", file, "--db", booked)["posted"]
    assert [row["answer"] for row in first + again] == ["posted", "posted before"]
    assert first[0]["transaction"] == again[0]["transaction"]
    held = run_json(capsys, "ledger", "balance", "pool/cash", "--db", booked)
    assert (held["balance"], held["free"], held["on"]) == ("90900300.00", "90900300.00", None)
    was = run_json(capsys, "ledger", "balance", "pool/cash", "--on", "2025-12-31", "--db", booked)
    assert was["balance"] == "90900319.00"
    words = ("ledger", "history", "pool/cash", "--after", "2025-12-31", "--db", booked)
    history = run_json(capsys, *words)
    assert (history["opening"], history["closing"]) == ("90900319.00", "90900300.00")
    assert [(row["payee"], row["credits"], row["unit"]) for row in history["entries"]] == [
        ("bank", "19.00", "USD")
    ]
    shares = run_json(capsys, "ledger", "trace", first[0]["transaction"], "--db", booked)["shares"]
    assert sum(Decimal(row["amount"]) for row in shares) == 19
    uses = run_json(capsys, "ledger", "uses", "statement/contributions", "--db", booked)["uses"]
    mine = [row["amount"] for row in uses if row["transaction"] == first[0]["transaction"]]
    assert mine == [row["amount"] for row in shares if row["giver"] == "published-contributors"]
    assert run_json(capsys, "ledger", "verify", "--db", booked)["verified"] is True


def test_entries_are_read_from_standard_input(
    booked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = json.dumps({"entries": [ENTRY]}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert main(["ledger", "post", "-", "--db", booked]) == 0
    assert "charge" in capsys.readouterr().out


def test_a_refused_entry_leaves_nothing_of_the_document(
    booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = json.loads(PLAIN.replace("19.00", "19.01", 1).replace("charge", "second", 1))["entries"][0]
    file = write(tmp_path / "entries.json", ENTRY, second)
    problem = run_json(capsys, "ledger", "post", file, "--db", booked, code=4)
    assert (problem["code"], problem["figures"]["difference"]) == ("ledger.unbalanced", "0.01")
    held = run_json(capsys, "ledger", "balance", "pool/cash", "--db", booked)
    assert held["balance"] == "90900319.00"


FAULTS = {
    "no document": (b"nonsense", "document.invalid", 2),
    "a float": (PLAIN.replace('"19.00"', "19.0").encode(), "document.invalid", 2),
    "too many digits": (
        PLAIN.replace("19.00", "19.001").encode(),
        "money.too_precise",
        2,
    ),
    "an unknown unit": (
        PLAIN.replace("USD", "UDS").encode(),
        "money.unknown_unit",
        2,
    ),
    "no such account": (
        PLAIN.replace("pool/cash", "pool/till").encode(),
        "storage.missing",
        3,
    ),
    "more than there is": (
        PLAIN.replace("19.00", "90900319.01").encode(),
        "fund.insufficient",
        4,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_document_exits_by_its_cause(
    booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    raw, code, exit_code = FAULTS[name]
    (tmp_path / "entries.json").write_bytes(raw)
    words = ("ledger", "post", str(tmp_path / "entries.json"), "--db", booked)
    assert run_json(capsys, *words, code=exit_code)["code"] == code
    assert main([*words[:2], str(tmp_path / "none.json"), "--db", booked]) == 2


def test_the_trial_balance_is_exact_in_every_rendering(
    booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = run_json(capsys, "ledger", "statement", "--db", booked)
    assert {row["difference"] for row in made["sums"]} == {"0.00"}
    assert made["below_floor"] == []
    table, page = tmp_path / "trial.csv", tmp_path / "trial.html"
    assert main(["ledger", "statement", "--csv", str(table), "--html", str(page), "--db", booked]) == 0
    assert capsys.readouterr().out == ""
    rows = read(table.read_bytes().decode())
    settled = [row for row in rows if row["section"] == "settled"]
    assert {row["account"]: row["balance"] for row in settled}["pool/cash"] == "90900319.00"
    assert "90,900,319.00" in page.read_text(encoding="utf-8")
    assert main(["ledger", "statement", "--on", "2025-12-30", "--db", booked]) == 0
    assert "settled" not in capsys.readouterr().out
    assert main(["ledger", "statement", "--db", booked]) == 0
    assert "90,900,319.00" in capsys.readouterr().out


def test_a_statement_is_printed_in_the_funds_own_form(
    booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = ("--form", "unpbf/1", "--reported", "po_expenditure=535464931")
    made = run_json(capsys, "fund", "statement", "pool", *form, "--db", booked)
    rows = {row["name"]: row for part in made.values() if isinstance(part, list) for row in part}
    assert (rows["agent_balance"]["amount"], rows["total_balance"]["amount"]) == ("90900319", "200540241")
    assert (rows["agent_balance_share"]["percent"], made["difference"]) == ("12.0", "0.00")
    own = Path(__file__).parents[2] / "finance" / "forms" / "unpbf.2.json"
    page = tmp_path / "form.html"
    words = ["fund", "statement", "pool", "--form", str(own), "--html", str(page), "--paper", "Letter"]
    assert main([*words, "--db", booked]) == 0
    text = page.read_text(encoding="utf-8")
    assert "Balance with the administrative agent" in text
    assert "size: Letter" in text
    assert '<tr class="sum"><th scope="row">Balance with the administrative agent</th>' in text
    assert '<td class="num">12.0</td>' in text
    for words, code in (
        (["--form", "unpbf/9"], 3),
        (["--form", "none.json"], 2),
        (["--form", "unpbf/1", "--reported", "weather=1"], 2),
        (["--form", "unpbf/1", "--reported", "po_expenditure"], 2),
        (["--after", "2026-01-02", "--through", "2026-01-01"], 2),
    ):
        assert main(["fund", "statement", "pool", *words, "--db", booked]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_statements_of_donor_and_fund_are_written_as_csv(
    booked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fund", "statement", "pool", "--csv", "-", "--db", booked]) == 0
    rows = read(capsys.readouterr().out)
    assert {row["line"]: row["amount"] for row in rows if row["line"]}["refund"] == "-48030831.00"
    assert {row["unit"] for row in rows} == {"USD"}
    donor = ["fund", "donor", "pool", "published-contributors", "--db", booked]
    assert main([*donor, "--csv", "-"]) == 0
    totals = {row["item"]: row["amount"] for row in read(capsys.readouterr().out) if row["item"]}
    assert totals["difference"] == "0.00"
    shown = run_json(capsys, *donor, "--through", "2025-12-30")
    assert (shown["deposited"], shown["uses"]) == ("0.00", [])


def test_a_long_history_is_read_page_by_page(booked: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("ledger", "history", "pool/cash", "--limit", "4", "--db", booked)
    seen, following = [], None
    while following != "":
        start = ("--start", following) if following else ()
        page = run_json(capsys, *words, *start)
        seen += page["entries"]
        following = page["following"] or ""
    assert len(seen) == 9
    assert seen[-1]["balance"] == "90900319.00"
    assert main([*words, "--start", "nowhere"]) == 2
    assert main(["ledger", "history", "pool/cash", "--limit", "0", "--db", booked]) == 4
    assert main(["ledger", "history", "pool/pool", "--earmark", "north", "--db", booked]) == 3
    assert "pool/pool USD unrestricted" in capsys.readouterr().err
    empty = run_json(capsys, "ledger", "history", "pool/cash", "--layer", "encumbered", "--db", booked)
    assert (empty["layer"], empty["entries"]) == ("encumbered", [])


@pytest.mark.parametrize(
    "words",
    [
        "fund statement",
        "fund donor",
        "fund trace",
        *(f"ledger {one}" for one in ("post", "balance", "history", "statement", "trace", "uses")),
    ],
)
def test_help_shows_an_example_and_the_json_option(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert "almoner " in said.split("Example")[1]
    assert "--json" in said
