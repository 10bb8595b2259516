"""Benchmark instances are the same everywhere, feasible, and what the library reads."""

import pytest
from benchmarks.instances.conflicts import frames, plant_conflict
from benchmarks.instances.generate import generate
from benchmarks.instances.model import CONFLICTS, FAMILIES, Family, violations

from almoner.finance.allocation.frames import from_frames

DIGESTS = {
    ("easy", 100): "ca8ddb85ae86dfa2068d094b98ed7af26b5faf3c2e6c85910c150f01e6c999b8",
    ("easy", 1000): "9cc8e7b16bb14b1cc97b6cfa75e0b2ca0745e0c850051d877a8c886d2277dedf",
    ("hard", 100): "0ed272902c6bdbe28f98645ffe0feb69a31a9675a123b196260229e3586f3752",
    ("hard", 1000): "6121f7c647ac3beb157af57a5dd5435a718beda6240c1f7d9a867664ceeb2853",
    ("overlap", 100): "1b60054012fe6b10cd1528a9e90e866375618c95d4dd098bde5a7c537d285765",
    ("overlap", 1000): "e2d3708e97b746e709bab594adb90518167254724564c4d69d1191262044f91b",
    ("periods", 100): "ee2b4ae1e313db6abb2e9db861b4a8fd735ceaaaf88f8a62fc07cc6a28156e79",
    ("periods", 1000): "af18c614500cedcde4b8e3e20047ee27f40d887540922a69d0bf292674af18f8",
}


@pytest.mark.parametrize(("family", "size"), list(DIGESTS))
def test_an_instance_has_the_same_bytes_everywhere(family: Family, size: int) -> None:
    assert generate(family, size, 1).digest() == DIGESTS[family, size]


@pytest.mark.parametrize("family", FAMILIES)
def test_its_witness_breaks_no_rule_and_frames_carry_it_whole(family: Family) -> None:
    made = generate(family, 60, 3)
    assert violations(made, made.witness) == []
    arrays = from_frames(frames(made)).arrays
    assert arrays.eligible.tolist() == made.eligible.tolist()
    assert arrays.cap.reshape(made.cap_minor.shape).tolist() == made.cap_minor.tolist()
    assert arrays.budget.tolist() == made.budget_minor.tolist()
    assert len(arrays.needs) == len(made.prerequisite)


@pytest.mark.parametrize("kind", CONFLICTS)
def test_a_planted_conflict_keeps_a_problem_that_can_be_posed(kind: str) -> None:
    broken, conflict = plant_conflict(generate("easy", 60, 2), kind, 1)  # type: ignore[arg-type]  # parametrised
    assert conflict.rules
    assert from_frames(frames(broken)).digest() != from_frames(frames(conflict.repaired)).digest()
