"""Random terms, part of whose results stand: nothing that can still come passes the bound on them."""

import random as randomness
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pytest

from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Place
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.remaining import remaining
from almoner.contracts.terms.running.cells import Table
from almoner.contracts.terms.running.engine import Outturn
from almoner.finance.errors import OutsideDomain, TermError

from .checking import open_members
from .comparing import counted, drawn, observed, sets_of
from .generator import draw_document, draw_observations
from .reference_expressions import Key
from .reference_values import Value

SEEDS = 250
BLOCKS = [0, 1, *(pytest.param(block, marks=pytest.mark.campaign) for block in (2, 3))]
Who = tuple[str, str]


def places(program: Program) -> Iterator[Place]:
    """Every value that can be closed by itself."""
    for name, measure in program.metrics.items():
        if all(program.sets[dim] for dim in measure.dims):
            for span in range(len(program.periods) if measure.by_period else 1):
                for combo in Table(members=program.sets, cells={}).combinations(measure.dims):
                    yield name, span, combo


def given(outturn: Outturn) -> dict[Who, int]:
    """The most that each payer had given after any period."""
    units = {clause.id: clause.unit.unit for clause in outturn.program.clauses}
    named = open_members(outturn)
    sums: Counter[Who] = Counter()
    most: dict[Who, int] = {}
    for (name, payer, _, _), amount in sorted(outturn.flows.items(), key=lambda flow: flow[0][3]):
        if name in units:
            who = ("*" if payer in named else payer, units[name])
            sums[who] += amount
            most[who] = max(most.get(who, 0), sums[who])
    return most


def exceeded(bound: Mapping[Who, int], paid: Mapping[Who, int], pots: Sequence[str]) -> list[str]:
    return [
        f"{who}: {amount} paid, at most {bound.get(who, 0)}"
        for who, amount in paid.items()
        if amount > bound.get(who, 0) and who[0] not in pots
    ]


def closed_cells(
    document: TermDocument, program: Program, observations: Mapping[Key, Value], closed: Sequence[Place]
) -> tuple[dict[Place, int | None], dict[Key, Value]]:
    """What stands, as the bound is given it, and as it was observed."""
    names = [name for name, _ in program.periods]
    known: dict[Place, int | None] = {}
    stands: dict[Key, Value] = {}
    for name, span, combo in closed:
        measure = program.metrics[name]
        of = dict(zip(measure.dims, combo, strict=True))
        members = tuple(of[one] for one in sets_of(document, name))
        key = (name, names[span] if measure.by_period else "", members)
        value = observations.get(key)
        known[name, span, combo] = None if value is None else counted(value, document, name)
        stands[key] = value
    return known, stands


@pytest.mark.parametrize("block", BLOCKS)
def test_nothing_that_can_still_come_passes_the_bound_on_the_remainder(block: int) -> None:
    compared = fallen = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        random = randomness.Random(seed)  # noqa: S311  # no secret
        try:
            document = draw_document(random)
            program = compile_terms(document)
            proven = prove(program).payers
        except TermError:
            continue
        members, observations = drawn(seed + 7, document, 0.3)
        closed = [place for place in places(program) if random.random() < random.choice((0.3, 0.7, 1.0))]
        known, stands = closed_cells(document, program, observations, closed)
        bound = remaining(program, (), known)
        assert all(amount <= proven[who] for who, amount in bound.items()), seed
        assert set(bound) == set(proven)
        fallen += any(amount < proven[who] for who, amount in bound.items())
        for _ in range(4):
            future = draw_observations(random, document, members, random.choice((0.0, 0.3, 0.6)))
            future = {key: value for key, value in future.items() if key not in stands}
            future |= {key: value for key, value in stands.items() if value is not None}
            try:
                paid = given(pay(program, observed(document, future), members=members))
            except OutsideDomain:
                continue
            assert not exceeded(bound, paid, list(document.accounts)), seed
            compared += 1
    assert compared > SEEDS
    assert fallen > SEEDS // 8
