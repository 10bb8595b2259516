"""What is answered about a party's own work over a whole book: applications, agreements, payouts."""

from datetime import date

from ...challenges.eligibility import Status
from ...challenges.lifecycle import State
from ...challenges.records.own import OwnApplication
from ...contracts.agreement import AgreementState
from ...contracts.records.own import OwnAgreement, OwnSum
from ...contracts.settlement import Payout
from .base import Instant, PageQuery, Reply
from .payouts import PayoutReply, payout_fields


class OwnApplicationQuery(PageQuery):
    """Which of one's own applications; all challenges where none is named."""

    challenge: str = ""


class OwnApplicationLine(Reply):
    """An application that one's own party leads or takes part in: drafted, handed in, or both.

    Attributes
    ----------
    revision : int [revision]
        Of the draft; 0 without one.
    number : int [submissions]
        How often it was handed in; 0 for never.
    changed : bool
        The draft says something else than what was handed in.
    closes_at : datetime or None
        End of the phase that takes applications now; None when none does.
    cure_by : datetime or None
        Until when what is missing can be supplied.
    to_accept : bool
        An award of it waits to be accepted.
    """

    challenge: str
    challenge_title: str
    state: State
    code: str
    title: str
    lead: str
    revision: int
    saved_at: Instant | None
    number: int
    received_at: Instant | None
    changed: bool
    withdrawn: bool
    status: Status | None
    closes_at: Instant | None
    cure_by: Instant | None
    to_accept: bool

    @classmethod
    def of(
        cls, one: OwnApplication, *, challenge_title: str, state: State, closes_at: Instant | None
    ) -> "OwnApplicationLine":
        """Return an application as a reply."""
        leaves = () if one.finding is None else one.finding.leaves
        ends = [row.cure_by for row in leaves if row.cure_by is not None and row.status == "needs_document"]
        return cls(
            challenge=one.challenge,
            challenge_title=challenge_title,
            state=state,
            code=one.code,
            title=one.title,
            lead=one.lead,
            revision=one.revision,
            saved_at=one.saved_at,
            number=one.number,
            received_at=one.received_at,
            changed=one.changed,
            withdrawn=one.withdrawn,
            status=one.status,
            closes_at=closes_at,
            cure_by=min(ends, default=None),
            to_accept=one.to_accept,
        )


class OwnApplicationList(Reply):
    """A page of one's own applications, those of the newest challenge first."""

    items: list[OwnApplicationLine]
    next: str | None


class OwnAgreementLine(Reply):
    """An agreement in which one's own party has a part, and under which names it signs."""

    code: str
    title: str
    state: AgreementState
    names: list[str]
    to_sign: bool

    @classmethod
    def of(cls, one: OwnAgreement) -> "OwnAgreementLine":
        """Return an agreement as a reply."""
        return cls(
            code=one.code, title=one.title, state=one.state, names=list(one.names), to_sign=one.to_sign
        )


class OwnAgreementList(Reply):
    """A page of one's own agreements, newest first."""

    items: list[OwnAgreementLine]
    next: str | None


class OwnPayoutLine(PayoutReply):
    """Money for one's own party under any agreement, and the day it counts for."""

    as_of: date

    @classmethod
    def dated(cls, one: Payout, as_of: date) -> "OwnPayoutLine":
        """Return a payout as a reply."""
        return cls.model_validate(payout_fields(one) | {"agreement": one.agreement, "as_of": as_of})


class OwnPayoutSum(Reply):
    """What one's own party was paid under an agreement, waits for, has to return, and has returned."""

    agreement: str
    unit: str
    paid: str
    waiting: str
    to_return: str
    returned: str

    @classmethod
    def of(cls, one: OwnSum) -> "OwnPayoutSum":
        """Return sums as a reply."""
        return cls(
            agreement=one.agreement,
            unit=one.paid.unit.code,
            paid=one.paid.text,
            waiting=one.waiting.text,
            to_return=one.to_return.text,
            returned=one.returned.text,
        )


class OwnPayoutList(Reply):
    """A page of one's own payouts, newest settlement first, and the sums of all of them by agreement."""

    sums: list[OwnPayoutSum]
    items: list[OwnPayoutLine]
    next: str | None
