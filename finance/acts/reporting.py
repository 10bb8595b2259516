"""Where a fund stands now: contributions, uses, promises, and what is free."""

from ..funds import EarmarkPosition, FundPosition, PooledFund
from ..money import Money, zero
from ..records import entries, registry
from ..storage import Session
from ..units import valued


def position(session: Session, fund: PooledFund) -> FundPosition:
    """Return where a fund stands now.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    """
    book_id = registry.find_book_id(session, fund.book)
    lines = entries.sum_lines(session, book_id, fund.code, fund.unit, (None, None))

    def line(*names: str) -> Money:
        return Money(minor=sum(lines.get(name, 0) for name in names), unit=fund.unit)

    worth = valued(fund.unit)
    totals = {name: zero(fund.unit) for name in ("balance", "committed", "encumbered", "pledged")}
    in_kind, pools = zero(worth), []
    for row in entries.list_balances(session, book_id, fund.code):
        path = row.account.path.removeprefix(f"{fund.code}/")
        if row.account.unit == worth and path == "value_counted":
            in_kind += row.settled
        if row.account.unit != fund.unit:
            continue
        if path == "pool":
            totals["balance"] += row.settled
            free = row.settled - row.promised
            pools.append(
                EarmarkPosition(
                    earmark=row.account.earmark, balance=row.settled, reserved=row.promised, free=free
                )
            )
        for kind, name in (("commitment/", "committed"), ("agreement/", "encumbered")):
            if path.startswith(kind):
                totals[name] += row.outstanding
        if path.startswith("pledged/"):
            totals["pledged"] += row.settled
    return FundPosition(
        fund=fund.code,
        contributions=line("contribution"),
        income=line("fund_income", "partner_interest"),
        fees=-line("fee"),
        other_costs=-line("bank_charge", "direct_cost"),
        disbursed=-line("transfer", "transfer_to_fund", "payout"),
        refunds=line("refund"),
        free=totals["balance"] - totals["committed"] - totals["encumbered"],
        in_kind=in_kind,
        earmarks=tuple(pools),
        **totals,
    )
