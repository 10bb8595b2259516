"""An amendment that changes no number changes no payment, whatever the terms."""

import json
import random as randomness

import pytest

from almoner.contracts.terms.amendment import Amendment, Lineage
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.pay import pay
from almoner.finance.errors import AlmonerError

from .comparing import differences, observed, spelled
from .generator import draw_document, draw_members, draw_observations

SEEDS = 25


def renamed(document: TermDocument, day: str) -> Lineage:
    amendment = {
        "schema": "almoner.amendment/1", "of": document.digest(), "effective_on": day,
        "reason": "a better title",
        "changes": [{"op": "replace", "path": "/title", "value": "Another title"}],
    }  # fmt: skip
    return Lineage(document, (Amendment.read(json.dumps(amendment)),))


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
        lineage = renamed(document, day)
        amended = lineage.pay(rows, members=members)
        assert not differences(spelled(program, plain), spelled(lineage.overlaid.program, amended)), seed
        compared += 1
    assert compared > SEEDS // 3
