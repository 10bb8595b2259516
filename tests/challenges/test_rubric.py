"""Weights, grids and anchors: what a mark means is fixed before anybody marks."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges import Rubric, Scale
from almoner.challenges.errors import ScoreInvalid
from almoner.challenges.rubric import figure
from almoner.finance.errors import DocumentInvalid, TooPrecise

Content = dict[str, Any]


def findings_of(content: Content) -> dict[str, str]:
    with pytest.raises(DocumentInvalid) as refused:
        Rubric.read(json.dumps(content))
    rows = refused.value.figures["findings"]
    assert isinstance(rows, list)
    return {row["path"]: row["message"] for row in rows if isinstance(row, dict)}


def test_a_total_is_exact_and_on_the_scale(rubric: Rubric) -> None:
    assert rubric.weighted_total({"reach": 37, "proof": 22}) == Fraction("2.575")


@pytest.mark.parametrize("steps", [{"reach": 37}, {"reach": 37, "proof": 22, "style": 30}])
def test_a_total_needs_exactly_the_traits(rubric: Rubric, steps: dict[str, int]) -> None:
    with pytest.raises(ScoreInvalid, match="these differ"):
        rubric.weighted_total(steps)


@pytest.mark.parametrize("weight", [7499, 7501])
def test_weights_that_are_not_one_whole_are_refused(rubric_content: Content, weight: int) -> None:
    rubric_content["traits"][1]["weight_bp"] = weight
    assert findings_of(rubric_content) == {
        "/traits": f"weights sum to {2500 + weight} basis points, not 10000"
    }


@pytest.mark.parametrize(
    ("band", "name", "mark", "path", "said"),
    [
        (1, "lo", "2.6", "/traits/0/anchors/1/lo", "leaves a gap: the band has to begin at 2.5"),
        (1, "lo", "2.4", "/traits/0/anchors/1/lo", "overlaps the band before"),
        (0, "lo", "1.1", "/traits/0/anchors/0/lo", "leaves a gap: the band has to begin at 1"),
        (2, "hi", "4.9", "/traits/0/anchors/2/hi", "does not end at 5.0"),
        (2, "hi", "5.1", "/traits/0/anchors/2/hi", "does not end at 5.0"),
    ],
)
def test_anchors_that_do_not_tile_the_scale_are_refused(
    rubric_content: Content, band: int, name: str, mark: str, path: str, said: str
) -> None:
    rubric_content["traits"][0]["anchors"][band][name] = mark
    found = findings_of(rubric_content)
    assert list(found) == [path]
    assert said in found[path]


def test_all_faults_are_listed_at_once(rubric_content: Content) -> None:
    rubric_content["traits"][0]["anchors"][0]["hi"] = "0.95"
    rubric_content["traits"][1]["id"] = "reach"
    rubric_content["traits"][1]["weight_bp"] = 1
    assert set(findings_of(rubric_content)) == {
        "/traits",
        "/traits/1/id",
        "/traits/0/anchors/0/hi",
        "/traits/0/anchors/1/lo",
    }


def test_two_anchors_are_too_few(rubric_content: Content) -> None:
    del rubric_content["traits"][0]["anchors"][1]
    assert set(findings_of(rubric_content)) == {"/traits/0/anchors"}


@pytest.mark.parametrize(
    ("scale", "path"),
    [
        ({"step": "0"}, "/scale/step"),
        ({"step": "0.3"}, "/scale/lo"),
        ({"hi": "1.0"}, "/scale/hi"),
        ({"step": "0.000001"}, "/scale/step"),
        ({"direction": "sideways"}, "/scale/direction"),
        ({"lo": "NaN"}, "/scale/lo"),
    ],
)
def test_a_scale_that_is_no_grid_is_refused(rubric_content: Content, scale: Content, path: str) -> None:
    rubric_content["scale"] |= scale
    assert path in findings_of(rubric_content)


@pytest.mark.parametrize(
    ("mark", "error"),
    [
        ("0.9", ScoreInvalid),
        ("5.1", ScoreInvalid),
        ("3.75", ScoreInvalid),
        ("-3", ScoreInvalid),
        ("NaN", TooPrecise),
        ("3,7", TooPrecise),
        ("", TooPrecise),
    ],
)
def test_a_mark_off_the_scale_is_refused_never_moved(
    rubric: Rubric, mark: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        rubric.scale.steps(mark)


@given(st.integers(min_value=10, max_value=50))
def test_marks_survive_the_way_to_steps_and_back(steps: int) -> None:
    scale = Scale.read('{"lo": "1", "hi": "5", "step": "0.1", "direction": "lower"}')
    mark = figure(scale.points(steps), 1)
    assert scale.steps(mark) == steps
    assert scale.merit(Fraction(mark)) == 5 - Fraction(steps, 10)
