"""Rows of appeals: what was filed, what it holds, how it was ruled; and the facts of a decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ...finance.dates import as_utc
from ...finance.errors import Missing
from ...finance.posting import named_id
from ...finance.records.tables import EVENT
from ...finance.units import Unit
from ..appeals import Appeal, remedied_where_possible
from ..applications import Application
from ..decision import DecisionFacts, TimedRead
from ..phases import ENTERED, SCORED
from .awards import StoredAward, list_moves, list_stored_awards
from .ballots import list_ballots
from .briefs import StoredChallenge
from .reads import list_reads
from .submissions import find_admission
from .tables import (
    APPEAL,
    APPLICATION,
    AWARD_HOLD,
    FINDING,
    JUDGE,
    JUDGE_READ,
    RULING,
    SUBMISSION,
    WITHDRAWAL,
)

CLAIMED = "award.recovery_claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAppeal:
    """An appeal as the database keeps it.

    Attributes
    ----------
    id : int [row]
        Of the appeal.
    number : int [appeals]
        Of the appellant's, from 1.
    appeal : Appeal
        As filed.
    upheld : bool or None
        ``None`` while nobody has ruled.
    """

    id: int
    number: int
    appeal: Appeal
    upheld: bool | None


def keep_appeal(
    session: Session, challenge_id: int, appeal: Appeal, *, number: int, filed_at: datetime, event_id: UUID
) -> int:
    """Write an appeal and return its row number."""
    row = session.execute(
        insert(APPEAL)
        .values(
            challenge_id=challenge_id,
            application_id=find_admission(session, challenge_id, appeal.application).id,
            ground=appeal.ground,
            number=number,
            body=appeal.canonical_bytes(),
            filed_at=filed_at,
            event_id=event_id,
        )
        .returning(APPEAL.c.id)
    ).one()
    return int(row.id)


def keep_holds(session: Session, award_ids: Iterable[int], appeal_id: int, event_id: UUID) -> None:
    """Write which awards an appeal holds."""
    rows = [{"award_id": one, "appeal_id": appeal_id, "event_id": event_id} for one in award_ids]
    if rows:
        session.execute(insert(AWARD_HOLD), rows)


def keep_ruling(
    session: Session, appeal_id: int, *, upheld: bool, ruled_by: str, reason: str, event_id: UUID
) -> None:
    """Write a ruling; the database takes one per appeal."""
    session.execute(
        insert(RULING).values(
            appeal_id=appeal_id, upheld=int(upheld), ruled_by=ruled_by, reason=reason, event_id=event_id
        )
    )


def list_appeals(session: Session, challenge_id: int) -> tuple[StoredAppeal, ...]:
    """Return the appeals of a challenge, in the order they were filed."""
    rows = session.execute(
        select(APPEAL.c.id, APPEAL.c.number, APPEAL.c.body, RULING.c.upheld)
        .outerjoin(RULING, RULING.c.appeal_id == APPEAL.c.id)
        .where(APPEAL.c.challenge_id == challenge_id)
        .order_by(APPEAL.c.id)
    )
    return tuple(
        StoredAppeal(
            id=row.id,
            number=row.number,
            appeal=Appeal.read(bytes(row.body)),
            upheld=None if row.upheld is None else bool(row.upheld),
        )
        for row in rows
    )


def find_appeal(session: Session, challenge_id: int, application: str, number: int) -> StoredAppeal:
    """Return one appeal of an applicant."""
    for one in list_appeals(session, challenge_id):
        if (one.appeal.application, one.number) == (application, number):
            return one
    raise Missing(
        f"{application} has filed no appeal {number}.", what="appeal", code=f"{application}#{number}"
    )


def list_panel(session: Session, challenge_id: int) -> frozenset[str]:
    """Return everybody who judged, or has proposed an award otherwise than by a ruling from outside."""
    judges = session.scalars(select(JUDGE.c.party).where(JUDGE.c.challenge_id == challenge_id))
    readers = session.scalars(select(JUDGE_READ.c.judge).where(JUDGE_READ.c.challenge_id == challenge_id))
    makers = {one.maker for one in list_stored_awards(session, challenge_id)}
    rulers = session.scalars(
        select(RULING.c.ruled_by)
        .join(APPEAL, APPEAL.c.id == RULING.c.appeal_id)
        .where(APPEAL.c.challenge_id == challenge_id)
    )
    return frozenset({*judges, *readers, *(makers - {*rulers})} - {""})


def is_claimed_back(session: Session, stored: StoredChallenge, award: StoredAward) -> bool:
    """Tell whether a ruling has claimed back what was paid of an award."""
    identity = named_id(stored.challenge.book, CLAIMED, claim_key(stored, award))
    return session.scalar(select(EVENT.c.id).where(EVENT.c.id == identity)) is not None


def claim_key(stored: StoredChallenge, award: StoredAward) -> str:
    """Return what tells the claim on one award from every other claim of the book."""
    return f"{stored.challenge.code}#{award.key}"


def list_competitors(session: Session, challenge_id: int) -> tuple[Application, ...]:
    """Return every application as it was submitted last, in the order they first came."""
    return tuple(application for application, _, _ in _newest(session, challenge_id))


def _newest(session: Session, challenge_id: int) -> list[tuple[Application, datetime, int]]:
    last = (
        select(SUBMISSION.c.application_id, func.max(SUBMISSION.c.number).label("number"))
        .where(SUBMISSION.c.challenge_id == challenge_id)
        .group_by(SUBMISSION.c.application_id)
        .subquery("last")
    )
    rows = session.execute(
        select(SUBMISSION.c.body, SUBMISSION.c.received_at, SUBMISSION.c.application_id)
        .join(
            last,
            (last.c.application_id == SUBMISSION.c.application_id) & (last.c.number == SUBMISSION.c.number),
        )
        .order_by(SUBMISSION.c.application_id)
    )
    return [(Application.read(bytes(row.body)), as_utc(row.received_at), row.application_id) for row in rows]


def _entered(session: Session, stored: StoredChallenge) -> dict[int, datetime]:
    """Return when each application, by its row, was received last, development phases apart."""
    entry = [phase.id for phase in stored.challenge.brief.phases if phase.kind in ENTERED - {"development"}]
    rows = session.execute(
        select(SUBMISSION.c.application_id, SUBMISSION.c.received_at)
        .where(SUBMISSION.c.challenge_id == stored.id, SUBMISSION.c.phase.in_(entry))
        .order_by(SUBMISSION.c.application_id, SUBMISSION.c.number)
    )
    return {row.application_id: as_utc(row.received_at) for row in rows}


def _earlier(
    session: Session, stored: StoredChallenge, last: Mapping[str, datetime]
) -> dict[str, tuple[Application, ...]]:
    """Return the applications as they stood when a phase with a prize closed, where some are newer now."""
    brief = stored.challenge.brief
    closes = {prize.phase: brief.closes(prize.phase) for prize in brief.prizes}
    passed = {phase: end for phase, end in closes.items() if any(at >= end for at in last.values())}
    if not passed:
        return {}
    rows = session.execute(
        select(*SUBMISSION.c["body", "received_at", "application_id"])
        .where(SUBMISSION.c.challenge_id == stored.id)
        .order_by(SUBMISSION.c.application_id, SUBMISSION.c.number)
    )
    listed = [(row.application_id, as_utc(row.received_at), bytes(row.body)) for row in rows]
    return {
        phase: tuple(
            Application.read(body)
            for body in {row_id: body for row_id, at, body in listed if at < end}.values()
        )
        for phase, end in passed.items()
    }


def announced_at(session: Session, stored: StoredChallenge) -> datetime | None:
    """Return when the decision was announced; ``None`` before."""
    event_id = list_moves(session, stored.id).get("decided")
    found = session.scalar(select(EVENT.c.recorded_at).where(EVENT.c.id == event_id)) if event_id else None
    return None if found is None else as_utc(found)


def find_facts(session: Session, stored: StoredChallenge, unit: Unit, *, as_of: datetime) -> DecisionFacts:
    """Return what the database holds of everything that decides, upheld appeals included."""
    brief, newest = stored.challenge.brief, _newest(session, stored.id)
    codes = {row_id: application.application_id for application, _, row_id in newest}
    entered = _entered(session, stored)
    found = session.execute(
        select(FINDING.c.application_id, FINDING.c.status)
        .join(APPLICATION, APPLICATION.c.id == FINDING.c.application_id)
        .where(APPLICATION.c.challenge_id == stored.id)
        .order_by(FINDING.c.application_id, FINDING.c.number)
    ).all()
    gone = session.scalars(
        select(APPLICATION.c.code)
        .join(WITHDRAWAL, WITHDRAWAL.c.application_id == APPLICATION.c.id)
        .where(APPLICATION.c.challenge_id == stored.id)
    )
    ended = [one for one in list_stored_awards(session, stored.id) if one.end in ("declined", "lapsed")]
    facts = DecisionFacts(
        brief=brief,
        unit=unit,
        as_of=as_of,
        applications=tuple(application for application, _, _ in newest),
        earlier=_earlier(session, stored, {application.application_id: at for application, at, _ in newest}),
        received={application.application_id: entered.get(row_id, at) for application, at, row_id in newest},
        statuses={codes[row.application_id]: row.status for row in found if row.application_id in codes},
        reads=tuple(
            TimedRead(
                phase=phase.id,
                application_id=read.application,
                judge_id=read.judge,
                read_at=read.read_at,
                scores=read.scores,
            )
            for phase in brief.phases
            if phase.judging in SCORED
            for read in list_reads(session, stored, phase.id)
            if read.stands
        ),
        ballots=list_ballots(session, stored.id),
        gone=frozenset(gone),
        declined=frozenset((one.prize, one.award.application_id) for one in ended),
    )
    upheld = (one.appeal for one in list_appeals(session, stored.id) if one.upheld)
    return replace(
        remedied_where_possible(facts, [remedy for one in upheld for remedy in one.remedies]), as_of=as_of
    )
