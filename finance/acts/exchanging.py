"""Rates are recorded, and a fund sells one currency for another.

The problem: a converted balance that follows today's rate changes its history every day, and a rate without
day and source cannot be checked. Rates are recorded once; an exchange moves money at one of them, for the
same contributions on both sides, and is never revalued.
"""

from datetime import date, timedelta

from ..accounts import UNRESTRICTED, cash, pool
from ..dates import Clock
from ..errors import AlreadyExists, Missing, PostingRefused
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Draw, Leg, Transaction
from ..money import Money, split
from ..posting import post, record_event
from ..rates import MAX_AGE, Conversion, FxRounding, Rate, convert, require_direction
from ..records import lots, rates, registry
from ..storage import Session
from ..units import Unit
from .drafting import answered_before, day_of, draw_from, require_amount, require_open


def record_rate(
    session: Session, book: str, rate: Rate, *, key: str, clock: Clock, confirm: bool = False
) -> Rate:
    """Record a rate, once per pair, day and source; it is never changed.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book : str
        Whose log tells of it; every book of the database may use it.
    rate : Rate
        What was published.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    confirm : bool
        Take it although it looks like the inverse of the pair's last rate.

    Raises
    ------
    RateSuspicious
        When it is nearer to the inverse of the pair's last rate than to that one.
    AlreadyExists
        When the source gave another rate of the pair for that day.
    KeyReused, Missing
        When the key belongs to another rate; when there is no such book.
    """
    registry.find_book_id(session, book)
    known = rates.find_same_rate(session, rate)
    if known is None:
        last = rates.find_last_rate(session, rate)
        if last is not None and not confirm:
            require_direction(rate, last)
        with session.begin_nested():
            identity, _ = record_event(session, book, "rate.recorded", _told(rate), key=key, clock=clock)
            rates.keep_rate(session, identity, rate)
        known = rates.find_same_rate(session, rate)
    if known is None or known[1].fraction != rate.fraction:
        stands = known[1] if known else "another"
        raise AlreadyExists(
            f"{rate} cannot be recorded: {stands} stands for that day and source. Rates are never changed.",
            what="rate",
            code=rate.text,
        )
    return known[1]


def _told(rate: Rate) -> dict[str, object]:
    return {
        "as_of": rate.as_of.isoformat(),
        "base": rate.base.code,
        "den": rate.den,
        "num": rate.num,
        "quote": rate.quote.code,
        "source": rate.source,
    }


def find_rate(
    session: Session, base: Unit, quote: Unit, *, on: date, source: str, max_age: timedelta = MAX_AGE
) -> Rate:
    """Return the rate of a pair on a day, or the last one before it that is not too old.

    Parameters
    ----------
    session : Session
        The caller's.
    base, quote : Unit
        Sold and bought. A rate of the other direction is never turned round, nor two rates chained.
    on : date
        The day.
    source : str
        Whose rate.
    max_age : timedelta
        How old it may be on that day; zero for a rate of exactly that day.

    Raises
    ------
    Missing
        When there is none, saying what there is.
    """
    found = rates.find_latest_rate(session, base, quote, source, on)
    if found is not None and on - found.as_of <= max_age:
        return found
    there = f"The last one is {found}." if found else "There is none."
    if found is None and rates.find_latest_rate(session, quote, base, source, on) is not None:
        there = "There is one of the other direction, which is not turned round."
    raise Missing(
        f"No rate from {base.code} to {quote.code} of {source} stands for {on} or the {max_age.days} days "
        f"before. {there} Record the rate.",
        what="rate",
        code=f"{base.code}/{quote.code}",
    )


def exchange(
    session: Session,
    fund: PooledFund,
    sold: Money,
    rate: Rate,
    *,
    key: str,
    clock: Clock,
    earmark: str = UNRESTRICTED,
    rounding: FxRounding = "half_even",
    details: Details = PLAIN,
) -> Transaction:
    """Sell money of a fund in one currency for another: same earmark, same contributions.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Whose money.
    sold : Money
        In a currency it holds and the rate's base.
    rate : Rate
        As recorded; not of a later day than the exchange.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    earmark : str
        Under which restriction the money lies, before and after.
    rounding : str
        How the bought amount is rounded: ``down``, ``up`` or ``half_even``.
    details : Details
        Day, note and source of the figure.

    Raises
    ------
    InsufficientFunds, EarmarkExpired, CurrencyMismatch, AmountOutOfRange, PostingRefused, Missing, KeyReused
        Nothing is written then.
    """
    require_amount(sold, "sold")
    conversion = convert(sold, rate, rounding)
    book_id = registry.find_book_id(session, fund.book)
    first = answered_before(session, fund, key)
    if first is None:
        day = day_of(details, clock)
        if rate.as_of > day:
            raise PostingRefused(
                f"{rate} is of a later day than the exchange, {day}. Use a rate known by then.",
                rate=str(rate),
            )
        require_open(session, book_id, earmark, day)
        given = pool(fund.code, rate.base, earmark)
        among = lots.list_pool_lots(session, book_id, given)
        draws = draw_from(session, book_id, given, sold, among)
        legs: tuple[Leg, ...] = _legs(fund, earmark, conversion, draws)
    else:
        legs = first.legs
    draft = Draft(
        kind="exchange",
        effective_on=details.on,
        legs=legs,
        note=details.note,
        source=details.source,
        conversions=(conversion,),
    )
    return post(session, fund.book, draft, key=key, clock=clock)


def _legs(
    fund: PooledFund, earmark: str, conversion: Conversion, draws: tuple[Draw, ...]
) -> tuple[Leg, Leg, Leg, Leg]:
    sold, bought = conversion.sold, conversion.bought
    parts = split(bought, [draw.minor for draw in draws])
    taken = tuple(
        Draw(contribution=draw.contribution, minor=part.minor)
        for draw, part in zip(draws, parts, strict=True)
        if part
    )
    given, received = (pool(fund.code, unit, earmark) for unit in (sold.unit, bought.unit))
    paid, got = cash(fund.code, sold.unit), cash(fund.code, bought.unit)
    return (
        Leg(account=given, side=DEBIT, amount=sold, line="fx_sold", draws=draws),
        Leg(account=paid, side=CREDIT, amount=sold, line="fx_sold"),
        Leg(account=got, side=DEBIT, amount=bought, line="fx_bought"),
        Leg(account=received, side=CREDIT, amount=bought, line="fx_bought", draws=taken),
    )
