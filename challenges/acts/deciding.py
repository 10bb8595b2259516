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
from ..errors import AwardRefused, BallotInvalid
from ..prizes import prize_maximum
from ..ranking import Ranking, rank_by_mean
from ..records.appeals import is_claimed_back
from ..records.awards import StoredAward, keep_payment, list_stored_awards
from ..records.ballots import list_ballots
from ..records.briefs import find_challenge
from ..records.reads import list_scores
from ..records.submissions import find_application, list_submissions
from .making import approve_row, claimed, held, require_prize, require_within, write_award
from .vetting import require_sound_reads


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
    stored = find_challenge(session, fund.book, challenge, clock())
    require_prize(stored, prize)
    with session.begin_nested():
        for one in awards:
            row, event_id = write_award(session, fund, stored, prize, one, maker="", clock=clock)
            if event_id is not None:
                approve_row(session, fund, stored, row, "", event_id, clock, details)
        require_within(session, fund, stored, prize)
    return tuple(awards)


def pay_award(
    session: Session,
    fund: PooledFund,
    challenge: str,
    made: Award,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
    amount: Money | None = None,
) -> Transaction:
    """Pay an award, in full or in part, to the lead of its application, out of its commitment.

    Parameters
    ----------
    session, fund, challenge, clock, details
        As for ``award``.
    made : Award
        As awarded.
    key : str
        Idempotency key.
    amount : Money or None
        Without it, the whole award.

    Raises
    ------
    AwardHeld
        While an appeal keeps it back, or when a ruling has claimed back what was paid of it.
    AwardRefused
        When it was proposed by somebody and is not accepted yet, or rests on the read of a judge in conflict.
    OverdrawnCommitment, Missing, KeyReused
        When more would be paid than was awarded; nothing is written then.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    rows = list_stored_awards(session, stored.id, made.application_id)
    found = next((row for row in rows if row.award == made and not row.end), None)
    if found is None:
        raise Missing(
            f"{made.application_id} was not awarded {made.amount} in {challenge!r}: there is nothing to pay.",
            what="award",
            code=made.application_id,
        )
    asked = made.amount if amount is None else amount
    body = {"amount": asked.text, "award": found.key, "challenge": challenge, "unit": asked.unit.code}
    event_key = f"{challenge}#{found.key}#{key}"
    with session.begin_nested():
        event_id, new = record_event(session, fund.book, "award.paid", body, key=event_key, clock=clock)
        if new:
            _require_payable(found, asked)
            if is_claimed_back(session, stored, found):
                raise claimed(found)
            require_sound_reads(session, stored, clock=clock, application=made.application_id)
        lead = find_application(session, stored.id, made.application_id).lead
        promise = stored.challenge.award_promise(made.application_id)
        posted = money.pay_reserved(
            session, fund, promise, asked, lead, key=key, clock=clock, details=details
        )
        if new:
            keep_payment(session, found.id, asked, posted.id, event_id)
    return posted


def _require_payable(row: StoredAward, asked: Money) -> None:
    if row.is_held:
        raise held(row)
    if not row.steps or (row.maker and "accepted" not in row.steps):
        raise AwardRefused(
            f"The award to {row.award.application_id} is {row.state}: it is paid after it is accepted.",
            state=row.state,
        )
    if row.paid + asked > row.award.amount:
        left = row.award.amount - row.paid
        raise OverdrawnCommitment(
            f"{row.award.application_id} was awarded {row.award.amount} and {row.paid} is paid: "
            f"{asked} exceeds what is left, {left}.",
            asked=asked.text,
            left=left.text,
            unit=asked.unit.code,
        )
