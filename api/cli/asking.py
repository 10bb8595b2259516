"""What commands share that ask a server: its address, the key, the request, and how an answer is shown.

The problem: the same command on a database and on a server must end with the same exit code and, where a
shape is the same, the same JSON; and a key must never stand among the words of a command, which every user
of a machine can list. Keys come from the environment or from a file.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from ...finance.errors import DocumentInvalid
from ...finance.money import grouped
from ..client import Server, ServerAnswer, send
from ..errors import OutboundFailed
from ..operation import Operation
from ..problems import DONE, OUR_FAULT, REFUSED, exit_of_code
from .show import print_json, print_table, progress

ServerAddress = Annotated[
    str, typer.Option("--server", metavar="URL", help="Address of a server.", envvar="ALMONER_SERVER")
]
KeyPath = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="File with a token or key.", envvar="ALMONER_KEY_FILE"),
]
ActingFor = Annotated[
    str, typer.Option("--as", metavar="CODE", help="In whose name, for who acts for several.")
]
MEDIA = {".csv": "text/csv", ".json": "application/json"}
SECRETS = ("ALMONER_TOKEN", "ALMONER_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRequest:
    """One request as it was typed.

    Attributes
    ----------
    operation : Operation
        What is asked for.
    parts, query : mapping of str to str
        By name.
    """

    operation: Operation
    parts: Mapping[str, str]
    query: Mapping[str, str]
    content: bytes = b""
    media_type: str = "application/json"
    key: str = ""
    if_match: str = ""
    dry_run: bool = False


@cache
def operations() -> Mapping[str, Operation]:
    """Return all operations by name."""
    from ..routes import OPERATIONS  # noqa: PLC0415  # as heavy as a server's start, and not needed for --help

    return {one.name: one for one in OPERATIONS}


def server_of(address: str, key_file: Path | None, party: str) -> Server:
    """Return the server that was named, with the key of the environment or of a file.

    Parameters
    ----------
    address : str
        As typed or in ``ALMONER_SERVER``.
    key_file : Path or None
        File with the key alone.
    party : str
        In whose name.

    Raises
    ------
    DocumentInvalid
        When no server is named, or two keys are.
    """
    if not address:
        raise DocumentInvalid("Name the server: --server https://giving.example, or set ALMONER_SERVER.")
    given = {name: os.environ[name].strip() for name in SECRETS if os.environ.get(name, "").strip()}
    if key_file is not None:
        given["--key-file"] = key_file.read_text(encoding="utf-8").strip()
    if len(given) > 1:
        raise DocumentInvalid(f"{' and '.join(given)} are both given. Keep one of them.")
    secret = next(iter(given.values()), "")
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise DocumentInvalid(
            f"{next(iter(given))} holds no token and no key: it has spaces or letters of none."
        )
    return Server(address=address, credential=secret, party=party)


def ask(server: Server, request: ServerRequest) -> ServerAnswer:
    """Ask, and tell the key of a write on standard error, so that it can be tried again.

    Raises
    ------
    OutboundFailed
        When there is no answer; the message names the key to try again with.
    """
    operation = request.operation
    headers = {"Content-Type": request.media_type} if operation.method != "GET" else {}
    if request.if_match:
        headers["If-Match"] = request.if_match
    query = dict(request.query)
    key = ""
    if operation.writes:
        key = headers["Idempotency-Key"] = request.key or str(uuid4())
        if request.dry_run:
            query["dry_run"] = "true"
        progress(f"Idempotency-Key: {key}")
    try:
        return send(
            server,
            operation,
            parts=request.parts,
            query=query,
            headers=headers,
            content=request.content,
        )
    except OutboundFailed as fault:
        if not key:
            raise
        raise OutboundFailed(
            f"{fault.message} Whether it was done is not known: run the same command with --idempotency-key "
            f"{key}; it is done once, however often it is asked.",
            key=key,
        ) from None


def read_body(source: str, fields: Mapping[str, str]) -> tuple[bytes, str]:
    """Return the body of a request and its media type.

    Parameters
    ----------
    source : str
        Name of a file, ``-`` for standard input, or empty.
    fields : mapping of str to str
        Fields of a flat body, in place of a file.

    Raises
    ------
    DocumentInvalid
        When both are given.
    """
    if source and fields:
        raise DocumentInvalid("Give the body in a file, or field by field, not both.")
    if fields:
        return json.dumps(dict(fields), ensure_ascii=False).encode(), MEDIA[".json"]
    if not source:
        return b"", MEDIA[".json"]
    if source == "-":
        return sys.stdin.buffer.read(), MEDIA[".json"]
    path = Path(source)
    return path.read_bytes(), MEDIA.get(path.suffix.lower(), "application/octet-stream")


def show_answer(answer: ServerAnswer, *, as_json: bool, unlist: bool = False) -> int:
    """Print what was answered, and return the exit code.

    Parameters
    ----------
    answer : ServerAnswer
        Of the server.
    as_json : bool
        One JSON document, or tables for people.
    unlist : bool
        Print the items of a list without what is around them, as commands on a database do.
    """
    document = answer.document
    if answer.status >= 400:  # noqa: PLR2004  # the first refusal
        return _show_refusal(answer, document, as_json=as_json)
    if unlist and isinstance(document, dict):
        if document.get("next"):
            progress(f"There is more: --cursor {document['next']}")
        document = document["items"]
    if as_json:
        print_json(document)
    else:
        show_tables(document)
    return DONE


def _show_refusal(answer: ServerAnswer, document: Any, *, as_json: bool) -> int:  # noqa: ANN401  # any JSON
    if not isinstance(document, dict) or "code" not in document:
        progress(f"The server answered {answer.status} without saying why; is this the address of almoner?")
        return OUR_FAULT if answer.status >= 500 else REFUSED  # noqa: PLR2004  # the first of the server's faults
    progress(_cell(f"{document.get('detail', '')} [{document['code']}]"))
    for row in document.get("errors") or []:
        progress(_cell(f"  {row.get('pointer', '')}: {row.get('message', '')}"))
    if as_json:
        print_json(document)
    return exit_of_code(str(document["code"]), answer.status)


def show_tables(document: Any) -> None:  # noqa: ANN401  # any JSON
    """Print a JSON document for people: single values as one table, each list of objects as another."""
    if isinstance(document, list):
        _show_rows("", document)
        return
    if not isinstance(document, dict):
        print("" if document is None else _cell(document))
        return
    lists = {name: value for name, value in document.items() if isinstance(value, list) and value}
    single = [(_words(name), _cell(value)) for name, value in document.items() if not isinstance(value, list)]
    if single and set(document) != {"items", "next"}:
        print_table("", ("", "value"), [row for row in single if row[1]])
    for name, value in lists.items():
        _show_rows("" if name == "items" else _words(name), value)
    if set(document) == {"items", "next"}:
        _show_end(document)


def _show_end(document: Mapping[str, Any]) -> None:
    if not document["items"]:
        progress("There is nothing to show.")
    if document["next"]:
        progress(f"There is more: --cursor {document['next']}")


def _show_rows(title: str, rows: Sequence[Any]) -> None:
    if not all(isinstance(row, dict) for row in rows):
        print_table("", (title or "value",), [(_cell(row),) for row in rows])
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = [name for name in names if any(_cell(row.get(name)) for row in rows)]
    right = [place for place, name in enumerate(shown) if all(_is_figure(row.get(name)) for row in rows)]
    cells = [tuple(_cell(row.get(name)) for name in shown) for row in rows]
    print_table(title, [_words(name) for name in shown], cells, right=right)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _is_figure(value: object) -> bool:
    return isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        plain = "".join(letter if letter.isprintable() else "�" for letter in value)
        return grouped(plain) if "." in plain and _is_figure(plain) else plain
    return json.dumps(value, ensure_ascii=False) if value not in ({}, []) else ""
