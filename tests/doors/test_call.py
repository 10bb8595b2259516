"""The command line against a running server: the same words, the same exit codes, one booking for one key."""

import json
import socket
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from tests.doors.deals import document_of

from almoner import currency, money
from almoner.api.cli import main
from almoner.api.cli.remote import REMOTE
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import Engine, UnitOfWork
from almoner.finance.ties import Tie

Say = Callable[..., Any]
GIFT = ["--fund", "water", "--field", "giver=foundation", "--field", "unit=USD"]
OWNED = Tie(kind="owns", from_party="investor", to_party="hub-b", since=date(2026, 1, 1), source="register")


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """A server on this machine."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = monotonic() + 20
    while not server.started and monotonic() < until:
        sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    listening.close()


@pytest.fixture
def say(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Run a command as somebody; returns exit code, JSON or text of standard output, and standard error."""
    monkeypatch.setenv("ALMONER_BOOK", "main")

    def run(person: str, *words: str) -> tuple[int, Any, str]:
        monkeypatch.setenv("ALMONER_TOKEN", person)
        code = main([*words, "--server", address])
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words and out else out, err

    return run


def test_an_operation_is_called_by_its_name_once_for_one_key(say: Say, tmp_path: Path) -> None:
    gift = ["call", "contribution.book", *GIFT, "--field", "amount=250.00", "--json"]
    code, tried, _ = say("mira", *gift, "--dry-run")
    assert (code, tried["effects"]["balances"][0]["after"]) == (0, "250.00")
    code, made, told = say("mira", *gift)
    assert (code, made["amount"]) == (0, "250.00")
    key = told.split("Idempotency-Key: ")[1].strip()
    again, same, told = say("mira", *gift, "--idempotency-key", key, "--head")
    assert (again, same) == (0, made)
    assert "idempotent-replayed: true" in told
    body = tmp_path / "gift.json"
    body.write_text('{"giver": "foundation", "amount": "1.00", "unit": "USD"}')
    code, _, _ = say("mira", "call", "contribution.book", "--fund", "water", "--body", str(body), "--json")
    assert code == 0
    code, text, told = say("mira", "call", "contribution.list", "--fund", "water", "--limit", "1")
    assert (code, "250.00" in text, "1.00" in text) == (0, True, False)
    cursor = told.split("--cursor ")[1].strip()
    code, text, _ = say("mira", "call", "contribution.list", "--fund=water", f"--cursor={cursor}")
    assert (code, "250.00" in text, "1.00" in text) == (0, False, True)


def test_refusals_end_with_the_exit_code_of_their_cause(say: Say) -> None:
    assert say("mira", "fund", "show", "nope", "--json")[:2][0] == 3
    code, problem, told = say("nobody", "fund", "show", "water", "--json")
    assert (code, problem["code"], problem["status"]) == (4, "auth.required", 401)
    assert told.strip().endswith("[auth.required]")
    assert say("jana", "call", "fund.open", "--field", "code=x", "--field", "title=X", "--field", "unit=USD")[
        0
    ] in {3, 4}
    code, _, told = say("mira", "call", "contribution.book", "--fund", "water", "--field", "giver=foundation")
    assert code == 2
    assert "/amount" in told
    assert say("mira", "call", "fund.raed")[0] == 2
    assert say("mira", "call", "commitment.pay", "--fund", "water", "--field", "nothing=1")[0] == 2


def test_the_secret_of_a_key_is_never_printed(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, told = say("alm_canary_c4nary", "fund", "show", "water")
    assert code == 4
    assert "c4nary" not in out + told
    path = tmp_path / "key"
    path.write_text("mira\n")
    code, _, told = say("mira", "fund", "show", "water", "--key-file", str(path))
    assert code == 2
    assert "both given" in told
    monkeypatch.setattr("os.environ", {"ALMONER_BOOK": "main", "PATH": ""})
    say_without = main  # the environment names no key now
    assert say_without(["fund", "list", "--server", "https://", "--key-file", str(path)]) == 4


def test_commands_on_a_server_print_the_same_as_on_the_database(
    say: Say, engine: Engine, clock: Clock, book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with UnitOfWork(engine) as session:
        fund = find_fund(session, book, "water")
        acts.contribute(session, fund, "foundation", money("99.00", "USD"), key="g", clock=clock)
        acts.open_fund(session, book, "shelter", currency("USD"), title="Shelter")
        acts.tie(session, book, OWNED, clock=clock)
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps({"code": "nights", "document": document_of()}))
    assert say("mira", "call", "agreement.draft", "--body", str(draft))[0] == 0
    words_of = {"fund": ["water"], "agreement": ["nights"]}
    for (noun, verb), remote_of in REMOTE.items():
        if not remote_of.same:
            continue
        words = [noun, verb, *words_of.get(noun, [])]
        code, remote, _ = say("mira", *words, "--json")
        assert (code, bool(remote)) == (0, True)
        if engine.dialect.name == "sqlite":
            assert main([*words, "--json", "--db", str(engine.url)]) == 0
            assert json.loads(capsys.readouterr().out) == remote
    assert {one["code"] for one in say("mira", "fund", "list", "--json")[1]} == {"water", "shelter"}
    code, checked, _ = say("mira", "ledger", "verify", "--json")
    assert (code, checked["verified"]) == (0, True)
    code, text, _ = say("mira", "fund", "show", "water")
    assert "99.00" in text
