"""What several acts need before they draft: amounts, days, earlier answers, open earmarks, whose money.

The problem: a retry must draft the same legs as the first call, although the lots have moved since; so an act
that shares money out first looks whether its key has answered before.
"""

from collections.abc import Collection, Mapping
from datetime import date

from ..accounts import Account
from ..dates import Clock, as_utc
from ..draws import draws_by_rule, insufficient
from ..errors import AmountOutOfRange, CurrencyMismatch, EarmarkExpired
from ..funds import PooledFund
from ..ledger import Details, Draw, Transaction
from ..money import Money
from ..records import entries, lots, registry
from ..requests import LIBRARY, key_reused
from ..storage import Session


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


def require_open(session: Session, book_id: int, earmark: str, day: date) -> None:
    """Refuse to use money under an earmark after its last day.

    Raises
    ------
    EarmarkExpired
        With the day.
    """
    last = last_day(session, book_id, earmark)
    if last is not None and last < day:
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
