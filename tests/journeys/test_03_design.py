"""Journey 3: a challenge is designed, what lint finds is fixed, it is previewed and published."""

from collections.abc import Callable

import pytest
from tests.journeys.browsing import Person
from tests.journeys.serving import World
from tests.pages.test_designing import DATES, DESK, DRAFT, GOAL, RUBRIC

SECTIONS = (("goal", GOAL), ("dates", DATES), ("rubric", RUBRIC))
STAGES = {
    "prizes-1-stages-0-id": "pilot",
    "prizes-1-stages-0-amount": "30.00",
    "prizes-1-stages-0-condition-metric": "wells@1",
    "prizes-1-stages-0-condition-value": "12",
    "prizes-1-stages-0-condition-unit": "well",
    "prizes-1-stages-0-condition-method": "Each well is visited.",
    "prizes-1-stages-0-due": "2028-06-30",
    "prizes-1-stages-0-late-reduce_bp_per_day": "1.25",
}
ENOUGH = "eligibility-all-1-any"
EITHER = {
    f"{ENOUGH}-0-fact": "lead.registered_since_days",
    f"{ENOUGH}-0-value": "730",
    f"{ENOUGH}-0-clause": "2.2",
    f"{ENOUGH}-1-fact": "lead.accredited",
    f"{ENOUGH}-1-value": "yes",
    f"{ENOUGH}-1-clause": "2.3",
}
WRONG = {"phases-1-closes_at": "2027-03-01T09:00"}
Fields = dict[str, str]


def fill(somebody: Person, fields: Fields) -> Person:
    for name, text in fields.items():
        somebody.fill(name, text, act="save")
    return somebody


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_challenge_is_designed_mended_previewed_and_published(
    world: World, person: Callable[..., Person], *, script: bool
) -> None:
    gift = {"giver": "foundation", "amount": "1000.00", "unit": "USD"}
    world.ask("mira").made("/books/main/funds/water/contributions", gift)
    fiona = person("fiona", script=script)
    fiona.go(DESK).step("no challenge yet")
    fiona.fill("title", "Clean water", act="begin").choose("fund", "water", act="begin").press("begin")
    fiona.reads("The brief is begun", "Not filled in yet").step("begun")
    for section, fields in SECTIONS:
        fiona.go(f"{DRAFT}?section={section}")
        fill(fiona, fields).press("save").reads("Saved.").step(section)
    fiona.go(f"{DRAFT}?section=prizes")
    fiona.fill("prizes-0-amounts", "100.00, 50.00", act="save").press("save").step("prizes")
    fiona.choose("add-prizes", "staged", act="save").press("save").reads("Stage 1 of the prize")
    fill(fiona, STAGES).press("save").reads("Saved.").step("a staged prize")
    for section, addition, kind in (
        ("entry", "add-eligibility", "rule"),
        ("questions", "add-forms", "text"),
    ):
        fiona.go(f"{DRAFT}?section={section}").choose(addition, kind, act="save").press("save").step(section)
    fill(fiona, {"forms-0-schema-properties-01-text-title": "What will you do?"}).press("save")
    fiona.go(f"{DRAFT}?section=entry")
    fill(fiona, {"eligibility-all-0-fact": "lead.kind", "eligibility-all-0-value": "ngo"})
    fiona.fill("eligibility-all-0-clause", "2.1", act="save")
    fiona.choose("add-eligibility", "any", act="save").press("save")
    fill(fiona, EITHER).choose(f"{ENOUGH}-0-op", ">=", act="save").press("save")
    fiona.reads("At least one of these has to be so").step("a rule of which one part is enough")
    fiona.go(f"{DRAFT}?section=dates")
    fill(fiona, WRONG)
    if script:
        fiona.page.get_by_text("is not after 2027-03-08T09:00").wait_for()
    else:
        fiona.press("save")
    fiona.reads("To be mended", "is not after 2027-03-08T09:00").step("lint")
    fill(fiona, {"phases-1-closes_at": DATES["phases-1-closes_at"]})
    if script:
        fiona.page.get_by_text("Nothing stands against publication").wait_for()
    fiona.press("save").reads("Nothing stands against publication").step("mended")
    fiona.go(f"{DRAFT}?section=panel").step("panel")
    fiona.go(f"{DRAFT}?section=sight").reads("Judges of the application: Who applies (Hidden)").step(
        "who sees what"
    )
    fiona.follow("See it as an applicant or a judge will").reads("What will you do?").step("as applicant")
    fiona.follow("As a judge").reads("You do not see:", "strong").step("as judge")
    fiona.go(f"{DRAFT}?section=publish")
    fiona.reads("sets 180.00\u00a0USD of the fund Water aside".replace("\u00a0", " ")).step("publish")
    fiona.press("publish").reads("is published, and its prizes are set aside").step("published")
    assert world.ask("fiona").seen("/books/main/challenges/clean-water")["state"] == "published"
    brief = world.ask("fiona").seen("/books/main/challenges/clean-water/brief")["brief"]
    assert brief["prizes"][1]["stages"][0]["late"] == {"reduce_bp_per_day": 125}
    assert [one["fact"] for one in brief["eligibility"]["all"][1]["any"]] == [
        "lead.registered_since_days",
        "lead.accredited",
    ]
    fiona.go(DESK).reads("Clean water").step("listed")


def test_a_change_of_the_rules_is_proposed_and_approved_by_another(
    world: World, person: Callable[..., Person]
) -> None:
    from tests.doors.rounds import BRIEF  # noqa: PLC0415  # with its fund and unit, as the doors test it

    gift = {"giver": "foundation", "amount": "1000.00", "unit": "USD"}
    world.ask("mira").made("/books/main/funds/water/contributions", gift)
    world.ask("mira").made("/books/main/challenges", {"brief": BRIEF})
    fiona, frank = person("fiona"), person("frank", width=360)
    fiona.go(f"{DESK}/wells").step("challenge").press("amend").step("change begun")
    fiona.go("/books/main/desk/challenge-drafts/wells?section=dates")
    fiona.fill("phases-1-closes_at", "2027-04-20T17:00Z", act="save").press("save")
    fiona.follow("Propose the change").step("what changes")
    fiona.fill("reason", "Floods closed the roads.").press("propose")
    fiona.reads("You proposed this change. Somebody else approves it.").step("own change")
    fiona.press("approve").reads("somebody else approves it").step("refused")
    frank.go(f"{DESK}/wells").follow("Floods closed the roads.").step("to approve")
    frank.press("approve").reads("The change is approved").step("approved")
