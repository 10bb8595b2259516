"""Problems whose best answer was published: reached, and proved to the last unit."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tests.finance.known_optima import (
    C515_1,
    PETERSEN,
    SINGLE,
    WEINGARTNER,
    Assignment,
    Knapsack,
    drawn,
    of_alternatives,
    of_counts,
    of_earmarks,
    of_money_first,
    of_stocks,
    of_tickets,
    textbook,
    textbook_assignment,
)

from almoner.finance.allocation.checking.check import breaches, recheck
from almoner.finance.allocation.model.compile import compile_model
from almoner.finance.allocation.model.highs import Matrix, Search, run
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.search.settle import matrix_of
from almoner.finance.allocation.solve import allocate

SEVERAL = {**PETERSEN, **WEINGARTNER}
EXACT = Search(gap=1e-9)


def _best(problem: Matrix) -> Fraction:
    return Fraction(round(-run(problem, EXACT).objective * 10), 10)


def _relaxed(problem: Matrix) -> float:
    return run(replace(problem, integer=np.zeros(len(problem.cost), bool)), EXACT).objective


def _require_optimum(document: AllocationDocument, optimum: Fraction | int) -> None:
    result = allocate(document)
    assert breaches(document, result.allocation) == ()
    assert recheck(document, result.allocation) == result.value == optimum
    assert result.status == "within_gap"
    assert result.bound == optimum
    assert result.gap == 0


@pytest.mark.parametrize("name", sorted(SEVERAL | SINGLE))
def test_what_was_typed_in_has_the_published_optimum_as_a_textbook_problem(name: str) -> None:
    problem = (SEVERAL | SINGLE)[name]
    assert _best(textbook(problem)) == problem.optimum


@pytest.mark.parametrize("name", sorted(SEVERAL))
def test_several_capacities_as_stocks_reach_the_published_optimum_exactly(name: str) -> None:
    _require_optimum(of_stocks(SEVERAL[name]), SEVERAL[name].optimum)


@pytest.mark.parametrize("name", sorted(SEVERAL))
def test_one_capacity_as_money_and_the_others_as_stocks_reach_it_too(name: str) -> None:
    _require_optimum(of_money_first(SEVERAL[name]), SEVERAL[name].optimum)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        (name, form)
        for name in sorted(SINGLE)
        for form in (of_money_first, of_stocks, of_tickets)
        if (name, form) != ("p08", of_tickets)  # a gain per unit beyond what a document can say
    ],
)
def test_one_capacity_reaches_the_published_optimum_exactly(
    name: str, form: Callable[[Knapsack], AllocationDocument]
) -> None:
    _require_optimum(form(SINGLE[name]), SINGLE[name].optimum)


@pytest.mark.parametrize("form", [of_counts, of_alternatives, of_earmarks])
def test_assignment_reaches_the_published_optimum_exactly(
    form: Callable[[Assignment], AllocationDocument],
) -> None:
    assert _best(textbook_assignment(C515_1)) == C515_1.optimum
    _require_optimum(form(C515_1), C515_1.optimum)


def test_least_cost_is_most_worth_turned_round() -> None:
    largest = max(max(row) for row in C515_1.worth)
    turned = replace(C515_1, worth=[[largest - each for each in row] for row in C515_1.worth])
    best = _best(textbook_assignment(turned))
    _require_optimum(of_counts(turned), best)


@pytest.mark.parametrize(("tightness", "seed"), [(0.25, 1), (0.5, 2), (0.75, 3), (0.25, 4)])
def test_drawn_problems_have_the_value_that_the_textbook_model_has(tightness: float, seed: int) -> None:
    problem = drawn(50, 5, tightness, seed)
    _require_optimum(of_stocks(problem), _best(textbook(problem)))


@pytest.mark.parametrize("form", [of_stocks, of_money_first])
def test_the_compiled_knapsack_is_the_textbook_one(form: Callable[[Knapsack], AllocationDocument]) -> None:
    problem = drawn(40, 5, 0.5, 7)
    model, book = compile_model(form(problem).arrays), textbook(problem)
    held = np.diff(model.matrix.tocsr().indptr) > 0
    assert model.matrix.shape[1] == book.matrix.shape[1]
    assert int(held.sum()) == book.matrix.shape[0]
    assert model.matrix.nnz == book.matrix.nnz
    assert model.integer.all()
    relaxed = model.micro(_relaxed(matrix_of(model))) / 10**6
    assert relaxed == pytest.approx(-_relaxed(book), rel=1e-9)


@pytest.mark.parametrize("form", [of_counts, of_earmarks])
def test_the_compiled_assignment_is_the_textbook_one(
    form: Callable[[Assignment], AllocationDocument],
) -> None:
    model, book = compile_model(form(C515_1).arrays), textbook_assignment(C515_1)
    held = np.diff(model.matrix.tocsr().indptr) > 0
    assert (int(held.sum()), model.matrix.shape[1], model.matrix.nnz) == (*book.matrix.shape, book.matrix.nnz)
    relaxed = model.micro(_relaxed(matrix_of(model))) / 10**6
    assert relaxed == pytest.approx(-_relaxed(book), rel=1e-9)


def test_a_stopped_search_still_tells_a_bound_that_the_best_answer_keeps() -> None:
    problem = drawn(60, 10, 0.25, 5)
    spent = iter(range(10**9))
    result = allocate(of_stocks(problem), deadline_s=6.0, clock=lambda: next(spent) / 2)
    assert result.value <= _best(textbook(problem)) <= result.bound
