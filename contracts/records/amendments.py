"""Rows of amendments: what was made, who approved it, and what is in force."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...finance.errors import Busy, Missing
from ..terms.amendment import Amendment
from .agreements import StoredAgreement
from .tables import AMENDMENT, AMENDMENT_APPROVAL, AMENDMENT_START


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAmendment:
    """An amendment with its row number.

    Attributes
    ----------
    id : int [row number]
        Row.
    code, maker : str
        Its code in the agreement, and the name of who made it.
    amendment : Amendment
        What changes.
    approved : tuple of str
        Names, in their order.
    ordinal : int [place]
        Among those in force; 0 while it is not.
    """

    id: int
    code: str
    maker: str
    amendment: Amendment
    approved: tuple[str, ...]
    ordinal: int


def keep_amendment(
    session: Session,
    stored: StoredAgreement,
    code: str,
    amendment: Amendment,
    *,
    maker: str,
    signature: bytes,
    event_id: UUID,
) -> None:
    """Write an amendment that was made."""
    body = amendment.canonical_bytes()
    session.execute(
        insert(AMENDMENT).values(
            agreement_id=stored.id,
            code=code,
            maker=maker,
            body=body,
            sha256=hashlib.sha256(body).digest(),
            signature=signature,
            event_id=event_id,
        )
    )


def list_amendments(session: Session, stored: StoredAgreement) -> tuple[StoredAmendment, ...]:
    """Return all amendments of an agreement, in the order in which they were made."""
    rows = session.execute(
        select(AMENDMENT, AMENDMENT_START.c.ordinal)
        .outerjoin(AMENDMENT_START, AMENDMENT_START.c.amendment_id == AMENDMENT.c.id)
        .where(AMENDMENT.c.agreement_id == stored.id)
        .order_by(AMENDMENT.c.id)
    ).all()
    approvals = session.execute(
        select(AMENDMENT_APPROVAL.c.amendment_id, AMENDMENT_APPROVAL.c.term_party)
        .where(AMENDMENT_APPROVAL.c.agreement_id == stored.id)
        .order_by(AMENDMENT_APPROVAL.c.term_party)
    ).all()
    return tuple(
        StoredAmendment(
            id=row.id,
            code=row.code,
            maker=row.maker,
            amendment=Amendment.read(row.body),
            approved=tuple(name for amendment_id, name in approvals if amendment_id == row.id),
            ordinal=row.ordinal or 0,
        )
        for row in rows
    )


def find_amendment(session: Session, stored: StoredAgreement, code: str) -> StoredAmendment:
    """Return an amendment.

    Raises
    ------
    Missing
        When the agreement has none of this code.
    """
    found = next((one for one in list_amendments(session, stored) if one.code == code), None)
    if found is None:
        agreement = stored.agreement.code
        raise Missing(
            f"There is no amendment {code!r} of the agreement {agreement!r}.", what="amendment", code=code
        )
    return found


def keep_approvals(
    session: Session, stored: StoredAgreement, one: StoredAmendment, rows: Mapping[str, tuple[bytes, UUID]]
) -> None:
    """Write approvals: signature and event by name."""
    for name, (signature, event_id) in rows.items():
        session.execute(
            insert(AMENDMENT_APPROVAL).values(
                amendment_id=one.id,
                agreement_id=stored.id,
                maker=one.maker,
                term_party=name,
                signature=signature,
                event_id=event_id,
            )
        )


def keep_start(
    session: Session, stored: StoredAgreement, one: StoredAmendment, ordinal: int, event_id: UUID
) -> None:
    """Put an amendment in force; the database gives each place once.

    Raises
    ------
    Busy
        When another amendment took the place at the same moment.
    """
    try:
        session.execute(
            insert(AMENDMENT_START).values(
                amendment_id=one.id, agreement_id=stored.id, ordinal=ordinal, event_id=event_id
            )
        )
    except IntegrityError as fault:
        raise Busy("Another amendment came into force at the same moment. Look, and try again.") from fault
