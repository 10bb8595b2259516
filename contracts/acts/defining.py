"""Metrics and cohorts are defined: once, by code, in versions that agreements name."""

from ...finance.dates import Clock
from ...finance.posting import record_event
from ...finance.storage import Session
from ..measurement.definitions import CohortDefinition, Definition, MetricDefinition
from ..records import definitions
from ..records.definitions import DefinitionKind, StoredDefinition


def define_metric(
    session: Session, book: str, document: MetricDefinition, *, clock: Clock
) -> StoredDefinition:
    """Define a metric. The same again changes nothing; other content is the next version.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Code of the book.
    document : MetricDefinition
        What it means.
    clock : Clock
        When it is recorded.
    """
    return _define(session, book, "metric", document, clock)


def define_cohort(
    session: Session, book: str, document: CohortDefinition, *, clock: Clock
) -> StoredDefinition:
    """Define a cohort. The same again changes nothing; other content is the next version.

    Parameters
    ----------
    session, book, clock
        As for ``define_metric``.
    document : CohortDefinition
        Who belongs to it.
    """
    return _define(session, book, "cohort", document, clock)


def _define(
    session: Session, book: str, kind: DefinitionKind, document: Definition, clock: Clock
) -> StoredDefinition:
    known = definitions.list_definitions(session, book, kind, document.code)
    if known and known[-1].document.digest() == document.digest():
        return known[-1]
    made = StoredDefinition(kind=kind, version=len(known) + 1, document=document)
    body = {"definition": document.canonical_bytes().decode(), "sha256": document.digest()}
    with session.begin_nested():
        event_id, _ = record_event(session, book, f"{kind}.defined", body, key=made.name, clock=clock)
        definitions.keep_definition(session, book, made, event_id)
    return made


def find_metric(session: Session, book: str, name: str) -> StoredDefinition:
    """Return a metric by ``code/version``, or its newest version by its code."""
    return definitions.find_definition(session, book, "metric", name)


def find_cohort(session: Session, book: str, name: str) -> StoredDefinition:
    """Return a cohort by ``code/version``, or its newest version by its code."""
    return definitions.find_definition(session, book, "cohort", name)


def list_metrics(session: Session, book: str) -> tuple[StoredDefinition, ...]:
    """Return all versions of all metrics of a book."""
    return definitions.list_definitions(session, book, "metric")


def list_cohorts(session: Session, book: str) -> tuple[StoredDefinition, ...]:
    """Return all versions of all cohorts of a book."""
    return definitions.list_definitions(session, book, "cohort")
