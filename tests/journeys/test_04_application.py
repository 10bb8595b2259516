"""May we take part, an application written by two organisations, checked, handed in, and its receipt."""

import hashlib
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload
from tests.journeys.browsing import NARROWEST, WIDE, Person
from tests.journeys.hubs import API, HERE, HUB, ONE, begin, call, go_on, write
from tests.journeys.serving import World

PLAN: FilePayload = {
    "name": "plan.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.7 how the wells are dug",
}
WRONG: FilePayload = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"dig"}
DIGEST = hashlib.sha256(PLAN["buffer"]).hexdigest()
KIND = {"media_types": ["application/pdf"], "max_bytes": 5_000_000}
ASKED = {
    "type": "object",
    "properties": {
        "why": {"type": "string", "x-max-words": 300},
        "plan": {"type": "string", "title": "Plan of work", "x-file": KIND},
    },
    "required": ["why"],
}
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
    call(world, forms=[{"id": "application/1", "schema": ASKED}])
    english = way.get("language", "en") == "en"
    hana = person("hana", **way)
    hana.go(HUB).step("nothing due yet").follow("/challenges/clean-water").step("the challenge")
    hana.fill("lead.registered_since_days", "900", act="check").fill("lead.kind", "government", act="check")
    hana.press("check").step("may not")
    if english:
        hana.reads("By your answers you may not take part", "Clause 2.3")
    begin(hana).step("task list")
    hana.go(f"{ONE}/sections/answers").page.set_input_files("#answers-plan", WRONG)
    go_on(hana).step("a file of another kind")
    if english:
        hana.reads("the file is text/plain; asked is application/pdf")
    hana.page.set_input_files("#answers-plan", PLAN)
    go_on(hana).go(f"{ONE}/sections/answers").step("a file by its digest")
    if english:
        hana.reads("plan.pdf, 30 bytes", DIGEST)
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
    hana.page.locator("details", has=hana.page.locator("#content")).locator("summary").click()
    hana.page.set_input_files("#content", PLAN)
    hana.press("check-file").step("the file is the one")
    if english:
        hana.reads("is the one that was handed in", DIGEST)
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
