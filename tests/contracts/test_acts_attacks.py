"""What the database itself refuses, whatever program writes to it: raw rows past every act of the library."""

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from almoner import currency
from almoner.contracts import acts
from almoner.contracts.records.tables import (
    AGREEMENT,
    AGREEMENT_DRAFT,
    AGREEMENT_DUTY,
    AGREEMENT_MOVE,
    AGREEMENT_PARTY,
    AGREEMENT_SIGNATURE,
    AGREEMENT_SOURCE,
    AMENDMENT,
    AMENDMENT_APPROVAL,
    AMENDMENT_START,
    CLAIM,
)
from almoner.finance import acts as finance
from almoner.finance.dates import Clock
from almoner.finance.posting import record_event
from almoner.finance.records.tables import FUND, PARTY

from .test_acts_amending import amending, approve, make, most

if TYPE_CHECKING:
    from .conftest import Desk

Cells = dict[str, Any]


class Rows:
    """Raw rows beside those that the library wrote."""

    def __init__(self, desk: "Desk", clock: Clock) -> None:
        self.desk, self.clock = desk, clock

    def event(self) -> UUID:
        key = str(uuid4())
        return record_event(self.desk.session, "main", "test.raw", {}, key=key, clock=self.clock)[0]

    def party(self, code: str) -> int:
        return int(self.desk.session.scalars(select(PARTY.c.id).where(PARTY.c.code == code)).one())

    def agreement(self, code: str = "pact") -> int:
        return int(self.one(AGREEMENT, code=code)["id"])

    def one(self, table: Table, **where: object) -> Cells:
        query = select(table)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        return dict(self.desk.session.execute(query).mappings().one())

    def write(self, table: Table, row: Cells) -> None:
        event = {"event_id": self.event()} if "event_id" in table.c else {}
        self.desk.session.execute(insert(table).values({**row, **event}))

    def refused(self, table: Table, row: Cells, told: str = ".") -> None:
        with pytest.raises(DatabaseError, match=told), self.desk.session.begin_nested():
            self.write(table, row)

    def taken(self, table: Table, row: Cells) -> None:
        """Show that a row is refused for its fault alone: repaired, the database takes it."""
        with self.desk.session.begin_nested() as point:
            self.write(table, row)
            point.rollback()

    def move(self, no: int, before: str, after: str, code: str = "pact") -> Cells:
        row = {"agreement_id": self.agreement(code), "no": no, "state": after}
        return {**row, "from_no": no - 1, "from_state": before}


@pytest.fixture
def rows(desk: "Desk", clock: Clock) -> Rows:
    """An agreement that is active, one proposed and one drafted."""
    desk.start()
    desk.draw_up("proposed")
    desk.draft("drafted")
    return Rows(desk, clock)


@pytest.fixture
def amended(rows: Rows) -> Rows:
    """With an amendment in force and one that waits for approval."""
    first = amending(rows.desk, most("510000.00"))
    make(rows.desk, first, "a1")
    approve(rows.desk, first, "home", key="a1")
    make(rows.desk, amending(rows.desk, most("520000.00")), "a2")
    return rows


@pytest.mark.parametrize(
    "table",
    [
        AGREEMENT,
        AGREEMENT_DRAFT,
        AGREEMENT_MOVE,
        AGREEMENT_DUTY,
        AGREEMENT_PARTY,
        AGREEMENT_SOURCE,
        AGREEMENT_SIGNATURE,
        AMENDMENT,
        AMENDMENT_APPROVAL,
        AMENDMENT_START,
    ],
    ids=lambda table: str(table.name),
)
def test_nothing_that_was_written_changes_or_goes(amended: Rows, table: Table) -> None:
    session = amended.desk.session
    column = list(table.c)[1]
    for statement in (update(table).values({column.name: column}), delete(table)):
        with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
            session.execute(statement)


def test_an_agreement_makes_no_move_that_its_state_does_not_allow(rows: Rows) -> None:
    for after in ("draft", "proposed", "withdrawn", "active", "closed"):
        rows.refused(AGREEMENT_MOVE, rows.move(4, "active", after))
    for no, before in ((4, "measured"), (3, "proposed"), (5, "active"), (4, "suspended")):
        rows.refused(AGREEMENT_MOVE, rows.move(no, before, "closed" if before == "measured" else "active"))
    rows.refused(AGREEMENT_MOVE, {"agreement_id": rows.agreement(), "no": 4, "state": "measured"})
    for after in ("suspended", "measured", "terminated"):
        rows.taken(AGREEMENT_MOVE, rows.move(4, "active", after))


def test_an_agreement_that_not_everybody_signed_is_not_active(rows: Rows) -> None:
    active = rows.move(3, "proposed", "active", "proposed")
    rows.refused(AGREEMENT_MOVE, active, "everybody has signed")
    for name, signature in rows.desk.signatures(code="proposed").items():
        row = {"agreement_id": rows.agreement("proposed"), "term_party": name, "signature": signature}
        rows.refused(AGREEMENT_MOVE, active, "everybody has signed")
        rows.refused(AGREEMENT_SIGNATURE, {**row, "term_party": "nobody"})
        rows.refused(AGREEMENT_SIGNATURE, {**row, "signature": signature[:63]})
        rows.write(AGREEMENT_SIGNATURE, row)
        rows.refused(AGREEMENT_SIGNATURE, row)
    rows.taken(AGREEMENT_MOVE, active)


def test_a_proposed_agreement_gets_no_other_text_party_duty_or_source(rows: Rows) -> None:
    draft = rows.one(AGREEMENT_DRAFT, agreement_id=rows.agreement("drafted"), version=1)
    giver = rows.party("south-giver")
    source = rows.one(AGREEMENT_SOURCE, agreement_id=rows.agreement("proposed"))
    written: list[tuple[Table, Cells]] = [
        (AGREEMENT_DRAFT, {**draft, "version": 2}),
        (AGREEMENT_DUTY, {"party_id": giver, "duty": "verifier"}),
        (
            AGREEMENT_PARTY,
            {"term_party": "x", "role": "bank", "party_id": rows.party("harbour-city"), "duty": "interested"},
        ),
        (AGREEMENT_SOURCE, {**source, "payer": "home", "promise": "x", "maximum": 1}),
    ]
    for table, row in written:
        rows.refused(table, {**row, "agreement_id": rows.agreement()}, "proposed agreement is fixed")
    drafted = rows.agreement("drafted")
    rows.taken(AGREEMENT_DRAFT, {**draft, "version": 2})
    rows.taken(AGREEMENT_DUTY, {"party_id": giver, "duty": "verifier", "agreement_id": drafted})
    pot = {**source, "agreement_id": rows.agreement(), "payer": "pot", "promise": "x", "maximum": 0}
    rows.taken(AGREEMENT_SOURCE, pot)


def test_a_party_has_one_duty_and_its_role_fits_it(rows: Rows) -> None:
    drafted, shelter = rows.agreement("drafted"), rows.party("night-shelter")
    duty = {"agreement_id": drafted, "party_id": shelter, "duty": "interested"}
    rows.write(AGREEMENT_DUTY, duty)
    rows.refused(AGREEMENT_DUTY, {**duty, "duty": "verifier"})
    rows.refused(AGREEMENT_DUTY, {**duty, "party_id": rows.party("count-lab"), "duty": "judge"})
    party = {**duty, "term_party": "home", "role": "service_provider"}
    for wrong in (
        {"role": "evaluator"},
        {"role": "resolver"},
        {"role": "evaluator", "duty": "verifier"},
        {"role": "service_provider", "duty": "verifier"},
        {"party_id": rows.party("count-lab")},
    ):
        rows.refused(AGREEMENT_PARTY, {**party, **wrong})
    rows.taken(AGREEMENT_PARTY, party)


def test_a_promise_belongs_to_one_source_of_a_fund_of_the_same_book(rows: Rows) -> None:
    session = rows.desk.session
    source = rows.one(AGREEMENT_SOURCE, agreement_id=rows.agreement())
    fresh = {**source, "agreement_id": rows.agreement("drafted"), "promise": "drafted:city"}
    rows.refused(AGREEMENT_SOURCE, {**fresh, "promise": "pact:city"})
    rows.refused(AGREEMENT_SOURCE, {**fresh, "maximum": -1})
    rows.refused(AGREEMENT_SOURCE, {**fresh, "maximum": 2**62})
    finance.open_book(session, "other", currency("USD"))
    finance.open_fund(session, "other", "far", currency("USD"), title="Far fund")
    far = rows.one(FUND, code="far")
    rows.refused(AGREEMENT_SOURCE, {**fresh, "fund_id": far["id"]})
    rows.refused(AGREEMENT_SOURCE, {**fresh, "book_id": far["book_id"], "fund_id": far["id"]})
    rows.taken(AGREEMENT_SOURCE, fresh)


def test_who_made_an_amendment_and_who_has_no_money_in_it_approve_nothing(amended: Rows) -> None:
    waiting = amended.one(AMENDMENT, code="a2")
    row = {
        "amendment_id": waiting["id"],
        "agreement_id": waiting["agreement_id"],
        "maker": "city",
        "term_party": "home",
        "signature": bytes(64),
    }
    amended.refused(AMENDMENT_APPROVAL, {**row, "term_party": "city"})
    amended.refused(AMENDMENT_APPROVAL, {**row, "maker": "home", "term_party": "city"})
    amended.refused(AMENDMENT_APPROVAL, {**row, "term_party": "lab"}, "another party with money")
    amended.refused(AMENDMENT_APPROVAL, {**row, "agreement_id": amended.agreement("proposed")})
    amended.taken(AMENDMENT_APPROVAL, row)
    made = {**waiting, "code": "a3"}
    del made["id"]
    for by in ("lab", "resolver", "nobody"):
        amended.refused(AMENDMENT, {**made, "maker": by})
    amended.taken(AMENDMENT, made)


def test_an_amendment_takes_effect_in_its_place_when_all_have_approved(amended: Rows) -> None:
    waiting = amended.one(AMENDMENT, code="a2")
    start = {"amendment_id": waiting["id"], "agreement_id": waiting["agreement_id"], "ordinal": 2}
    amended.refused(AMENDMENT_START, start, "when all have approved")
    approval = {
        "amendment_id": waiting["id"],
        "agreement_id": waiting["agreement_id"],
        "maker": "city",
        "term_party": "home",
        "signature": bytes(64),
    }
    amended.write(AMENDMENT_APPROVAL, approval)
    for wrong in ({"ordinal": 1}, {"ordinal": 3}, {"agreement_id": amended.agreement("proposed")}):
        amended.refused(AMENDMENT_START, {**start, **wrong})
    amended.taken(AMENDMENT_START, start)


def test_a_withdrawn_or_suspended_agreement_takes_no_claim(rows: Rows, desk: "Desk") -> None:
    row = {
        "agreement_id": rows.agreement(),
        "active_no": 3,
        "active_state": "active",
        "code": "c1",
        "body": b"{}",
        "sha256": bytes(32),
        "claimed_by": rows.party("night-shelter"),
        "dataset_id": None,
    }
    rows.refused(CLAIM, {**row, "active_no": 2})
    rows.refused(CLAIM, {**row, "active_no": 2, "active_state": "proposed"})
    rows.refused(CLAIM, {**row, "agreement_id": rows.agreement("proposed")})
    rows.taken(CLAIM, row)
    assert acts.withdraw(desk.session, "main", "proposed", clock=desk.clock).state == "withdrawn"
    rows.refused(AGREEMENT_MOVE, rows.move(4, "withdrawn", "active", "proposed"))
