"""A challenge that takes applications, and how a hub writes one on the pages."""

from copy import deepcopy
from datetime import datetime
from typing import Any

from playwright.sync_api import Locator
from tests.journeys.browsing import Person
from tests.journeys.serving import World

from almoner.api.routes.brief_examples import BRIEF
from almoner.finance.dates import as_utc

HUB = "/books/main/hub"
HERE = f"{HUB}/challenges/clean-water"
ONE = f"{HERE}/applications/a-1"
API = "/books/main/challenges/clean-water"
WRITTEN: dict[str, dict[str, str]] = {
    "partners": {
        "bundle-0-party": "hub-a",
        "bundle-0-role": "lead",
        "bundle-0-share_bp": "60",
    },
    "work": {"interventions-0-id": "wells", "interventions-0-title": "Twelve wells"},
    "budget": {
        "budget-0-category": "drilling",
        "budget-0-amount": "900.30",
        "minimum": "600.00",
    },
    "answers": {"answers-why": "Pumps break within two years, and nobody has the parts."},
    "facts": {"facts-lead.registered_since_days": "900", "facts-lead.kind": "ngo"},
}


def go_to(world: World, instant: str) -> None:
    """Set the clock to an instant of UTC."""
    world.hand.at = as_utc(datetime.fromisoformat(f"{instant}:00Z"))


def call(world: World, **changes: Any) -> None:  # noqa: ANN401  # fields of a brief
    """Publish a challenge, and go to a day on which it takes applications."""
    go_to(world, "2027-01-05T12:00")
    gift = {"giver": "foundation", "amount": "1000000.00", "unit": "USD"}
    world.ask("mira").made("/books/main/funds/water/contributions", gift)
    world.ask("mira").made("/books/main/challenges", {"brief": {**deepcopy(BRIEF), **changes}})
    go_to(world, "2027-01-20T12:00")


def button(person: Person, name: str) -> Locator:
    """Return a button by what it says."""
    return person.page.get_by_role("button", name=name, exact=True)


def press_named(person: Person, name: str) -> Person:
    """Press a button by what it says, and wait for the page it leads to."""
    with person.page.expect_navigation():
        button(person, name).click()
    return person


def go_on(person: Person) -> Person:
    """Save a section and go to the next."""
    with person.page.expect_navigation():
        person.within("save").locator("button[type=submit]").first.click()
    return person


def add_row(person: Person) -> Person:
    """Save a section, and have room for one more row."""
    with person.page.expect_navigation():
        person.within("save").locator('button[name="go"]').click()
    return person


def fill_all(person: Person, fields: dict[str, str]) -> Person:
    """Type into several fields."""
    for name, text in fields.items():
        person.fill(name, text)
    return person


def begin(person: Person) -> Person:
    """Begin an application on the page of the challenge."""
    person.go(HERE).fill("title", "Wells that keep working", act="begin").fill("code", "a-1")
    return person.press("begin")


def write(person: Person, *, look: bool = False) -> Person:
    """Write the application, from its first section to the check of the answers."""

    def seen(name: str) -> None:
        if look:
            person.step(name)

    person.go(f"{ONE}/sections/about")
    go_on(person)
    fill_all(person, WRITTEN["partners"])
    add_row(person)
    fill_all(
        person,
        {"bundle-1-party": "hub-b", "bundle-1-role": "supply", "bundle-1-share_bp": "40"},
    )
    seen("who takes part")
    go_on(person)
    fill_all(person, WRITTEN["work"])
    go_on(person)
    person.choose("budget-0-actor", "hub-a").choose("budget-0-intervention", "wells")
    person.choose("budget-0-covered_by", "ask")
    fill_all(person, WRITTEN["budget"])
    seen("what it costs")
    go_on(person)
    go_on(person)
    fill_all(person, WRITTEN["answers"])
    seen("the questions")
    go_on(person)
    go_on(person)
    fill_all(person, WRITTEN["facts"])
    go_on(person)
    person.choose("disclosures-0-incentives-none", "yes").choose("disclosures-0-restrictions-none", "yes")
    person.fill("disclosures-1-incentives", "sells the pumps")
    person.choose("disclosures-1-restrictions-none", "yes")
    seen("interests")
    return go_on(person)
