"""Who gave money or goods to whom, as the ledger has it: settled, pending and promised, summed by pairs.

The problem: a million postings say which judge's employer paid which applicant, and none of them says it in
one row. A gift names its giver, the lots that a payment draws on name the gifts, and the event of a payment
names who was paid. One statement joins them, sums them by fund, giver and payee, and returns some thousand
rows; what is pending or promised is few and is read from what is open.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    LargeBinary,
    Row,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from ...contracts.records.tables import (
    AGREEMENT_PARTY,
    AGREEMENT_SOURCE,
    PAYOUT,
    PAYOUT_PAID,
    PAYOUT_VOID,
    SETTLEMENT,
)
from ...finance.money import Money
from ...finance.records.registry import find_book_id, find_unit
from ...finance.records.tables import (
    ACCOUNT,
    BALANCE,
    CONTRIBUTION,
    DRAW,
    EVENT,
    FUND,
    LOT,
    PARTY,
    POSTING,
    TXN,
)
from ...finance.units import Unit
from ..applications import Application
from ..conflicts.inference import MoneyFlow
from .tables import APPLICATION, AWARD, AWARD_END, CHALLENGE, SUBMISSION

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
JUDGE_FEE_USE = {"purpose": "judge_fee"}
_FEE_BYTES = b'"purpose":"judge_fee"'
FUND_CODE = "fund:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Which book, which days, which fund does not count, and of whom; of everybody when nobody is named."""

    book_id: int
    since: date
    as_of: date
    apart: str
    among: frozenset[str]


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
    asked = _Asked(
        book_id=find_book_id(session, book), since=since, as_of=as_of, apart=apart, among=frozenset(among)
    )
    units: dict[str, Unit] = {}
    found: list[MoneyFlow] = []
    for row in _settled(session, asked):
        found += _of_draws(row, _unit(session, units, row.unit), asked.among)
    for read in (_pending, _reserved, _pledged, _due_by_contract, _awarded):
        for payer, payee, through, row in read(session, asked):
            unit = _unit(session, units, row.unit)
            found.append(_flow(payer, payee, through, row, unit))
    return _summed(
        one for one in found if not asked.among or one.payer in asked.among or one.payee in asked.among
    )


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


Told = tuple[str, str, str, Row[*tuple[Any, ...]]]


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


def _named(session: Session) -> ColumnElement[str]:
    """Return the payee that the event of a transaction names; its bytes are JSON on both databases."""
    if session.get_bind().dialect.name == "postgresql":
        said = cast(func.convert_from(EVENT.c.body, "UTF8"), JSON)
        return func.json_extract_path_text(said, "payee", type_=Text)
    return func.json_extract(cast(EVENT.c.body, Text), "$.payee", type_=Text)


def _is_fee(session: Session) -> ColumnElement[bool]:
    sought = literal(_FEE_BYTES, LargeBinary)
    if session.get_bind().dialect.name == "postgresql":
        return func.position(sought.op("IN")(EVENT.c.body)) > 0
    return func.instr(EVENT.c.body, sought) > 0


def _counted(session: Session, asked: _Asked) -> CTE:
    """Return the transactions of the look-back that stand, each with its payee; what was undone is none.

    It is materialised where the database would read the payee again for each row that is joined to it.
    """
    undoing = TXN.alias("undoing")
    undone = select(undoing.c.id).where(undoing.c.parent_id == TXN.c.id, undoing.c.act == "reverse")
    return (
        select(TXN.c.id, TXN.c.effective_on, _named(session).label("payee"))
        .join(EVENT, EVENT.c.id == TXN.c.id)
        .where(
            TXN.c.book_id == asked.book_id,
            TXN.c.effective_on >= asked.since,
            TXN.c.effective_on <= asked.as_of,
            TXN.c.act.in_(("posted", "post")),
            ~_is_fee(session),
            ~undone.exists(),
        )
        .cte("counted")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _settled(session: Session, asked: _Asked) -> Iterator[Row[*tuple[Any, ...]]]:
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


def _is_among(asked: _Asked, payee: ColumnElement[str], giver_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Tell whether a row is about somebody who is asked about."""
    if not asked.among:
        return true()
    codes = sorted(asked.among)
    ids = select(PARTY.c.id).where(PARTY.c.book_id == asked.book_id, PARTY.c.code.in_(codes))
    return or_(payee.in_(codes), giver_id.in_(ids))


def _with_lots(
    session: Session, asked: _Asked, rows: list[tuple[str, Row[*tuple[Any, ...]]]]
) -> Iterator[Told]:
    """Yield from the fund to who is to be paid, and from all whose money lies in the pool it leaves."""
    query = (
        select(ACCOUNT.c.fund_id, ACCOUNT.c.unit, ACCOUNT.c.earmark_id, PARTY.c.code)
        .join(LOT, LOT.c.account_id == ACCOUNT.c.id)
        .join(CONTRIBUTION, CONTRIBUTION.c.id == LOT.c.contribution_id)
        .join(PARTY, PARTY.c.id == CONTRIBUTION.c.party_id)
        .where(ACCOUNT.c.book_id == asked.book_id, ACCOUNT.c.role == "pool", LOT.c.remaining > 0)
        .distinct()
    )
    givers: dict[tuple[object, ...], list[str]] = {}
    for lot in session.execute(query.order_by(PARTY.c.code)):
        givers.setdefault((lot.fund_id, lot.unit, lot.earmark_id), []).append(lot.code)
    for payee, row in rows:
        yield f"{FUND_CODE}{row.fund}", payee, "", row
        for giver in givers.get((row.fund_id, row.unit, row.earmark_id), []):
            if giver != payee:
                yield giver, payee, row.fund, row


def _pending(session: Session, asked: _Asked) -> Iterator[Told]:
    """Yield payments that are held and not ended yet."""
    ending = TXN.alias("ending")
    ended = select(ending.c.id).where(
        ending.c.parent_id == TXN.c.id, ending.c.act.in_(("post", "void", "expire"))
    )
    query = (
        select(
            FUND.c.code.label("fund"),
            ACCOUNT.c.fund_id,
            ACCOUNT.c.unit,
            ACCOUNT.c.earmark_id,
            _named(session).label("payee"),
            POSTING.c.amount.label("minor"),
            TXN.c.effective_on.label("first"),
            TXN.c.effective_on.label("last"),
            literal(1).label("rows"),
            literal("pending").label("state"),
        )
        .select_from(TXN)
        .join(EVENT, EVENT.c.id == TXN.c.id)
        .join(POSTING, POSTING.c.txn_id == TXN.c.id)
        .join(ACCOUNT, ACCOUNT.c.id == POSTING.c.account_id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .where(
            TXN.c.book_id == asked.book_id,
            TXN.c.act == "pending",
            TXN.c.effective_on <= asked.as_of,
            POSTING.c.layer == "P",
            POSTING.c.side == 1,
            ACCOUNT.c.role == "pool",
            FUND.c.code != asked.apart,
            ~_is_fee(session),
            ~ended.exists(),
        )
    )
    rows = [(row.payee, row) for row in session.execute(query) if row.payee]
    yield from _with_lots(session, asked, rows)


def _days(asked: _Asked, role: str) -> Subquery:
    """Return the first and the last day of each account of a role, and how many postings it has."""
    return (
        select(
            POSTING.c.account_id,
            func.min(TXN.c.effective_on).label("first"),
            func.max(TXN.c.effective_on).label("last"),
            func.count().label("rows"),
        )
        .select_from(ACCOUNT)
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .join(POSTING, POSTING.c.account_id == ACCOUNT.c.id)
        .join(TXN, TXN.c.id == POSTING.c.txn_id)
        .where(ACCOUNT.c.book_id == asked.book_id, ACCOUNT.c.role == role, _stands())
        .group_by(POSTING.c.account_id)
        .subquery("days")
    )


def _stands() -> ColumnElement[bool]:
    """Tell whether something is promised on an account now: encumbered, or booked as a promise to come."""
    return or_(BALANCE.c.encumbered_cr > BALANCE.c.encumbered_dr, BALANCE.c.settled_dr > BALANCE.c.settled_cr)


def _owed(asked: _Asked) -> Any:  # noqa: ANN401  # a query of several columns
    """Return what each promise of a fund still holds, with the days on which it changed."""
    days = _days(asked, "obligation")
    held = BALANCE.c.encumbered_cr - BALANCE.c.encumbered_dr
    return (
        select(
            FUND.c.code.label("fund"),
            ACCOUNT.c.fund_id,
            ACCOUNT.c.unit,
            ACCOUNT.c.earmark_id,
            ACCOUNT.c.path,
            held.label("minor"),
            *days.c["first", "last", "rows"],
            literal("encumbered").label("state"),
        )
        .select_from(ACCOUNT)
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(days, days.c.account_id == ACCOUNT.c.id)
        .where(ACCOUNT.c.book_id == asked.book_id, ACCOUNT.c.role == "obligation", held > 0)
        .where(FUND.c.code != asked.apart)
    )


def _reserved(session: Session, asked: _Asked) -> Iterator[Told]:
    """Yield what agreements still promise to each party, from the fund and from the party it pays for."""
    parties = (
        select(*AGREEMENT_SOURCE.c["promise", "payer"], AGREEMENT_PARTY.c.term_party, PARTY.c.code)
        .select_from(AGREEMENT_SOURCE)
        .join(AGREEMENT_PARTY, AGREEMENT_PARTY.c.agreement_id == AGREEMENT_SOURCE.c.agreement_id)
        .join(PARTY, PARTY.c.id == AGREEMENT_PARTY.c.party_id)
        .where(AGREEMENT_SOURCE.c.book_id == asked.book_id, AGREEMENT_PARTY.c.duty == "interested")
        .order_by(PARTY.c.code)
    )
    bound: dict[str, list[Any]] = {}
    for one in session.execute(parties):
        bound.setdefault(one.promise, []).append(one)
    rows: list[tuple[str, Any]] = []
    for row in session.execute(_owed(asked)):
        named = bound.get(row.path.split("/", 2)[-1], [])
        payers = {one.code for one in named if one.term_party == one.payer}
        for one in named:
            if one.code not in payers:
                rows.append((one.code, row))
                yield from ((payer, one.code, row.fund, row) for payer in sorted(payers))
    yield from _with_lots(session, asked, list(dict.fromkeys(rows)))


def _awarded(session: Session, asked: _Asked) -> Iterator[Told]:
    """Yield what other challenges have awarded and still owe, to every party of the winning bundle."""
    newest = (
        select(SUBMISSION.c.application_id, func.max(SUBMISSION.c.number).label("number"))
        .group_by(SUBMISSION.c.application_id)
        .subquery("newest")
    )
    query = (
        select(CHALLENGE.c.code.label("challenge"), APPLICATION.c.code, SUBMISSION.c.body)
        .select_from(AWARD)
        .join(APPLICATION, APPLICATION.c.id == AWARD.c.application_id)
        .join(CHALLENGE, CHALLENGE.c.id == AWARD.c.challenge_id)
        .join(newest, newest.c.application_id == APPLICATION.c.id)
        .join(
            SUBMISSION,
            and_(SUBMISSION.c.application_id == APPLICATION.c.id, SUBMISSION.c.number == newest.c.number),
        )
        .outerjoin(AWARD_END, AWARD_END.c.award_id == AWARD.c.id)
        .where(CHALLENGE.c.book_id == asked.book_id, AWARD_END.c.award_id.is_(None))
        .distinct()
    )
    owed = {row.path: row for row in session.execute(_owed(asked))}
    rows = []
    for one in session.execute(query):
        for path, row in owed.items():
            if path.endswith(f"/commitment/{one.challenge}#{one.code}"):
                bundle = Application.read(bytes(one.body)).bundle
                rows += [(member.party, row) for member in bundle]
    yield from _with_lots(session, asked, rows)


def _pledged(session: Session, asked: _Asked) -> Iterator[Told]:
    """Yield what givers have promised to funds and not paid in."""
    days = _days(asked, "memo")
    held = BALANCE.c.settled_dr - BALANCE.c.settled_cr
    query = (
        select(
            FUND.c.code.label("fund"),
            PARTY.c.code.label("giver"),
            ACCOUNT.c.unit,
            held.label("minor"),
            *days.c["first", "last", "rows"],
            literal("encumbered").label("state"),
        )
        .select_from(ACCOUNT)
        .join(BALANCE, BALANCE.c.account_id == ACCOUNT.c.id)
        .join(FUND, FUND.c.id == ACCOUNT.c.fund_id)
        .join(days, days.c.account_id == ACCOUNT.c.id)
        .join(
            PARTY,
            and_(
                PARTY.c.book_id == ACCOUNT.c.book_id,
                or_(
                    ACCOUNT.c.path == FUND.c.code + "/pledged/" + PARTY.c.code,
                    ACCOUNT.c.path == FUND.c.code + "/receivable/" + PARTY.c.code,
                ),
            ),
        )
        .where(ACCOUNT.c.book_id == asked.book_id, ACCOUNT.c.role == "memo", held > 0)
        .where(FUND.c.code != asked.apart)
    )
    return ((row.giver, f"{FUND_CODE}{row.fund}", "", row) for row in session.execute(query).all())


def _due_by_contract(session: Session, asked: _Asked) -> Iterator[Told]:
    """Yield what one party of an agreement owed another by its terms, whoever's fund pays it, or nobody's."""
    payer, payee = PARTY.alias("payer"), PARTY.alias("payee")
    paid = select(PAYOUT_PAID.c.payout_id).where(PAYOUT_PAID.c.payout_id == PAYOUT.c.id).exists()
    moved = or_(paid, PAYOUT.c.route == literal_column("'outside'", Text))
    state = case(
        (moved, literal_column("'settled'", Text)), else_=literal_column("'encumbered'", Text)
    ).label("state")
    query = (
        select(
            payer.c.code.label("payer"),
            payee.c.code.label("payee"),
            PAYOUT.c.unit,
            func.sum(PAYOUT.c.amount).label("minor"),
            func.min(SETTLEMENT.c.as_of).label("first"),
            func.max(SETTLEMENT.c.as_of).label("last"),
            func.count().label("rows"),
            state,
        )
        .select_from(PAYOUT)
        .join(SETTLEMENT, SETTLEMENT.c.id == PAYOUT.c.settlement_id)
        .join(
            AGREEMENT_PARTY,
            and_(
                AGREEMENT_PARTY.c.agreement_id == PAYOUT.c.agreement_id,
                AGREEMENT_PARTY.c.term_party == PAYOUT.c.payer,
            ),
        )
        .join(payer, payer.c.id == AGREEMENT_PARTY.c.party_id)
        .join(payee, payee.c.id == PAYOUT.c.payee_id)
        .outerjoin(PAYOUT_VOID, PAYOUT_VOID.c.payout_id == PAYOUT.c.id)
        .where(payer.c.book_id == asked.book_id, payer.c.id != payee.c.id, PAYOUT_VOID.c.payout_id.is_(None))
        .where(SETTLEMENT.c.as_of <= asked.as_of, ~_of_fund(asked))
        .group_by(payer.c.code, payee.c.code, PAYOUT.c.unit, state)
    )
    return ((row.payer, row.payee, "", row) for row in session.execute(query).all())


def _of_fund(asked: _Asked) -> ColumnElement[bool]:
    """Tell whether the fund of the challenge pays for an agreement."""
    return (
        select(AGREEMENT_SOURCE.c.agreement_id)
        .join(FUND, FUND.c.id == AGREEMENT_SOURCE.c.fund_id)
        .where(
            AGREEMENT_SOURCE.c.agreement_id == PAYOUT.c.agreement_id,
            AGREEMENT_SOURCE.c.payer == PAYOUT.c.payer,
            FUND.c.code == asked.apart,
        )
        .exists()
    )
