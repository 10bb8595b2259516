"""Journeys through the pages in a real browser; ``make journeys`` runs them, on both databases."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from tests.doors.people import identify_by_name, secret_of
from tests.journeys.browsing import HEIGHT, WATCH, WIDE, Person, language_cookie
from tests.journeys.serving import GUARD, PASSWORD, VAULT, Hand, World, enrol_people, served

from almoner import currency
from almoner.api import create_app
from almoner.api.door import Door, Hooks
from almoner.api.outbound import read_url
from almoner.api.pages import Look
from almoner.api.passwords import hash_password
from almoner.api.signing_in import credentials_of
from almoner.api.tokens import new_pem, read_keys
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.parties import Party
from almoner.finance.signatures import public_key
from almoner.finance.storage import Engine, UnitOfWork

PARTIES = ("foundation", "almoner", "investor", "hub-a", "hub-b", "lab", "second-lab")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
LANGUAGES = ("en", "fr", "es", "en-XA", "ar-XB")
ROOT = Path(__file__).parents[2]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that only those run it who ask for journeys."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser: CHROMIUM, or the one installed; without one a journey is skipped, or fails."""
    path = (
        os.environ.get("CHROMIUM", "") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
    )
    if not Path(path).is_file():
        said = "There is no Chromium: apt-get install chromium, or set CHROMIUM to the path of one."
        if os.environ.get("CI") or os.environ.get("ALMONER_JOURNEYS"):
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def password_hash() -> str:
    """What is kept of everybody's password; hashed once."""
    return hash_password(PASSWORD)


@pytest.fixture
def world(engine: Engine, clock: Clock, password_hash: str) -> Iterator[World]:
    """A server with the book ``main``, its fund ``water``, and everybody of the tests of the doors."""
    hand = Hand(clock())
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        for code in PARTIES:
            key = public_key(secret_of(code))
            acts.register_party(session, "main", Party(code=code, name=code.title(), public_key=key))
        acts.open_fund(session, "main", "water", currency("USD"), title="Water")
    enrol_people(engine, hand, password_hash)
    door = Door(
        engine=engine,
        identify=identify_by_name(hand),
        clock=hand,
        secret=bytes(32),
        people_key=bytes(range(32)),
        row_security=engine.dialect.name == "postgresql",
        hooks=Hooks(vault=VAULT, check=partial(read_url, guard=GUARD)),
        credentials=credentials_of(read_keys("here", "here", [new_pem()])),
    )
    app = create_app(
        engine=engine,
        identify=door.identify,
        clock=hand,
        door=door,
        pages=Look(secure=False, languages=LANGUAGES),
    )
    with served(app) as address:
        yield World(address=address, engine=engine, hand=hand, app=app)


@pytest.fixture
def browse(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Person]]:
    """Browsers at any address; each has its own cookies."""
    opened: list[BrowserContext] = []

    def context_of(**chosen: Any) -> BrowserContext:  # noqa: ANN401  # what the browser takes
        opened.append(chromium.new_context(reduced_motion="reduce", **chosen))
        return opened[-1]

    def of(
        address: str,
        name: str = "",
        *,
        cookie: str = "",
        script: bool = True,
        width: int = WIDE,
        language: str = "en",
        keyboard: bool = False,
    ) -> Person:
        size = {"width": width, "height": HEIGHT}
        context = context_of(java_script_enabled=script, viewport=size, accept_downloads=True)
        context.set_default_timeout(20_000)
        context.add_init_script(WATCH)
        cookies = [language_cookie(address, language)]
        if cookie:
            cookies.append({"name": "almoner", "value": cookie, "url": address})
        context.add_cookies(cookies)
        return Person(
            name=name,
            context=context,
            page=context.new_page(),
            address=address,
            folder=ROOT / "journeys" / request.node.name.replace("/", "-"),
            mirror=None if script else context_of(),
            keyboard=keyboard,
            width=width,
        )

    yield of
    for context in opened:
        context.close()


@pytest.fixture
def person(world: World, browse: Callable[..., Person]) -> Callable[..., Person]:
    """People at browsers of their own, signed in; nobody without a name."""

    def of(name: str = "", **chosen: Any) -> Person:  # noqa: ANN401  # as for ``browse``
        return browse(world.address, name, cookie=world.cookie_of(name) if name else "", **chosen)

    return of
