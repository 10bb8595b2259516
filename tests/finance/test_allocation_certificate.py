"""Certificates: any prices prove a bound, both checkers accept what is right and refuse what is changed."""

import hashlib
import json
import random
import shutil
import subprocess
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.finance.allocation_small import best, lowered_prices, random_prices, small

from almoner.finance.allocation import Allocation, AllocationDocument
from almoner.finance.allocation.checking import verifier
from almoner.finance.allocation.checking.certificate import (
    Certificate,
    certify,
    price_bound,
    relative_gap,
    verify,
)
from almoner.finance.allocation.checking.prices import Multipliers
from almoner.finance.errors import CertificateRejected, DocumentInvalid

Files = tuple[bytes, bytes, bytes]
Plain = dict[str, Any]
SEEDS = range(300)


@cache
def answered() -> tuple[tuple[int, AllocationDocument, Allocation, Fraction], ...]:
    """Small problems that have an answer, each with its best."""
    found = []
    for seed in SEEDS:
        document = small(seed)
        if (answer := best(document)) is not None:
            found.append((seed, document, *answer))
    return tuple(found)


def files(document: AllocationDocument, allocation: Allocation, certificate: Certificate) -> Files:
    return document.canonical_bytes(), allocation.canonical_bytes(), certificate.canonical_bytes()


def test_any_prices_prove_a_bound_on_the_best_of_all_answers() -> None:
    assert len(answered()) > 100
    for seed, document, _, value in answered():
        for number in range(5):
            assert price_bound(document.arrays, random_prices(document.arrays, number)) >= value, seed


def test_prices_that_were_lowered_as_far_as_they_go_still_prove_a_bound() -> None:
    tight = 0
    for seed, document, _, value in answered()[:50]:
        bound = lowered_prices(document.arrays, seed, 120)[1]
        assert bound >= value, seed
        tight += bound <= value + 1
    assert tight > 8


def test_both_checkers_accept_every_certificate_and_agree_on_the_bound() -> None:
    for seed, document, allocation, _ in answered():
        certificate = certify(document, allocation, random_prices(document.arrays, seed))
        three = files(document, allocation, certificate)
        assert verify(*three) == certificate, seed
        assert verifier.check(*three).startswith("VALID"), seed


def test_large_numbers_are_counted_exactly() -> None:
    for seed, document, allocation, _ in answered()[:40]:
        prices = random_prices(document.arrays, seed)
        prices.budget[prices.budget > 0] = 2**62
        prices.stock[...] = 2**61
        three = files(document, allocation, certify(document, allocation, prices))
        assert verifier.check(*three).startswith("VALID"), seed


def test_negative_prices_and_prices_of_no_rule_are_refused() -> None:
    document = small(1)
    for name, number in (("budget", -1), ("at_least", 1)):
        prices = Multipliers.none(document.arrays)
        getattr(prices, name).reshape(-1)[0] = number
        with pytest.raises(ValueError, match=name):
            price_bound(document.arrays, prices)


def signed(content: dict[str, Any]) -> bytes:
    """Write a changed certificate so that its own digest fits."""
    rest = {name: value for name, value in content.items() if name != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    rest["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def refused(three: Files) -> bool:
    """Say whether both checkers refuse, and neither breaks down."""
    try:
        verify(*three)
    except CertificateRejected:
        pass
    else:
        return False
    try:
        verifier.check(*three)
    except (verifier.Refusal, ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError):
        return True
    return False


def changed_number(content: Plain, draw: random.Random) -> bool:
    """Change one whole number somewhere in decoded JSON; say whether there was one."""
    places: list[tuple[Any, Any]] = []
    stack: list[Any] = [content]
    while stack:
        held = stack.pop()
        pairs = held.items() if isinstance(held, dict) else enumerate(held)
        for key, value in pairs:
            if isinstance(value, dict | list):
                stack.append(value)
            elif type(value) is int:
                places.append((held, key))
    if not places:
        return False
    held, key = draw.choice(places)
    held[key] += draw.choice([-1, 1, 1000])
    return True


def test_both_checkers_refuse_a_thousand_changes() -> None:
    draw = random.Random(1)  # noqa: S311 - repeatable, not secret
    cases = [files(d, a, certify(d, a, random_prices(d.arrays, s))) for s, d, a, _ in answered()[:50]]
    count = 0
    while count < 1000:
        three = list(draw.choice(cases))
        at = draw.randrange(3)
        content = json.loads(three[at])
        if draw.random() < 0.2:  # any byte
            place = draw.randrange(len(three[at]))
            byte = draw.choice([one for one in b"0123456789az" if one != three[at][place]])
            three[at] = three[at][:place] + bytes([byte]) + three[at][place + 1 :]
        elif changed_number(content, draw):
            three[at] = json.dumps(
                content, sort_keys=True, separators=(",", ":"), ensure_ascii=False
            ).encode()
        else:
            continue
        assert refused((three[0], three[1], three[2])), three
        count += 1


def test_a_price_that_was_changed_is_found_by_arithmetic_alone() -> None:
    found = 0
    for seed, document, allocation, _ in answered():
        certificate = certify(document, allocation, random_prices(document.arrays, seed))
        for rule, price in certificate.prices.items():
            content = json.loads(certificate.canonical_bytes())
            content["prices"][rule] = price + 10**9
            three = (document.canonical_bytes(), allocation.canonical_bytes(), signed(content))
            prices = random_prices(document.arrays, seed)
            if rule.startswith("budget/") and document.arrays.budget.any():
                name, period = rule.split("/")[1:]
                prices.budget[document.arrays.fund_ids.index(name), int(period)] += 10**9
                if price_bound(document.arrays, prices) == certificate.price_bound:
                    continue  # the same bound: just as good a proof
                assert refused(three), (seed, rule)
                found += 1
    assert found > 100


@pytest.mark.parametrize("name", ["value", "bound", "price_bound", "gap"])
def test_every_stated_figure_must_be_the_one_that_follows(name: str) -> None:
    for _, document, allocation, _ in answered()[:20]:
        content = json.loads(
            certify(document, allocation, random_prices(document.arrays, 3)).canonical_bytes()
        )
        content[name] = "1234567/7"
        assert refused((document.canonical_bytes(), allocation.canonical_bytes(), signed(content)))


@pytest.mark.parametrize("name", ["problem_sha256", "allocation_sha256"])
def test_a_certificate_is_of_these_bytes_only(name: str) -> None:
    _, document, allocation, _ = answered()[0]
    content = json.loads(certify(document, allocation, random_prices(document.arrays, 3)).canonical_bytes())
    content[name] = "0" * 64
    assert refused((document.canonical_bytes(), allocation.canonical_bytes(), signed(content)))


def test_somebody_else_cannot_take_a_place_in_the_choice() -> None:
    changes = 0
    for _, document, allocation, _ in answered()[:80]:
        certificate = certify(document, allocation, random_prices(document.arrays, 3))
        for who in document.arrays.intervention_ids:
            if (who, 0) in allocation.chosen:
                continue
            other = Allocation(chosen=tuple(sorted([*allocation.chosen, (who, 0)])), lines=allocation.lines)
            content = json.loads(certificate.canonical_bytes()) | {"allocation_sha256": other.digest()}
            three = (document.canonical_bytes(), other.canonical_bytes(), signed(content))
            try:
                verify(*three)
            except CertificateRejected:
                assert refused(three)
                changes += 1
    assert changes > 50


def test_a_bound_of_a_solver_stands_beside_what_the_prices_prove() -> None:
    _, document, allocation, value = answered()[0]
    prices = random_prices(document.arrays, 3)
    proven = price_bound(document.arrays, prices)
    made = certify(document, allocation, prices, bound=value, solver={"name": "highs", "seed": "1"})
    assert (made.kind, made.bound, made.price_bound) == ("solver", value, proven)
    assert verify(*files(document, allocation, made)) == made
    assert "solver's word" in verifier.check(*files(document, allocation, made))
    assert certify(document, allocation, prices, bound=proven + 1).kind == "prices"


def test_a_solver_that_says_less_than_the_value_is_not_believed() -> None:
    _, document, allocation, value = answered()[0]
    made = certify(document, allocation, random_prices(document.arrays, 3), bound=value - 1)
    assert (made.bound, made.gap) == (value, relative_gap(value, value))


def test_certificates_are_read_back_and_strangers_refused() -> None:
    _, document, allocation, _ = answered()[0]
    made = certify(document, allocation, random_prices(document.arrays, 3))
    assert Certificate.read(made.canonical_bytes()) == made
    with pytest.raises(DocumentInvalid, match="no certificate"):
        Certificate.read(b"{}")


def test_the_verifier_runs_as_a_file_of_its_own(tmp_path: Path) -> None:
    _, document, allocation, _ = answered()[0]
    three = files(document, allocation, certify(document, allocation, random_prices(document.arrays, 3)))
    names = [tmp_path / name for name in ("problem.json", "allocation.json", "certificate.json")]
    for path, raw in zip(names, three, strict=True):
        path.write_bytes(raw)
    script = tmp_path / "verifier.py"
    shutil.copy(str(verifier.__file__), script)

    def run(*paths: Path) -> tuple[int, str]:
        command = [sys.executable, "-I", str(script), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    code, said = run(*names)
    assert (code, said.count("\n"), said[:6]) == (0, 1, "VALID:")
    names[1].write_bytes(three[1].replace(b'"period":[0', b'"period":[1', 1))
    assert run(*names)[0] == 1
    assert run(names[0])[1].startswith("INVALID: not readable")
