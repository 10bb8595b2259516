"""What stands in the way is said where somebody looks: by the keyboard, without a script, mirrored."""

from collections.abc import Callable

import pytest
from tests.journeys.browsing import Person
from tests.journeys.serving import PASSWORD, World

FUND = "/books/main/funds/water"
WAYS = [{}, {"keyboard": True}, {"script": False}, {"language": "ar-XB", "width": 320}]


@pytest.mark.parametrize("way", WAYS, ids=["script", "keyboard", "no-script", "mirrored"])
def test_a_session_that_ended_is_no_loss(
    world: World, person: Callable[..., Person], way: dict[str, object]
) -> None:
    fiona = person("fiona", **way)
    fiona.go(FUND)
    world.hand.wait(hours=1)
    fiona.press("publish").step("the session has ended")
    fiona.fill("login", "fiona", act="sign-in").fill("password", "wrong", act="sign-in")
    fiona.press("sign-in").step("a wrong password")
    fiona.fill("login", "fiona", act="sign-in").fill("password", PASSWORD, act="sign-in")
    fiona.press("sign-in").step("signed in again")
    fiona.press("publish").step("published")
    assert "Water" in person().go(FUND).text()


def test_what_is_not_there_and_where_one_looks_from_is_whole(
    world: World, person: Callable[..., Person]
) -> None:
    somebody = person(keyboard=True)
    somebody.go("/no/such/page").step("no such page")
    somebody.go(FUND).step("not for everybody")
    somebody.follow("/sign-in")
    assert somebody.at().startswith("/sign-in")
    world.hand.wait(minutes=1)
    somebody.page.go_back()
    somebody.step("back again")


def test_going_back_after_signing_out_shows_nothing(world: World, person: Callable[..., Person]) -> None:
    assert world.address
    fiona = person("fiona")
    fiona.go(FUND).press("sign-out")
    fiona.page.go_back()
    assert "Water" not in fiona.page.locator("main").inner_text()
