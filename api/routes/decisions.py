"""Decisions over HTTP: what the rules give, announced, settled prize by prize, concluded or called off."""

from ...challenges import acts
from ...challenges.decision import Decision
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..wire.awards import (
    AnnouncementMade,
    DecidedAward,
    DecisionReply,
    MoneyFreed,
    Prize,
    PrizeSettled,
)
from ..wire.rounds import DecisionRequest, ReasonRequest
from .rounds import ROUND, fund_of, inputs_of, round_of


def try_decision(call: Call, challenge: Code, body: DecisionRequest) -> DecisionReply:
    """Say what the rules of the brief give for every prize whose phase has closed; nothing is stored."""
    return _reply(challenge, _decide(call, challenge, body))


def make_decision(call: Call, challenge: Code, body: DecisionRequest) -> DecisionReply:
    """Make the awards that the rules of the brief give: each takes its amount out of the prizes."""
    fund, decision = fund_of(call, challenge), _decide(call, challenge, body)
    for prize, awards in sorted(decision.items()):
        acts.award(call.session, fund, challenge, prize, awards, clock=call.clock)
    call.location = f"/books/{call.book}/challenges/{challenge}/awards"
    return _reply(challenge, decision)


def announce(call: Call, challenge: Code, body: ReasonRequest) -> AnnouncementMade:
    """Announce the decision; from this instant on appeals can be filed."""
    acts.announce(call.session, fund_of(call, challenge), challenge, reason=body.reason, clock=call.clock)
    policy = round_of(call, challenge).challenge.brief.appeal_policy
    return AnnouncementMade(
        challenge=challenge, announced_at=call.now, appeals_until=call.now + policy.window
    )


def settle_prize(call: Call, challenge: Code, prize: Prize) -> PrizeSettled:
    """Settle a prize after its appeals: what nobody won is free again, or waits for a later prize."""
    end = acts.settle_prize(call.session, fund_of(call, challenge), challenge, prize, clock=call.clock)
    return PrizeSettled.of(challenge, end)


def conclude(call: Call, challenge: Code) -> MoneyFreed:
    """End a challenge; what nobody won is free again."""
    return MoneyFreed.of(
        challenge, acts.conclude(call.session, fund_of(call, challenge), challenge, clock=call.clock)
    )


def cancel(call: Call, challenge: Code, body: ReasonRequest) -> MoneyFreed:
    """Call a challenge off; awards that are not paid end, and everything is free again."""
    return MoneyFreed.of(
        challenge,
        acts.cancel(call.session, fund_of(call, challenge), challenge, reason=body.reason, clock=call.clock),
    )


def _decide(call: Call, challenge: str, body: DecisionRequest) -> Decision:
    acts.require_unconflicted(call.session, call.book, challenge, person=call.person, clock=call.clock)
    inputs = inputs_of(call, challenge, body.tie)
    return acts.decision_of(
        call.session, fund_of(call, challenge), challenge, clock=call.clock, inputs=inputs
    )


def _reply(challenge: str, decision: Decision) -> DecisionReply:
    rows = [DecidedAward.of(prize, one) for prize, awards in sorted(decision.items()) for one in awards]
    return DecisionReply(challenge=challenge, awards=rows)


_TIES = {"plain": {}, "with a lot": {"tie": {"seed": "city beacon 4711"}}}
OPERATIONS = (
    Operation(
        name="decision.try",
        method="POST",
        path=ROUND + "/decisions/trials",
        handler=try_decision,
        tag="awards",
        keyed=False,
        examples=_TIES,
    ),
    Operation(
        name="decision.make",
        method="POST",
        path=ROUND + "/decisions",
        handler=make_decision,
        tag="awards",
        status=201,
        examples=_TIES,
    ),
    Operation(
        name="announcement.make",
        method="POST",
        path=ROUND + "/announcements",
        handler=announce,
        tag="awards",
        status=201,
        examples={"read": {"reason": "The panel has read."}},
    ),
    Operation(
        name="prize.settle",
        method="POST",
        path=ROUND + "/prizes/{prize}/settlements",
        handler=settle_prize,
        tag="awards",
        status=201,
    ),
    Operation(
        name="challenge.conclude",
        method="POST",
        path=ROUND + "/conclusions",
        handler=conclude,
        tag="awards",
        status=201,
    ),
    Operation(
        name="challenge.cancel",
        method="POST",
        path=ROUND + "/cancellations",
        handler=cancel,
        tag="awards",
        status=201,
        examples={"no entries": {"reason": "Nobody applied."}},
    ),
)
