"""A host with its own models, users and error handlers is the same as before, and has almoner beside it."""

import ast
import logging
from concurrent.futures import ThreadPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, inspect

from almoner import currency
from almoner.finance import acts
from almoner.finance.parties import Party
from almoner.finance.storage import Engine, UnitOfWork

EXAMPLES = Path(__file__).parents[2] / "examples"
FUND = "/giving/v1/books/main/funds/soup"
KEEPER = {"X-Club-Card": "s3cret"}
ASKED = (
    ("GET", "/docs"),
    ("GET", "/redoc"),
    ("GET", "/nowhere"),
    ("GET", "/v1/books"),
    ("PUT", "/suppers/1"),
    ("POST", "/suppers/one?guests=3"),
    ("POST", "/suppers/1"),
)


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = spec_from_file_location("mounting_example", EXAMPLES / "12_mounting.py")
    assert spec is not None
    assert spec.loader is not None
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def own(tmp_path: Path) -> Engine:
    return create_engine(f"sqlite:///{tmp_path}/club.db")


@pytest.fixture
def club(example: ModuleType, own: Engine) -> FastAPI:
    app: FastAPI = example.make_club(own)
    return app


def open_kitchen(engine: Engine) -> None:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        acts.register_party(session, "main", Party(code="club", name="Supper club"))
        acts.open_fund(session, "main", "soup", currency("USD"), title="Soup kitchen")


def test_almoner_is_mounted_in_at_most_ten_lines() -> None:
    source = (EXAMPLES / "12_mounting.py").read_text()
    tree = ast.parse(source)
    mounting = next(
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "mount_almoner"
    )
    used = {node.id for node in ast.walk(mounting) if isinstance(node, ast.Name)}
    first, last = mounting.body[1].lineno, mounting.end_lineno or 0
    written = [line for line in source.splitlines()[first - 1 : last] if line.strip()]
    imported = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("almoner")
        and used & {one.name for one in node.names}
    ]
    assert len(imported) == 3
    assert len(written) + len(imported) <= 10


def test_the_host_answers_byte_for_byte_as_before(example: ModuleType, club: FastAPI, own: Engine) -> None:
    client = TestClient(club)
    described = client.get("/openapi.json").json()
    before = [client.request(method, path) for method, path in ASKED]
    handlers, middleware = dict(club.exception_handlers), list(club.user_middleware)
    loggers = list(logging.getLogger().handlers)
    club.openapi_schema = None
    example.mount_almoner(club, own)
    after = [client.request(method, path) for method, path in ASKED]
    assert [(one.status_code, dict(one.headers), one.content) for one in after] == [
        (one.status_code, dict(one.headers), one.content) for one in before
    ]
    assert [one.status_code for one in after] == [200, 200, 404, 404, 405, 422, 422]
    assert (club.exception_handlers, club.user_middleware) == (handlers, middleware)
    assert logging.getLogger().handlers == loggers
    mounted = client.get("/openapi.json").json()
    assert {path: told for path, told in mounted["paths"].items() if not path.startswith("/giving/")} == (
        described["paths"]
    )
    assert mounted["info"] == described["info"]


def test_the_tables_of_the_host_are_left_alone(example: ModuleType, club: FastAPI, own: Engine) -> None:
    before = inspect(own).get_columns("supper")
    example.mount_almoner(club, own)
    assert [one["name"] for one in inspect(own).get_columns("supper")] == [one["name"] for one in before]
    assert set(example.Base.metadata.tables) == {"supper"}
    assert "alembic_version" not in inspect(own).get_table_names()


def test_a_refusal_below_the_mounting_is_ours_and_not_the_handlers_of_the_host(
    example: ModuleType, club: FastAPI, own: Engine
) -> None:
    example.mount_almoner(club, own)
    open_kitchen(own)
    refused = TestClient(club).get("/giving/v1/books/main/funds/nope", headers=KEEPER)
    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")
    assert refused.json()["code"] == "storage.missing"


def test_an_async_host_writes_its_row_and_the_gift_in_one_transaction(
    example: ModuleType, club: FastAPI, own: Engine
) -> None:
    example.mount_almoner(club, own)
    open_kitchen(own)
    with TestClient(club, raise_server_exceptions=False) as client, ThreadPoolExecutor(4) as hands:
        told = list(hands.map(lambda number: client.post(f"/suppers/{number}?guests=2"), range(1, 9)))
        assert {one.status_code for one in told} == {200}
        assert client.get(FUND, headers=KEEPER).json()["free"] == "192.00"
        refused = client.post("/suppers/9?guests=0")
        assert refused.status_code == 500  # no gift of nothing, so no row of the club either
        assert client.post("/suppers/9?guests=1").json() == {"closed": 9}
        assert client.get(FUND, headers=KEEPER).json()["free"] == "204.00"
