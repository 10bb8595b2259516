"""A filled book served on 127.0.0.1 to the fuzzer, with a token for every kind of caller."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from urllib.request import urlopen

import uvicorn
from fastapi import FastAPI, Request
from joserfc.jwk import OKPKey
from tests.doors.people import PEOPLE

from almoner.api import Caller, Grant, create_app
from almoner.api.door import Door, Hooks, Limits
from almoner.api.identity import Identify, Role
from almoner.api.outbound import read_url
from almoner.api.polling import Streams
from almoner.api.signing_in import credentials_of, identify_by
from almoner.api.tokens import TokenKeys
from almoner.api.vault import Vault
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine, open_engine

from .fuzz_world import Calendar, fill

PARTIES: Mapping[Role, str] = {
    "funder": "foundation",
    "investor": "investor",
    "intermediary": "almoner",
    "hub": "hub-a",
    "evaluator": "lab",
    "judge": "jana",
    "admin": "",
}
EVERYBODY, NOBODY = "everybody", "nobody"
APART = "hub-c"
"""The hub of somebody who holds every role: who competes in a challenge is kept out of its judging."""
BOOK = "main"


def grants_of(name: str) -> tuple[Grant, ...]:
    """Return what the token of a role allows; ``everybody`` holds all of them.

    Examples
    --------
    >>> [(one.role, one.party) for one in grants_of("hub")]
    [('hub', 'hub-a')]
    >>> len(grants_of("everybody"))
    7
    """
    parties: Mapping[Role, str] = {**PARTIES, "hub": APART} if name == EVERYBODY else PARTIES
    if name in PEOPLE:
        return PEOPLE[name]
    return tuple(
        Grant(book="*" if role == "admin" else BOOK, role=role, party=party)
        for role, party in parties.items()
        if name in {role, EVERYBODY}
    )


def identify_with(identify: Identify, clock: Clock) -> Identify:
    """Believe a token that names a role; any other is asked of ``identify``."""

    def identified(request: Request) -> Caller | None:
        name = request.headers.get("Authorization", "").removeprefix("Bearer ")
        grants = grants_of(name)
        if not grants:
            return identify(request)
        return Caller(person=name, grants=grants, authenticated_at=clock())

    return identified


def app_of(engine: Engine, calendar: Calendar) -> FastAPI:
    """Return everything that ``almoner serve`` has, without limits of frequency."""
    keys = TokenKeys(issuer="us", audience="us", keys=(OKPKey.generate_key("Ed25519", auto_kid=True),))
    door = Door(
        engine=engine,
        identify=identify_with(identify_by(engine, clock=calendar, keys=keys), calendar),
        clock=calendar,
        secret=bytes(32),
        people_key=bytes(32),
        row_security=engine.dialect.name == "postgresql",
        hooks=Hooks(vault=Vault(keys=(bytes(32),)), check=read_url),
        limits=Limits(signed_in=0, anonymous=0, uploads=0),
        streams=Streams(comment_s=0.2, most=1000),
        credentials=credentials_of(keys),
    )
    return create_app(engine=engine, identify=door.identify, clock=calendar, door=door)


@contextmanager
def served(url: str) -> Iterator[tuple[str, Mapping[str, Sequence[str | int]]]]:
    """Serve a filled database; yield the address, and the path parts that find something."""
    engine, calendar = open_engine(url), Calendar()
    parts = fill(engine, calendar, partial(app_of, engine, calendar))
    server = uvicorn.Server(
        uvicorn.Config(
            app_of(engine, calendar), host="127.0.0.1", port=0, log_level="error", access_log=False
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    urlopen(f"{address}/v1/openapi.json").close()  # noqa: S310  # our own address; made at the first request
    yield address, parts
    server.should_exit = True
    thread.join(timeout=30)
    engine.dispose()
