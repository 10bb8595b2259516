from fractions import Fraction

import numpy as np
import pytest

from almoner.challenges import Rubric, Score
from almoner.challenges.calibration import calibrate
from almoner.challenges.calibration.traits import calibrate_traits, total_reads
from almoner.challenges.errors import ScoreInvalid


def scores_of(rubric: Rubric, seed: int, *, abstained: tuple[tuple[str, str, str], ...] = ()) -> list[Score]:
    """Thirty applications, four of ten judges each; ``proof`` is noisier than ``reach``."""
    chance = np.random.default_rng(seed)
    merit = chance.normal(size=30)
    scores = []
    for i in range(30):
        for j in chance.choice(10, 4, replace=False):
            for trait, noise in (("reach", 3.0), ("proof", 8.0)):
                key = (f"a{i:02}", f"j{j}", trait)
                steps = int(np.clip(30 + 8 * merit[i] + noise * chance.normal(), 10, 50))
                scores.append(
                    Score(
                        application_id=key[0],
                        judge_id=key[1],
                        trait=trait,
                        rubric_id=rubric.id,
                        steps=None if key in abstained else steps,
                    )
                )
    return scores


def test_the_total_and_every_trait_are_calibrated_each_on_its_own(rubric: Rubric) -> None:
    scores = scores_of(rubric, 1)
    found = calibrate_traits(scores, rubric)
    assert found.total == calibrate(total_reads(scores, rubric), direction="higher")
    assert [name for name, _ in found.traits] == ["reach", "proof"]
    reach = [
        (row.application_id, row.judge_id, Fraction(row.steps or 0, 10))
        for row in scores
        if row.trait == "reach"
    ]
    assert found.trait("reach") == calibrate(reach, direction="higher")
    assert found.set_aside == ()


def test_the_traits_do_not_add_up_to_the_total_and_the_text_says_so(rubric: Rubric) -> None:
    found = calibrate_traits(scores_of(rubric, 2), rubric)
    added = [
        0.25 * found.trait("reach").merit(name).value + 0.75 * found.trait("proof").merit(name).value
        for name in found.total.applications
    ]
    assert np.abs(np.array(added) - found.total.values).max() > 0.01
    assert "do not add up" in found.note


def test_a_read_with_a_trait_left_unmarked_serves_its_other_traits(rubric: Rubric) -> None:
    free = rubric.model_copy(update={"abstain_allowed": True})
    complete = scores_of(free, 3)
    one = complete[0]
    scores = scores_of(free, 3, abstained=((one.application_id, one.judge_id, "reach"),))
    found = calibrate_traits(scores, free)
    assert found.set_aside == ((one.application_id, one.judge_id),)
    assert len(found.total.reads) == len(found.trait("reach").reads) == 119
    assert len(found.trait("proof").reads) == 120
    assert len(total_reads(scores, free, without="reach")) == 120
    assert len(total_reads(scores, free, without="proof")) == 119


def test_a_trait_left_out_gives_its_weight_to_the_others(rubric: Rubric) -> None:
    scores = scores_of(rubric, 4)
    left = {
        (read.application_id, read.judge_id): read.value
        for read in total_reads(scores, rubric, without="reach")
    }
    proof = {
        (row.application_id, row.judge_id): Fraction(row.steps or 0, 10)
        for row in scores
        if row.trait == "proof"
    }
    assert left == proof
    whole = {(read.application_id, read.judge_id): read.value for read in total_reads(scores, rubric)}
    marks = {(row.application_id, row.judge_id, row.trait): row.steps or 0 for row in scores}
    for (application, judge), value in whole.items():
        reach, other = marks[application, judge, "reach"], marks[application, judge, "proof"]
        assert value == Fraction(2500 * reach + 7500 * other, 10_000) / 10


def test_a_trait_that_nobody_marked_is_not_there(rubric: Rubric) -> None:
    free = rubric.model_copy(update={"abstain_allowed": True})
    scores = scores_of(free, 5)
    silent = tuple((row.application_id, row.judge_id, "proof") for row in scores)
    only = scores_of(free, 5, abstained=silent)
    with pytest.raises(ScoreInvalid, match="no mark"):
        calibrate_traits(only[1:], free)
    assert [read.judge_id for read in total_reads(only, free, without="proof")] == [
        row.judge_id
        for row in sorted(only, key=lambda row: (row.application_id, row.judge_id))
        if row.trait == "reach"
    ]


def test_only_a_trait_of_the_rubric_can_be_left_out_and_not_the_last_one(rubric: Rubric) -> None:
    scores = scores_of(rubric, 6)
    with pytest.raises(ValueError, match="cannot be totalled without 'charm'"):
        total_reads(scores, rubric, without="charm")
    single = rubric.model_copy(update={"traits": rubric.traits[:1]})
    with pytest.raises(ValueError, match="cannot be totalled without 'reach'"):
        total_reads([row for row in scores if row.trait == "reach"], single, without="reach")
