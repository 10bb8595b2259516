"""A workbook with three bad rows: every fault by row, put right, taken over, reported with evidence."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook
from tests.doors.deals import NIGHTS, agreed, found
from tests.journeys.browsing import NARROWEST, Person
from tests.journeys.hubs import HUB, press_named
from tests.journeys.serving import World

ONE = "/books/main/hub/agreements/nights"
GOOD = [(f"Client {n}", f"2026-01-{n % 9 + 1:02}", 3) for n in range(1, 21)]
WAYS = [
    pytest.param({}, id="script"),
    pytest.param({"script": False}, id="no-script"),
    pytest.param({"width": NARROWEST}, id="320-px"),
    pytest.param({"language": "ar-XB"}, id="right-to-left"),
]


def workbook(folder: Path, name: str, rows: Sequence[tuple[object, ...]]) -> Path:
    """Write a workbook of nights."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Client ID", "Day", "How many"])
    for row in rows:
        sheet.append(list(row))
    book.save(folder / name)
    return folder / name


@pytest.mark.parametrize("way", WAYS)
def test_a_workbook_with_three_bad_rows_is_put_right_and_reported(
    world: World, person: Callable[..., Person], tmp_path: Path, way: dict[str, object]
) -> None:
    agreed(world.ask)
    bad = [*GOOD[:4], ("Client 5", "tomorrow", 3), ("", "2026-01-08", 3), ("Client 7", "2026-01-09", "some")]
    english = way.get("language", "en") == "en"
    hana = person("hana", **way)
    hana.go(f"{ONE}/results").step("nothing handed in")
    hana.give("file", workbook(tmp_path, "bad.xlsx", [*bad, *GOOD[7:]]), act="look").press("look")
    hana.step("which column is what")
    if english:
        hana.reads("3 rows to put right", "What is wrong, by row")
        hana.reads("Which column is what")
    faults = hana.download(lambda: hana.within("faults").locator("button[type=submit]").click()).decode()
    assert [line.split(",")[0] for line in faults.splitlines()][:2] == ["\ufeffClient ID", "Client 1"]
    assert sum(not line.endswith(",") for line in faults.splitlines()[1:]) == 3
    hana.give("file", workbook(tmp_path, "good.xlsx", GOOD), act="look").press("look").step("no faults")
    if english:
        hana.reads("no faults", "907.20", "60")
    hana.fill("code", "january", act="take").press("take").step("taken over")
    hana.press("report").step("reported")
    if english:
        hana.reads("Your report is on record", "60", "907.20")
    register = tmp_path / "register.txt"
    register.write_text("the register", encoding="utf-8")
    hana.give("file", register, act="attach").fill("description", "Register of January", act="attach")
    hana.fill("method", "counted every evening", act="attach").press("attach").step("with evidence")
    claims = world.ask("hana").seen(f"{NIGHTS}/claims")["items"]
    assert [(one["state"], one["results"][0]["value"]) for one in claims] == [("claimed", "60")]
    assert len(world.ask("hana").seen(f"{NIGHTS}/datasets")["items"]) == 1
    found(world.ask, "report-1", "58")
    world.hand.wait(days=40)
    world.ask("mira").made(f"{NIGHTS}/settlements", {"claim": "report-1"})
    hana = person("hana", **way).go(HUB).step("what came in")
    if english:
        hana.reads("876.96", "paid to you", "on the claim report-1")
    hana.follow("Nights in a safe place").step("our agreement")


def test_a_claim_is_made_once_however_often_it_is_pressed(
    world: World, person: Callable[..., Person]
) -> None:
    agreed(world.ask)
    hana = person("hana").go(ONE)
    hana.fill("code", "march", act="report").fill("results-0-value", "412").press("report")
    hana.page.go_back()
    press_named(hana, "Report").reads("Your report is on record")
    assert len(world.ask("hana").seen(f"{NIGHTS}/claims")["items"]) == 1
