"""What small rounds and shortages show is counted; for rounds of full size see test_judging_calibration."""

from benchmarks.judging_assignment import compare_shortages, compare_small


def test_what_the_benchmark_counts_is_what_the_tests_check() -> None:
    assert compare_small(1) == {"cases": 1, "equal": 1}
    assert compare_shortages(1) == {"cases": 1, "named": 1, "mended": 1}
