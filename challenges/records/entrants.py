"""Who entered challenges and who won them, across a book."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Select, exists, func, select
from sqlalchemy.orm import Session

from ...finance.dates import as_utc
from ...finance.records.tables import EVENT
from ..applications import Application
from .tables import (
    ACCORD,
    APPLICATION,
    AWARD,
    AWARD_END,
    AWARD_STEP,
    CHALLENGE,
    FINDING,
    SUBMISSION,
    WITHDRAWAL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One application of a challenge, as it was submitted last.

    Attributes
    ----------
    challenge, code, lead : str
        The challenge, the application, and the hub that leads it.
    status : str
        Of its newest finding.
    on : date
        The day it was received last.
    withdrawn : bool
        Whether it was taken back.
    application : Application
        The document.
    """

    challenge: str
    code: str
    lead: str
    status: str
    on: date
    withdrawn: bool
    application: Application


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLead:
    """Who leads an application, and how it stands; without its text.

    Attributes
    ----------
    challenge, code, lead : str
        The challenge, the application, and the hub that leads it.
    status : str
        Of its newest finding.
    withdrawn : bool
        Whether it was taken back.
    """

    challenge: str
    code: str
    lead: str
    status: str
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Win:
    """One award that stands.

    Attributes
    ----------
    challenge, application, lead : str
        Of which challenge, to which application, led by whom.
    prize : int [position]
        Of the brief, counted from 0.
    on : date
        The day it was approved.
    """

    challenge: str
    application: str
    lead: str
    prize: int
    on: date


def list_entrants(session: Session, book_id: int, challenge: str = "") -> tuple[Entrant, ...]:
    """Return the applications of a book, or of one challenge, in the order they first came."""
    later = SUBMISSION.alias("later")
    last = select(func.max(later.c.number)).where(later.c.application_id == APPLICATION.c.id)
    query = (
        _standing(book_id, challenge, *SUBMISSION.c["received_at", "body"])
        .join(SUBMISSION, SUBMISSION.c.application_id == APPLICATION.c.id)
        .where(SUBMISSION.c.number == last.correlate(APPLICATION).scalar_subquery())
    )
    return tuple(
        Entrant(
            challenge=row.challenge,
            code=row.code,
            lead=row.lead,
            status=row.status,
            on=as_utc(row.received_at).date(),
            withdrawn=bool(row.withdrawn),
            application=Application.read(bytes(row.body)),
        )
        for row in session.execute(query)
    )


def list_leads(session: Session, book_id: int, challenge: str = "") -> tuple[EntryLead, ...]:
    """Return who leads the applications of a book, or of one challenge, in the order they first came."""
    return tuple(
        EntryLead(
            challenge=row.challenge,
            code=row.code,
            lead=row.lead,
            status=row.status,
            withdrawn=bool(row.withdrawn),
        )
        for row in session.execute(_standing(book_id, challenge))
    )


def _standing(book_id: int, challenge: str, *also: Column[Any]) -> Select[*tuple[Any, ...]]:
    """Select applications with their newest findings."""
    newer = FINDING.alias("newer")
    newest = select(func.max(newer.c.number)).where(newer.c.application_id == APPLICATION.c.id)
    query = (
        select(
            CHALLENGE.c.code.label("challenge"),
            *APPLICATION.c["code", "lead"],
            FINDING.c.status,
            exists().where(WITHDRAWAL.c.application_id == APPLICATION.c.id).label("withdrawn"),
            *also,
        )
        .select_from(APPLICATION)
        .join(CHALLENGE, CHALLENGE.c.id == APPLICATION.c.challenge_id)
        .join(FINDING, FINDING.c.application_id == APPLICATION.c.id)
        .where(CHALLENGE.c.book_id == book_id)
        .where(FINDING.c.number == newest.correlate(APPLICATION).scalar_subquery())
        .order_by(APPLICATION.c.id)
    )
    return query.where(CHALLENGE.c.code == challenge) if challenge else query


def list_wins(session: Session, book_id: int) -> tuple[Win, ...]:
    """Return the awards of a book that were approved and have not ended, in the order of approval."""
    query = (
        select(
            CHALLENGE.c.code.label("challenge"),
            *APPLICATION.c["code", "lead"],
            AWARD.c.prize,
            EVENT.c.recorded_at,
        )
        .select_from(AWARD)
        .join(AWARD_STEP, AWARD_STEP.c.award_id == AWARD.c.id)
        .join(EVENT, EVENT.c.id == AWARD_STEP.c.event_id)
        .join(APPLICATION, APPLICATION.c.id == AWARD.c.application_id)
        .join(CHALLENGE, CHALLENGE.c.id == AWARD.c.challenge_id)
        .where(CHALLENGE.c.book_id == book_id, AWARD_STEP.c.state == "approved")
        .where(~exists().where(AWARD_END.c.award_id == AWARD.c.id))
        .order_by(EVENT.c.recorded_at, AWARD.c.id)
    )
    return tuple(
        Win(
            challenge=row.challenge,
            application=row.code,
            lead=row.lead,
            prize=row.prize,
            on=as_utc(row.recorded_at).date(),
        )
        for row in session.execute(query)
    )


def list_accords(session: Session, book_id: int) -> tuple[tuple[str, str, str, date], ...]:
    """Return who accepted to be part of which application: challenge, application, party and day."""
    query = (
        select(CHALLENGE.c.code.label("challenge"), *ACCORD.c["code", "party"], EVENT.c.recorded_at)
        .select_from(ACCORD)
        .join(CHALLENGE, CHALLENGE.c.id == ACCORD.c.challenge_id)
        .join(EVENT, EVENT.c.id == ACCORD.c.event_id)
        .where(CHALLENGE.c.book_id == book_id)
        .order_by(EVENT.c.recorded_at, CHALLENGE.c.code, ACCORD.c.code, ACCORD.c.party)
    )
    return tuple(
        (row.challenge, row.code, row.party, as_utc(row.recorded_at).date()) for row in session.execute(query)
    )
