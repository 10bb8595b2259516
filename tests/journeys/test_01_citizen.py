"""Journey 1: somebody nobody knows follows a payout to the contributions, and checks its proof."""

import json
import os
import shutil
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Route
from tests.doors.deals import NIGHTS
from tests.journeys.browsing import Person
from tests.journeys.serving import World
from tests.pages.paid import paid, published, sealed

from almoner.api.pages.pdf import print_pdf, self_contained
from almoner.finance import verifier

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""


@pytest.mark.parametrize(
    ("script", "width", "language"),
    [(True, 1280, "en"), (False, 320, "ar-XB")],
    ids=["script", "no-script-narrow-mirrored"],
)
def test_anybody_comes_from_the_front_page_to_the_checked_proof_in_five_clicks(
    world: World, person: Callable[..., Person], *, script: bool, width: int, language: str
) -> None:
    paid(world.ask, world.hand)
    published(world.ask)
    sealed(world.engine, world.hand)
    citizen = person(script=script, width=width, language=language, keyboard=script)
    citizen.go("/").reads("40,000.00 USD", "6,229.44 USD").step("front page")
    citizen.follow(NIGHTS).reads("30,000.00 USD", "15.12 USD").step("agreement")
    citizen.follow("/payouts/").reads("6,229.44", "nights 412").step("payout")
    if script:
        outcome = citizen.page.locator('[data-outcome="holds"]')
        outcome.wait_for(state="visible")
        assert not citizen.page.locator('[data-outcome="fails"]').is_visible()
    proof = json.loads(
        citizen.download(lambda: citizen.reach(citizen.page.locator('a[href*="as=proof"]')).click())
    )
    assert verifier.check(proof, proof["key"]).startswith("VALID")


def test_a_browser_finds_a_forged_proof_false(world: World, person: Callable[..., Person]) -> None:
    made = paid(world.ask, world.hand)
    published(world.ask)
    sealed(world.engine, world.hand)
    citizen = person()
    here = f"{world.address}{NIGHTS}/payouts/{made['id']}"

    def forged(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, body=reply.text().replace("622944", "622945"))

    citizen.page.route(here, forged)
    citizen.page.goto(here)
    citizen.page.locator('[data-outcome="fails"]').wait_for(state="visible")


def test_statement_and_term_sheet_are_read_on_paper(world: World, person: Callable[..., Person]) -> None:
    paid(world.ask, world.hand)
    published(world.ask)
    reader = person()
    for here in ("/books/main/funds/water/statement", f"{NIGHTS}/term-sheet"):
        reader.go(here).step(here.rpartition("/")[2])
        reader.page.emulate_media(media="print")
        assert not reader.page.get_by_role("link", name="PDF").is_visible()
        for paper in ("A4", "Letter"):
            assert reader.page.pdf(format=paper).startswith(b"%PDF")
        reader.page.emulate_media(media="screen")
    reader.go("/books/main/funds/water").reads("10,000.00").step("fund")


def test_the_same_page_prints_as_the_same_pdf(chromium: Browser) -> None:
    html = self_contained("<html><head></head><body><h1>Terms</h1></body></html>", "A4")
    assert chromium.is_connected()
    made = [print_pdf(html, CHROMIUM, "20260115") for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF")
    assert b"D:20260115000000" in made[0]
