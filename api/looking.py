"""Reading through an operation from within: the pages see what the same caller would be answered over HTTP.

The problem: a page that reads tables itself has a second opinion on who may see what. Here a page asks the
operations by name, all of them in one session, and gets the reply as an object: admitted, limited to what is
the caller's own, and masked as it would be for anybody who calls.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel

from ..finance.storage import Session
from .door import Door
from .identity import Caller
from .ids import new_id
from .operation import Operation
from .serving import Asked, enter, handled, require_owner

Given = Mapping[str, str | int | bool]


def look(
    door: Door,
    operations: Mapping[str, Operation],
    name: str,
    *,
    session: Session,
    caller: Caller | None,
    party: str,
    parts: Mapping[str, str],
    query: Given,
) -> BaseModel:
    """Return the reply of a read.

    Parameters
    ----------
    door : Door
        What the mounting was given.
    operations : mapping of str to Operation
        All that it serves, by name.
    name : str
        Of a read.
    session : Session
        That of the page.
    caller : Caller or None
        Who looks.
    party : str
        In whose name; empty where they have one.
    parts : mapping of str to str
        What stands in the address.
    query : mapping
        Parameters of the address.

    Raises
    ------
    AlmonerError
        What the same request over HTTP is refused with.
    """
    operation = operations[name]
    request = inner_request("GET", operation, parts, query=query, headers={"almoner-party": party})
    asked = Asked(
        door=door,
        operations=operations,
        operation=operation,
        raw={part: parts[part] for part in operation.named_parts},
        request=request,
        content=b"",
        caller=caller,
        request_id=new_id(door.clock()),
    )
    call, read, typed = enter(asked, session)
    given: dict[str, Any] = {**typed}
    if operation.shape.query is not None:
        given["query"] = read
    require_owner(operation, call, given)
    return handled(operation, call, given)


def inner_request(
    method: str,
    operation: Operation,
    parts: Mapping[str, str],
    *,
    query: Given,
    headers: Mapping[str, str],
    client: tuple[str, int] | None = None,
    root: str = "",
) -> Request:
    """Return a request for an operation, as a client would send it.

    Parameters
    ----------
    method : str
        Of HTTP.
    operation : Operation
        What is asked.
    parts : mapping of str to str
        What stands in the address.
    query : mapping
        Parameters of the address.
    headers : mapping of str to str
        Small letters; empty ones are left out.
    client : tuple or None
        Address and port it comes from.
    root : str
        Where the routes are mounted.
    """
    named = {part: parts[part] for part in operation.named_parts}
    path = f"{root}/v1{operation.path.format(**named)}"
    said = {
        name: str(value).lower() if value is True or value is False else value
        for name, value in query.items()
    }
    return Request(
        {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(said).encode(),
            "headers": [
                (name.encode(), text.encode("latin-1", "replace")) for name, text in headers.items() if text
            ],
            "path_params": named,
            "client": client,
            "server": ("127.0.0.1", 0),
            "scheme": "http",
            "root_path": "",
        }
    )
