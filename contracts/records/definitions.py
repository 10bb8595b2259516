"""Rows of definitions: versions of metrics and cohorts."""

import hashlib
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...finance.errors import AlreadyExists, Missing
from ...finance.records.registry import find_book_id, insert_once
from ..agreement import AgreementDocument
from ..measurement.definitions import CohortDefinition, Definition, MetricDefinition
from .tables import DEFINITION

DefinitionKind = Literal["metric", "cohort"]
DOCUMENTS: dict[str, type[MetricDefinition | CohortDefinition]] = {
    "metric": MetricDefinition,
    "cohort": CohortDefinition,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDefinition:
    """A version of a definition.

    Attributes
    ----------
    kind : str
        ``metric`` or ``cohort``.
    version : int [versions]
        The first is 1.
    document : MetricDefinition or CohortDefinition
        What it says.
    """

    kind: DefinitionKind
    version: int
    document: Definition

    @property
    def name(self) -> str:
        """How agreements name it: ``code/version``."""
        return f"{self.document.code}/{self.version}"


def list_definitions(
    session: Session, book: str, kind: DefinitionKind, code: str | None = None
) -> tuple[StoredDefinition, ...]:
    """Return all versions of the definitions of a kind, or of one code, oldest first."""
    query = select(DEFINITION).where(
        DEFINITION.c.book_id == find_book_id(session, book), DEFINITION.c.kind == kind
    )
    if code is not None:
        query = query.where(DEFINITION.c.code == code)
    rows = session.execute(query.order_by(DEFINITION.c.code, DEFINITION.c.version))
    return tuple(
        StoredDefinition(kind=kind, version=row.version, document=DOCUMENTS[kind].read(row.body))
        for row in rows
    )


def find_definition(session: Session, book: str, kind: DefinitionKind, name: str) -> StoredDefinition:
    """Return a definition by ``code/version``, or the newest by its code.

    Raises
    ------
    Missing
        When there is none; says which versions there are.
    """
    listed = list_definitions(session, book, kind, name.rpartition("/")[0])
    exact = [row for row in listed if row.name == name]
    newest = exact or list_definitions(session, book, kind, name)[-1:]
    if not newest:
        known = [row.name for row in list_definitions(session, book, kind)]
        raise Missing(
            f"There is no {kind} {name!r} in this book. There are: {', '.join(known[:20]) or 'none'}.",
            what=kind,
            code=name,
            known=known,
        )
    return newest[0]


def keep_definition(session: Session, book: str, made: StoredDefinition, event_id: UUID) -> None:
    """Write a version of a definition.

    Raises
    ------
    AlreadyExists
        When another session has just written this version with other content.
    """
    body = made.document.canonical_bytes()
    new = insert_once(
        session,
        DEFINITION,
        book_id=find_book_id(session, book),
        kind=made.kind,
        code=made.document.code,
        version=made.version,
        body=body,
        sha256=hashlib.sha256(body).digest(),
        event_id=event_id,
    )
    if not new:
        raise AlreadyExists(
            f"The {made.kind} {made.name!r} was just defined otherwise. Try again.",
            what=made.kind,
            code=made.name,
        )


def definitions_of(
    session: Session, book: str, document: AgreementDocument
) -> dict[tuple[str, str], Definition]:
    """Return the definitions that an agreement names and that are there, as ``require_fit`` takes them."""
    named: list[tuple[DefinitionKind, str]] = [("metric", name) for name in document.metrics.values()]
    named += [("cohort", name) for name in document.cohorts]
    return {
        (kind, name): row.document
        for kind, name in named
        for row in list_definitions(session, book, kind, name.rpartition("/")[0])
        if row.name == name
    }
