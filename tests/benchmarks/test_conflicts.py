"""The benchmark of conflicts finds what it plants, in small, and tells what it does not find."""

from dataclasses import replace
from pathlib import Path

from benchmarks.conflict_cases import CONTROLS, PLANTED, SPELLINGS, deal
from benchmarks.conflicts import Size, judged, measure

from almoner.challenges.conflicts.interests import INTEREST_KINDS

SMALL = Size(postings=800, planted=60, controls=20, applications=20, judges=12)


def test_planted_conflicts_are_found_and_controls_raise_no_alarm(tmp_path: Path) -> None:
    found = measure(f"sqlite:///{tmp_path / 'small.db'}", SMALL)
    assert (found["planted"], found["found"], found["missed_ways"]) == (60, 60, {})
    assert (found["controls"], found["false_alarms"], found["alarm_ways"]) == (20, 0, {})


def test_every_kind_meets_every_spelling_and_every_control_is_dealt() -> None:
    cases = [case for case, _ in deal(2000, 2000, 259, 500)]
    ways = {case.way for case in cases}
    assert {f"{kind}/{form}" for kind in INTEREST_KINDS for form in SPELLINGS} <= ways
    assert ways == {*PLANTED, *CONTROLS}
    assert len({(case.judge, case.application) for case in cases}) == 4000


def test_what_is_missed_and_what_is_a_false_alarm_is_told_by_its_way() -> None:
    cases = [case for case, _ in deal(5, 5, 10, 10)]
    told = judged(cases, [])
    assert (told["found"], told["false_alarms"]) == (0, 0)
    assert sum(told["missed_ways"].values()) == 5  # type: ignore[attr-defined]  # counts by way
    assert [replace(case, kind="") for case in cases if not case.kind] == cases[5:]
