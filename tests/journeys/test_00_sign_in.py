"""Somebody signs in, looks at a fund, and signs out."""

from collections.abc import Callable

import pytest
from tests.journeys.browsing import Person
from tests.journeys.serving import PASSWORD, World

FUND = "/books/main/funds/water"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_somebody_signs_in_looks_at_a_fund_and_signs_out(
    world: World, person: Callable[..., Person], *, script: bool
) -> None:
    gift = {"giver": "foundation", "amount": "250.00", "unit": "USD"}
    world.ask("mira").made(f"{FUND}/contributions", gift)
    somebody = person(script=script, keyboard=script)
    somebody.go(FUND).reads("Nothing is here").step("not signed in")
    somebody.go(f"/sign-in?next={FUND}").step("sign in")
    somebody.fill("login", "fiona").fill("password", "wrong").press("sign-in").step("wrong password")
    somebody.fill("password", PASSWORD).press("sign-in")
    assert somebody.at() == FUND
    somebody.reads("Water", "250.00").step("the fund")
    somebody.press("sign-out")
    assert not [one for one in somebody.context.cookies() if one.get("name") == "almoner"]
    somebody.go(FUND).reads("Nothing is here")


def test_a_person_comes_signed_in_and_reads_from_right_to_left(
    world: World, person: Callable[..., Person]
) -> None:
    assert world.address
    somebody = person("fiona", language="ar-XB", width=320)
    somebody.go(FUND).step("mirrored")
    assert somebody.page.locator("html").get_attribute("dir") == "rtl"
