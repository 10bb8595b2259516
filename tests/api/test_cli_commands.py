"""Every command in turn: help with an example, JSON, and what shells complete."""

import shutil
import subprocess
from pathlib import Path

import pytest

from almoner.api.cli import main
from almoner.api.cli.call import find_operation, read_options
from almoner.api.cli.completion import commands_of, script_of
from almoner.api.cli.entry import COMMANDS
from almoner.api.cli.remote import REMOTE, goes_out
from almoner.api.cli.tree import CommandTold, command_of
from almoner.api.client import Server, address_of
from almoner.api.errors import OutboundRefused
from almoner.api.problems import exit_of_code
from almoner.api.routes import OPERATIONS
from almoner.finance.errors import DocumentInvalid

RUNNING = {"serve", "worker"}  # they print log lines, each a JSON document, until they are stopped
BASH = shutil.which("bash") or ""


def every_command() -> list[tuple[str, CommandTold]]:
    return [
        (f"{noun} {verb}".strip(), told)
        for noun in COMMANDS
        for verb, told in (command_of(noun).verbs or {"": command_of(noun)}).items()
    ]


def test_every_command_has_an_example_of_itself_and_prints_json() -> None:
    found = every_command()
    assert len(found) > 130
    strange = [
        words
        for words, told in found
        if not any(f"almoner {name} " in f"{' '.join(told.help.split())} ".replace(".", " ") for name in
                   (words, words.replace("fund trace", "ledger trace")))
    ]  # fmt: skip
    assert strange == []
    assert [words for words, told in found if "--json" not in told.options and words not in RUNNING] == []
    assert all(told.about and not told.about.endswith("..") for _, told in found)


def test_options_of_call_hide_no_part_and_no_parameter_of_an_operation() -> None:
    taken = {option.removeprefix("--") for option in command_of("call").options} - {"book"}
    hidden = [
        (one.name, name)
        for one in OPERATIONS
        for name in (*one.named_parts, *one.parameters)
        if name.replace("_", "-") in taken
    ]
    assert hidden == []


def test_commands_that_ask_a_server_are_commands_and_fill_the_address_of_an_operation() -> None:
    known = {one.name: one for one in OPERATIONS}
    for (noun, verb), remote in REMOTE.items():
        assert verb in command_of(noun).verbs
        operation = known[remote.operation]
        assert not operation.writes
        named = {*remote.words, "book"}
        assert set(operation.named_parts) <= named
        assert named - {"book"} <= {*operation.named_parts, *operation.parameters}


def test_a_server_named_for_a_command_on_a_database_is_refused_and_not_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(DocumentInvalid, match="works on a database"):
        goes_out(["ledger", "seal", "--server", "https://giving.example"])
    with pytest.raises(DocumentInvalid, match="not both"):
        goes_out(["fund", "list", "--server=https://giving.example", "--db", "sqlite:///x.db"])
    monkeypatch.setenv("ALMONER_SERVER", "https://giving.example")
    with pytest.raises(DocumentInvalid, match="works on a database"):
        goes_out(["ledger", "seal"])
    assert goes_out(["fund", "list"])
    assert not goes_out(["fund", "list", "--db", "sqlite:///x.db"])
    assert not goes_out(["contract", "bounds", "terms.json"])


@pytest.mark.parametrize(
    "address",
    [
        "http://giving.example",
        "ftp://127.0.0.1",
        "https://user:word@giving.example",
        "https://giving.example/?a=b",
        "http://127.0.0.1.giving.example",
        "giving.example",
        "",
    ],
)
def test_a_key_is_sent_to_no_address_in_the_clear(address: str) -> None:
    read = find_operation("fund.list")
    with pytest.raises(OutboundRefused):
        address_of(Server(address=address, credential="alm_1_2"), read, {"book": "main"})


def test_a_part_of_an_address_stays_one_part() -> None:
    read = find_operation("fund.read")
    made = address_of(Server(address="http://[::1]:8080/giving"), read, {"book": "..", "fund": "a/b?c"})
    assert made == "http://[::1]:8080/giving/v1/books/%2E%2E/funds/a%2Fb%3Fc"


def test_options_of_an_operation_are_refused_by_name() -> None:
    read = find_operation("fund.read")
    assert read_options(read, ["--fund", "water"], "main") == ({"book": "main", "fund": "water"}, {})
    for words, told in (
        ([], "needs --fund"),
        (["--fund", "a", "--fund", "b"], "stands twice"),
        (["--fund"], "out of place"),
        (["water"], "out of place"),
        (["--fnd", "a"], "takes no --fnd"),
    ):
        with pytest.raises(DocumentInvalid, match=told):
            read_options(read, words, "main")


def test_exit_codes_of_answers_are_those_of_refusals_on_a_database() -> None:
    said = [exit_of_code(code, status) for code, status in (
        ("storage.missing", 404), ("fund.insufficient", 409), ("busy.unheard_of", 503),
        ("unheard.of", 500), ("http.not_found", 404), ("unheard.of", 412),
    )]  # fmt: skip
    assert said == [3, 4, 75, 70, 3, 5]


COMPLETED = [
    ("almoner fu", ["fund"]),
    ("almoner fund sh", ["show"]),
    ("almoner fund show pool --d", ["--db"]),
    ("almoner fund show --ser", ["--server"]),
    ("almoner settle pact --dr", ["--dry-run"]),
    ("almoner call fund.re", ["fund.read"]),
    ("almoner nothing x", []),
]


@pytest.mark.skipif(not BASH, reason="there is no bash here")
def test_bash_completes_nouns_verbs_options_and_operations(tmp_path: Path) -> None:
    script = tmp_path / "almoner.bash"
    script.write_text(script_of("bash", commands_of()))
    asked = [
        f"COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMPREPLY=(); _almoner;"
        'echo "${COMPREPLY[@]}"'
        for line, _ in COMPLETED
    ]
    done = subprocess.run(
        [BASH, "-c", "\n".join([f"source {script}", *asked])], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert [line.split() for line in done.stdout.splitlines()] == [words for _, words in COMPLETED]


def test_other_shells_have_a_script_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fish"]) == 0
    fish = capsys.readouterr().out
    assert all(f" -a {name} " in fish for name in COMMANDS)
    assert main(["completion", "zsh"]) == 0
    assert "bashcompinit" in capsys.readouterr().out.splitlines()[1]
    assert main(["completion", "tcsh"]) == 2


def test_the_document_lists_which_commands_ask_a_server_and_whose_json_agrees() -> None:
    text = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text()
    for (noun, verb), remote in REMOTE.items():
        agrees = "yes" if remote.same else "the shape of the API"
        assert f"| `{noun} {verb}` | `{remote.operation}` | {agrees} |" in text
