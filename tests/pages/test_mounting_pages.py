"""The pages in an application of somebody else, and in a server of ours."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.doors.people import identify_by_name
from tests.doors.test_settings import settings
from tests.pages.visiting import Visitor, read

from almoner import router
from almoner.api import page_router
from almoner.api.errors import SettingsInvalid
from almoner.api.router import open_door
from almoner.api.server import look_of
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine

HERE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FUND = "/giving/books/main/funds/water"


@pytest.fixture
def host(engine: Engine, book: str, clock: Clock) -> FastAPI:
    """An application that mounts ours below a prefix, and has a page of its own."""
    assert book
    identify = identify_by_name(clock)
    door = open_door(engine=engine, identify=identify, clock=clock)
    app = FastAPI()
    app.get("/")(lambda: {"host": "unmoved"})
    given = {"engine": engine, "identify": identify, "clock": clock, "door": door}
    app.include_router(router(**given), prefix="/giving")
    app.include_router(page_router(**given), prefix="/giving")
    return app


@HERE
def test_the_host_signs_people_in_and_every_link_stays_below_its_prefix(host: FastAPI) -> None:
    fiona = Visitor(host, "fiona")
    page = fiona.see(FUND)
    assert "Water" in read(page)
    links = [part.split('"')[0] for part in page.split('="/')[1:]]
    assert links
    assert not [one for one in links if not one.startswith("giving/")]
    style = next(one for one in links if one.endswith("almoner.css"))
    assert fiona.client.get(f"/{style}").status_code == 200
    assert "Sign in" not in read(Visitor(host).see(FUND, 404))
    assert "set-cookie" not in fiona.client.get(FUND).headers


@HERE
def test_a_form_works_below_a_prefix_and_one_of_another_person_does_not(host: FastAPI) -> None:
    fiona, frank = Visitor(host, "fiona"), Visitor(host, "frank")
    stolen = fiona.form(FUND, "publish")
    assert frank.client.post(FUND, data=stolen.fields).status_code == 401
    Visitor(host).see(FUND, 404)
    assert "Water" in fiona.do(FUND, "publish")
    assert "Water" in Visitor(host).text(FUND)


@HERE
def test_the_rest_of_the_host_answers_as_before(host: FastAPI) -> None:
    client = TestClient(host)
    assert client.get("/").json() == {"host": "unmoved"}
    assert client.get("/nothing", headers={"Accept": "text/html"}).json() == {"detail": "Not Found"}


@pytest.mark.parametrize(
    ("given", "secure"),
    [
        ({}, False),
        ({"url": "http://localhost:9000"}, False),
        ({"url": "https://giving.example"}, True),
        ({"url": "http://giving.example"}, True),
        ({"host": "0.0.0.0"}, True),  # noqa: S104  # the case in question
    ],
)
def test_cookies_are_for_https_but_on_this_machine(given: dict[str, object], *, secure: bool) -> None:
    look = look_of(settings(**given))
    assert look is not None
    assert look.secure is secure


def test_an_installation_chooses_name_and_languages_or_no_pages_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALMONER_LANGUAGES", "fr, en")
    look = look_of(settings(name="Giving"))
    assert look is not None
    assert (look.name, look.languages) == ("Giving", ("fr", "en"))
    assert look_of(settings(pages=False)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("languages", "en tlh"), ("languages", ()), ("chromium", "/no/such/browser"), ("name", "")],
)
def test_what_no_page_could_be_shown_with_ends_the_start(name: str, value: object, tmp_path: Path) -> None:
    assert not (tmp_path / "browser").exists()
    with pytest.raises(SettingsInvalid, match=f"ALMONER_{name.upper()}"):
        settings(**{name: value})
