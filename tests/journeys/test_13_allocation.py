"""An impossible allocation is explained, relaxed and solved; a run is cancelled; two people decide."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.journeys.browsing import Person
from tests.journeys.serving import World

DESK = "/books/main/desk/allocations"
WINTER = Path(__file__).parents[2] / "examples/allocation/winter.json"


def without_common_money() -> bytes:
    """Return the example with nothing in the pool that all share: the hills cannot be reached."""
    problem = json.loads(WINTER.read_bytes())
    for one in problem["funds"]:
        if one["fund_id"] == "common-pool":
            one["budget_minor"] = 0
    return json.dumps(problem).encode()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_impossible_allocation_is_relaxed_solved_and_decided_for(
    world: World, person: Callable[..., Person], tmp_path: Path, *, script: bool
) -> None:
    file = tmp_path / "winter.json"
    file.write_bytes(without_common_money())
    fiona = person("fiona", script=script)
    fiona.go(DESK).reads("Nothing was asked yet").step("nothing yet")
    fiona.page.set_input_files("#problem", str(file))
    fiona.fill("label", "Without the pool", act="begin").press("begin")
    fiona.reads("Waits for its turn").step("waiting")
    world.work()
    fiona.page.wait_for_selector("text=It is impossible as it was asked")
    fiona.reads("Any one of these makes it possible").step("impossible")
    fiona.press("relax").reads("Waits for its turn")
    world.work()
    fiona.page.wait_for_selector("text=Who gets how much, and why")
    fiona.step("relaxed")

    fiona.go(DESK).press("begin-example").reads("Waits for its turn")
    fiona.press("cancel").reads("It was cancelled before it had an answer").step("cancelled")
    fiona.press("retry")
    world.work()
    fiona.page.wait_for_selector("text=Who gets how much, and why")
    fiona.reads("Homes first, then support", "What less and more money would bring").step("solved")
    fiona.choose("about", "tutors").page.get_by_role("button", name="Tell me why").click()
    fiona.reads("for every 1,000 USD, where such money is worth").step("why")
    decided = fiona.at().partition("?")[0]
    fiona.fill("reason", "It reaches most people this winter.").press("propose")
    fiona.reads("You proposed it").step("proposed")
    frank = person("frank", script=script)
    frank.go(decided).reads("fiona proposes to decide for it", "No money moves yet").step("to approve")
    frank.press("approve").reads("Decided: proposed by fiona, approved by frank").step("approved")
    for giver in ("foundation", "investor", "hub-a"):
        gift = {"giver": giver, "amount": "250.00", "unit": "USD"}
        world.ask("mira").made("/books/main/funds/water/contributions", gift)
    frank.go("/books/main/landscape").reads("Who works with whom", "Money paid").step("the map")
    hana = person("hana", script=script)
    hana.go(decided).reads("Nothing is here")
