"""Tables taken column by column come to what a plain reading, row by row, comes to."""

import random
from collections import Counter
from datetime import date
from typing import Any

import pytest

from almoner.contracts.measurement.checking import batches, check_rows, place_milestones, totals
from almoner.contracts.measurement.frames import read_rows
from almoner.contracts.measurement.partial_dates import PartialDate
from almoner.contracts.measurement.pseudonyms import plain_person, pseudonyms
from almoner.contracts.measurement.rows import RecordedRow, RowRules
from almoner.finance.errors import AlmonerError

SECRET, SCOPE = b"k" * 32, "main/pact"
NAMES = ("person", "metric", "achieved_on", "quantity", "of:site")
CELLS: dict[str, tuple[str, ...]] = {
    "person": (*(f"c{at}" for at in range(30)), "C1", " c2 ", "", "=A1"),
    "metric": ("nights", "nights", "hours", "hours", "night"),
    "achieved_on": ("2026-03-05", "2026-03", "2026", "2027-11-30", "2028-02-01", "05.03.2026", "2025-01-01"),
    "quantity": ("1", "2", "17", "0.5", "1,5", "", "501"),
    "of:site": ("north", "south", "", "west"),
}


def drawn(chance: random.Random, sound: float) -> list[str]:
    """Draw a row; most cells from the beginning of their list."""
    return [chance.choice(CELLS[name] if chance.random() > sound else CELLS[name][:2]) for name in NAMES]


def slow(rules: RowRules, row: list[str]) -> tuple[Any, ...]:
    """Read one row; what is wrong with it raises."""
    person, metric, day, quantity, site = row
    plain, name, when = plain_person(person), rules.metric(metric), rules.day(day)
    period = rules.period(name, when, "")
    members = rules.members(name, "", site)
    return plain, name, members, when, period, rules.quantity(name, quantity)


@pytest.mark.parametrize("seed", range(40))
def test_column_by_column_is_row_by_row(rules: RowRules, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # a table, no secret
    rows = [drawn(chance, 0.7) for _ in range(chance.randint(1, 120))]
    text = ",".join(NAMES) + "\n" + "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    fast = check_rows(read_rows(text.encode()), rules, secret=SECRET, scope=SCOPE)
    good, bad = [], set()
    for number, row in enumerate(rows, start=2):
        try:
            good.append((number, slow(rules, row)))
        except AlmonerError:
            bad.add(number)
    blank = {number for number, row in enumerate(rows, start=2) if not "".join(row).strip()}
    assert {one.row for one in fast.findings if one.kind == "invalid"} == bad - blank
    assert sorted(fast.numbers.tolist()) == [number for number, _ in good]
    sums = Counter[tuple[str, str, str]]()
    for _, (_, metric, members, _, period, quantity) in good:
        sums[metric, period, members] += quantity
    stored = Counter[tuple[str, str, str]]()
    for batch in batches(fast):
        for _, _, metric, period, members, _, quantity, _, _ in batch:
            stored[metric, period, members] += quantity
    assert stored == sums
    assert len(totals(fast)) == len(sums)


@pytest.mark.parametrize("seed", range(20))
def test_of_each_milestone_as_many_count_as_are_left(rules: RowRules, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # a table, no secret
    rows = [f"c{chance.randint(1, 30)},hours,2026-0{chance.randint(1, 9)}-05,1\n" for _ in range(60)]
    text = "person,metric,achieved_on,quantity\n" + "".join(rows)
    fast = check_rows(read_rows(text.encode()), rules, secret=SECRET, scope=SCOPE)
    day = PartialDate(date(2026, 1, 5), date(2026, 1, 5))
    states = {f"c{at}": chance.choice(["none", "live", "dead"]) for at in range(1, 31)}
    recorded = {
        (pseudonyms(SECRET, SCOPE, [name])[0], "hours", ""): [
            RecordedRow(day=day, nth=1, life=0, dataset="first", dead=state == "dead")
        ]
        for name, state in states.items()
        if state != "none"
    }
    placed = place_milestones(fast, recorded)
    people = Counter(row.split(",")[0] for row in rows)
    free = sum(states[name] != "live" for name in people)
    assert placed.counts.get("repeated", 0) == len(rows) - free
    lives = Counter(
        (person, nth, life)
        for batch in batches(placed)
        for _, person, _, _, _, _, _, nth, life in batch
        if (person, "hours", "") in recorded and recorded[person, "hours", ""][0].dead
    )
    dead = {pseudonyms(SECRET, SCOPE, [name])[0] for name in people if states[name] == "dead"}
    assert {(person, 1, 1) for person in dead} <= set(lives)
