"""What one party is writing or has handed in, over all challenges of a book.

The problem: a hub takes part in several challenges, as a lead or as a partner, and asks one question: what is
mine, and what is due. Who is in a bundle stands in documents; the database finds those that name the party,
and only those of one page are read.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Table, and_, func, or_, select
from sqlalchemy.orm import Session

from ...finance.documents import plain_bytes
from ...finance.errors import DocumentInvalid
from ...finance.records.registry import find_book_id
from ..applications import Application
from ..eligibility import Finding, Status, read_finding
from .tables import (
    APPLICATION,
    AWARD,
    AWARD_END,
    AWARD_STEP,
    CHALLENGE,
    DRAFT,
    FINDING,
    SUBMISSION,
    SUBMISSION_PARTY,
    WITHDRAWAL,
)

OwnKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnApplication:
    """An application of a party: what is being written of it, and what was handed in.

    Attributes
    ----------
    revision : int [revision]
        Of the draft; 0 without one.
    number : int [submissions]
        How often it was handed in; 0 for never.
    changed : bool
        The draft says something else than what was handed in.
    finding : Finding or None
        The newest.
    to_accept : bool
        An award of it waits to be accepted.
    """

    challenge: str
    code: str
    title: str
    lead: str
    revision: int = 0
    saved_at: datetime | None = None
    number: int = 0
    received_at: datetime | None = None
    changed: bool = False
    withdrawn: bool = False
    status: Status | None = None
    finding: Finding | None = None
    to_accept: bool = False


def list_own_keys(session: Session, book: str, party: str) -> tuple[OwnKey, ...]:
    """Return challenge and code of everything that a party writes or has handed in, newest challenge first.

    Parameters
    ----------
    session : Session
        The caller's.
    book, party : str
        Codes.
    """
    book_id = find_book_id(session, book)
    drafts = (
        select(CHALLENGE.c.id, CHALLENGE.c.code.label("challenge"), DRAFT.c.code)
        .join(DRAFT, DRAFT.c.challenge_id == CHALLENGE.c.id)
        .where(CHALLENGE.c.book_id == book_id, _names(session, DRAFT.c.body, party), _newest_revision())
    )
    handed = (
        select(CHALLENGE.c.id, CHALLENGE.c.code.label("challenge"), APPLICATION.c.code)
        .join(APPLICATION, APPLICATION.c.challenge_id == CHALLENGE.c.id)
        .join(SUBMISSION_PARTY, SUBMISSION_PARTY.c.application_id == APPLICATION.c.id)
        .where(CHALLENGE.c.book_id == book_id, SUBMISSION_PARTY.c.party == party)
        .where(SUBMISSION_PARTY.c.number == _last_of(SUBMISSION_PARTY))
    )
    found = {(-row.id, row.challenge, row.code) for row in session.execute(drafts)}
    found |= {(-row.id, row.challenge, row.code) for row in session.execute(handed)}
    return tuple((challenge, code) for _, challenge, code in sorted(found))


def read_own(
    session: Session, book: str, party: str, keys: Sequence[OwnKey]
) -> Mapping[OwnKey, OwnApplication]:
    """Return what stands under some of these keys; a document that names the party otherwise is left out.

    Parameters
    ----------
    session : Session
        The caller's.
    book, party : str
        Codes.
    keys : sequence of (str, str)
        From ``list_own_keys``.
    """
    drafts = _rows(session, book, keys, _drafts())
    handed = _rows(session, book, keys, _handed())
    waiting = _waiting_awards(session, [row.id for row in handed.values()])
    found = {}
    for key in keys:
        draft, last = drafts.get(key), handed.get(key)
        newest = draft or last
        content = json.loads(newest.body) if newest else {}
        if party not in _parties(content):
            continue
        found[key] = OwnApplication(
            challenge=key[0],
            code=key[1],
            title=str(content.get("title") or ""),
            lead=str(content.get("lead") or ""),
            revision=draft.revision if draft else 0,
            saved_at=draft.saved_at if draft else None,
            number=last.number if last else 0,
            received_at=last.received_at if last else None,
            changed=draft is not None
            and last is not None
            and _says_else(bytes(draft.body), bytes(last.body)),
            withdrawn=bool(last and last.withdrawn is not None),
            status=last.status if last else None,
            finding=read_finding(bytes(last.finding)) if last else None,
            to_accept=bool(last and last.id in waiting),
        )
    return found


def _says_else(written: bytes, handed: bytes) -> bool:
    """Tell whether a draft differs from what was handed in; a field that is left out counts as empty."""
    try:
        return Application.read(written).canonical_bytes() != handed
    except DocumentInvalid:
        return True


def _parties(content: Mapping[str, Any]) -> frozenset[str]:
    rows = content.get("bundle")
    named = [row.get("party") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return frozenset(one for one in (content.get("lead"), *named) if isinstance(one, str))


def _names(session: Session, column: ColumnElement[bytes], party: str) -> ColumnElement[bool]:
    """Tell whether a document holds the party's code as text."""
    needle = plain_bytes(party)
    if session.get_bind().dialect.name == "postgresql":
        return func.pg_catalog.position(column, needle) > 0
    return func.instr(column, needle) > 0


def _newest_revision() -> ColumnElement[bool]:
    later = DRAFT.alias("later")
    same = (later.c.challenge_id == DRAFT.c.challenge_id) & (later.c.code == DRAFT.c.code)
    newest = select(func.max(later.c.revision)).where(same).correlate(DRAFT).scalar_subquery()
    return DRAFT.c.revision == newest


def _last_of(table: Table) -> ScalarSelect[int]:
    inner = SUBMISSION.alias("later")
    same = inner.c.application_id == table.c.application_id
    return select(func.max(inner.c.number)).where(same).correlate(table).scalar_subquery()


def _last_number(table: Table) -> ColumnElement[bool]:
    inner = table.alias()
    same = inner.c.application_id == table.c.application_id
    newest = select(func.max(inner.c.number)).where(same).correlate(table).scalar_subquery()
    return table.c.number == newest


def _drafts() -> Any:  # noqa: ANN401  # SQLAlchemy's Select of many columns has no useful type
    return (
        select(CHALLENGE.c.code.label("challenge"), DRAFT)
        .join(DRAFT, DRAFT.c.challenge_id == CHALLENGE.c.id)
        .where(_newest_revision())
    )


def _handed() -> Any:  # noqa: ANN401  # SQLAlchemy's Select of many columns has no useful type
    return (
        select(
            CHALLENGE.c.code.label("challenge"),
            APPLICATION.c.id,
            APPLICATION.c.code,
            SUBMISSION.c.number,
            SUBMISSION.c.received_at,
            SUBMISSION.c.body,
            FINDING.c.status,
            FINDING.c.body.label("finding"),
            WITHDRAWAL.c.application_id.label("withdrawn"),
        )
        .join(APPLICATION, APPLICATION.c.challenge_id == CHALLENGE.c.id)
        .join(SUBMISSION, SUBMISSION.c.application_id == APPLICATION.c.id)
        .join(FINDING, FINDING.c.application_id == APPLICATION.c.id)
        .outerjoin(WITHDRAWAL, WITHDRAWAL.c.application_id == APPLICATION.c.id)
        .where(_last_number(SUBMISSION), _last_number(FINDING))
    )


def _rows(session: Session, book: str, keys: Sequence[OwnKey], query: Any) -> dict[OwnKey, Any]:  # noqa: ANN401  # rows of several tables
    by_challenge: dict[str, list[str]] = defaultdict(list)
    for challenge, code in keys:
        by_challenge[challenge].append(code)
    code_column = query.selected_columns.code
    wanted = [
        and_(CHALLENGE.c.code == challenge, code_column.in_(codes))
        for challenge, codes in by_challenge.items()
    ]
    if not wanted:
        return {}
    rows = session.execute(query.where(CHALLENGE.c.book_id == find_book_id(session, book), or_(*wanted)))
    return {(row.challenge, row.code): row for row in rows}


def _waiting_awards(session: Session, applications: Iterable[int]) -> frozenset[int]:
    """Return the applications that have an award approved, not ended and not accepted."""
    accepted = AWARD_STEP.alias("accepted")
    query = (
        select(AWARD.c.application_id)
        .join(AWARD_STEP, and_(AWARD_STEP.c.award_id == AWARD.c.id, AWARD_STEP.c.state == "approved"))
        .outerjoin(accepted, and_(accepted.c.award_id == AWARD.c.id, accepted.c.state == "accepted"))
        .outerjoin(AWARD_END, AWARD_END.c.award_id == AWARD.c.id)
        .where(AWARD.c.application_id.in_(list(applications)))
        .where(accepted.c.award_id.is_(None), AWARD_END.c.award_id.is_(None))
    )
    return frozenset(session.scalars(query))
