"""Why not us: the score and how sure it is, every mark, how far from the line; and an appeal."""

from collections.abc import Callable

import pytest
from tests.doors.rounds import HERE as API
from tests.doors.rounds import mark_all, open_round, seat
from tests.journeys.browsing import Person
from tests.journeys.hubs import go_to
from tests.journeys.serving import World

MINE = "/books/main/hub/challenges/wells/feedback/a-2"
THEIRS = "/books/main/hub/challenges/wells/feedback/a-1"
MARKS = {"a-1": "4.0", "a-2": "2.6", "a-3": "3.4", "a-4": "1.5"}


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_applicant_reads_why_and_appeals(
    world: World, person: Callable[..., Person], *, script: bool
) -> None:
    open_round(world.engine)
    seat(world.engine)
    mark_all(world.engine, MARKS)
    go_to(world, "2027-04-13T12:00")
    hugo = person("hugo", script=script)
    hugo.go(MINE).reads("do not tell the result yet", "once the decision is announced").step(
        "not decided yet"
    )
    world.ask("mira").made(f"{API}/phases/panel/calibrations", {})
    world.ask("fiona").made(f"{API}/decisions", {})
    world.ask("mira").made(f"{API}/announcements", {"reason": "The panel has read."})
    go_to(world, "2027-04-15T12:00")
    hugo = person("hugo", script=script)
    hugo.go(MINE).reads("It was not chosen.", "Your score and the line", "points from the line")
    hugo.reads("Every mark and comment", "2.6", "Reach", "You can appeal until").step("what came of it")
    assert "jana" not in hugo.text()
    hugo.choose("ground", "undeclared_conflict").press("appeal").step("nothing said")
    judge = hugo.field("judge").locator("option").nth(1).get_attribute("value") or ""
    assert judge.startswith("judge-")
    hugo.choose("ground", "undeclared_conflict").choose("judge", judge)
    hugo.fill("statement", "This judge works for a competitor and did not say so.").press("appeal")
    hugo.reads("Your appeal is filed", "waits for a ruling", "works for a competitor").step("filed")
    filed = world.ask("mira").seen(f"{API}/appeals")["items"]
    assert filed[0]["remedies"][0]["judge"] in {"jana", "jonas", "jim"}
    own = world.ask("hugo").seen(f"{API}/appeals")["items"]
    assert own[0]["remedies"][0]["judge"] == judge
    hana = person("hana", script=script)
    hana.go("/books/main/hub").reads("Accept the award").step("an award waits")
    hana.go(THEIRS).reads("It gets an award.", "100.00").step("an award")
    hana.press("accept").reads("You have accepted the award.", "accepted").step("accepted")
