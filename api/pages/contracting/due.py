"""What is due under an agreement that runs: claims, payouts, disputes, and what it can still cost."""

from collections.abc import Mapping

from ...wire.agreements import LiabilityReply
from ...wire.claims import ClaimList
from ...wire.disputes import DisputeList
from ...wire.payouts import PayoutList
from ..states import claim_state, dispute_state, payout_state
from ..view import Column, Sheet
from ..visit import Visit

MOST = 50


def due_sheets(visit: Visit) -> Mapping[str, Sheet]:
    """Return the four tables of an agreement that runs."""
    return {
        "claims": claims_sheet(visit),
        "payouts": payouts_sheet(visit),
        "disputes": disputes_sheet(visit),
        "liability": liability_sheet(visit),
    }


def claims_sheet(visit: Visit) -> Sheet:
    """Return the claims, and how they stand."""
    words = visit.words
    found = visit.find(ClaimList, "claim.list", limit=MOST)
    rows = found.items if found else []
    return Sheet(
        title=words._("Claims"),
        columns=[
            Column(name=words._("Claim")),
            Column(name=words._("Claimed by")),
            Column(name=words._("Stands")),
            Column(name=words._("Final on"), kind="day"),
        ],
        rows=[
            (
                one.code,
                one.claimed_by,
                claim_state(words, one.state),
                one.final_on.isoformat() if one.final_on else "",
            )
            for one in rows
        ],
        links=[visit.address("desk_claim", claim=one.code) for one in rows],
        empty=words._("Nothing was reported yet."),
    )


def payouts_sheet(visit: Visit) -> Sheet:
    """Return what is owed and was paid."""
    words = visit.words
    found = visit.find(PayoutList, "payout.list", limit=MOST)
    rows = found.items if found else []
    return Sheet(
        title=words._("Payouts"),
        columns=[
            Column(name=words._("Clause")),
            Column(name=words._("Period")),
            Column(name=words._("From")),
            Column(name=words._("To")),
            Column(name=words._("Amount"), kind="amount"),
            Column(name=words._("Unit")),
            Column(name=words._("Stands")),
        ],
        rows=[
            (
                one.clause,
                one.period,
                one.payer,
                one.payee,
                one.amount,
                one.unit,
                payout_state(words, one.status),
            )
            for one in rows
        ],
        links=[visit.address("payout", payout=str(one.id)) for one in rows],
        empty=words._("Nothing was paid yet."),
    )


def disputes_sheet(visit: Visit) -> Sheet:
    """Return the disputes, and how they stand."""
    words = visit.words
    found = visit.find(DisputeList, "dispute.list", limit=MOST)
    rows = found.items if found else []
    return Sheet(
        title=words._("Disputes"),
        columns=[
            Column(name=words._("Dispute")),
            Column(name=words._("Claim")),
            Column(name=words._("Raised by")),
            Column(name=words._("Stands")),
        ],
        rows=[(one.code, one.claim, one.raised_by, dispute_state(words, one.outcome)) for one in rows],
        links=[visit.address("bench_dispute", dispute=one.code) for one in rows],
        empty=words._("Nothing is disputed."),
    )


def liability_sheet(visit: Visit) -> Sheet:
    """Return what is set aside, and what can still be needed."""
    words = visit.words
    found = visit.find(LiabilityReply, "liability.read")
    return Sheet(
        title=words._("What it can still cost"),
        columns=[
            Column(name=words._("Payer")),
            Column(name=words._("Fund")),
            Column(name=words._("Set aside"), kind="amount"),
            Column(name=words._("Still needed at most"), kind="amount"),
            Column(name=words._("Unit")),
        ],
        rows=[
            (one.payer, one.fund, one.held, one.needed, one.unit) for one in (found.sources if found else ())
        ],
        empty=words._("Nothing is kept for it."),
    )
