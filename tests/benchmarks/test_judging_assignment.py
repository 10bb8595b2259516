"""A round of full size is assigned with a proof; what small rounds and shortages show is counted."""

from benchmarks.judging_assignment import GAP, compare_shortages, compare_small, large_case, measure_round


def test_a_round_of_full_size_is_proven_within_its_gap_and_without_conflict() -> None:
    found = measure_round(large_case(3, rules="bound"), limit_s=120.0)
    assert (found["state"], found["pairs"], found["conflicts"]) == ("optimal", 2500, 0)
    assert found["gap"] <= GAP
    assert found["lambda_2"] > 5


def test_what_the_benchmark_counts_is_what_the_tests_check() -> None:
    assert compare_small(1) == {"cases": 1, "equal": 1}
    assert compare_shortages(1) == {"cases": 1, "named": 1, "mended": 1}
