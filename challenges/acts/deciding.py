"""Results are tallied and turned into awards; each award takes its part of the prizes' commitment."""

from collections.abc import Sequence

from ...finance import acts as money
from ...finance.dates import Clock
from ...finance.errors import Missing, OverdrawnCommitment
from ...finance.funds import PooledFund
from ...finance.ledger import PLAIN, Details, Transaction
from ...finance.money import Money, zero
from ...finance.posting import record_event
from ...finance.records.registry import lock_fund
from ...finance.storage import Session
from ..awarding import Award
from ..ballots import BallotResult, count_ballots
from ..decision import measured_project
from ..errors import BallotInvalid, NotEligible
from ..prizes import prize_maximum
from ..ranking import Ranking, rank_by_mean
from ..records.awards import keep_award, list_awards, sum_awards
from ..records.ballots import list_ballots
from ..records.briefs import StoredChallenge, find_challenge
from ..records.reads import list_scores
from ..records.submissions import find_admission, find_application, list_submissions


def tally(session: Session, fund: PooledFund, challenge: str) -> Ranking | BallotResult:
    """Rank by the panel's scores, or count the ballots, whichever the brief says. Nothing is written.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Of the challenge.
    challenge : str
        Its code.

    Raises
    ------
    BallotInvalid, ScoreInvalid
        When a ballot, a measurement or a read breaks the rule.
    Missing
        When there is no such challenge.
    """
    stored = find_challenge(session, fund.book, challenge)
    brief = stored.challenge.brief
    for phase in brief.phases:
        if phase.judging == "panel":
            rubric = brief.rubric_of(phase.id)
            return rank_by_mean(list_scores(session, stored, phase.id), rubric)
        if phase.judging == "ballot" and phase.ballot is not None:
            prize = next((one for one in brief.prizes if one.phase == phase.id), None)
            pool = zero(fund.unit) if prize is None else prize_maximum(prize, fund.unit)
            eligible = [one for one in list_submissions(session, stored) if one.status == "pass"]
            projects = [
                measured_project(
                    one.application, phase.ballot.metrics, boosted=phase.ballot.boosts(one.application.facts)
                )
                for one in eligible
            ]
            ballots = list_ballots(session, stored.id)
            return count_ballots(phase.ballot, projects, ballots, pool=pool)
    raise BallotInvalid(f"The challenge {challenge!r} has neither a panel nor a vote.", challenge=challenge)


def award(
    session: Session,
    fund: PooledFund,
    challenge: str,
    prize: int,
    awards: Sequence[Award],
    *,
    clock: Clock,
    details: Details = PLAIN,
) -> tuple[Award, ...]:
    """Make awards: each takes its amount out of the prizes' commitment into a commitment of its own.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Of the challenge.
    challenge : str
        Its code.
    prize : int [position]
        Which prize of the brief, counted from 0.
    awards : sequence of Award
        From ``award_places``, ``award_by_score``, ``award_by_ballot`` or ``award_by_allocation``.
    clock : Clock
        When it is recorded.
    details : Details
        Day and source.

    Raises
    ------
    NotEligible
        When an application may not compete; nothing is written then.
    OverdrawnCommitment
        When the awards exceed the prize, or what is left of all prizes.
    KeyReused
        When an application has another award for this prize.
    Missing
        When there is no such challenge, prize or application.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge)
    prizes = stored.challenge.brief.prizes
    if not 0 <= prize < len(prizes):
        raise Missing(
            f"{challenge} has {len(prizes)} prizes, counted from 0, and no prize {prize}.",
            what="prize",
            code=str(prize),
        )
    most = prize_maximum(prizes[prize], fund.unit)
    with session.begin_nested():
        for one in awards:
            _award_one(session, fund, stored, prize, one, clock, details)
        total = Money(minor=sum_awards(session, stored.id, prize), unit=fund.unit)
        if total > most:
            raise OverdrawnCommitment(
                f"Prize {prize} of {challenge} is {most}; awards of {total} in all would exceed it.",
                asked=total.text,
                left=most.text,
                unit=fund.unit.code,
            )
    return tuple(awards)


def _award_one(
    session: Session,
    fund: PooledFund,
    stored: StoredChallenge,
    prize: int,
    one: Award,
    clock: Clock,
    details: Details,
) -> None:
    challenge = stored.challenge
    admission = find_admission(session, stored.id, one.application_id)
    groups = find_application(session, stored.id, one.application_id).groups
    if admission.status != "pass":
        raise NotEligible(
            f"{one.application_id} may not compete ({admission.status}) and gets no award.",
            application=one.application_id,
            finding=admission.status,
        )
    body = {
        "amount": one.amount.text,
        "application": one.application_id,
        "challenge": challenge.code,
        "prize": prize,
        "reason": one.reason,
        "rule": one.rule,
        "unit": one.amount.unit.code,
    }
    key = f"{challenge.code}#{prize}#{one.application_id}"
    event_id, new = record_event(session, fund.book, "award.made", body, key=key, clock=clock)
    if not new:
        return
    posted = money.reassign(
        session,
        fund,
        challenge.prizes_promise,
        challenge.award_promise(one.application_id),
        one.amount,
        key=f"award#{key}",
        clock=clock,
        use=groups,
        details=Details(on=details.on, note=one.reason, source=details.source),
    )
    keep_award(session, stored.id, admission, one, prize, posted.id, event_id)


def pay_award(
    session: Session,
    fund: PooledFund,
    challenge: str,
    made: Award,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Transaction:
    """Pay an award in full to the lead of its application, out of its commitment.

    Parameters
    ----------
    session, fund, challenge, clock, details
        As for ``award``.
    made : Award
        As awarded.
    key : str
        Idempotency key.

    Raises
    ------
    OverdrawnCommitment, Missing, KeyReused
        Nothing is written then.
    """
    stored = find_challenge(session, fund.book, challenge)
    if made not in list_awards(session, stored.id, made.application_id):
        raise Missing(
            f"{made.application_id} was not awarded {made.amount} in {challenge!r}: there is nothing to pay.",
            what="award",
            code=made.application_id,
        )
    application = find_application(session, stored.id, made.application_id)
    promise = stored.challenge.award_promise(made.application_id)
    return money.pay_reserved(
        session, fund, promise, made.amount, application.lead, key=key, clock=clock, details=details
    )


def conclude(session: Session, fund: PooledFund, challenge: str, *, clock: Clock) -> Money:
    """Return what nobody won to the fund; after that there are no more awards.

    Parameters
    ----------
    session, fund, challenge, clock
        As for ``award``.

    Returns
    -------
    Money
        What was released by this call.
    """
    stored = find_challenge(session, fund.book, challenge)
    return money.release(
        session, fund, stored.challenge.prizes_promise, key=f"conclude#{challenge}", clock=clock
    )
