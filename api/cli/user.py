"""``almoner user …``."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from ...finance.dates import as_utc, system_clock
from ...finance.errors import SamePerson
from ...finance.records import registry
from ...finance.storage import Session
from ..ids import new_id
from ..passwords import hash_password
from ..records import grants, persons, tokens
from ..wire.access import PasswordRequest, PersonMade, PersonRequest, RoleGrantMade, RoleGrantRequest
from .operator import OPERATOR, By, PasswordFile, Who, checked, read_password, trace_act
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import reading

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="People: who may sign in, and which roles they hold."
)
MOST = 10_000
Role = Annotated[
    str,
    typer.Argument(metavar="ROLE", help="funder, investor, intermediary, hub, evaluator or judge."),
]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The first day it does not hold.")
]


@app.command()
def add(  # noqa: PLR0913  # one option each
    code: Who,
    name: Annotated[str, typer.Option("--name", help="As people know them.")] = "",
    login: Annotated[str, typer.Option("--login", help="What they type to sign in with a password.")] = "",
    issuer: Annotated[str, typer.Option("--issuer", help="Who signs them in instead.")] = "",
    subject: Annotated[str, typer.Option("--subject", help="Who they are at the issuer.")] = "",
    db: Database = DEFAULT_DB,
    *,
    admin: Annotated[bool, typer.Option("--admin", help="They run the installation.")] = False,
    password_file: PasswordFile = None,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Register a person. Example: almoner user add ada --name Ada --login ada --admin."""
    asked = checked(PersonRequest, code=code, name=name or code, issuer=issuer, subject=subject, admin=admin)
    kept = _hashed(login, password_file) if login else ""
    with reading(db) as session:
        made = persons.keep_person(
            session,
            persons.Person(**asked.model_dump(), login=login, created_at=system_clock()),
            password_hash=kept,
        )
        trace_act(session, "person.register", f"/persons/{code}", by=by)
    _show_person(made, as_json=as_json)


def _hashed(login: str, path: PasswordFile) -> str:
    asked = checked(PasswordRequest, login=login, password=read_password(path))
    return hash_password(asked.password.get_secret_value())


@app.command()
def password(
    code: Who,
    login: Annotated[str, typer.Option("--login", help="Another login than the one they have.")] = "",
    db: Database = DEFAULT_DB,
    *,
    password_file: PasswordFile = None,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Set a password; every sign-in of theirs ends. Example: almoner user password ada."""
    with reading(db) as session:
        login = login or persons.find_person(session, code).login
    kept = _hashed(login, password_file)
    with reading(db) as session:
        persons.set_password(session, code, login=login, password_hash=kept)
        tokens.end_person(session, code, system_clock())
        trace_act(session, "person.set-password", f"/persons/{code}", by=by)
        found = persons.find_person(session, code)
    _show_person(found, as_json=as_json)


@app.command()
def disable(code: Who, db: Database = DEFAULT_DB, *, by: By = OPERATOR, as_json: AsJson = False) -> None:
    """Let somebody in no more, by any way, at once. Example: almoner user disable ada."""
    now = system_clock()
    with reading(db) as session:
        persons.find_person(session, code)
        tokens.end_person(session, code, now)
        found = persons.disable_person(session, code, now)
        trace_act(session, "person.disable", f"/persons/{code}", by=by)
    _show_person(found, as_json=as_json)


@app.command()
def enable(code: Who, db: Database = DEFAULT_DB, *, by: By = OPERATOR, as_json: AsJson = False) -> None:
    """Let a disabled person in again. Example: almoner user enable ada."""
    with reading(db) as session:
        persons.find_person(session, code)
        found = persons.enable_person(session, code)
        trace_act(session, "person.enable", f"/persons/{code}", by=by)
    _show_person(found, as_json=as_json)


def _show_person(found: persons.Person, *, as_json: bool) -> None:
    if as_json:
        print_json(PersonMade.of(found).model_dump(mode="json", exclude={"effects"}))
        return
    print_table("", COLUMNS, [_person_row(found)])


COLUMNS = ("person", "name", "login", "issuer", "admin", "disabled")


def _person_row(one: persons.Person) -> tuple[str, ...]:
    disabled = one.disabled_at.date().isoformat() if one.disabled_at else ""
    return (one.code, one.name, one.login, one.issuer, "yes" if one.admin else "", disabled)


@app.command("list")
def list_people(db: Database = DEFAULT_DB, *, as_json: AsJson = False) -> None:
    """List who may sign in, and what they hold. Example: almoner user list."""
    now = system_clock()
    with reading(db) as session:
        found = persons.list_persons(session, after="", limit=MOST)
        held = {one.code: grants.list_person_grants(session, one.code) for one in found}
    if as_json:
        print_json(
            [
                {
                    **PersonMade.of(one).model_dump(mode="json", exclude={"effects"}),
                    "grants": [{"book": each.book, **_grant(each, now)} for each in held[one.code]],
                }
                for one in found
            ]
        )
        return
    print_table("People", COLUMNS, [_person_row(one) for one in found])
    _show_grants([each for one in found for each in held[one.code]], now)


def _grant(one: grants.RoleGrant, now: datetime) -> dict[str, object]:
    return RoleGrantMade.of(one, now).model_dump(mode="json", exclude={"effects"})


def _show_grants(found: list[grants.RoleGrant], now: datetime) -> None:
    rows = [
        (one.person, one.role, one.party, one.book, one.engagement, one.state(now), str(one.id))
        for one in found
    ]
    print_table("\nRoles", ("person", "role", "party", "book", "on", "state", "grant"), rows)


@app.command()
def grant(  # noqa: PLR0913  # one option each
    code: Who,
    role: Role,
    party: Annotated[
        str, typer.Option("--party", help="In whose name they act; of a judge, their own code.")
    ],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    engagement: Annotated[
        str, typer.Option("--on", help="fund/CODE and the like; empty for the whole book.")
    ] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="They neither make nor check.")] = False,
    no_check: Annotated[bool, typer.Option("--no-check", help="They never check what others made.")] = False,
    until: Until = None,
    confirmed_by: Annotated[
        str,
        typer.Option("--confirmed-by", metavar="NAME", help="Who confirms a role on money, apart from --by."),
    ] = "",
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Grant a role. Example: almoner user grant fiona funder --party foundation --confirmed-by chair.

    A role on money (funder, intermediary) holds once it is confirmed: here, or by a funder over the API.
    """
    now = system_clock()
    asked = checked(
        RoleGrantRequest,
        person=code,
        party=party,
        role=role,
        engagement=engagement,
        may_make=not read_only,
        may_check=not (read_only or no_check),
        valid_until=as_utc(until) if until else None,
    )
    if confirmed_by in {code, by} - {""}:
        raise SamePerson(
            "A role is confirmed by somebody who neither granted it nor receives it.", person=confirmed_by
        )
    with reading(db) as session:
        made = _granted(session, asked, book, (by, confirmed_by), now)
    if as_json:
        print_json(_grant(made, now))
        return
    _show_grants([made], now)


def _granted(
    session: Session, asked: RoleGrantRequest, book: str, who: tuple[str, str], now: datetime
) -> grants.RoleGrant:
    book_id = registry.find_book_id(session, book)
    if asked.role != "judge":
        registry.find_party(session, book_id, asked.party)
    made = grants.keep_grant(
        session,
        book_id,
        grants.RoleGrant(
            **asked.model_dump(exclude={"valid_from"}),
            id=new_id(now),
            book=book,
            valid_from=now,
            granted_by=who[0],
            confirmed_by=who[1],
        ),
    )
    trace_act(session, "role-grant.make", f"/books/{book}/role-grants/{made.id}", by=who[0], book_id=book_id)
    return made


@app.command()
def revoke(
    identity: Annotated[
        UUID, typer.Argument(metavar="GRANT", help="Identity of the grant; see almoner user list.")
    ],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """End a role at once. Example: almoner user revoke 0197a1b2-0000-7000-8000-000000000000."""
    now = system_clock()
    with reading(db) as session:
        book_id = registry.find_book_id(session, book)
        grants.find_grant(session, book_id, identity)
        grants.revoke_grant(session, identity, now)
        trace_act(
            session, "role-grant.revoke", f"/books/{book}/role-grants/{identity}", by=by, book_id=book_id
        )
        found = grants.find_grant(session, book_id, identity)
    if as_json:
        print_json(_grant(found, now))
        return
    _show_grants([found], now)
