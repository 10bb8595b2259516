"""The ten risks of the OWASP API list of 2023 that no other test of the doors tries.

1 objects: ids and cursors swapped. 2 signing in: see test_signing_in, test_tokens, test_oidc. 3 properties:
fields nobody asked for; see test_blind. 4 resources: bodies that are slow. 5 functions: see
test_access_matrix, test_duties. 6 flows: a right that ended, an answer given again. 7 see test_outbound and
here. 8 and 9 what every answer says, and what is not served. 10 see test_oidc.
"""

import asyncio
import json
from collections.abc import Callable

import pytest
from fastapi import FastAPI, Request
from tests.doors.crowded import parts_of, person_for
from tests.doors.people import PEOPLE, Asker, Json, grants_of, identify_by_name, small_app
from tests.doors.test_outbound import HOSTILE

from almoner.api.door import Door, Hooks, Limits
from almoner.api.errors import BodyTooSlow, RequestInvalid
from almoner.api.identity import Grant
from almoner.api.operation import Operation
from almoner.api.outbound import read_url
from almoner.api.reading import read_content
from almoner.api.routes import OPERATIONS, contributions, funds, webhooks
from almoner.api.routing import routes_of
from almoner.api.vault import Vault
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

Ask = Callable[..., Asker]
FUNDS = "/books/main/funds"
ONE_DATABASE = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def code_of(reply: Json) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


@ONE_DATABASE
def test_a_cursor_of_one_fund_opens_no_other(ask: Ask) -> None:
    mira = ask("mira")
    mira.made(FUNDS, {"code": "second", "title": "Second", "unit": "USD"})
    for fund in ("water", "second"):
        for amount in ("10.00", "20.00"):
            gift = {"giver": "foundation", "amount": amount, "unit": "USD"}
            mira.made(f"{FUNDS}/{fund}/contributions", gift)
    cursor = mira.seen(f"{FUNDS}/water/contributions?limit=1")["next"]
    assert mira.get(f"{FUNDS}/water/contributions?limit=1&cursor={cursor}").status_code == 200
    swapped = mira.get(f"{FUNDS}/second/contributions?limit=1&cursor={cursor}")
    assert code_of(swapped) == (400, "cursor.invalid")
    other = ask("milo").get(f"{FUNDS}/water/contributions?limit=1&cursor={cursor}")
    assert code_of(other) == (400, "cursor.invalid")


@ONE_DATABASE
def test_a_role_that_ended_gets_no_answer_again_and_no_other_party(
    engine: Engine, book: str, clock: Clock
) -> None:
    assert book
    people: dict[str, tuple[Grant, ...]] = dict(PEOPLE)
    mira = Asker(small_app(engine, identify_by_name(clock, people), clock, funds, contributions), "mira")
    gift = {"giver": "foundation", "amount": "10.00", "unit": "USD"}
    key = {"Idempotency-Key": "once"}
    assert mira.post(f"{FUNDS}/water/contributions", gift, key).status_code == 201
    assert mira.post(f"{FUNDS}/water/contributions", gift, key).headers["Idempotent-Replayed"] == "true"
    assert (
        code_of(mira.post(f"{FUNDS}/water/contributions", gift, key | {"Almoner-Party": "hub-a"}))[0] == 404
    )
    people["mira"] = ()
    assert code_of(mira.post(f"{FUNDS}/water/contributions", gift, key)) == (404, "storage.missing")
    people["mira"] = grants_of(("hub", "almoner", ""))
    assert code_of(mira.post(f"{FUNDS}/water/contributions", gift, key)) == (403, "auth.forbidden")


def is_refused(operation: Operation, body: Json) -> bool:
    """Tell whether a body is refused by its schema."""
    try:
        operation.shape.body_reader.validate_json(json.dumps(body))
    except (ValueError, RequestInvalid):
        return True
    return False


@pytest.mark.parametrize("name", ["state", "owner", "paid", "version", "id", "__proto__", "approved_by"])
def test_no_body_takes_a_field_of_which_nobody_asked(name: str) -> None:
    asked = [
        (operation, example)
        for operation in OPERATIONS
        if operation.shape.body is not None
        for example in operation.examples.values()
        if name not in example and not is_refused(operation, example)
    ]
    assert len(asked) > 100
    assert [one.name for one, example in asked if not is_refused(one, example | {name: "hub-a"})] == []


def test_a_body_that_never_comes_is_given_up() -> None:
    operation = next(one for one in OPERATIONS if one.name == "fund.open")

    async def never() -> Json:
        await asyncio.sleep(60)

    asked = Request({"type": "http", "method": "POST", "headers": [], "path": "/"}, receive=never)
    with pytest.raises(BodyTooSlow):
        asyncio.run(read_content(asked, operation, Limits(patience=0.01)))


@ONE_DATABASE
def test_no_address_inside_is_taken_for_a_webhook(engine: Engine, book: str, clock: Clock) -> None:
    hooks = Hooks(vault=Vault(keys=(bytes(range(32)),)), check=read_url)
    identify = identify_by_name(clock)
    door = Door(engine=engine, identify=identify, clock=clock, secret=bytes(32), hooks=hooks)
    app = FastAPI()
    app.include_router(routes_of(door, webhooks.OPERATIONS))
    mira = Asker(app, "mira")
    replies = {url: mira.post(f"/books/{book}/webhook-endpoints", {"url": url}) for url in HOSTILE}
    assert {url: one.status_code for url, one in replies.items() if one.status_code not in {400, 422}} == {}
    assert mira.post(f"/books/{book}/webhook-endpoints", {"url": "https://hooks.example.org/"}).is_success


@ONE_DATABASE
def test_every_answer_of_every_kind_is_safe_to_keep_and_to_show(app: FastAPI) -> None:
    asked = [("GET", "/v1/nothing"), ("GET", "/"), ("TRACE", "/v1/books"), ("DELETE", "/v1/books")]
    asked += [
        ("OPTIONS", "/v1/books"),
        ("GET", "/v1/books/main/funds/water/../../.."),
        ("GET", "//etc/passwd"),
    ]
    mira = Asker(app, "mira")
    replies = [mira.client.request(method, path) for method, path in asked]
    for operation in OPERATIONS:
        if operation.method == "GET":
            path = operation.path.format(**parts_of(operation))
            replies += [Asker.get(asker, path) for asker in (mira, Asker(app, person_for(operation)))]
    for reply in replies:
        told = reply.headers
        assert told["X-Content-Type-Options"] == "nosniff"
        nobody = "authorization" not in reply.request.headers
        kept = "public, max-age=60" if nobody and reply.status_code == 200 else "no-store"
        assert told["Cache-Control"] == kept, reply.url
        assert "Authorization" in told["Vary"]
        assert not {"server", "x-powered-by", "access-control-allow-origin", "set-cookie"} & set(told)
        assert told["Content-Type"].split(";")[0] in {"application/json", "application/problem+json"}
    assert mira.get(
        "/books", {"X-HTTP-Method-Override": "DELETE", "Origin": "https://evil.example"}
    ).is_success
