"""Rows of ballots."""

import json
from fractions import Fraction
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ...finance.documents import canonical_bytes
from ..ballots import Ballot
from .tables import BALLOT


def ballot_bytes(ballot: Ballot) -> bytes:
    """Write a ballot as canonical bytes; fractions as ``n/d``."""
    weights = {metric: str(Fraction(weight)) for metric, weight in ballot.weights}
    return canonical_bytes(
        {"ballot": ballot.ballot_id, "multiplier": str(Fraction(ballot.multiplier)), "weights": weights}
    )


def keep_ballot(session: Session, challenge_id: int, ballot: Ballot, event_id: UUID) -> None:
    """Write a ballot; the database takes one per judge."""
    session.execute(
        insert(BALLOT).values(
            challenge_id=challenge_id, judge=ballot.ballot_id, body=ballot_bytes(ballot), event_id=event_id
        )
    )


def list_ballots(session: Session, challenge_id: int) -> tuple[Ballot, ...]:
    """Return the ballots of a challenge, by judge."""
    rows = session.scalars(
        select(BALLOT.c.body).where(BALLOT.c.challenge_id == challenge_id).order_by(BALLOT.c.judge)
    )
    bodies = [json.loads(row) for row in rows]
    return tuple(
        Ballot(
            ballot_id=body["ballot"],
            weights=tuple((metric, Fraction(weight)) for metric, weight in body["weights"].items()),
            multiplier=Fraction(body["multiplier"]),
        )
        for body in bodies
    )
