"""Money and goods come in: deposits, income, gifts in kind and their valuation."""

from dataclasses import replace

from ..accounts import UNRESTRICTED, cash, in_kind_pool, memo, pool, stock
from ..contributions import Contribution
from ..dates import Clock
from ..errors import AmountOutOfRange, CurrencyMismatch, SamePerson
from ..funds import PooledFund
from ..in_kind import Valuation, value_of
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Draw, Leg
from ..money import Money
from ..posting import post, record_event
from ..records import entries, registry, valuations
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
    details: Details = PLAIN,
) -> Contribution:
    """Book a gift in kind, in its own unit. It is never part of the fund's cash.

    Parameters
    ----------
    session, fund, giver, key, clock, earmark, details
        As for ``contribute``.
    quantity : Money
        In a unit of kind ``in_kind``.

    Raises
    ------
    CurrencyMismatch
        When the unit is not one of kind ``in_kind``.
    AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    if quantity.unit.kind != "in_kind":
        raise CurrencyMismatch(
            f"{quantity} is not a gift in kind. Use a unit of kind in_kind, or contribute cash.",
            amount=str(quantity),
        )
    if quantity.minor <= 0:
        raise AmountOutOfRange(
            f"{quantity} cannot be booked: give a positive quantity.", amount=str(quantity)
        )
    gift = Contribution(
        code=key, fund=fund.code, giver=giver, earmark=earmark, amount=quantity, kind="in_kind"
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
    session, fund, key, clock, details
        As for ``contribute``.
    gift : Contribution
        From ``offer_in_kind``.
    valuation : Valuation
        Price, method, haircut, valuer and evidence.

    Returns
    -------
    Money
        floor(quantity x price x (1 - haircut)), in the valued unit of the price's currency.

    Raises
    ------
    SamePerson
        When the giver values the own gift.
    AlreadyExists
        When the gift is valued already.
    AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    if valuation.valued_by == gift.giver:
        raise SamePerson(
            f"{gift.giver} gave {gift.amount} and cannot value it. Name another party as valuer.",
            party=gift.giver,
        )
    worth = value_of(gift.amount, valuation)
    counted = memo(fund.code, worth.unit, "value_counted", 1)
    given = memo(fund.code, worth.unit, "value_given", -1)
    legs = (
        Leg(account=counted, side=DEBIT, amount=worth, line="valuation"),
        Leg(account=given, side=CREDIT, amount=worth, line="valuation"),
    )
    draft = Draft(
        kind="valuation",
        effective_on=valuation.valued_on,
        legs=legs,
        note=details.note,
        source=details.source,
    )
    book_id = registry.lock_fund(session, fund.book, fund.code)
    with session.begin_nested():
        registry.keep_unit(session, valuation.price.unit)
        registry.keep_unit(session, worth.unit)
        body = _told(gift, valuation)
        event_id, new = record_event(session, fund.book, "in_kind.valued", body, key=key, clock=clock)
        if new:
            valuations.keep_valuation(session, book_id, event_id, gift, valuation, worth.unit)
        post(session, fund.book, draft, key=key, clock=clock)
    return worth


def _told(gift: Contribution, valuation: Valuation) -> dict[str, object]:
    return {
        "contribution": gift.code,
        "evidence_sha256": valuation.evidence_sha256.hex(),
        "haircut_bp": valuation.haircut_bp,
        "method": valuation.method,
        "price": valuation.price.text,
        "unit": valuation.price.unit.code,
        "valued_by": valuation.valued_by,
        "valued_on": valuation.valued_on.isoformat(),
    }
