"""A claim is determined by one evaluator and then by a second one; what it releases is said in words."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.doors.deals import NIGHTS, document_of, drawn_up
from tests.doors.people import signed
from tests.journeys.browsing import Person
from tests.journeys.serving import World
from tests.journeys.signing import sign_here

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
