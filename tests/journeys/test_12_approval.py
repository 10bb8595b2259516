"""A payout waits for approval, is rejected, or approved by key, carried out once, and traced to its gifts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.browsing import NARROWEST, Person
from tests.journeys.serving import World
from tests.journeys.signing import sign_here
from tests.pages.paid import paid

DESK = "/books/main/desk"
KINDS: dict[str, dict[str, Any]] = {
    "script": {},
    "no-script": {"script": False},
    "narrow": {"width": NARROWEST},
    "right-to-left": {"language": "ar-XB"},
    "keys": {"keyboard": True},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_payout_is_approved_carried_out_once_and_traced(
    world: World, person: Callable[..., Person], tmp_path: Path, kind: str
) -> None:
    how = KINDS[kind]
    script, is_english = how.get("script", True) is True, "language" not in how
    payout = _waiting(world)
    assert payout["status"] == "waiting"
    funder, keeper = person("fiona", **how), person("mira", **how)
    funder.go(DESK).reads("6,229.44").step("desk")
    funder.follow("/proposals/").reads("6,229.44").step("proposal")
    keeper.go(funder.at())
    assert keeper.within("approve").count() == 0
    assert keeper.within("carry-out").count() == 0
    funder.fill("signature", "ab").press("approve").step("refused")
    assert funder.value("signature") == "ab"
    sign_here(funder, "foundation", tmp_path, script=script).press("approve").step("approved")
    funder.reads(*(["You agreed to this proposal."] if is_english else []))
    keeper.go(DESK).follow("/proposals/").step("to carry out")
    if script and kind == "script":
        _twice(keeper)
    else:
        keeper.press("carry-out")
    keeper.reads("6,229.44", "Foundation").step("carried out")
    stands = world.ask("mira").seen("/books/main/funds/water")
    assert stands["disbursed"] == "6229.44"
    paid_once = world.ask("mira").seen(f"/books/main/agreements/nights/payouts/{payout['id']}")
    assert (paid_once["status"], len(paid_once["transactions"])) == ("paid", 1)
    keeper.page.go_back()
    keeper.go(DESK)
    assert "6,229.44" not in keeper.page.locator("table").first.inner_text()
    funder.go(f"/books/main/agreements/nights/payouts/{payout['id']}").reads("6,229.44").step("trail")


def _waiting(world: World) -> Any:  # noqa: ANN401  # JSON
    """Ask for approval of payouts, and settle one."""
    policy = {"kind": "payout", "least": {"amount": "100.00", "unit": "USD"}, "quorum": 1}
    world.ask("fiona").made("/books/main/approval-policies", policy | {"since": "2026-01-15T09:30:00Z"})
    return paid(world.ask, world.hand)


@pytest.mark.parametrize("kind", ["script", "narrow"])
def test_a_payout_is_rejected_with_a_reason_and_proposed_again(
    world: World, person: Callable[..., Person], kind: str
) -> None:
    payout = _waiting(world)
    funder, keeper = person("fiona", **KINDS[kind]), person("mira", **KINDS[kind])
    funder.go(f"{DESK}/funds/water/proposals/{payout['proposal']}").press("reject").step("no reason")
    funder.fill("reason", "Ten nights were counted twice.").press("reject").reads("Rejected, for good.")
    funder.step("rejected")
    assert funder.within("approve").count() == 0
    keeper.go(DESK).reads("Ten nights were counted twice.").step("desk of the maker")
    keeper.follow("/proposals/").press("repeat").reads("It waits: 0 of 1 approvals").step("proposed again")
    shown = world.ask("mira").seen(f"/books/main/agreements/nights/payouts/{payout['id']}")
    assert (shown["status"], shown["proposal"] != payout["proposal"]) == ("waiting", True)


def _twice(somebody: Person) -> None:
    """Press the button two times, as an impatient hand does."""
    button = somebody.within("carry-out").locator("button[type=submit]")
    with somebody.page.expect_navigation():
        button.dblclick()
