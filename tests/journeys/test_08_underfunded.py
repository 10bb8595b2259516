"""A contract that the fund cannot cover is refused, topped up, and signed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.doors.deals import drawn_up
from tests.journeys.browsing import Person
from tests.journeys.serving import World
from tests.journeys.signing import sign_here

ONE = "/books/main/desk/agreements/nights"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_contract_is_refused_for_lack_of_money_then_topped_up_and_signed(
    world: World, person: Callable[..., Person], tmp_path: Path, *, script: bool
) -> None:
    drawn_up(world.ask)
    funder = person("fiona", script=script)
    funder.go(ONE).reads("Too little is free: top it up", "30,000.00").step("too little")
    for name, party in (("hana", "hub-a"), ("eva", "lab")):
        somebody = person(name, script=script).go(ONE)
        sign_here(somebody, party, tmp_path, script=script).press("sign").reads("The signature is on record")
    funder.go(ONE)
    sign_here(funder, "foundation", tmp_path, script=script).press("sign")
    funder.reads("The fund cannot cover", "30000.00").step("refused")
    world.ask("mira").made(
        "/books/main/funds/water/contributions",
        {"giver": "foundation", "amount": "40000.00", "unit": "USD"},
    )
    funder.go(ONE).reads("Enough is free").step("topped up")
    sign_here(funder, "foundation", tmp_path, script=script).press("sign")
    funder.reads("The signature is on record", "in force").step("in force")
