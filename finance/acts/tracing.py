"""Whose money a payment was, and what became of a contribution: both ways from the same rows."""

import json
from collections.abc import Iterable
from uuid import UUID

from ..ledger import LINES
from ..money import Money
from ..records import entries, registry
from ..records.audit import AnyRow
from ..statements import Use
from ..storage import Session
from ..units import Unit


def trace(session: Session, book: str, transaction_id: UUID) -> tuple[Use, ...]:
    """Return whose money a payment was: one row per contribution and leg, summing to the payment.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    transaction_id : UUID
        The payment.

    Raises
    ------
    Missing
        When there is no such transaction.
    """
    book_id = registry.find_book_id(session, book)
    entries.find_transaction(session, book_id, transaction_id)
    return told_uses(session, entries.list_draws(session, book_id, entries.of_transaction(transaction_id)))


def uses(session: Session, book: str, contribution: str) -> tuple[Use, ...]:
    """Return every payment a contribution took part in, oldest first; what came back is negative.

    Summed over all contributions this is what ``trace`` gives on the lines of uses, summed over all payments.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    contribution : str
        Its code: the key under which it was booked.

    Raises
    ------
    Missing
        When there is no such contribution.
    """
    book_id = registry.find_book_id(session, book)
    entries.find_contribution_ids(session, [contribution], book_id)
    rows = entries.list_draws(session, book_id, entries.of_contribution(contribution))
    return told_uses(session, (row for row in rows if LINES[row.line] == "use"))


def told_uses(session: Session, rows: Iterable[AnyRow]) -> tuple[Use, ...]:
    """Turn draws into facts, without those on internal lines.

    Parameters
    ----------
    session : Session
        The caller's.
    rows : iterable of Row
        From ``records.entries.list_draws``.
    """
    units: dict[str, Unit] = {}
    told = []
    for row in rows:
        if LINES[row.line] == "internal":
            continue
        if row.unit not in units:
            units[row.unit] = registry.find_unit(session, row.unit)
        told.append(
            Use(
                transaction=row.id,
                kind=row.kind,
                line=row.line,
                payee=str(json.loads(row.body)["payee"]),
                effective_on=row.effective_on,
                contribution=row.code,
                giver=row.giver,
                earmark=row.earmark,
                amount=Money(minor=row.side * row.amount, unit=units[row.unit]),
            )
        )
    return tuple(told)
