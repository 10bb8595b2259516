"""The allocation document: rows, columns and frames are one problem, and what is wrong is named."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from almoner.finance.allocation import Allocation, AllocationDocument, AllocationLine
from almoner.finance.allocation.arrays import ProblemArrays
from almoner.finance.allocation.columns import SECTIONS
from almoner.finance.allocation.frames import answer_frames, from_frames, to_frames
from almoner.finance.allocation.problem import rule_id
from almoner.finance.errors import DocumentInvalid

Plain = dict[str, Any]


def whole() -> Plain:
    """A problem with something in every section."""
    return {**money_and_asks(), **rules()}


def money_and_asks() -> Plain:
    return {
        "schema": "almoner.allocation/2",
        "unit": "USD",
        "scale": 2,
        "gap": "1/1000",
        "periods": ["2026", "2027"],
        "rates": [{"unit": "EUR", "numerator": 11, "denominator": 10}],
        "metrics": [{"metric_id": "health"}, {"metric_id": "school", "weight": 2, "floor_micro": 0}],
        "funds": [
            {"fund_id": "free", "budget_minor": 10_000, "carry_limit_minor": 2_000},
            {"fund_id": "free", "period": 1, "budget_minor": 5_000},
            {"fund_id": "north", "budget_minor": 4_999, "unit": "EUR"},
        ],
        "earmarks": [
            {"fund_id": "north", "column": "region", "value": "n"},
            {"fund_id": "north", "column": "region", "value": "ne", "max_share_bp": 5000},
        ],
        "interventions": [
            {"intervention_id": "wells", "region": "n", "fixed_minor": 500, "start_minor": 100},
            {"intervention_id": "seeds", "region": "ne", "shape": "free"},
            {"intervention_id": "clinic", "region": "s", "lock": 1},
        ],
        "tickets": [
            {"intervention_id": name, "period": period, "min_minor": 1000, "max_minor": 6000}
            for name in ("wells", "seeds", "clinic")
            for period in (0, 1)
        ],
        "response": [
            {
                "intervention_id": name,
                "period": period,
                "segment": segment,
                "cap_minor": 3000,
                "gain_micro_per_k": 3_000_000 - segment * 1_000_000,
                "metric_id": metric,
            }
            for name in ("wells", "seeds", "clinic")
            for period in (0, 1)
            for segment in (0, 1)
            for metric in ("health", "school")
        ],
    }


def rules() -> Plain:
    return {
        "synergies": [
            {"kind": "needs", "first_id": "seeds", "second_id": "wells"},
            {"kind": "bonus", "members": ["wells", "clinic", "seeds"], "value_micro": 250_000},
            {"kind": "bundle", "members": ["seeds", "clinic"]},
            {"kind": "overlap", "first_id": "wells", "second_id": "clinic", "value_micro": 10},
        ],
        "limits": [
            {"group_kind": "region", "group_id": "*", "cap_minor": 9_000},
            {
                "group_kind": "region",
                "group_id": "s",
                "period": 0,
                "floor_minor": 1_000,
                "cap_share_bp": 9_000,
            },
            {"group_kind": "all", "group_id": "all", "cap_count": 5},
        ],
        "actors": [{"intervention_id": "wells", "actor_id": "hub", "share_bp": 10_000}],
        "actor_caps": [{"actor_id": "hub", "cap_minor": 5_000}],
        "resources": [{"resource_id": "beds", "stock": 4, "price_minor": 10}],
        "needs": [{"intervention_id": "clinic", "resource_id": "beds", "quantity": 3}],
        "tranches": [
            {"intervention_id": "clinic", "ordinal": 0, "amount_minor": 2000, "state": "paid"},
            {"intervention_id": "clinic", "ordinal": 1, "amount_minor": 2000},
            {"intervention_id": "clinic", "ordinal": 2, "amount_minor": 2000, "state": "waiting"},
        ],
        "overrides": [
            {
                "override_id": "o1",
                "kind": "exclude",
                "intervention_id": "seeds",
                "reason": "audit is open",
                "decided_by": "board",
            }
        ],
    }


def read(plain: Plain) -> AllocationDocument:
    return AllocationDocument.read(json.dumps(plain))


def findings(plain: Plain) -> list[tuple[str, str]]:
    with pytest.raises(DocumentInvalid) as caught:
        read(plain)
    rows = caught.value.figures["findings"]
    assert isinstance(rows, list)
    return [(row["path"], row["message"]) for row in rows if isinstance(row, dict)]


def test_rows_and_columns_in_any_order_are_the_same_bytes() -> None:
    plain = whole()
    problem = read(plain)
    assert read(json.loads(problem.canonical_bytes())) == problem
    for name in SECTIONS:
        if name in plain:
            plain[name] = plain[name][::-1]
    plain["synergies"][2]["members"] = ["clinic", "seeds", "wells"]
    assert read(plain).canonical_bytes() == problem.canonical_bytes()


def test_frames_are_the_same_problem() -> None:
    problem = read(whole())
    again = from_frames(to_frames(problem), periods=problem.periods, gap=problem.gap)
    assert again.digest() == problem.digest()


def test_a_document_goes_to_another_process_and_comes_back_equal() -> None:
    problem = read(whole())
    again = pickle.loads(pickle.dumps(problem))  # noqa: S301 - our own bytes
    assert again == problem
    assert again.arrays.budget.tolist() == problem.arrays.budget.tolist()


def arrays() -> ProblemArrays:
    return read(whole()).arrays


def test_funds_are_counted_in_the_base_unit_rounded_down() -> None:
    assert arrays().fund_ids == ("free", "north")
    assert arrays().budget.tolist() == [[10_000, 5_000], [5_498, 0]]
    assert arrays().carry_limit.tolist() == [[2_000, 0], [0, 0]]


def test_earmarks_are_resolved_with_the_shares_that_they_allow() -> None:
    made = arrays()
    assert made.intervention_ids == ("clinic", "seeds", "wells")
    assert made.eligible.tolist() == [[True, False], [True, True], [True, True]]
    assert (made.share_num[:, 1] / made.share_den[:, 1]).tolist() == [1.0, 0.5, 1.0]
    assert made.unrestricted.tolist() == [True, False]


def test_metrics_are_weighted_into_one_gain() -> None:
    assert arrays().gain[0].tolist() == [9_000_000, 6_000_000]
    assert arrays().metric_gain[:, 0, 0].tolist() == [3_000_000, 3_000_000]


def test_tranches_leave_the_amounts_that_may_be_given_now() -> None:
    made = arrays()
    assert made.levels.at(0).tolist() == [2000, 4000]
    assert (made.low[0], made.high[0]) == (2000, 4000)
    assert made.levels.at(1).tolist() == []


def test_bundles_are_circles_of_needs_and_name_their_rule() -> None:
    made = arrays()
    pairs = {tuple(pair) for pair in made.needs.tolist()}
    assert pairs == {(1, 2), (0, 1), (1, 0)}
    assert set(made.needs_rule) == {"needs/seeds/wells", "bundle/clinic/seeds"}


def test_a_star_is_every_group_of_its_kind() -> None:
    limits = arrays().limits
    keys = list(zip(limits.kind, limits.group, limits.period.tolist(), strict=True))
    assert ("region", "ne", -1) in keys
    at = keys.index(("region", "s", 0))
    assert (limits.floor[at], limits.cap[at], limits.cap_bp[at]) == (1000, -1, 9000)


def test_an_override_is_a_lock() -> None:
    assert arrays().lock.tolist() == [1, -1, 0]


BROKEN: list[tuple[str, Any, str, str]] = [
    ("scale", 3, "/scale", "USD has 2 decimal digits"),
    ("gap", "1/1", "/gap", "not between"),
    ("funds", [{"fund_id": "free"}], "/funds/0", "budget_minor is missing"),
    ("funds", [{"fund_id": "free", "budget_minor": -5}], "/funds/0/budget_minor", "is -5"),
    ("funds", {"fund_id": ["free"], "budget_minor": [10**30]}, "/funds/budget_minor/0", "is 1000"),
    ("funds", {"fund_id": ["free"], "budget_minor": [1, 2]}, "/funds", "different lengths"),
    ("funds", [{"fund_id": "a b", "budget_minor": 5}], "/funds/0/fund_id", "no code"),
    ("funds", [{"fund_id": "free", "budget_minor": 5, "colour": 1}], "/funds/colour", "unknown"),
    ("funds", [], "/funds", "needs funds"),
    ("funds", 5, "/funds", "neither"),
    ("periods", ["a", "a"], "/periods", "twice"),
    ("earmarks", [{"fund_id": "nobody", "column": "region", "value": "n"}], "/earmarks", "nobody is not"),
    ("earmarks", [{"fund_id": "north", "column": "region", "value": "x"}], "/earmarks", "no intervention"),
    ("earmarks", [{"fund_id": "north", "intervention_id": "wells"}], "/earmarks", "free admits nobody"),
    ("limits", [{"group_kind": "planet", "group_id": "n"}], "/limits", "no grouping column"),
    (
        "limits",
        [{"group_kind": "region", "group_id": "n", "floor_minor": 9, "cap_minor": 8}],
        "/limits",
        "above cap_minor 8",
    ),
    ("synergies", [{"kind": "needs", "members": ["wells"]}], "/synergies", "2 to 2"),
    ("synergies", [{"kind": "bonus", "members": ["wells", "moon"]}], "/synergies", "moon"),
    ("actors", [{"intervention_id": "wells", "actor_id": "hub", "share_bp": 1}], "/actors", "10000"),
    ("objective", {"mode": "luck"}, "/objective/mode", ""),
    (
        "tranches",
        [
            {"intervention_id": "wells", "ordinal": 0, "amount_minor": 1},
            {"intervention_id": "wells", "ordinal": 1, "amount_minor": 1, "state": "paid"},
        ],
        "/tranches",
        "stands after",
    ),
]


@pytest.mark.parametrize(("field", "value", "path", "message"), BROKEN)
def test_what_is_wrong_is_named_with_its_place(field: str, value: object, path: str, message: str) -> None:
    plain = {**whole(), field: value}
    found = findings(plain)
    assert any(path == at and message in text for at, text in found), found


def test_rising_gains_need_a_free_shape() -> None:
    plain = whole()
    del plain["interventions"][1]["shape"]
    plain["response"][4]["gain_micro_per_k"] = 1
    plain["interventions"][0]["shape"] = "free"
    read(plain)
    del plain["interventions"][0]["shape"]
    assert any("gains of wells rise" in text for _, text in findings(plain))


def test_a_column_of_floats_is_refused_by_name() -> None:
    frames = to_frames(read(whole()))
    frames["funds"]["budget_minor"] = frames["funds"]["budget_minor"].astype(float)
    with pytest.raises(DocumentInvalid, match=r"budget_minor.*float"):
        from_frames(frames)


def test_a_missing_value_in_a_frame_is_a_missing_value() -> None:
    frames = {
        "funds": pd.DataFrame({"fund_id": ["pool"], "budget_minor": np.array([5], np.int32)}),
        "interventions": pd.DataFrame({"intervention_id": ["a", "b"], "region": ["n", None]}),
    }
    assert from_frames(frames).interventions.texts("region") == ["n", ""]


def test_an_allocation_keeps_its_order_and_its_types() -> None:
    lines = [
        AllocationLine(intervention_id=name, fund_id="pool", amount_minor=5) for name in ("wells", "clinic")
    ]
    allocation = Allocation.of(lines)
    assert Allocation.read(allocation.canonical_bytes()) == allocation
    assert answer_frames(allocation)["lines"]["intervention_id"].tolist() == ["clinic", "wells"]
    with pytest.raises(TypeError):
        AllocationLine(intervention_id="wells", fund_id="pool", amount_minor=5.0)  # type: ignore[arg-type]  # refused
    with pytest.raises(DocumentInvalid):
        Allocation.read(allocation.canonical_bytes().replace(b"[5,5]", b"[5,5.5]"))


def test_rule_ids_escape_what_would_split_them() -> None:
    assert rule_id("needs", "a/b", "c~d") == "needs/a~1b/c~0d"


def test_the_documentation_names_every_section_and_column() -> None:
    text = (Path(__file__).parents[2] / "docs" / "allocation.md").read_text()
    for name, section in SECTIONS.items():
        part = text.partition(f"### `{name}`")[2].partition("\n### ")[0]
        assert all(f"| `{column.name}` |" in part for column in section.columns), name
