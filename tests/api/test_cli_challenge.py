"""A challenge on the command line: the lines of docs/challenges.md run, and leave what they say."""

import json
import os
import re
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from almoner.api.cli import main
from almoner.api.cli.entry import COMMANDS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "challenges.md").read_text(encoding="utf-8")
LOOP = re.compile(r"for (\w+) in \$\(seq (\d+) (\d+)\); do (.+); done")
NOUNS = [name for name in COMMANDS if f"$ almoner {name} " in TEXT and name != "migrate"]


@dataclass
class Said:
    """What a command left: its exit code, and what it printed."""

    code: int
    out: str
    err: str


def run(*words: str) -> Said:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    return Said(code, out.getvalue(), err.getvalue())


def commands(block: str) -> Iterator[tuple[list[str], int]]:
    """Yield every command of a console block with the exit code that the page names."""
    for line in re.findall(r"^\$ (.+)$", block, re.MULTILINE):
        text, _, note = line.partition("  # exits ")
        found = LOOP.fullmatch(text)
        lines = (
            [found[4].replace(f"${found[1]}", str(n)) for n in range(int(found[2]), int(found[3]) + 1)]
            if found
            else [text]
        )
        for one in lines:
            yield shlex.split(one), int(note or 0)


@dataclass
class Walk:
    """A round that was walked as the page says: every command with what it left."""

    said: list[tuple[list[str], Said]]

    def of(self, *words: str) -> Said:
        """Return what the last command that starts so has left."""
        return next(said for line, said in reversed(self.said) if line[: len(words)] == list(words))

    def ask(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401  # any document
        """Run one more command with --json."""
        said = run(*words, "--json")
        assert said.code == code, said.err
        return json.loads(said.out)


@pytest.fixture(scope="module")
def walk(make_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder, before = tmp_path_factory.mktemp("round"), Path.cwd()
    (folder / "examples").symlink_to(ROOT / "examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ALMONER_DB", make_database("sqlite"))
        patch.setenv("ALMONER_BOOK", "rehearsal")
        walk = Walk(list(walked()))
        late = Path("a-1.json").read_text(encoding="utf-8").replace("Wells that", "Pumps that")
        Path("late.json").write_text(late, encoding="utf-8")
        yield walk
    assert Path.cwd() == before


def walked() -> Iterator[tuple[list[str], Said]]:
    for kind, block in re.findall(r"```(python|console)\n(.*?)```", TEXT, re.DOTALL):
        if kind == "python":
            exec(compile(block, "docs/challenges.md", "exec"), {})  # noqa: S102  # our own page
            continue
        for words, code in commands(block):
            if words[0] == "export":
                assert {one.partition("=")[0] for one in words[1:]} <= os.environ.keys()
                continue
            said = run(*words[1:])
            if words[:3] == ["almoner", "score", "clean-water"]:
                source = os.environ["ALMONER_DB"].removeprefix("sqlite:///")
                with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect("scored.db")) as there:
                    here.backup(there)  # a copy of the file would leave behind what waits in its log
            assert said.code == code, f"{shlex.join(words)}: {said.out}{said.err}"
            yield words[1:], said


def test_every_line_of_the_page_leaves_as_it_says(walk: Walk) -> None:
    assert {words[0] for words, _ in walk.said} >= set(NOUNS)
    assert len(walk.said) >= 60
    assert not [words for words, said in walk.said if "Traceback" in said.err]


def pages() -> Iterator[tuple[str, ...]]:
    for noun in NOUNS:
        app = import_module(f"almoner.api.cli.{noun}").app
        if app.registered_callback is None and len(app.registered_commands) == 1:
            yield (noun,)
            continue
        for one in app.registered_commands:
            yield noun, one.name or one.callback.__name__


def test_every_command_has_a_page_of_help_with_an_example() -> None:
    found = list(pages())
    assert len(found) >= 55
    for words in found:
        said = run(*words, "--help")
        assert said.code == 0, words
        shown = re.sub(r"[\s│]+", " ", said.out)
        assert f"Example: almoner {' '.join(words)}" in shown, words


def test_the_round_ends_with_its_money_where_the_awards_say(walk: Walk) -> None:
    awards = walk.ask("award", "list", "clean-water", "--at", "2027-04-28T09:00Z")
    assert sorted(row["amount"] for row in awards) == ["10000.00", "30000.00", "60000.00"]
    assert {row["paid"] for row in awards} == {"0.00", "60000.00"}
    fund = walk.ask("fund", "show", "water-pool")
    assert (fund["committed"], fund["free"]) == ("40000.00", "900000.00")
    (state,) = walk.ask("challenge", "list", "--at", "2027-04-28T09:00Z")
    assert (state["state"], state["applications"], state["awards"]) == ("decided", 12, 3)


def test_what_reads_says_the_same_as_one_json_document(walk: Walk) -> None:
    brief = walk.ask("brief", "show", "clean-water", "--at", "2027-02-01T09:00Z")
    assert (brief["version"], [one["version"] for one in brief["versions"]]) == (2, [1, 2])
    plan = walk.ask("assignment", "show", "clean-water", "panel")
    assert (len(plan["pairs"]), plan["published"], plan["state"]) == (35, True, "optimal")
    lacking = walk.ask("assignment", "shortage", "clean-water", "panel", code=1)
    assert lacking["shortage"]["applications"][0]["application"] == "a-12"
    (frozen,) = walk.ask("calibration", "show", "clean-water", "panel")["calibrations"]
    assert (frozen["parts"][0]["method"], frozen["parts"][0]["reads"]) == ("reml", 35)
    tested = walk.ask("calibration", "sensitivity", "clean-water", "panel", "--person", "chair")
    assert len(tested["parts"][0]["places"]) == 3
    found = walk.ask("conflicts", "rehearsal", "clean-water", "--on", "2027-03-05", code=1)
    hard = [one for one in found["conflicts"] if one["level"] == "hard"]
    assert [(one["judge"], one["application"], one["kind"]) for one in hard] == [("j-3", "a-12", "employee")]
    assert hard[0]["provenance"] == ["j-3 is employed by hub-12 (declared: own statement, by j-3)"]
    (appeal,) = walk.ask("appeal", "list", "clean-water")
    assert (appeal["application"], appeal["ruling"]) == ("a-9", "dismissed")
    assert walk.ask("rating", "show", "clean-water", "--on", "2028-01-31")["families"] == []
    (made,) = walk.ask("commitment", "register", "--on", "2027-05-01")["commitments"]
    assert (made["code"], made["status"]) == ("c-1", "kept")
    report = walk.ask(
        "brief", "simulate", "examples/challenge/round/brief.json", "--applications", "6", "--runs", "3"
    )
    assert (report["runs"], report["payouts"][-1]["maximum"]) == (3, "100000.00")
    assert walk.ask("landscape", "--on", "2027-05-01")["audience"] == "public"


def test_an_appeal_holds_what_its_remedy_would_change(walk: Walk) -> None:
    said = walk.of("appeal", "file").out
    assert "3 awards are held" in said
    assert "Upheld, it would get 10,000.00 USD of prize 0." in said


def test_a_judge_opens_an_entry_without_who_wrote_it(walk: Walk) -> None:
    shown = walk.of("judge", "open")
    assert "Wells that keep working" in shown.out
    assert not re.search(r"hub-|lab-|drilling|60000", shown.out + shown.err)


def test_nobody_sees_before_the_close_what_the_brief_shows_after_it(walk: Walk) -> None:
    line = ("application", "show", "clean-water", "apply", "a-1", "--at")
    assert walk.ask(*line, "2027-02-10T12:00Z") == {}
    assert walk.ask(*line, "2027-03-02T12:00Z") == {"application": {"title": "Wells that keep working"}}
    own = ("--viewer", "own_applicant")
    assert walk.ask(*line, "2027-02-10T12:00Z", *own)["application"]["lead"] == "hub-1"
    hidden = ("application", "show", "clean-water", "panel", "a-12", "--viewer", "chair", "--person", "j-3")
    assert walk.ask(*hidden) == {}


def test_a_packet_is_shown_to_its_applicant_after_the_announcement(walk: Walk) -> None:
    line = ("feedback", "clean-water", "panel", "a-9", "--secret", "pseudonyms.key", "--at")
    assert walk.ask(*line, "2027-04-16T11:00Z") == {}
    packet = walk.ask(*line, "2027-04-17T11:00Z")["feedback"]
    assert (packet["outcome"], packet["reads"]) == ("outside", 3)
    assert "j-1" not in json.dumps(packet)
    page = walk.of("feedback").out
    assert page.index("/feedback/outcome") < page.index("Marks") < page.index("judge-")
    assert walk.ask(*line, "2027-04-17T11:00Z", "--viewer", "other_applicant") == {}


def test_whoever_is_in_conflict_sees_neither_the_entry_nor_figures_of_all(walk: Walk) -> None:
    at = ("--at", "2027-04-16T10:00Z")
    everybody = walk.ask("ranking", "show", "clean-water", "panel", "--person", "chair", *at)
    fewer = walk.ask("ranking", "show", "clean-water", "panel", "--person", "j-3", *at)
    assert (len(everybody["entries"]), len(fewer["entries"])) == (12, 11)
    assert "a-12" not in json.dumps(fewer)
    for line in (
        ("challenge", "decide", "clean-water"),
        ("calibration", "sensitivity", "clean-water", "panel"),
    ):
        refused = walk.ask(*line, "--person", "j-3", *at, code=4)
        assert refused["code"] == "conflict.recused"
        assert "a-12" not in json.dumps(refused)
        assert walk.ask(*line, *at, code=4)["code"] == "conflict.recused"
    assert walk.ask("award", "list", "clean-water", *at, code=4)["code"] == "conflict.recused"
    seen = walk.ask("award", "list", "clean-water", "--person", "j-3", *at)
    assert "a-12" not in {row["application"] for row in seen}


def test_a_file_of_reads_is_taken_whole_or_not_at_all(walk: Walk) -> None:
    rows = [
        "application,judge,trait,mark,comment",
        "a-1,j-1,reach,9.9,",
        "a-1,j-1,proof,2.0,",
        "a-12,j-3,reach,2.0,",
    ]
    Path("faulty.csv").write_text("\n".join(rows), encoding="utf-8")
    before = ("--at", "2027-03-11T12:00Z", "--db", "sqlite:///scored.db")  # before the freeze
    line = ("score", "clean-water", "--csv", "faulty.csv", *before)
    seen = walk.ask(*line, "--dry-run", code=1)
    assert [one["row"] for one in seen["faults"]] == [2, 4]
    assert "9.9 is out of scale" in seen["faults"][0]["message"]
    assert "2 of 2 reads would be refused" in run(*line, "--dry-run").out
    refused = walk.ask(*line, code=2)
    assert refused["code"] == "score.invalid"
    Path("twice.csv").write_text("\n".join([*rows, rows[1]]), encoding="utf-8")
    assert "a second time" in run("score", "clean-water", "--csv", "twice.csv").err
    Path("short.csv").write_text("application,judge\na-1,j-1\n", encoding="utf-8")
    assert "lacks trait, mark" in run("score", "clean-water", "--csv", "short.csv").err


REFUSED = {
    "no such challenge": ("challenge show nope", 3),
    "no such phase": ("calibration show clean-water nope", 3),
    "not in time": ("application submit late.json --at 2027-03-02T09:00Z", 4),
    "ruled otherwise": (
        "appeal rule clean-water a-9 1 --upheld --by ombud --checker head --reason No --at 2027-04-24T09:00Z",
        5,
    ),
    "a brief that is none": ("brief lint a-1.json", 2),
    "no rules named": ("eligibility quiz", 2),
    "no instant": ("challenge show clean-water --at soon", 2),
    "half a beacon": ("ranking advance clean-water panel --by c --beacon-at x", 2),
    "no wishes": ("assignment plan clean-water panel --wishes a-1.json", 2),
    "no mark": ("judge register clean-water j-9 --mark shoe=44", 2),
    "one half of the capacity": ("brief lint a-1.json --judges 3", 2),
    "no read": ("score clean-water", 2),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_leaves_with_the_code_of_its_cause(walk: Walk, name: str) -> None:
    line, code = REFUSED[name]
    refused = walk.ask(*shlex.split(line), code=code)
    assert refused["detail"] in run(*shlex.split(line)).err


def test_a_real_book_takes_the_time_of_the_machine_alone(walk: Walk) -> None:
    refused = walk.ask("challenge", "list", "--book", "main", "--at", "2027-01-05T09:00Z", code=2)
    assert "no book for rehearsal" in refused["detail"]


def test_a_dry_run_of_a_step_writes_nothing(walk: Walk) -> None:
    line = ("challenge", "conclude", "clean-water", "--at", "2027-04-29T09:00Z")
    assert walk.ask(*line, "--dry-run")["written"] is False
    assert walk.ask("challenge", "show", "clean-water", "--at", "2027-04-30T09:00Z")["state"] == "decided"
