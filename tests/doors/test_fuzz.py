"""A bounded sample of the fuzzer over a few nouns; ``make fuzz-api`` runs the whole."""

import pytest
from benchmarks.fuzz_api import main

SAMPLE = ("funds", "contributions", "payouts", "statements")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_nothing_generated_meets_a_fault_or_an_undocumented_answer(database: str) -> None:
    nouns = [word for noun in SAMPLE for word in ("--tag", noun)]
    asked = ["--database", database, "--role", "everybody", *nouns, "--examples", "2"]
    assert main([*asked, "--phases", "examples,coverage,fuzzing"]) == 0
