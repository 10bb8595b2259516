"""Applicants who judge: in halves, no mark moves the one who gives it."""

import random
from collections import Counter

import pytest

from almoner.challenges import calibrate, rank
from almoner.challenges.errors import AssignmentInvalid, CalibrationInvalid
from almoner.challenges.halves import Half, PeerEntry, advance_half, halve, unfinished

Reads = list[tuple[str, str, int]]
CASES = 1000


def entries(count: int, panels: int = 1) -> list[PeerEntry]:
    return [
        PeerEntry(
            application_id=f"a-{n:03}",
            reader=f"hub-{n:03}",
            parties=frozenset({f"hub-{n:03}"}),
            panel=f"p{n % panels}",
        )
        for n in range(count)
    ]


def marked(halves: tuple[Half, ...], chance: random.Random, each: int) -> Reads:
    """Let every applicant mark some applications of the other half."""
    return [
        (name, reader, chance.randint(1, 50))
        for half in halves
        for reader in half.readers
        for name in chance.sample(half.applications, min(each, len(half.applications)))
    ]


def going_on(halves: tuple[Half, ...], reads: Reads) -> set[str]:
    return {
        name
        for half in halves
        for name in advance_half(
            half, reads, direction="higher", eligible=half.applications, seed="beacon"
        ).inside
    }


def remarked(reads: Reads, reader: str, chance: random.Random) -> Reads:
    return [(name, who, chance.randint(1, 50) if who == reader else mark) for name, who, mark in reads]


def test_no_change_of_an_applicants_marks_changes_whether_it_goes_on_in_a_thousand_cases() -> None:
    chance = random.Random(7)  # noqa: S311  # a test
    moved_others = 0
    for case in range(CASES):
        panels = chance.choice((1, 1, 2))
        count = chance.randint(4 * panels, 24 if case % 20 == 0 else 10)
        halves = halve(entries(count, panels), places=chance.randint(1, count), seed=str(case))
        reads = marked(halves, chance, chance.randint(1, 5))
        before = going_on(halves, reads)
        me = chance.randrange(count)
        after = going_on(halves, remarked(reads, f"hub-{me:03}", chance))
        assert (f"a-{me:03}" in before) == (f"a-{me:03}" in after), case
        moved_others += before != after
    assert moved_others > CASES // 10  # the marks do count, for others


def test_without_halves_an_applicants_own_marks_do_decide_about_it() -> None:
    chance = random.Random(7)  # noqa: S311  # a test
    helped = 0
    for _ in range(200):
        names = [f"{n:03}" for n in range(8)]
        reads = [
            (f"a-{name}", f"hub-{reader}", chance.randint(1, 50))
            for reader in names
            for name in chance.sample([one for one in names if one != reader], 3)
        ]
        before, after = (
            rank(calibrate(one, direction="higher"), line=3, draws=0).order[:3]
            for one in (reads, remarked(reads, "hub-000", chance))
        )
        helped += ("a-000" in before) != ("a-000" in after)
    assert helped > 0


def test_every_reader_reads_the_other_half_of_his_panel_alone() -> None:
    halves = halve(entries(31, panels=3), places=7, seed="s")
    assert sum(half.places for half in halves) == 7
    by_panel = Counter(half.panel for half in halves)
    assert by_panel == {"p0": 2, "p1": 2, "p2": 2}
    for half in halves:
        own = {name.replace("a-", "hub-") for name in half.applications}
        assert not own & set(half.readers)
        assert {int(reader[4:]) % 3 for reader in half.readers} == {int(half.panel[1:])}
    sizes = sorted(len(half.applications) for half in halves)
    assert sizes == [5, 5, 5, 5, 5, 6]
    assert halve(entries(31, panels=3), places=7, seed="other") != halves
    assert halve(reversed(entries(31, panels=3)), places=7, seed="s") == halves


def test_applicants_who_share_a_party_stand_in_the_same_half() -> None:
    rows = entries(12)
    shared = [
        PeerEntry(
            application_id=row.application_id,
            reader=row.reader,
            parties=row.parties | ({"lab"} if n in {0, 5} else set()) | ({"mill"} if n in {5, 9} else set()),
        )
        for n, row in enumerate(rows)
    ]
    for seed in "abcdefgh":
        halves = halve(shared, places=4, seed=seed)
        homes = {name: half.side for half in halves for name in half.applications}
        assert len({homes[name] for name in ("a-000", "a-005", "a-009")}) == 1
        assert abs(len(halves[0].applications) - len(halves[1].applications)) <= 2


def test_a_panel_whose_applicants_all_share_parties_is_not_split() -> None:
    rows = [PeerEntry(application_id=f"a-{n}", reader="hub", parties=frozenset({"hub"})) for n in range(3)]
    with pytest.raises(AssignmentInvalid, match="share parties"):
        halve(rows, places=1, seed="s")


def test_halves_refuse_a_double_entry_and_an_empty_seed() -> None:
    with pytest.raises(AssignmentInvalid, match="twice"):
        halve([*entries(2), *entries(1)], places=1, seed="s")
    with pytest.raises(AssignmentInvalid):
        halve(entries(4), places=1, seed="")


def test_a_half_is_not_decided_by_reads_from_inside_it() -> None:
    half = Half(panel="", side="a", applications=("a", "b"), readers=("lab",), places=1)
    with pytest.raises(CalibrationInvalid, match="do not belong to the other half"):
        advance_half(half, [("a", "lab", 3), ("b", "hub", 3)], direction="higher", eligible=("a", "b"))


def test_whoever_was_dropped_leaves_his_place_to_his_own_half() -> None:
    half = Half(panel="", side="a", applications=("a", "b", "c"), readers=("lab", "hub"), places=1)
    reads = [
        ("a", "lab", 5),
        ("b", "lab", 4),
        ("c", "lab", 1),
        ("a", "hub", 5),
        ("b", "hub", 4),
        ("c", "hub", 1),
    ]
    everybody = advance_half(half, reads, direction="higher", eligible=("a", "b", "c"))
    assert everybody.inside == ("a",)
    assert advance_half(half, reads, direction="higher", eligible=("b", "c")).inside == ("b",)


def test_a_reader_is_dropped_after_a_reminder_only() -> None:
    assigned = [("a", "hub"), ("b", "hub"), ("a", "lab"), ("b", "mill")]
    assert unfinished(assigned, {("a", "hub"), ("b", "mill")}, {"hub", "mill"}) == ("hub",)
    assert unfinished(assigned, {("a", "hub"), ("b", "mill")}, set()) == ()


def test_a_half_without_reads_lets_nobody_on_and_says_who_was_not_read() -> None:
    half = Half(panel="", side="a", applications=("a", "b"), readers=(), places=1)
    made = advance_half(half, [], direction="higher", eligible=("a", "b"))
    assert (made.inside, made.unread) == ((), ("a", "b"))
