"""Settlement: from a final determination to what is paid, with the reason beside each amount.

The problem: a payment and the finding it rests on are kept apart, and nobody can follow one to the other.
A ``Settlement`` keeps, for one claim and clause, what was earned, what the limits left, what was due, the
trace, and the transaction that paid it.
"""

from dataclasses import dataclass
from uuid import UUID

from ..finance.money import Money
from .terms.pay import Determined, Entitlement, TraceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What one determination brought about under one clause.

    Attributes
    ----------
    agreement, claim, clause, period : str
        The key.
    earned : Money
        To date, before limits.
    entitled : Money
        To date, after limits.
    due : Money
        Paid by this settlement.
    trace : tuple of TraceRow
        How ``earned`` came about.
    transaction : UUID or None
        The payment; None when nothing was due.
    """

    agreement: str
    claim: str
    clause: str
    period: str
    earned: Money
    entitled: Money
    due: Money
    trace: tuple[TraceRow, ...]
    transaction: UUID | None


def moved_by(entitlement: Entitlement, event: Determined, *, cumulative: bool) -> bool:
    """Tell whether a determination bears on an entitlement: always when it is to date, else in its period.

    Examples
    --------
    >>> row = Entitlement(clause="a", period="y1", earned=0, entitled=0, due=0, cuts=(), trace=())
    >>> moved_by(row, Determined(metric="m", period="y2", value=1), cumulative=False)
    False
    """
    return cumulative or bool(entitlement.due) or entitlement.period == event.period
