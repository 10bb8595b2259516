"""What commands of the operator share: input checked as the API checks it, and a trace of what was done.

The problem: the first administrator and the first funder of a book have nobody above them who could let them
in. Whoever may run commands on the server does; what they do is written down like any other act.
"""

from hashlib import sha256
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from ...finance.dates import system_clock
from ...finance.errors import DocumentInvalid
from ...finance.posting.events import keep_event
from ...finance.storage import Session
from ..ids import new_id
from ..records.commands import Command, keep_command
from .writing import read_bytes

OPERATOR = "operator"
NOTHING = sha256(b"").digest()
Model = TypeVar("Model", bound=BaseModel)
Who = Annotated[str, typer.Argument(metavar="PERSON", help="Code of the person.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it, as the log names them.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", metavar="FILE", help="File with the password; - for standard input. Else asked."
    ),
]


def checked(model: type[Model], **given: object) -> Model:
    """Return a request as the API would take it.

    Parameters
    ----------
    model : type
        Of the request.
    **given
        Its fields.

    Raises
    ------
    DocumentInvalid
        With every field that is wrong, and no value.
    """
    try:
        return model.model_validate(given)
    except ValidationError as fault:
        found = fault.errors(include_input=False, include_url=False, include_context=False)
        said = [f"{'/'.join(map(str, one['loc'])) or 'whole'}: {one['msg']}" for one in found]
        raise DocumentInvalid(f"{'; '.join(said)}.") from None


def read_password(path: Path | None) -> str:
    """Return a password from a file, or asked for twice; never from an argument, which others can see."""
    if path is not None:
        return read_bytes(path).decode().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def trace_act(session: Session, operation: str, place: str, *, by: str, book_id: int = 0) -> None:
    """Write down what the operator did; of a book, also in its sealed log.

    Parameters
    ----------
    session : Session
        Of the act.
    operation : str
        As the API names it.
    place : str
        Address of what it was done to, below ``/v1``.
    by : str
        Who did it.
    book_id : int [row number]
        Of the book; 0 outside of one.
    """
    now = system_clock()
    command = Command(
        id=new_id(now),
        book_id=book_id or None,
        operation=operation,
        object=place,
        person=by,
        party="",
        api_key=None,
        client=None,
        key=None,
        request_sha256=NOTHING,
        status=200,
        answer=b"",
        location="",
        recorded_at=now,
    )
    keep_command(session, command)
    if book_id:
        said = {"operation": operation, "object": place, "person": by, "request_id": str(command.id)}
        keep_event(session, book_id, command.id, "command", said, now)
