from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from almoner import currency
from almoner.api import Caller, create_app
from almoner.api.router import router
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.parties import Party
from almoner.finance.storage import Engine, UnitOfWork, open_engine

FUND = "/v1/books/main/funds/water"
GIFTS = f"{FUND}/contributions"
TREASURER = {"Authorization": "Bearer treasurer"}
READER = {"Authorization": "Bearer reader"}
GIFT = {"giver": "giver", "amount": "250.00", "unit": "USD"}


def identify(request: Request) -> Caller | None:
    scopes = {
        "Bearer treasurer": frozenset({"funds:read", "funds:write"}),
        "Bearer reader": frozenset({"funds:read"}),
    }
    known = scopes.get(request.headers.get("Authorization", ""))
    return None if known is None else Caller(name="somebody", scopes=known)


@pytest.fixture
def client(engine: Engine, clock: Clock) -> Iterator[TestClient]:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        acts.register_party(session, "main", Party(code="giver", name="Giver"))
        acts.open_fund(session, "main", "water", currency("USD"), title="Water")
    with TestClient(create_app(engine=engine, identify=identify, clock=clock)) as opened:
        yield opened


def post(client: TestClient, body: Any, key: str | None = "k1", **headers: str) -> Any:  # noqa: ANN401  # any JSON
    extra = {"Idempotency-Key": key} if key is not None else {}
    return client.post(GIFTS, json=body, headers=TREASURER | extra | headers)


def test_health_is_open_and_tells_the_schema(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").status_code == 200


def test_ready_refuses_a_database_without_tables() -> None:
    with TestClient(create_app(engine=open_engine("sqlite://"))) as client:
        assert client.get("/health").status_code == 200
        reply = client.get("/ready")
    assert reply.status_code == 503
    assert reply.json()["code"] == "storage.schema_missing"


def test_a_fund_is_read_by_those_entitled_to_it(client: TestClient) -> None:
    assert client.get(FUND).status_code == 401
    assert client.get(FUND).headers["WWW-Authenticate"] == "Bearer"
    reply = client.get(FUND, headers=READER)
    assert reply.status_code == 200
    assert reply.json()["free"] == "0.00"


def test_without_an_identity_everything_but_health_is_closed(engine: Engine, client: TestClient) -> None:
    del client
    with TestClient(create_app(engine=engine)) as closed:
        assert closed.get(FUND, headers=TREASURER).status_code == 401
        assert closed.post(GIFTS, json=GIFT, headers=TREASURER | {"Idempotency-Key": "k"}).status_code == 401


def test_a_deposit_is_booked_once_per_key(client: TestClient) -> None:
    first, again = post(client, GIFT), post(client, GIFT)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() | {"replayed": True} == again.json()
    assert client.get(FUND, headers=READER).json()["contributions"] == "250.00"
    other = post(client, GIFT | {"amount": "251.00"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.key_reused")


def test_a_reader_may_not_write(client: TestClient) -> None:
    reply = client.post(GIFTS, json=GIFT, headers=READER | {"Idempotency-Key": "k"})
    assert (reply.status_code, reply.json()["code"]) == (403, "duty.not_allowed")
    assert client.get(FUND, headers=READER).json()["contributions"] == "0.00"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"unit": "EUR"}, 422, "money.unknown_unit"),
        ({"amount": "1.001"}, 422, "money.too_precise"),
        ({"amount": "-1.00"}, 422, "money.out_of_range"),
        ({"amount": "0.00"}, 422, "money.out_of_range"),
        ({"amount": 5}, 422, "document.invalid"),
        ({"amount": 5.5}, 422, "document.invalid"),
        ({"giver": "nobody"}, 404, "storage.missing"),
        ({"earmark": "nowhere"}, 404, "storage.missing"),
        ({"extra": "x"}, 422, "document.invalid"),
    ],
)
def test_a_bad_deposit_is_a_problem_and_changes_nothing(
    client: TestClient, change: dict[str, object], status: int, code: str
) -> None:
    reply = post(client, GIFT | change)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["detail"]
    assert client.get(FUND, headers=READER).json()["contributions"] == "0.00"
    assert post(client, GIFT).status_code == 201


TWICE = b'{"giver":"giver","giver":"giver"}'


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", TWICE, b"x" * 70_000])
def test_a_malformed_body_is_a_problem(client: TestClient, raw: bytes) -> None:
    reply = client.post(GIFTS, content=raw, headers=TREASURER | {"Idempotency-Key": "k1"})
    assert (reply.status_code, reply.json()["code"]) == (422, "document.invalid")


def test_a_deposit_needs_a_key(client: TestClient) -> None:
    for key in (None, "", "a b", "x" * 201):
        reply = post(client, GIFT, key=key)
        assert (reply.status_code, reply.json()["code"]) == (422, "document.invalid")


def test_unknown_addresses_and_methods_are_problems(client: TestClient) -> None:
    assert client.get("/nowhere").json()["code"] == "http.404"
    reply = client.delete(FUND, headers=TREASURER)
    assert (reply.status_code, reply.headers["content-type"]) == (405, "application/problem+json")
    missing = client.get("/v1/books/main/funds/nope", headers=READER)
    assert (missing.status_code, missing.json()["code"]) == (404, "storage.missing")


def test_the_schema_is_published(client: TestClient) -> None:
    schema = client.get("/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert "/v1/books/{book}/funds/{code}/contributions" in schema["paths"]


def test_a_host_application_stays_as_it_was(engine: Engine, client: TestClient) -> None:
    del client
    host = FastAPI()
    host.include_router(router(engine=engine, identify=identify), prefix="/giving")
    with TestClient(host) as mounted:
        assert mounted.get("/nowhere").json() == {"detail": "Not Found"}
        assert mounted.get(f"/giving{FUND}").json()["code"] == "duty.not_signed_in"
        assert mounted.get(f"/giving{FUND}", headers=READER).status_code == 200


def test_a_fault_of_ours_tells_nothing(engine: Engine) -> None:
    def broken(_request: Request) -> Caller | None:
        raise RuntimeError("a secret")

    with TestClient(create_app(engine=engine, identify=broken), raise_server_exceptions=False) as client:
        reply = client.get(FUND)
    assert (reply.status_code, reply.json()["code"]) == (500, "fault.70")
    assert "secret" not in reply.text
