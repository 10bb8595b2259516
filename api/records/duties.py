"""Rows of commands, read for who did what to one agreement: nobody has two duties in it."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from .tables import COMMAND

FIRST_REFUSAL = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """A person who did something, and in whose name."""

    person: str
    party: str


def list_doers(session: Session, book_id: int, operations: tuple[str, ...], address: str) -> tuple[Doer, ...]:
    """Return who did any of these operations at an address or made what stands there.

    Parameters
    ----------
    session : Session
        Of the request.
    book_id : int [row number]
        The book.
    operations : tuple of str
        Their names.
    address : str
        Below ``/v1``.
    """
    row = COMMAND.c
    query = (
        select(row.person, row.party)
        .where(row.book_id == book_id, row.operation.in_(operations), row.status < FIRST_REFUSAL)
        .where(or_(row.object == address, row.location == address))
        .distinct()
        .order_by(row.person, row.party)
    )
    return tuple(Doer(person=found.person, party=found.party) for found in session.execute(query))
