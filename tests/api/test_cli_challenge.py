"""A challenge on the command line: the lines of docs/challenges.md run, and leave what they say."""

import json
import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
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
        yield Walk(list(walked()))
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
            assert said.code == code, f"{shlex.join(words)}: {said.out}{said.err}"
            yield words[1:], said


def test_every_line_of_the_page_leaves_as_it_says(walk: Walk) -> None:
    assert {words[0] for words, _ in walk.said} >= set(NOUNS)
    assert len(walk.said) >= 60
    assert not [words for words, said in walk.said if "Traceback" in said.err]
