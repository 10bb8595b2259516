"""How an award is found, written, kept inside its prize, and given its money: what the verbs share.

The problem: an award is made by a rule or proposed by a person, and in both ways the same must hold: the
application may compete, the prize is not exceeded, and the money leaves the prizes' commitment once.
"""

from dataclasses import dataclass
from uuid import UUID

from ...finance import acts as money
from ...finance.dates import Clock
from ...finance.errors import Missing, OverdrawnCommitment
from ...finance.funds import PooledFund
from ...finance.ledger import PLAIN, Details
from ...finance.money import Money, zero
from ...finance.posting import record_event
from ...finance.storage import Session
from ..awarding import Award
from ..errors import AwardHeld, AwardRefused, NotEligible
from ..prizes import AnyPrize, prize_maximum
from ..records.awards import (
    StoredAward,
    keep_award,
    keep_step,
    list_prize_ends,
    list_stored_awards,
    sum_awards,
)
from ..records.briefs import StoredChallenge
from ..records.submissions import Admission, find_admission, find_application, is_withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which award of a challenge is meant.

    Attributes
    ----------
    prize : int [position]
        Of the brief, counted from 0.
    application : str
        Whose.
    part : str
        Of the prize.

    Examples
    --------
    >>> Which(prize=0, application="a-1").part
    'whole'
    """

    prize: int
    application: str
    part: str = "whole"


def require_prize(stored: StoredChallenge, prize: int) -> AnyPrize:
    """Return a prize of a brief by its number; refused when there is none.

    Parameters
    ----------
    stored : StoredChallenge
        Of the brief.
    prize : int [position]
        Which prize of the brief, counted from 0.
    """
    prizes = stored.challenge.brief.prizes
    if not 0 <= prize < len(prizes):
        raise Missing(
            f"{stored.challenge.code} has {len(prizes)} prizes, counted from 0, and no prize {prize}.",
            what="prize",
            code=str(prize),
        )
    return prizes[prize]


def find_award(session: Session, stored: StoredChallenge, which: Which) -> StoredAward:
    """Return the newest award of a prize and part to an application."""
    found = last_award(session, stored, which)
    if found is None:
        raise Missing(
            f"{which.application} has no award of prize {which.prize} ({which.part}).",
            what="award",
            code=which.application,
        )
    return found


def last_award(session: Session, stored: StoredChallenge, which: Which) -> StoredAward | None:
    """Return the newest award of a prize and part to an application, if there is one."""
    rows = [
        row
        for row in list_stored_awards(session, stored.id, which.application)
        if (row.prize, row.award.part) == (which.prize, which.part)
    ]
    return rows[-1] if rows else None


def budget(session: Session, fund: PooledFund, stored: StoredChallenge, prize: int) -> Money:
    """Return the most that a prize can pay, with what rolled over to it.

    Parameters
    ----------
    session, fund, stored
        Of the challenge.
    prize : int [position]
        Which prize of the brief, counted from 0.
    """
    prizes = stored.challenge.brief.prizes
    rolled = (
        end.rest
        for end in list_prize_ends(session, stored.id, fund.unit)
        if prizes[end.prize].rolls_to == prizes[prize].phase
    )
    return sum(rolled, start=prize_maximum(prizes[prize], fund.unit))


def require_within(session: Session, fund: PooledFund, stored: StoredChallenge, prize: int) -> None:
    """Refuse awards beyond a prize, unless its ties may draw on free money.

    Parameters
    ----------
    session, fund, stored
        Of the challenge.
    prize : int [position]
        Which prize of the brief, counted from 0.
    """
    most = budget(session, fund, stored, prize)
    total = Money(minor=sum_awards(session, stored.id, prize), unit=fund.unit)
    if total > most and stored.challenge.brief.prizes[prize].tie != "all_if_funded":
        raise OverdrawnCommitment(
            f"Prize {prize} of {stored.challenge.code} is {most}; awards of {total} in all would exceed it.",
            asked=total.text,
            left=most.text,
            unit=fund.unit.code,
        )


def _require_pass(session: Session, stored: StoredChallenge, application: str) -> Admission:
    admission = find_admission(session, stored.id, application)
    if admission.status != "pass":
        raise NotEligible(
            f"{application} may not compete ({admission.status}) and gets no award.",
            application=application,
            finding=admission.status,
        )
    return admission


def write_award(
    session: Session,
    fund: PooledFund,
    stored: StoredChallenge,
    prize: int,
    award: Award,
    *,
    maker: str,
    clock: Clock,
) -> tuple[StoredAward, UUID | None]:
    """Write an award as proposed, and return it with its event, or without when it was there before.

    Parameters
    ----------
    session, fund, stored, award, maker, clock
        As for ``propose_award``; an empty maker is the rule of the brief.
    prize : int [position]
        Which prize of the brief, counted from 0.
    """
    which = Which(prize=prize, application=award.application_id, part=award.part)
    admission = _require_pass(session, stored, award.application_id)
    before = last_award(session, stored, which)
    if before is not None and before.end and not maker:
        raise AwardRefused(
            f"The award to {award.application_id} was {before.end}: propose a new one by name.",
            state=before.end,
        )
    stands = before is not None and not before.end
    _require_same_maker(before, maker)
    settled = prize in {end.prize for end in list_prize_ends(session, stored.id, fund.unit)}
    if not stands and (settled or is_withdrawn(session, admission.id)):
        why = "the prize is settled" if settled else "the application is withdrawn"
        raise AwardRefused(f"No award of prize {prize} to {award.application_id}: {why}.")
    number = 1 if before is None else before.number + (not stands)
    body = {
        "amount": award.amount.text,
        "application": award.application_id,
        "challenge": stored.challenge.code,
        "prize": prize,
        "reason": award.reason,
        "rule": award.rule,
        "unit": award.amount.unit.code,
        **({"maker": maker} if maker else {}),
        **({"part": award.part} if award.part != "whole" else {}),
    }
    key = f"{stored.challenge.code}#{prize}#{award.application_id}"
    key += f"#{award.part}" if award.part != "whole" else ""
    key += f"#{number}" if number > 1 else ""
    kind = "award.proposed" if maker else "award.made"
    event_id, new = record_event(session, fund.book, kind, body, key=key, clock=clock)
    if new:
        keep_award(
            session,
            stored.id,
            admission,
            award,
            prize,
            maker=maker,
            before=before,
            event_id=event_id,
        )
    return find_award(session, stored, which), event_id if new else None


def _require_same_maker(before: StoredAward | None, maker: str) -> None:
    """Refuse a decision over a proposal that stands, and a proposal over a decision."""
    if before is not None and not before.end and bool(before.maker) != bool(maker):
        raise AwardRefused(
            f"An award of prize {before.prize} to {before.award.application_id} stands already "
            f"({before.award.amount}, by {before.award.rule}): reverse it first.",
            state="standing",
        )


def approve_row(
    session: Session,
    fund: PooledFund,
    stored: StoredChallenge,
    row: StoredAward,
    actor: str,
    event_id: UUID,
    clock: Clock,
    details: Details = PLAIN,
) -> None:
    """Move the money of an award out of the prizes' commitment and write the step."""
    if row.end:
        raise AwardRefused(f"The award to {row.award.application_id} was {row.end}.", state=row.end)
    txn_id = None
    if row.award.amount:
        challenge, use = (
            stored.challenge,
            find_application(session, stored.id, row.award.application_id).groups,
        )
        _fund_tie(session, fund, stored, row, clock)
        txn_id = money.reassign(
            session,
            fund,
            challenge.prizes_promise,
            challenge.award_promise(row.award.application_id),
            row.award.amount,
            key=f"award#{challenge.code}#{row.key}",
            clock=clock,
            use=use,
            details=Details(on=details.on, note=row.award.reason, source=details.source),
        ).id
    keep_step(session, row.id, "approved", actor, event_id, txn_id)


def _fund_tie(
    session: Session, fund: PooledFund, stored: StoredChallenge, row: StoredAward, clock: Clock
) -> None:
    """Promise what an award pays beyond its prize because tied entries are all paid in full."""
    if stored.challenge.brief.prizes[row.prize].tie != "all_if_funded":
        return
    approved = (
        one.award.amount
        for one in list_stored_awards(session, stored.id)
        if one.prize == row.prize and one.steps and not one.end
    )
    beyond = sum(approved, start=row.award.amount) - budget(session, fund, stored, row.prize)
    extra = min(beyond, row.award.amount)
    if extra <= zero(fund.unit):
        return
    challenge = stored.challenge
    money.reserve(
        session,
        fund,
        challenge.prizes_promise,
        extra,
        key=f"tie#{challenge.code}#{row.key}",
        clock=clock,
        use=find_application(session, stored.id, row.award.application_id).groups,
        details=Details(note=f"a tie of prize {row.prize} of challenge {challenge.code} paid in full"),
    )


def held(row: StoredAward) -> AwardHeld:
    """Make the refusal of what an appeal keeps back."""
    return AwardHeld(
        f"An appeal keeps back the award of {row.award.amount} to {row.award.application_id}: "
        "nothing of it moves before the ruling.",
        application=row.award.application_id,
        amount=row.award.amount.text,
    )


def claimed(row: StoredAward) -> AwardHeld:
    """Make the refusal of what should not have been awarded, by a ruling."""
    return AwardHeld(
        f"A ruling found that the award of {row.award.amount} to {row.award.application_id} is wrong: the "
        f"{row.paid} that are paid are to be recovered, and no more is paid.",
        application=row.award.application_id,
        amount=row.award.amount.text,
        paid=row.paid.text,
    )
