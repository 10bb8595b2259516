"""Persons over HTTP: registered, listed, given a password, disabled. An administrator does it."""

from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, page_of, read_cursor
from ..records import grants, persons, tokens
from ..wire.access import (
    PasswordReply,
    PasswordRequest,
    PersonList,
    PersonMade,
    PersonRequest,
)
from .sign_in import keep_trace, require_credentials


def list_persons(call: Call, query: PageQuery) -> PersonList:
    """List who may sign in."""
    after = read_cursor(call, query, "person.list")
    found = persons.list_persons(call.session, after=str(after[0]) if after else "", limit=query.limit + 1)
    rows, following = page_of(call, query, found, lambda one: (one.code,), name="person.list")
    return PersonList(items=[PersonMade.of(one) for one in rows], next=following)


def register_person(call: Call, body: PersonRequest) -> PersonMade:
    """Register a person; what they may do is granted apart."""
    made = persons.keep_person(
        call.session,
        persons.Person(
            code=body.code,
            name=body.name,
            issuer=body.issuer,
            subject=body.subject,
            admin=body.admin,
            created_at=call.now,
        ),
    )
    call.location = f"/persons/{made.code}"
    return PersonMade.of(made)


def read_person(call: Call, person: Code) -> PersonMade:
    """Return a person."""
    return PersonMade.of(persons.find_person(call.session, person))


def disable_person(call: Call, person: Code) -> PersonMade:
    """Let a person in no more: tokens, keys and an issuer's tokens end at once."""
    persons.find_person(call.session, person)
    tokens.end_person(call.session, person, call.now)
    return PersonMade.of(persons.disable_person(call.session, person, call.now))


def enable_person(call: Call, person: Code) -> PersonMade:
    """Let a disabled person in again; they sign in anew."""
    persons.find_person(call.session, person)
    return PersonMade.of(persons.enable_person(call.session, person))


def set_password(call: Call, person: Code, body: PasswordRequest) -> PasswordReply:
    """Give a person a login and a password; every sign-in of theirs ends.

    Whoever sets a password could sign in with it: roles on money hold again once a funder confirms them.
    """
    credentials = require_credentials(call)
    found = persons.find_person(call.session, person)
    call.session.commit()  # hashing takes its time: others write meanwhile
    fresh = credentials.hash(body.password.get_secret_value())
    persons.set_password(call.session, found.code, login=body.login, password_hash=fresh)
    tokens.end_person(call.session, found.code, call.now)
    grants.withdraw_confirmations(call.session, found.code)
    keep_trace(call, "person.set-password", found.code)
    return PasswordReply(person=found.code)


OPERATIONS = (
    Operation(name="person.list", method="GET", path="/persons", handler=list_persons, tag="persons"),
    Operation(
        name="person.register",
        method="POST",
        path="/persons",
        handler=register_person,
        tag="persons",
        status=201,
        examples={
            "here": {"code": "treasurer", "name": "The treasurer"},
            "issuer": {
                "code": "auditor",
                "name": "The auditor",
                "issuer": "https://id.example.org",
                "subject": "248289761001",
            },
        },
    ),
    Operation(name="person.read", method="GET", path="/persons/{person}", handler=read_person, tag="persons"),
    Operation(
        name="person.disable",
        method="POST",
        path="/persons/{person}/disablements",
        handler=disable_person,
        tag="persons",
        status=201,
    ),
    Operation(
        name="person.enable",
        method="POST",
        path="/persons/{person}/enablements",
        handler=enable_person,
        tag="persons",
        status=201,
    ),
    Operation(
        name="person.set-password",
        method="PUT",
        path="/persons/{person}/password",
        handler=set_password,
        tag="persons",
        keyed=False,
        examples={"first": {"login": "treasurer", "password": "a long sentence"}},
    ),
)
