"""What several acts need before they draft: amounts, days, earlier answers, open earmarks, which pools pay.

The problem: a retry must draft the same legs as the first call, although the lots have moved since; so an act
that shares money out first looks whether its key has answered before.
"""

from collections.abc import Collection, Mapping
from datetime import date

from ..accounts import UNRESTRICTED, Account, cash, pool
from ..dates import Clock, as_utc
from ..draws import draws_by_rule, insufficient
from ..errors import (
    AmountOutOfRange,
    CurrencyMismatch,
    EarmarkExpired,
    EarmarkViolated,
    InsufficientFunds,
    OverdrawnCommitment,
)
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, Details, Draw, Leg, Transaction
from ..money import Money, zero
from ..records import entries, lots, registry
from ..requests import LIBRARY, key_reused
from ..storage import Session

Parts = tuple[tuple[str, Money], ...]


def require_amount(amount: Money, what: str = "booked") -> None:
    """Refuse an amount of money that is not positive, or is no currency."""
    if amount.unit.kind != "currency":
        raise CurrencyMismatch(
            f"{amount} is in a unit of kind {amount.unit.kind}: only currencies are money.",
            amount=str(amount),
            unit=amount.unit.code,
        )
    if amount.minor <= 0:
        raise AmountOutOfRange(f"{amount} cannot be {what}: the amount must be positive.", amount=str(amount))


def require_unit(session: Session, fund: PooledFund, amount: Money) -> None:
    """Refuse an amount that is not positive, or in a currency that the fund does not hold."""
    book_id = registry.find_book_id(session, fund.book)
    if amount.unit != fund.unit and amount.unit.code not in lots.list_fund_units(session, book_id, fund.code):
        raise CurrencyMismatch(
            f"The fund {fund.code} keeps {fund.unit.code} and holds no {amount.unit.code}; it cannot take or "
            f"pay {amount}. Convert it first, or let the fund hold that currency.",
            fund=fund.code,
            unit=fund.unit.code,
            amount=str(amount),
        )
    require_amount(amount)


def answered_before(session: Session, fund: PooledFund, key: str) -> Transaction | None:
    """Lock a fund, and return the transaction that a key belongs to, if any."""
    book_id = registry.lock_fund(session, fund.book, fund.code)
    known = entries.find_transaction_by_key(session, book_id, LIBRARY, key)
    if known is not None and known.refusal is not None:
        raise key_reused(key, known.kind)
    return None if known is None else entries.find_transaction(session, book_id, known.id)


def day_of(details: Details, clock: Clock) -> date:
    """Return the day an act counts for."""
    return details.on or as_utc(clock()).date()


def last_day(session: Session, book_id: int, earmark: str) -> date | None:
    """Return the last day on which money under an earmark may be used: its own, or of one it narrows."""
    terms = lots.list_wider_earmarks(session, book_id, earmark)
    return min((one.valid_until for one in terms if one.valid_until is not None), default=None)


def admits(session: Session, book_id: int, earmark: str, use: Mapping[str, str]) -> bool:
    """Tell whether an earmark and all that it narrows admit a use."""
    return all(terms.admits_use(use) for terms in lots.list_wider_earmarks(session, book_id, earmark))


def require_open(session: Session, book_id: int, earmark: str, day: date | None) -> None:
    """Refuse to use money under an earmark after its last day; a day not known yet is left to the database.

    Raises
    ------
    EarmarkExpired
        With the day.
    """
    last = last_day(session, book_id, earmark)
    if last is not None and day is not None and last < day:
        raise EarmarkExpired(
            f"Money under the earmark {earmark!r} could be used until {last}; it is {day}. "
            "Return it to its donor, or ask the donor to widen the earmark.",
            earmark=earmark,
            valid_until=last.isoformat(),
            day=day.isoformat(),
        )


def draw_from(
    session: Session, book_id: int, account: Account, amount: Money, among: Collection[lots.Lot]
) -> tuple[Draw, ...]:
    """Draw an amount from some lots of a pool by its fund's rule, within what the pool has free.

    Raises
    ------
    InsufficientFunds
        With what those lots have left, or what is not promised, if that is less.
    """
    held = Money(minor=sum(lot.remaining for lot in among), unit=amount.unit)
    free = min(held, lots.find_pool_free(session, book_id, account))
    if free < amount:
        raise insufficient(account.fund, account.earmark, asked=amount, free=free)
    rule = lots.find_draw_rule(session, book_id, account.fund)
    return draws_by_rule(rule, [(lot.contribution, lot.remaining) for lot in among], amount)


def payment_legs(
    fund: PooledFund, earmark: str, amount: Money, line: str, draws: tuple[Draw, ...] = ()
) -> tuple[Leg, Leg]:
    """Return the legs that pay an amount out of a pool."""
    owned = pool(fund.code, amount.unit, earmark)
    return (
        Leg(account=owned, side=DEBIT, amount=amount, line=line, draws=draws),
        Leg(account=cash(fund.code, amount.unit), side=CREDIT, amount=amount, line=line),
    )


def restricted_first(part: tuple[str, Money]) -> tuple[bool, str]:
    """Order parts by earmark, money without restriction last."""
    return part[0] == UNRESTRICTED, part[0]


def admitted_parts(
    session: Session, fund: PooledFund, amount: Money, use: Mapping[str, str], day: date | None
) -> Parts:
    """Choose the pools a use is paid from: restricted money that admits it first."""
    book_id = registry.find_book_id(session, fund.book)
    require_unit(session, fund, amount)
    free: list[tuple[str, Money]] = []
    total = closed = over = zero(amount.unit)
    for row in entries.list_balances(session, book_id, fund.code, pool(fund.code, amount.unit).path):
        if row.account.role != "pool" or row.account.unit != amount.unit:
            continue
        left = row.free
        last = last_day(session, book_id, row.account.earmark)
        if not admits(session, book_id, row.account.earmark, use):
            closed += left
        elif last is not None and day is not None and last < day:
            over += left
        else:
            free.append((row.account.earmark, left))
            total += left
    if total < amount:
        raise _short(fund, amount, total, closed, over)
    return taken_from(tuple(sorted(free, key=restricted_first)), amount, fund.code)


def _short(
    fund: PooledFund, amount: Money, free: Money, closed: Money, over: Money
) -> EarmarkViolated | EarmarkExpired | InsufficientFunds:
    figures = {"fund": fund.code, "asked": amount.text, "free": free.text, "unit": amount.unit.code}
    if free + over >= amount:
        return EarmarkExpired(
            f"The fund {fund.code} has {free} free for this use and {over} under earmarks whose last day is "
            f"over; {amount} is asked. Ask for at most {free}, return the rest to its donors, or ask them to "
            "widen it.",
            expired=over.text,
            **figures,
        )
    if free + closed >= amount:
        return EarmarkViolated(
            f"The fund {fund.code} has {free} free for this use and {closed} under earmarks that exclude it; "
            f"{amount} is asked. Ask for at most {free}, or change the use.",
            excluded=closed.text,
            **figures,
        )
    return InsufficientFunds(
        f"The fund {fund.code} has {free} free for this use; {amount} is asked. "
        f"Add money, release a promise, or ask for at most {free}.",
        short=(amount - free).text,
        **figures,
    )


def taken_from(free: Parts, amount: Money, what: str) -> Parts:
    """Take an amount from the parts in order."""
    if amount.minor <= 0:
        raise AmountOutOfRange(
            f"{amount} cannot be paid or promised: the amount must be positive.", amount=str(amount)
        )
    parts, rest = [], amount
    for earmark, left in free:
        part = min(left, rest)
        if part.minor > 0:
            parts.append((earmark, part))
            rest -= part
    if rest:
        raise OverdrawnCommitment(
            f"{amount} is asked of {what}, which has {amount - rest} left. Ask for at most {amount - rest}.",
            asked=amount.text,
            left=(amount - rest).text,
            unit=amount.unit.code,
        )
    return tuple(parts)


def parts_before(session: Session, fund: PooledFund, key: str, amount: Money) -> Parts:
    """Return the parts of the transaction a key belongs to, so that a retry drafts the same legs."""
    first = answered_before(session, fund, key)
    if first is None:
        return ()
    legs = [
        leg for leg in first.legs if leg.account.role == "pool" and leg.side == DEBIT and leg.amount.minor > 0
    ]
    total = sum((leg.amount.minor for leg in legs), start=0)
    if total != amount.minor or any(leg.amount.unit != amount.unit for leg in legs):
        return ((UNRESTRICTED, amount),)
    return tuple((leg.account.earmark, leg.amount) for leg in legs)
