"""An installation of one's own on this machine: server, worker, and a receiver of webhooks."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from secrets import token_hex
from typing import Any

import uvicorn
from joserfc.jwk import OKPKey

from almoner.api import upgrade
from almoner.api.ids import new_id
from almoner.api.passwords import hash_password
from almoner.api.records import grants, persons
from almoner.api.server import assemble, worker_of
from almoner.api.settings import read_settings
from almoner.api.worker import Sealer, Worker, run_worker
from almoner.finance.dates import system_clock
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import Engine, UnitOfWork, open_engine


@dataclass
class StoryClock:
    """A clock that the story sets, until it comes to today."""

    told: datetime | None = None

    def __call__(self) -> datetime:
        """Return the instant of the story."""
        return self.told or system_clock()

    def go_to(self, day: str) -> None:
        """Go to the morning of a day."""
        self.told = datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC)

    def come_to_today(self) -> None:
        """Let the real clock run from here on."""
        self.told = None


class Receiver(ThreadingHTTPServer):
    """A receiver of webhooks that keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Receiving(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Keep the message."""
        server: Any = self.server
        server.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Print nothing."""


@dataclass(frozen=True)
class Installation:
    """What runs.

    Attributes
    ----------
    url : str
        Of the server.
    """

    url: str
    clock: StoryClock
    receiver: Receiver
    engine: Engine = field(repr=False)

    def keep_first_admin(self, code: str, password: str) -> None:
        """Register the first administrator, as its operator does on the machine itself."""
        person = persons.Person(code=code, name=code, login=code, admin=True, created_at=self.clock())
        with UnitOfWork(self.engine) as session:
            persons.keep_person(session, person, password_hash=hash_password(password))

    def grant_first_funder(self, book: str, person: str, party: str) -> None:
        """Give the first role on money, as the operator does: nobody else is there yet to confirm one."""
        now = self.clock()
        grant = grants.RoleGrant(
            id=new_id(now),
            book=book,
            person=person,
            party=party,
            role="funder",
            valid_from=now,
            granted_by="ada",
            confirmed_by="operator",
        )
        with UnitOfWork(self.engine) as session:
            grants.keep_grant(session, find_book_id(session, book), grant)


@contextmanager
def installed(db: str) -> Iterator[Installation]:
    """Serve a database until the story ends, with secrets made for it alone."""
    engine, clock = open_engine(db), StoryClock()
    upgrade(engine)
    made = {name: token_hex(32) for name in ("secret", "seal_key", "vault_keys", "people_key")}
    signing = OKPKey.generate_key("Ed25519").as_pem(private=True).decode()
    settings = read_settings(db=db, signing_keys=signing, outbound_local=True, **made)
    server, worker = assemble(settings, clock=clock, log=StringIO()), worker_of(settings, clock=clock)
    hasty = Sealer(name="journey.example", secret=bytes.fromhex(made["seal_key"]), every=timedelta())
    with serving(server.app) as url, working(replace(worker, sealer=hasty)), receiving() as receiver:
        yield Installation(url, clock, receiver, engine)
    for one in (server.engine, worker.engine, engine):
        one.dispose()


@contextmanager
def serving(app: Any) -> Iterator[str]:  # noqa: ANN401  # any ASGI application
    """Serve in a thread; stopped, what is under way is answered first."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, ws="none", lifespan="off", log_level="warning", access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def working(worker: Worker) -> Iterator[None]:
    """Run the worker in a thread."""
    stopped = threading.Event()
    thread = threading.Thread(target=run_worker, args=(worker, stopped), kwargs={"pause_s": 0.2})
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen for webhooks in a thread."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
