"""Money is promised and goes out: fees, costs, transfers, commitments, encumbrances, payments.

What a use may draw on follows from the earmarks: money under an earmark that admits the use first, in the
order of the earmarks' codes, then money without restriction. An earmark binds together with all that it
narrows, and until the first of their last days.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from ..accounts import Promise, obligation, pool
from ..contributions import Contribution
from ..dates import Clock
from ..errors import (
    CurrencyMismatch,
)
from ..fees import FeeTerm
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Draw, Leg, Transaction
from ..money import Money, zero
from ..posting import post
from ..records import entries, registry
from ..requests import LIBRARY, key_reused
from ..storage import Session
from .drafting import (
    Parts,
    admits,
    admitted_parts,
    answered_before,
    day_of,
    parts_before,
    payment_legs,
    require_open,
    restricted_first,
    taken_from,
)

ANY_USE: Mapping[str, str] = {}
SPENDING_LINES = ("transfer", "transfer_to_fund", "direct_cost", "bank_charge")


def spend(
    session: Session,
    fund: PooledFund,
    payee: str,
    amount: Money,
    *,
    line: str,
    key: str,
    clock: Clock,
    use: Mapping[str, str] = ANY_USE,
    details: Details = PLAIN,
) -> Transaction:
    """Pay out of what is free, without an earlier promise: transfers, costs and charges of the fund itself.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Which fund pays.
    payee : str
        Code of the party who is paid.
    amount : Money
        In the fund's unit, or in another currency that it holds.
    line : str
        ``transfer``, ``transfer_to_fund``, ``direct_cost`` or ``bank_charge``.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    use : Mapping of str to str
        What it is for; decides which earmarks it may draw on.
    details : Details
        Day, note and source of the figure.

    Raises
    ------
    InsufficientFunds, EarmarkViolated, EarmarkExpired, AmountOutOfRange, CurrencyMismatch, Missing, KeyReused
        Nothing is written then.
    """
    parts = parts_before(session, fund, key, amount)
    today = day_of(details, clock)
    draft = draft_spend(
        session, fund, payee, amount, line=line, use=use, details=details, parts=parts, today=today
    )
    return post(session, fund.book, draft, key=key, clock=clock)


def draft_spend(
    session: Session,
    fund: PooledFund,
    payee: str,
    amount: Money,
    *,
    line: str,
    use: Mapping[str, str] = ANY_USE,
    details: Details = PLAIN,
    parts: Parts = (),
    today: date | None = None,
) -> Draft:
    """Draft what ``spend`` posts, to be proposed.

    ``parts`` says which earmarks bear it, when known; ``today`` the day by which they must not have ended.
    """
    registry.find_party_id(session, registry.find_book_id(session, fund.book), payee)
    if line not in SPENDING_LINES:
        raise ValueError(f"nothing is spent on line {line!r}: use one of {', '.join(SPENDING_LINES)}")
    borne = parts or admitted_parts(session, fund, amount, use, details.on or today)
    legs = tuple(leg for earmark, part in borne for leg in payment_legs(fund, earmark, part, line))
    return _draft(line, legs, payee=payee, details=details, use=use)


def charge_fee(
    session: Session,
    fund: PooledFund,
    agent: str,
    deposit: Contribution,
    fee: FeeTerm | Money,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Transaction:
    """Take a fee from one deposit, borne by that deposit alone.

    Parameters
    ----------
    session, fund, key, clock, details
        As for ``spend``.
    agent : str
        Code of the party who earns the fee.
    deposit : Contribution
        Bears the fee; its gross amount is the base.
    fee : FeeTerm or Money
        A share of the base, or the amount where only that is printed.

    Raises
    ------
    InsufficientFunds, PostingRefused, Missing, KeyReused
        Nothing is written then.
    """
    book_id = registry.find_book_id(session, fund.book)
    registry.find_party_id(session, book_id, agent)
    if answered_before(session, fund, key) is None:
        require_open(session, book_id, deposit.earmark, day_of(details, clock))
    taken = fee if isinstance(fee, Money) else fee.divide(deposit.amount).fee
    draws = (Draw(contribution=deposit.code, minor=taken.minor),)
    legs = payment_legs(fund, deposit.earmark, taken, "fee", draws)
    return _post(session, fund, "fee", legs, payee=agent, key=key, clock=clock, details=details)


def reserve(
    session: Session,
    fund: PooledFund,
    promise: Promise,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    use: Mapping[str, str] = ANY_USE,
    details: Details = PLAIN,
) -> Transaction:
    """Promise part of what is free: a commitment to a grantee, or the maximum of a signed agreement.

    Parameters
    ----------
    session, fund, amount, key, clock, use, details
        As for ``spend``.
    promise : Promise
        Kind and code of the promise.

    Raises
    ------
    InsufficientFunds, EarmarkViolated, AmountOutOfRange, CurrencyMismatch, KeyReused
        Nothing is written then.
    """
    parts = parts_before(session, fund, key, amount)
    today = day_of(details, clock)
    draft = draft_reserve(session, fund, promise, amount, use=use, details=details, parts=parts, today=today)
    return post(session, fund.book, draft, key=key, clock=clock)


def draft_reserve(
    session: Session,
    fund: PooledFund,
    promise: Promise,
    amount: Money,
    *,
    use: Mapping[str, str] = ANY_USE,
    details: Details = PLAIN,
    parts: Parts = (),
    today: date | None = None,
) -> Draft:
    """Draft what ``reserve`` posts, to be proposed; ``parts`` and ``today`` as for ``draft_spend``."""
    if amount.unit != fund.unit:
        raise CurrencyMismatch(
            f"The fund {fund.code} promises in {fund.unit.code}, not {amount}. Convert it first.",
            fund=fund.code,
            unit=fund.unit.code,
            amount=str(amount),
        )
    borne = parts or admitted_parts(session, fund, amount, use, details.on or today)
    legs = tuple(leg for earmark, part in borne for leg in _promise_legs(fund, promise, earmark, part))
    return _draft("encumbrance", legs, details=_noting(details, promise), use=use)


def pay_reserved(
    session: Session,
    fund: PooledFund,
    promise: Promise,
    amount: Money,
    payee: str,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Transaction:
    """Pay part of what was promised, and release as much of the promise, in one transaction.

    Parameters
    ----------
    session, fund, amount, payee, key, clock, details
        As for ``spend``.
    promise : Promise
        As given to ``reserve``.

    Raises
    ------
    OverdrawnCommitment
        When more is asked than is still promised.
    AmountOutOfRange, Missing, KeyReused
        Nothing is written then.
    """
    parts = parts_before(session, fund, key, amount)
    today = day_of(details, clock)
    draft = draft_pay_reserved(
        session, fund, promise, amount, payee, details=details, parts=parts, today=today
    )
    return post(session, fund.book, draft, key=key, clock=clock)


def draft_pay_reserved(
    session: Session,
    fund: PooledFund,
    promise: Promise,
    amount: Money,
    payee: str,
    *,
    details: Details = PLAIN,
    parts: Parts = (),
    today: date | None = None,
) -> Draft:
    """Draft what ``pay_reserved`` posts, to be proposed; ``parts`` and ``today`` as for ``draft_spend``."""
    book_id = registry.find_book_id(session, fund.book)
    registry.find_party_id(session, book_id, payee)
    borne = parts or taken_from(_outstanding(session, fund, promise), amount, str(promise))
    for earmark, _ in () if parts else borne:
        require_open(session, book_id, earmark, details.on or today)
    legs: list[Leg] = []
    for earmark, part in borne:
        legs.extend(payment_legs(fund, earmark, part, "payout"))
        legs.extend(_promise_legs(fund, promise, earmark, -part))
    return _draft("payout", tuple(legs), payee=payee, details=_noting(details, promise))


def reassign(
    session: Session,
    fund: PooledFund,
    given: Promise,
    taken: Promise,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    use: Mapping[str, str] = ANY_USE,
    details: Details = PLAIN,
) -> Transaction:
    """Turn part of one promise into another, in one transaction: never both, never neither.

    Parameters
    ----------
    session, fund, amount, key, clock, use, details
        As for ``spend``; only money whose earmark admits the use moves.
    given, taken : Promise
        The promise that shrinks, and the one that grows.

    Raises
    ------
    OverdrawnCommitment
        When the first promise has less left for this use than is asked.
    AmountOutOfRange, KeyReused
        Nothing is written then.
    """
    parts = parts_before(session, fund, key, amount)
    if not parts:
        book_id = registry.find_book_id(session, fund.book)
        left = _outstanding(session, fund, given)
        open_to = tuple(part for part in left if admits(session, book_id, part[0], use))
        parts = taken_from(open_to, amount, f"{given} for this use")
    legs: list[Leg] = []
    for earmark, part in parts:
        legs.extend(_promise_legs(fund, given, earmark, -part))
        legs.extend(_promise_legs(fund, taken, earmark, part))
    about = f"{given} becomes {taken}"
    return _post(
        session, fund, "reassignment", tuple(legs), key=key, clock=clock, details=_noting(details, about)
    )


def release(
    session: Session,
    fund: PooledFund,
    promise: Promise,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
    amount: Money | None = None,
) -> Money:
    """Give up what is left of a promise, or a part of it; the money is free again.

    Of a part, money without restriction is free first, so that what stays is borne by those who gave for it.

    Parameters
    ----------
    session, fund, key, clock, details
        As for ``spend``.
    promise : Promise
        As given to ``reserve``.
    amount : Money or None
        Without it, all that is left.

    Returns
    -------
    Money
        What was released; zero when nothing was left, and nothing is written then.

    Raises
    ------
    OverdrawnCommitment
        When more is asked than is left.
    AmountOutOfRange, KeyReused
        Nothing is written then.
    """
    left = _released_under(session, fund, promise, key, amount)
    if not left:
        left = _outstanding(session, fund, promise)
        left = left if amount is None else taken_from(left[::-1], amount, str(promise))
    legs = tuple(leg for earmark, part in left for leg in _promise_legs(fund, promise, earmark, -part))
    if legs:
        _post(session, fund, "release", legs, key=key, clock=clock, details=_noting(details, promise))
    return sum((part for _, part in left), start=zero(fund.unit))


def _released_under(
    session: Session, fund: PooledFund, promise: Promise, key: str, amount: Money | None
) -> Parts:
    """Return what a key has released before, so that a retry gives the same answer."""
    book_id = registry.lock_fund(session, fund.book, fund.code)
    known = entries.find_transaction_by_key(session, book_id, LIBRARY, key)
    if known is None:
        return ()
    path = obligation(fund.code, fund.unit, promise).path
    legs = [
        leg for leg in entries.find_transaction(session, book_id, known.id).legs if leg.account.path == path
    ]
    parts = tuple((leg.account.earmark, -leg.amount) for leg in legs)
    asked = amount is None or sum((part for _, part in parts), start=zero(fund.unit)) == amount
    if known.kind != "release" or not legs or not asked:
        raise key_reused(key, known.kind)
    return parts


def promised(session: Session, fund: PooledFund, promise: Promise) -> Money:
    """Return what is left of a promise."""
    return sum((part for _, part in _outstanding(session, fund, promise)), start=zero(fund.unit))


def _post(
    session: Session,
    fund: PooledFund,
    kind: str,
    legs: tuple[Leg, ...],
    *,
    key: str,
    clock: Clock,
    details: Details,
    payee: str = "",
    use: Mapping[str, str] = ANY_USE,
) -> Transaction:
    draft = _draft(kind, legs, details=details, payee=payee, use=use)
    return post(session, fund.book, draft, key=key, clock=clock)


def _draft(
    kind: str,
    legs: tuple[Leg, ...],
    *,
    details: Details,
    payee: str = "",
    use: Mapping[str, str] = ANY_USE,
) -> Draft:
    return Draft(
        kind=kind,
        effective_on=details.on,
        legs=legs,
        payee=payee,
        note=details.note,
        source=details.source,
        use=tuple(sorted(use.items())),
    )


def _noting(details: Details, about: Promise | str) -> Details:
    return details if details.note else replace(details, note=str(about))


def _promise_legs(fund: PooledFund, promise: Promise, earmark: str, amount: Money) -> tuple[Leg, Leg]:
    line = "encumbrance" if amount.minor > 0 else "release"
    owed = obligation(fund.code, fund.unit, promise, earmark)
    return (
        Leg(account=pool(fund.code, fund.unit, earmark), side=DEBIT, amount=amount, line=line, layer="E"),
        Leg(account=owed, side=CREDIT, amount=amount, line=line, layer="E"),
    )


def _outstanding(session: Session, fund: PooledFund, promise: Promise) -> Parts:
    path = obligation(fund.code, fund.unit, promise).path
    rows = entries.list_balances(session, registry.find_book_id(session, fund.book), fund.code, path)
    left = [(row.account.earmark, row.outstanding) for row in rows if row.outstanding]
    return tuple(sorted(left, key=restricted_first))
