"""Every page that the demonstration leads to, as everybody in it: looked at, and nothing wrong with any."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.routing import compile_path
from tests.journeys.browsing import Person
from tests.journeys.serving import served

from almoner.api.demo.guests import PARTS, demo_settings
from almoner.api.demo.story import run_demo
from almoner.api.demo.warm_homes import welcome
from almoner.api.pages.table import PAGES
from almoner.api.server import assemble
from almoner.finance.dates import system_clock
from almoner.finance.storage import open_engine

BOOK = "/books/demo"
ADDRESSES = [(compile_path(page.path)[0], page.name) for page in PAGES]
LINKS = "all => all.map(one => one.getAttribute('href'))"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the demonstration, open to guests."""
    folder: Path = tmp_path_factory.mktemp("demo")
    url = f"sqlite:///{folder / 'almoner.db'}"
    engine = open_engine(url)
    run_demo(engine, lambda _line: None)
    settings = demo_settings(url, 8080)
    guests = welcome(engine, settings, system_clock)
    engine.dispose()
    installation = assemble(settings, log=io.StringIO(), guests=guests)
    with served(installation.app) as address:
        yield address
    installation.engine.dispose()


def page_at(path: str) -> str:
    """Return the name of the page at an address; empty for none."""
    return next((name for pattern, name in ADDRESSES if pattern.match(path.partition("?")[0])), "")


def pages_from(somebody: Person, faults: list[str]) -> dict[str, str]:
    """Look at one page of each kind that links lead to, and return them by name; keep what is wrong."""
    seen, waiting = {"book": BOOK}, [BOOK]
    while waiting:
        somebody.go(waiting.pop(0))
        try:
            somebody.step(page_at(somebody.at()) or "no page")
        except AssertionError as found:
            faults.append(str(found))
        links: list[str] = somebody.page.locator("a[href^='/books/']").evaluate_all(LINKS)
        for link in links:
            name = page_at(link)
            if name and name not in seen and "as=" not in link:
                seen[name] = link
                waiting.append(link)
    return seen


ONE_EACH = list({part.role: part.person for part in reversed(PARTS)}.values())


@pytest.mark.parametrize("who", ["", *ONE_EACH], ids=lambda who: who or "anybody")
def test_every_page_is_whole_for_everybody(demo: str, browse: Callable[..., Person], who: str) -> None:
    somebody = browse(demo, who)
    if who:
        somebody.go(f"/sign-in?next={BOOK}")
        button = somebody.page.locator(f'form:has(input[value="{who}"]) button')
        with somebody.page.expect_navigation():
            button.click()
    faults: list[str] = []
    seen = pages_from(somebody, faults)
    assert not faults, "\n".join(faults)
    assert {"book", "fund", "challenge", "agreement", "payout"} <= set(seen)
