"""What is asked and answered about settlements, payouts, their trails and party statements."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ...contracts.settlement import Cause, Payout, PayoutStatus, Route, SettledClause, Settlement
from ...contracts.terms.pay import TraceRow
from ...finance.documents import Code, DecimalText, Text
from .base import Asked, Made, Reply


class PayoutLine(Reply):
    """Money that one party owes another by a settlement, and what became of it."""

    id: UUID
    settlement: Annotated[int, Field(description="Its place in the agreement's order of settlements.")]
    clause: str
    period: str
    payer: str
    payee: str
    party: Annotated[str | None, Field(description="Code of who gets it; absent for a pot.")]
    claim: str | None
    amount: str
    done: Annotated[str, Field(description="Carried out so far.")]
    unit: str
    direction: Literal["out", "back"]
    route: Route
    status: PayoutStatus
    transactions: list[UUID]
    proposal: UUID | None

    @classmethod
    def of(cls, one: Payout) -> "PayoutLine":
        """Return a payout as a reply."""
        return cls.model_validate(payout_fields(one))


class PayoutList(Reply):
    """A page of payouts."""

    items: list[PayoutLine]
    next: str | None


class PayoutReply(PayoutLine):
    """A payout with its agreement."""

    agreement: str

    @classmethod
    def whole(cls, one: Payout) -> "PayoutReply":
        """Return a payout as a reply."""
        return cls.model_validate(payout_fields(one) | {"agreement": one.agreement})


class PayoutMade(Made, PayoutReply):
    """A payout as an act left it."""

    @classmethod
    def made(cls, one: Payout) -> "PayoutMade":
        """Return a payout as a reply."""
        return cls.model_validate(payout_fields(one) | {"agreement": one.agreement})


def payout_fields(one: Payout) -> dict[str, object]:
    """Return what is said of a payout, by name."""
    return {
        "id": one.id,
        "settlement": one.position,
        "clause": one.clause,
        "period": one.period,
        "payer": one.payer,
        "payee": one.payee,
        "party": one.party or None,
        "claim": one.claim or None,
        "amount": one.amount.text,
        "done": one.done.text,
        "unit": one.amount.unit.code,
        "direction": one.direction,
        "route": one.route,
        "status": one.status,
        "transactions": list(one.transactions),
        "proposal": one.proposal,
    }


class ReturnRequest(Asked):
    """Money that a payee returned, in the unit of the payout."""

    amount: DecimalText = Field(examples=["1200.00"])
    on: Annotated[date | None, Field(description="The day it counts for; today without one.")] = None
    note: Annotated[str, Field(max_length=2000)] = ""


class CutAmount(Reply):
    """What a limit, a pot or a split cut."""

    by: str
    amount: str


class WorkingRow(Reply):
    """One operation of a clause as it was carried out."""

    path: Annotated[str, Field(description="JSON pointer into the terms.")]
    op: str
    inputs: list[str]
    value: str

    @classmethod
    def of(cls, one: TraceRow) -> "WorkingRow":
        """Return an operation as a reply."""
        return cls(path=one.path, op=one.op, inputs=list(one.inputs), value=one.value)


class SettledLine(Reply):
    """What stands under one clause after a settlement: earned, cut, entitled, and due by it."""

    clause: str
    period: str
    members: list[str]
    earned: str
    cuts: list[CutAmount]
    entitled: str
    due: str
    unit: str
    workings: list[WorkingRow]

    @classmethod
    def of(cls, one: SettledClause) -> "SettledLine":
        """Return a clause as a reply."""
        return cls(
            clause=one.clause,
            period=one.period,
            members=list(one.members),
            earned=one.earned.text,
            cuts=[CutAmount(by=name, amount=cut.text) for name, cut in one.cuts.items()],
            entitled=one.entitled.text,
            due=one.due.text,
            unit=one.due.unit.code,
            workings=[WorkingRow.of(row) for row in one.trace],
        )


class SettlementReply(Reply):
    """One step of an agreement: why, what changed under each clause, and what is paid."""

    agreement: str
    position: int
    cause: Cause
    claim: str | None
    round: int
    as_of: date
    clauses: list[SettledLine]
    payouts: list[PayoutLine]

    @classmethod
    def of(cls, one: Settlement) -> "SettlementReply":
        """Return a settlement as a reply."""
        return cls.narrowed(one, one.clauses, one.payouts)

    @classmethod
    def narrowed(
        cls, one: Settlement, clauses: Iterable[SettledClause], payouts: Iterable[Payout]
    ) -> "SettlementReply":
        """Return a part of a settlement as a reply."""
        return cls(
            agreement=one.agreement,
            position=one.position,
            cause=one.cause,
            claim=one.claim or None,
            round=one.round,
            as_of=one.as_of,
            clauses=[SettledLine.of(row) for row in clauses],
            payouts=[PayoutLine.of(row) for row in payouts],
        )


class SettlementList(Reply):
    """A page of settlements."""

    items: list[SettlementReply]
    next: str | None


class SettlementRequest(Asked):
    """What to settle: one claim, or without one all that is final and what the calendar makes due."""

    claim: Code | None = None
    note: Annotated[str, Field(max_length=2000)] = ""


class SettlementMade(Made):
    """What was settled now, or before."""

    agreement: str
    settlements: list[SettlementReply]


class PreviewLeg(Reply):
    """What a claim would change between two parties under one clause; below zero where money comes back."""

    clause: str
    period: str
    members: list[str]
    payer: str
    payee: str
    amount: str
    unit: str


class PreviewTotal(Reply):
    """What a claim would change for one payee in one unit, over all clauses."""

    payee: str
    party: str
    amount: str
    unit: str


class PayoutPreview(Reply):
    """What settling a claim would change now.

    Attributes
    ----------
    basis : str
        ``decided``: on the finding in force. ``claimed``: as claimed, where nothing is decided yet.
        ``settled``: it was settled before, and nothing changes.
    """

    agreement: str
    claim: str
    basis: Literal["decided", "claimed", "settled"]
    legs: list[PreviewLeg]
    totals: list[PreviewTotal]


class StatementClause(Reply):
    """A clause as it stands."""

    clause: str
    period: str
    members: str
    earned: str
    entitled: str
    unit: str


class StatementPayout(Reply):
    """A payout in a statement."""

    payout: UUID
    settlement: str
    clause: str
    period: str
    payer: str
    payee: str
    claim: str
    direction: str
    status: str
    amount: str
    done: str
    unit: str


class StatementSource(Reply):
    """What a funded payer paid, keeps back and may still owe."""

    payer: str
    fund: str
    maximum: str
    paid: str
    waiting: str
    frozen: str
    encumbered: str
    unit: str


class AgreementStatement(Reply):
    """What an agreement has brought about, for one of its parties or for all."""

    agreement: str
    title: str
    state: str
    party: Annotated[str | None, Field(description="Name in the terms; absent for all.")]
    clauses: list[StatementClause]
    payouts: list[StatementPayout]
    sources: list[StatementSource]


class ReplayReply(Reply):
    """An agreement taken again from its events alone.

    Attributes
    ----------
    steps : int [settlements]
        How many.
    sha256 : str
        Of all that follows from the events; the same on every machine.
    differences : list of str
        Where the events or the tables say otherwise; empty when all is well.
    """

    agreement: str
    steps: int
    sha256: str
    differences: list[Text]
