"""A small world behind the doors: people by name, each with roles, and a client that asks in their name."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from types import ModuleType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from almoner.api.door import Door
from almoner.api.identity import Caller, Grant, Identify
from almoner.api.routing import routes_of
from almoner.finance.dates import Clock
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Engine

Json = Any
KEYS = count(1)


def grants_of(*roles: tuple[str, str, str], book: str = "main") -> tuple[Grant, ...]:
    """Return grants from (role, party, engagement)."""
    return tuple(Grant(book=book, role=role, party=party, engagement=on) for role, party, on in roles)  # type: ignore[arg-type]  # roles are written out in the tests


PEOPLE: Mapping[str, tuple[Grant, ...]] = {
    "fiona": grants_of(("funder", "foundation", "")),
    "frank": grants_of(("funder", "foundation", "")),
    "mira": grants_of(("intermediary", "almoner", "")),
    "milo": grants_of(("intermediary", "almoner", "")),
    "ivo": grants_of(("investor", "investor", "")),
    "hana": grants_of(("hub", "hub-a", "")),
    "hugo": grants_of(("hub", "hub-b", "")),
    "eva": grants_of(("evaluator", "lab", "")),
    "emil": grants_of(("evaluator", "second-lab", "")),
    "jana": grants_of(("judge", "jana", "")),
    "jonas": grants_of(("judge", "jonas", "")),
    "ada": (Grant(book="*", role="admin", party=""),),
    "nora": (),
}


def secret_of(party: str) -> bytes:
    """Return the secret key of a party of the tests."""
    return hashlib.sha256(party.encode()).digest()


def signed(party: str, content: str) -> str:
    """Sign bytes, both in hexadecimal digits, with the key of a party."""
    return sign_bytes(secret_of(party), bytes.fromhex(content)).hex()


def identify_by_name(clock: Clock, people: Mapping[str, tuple[Grant, ...]] = PEOPLE) -> Any:  # noqa: ANN401  # an Identify
    """Return an identity that believes the header: ``Bearer NAME``; ``Key NAME``, ``Stale NAME``."""

    def identify(request: Request) -> Caller | None:
        way, _, name = request.headers.get("Authorization", "").partition(" ")
        if name not in people:
            return None
        age = timedelta(hours=1) if way == "Stale" else timedelta()
        return Caller(
            person=name,
            grants=people[name],
            authenticated_at=clock() - age,
            api_key=f"{name}-key" if way == "Key" else None,
        )

    return identify


def small_app(engine: Engine, identify: Identify, clock: Clock, *nouns: ModuleType) -> FastAPI:
    """Return an application that serves the operations of these modules alone: it is made sooner."""
    door = Door(engine=engine, identify=identify, clock=clock, secret=b"s" * 32)
    app = FastAPI()
    app.include_router(routes_of(door, [one for noun in nouns for one in noun.OPERATIONS]))
    return app


class Asker:
    """A client in somebody's name; every write gets a key of its own unless one is given."""

    def __init__(self, app: FastAPI, name: str = "", way: str = "Bearer") -> None:
        self.client = TestClient(app, raise_server_exceptions=False)
        self.name, self.way = name, way

    def _headers(self, extra: Mapping[str, str] | None, *, key: bool) -> dict[str, str]:
        mine = {"Authorization": f"{self.way} {self.name}"} if self.name else {}
        keyed = {"Idempotency-Key": f"{self.name}-{next(KEYS)}"} if key else {}
        return mine | keyed | dict(extra or {})

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Json:
        """Read."""
        return self.client.get(f"/v1{path}", headers=self._headers(headers, key=False))

    def post(self, path: str, body: Json = None, headers: Mapping[str, str] | None = None) -> Json:
        """Write."""
        return self.client.post(f"/v1{path}", json=body, headers=self._headers(headers, key=True))

    def put(self, path: str, body: Json = None, headers: Mapping[str, str] | None = None) -> Json:
        """Change."""
        return self.client.put(f"/v1{path}", json=body, headers=self._headers(headers, key=True))

    def made(self, path: str, body: Json = None, headers: Mapping[str, str] | None = None) -> Json:
        """Write, and return the body of a success."""
        reply = self.post(path, body, headers)
        assert reply.status_code in {200, 201, 202}, reply.text
        return reply.json()

    def seen(self, path: str) -> Json:
        """Read, and return the body of a success."""
        reply = self.get(path)
        assert reply.status_code == 200, reply.text
        return reply.json()
