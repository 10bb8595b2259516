"""Settlements and payouts as they stand, read back from the rows."""

import json
from collections.abc import Collection, Iterable
from uuid import UUID

from ...finance.money import Money
from ...finance.storage import Session
from ...finance.units import Unit
from ..records import agreements, settlements
from ..records.agreements import StoredAgreement
from ..records.settlements import AnyRow, read_members
from ..settlement import Payout, PayoutStatus, SettledClause, Settlement
from ..terms.pay import TraceRow


def list_payouts(session: Session, book: str, agreement: str) -> tuple[Payout, ...]:
    """Return what is owed and was paid under an agreement, in the order of settlements.

    Parameters
    ----------
    session : Session
        The caller's.
    book, agreement : str
        Codes.

    Raises
    ------
    Missing
        When there is no such agreement.
    """
    return show_payouts(session, agreements.find_agreement(session, book, agreement))


def list_settlements(session: Session, book: str, agreement: str) -> tuple[Settlement, ...]:
    """Return the steps of an agreement in order.

    Parameters
    ----------
    session : Session
        The caller's.
    book, agreement : str
        Codes.

    Raises
    ------
    Missing
        When there is no such agreement.
    """
    return show_settlements(session, agreements.find_agreement(session, book, agreement))


def show_payouts(session: Session, stored: StoredAgreement) -> tuple[Payout, ...]:
    """Return an agreement's payouts."""
    rows = settlements.list_payout_rows(session, stored.id)
    return show_rows(session, rows)


def show_rows(session: Session, rows: Iterable[AnyRow]) -> tuple[Payout, ...]:
    """Return payouts, of whatever agreement, as ``records.settlements`` read them."""
    listed = list(rows)
    units = settlements.find_units(session, (row.unit for row in listed))
    paid = settlements.list_paid(session, [row.id for row in listed])
    return tuple(_payout(row, units[row.unit], paid.get(row.id, ())) for row in listed)


def show_payout(session: Session, payout_id: UUID) -> Payout:
    """Return one payout of an agreement."""
    return show_rows(session, [settlements.find_payout_row(session, payout_id)])[0]


def _payout(row: AnyRow, unit: Unit, transactions: tuple[UUID, ...]) -> Payout:
    return Payout(
        id=row.id,
        agreement=row.agreement,
        clause=row.clause,
        period=row.period,
        payer=row.payer,
        payee=row.payee,
        party=row.party or "",
        position=row.position,
        claim=row.claim or "",
        amount=Money(minor=row.amount, unit=unit),
        direction=row.direction,
        route=row.route,
        status=_status(row),
        done=Money(minor=int(row.done), unit=unit),
        transactions=transactions,
        proposal=row.proposal_id,
    )


def _status(row: AnyRow) -> PayoutStatus:
    if row.voided is not None:
        return "void"
    if row.route == "outside":
        return "outside"
    if row.direction == "back":
        return "returned" if row.done == row.amount else "part_returned" if row.done else "owed"
    if row.done:
        return "paid"
    return "waiting" if row.rejected is None else "rejected"


def show_settlements(
    session: Session, stored: StoredAgreement, positions: Collection[int] | None = None
) -> tuple[Settlement, ...]:
    """Return an agreement's settlements, all or some, with all that changed by each."""
    listed = [
        one
        for one in settlements.list_settlements(session, stored.id)
        if positions is None or one.position in positions
    ]
    units = clause_units(stored)
    clauses: dict[int, list[SettledClause]] = {}
    for row in settlements.list_entitlement_rows(session, [one.id for one in listed]):
        clauses.setdefault(row.settlement_id, []).append(_clause(row, units[row.clause]))
    payouts: dict[int, list[Payout]] = {}
    rows = settlements.list_payout_rows(session, stored.id, positions)
    for one in show_rows(session, rows):
        payouts.setdefault(one.position, []).append(one)
    return tuple(
        Settlement(
            agreement=stored.agreement.code,
            position=one.position,
            cause=one.cause,
            claim=one.claim,
            round=one.round,
            as_of=one.as_of,
            clauses=tuple(clauses.get(one.id, ())),
            payouts=tuple(payouts.get(one.position, ())),
        )
        for one in listed
    )


def clause_units(stored: StoredAgreement) -> dict[str, Unit]:
    """Return the unit each clause pays in, as the funds keep it."""
    kept = {fund.unit.code: fund.unit for fund in stored.funds.values()}
    program = stored.lineage.overlaid.program
    return {
        clause.id: kept.get(clause.unit.unit)
        or Unit(code=clause.unit.unit, kind="currency", scale=clause.unit.digits)
        for clause in program.clauses
    }


def _clause(row: AnyRow, unit: Unit) -> SettledClause:
    return SettledClause(
        clause=row.clause,
        period=row.period,
        members=read_members(row.members),
        earned=Money(minor=row.earned, unit=unit),
        entitled=Money(minor=row.entitled, unit=unit),
        due=Money(minor=row.due, unit=unit),
        cuts={name: Money(minor=int(cut), unit=unit) for name, cut in json.loads(row.cuts).items()},
        trace=tuple(
            TraceRow(path=one["path"], op=one["op"], inputs=tuple(one["inputs"]), value=one["value"])
            for one in json.loads(row.trace)
        ),
    )
