"""The signpost leads where the framework would have come by trying one route after another."""

from itertools import pairwise

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Match, Route

from almoner.api.router import router
from almoner.api.signpost import Signpost
from almoner.finance.storage import open_engine

ROUTES = [one for one in router(engine=open_engine("sqlite://")).routes if isinstance(one, Route)]


def scope(method: str, path: str, root: str = "") -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "root_path": root}


def tried(method: str, path: str) -> object:
    """Return the endpoint that the framework's own way comes to."""
    matched = (route.matches(scope(method, path)) for route in ROUTES)
    return next((found["endpoint"] for match, found in matched if match == Match.FULL), None)


def addresses() -> list[tuple[str, str]]:
    """Every address with plain words in its gaps, and with the last word of another one in them."""
    known = [(method, route.path) for route in ROUTES for method in sorted(route.methods or ())]
    plain = [(method, path.replace("{", "").replace("}", "")) for method, path in known]
    crossed = [(a[0], a[1].rsplit("/", 1)[0] + "/" + b[1].rsplit("/", 1)[1]) for a, b in pairwise(plain)]
    return plain + crossed


def test_every_address_leads_to_the_route_that_trying_finds() -> None:
    post = Signpost(ROUTES)
    assert len(addresses()) > 500
    for method, path in addresses():
        match, found = post.matches(scope(method, path))
        assert found.get("endpoint") == tried(method, path), (method, path)
        assert (match == Match.FULL) == bool(found)


def test_below_a_prefix_the_rest_of_the_address_counts() -> None:
    match, found = Signpost(ROUTES).matches(scope("GET", "/give/v1/books/main/funds/water", "/give"))
    assert match == Match.FULL
    assert found["path_params"] == {"book": "main", "fund": "water"}


def test_another_method_and_a_stranger_address_are_answered_as_before(app: FastAPI) -> None:
    client = TestClient(app)
    wrong = client.put("/v1/books/main/funds/water")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")
    assert client.get("/v1/nothing/here").status_code == 404
    assert client.get("/v1/books/main/funds/water", headers={"Host": "x"}).status_code == 401
