"""Money goes back to the donor who gave it, out of that donor's own contributions."""

from ..accounts import UNRESTRICTED, pool
from ..dates import Clock
from ..funds import PooledFund
from ..ledger import DEBIT, PLAIN, Details, Draft, Transaction
from ..money import Money
from ..posting import post
from ..records import lots, registry
from ..storage import Session
from .drafting import answered_before, draw_from, payment_legs, require_amount

GIVEN = frozenset({"cash", "released"})


def return_to_donor(
    session: Session,
    fund: PooledFund,
    giver: str,
    amount: Money,
    *,
    key: str,
    clock: Clock,
    earmark: str = UNRESTRICTED,
    details: Details = PLAIN,
) -> Transaction:
    """Pay unused money back to its donor. After an earmark's last day nothing else can be done with it.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    fund : PooledFund
        Which fund pays.
    giver : str
        Code of the donor; only what is left of this donor's contributions is drawn.
    amount : Money
        In a currency the fund holds.
    key : str
        Idempotency key.
    clock : Clock
        When it is recorded.
    earmark : str
        Under which restriction the money lies.
    details : Details
        Day, note and source of the figure.

    Raises
    ------
    InsufficientFunds, AmountOutOfRange, CurrencyMismatch, Missing, KeyReused
        Nothing is written then.
    """
    require_amount(amount, "returned")
    book_id = registry.find_book_id(session, fund.book)
    registry.find_party_id(session, book_id, giver)
    owned = pool(fund.code, amount.unit, earmark)
    first = answered_before(session, fund, key)
    if first is None:
        held = lots.list_pool_lots(session, book_id, owned)
        own = [lot for lot in held if lot.giver == giver and lot.kind in GIVEN]
        draws = draw_from(session, book_id, owned, amount, own)
    else:
        draws = next((leg.draws for leg in first.legs if leg.side == DEBIT), ())
    draft = Draft(
        kind="donor_refund",
        effective_on=details.on,
        legs=payment_legs(fund, earmark, amount, "donor_refund", draws),
        payee=giver,
        note=details.note,
        source=details.source,
    )
    return post(session, fund.book, draft, key=key, clock=clock)
