"""Journey 7: marks are calibrated, the band at the line is shown, an award takes two people."""

from collections.abc import Callable
from datetime import datetime

from tests.doors.rounds import HERE, mark_all, open_round, seat
from tests.journeys.browsing import Person
from tests.journeys.serving import World
from tests.pages.test_rounds import AWARDS, ROUND, TIED

from almoner.finance.dates import as_utc


def test_marks_are_calibrated_the_band_is_shown_and_nobody_approves_their_own_award(
    world: World, person: Callable[..., Person]
) -> None:
    open_round(world.engine)
    seat(world.engine)
    mark_all(world.engine, TIED)
    world.hand.at = as_utc(datetime.fromisoformat("2027-03-20T12:00:00Z"))
    person("fiona").go(ROUND).reads("8 / 8", "reading closes").step("while it is read")
    world.hand.at = as_utc(datetime.fromisoformat("2027-04-13T12:00:00Z"))
    fiona, frank, mira = person("fiona"), person("frank"), person("mira")
    fiona.go(ROUND).reads("reading has closed").step("closed")
    fiona.press("freeze").reads("tied at the line: a-2, a-3").step("band")
    fiona.page.get_by_text("The same figures as a table").click()
    fiona.reads("tied at the line").step("band as a table")
    fiona.press("band").press("advance").reads("It is decided who goes on").step("decided")
    mira.go(f"{AWARDS}?do=propose").fill("application", "a-1").fill("amount", "150.01")
    mira.fill("reason", "First place.").press("propose").reads("150.0").step("too much")
    assert mira.value("amount") == "150.01"
    fiona.go(f"{AWARDS}?do=propose").fill("application", "a-1").fill("amount", "100.00").fill("rank", "1")
    fiona.fill("reason", "First place.").press("propose").reads("Another person approves it").step("proposed")
    fiona.reads("You proposed this award, so you do not approve it")
    fiona.press("approve").reads("fiona proposed this award").step("own award refused")
    frank.go(AWARDS).reads("This takes 100.00 USD out of the prizes for a-1").step("to approve")
    frank.press("approve").reads("The award is approved").step("approved")
    world.ask("hana").made(f"{HERE}/awards/0/a-1/whole/acceptances")
    mira.go(f"{AWARDS}?do=pay").step("to pay").fill("amount", "40.00").press("pay").reads("It is paid")
    mira.go(f"{AWARDS}?do=announce").fill("reason", "The panel has read.").press("announce")
    mira.reads("Appeals can be filed").step("announced")
    assert world.ask("mira").seen(f"{HERE}/awards")["items"][0]["paid"] == "40.00"
