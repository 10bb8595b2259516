"""Project Apollo, played as a reader would play it, twice, on both databases; it pays what was published."""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

from almoner.api.cli import main
from almoner.contracts.agreement import AgreementDocument
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.results import ResultsDocument
from almoner.finance.records.tables import EVENT, TXN
from almoner.finance.storage import Engine, Session

EXAMPLES = Path(__file__).parents[2] / "examples"
APOLLO = EXAMPLES / "agreement" / "apollo.json"
CASEBOOK = EXAMPLES / "casebook" / "care-leavers-0123.json"
PUBLISHED = EXAMPLES / "casebook" / "care-leavers-0123.results.json"
PROMISED = (
    "at most 1083550.00 GBP",
    "186 rows, 55 people, 3 faults; nothing is written",
    "ministry disputes 2021-first-weeks for data_error: 1760.00 GBP is frozen",
    "the panel finds partly",
    "2021-first-weeks     8       8  resolution       1,540.00",
    "Paid and published, line by line: equal on all 23",
    "placement_week_1           21        20    4,400.00    4,400.00",
    "all lines                 879       878  848,540.00  848,540.00",
    "closed: 848540.00 GBP paid of at most 1083550.00 GBP; the other 235010.00 GBP is free again",
    "dispute        data_error by ministry: partly",
    "replayed from its events: 9 settlements, no difference",
)


def play(url: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "07_agreement.py", "--db", url, "--out", folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def written(engine: Engine) -> tuple[int, int]:
    with Session(engine) as session:
        events, transactions = (
            session.scalar(select(func.count()).select_from(table)) or 0 for table in (EVENT, TXN)
        )
    return events, transactions


def after_imports(told: str) -> list[str]:
    """Leave out the look before the import, when the rows were not on record yet, and the last line."""
    return told[told.index("Files of 2019") :].splitlines()[:-1]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """Every file of rows, by its name."""
    folder = tmp_path_factory.mktemp("rows")
    subprocess.run([sys.executable, APOLLO.with_name("rows.py"), folder], check=True, capture_output=True)
    texts = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.csv")}
    return {name: list(csv.DictReader(text.splitlines())) for name, text in texts.items()}


def test_played_twice_it_pays_what_was_published_and_changes_nothing(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    told = play(database_url, tmp_path / "first")
    assert [line for line in PROMISED if line not in told] == []
    before = written(engine)
    assert f"{before[1]} transactions verified, {before[0]} events sealed" in told
    again = play(database_url, tmp_path / "second")
    assert f"nothing changed: it was all there, {before[1]} transactions and no new event" in again
    assert after_imports(again) == after_imports(told)
    assert written(engine) == before
    assert files(tmp_path / "first") == files(tmp_path / "second")
    require_whole_trace(tmp_path / "first")


def require_whole_trace(folder: Path) -> None:
    """The trace that it writes leads from a gift to the log."""
    trace = json.loads((folder / "trace.json").read_text(encoding="utf-8"))
    assert sum(int(one["amount"].replace(".", "")) for one in trace["contributions"]) == 154_000
    assert trace["payout"]["amount"] == "1540.00"
    assert [row["value"] for one in trace["determinations"] for row in one["findings"]] == ["8", "7"]
    assert [one["paid_on"] for one in trace["determinations"]] == [False, True]
    assert all(one["proof"] for one in trace["log"])


def test_what_is_signed_are_the_terms_of_the_casebook() -> None:
    signed = AgreementDocument.read(APOLLO.read_bytes())
    assert signed.terms.digest() == TermDocument.read(CASEBOOK.read_bytes()).digest()


def test_the_rows_add_up_to_the_published_counts(rows: dict[str, list[dict[str, str]]]) -> None:
    cases = ResultsDocument.read(PUBLISHED.read_bytes()).cases
    reported = next(case for case in cases if case.id == "all_lines_reported")
    published = {row.of["lines"]: int(row.value) for row in reported.results if row.value != "0"}
    counted = Counter(row["step"] for name, file in rows.items() if name[-5:] != "draft" for row in file)
    assert counted == published


def test_nobody_reaches_a_step_twice_or_before_the_one_it_rests_on(
    rows: dict[str, list[dict[str, str]]],
) -> None:
    ladders = (
        ("course_start", "course_quarter", "course_half", "level_2", "level_3"),
        ("placement_start", "placement_week_1", "placement_week_4"),
        ("job_start", "earned_768", "earned_1631", "earned_3350", "earned_8155"),
    )
    listed = [row for name, file in rows.items() if name[-5:] != "draft" for row in file]
    days = {(row["young_person"], row["step"]): row["reached_on"] for row in listed}
    assert len(days) == len(listed)
    assert len({person for person, _ in days}) <= 131
    for ladder in ladders:
        for lower, upper in pairwise(ladder):
            for person, step in days:
                if step == upper:
                    assert days[person, lower] < days[person, upper]


def walk(folder: Path) -> list[list[str]]:
    """Let the shell expand the walk of the README, and give each command as it would be called."""
    text = APOLLO.with_name("README.md").read_text(encoding="utf-8")
    calls = (
        f"{name}() {{ printf '%s\\0' {name} \"$@\"; printf '\\1\\0'; }}\n" for name in ("almoner", "python")
    )
    script = "".join([*calls, *re.findall(r"```sh\n(.*?)```", text, re.DOTALL)])
    done = subprocess.run(["bash", "-ec", script], capture_output=True, check=True, cwd=folder)
    commands = done.stdout.decode().split("\1\0")[:-1]
    return [one.split("\0")[:-1] for one in commands]


def exit_code(command: str) -> int:
    """Say with which code a command of the walk ends: two are refused, and the text says so."""
    return 1 if "2019-steps-draft" in command else 4 if "settle apollo --claim" in command else 0


def test_the_walk_of_the_readme_runs_from_signing_to_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALMONER_DB", "sqlite:///walk.db")
    monkeypatch.setenv("ALMONER_BOOK", "main")
    (tmp_path / "examples").symlink_to(EXAMPLES)
    told = {}
    for program, *words in walk(tmp_path):
        command = " ".join(words)
        if program == "python":
            subprocess.run([sys.executable, *words], check=True, capture_output=True)
            continue
        assert main(words) == exit_code(command), (command, capsys.readouterr())
        told[command] = capsys.readouterr().out

    def last(start: str) -> str:
        return next(out for command, out in reversed(told.items()) if command.startswith(start))

    assert "1,083,550.00" in last("agreement sign")
    assert "1,760.00 GBP of ministry is kept back." in last("dispute raise")
    assert "235,010.00 GBP of ministry is free again." in last("agreement measure") + last("agreement close")
    assert "claims placement_week_1 7, by count" in last("payout trace")
    assert last("claim list").count("Found:") == 1
    assert "proven under the signed root" in last("payout trace")
    assert "8 steps taken again from the events: the same" in last("agreement replay")
    assert "nothing found" in last("ledger verify")
    assert main(["fund", "show", "leaving-care", "--json"]) == 0
    fund = json.loads(capsys.readouterr().out)
    assert (fund["disbursed"], fund["encumbered"], fund["free"]) == ("848540.00", "0.00", "351460.00")
