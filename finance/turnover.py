"""Turnover: what went in and out of accounts, the trial balance, and the history of one account.

The problem: a balance says what is there, not how it came, and a list of balances says nothing when one of
them is wrong. Here every account shows its debits and credits per layer, the trial balance sums them per
unit to a difference that must be exactly zero, and the history of an account leads from an opening balance,
posting by posting, to the closing one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from .accounts import Account
from .dates import parse_day
from .errors import DocumentInvalid
from .money import Money, decimal_text
from .units import Unit

TurnoverLayer = Literal["S", "P", "E"]
LAYER_WORDS: dict[TurnoverLayer, str] = {"S": "settled", "P": "pending", "E": "encumbered"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTurnover:
    """What went in and out of one account in one layer.

    Attributes
    ----------
    debits, credits : Money
        Sums of the two sides.

    Examples
    --------
    >>> from almoner import money
    >>> LayerTurnover(debits=money("5", "USD"), credits=money("7", "USD")).net
    Money('-2.00 USD')
    """

    debits: Money
    credits: Money

    @property
    def net(self) -> Money:
        """Debits less credits."""
        return self.debits - self.credits


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTurnover:
    """What went in and out of one account, in each layer.

    Attributes
    ----------
    account : Account
        Which.
    settled, pending, encumbered : LayerTurnover
        What happened; what is held and may happen; what is promised.
    """

    account: Account
    settled: LayerTurnover
    pending: LayerTurnover
    encumbered: LayerTurnover

    def layer(self, layer: TurnoverLayer) -> LayerTurnover:
        """Return one layer."""
        return {"S": self.settled, "P": self.pending, "E": self.encumbered}[layer]

    def balance_of(self, layer: TurnoverLayer) -> Money:
        """Return the balance of one layer, positive on the side on which the account grows."""
        net = self.layer(layer).net
        return net if self.account.normal == 1 else -net

    @property
    def balance(self) -> Money:
        """What it holds: the settled balance, positive on the side on which the account grows."""
        return self.balance_of("S")

    @property
    def free(self) -> Money:
        """What it can still give: the balance less what is held or promised out of it."""
        if self.account.normal == 1:
            return self.balance - self.pending.credits - self.encumbered.credits
        return self.balance - self.pending.debits - self.encumbered.debits


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over many accounts: like money, but without the bound of what one account can hold.

    Attributes
    ----------
    minor : int [minor units]
        The sum.
    unit : Unit
        What is counted.

    Examples
    --------
    >>> from almoner import currency
    >>> Total(2**63, currency("USD")).text
    '92233720368547758.08'
    """

    minor: int
    unit: Unit

    @property
    def text(self) -> str:
        """The sum as a plain decimal string."""
        return decimal_text(self.minor, self.unit.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTurnover:
    """Debits and credits of all accounts in one unit and layer.

    Attributes
    ----------
    layer : str
        ``S``, ``P`` or ``E``.
    debits, credits : Total
        Equal when the books are right.
    """

    layer: TurnoverLayer
    debits: Total
    credits: Total

    @property
    def difference(self) -> Total:
        """Debits less credits; zero when the books are right."""
        return Total(self.debits.minor - self.credits.minor, self.debits.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """Debits, credits and balance of every account of a book, as of a day.

    Attributes
    ----------
    book : str
        Its code.
    on : date or None
        Last day counted; None for all there is.
    accounts : tuple of AccountTurnover
        By path, unit and earmark.

    Examples
    --------
    >>> from almoner import currency, money
    >>> from almoner.finance.accounts import cash, pool
    >>> usd, five = currency("USD"), money("5.00", "USD")
    >>> none = LayerTurnover(debits=money("0", usd), credits=money("0", usd))
    >>> in_hand = AccountTurnover(account=cash("water", usd), pending=none, encumbered=none,
    ...                           settled=LayerTurnover(debits=five, credits=money("0", usd)))
    >>> owned = AccountTurnover(account=pool("water", usd), pending=none, encumbered=none,
    ...                         settled=LayerTurnover(debits=money("0", usd), credits=five))
    >>> made = TrialBalance(book="main", on=None, accounts=(in_hand, owned))
    >>> [(row.layer, row.debits.text, row.difference.text) for row in made.totals]
    [('S', '5.00', '0.00')]
    """

    book: str
    on: date | None
    accounts: tuple[AccountTurnover, ...]

    @property
    def totals(self) -> tuple[UnitTurnover, ...]:
        """Sums per unit and layer, where anything was posted."""
        sums: dict[tuple[str, int], tuple[Unit, list[int]]] = {}
        for row in self.accounts:
            for place, layer in enumerate(LAYER_WORDS):
                part = row.layer(layer)
                if part.debits or part.credits:
                    unit = row.account.unit
                    _, pair = sums.setdefault((unit.code, place), (unit, [0, 0]))
                    pair[0] += part.debits.minor
                    pair[1] += part.credits.minor
        layers = tuple(LAYER_WORDS)
        return tuple(
            UnitTurnover(layer=layers[place], debits=Total(pair[0], unit), credits=Total(pair[1], unit))
            for (_, place), (unit, pair) in sorted(sums.items())
        )

    @property
    def is_balanced(self) -> bool:
        """Tell whether debits equal credits in every unit and layer."""
        return not any(row.difference.minor for row in self.totals)

    @property
    def below_floor(self) -> tuple[AccountTurnover, ...]:
        """Accounts that a later, backdated posting shows below their floor on this day."""
        return tuple(
            row
            for row in self.accounts
            if row.account.floor is not None and row.free.minor < row.account.floor
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryCursor:
    """A place in the history of an account: behind one posting.

    Attributes
    ----------
    day : date
        Its transaction's.
    transaction : UUID
        Its transaction.
    seq : int [position]
        Its place in it.

    Examples
    --------
    >>> at = HistoryCursor.read("2026-01-15/018f0000-0000-7000-8000-000000000001/2")
    >>> at.seq, str(at)
    (2, '2026-01-15/018f0000-0000-7000-8000-000000000001/2')
    """

    day: date
    transaction: UUID
    seq: int

    def __str__(self) -> str:
        return f"{self.day.isoformat()}/{self.transaction}/{self.seq}"

    @classmethod
    def read(cls, text: str) -> "HistoryCursor":
        """Read a cursor from its text.

        Raises
        ------
        DocumentInvalid
            When it is none.
        """
        try:
            day, transaction, seq = text.split("/")
            return cls(day=parse_day(day), transaction=UUID(transaction), seq=int(seq))
        except ValueError:
            raise DocumentInvalid(
                f"{text!r} is no place in a history. Give the one that the page before ended with: "
                "DAY/TRANSACTION/NUMBER.",
                got=text,
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One posting in the history of an account.

    Attributes
    ----------
    transaction : UUID
        Where it belongs.
    seq : int [position]
        Its place there.
    effective_on : date
        The day it counts for.
    kind, line : str
        What happened, and on which line of a statement it stands.
    payee : str
        The other party, when there is one.
    side : int [+1 debit, -1 credit]
        Which side.
    amount : Money
        As posted; negative for a release.
    balance : Money
        The account's balance in this layer after it.
    """

    transaction: UUID
    seq: int
    effective_on: date
    kind: str
    line: str
    payee: str
    side: Literal[1, -1]
    amount: Money
    balance: Money

    @property
    def place(self) -> HistoryCursor:
        """The cursor behind this entry."""
        return HistoryCursor(day=self.effective_on, transaction=self.transaction, seq=self.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHistory:
    """The postings of one account over a span of days, from opening to closing balance; or a page of them.

    Attributes
    ----------
    account : Account
        Which.
    layer : str
        ``S``, ``P`` or ``E``.
    after, through : date or None
        The span ``(after, through]``.
    opening, closing : Money
        The balance before the first and after the last entry of this page, positive on the side on which the
        account grows.
    entries : tuple of HistoryEntry
        By day, transaction and place.
    following : HistoryCursor or None
        Where the next page begins; None when this is the last.
    """

    account: Account
    layer: TurnoverLayer
    after: date | None
    through: date | None
    opening: Money
    entries: tuple[HistoryEntry, ...]
    following: HistoryCursor | None = None

    @property
    def closing(self) -> Money:
        """The balance after the last entry."""
        return self.entries[-1].balance if self.entries else self.opening


def moved_turnover(
    account: Account, counters: Iterable[int], later: Iterable[int] = (0, 0, 0, 0, 0, 0)
) -> AccountTurnover:
    """Make an account's turnover from its six counters, less what was posted later.

    Parameters
    ----------
    account : Account
        Which.
    counters, later : iterable of int [minor units]
        Settled, pending and encumbered debits and credits, in this order.

    Examples
    --------
    >>> from almoner import currency
    >>> from almoner.finance.accounts import cash
    >>> moved_turnover(cash("water", currency("USD")), (500, 200, 0, 0, 0, 0), (100, 0, 0, 0, 0, 0)).balance
    Money('2.00 USD')
    """
    left = [
        Money(minor=int(now) - int(then), unit=account.unit)
        for now, then in zip(counters, later, strict=True)
    ]
    settled, pending, encumbered = (
        LayerTurnover(debits=left[at], credits=left[at + 1]) for at in range(0, len(left), 2)
    )
    return AccountTurnover(account=account, settled=settled, pending=pending, encumbered=encumbered)
