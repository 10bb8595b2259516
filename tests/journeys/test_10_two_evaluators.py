"""A claim is asked about, and determined by two evaluators; what it releases is said in words."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.doors.deals import NIGHTS, document_of, drawn_up
from tests.doors.people import signed
from tests.journeys.browsing import Person
from tests.journeys.serving import World
from tests.journeys.signing import sign_here

HUB = "/books/main/hub"
CLAIM = "/books/main/bench/agreements/nights/claims/march"
SIGNERS = {"city": ("fiona", "foundation"), "home": ("hana", "hub-a")}
SIGNERS |= {"lab": ("eva", "lab"), "second": ("emil", "second-lab")}


def reported(world: World) -> None:
    """Put the agreement in force with two verifiers who must agree, and a claim on record."""
    ask = world.ask
    gift = {"giver": "foundation", "amount": "40000.00", "unit": "USD"}
    ask("mira").made("/books/main/funds/water/contributions", gift)
    two = {"verifiers": {"second": "second-lab"}, "verification": {"quorum": 2}}
    drawn_up(ask, document_of(**two))
    for name, (who, party) in SIGNERS.items():
        content = ask(who).seen(f"{NIGHTS}/signing-bytes")["content"]
        ask(who).made(f"{NIGHTS}/signatures", {"name": name, "signature": signed(party, content)})
    claims = f"{NIGHTS}/claims"
    ask("hana").made(claims, {"code": "march", "results": [{"metric": "nights", "value": "412"}]})
    evidence = {"sha256": "b7" * 32, "method": "count of the register", "description": "Pages 1-40"}
    ask("hana").made(f"{claims}/march/evidence", evidence)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_two_evaluators_find_the_same_and_money_is_released(
    world: World, person: Callable[..., Person], tmp_path: Path, *, script: bool
) -> None:
    reported(world)
    first = person("eva", script=script)
    first.go("/books/main/bench").reads("march", "6,229.44 USD to hub-a").step("what waits")
    first.follow("/claims/march").reads("If it holds as reported, this releases:").step("the claim")
    first.choose("verdict", "whole").fill("method", "recount of the register").press("draft")
    first.reads("What you are about to sign", "412").step("to be signed")
    sign_here(first, "lab", tmp_path, script=script).press("submit")
    first.reads("Your finding is on record", "1 / 2").step("one of two")
    second = person("emil", script=script)
    second.go(CLAIM).reads("lab").choose("verdict", "whole").fill("method", "second count").press("draft")
    sign_here(second, "second-lab", tmp_path, script=script).press("submit")
    second.reads("Your finding is on record", "2 / 2").step("decided")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_evaluator_asks_and_the_hub_answers_with_evidence(
    world: World, person: Callable[..., Person], *, script: bool
) -> None:
    reported(world)
    by = (world.hand().date() + timedelta(days=5)).isoformat()
    lab = person("eva", script=script)
    lab.go(CLAIM).fill("words", "Who counted in the second week?", act="ask").fill("answer_by", by, act="ask")
    lab.press("ask").reads("Your question is on record", "There is no answer yet").step("asked")
    hub = person("hana", script=script)
    hub.go(HUB).reads("Answer the question of lab").step("it is due").follow("/claims/march#questions")
    hub.reads("Who counted in the second week?").step("the question")
    hub.press("answer").reads("Your answer").step("nothing is said")
    hub.fill("words", "The night staff, each evening.", act="answer")
    hub.choose("resting_on", "b7" * 32, act="answer").press("answer")
    hub.reads("Your answer is on record", "hub-a answered this on").step("answered")
    assert "question of lab" not in hub.go(HUB).text()
    lab.go("/books/main/bench").reads("What you have asked", "The night staff").step("an answer")
    lab.follow("/claims/march#questions").reads("hub-a answered this on", "b7b7b7").step("read")
    assert world.ask("mira").seen(f"{NIGHTS}/payouts")["items"] == []
