"""What is asked and answered about what waits for somebody to act."""

from datetime import date
from typing import Literal

from .base import PageQuery, Reply

WaitingKind = Literal[
    "approval", "execution", "rejection", "signature", "claim", "dispute", "settlement", "return", "pledge"
]


class WaitingQuery(PageQuery):
    """Which of it."""

    kind: WaitingKind | Literal[""] = ""


class WaitingLine(Reply):
    """One thing that waits.

    Attributes
    ----------
    kind : str
        ``approval`` of a proposal; ``execution`` of an approved one; ``rejection``: one that was rejected in
        the last 90 days and is not followed by another, so that its maker proposes what is still wanted;
        ``signature`` under an agreement; ``claim`` for verifiers; ``dispute`` for a resolution;
        ``settlement`` of a decided claim; ``return`` of money owed back; ``pledge`` that is signed and not
        paid in.
    code : str
        Of the proposal, agreement, claim or payout; of a pledge, its giver.
    fund, agreement : str
        Where it lies; empty where it lies in none.
    what : str
        Kind of the transaction, title of the agreement, or metrics of the claim.
    parties : list of str
        Who is paid, who has to sign, or who owes.
    amount, unit : str
        Empty where it is not known yet.
    reason : str
        Why it was rejected; empty where it was not.
    since, until : date or None
        When it began to wait, or was rejected; from which day it is too late, or can be settled.
    """

    kind: WaitingKind
    code: str
    fund: str
    agreement: str
    what: str
    parties: list[str]
    amount: str
    unit: str
    reason: str
    since: date | None
    until: date | None


class WaitingSum(Reply):
    """How much of one kind waits in all.

    Attributes
    ----------
    count : int [lines]
        How many.
    """

    kind: WaitingKind
    unit: str
    count: int
    amount: str


class WaitingList(Reply):
    """A page of what waits, by deadline, and the sums of all of it."""

    items: list[WaitingLine]
    sums: list[WaitingSum]
    next: str | None
