"""Awards go from proposed to committed, one step at a time, or end; their money goes with them.

The problem: between "the jury has decided" and "the money is paid" an award is proposed, checked, accepted
and turned into a commitment, and any of these can fail. Every step is a fact of its own; the prizes'
commitment shrinks in the moment in which the award's grows, and grows again when the award ends.
"""

from uuid import UUID

from ...finance import acts as money
from ...finance.dates import Clock
from ...finance.funds import PooledFund
from ...finance.ledger import PLAIN, Details
from ...finance.posting import record_event
from ...finance.records.registry import lock_fund
from ...finance.storage import Session
from ..awarding import Award
from ..errors import AwardRefused
from ..prizes import Discretionary
from ..records.awards import StoredAward, keep_end, keep_step
from ..records.briefs import StoredChallenge, find_challenge
from ..records.submissions import find_application
from .making import Which, approve_row, find_award, held, require_prize, require_within, write_award
from .vetting import require_unbiased


def propose_award(
    session: Session, fund: PooledFund, challenge: str, prize: int, award: Award, *, maker: str, clock: Clock
) -> StoredAward:
    """Propose an award; it takes no money before somebody else approves it.

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
    award : Award
        Who, how much, why; proposing the same again changes nothing.
    maker : str
        Who proposes it; of a discretionary prize, one of those whom the brief names.
    clock : Clock
        When it is recorded.

    Raises
    ------
    NotEligible
        When the application may not compete.
    ConflictRecused
        When the maker of a discretionary award has a conflict of interest.
    AwardRefused
        When it is withdrawn, the prize is settled, or the maker may not propose.
    OverdrawnCommitment
        When the awards would exceed the prize.
    KeyReused, Missing
        When another award of this prize stands for the application; when there is no such thing.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    one = require_prize(stored, prize)
    if not maker or (isinstance(one, Discretionary) and maker not in one.who):
        named = ", ".join(one.who) if isinstance(one, Discretionary) else "somebody with a name"
        raise AwardRefused(f"{maker or 'Nobody'} may not propose an award of prize {prize}: {named} may.")
    if isinstance(one, Discretionary):
        require_unbiased(session, stored, maker, award.application_id, clock=clock)
    with session.begin_nested():
        row, _ = write_award(session, fund, stored, prize, award, maker=maker, clock=clock)
        require_within(session, fund, stored, prize)
    return row


def approve_award(
    session: Session,
    fund: PooledFund,
    challenge: str,
    which: Which,
    *,
    actor: str,
    clock: Clock,
    details: Details = PLAIN,
) -> StoredAward:
    """Approve a proposed award: its amount moves from the prizes' commitment to one of its own.

    Parameters
    ----------
    session, fund, challenge, clock
        As for ``propose_award``.
    which : Which
        The award.
    actor : str
        Who approves; never who proposed it.
    details : Details
        Day and source.

    Raises
    ------
    AwardRefused
        When maker and checker are one, or the award has ended.
    OverdrawnCommitment, InsufficientFunds, KeyReused, Missing
        When the money is not there; when somebody else approved it; when there is no such award.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    row = find_award(session, stored, which)
    if row.steps and not row.maker:
        return row  # approved by the rule that made it
    if actor == row.maker or not actor:
        raise AwardRefused(
            f"{row.maker} proposed this award of {row.award.amount}: somebody else approves it.",
            maker=row.maker,
        )
    if isinstance(stored.challenge.brief.prizes[row.prize], Discretionary):
        require_unbiased(session, stored, actor, which.application, clock=clock)
    event_id, new = _step_event(session, fund, stored, row, "approved", actor, clock)
    if new:
        with session.begin_nested():
            approve_row(session, fund, stored, row, actor, event_id, clock, details)
    return find_award(session, stored, which)


def accept_award(
    session: Session, fund: PooledFund, challenge: str, which: Which, *, actor: str, clock: Clock
) -> StoredAward:
    """Record that the lead of the bundle accepts an approved award.

    Parameters
    ----------
    session, fund, challenge, which, actor, clock
        As for ``approve_award``.

    Raises
    ------
    AwardRefused
        When the actor is not the lead, the award is not approved, or has ended.
    KeyReused, Missing
        As for ``approve_award``.
    """
    stored = find_challenge(session, fund.book, challenge, clock())
    lead = find_application(session, stored.id, which.application).lead
    if actor != lead:
        raise AwardRefused(
            f"{lead} leads {which.application} and accepts its awards; {actor} cannot.", lead=lead
        )
    return _step(session, fund, stored, which, "accepted", actor, clock)


def commit_award(
    session: Session, fund: PooledFund, challenge: str, which: Which, *, actor: str, clock: Clock
) -> StoredAward:
    """Record that an accepted award is a commitment: a grant, or a contract signed over its money.

    Parameters
    ----------
    session, fund, challenge, which, actor, clock
        As for ``approve_award``.

    Raises
    ------
    AwardHeld
        While an appeal keeps it back.
    AwardRefused
        When the award is not accepted, or has ended.
    KeyReused, Missing
        As for ``approve_award``.
    """
    stored = find_challenge(session, fund.book, challenge, clock())
    return _step(session, fund, stored, which, "committed", actor, clock)


def decline_award(
    session: Session, fund: PooledFund, challenge: str, which: Which, *, reason: str, clock: Clock
) -> StoredAward:
    """End an award that the winner does not want; its money goes back to the prizes.

    Parameters
    ----------
    session, fund, challenge, which, clock
        As for ``approve_award``.
    reason : str
        As stated.

    Raises
    ------
    AwardRefused
        When something of it is paid, or it has ended otherwise.
    Missing
        When there is no such award.
    """
    return _end(session, fund, challenge, which, "declined", reason, clock)


def lapse_award(
    session: Session, fund: PooledFund, challenge: str, which: Which, *, reason: str, clock: Clock
) -> StoredAward:
    """End an award whose winner withdrew, became ineligible or let the time pass.

    Parameters
    ----------
    session, fund, challenge, which, reason, clock
        As for ``decline_award``.

    Raises
    ------
    AwardRefused, Missing
        As for ``decline_award``.
    """
    return _end(session, fund, challenge, which, "lapsed", reason, clock)


def reverse_award(
    session: Session, fund: PooledFund, challenge: str, which: Which, *, reason: str, clock: Clock
) -> StoredAward:
    """End an award that was wrong: the ledger reverses its money, and the record of it stays.

    Parameters
    ----------
    session, fund, challenge, which, reason, clock
        As for ``decline_award``.

    Raises
    ------
    AwardRefused, Missing
        As for ``decline_award``.
    """
    return _end(session, fund, challenge, which, "reversed", reason, clock)


def _step_event(
    session: Session,
    fund: PooledFund,
    stored: StoredChallenge,
    row: StoredAward,
    state: str,
    actor: str,
    clock: Clock,
) -> tuple[UUID, bool]:
    body = {"actor": actor, "award": row.key, "challenge": stored.challenge.code}
    key = f"{stored.challenge.code}#{row.key}"
    return record_event(session, fund.book, f"award.{state}", body, key=key, clock=clock)


def _step(
    session: Session,
    fund: PooledFund,
    stored: StoredChallenge,
    which: Which,
    state: str,
    actor: str,
    clock: Clock,
) -> StoredAward:
    lock_fund(session, fund.book, fund.code)
    row = find_award(session, stored, which)
    needed = "approved" if state == "accepted" else "accepted"
    if row.end or needed not in row.steps:
        raise AwardRefused(
            f"The award to {which.application} is {row.state}; it has to be {needed} to be {state}.",
            state=row.state,
        )
    if row.is_held and state == "committed":
        raise held(row)
    event_id, new = _step_event(session, fund, stored, row, state, actor, clock)
    if new:
        keep_step(session, row.id, state, actor, event_id)
    return find_award(session, stored, which)


def _end(
    session: Session,
    fund: PooledFund,
    challenge: str,
    which: Which,
    state: str,
    reason: str,
    clock: Clock,
) -> StoredAward:
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    row = find_award(session, stored, which)
    if row.paid or (row.end and row.end != state):
        said = f"{row.paid} of {row.award.amount} is paid: recover it first" if row.paid else f"was {row.end}"
        raise AwardRefused(f"The award to {which.application} cannot end: {said}.", state=row.state)
    body = {"award": row.key, "challenge": challenge, "reason": reason}
    key = f"{challenge}#{row.key}"
    event_id, new = record_event(session, fund.book, f"award.{state}", body, key=key, clock=clock)
    if not new:
        return row
    txn_id = None
    if row.steps and row.award.amount:
        promise = stored.challenge.award_promise(which.application)
        txn_id = money.reassign(
            session,
            fund,
            promise,
            stored.challenge.prizes_promise,
            row.award.amount,
            key=f"{state}#{key}",
            clock=clock,
            use=find_application(session, stored.id, which.application).groups,
            details=Details(note=reason),
        ).id
    keep_end(session, row.id, state, reason, event_id, txn_id)
    return find_award(session, stored, which)
