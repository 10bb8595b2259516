"""Commands that only propose: what one person asked, kept word for word until another one agrees."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...finance.errors import Missing
from .tables import COMMAND

REFUSED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCommand:
    """What somebody proposed, and who.

    Attributes
    ----------
    person, party : str
        Who asked, and in whose name.
    answer : bytes
        The answer they got, which says the whole proposal.
    """

    person: str
    party: str
    answer: bytes


def find_proposed(
    session: Session, book_id: int, identity: UUID, *, operation: str, of: str
) -> ProposedCommand:
    """Return a proposal by its number, of one operation and one object.

    Raises
    ------
    Missing
        When there is none, or it was refused.
    """
    query = select(COMMAND.c.person, COMMAND.c.party, COMMAND.c.answer).where(
        COMMAND.c.id == identity,
        COMMAND.c.book_id == book_id,
        COMMAND.c.operation == operation,
        COMMAND.c.object == of,
        COMMAND.c.status < REFUSED,
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise Missing(f"There is no proposal {identity} here.", what="proposal", code=str(identity))
    return ProposedCommand(person=row.person, party=row.party, answer=bytes(row.answer))


def list_proposed(session: Session, book_id: int, *, operation: str, of: str) -> tuple[ProposedCommand, ...]:
    """Return the proposals of one operation and one object, oldest first, without those refused or tried.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    operation, of : str
        Name and address.
    """
    row = COMMAND.c
    query = (
        select(row.person, row.party, row.answer)
        .where(row.book_id == book_id, row.operation == operation, row.object == of, row.status < REFUSED)
        .order_by(row.recorded_at, row.id)
    )
    return tuple(
        ProposedCommand(person=one.person, party=one.party, answer=bytes(one.answer))
        for one in session.execute(query)
    )
