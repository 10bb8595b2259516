"""Money and goods come in: deposits, income, gifts in kind."""

from dataclasses import replace
from datetime import date

from ..accounts import UNRESTRICTED, cash, in_kind_pool, pool, stock
from ..contributions import Contribution
from ..dates import Clock, as_utc
from ..errors import AmountOutOfRange, CurrencyMismatch, DayOutOfRange
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Draw, Leg
from ..money import Money
from ..posting import post
from ..records import entries, registry
from ..storage import Session
from .drafting import answered_before, require_unit
from .pledging import paid_in_legs

INCOME_LINES = ("fund_income", "partner_interest")


def contribute(
    session: Session,
    fund: PooledFund,
    giver: str,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    earmark: str = UNRESTRICTED,
    from_pledge: bool = False,
    details: Details = PLAIN,
) -> Contribution:
    """Book a cash deposit to a fund, under one restriction.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Which fund receives it.
    giver : str
        Code of the party.
    amount : Money
        In a currency the fund holds, before any fee.
    key : str
        Idempotency key; it becomes the code of the contribution.
    clock : Clock
        When it is recorded.
    earmark : str
        Code of the restriction.
    from_pledge : bool
        Take it off what the giver has signed, then off what is only pledged, as far as that goes.
    details : Details
        Day, note and source of the figure.

    Raises
    ------
    CurrencyMismatch, AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    require_unit(session, fund, amount)
    first = answered_before(session, fund, key)
    extra: tuple[Leg, ...] = ()
    if from_pledge:
        extra = first.legs[2:] if first else paid_in_legs(session, fund, giver, amount)
    deposit = Contribution(code=key, fund=fund.code, giver=giver, earmark=earmark, amount=amount, kind="cash")
    return _deposit(session, fund, deposit, line="contribution", clock=clock, details=details, extra=extra)


def receive_income(
    session: Session,
    fund: PooledFund,
    payer: str,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    line: str = "fund_income",
    details: Details = PLAIN,
) -> Contribution:
    """Book income of the fund itself: what it earned, or interest that partners earned on its money.

    Parameters
    ----------
    session, fund, payer, amount, key, clock, details
        As for ``contribute``.
    line : str
        ``fund_income`` or ``partner_interest``.

    Raises
    ------
    CurrencyMismatch, AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    require_unit(session, fund, amount)
    if line not in INCOME_LINES:
        raise ValueError(f"no income stands on line {line!r}: use one of {', '.join(INCOME_LINES)}")
    income = Contribution(
        code=key, fund=fund.code, giver=payer, earmark=UNRESTRICTED, amount=amount, kind="income"
    )
    return _deposit(session, fund, income, line=line, clock=clock, details=details)


def _deposit(
    session: Session,
    fund: PooledFund,
    deposit: Contribution,
    *,
    line: str,
    clock: Clock,
    details: Details,
    extra: tuple[Leg, ...] = (),
) -> Contribution:
    amount, key = deposit.amount, deposit.code
    draws = (Draw(contribution=key, minor=amount.minor),)
    owned = pool(fund.code, amount.unit, deposit.earmark)
    legs = (
        Leg(account=cash(fund.code, amount.unit), side=DEBIT, amount=amount, line=line),
        Leg(account=owned, side=CREDIT, amount=amount, line=line, draws=draws),
    )
    draft = Draft(
        kind="contribution" if deposit.kind == "cash" else line,
        effective_on=details.on,
        legs=legs + extra,
        note=details.note,
        source=details.source,
    )
    return _receive(session, fund, deposit, draft, clock)


def _receive(
    session: Session, fund: PooledFund, deposit: Contribution, draft: Draft, clock: Clock
) -> Contribution:
    """Write a contribution and post its deposit: both, or neither."""
    book_id = registry.lock_fund(session, fund.book, fund.code)
    with session.begin_nested():
        registry.keep_unit(session, deposit.amount.unit)
        entries.keep_contribution(session, book_id, deposit)
        posted = post(session, fund.book, draft, key=deposit.code, clock=clock)
    return replace(deposit, replayed=posted.replayed)


def offer_in_kind(
    session: Session,
    fund: PooledFund,
    giver: str,
    quantity: Money,
    *,
    key: str,
    clock: Clock,
    earmark: str = UNRESTRICTED,
    available_until: date | None = None,
    details: Details = PLAIN,
) -> Contribution:
    """Book a gift in kind, in its own unit. It is never part of the fund's cash.

    Parameters
    ----------
    session, fund, giver, key, clock, earmark, details
        As for ``contribute``.
    quantity : Money
        In a unit of kind ``in_kind``.
    available_until : date or None
        Last day on which it may be used; None for no end.

    Raises
    ------
    CurrencyMismatch
        When the unit is not one of kind ``in_kind``.
    DayOutOfRange
        When its last day is over on the day it counts for.
    AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    _require_gift(quantity)
    if answered_before(session, fund, key) is None:
        _require_usable(quantity, available_until, details.on or as_utc(clock()).date())
    gift = Contribution(
        code=key,
        fund=fund.code,
        giver=giver,
        earmark=earmark,
        amount=quantity,
        kind="in_kind",
        available_until=available_until,
    )
    draws = (Draw(contribution=key, minor=quantity.minor),)
    owned = in_kind_pool(fund.code, quantity.unit, earmark)
    line = "in_kind_given"
    legs = (
        Leg(account=stock(fund.code, quantity.unit), side=DEBIT, amount=quantity, line=line),
        Leg(account=owned, side=CREDIT, amount=quantity, line=line, draws=draws),
    )
    draft = Draft(
        kind="in_kind", effective_on=details.on, legs=legs, note=details.note, source=details.source
    )
    return _receive(session, fund, gift, draft, clock)


def _require_gift(quantity: Money) -> None:
    if quantity.unit.kind != "in_kind":
        raise CurrencyMismatch(
            f"{quantity} is not a gift in kind. Use a unit of kind in_kind, or contribute cash.",
            amount=str(quantity),
        )
    if quantity.minor <= 0:
        raise AmountOutOfRange(
            f"{quantity} cannot be booked: give a positive quantity.", amount=str(quantity)
        )


def _require_usable(quantity: Money, available_until: date | None, day: date) -> None:
    if available_until is not None and available_until < day:
        raise DayOutOfRange(
            f"{quantity} in kind could be used until {available_until}, which is over on {day}. "
            "Take only what can still be used.",
            available_until=available_until.isoformat(),
            on=day.isoformat(),
        )
