"""Allocation against full enumeration: the answer is lawful, near the best, and the bound is above it."""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.finance.allocation import (
    AllocationDocument,
    AllocationLine,
    allocate,
    greedy,
    proportional,
    recheck,
)
from almoner.finance.errors import AllocationRejected, Infeasible

Plain = dict[str, Any]
REGIONS = ("n", "s")
SECTORS = ("w", "h")


@st.composite
def interventions(draw: st.DrawFn, at: int) -> Plain:
    fixed = draw(st.integers(0, 2))
    minimum = draw(st.integers(0 if fixed else 1, 3))
    maximum = draw(st.integers(max(1, minimum), 5))
    turn = draw(st.integers(1, maximum))
    gains = sorted(draw(st.lists(st.integers(0, 9), min_size=2, max_size=2)), reverse=True)
    ends = sorted({turn, maximum})
    return {
        "intervention_id": f"i{at}",
        "title": f"Intervention {at}",
        "groups": {"region": draw(st.sampled_from(REGIONS)), "sector": draw(st.sampled_from(SECTORS))},
        "actors": [{"actor_id": "a", "share_bp": 4000}, {"actor_id": "b", "share_bp": 6000}],
        "fixed": str(fixed),
        "minimum": str(minimum),
        "maximum": str(maximum),
        "response": [
            {"up_to": str(end), "gain_per_k": f"{gain}.5"} for end, gain in zip(ends, gains, strict=False)
        ],
    }


@st.composite
def synergies(draw: st.DrawFn, ids: list[str]) -> Plain:
    kind = draw(st.sampled_from(["needs", "bonus", "bundle"]))
    size = 2 if kind == "needs" else draw(st.integers(2, len(ids)))
    members = draw(st.permutations(ids))[:size]
    value = {"value": f"0.0{draw(st.integers(0, 40)):02d}"} if kind == "bonus" else {}
    return {"kind": kind, "members": members, **value}


@st.composite
def problems(draw: st.DrawFn, *, kinds: tuple[str, ...] = ("region",)) -> Plain:
    """Whole major units in cents: with one group kind the best allocation is in whole major units."""
    rows = [draw(interventions(at)) for at in range(draw(st.integers(2, 4)))]
    ids = [row["intervention_id"] for row in rows]
    present = {kind: sorted({row["groups"][kind] for row in rows}) for kind in ("region", "sector")}
    funds: list[Plain] = [{"fund_id": "free", "budget": str(draw(st.integers(0, 9)))}]
    if draw(st.booleans()):
        column = draw(st.sampled_from(["region", "sector"]))
        earmark = {column: [draw(st.sampled_from(present[column]))]}
        funds.append({"fund_id": "bound", "budget": str(draw(st.integers(0, 6))), "earmark": earmark})
    limits = []
    for kind in kinds:
        for group in present[kind]:
            if draw(st.booleans()):
                floor = draw(st.integers(0, 4))
                cap = draw(st.integers(floor, 9))
                limits.append({"group_kind": kind, "group": group, "floor": str(floor), "cap": str(cap)})
    return {
        "schema": "almoner.allocation/1",
        "unit": "USD",
        "scale": 2,
        "funds": funds,
        "interventions": rows,
        "synergies": [draw(synergies(ids)) for _ in range(draw(st.integers(0, 2)))],
        "limits": limits,
    }


def admitted(fund: Plain, row: Plain) -> bool:
    return all(row["groups"][column] in values for column, values in (fund.get("earmark") or {}).items())


def payable(plain: Plain, awards: Mapping[str, int]) -> bool:
    """Hall's condition: for every set of funds, who can be paid only by them asks no more than they have."""
    funds = plain["funds"]
    for size in range(len(funds) + 1):
        for some in itertools.combinations(funds, size):
            only = [
                awards[row["intervention_id"]]
                for row in plain["interventions"]
                if all(fund in some for fund in funds if admitted(fund, row))
            ]
            if sum(only) > sum(int(fund["budget"]) for fund in some):
                return False
    return True


def lawful(plain: Plain, awards: Mapping[str, int]) -> bool:
    for limit in plain["limits"]:
        total = sum(
            awards[row["intervention_id"]]
            for row in plain["interventions"]
            if row["groups"][limit["group_kind"]] == limit["group"]
        )
        if not int(limit["floor"]) <= total <= int(limit["cap"]):
            return False
    for row in plain["synergies"]:
        funded = [awards[member] > 0 for member in row["members"]]
        if row["kind"] == "needs" and funded[0] and not funded[1]:
            return False
        if row["kind"] == "bundle" and len(set(funded)) > 1:
            return False
    return payable(plain, awards)


def worth(plain: Plain, awards: Mapping[str, int]) -> Fraction:
    total = Fraction(0)
    for row in plain["interventions"]:
        for unit in range(1, awards[row["intervention_id"]] - int(row["fixed"]) + 1):
            gain = next(part["gain_per_k"] for part in row["response"] if unit <= int(part["up_to"]))
            total += Fraction(gain) / 1000
    for row in plain["synergies"]:
        if row["kind"] == "bonus" and all(awards[member] for member in row["members"]):
            total += Fraction(row["value"])
    return total


def every_award(plain: Plain) -> Iterator[dict[str, int]]:
    ids = [row["intervention_id"] for row in plain["interventions"]]
    ranges = [
        [0, *range(int(row["fixed"]) + int(row["minimum"]), int(row["fixed"]) + int(row["maximum"]) + 1)]
        for row in plain["interventions"]
    ]
    for amounts in itertools.product(*ranges):
        awards = dict(zip(ids, amounts, strict=True))
        if lawful(plain, awards):
            yield awards


def best(plain: Plain) -> Fraction | None:
    return max((worth(plain, awards) for awards in every_award(plain)), default=None)


def read(plain: Plain) -> AllocationDocument:
    return AllocationDocument.read(json.dumps(plain))


@settings(max_examples=120, deadline=None)
@given(problems())
def test_value_is_the_enumerated_optimum_within_the_gap_and_the_bound_is_above(plain: Plain) -> None:
    optimum = best(plain)
    if optimum is None:
        with pytest.raises(Infeasible) as caught:
            allocate(read(plain))
        assert caught.value.figures["rules"]
        return
    result = allocate(read(plain))
    assert result.value <= optimum <= result.bound
    assert optimum - result.value <= max(result.asked_gap * optimum, result.margin)
    assert result.status == "within_gap"
    assert recheck(read(plain), result.lines) == result.value


@settings(max_examples=40, deadline=None)
@given(problems(kinds=("region", "sector")))
def test_crossing_groups_keep_the_bound_above_every_lawful_allocation(plain: Plain) -> None:
    optimum = best(plain)
    try:
        result = allocate(read(plain))
    except Infeasible:
        assert optimum is None
        return
    assert optimum is None or optimum <= result.bound
    assert recheck(read(plain), result.lines) == result.value <= result.bound


@settings(max_examples=40, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_row_order_changes_no_byte(plain: Plain, random: Any) -> None:  # noqa: ANN401 - hypothesis' own Random
    shuffled = json.loads(json.dumps(plain))
    for section in ("funds", "interventions", "synergies", "limits"):
        random.shuffle(shuffled[section])
    for row in shuffled["interventions"]:
        random.shuffle(row["actors"])
    for row in shuffled["synergies"]:
        if row["kind"] != "needs":
            random.shuffle(row["members"])
    assert outcome(read(shuffled)) == outcome(read(plain))


def outcome(problem: AllocationDocument) -> bytes:
    try:
        return allocate(problem).canonical_bytes()
    except Infeasible as refused:
        return refused.message.encode()


@settings(max_examples=40, deadline=None)
@given(problems())
def test_each_fix_of_an_infeasible_problem_makes_it_feasible(plain: Plain) -> None:
    try:
        allocate(read(plain))
    except Infeasible as refused:
        fixes = refused.figures["fixes"]
        assert isinstance(fixes, list)
        for family in {row["fix"] for row in fixes if isinstance(row, dict)} & {"floor", "money"}:
            eased = json.loads(json.dumps(plain))
            for row in fixes:
                if isinstance(row, dict) and row["fix"] == family:
                    ease(eased, row["rule"].split("/"), Fraction(row["amount"]))
            assert allocate(read(eased)).status in {"within_gap", "stopped"}


def ease(plain: Plain, rule: list[str], amount: Fraction) -> None:
    if rule[0] == "budget":
        row = next(fund for fund in plain["funds"] if fund["fund_id"] == rule[1])
        row["budget"] = f"{float(Fraction(row['budget']) + amount):.2f}"
        return
    row = next(limit for limit in plain["limits"] if [limit["group_kind"], limit["group"]] == rule[1:])
    sign = -1 if rule[0] == "floor" else 1
    row[rule[0]] = f"{float(Fraction(row[rule[0]]) + sign * amount):.2f}"


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from([greedy, proportional]))
def test_simple_rules_are_lawful_and_never_above_the_bound(plain: Plain, rule: Any) -> None:  # noqa: ANN401  # either rule
    problem = read(plain)
    with suppress(Infeasible):
        assert recheck(problem, rule(problem)) <= allocate(problem).bound


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_recheck_agrees_with_enumeration_on_any_lines(plain: Plain, data: st.DataObject) -> None:
    """Random whole payments: accepted exactly when each fund, ticket, group and synergy is."""
    problem = read(plain)
    pairs = [
        (row["intervention_id"], fund["fund_id"])
        for row in plain["interventions"]
        for fund in plain["funds"]
        if admitted(fund, row)
    ]
    chosen = data.draw(st.lists(st.sampled_from(pairs), unique=True, max_size=3)) if pairs else []
    amounts = [data.draw(st.integers(1, 6)) for _ in chosen]
    lines = [
        AllocationLine(intervention_id=key, fund_id=fund, amount_minor=amount * 100)
        for (key, fund), amount in zip(chosen, amounts, strict=True)
    ]
    awards = {row["intervention_id"]: 0 for row in plain["interventions"]}
    paid = {fund["fund_id"]: 0 for fund in plain["funds"]}
    for line in lines:
        awards[line.intervention_id] += line.amount_minor // 100
        paid[line.fund_id] += line.amount_minor // 100
    is_lawful = all(paid[fund["fund_id"]] <= int(fund["budget"]) for fund in plain["funds"]) and any(
        awards == other for other in every_award(plain)
    )
    if is_lawful:
        assert recheck(problem, lines) == worth(plain, awards)
    else:
        with pytest.raises(AllocationRejected):
            recheck(problem, lines)
