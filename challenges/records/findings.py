"""Rows of admission: findings, facts with their proof, waivers, notices; nothing is written over."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ..admissions import Waiver
from ..eligibility import FactSource, FactStatement, FactValue, Finding, read_finding
from .briefs import StoredChallenge
from .tables import APPLICANT_FACT, CLAUSE_WAIVER, FINDING, NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFact:
    """One statement of a fact with who made it, when it came and whether it came in time."""

    fact: str
    statement: FactStatement
    stated_by: str
    state: str
    received_at: datetime


def keep_finding(
    session: Session, application_id: int, number: int, found: Finding | None, event_id: UUID
) -> None:
    """Write one finding."""
    body = canonical_bytes({"status": "pass"}) if found is None else found.to_bytes()
    status = "pass" if found is None else found.status
    session.execute(
        insert(FINDING).values(
            application_id=application_id, number=number, status=status, body=body, event_id=event_id
        )
    )


def list_findings(session: Session, application_id: int) -> tuple[tuple[int, Finding | None], ...]:
    """Return every finding of an application with its number, oldest first."""
    query = select(FINDING.c.number, FINDING.c.body).where(FINDING.c.application_id == application_id)
    rows = session.execute(query.order_by(FINDING.c.number))
    return tuple((row.number, read_finding(bytes(row.body))) for row in rows)


def keep_fact(
    session: Session,
    application_id: int,
    kept: StoredFact,
    *,
    evidence_sha256: str | None,
    event_id: UUID,
) -> None:
    """Write one statement of a fact, after those before it."""
    mine = (APPLICANT_FACT.c.application_id == application_id) & (APPLICANT_FACT.c.fact == kept.fact)
    last = session.scalar(select(func.max(APPLICANT_FACT.c.seq)).where(mine)) or 0
    session.execute(
        insert(APPLICANT_FACT).values(
            application_id=application_id,
            fact=kept.fact,
            seq=last + 1,
            value=canonical_bytes(kept.statement.value).decode(),
            source=kept.statement.source,
            stated_by=kept.stated_by,
            evidence=kept.statement.evidence,
            evidence_sha256=None if evidence_sha256 is None else bytes.fromhex(evidence_sha256),
            expires_on=kept.statement.expires_on,
            state=kept.state,
            received_at=kept.received_at,
            event_id=event_id,
        )
    )


def list_facts(session: Session, application_id: int) -> dict[str, tuple[StoredFact, ...]]:
    """Return everything supplied for an application, by fact, oldest first."""
    query = select(APPLICANT_FACT).where(APPLICANT_FACT.c.application_id == application_id)
    found: dict[str, list[StoredFact]] = defaultdict(list)
    for row in session.execute(query.order_by(APPLICANT_FACT.c.fact, APPLICANT_FACT.c.seq)):
        said = _statement(json.loads(row.value), row.source, row.evidence, row.expires_on)
        found[row.fact].append(
            StoredFact(
                fact=row.fact,
                statement=said,
                stated_by=row.stated_by,
                state=row.state,
                received_at=row.received_at,
            )
        )
    return {fact: tuple(rows) for fact, rows in found.items()}


def _statement(
    value: FactValue, source: FactSource, evidence: str | None, expires_on: date | None
) -> FactStatement:
    return FactStatement(value=value, source=source, evidence=evidence, expires_on=expires_on)


def keep_waiver(session: Session, application_id: int, waiver: Waiver, event_id: UUID) -> None:
    """Write that a clause was waived."""
    session.execute(
        insert(CLAUSE_WAIVER).values(
            application_id=application_id,
            clause=waiver.clause,
            effect=waiver.effect,
            reason=waiver.reason,
            maker=waiver.maker,
            checker=waiver.checker,
            event_id=event_id,
        )
    )


def list_waivers(session: Session, application_id: int) -> tuple[Waiver, ...]:
    """Return every waiver for an application, by clause."""
    query = select(CLAUSE_WAIVER).where(CLAUSE_WAIVER.c.application_id == application_id)
    rows = session.execute(query.order_by(CLAUSE_WAIVER.c.clause, CLAUSE_WAIVER.c.effect))
    return tuple(
        Waiver(clause=row.clause, effect=row.effect, reason=row.reason, maker=row.maker, checker=row.checker)
        for row in rows
    )


def notice_subject(code: str, number: int) -> str:
    """Return under which subject the notice of one finding is kept."""
    return f"finding#{code}#{number}"


def keep_notice(
    session: Session,
    stored: StoredChallenge,
    subject: str,
    recipient: str,
    delivered_at: datetime,
    event_id: UUID,
) -> None:
    """Write that a notice was delivered."""
    session.execute(
        insert(NOTICE).values(
            challenge_id=stored.id,
            subject=subject,
            recipient=recipient,
            delivered_at=delivered_at,
            event_id=event_id,
        )
    )


def list_finding_notices(session: Session, stored: StoredChallenge, code: str) -> dict[int, datetime]:
    """Return when the notice of each finding was first delivered, by the finding's number."""
    start = notice_subject(code, 0)[:-1]
    query = select(NOTICE.c.subject, func.min(NOTICE.c.delivered_at).label("at")).where(
        NOTICE.c.challenge_id == stored.id, NOTICE.c.subject.startswith(start, autoescape=True)
    )
    rows = session.execute(query.group_by(NOTICE.c.subject))
    return {int(row.subject.removeprefix(start)): row.at for row in rows}
