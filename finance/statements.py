"""Statements: sources, uses, and what is left; and, for one donor, what its money became.

The problem: a statement computed from other figures than the ledger's drifts from it. Every line here is a
sum of postings, so opening + sources - uses = closing holds by construction, and the closing balance is
compared with the ledger's own. A donor statement follows each deposit through the draws to the payments
it became part of, to the minor unit.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from .ledger import LINES
from .money import Money, zero


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One line of a statement.

    Attributes
    ----------
    line : str
        A key of ``finance.ledger.LINES``.
    amount : Money
        Sources and uses are positive; a refund is a negative use.
    """

    line: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Sources and uses of a fund over a span of days.

    Attributes
    ----------
    fund : str
        Its code.
    after, through : date or None
        The span ``(after, through]``; None means from the beginning, or to the end.
    opening, closing : Money
        The balance before and after.
    lines : tuple of StatementLine
        Sources first, then uses.
    ledger_closing : Money
        The balance the ledger itself holds at the end of the span.
    """

    fund: str
    after: date | None
    through: date | None
    opening: Money
    closing: Money
    lines: tuple[StatementLine, ...]
    ledger_closing: Money

    def _total(self, kind: str) -> Money:
        total = zero(self.opening.unit)
        for row in self.lines:
            if LINES[row.line] == kind:
                total += row.amount
        return total

    @property
    def sources(self) -> Money:
        """Sum of all sources."""
        return self._total("source")

    @property
    def uses(self) -> Money:
        """Sum of all uses, refunds taken off."""
        return self._total("use")

    @property
    def difference(self) -> Money:
        """Opening + sources - uses - the ledger's own closing balance; zero when the books are right."""
        return self.opening + self.sources - self.uses - self.ledger_closing

    def amount(self, line: str) -> Money:
        """Return the amount on one line, zero when nothing stands there."""
        total = zero(self.opening.unit)
        for row in self.lines:
            if row.line == line:
                total += row.amount
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Part of a payment that one contribution bore.

    Attributes
    ----------
    transaction : UUID
        The payment.
    kind, line : str
        What happened, and on which line it stands.
    payee : str
        Who received it, when somebody did.
    effective_on : date
        When.
    contribution, giver : str
        Whose money it was.
    amount : Money
        How much of it; negative when money came back.
    """

    transaction: UUID
    kind: str
    line: str
    payee: str
    effective_on: date
    contribution: str
    giver: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DonorStatement:
    """What one donor gave to a fund, and what became of it.

    Attributes
    ----------
    fund, giver : str
        Codes.
    pledged : Money
        Promised, neither signed nor paid in.
    receivable : Money
        Signed and not yet paid in.
    deposited : Money
        Paid in.
    uses : tuple of Use
        Every payment its money took part in.
    remaining : Money
        What is left of it.
    """

    fund: str
    giver: str
    pledged: Money
    receivable: Money
    deposited: Money
    uses: tuple[Use, ...]
    remaining: Money

    @property
    def used(self) -> Money:
        """Sum of the uses."""
        total = zero(self.deposited.unit)
        for use in self.uses:
            total += use.amount
        return total

    @property
    def difference(self) -> Money:
        """Deposited - used - remaining; zero when every unit is accounted for."""
        return self.deposited - self.used - self.remaining
