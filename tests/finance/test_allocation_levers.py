"""What would have to be true, applied to the letter, gets whoever asks funded or tied."""

import pytest
from benchmarks.instances.conflicts import frames
from benchmarks.instances.generate import generate

from almoner.finance.allocation.conflict.edits import edited
from almoner.finance.allocation.frames import from_frames
from almoner.finance.allocation.reasons.explanations import explain
from almoner.finance.allocation.reasons.levers import is_in
from almoner.finance.allocation.solve import allocate


@pytest.mark.parametrize(
    "seed", [2, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in (1, 3, 4, 5))]
)
def test_ten_of_ten_are_funded_or_tied_once_it_is_true(seed: int) -> None:
    problem = from_frames(frames(generate("easy", 26, seed)))
    result = allocate(problem)
    asked = 0
    for name in (name for name in problem.arrays.intervention_ids if name not in result.funded):
        if asked == 10:
            break
        explanation = explain(problem, result, name, is_resolved=True)
        if not explanation.levers:
            assert "no allocation would keep every rule" in explanation.text
            continue
        for lever in explanation.levers[:1]:
            assert lever.how == "re-solved"
            changed = edited(problem, lever.edits)
            assert is_in(changed, allocate(changed), name, allocate), lever.sentence
        asked += 1
    assert asked == 10
