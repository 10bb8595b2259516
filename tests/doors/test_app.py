from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event
from tests.doors.people import Asker, identify_by_name

from almoner.api import create_app
from almoner.api.router import router
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine, open_engine

FUND = "/books/main/funds/water"
GIFTS = f"{FUND}/contributions"
GIFT = {"giver": "foundation", "amount": "250.00", "unit": "USD"}
PAYMENT = {"payee": "hub-a", "amount": "1.00", "unit": "USD", "line": "transfer"}
Ask = Callable[..., Asker]


def test_a_fund_is_read_and_a_payment_made_in_few_statements(ask: Ask, engine: Engine) -> None:
    ask("mira").made(GIFTS, GIFT)
    ask("mira").made(f"{FUND}/disbursements", PAYMENT)
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    ask("fiona").seen(FUND)
    read = len(seen)
    ask("mira").made(f"{FUND}/disbursements", PAYMENT)
    event.remove(engine, "before_cursor_execute", note)
    paid = {"postgresql": 14, "sqlite": 18}[engine.dialect.name]  # SQLite writes table by table
    assert 0 < read <= 4, seen
    assert 0 < len(seen) - read <= paid, seen[read:]


def test_health_is_open_and_tells_the_schema(app: FastAPI) -> None:
    client = TestClient(app)
    assert client.get("/ops/live").json() == {"status": "ok"}
    assert client.get("/ops/ready").status_code == 200


def test_ready_refuses_a_database_without_tables() -> None:
    with TestClient(create_app(engine=open_engine("sqlite://"))) as client:
        assert client.get("/ops/live").status_code == 200
        reply = client.get("/ops/ready")
    assert reply.status_code == 503
    assert reply.json()["code"] == "storage.schema_missing"


def test_a_fund_is_read_by_those_entitled_to_it(ask: Ask) -> None:
    assert ask("fiona").seen(FUND)["title"] == "Water"
    refused = ask().get(FUND)
    assert (refused.status_code, refused.json()["code"]) == (401, "auth.required")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    foreign = ask("nora").get(FUND)
    missing = ask("nora").get("/books/other/funds/water")
    assert foreign.status_code == missing.status_code == 404
    assert {**foreign.json(), "request_id": 0} == {**missing.json(), "request_id": 0}


def test_a_deposit_is_booked_once_per_key(ask: Ask) -> None:
    mira = ask("mira")
    first, again = (mira.post(GIFTS, GIFT, {"Idempotency-Key": "gift-1"}) for _ in range(2))
    assert first.status_code == again.status_code == 201, first.text
    assert first.content == again.content
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert mira.seen(FUND)["balance"] == "250.00"


def test_a_key_serves_one_request(ask: Ask) -> None:
    mira = ask("mira")
    mira.made(GIFTS, GIFT, {"Idempotency-Key": "gift-1"})
    other = mira.post(GIFTS, GIFT | {"amount": "1.00"}, {"Idempotency-Key": "gift-1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    assert mira.seen(FUND)["balance"] == "250.00"


def test_two_callers_may_take_the_same_key(ask: Ask) -> None:
    ask("mira").made(GIFTS, GIFT, {"Idempotency-Key": "gift-1"})
    ask("milo").made(GIFTS, GIFT, {"Idempotency-Key": "gift-1"})
    assert ask("mira").seen(FUND)["balance"] == "500.00"


def test_a_dry_run_shows_its_effects_and_leaves_nothing(ask: Ask) -> None:
    mira = ask("mira")
    tried = mira.post(f"{GIFTS}?dry_run=true", GIFT, {"Idempotency-Key": "gift-1"})
    assert tried.status_code == 201
    moves = {row["account"]: (row["before"], row["after"]) for row in tried.json()["effects"]["balances"]}
    assert ("0.00", "250.00") in moves.values()
    assert mira.seen(FUND)["balance"] == "0.00"
    assert "effects" not in mira.made(GIFTS, GIFT, {"Idempotency-Key": "gift-1"})


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b'{"giver": "foundation"', {}, 400, "request.malformed"),
        (b'{"giver": "a", "giver": "b"}', {}, 400, "request.malformed"),
        (b'{"giver": NaN}', {}, 400, "request.malformed"),
        (b'{"giver": 1e999}', {}, 400, "request.malformed"),
        (b"\xff\xfe", {}, 400, "request.malformed"),
        (b'{"giver": "\\ud800"}', {}, 400, "request.malformed"),
        (b'{"giver": "a\\u0000b"}', {}, 400, "request.malformed"),
        (b"[" * 5000, {}, 400, "request.malformed"),
        (b'{"giver": "foundation", "amount": 250, "unit": "USD"}', {}, 422, "request.invalid"),
        (b'{"giver": "foundation", "amount": "2", "unit": "USD", "x": 1}', {}, 422, "request.invalid"),
        (b'{"giver": "foundation", "amount": "2.001", "unit": "USD"}', {}, 422, "money.too_precise"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "request.media_type"),
        (b"{}", {"Idempotency-Key": "a b"}, 400, "idempotency.missing"),
        (b" " * 2_000_000, {}, 413, "request.too_large"),
    ],
)
def test_a_malformed_request_is_a_problem_and_changes_nothing(
    app: FastAPI, ask: Ask, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    sent = {
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
        "Authorization": "Bearer mira",
    } | headers
    reply = TestClient(app).post(f"/v1{GIFTS}", content=body, headers=sent)
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert ask("mira").seen(FUND)["balance"] == "0.00"


def test_an_unchanged_resource_is_not_sent_again(ask: Ask) -> None:
    mira = ask("mira")
    tag = mira.get(FUND).headers["ETag"]
    assert mira.get(FUND, {"If-None-Match": tag}).status_code == 304
    mira.made(GIFTS, GIFT)
    assert mira.get(FUND, {"If-None-Match": tag}).status_code == 200


def test_a_list_comes_in_pages_and_its_cursor_is_bound(ask: Ask) -> None:
    mira = ask("mira")
    for code in ("air", "fire", "soil"):
        mira.made("/books/main/funds", {"code": code, "title": code, "unit": "USD"})
    first = mira.seen("/books/main/funds?limit=3")
    assert [one["code"] for one in first["items"]] == ["air", "fire", "soil"]
    rest = mira.seen(f"/books/main/funds?limit=3&cursor={first['next']}")
    assert [one["code"] for one in rest["items"]] == ["water"]
    assert rest["next"] is None
    stolen = ask("fiona").get(f"/books/main/funds?cursor={first['next']}")
    assert (stolen.status_code, stolen.json()["code"]) == (400, "cursor.invalid")


def test_sparse_fields_and_unknown_parameters(ask: Ask) -> None:
    mira = ask("mira")
    assert mira.seen(f"{FUND}?fields=code,free") == {"code": "water", "free": "0.00"}
    assert mira.get(f"{FUND}?colour=red").json()["code"] == "query.unknown"


def test_every_address_of_the_reference_is_served(app: FastAPI) -> None:
    described = app.openapi()
    assert described["openapi"].startswith("3.1")
    assert "/v1/books/{book}/funds/{fund}" in described["paths"]


@pytest.mark.parametrize("written", ["0", "20260101", "2026-01-01T00:00:00Z", "1.5"])
def test_a_number_is_no_day(ask: Callable[..., Asker], written: str) -> None:
    refused = ask("mira").get(f"/books/main/accounts?on={written}")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/query/on")
    gift = {"giver": "foundation", "amount": "1.00", "unit": "USD", "on": written}
    asked = ask("mira").post("/books/main/funds/water/contributions", gift)
    assert (asked.status_code, asked.json()["errors"][0]["pointer"]) == (422, "/on")
    assert ask("mira").get("/books/main/accounts?on=2026-01-01").status_code == 200


def test_a_refused_method_names_every_method_of_the_address(app: FastAPI) -> None:
    refused = TestClient(app).delete("/v1/books/main/funds")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")


def test_every_text_of_a_body_has_a_digest(ask: Callable[..., Asker]) -> None:
    gift = {"giver": "foundation", "amount": "1.00", "unit": "USD", "note": "\u00e9"}
    again = [
        ask("mira").post("/books/main/funds/water/contributions", gift, {"Idempotency-Key": "e"})
        for _ in "12"
    ]
    assert [one.status_code for one in again] == [201, 201]


def test_a_refusal_is_repeated_byte_for_byte_where_the_routes_are_mounted(
    engine: Engine, book: str, clock: Clock
) -> None:
    host = FastAPI()
    host.include_router(
        router(engine=engine, identify=identify_by_name(clock), clock=clock), prefix="/giving"
    )
    sent = {"Authorization": "Bearer mira", "Idempotency-Key": "k"}
    asked = {"payee": "hub-a", "amount": "1.00", "unit": "USD"}
    address = f"/giving/v1/books/{book}/funds/water/disbursements"
    first, again = (TestClient(host).post(address, json=asked, headers=sent) for _ in range(2))
    assert first.status_code == again.status_code == 409
    assert first.json()["type"] == "/giving/problems/fund.insufficient"
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
