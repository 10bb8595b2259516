"""Rows of judges, of marks by which people are recognised, and of interests that somebody declared."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from ...finance.records.registry import find_book_id
from ..applications import Application
from ..conflicts.identity import Mark
from ..conflicts.inference import JointWork
from ..conflicts.interests import Interest
from ..judges import Judge, read_judge
from .briefs import StoredChallenge
from .tables import (
    APPLICATION,
    CHALLENGE,
    CONFLICT_OVERRIDE,
    IDENTITY_MARK,
    INTEREST,
    JUDGE,
    JUDGE_DECLARATION,
    RECUSAL,
    SUBMISSION,
    WITHDRAWAL,
)

NONE = "none"
KNOWN_BUNDLES = 4096  # bodies whose parties are remembered; every check of conflicts asks for them
Pair = tuple[str, str]  # application, judge


def keep_judge(session: Session, stored: StoredChallenge, judge: Judge, event_id: UUID) -> None:
    """Register a judge; the database takes each person once per challenge."""
    session.execute(
        insert(JUDGE).values(
            challenge_id=stored.id,
            party=judge.code,
            organisation=judge.organisation or None,
            load_lo=judge.load[0],
            load_hi=judge.load[1],
            profile=judge.profile_bytes(),
            event_id=event_id,
        )
    )


def list_judges(session: Session, stored: StoredChallenge) -> tuple[Judge, ...]:
    """Return everybody who is registered to judge, by code."""
    rows = session.execute(select(JUDGE).where(JUDGE.c.challenge_id == stored.id).order_by(JUDGE.c.party))
    return tuple(
        read_judge(
            code=row.party,
            organisation=row.organisation or "",
            load=(row.load_lo, row.load_hi),
            profile=bytes(row.profile),
        )
        for row in rows
    )


def find_judge_id(session: Session, stored: StoredChallenge, judge: str) -> int:
    """Return the row number of a registered judge."""
    query = select(JUDGE.c.id).where(JUDGE.c.challenge_id == stored.id, JUDGE.c.party == judge)
    found = session.scalar(query)
    if found is None:
        raise Missing(
            f"{judge!r} is not registered to judge {stored.challenge.code}. Register the judge first.",
            what="judge",
            code=judge,
        )
    return int(found)


def keep_mark(session: Session, book: str, mark: Mark, event_id: UUID) -> None:
    """Write a mark."""
    session.execute(
        insert(IDENTITY_MARK).values(
            book_id=find_book_id(session, book),
            holder=mark.holder,
            kind=mark.kind,
            value=mark.value,
            verified=int(mark.verified),
            birth_year=mark.birth_year,
            organisation=mark.organisation,
            source=mark.source,
            event_id=event_id,
        )
    )


def list_marks(session: Session, book: str) -> tuple[Mark, ...]:
    """Return all marks of a book, by holder, kind and value."""
    known = IDENTITY_MARK.c
    rows = session.execute(
        select(IDENTITY_MARK)
        .where(known.book_id == find_book_id(session, book))
        .order_by(known.holder, known.kind, known.value, known.verified, known.organisation)
    )
    return tuple(
        Mark(
            holder=row.holder,
            kind=row.kind,
            value=row.value,
            verified=bool(row.verified),
            birth_year=row.birth_year,
            organisation=row.organisation,
            source=row.source,
        )
        for row in rows
    )


def keep_interest(session: Session, book: str, interest: Interest, by: str, event_id: UUID) -> None:
    """Write an interest that somebody declared; one with a last day stands in place of one without."""
    session.execute(
        insert(INTEREST).values(
            book_id=find_book_id(session, book),
            from_party=interest.a,
            to_party=interest.b,
            kind=interest.kind,
            since=interest.since,
            until=interest.until,
            declared_by=by,
            source=interest.source,
            confidence_bp=interest.confidence_bp,
            amount=interest.amount,
            event_id=event_id,
        )
    )


def list_interests(session: Session, book: str) -> tuple[Interest, ...]:
    """Return what was declared in a book: of what one person said of one relation, what was said last."""
    query = select(INTEREST).where(INTEREST.c.book_id == find_book_id(session, book)).order_by(INTEREST.c.id)
    last = {
        (row.from_party, row.to_party, row.kind, row.since, row.declared_by): row
        for row in session.execute(query)
    }
    return tuple(
        Interest(
            a=row.from_party,
            b=row.to_party,
            kind=row.kind,
            since=row.since,
            until=row.until,
            source=f"{row.source}, by {row.declared_by}",
            confidence_bp=row.confidence_bp,
            amount=row.amount,
        )
        for row in last.values()
    )


def keep_declaration(session: Session, judge_id: int, kinds: Mapping[str, str], event_id: UUID) -> None:
    """Write what a judge declared of each actor."""
    rows = [
        {"judge_id": judge_id, "actor": actor, "kind": kind, "event_id": event_id}
        for actor, kind in sorted(kinds.items())
    ]
    session.execute(insert(JUDGE_DECLARATION), rows)


def list_declarations(session: Session, stored: StoredChallenge) -> dict[str, dict[str, set[str]]]:
    """Return what was declared: judge -> actor -> kinds; ``none`` where the judge said so."""
    rows = session.execute(
        select(JUDGE.c.party, JUDGE_DECLARATION.c.actor, JUDGE_DECLARATION.c.kind)
        .join(JUDGE, JUDGE.c.id == JUDGE_DECLARATION.c.judge_id)
        .where(JUDGE.c.challenge_id == stored.id)
    )
    said: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        said.setdefault(row.party, {}).setdefault(row.actor, set()).add(row.kind)
    return said


def keep_recusal(session: Session, judge_id: int, application_id: int, reason: str, event_id: UUID) -> None:
    """Write that a judge steps back from an entry."""
    session.execute(
        insert(RECUSAL).values(
            judge_id=judge_id, application_id=application_id, reason=reason, event_id=event_id
        )
    )


def keep_override(  # which pair, why, and who answers for it
    session: Session, judge_id: int, application_id: int, reason: str, signer: str, event_id: UUID
) -> None:
    """Write that somebody answers for a pair in spite of a soft conflict."""
    session.execute(
        insert(CONFLICT_OVERRIDE).values(
            judge_id=judge_id,
            application_id=application_id,
            reason=reason,
            signer=signer,
            event_id=event_id,
        )
    )


def list_overridden(session: Session, stored: StoredChallenge) -> frozenset[Pair]:
    """Return the pairs (application, judge) that somebody answers for."""
    rows = session.execute(
        select(APPLICATION.c.code, JUDGE.c.party)
        .select_from(CONFLICT_OVERRIDE)
        .join(APPLICATION, APPLICATION.c.id == CONFLICT_OVERRIDE.c.application_id)
        .join(JUDGE, JUDGE.c.id == CONFLICT_OVERRIDE.c.judge_id)
        .where(JUDGE.c.challenge_id == stored.id)
    )
    return frozenset((row.code, row.party) for row in rows)


def list_bundles(session: Session, stored: StoredChallenge) -> dict[str, tuple[str, ...]]:
    """Return the parties of every application of a challenge, as submitted last; withdrawn ones left out."""
    gone = select(WITHDRAWAL.c.application_id)
    query = (
        select(APPLICATION.c.code, SUBMISSION.c.body)
        .join(SUBMISSION, SUBMISSION.c.application_id == APPLICATION.c.id)
        .where(APPLICATION.c.challenge_id == stored.id, APPLICATION.c.id.not_in(gone))
        .order_by(APPLICATION.c.id, SUBMISSION.c.number)
    )
    bodies = {row.code: bytes(row.body) for row in session.execute(query)}
    return {code: parties_of(body) for code, body in bodies.items()}


def list_joint_applications(session: Session, book: str, since: datetime) -> tuple[JointWork, ...]:
    """Return the applications of a book since an instant, each with the parties of its bundle."""
    newest = (
        select(SUBMISSION.c.application_id, func.max(SUBMISSION.c.number).label("number"))
        .group_by(SUBMISSION.c.application_id)
        .subquery()
    )
    rows = session.execute(
        select(
            CHALLENGE.c.code.label("challenge"),
            APPLICATION.c.code,
            SUBMISSION.c.body,
            SUBMISSION.c.received_at,
        )
        .select_from(SUBMISSION)
        .join(
            newest,
            (newest.c.application_id == SUBMISSION.c.application_id)
            & (newest.c.number == SUBMISSION.c.number),
        )
        .join(APPLICATION, APPLICATION.c.id == SUBMISSION.c.application_id)
        .join(CHALLENGE, CHALLENGE.c.id == APPLICATION.c.challenge_id)
        .where(CHALLENGE.c.book_id == find_book_id(session, book), SUBMISSION.c.received_at >= since)
        .order_by(APPLICATION.c.id)
    )
    works = (
        JointWork(
            kind="co_applicant",
            name=f"application {row.code} to {row.challenge}",
            on=row.received_at.date(),
            by=parties_of(bytes(row.body)),
        )
        for row in rows
    )
    return tuple(work for work in works if len(work.by) > 1)


@lru_cache(maxsize=KNOWN_BUNDLES)
def parties_of(body: bytes) -> tuple[str, ...]:
    """Return the parties of the bundle of an application, the lead first."""
    application = Application.read(body)
    return tuple(dict.fromkeys([application.lead, *(member.party for member in application.bundle)]))
