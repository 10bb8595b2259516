"""The benchmark of the actor map draws the same map twice, exact and from pivots, and says how they agree."""

import json

import pytest
from benchmarks.landscape import invent, main


def test_a_quick_run_states_times_and_agreement(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--quick"]) == 0
    found = json.loads(capsys.readouterr().out)["landscape"]
    assert (found["actors"], found["ties"], found["pivots"]) == (500, 2_000, 256)
    assert found["rank_correlation"] >= 0.85
    assert found["top_shared"] >= 30
    assert found["pivots_cpu_seconds"] > 0


def test_an_invented_map_is_the_same_everywhere_and_ties_no_actor_to_itself() -> None:
    actors, ties = invent(40, 60, 3)
    assert invent(40, 60, 3) == (actors, ties)
    assert len({(one.from_actor, one.to_actor) for one in ties}) == 60
    assert all(one.from_actor < one.to_actor for one in ties)
