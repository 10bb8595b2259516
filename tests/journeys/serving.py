"""A real server for browsers, and the people who sign in at it."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import NAMESPACE_DNS, uuid5

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from tests.doors.people import PEOPLE, Asker

from almoner.api.identity import Grant
from almoner.api.outbound import Guard, post
from almoner.api.records import grants, persons
from almoner.api.records.page_sessions import start_page_session
from almoner.api.records.tokens import SignInSession, keep_refresh_token
from almoner.api.vault import Vault
from almoner.api.worker import Sealer, Worker, work_off
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import Engine, Session, UnitOfWork

VAULT = Vault(keys=(bytes(range(32)),))
GUARD = Guard(local=True)
PASSWORD = "correct horse battery staple"  # noqa: S105  # of nobody


@dataclass(slots=True)
class Hand:
    """A clock whose hand a journey moves."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **by: float) -> None:
        """Let time pass: ``wait(days=3)``."""
        self.at += timedelta(**by)


@dataclass(slots=True, kw_only=True)
class World:
    """What a journey plays in: a server, its database, its clock, and clients of its operations.

    ``ask(name)`` is a client in somebody's name, to lay out what the journey begins with.
    """

    address: str
    engine: Engine
    hand: Hand
    app: FastAPI
    _known: dict[str, Asker] = field(default_factory=dict)

    def ask(self, name: str = "") -> Asker:
        """Return a client of the operations in somebody's name."""
        return self._known.setdefault(name, Asker(self.app, name))

    def work(self, *, turns: int = 3) -> None:
        """Do what waits in the background: jobs, checkpoints, messages to webhooks."""
        worker = Worker(
            engine=self.engine,
            clock=self.hand,
            name="journey",
            sealer=Sealer(name="example.org", secret=bytes(32), every=timedelta()),
            post=partial(post, guard=GUARD),
            vault=VAULT,
        )
        work_off(worker, turns=turns)

    def cookie_of(self, name: str) -> str:
        """Sign somebody in, and return what their cookie holds."""
        now = self.hand()
        with Session(self.engine) as session, session.begin():
            family = uuid5(NAMESPACE_DNS, f"{name}-{now}")
            held = SignInSession(person=name, family=family, authenticated_at=now)
            return start_page_session(session, keep_refresh_token(session, held, now), now)


def enrol_people(
    engine: Engine,
    clock: Callable[[], datetime],
    password_hash: str,
    people: Mapping[str, tuple[Grant, ...]] = PEOPLE,
) -> None:
    """Register people who sign in with one password, and grant them their roles."""
    with UnitOfWork(engine) as session:
        for name, held in people.items():
            admin = any(one.role == "admin" for one in held)
            person = persons.Person(code=name, name=name.title(), login=name, admin=admin, created_at=clock())
            persons.keep_person(session, person, password_hash=password_hash)
            for one in held:
                if one.role != "admin":
                    grants.keep_grant(session, find_book_id(session, one.book), _grant(name, one, clock()))


def _grant(name: str, held: Grant, now: datetime) -> grants.RoleGrant:
    return grants.RoleGrant(
        id=uuid5(NAMESPACE_DNS, f"{name}-{held.role}-{held.party}"),
        book=held.book,
        person=name,
        party=held.party,
        role=held.role,
        engagement=held.engagement,
        valid_from=now,
        granted_by="ada",
        confirmed_by="operator",
    )


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of this machine, and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
