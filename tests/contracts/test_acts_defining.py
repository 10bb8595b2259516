"""Definitions in the book: versions, found by name, named by agreements."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from almoner.contracts.acts import defining
from almoner.contracts.measurement.definitions import (
    COHORT_EXAMPLE,
    METRIC_EXAMPLE,
    CohortDefinition,
    MetricDefinition,
    require_fit,
)
from almoner.contracts.records.definitions import definitions_of
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import Missing, TermError

if TYPE_CHECKING:
    from .conftest import Desk

CLOCK = fixed_clock(datetime(2026, 1, 15, tzinfo=UTC))
METRIC = MetricDefinition.read(METRIC_EXAMPLE)
COHORT = CohortDefinition.read(COHORT_EXAMPLE)


def otherwise(**changes: object) -> MetricDefinition:
    return MetricDefinition.read(json.dumps(json.loads(METRIC_EXAMPLE) | changes))


def test_the_same_definition_again_changes_nothing_and_another_is_the_next_version(desk: "Desk") -> None:
    first = defining.define_metric(desk.session, "main", METRIC, clock=CLOCK)
    assert defining.define_metric(desk.session, "main", METRIC, clock=CLOCK) == first
    second = defining.define_metric(desk.session, "main", otherwise(title="Nights inside"), clock=CLOCK)
    assert (first.name, second.name) == ("nights/1", "nights/2")
    third = defining.define_metric(desk.session, "main", METRIC, clock=CLOCK)
    assert third.name == "nights/3"
    assert defining.list_metrics(desk.session, "main") == (first, second, third)


def test_a_definition_is_found_by_version_or_as_the_newest(desk: "Desk") -> None:
    first = defining.define_metric(desk.session, "main", METRIC, clock=CLOCK)
    second = defining.define_metric(desk.session, "main", otherwise(title="Nights inside"), clock=CLOCK)
    deep = defining.define_metric(desk.session, "main", otherwise(code="own/nights"), clock=CLOCK)
    assert defining.find_metric(desk.session, "main", "nights/1") == first
    assert defining.find_metric(desk.session, "main", "nights") == second
    assert defining.find_metric(desk.session, "main", "own/nights") == deep
    assert defining.find_metric(desk.session, "main", "own/nights/1") == deep
    for name in ("nights/3", "days", ""):
        with pytest.raises(Missing, match=r"There are: nights/1, nights/2, own/nights/1"):
            defining.find_metric(desk.session, "main", name)


def test_a_cohort_and_a_metric_of_one_code_are_two_things(desk: "Desk") -> None:
    cohort = defining.define_cohort(desk.session, "main", COHORT, clock=CLOCK)
    metric = defining.define_metric(desk.session, "main", otherwise(code=COHORT.code), clock=CLOCK)
    assert cohort.name == metric.name == "winter-2027/1"
    assert defining.find_cohort(desk.session, "main", "winter-2027") == cohort
    assert defining.list_cohorts(desk.session, "main") == (cohort,)
    document = desk.given(metrics={"nights": "winter-2027/1"}, cohorts=["winter-2027/1"]).document
    require_fit(document, definitions_of(desk.session, "main", document))
    turned = desk.given(metrics={"nights": "nights/1"}, cohorts=["nights/1"]).document
    defining.define_metric(desk.session, "main", METRIC, clock=CLOCK)
    with pytest.raises(TermError, match="no cohort 'nights/1'"):
        require_fit(turned, definitions_of(desk.session, "main", turned))


def test_an_agreement_finds_the_definitions_it_names(desk: "Desk") -> None:
    defining.define_metric(desk.session, "main", METRIC, clock=CLOCK)
    defining.define_cohort(desk.session, "main", COHORT, clock=CLOCK)
    document = desk.given(metrics={"nights": "nights/1"}, cohorts=["winter-2027/1"]).document
    found = definitions_of(desk.session, "main", document)
    assert found == {("metric", "nights/1"): METRIC, ("cohort", "winter-2027/1"): COHORT}
    require_fit(document, found)
    missing = desk.given(metrics={"nights": "nights"}).document
    with pytest.raises(TermError, match="no metric 'nights'"):
        require_fit(missing, definitions_of(desk.session, "main", missing))


def test_the_event_holds_the_whole_definition(desk: "Desk") -> None:
    defining.define_metric(desk.session, "main", METRIC, clock=CLOCK)
    body = desk.session.scalar(text("SELECT body FROM event WHERE kind = 'metric.defined'"))
    assert MetricDefinition.read(json.loads(bytes(body))["definition"]) == METRIC


@pytest.mark.parametrize(
    "statement",
    ["UPDATE definition SET version = 9", "DELETE FROM definition", "UPDATE definition SET code = 'x'"],
)
def test_a_definition_cannot_be_changed_afterwards(desk: "Desk", statement: str) -> None:
    defining.define_metric(desk.session, "main", METRIC, clock=CLOCK)
    with pytest.raises(DBAPIError), desk.session.begin_nested():
        desk.session.execute(text(statement))
    assert defining.find_metric(desk.session, "main", "nights").version == 1
