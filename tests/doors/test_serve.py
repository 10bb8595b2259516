"""A real process: it starts with good settings only, loses no request at its end, and tells no secret."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.doors.conftest import PARTIES

from almoner import currency
from almoner.api.cli import main
from almoner.finance import acts
from almoner.finance.parties import Party
from almoner.finance.storage import UnitOfWork, open_engine

RUN = [sys.executable, "-c", "import sys; from almoner.api.cli import main; sys.exit(main())"]
PASSWORD = "canary-pa55word of a long sentence"  # noqa: S105  # of a test
NAME, BODY, PARAMETER, KEY = ("canary-of-" + what for what in ("a-name", "a-body", "a-parameter", "a-key"))
FUND = "/v1/books/main/funds/water"
PATIENCE_S = 60.0


@dataclass
class Served:
    """A process that serves, and what it wrote."""

    port: int
    process: "subprocess.Popen[str]"
    secrets: Path
    lines: list[str] = field(default_factory=list)

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def secret(self, name: str) -> str:
        return (self.secrets / f"almoner_{name}").read_text()


def environment(secrets: Path, url: str, **more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ALMONER_")}
    mine = {"ALMONER_SECRETS_DIR": str(secrets), "ALMONER_DB": url, "ALMONER_SIGNED_IN": "0"}
    return {**plain, **mine, "ALMONER_ANONYMOUS": "0", "ALMONER_NOTICE": "1", **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    assert main(["secrets", str(tmp_path / "secrets")]) == 0
    return tmp_path / "secrets"


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> str:
    """Address of a database with a book, a fund, and a funder who signs in with a password."""
    engine = open_engine(database_url)
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        for code in PARTIES:
            acts.register_party(session, "main", Party(code=code, name=code.title()))
        acts.open_fund(session, "main", "water", currency("USD"), title="Water")
    engine.dispose()
    (tmp_path / "password").write_text(PASSWORD)
    given = ["--db", database_url]
    add = ["user", "add", "fiona", "--name", NAME, "--login", "fiona"]
    assert main([*add, "--password-file", str(tmp_path / "password"), *given]) == 0
    grant = ["user", "grant", "fiona", "funder", "--party", "foundation", "--book", "main"]
    assert main([*grant, "--confirmed-by", "chair", *given]) == 0
    return database_url


@pytest.fixture
def served(installation: str, secrets: Path) -> Iterator[Served]:
    port = free_port()
    process = subprocess.Popen(
        [*RUN, "serve", "--with-worker", "--port", str(port)],
        env=environment(secrets, installation),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    one = Served(port, process, secrets)
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: one.lines.extend(process.stdout or ()))
    reader.start()
    try:
        _wait_until_ready(one)
        yield one
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def _wait_until_ready(one: Served) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert one.process.poll() is None, one.lines
        try:
            if one.ask("GET", "/ops/ready")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(one.lines)


def _sign_in(one: Served) -> dict[str, str]:
    given = {"grant_type": "password", "username": "fiona", "password": PASSWORD}
    status, content = one.ask("POST", "/v1/auth/tokens", body=given)
    assert status == 200, content
    return dict(json.loads(content))


def _reading(one: Served, token: str, leave: threading.Event, seen: list[object]) -> None:
    """Read over one connection as long as it is good, as a client behind a balancer does."""
    connection = HTTPConnection("127.0.0.1", one.port, timeout=PATIENCE_S)
    while not leave.is_set():
        try:
            connection.request("GET", FUND, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            seen.append(answer.status)
        except OSError as fault:
            seen.append(fault)
            return
    connection.close()


def test_a_process_serves_ends_without_losing_a_request_and_tells_no_secret(served: Served) -> None:
    tokens = _sign_in(served)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert served.ask("GET", FUND, headers=bearer)[0] == 200
    assert served.ask("GET", FUND)[0] in {401, 404}
    assert served.ask("GET", "/ops/metrics")[0] == 401
    assert served.ask("GET", "/ops/metrics", headers=bearer)[0] == 401
    status, figures = served.ask(
        "GET", "/ops/metrics", headers={"Authorization": f"Bearer {served.secret('metrics_token')}"}
    )
    assert status == 200
    assert b'almoner_requests_total{operation="fund.read",status="200"} 1.0' in figures
    assert b'almoner_free_minor{book="main",fund="water",unit="USD"} 0.0' in figures
    _say_canaries(served, tokens)

    leave, seen = threading.Event(), list[object]()
    clients = [
        threading.Thread(target=_reading, args=(served, tokens["access_token"], leave, seen))
        for _ in range(4)
    ]
    for client in clients:
        client.start()
    while len(seen) < 20:
        time.sleep(0.02)
    served.process.send_signal(signal.SIGTERM)
    while served.ask("GET", "/ops/ready")[0] == 200:
        time.sleep(0.05)
    leave.set()
    for client in clients:
        client.join()
    assert set(seen) == {200}
    assert served.process.wait(PATIENCE_S) == 0
    _require_silence(served, tokens)


def _say_canaries(one: Served, tokens: Mapping[str, str]) -> None:
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    wrong = {"grant_type": "password", "username": NAME, "password": BODY + "-wrong"}
    assert one.ask("POST", "/v1/auth/tokens", body=wrong)[0] == 401
    write = {**bearer, "Idempotency-Key": KEY}
    assert one.ask("POST", "/v1/books/main/earmarks", body={"code": BODY}, headers=write)[0] >= 400
    assert one.ask("GET", f"{FUND}?note={PARAMETER}", headers=bearer)[0] == 400
    assert one.ask("GET", f"/v1/books/main/funds/{tokens['refresh_token']}", headers=bearer)[0] >= 400
    assert one.ask("GET", f"/v1/api-keys/{tokens['access_token'][:60]}", headers=bearer)[0] >= 400


def _require_silence(one: Served, tokens: Mapping[str, str]) -> None:
    said = [line for line in one.lines if line.startswith("{")]
    requests = [line for line in map(json.loads, said) if line["event"] == "request"]
    assert {line["operation"] for line in requests} >= {"token.issue", "fund.read"}
    reads = [line for line in requests if line["operation"] == "fund.read" and line["status"] == 200]
    assert all(line["caller"] == "fiona" and line["statements"] > 0 for line in reads)
    whole = "".join(one.lines)
    kept = [path.read_text().strip() for path in one.secrets.iterdir()]
    for canary in (
        PASSWORD,
        NAME,
        BODY,
        PARAMETER,
        KEY,
        *tokens.values(),
        tokens["access_token"][:60],
        *kept,
    ):
        assert not isinstance(canary, str) or canary not in whole


def test_a_process_without_a_good_secret_does_not_start(tmp_path: Path, secrets: Path) -> None:
    (secrets / "almoner_secret").write_text("changeme" * 5)
    (secrets / "almoner_seal_key").unlink()
    given = environment(secrets, f"sqlite:///{tmp_path}/almoner.db")
    ended = subprocess.run([*RUN, "serve"], env=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "ALMONER_SECRET " in ended.stderr
    assert "ALMONER_SEAL_KEY is missing" in ended.stderr
    assert "changeme" not in ended.stderr + ended.stdout
