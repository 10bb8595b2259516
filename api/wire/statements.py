"""What is answered about statements: sources, uses, and what became of one donor's money."""

from datetime import date

from pydantic import BaseModel

from ...finance.documents import UnitCode
from ...finance.ledger import LINES
from ...finance.statements import DonorStatement, InKindGift, Statement
from .base import Amount, PageQuery, Reply


class StatementQuery(BaseModel):
    """Which days, ``(after, through]``, and in which currency: the fund's own when ``unit`` is None."""

    after: date | None = None
    through: date | None = None
    unit: UnitCode | None = None


class StatementLineReply(Reply):
    """One line of a statement; ``kind`` is ``source`` or ``use``, and a refund is a negative use."""

    line: str
    kind: str
    amount: str


class StatementReply(Reply):
    """Sources and uses of a fund over a span of days: opening + sources - uses = closing.

    Attributes
    ----------
    difference : str
        Against the ledger's own closing balance; zero when the books are right.
    """

    fund: str
    unit: str
    after: date | None
    through: date | None
    opening: str
    sources: str
    uses: str
    closing: str
    difference: str
    lines: list[StatementLineReply]

    @classmethod
    def of(cls, made: Statement) -> "StatementReply":
        """Return a statement as a reply."""
        return cls(
            fund=made.fund,
            unit=made.opening.unit.code,
            after=made.after,
            through=made.through,
            opening=made.opening.text,
            sources=made.sources.text,
            uses=made.uses.text,
            closing=made.closing.text,
            difference=made.difference.text,
            lines=[
                StatementLineReply(line=row.line, kind=LINES[row.line], amount=row.amount.text)
                for row in made.lines
            ],
        )


class DonorStatementQuery(BaseModel):
    """Up to which day, and in which currency: the fund's own when ``unit`` is None."""

    through: date | None = None
    unit: UnitCode | None = None


class DonorUseQuery(PageQuery):
    """Up to which day, and in which currency: the fund's own when ``unit`` is None."""

    through: date | None = None
    unit: UnitCode | None = None


class UseTotalReply(Reply):
    """What went to one payee on one line."""

    line: str
    payee: str
    amount: str


class RemainderReply(Reply):
    """What is left of a donor's money under one restriction."""

    earmark: str
    amount: str


class InKindGiftReply(Reply):
    """A gift in kind in a donor statement, in its own unit; its value is never part of the cash."""

    contribution: str
    earmark: str
    unit: str
    given: str
    remaining: str
    value: Amount | None

    @classmethod
    def of(cls, gift: InKindGift) -> "InKindGiftReply":
        """Return a gift as a reply."""
        return cls(
            contribution=gift.contribution,
            earmark=gift.earmark,
            unit=gift.given.unit.code,
            given=gift.given.text,
            remaining=gift.remaining.text,
            value=None if gift.value is None else Amount.of(gift.value),
        )


class DonorStatementReply(Reply):
    """What one donor gave to a fund, and what became of it: deposited = used + remaining.

    Attributes
    ----------
    difference : str
        Deposited less used less remaining; zero when every unit is accounted for.
    refunded : str
        What came back to the fund from payments; ``used`` is less by it.
    """

    fund: str
    giver: str
    unit: str
    through: date | None
    pledged: str
    receivable: str
    deposited: str
    used: str
    refunded: str
    remaining: str
    difference: str
    by_payee: list[UseTotalReply]
    remainders: list[RemainderReply]
    in_kind: list[InKindGiftReply]

    @classmethod
    def of(cls, made: DonorStatement) -> "DonorStatementReply":
        """Return a donor statement as a reply; its single payments are a list of their own."""
        return cls(
            fund=made.fund,
            giver=made.giver,
            unit=made.deposited.unit.code,
            through=made.through,
            pledged=made.pledged.text,
            receivable=made.receivable.text,
            deposited=made.deposited.text,
            used=made.used.text,
            refunded=made.refunded.text,
            remaining=made.remaining.text,
            difference=made.difference.text,
            by_payee=[
                UseTotalReply(line=row.line, payee=row.payee, amount=row.amount.text) for row in made.by_payee
            ],
            remainders=[
                RemainderReply(earmark=row.earmark, amount=row.amount.text) for row in made.remainders
            ],
            in_kind=[InKindGiftReply.of(row) for row in made.in_kind],
        )
