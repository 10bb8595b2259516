"""Who is asking, where this installation signs people in: tokens, keys, and tokens of an issuer.

The problem: a signature alone says who somebody was when it was made. A session that was ended, a key that
was revoked and a person who was disabled are asked of the database at each request, so that they count at
once.

Only the header ``Authorization: Bearer …`` is read: what a browser sends by itself opens nothing here.
"""

from functools import partial

from fastapi import Request

from ..finance.dates import Clock
from ..finance.errors import Busy
from ..finance.storage import Engine, Session
from .api_keys import holds, read_key
from .credentials import Credentials
from .errors import NotSignedIn, SignInExpired
from .identity import Caller, Identify
from .oidc import Issuer, read_identity
from .passwords import check_password, hash_of_nobody, hash_password
from .records.keys import find_kept_key, note_use
from .records.persons import find_subject
from .records.tokens import goes_on
from .tokens import TokenKeys, issue, kid_of, read_access

WAY = "Send the header Authorization: Bearer, then a token or an API key."
NO_KEY = "This API key does not open anything, or no longer. Check it, or make a new one."
ENDED = "This sign-in was ended. Sign in again."


def credentials_of(keys: TokenKeys) -> Credentials:
    """Return how people are signed in here: Argon2id and Ed25519.

    Parameters
    ----------
    keys : TokenKeys
        What tokens are signed with.
    """
    hash_of_nobody()
    return Credentials(check=check_password, hash=hash_password, issue=partial(issue, keys))


def identify_by(
    engine: Engine, *, clock: Clock, keys: TokenKeys | None = None, issuer: Issuer | None = None
) -> Identify:
    """Return what tells a door who is asking.

    Parameters
    ----------
    engine : Engine
        Where persons, keys and sessions are.
    clock : Clock
        By which they run out.
    keys : TokenKeys or None
        Of tokens signed here; None where nobody signs in here.
    issuer : Issuer or None
        Whose tokens are trusted as well.
    """

    def identify(request: Request) -> Caller | None:
        given = request.headers.get("authorization")
        if given is None:
            return None
        way, _, text = given.partition(" ")
        if way.lower() != "bearer" or not text.strip().isascii():
            raise NotSignedIn(WAY)
        text = text.strip()
        if text.startswith("alm_"):
            return _by_key(engine, clock, text)
        if keys is not None and kid_of(text) in keys.kids:
            return _by_token(engine, clock, keys, text)
        if issuer is not None:
            return _by_issuer(engine, clock, issuer, text)
        raise NotSignedIn(WAY)

    return identify


def _by_key(engine: Engine, clock: Clock, text: str) -> Caller:
    read = read_key(text)
    if read is None:
        raise NotSignedIn(NO_KEY)
    public, sha256 = read
    now = clock()
    with Session(engine) as session:
        found = find_kept_key(session, public)
    if found is None or not holds(found[0], sha256, now):
        raise NotSignedIn(NO_KEY)
    kept, last_used_on = found
    if last_used_on != now.date():
        _note_use(engine, clock, public)
    return Caller(person=kept.person, scopes=kept.scopes, api_key=public)


def _note_use(engine: Engine, clock: Clock, public: str) -> None:
    """Write down the day a key is used; not now, when another session is writing: the next request will."""
    try:
        with Session(engine) as session, session.begin():
            note_use(session, public, clock().date())
    except Busy:
        return


def _by_token(engine: Engine, clock: Clock, keys: TokenKeys, text: str) -> Caller:
    claims = read_access(keys, text, clock())
    with Session(engine) as session:
        if not goes_on(session, claims.person, claims.session):
            raise SignInExpired(ENDED)
    return Caller(person=claims.person, authenticated_at=claims.authenticated_at)


def _by_issuer(engine: Engine, clock: Clock, issuer: Issuer, text: str) -> Caller:
    found = read_identity(issuer, text, clock())
    with Session(engine) as session:
        person = find_subject(session, found.issuer, found.subject)
    if person is None:
        raise NotSignedIn(
            "The issuer knows you and this installation does not. Ask its administrator to register you.",
            issuer=found.issuer,
            subject=found.subject,
        )
    if person.disabled_at is not None:
        raise SignInExpired(ENDED)
    return Caller(person=person.code, authenticated_at=found.authenticated_at)
