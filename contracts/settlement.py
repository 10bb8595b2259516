"""Settlement: from a final determination to what is paid, with the reason beside each amount.

The problem: a payment and the finding it rests on are kept apart, and nobody can follow one to the other.
A ``Settlement`` keeps, for one claim and clause, what was earned, what the limits left, what was due, the
trace, and the transaction that paid it.
"""

from dataclasses import dataclass
from uuid import UUID

from ..finance.errors import TermError
from ..finance.money import Money
from ..finance.units import Unit
from .terms.document import WHOLE_TERM
from .terms.observing import Observation
from .terms.pay import Entitlement, TraceRow
from .terms.program import ClausePlan, Program


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
        To date, after limits; never above what is earned now.
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


def moved_by(entitlement: Entitlement, event: Observation) -> bool:
    """Tell whether an observation bears on an entitlement: always on one for the term, else in its period.

    Examples
    --------
    >>> row = Entitlement(clause="a", period="y1", earned=0, entitled=0, due=0, cuts=())
    >>> moved_by(row, Observation(metric="m", period="y2", value=1))
    False
    """
    spans = {entitlement.period, event.period}
    return bool(entitlement.due) or bool(spans & {"", WHOLE_TERM}) or len(spans) == 1


def require_settleable(program: Program, unit: Unit) -> None:
    """Refuse terms that are lawful, but that acts cannot settle yet.

    Parameters
    ----------
    program : Program
        Compiled terms.
    unit : Unit
        Of the fund that pays.

    Raises
    ------
    TermError
        With every clause, account and metric that is not settled yet, and why.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> from almoner.finance.units import currency
    >>> require_settleable(compile_terms(TermDocument.read(EXAMPLE)), currency("EUR"))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.TermError: Not settled yet: clause 'nights' pays in USD/2, the fund keeps EUR/2.
    """
    held = (unit.code, unit.scale)
    rows = [
        {"path": clause.path, "message": f"clause {clause.id!r} {fault}"}
        for clause in program.clauses
        if clause.basis != "note"
        for fault in _unsettled(program, clause, held)
    ]
    rows += [
        {"path": account.path, "message": f"account {account.id!r} is a pot that holds money"}
        for account in program.accounts
        if account.pot
    ]
    for name, metric in program.metrics.items():
        if metric.dims:
            told = f"metric {name!r} is per {', '.join(metric.dims)}, and a claim names no member"
            rows.append({"path": f"/metrics/{name}", "message": told})
        if metric.min_gap_days:
            told = f"metric {name!r} needs the day of each observation, and a claim carries none"
            rows.append({"path": f"/metrics/{name}", "message": told})
    if rows:
        shown = "; ".join(row["message"] for row in rows)
        raise TermError(f"Not settled yet: {shown}.", findings=rows)


def _unsettled(program: Program, clause: ClausePlan, held: tuple[str, int]) -> list[str]:
    """Say what in a clause is not settled yet."""
    ends = (("from", clause.payer), ("to", clause.payee))
    faults = [f"is paid for each of {', '.join(clause.each)}"] if clause.each else []
    faults += [f"pays {way} the split {name!r}" for way, name in ends if name in program.splits]
    pots = {account.id for account in program.accounts if account.pot}
    faults += [f"pays {way} the pot {name!r}" for way, name in ends if name in pots]
    if clause.two_way:
        faults.append("pays two ways")
    if clause.on_decrease == "recover":
        faults.append("recovers what was paid too much")
    if (clause.unit.unit, clause.unit.digits) != held:
        faults.append(f"pays in {clause.unit}, the fund keeps {held[0]}/{held[1]}")
    return faults
