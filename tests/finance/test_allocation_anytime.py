"""An answer whenever it is asked for: in time, lawful, with a bound that holds, and steps that go forward.

Time is that of the processor, so that a busy machine decides nothing.
"""

import itertools
import time
from fractions import Fraction
from functools import cache, partial

import pytest
from benchmarks.allocation_columns import document_of
from benchmarks.instances.generate import generate
from benchmarks.instances.model import Family

from almoner.finance.allocation import AllocationDocument, AllocationResult, allocate, recheck
from almoner.finance.allocation.checking.certificate import verify
from almoner.finance.allocation.result import Progress
from almoner.finance.errors import Infeasible, NotProven

NEVER = Fraction(1, 10**8)  # nearer than any search gets in this time
KNOWN = {"hard": 10_373, "periods": 12_405}  # value that some answer has: size 1,000, seed 1
LATE_S, BUSY_S = (
    0.5,
    2.5,
)  # what is allowed, and what coverage and a busy machine add to the time of the processor


@cache
def instance(family: Family, size: int, seed: int) -> AllocationDocument:
    document = document_of(generate(family, size, seed))
    assert document.arrays.n == size
    return document


def require_proof(document: AllocationDocument, result: AllocationResult) -> None:
    assert recheck(document, result.allocation) == result.value <= result.bound
    verify(*(part.canonical_bytes() for part in (document, result.allocation, result.certificate)))


@pytest.mark.parametrize(
    ("family", "deadline_s"),
    [("hard", 0.05), ("hard", 0.2), ("hard", 1.0), ("periods", 0.05), ("periods", 0.2), ("periods", 1.0)],
)
def test_an_answer_comes_in_time_and_its_bound_holds(family: Family, deadline_s: float) -> None:
    document = instance(family, 1000, 1)
    told: list[Progress] = []
    began = time.process_time()
    result = allocate(
        document, gap=NEVER, deadline_s=deadline_s, clock=time.process_time, progress=told.append
    )
    spent = time.process_time() - began
    assert spent <= deadline_s + LATE_S + BUSY_S
    require_proof(document, result)
    assert result.value > 0
    assert result.bound >= KNOWN[family]
    assert told


def test_steps_only_go_forward_and_are_told_at_least_every_two_seconds() -> None:
    document = instance("hard", 1000, 2)
    told: list[Progress] = []
    result = allocate(document, gap=NEVER, deadline_s=5.0, clock=time.process_time, progress=told.append)
    times = [0.0, *(event.spent_s for event in told), result.timings["proof"] + told[-1].spent_s]
    assert max(after - before for before, after in itertools.pairwise(times)) <= 2.0 + BUSY_S
    values = [event.value for event in told if event.value is not None]
    bounds = [event.bound for event in told if event.bound is not None]
    assert values == sorted(values)
    assert bounds == sorted(bounds, reverse=True)
    first = next(at for at, event in enumerate(told) if event.value is not None)
    assert all(event.value is not None for event in told[first:])
    assert float(result.bound) <= bounds[0] * (1 + 1e-6)
    require_proof(document, result)


@pytest.mark.parametrize("after_s", [0.0, 0.3, 1.0])
def test_a_cancelled_search_ends_within_two_seconds_with_its_best_answer(after_s: float) -> None:
    document = instance("hard", 1000, 3)
    began = time.process_time()
    result = allocate(
        document,
        gap=NEVER,
        deadline_s=600.0,
        clock=time.process_time,
        cancel=lambda: time.process_time() - began > after_s,
    )
    assert time.process_time() - began <= after_s + 2.0
    require_proof(document, result)
    assert result.value > 0


@pytest.mark.parametrize("family", ["hard", "periods"])
def test_wherever_the_time_runs_out_there_is_an_answer(family: Family) -> None:
    """A clock that moves on by one second whenever it is read stops the search at each of its steps."""
    document = instance(family, 40, 1)
    values = []
    for deadline_s in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89):
        ticks = itertools.count(0.0, 1.0)
        result = allocate(document, gap=Fraction(1, 10**4), deadline_s=deadline_s, clock=partial(next, ticks))
        require_proof(document, result)
        values.append((result.value, result.bound))
    best = max(value for value, _ in values)
    assert all(value > 0 and bound >= best for value, bound in values)


def test_no_answer_is_said_only_where_none_is_known() -> None:
    """Everybody is locked and the money just suffices: no time to find out is no proof against it."""
    names = [f"w{at}" for at in range(6)]
    tables = {
        "funds": [{"fund_id": "pool", "budget_minor": 6 * 1001}],
        "interventions": [{"intervention_id": name, "lock": 1} for name in names],
        "tickets": [{"intervention_id": name, "min_minor": 1001, "max_minor": 2000} for name in names],
        "response": [
            {"intervention_id": name, "cap_minor": 2000, "gain_micro_per_k": 10**6} for name in names
        ],
    }
    head = {"unit": "USD", "scale": 2}
    document = AllocationDocument.from_tables(head, tables)
    assert allocate(document, deadline_s=1e-6).funded == tuple(names)
    short = AllocationDocument.from_tables(
        head, tables | {"funds": [{"fund_id": "pool", "budget_minor": 6 * 1001 - 1}]}
    )
    with pytest.raises((Infeasible, NotProven)):
        allocate(short, deadline_s=1e-6)
    with pytest.raises(Infeasible):
        allocate(short)
