"""Rows of 131 invented young people whose steps add up to the published counts, the same on every machine.

The problem: what is published of Project Apollo are counts per step, and an agreement is imported row by row.
Each row here is made up; how many there are of each step is not. Nothing is drawn by a generator of chance:
who reached a step, and after how many days, follows from a digest of person and step.
"""

import csv
import hashlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

PEOPLE = tuple(f"person-{one:03}" for one in range(1, 132))
STARTS_ON = date(2018, 10, 1)
REFERRED_WITHIN = 800
YEARS = {
    "2019": date(2019, 9, 30),
    "2020": date(2020, 9, 30),
    "2021": date(2021, 9, 30),
    "2022": date(2022, 10, 31),
}
FIRST_WEEK = "placement_week_1"
HEADER = ("young_person", "step", "reached_on")
COLUMNS = {"person": "young_person", "of:lines": "step", "achieved_on": "reached_on"}
METRIC = "claims"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the rate card: how many reached it, after which other, at least and most how many days on."""

    name: str
    count: int
    after: str = ""
    least: int = 20
    most: int = 200


STEPS = (
    Step("ready_to_learn", 103),
    Step("feels_secure", 91),
    Step("runs_home", 87),
    Step("own_goal", 99),
    Step("course_start", 53, least=30, most=240),
    Step("course_quarter", 45, "course_start", 60, 90),
    Step("course_half", 32, "course_quarter", 60, 120),
    Step("level_1", 17, "course_half", 20, 60),
    Step("level_2", 19, "course_half", 90, 200),
    Step("level_3", 3, "level_2", 180, 300),
    Step("placement_start", 22, least=40, most=600),
    Step(FIRST_WEEK, 21, "placement_start", 7, 10),
    Step("placement_week_4", 17, FIRST_WEEK, 21, 30),
    Step("job_start", 73, least=60, most=400),
    Step("earned_768", 64, "job_start", 14, 60),
    Step("earned_1631", 54, "earned_768", 20, 70),
    Step("earned_3350", 46, "earned_1631", 30, 100),
    Step("earned_8155", 33, "earned_3350", 60, 200),
)


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A step that a person reached on a day."""

    on: date
    person: str
    step: str


def number(*parts: str) -> int:
    """Return a number that follows from words alone."""
    return int.from_bytes(hashlib.sha256("/".join(("apollo", *parts)).encode()).digest()[:6])


def make_rows() -> tuple[Row, ...]:
    """Return every row, by day."""
    days = {
        ("", person): STARTS_ON + timedelta(days=number("referred", person) % REFERRED_WITHIN)
        for person in PEOPLE
    }
    for step in STEPS:
        able = [person for person in PEOPLE if (step.after, person) in days]
        for person in sorted(able, key=lambda one: number(step.name, one))[: step.count]:
            wait = step.least + number("days", step.name, person) % (step.most - step.least + 1)
            days[step.name, person] = days[step.after, person] + timedelta(days=wait)
    return tuple(sorted(Row(day, person, step) for (step, person), day in days.items() if step))


def batches(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    """Divide rows into what is imported at once: by year, first weeks of placements apart."""
    parts = ("steps", "first-weeks")
    found: dict[str, list[Row]] = {f"{year}-{part}": [] for year in YEARS for part in parts}
    for row in rows:
        year = next(name for name, last in YEARS.items() if row.on <= last)
        found[f"{year}-{'first-weeks' if row.step == FIRST_WEEK else 'steps'}"].append(row)
    return {name: tuple(listed) for name, listed in found.items() if listed}


def mistaken(rows: Iterable[Row]) -> Row:
    """Return the first week that one person is said to have done, and has not: the last without a fourth."""
    listed = tuple(rows)
    stayed = {row.person for row in listed if row.step == "placement_week_4"}
    return max(row for row in listed if row.step == FIRST_WEEK and row.person not in stayed)


def table(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Write rows as cells, with their header."""
    return [HEADER, *((row.person, row.step, row.on.isoformat()) for row in rows)]


def spoiled(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Write rows with three faults that files have: a person twice, a step nobody knows, a day to come."""
    cells = table(rows)
    person, _, day = cells[2]
    unknown, to_come = (person, "job_started", day), (person, "steady_relationship", "2022-10-07")
    return [*cells, cells[1], unknown, to_come]


def write_files(folder: Path) -> dict[str, Path]:
    """Write a file for each import, and the spoiled one; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = batches(make_rows())
    first = next(iter(parts))
    tables = {name: table(rows) for name, rows in parts.items()} | {f"{first}-draft": spoiled(parts[first])}
    paths = {name: folder / f"{name}.csv" for name in tables}
    for name, cells in tables.items():
        with paths[name].open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(cells)
    return paths


if __name__ == "__main__":
    for name, path in write_files(Path(sys.argv[1] if len(sys.argv) > 1 else "rows")).items():
        print(f"{name:<18} {len(path.read_text().splitlines()) - 1:>4} rows  {path}")
