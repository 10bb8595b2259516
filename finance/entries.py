"""Ledger entries as a document: what a person or another program wants posted, account by account.

The problem: not every entry is one of the library's acts, and a spreadsheet of debits and credits has no
keys, no units and no restrictions. A ``LedgerEntries`` document names for each leg the whole identity of its
account, the side and an exact amount; it opens no account, and the ledger's own rules hold for it unchanged.
"""

from datetime import date
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .accounts import UNRESTRICTED
from .documents import Code, DecimalText, Document, Text, UnitCode
from .findings import Findings, finding, repeated
from .ledger import LINES, MAX_LEGS

MAX_ENTRIES = 8192
EntryKey = Annotated[str, StringConstraints(min_length=1, max_length=200)]
AccountPath = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class EntryDraw(Document):
    """Whose money a pool leg of an entry moves.

    Attributes
    ----------
    contribution : str
        Code of the contribution.
    amount : str
        Decimal string.

    Examples
    --------
    >>> EntryDraw.read('{"contribution": "gift-1", "amount": "5.00"}').amount
    '5.00'
    """

    contribution: EntryKey
    amount: DecimalText


class EntryLeg(Document):
    """One side of an entry on one account.

    Attributes
    ----------
    account, earmark, unit : str
        The identity of an open account: its path, restriction and unit.
    side : str
        ``debit`` or ``credit``.
    amount : str
        Decimal string; negative only to release what is encumbered.
    line : str
        The line of a statement it stands on, a key of ``finance.ledger.LINES``.
    layer : str
        ``settled`` or ``encumbered``.
    draws : tuple of EntryDraw
        Whose money a pool leg moves; left out on a debit, the fund's draw rule fills it in.

    Examples
    --------
    >>> EntryLeg.read('{"account": "water/cash", "unit": "USD", "side": "credit", "amount": "5.00",'
    ...               ' "line": "bank_charge"}').earmark
    'unrestricted'
    """

    account: AccountPath
    earmark: Code = UNRESTRICTED
    unit: UnitCode
    side: Literal["debit", "credit"]
    amount: DecimalText
    line: Code
    layer: Literal["settled", "encumbered"] = "settled"
    draws: tuple[EntryDraw, ...] = ()

    def findings(self, at: str = "") -> Findings:
        """List an unknown line, and an amount of nothing."""
        found = []
        if self.line not in LINES:
            near = get_close_matches(self.line, LINES, n=1) or sorted(LINES)
            found.append(finding(f"{at}/line", f"no line {self.line!r}; use {' or '.join(near)}"))
        if not self.amount.strip("-0."):
            found.append(finding(f"{at}/amount", f"{self.amount} posts nothing; the amount must not be zero"))
        return found


class Entry(Document):
    """One transaction to post.

    Attributes
    ----------
    key : str
        Idempotency key: the same key with the same entry is posted once.
    kind : str
        The business event, for example ``bank_charge``.
    effective_on : date or None
        The day it counts for; the day on which it is recorded when None.
    payee, note : str
        Code of the party who receives money; a note for people.
    legs : tuple of EntryLeg
        At least two; debits equal credits per unit and layer.
    """

    key: EntryKey
    kind: Code
    effective_on: date | None = None
    payee: str = ""
    note: Text | Literal[""] = ""
    legs: Annotated[tuple[EntryLeg, ...], Field(min_length=2, max_length=MAX_LEGS)]

    def findings(self, at: str = "") -> Findings:
        """List the findings of all legs."""
        return [row for place, leg in enumerate(self.legs) for row in leg.findings(f"{at}/legs/{place}")]


class LedgerEntries(Document):
    """Transactions to post together, all or none.

    Attributes
    ----------
    entries : tuple of Entry
        1 to 8,192, posted in this order.

    Examples
    --------
    >>> charge = LedgerEntries.read(EXAMPLE)
    >>> charge.entries[0].legs[0].line
    'bank_charge'
    >>> LedgerEntries.read(EXAMPLE.replace("bank_charge", "bank_change"))
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: LedgerEntries has 2 faults: /entries/0/legs/0/line: no line \
'bank_change'; use bank_charge; /entries/0/legs/1/line: no line 'bank_change'; use bank_charge.
    """

    schema_: Literal["almoner.entries/1"] = Field(alias="schema", default="almoner.entries/1")
    entries: Annotated[tuple[Entry, ...], Field(min_length=1, max_length=MAX_ENTRIES)]

    def findings(self, at: str = "") -> Findings:
        """List the findings of all entries, and keys that stand twice."""
        found = [
            row for place, one in enumerate(self.entries) for row in one.findings(f"{at}/entries/{place}")
        ]
        for place in repeated([one.key for one in self.entries]):
            key = self.entries[place].key
            found.append(finding(f"{at}/entries/{place}/key", f"the key {key!r} stands twice"))
        return found


EXAMPLE = """{"schema": "almoner.entries/1", "entries": [
 {"key": "charge-2026-01", "kind": "bank_charge", "effective_on": "2026-01-31", "legs": [
  {"account": "water/pool", "unit": "USD", "side": "debit", "amount": "12.50", "line": "bank_charge"},
  {"account": "water/cash", "unit": "USD", "side": "credit", "amount": "12.50", "line": "bank_charge"}]}]}"""
