"""A decision is announced, prizes are settled, and a challenge ends: what nobody won is free again.

The problem: money that nobody won stays locked up for years because nobody said that it was over. A prize is
settled once, after its appeals; what is left is released that day or added to the prize of a later phase.
"""

from datetime import timedelta
from uuid import UUID

from ...finance import acts as money
from ...finance.dates import Clock, as_utc, instant_text
from ...finance.funds import PooledFund
from ...finance.money import Money, zero
from ...finance.posting import record_event
from ...finance.records.entries import find_transaction_by_key
from ...finance.records.registry import find_book_id, lock_fund
from ...finance.requests import LIBRARY
from ...finance.storage import Session
from ..errors import AwardHeld, AwardRefused
from ..lifecycle import MoveTo, require_move
from ..records.appeals import announced_at
from ..records.awards import (
    PrizeEnd,
    count_open_appeals,
    keep_move,
    keep_prize_end,
    list_moves,
    list_prize_ends,
    list_stored_awards,
    sum_awards,
)
from ..records.briefs import StoredChallenge, find_challenge
from ..records.moves import list_dated_moves
from .granting import reverse_award
from .making import Which, budget, require_prize
from .vetting import require_sound_reads


def announce(session: Session, fund: PooledFund, challenge: str, *, reason: str, clock: Clock) -> UUID:
    """Announce the decision; from this instant on the window of appeals runs.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Of the challenge.
    challenge : str
        Its code.
    reason : str
        What is announced.
    clock : Clock
        When it is announced; announcing the same again changes nothing.

    Raises
    ------
    AwardRefused
        When reads that stand are of judges with a conflict of interest.
    KeyReused, Missing
        When something else was announced; when there is no such challenge.
    """
    stored = find_challenge(session, fund.book, challenge, clock())
    if "decided" not in list_moves(session, stored.id):
        require_sound_reads(session, stored, clock=clock)
    return _move(session, fund, stored, "decided", reason, clock)


def settle_prize(session: Session, fund: PooledFund, challenge: str, prize: int, *, clock: Clock) -> PrizeEnd:
    """Settle a prize: what nobody won is released, or waits for the prize of a later phase.

    Parameters
    ----------
    session, fund, challenge, clock
        As for ``announce``.
    prize : int [position]
        Which prize of the brief, counted from 0.

    Returns
    -------
    PrizeEnd
        What nobody won, and what of it was released; the same when it is settled again.

    Raises
    ------
    AwardHeld
        While an appeal is open.
    AwardRefused
        While an award of the prize is only proposed.
    Missing
        When there is no such challenge or prize.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    require_prize(stored, prize)
    for end in list_prize_ends(session, stored.id, fund.unit):
        if end.prize == prize:
            return end
    _require_quiet(session, stored, clock)
    waiting = [
        row.award.application_id
        for row in list_stored_awards(session, stored.id)
        if row.prize == prize and row.state == "proposed"
    ]
    if waiting:
        raise AwardRefused(
            f"Awards to {', '.join(waiting)} are proposed and neither approved nor ended.", waiting=waiting
        )
    given = Money(minor=sum_awards(session, stored.id, prize), unit=fund.unit)
    rest = max(budget(session, fund, stored, prize) - given, zero(fund.unit))
    rolls = bool(stored.challenge.brief.prizes[prize].rolls_to)
    end = PrizeEnd(prize=prize, rest=rest, released=zero(fund.unit) if rolls else rest)
    body = {"challenge": challenge, "prize": prize, "released": end.released.text, "rest": rest.text}
    key = f"{challenge}#{prize}"
    event_id, _ = record_event(session, fund.book, "prize.settled", body, key=key, clock=clock)
    txn_id = None
    if end.released:
        release_key = f"settle#{key}"
        promise = stored.challenge.prizes_promise
        money.release(session, fund, promise, key=release_key, clock=clock, amount=end.released)
        book_id = find_book_id(session, fund.book)
        posted = find_transaction_by_key(session, book_id, LIBRARY, release_key)
        txn_id = None if posted is None else posted.id
    keep_prize_end(session, stored.id, end, event_id, txn_id)
    return end


def conclude(session: Session, fund: PooledFund, challenge: str, *, clock: Clock) -> Money:
    """Return what nobody won to the fund; after that there are no more awards.

    Parameters
    ----------
    session, fund, challenge, clock
        As for ``announce``.

    Returns
    -------
    Money
        What was released by this call.

    Raises
    ------
    AwardHeld
        While an appeal is open.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    if "settled" not in list_moves(session, stored.id):
        _require_quiet(session, stored, clock)
    released = money.release(
        session, fund, stored.challenge.prizes_promise, key=f"conclude#{challenge}", clock=clock
    )
    if "decided" not in list_moves(session, stored.id):
        _move(session, fund, stored, "decided", "concluded", clock)
    _move(session, fund, stored, "settled", "", clock)
    return released


def cancel(session: Session, fund: PooledFund, challenge: str, *, reason: str, clock: Clock) -> Money:
    """Cancel a challenge: awards that are not paid end, and everything is released.

    Parameters
    ----------
    session, fund, challenge, clock
        As for ``announce``.
    reason : str
        For everybody who took part.

    Returns
    -------
    Money
        What was released by this call.

    Raises
    ------
    AwardRefused
        When it is settled, or an award is paid: what was given stays given.
    """
    lock_fund(session, fund.book, fund.code)
    stored = find_challenge(session, fund.book, challenge, clock())
    rows = [row for row in list_stored_awards(session, stored.id) if not row.end]
    paid = sorted({row.award.application_id for row in rows if row.paid})
    if paid or "settled" in list_moves(session, stored.id):
        why = f"{', '.join(paid)} has been paid" if paid else "it is settled"
        raise AwardRefused(f"{challenge} cannot be cancelled: {why}.", paid=paid)
    for row in rows:
        which = Which(prize=row.prize, application=row.award.application_id, part=row.award.part)
        reverse_award(session, fund, challenge, which, reason=reason, clock=clock)
    promise = stored.challenge.prizes_promise
    released = money.release(session, fund, promise, key=f"cancel#{challenge}", clock=clock)
    _move(session, fund, stored, "cancelled", reason, clock)
    return released


def _require_quiet(session: Session, stored: StoredChallenge, clock: Clock) -> None:
    """Refuse to release money while an appeal is open or can still come."""
    announced = announced_at(session, stored)
    if announced is not None:
        ends = announced + timedelta(days=stored.challenge.brief.appeal_policy.window_days)
        if as_utc(clock()) < ends:
            raise AwardRefused(
                f"Appeals against {stored.challenge.code} can be filed until {instant_text(ends)}: "
                "nothing is released before.",
                ends_at=instant_text(ends),
            )
    waiting = count_open_appeals(session, stored.id)
    if waiting:
        raise AwardHeld(
            f"Appeals against {stored.challenge.code} that nobody has ruled on: {waiting}. "
            "The money of its prizes stays where it is.",
            appeals=waiting,
        )


def _move(
    session: Session, fund: PooledFund, stored: StoredChallenge, state: MoveTo, reason: str, clock: Clock
) -> UUID:
    if state not in list_moves(session, stored.id):
        moves = list_dated_moves(session, stored.id)
        require_move(stored.challenge.brief, clock(), moves, state)
    body = {"challenge": stored.challenge.code, "reason": reason}
    kind, key = f"challenge.{state}", stored.challenge.code
    event_id, new = record_event(session, fund.book, kind, body, key=key, clock=clock)
    if new:
        keep_move(session, stored.id, state, reason, event_id)
    return event_id
