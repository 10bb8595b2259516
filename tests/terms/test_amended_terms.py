"""Amendments of random terms: one that changes no number changes no payment, and bounds hold for any."""

import json
import random as randomness
from typing import Any

import pytest

from almoner.contracts.terms.amendment import Amendment, Lineage
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.running.engine import Outturn
from almoner.finance.errors import AlmonerError

from .comparing import differences, observed, spelled
from .generator import draw_document, draw_members, draw_observations

SEEDS = 25


def amended(document: TermDocument, day: str, *changes: dict[str, Any]) -> Lineage:
    amendment = {
        "schema": "almoner.amendment/1", "of": document.digest(), "effective_on": day, "reason": "agreed",
        "changes": list(changes),
    }  # fmt: skip
    return Lineage(document, (Amendment.read(json.dumps(amendment)),))


RENAMED = {"op": "replace", "path": "/title", "value": "Another title"}


def doubled(document: TermDocument) -> list[dict[str, Any]]:
    """Let every clause come to twice as much."""
    content = document.model_dump(mode="json", by_alias=True)
    amounts = [clause["amount"] for clause in content["clauses"]]
    return [
        {"op": "replace", "path": f"/clauses/{at}/amount", "value": {"op": "add", "of": [amount, amount]}}
        for at, amount in enumerate(amounts)
    ]


def paid_between_parties(lineage: Lineage, outturn: Outturn) -> dict[str, int]:
    program = lineage.overlaid.program
    pots = {account.id for account in program.accounts if account.pot}
    units = {clause.id: clause.unit.unit for clause in program.clauses}
    totals: dict[str, int] = {}
    for (clause, payer, _, _), amount in outturn.flows.items():
        if clause in units and payer not in pots:
            totals[units[clause]] = totals.get(units[clause], 0) + int(amount)
    return totals


@pytest.mark.parametrize("block", range(6))
def test_a_new_title_pays_the_same(block: int) -> None:
    compared = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        random = randomness.Random(seed)  # noqa: S311  # no secret
        document = draw_document(random)
        members = draw_members(random, document)
        rows = observed(document, draw_observations(random, document, members, random.choice((0, 0.2))))
        try:
            program = compile_terms(document)
            plain = pay(program, rows, members=members)
        except AlmonerError:
            continue
        day = str(program.periods[random.randrange(len(program.periods))][1])
        lineage = amended(document, day, RENAMED)
        outturn = lineage.pay(rows, members=members)
        assert not differences(spelled(program, plain), spelled(lineage.overlaid.program, outturn)), seed
        compared += 1
    assert compared > SEEDS // 3


@pytest.mark.parametrize("block", range(6))
def test_a_lineage_pays_within_its_bounds(block: int) -> None:
    compared = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        random = randomness.Random(seed)  # noqa: S311  # no secret
        document = draw_document(random)
        if not document.clauses:
            continue
        members = draw_members(random, document)
        rows = observed(document, draw_observations(random, document, members))
        try:
            day = str(random.choice(compile_terms(document).periods)[1])
            lineage = amended(document, day, *doubled(document))
            outturn, proof = lineage.pay(rows, members=members), lineage.prove()
        except AlmonerError:
            continue
        for unit, total in paid_between_parties(lineage, outturn).items():
            assert total <= proof.maxima[unit], seed
        compared += 1
    assert compared > SEEDS // 3
