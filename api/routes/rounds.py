"""What the routes of a round share: the challenge, its fund, who leads an entry, what breaks ties."""

from ...challenges import acts
from ...challenges.acts import DecisionInputs
from ...challenges.awarding import TieBreak
from ...challenges.prizes import MeasuredProgress
from ...challenges.records.briefs import StoredChallenge, find_challenge
from ...challenges.records.submissions import find_application
from ...finance.errors import Missing
from ...finance.funds import PooledFund
from ...finance.records import registry
from ..door import Call
from ..wire.rounds import RankTieRequest

ROUND = "/books/{book}/challenges/{challenge}"
PHASE = ROUND + "/phases/{phase}"


def round_of(call: Call, challenge: str) -> StoredChallenge:
    """Return a challenge with the brief in force."""
    return find_challenge(call.session, call.book, challenge, call.now)


def fund_of(call: Call, challenge: str) -> PooledFund:
    """Return the fund that pays a challenge."""
    return registry.find_fund(call.session, call.book, round_of(call, challenge).challenge.fund)


def leads_of(call: Call, challenge: str, application: str) -> tuple[str, ...]:
    """Return who leads an application; nobody where there is none, so that both are answered alike."""
    try:
        return (find_application(call.session, round_of(call, challenge).id, application).lead,)
    except Missing:
        return ()


def is_announced(call: Call, challenge: str) -> bool:
    """Tell whether the decision of a challenge is announced by now."""
    return acts.is_announced(call.session, round_of(call, challenge), call.clock)


def inputs_of(call: Call, challenge: str, tie: RankTieRequest) -> DecisionInputs:
    """Gather what a decision needs besides the scores: tie breaks, and the progress of hubs."""
    prizes = round_of(call, challenge).challenge.brief.prizes
    return DecisionInputs(
        tie=TieBreak(seed=tie.seed, decided=tie.orders),
        progress={
            prize.phase: acts.progress_contenders(
                call.session, call.book, challenge, prize, as_of=call.now.date()
            )
            for prize in prizes
            if isinstance(prize, MeasuredProgress)
        },
    )
