"""Lint of random terms: whatever compiles and has a bound is looked at, and its witnesses can be paid."""

import random as randomness

import pytest

from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.lint import check
from almoner.contracts.terms.pay import pay
from almoner.finance.errors import TermError

from .generator import draw_document

SEEDS = 40


@pytest.mark.parametrize("block", range(4))
def test_findings_have_places_and_payable_witnesses(block: int) -> None:
    found = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        document = draw_document(randomness.Random(seed))  # noqa: S311  # no secret
        try:
            program = compile_terms(document)
        except TermError:
            continue
        members = {
            name: [f"m{at + 1}" for at in range(min(program.most[name], 2))]
            for name, listed in program.sets.items()
            if not listed
        }
        try:
            rows = check(document)
        except TermError:
            continue
        found += len(rows)
        for row in rows:
            assert row.path.startswith("/"), seed
            assert row.message, seed
            if row.witness is not None:
                pay(program, row.witness, members=members)
    assert found > SEEDS
