"""Rows of judges, of marks by which people are recognised, and of interests that somebody declared."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, insert, select
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from ...finance.records.registry import find_book_id
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
    SUBMISSION_PARTY,
    WITHDRAWAL,
)

NONE = "none"
AT_ONCE = 5000  # parameters of one statement
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


def list_bundles(
    session: Session,
    stored: StoredChallenge,
    among: Collection[str] | None = None,
    codes: Collection[str] = (),
) -> dict[str, tuple[str, ...]]:
    """Return the parties of applications of a challenge, as submitted last; withdrawn ones left out.

    Parameters
    ----------
    session, stored
        Of the challenge.
    among : collection of str or None
        Only applications that one of these is a party of; all when None.
    codes : collection of str
        Applications that are wanted besides.
    """
    gone = select(WITHDRAWAL.c.application_id)
    query = (
        select(APPLICATION.c.code, SUBMISSION_PARTY.c.party)
        .join(SUBMISSION_PARTY, SUBMISSION_PARTY.c.application_id == APPLICATION.c.id)
        .where(APPLICATION.c.challenge_id == stored.id, APPLICATION.c.id.not_in(gone), _is_last())
        .order_by(APPLICATION.c.id, SUBMISSION_PARTY.c.seq)
    )
    if among is None:
        found: Iterable[Row[*tuple[Any, ...]]] = session.execute(query)
    else:
        these = select(APPLICATION.c.id).where(
            APPLICATION.c.challenge_id == stored.id, APPLICATION.c.code.in_(sorted(codes))
        )
        found = _rows_of(session, query, _taken_part(session, among) | set(session.scalars(these)))
    bundles: dict[str, tuple[str, ...]] = {}
    for row in found:
        bundles[row.code] = (*bundles.get(row.code, ()), row.party)
    return bundles


def list_applicants(session: Session, stored: StoredChallenge) -> frozenset[str]:
    """Return the parties of all applications of a challenge, as submitted last; withdrawn ones left out."""
    gone = select(WITHDRAWAL.c.application_id)
    query = (
        select(SUBMISSION_PARTY.c.party)
        .join(APPLICATION, APPLICATION.c.id == SUBMISSION_PARTY.c.application_id)
        .where(APPLICATION.c.challenge_id == stored.id, APPLICATION.c.id.not_in(gone), _is_last())
        .distinct()
    )
    return frozenset(session.scalars(query))


def list_joint_applications(
    session: Session, book: str, since: datetime, among: Collection[str]
) -> tuple[JointWork, ...]:
    """Return the applications of a book since an instant that some took part in, each with its parties."""
    query = (
        select(
            CHALLENGE.c.code.label("challenge"),
            APPLICATION.c.code,
            SUBMISSION_PARTY.c.party,
            SUBMISSION.c.received_at,
        )
        .join(APPLICATION, APPLICATION.c.challenge_id == CHALLENGE.c.id)
        .join(SUBMISSION_PARTY, SUBMISSION_PARTY.c.application_id == APPLICATION.c.id)
        .join(
            SUBMISSION,
            (SUBMISSION.c.application_id == SUBMISSION_PARTY.c.application_id)
            & (SUBMISSION.c.number == SUBMISSION_PARTY.c.number),
        )
        .where(CHALLENGE.c.book_id == find_book_id(session, book), SUBMISSION.c.received_at >= since)
        .where(_is_last())
        .order_by(APPLICATION.c.id, SUBMISSION_PARTY.c.seq)
    )
    works: dict[tuple[str, str], JointWork] = {}
    for row in _rows_of(session, query, _taken_part(session, among)):
        known = works.get((row.challenge, row.code))
        works[row.challenge, row.code] = JointWork(
            kind="co_applicant",
            name=f"application {row.code} to {row.challenge}",
            on=row.received_at.date(),
            by=(*(known.by if known else ()), row.party),
        )
    return tuple(work for work in works.values() if len(work.by) > 1)


def _is_last() -> ColumnElement[bool]:
    later = SUBMISSION.alias("later")
    newest = (
        select(func.max(later.c.number))
        .where(later.c.application_id == SUBMISSION_PARTY.c.application_id)
        .correlate(SUBMISSION_PARTY)
        .scalar_subquery()
    )
    return SUBMISSION_PARTY.c.number == newest


def _taken_part(session: Session, parties: Collection[str]) -> set[int]:
    """Return the row numbers of the applications that one of some parties has ever been part of."""
    wanted = sorted(parties)
    found: set[int] = set()
    for begin in range(0, len(wanted), AT_ONCE):
        part = SUBMISSION_PARTY.c.party.in_(wanted[begin : begin + AT_ONCE])
        found |= set(session.scalars(select(SUBMISSION_PARTY.c.application_id).where(part).distinct()))
    return found


def _rows_of(
    session: Session, query: Select[*tuple[Any, ...]], numbers: Collection[int]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield the rows of some applications, by their row numbers."""
    wanted = sorted(numbers)
    for begin in range(0, len(wanted), AT_ONCE):
        yield from session.execute(query.where(APPLICATION.c.id.in_(wanted[begin : begin + AT_ONCE])))
