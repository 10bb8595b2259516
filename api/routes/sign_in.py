"""Signing in over HTTP: tokens for a password, the next ones for a refresh token, the end of a sign-in.

An attempt is counted before the password is looked at, and stays counted when it is refused: that takes a
commit of its own. It also lets go of the database while a password is checked, which takes its time by
design. The answers hold secrets, so they are not kept for a second asking, and these requests take no key.
"""

from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

from ...finance.errors import Missing
from ..credentials import Credentials
from ..door import Call
from ..errors import NotSignedIn, RateLimited, SignInExpired
from ..operation import Operation
from ..records import grants, page_sessions, persons, tokens
from ..records.commands import Command, keep_command
from ..records.throttles import take_sign_in
from ..wire.access import (
    MeReply,
    OwnPasswordRequest,
    PasswordGrant,
    PasswordReply,
    RefreshGrant,
    RevocationReply,
    RevocationRequest,
    RoleLine,
    SignInLine,
    SignInList,
    TokenReply,
    TokenRequest,
)

ACCESS_LIFETIME = timedelta(minutes=10)
WRONG = "Login and password do not fit. Check both."
SPENT = "This refresh token does not hold, or no longer. Sign in again."


def issue_tokens(call: Call, body: TokenRequest) -> TokenReply:
    """Return tokens for a login and its password, or the next ones for a refresh token.

    A refresh token is good once; one that comes again ends the sign-in it belongs to.
    """
    credentials = require_credentials(call)
    held = _begin(call, credentials, body) if isinstance(body, PasswordGrant) else _go_on(call, body)
    refresh = tokens.keep_refresh_token(call.session, held, call.now)
    access = credentials.issue(
        held.person, session=held.family, authenticated_at=held.authenticated_at, now=call.now
    )
    return TokenReply(
        access_token=access,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        refresh_token=refresh,
        refresh_expires_in=int(tokens.LIFETIME.total_seconds()),
    )


def require_credentials(call: Call) -> Credentials:
    """Return how people are signed in here.

    Raises
    ------
    Missing
        When the host, or an issuer, signs them in.
    """
    if call.door.credentials is None:
        raise Missing("Nobody signs in here with a password. Sign in where this installation sends you.")
    return call.door.credentials


def _begin(call: Call, credentials: Credentials, body: PasswordGrant) -> tokens.SignInSession:
    count_attempt(call, body.username)
    found = persons.find_password(call.session, body.username)
    call.session.commit()
    if not credentials.check(body.password.get_secret_value(), found[1] if found else None) or found is None:
        raise NotSignedIn(WRONG)
    if not persons.keeps_password(call.session, body.username, found[1]):
        raise NotSignedIn(WRONG)
    held = tokens.SignInSession(person=found[0], family=uuid4(), authenticated_at=call.now)
    keep_trace(call, "token.issue", held.person)
    return held


def count_attempt(call: Call, account: str) -> None:
    """Count an attempt to prove who one is, whatever becomes of it.

    Raises
    ------
    RateLimited
        When there were too many.
    """
    try:
        take_sign_in(call.session, account=account, address=call.address, now=call.now)
    except RateLimited:
        call.session.commit()
        raise
    call.session.commit()


def _go_on(call: Call, body: RefreshGrant) -> tokens.SignInSession:
    held = tokens.use_refresh_token(call.session, body.refresh_token.get_secret_value(), call.now)
    if held is None:
        call.session.commit()  # a token that came a second time has ended its sign-in
        raise SignInExpired(SPENT)
    return held


def keep_trace(call: Call, operation: str, person: str) -> None:
    """Write down who did what, without what was said: it held a password."""
    keep_command(
        call.session,
        Command(
            id=call.request_id,
            book_id=None,
            operation=operation,
            object=f"/persons/{person}",
            person=call.person if call.caller else person,
            party="",
            api_key=None,
            client=None,
            key=None,
            request_sha256=sha256(b"").digest(),
            status=200,
            answer=b"",
            location="",
            recorded_at=call.now,
        ),
    )


def revoke_tokens(call: Call, body: RevocationRequest) -> RevocationReply:
    """End the sign-in a refresh token belongs to; its access tokens end with it."""
    tokens.end_family_of(call.session, body.refresh_token.get_secret_value(), call.now)
    return RevocationReply()


def read_me(call: Call) -> MeReply:
    """Return who you are here, what you called with, and which roles you hold."""
    caller = call.caller
    if caller is None:
        raise NotSignedIn("This takes a sign-in.")
    name, admin = "", False
    with suppress(Missing):
        found = persons.find_person(call.session, caller.person)
        name, admin = found.name, found.admin
    return MeReply(
        person=caller.person,
        name=name,
        admin=admin,
        api_key=caller.api_key,
        scopes=None if caller.scopes is None else sorted(caller.scopes),
        authenticated_at=caller.authenticated_at,
        roles=_roles(call),
    )


def _roles(call: Call) -> list[RoleLine]:
    caller = call.caller
    if caller is not None and caller.grants is not None:
        return [
            RoleLine(
                book=one.book,
                role=one.role,
                party=one.party,
                engagement=one.engagement,
                may_make=one.may_make,
                may_check=one.may_check,
                valid_from=one.valid_from,
                valid_until=one.valid_until,
                state="in force",
            )
            for one in caller.grants
        ]
    return [
        RoleLine(
            book=one.book,
            role=one.role,
            party=one.party,
            engagement=one.engagement,
            may_make=one.may_make,
            may_check=one.may_check,
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            state=one.state(call.now),
        )
        for one in grants.list_person_grants(call.session, call.person)
    ]


def list_sign_ins(call: Call) -> SignInList:
    """List your sign-ins that go on: in browsers, and of programs that use your tokens."""
    found = page_sessions.list_sign_ins(call.session, call.person, call.now)
    return SignInList(
        items=[SignInLine(since=one.since, seen_at=one.seen_at, until=one.until) for one in found]
    )


def set_own_password(call: Call, body: OwnPasswordRequest) -> PasswordReply:
    """Change your password; every sign-in of yours ends, this one too."""
    credentials = require_credentials(call)
    found = persons.find_person(call.session, call.person)
    count_attempt(call, found.login or found.code)
    kept = persons.find_password(call.session, found.login) if found.login else None
    call.session.commit()
    if not credentials.check(body.current.get_secret_value(), kept[1] if kept else None):
        raise NotSignedIn("The current password does not fit. Check it.")
    fresh = credentials.hash(body.password.get_secret_value())
    persons.set_password(call.session, call.person, login=found.login, password_hash=fresh)
    tokens.end_person(call.session, call.person, call.now)
    keep_trace(call, "me.set-password", call.person)
    return PasswordReply(person=call.person)


OPERATIONS = (
    Operation(
        name="token.issue",
        method="POST",
        path="/auth/tokens",
        handler=issue_tokens,
        tag="auth",
        keyed=False,
        examples={
            "password": {"grant_type": "password", "username": "treasurer", "password": "a long sentence"},
            "refresh": {"grant_type": "refresh_token", "refresh_token": "hT9v"},
        },
    ),
    Operation(
        name="token.revoke",
        method="POST",
        path="/auth/revocations",
        handler=revoke_tokens,
        tag="auth",
        keyed=False,
        examples={"sign-out": {"refresh_token": "hT9v"}},
    ),
    Operation(name="me.read", method="GET", path="/me", handler=read_me, tag="me"),
    Operation(name="me.list-sign-ins", method="GET", path="/me/sign-ins", handler=list_sign_ins, tag="me"),
    Operation(
        name="me.set-password",
        method="PUT",
        path="/me/password",
        handler=set_own_password,
        tag="me",
        keyed=False,
        examples={"change": {"current": "a long sentence", "password": "another long sentence"}},
    ),
)
