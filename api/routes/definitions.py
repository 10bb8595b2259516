"""Metrics and cohorts over HTTP: defined once, in versions that agreements name."""

import json
from typing import Annotated

from pydantic import Field

from ...contracts.acts import defining
from ...contracts.measurement.definitions import (
    COHORT_EXAMPLE,
    METRIC_EXAMPLE,
    CohortDefinition,
    MetricDefinition,
)
from ...contracts.records.definitions import StoredDefinition
from ...finance.documents import Code
from ...finance.errors import DocumentInvalid, Missing
from ..door import Call
from ..operation import Operation
from ..paging import PageQuery, cut
from ..sound import sound
from ..wire.base import Wire
from ..wire.definitions import (
    CohortLine,
    CohortList,
    CohortMade,
    CohortReply,
    MetricLine,
    MetricList,
    MetricMade,
    MetricReply,
)

JOINS = frozenset("/:")
LAST_VERSION = 1_000_000


class VersionQuery(Wire):
    """Which version of a definition.

    Attributes
    ----------
    version : int or None [versions]
        The newest without it.
    """

    version: Annotated[int, Field(ge=1, le=LAST_VERSION)] | None = None


def list_metrics(call: Call, query: PageQuery) -> MetricList:
    """List the metrics of the book, all versions."""
    found = defining.list_metrics(call.session, call.book)
    rows, after = cut(call, query, found, _key, name="metric.list")
    return MetricList(items=[_metric_line(one) for one in rows], next=after)


def define_metric(call: Call, body: MetricDefinition) -> MetricMade:
    """Define a metric; defined again with other content it is its next version."""
    _require_addressable(body.code)
    made = defining.define_metric(call.session, call.book, sound(body), clock=call.clock)
    call.location = f"/books/{call.book}/metrics/{body.code}"
    return MetricMade(**dict(_metric(made)))


def read_metric(call: Call, metric: Code, query: VersionQuery) -> MetricReply:
    """Return what a metric means: its newest version, or the one asked for."""
    return _metric(_version(defining.list_metrics(call.session, call.book), metric, query.version, "metric"))


def list_cohorts(call: Call, query: PageQuery) -> CohortList:
    """List the cohorts of the book, all versions."""
    found = defining.list_cohorts(call.session, call.book)
    rows, after = cut(call, query, found, _key, name="cohort.list")
    return CohortList(items=[_cohort_line(one) for one in rows], next=after)


def define_cohort(call: Call, body: CohortDefinition) -> CohortMade:
    """Define a cohort; defined again with other content it is its next version."""
    _require_addressable(body.code)
    made = defining.define_cohort(call.session, call.book, sound(body), clock=call.clock)
    call.location = f"/books/{call.book}/cohorts/{body.code}"
    return CohortMade(**dict(_cohort(made)))


def read_cohort(call: Call, cohort: Code, query: VersionQuery) -> CohortReply:
    """Return who belongs to a cohort: its newest version, or the one asked for."""
    return _cohort(_version(defining.list_cohorts(call.session, call.book), cohort, query.version, "cohort"))


def _key(one: StoredDefinition) -> tuple[str, int]:
    return one.document.code, one.version


def _version(
    found: tuple[StoredDefinition, ...], code: str, version: int | None, kind: str
) -> StoredDefinition:
    known = [one for one in found if one.document.code == code]
    chosen = [one for one in known if version in {None, one.version}]
    if not chosen:
        versions = ", ".join(str(one.version) for one in known)
        told = f"There is no {kind} {code!r}{f' in version {version}' if version else ''} in this book."
        raise Missing(f"{told} Versions: {versions or 'none'}.", what=kind, code=code)
    return chosen[-1]


def _require_addressable(code: str) -> None:
    if set(code) & JOINS:
        told = "the code stands in addresses: leave out / and :"
        raise DocumentInvalid(
            f"A definition over HTTP: /code: {told}.", findings=[{"path": "/code", "message": told}]
        )


def _metric(one: StoredDefinition) -> MetricReply:
    return MetricReply.model_validate(_fields(one))


def _cohort(one: StoredDefinition) -> CohortReply:
    return CohortReply.model_validate(_fields(one))


def _fields(one: StoredDefinition) -> dict[str, object]:
    return {
        "name": one.name,
        "version": one.version,
        "sha256": one.document.digest(),
        "definition": one.document,
    }


def _metric_line(one: StoredDefinition) -> MetricLine:
    document = _metric(one).definition
    return MetricLine(name=one.name, title=document.title, unit=document.unit, direction=document.direction)


def _cohort_line(one: StoredDefinition) -> CohortLine:
    document = _cohort(one).definition
    return CohortLine(
        name=one.name, title=document.title, size=document.size, compared=document.comparison.kind
    )


_METRICS, _COHORTS = "/books/{book}/metrics", "/books/{book}/cohorts"
OPERATIONS = (
    Operation(name="metric.list", method="GET", path=_METRICS, handler=list_metrics, tag="metrics"),
    Operation(
        name="metric.define",
        method="POST",
        path=_METRICS,
        handler=define_metric,
        tag="metrics",
        status=201,
        examples={"nights": json.loads(METRIC_EXAMPLE)},
    ),
    Operation(
        name="metric.read",
        method="GET",
        path=f"{_METRICS}/{{metric}}",
        handler=read_metric,
        tag="metrics",
    ),
    Operation(name="cohort.list", method="GET", path=_COHORTS, handler=list_cohorts, tag="cohorts"),
    Operation(
        name="cohort.define",
        method="POST",
        path=_COHORTS,
        handler=define_cohort,
        tag="cohorts",
        status=201,
        examples={"sleepers": json.loads(COHORT_EXAMPLE)},
    ),
    Operation(
        name="cohort.read",
        method="GET",
        path=f"{_COHORTS}/{{cohort}}",
        handler=read_cohort,
        tag="cohorts",
    ),
)
