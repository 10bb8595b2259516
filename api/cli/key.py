"""``almoner key …``."""

from datetime import timedelta
from typing import Annotated

import typer

from ...finance.dates import system_clock
from ..api_keys import make_key
from ..records import keys
from ..wire.access import KeyReply, KeyRequest
from .operator import OPERATOR, By, Who, checked, trace_act
from .show import DEFAULT_DB, AsJson, Database, print_json, print_table, progress
from .writing import reading

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="API keys: made for a person, shown once, revoked."
)
MOST = 10_000
COLUMNS = ("key", "person", "name", "scopes", "expires", "revoked", "last used")


@app.command()
def make(
    code: Who,
    scopes: Annotated[
        list[str], typer.Option("--scope", help="What it may do, like funds:read; may be repeated.")
    ],
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "made by the operator",
    days: Annotated[int, typer.Option("--days", help="Until it ends; 365 at most.")] = 90,
    db: Database = DEFAULT_DB,
    *,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Make a key that acts as a person; it never checks. Example: almoner key make fiona --scope funds:read.

    The key is printed once, on standard output, and cannot be read again.
    """
    asked = checked(KeyRequest, name=name, scopes=scopes, days=days)
    made, now = make_key(), system_clock()
    line = keys.KeyLine(
        id=made.id,
        person=code,
        name=asked.name,
        scopes=tuple(sorted(set(asked.scopes))),
        created_at=now,
        expires_at=now + timedelta(days=asked.days),
    )
    with reading(db) as session:
        keys.keep_key(session, line, made.sha256)
        trace_act(session, "api-key.make", f"/api-keys/{made.id}", by=by)
    if as_json:
        print_json({**_told(line), "key": made.text})
        return
    progress(f"Key {made.id} of {code} until {line.expires_at.date()}. It is shown this once:")
    print(made.text)


@app.command()
def revoke(
    public: Annotated[str, typer.Argument(metavar="KEY", help="Public part, between the two underscores.")],
    db: Database = DEFAULT_DB,
    *,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """End a key at once. Example: almoner key revoke 0123456789abcdef."""
    with reading(db) as session:
        keys.find_key(session, public)
        keys.revoke_key(session, public, system_clock())
        trace_act(session, "api-key.revoke", f"/api-keys/{public}", by=by)
        found = keys.find_key(session, public)
    _show([found], as_json=as_json)


@app.command("list")
def list_all(
    person: Annotated[str, typer.Option("--person", help="Only of this person.")] = "",
    db: Database = DEFAULT_DB,
    *,
    as_json: AsJson = False,
) -> None:
    """List keys: never their secrets. Example: almoner key list --person fiona."""
    with reading(db) as session:
        found = keys.list_keys(session, person=person or None, after="", limit=MOST)
    if as_json:
        print_json([_told(one) for one in found])
        return
    _show(list(found), as_json=False)


def _told(line: keys.KeyLine) -> dict[str, object]:
    return KeyReply.of(line).model_dump(mode="json", exclude={"effects"})


def _show(found: list[keys.KeyLine], *, as_json: bool) -> None:
    if as_json:
        print_json(_told(found[0]))
        return
    rows = [
        (
            *(one.id, one.person, one.name, " ".join(one.scopes), one.expires_at.date().isoformat()),
            one.revoked_at.date().isoformat() if one.revoked_at else "",
            one.last_used_on.isoformat() if one.last_used_on else "",
        )
        for one in found
    ]
    print_table("Keys", COLUMNS, rows)
