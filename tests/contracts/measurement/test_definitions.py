"""Definitions of metrics and cohorts, and agreements that name them."""

import json

import pytest

from almoner.contracts.agreement import EXAMPLE, AgreementDocument
from almoner.contracts.measurement.definitions import (
    COHORT_EXAMPLE,
    METRIC_EXAMPLE,
    CohortDefinition,
    MetricDefinition,
    require_fit,
    vocabulary,
)
from almoner.finance.errors import DocumentInvalid, TermError


def faults(
    kind: type[MetricDefinition | CohortDefinition], example: str, **changes: object
) -> dict[str, str]:
    with pytest.raises(DocumentInvalid) as caught:
        kind.read(json.dumps({**json.loads(example), **changes}))
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    return {row["path"]: row["message"] for row in found if isinstance(row, dict)}


def test_the_vocabularies_hold_the_published_codes() -> None:
    assert len(vocabulary("sdg_target")) == 169
    assert len(vocabulary("sdg_indicator")) == 252
    assert len(vocabulary("iris_plus")) == 735
    assert {"1.a", "17.19"} <= vocabulary("sdg_target")


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        (
            {"references": [{"vocabulary": "sdg_indicator", "code": "18.1.1"}]},
            "/references/0/code",
            "no code",
        ),
        ({"references": [{"vocabulary": "iris_plus", "code": "OI0000"}]}, "/references/0/code", "PI2640"),
        ({"references": [{"vocabulary": "own", "code": "x1"}]}, "/references/0/uri", "address"),
        ({"disaggregation": ["site", "site"]}, "/disaggregation/1", "twice"),
        ({"baseline": {"value": "9000.5", "on": "2026", "source": "s"}}, "/baseline/value", "0"),
        ({"baseline": {"value": "1", "on": "2026-02-30", "source": "s"}}, "/baseline/on", "no date"),
        ({"target": {"value": "8000", "by": "2027"}}, "/target/value", "worse than the baseline"),
        ({"direction": "lower"}, "/target/value", "lower is better"),
        ({"target": {"value": "1", "to": "2", "by": "2027"}}, "/target/to", "has no range"),
        ({"direction": "in_range"}, "/target/to", "needs its upper end"),
        (
            {"direction": "in_range", "target": {"value": "9", "to": "8", "by": "2027"}},
            "/target/to",
            "below the lower end",
        ),
        ({"unit": "truth"}, "/target", "a truth has none"),
        ({"code": "nights/2"}, "/code", "ends like a version"),
    ],
)
def test_a_metric_that_contradicts_itself_is_refused_at_its_place(
    changes: dict[str, object], path: str, told: str
) -> None:
    assert told in faults(MetricDefinition, METRIC_EXAMPLE, **changes)[path]


def test_a_range_and_a_falling_metric_are_sound() -> None:
    content = json.loads(METRIC_EXAMPLE)
    content |= {"direction": "in_range", "target": {"value": "8000", "to": "9500", "by": "2027"}}
    assert MetricDefinition.read(json.dumps(content)).target is not None
    content |= {"direction": "lower", "target": {"value": "100", "by": "2027"}}
    assert MetricDefinition.read(json.dumps(content)).direction == "lower"


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"referral": {"by": "teams", "from": "2027-05", "until": "2027-03"}}, "/referral/until", "before"),
        ({"referral": {"by": "teams", "from": "2027-02-30"}}, "/referral/from", "no date"),
        ({"comparison": {"kind": "randomised"}}, "/comparison/description", "randomised"),
        ({"eligibility": [{"id": "a", "rule": "r", "source": "s"}] * 2}, "/eligibility/1/id", "twice"),
        ({"eligibility": []}, "/eligibility", "at least 1"),
    ],
)
def test_a_cohort_that_contradicts_itself_is_refused_at_its_place(
    changes: dict[str, object], path: str, told: str
) -> None:
    assert told in faults(CohortDefinition, COHORT_EXAMPLE, **changes)[path]


def agreement(**changes: object) -> AgreementDocument:
    return AgreementDocument.read(json.dumps({**json.loads(EXAMPLE), **changes}))


@pytest.mark.parametrize("unit", ["night/0", "night/2"])
def test_a_metric_fits_its_definition_when_the_unit_is_the_same_whatever_the_digits(unit: str) -> None:
    content = json.loads(METRIC_EXAMPLE) | {"unit": unit}
    known = {("metric", "nights/1"): MetricDefinition.read(json.dumps(content))}
    require_fit(agreement(metrics={"nights": "nights/1"}), known)


def test_a_metric_in_another_unit_than_its_definition_is_refused() -> None:
    known = {
        ("metric", "nights/1"): MetricDefinition.read(
            json.dumps(json.loads(METRIC_EXAMPLE) | {"unit": "day/0"})
        )
    }
    with pytest.raises(TermError, match=r"in night/0, and nights/1 is defined in day/0"):
        require_fit(agreement(metrics={"nights": "nights/1"}), known)


def test_every_definition_that_is_not_there_is_named() -> None:
    cohort = CohortDefinition.read(COHORT_EXAMPLE)
    named = agreement(metrics={"nights": "nights/2"}, cohorts=["winter-2027/1", "winter-2028/1"])
    with pytest.raises(TermError) as caught:
        require_fit(named, {("cohort", "winter-2027/1"): cohort, ("cohort", "nights/2"): cohort})
    found = caught.value.figures["findings"]
    assert isinstance(found, list)
    assert [row["path"] for row in found if isinstance(row, dict)] == ["/metrics/nights", "/cohorts/1"]


def test_definitions_without_any_named_need_nothing() -> None:
    require_fit(agreement(), {})
