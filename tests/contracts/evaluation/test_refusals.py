"""Data on which nothing may be paid are refused by name, with figures."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from almoner.contracts.evaluation import evaluate
from almoner.contracts.evaluation.clusters import arm_by_clusters
from almoner.finance.errors import DocumentInvalid, EvaluationRefused

Array = np.ndarray[tuple[int], np.dtype[Any]]
Table = dict[str, Array]
TRIAL = {"outcome": [1.0, 2.0, 4.0, 3.0, 5.0, 9.0], "treated": [1, 1, 1, 0, 0, 0]}
PAIRS = {"before": [1.0, 2.0, 4.0], "after": [2.0, 2.5, 7.0]}
PANEL = {
    "outcome": [1.0, 2.0, 4.0, 8.0, 3.0, 5.0, 9.0, 1.0],
    "treated": [1, 1, 1, 1, 0, 0, 0, 0],
    "after": [0, 1, 0, 1, 0, 1, 0, 1],
    "cluster": ["a", "a", "b", "b", "c", "c", "d", "d"],
}
AUDIT = {"id": ["1", "2", "3"], "audit": ["right", "wrong", ""]}
MIX = {"component": ["x", "y"], "estimate": [1.0, 2.0], "standard_error": [0.1, 0.2]}


def arrays(table: dict[str, Any]) -> Table:
    return {name: np.array(column) for name, column in table.items()}


def refused(name: str, table: dict[str, Any], params: str = "{}") -> EvaluationRefused:
    with pytest.raises(EvaluationRefused) as caught:
        evaluate(name, arrays(table), params)
    return caught.value


@pytest.mark.parametrize(
    ("name", "table", "params"),
    [
        ("pre_post", PAIRS, "{}"),
        ("rct_difference", TRIAL, "{}"),
        ("did", PANEL, "{}"),
        ("admin_validated", AUDIT, '{"tolerance": "0.05"}'),
        ("weighted", MIX, '{"weights": {"x": "1", "y": "1"}, "independent": true}'),
    ],
)
def test_the_data_that_the_refusals_below_spoil_are_sound(
    name: str, table: dict[str, Any], params: str
) -> None:
    assert evaluate(name, arrays(table), params).value


TOO_FEW = [
    ("pre_post", {"before": [1.0], "after": [2.0]}, "{}", "units has 1, and 2 are needed"),
    ("pre_post", PAIRS, '{"least": 30}', "units has 3, and 30 are needed"),
    ("rct_difference", TRIAL | {"treated": [1, 0, 0, 0, 0, 0]}, "{}", "treated has 1, and 2 are needed"),
    ("rct_difference", TRIAL | {"treated": [1] * 6}, "{}", "control has 0, and 2 are needed"),
    ("did", PANEL | {"after": [0, 1, 0, 1, 0, 1, 0, 0]}, "{}", "control after has 1, and 2 are needed"),
    ("did", PANEL | {"cluster": list("aaaaccdd")}, "{}", "treated has 1, and 2 are needed"),
    ("did", PANEL, '{"least_clusters": 10}', "treated has 2, control has 2, and 10 are needed"),
    (
        "rct_difference",
        TRIAL | {"cluster": list("aabcde")},
        '{"clustered": true, "least_clusters": 3}',
        "treated has 2, and 3 are needed",
    ),
    ("admin_validated", AUDIT | {"audit": ["", "", ""]}, '{"tolerance": "0"}', "audit sample has 0"),
    ("admin_validated", AUDIT, '{"tolerance": "0", "least": 3}', "audit sample has 2, and 3 are needed"),
]


@pytest.mark.parametrize(("name", "table", "params", "said"), TOO_FEW)
def test_too_few_observations_are_refused_with_how_many_there_are(
    name: str, table: dict[str, Any], params: str, said: str
) -> None:
    error = refused(name, table, params)
    assert error.figures["reason"] == "too_few"
    assert said in error.message


NO_VARIANCE = [
    ("pre_post", PAIRS | {"after": [1.1, 2.1, 4.1]}, "{}"),
    ("rct_difference", TRIAL | {"outcome": [1, 1, 1, 0, 0, 0]}, "{}"),
    ("rct_difference", TRIAL | {"outcome": [3, 3, 3, 2, 2, 2]}, '{"scale": "relative_reduction"}'),
    ("did", PANEL | {"outcome": [1, 2, 1, 2, 1, 3, 1, 3]}, "{}"),
    (
        "rct_difference",
        {"outcome": [1, 3, 3, 1, 1, 3, 3, 1], "treated": [1] * 4 + [0] * 4, "cluster": list("aabbccdd")},
        '{"clustered": true}',
    ),
]


@pytest.mark.parametrize(("name", "table", "params"), NO_VARIANCE)
def test_data_that_do_not_vary_are_refused_although_floats_differ_in_their_last_digit(
    name: str, table: dict[str, Any], params: str
) -> None:
    assert refused(name, table, params).figures["reason"] == "no_variance"


@pytest.mark.parametrize("control", [[-1.0, 1.0, 0.0], [-1.0, 4.0, 0.5]])
def test_a_relative_change_of_a_control_mean_not_distinguishable_from_zero_is_refused(
    control: list[float],
) -> None:
    error = refused(
        "rct_difference", TRIAL | {"outcome": [5.0, 6.0, 8.0, *control]}, '{"scale": "relative_reduction"}'
    )
    assert error.figures["reason"] == "control_near_zero"
    assert float(str(error.figures["control_mean"])) == pytest.approx(sum(control) / 3)
    assert "not distinguishable from zero at level 0.95" in error.message


def test_one_cluster_alone_has_no_variance() -> None:
    with pytest.raises(EvaluationRefused, match="One cluster alone"):
        arm_by_clusters(np.array([1.0, 2.0]), np.array(["a", "a"]))


def test_a_cluster_in_both_arms_was_not_drawn_as_a_whole() -> None:
    error = refused("rct_difference", TRIAL | {"cluster": list("abccde")}, '{"clustered": true}')
    assert (error.figures["reason"], error.figures["clusters"]) == ("mixed_clusters", 1)


def test_groups_that_matching_leaves_unlike_get_no_number(observed: Callable[..., Table]) -> None:
    table = observed(np.random.default_rng(5), 400)
    table["income"] = table["treated"] * 3.0 + np.random.default_rng(6).normal(size=400)
    params = {"covariates": ["age", "income"], "caliper": "5"}
    error = refused("matched", table, json.dumps(params))
    assert error.figures["reason"] == "unbalanced"
    rows = error.figures["differences"]
    assert isinstance(rows, list)
    found = {str(row).split(": ")[0]: float(str(row).split(": ")[1]) for row in rows}
    assert set(found) == {"age", "income"}
    assert max(map(abs, found.values())) >= 0.1


def test_covariates_that_tell_the_treated_without_fail_leave_nobody_to_compare() -> None:
    rng = np.random.default_rng(1)
    treated = np.arange(60) < 20
    table = {"outcome": rng.normal(size=60), "treated": treated, "x": treated * 10 + rng.normal(size=60)}
    assert refused("matched", table, '{"covariates": ["x"]}').figures["reason"] == "separated"


@pytest.mark.parametrize(
    ("extra", "covariates", "reason"),
    [
        ({"x": [7.0] * 60}, ["x"], "no_variance"),
        ({"x": list(range(60)), "y": [2.0 * place for place in range(60)]}, ["x", "y"], "collinear"),
    ],
)
def test_covariates_that_say_nothing_are_refused(
    extra: dict[str, Any], covariates: list[str], reason: str
) -> None:
    rng = np.random.default_rng(1)
    table = {"outcome": rng.normal(size=60), "treated": np.arange(60) % 3 == 0, **extra}
    assert refused("matched", table, json.dumps({"covariates": covariates})).figures["reason"] == reason


def test_nobody_within_the_caliper_is_too_few() -> None:
    rng = np.random.default_rng(4)
    table = {"outcome": rng.normal(size=40), "treated": np.arange(40) % 2 == 0, "x": rng.normal(size=40)}
    error = refused("matched", table, '{"covariates": ["x"], "caliper": "0.0000001"}')
    assert "treated units with a counterpart has 0" in error.message


@pytest.mark.parametrize(
    ("name", "table", "params"),
    [
        ("pre_post", PAIRS | {"id": ["a", "b", "a"]}, "{}"),
        ("rct_difference", TRIAL | {"id": list("abcdea")}, "{}"),
        ("matched", TRIAL | {"id": list("abcdea"), "x": range(6)}, '{"covariates": ["x"]}'),
        ("admin_validated", AUDIT | {"id": ["1", "1", "2"]}, '{"tolerance": "0"}'),
        ("weighted", MIX | {"component": ["x", "x"]}, '{"weights": {"x": "1"}}'),
    ],
)
def test_a_unit_in_two_rows_is_refused_without_naming_it(
    name: str, table: dict[str, Any], params: str
) -> None:
    error = refused(name, table, params)
    assert error.figures["reason"] == "repeated"
    assert error.figures["repeated"] == 1


def test_a_claim_that_stands_twice_and_says_two_things_is_refused() -> None:
    error = refused("count", {"id": ["a", "a", "b"], "accepted": [1, 0, 1]})
    assert (error.figures["reason"], error.figures["claims"]) == ("contradiction", 1)
    assert error.figures["columns"] == ["accepted"]


CELLS = [
    ({"after": [2.0, np.nan, 3.0]}, "row 2: 'nan'"),
    ({"after": [2.0, 1.0, np.inf]}, "row 3: 'inf'"),
    ({"after": ["2", "", "3"]}, "row 2: blank"),
    ({"after": ["2", None, "3"]}, "row 2: blank"),
    ({"after": ["2,5", "1", "3"]}, "row 1: '2,5'"),
    ({"after": ["1_000", "1", "3"]}, "row 1: '1_000'"),
    ({"after": ["inf", "1", "3"]}, "row 1: 'inf'"),
    ({"after": ["1e999", "1", "3"]}, "row 1: '1e999'"),
    ({"after": ["٣", "1", "3"]}, "row 1: '٣'"),  # an Arabic digit is what is tested
    ({"after": [True, "x", "3"]}, "row 2: 'x'"),
    ({"after": [2**53 + 1, 1, 3]}, "row 1: '9007199254740993'"),
    ({"after": np.array([2**60, 1, None], dtype=object)}, "row 1: '1152921504606846976'"),
]


@pytest.mark.parametrize(("spoiled", "said"), CELLS)
def test_a_cell_that_is_blank_not_finite_or_no_number_is_refused_by_row_and_column(
    spoiled: dict[str, Any], said: str
) -> None:
    error = refused("pre_post", PAIRS | spoiled)
    assert (error.figures["reason"], error.figures["column"]) == ("cells", "after")
    assert said in error.message


def test_many_bad_cells_are_counted_and_the_first_are_shown() -> None:
    error = refused("pre_post", {"before": range(20), "after": [np.nan] * 20})
    assert error.figures["count"] == 20
    assert isinstance(error.figures["cells"], list)
    assert len(error.figures["cells"]) == 5
    assert "and 15 more" in error.message


@pytest.mark.parametrize(
    ("spoiled", "column"),
    [
        ({"treated": ["maybe", 1, 1, 0, 0, 0]}, "treated"),
        ({"treated": [2, 1, 1, 0, 0, 0]}, "treated"),
        ({"cluster": ["", "b", "c", "d", "e", "f"]}, "cluster"),
        ({"cluster": np.array([None, "b", "c", "d", "e", "f"], dtype=object)}, "cluster"),
        ({"cluster": [np.nan, 1, 2, 3, 4, 5]}, "cluster"),
    ],
)
def test_a_truth_that_is_none_and_a_label_that_is_blank_are_refused(
    spoiled: dict[str, Any], column: str
) -> None:
    error = refused("rct_difference", TRIAL | {"cluster": list("abcdef")} | spoiled, '{"clustered": true}')
    assert (error.figures["reason"], error.figures["column"], error.figures["count"]) == ("cells", column, 1)


def test_an_outcome_that_is_no_truth_has_no_proportion() -> None:
    assert refused("rct_difference", TRIAL, '{"scale": "proportion"}').figures["column"] == "outcome"


def test_wrong_columns_are_named_beside_those_there_are() -> None:
    error = refused("did", TRIAL | {"extra": [0] * 6})
    assert error.figures["missing"] == ["after", "cluster"]
    assert error.figures["found"] == ["extra", "outcome", "treated"]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"before": [1.0, 2.0], "after": [1.0]}, "shape"),
        ({"before": [[1.0], [2.0]], "after": [[1.0], [4.0]]}, "shape"),
        ({"before": [], "after": []}, "rows"),
    ],
)
def test_columns_of_different_shapes_and_tables_without_rows_are_refused(
    table: dict[str, Any], reason: str
) -> None:
    assert refused("pre_post", table).figures["reason"] == reason


def test_an_audit_verdict_of_another_word_is_refused() -> None:
    error = refused("admin_validated", AUDIT | {"audit": ["right", "correct", ""]}, '{"tolerance": "0"}')
    assert "'correct'" in error.message


@pytest.mark.parametrize(
    ("table", "params", "reason"),
    [
        (MIX, {"weights": {"x": "1", "z": "1"}, "independent": True}, "components"),
        (
            MIX | {"standard_error": [0.1, -0.2]},
            {"weights": {"x": "1", "y": "1"}, "independent": True},
            "cells",
        ),
        (
            {"component": ["x", "y", "z"], "estimate": [1, 2, 3], "standard_error": [1, 1, 1]},
            {
                "weights": {"x": "1", "y": "1", "z": "1"},
                "correlations": [
                    {"first": "x", "second": "y", "correlation": "0.9"},
                    {"first": "y", "second": "z", "correlation": "0.9"},
                    {"first": "x", "second": "z", "correlation": "-0.9"},
                ],
            },
            "correlations",
        ),
    ],
)
def test_a_combination_needs_its_components_and_correlations_that_can_be(
    table: dict[str, Any], params: dict[str, Any], reason: str
) -> None:
    assert refused("weighted", table, json.dumps(params)).figures["reason"] == reason


PARAMS = [
    ("pre_post", {"level": "95"}, "/level"),
    ("pre_post", {"level": "0.3"}, "/level"),
    ("pre_post", {"least": 1}, "/least"),
    ("pre_post", {"nothing": 1}, "/nothing"),
    ("rct_difference", {"scale": "odds"}, "/scale"),
    ("admin_validated", {}, "/tolerance"),
    ("admin_validated", {"tolerance": "1.5"}, "/tolerance"),
    ("matched", {"covariates": []}, "/covariates"),
    ("matched", {"covariates": ["a", "a"]}, "/covariates/1"),
    ("matched", {"covariates": ["outcome"]}, "/covariates/0"),
    ("matched", {"covariates": ["a"], "caliper": "0"}, "/caliper"),
    ("weighted", {"weights": {"x": "1", "y": "1"}}, "/correlations"),
    ("weighted", {"weights": {"x": "1"}, "level": "1"}, "/level"),
    (
        "weighted",
        {"weights": {"x": "1"}, "correlations": [{"first": "x", "second": "x", "correlation": "2"}]},
        "/correlations/0",
    ),
    (
        "weighted",
        {
            "weights": {"x": "1", "y": "1"},
            "correlations": [{"first": "x", "second": "y", "correlation": "0"}] * 2,
        },
        "/correlations/1",
    ),
    (
        "weighted",
        {
            "weights": {"x": "1", "y": "1"},
            "independent": True,
            "correlations": [{"first": "x", "second": "y", "correlation": "0"}],
        },
        "/correlations",
    ),
]


@pytest.mark.parametrize(("name", "params", "path"), PARAMS)
def test_wrong_parameters_are_refused_with_their_place_before_any_data_are_read(
    name: str, params: dict[str, Any], path: str
) -> None:
    with pytest.raises(DocumentInvalid) as caught:
        evaluate(name, {}, json.dumps(params))
    assert f"{path}: " in caught.value.message
