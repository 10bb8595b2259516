"""A sample of the campaign of ``benchmarks.fuzz_terms``: random terms in every reading."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.expressions import Expression
from almoner.contracts.terms.running import arithmetic, rooms
from almoner.finance.errors import TermError

from .checking import (
    Finding,
    Tally,
    check_block,
    check_bounds,
    check_reference,
    check_witness,
    draw_block,
    wrong_with,
)
from .comparing import drawn
from .generator import documents, draw_document, draw_json, draw_members, pairs
from .shrinking import differs, shrink, story

ROUNDS, PATHS = 300, 12


def compared(seeds: range, paths: int) -> Tally:
    """Every comparison on some documents."""
    tally = Tally()
    for seed in seeds:
        dice = random.Random(seed)  # noqa: S311  # no secret
        document = draw_document(dice)
        tally.counts["documents"] += 1
        try:
            program = compile_terms(document)
            proof = prove(program)
        except TermError:
            continue
        tally.counts["used"] += 1
        for number, pending in enumerate((0.0, 0.2)):
            members, seen = drawn(2 * seed + number, document, pending)
            check_reference(document, program, members, seen, tally)
        members = draw_members(dice, document)
        block = draw_block(np.random.default_rng(seed), program, members, paths)
        outturn = check_block(document, program, members, block, paths, tally)
        told = check_bounds(program, proof, outturn, complete=True) if outturn else []
        told += [one for one in [check_witness(program, proof)] if one]
        tally.findings += [Finding(one, members, {}) for one in told]
        tally.counts[proof.label] += 1
    return tally


def test_exact_payment_columns_bounds_and_the_reference_agree_on_random_terms() -> None:
    tally = compared(range(ROUNDS), PATHS)
    assert [finding.what for finding in tally.findings] == []
    assert tally.counts["used"] > 0.8 * ROUNDS
    assert tally.counts["term-paths, exact = columns"] > 0.7 * ROUNDS * PATHS
    assert tally.counts["term-paths, reference = exact"] > 1.5 * ROUNDS
    assert min(tally.counts["attained"], tally.counts["safe"]) > 20


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents(), seed=st.integers(0, 2**32))
def test_no_document_that_hypothesis_draws_is_read_in_two_ways(document: TermDocument, seed: int) -> None:
    try:
        compile_terms(document)
    except TermError:
        return
    members, seen = drawn(seed, document, 0.1)
    assert wrong_with(document, members, seen) == ""


def test_random_terms_use_every_operation_and_every_part() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for seed in range(400):
        document = draw_json(random.Random(seed))  # noqa: S311  # no secret
        told = {(name, str(value)) for name, value in pairs(document)}
        seen.update(told | {("part", name) for name, part in document.items() if part})
    operations = {str(model.model_fields["op"].annotation) for model in Expression.__args__[0].__args__}
    named = {name.strip("'\" ") for text in operations for name in text.split("[")[1].rstrip("]").split(",")}
    assert len(named) >= 24
    assert not [name for name in named | {"note", "pay"} if seen["op", name] < 10]
    for part in ("sets", "metrics", "params", "figures", "accounts", "splits", "limits"):
        assert seen["part", part] > 40
    for field, values in {
        "basis": ("period", "cumulative", "once"),
        "on_decrease": ("offset", "recover", "keep"),
        "cut": ("pro_rata",),
        "kind": ("pot", "memo"),
        "ties": ("largest", "declared"),
        "two_way": ("True",),
        "compounding": ("period", "annual"),
        "pool": ("sum", "last"),
    }.items():
        assert not [value for value in values if seen[field, value] < 10]


def test_a_planted_fault_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_takes_all(total: int, weights: list[int], _ties: str) -> list[int]:
        return [total if not at else 0 for at, _ in enumerate(weights)]

    monkeypatch.setattr(arithmetic, "allocate", first_takes_all)
    for seed in range(400):
        document = draw_document(random.Random(seed))  # noqa: S311  # no secret
        members, seen = drawn(seed, document)
        finding = Finding("planted", members, seen)
        if differs(document, finding):
            break
    shrunk, least = shrink(document, finding, seconds=4)
    told = story(shrunk, least)
    assert differs(shrunk, least)
    assert len(shrunk.canonical_bytes()) < len(document.canonical_bytes())
    assert {"document", "observations", "members", "differs"} <= set(told)


def test_a_limit_that_forgets_what_was_used_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms.Rooms, "use", lambda *_, **__: None)
    assert [finding for finding in compared(range(150), 2).findings if finding.what.startswith("reference")]


def test_the_reference_shares_no_code_with_the_engine() -> None:
    here = Path(__file__).parent
    allowed = {"almoner.contracts.terms.document", "almoner.finance.documents"}
    for name in ("reference", "reference_expressions", "reference_values"):
        lines = (here / f"{name}.py").read_text(encoding="utf-8").splitlines()
        taken = {line.split()[1] for line in lines if line.startswith(("from almoner", "import almoner"))}
        assert taken <= allowed
