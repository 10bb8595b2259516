"""What is asked and answered about accounts and transactions."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from ...finance.accounts import UNRESTRICTED
from ...finance.ledger import DEBIT, Leg, Transaction
from ...finance.money import Money
from ...finance.statements import Use
from ...finance.turnover import (
    LAYER_WORDS,
    AccountHistory,
    AccountTurnover,
    HistoryEntry,
    LayerTurnover,
    TurnoverLayer,
    UnitTurnover,
)
from .base import Instant, Made, PageQuery, Reply
from .booking import SourceText

LayerWord = Literal["settled", "pending", "encumbered"]
Side = Literal["debit", "credit"]
PathText = Annotated[str, Field(max_length=400)]
ShortText = Annotated[str, Field(max_length=80)]
LAYERS: dict[LayerWord, TurnoverLayer] = {"settled": "S", "pending": "P", "encumbered": "E"}


def side_word(side: int) -> Side:
    """Return a side in words.

    Parameters
    ----------
    side : int [+1 debit, -1 credit]
        As the ledger keeps it.

    Examples
    --------
    >>> side_word(1)
    'debit'
    """
    return "debit" if side == DEBIT else "credit"


class AccountQuery(PageQuery):
    """Which accounts, and on which day; an empty filter admits all."""

    account: PathText = ""
    fund: ShortText = ""
    unit: ShortText = ""
    earmark: ShortText = ""
    on: date | None = None


class BalanceQuery(BaseModel):
    """One account by its identity; the unit may be left out where there is only one."""

    account: Annotated[str, Field(min_length=1, max_length=400)]
    unit: ShortText = ""
    earmark: ShortText = UNRESTRICTED
    on: date | None = None


class HistoryQuery(PageQuery):
    """The postings of one account over the days ``(after, through]``."""

    account: Annotated[str, Field(min_length=1, max_length=400)]
    unit: ShortText = ""
    earmark: ShortText = UNRESTRICTED
    layer: LayerWord = "settled"
    after: date | None = None
    through: date | None = None


class TransactionQuery(PageQuery):
    """Which transactions: of a kind, over the days ``(after, through]``."""

    kind: ShortText = ""
    after: date | None = None
    through: date | None = None


class LayerReply(BaseModel):
    """What went in and out of an account in one layer; the balance is positive where the account grows."""

    debits: str
    credits: str
    balance: str

    @classmethod
    def of(cls, one: LayerTurnover, balance: str) -> Self:
        """Return a layer as a reply."""
        return cls(debits=one.debits.text, credits=one.credits.text, balance=balance)


class AccountLine(BaseModel):
    """An account with what it holds."""

    account: str
    fund: str
    role: str
    earmark: str
    unit: str
    grows_on: Side
    balance: str
    free: str
    settled: LayerReply
    pending: LayerReply
    encumbered: LayerReply

    @classmethod
    def of(cls, one: AccountTurnover) -> Self:
        """Return an account's turnover as a reply."""
        layers = {
            word: LayerReply.of(one.layer(layer), one.balance_of(layer).text)
            for layer, word in LAYER_WORDS.items()
        }
        return cls(
            account=one.account.path,
            fund=one.account.fund,
            role=one.account.role,
            earmark=one.account.earmark,
            unit=one.account.unit.code,
            grows_on=side_word(one.account.normal),
            balance=one.balance.text,
            free=one.free.text,
            settled=layers["settled"],
            pending=layers["pending"],
            encumbered=layers["encumbered"],
        )


class AccountList(Reply):
    """A page of accounts."""

    items: list[AccountLine]
    next: str | None


class AccountReply(Reply, AccountLine):
    """What one account holds, at the end of ``on`` when a day was asked for."""

    on: date | None = None


class TotalReply(BaseModel):
    """Debits and credits of all accounts in one unit and layer."""

    layer: LayerWord
    unit: str
    debits: str
    credits: str
    difference: str

    @classmethod
    def of(cls, row: UnitTurnover) -> Self:
        """Return a sum as a reply."""
        word = next(word for word, layer in LAYERS.items() if layer == row.layer)
        return cls(
            layer=word,
            unit=row.debits.unit.code,
            debits=row.debits.text,
            credits=row.credits.text,
            difference=row.difference.text,
        )


class TrialBalanceReply(Reply):
    """The trial balance of a book: sums of the whole, and a page of its accounts."""

    book: str
    on: date | None
    balanced: bool
    totals: list[TotalReply]
    items: list[AccountLine]
    next: str | None


class HistoryLine(BaseModel):
    """One posting of an account, with the balance after it.

    Attributes
    ----------
    seq : int [position]
        Its place in the transaction.
    """

    transaction: UUID
    seq: int
    effective_on: date
    kind: str
    line: str
    payee: str
    side: Side
    amount: str
    balance: str

    @classmethod
    def of(cls, one: HistoryEntry) -> Self:
        """Return an entry as a reply."""
        return cls(
            transaction=one.transaction,
            seq=one.seq,
            effective_on=one.effective_on,
            kind=one.kind,
            line=one.line,
            payee=one.payee,
            side=side_word(one.side),
            amount=one.amount.text,
            balance=one.balance.text,
        )


class HistoryReply(Reply):
    """A page of an account's postings, from its opening to its closing balance."""

    account: str
    earmark: str
    unit: str
    layer: LayerWord
    opening: str
    closing: str
    items: list[HistoryLine]
    next: str | None

    @classmethod
    def of(cls, made: AccountHistory, layer: LayerWord, following: str | None) -> Self:
        """Return a history as a reply."""
        return cls(
            account=made.account.path,
            earmark=made.account.earmark,
            unit=made.account.unit.code,
            layer=layer,
            opening=made.opening.text,
            closing=made.closing.text,
            items=[HistoryLine.of(one) for one in made.entries],
            next=following,
        )


class LedgerDraw(BaseModel):
    """Part of a posting that one contribution bears."""

    contribution: str
    amount: str


class LegReply(BaseModel):
    """One side of a transaction on one account."""

    account: str
    earmark: str
    unit: str
    side: Side
    layer: LayerWord
    line: str
    amount: str
    draws: list[LedgerDraw]

    @classmethod
    def of(cls, leg: Leg) -> Self:
        """Return a leg as a reply."""
        word = next(word for word, layer in LAYERS.items() if layer == leg.layer)
        return cls(
            account=leg.account.path,
            earmark=leg.account.earmark,
            unit=leg.amount.unit.code,
            side=side_word(leg.side),
            layer=word,
            line=leg.line,
            amount=leg.amount.text,
            draws=[
                LedgerDraw(
                    contribution=one.contribution, amount=Money(minor=one.minor, unit=leg.amount.unit).text
                )
                for one in leg.draws
            ],
        )


class TransactionLine(BaseModel):
    """A posted transaction with its legs.

    Attributes
    ----------
    act : str
        ``posted``; ``pending`` for a hold, ``post``, ``void``, ``expire`` for what ended one; ``reverse``.
    refunds, parent, corrects : UUID or None
        The payment whose money comes back; the hold it ends or what it undoes; what it stands in for.
    """

    id: UUID
    kind: str
    act: str
    effective_on: date
    recorded_at: Instant
    payee: str
    note: str
    source: SourceText
    refunds: UUID | None
    parent: UUID | None
    corrects: UUID | None
    expires_at: Instant | None
    legs: list[LegReply]

    @classmethod
    def of(cls, one: Transaction) -> Self:
        """Return a transaction as a reply."""
        return cls(
            id=one.id,
            kind=one.kind,
            act=one.act,
            effective_on=one.effective_on,
            recorded_at=one.recorded_at,
            payee=one.payee,
            note=one.note,
            source=SourceText(kind=one.source.kind, reference=one.source.reference),
            refunds=one.refunds,
            parent=one.parent,
            corrects=one.corrects,
            expires_at=one.expires_at,
            legs=[LegReply.of(leg) for leg in one.legs],
        )


class TransactionReply(Reply, TransactionLine):
    """A transaction that was posted."""


class TransactionMade(Made, TransactionLine):
    """A transaction as it was posted."""


class TransactionList(Reply):
    """A page of transactions, oldest first."""

    items: list[TransactionLine]
    next: str | None


class PostedLine(BaseModel):
    """An entry's key and the transaction it became."""

    key: str
    transaction: TransactionLine


class PostedReply(Made):
    """The transactions of a batch, in the order of its entries."""

    items: list[PostedLine]


class TraceLine(BaseModel):
    """Part of a payment that one contribution bore; negative when money came back."""

    contribution: str
    giver: str
    earmark: str
    line: str
    amount: str
    unit: str

    @classmethod
    def of(cls, one: Use, *, masked: bool) -> Self:
        """Return a share as a reply; a masked one does not name the giver."""
        return cls(
            contribution=one.contribution,
            giver="" if masked else one.giver,
            earmark=one.earmark,
            line=one.line,
            amount=one.amount.text,
            unit=one.amount.unit.code,
        )


class TraceReply(Reply):
    """Whose money a transaction was: one row per contribution and leg, which sum to it."""

    transaction: UUID
    items: list[TraceLine]
