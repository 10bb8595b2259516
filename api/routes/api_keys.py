"""API keys over HTTP: made by a person for themselves, shown once, ended at once."""

from datetime import timedelta

from ...finance.documents import Code
from ...finance.errors import Missing
from ..api_keys import make_key
from ..door import NOT_HERE, Call
from ..errors import Forbidden
from ..operation import Operation
from ..paging import page_of, read_cursor
from ..records import grants, keys
from ..records.entering import is_admin
from ..wire.access import KeyList, KeyMade, KeyQuery, KeyReply, KeyRequest

HOLDERS = frozenset({"funder", "investor", "intermediary", "hub", "evaluator"})


def list_keys(call: Call, query: KeyQuery) -> KeyList:
    """List your keys; an administrator may list everybody's."""
    if query.everybody and not is_admin(call.session, call.person):
        raise Forbidden("Everybody's keys are shown to administrators only. Leave everybody away.")
    after = read_cursor(call, query, "api-key.list")
    found = keys.list_keys(
        call.session,
        person=None if query.everybody else call.person,
        after=str(after[0]) if after else "",
        limit=query.limit + 1,
    )
    rows, following = page_of(call, query, found, lambda one: (one.id,), name="api-key.list")
    return KeyList(items=[KeyReply.of(one) for one in rows], next=following)


def make_api_key(call: Call, body: KeyRequest) -> KeyMade:
    """Make a key that acts as you within its scopes; it makes and never checks, and is shown once."""
    held = {one.role for one in grants.list_person_grants(call.session, call.person)}
    if not held & HOLDERS:
        raise Forbidden("Keys are for those who hold a role other than a judge's. Ask for a role first.")
    made = make_key()
    line = keys.KeyLine(
        id=made.id,
        person=call.person,
        name=body.name,
        scopes=tuple(sorted(set(body.scopes))),
        created_at=call.now,
        expires_at=call.now + timedelta(days=body.days),
    )
    keys.keep_key(call.session, line, made.sha256)
    call.location = f"/api-keys/{made.id}"
    return KeyMade(**dict(KeyReply.of(line)), key=made.text)


def read_key(call: Call, key: Code) -> KeyReply:
    """Return what is told of a key of yours: never its secret."""
    return KeyReply.of(_own(call, key))


def revoke_key(call: Call, key: Code) -> KeyReply:
    """End a key of yours at once."""
    _own(call, key)
    keys.revoke_key(call.session, key, call.now)
    return KeyReply.of(keys.find_key(call.session, key))


def _own(call: Call, key: str) -> keys.KeyLine:
    found = keys.find_key(call.session, key)
    if found.person != call.person:
        raise Missing(NOT_HERE)
    return found


OPERATIONS = (
    Operation(name="api-key.list", method="GET", path="/api-keys", handler=list_keys, tag="api-keys"),
    Operation(
        name="api-key.make",
        method="POST",
        path="/api-keys",
        handler=make_api_key,
        tag="api-keys",
        status=201,
        once=("key",),
        examples={"reader": {"name": "nightly report", "scopes": ["funds:read"], "days": 30}},
    ),
    Operation(name="api-key.read", method="GET", path="/api-keys/{key}", handler=read_key, tag="api-keys"),
    Operation(
        name="api-key.revoke",
        method="POST",
        path="/api-keys/{key}/revocations",
        handler=revoke_key,
        tag="api-keys",
        status=201,
    ),
)
