"""The ledger's facts: legs, drafts and transactions. Balanced, or it does not exist.

The problem: an entry that does not balance, or names two currencies in one sum, hides lost money. A
``Draft`` is checked when it is made: per unit and layer, debits equal credits to the minor unit. The
database checks the same again when the draft is posted (``posting.py``).

Layers: ``S`` settled (happened), ``P`` pending (held, may settle), ``E`` encumbered (promised, may become
payable). A release in P or E is a leg on the same side with a negative amount.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from .accounts import Account
from .errors import AmountOutOfRange, CurrencyMismatch, PostingRefused, UnbalancedTransaction
from .money import MAX_MINOR, Money
from .rates import Conversion

Layer = Literal["S", "P", "E"]
Act = Literal["posted", "pending", "post", "void", "expire", "reverse", "refused"]
DEBIT: Literal[1] = 1
CREDIT: Literal[-1] = -1
MAX_LEGS = 4096

LINES: dict[str, Literal["source", "use", "internal"]] = {
    "contribution": "source",
    "fund_income": "source",
    "partner_interest": "source",
    "fx_bought": "source",
    "fee": "use",
    "bank_charge": "use",
    "direct_cost": "use",
    "transfer": "use",
    "transfer_to_fund": "use",
    "payout": "use",
    "refund": "use",
    "donor_refund": "use",
    "fx_sold": "use",
    "in_kind_given": "source",
    "in_kind_used": "use",
    "in_kind_expired": "use",
    "pledge": "internal",
    "advance": "internal",
    "encumbrance": "internal",
    "release": "internal",
    "allocation": "internal",
    "valuation": "internal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Part of a pool leg that belongs to one contribution.

    Attributes
    ----------
    contribution : str
        Code of the contribution.
    minor : int [minor units]
        Positive.
    """

    contribution: str
    minor: int

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are an int, not {type(self.minor).__name__}: {self.minor!r}")
        if not 0 < self.minor <= MAX_MINOR:
            raise AmountOutOfRange(
                f"{self.minor} minor units of {self.contribution} cannot be drawn: draw a positive amount.",
                minor=str(self.minor),
                contribution=self.contribution,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One side of a transaction on one account.

    Attributes
    ----------
    account : Account
        Where.
    side : int [+1 debit, -1 credit]
        Which side.
    amount : Money
        Positive, or negative in layers P and E for a release.
    line : str
        The line of the source-and-use statement it stands on, a key of ``LINES``.
    layer : str
        ``S``, ``P`` or ``E``.
    draws : tuple of Draw
        Whose money a pool leg moves; left empty on a debit, the fund's draw rule fills it in.
    """

    account: Account
    side: Literal[1, -1]
    amount: Money
    line: str
    layer: Layer = "S"
    draws: tuple[Draw, ...] = ()

    def __post_init__(self) -> None:
        if self.line not in LINES:
            raise ValueError(f"line {self.line!r} is unknown: use one of {', '.join(sorted(LINES))}")
        if type(self.side) is not int or self.side not in (DEBIT, CREDIT):
            raise ValueError(f"side is {self.side!r}: +1 debit or -1 credit")
        if self.layer not in get_args(Layer):
            raise ValueError(f"layer is {self.layer!r}: S settled, P pending or E encumbered")
        if self.amount.unit != self.account.unit:
            raise CurrencyMismatch(
                f"{self.amount} does not fit account {self.account.path}, which holds "
                f"{self.account.unit.code}. Convert it first, at a dated rate.",
                amount=str(self.amount),
                account=self.account.path,
                unit=self.account.unit.code,
            )
        if self.amount.minor == 0 or (self.amount.minor < 0 and self.layer == "S"):
            raise AmountOutOfRange(
                f"{self.amount} cannot be posted on {self.account.path}: the amount must be positive.",
                amount=str(self.amount),
                account=self.account.path,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a figure comes from, kept with the transaction that books it.

    Attributes
    ----------
    kind : str
        ``published`` (printed in the cited source), ``derived`` (follows from published figures) or
        ``invented``.
    reference : str
        The citation; for an invented figure, what it stands for.
    """

    kind: Literal["published", "derived", "invented", "recorded"] = "recorded"
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an act may say beside its figures.

    Attributes
    ----------
    on : date or None
        The day it counts for; the clock's day when None.
    note : str
        For people.
    source : Source
        Where the figures come from.
    """

    on: date | None = None
    note: str = ""
    source: Source = field(default_factory=Source)


PLAIN = Details()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A transaction that is balanced but not posted.

    Attributes
    ----------
    kind : str
        The business event: ``contribution``, ``fee``, ``payout`` and so on.
    effective_on : date or None
        The day it counts for; the day on which it is recorded when None.
    legs : tuple of Leg
        At least two.
    payee : str
        Code of the party who receives the money, when somebody does.
    note : str
        For people.
    source : Source
        Where the figures come from.
    use : tuple of (str, str)
        What a payment is for, by column; decided which earmarks it drew on.
    refunds : UUID or None
        The transaction whose money comes back: the payment of a refund, or what a reversal undoes.
    corrects : UUID or None
        The reversed transaction that this one stands in for.
    conversions : tuple of Conversion
        What its legs on the lines ``fx_sold`` and ``fx_bought`` sell and buy, at which rates.

    Raises
    ------
    UnbalancedTransaction
        When debits and credits differ in any unit and layer; ``figures`` holds the difference.

    Examples
    --------
    >>> from datetime import date
    >>> from almoner import currency, money
    >>> from almoner.finance.accounts import cash, pool
    >>> usd = currency("USD")
    >>> Draft(kind="gift", effective_on=date(2026, 1, 1), legs=(
    ...     Leg(account=cash("water", usd), side=1, amount=money("5", usd), line="contribution"),
    ...     Leg(account=pool("water", usd), side=-1, amount=money("6", usd), line="contribution"),
    ... ))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.UnbalancedTransaction: gift does not balance: credits exceed debits by 1.00 USD.
    """

    kind: str
    effective_on: date | None
    legs: tuple[Leg, ...]
    payee: str = ""
    note: str = ""
    source: Source = field(default_factory=Source)
    use: tuple[tuple[str, str], ...] = ()
    refunds: UUID | None = None
    corrects: UUID | None = None
    conversions: tuple[Conversion, ...] = ()

    def __post_init__(self) -> None:
        if self.effective_on is not None and type(self.effective_on) is not date:
            raise TypeError(f"a transaction counts for a day, a date, not {self.effective_on!r}")
        if not 1 < len(self.legs) <= MAX_LEGS:
            raise UnbalancedTransaction(
                f"{self.kind} has {len(self.legs)} legs: a transaction has 2 to {MAX_LEGS}.",
                legs=len(self.legs),
            )
        if len(self.conversions) > 1:
            raise PostingRefused(
                f"{self.kind} has {len(self.conversions)} conversions: a transaction has one. "
                "Post each by itself.",
                conversions=len(self.conversions),
            )
        require_balance(self.kind, self.legs)


def require_balance(kind: str, legs: Sequence[Leg]) -> None:
    """Refuse legs whose debits and credits differ in any unit and layer.

    Raises
    ------
    UnbalancedTransaction
        With the difference.

    Examples
    --------
    >>> require_balance("nothing", ())
    """
    sums: dict[tuple[Layer, object], int] = defaultdict(int)
    for leg in legs:
        sums[leg.layer, leg.account.unit] += leg.side * leg.amount.minor
    for leg in legs:
        rest = sums[leg.layer, leg.account.unit]
        if rest:
            more, less = ("debits", "credits") if rest > 0 else ("credits", "debits")
            gap = Money(minor=abs(rest), unit=leg.account.unit)
            layer = {"S": "", "P": " (held)", "E": " (promises)"}[leg.layer]
            raise UnbalancedTransaction(
                f"{kind} does not balance: {more} exceed {less} by {gap}{layer}.",
                difference=gap.text,
                unit=gap.unit.code,
                layer=leg.layer,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A posted transaction.

    Attributes
    ----------
    id : UUID
        The same for every retry under one key.
    kind, effective_on, legs, payee, note, source, refunds, corrects
        As drafted; the day and the draws of each leg are filled in.
    recorded_at : datetime
        The clock's instant when it was first posted.
    replayed : bool
        True when the key had been posted before, and nothing was written now.
    act : str
        ``posted``; ``pending`` for a hold; ``post``, ``void`` or ``expire`` for what ended one; ``reverse``.
    parent : UUID or None
        The hold that it ends, or the transaction that it undoes.
    expires_at : datetime or None
        Until when a hold may be settled.
    """

    id: UUID
    kind: str
    effective_on: date
    recorded_at: datetime
    legs: tuple[Leg, ...]
    payee: str = ""
    note: str = ""
    source: Source = field(default_factory=Source)
    refunds: UUID | None = None
    replayed: bool = False
    act: Act = "posted"
    parent: UUID | None = None
    expires_at: datetime | None = None
    corrects: UUID | None = None
