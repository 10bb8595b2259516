"""What asks a server of almoner over HTTP: the client of the command line.

The problem: a key that is sent to the wrong place, or in the clear, is a key of somebody else. A request goes
to the one address the operator wrote, over TLS (in the clear only to this machine itself), through no proxy
of the environment, and follows no redirect; the key stands in no argument, log line or message. An address
that others wrote never comes here: those go through ``outbound``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

import httpx2

from .errors import OutboundFailed, OutboundRefused
from .operation import Operation

ANSWER_BYTES = 64 * 1024 * 1024
SECONDS = 60.0
LOCAL = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where requests go, and with what.

    Attributes
    ----------
    address : str
        For example ``https://giving.example``; a path is where the routes are mounted.
    credential : str
        Token of the sign-in, or API key; empty for none. It is not shown.
    party : str
        In whose name, for somebody who acts for several.

    Examples
    --------
    >>> Server(address="https://giving.example/", credential="secret")
    Server(address='https://giving.example/', party='')
    """

    address: str
    credential: str = field(default="", repr=False)
    party: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswer:
    """What a server answered.

    Attributes
    ----------
    status : int [HTTP status]
        As sent.
    headers : mapping of str to str
        By name in small letters.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def document(self) -> Any:  # noqa: ANN401  # any JSON
        """Return the body as JSON; None when it is none."""
        try:
            return json.loads(self.content or b"null")
        except ValueError:
            return None


def address_of(server: Server, operation: Operation, parts: Mapping[str, str]) -> str:
    """Return the address of an operation on a server.

    Parameters
    ----------
    server : Server
        Where.
    operation : Operation
        What is asked for.
    parts : mapping of str to str
        The parts of its path; each is one part, whatever it holds.

    Raises
    ------
    OutboundRefused
        When the address would carry a key in the clear, or is none.

    Examples
    --------
    >>> from .routes.funds import OPERATIONS
    >>> read = next(one for one in OPERATIONS if one.name == "fund.read")
    >>> address_of(Server(address="https://giving.example/"), read, {"book": "main", "fund": "a/b"})
    'https://giving.example/v1/books/main/funds/a%2Fb'
    """
    _require_safe(server.address)
    path = operation.path.format(**{name: _quoted(value) for name, value in parts.items()})
    return f"{server.address.rstrip('/')}/v1{path}"


def _quoted(value: str) -> str:
    """Quote one part of a path; a dot alone would be taken for a way up."""
    return quote(value, safe="").replace(".", "%2E") if set(value) <= {"."} else quote(value, safe="")


def _require_safe(address: str) -> None:
    try:
        url = httpx2.URL(address)
        host = url.host
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise OutboundRefused("The address of the server is not readable. Write https://name.") from None
    if url.userinfo or url.query or url.fragment or not host:
        raise OutboundRefused(
            "The address of a server is a name, perhaps with a port and a path: no user, password or query."
        )
    if url.scheme != "https" and not (url.scheme == "http" and _is_here(host)):
        raise OutboundRefused(
            f"{host[:100]} is asked in the clear, and the key with it: begin the address with https://. Only "
            "this machine itself may be asked by http://.",
            scheme=url.scheme[:20],
        )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == LOCAL


def send(
    server: Server,
    operation: Operation,
    *,
    parts: Mapping[str, str],
    query: Mapping[str, str],
    headers: Mapping[str, str],
    content: bytes = b"",
) -> ServerAnswer:
    """Ask for one operation.

    Parameters
    ----------
    server : Server
        Where, and with what.
    operation : Operation
        What is asked for.
    parts, query, headers : mapping of str to str
        By name.
    content : bytes
        The body.

    Raises
    ------
    OutboundRefused
        When the address is none to send a key to.
    OutboundFailed
        When there is no answer; whether a write arrived is then unknown, and is settled by the same request
        with the same key.
    """
    sent = {"Accept": "application/json", "User-Agent": "almoner", **headers}
    if server.credential:
        sent["Authorization"] = f"Bearer {server.credential}"
    if server.party:
        sent["Almoner-Party"] = server.party
    url = address_of(server, operation, parts)
    try:
        with (
            httpx2.Client(trust_env=False, follow_redirects=False, timeout=SECONDS) as client,
            client.stream(
                operation.method, url, params=dict(query), headers=sent, content=content or None
            ) as answer,
        ):
            return ServerAnswer(
                status=answer.status_code, headers=_lower(answer.headers), content=_read(answer)
            )
    except (httpx2.HTTPError, UnicodeError) as fault:
        kind = type(fault).__name__
        raise OutboundFailed(f"{server.address[:200]} did not answer ({kind}).", kind=kind) from None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(answer: httpx2.Response) -> bytes:
    read = bytearray()
    for piece in answer.iter_bytes():
        read += piece
        if len(read) > ANSWER_BYTES:
            raise OutboundFailed(f"The answer is longer than {ANSWER_BYTES} bytes. Ask for less of it.")
    return bytes(read)
