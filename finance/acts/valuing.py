"""What gifts in kind are worth: valued once, revalued by a reversal and a new memo, never changed in place.

Each gift has a memo account of its own, so its value is one balance. The memo counts for the day on which it
is recorded; which valuation is in force on a day is read from the valuations themselves.
"""

from uuid import UUID

from ..accounts import memo
from ..contributions import Contribution
from ..dates import Clock, as_utc, fixed_clock
from ..errors import CurrencyMismatch, DayOutOfRange, Missing, SamePerson
from ..funds import PooledFund
from ..in_kind import GiftPosition, Valuation
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Leg
from ..money import Money, zero
from ..posting import correct, post, record_event, reverse
from ..records import entries, gifts, registry, valuations
from ..requests import LIBRARY
from ..storage import Session
from ..units import valued


def value(
    session: Session,
    fund: PooledFund,
    gift: Contribution,
    valuation: Valuation,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Money:
    """Record what a gift in kind is worth, on another party's word; a memo in a valued unit, never cash.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        The fund that holds the gift, and in whose currency it is valued.
    gift : Contribution
        From ``offer_in_kind``; its quantity is read from the ledger.
    valuation : Valuation
        Price, method, haircut, valuer, evidence, and until when it is in force.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    details : Details
        Day of the memo, note and source of the figure.

    Returns
    -------
    Money
        floor(quantity x price x (1 - haircut)), in the valued unit of the fund's currency; what expired
        unused is not counted, and a valuation that has run out counts zero.

    Raises
    ------
    SamePerson
        When the giver values the own gift.
    AlreadyExists
        When the gift is valued already.
    DayOutOfRange
        When the valuation is dated after the day on which it is recorded.
    CurrencyMismatch, AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    return _value(session, fund, gift, valuation, None, key=key, clock=clock, details=details)


def revalue(
    session: Session,
    fund: PooledFund,
    gift: Contribution,
    valuation: Valuation,
    *,
    supersedes: UUID,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Money:
    """Supersede the valuation of a gift in kind: the old memo is reversed, a new one is posted.

    Parameters
    ----------
    session, fund, gift, valuation, key, clock, details
        As for ``value``.
    supersedes : UUID
        The valuation that stands, ``GiftPosition.last_valuation``; so nobody supersedes one unseen.

    Returns
    -------
    Money
        As for ``value``.

    Raises
    ------
    AlreadyExists
        When that valuation was superseded already.
    DayOutOfRange
        When the new one is dated before it, or after the day on which it is recorded.
    SamePerson, CurrencyMismatch, AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    return _value(session, fund, gift, valuation, supersedes, key=key, clock=clock, details=details)


def _value(
    session: Session,
    fund: PooledFund,
    gift: Contribution,
    valuation: Valuation,
    supersedes: UUID | None,
    *,
    key: str,
    clock: Clock,
    details: Details,
) -> Money:
    now = fixed_clock(as_utc(clock()))
    book_id = registry.lock_fund(session, fund.book, fund.code)
    stored = _given(session, book_id, fund, gift, now)
    _require_sound(fund, stored, valuation, now)
    body = _told(stored.gift, valuation, supersedes)
    with session.begin_nested():
        event_id, new = record_event(session, fund.book, "in_kind.valued", body, key=key, clock=now)
        if not new:
            return _first_worth(session, book_id, fund, key)
        valuations.keep_valuation(session, book_id, event_id, stored, valuation, supersedes)
        now_in_force = gifts.find_gift(session, book_id, fund.code, stored.gift, on=now().date()).value
        worth = now_in_force or zero(valued(fund.unit))
        restate(session, fund, stored.gift, worth, key=key, clock=now, details=details)
    return worth


def _given(
    session: Session, book_id: int, fund: PooledFund, gift: Contribution, clock: Clock
) -> GiftPosition:
    """Read the gift that is meant; what it says of itself must be what the ledger says."""
    missing = Missing(
        f"{gift.giver} gave no {gift.amount.unit.code} in kind as {gift.code!r}.",
        what="gift in kind",
        code=gift.code,
    )
    try:
        stored = gifts.find_gift(session, book_id, fund.code, gift.code, on=clock().date())
    except Missing as none:
        raise missing from none
    if (stored.giver, stored.given.unit) != (gift.giver, gift.amount.unit):
        raise missing
    return stored


def _require_sound(fund: PooledFund, gift: GiftPosition, valuation: Valuation, clock: Clock) -> None:
    if valuation.valued_by == gift.giver:
        raise SamePerson(
            f"{gift.giver} gave {gift.gift!r} and cannot value it. Name another party as valuer.",
            party=gift.giver,
        )
    if valuation.price.unit != fund.unit:
        raise CurrencyMismatch(
            f"The fund {fund.code} counts gifts in {fund.unit.code}; a price of {valuation.price} does not "
            "count there. State the price in that currency.",
            fund=fund.code,
            unit=fund.unit.code,
            price=str(valuation.price),
        )
    today = clock().date()
    if valuation.valued_on > today:
        raise DayOutOfRange(
            f"A valuation of {valuation.valued_on} cannot be recorded on {today}. Record it on its day.",
            valued_on=valuation.valued_on.isoformat(),
            on=today.isoformat(),
        )


def _first_worth(session: Session, book_id: int, fund: PooledFund, key: str) -> Money:
    """Return what a key was answered with."""
    known = entries.find_transaction_by_key(session, book_id, LIBRARY, key)
    if known is None or known.kind != "valuation":
        return zero(valued(fund.unit))
    return entries.find_transaction(session, book_id, known.id).legs[0].amount


def restate(
    session: Session,
    fund: PooledFund,
    gift: str,
    worth: Money,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> None:
    """Make the memo of a gift say what it is worth: reverse the one that stands, post the new one.

    Parameters
    ----------
    session, fund, key, clock, details
        As for ``value``; the reversal takes a key of its own, made from this one.
    gift : str
        Code of the contribution.
    worth : Money
        In the valued unit; nothing is posted for zero.

    Raises
    ------
    PostingRefused, KeyReused
        Nothing is written then.
    """
    book_id = registry.find_book_id(session, fund.book)
    counted = memo(fund.code, worth.unit, "value_counted", 1)
    given = memo(fund.code, worth.unit, f"{gifts.VALUE_GIVEN}{gift}", -1)
    standing = gifts.find_memo(session, book_id, given)
    if not worth:
        if standing is not None:
            reverse(session, fund.book, standing, key=f"{key}#reversal", clock=clock)
        return
    draft = Draft(
        kind="valuation",
        effective_on=details.on if standing is None else None,
        legs=(
            Leg(account=counted, side=DEBIT, amount=worth, line="valuation"),
            Leg(account=given, side=CREDIT, amount=worth, line="valuation"),
        ),
        note=details.note,
        source=details.source,
    )
    if standing is None:
        post(session, fund.book, draft, key=key, clock=clock)
    else:
        correct(session, fund.book, standing, draft, key=key, clock=clock)


def _told(gift: str, valuation: Valuation, supersedes: UUID | None) -> dict[str, object]:
    said: dict[str, object] = {
        "contribution": gift,
        "evidence_sha256": valuation.evidence_sha256.hex(),
        "haircut_bp": valuation.haircut_bp,
        "method": valuation.method,
        "price": valuation.price.text,
        "unit": valuation.price.unit.code,
        "valued_by": valuation.valued_by,
        "valued_on": valuation.valued_on.isoformat(),
    }
    if valuation.expires_on is not None:
        said["expires_on"] = valuation.expires_on.isoformat()
    if supersedes is not None:
        said["supersedes"] = str(supersedes)
    return said
