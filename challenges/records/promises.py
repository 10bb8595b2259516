"""What is pending or promised: held payments, agreements, awards of other challenges, pledges.

The problem: who is to be paid next month is as close to the payer as who was paid last month, and no payment
says so yet. What is open is few; each way of promising is read by itself, with the parties it names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
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
from ...finance.records.tables import (
    ACCOUNT,
    BALANCE,
    CONTRIBUTION,
    EVENT,
    FUND,
    LOT,
    PARTY,
    POSTING,
    TXN,
)
from ..applications import Application
from .tables import APPLICATION, AWARD, AWARD_END, CHALLENGE, SUBMISSION

FUND_CODE = "fund:"
_FEE_BYTES = b'"purpose":"judge_fee"'
Told = tuple[str, str, str, Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsAsked:
    """Which book, which days, which fund does not count, and of whom; of everybody when nobody is named."""

    book_id: int
    since: date
    as_of: date
    apart: str
    among: frozenset[str]


def named_payee(session: Session) -> ColumnElement[str]:
    """Return the payee that the event of a transaction names; its bytes are JSON on both databases."""
    if session.get_bind().dialect.name == "postgresql":
        said = cast(func.convert_from(EVENT.c.body, "UTF8"), JSON)
        return func.json_extract_path_text(said, "payee", type_=Text)
    return func.json_extract(cast(EVENT.c.body, Text), "$.payee", type_=Text)


def is_judge_fee(session: Session) -> ColumnElement[bool]:
    """Tell whether the event of a transaction says that it pays a judge's fee, see ``JUDGE_FEE_USE``."""
    sought = literal(_FEE_BYTES, LargeBinary)
    if session.get_bind().dialect.name == "postgresql":
        return func.position(sought.op("IN")(EVENT.c.body)) > 0
    return func.instr(EVENT.c.body, sought) > 0


def _with_lots(
    session: Session, asked: FlowsAsked, rows: list[tuple[str, Row[*tuple[Any, ...]]]]
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


def list_pending(session: Session, asked: FlowsAsked) -> Iterator[Told]:
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
            named_payee(session).label("payee"),
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
            ~is_judge_fee(session),
            ~ended.exists(),
        )
    )
    rows = [(row.payee, row) for row in session.execute(query) if row.payee]
    yield from _with_lots(session, asked, rows)


def _days(asked: FlowsAsked, role: str) -> Subquery:
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


def _owed(asked: FlowsAsked) -> Any:  # noqa: ANN401  # a query of several columns
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


def list_agreed(session: Session, asked: FlowsAsked) -> Iterator[Told]:
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


def list_awarded(session: Session, asked: FlowsAsked) -> Iterator[Told]:
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


def list_pledged(session: Session, asked: FlowsAsked) -> Iterator[Told]:
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


def list_due_by_contract(session: Session, asked: FlowsAsked) -> Iterator[Told]:
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


def _of_fund(asked: FlowsAsked) -> ColumnElement[bool]:
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
