"""Who gave money or goods to whom, as the ledger has it: settled, pending and promised, summed by pairs.

The problem: a million postings say which judge's employer paid which applicant, and none of them says it in
one row. A gift names its giver, the lots that a payment draws on name the gifts, and the event of a payment
names who was paid. One statement joins them, sums them by fund, giver and payee, and returns some thousand
rows; what is pending or promised is few and is read from what is open.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Row,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from ...finance.money import Money
from ...finance.records.registry import find_book_id, find_unit
from ...finance.records.tables import (
    ACCOUNT,
    CONTRIBUTION,
    DRAW,
    EVENT,
    FUND,
    PARTY,
    POSTING,
    TXN,
)
from ...finance.units import Unit
from ..conflicts.inference import MoneyFlow
from .promises import (
    FUND_CODE,
    FlowsAsked,
    is_judge_fee,
    list_agreed,
    list_awarded,
    list_due_by_contract,
    list_pending,
    list_pledged,
    named_payee,
)

GIFT_LINES = ("contribution", "in_kind_given", "partner_interest")
PAYMENT_LINES = (
    "direct_cost",
    "donor_refund",
    "fee",
    "in_kind_used",
    "payout",
    "transfer",
    "transfer_to_fund",
)


def list_flows(
    session: Session,
    book: str,
    *,
    since: date,
    as_of: date,
    apart: str = "",
    among: Collection[str] = (),
) -> tuple[MoneyFlow, ...]:
    """Return all flows of money and goods between parties and funds of a book.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Its code.
    since, as_of : date
        First and last day of what has settled; what is pending or promised counts whenever it began.
    apart : str
        Code of the fund that runs the challenge: nothing that goes in or out of it is a link. Payments for
        the use ``JUDGE_FEE_USE`` are none in any fund.
    among : collection of str
        Codes of those who are asked about: a flow that neither comes from one of them nor goes to one is left
        out, for it is no step of a way through one other. Everybody when nobody is named.
    """
    asked = FlowsAsked(
        book_id=find_book_id(session, book), since=since, as_of=as_of, apart=apart, among=frozenset(among)
    )
    units: dict[str, Unit] = {}
    found: list[MoneyFlow] = []
    for row in _settled(session, asked):
        found += _of_draws(row, _unit(session, units, row.unit), asked.among)
    for read in (list_pending, list_agreed, list_pledged, list_due_by_contract, list_awarded):
        for payer, payee, through, row in read(session, asked):
            unit = _unit(session, units, row.unit)
            found.append(_flow(payer, payee, through, row, unit))
    return _summed(
        one for one in found if not asked.among or one.payer in asked.among or one.payee in asked.among
    )


def has_party(session: Session, book: str, codes: Collection[str]) -> bool:
    """Tell whether any of the codes is a party of the book: nobody else gives or is paid.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Its code.
    codes : collection of str
        Of people and organisations.
    """
    known = select(PARTY.c.id).where(
        PARTY.c.book_id == find_book_id(session, book), PARTY.c.code.in_(sorted(codes))
    )
    return session.execute(known.limit(1)).first() is not None


def _summed(flows: Iterable[MoneyFlow]) -> tuple[MoneyFlow, ...]:
    """Return one flow for each way, in order."""
    ways: dict[tuple[str, ...], MoneyFlow] = {}
    for flow in flows:
        way = (flow.payer, flow.payee, flow.through, flow.state, flow.amount.unit.code)
        known = ways.get(way)
        if known is not None:
            flow = replace(  # noqa: PLW2901  # the flow with all before it
                flow,
                amount=known.amount + flow.amount,
                first=min(known.first, flow.first),
                last=max(known.last, flow.last),
                rows=known.rows + flow.rows,
            )
        ways[way] = flow
    return tuple(ways[way] for way in sorted(ways))


def _unit(session: Session, units: dict[str, Unit], code: str) -> Unit:
    if code not in units:
        units[code] = find_unit(session, code)
    return units[code]


def _flow(payer: str, payee: str, through: str, row: Row[*tuple[Any, ...]], unit: Unit) -> MoneyFlow:
    return MoneyFlow(
        payer=payer,
        payee=payee,
        amount=Money(minor=int(row.minor), unit=unit),
        state=row.state,
        first=row.first,
        last=row.last,
        rows=row.rows,
        through=through,
    )


def _of_draws(row: Row[*tuple[Any, ...]], unit: Unit, among: frozenset[str]) -> Iterator[MoneyFlow]:
    """Yield what a sum of draws says: a gift into a fund; or a payment by a fund, of a giver's own money."""
    fund = f"{FUND_CODE}{row.fund}"
    if not row.payee:
        yield _flow(row.giver, fund, "", row, unit)
    elif row.payee != row.giver:
        yield _flow(row.giver, row.payee, row.fund, row, unit)
        if not among or row.payee in among:
            yield _flow(fund, row.payee, "", row, unit)


def _counted(session: Session, asked: FlowsAsked) -> CTE:
    """Return the transactions of the look-back that stand, each with its payee; what was undone is none.

    It is materialised where the database would read the payee again for each row that is joined to it. Where
    some are asked about, payments between others are left out before their postings are looked up.
    """
    undoing = TXN.alias("undoing")
    undone = select(undoing.c.id).where(undoing.c.parent_id == TXN.c.id, undoing.c.act == "reverse")
    return (
        select(TXN.c.id, TXN.c.effective_on, named_payee(session).label("payee"))
        .join(EVENT, EVENT.c.id == TXN.c.id)
        .where(
            TXN.c.book_id == asked.book_id,
            TXN.c.effective_on >= asked.since,
            TXN.c.effective_on <= asked.as_of,
            TXN.c.act.in_(("posted", "post")),
            ~is_judge_fee(session),
            ~undone.exists(),
            _may_be_among(session, asked),
        )
        .cte("counted")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _settled(session: Session, asked: FlowsAsked) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield the sums of all draws by fund, giver, payee and unit."""
    counted = _counted(session, asked)
    moved = (
        select(
            ACCOUNT.c.fund_id,
            CONTRIBUTION.c.party_id,
            counted.c.payee,
            ACCOUNT.c.unit,
            func.sum(DRAW.c.amount).label("minor"),
            func.min(counted.c.effective_on).label("first"),
            func.max(counted.c.effective_on).label("last"),
            func.count().label("rows"),
        )
        .select_from(counted)
        .join(POSTING, POSTING.c.txn_id == counted.c.id)
        .join(DRAW, and_(DRAW.c.txn_id == POSTING.c.txn_id, DRAW.c.seq == POSTING.c.seq))
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == DRAW.c.contribution_id)
        .where(
            or_(
                and_(POSTING.c.side == -1, POSTING.c.line.in_(GIFT_LINES), counted.c.payee == ""),
                and_(POSTING.c.side == 1, POSTING.c.line.in_(PAYMENT_LINES), counted.c.payee != ""),
            ),
            _is_among(asked, counted.c.payee, CONTRIBUTION.c.party_id),
        )
        .group_by(ACCOUNT.c.fund_id, CONTRIBUTION.c.party_id, counted.c.payee, ACCOUNT.c.unit)
        .subquery("moved")
    )
    query = (
        select(
            FUND.c.code.label("fund"),
            PARTY.c.code.label("giver"),
            *moved.c["payee", "unit", "minor", "first", "last", "rows"],
            literal("settled").label("state"),
        )
        .join(FUND, FUND.c.id == moved.c.fund_id)
        .join(PARTY, PARTY.c.id == moved.c.party_id)
        .where(FUND.c.code != asked.apart)
    )
    return iter(session.execute(query).all())


def _may_be_among(session: Session, asked: FlowsAsked) -> ColumnElement[bool]:
    """Tell whether a transaction pays nobody or somebody who is asked about, or draws on a gift of theirs."""
    if not asked.among:
        return true()
    drawn = (
        select(DRAW.c.txn_id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == DRAW.c.contribution_id)
        .where(CONTRIBUTION.c.party_id.in_(_ids(asked)))
    )
    return or_(named_payee(session).in_(["", *sorted(asked.among)]), TXN.c.id.in_(drawn))


def _ids(asked: FlowsAsked) -> Select[tuple[int]]:
    """Return the row numbers of those who are asked about."""
    codes = sorted(asked.among)
    return select(PARTY.c.id).where(PARTY.c.book_id == asked.book_id, PARTY.c.code.in_(codes))


def _is_among(
    asked: FlowsAsked, payee: ColumnElement[str], giver_id: ColumnElement[int]
) -> ColumnElement[bool]:
    """Tell whether a row is about somebody who is asked about."""
    if not asked.among:
        return true()
    return or_(payee.in_(sorted(asked.among)), giver_id.in_(_ids(asked)))
