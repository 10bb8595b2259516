"""Every column of every section refuses what is not of its kind, in every form, and says where."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from almoner.finance.allocation import AllocationDocument
from almoner.finance.allocation.columns import SECTIONS, Column
from almoner.finance.allocation.frames import from_frames
from almoner.finance.errors import DocumentInvalid

Plain = dict[str, Any]
Rows = list[Plain]
HEAD: Plain = {"unit": "USD", "scale": 2, "periods": ["p0", "p1"]}
ROWS: dict[str, Rows] = {
    "rates": [{"unit": "EUR", "numerator": 11, "denominator": 10}],
    "metrics": [{"metric_id": "m", "weight": 1, "unit": "x", "floor_micro": 0, "goal_micro": 5}],
    "funds": [
        {"fund_id": "pool", "period": 0, "budget_minor": 9000, "carry_limit_minor": 9, "carry_fee_bp": 1}
        | {"unit": "EUR", "unrestricted": 0},
        {"fund_id": "free", "budget_minor": 5000, "unrestricted": 1},
    ],
    "earmarks": [
        {"fund_id": "pool", "intervention_id": "a", "max_share_bp": 9000, "match_bp": 10000},
        {"fund_id": "pool", "column": "region", "value": "n"},
    ],
    "interventions": [
        {"intervention_id": "a", "title": "A", "fixed_minor": 10, "start_minor": 5, "lock": 0}
        | {"shape": "concave", "region": "n"},
        {"intervention_id": "b", "region": "s"},
    ],
    "tickets": [{"intervention_id": "a", "period": 0, "min_minor": 100, "max_minor": 1000}],
    "response": [
        {"intervention_id": name, "period": 0, "segment": 0, "cap_minor": 1000, "gain_micro_per_k": 10**6}
        | {"metric_id": "m"}
        for name in "ab"
    ],
    "synergies": [
        {"kind": "bonus", "first_id": "a", "second_id": "b", "value_micro": 5},
        {"kind": "bonus", "members": ["a"], "value_micro": 5},
    ],
    "limits": [
        {"group_kind": "region", "group_id": "n", "period": -1, "floor_minor": 0, "cap_minor": 10**6}
        | {"floor_share_bp": 0, "cap_share_bp": 10_000, "floor_count": 0, "cap_count": 9}
        | {"equal_share_bp": 0}
    ],
    "concentration": [{"count": 1, "period": -1, "share_bp": 9999}],
    "actors": [
        {"intervention_id": "a", "actor_id": "x", "share_bp": 10_000, "low_minor": 0, "high_minor": 9}
    ],
    "actor_caps": [{"actor_id": "x", "period": 0, "cap_minor": 5000}],
    "resources": [{"resource_id": "beds", "period": 0, "stock": 5, "price_minor": 1}],
    "needs": [{"intervention_id": "a", "resource_id": "beds", "quantity": 1}],
    "tranches": [
        {"intervention_id": "b", "period": 0, "ordinal": 0, "amount_minor": 500, "state": "open"}
        | {"determination_id": "d"}
    ],
    "evidence": [
        {"intervention_id": "a", "metric_id": "m", "pool": "all", "family": "beta_binomial", "total": 3}
        | {"exposure": 5, "squares": 0, "expected_micro": 500_000, "grade": "A"}
    ],
    "previous": [{"intervention_id": "a", "period": 0, "amount_minor": 100}],
    "overrides": [
        {"override_id": "o", "kind": "at_most", "intervention_id": "a", "amount_minor": 10**6}
        | {"reason": "r", "decided_by": "d"}
    ],
}
NOT_WHOLE: list[Any] = [
    1.0,
    1.5,
    float("nan"),
    float("inf"),
    True,
    "1",
    "",
    [],
    [1],
    {},
    b"1",
    Decimal(1),
    1j,
]
NOT_WHOLE += [10**19, 2**63, -(2**63), 10**400, np.float64(2.0), np.True_, object()]
NOT_TEXT: list[Any] = [1.0, float("nan"), True, [], [1], {}, ["a"], b"a", "\x00", "a\ud800", "x" * 2001, 1j]
NOT_CODE: list[Any] = [*NOT_TEXT, "", "x y", "a\n", "é", "9" * 81, "*", np.float64(1.0)]
NOT_LIST: list[Any] = [1, 1.0, True, "a", {}, [], [None], [["a"]], [True], [1.5], ["a"] * 1001, ["x y"]]
COLUMNS = [(name, column) for name, section in SECTIONS.items() for column in section.columns]


def wrong_values(column: Column) -> list[Any]:
    """Values that may not stand in a column."""
    if column.kind == "int":
        return [*NOT_WHOLE, column.least - 1, column.most + 1]
    if column.kind == "ids":
        return NOT_LIST
    if column.kind == "id":
        return [value for value in NOT_CODE if (column.name, value) != ("group_id", "*")]
    return [*NOT_TEXT, *(["other"] if column.words else [])]


def test_the_document_that_is_spoilt_below_is_right() -> None:
    document = AllocationDocument.from_tables(HEAD, ROWS)
    assert document.arrays.n == 2
    assert AllocationDocument.read(document.canonical_bytes()).digest() == document.digest()
    head: Any = {**HEAD, "periods": tuple(HEAD["periods"])}
    frames = {name: frame for name, frame in FRAMES.items() if name not in {"synergies", "tranches"}}
    frames |= {name: FRAMES[name].drop(columns="unit", errors="ignore") for name in ("funds",)}
    response = FRAMES["response"].assign(intervention_id="a")
    assert from_frames({**frames, "response": response}, **head).arrays.n == 1
    covered = {(name, key) for name, rows in ROWS.items() for row in rows for key in row}
    assert {(name, column.name) for name, column in COLUMNS} <= covered


@pytest.mark.parametrize(("section", "column"), COLUMNS, ids=[f"{name}-{col.name}" for name, col in COLUMNS])
def test_no_column_takes_a_value_of_another_kind(section: str, column: Column) -> None:
    for wrong in wrong_values(column):
        rows = [{**ROWS[section][0], column.name: wrong}, *ROWS[section][1:]]
        columns = {name: [value] for name, value in rows[0].items()}
        for form in (rows, columns):
            with pytest.raises(DocumentInvalid) as refused:
                AllocationDocument.from_tables(HEAD, ROWS | {section: form})
            assert is_named(refused.value, section, column), wrong


def findings_of(refused: DocumentInvalid) -> list[dict[str, str]]:
    found: Any = refused.figures["findings"]
    return list(found)


def is_named(refused: DocumentInvalid, section: str, column: Column) -> bool:
    """Whether a finding points to the column."""
    places = [row["path"] for row in findings_of(refused)]
    return any(place.startswith(f"/{section}") and column.name in place for place in places)


FRAMES = {name: pd.DataFrame(rows[:1], dtype=object) for name, rows in ROWS.items() if name != "earmarks"}


@pytest.mark.parametrize(("section", "column"), COLUMNS, ids=[f"{name}-{col.name}" for name, col in COLUMNS])
def test_json_and_frames_refuse_the_same(section: str, column: Column) -> None:
    for wrong in wrong_values(column)[:12]:
        rows = [{**ROWS[section][0], column.name: wrong}]
        spoilt = pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in rows[0].items()})
        with pytest.raises(DocumentInvalid) as refused:
            from_frames(FRAMES | {section: spoilt}, unit="USD", scale=2, periods=["p0", "p1"])
        assert is_named(refused.value, section, column) or wrong != wrong, wrong  # noqa: PLR0124 - not a number
        try:
            raw = json.dumps({"schema": "almoner.allocation/2", **HEAD, **ROWS, section: rows})
        except TypeError:
            continue
        with pytest.raises(DocumentInvalid):
            AllocationDocument.read(raw)


def test_a_number_and_a_truth_that_look_alike_are_told_apart() -> None:
    with pytest.raises(DocumentInvalid, match="True is no code"):
        AllocationDocument.from_tables(
            {"unit": "USD", "scale": 2},
            {
                "funds": ROWS["funds"][1:],
                "interventions": {"intervention_id": ["a", "b"], "region": [1, True]},
            },
        )


@pytest.mark.parametrize(
    "head",
    [{"unit": 5}, {"unit": "US D"}, {"scale": -1}, {"scale": 2.0}, {"scale": 99}, {"scale": True}]
    + [{"gap": gap} for gap in ("0/1", "1/1", "2/1", "-1/5", "1/0", 0.1, "nan", "1/9999999999")]
    + [{"periods": ["p", "p"]}, {"periods": [1]}, {"periods": ["p"] * 241}, {"objective": {"mode": "x"}}]
    + [{"objective": {"order": ["m", "m"]}}, {"objective": {"max_min": "zz"}}, {"more": 1}, {"schema": "x"}],
    ids=str,
)  # fmt: skip
def test_a_wrong_head_is_a_finding(head: Plain) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        AllocationDocument.from_tables({**HEAD, **head}, ROWS)
    assert findings_of(refused.value)[0]["path"].startswith("/" + next(iter(head)))
