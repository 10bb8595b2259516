"""Conflicts planted in seeded instances are named by exactly the rules that were planted."""

import pytest
from benchmarks.instances.conflicts import frames, plant_conflict
from benchmarks.instances.generate import generate
from benchmarks.instances.model import CONFLICTS, ConflictKind

from almoner.finance.allocation.conflict.conflicts import find_conflict
from almoner.finance.allocation.conflict.fixes import apply
from almoner.finance.allocation.conflict.witness import is_possible, plans
from almoner.finance.allocation.frames import from_frames
from almoner.finance.allocation.problem import AllocationDocument


def planted(kind: ConflictKind, n: int, seed: int) -> tuple[AllocationDocument, set[str]]:
    bad, conflict = plant_conflict(generate("easy", n, seed), kind, seed)
    return from_frames(frames(bad)), set(conflict.rules)


@pytest.mark.parametrize("seeds", [range(1, 9), pytest.param(range(9, 26), marks=pytest.mark.campaign)])
@pytest.mark.parametrize("kind", CONFLICTS)
def test_every_planted_conflict_is_named_and_every_fix_makes_it_possible(
    kind: ConflictKind, seeds: range
) -> None:
    for seed in seeds:
        problem, rules = planted(kind, 100, seed)
        conflict = find_conflict(problem)
        assert conflict is not None
        assert set(conflict.rules) == rules, seed
        assert conflict.proof.kind == "exact"
        assert conflict.fixes, seed
        for fix in conflict.fixes:
            assert is_possible(apply(problem, fix), deadline_s=20) is True, (seed, fix.sentence)


@pytest.mark.parametrize("kind", CONFLICTS)
def test_a_repaired_instance_has_no_conflict_and_a_plan(kind: ConflictKind) -> None:
    for seed in range(1, 6):
        _, conflict = plant_conflict(generate("easy", 100, seed), kind, seed)
        problem = from_frames(frames(conflict.repaired))
        assert next(plans(problem), None) is not None, seed
        assert find_conflict(problem) is None


@pytest.mark.parametrize("kind", CONFLICTS)
def test_a_conflict_among_a_thousand_is_named(kind: ConflictKind) -> None:
    problem, rules = planted(kind, 1000, 3)
    conflict = find_conflict(problem)
    assert conflict is not None
    assert set(conflict.rules) == rules
    assert conflict.fixes


def test_a_conflict_among_ten_thousand_is_named_with_its_fixes() -> None:
    problem, rules = planted("earmark", 10_000, 1)
    conflict = find_conflict(problem)
    assert conflict is not None
    assert set(conflict.rules) == rules
    assert len(conflict.fixes) == 3
