"""Gifts in kind are drawn down: used for something, or written off when their last day is over.

The problem: an hour offered until March is not there in April, and a store that still counts it promises
what nobody will give. A use draws only on gifts whose restriction admits it and whose last day has not
passed; the database refuses the rest. What nobody used is written off, and is no longer counted in value.
"""

from collections.abc import Mapping
from datetime import date

from ..accounts import UNRESTRICTED, Account, stock
from ..dates import Clock, as_utc, fixed_clock
from ..draws import draws_by_rule
from ..errors import AmountOutOfRange, CurrencyMismatch, DayOutOfRange, EarmarkViolated, InsufficientFunds
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Draw, Leg, Transaction
from ..money import Money, zero
from ..posting import post, record_event
from ..records import entries, gifts, registry
from ..requests import LIBRARY, key_reused
from ..storage import Session
from ..units import valued
from . import drafting
from .valuing import restate

ANY_PURPOSE: Mapping[str, str] = {}


def use_in_kind(
    session: Session,
    fund: PooledFund,
    payee: str,
    quantity: Money,
    *,
    key: str,
    clock: Clock,
    use: Mapping[str, str] = ANY_PURPOSE,
    details: Details = PLAIN,
) -> Transaction:
    """Draw down gifts in kind: restricted ones that admit the use first, within each pool by the fund's rule.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Which fund holds them.
    payee : str
        Code of the party who uses them.
    quantity : Money
        In the unit of the gifts.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    use : Mapping of str to str
        What it is for, such as the intervention; decides which earmarks it may draw on.
    details : Details
        Day of the use, note and source of the figure.

    Raises
    ------
    InsufficientFunds
        When less is there on the day; ``figures['expired']`` is what is past its last day.
    EarmarkViolated
        When enough is there, but under restrictions that exclude the use.
    CurrencyMismatch, AmountOutOfRange, UnknownUnit, Missing, KeyReused
        Nothing is written then.
    """
    book_id = registry.lock_fund(session, fund.book, fund.code)
    registry.find_party_id(session, book_id, payee)
    _require_quantity(session, quantity)
    now = fixed_clock(as_utc(clock()))
    day = details.on or now().date()
    draft = Draft(
        kind="in_kind_used",
        effective_on=details.on,
        legs=_legs_under(session, book_id, key, quantity)
        or _drawn(session, book_id, fund, quantity, use, day),
        payee=payee,
        note=details.note,
        source=details.source,
        use=tuple(sorted(use.items())),
    )
    return post(session, fund.book, draft, key=key, clock=now)


def _require_quantity(session: Session, quantity: Money) -> None:
    if quantity.unit.kind != "in_kind":
        raise CurrencyMismatch(
            f"{quantity} is not in kind. Name hours, doses or another unit of gifts, or spend cash.",
            amount=str(quantity),
        )
    if quantity.minor <= 0:
        raise AmountOutOfRange(
            f"{quantity} cannot be used: the quantity must be positive.", amount=str(quantity)
        )
    registry.find_unit(session, quantity.unit.code)
    registry.keep_unit(session, quantity.unit)


def _legs_under(session: Session, book_id: int, key: str, quantity: Money) -> tuple[Leg, ...]:
    """Return the legs of the use a key belongs to, so that a retry drafts the same ones."""
    known = entries.find_transaction_by_key(session, book_id, LIBRARY, key)
    if known is None:
        return ()
    legs = entries.find_transaction(session, book_id, known.id).legs
    used = sum(
        (leg.amount for leg in legs if leg.draws and leg.amount.unit == quantity.unit), zero(quantity.unit)
    )
    if known.kind != "in_kind_used" or used != quantity:
        raise key_reused(key, known.kind)
    return legs


def _drawn(
    session: Session, book_id: int, fund: PooledFund, quantity: Money, use: Mapping[str, str], day: date
) -> tuple[Leg, ...]:
    """Choose the gifts a use draws on."""
    pools: dict[str, list[gifts.GiftLot]] = {}
    admits: dict[str, bool] = {}
    free = closed = gone = zero(quantity.unit)
    for lot in gifts.list_lots(session, book_id, fund.code, quantity.unit.code):
        earmark = lot.account.earmark
        if earmark not in admits:
            admits[earmark] = drafting.admits(session, book_id, earmark, use)
        if not lot.usable_on(day):
            gone += lot.left
        elif admits[earmark]:
            free += lot.left
            pools.setdefault(earmark, []).append(lot)
        else:
            closed += lot.left
    if free < quantity:
        raise _short(fund, quantity, free, closed, gone)
    legs: list[Leg] = []
    rest = quantity
    for earmark in sorted(pools, key=lambda code: (code == UNRESTRICTED, code)):
        part = min(rest, sum((lot.left for lot in pools[earmark]), zero(quantity.unit)))
        rest -= part
        if part:
            left = [(lot.gift, lot.left.minor) for lot in pools[earmark]]
            draws = draws_by_rule(fund.draw_rule, left, part)
            legs.extend(_taken(fund, pools[earmark][0].account, part, draws, "in_kind_used"))
    return tuple(legs)


def _short(
    fund: PooledFund, asked: Money, free: Money, closed: Money, gone: Money
) -> EarmarkViolated | InsufficientFunds:
    unit = asked.unit.code
    figures = {"fund": fund.code, "asked": asked.text, "free": free.text, "expired": gone.text, "unit": unit}
    there = f"The fund {fund.code} has {free} in kind for this use"
    if free + closed >= asked:
        return EarmarkViolated(
            f"{there} and {closed} under earmarks that exclude it; {asked} is asked. "
            f"Ask for at most {free}, or change the use.",
            excluded=closed.text,
            **figures,
        )
    return InsufficientFunds(
        f"{there}, and {gone} past its last day; {asked} is asked. Ask for at most {free}.",
        short=(asked - free).text,
        **figures,
    )


def _taken(
    fund: PooledFund, account: Account, amount: Money, draws: tuple[Draw, ...], line: str
) -> tuple[Leg, Leg]:
    """Take a quantity out of a pool and out of the stock."""
    return (
        Leg(account=account, side=DEBIT, amount=amount, line=line, draws=draws),
        Leg(account=stock(fund.code, amount.unit), side=CREDIT, amount=amount, line=line),
    )


def expire_in_kind(
    session: Session, fund: PooledFund, *, key: str, clock: Clock, details: Details = PLAIN
) -> Transaction | None:
    """Write off what is past its last day, and let the value memos of all gifts say what is still counted.

    A gift that expires unused is worth its used part; a gift whose valuation has run out is worth nothing.
    Each memo that says otherwise is reversed, and one with the new value is posted, on the day of recording.

    Parameters
    ----------
    session, fund, clock
        As for ``use_in_kind``.
    key : str
        Idempotency key; the memos take keys made from it.
    details : Details
        The day whose store is written off, by default the clock's; note and source.

    Returns
    -------
    Transaction or None
        The write-off; None when nothing was left of any gift past its day.

    Raises
    ------
    DayOutOfRange
        When the day has not come.
    PostingRefused, Missing, KeyReused
        Nothing is written then.
    """
    now = fixed_clock(as_utc(clock()))
    today = now().date()
    day = details.on or today
    if day > today:
        raise DayOutOfRange(
            f"What will be past its last day on {day} cannot be written off on {today}. Wait for that day.",
            on=day.isoformat(),
            today=today.isoformat(),
        )
    book_id = registry.lock_fund(session, fund.book, fund.code)
    body = {"fund": fund.code, **({"on": day.isoformat()} if details.on else {})}
    with session.begin_nested():
        _, new = record_event(session, fund.book, "in_kind.expired", body, key=key, clock=now)
        if not new:
            known = entries.find_transaction_by_key(session, book_id, LIBRARY, key)
            if known is None or known.kind != "in_kind_expired":
                return None
            return entries.find_transaction(session, book_id, known.id, replayed=True)
        written = _write_off(session, book_id, fund, day, key, now, details)
        _restate_all(session, book_id, fund, key, now, details)
    return written


def _write_off(
    session: Session,
    book_id: int,
    fund: PooledFund,
    day: date,
    key: str,
    clock: Clock,
    details: Details,
) -> Transaction | None:
    pools: dict[Account, list[gifts.GiftLot]] = {}
    for lot in gifts.list_lots(session, book_id, fund.code, gone_by=day):
        pools.setdefault(lot.account, []).append(lot)
    legs: list[Leg] = []
    for account in sorted(pools, key=lambda one: (one.unit.code, one.earmark)):
        draws = tuple(Draw(contribution=lot.gift, minor=lot.left.minor) for lot in pools[account])
        amount = sum((lot.left for lot in pools[account]), zero(account.unit))
        legs.extend(_taken(fund, account, amount, draws, "in_kind_expired"))
    if not legs:
        return None
    draft = Draft(
        kind="in_kind_expired",
        effective_on=details.on,
        legs=tuple(legs),
        note=details.note,
        source=details.source,
    )
    return post(session, fund.book, draft, key=key, clock=clock)


def _restate_all(
    session: Session, book_id: int, fund: PooledFund, key: str, clock: Clock, details: Details
) -> None:
    unit = valued(fund.unit)
    said = gifts.sum_memos(session, book_id, fund.code, unit)
    for gift in gifts.list_offers(session, book_id, fund.code, on=clock().date()):
        worth = gift.value or zero(unit)
        if worth != said.get(gift.gift, zero(unit)):
            restate(session, fund, gift.gift, worth, key=f"{key}/{gift.gift}", clock=clock, details=details)
