"""A dispute keeps a payout back until its resolver ends it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.doors.deals import NIGHTS, document_of, drawn_up
from tests.doors.people import signed
from tests.journeys.browsing import Person
from tests.journeys.serving import World
from tests.journeys.signing import sign_here

DESK = "/books/main/desk/agreements/nights"
CLAIM = "/books/main/bench/agreements/nights/claims/march"
HUB = "/books/main/hub/agreements/nights/claims/march"
SIGNERS = {"city": ("fiona", "foundation"), "home": ("hana", "hub-a")}
SIGNERS |= {"lab": ("eva", "lab"), "resolver": ("emil", "second-lab")}


def reported(world: World) -> None:
    """Put the agreement in force with somebody who resolves disputes, and a claim on record."""
    ask = world.ask
    gift = {"giver": "foundation", "amount": "40000.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    drawn_up(ask, document_of(resolver="second-lab"))
    for name, (who, party) in SIGNERS.items():
        content = ask(who).seen(f"{NIGHTS}/signing-bytes")["content"]
        ask(who).made(f"{NIGHTS}/signatures", {"name": name, "signature": signed(party, content)})
    claims = f"{NIGHTS}/claims"
    ask("hana").made(claims, {"code": "march", "results": [{"metric": "nights", "value": "412"}]})
    evidence = {"sha256": "b7" * 32, "method": "count of the register", "description": "Pages 1-40"}
    ask("hana").made(f"{claims}/march/evidence", evidence)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_is_disputed_is_kept_back_until_its_resolver_ends_it(
    world: World, person: Callable[..., Person], tmp_path: Path, *, script: bool
) -> None:
    reported(world)
    lab = person("eva", script=script)
    lab.go(CLAIM).choose("verdict", "whole").fill("method", "recount").press("draft")
    sign_here(lab, "lab", tmp_path, script=script).press("submit")
    funder = person("fiona", script=script)
    funder.go(f"{DESK}/claims/march").reads("decided, can be disputed", "6,229.44").step("decided")
    funder.fill("code", "d-1", act="dispute").choose("grounds", "data_error", act="dispute")
    funder.fill("statement", "Forty nights are counted twice.", act="dispute").press("dispute")
    funder.reads("It is disputed", "Disputed").step("disputed")
    world.hand.wait(days=60)
    made = person("mira", script=script)
    made.go(DESK).press("settle").reads("All that is final is settled").step("nothing is paid")
    assert world.ask("mira").seen(f"{NIGHTS}/payouts")["items"] == []
    resolver = person("emil", script=script)
    resolver.go("/books/main/bench/agreements/nights/disputes/d-1")
    resolver.reads("Forty nights are counted twice.").step("the dispute")
    resolver.choose("outcome", "upheld").fill("reason", "The register shows each night once.").press("draft")
    resolver.reads("What you are about to sign").step("to be signed")
    sign_here(resolver, "second-lab", tmp_path, script=script).press("resolve")
    resolver.reads("The dispute has ended").step("ended")
    assert [one["amount"] for one in world.ask("mira").seen(f"{NIGHTS}/payouts")["items"]] == ["6229.44"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_hub_disputes_on_its_page_and_reads_how_it_ended(
    world: World, person: Callable[..., Person], tmp_path: Path, *, script: bool
) -> None:
    reported(world)
    hub = person("hana", script=script)
    assert "If you do not agree" not in hub.go(HUB).text()
    lab = person("eva", script=script)
    lab.go(CLAIM).choose("verdict", "part").fill("method", "recount").page.locator("summary").first.click()
    lab.fill("findings-0-value", "300").press("draft")
    sign_here(lab, "lab", tmp_path, script=script).press("submit")
    hub.go(HUB).reads("You can dispute what was found before", "second-lab decides").step("found")
    hub.choose("grounds", "data_error").press("look-over").reads("What is wrong").step("no reason given")
    hub.choose("grounds", "data_error", act="look-over")
    hub.fill("statement", "Pages 30 to 40 were not counted.", act="look-over").press("look-over")
    hub.reads("What you are about to say", "4,536.00 USD from city").step("what it keeps back")
    assert world.ask("hana").seen(f"{NIGHTS}/disputes")["items"] == []
    hub.press("dispute").reads("It is disputed", "Pages 30 to 40 were not counted.", "not decided yet").step(
        "disputed"
    )
    assert "If you do not agree" not in hub.text()
    resolver = person("emil", script=script)
    resolver.go("/books/main/bench/agreements/nights/disputes/dispute-1").choose("outcome", "upheld")
    resolver.fill("reason", "They are of another month.").press("draft")
    sign_here(resolver, "second-lab", tmp_path, script=script).press("resolve")
    hub.go(HUB).reads("the finding stands", "second-lab", "They are of another month.").step("ended")
