"""A read is complete and on the grid, or it is refused with every fault."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from almoner.challenges import Rubric, Score, read_marks, totals_by_read
from almoner.challenges.errors import ScoreInvalid

MARKS = {"reach": "3.7", "proof": "2.2"}


def read(rubric: Rubric, marks: dict[str, Any], judge_id: str = "j-1") -> tuple[Score, ...]:
    return read_marks(rubric, application_id="a-1", judge_id=judge_id, marks=marks)


def places(refused: pytest.ExceptionInfo[ScoreInvalid]) -> list[str]:
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    return [row["path"] for row in rows if isinstance(row, dict)]


def test_marks_become_whole_steps_in_the_order_of_the_rubric(rubric: Rubric) -> None:
    scores = read(rubric, dict(reversed(MARKS.items())))
    assert [(score.trait, score.steps, score.rubric_id) for score in scores] == [
        ("reach", 37, "merit/1"),
        ("proof", 22, "merit/1"),
    ]
    assert totals_by_read(scores, rubric) == {("a-1", "j-1"): Fraction("2.575")}


@pytest.mark.parametrize(
    ("marks", "path"),
    [
        ({"reach": "3.75"}, "/reach"),
        ({"reach": "5.1"}, "/reach"),
        ({"reach": "0"}, "/reach"),
        ({"reach": "NaN"}, "/reach"),
        ({"reach": 3.7}, "/reach"),
        ({"reach": None}, "/reach"),
        ({"style": "3.0"}, "/style"),
    ],
)
def test_what_is_not_on_the_rubric_is_refused(rubric: Rubric, marks: dict[str, Any], path: str) -> None:
    with pytest.raises(ScoreInvalid) as refused:
        read(rubric, MARKS | marks)
    assert places(refused) == [path]
    assert refused.value.code == "score.invalid"


def test_an_incomplete_read_is_refused_with_every_fault(rubric: Rubric) -> None:
    with pytest.raises(ScoreInvalid, match="has 2 faults") as refused:
        read(rubric, {"proof": "9"})
    assert places(refused) == ["/reach", "/proof"]


def test_abstaining_is_not_zero_and_gives_no_total(rubric_content: dict[str, Any]) -> None:
    lenient = Rubric.read(json.dumps(rubric_content | {"abstain_allowed": True}))
    scores = read(lenient, MARKS | {"reach": None})
    assert [score.abstained for score in scores] == [True, False]
    assert totals_by_read(scores, lenient) == {("a-1", "j-1"): None}


def test_one_judge_reads_an_application_once(rubric: Rubric) -> None:
    scores = read(rubric, MARKS) + read(rubric, MARKS)
    with pytest.raises(ScoreInvalid, match="second mark") as refused:
        totals_by_read(scores, rubric)
    assert places(refused) == ["/a-1/j-1/reach", "/a-1/j-1/proof"]


def test_facts_that_fit_no_complete_read_are_refused(rubric: Rubric) -> None:
    reach, proof = read(rubric, MARKS)
    for broken, said in (
        ([reach], "no mark"),
        ([reach, replace(proof, rubric_id="merit/0")], "given under merit/0"),
        ([reach, replace(proof, steps=51)], "outside the scale"),
    ):
        with pytest.raises(ScoreInvalid, match=said):
            totals_by_read(broken, rubric)


@pytest.mark.parametrize("change", [{"steps": 3.0}, {"steps": True}, {"judge_id": ""}, {"trait": 7}])
def test_a_score_checks_its_own_types(change: dict[str, Any]) -> None:
    score = Score(application_id="a", judge_id="j", trait="t", rubric_id="r/1", steps=3)
    with pytest.raises(TypeError):
        replace(score, **change)
