"""Where a fund stands, what came and went, whose money it was, and whether the books are right."""

import json
from datetime import date
from uuid import UUID

from ..funds import EarmarkPosition, FundPosition, PooledFund
from ..ledger import LINES
from ..money import Money, zero
from ..records import audit, entries, lots, registry
from ..statements import DonorStatement, Statement, StatementLine, Use
from ..storage import Session
from ..units import Unit, valued
from .pledging import outstanding_pledge, outstanding_receivable


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
    names = ("balance", "committed", "encumbered", "pledged", "receivable")
    totals = {name: zero(shown) for name in names}
    in_kind, pools = zero(worth), []
    for row in entries.list_balances(session, book_id, fund.code):
        path = row.account.path.removeprefix(f"{fund.code}/")
        if row.account.unit == worth and path == "value_counted":
            in_kind += row.settled
        if row.account.unit != shown:
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
        free=totals["balance"] - totals["committed"] - totals["encumbered"],
        in_kind=in_kind,
        earmarks=tuple(pools),
        **totals,
    )


def make_statement(
    session: Session,
    fund: PooledFund,
    *,
    after: date | None = None,
    through: date | None = None,
    unit: Unit | None = None,
) -> Statement:
    """Return sources and uses of a fund over the days ``(after, through]``, in one currency.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    after, through : date or None
        None means from the beginning, or to the end.
    unit : Unit or None
        The fund's own when None. For all of them in one, see ``translation.translate``.
    """
    book_id = registry.find_book_id(session, fund.book)
    shown = unit or fund.unit

    def total(span: tuple[date | None, date | None]) -> Money:
        sums = entries.sum_lines(session, book_id, fund.code, shown, span)
        return Money(minor=sum(sums.values()), unit=shown)

    sums = entries.sum_lines(session, book_id, fund.code, shown, (after, through))
    opening = total((None, after)) if after else zero(shown)
    lines = tuple(
        StatementLine(
            line=name, amount=Money(minor=sums[name] if kind == "source" else -sums[name], unit=shown)
        )
        for name, kind in LINES.items()
        if kind != "internal" and sums.get(name)
    )
    closing = opening
    for row in lines:
        closing = closing + row.amount if LINES[row.line] == "source" else closing - row.amount
    held = audit.sum_cash(session, book_id, fund.code, shown, through)
    return Statement(
        fund=fund.code,
        after=after,
        through=through,
        opening=opening,
        closing=closing,
        lines=lines,
        ledger_closing=held,
    )


def trace(session: Session, book: str, transaction_id: UUID) -> tuple[Use, ...]:
    """Return whose money a payment was: one row per contribution and leg, summing to the payment.

    Raises
    ------
    Missing
        When there is no such transaction.
    """
    book_id = registry.find_book_id(session, book)
    entries.find_transaction(session, book_id, transaction_id)
    return _uses(session, book_id, entries.of_transaction(transaction_id))


def _uses(session: Session, book_id: int, where: object) -> tuple[Use, ...]:
    rows = []
    units: dict[str, Unit] = {}
    for row in entries.list_draws(session, book_id, where):  # type: ignore[arg-type]  # an SQL condition of entries
        if LINES[row.line] == "internal":
            continue
        if row.unit not in units:
            units[row.unit] = registry.find_unit(session, row.unit)
        rows.append(
            Use(
                transaction=row.id,
                kind=row.kind,
                line=row.line,
                payee=str(json.loads(row.body)["payee"]),
                effective_on=row.effective_on,
                contribution=row.code,
                giver=row.giver,
                amount=Money(minor=row.side * row.amount, unit=units[row.unit]),
            )
        )
    return tuple(rows)


def donor_statement(
    session: Session, fund: PooledFund, giver: str, unit: Unit | None = None
) -> DonorStatement:
    """Return what one donor gave to a fund and every payment its money became part of, in one currency.

    What was exchanged is a use in the currency sold, and a negative use in the one bought.

    Parameters
    ----------
    session : Session
        The caller's.
    fund : PooledFund
        Which fund.
    giver : str
        Code of the party.
    unit : Unit or None
        The fund's own when None.

    Raises
    ------
    Missing
        When there is no such party.
    """
    book_id = registry.find_book_id(session, fund.book)
    registry.find_party_id(session, book_id, giver)
    shown = unit or fund.unit
    drawn = _uses(session, book_id, entries.of_giver(fund.code, giver))
    rows = [row for row in drawn if row.amount.unit == shown]
    deposited = zero(shown)
    for row in rows:
        if row.line == "contribution":
            deposited -= row.amount
    return DonorStatement(
        fund=fund.code,
        giver=giver,
        pledged=outstanding_pledge(session, fund, giver, shown),
        receivable=outstanding_receivable(session, fund, giver, shown),
        deposited=deposited,
        uses=tuple(row for row in rows if row.line != "contribution"),
        remaining=Money(minor=audit.sum_lots(session, book_id, fund.code, giver, shown), unit=shown),
    )
