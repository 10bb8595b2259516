"""What a fund holds in kind on a day, and what of it counts toward a match."""

from datetime import date

from ..funds import PooledFund
from ..in_kind import InKindPosition, sum_gifts, value_of_gifts
from ..matching import CountedMatch
from ..money import Money
from ..records import entries, gifts, registry
from ..storage import Session

CONFIRMED = ("contribution", "donor_refund")


def in_kind_position(
    session: Session, fund: PooledFund, *, on: date, giver: str | None = None
) -> tuple[InKindPosition, ...]:
    """Return a fund's gifts in kind by unit and earmark: given, used, expired, left, and their value.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    on : date
        By the end of this day. What is past its last day counts as expired, written off or not; the value
        is by the valuations in force.
    giver : str or None
        Only the gifts of this party.

    Raises
    ------
    Missing
        When there is no such giver.
    """
    book_id = registry.find_book_id(session, fund.book)
    if giver is not None:
        registry.find_party_id(session, book_id, giver)
    return sum_gifts(gifts.list_gifts(session, book_id, fund.code, on=on, giver=giver), fund.unit)


def counted_match(session: Session, fund: PooledFund, *, most_bp: int, on: date) -> CountedMatch:
    """Return what a fund can show toward a match on a day: cash, and gifts in kind up to a stated share.

    Cash is what was deposited in the fund's currency less what went back to the givers; income is none.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    most_bp : int [basis points]
        Largest share of gifts in the counted total, 0 to below 10,000.
    on : date
        By the end of this day.

    Raises
    ------
    AmountOutOfRange
        When the share is not below the whole.
    """
    book_id = registry.find_book_id(session, fund.book)
    lines = entries.sum_lines(session, book_id, fund.code, fund.unit, (None, on))
    return CountedMatch(
        cash=Money(minor=sum(lines.get(name, 0) for name in CONFIRMED), unit=fund.unit),
        in_kind=value_of_gifts(gifts.list_gifts(session, book_id, fund.code, on=on), fund.unit),
        most_bp=most_bp,
    )
