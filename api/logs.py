"""Logs: one line of JSON per request, per fault and per word of the server; never what was said.

The problem: a log is read by many and kept for long, and it is where passwords, tokens and names leak to:
out of bodies, out of addresses somebody pasted a key into, out of the text of an exception that repeats the
row it failed on. A line holds identities and figures only. Of a fault it holds the kind and the places in
the code, not the text; of an address only what looks like a code.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any, TextIO

import structlog

from ..finance.dates import Clock, instant_text
from .door import Answered

PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}|\{[a-z_]+\}")
SECRET = re.compile(r"alm_|eyJ|[0-9a-f]{40}", re.IGNORECASE)
HIDDEN = "…"
LOUD = 500
MOST_PLACES = 40


def tell_requests(
    stream: TextIO, *, clock: Clock, statements: Callable[[], int]
) -> Callable[[Answered], None]:
    """Return a watcher that writes one line per request.

    Parameters
    ----------
    stream : TextIO
        Where lines go.
    clock : Clock
        When they are written.
    statements : callable
        Returns how many statements the request sent to the database.
    """
    log = structlog.wrap_logger(
        structlog.WriteLogger(stream), processors=[structlog.processors.JSONRenderer(ensure_ascii=True)]
    )

    def watch(answered: Answered) -> None:
        log.msg(**line_of(answered, time=instant_text(clock()), statements=statements()))

    return watch


def line_of(answered: Answered, *, time: str, statements: int) -> dict[str, Any]:
    """Return the line of a request.

    Parameters
    ----------
    answered : Answered
        What was asked and answered.
    time : str
        When.
    statements : int [statements]
        Sent to the database.

    Examples
    --------
    >>> one = Answered(operation="fund.read", caller="fiona", object="/books/main/funds/water", status=200,
    ...                code="", seconds=0.0123, request_id="0198")
    >>> line_of(one, time="2026-01-15T09:30:00Z", statements=4)["ms"]
    12.3
    """
    line: dict[str, Any] = {
        "time": time,
        "level": "error" if answered.status >= LOUD else "info",
        "event": "request",
        "request_id": answered.request_id,
        "operation": answered.operation,
        "caller": answered.caller,
        "object": shown_path(answered.object),
        "status": answered.status,
        "code": answered.code,
        "ms": round(answered.seconds * 1000, 1),
        "statements": statements,
    }
    return line if answered.fault is None else {**line, **told_fault(answered.fault)}


def shown_path(path: str) -> str:
    """Return an address with nothing in it but codes.

    Examples
    --------
    >>> shown_path("/books/main/funds/My secret!")
    '/books/main/funds/…'
    """
    return "/".join(part if not part or _is_plain(part) else HIDDEN for part in path[:1000].split("/"))


def _is_plain(part: str) -> bool:
    return bool(PLAIN.fullmatch(part)) and not SECRET.search(part)


def told_fault(fault: BaseException) -> dict[str, Any]:
    """Return what is told of a fault: its kind and where it rose, never its text.

    Examples
    --------
    >>> told_fault(ValueError("the password is 123"))
    {'fault': 'ValueError', 'places': []}
    """
    frames = traceback.extract_tb(fault.__traceback__)[-MOST_PLACES:]
    places = [f"{one.filename.rpartition('/almoner/')[2]}:{one.lineno} {one.name}" for one in frames]
    told: dict[str, Any] = {"fault": type(fault).__name__, "places": places}
    if fault.__cause__ is not None:
        told["cause"] = type(fault.__cause__).__name__
    return told


class _Lines(logging.Formatter):
    """Writes a record of the standard log as a line of JSON."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without the text of a fault."""
        told: dict[str, Any] = {
            "time": instant_text(self._clock()),
            "level": record.levelname.lower(),
            "event": "log",
            "logger": record.name,
            "message": record.getMessage(),
        }
        fault = record.exc_info[1] if record.exc_info else None
        return json.dumps(told if fault is None else {**told, **told_fault(fault)})


def take_over(stream: TextIO = sys.stdout, *, clock: Clock, level: str = "INFO") -> None:
    """Let the standard log of this process, ours and the server's, write lines of JSON.

    Parameters
    ----------
    stream : TextIO
        Where lines go.
    clock : Clock
        When they are written.
    level : str
        Below which nothing is written.
    """
    writer = logging.StreamHandler(stream)
    writer.setFormatter(_Lines(clock))
    root = logging.getLogger()
    root.handlers[:] = [writer]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = name != "uvicorn.access"
