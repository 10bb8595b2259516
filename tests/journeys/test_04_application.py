"""May we take part, an application written by two organisations, checked, handed in, and its receipt."""

from collections.abc import Callable

import pytest
from tests.journeys.browsing import NARROWEST, WIDE, Person
from tests.journeys.hubs import API, HERE, HUB, ONE, begin, call, go_on, write
from tests.journeys.serving import World

WAYS = [
    pytest.param({}, id="script"),
    pytest.param({"script": False}, id="no-script"),
    pytest.param({"width": NARROWEST}, id="320-px"),
    pytest.param({"language": "ar-XB"}, id="right-to-left"),
]


@pytest.mark.parametrize("way", WAYS)
def test_an_application_from_the_rule_to_the_receipt(
    world: World, person: Callable[..., Person], way: dict[str, object]
) -> None:
    call(world)
    english = way.get("language", "en") == "en"
    hana = person("hana", **way)
    hana.go(HUB).step("nothing due yet").follow("/challenges/clean-water").step("the challenge")
    hana.fill("lead.registered_since_days", "900", act="check").fill("lead.kind", "government", act="check")
    hana.press("check").step("may not")
    if english:
        hana.reads("By your answers you may not take part", "Clause 2.3")
    begin(hana).step("task list")
    write(hana, look=True).step("check your answers")
    if english:
        hana.reads("Check your answers", "ask for 900.30 USD", "sells the pumps")
    hugo = person("hugo", width=way.get("width", WIDE))
    hugo.go(f"{ONE}/sections/answers").fill("answers-why", "Pumps break, and nobody sells the parts.")
    go_on(hugo)
    hana.press("submit").step("changed by a partner")
    if english:
        hana.reads("hugo has changed the application since you read it")
    hana.go(f"{ONE}/check").press("submit").step("handed in")
    if english:
        hana.reads("Your application is handed in", "Receipt", "clean-water#a-1#1#")
    assert world.ask("hana").seen(f"{API}/applications/a-1")["application"]["ask"] == "900.30"
    assert not hana.go(HERE).page.get_by_text("<").count()
    hana.go(HUB).step("our work")


def test_what_is_typed_is_saved_by_itself_and_offline_it_says_so(
    world: World, person: Callable[..., Person]
) -> None:
    call(world)
    hana = person("hana")
    begin(hana).go(f"{ONE}/sections/answers")
    hana.page.locator("#answers-why").press_sequentially("Pumps break.")
    hana.page.get_by_text("Saved at 12:00 UTC.").wait_for()
    hana.step("saved by itself")
    hana.go_offline().page.locator("#answers-why").press_sequentially(" Too soon.")
    hana.page.get_by_text("Not saved: there is no connection").wait_for()
    assert hana.value("answers-why") == "Pumps break. Too soon."
    hana.step("unsaved").go_offline(offline=False)
    go_on(hana)
    hana.go(f"{ONE}/sections/answers")
    assert hana.value("answers-why") == "Pumps break. Too soon."
