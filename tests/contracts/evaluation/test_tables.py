"""Tables: the same content gives the same digest and estimate, however it arrives."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from almoner.contracts.evaluation import data_digest, evaluate, read_table, table_of
from almoner.finance.errors import EvaluationRefused

Array = np.ndarray[tuple[int], np.dtype[Any]]
Table = dict[str, Array]
Shuffled = Callable[[Mapping[str, Array], int], Table]


def cases(panel: Callable[..., Table], observed: Callable[..., Table]) -> list[tuple[str, Table, str]]:
    rng = np.random.default_rng(8)
    trial = {"outcome": rng.normal(5, 1e-3, 60), "treated": np.arange(60) % 2 == 0}
    drawn = trial | {"cluster": np.repeat(np.arange(20), 3).astype(str)}
    drawn["treated"] = np.repeat(np.arange(20) % 2 == 0, 3)
    tied = observed(rng, 300)
    tied["age"] = np.round(tied["age"], -1)
    return [
        ("pre_post", {"before": rng.normal(size=50), "after": rng.normal(size=50)}, "{}"),
        ("rct_difference", trial, "{}"),
        ("rct_difference", trial, '{"scale": "relative_reduction"}'),
        ("rct_difference", drawn, '{"clustered": true}'),
        ("did", panel(rng, 12, 4), "{}"),
        ("matched", tied, '{"covariates": ["age", "rural"], "neighbours": 3, "balance": "0.3"}'),
        ("count", {"id": rng.integers(0, 30, 50), "quantity": np.full(50, 0.1)}, "{}"),
    ]


def test_the_order_of_rows_and_columns_changes_no_byte(
    panel: Callable[..., Table], observed: Callable[..., Table], shuffled: Shuffled
) -> None:
    for name, table, params in cases(panel, observed):
        found = evaluate(name, table, params)
        for seed in range(4):
            assert evaluate(name, shuffled(table, seed), params) == found, name
        assert len(found.data_sha256) == 64


def test_arrays_a_file_and_a_frame_of_the_same_content_give_the_same_bytes() -> None:
    raw = b'\xef\xbb\xbfNights before;after;note\r\n1;2.50;x\r\n\r\n2;3.5;"y;z"\r\n4;1e1;\r\n'
    plain = {"before": np.array([1, 2, 4]), "after": np.array([2.5, 3.5, 10.0])}
    frame = pd.DataFrame({"Nights before": [1, 2, 4], "after": pd.array([2.5, 3.5, 10], dtype="Float64")})
    columns = {"before": "Nights before"}
    found = evaluate("pre_post", plain)
    assert evaluate("pre_post", read_table(raw, columns=columns)) == found
    assert evaluate("pre_post", table_of(frame, columns=columns)) == found
    assert evaluate("pre_post", table_of(frame.iloc[::-1], columns=columns)) == found


def test_columns_that_a_method_does_not_use_change_nothing() -> None:
    table = {"before": np.array([1, 2, 4]), "after": np.array([2.5, 3.5, 10.0])}
    assert evaluate("pre_post", table | {"name": np.array(["a", "b", "c"])}) == evaluate("pre_post", table)


def test_any_other_value_name_or_pairing_of_cells_is_another_digest() -> None:
    table = {"a": np.array([1.0, 2.0]), "b": np.array(["x", "y"])}
    others = [
        {"a": np.array([1.0, 2.0 + 2**-51]), "b": np.array(["x", "y"])},
        {"a": np.array([2.0, 1.0]), "b": np.array(["x", "y"])},
        {"a": np.array([1.0, 2.0]), "c": np.array(["x", "y"])},
        {"a": np.array([1.0, 2.0]), "b": np.array(["x", "z"])},
        {"a": np.array([1.0, 2.0, 2.0]), "b": np.array(["x", "y", "y"])},
        {"a": np.array([1.0, 2.0])},
    ]
    assert len({data_digest(one) for one in [table, *others]}) == 7


def test_texts_cannot_pose_as_other_cells() -> None:
    first = {"a": np.array(["x\ty"]), "b": np.array(["z"])}
    second = {"a": np.array(["x"]), "b": np.array(["y\tz"])}
    third = {"a": np.array(["x\\ty"]), "b": np.array(["z"])}
    assert len({data_digest(one) for one in (first, second, third)}) == 3


def test_the_digest_of_a_small_table_is_frozen() -> None:
    """Anybody can recompute it: the lines ``a<TAB>b``, ``-0.5<TAB>true``, ``3<TAB>false``, no end."""
    table = {"b": np.array([False, True]), "a": np.array([3.0, -0.5])}
    assert data_digest(table) == "c6f6af9ef30a70340966f424a7508fae51781d22459ff9b0e5f3287724f3eebd"


def test_zero_has_one_sign_and_whole_numbers_have_no_point() -> None:
    assert data_digest({"a": np.array([-0.0, 5.0])}) == data_digest({"a": np.array([5, 0])})


def test_blanks_of_a_frame_are_refused_in_every_spelling() -> None:
    for blank in (None, float("nan"), pd.NA, pd.NaT, ""):
        frame = pd.DataFrame({"before": [1, 2, 3], "after": pd.Series([1, blank, 2], dtype="object")})
        with pytest.raises(EvaluationRefused, match="row 2: blank"):
            evaluate("pre_post", table_of(frame))


def test_labels_that_are_whole_floats_are_the_same_as_whole_numbers() -> None:
    frame = pd.DataFrame({"id": [1.0, 2.0, 2.0]})
    assert evaluate("count", table_of(frame)) == evaluate("count", {"id": np.array(["1", "2", "2"])})


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "rows"),
        (b"\n\n", "rows"),
        (b"before,after\n1\n", "ragged"),
        (b"before,after\n1,2,3\n", "ragged"),
        (b"before,before\n1,2\n", "columns"),
        (b"before,\n1,2\n", "columns"),
        (b'before,after\n"1,2\n', "csv"),
        (b"before,after\n\xe9,2\n", "encoding"),
    ],
)
def test_a_file_that_is_no_table_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(EvaluationRefused) as caught:
        read_table(raw)
    assert caught.value.figures["reason"] == reason


def test_a_mapped_column_that_is_not_there_is_named() -> None:
    with pytest.raises(EvaluationRefused, match="no column Nights; it has before, after"):
        read_table(b"before,after\n1,2\n", columns={"outcome": "Nights"})
    with pytest.raises(EvaluationRefused, match="no column Nights"):
        table_of(pd.DataFrame({"before": [1]}), columns={"outcome": "Nights"})


def test_two_columns_of_one_name_are_refused_in_a_frame() -> None:
    with pytest.raises(EvaluationRefused, match="twice: before"):
        table_of(pd.DataFrame([[1, 2]], columns=["before", "before"]))


def test_a_file_with_names_alone_has_no_rows_to_evaluate() -> None:
    with pytest.raises(EvaluationRefused, match="0 rows"):
        evaluate("pre_post", read_table(b"before,after\n"))


def test_a_cell_of_any_other_kind_in_a_text_column_is_a_label_and_in_a_number_column_a_fault() -> None:
    mixed = np.array([1, 2.0, True], dtype=object)
    assert evaluate("count", {"id": mixed}).value == "3"
    with pytest.raises(EvaluationRefused, match="row 3: 'True'"):
        evaluate("count", {"id": np.array(["a", "b", "c"]), "quantity": mixed})
