"""A fund is opened and filled with cash and with gifts in kind, which stay apart for everybody to see."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.journeys.browsing import Person
from tests.journeys.serving import World

DESK = "/books/main/desk"
FUND = f"{DESK}/funds/clean-water"


@pytest.mark.parametrize(
    ("script", "keyboard"), [(True, False), (False, False), (True, True)], ids=["script", "no-script", "keys"]
)
def test_a_fund_takes_cash_and_gifts_in_kind_and_never_adds_them(
    world: World, person: Callable[..., Person], tmp_path: Path, *, script: bool, keyboard: bool
) -> None:
    assert tmp_path
    assert world.address
    funder = person("fiona", script=script, keyboard=keyboard)
    keeper = person("mira", script=script, keyboard=keyboard)
    funder.go(DESK).reads("What needs you", "Nothing waits for approval.").step("empty desk")
    funder.page.get_by_text("Open a fund").click()
    funder.fill("title", "Clean water").fill("code", "clean-water").fill("unit", "dollars", act="open-fund")
    funder.press("open-fund").step("refused")
    assert funder.value("title") == "Clean water"
    funder.fill("unit", "usd", act="open-fund").press("open-fund")
    funder.reads("The fund is open.", "There is no money in this fund yet.").step("opened")
    funder.follow("Open an earmark").fill("title", "Northern districts").fill("code", "north")
    funder.fill("column", "region").fill("values", "north").fill("valid_until", "2026-06-30")
    funder.step("earmark").press("open").reads("The earmark is open.")
    funder.follow("Record a promise").fill("amount", "5000.00").press("pledge").reads(
        "The promise is on record"
    )
    keeper.go(FUND).follow("Book money that arrived").choose("giver", "foundation")
    keeper.fill("amount", "5,000.00").choose("earmark", "north").choose("from_pledge", "yes")
    keeper.step("booking").press("book").reads("The money is booked", "5,000.00 USD in the fund")
    keeper.follow("Offer a gift in kind")
    if not keeper.field("code").is_visible():
        keeper.page.get_by_text("Count another kind of goods or work").click()
    keeper.fill("code", "hour").press("register-unit").reads("The unit is known.").step("unit")
    keeper.choose("giver", "hub-b").fill("amount", "40").fill("available_until", "2026-03-31")
    keeper.press("offer").reads("not valued yet", "0.00 USD value of gifts in kind")
    keeper.follow("/valuation?gift=").fill("price", "25.00").fill("haircut_bp", "20")
    keeper.fill("evidence_sha256", "c" * 64).step("valuing").press("value")
    keeper.reads("800.00 USD value of gifts in kind", "5,000.00 USD in the fund", "Price on the market")
    keeper.step("filled")
    funder.go(FUND).press("publish").reads("Everybody can read this fund")
    anybody = person("", script=script).go("/books/main/funds/clean-water")
    anybody.reads("Clean water", "5,000.00", "800.00").step("public")
    assert "Foundation" not in anybody.text()
