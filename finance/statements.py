"""Statements: sources, uses, and what is left; and, for one donor, what its money became.

The problem: a statement computed from other figures than the ledger's drifts from it. Every line here is a
sum of postings, so opening + sources - uses = closing holds by construction, and the closing balance is
compared with the ledger's own. A donor statement follows each deposit through the draws to the payments
it became part of, to the minor unit.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from .in_kind import Valuation, value_of
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
    contribution, giver, earmark : str
        Whose money it was, and under which restriction.
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
    earmark: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class UseTotal:
    """What went to one payee on one line.

    Attributes
    ----------
    line, payee : str
        Where it stands, and who received it.
    amount : Money
        The sum; negative when more came back than went out.
    """

    line: str
    payee: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class EarmarkRemainder:
    """What is left of a donor's money under one restriction.

    Attributes
    ----------
    earmark : str
        Its code.
    amount : Money
        What is left.
    """

    earmark: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InKindGift:
    """A gift in kind in a donor statement: in its own unit, its value beside it, never part of the cash.

    Attributes
    ----------
    contribution, earmark : str
        Codes.
    given, remaining : Money
        In the unit of the gift.
    valuation : Valuation or None
        What one unit is worth, on whose word; None as long as nobody has valued it.

    Examples
    --------
    >>> from almoner import money
    >>> from almoner.finance.in_kind import in_kind_unit
    >>> hours = money("40.00", in_kind_unit("hour", 2))
    >>> by_lab = Valuation(price=money("25.00", "USD"), method="market", haircut_bp=2000, valued_by="lab",
    ...                    valued_on=date(2026, 1, 1), evidence_sha256=bytes(32))
    >>> gift = InKindGift(contribution="help", earmark="north", given=hours, remaining=hours,
    ...                   valuation=by_lab)
    >>> gift.given, gift.value
    (Money('40.00 hour'), Money('800.00 USD.v'))
    """

    contribution: str
    earmark: str
    given: Money
    remaining: Money
    valuation: Valuation | None = None

    @property
    def used(self) -> Money:
        """Given less remaining."""
        return self.given - self.remaining

    @property
    def value(self) -> Money | None:
        """What was given is worth, in a ``valued`` unit."""
        return None if self.valuation is None else value_of(self.given, self.valuation)


@dataclass(frozen=True, slots=True, kw_only=True)
class DonorStatement:
    """What one donor gave to a fund, and what became of it.

    Attributes
    ----------
    fund, giver : str
        Codes.
    through : date or None
        Last day counted; None for all there is.
    pledged : Money
        Promised, neither signed nor paid in.
    receivable : Money
        Signed and not yet paid in.
    deposited : Money
        Paid in.
    uses : tuple of Use
        Every payment its money took part in, and every part of one that came back.
    remainders : tuple of EarmarkRemainder
        What is left of it, by restriction, from the ledger's lots.
    in_kind : tuple of InKindGift
        Gifts in kind; no figure above counts them.
    """

    fund: str
    giver: str
    pledged: Money
    receivable: Money
    deposited: Money
    uses: tuple[Use, ...]
    remainders: tuple[EarmarkRemainder, ...]
    in_kind: tuple[InKindGift, ...] = ()
    through: date | None = None

    @property
    def used(self) -> Money:
        """Sum of the uses, what came back taken off."""
        return sum((use.amount for use in self.uses), start=zero(self.deposited.unit))

    @property
    def refunded(self) -> Money:
        """What came back to the fund from payments; ``used`` is less by it."""
        back = (-use.amount for use in self.uses if use.line == "refund")
        return sum(back, start=zero(self.deposited.unit))

    @property
    def remaining(self) -> Money:
        """What is left, under whatever restriction."""
        return sum((row.amount for row in self.remainders), start=zero(self.deposited.unit))

    @property
    def difference(self) -> Money:
        """Deposited - used - remaining; zero when every unit is accounted for."""
        return self.deposited - self.used - self.remaining

    @property
    def by_payee(self) -> tuple[UseTotal, ...]:
        """The uses, summed by line and payee: lines in the order of ``LINES``, payees by code."""
        sums: dict[tuple[str, str], Money] = {}
        for use in self.uses:
            key = use.line, use.payee
            sums[key] = sums.get(key, zero(self.deposited.unit)) + use.amount
        order = list(LINES)
        return tuple(
            UseTotal(line=line, payee=payee, amount=amount)
            for (line, payee), amount in sorted(
                sums.items(), key=lambda row: (order.index(row[0][0]), row[0][1])
            )
        )
