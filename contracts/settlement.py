"""Settlement: from final findings to what is paid, with the reason beside each amount.

The problem: a payment and the finding it rests on are kept apart, and nobody can follow one to the other. A
``Settlement`` is one step of an agreement: a finding became final, a dispute ended, an amendment took effect,
or a day passed. It keeps what each clause has earned to date, what limits left, what was due, and the payouts
that followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from ..finance.money import Money
from .terms.pay import TraceRow

Cause = Literal["determination", "resolution", "amendment", "calendar"]
Route = Literal["fund", "pot", "outside"]
PayoutStatus = Literal["paid", "waiting", "rejected", "outside", "owed", "part_returned", "returned", "void"]
KEPT_ASIDE: tuple[PayoutStatus, ...] = ("waiting", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledClause:
    """What stands under one clause after a settlement.

    Attributes
    ----------
    clause, period : str
        The key; ``term`` for what is not by period.
    members : tuple of str
        In the order of the clause's sets.
    earned : Money
        To date, before limits.
    entitled : Money
        To date, after limits.
    due : Money
        By this settlement; below zero where it is to be returned.
    cuts : Mapping of str to Money
        What each limit, pot or split cut.
    trace : tuple of TraceRow
        How ``earned`` came about.
    """

    clause: str
    period: str
    members: tuple[str, ...]
    earned: Money
    entitled: Money
    due: Money
    cuts: Mapping[str, Money]
    trace: tuple[TraceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """Money that one party owes another by a settlement, and what became of it.

    Attributes
    ----------
    id : UUID
        The same for every retry.
    agreement, clause, period, payer, payee : str
        Under what, and between whom, by their names in the terms.
    party : str
        Code of who gets it; empty for a pot.
    position : int [place]
        Of the settlement in the agreement.
    claim : str
        What it rests on; empty for a calendar or an amendment.
    amount : Money
        Positive.
    direction : str
        ``out``: to the payee; ``back``: returned by it.
    route : str
        ``fund``: the book's own money. ``pot``: it stays in the fund, kept for the pot. ``outside``: between
        others.
    status : str
        ``paid``; ``waiting`` for approval; ``rejected`` by somebody who was to approve it, its money still
        kept for it until it is proposed again; ``owed`` back, ``part_returned``, ``returned``; ``void``;
        ``outside``.
    done : Money
        Carried out so far.
    transactions : tuple of UUID
        That carried it out.
    proposal : UUID or None
        The last that waits, or waited, for approval.
    """

    id: UUID
    agreement: str
    clause: str
    period: str
    payer: str
    payee: str
    party: str
    position: int
    claim: str
    amount: Money
    direction: Literal["out", "back"]
    route: Route
    status: PayoutStatus
    done: Money
    transactions: tuple[UUID, ...] = ()
    proposal: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One step of an agreement.

    Attributes
    ----------
    agreement : str
        Its code.
    position : int [place]
        Its place in the agreement's order of settlements.
    cause : str
        ``determination``, ``resolution``, ``amendment`` or ``calendar``.
    claim : str
        What it rests on; empty for an amendment or a calendar.
    round : int [place]
        Of the decision; 0 without one.
    as_of : date
        The day on which waiting times were judged.
    clauses : tuple of SettledClause
        What changed.
    payouts : tuple of Payout
        What followed.
    """

    agreement: str
    position: int
    cause: Cause
    claim: str
    round: int
    as_of: date
    clauses: tuple[SettledClause, ...]
    payouts: tuple[Payout, ...]
