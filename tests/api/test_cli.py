import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from almoner import money
from almoner.api.cli import main
from almoner.api.cli.ledger import keep_sealing
from almoner.api.cli.show import DEFAULT_BOOK
from almoner.api.demo.pooled import book_statement
from almoner.api.demo.stage import Stage, open_stage
from almoner.finance import acts, verifier
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import Busy
from almoner.finance.in_kind import in_kind_unit
from almoner.finance.money import grouped
from almoner.finance.records import registry
from almoner.finance.storage import Session, UnitOfWork, open_engine

CASES = Path(__file__).parents[2] / "examples" / "casebook"
DENVER = str(CASES / "denver-sib.json")


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


def test_help_names_every_command_and_costs_no_heavy_import() -> None:
    script = (
        "import sys; from almoner.api.cli import main; code = main(['--help']);"
        "heavy = {'pandas', 'scipy', 'pulp', 'fastapi', 'sqlalchemy', 'numpy', 'alembic'};"
        "print(sorted(heavy & set(sys.modules)), code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[] 0\n")
    assert all(name in done.stdout for name in ("demo", "migrate", "fund", "ledger", "contract", "allocate"))


MALFORMED = [[], ["nope"], ["fund"], ["fund", "show"], ["contract", "bounds", "no-such-file"]]


@pytest.mark.parametrize("words", MALFORMED)
def test_a_malformed_call_exits_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_gifts_in_kind_are_listed_with_their_last_day(
    booked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = fixed_clock(datetime(2026, 1, 15, tzinfo=UTC))
    with UnitOfWork(open_engine(booked)) as session:
        fund = registry.find_fund(session, DEFAULT_BOOK, "pool")
        quantity = money("1200.00", in_kind_unit("hour", 2))
        for code, until in (("k1", date(2026, 3, 1)), ("k2", None)):
            acts.offer_in_kind(session, fund, "bank", quantity, key=code, clock=clock, available_until=until)
    shown = run_json(capsys, "fund", "in-kind", "pool", "--db", booked, "--on", "2026-03-02")
    assert [(one["gift"], one["expired"], one["left"]) for one in shown["gifts"]] == [
        ("k1", "1200.00", "0.00"),
        ("k2", "0.00", "1200.00"),
    ]
    assert (shown["value"], shown["value_unit"], shown["gifts"][0]["value"]) == ("0.00", "USD.v", "")
    assert main(["fund", "in-kind", "pool", "--db", booked, "--on", "2026-03-01"]) == 0
    told = capsys.readouterr().out
    assert "2026-03-01" in told
    assert told.count("1,200.00") == 4


def test_migrate_builds_a_database_that_other_commands_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert main(["ledger", "verify", "--db", url]) == 69
    assert not (tmp_path / "new.db").exists()
    assert run_json(capsys, "migrate", "--db", url)["schema"] == "0005"
    assert main(["ledger", "verify", "--db", url]) == 3


def test_funds_are_shown_as_text_and_as_json(booked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_json(capsys, "fund", "list", "--db", booked)[0]["free"] == "90900319.00"
    assert run_json(capsys, "fund", "show", "pool", "--db", booked)["fees"] == "7484571.00"
    shown = run_json(capsys, "fund", "statement", "pool", "--db", booked, "--through", "2025-12-31")
    assert (shown["sources"], shown["uses"], shown["difference"]) == ("779950166.00", "689049847.00", "0.00")
    for words in ("fund list", "fund show pool", "fund statement pool", "ledger balances"):
        assert main([*words.split(), "--db", booked]) == 0
        assert "90,900,319.00" in capsys.readouterr().out


def test_a_donor_and_a_payment_are_traced(booked: str, capsys: pytest.CaptureFixture[str]) -> None:
    donor = run_json(capsys, "fund", "donor", "pool", "published-contributors", "--db", booked)
    assert donor["difference"] == "0.00"
    payment = next(use for use in donor["uses"] if use["line"] == "transfer")
    traced = run_json(capsys, "fund", "trace", payment["transaction"], "--db", booked)
    assert {row["giver"] for row in traced["shares"]} >= {"published-contributors", "bank"}
    assert main(["fund", "donor", "pool", "bank", "--db", booked]) == 0
    assert main(["fund", "trace", payment["transaction"], "--db", booked]) == 0
    assert "published-contributors" in capsys.readouterr().out


def test_what_is_not_there_exits_3(booked: str, capsys: pytest.CaptureFixture[str]) -> None:
    problem = run_json(capsys, "fund", "show", "nope", "--db", booked, code=3)
    assert (problem["code"], problem["status"], problem["figures"]["code"]) == (
        "storage.missing",
        404,
        "nope",
    )
    assert main(["fund", "show", "pool", "--db", booked, "--book", "nope"]) == 3
    assert main(["challenge", "show", "nope", "--db", booked]) == 3


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://user:secret@host/db",
        "sqlite:////no/such/folder/x.db",
        "postgresql://u:secret@127.0.0.1:1/x",
    ],
)
def test_an_unreadable_database_exits_69_without_its_password(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fund", "list", "--db", url]) == 69
    printed = capsys.readouterr()
    assert "secret" not in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_verify_passes_on_clean_books_and_fails_on_altered_ones(
    booked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_json(capsys, "ledger", "verify", "--db", booked)["verified"] is True
    engine = open_engine(booked)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER balance_moved")
        connection.exec_driver_sql("UPDATE balance SET settled_dr = settled_dr + 1 WHERE settled_dr > 0")
    engine.dispose()
    found = run_json(capsys, "ledger", "verify", "--db", booked, code=1)
    assert any("pool/cash" in finding for finding in found["findings"])
    assert main(["ledger", "verify", "--db", booked]) == 1


def test_terms_are_bounded_and_paid_from_files(capsys: pytest.CaptureFixture[str]) -> None:
    proof = run_json(capsys, "contract", "bounds", DENVER)
    assert (proof["max_liability"], proof["label"]) == ("11420000.00", "attained")
    results = str(CASES / "denver-sib.results.json")
    paid = run_json(capsys, "contract", "pay", DENVER, "--results", results)
    assert all(one["holds"] for one in paid["cases"])
    assert main(["contract", "bounds", DENVER]) == 0
    assert main(["contract", "pay", DENVER, "--results", results]) == 0
    assert "188,349.84" in capsys.readouterr().out


def test_malformed_terms_exit_2_with_the_place_of_each_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = json.loads(Path(DENVER).read_text())
    terms["clauses"][0]["amount"]["as"] = "EUR/2"
    terms["clauses"][1]["to"] = "nobody"
    broken = tmp_path / "terms.json"
    broken.write_text(json.dumps(terms))
    problem = run_json(capsys, "contract", "bounds", str(broken), code=2)
    assert problem["code"] == "terms.invalid"
    paths = {row["path"] for row in problem["figures"]["findings"]}
    assert {"/clauses/0/amount", "/clauses/1/to"} <= paths


def test_our_own_fault_exits_70_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], booked: str
) -> None:
    monkeypatch.setattr("almoner.api.cli.fund.acts", None)
    monkeypatch.delenv("ALMONER_TRACEBACK", raising=False)
    assert main(["fund", "show", "pool", "--db", booked]) == 70
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert "its own fault" in printed


def test_an_unwritable_folder_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert main(["demo", "--db", "sqlite://", "--out", str(blocked / "out")]) == 2
    assert "Cannot use" in capsys.readouterr().err


def test_amounts_are_grouped_by_thousands() -> None:
    assert [grouped(text) for text in ("0.00", "999", "1000", "-1234567.5")] == [
        "0.00",
        "999",
        "1,000",
        "-1,234,567.5",
    ]


def test_a_book_is_sealed_and_a_payment_is_proven(
    booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, out = tmp_path / "key", tmp_path / "proof.json"
    key.write_text("11" * 32 + "\n")
    donor = run_json(capsys, "fund", "donor", "pool", "published-contributors", "--db", booked)
    payment = donor["uses"][0]["transaction"]
    proving = ("ledger", "prove", payment, "--db", booked)
    assert "not sealed yet" in run_json(capsys, *proving, code=3)["detail"]
    words = ("ledger", "seal", "--name", "example.org", "--key-file", str(key), "--db", booked)
    made = run_json(capsys, *words)
    assert made["checkpoint"].startswith(f"example.org/demo\n{made['sealed']['size']}\n")
    assert run_json(capsys, *words)["sealed"] is None
    assert main(list(words)) == 0
    assert "Nothing new in demo" in capsys.readouterr().out
    assert main([*proving, "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert (
        json.loads(out.read_text())
        == run_json(capsys, *proving)
        == run_json(capsys, *proving, "--since", "0")
    )
    script = Path(str(verifier.__file__))
    done = subprocess.run([sys.executable, script, out], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("VALID: entry ")
    assert run_json(capsys, "ledger", "verify", "--db", booked)["verified"] is True
    checking = ("ledger", "verify", "--file", str(out))
    assert run_json(capsys, *checking)["verified"] is True
    assert run_json(capsys, *checking, "--key", "00" * 32, code=1)["verified"] is False
    forged = out.read_text().replace('"index": ', '"index": 1')
    out.write_text(forged)
    assert "not in the log" in run_json(capsys, *checking, code=1)["says"]
    out.write_text("[]")
    assert main(list(checking)) == 1
    assert "INVALID" in capsys.readouterr().out


def test_a_book_is_sealed_for_a_while(
    booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("11" * 32)
    (tmp_path / "key").chmod(0o600)
    words = ("ledger", "seal", "--name", "example.org", "--key-file", str(tmp_path / "key"), "--db", booked)
    assert main([*words, "--every", "0.1", "--for", "0.3", "--json"]) == 0
    printed = capsys.readouterr()
    size = json.loads(printed.out)["sealed"]["size"]
    assert printed.err.splitlines() == [
        "Sealing demo every 0.1 seconds, 4 times at most",
        f"{size} events sealed, 3 times to go",
    ]
    assert main([*words, "--every", "0.1", "--for", "0.1"]) == 0
    assert "Nothing new in demo" in capsys.readouterr().out
    assert main([*words, "--every", "0", "--for", "1"]) == 2
    assert main([*words, "--for", "-1"]) == 2


def test_a_seal_that_finds_the_database_busy_is_tried_again(
    booked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, other = open_engine(booked), open_engine(booked)
    other.dispose()
    event.listen(other, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=20"))
    with Session(engine) as writer:
        writer.connection()
        with pytest.raises(Busy, match="Another session is writing"):
            keep_sealing(other, "demo", "example.org", bytes(32), every_s=0.01, rounds=3)
    assert capsys.readouterr().err.count("Another session is writing") == 2
    made = keep_sealing(other, "demo", "example.org", bytes(32), every_s=0.01, rounds=1)
    assert made is not None
    other.dispose()
    engine.dispose()


def test_the_first_checkpoint_is_printed_for_people(
    booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("AB" * 32)
    words = ("ledger", "seal", "--name", "example.org", "--key-file", str(tmp_path / "key"), "--db", booked)
    assert main(list(words)) == 0
    assert "\n— example.org/demo " in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"11" * 31, b"11" * 33, b"zz" * 32, b"\xff" * 64, b"11 " * 32])
def test_a_malformed_key_file_exits_2_and_is_not_repeated(
    content: bytes, booked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    words = ("ledger", "seal", "--name", "example.org", "--key-file", str(key), "--db", booked)
    assert main(list(words)) == 2
    key.write_bytes(content)
    assert main(list(words)) == 2
    said = capsys.readouterr().err
    assert "64 hexadecimal digits" in said
    assert "1111" not in said
    assert main(["ledger", "prove", "no-identity", "--db", booked]) == 2
    assert main(["ledger", "seal", "--name", "a b", "--key-file", str(key), "--db", booked]) == 2
