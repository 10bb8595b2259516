"""The solve from end to end: lawful, near enough, proved, in time, and the same every time."""

from fractions import Fraction

import numpy as np
import pytest
from benchmarks.allocation_cases import random_case
from benchmarks.allocation_columns import answer_of, document_of
from benchmarks.instances.generate import generate
from benchmarks.instances.model import FAMILIES, Family, value, violations

from almoner.finance.allocation import AllocationDocument, allocate, recheck, verify
from almoner.finance.allocation.model.compile import compile_model
from almoner.finance.allocation.model.highs import Search, run
from almoner.finance.allocation.result import Progress
from almoner.finance.allocation.search.core import Folding
from almoner.finance.allocation.search.covers import with_covers
from almoner.finance.allocation.search.settle import matrix_of
from almoner.finance.allocation.search.units import (
    in_whole_units,
    whole_units_model,
    with_room_for_parts,
)
from almoner.finance.errors import AllocationError, DocumentInvalid, Infeasible, NotProven

MICRO = 10**6
GAP = Fraction(1, 10_000)


class Steps:
    """A clock that moves by itself: each look costs some time."""

    def __init__(self, step_s: float) -> None:
        self.now, self.step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


def best_of(document: AllocationDocument) -> float | None:
    model = compile_model(with_room_for_parts(document.arrays))
    outcome = run(matrix_of(model), Search(gap=0.0))
    return None if outcome.x is None else model.micro(outcome.objective) / MICRO


def best_in_whole_units(document: AllocationDocument) -> float | None:
    model = whole_units_model(document.arrays)
    assert model is not None
    outcome = run(in_whole_units(model)[0], Search(gap=0.0))
    return None if outcome.x is None else model.micro(outcome.objective) / MICRO


def cases(seeds: range) -> list[AllocationDocument]:
    found = []
    for seed in seeds:
        try:
            found.append(AllocationDocument.from_tables(*random_case(seed)))
        except DocumentInvalid:
            continue
    return found


def test_every_answer_keeps_every_rule_and_every_bound_holds() -> None:
    kinds = set()
    for document in cases(range(90)):
        best, most = best_in_whole_units(document), best_of(document)
        try:
            result = allocate(document, raise_infeasible=False)
        except NotProven:
            continue
        kinds.add(result.status)
        if result.status in {"infeasible", "no_answer"}:
            assert best is None or result.status == "no_answer"
            continue
        assert recheck(document, result.allocation) == result.value
        assert most is not None
        assert float(result.value) <= most + 1e-6 * (1 + abs(most))
        assert best is not None
        assert float(result.bound) >= best - 1e-6 * (1 + abs(best))
        assert result.bound <= result.price_bound
        parts = (document, result.allocation, result.certificate)
        assert verify(*(part.canonical_bytes() for part in parts)).bound == result.bound
    assert {"within_gap", "infeasible"} <= kinds


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [30])
def test_the_referee_of_the_instances_agrees(family: Family, size: int) -> None:
    instance = generate(family, size, 1)
    result = allocate(document_of(instance))
    answer = answer_of(instance, result.allocation)
    assert violations(instance, answer) == []
    assert value(instance, answer) == result.value
    assert result.status == "within_gap"
    assert result.gap is not None
    assert result.gap <= GAP


@pytest.mark.parametrize("family", ["easy", "periods"])
def test_large_problems_are_proved_by_prices_alone(family: Family) -> None:
    result = allocate(document_of(generate(family, 2000, 1)))
    assert (result.status, result.kind) == ("within_gap", "prices")
    assert result.bound == result.price_bound


def test_the_same_problem_gives_the_same_bytes() -> None:
    document = document_of(generate("hard", 40, 3))
    first, second = allocate(document), allocate(document)
    assert first.canonical_bytes() == second.canonical_bytes()
    assert first.certificate.canonical_bytes() == second.certificate.canonical_bytes()


def test_earlier_prices_lead_to_an_answer_as_good() -> None:
    document = document_of(generate("easy", 1700, 2))
    first = allocate(document)
    warm = allocate(document, warm=first)
    assert warm.status == first.status == "within_gap"
    assert abs(warm.value - first.value) <= GAP * first.value


def test_steps_forward_never_go_back() -> None:
    told: list[Progress] = []
    allocate(document_of(generate("overlap", 60, 2)), progress=told.append)
    values = [event.value for event in told if event.value is not None]
    bounds = [event.bound for event in told if event.bound is not None]
    assert values == sorted(values)
    assert bounds == sorted(bounds, reverse=True)
    assert values
    assert told[-1].sentence()


def test_a_deadline_in_the_search_leaves_a_lawful_answer_with_its_bound() -> None:
    document = document_of(generate("hard", 400, 1))
    result = allocate(document, deadline_s=1.0)
    assert result.status == "stopped"
    assert recheck(document, result.allocation) == result.value
    assert result.value < result.bound


def test_a_cancel_ends_the_search() -> None:
    asked: list[int] = []

    def cancel() -> bool:
        asked.append(1)
        return len(asked) > 20

    document = document_of(generate("hard", 400, 1))
    result = allocate(document, cancel=cancel)
    assert result.status == "stopped"
    assert recheck(document, result.allocation) == result.value


def test_the_clock_of_the_caller_is_the_only_clock() -> None:
    clock = Steps(0.25)
    result = allocate(document_of(generate("easy", 1600, 1)), clock=clock, deadline_s=4.0)
    assert result.value <= result.bound
    assert sum(result.timings.values()) <= clock.now


def tied(**changes: object) -> AllocationDocument:
    tables = {
        "funds": [{"fund_id": "pool", "budget_minor": 8000}],
        "interventions": [{"intervention_id": "w7", "region": "n"}, {"intervention_id": "w8", "region": "n"}],
        "tickets": [{"intervention_id": who, "min_minor": 4500, "max_minor": 9000} for who in ("w7", "w8")],
        "response": [
            {"intervention_id": who, "cap_minor": 9000, "gain_micro_per_k": 2_000_000} for who in ("w7", "w8")
        ],
        **changes,
    }
    return AllocationDocument.from_tables({"unit": "USD", "scale": 2}, tables)


def test_a_tie_is_said_to_be_one() -> None:
    result = allocate(tied())
    assert len(result.funded) == 1
    assert {who for who, _ in result.tie_band} == {"w7", "w8"}
    assert result.left == {("pool", 0): 0}
    assert result.binding == ("budget/pool/0",)


def test_rules_that_cannot_all_hold_are_named_with_fixes() -> None:
    document = tied(limits=[{"group_kind": "region", "group_id": "n", "floor_minor": 8500}])
    with pytest.raises(Infeasible, match=r"85\.00") as caught:
        allocate(document)
    assert "floor/region/n/all" in str(caught.value.figures["rules"])
    assert caught.value.figures["fixes"]
    assert allocate(document, raise_infeasible=False).status == "infeasible"


def test_another_rule_may_choose_and_is_judged_by_the_same_bound() -> None:
    document = document_of(generate("hard", 60, 1))
    simple, best = allocate(document, strategy="greedy"), allocate(document)
    assert simple.strategy.startswith("greedy/")
    assert simple.value <= best.value <= best.bound
    assert simple.bound >= best.value


@pytest.mark.parametrize("gap", [Fraction(0), Fraction(1), Fraction(-1, 10)])
def test_a_gap_that_is_none_is_refused(gap: Fraction) -> None:
    with pytest.raises(AllocationError, match="cannot be asked for"):
        allocate(tied(), gap=gap)


def test_an_answer_of_a_small_model_is_one_of_the_whole() -> None:
    draw = np.random.default_rng(1)
    solved = 0
    for document in cases(range(60)):
        model = compile_model(document.arrays)
        whole = run(matrix_of(model), Search(gap=0.0))
        if whole.x is None or not len(model.layout.cells):
            continue
        lay = model.layout
        level = np.rint(whole.x[lay.y])
        working = np.where(lay.money >= 0, whole.x[lay.money], 0.0).sum(axis=1)
        is_open = draw.random(len(level)) < 0.5
        core = Folding(model).fold(level, working, is_open, np.ones(lay.money.shape, bool))
        assert core is not None
        outcome = run(core.matrix, Search(gap=0.0))
        assert outcome.x is not None
        x = core.whole(outcome.x)
        assert matrix_of(model).breach(x) <= 1e-5
        assert float(model.cost @ x) == pytest.approx(outcome.objective, abs=1e-6)
        assert outcome.objective == pytest.approx(whole.objective, rel=1e-6, abs=1e-6)
        solved += 1
    assert solved > 20


def test_rows_for_covers_exclude_no_answer() -> None:
    for family in ("easy", "overlap"):
        model = compile_model(document_of(generate(family, 24, 5)).arrays)
        plain, covered = (run(matrix_of(one), Search(gap=1e-4)) for one in (model, with_covers(model)))
        assert with_covers(model).matrix.shape[0] > model.matrix.shape[0]
        assert covered.objective == pytest.approx(plain.objective, rel=2e-4)
