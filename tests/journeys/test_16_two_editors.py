"""Two people write the same answer: both versions are shown, and nobody's sentence is lost."""

from collections.abc import Callable

import pytest
from tests.journeys.browsing import Person
from tests.journeys.hubs import API, ONE, begin, call, go_on, write
from tests.journeys.serving import World

WHY = f"{ONE}/sections/answers"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_two_people_write_the_same_answer(
    world: World, person: Callable[..., Person], *, script: bool
) -> None:
    call(world)
    hana = person("hana", script=script)
    write(begin(hana))
    hugo = person("hugo", script=False)
    hana.go(WHY)
    hugo.go(WHY).fill("answers-why", "Spare parts take a year to come.")
    go_on(hugo)
    hana.fill("answers-why", "Pumps break, and nobody is trained.")
    go_on(hana).reads("Somebody else wrote:", "Spare parts take a year to come.").step("both versions")
    assert hana.value("answers-why") == "Pumps break, and nobody is trained."
    hana.fill("answers-why", "Pumps break, nobody is trained, and spare parts take a year to come.")
    go_on(hana).reads("What you wrote is saved")
    stored = world.ask("hugo").seen(f"{API}/drafts/a-1")["content"]["answers"]["why"]
    assert stored == "Pumps break, nobody is trained, and spare parts take a year to come."


def test_what_somebody_else_changes_comes_in_while_one_writes(
    world: World, person: Callable[..., Person]
) -> None:
    call(world, languages=["en", "fr"])
    hana, hugo = person("hana"), person("hugo", script=False)
    write(begin(hana)).go(f"{ONE}/sections/about")
    hugo.go(f"{ONE}/sections/about").choose("language", "fr")
    go_on(hugo)
    hana.page.locator("#title").press("End")
    hana.page.locator("#title").press_sequentially(", and last")
    hana.page.get_by_text("1 field was changed by somebody else").wait_for()
    assert hana.value("language") == "fr"
    hana.step("changed by a partner")
    hana.page.locator("#title").press_sequentially(" long")
    hana.page.get_by_text("Saved at 12:00 UTC.", exact=True).wait_for()
    content = world.ask("hana").seen(f"{API}/drafts/a-1")["content"]
    assert (content["title"], content["language"]) == ("Wells that keep working, and last long", "fr")
