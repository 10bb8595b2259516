"""An administrator sends a message again that was given up, and finds it in the audit trail."""

from collections.abc import Callable

import pytest
from tests.journeys.browsing import Person
from tests.journeys.serving import World

BOOK = "/books/main"
REGISTER = "https://127.0.0.1:9/hook"
BETWEEN_TRIES = (0.1, 0.2, 0.7, 2.5, 6, 12, 16, 22, 27, 1, 1)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_administrator_sends_a_message_again_and_finds_the_line_of_it(
    world: World, person: Callable[..., Person], *, script: bool
) -> None:
    endpoint = {"url": REGISTER, "types": ["contribution.received"]}
    world.ask("mira").made(f"{BOOK}/webhook-endpoints", endpoint)
    gift = {"giver": "foundation", "amount": "250.00", "unit": "USD"}
    world.ask("mira").made(f"{BOOK}/funds/water/contributions", gift)
    for hours in BETWEEN_TRIES:
        world.work(turns=2)
        world.hand.wait(hours=hours)
    ada = person("ada", script=script)
    ada.go(f"{BOOK}/admin").reads("Given up", "message was given up").step("given up")
    ada.press("redeliver").reads("The message is sent again").step("sent again")
    ada.follow("What was done").fill("person", "ada").step("the audit trail")
    ada.page.get_by_role("button", name="Search").click()
    ada.reads("webhook-delivery.redeliver", "Done").step("found")
    ada.go(f"{BOOK}/admin/people").reads("Who may do what", "fiona").step("who may")
    ada.choose("person", "nora", act="grant").choose("role", "hub", act="grant")
    ada.choose("party", "hub-a", act="grant").press("grant")
    ada.reads("The role is granted", "nora").step("granted")
    outsider = person("hana", script=script)
    outsider.go(f"{BOOK}/admin").reads("Nothing is here")
