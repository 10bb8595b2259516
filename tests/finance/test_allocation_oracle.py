"""Prices, closures and the bounds they prove, against full enumeration and the linear relaxation."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from benchmarks.allocation_cases import random_case
from benchmarks.allocation_columns import document_of
from benchmarks.instances.generate import generate
from benchmarks.instances.model import FAMILIES, Family

from almoner.finance.allocation.checking.prices import price_bound
from almoner.finance.allocation.model.compile import CompiledModel, compile_model
from almoner.finance.allocation.model.highs import Search, run
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.search.closure import CellLinks, Closure
from almoner.finance.allocation.search.dual import find_prices
from almoner.finance.allocation.search.oracle import Oracle
from almoner.finance.allocation.search.proof import prove
from almoner.finance.allocation.search.relax import relax
from almoner.finance.allocation.search.settle import matrix_of
from almoner.finance.errors import DocumentInvalid

MICRO = 10**6


def drawn(seeds: range) -> list[AllocationDocument]:
    found = []
    for seed in seeds:
        try:
            found.append(AllocationDocument.from_tables(*random_case(seed)))
        except DocumentInvalid:
            continue
    return found


def best_of(model: CompiledModel, *, relaxed: bool = False) -> float | None:
    outcome = run(matrix_of(model, relax=relaxed), Search(gap=0.0))
    return None if outcome.x is None else model.micro(outcome.objective) / MICRO


def links(draw: np.random.Generator, cells: int, *, overlaps: bool) -> CellLinks:
    """Interventions in two periods: even cells are the first."""
    pairs = np.array([pair for pair in itertools.permutations(range(cells), 2) if sum(pair) % 2 == 0])
    needs = pairs[draw.random(len(pairs)) < 0.25]
    gifts = pairs[draw.random(len(pairs)) < 0.3]
    clash = pairs[(draw.random(len(pairs)) < 0.3) & (pairs[:, 0] < pairs[:, 1])] if overlaps else pairs[:0]
    locked, closed = draw.random(cells) < 0.1, draw.random(cells) < 0.1
    lacks = closed.copy()
    for tail, head in np.tile(needs, (cells, 1)).tolist():  # who needs what is closed is never funded
        lacks[tail] |= lacks[head]
    clash = clash[np.unique(clash[:, 0] * cells + clash[:, 1], return_index=True)[1]]
    return CellLinks(
        tail=needs[:, 0],
        head=needs[:, 1],
        bonus_of=np.repeat(np.arange(len(gifts)), 2),
        bonus_cell=gifts.ravel(),
        bonus_worth=draw.uniform(0, 2, len(gifts)),
        first=clash[:, 0],
        second=clash[:, 1],
        overlap_worth=draw.uniform(0, 2, len(clash)),
        locked=locked & ~lacks,
        closed=closed,
        starts=(np.arange(cells) % 2 > 0) & (draw.random(cells) < 0.5),
    )


def worth_of(held: CellLinks, worth: np.ndarray, charge: np.ndarray, level: np.ndarray) -> float | None:
    """What a choice is worth, by definition; None when it breaks a rule."""
    if (
        (level[held.locked] < 1).any()
        or level[held.closed].any()
        or (level[held.tail] > level[held.head]).any()
    ):
        return None
    total = float((worth * level).sum())
    for event, value in enumerate(held.bonus_worth.tolist()):
        total += value * bool(level[held.bonus_cell[held.bonus_of == event]].all())
    total -= float((held.overlap_worth * level[held.first] * level[held.second]).sum())
    for cell in np.flatnonzero(held.starts):
        total -= charge[cell] * (level[cell] > level[cell - 1])
    return total


@pytest.mark.parametrize("seed", range(60))
def test_the_cut_is_the_best_choice_and_its_transfers_prove_it(seed: int) -> None:
    draw = np.random.default_rng(seed)
    cells = 6
    held = links(draw, cells, overlaps=False)
    closure = Closure(held)
    for _ in range(3):  # later calls start from the flow of the earlier ones
        worth = draw.normal(-0.5, 2, cells)
        charge = np.where(held.starts, draw.uniform(0, 1.5, cells), 0.0)
        cut = closure.solve(worth, charge)
        values = [
            worth_of(held, worth, charge, np.array(level))
            for level in itertools.product((0, 1), repeat=cells)
        ]
        best = max(value for value in values if value is not None)
        assert cut.bound == pytest.approx(best, abs=1e-6)
        assert worth_of(held, worth, charge, cut.level) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_with_overlaps_the_cut_still_bounds_every_choice(seed: int) -> None:
    draw = np.random.default_rng([seed, 1])
    cells = 6
    held = links(draw, cells, overlaps=True)
    worth = draw.normal(0, 2, cells)
    charge = np.where(held.starts, draw.uniform(0, 1.5, cells), 0.0)
    cut = Closure(held).solve(worth, charge)
    values = [
        worth_of(held, worth, charge, np.array(level)) for level in itertools.product((0, 1), repeat=cells)
    ]
    best = max(value for value in values if value is not None)
    assert cut.bound >= best - 1e-6
    if set(cut.level.tolist()) <= {0.0, 1.0}:
        assert worth_of(held, worth, charge, cut.level) == pytest.approx(cut.bound, abs=1e-6)
    assert set(cut.level.tolist()) <= {0.0, 0.5, 1.0}


def test_whatever_the_prices_no_allocation_is_worth_more_than_the_proof() -> None:
    draw = np.random.default_rng(3)
    checked = 0
    for document in drawn(range(120)):
        best = best_of(compile_model(document.arrays))
        if best is None:
            continue
        oracle = Oracle(document.arrays)
        for prices in (np.zeros(oracle.size), draw.exponential(1.0, oracle.size) * draw.random(oracle.size)):
            proof = price_bound(document.arrays, prove(oracle, prices))
            assert proof >= Fraction(best) - Fraction(1, 10**6)
            checked += 1
    assert checked > 100


def test_the_bound_of_the_oracle_is_the_exact_one() -> None:
    for document in drawn(range(200, 300)):
        if best_of(compile_model(document.arrays), relaxed=True) is None:
            continue  # the dual of a problem without an answer has no least bound
        oracle = Oracle(document.arrays)
        pricing = find_prices(oracle, calls=6)
        proof = price_bound(document.arrays, prove(oracle, pricing.prices))
        assert float(proof) <= pricing.bound + 1e-5 * (1 + abs(pricing.bound))


def test_every_slope_leads_to_a_cut_below_the_bound() -> None:
    draw = np.random.default_rng(5)
    for document in drawn(range(40)):
        if best_of(compile_model(document.arrays), relaxed=True) is None:
            continue
        oracle = Oracle(document.arrays)
        at = draw.exponential(1.0, oracle.size)
        reply = oracle.ask(at)
        for _ in range(3):
            other = np.maximum(at + draw.normal(0, 0.3, oracle.size), 0.0)
            promised = reply.bound + float(reply.slope @ (other - at))
            assert oracle.ask(other).bound >= promised - 1e-6 * (1 + abs(promised))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_best_prices_prove_what_the_relaxation_says(family: Family) -> None:
    document = document_of(generate(family, 300, 1))
    oracle, model = Oracle(document.arrays), compile_model(document.arrays)
    relaxed = best_of(model, relaxed=True)
    assert relaxed is not None
    found = find_prices(oracle, tolerance=1e-6)
    assert relaxed - 1e-4 <= found.bound <= relaxed * (1 + 2e-4)
    by_duals = relax(oracle, model, left_s=10.0)
    assert by_duals is not None
    assert by_duals.bound == pytest.approx(relaxed, rel=1e-5)
    assert float(price_bound(document.arrays, prove(oracle, found.prices))) == pytest.approx(
        found.bound, rel=1e-6
    )
