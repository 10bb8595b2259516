"""A bounded sample of the fuzzer over a few nouns; ``make fuzz-api`` runs the whole."""

import pytest
from benchmarks.fuzz_api import main

FEW, MORE = ("payouts", "statements"), ("contributions", "funds", "payouts", "statements")


@pytest.mark.parametrize(
    ("database", "nouns", "phases"),
    [
        ("sqlite", FEW, "examples,coverage,fuzzing"),
        ("postgresql", FEW, "examples,fuzzing"),
        pytest.param("postgresql", MORE, "examples,coverage,fuzzing", marks=pytest.mark.campaign),
    ],
)
def test_nothing_generated_meets_a_fault_or_an_undocumented_answer(
    database: str, nouns: tuple[str, ...], phases: str
) -> None:
    asked = ["--database", database, "--role", "everybody", "--examples", "2", "--phases", phases]
    assert main([*asked, *(word for noun in nouns for word in ("--tag", noun))]) == 0
