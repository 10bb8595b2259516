import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.contracts.agreement import VerificationRule
from almoner.contracts.claims import ClaimedResult
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.quorum import agreeing, can_agree, decide


def found(*values: str, metric: str = "nights", by: str = "lab") -> Determination:
    """Make a finding of one metric in one period after another."""
    return Determination(
        agreement="pact",
        claim="c1",
        claim_sha256="0" * 64,
        verifier=by,
        findings=tuple(
            Finding(result=ClaimedResult(metric=metric, period=f"p{n}", value=value), method="recount")
            for n, value in enumerate(values)
        ),
        evidence_sha256="0" * 64,
        made_on="2026-01-15",
    )


def decided(
    findings: list[Determination], quorum: int, tolerance: str = "0", statistic: str = "median"
) -> list[str]:
    rule = VerificationRule.model_validate(
        {"quorum": quorum, "tolerance": {"nights": tolerance}, "statistic": statistic}
    )
    results = decide(findings, rule)
    return ["undecided"] if results is None else [one.value for one in results]


def test_one_of_one_decides() -> None:
    assert decided([found("412")], 1) == ["412"]
    assert decided([], 1) == ["undecided"]


@pytest.mark.parametrize(("statistic", "value"), [("lowest", "410"), ("median", "411"), ("highest", "413")])
def test_the_agreed_statistic_names_the_figure(statistic: str, value: str) -> None:
    rows = [found("413"), found("410"), found("411")]
    assert decided(rows, 3, "3", statistic) == [value]


def test_the_median_of_an_even_number_is_a_figure_that_somebody_signed() -> None:
    assert decided([found("412"), found("410")], 2, "2") == ["410"]


@pytest.mark.parametrize(("tolerance", "value"), [("2", "410"), ("1.99", "undecided")])
def test_a_tolerance_includes_its_own_edge(tolerance: str, value: str) -> None:
    assert decided([found("412"), found("410")], 2, tolerance) == [value]


def test_figures_are_compared_exactly() -> None:
    wide = "9223372036854775807.123456789"
    assert decided([found(wide), found("9223372036854775807.123456788")], 2) == ["undecided"]
    assert decided([found("0.30"), found("0.3")], 2) == ["0.30"]


def test_closeness_does_not_add_up() -> None:
    assert decided([found("410"), found("412"), found("414")], 3, "2") == ["undecided"]
    assert decided([found("410"), found("414"), found("412")], 2, "2", "lowest") == ["410"]


def test_each_result_has_to_agree() -> None:
    assert decided([found("1", "5"), found("1", "6")], 2) == ["undecided"]
    assert decided([found("1", "5"), found("1")], 2) == ["undecided"]
    assert decided([found("1", "5"), found("2", "5")], 2, "1", "lowest") == ["1", "5"]


def test_truths_and_labels_agree_only_when_equal() -> None:
    assert decided([found("true"), found("false")], 2, "1") == ["undecided"]
    assert decided([found("good"), found("good")], 2, "1") == ["good"]


def test_that_nothing_holds_can_be_agreed() -> None:
    rule = VerificationRule(quorum=2)
    assert decide([found(), found()], rule) == ()
    assert decide([found(), found("1")], rule) is None


def test_a_quorum_that_can_still_come_about_is_waited_for() -> None:
    rule = VerificationRule(quorum=2)
    apart = [found("1"), found("2")]
    assert [can_agree(apart, rule, verifiers) for verifiers in (2, 3)] == [False, True]
    assert can_agree([], rule, 2)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(1, 4), st.integers(0, 6))
def test_the_first_group_is_found_whenever_there_is_one(values: list[int], size: int, tolerance: int) -> None:
    rule = VerificationRule(quorum=size, tolerance={"nights": str(tolerance)})
    group = agreeing([found(str(value)) for value in values], rule, size)
    ranked = sorted(values)
    possible = any(ranked[at + size - 1] - ranked[at] <= tolerance for at in range(len(values) - size + 1))
    assert (group is not None) == possible
    if group is not None:
        figures = [int(one.results[0].value) for one in group]
        assert len(figures) == size
        assert max(figures) - min(figures) <= tolerance
