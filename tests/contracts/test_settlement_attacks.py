"""What the database refuses by itself of settlements and payouts: raw rows past every act of the library."""

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from almoner.contracts import acts
from almoner.contracts.records.tables import (
    DECISION,
    DISPUTE,
    ENTITLEMENT,
    FROZEN,
    OBLIGATION,
    PAYOUT,
    PAYOUT_PAID,
    PAYOUT_VOID,
    SETTLEMENT,
)
from almoner.finance.posting import record_event
from almoner.finance.records.tables import TXN

from .test_acts_disputing import dispute

if TYPE_CHECKING:
    from .conftest import Desk

Cells = dict[str, Any]


class Rows:
    """Raw rows beside those that the library wrote."""

    def __init__(self, desk: "Desk") -> None:
        self.desk = desk

    def event(self) -> UUID:
        key = str(uuid4())
        return record_event(self.desk.session, "main", "test.raw", {}, key=key, clock=self.desk.clock)[0]

    def first(self, table: Table) -> Cells:
        return dict(self.desk.session.execute(select(table).limit(1)).mappings().one())

    def refused(self, table: Table, row: Cells) -> None:
        event = {"event_id": self.event()} if "event_id" in table.c else {}
        with pytest.raises(DatabaseError), self.desk.session.begin_nested():
            self.desk.session.execute(insert(table).values({**row, **event}))


@pytest.fixture
def rows(desk: "Desk") -> Rows:
    """A finding that was paid, and another in dispute."""
    opened = desk.given(disputes={"days": 30}, verification={"pays": "provisional"})
    opened.start()
    opened.find("c2", "50")
    acts.settle(opened.session, "main", "pact", "c2", clock=opened.clock)
    opened.find("c1", "100")
    dispute(opened)
    return Rows(opened)


@pytest.mark.parametrize(
    "table", [DECISION, DISPUTE, FROZEN, SETTLEMENT, ENTITLEMENT, OBLIGATION, PAYOUT, PAYOUT_PAID]
)
def test_nothing_that_was_settled_changes_or_goes(rows: Rows, table: Table) -> None:
    row = rows.first(table)
    name = next(iter(table.primary_key.columns), next(iter(table.c))).name
    here = table.c[name] == row[name]
    session = rows.desk.session
    for statement in (update(table).where(here).values({name: row[name]}), delete(table).where(here)):
        with pytest.raises(DatabaseError), session.begin_nested():
            session.execute(statement)


def test_a_finding_is_settled_once(rows: Rows) -> None:
    row = rows.first(SETTLEMENT)
    del row["id"]
    rows.refused(SETTLEMENT, {**row, "position": row["position"] + 1})


def test_a_settlement_rests_on_a_decision_or_on_none(rows: Rows) -> None:
    row = rows.first(SETTLEMENT)
    del row["id"]
    rows.refused(SETTLEMENT, {**row, "position": 9, "round": 2})
    rows.refused(SETTLEMENT, {**row, "position": 9, "cause": "calendar"})
    rows.refused(SETTLEMENT, {**row, "position": 9, "claim_id": None, "round": None})


def test_a_payout_is_paid_once_in_full_by_one_transaction(rows: Rows) -> None:
    paid = rows.first(PAYOUT_PAID)
    other = rows.desk.session.scalars(select(TXN.c.id).where(TXN.c.id != paid["txn_id"])).first()
    rows.refused(PAYOUT_PAID, {**paid, "n": 2, "txn_id": other})
    payout = {**rows.first(PAYOUT), "id": uuid4(), "clause": "other"}
    rows.desk.session.execute(insert(PAYOUT).values(payout))
    fresh = {"payout_id": payout["id"], "direction": "out", "n": 1, "txn_id": other}
    less = payout["amount"] - 1
    rows.refused(PAYOUT_PAID, {**fresh, "whole": less, "amount": less})
    rows.refused(PAYOUT_PAID, {**fresh, "whole": None, "amount": less})
    rows.refused(PAYOUT_PAID, {**fresh, "whole": payout["amount"], "amount": payout["amount"], "n": 2})
    rows.refused(
        PAYOUT_PAID,
        {**fresh, "whole": payout["amount"], "amount": payout["amount"], "txn_id": paid["txn_id"]},
    )


def test_one_payout_stands_for_each_clause_period_and_pair_of_a_settlement(rows: Rows) -> None:
    rows.refused(PAYOUT, {**rows.first(PAYOUT), "id": uuid4()})


def test_what_was_paid_is_not_given_up(rows: Rows) -> None:
    rows.refused(PAYOUT_VOID, {"payout_id": rows.first(PAYOUT_PAID)["payout_id"]})


def test_what_was_given_up_is_not_paid(rows: Rows) -> None:
    session = rows.desk.session
    payout = {**rows.first(PAYOUT), "id": uuid4(), "clause": "other"}
    session.execute(insert(PAYOUT).values(payout))
    session.execute(insert(PAYOUT_VOID).values(payout_id=payout["id"], event_id=rows.event()))
    other = session.scalars(select(TXN.c.id).where(TXN.c.id != rows.first(PAYOUT_PAID)["txn_id"])).first()
    row = {"payout_id": payout["id"], "direction": "out", "n": 1, "txn_id": other}
    rows.refused(PAYOUT_PAID, {**row, "whole": payout["amount"], "amount": payout["amount"]})


def test_what_rests_on_a_finding_in_dispute_is_not_paid(rows: Rows) -> None:
    session = rows.desk.session
    paid, disputed = rows.first(PAYOUT_PAID), rows.first(DISPUTE)
    settlement = rows.first(SETTLEMENT)
    del settlement["id"]
    settlement |= {"position": 9, "claim_id": disputed["claim_id"], "event_id": rows.event()}
    session.execute(insert(SETTLEMENT).values(settlement))
    on_it = session.scalars(select(SETTLEMENT.c.id).where(SETTLEMENT.c.position == 9)).one()
    payout = {**rows.first(PAYOUT), "id": uuid4(), "settlement_id": on_it}
    session.execute(insert(PAYOUT).values(payout))
    other = session.scalars(select(TXN.c.id).where(TXN.c.id != paid["txn_id"])).first()
    rows.refused(PAYOUT_PAID, {**paid, "payout_id": payout["id"], "txn_id": other})


def test_a_round_is_disputed_once_and_money_kept_back_by_one_transaction(rows: Rows) -> None:
    row = rows.first(DISPUTE)
    del row["id"]
    rows.refused(DISPUTE, {**row, "code": "again"})
    kept = rows.first(FROZEN)
    rows.refused(FROZEN, kept)
    rows.refused(FROZEN, {**kept, "payer": "home"})


def test_an_obligation_belongs_to_an_entitlement_of_its_settlement(rows: Rows) -> None:
    row = rows.first(OBLIGATION)
    rows.refused(OBLIGATION, {**row, "clause": "other"})
    rows.refused(OBLIGATION, {**row, "payee": "other", "due": 0})
