"""``almoner call …``: any operation of a server, by its name."""

import difflib
import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from ...finance.errors import DocumentInvalid
from ..operation import Operation
from ..problems import DONE
from .asking import (
    ActingFor,
    KeyPath,
    ServerAddress,
    ServerRequest,
    ask,
    operations,
    read_body,
    server_of,
    show_answer,
)
from .show import DEFAULT_BOOK, AsJson, Book, print_json, print_table, progress
from .writing import DryRun, read_pairs

app = typer.Typer(add_completion=False)
Name = Annotated[str, typer.Argument(metavar="OPERATION", help="For example fund.read; see --list.")]
Listed = Annotated[bool, typer.Option("--list", help="List the operations; those that begin with OPERATION.")]
Body = Annotated[str, typer.Option("--body", metavar="FILE", help="The body: a file, - for standard input.")]
Fields = Annotated[
    list[str],
    typer.Option("--field", metavar="NAME=TEXT", help="A field of a flat body; may be repeated."),
]
Key = Annotated[
    str, typer.Option("--idempotency-key", metavar="KEY", help="The same to try again; else a new one.")
]
IfMatch = Annotated[str, typer.Option("--if-match", metavar="ETAG", help="ETag of what was read.")]
ShowHead = Annotated[bool, typer.Option("--head", help="Also tell status, ETag and Location.")]
HEAD = ("etag", "location", "idempotent-replayed", "dry-run", "ratelimit")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def call(  # noqa: PLR0913  # one option each
    ctx: typer.Context,
    operation: Name = "",
    server: ServerAddress = "",
    key_file: KeyPath = None,
    book: Book = DEFAULT_BOOK,
    *,
    acting: ActingFor = "",
    body: Body = "",
    field: Fields = [],  # noqa: B006  # read by typer, never changed
    key: Key = "",
    if_match: IfMatch = "",
    head: ShowHead = False,
    listed: Listed = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Ask a server for any operation. Example: almoner call fund.read --book main --fund water.

    Parts of the address and parameters are options of their own names: --fund water --limit 5. The key is
    read from ALMONER_TOKEN, ALMONER_KEY or --key-file, never from the command line.

    A write: almoner call contribution.book --fund water --field giver=meridian --field amount=250.00
    --field unit=USD --dry-run
    """
    if listed or not operation:
        return _list(operation, as_json=as_json)
    found = find_operation(operation)
    parts, query = read_options(found, ctx.args, book)
    content, media = read_body(body, read_pairs(field, "field"))
    request = ServerRequest(
        operation=found,
        parts=parts,
        query=query,
        content=content,
        media_type=media,
        key=key,
        if_match=if_match,
        dry_run=dry_run,
    )
    answer = ask(server_of(server, key_file, acting), request)
    if head:
        progress(f"status: {answer.status}")
        for name in HEAD:
            if name in answer.headers:
                progress(f"{name}: {answer.headers[name]}")
    return show_answer(answer, as_json=as_json)


def _list(beginning: str, *, as_json: bool) -> int:
    rows = [_row(one) for name, one in sorted(operations().items()) if name.startswith(beginning)]
    if as_json:
        print_json(rows)
    else:
        print_table(
            "",
            ("operation", "", "options", "what it does"),
            [(row["name"], row["method"], row["options"], row["summary"]) for row in rows],
        )
    return DONE


def _row(one: Operation) -> dict[str, str]:
    told = inspect.getdoc(one.handler) or ""
    return {
        "name": one.name,
        "method": one.method,
        "path": f"/v1{one.path}",
        "options": " ".join(f"--{name.replace('_', '-')}" for name in (*one.named_parts, *_parameters(one))),
        "scope": one.scope,
        "summary": told.splitlines()[0].rstrip(".") if told else "",
    }


def find_operation(name: str) -> Operation:
    """Return an operation by its name.

    Parameters
    ----------
    name : str
        As ``almoner call --list`` shows it.

    Raises
    ------
    DocumentInvalid
        When there is none; the message names the nearest.

    Examples
    --------
    >>> find_operation("fund.read").path
    '/books/{book}/funds/{fund}'
    """
    known = operations()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    told = f" Perhaps: {', '.join(near)}." if near else ""
    raise DocumentInvalid(
        f"There is no operation {name!r}.{told} All of them: almoner call --list", operation=name
    )


def _parameters(operation: Operation) -> tuple[str, ...]:
    return (*operation.parameters, *(() if operation.writes else ("fields",)))


def read_options(
    operation: Operation, words: Sequence[str], book: str
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return parts of the address and parameters from ``--name value`` and ``--name=value``.

    Parameters
    ----------
    operation : Operation
        Says which there are.
    words : sequence of str
        As typed.
    book : str
        Stands for the part ``book``.

    Raises
    ------
    DocumentInvalid
        When a name is unknown, stands twice or has no value; when a part of the address is missing.

    Examples
    --------
    >>> read_options(find_operation("fund.list"), ["--limit=5"], "main")
    ({'book': 'main'}, {'limit': '5'})
    """
    parts, parameters = operation.named_parts, _parameters(operation)
    given = _named(words)
    known = {name.replace("_", "-"): name for name in (*parts, *parameters)}
    strange = sorted(set(given) - set(known))
    if strange:
        takes = " ".join(f"--{name}" for name in known) or "none"
        raise DocumentInvalid(
            f"{operation.name} takes no --{strange[0]}. It takes {takes}.", option=strange[0]
        )
    named = {known[name]: value for name, value in given.items()}
    if "book" in parts:
        named.setdefault("book", book)
    missing = [name for name in parts if not named.get(name)]
    if missing:
        needed = " ".join(f"--{name.replace('_', '-')} …" for name in missing)
        raise DocumentInvalid(f"{operation.name} needs {needed}.", missing=missing)
    return {name: named[name] for name in parts}, {k: v for k, v in named.items() if k not in parts}


def _named(words: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, sign, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or (not sign and not waiting):
            raise DocumentInvalid(
                f"{word!r} is out of place. Write --NAME VALUE for each part and parameter."
            )
        if name in given:
            raise DocumentInvalid(f"--{name} stands twice.", option=name)
        given[name] = value if sign else waiting.pop(0)
    return given
