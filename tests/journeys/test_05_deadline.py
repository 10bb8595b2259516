"""The deadline passes while somebody writes: what was written stays, and cannot be handed in."""

from collections.abc import Callable

import pytest
from tests.journeys.browsing import Person
from tests.journeys.hubs import API, HUB, ONE, begin, call, go_on, go_to, write
from tests.journeys.serving import World


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_deadline_passes_while_somebody_writes(
    world: World, person: Callable[..., Person], *, script: bool
) -> None:
    call(world)
    hana = person("hana", script=script)
    write(begin(hana)).reads("days left")
    go_to(world, "2027-03-01T13:45")
    session = world.cookie_of("hana")
    hana.context.add_cookies([{"name": "almoner", "value": session, "url": world.address}])
    hana.go(HUB).reads("15 minutes left", "Finish and hand in").step("a quarter left")
    hana.go(f"{ONE}/sections/answers").fill("answers-why", "One more sentence.")
    check = person("hana", script=script)
    check.go(f"{ONE}/check").reads("15 minutes left")
    go_to(world, "2027-03-01T14:00")
    go_on(hana).reads("What you wrote is saved")
    hana.go(f"{ONE}/sections/answers").reads("This closed on 1 Mar 2027, 14:00 UTC").step("closed, and kept")
    assert hana.value("answers-why") == "One more sentence."
    check.press("submit").reads("closed").step("not handed in")
    check.go(ONE).reads("Closed").step("closed")
    assert world.ask("hana").get(f"{API}/applications/a-1").status_code == 404
