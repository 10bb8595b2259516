"""Advances to implementers: what was transferred, what they report as spent, what they give back.

The problem: a transfer is money out of the fund and not yet money spent on its purpose. An advance is paid
like any other and remembered as held by its implementer until it is reported or comes back.
"""

from collections.abc import Mapping, Sequence

from ..accounts import Account, memo
from ..dates import Clock
from ..delivery import Delivery
from ..errors import OverdrawnCommitment
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, PLAIN, Details, Draft, Leg, Transaction
from ..money import Money, zero
from ..posting import post
from ..records import advances, entries, registry
from ..storage import Session
from ..units import Unit
from .drafting import admitted_parts, answered_before, day_of, parts_before, payment_legs, require_amount
from .spending import ANY_USE


def _held(fund: PooledFund, implementer: str, unit: Unit) -> Account:
    return memo(fund.code, unit, f"held/{implementer}", 1, floor=0)


def _memo_legs(held: Account, amount: Money, *, out: bool) -> tuple[Leg, Leg]:
    entrusted = memo(held.fund, held.unit, "entrusted", -1)
    debit, credit = (held, entrusted) if out else (entrusted, held)
    return (
        Leg(account=debit, side=DEBIT, amount=amount, line="advance"),
        Leg(account=credit, side=CREDIT, amount=amount, line="advance"),
    )


def advance(
    session: Session,
    fund: PooledFund,
    implementer: str,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    use: Mapping[str, str] = ANY_USE,
    details: Details = PLAIN,
) -> Transaction:
    """Transfer money to an implementer, who is to report how it was spent.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Which fund pays.
    implementer : str
        Code of the party who receives it.
    amount : Money
        In a currency the fund holds.
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
    registry.find_party_id(session, registry.find_book_id(session, fund.book), implementer)
    parts = parts_before(session, fund, key, amount) or admitted_parts(
        session, fund, amount, use, day_of(details, clock)
    )
    paid = tuple(leg for earmark, part in parts for leg in payment_legs(fund, earmark, part, "transfer"))
    draft = Draft(
        kind="transfer",
        effective_on=details.on,
        legs=paid + _memo_legs(_held(fund, implementer, amount.unit), amount, out=True),
        payee=implementer,
        note=details.note,
        source=details.source,
        use=tuple(sorted(use.items())),
    )
    return post(session, fund.book, draft, key=key, clock=clock)


def report_spending(
    session: Session,
    fund: PooledFund,
    implementer: str,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Transaction:
    """Record what an implementer reports as spent out of its advances. The fund's own money does not change.

    Parameters
    ----------
    session, fund, implementer, key, clock, details
        As for ``advance``.
    amount : Money
        At most what the implementer holds.

    Raises
    ------
    OverdrawnCommitment
        When more is reported than was advanced and is still held.
    AmountOutOfRange, CurrencyMismatch, Missing, KeyReused
        Nothing is written then.
    """
    require_amount(amount, "reported")
    registry.find_party_id(session, registry.find_book_id(session, fund.book), implementer)
    held = _held(fund, implementer, amount.unit)
    if answered_before(session, fund, key) is None:
        _require_held(session, fund, held, amount)
    draft = Draft(
        kind=advances.REPORT,
        effective_on=details.on,
        legs=_memo_legs(held, amount, out=False),
        payee=implementer,
        note=details.note,
        source=details.source,
    )
    return post(session, fund.book, draft, key=key, clock=clock)


def _require_held(session: Session, fund: PooledFund, held: Account, amount: Money) -> None:
    book_id = registry.find_book_id(session, fund.book)
    rows = entries.list_balances(session, book_id, fund.code, held.path)
    left = sum((row.settled for row in rows if row.account.unit == held.unit), start=zero(held.unit))
    if left < amount:
        raise OverdrawnCommitment(
            f"{held.path.rpartition('/')[2]} holds {left} of its advances from {fund.code}; {amount} is "
            f"asked. Book at most {left}, or reverse a report first.",
            fund=fund.code,
            asked=amount.text,
            left=left.text,
            unit=amount.unit.code,
        )


def returned_legs(session: Session, fund: PooledFund, paid: Sequence[Leg], amount: Money) -> tuple[Leg, ...]:
    """Return the memo legs of a refund: what comes back from an advance is held no more."""
    prefix = f"{fund.code}/held/"
    held = next((leg.account for leg in paid if leg.account.path.startswith(prefix)), None)
    if held is None:
        return ()
    _require_held(session, fund, held, amount)
    return _memo_legs(held, amount, out=False)


def delivery(session: Session, fund: PooledFund, unit: Unit | None = None) -> tuple[Delivery, ...]:
    """Return, per implementer by code, what was advanced, came back and was reported, in one currency.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    unit : Unit or None
        The fund's own when None.
    """
    book_id = registry.find_book_id(session, fund.book)
    shown = unit or fund.unit
    sums = advances.sum_advances(session, book_id, fund.code, shown)
    return tuple(
        Delivery(
            fund=fund.code,
            implementer=implementer,
            transferred=Money(minor=moved["transfer"], unit=shown),
            refunded=Money(minor=-moved["refund"], unit=shown),
            reported=Money(minor=-moved[advances.REPORT], unit=shown),
        )
        for implementer, moved in sorted(sums.items())
    )
