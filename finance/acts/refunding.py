"""Money comes back from an earlier payment, to the contributions that bore it.

The problem: a refund that enriches another donor, or exceeds what was paid, makes the donor statements
wrong. A refund names its payment; each contribution gets back in proportion to what it still bears of it,
and the database refuses more than was paid.
"""

from collections.abc import Sequence
from uuid import UUID

from ..accounts import cash
from ..dates import Clock
from ..errors import AmountOutOfRange, OverdrawnCommitment
from ..funds import PooledFund
from ..ledger import CREDIT, DEBIT, LINES, PLAIN, Details, Draft, Draw, Leg, Transaction
from ..money import Money, split, zero
from ..posting import post
from ..records import entries, registry
from ..requests import LIBRARY, key_reused
from ..storage import Session
from .implementers import returned_legs

NOT_REFUNDABLE = {"refund", "donor_refund", "fx_sold", "in_kind_used", "in_kind_expired"}
REFUNDABLE = frozenset(line for line, kind in LINES.items() if kind == "use") - NOT_REFUNDABLE


def refund(
    session: Session,
    fund: PooledFund,
    payer: str,
    payment: UUID,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    details: Details = PLAIN,
) -> Transaction:
    """Book money that comes back from an earlier payment, to the contributions that bore it, in proportion.

    Parameters
    ----------
    session, fund, key, clock, details
        As for ``spend``.
    payer : str
        Code of the party who gives it back.
    payment : UUID
        The payment it comes from.
    amount : Money
        At most what was paid and has not come back yet.

    Raises
    ------
    OverdrawnCommitment
        When more comes back than was paid, or than the implementer of an advance still holds.
    Missing, CurrencyMismatch, AmountOutOfRange, KeyReused
        Nothing is written then.
    """
    book_id = registry.lock_fund(session, fund.book, fund.code)
    known = entries.find_transaction_by_key(session, book_id, LIBRARY, key)
    legs: tuple[Leg, ...] = ()
    if known is not None:
        first = entries.find_transaction(session, book_id, known.id)
        given = [leg.amount for leg in first.legs if leg.side == CREDIT and leg.account.role == "pool"]
        back = sum(given, start=zero(amount.unit))
        if first.refunds != payment or back != amount:
            raise key_reused(key, known.kind)
        legs = first.legs
    draft = draft_refund(session, fund, payer, payment, amount, details=details, legs=legs)
    return post(session, fund.book, draft, key=key, clock=clock)


def draft_refund(
    session: Session,
    fund: PooledFund,
    payer: str,
    payment: UUID,
    amount: Money,
    *,
    details: Details = PLAIN,
    legs: tuple[Leg, ...] = (),
) -> Draft:
    """Draft what ``refund`` posts, to be proposed; ``legs`` gives its legs, when they are known."""
    book_id = registry.find_book_id(session, fund.book)
    registry.find_party_id(session, book_id, payer)
    if not legs:
        paid = entries.find_transaction(session, book_id, payment).legs
        legs = _shares(fund, paid, amount, entries.sum_returned(session, payment))
        legs += returned_legs(session, fund, paid, amount)
    return Draft(
        kind="refund",
        effective_on=details.on,
        legs=legs,
        payee=payer,
        note=details.note,
        source=details.source,
        refunds=payment,
    )


def _shares(
    fund: PooledFund, paid: Sequence[Leg], amount: Money, returned: dict[tuple[str, str], int]
) -> tuple[Leg, ...]:
    """Share an amount over what each contribution still bears of a payment."""
    if amount.minor <= 0:
        raise AmountOutOfRange(f"{amount} cannot come back: the amount must be positive.", amount=str(amount))
    borne = [
        (leg, draw.contribution, draw.minor - returned.get((leg.account.earmark, draw.contribution), 0))
        for leg in paid
        if leg.account.fund == fund.code and leg.side == DEBIT and leg.line in REFUNDABLE
        for draw in leg.draws
    ]
    unit = borne[0][0].amount.unit if borne else fund.unit
    left = Money(minor=sum(rest for _, _, rest in borne), unit=unit)
    if left < amount:
        raise OverdrawnCommitment(
            f"{amount} cannot come back from this payment: {left} of it is still out. Book at most {left}.",
            asked=amount.text,
            left=left.text,
            unit=amount.unit.code,
        )
    parts = split(amount, [rest for _, _, rest in borne])
    legs: list[Leg] = []
    for leg in dict.fromkeys(leg for leg, _, _ in borne):
        draws = tuple(
            Draw(contribution=code, minor=part.minor)
            for (owner, code, _), part in zip(borne, parts, strict=True)
            if owner is leg and part
        )
        back = Money(minor=sum(draw.minor for draw in draws), unit=amount.unit)
        if back:
            legs.append(Leg(account=cash(fund.code, back.unit), side=DEBIT, amount=back, line="refund"))
            legs.append(Leg(account=leg.account, side=CREDIT, amount=back, line="refund", draws=draws))
    return tuple(legs)
