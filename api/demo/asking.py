"""What somebody of the demonstration does over the operations, on a day of its newest chapter.

The problem: acts of the lower floors know no persons, no drafts of hubs and no messages that failed; pages
show these. A ``Chapter`` asks the operations, as its people would over HTTP, each request with a key of its
own: asked again, it is answered the same and does nothing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi import Response

from ...finance.dates import Clock, fixed_clock
from ...finance.signatures import sign_bytes
from ...finance.storage import Engine
from ..door import Door, Hooks
from ..identity import Caller, Grant, Role
from ..looking import inner_request
from ..operation import Operation
from ..routes import OPERATIONS
from ..serving import serve
from ..settings import Settings
from ..vault import Vault
from .stage import BOOK, secret_of

MORNING = time(9)
_DAY = re.compile(r"^day(?P<days>[+-]\d+)(?P<time>T\d\d:\d\dZ)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part somebody plays in the demonstration.

    Attributes
    ----------
    person : str
        Their code; the demonstration has no names of people.
    party : str
        In whose name they act.
    """

    person: str
    role: Role
    party: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter whose days are counted from the one on which somebody walks in.

    Attributes
    ----------
    day : date
        Its day 0.
    suffix : str
        Behind each of its codes; empty for the first.
    parts : mapping of str to Part
        Its people.
    begun : bool
        Whether it was played before.
    """

    engine: Engine
    settings: Settings
    day: date
    suffix: str
    parts: Mapping[str, Part]
    begun: bool = False
    operations: Mapping[str, Operation] = field(default_factory=lambda: {one.name: one for one in OPERATIONS})

    def clock(self, days: int) -> Clock:
        """Return a clock that stands at the morning of a day.

        Parameters
        ----------
        days : int [days]
            Counted from day 0; negative ones lie before it.
        """
        return fixed_clock(datetime.combine(self.day, MORNING, tzinfo=UTC) + timedelta(days=days))

    def code(self, name: str) -> str:
        """Return the code of something of this chapter."""
        return name + self.suffix

    def told(self, found: Any) -> Any:  # noqa: ANN401  # decoded JSON
        """Return a document with its days and codes put in: ``day+3``, ``day-9T17:00Z``, ``{dry-walls}``."""
        if isinstance(found, dict):
            return {name: self.told(value) for name, value in found.items()}
        if isinstance(found, list):
            return [self.told(value) for value in found]
        if not isinstance(found, str):
            return found
        written = _DAY.match(found)
        if written is None:
            return re.sub(r"^\{(.+)\}$", lambda code: self.code(code[1]), found)
        on = self.day + timedelta(days=int(written["days"]))
        return f"{on.isoformat()}{written['time'] or ''}"

    def ask(
        self,
        person: str,
        name: str,
        body: object = None,
        *,
        on: int,
        seen: str = "",
        step: str = "",
        **parts: str,
    ) -> Any:  # noqa: ANN401  # decoded JSON
        """Ask an operation as somebody, and return what it answers.

        Parameters
        ----------
        person : str
            Who.
        name : str
            Of the operation.
        body : object
            As JSON would hold it.
        on : int [days]
            The day on which it is asked.
        seen : str
            Tag of what is changed.
        step : str
            Tells several requests to one operation about the same thing apart.
        **parts
            What stands in its address.

        Raises
        ------
        AssertionError
            When it is refused, with the reason.
        """
        return json.loads(bytes(self._asked(person, name, body, on=on, seen=seen, step=step, **parts).body))

    def tag(self, person: str, name: str, *, on: int, **parts: str) -> str:
        """Return the tag of what somebody reads, which a change of it names.

        Parameters
        ----------
        person : str
            Who.
        name : str
            Of the operation.
        on : int [days]
            The day on which it is read.
        **parts
            What stands in its address.
        """
        return str(self._asked(person, name, on=on, **parts).headers["etag"])

    def _asked(
        self,
        person: str,
        name: str,
        body: object = None,
        *,
        on: int,
        seen: str = "",
        step: str = "",
        **parts: str,
    ) -> Response:
        operation = self.operations[name]
        places = {"book": BOOK, **parts}
        about = "/".join([name, *parts.values(), step, self.suffix])
        headers = {
            "content-type": "application/json",
            "idempotency-key": f"chapter/{about}" if operation.writes else "",
            "if-match": seen,
        }
        request = inner_request(operation.method, operation, places, query={}, headers=headers)
        content = json.dumps(body).encode() if body is not None else b""
        door = self._door(person, self.clock(on))
        reply = serve(door, self.operations, operation, request, content)
        if reply.status_code not in {200, 201, 202}:
            raise AssertionError(f"{person} was refused {name}: {bytes(reply.body).decode()}")
        return reply

    def _door(self, person: str, clock: Clock) -> Door:
        part = self.parts[person]
        grant = Grant(book=BOOK, role=part.role, party=part.party)
        caller = Caller(person=person, grants=(grant,), authenticated_at=clock())
        settings = self.settings
        return Door(
            engine=self.engine,
            identify=lambda _request: caller,
            clock=clock,
            secret=settings.secret.get_secret_value().encode(),
            people_key=bytes.fromhex(settings.people_key.get_secret_value()),
            hooks=Hooks(vault=Vault(keys=settings.vault), check=lambda _url: None),
        )

    def sign(self, person: str, signing_hex: str) -> str:
        """Return somebody's signature of bytes, both in hexadecimal digits."""
        return sign_bytes(secret_of(self.parts[person].party), bytes.fromhex(signing_hex)).hex()
