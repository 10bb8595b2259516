"""Where a fund stands now: contributions, uses, promises, and what is free."""

from ..funds import EarmarkPosition, FundPosition, PooledFund
from ..money import Money, zero
from ..records import entries, lots, registry
from ..records.totals import sum_balances
from ..storage import Session
from ..units import Unit, valued


def fund_currencies(session: Session, fund: PooledFund) -> tuple[Unit, ...]:
    """Return the currencies a fund keeps: its own first, then those it has taken or bought, by code."""
    book_id = registry.find_book_id(session, fund.book)
    others = [code for code in lots.list_fund_units(session, book_id, fund.code) if code != fund.unit.code]
    units = [registry.find_unit(session, code) for code in others]
    return (fund.unit, *units)


def position(session: Session, fund: PooledFund, unit: Unit | None = None) -> FundPosition:
    """Return where a fund stands now, in one currency; amounts in others are never added to it.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    unit : Unit or None
        The fund's own when None; ``fund_currencies`` names the others.
    """
    book_id = registry.find_book_id(session, fund.book)
    shown = unit or fund.unit
    lines = entries.sum_lines(session, book_id, fund.code, shown, (None, None))

    def line(*names: str) -> Money:
        return Money(minor=sum(lines.get(name, 0) for name in names), unit=shown)

    worth = valued(shown)
    names = ("balance", "committed", "encumbered", "held", "pledged", "receivable")
    totals = {name: zero(shown) for name in names}
    in_kind, pools = zero(worth), []
    for row in sum_balances(session, book_id, fund.code, shown, worth):
        path = row.account.path.removeprefix(f"{fund.code}/")
        if row.account.unit == worth and path == "value_counted":
            in_kind += row.settled
        if row.account.unit != shown:
            continue
        if path == "pool":
            totals["balance"] += row.settled
            totals["held"] += row.held
            reserved = row.promised + row.held
            pools.append(
                EarmarkPosition(
                    earmark=row.account.earmark, balance=row.settled, reserved=reserved, free=row.free
                )
            )
        for kind, name in (("commitment/", "committed"), ("agreement/", "encumbered")):
            if path.startswith(kind):
                totals[name] += row.outstanding
        for kind in ("pledged", "receivable"):
            if path.startswith(f"{kind}/"):
                totals[kind] += row.settled
    return FundPosition(
        fund=fund.code,
        contributions=line("contribution"),
        income=line("fund_income", "partner_interest"),
        exchanged=line("fx_bought", "fx_sold"),
        fees=-line("fee"),
        other_costs=-line("bank_charge", "direct_cost"),
        disbursed=-line("transfer", "transfer_to_fund", "payout"),
        refunds=line("refund"),
        returned=-line("donor_refund"),
        free=totals["balance"] - totals["committed"] - totals["encumbered"] - totals["held"],
        in_kind=in_kind,
        earmarks=tuple(pools),
        **totals,
    )
