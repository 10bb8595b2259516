"""What the database itself refuses, whatever program writes to it: raw rows past every act of the library."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from almoner.contracts.records.tables import (
    AGREEMENT,
    AGREEMENT_CLOSE,
    AGREEMENT_DUTY,
    AGREEMENT_PARTY,
    AGREEMENT_SIGNATURE,
    AGREEMENT_START,
    CLAIM,
    DETERMINATION,
    EVIDENCE,
    SETTLED,
    SETTLEMENT,
)
from almoner.finance.dates import Clock
from almoner.finance.posting import record_event
from almoner.finance.records.tables import PARTY

if TYPE_CHECKING:
    from tests.contracts.conftest import Desk

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

    def one(self, table: Table, **where: object) -> Cells:
        query = select(table)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        return dict(self.desk.session.execute(query).mappings().one())

    def refused(self, table: Table, row: Cells) -> None:
        session = self.desk.session
        event = {"event_id": self.event()} if "event_id" in table.c else {}
        with pytest.raises(DatabaseError), session.begin_nested():
            session.execute(insert(table).values({**row, **event}))

    def taken(self, table: Table, row: Cells) -> None:
        """Show that a row is refused for its fault alone: repaired, the database takes it."""
        event = {"event_id": self.event()} if "event_id" in table.c else {}
        with self.desk.session.begin_nested() as point:
            self.desk.session.execute(insert(table).values({**row, **event}))
            point.rollback()


@pytest.fixture
def rows(desk: "Desk", clock: Clock) -> Rows:
    """An agreement with one settled claim, one determined, one with evidence and one bare."""
    desk.start()
    desk.find("settled", "90")
    desk.settle("settled")
    desk.find("determined", "10")
    desk.attach(desk.claim("evidenced", "5"))
    desk.claim("bare", "1")
    return Rows(desk, clock)


@pytest.fixture
def determination(rows: Rows) -> Cells:
    """A row that the database would take: the verifier on the claim with evidence."""
    claim = rows.one(CLAIM, code="evidenced")
    return {
        "claim_id": claim["id"],
        "agreement_id": claim["agreement_id"],
        "verifier_id": rows.party("count-lab"),
        "duty": "verifier",
        "evidence_id": rows.one(EVIDENCE, claim_id=claim["id"])["id"],
        "value": 5,
        "body": b"{}",
        "signature": bytes(64),
    }


@pytest.fixture
def settled(rows: Rows) -> Cells:
    """A row that the database would take: the second place for the determined claim."""
    claim = rows.one(CLAIM, code="determined")
    return {"agreement_id": claim["agreement_id"], "position": 2, "claim_id": claim["id"]}


def test_no_party_with_an_interest_determines(rows: Rows, determination: Cells) -> None:
    for code in ("night-shelter", "harbour-city", "south-giver"):
        for duty in ("verifier", "interested"):
            rows.refused(DETERMINATION, {**determination, "verifier_id": rows.party(code), "duty": duty})
    rows.refused(DETERMINATION, {**determination, "duty": "interested"})
    rows.taken(DETERMINATION, determination)


def test_a_party_has_one_duty_in_an_agreement(rows: Rows) -> None:
    agreement = rows.one(AGREEMENT, code="pact")["id"]
    for code, duty in (("night-shelter", "verifier"), ("count-lab", "interested"), ("count-lab", "verifier")):
        party = rows.party(code)
        rows.refused(AGREEMENT_DUTY, {"agreement_id": agreement, "party_id": party, "duty": duty})
    rows.refused(
        AGREEMENT_DUTY, {"agreement_id": agreement, "party_id": rows.party("south-giver"), "duty": "judge"}
    )
    fresh = {"agreement_id": agreement, "party_id": rows.party("south-giver"), "duty": "verifier"}
    rows.taken(AGREEMENT_DUTY, fresh)


@pytest.mark.parametrize(
    ("code", "role", "duty"),
    [
        ("night-shelter", "evaluator", "verifier"),
        ("night-shelter", "evaluator", "interested"),
        ("count-lab", "service_provider", "verifier"),
        ("count-lab", "service_provider", "interested"),
    ],
)
def test_a_role_and_a_duty_fit_each_other(rows: Rows, code: str, role: str, duty: str) -> None:
    agreement = rows.one(AGREEMENT, code="pact")["id"]
    row = {
        "agreement_id": agreement,
        "term_party": "x",
        "role": role,
        "party_id": rows.party(code),
        "duty": duty,
    }
    rows.refused(AGREEMENT_PARTY, row)


def test_a_determination_needs_evidence_a_claim_and_a_whole_signature(
    rows: Rows, determination: Cells
) -> None:
    for change in (
        {"evidence_id": None},
        {"evidence_id": 10**9},
        {"claim_id": 10**9},
        {"agreement_id": 10**9},
        {"signature": bytes(63)},
        {"signature": b""},
    ):
        rows.refused(DETERMINATION, {**determination, **change})
    rows.taken(DETERMINATION, determination)


def test_a_claim_is_determined_once(rows: Rows, determination: Cells) -> None:
    for code in ("determined", "settled"):
        claim = rows.one(CLAIM, code=code)["id"]
        evidence = rows.one(EVIDENCE, claim_id=claim)["id"]
        rows.refused(DETERMINATION, {**determination, "claim_id": claim, "evidence_id": evidence})


def test_a_claim_and_a_place_are_settled_once_and_only_after_a_determination(
    rows: Rows, settled: Cells
) -> None:
    known = rows.one(CLAIM, code="settled")["id"]
    for change in (
        {"position": 1},
        {"position": 0},
        {"claim_id": known},
        {"claim_id": known, "position": 1},
        {"claim_id": rows.one(CLAIM, code="evidenced")["id"]},
        {"claim_id": rows.one(CLAIM, code="bare")["id"]},
        {"agreement_id": 10**9},
    ):
        rows.refused(SETTLED, {**settled, **change})
    rows.taken(SETTLED, settled)


def test_a_settlement_pays_once_no_less_than_it_says_and_only_what_was_earned(rows: Rows) -> None:
    paid = rows.one(SETTLEMENT)
    fresh = {**paid, "clause": "other", "due": 0, "txn_id": None}
    rows.taken(SETTLEMENT, fresh)
    for change in (
        {"clause": paid["clause"]},
        {"due": 1},
        {"txn_id": paid["txn_id"]},
        {"due": paid["due"], "txn_id": paid["txn_id"]},
        {"due": paid["due"], "txn_id": uuid4()},
        {"due": -1},
        {"earned": -1},
        {"entitled": paid["earned"] + 1},
        {"claim_id": rows.one(CLAIM, code="determined")["id"]},
    ):
        rows.refused(SETTLEMENT, {**fresh, **change})


def test_an_agreement_starts_and_closes_once_and_claims_stand_on_a_started_one(rows: Rows) -> None:
    desk = rows.desk
    agreement = rows.one(AGREEMENT, code="pact")["id"]
    start = rows.one(AGREEMENT_START)
    desk.draw_up("open")
    proposed = rows.one(AGREEMENT, code="open")["id"]
    rows.refused(AGREEMENT_START, {**start, "txn_id": rows.one(SETTLEMENT)["txn_id"]})
    rows.refused(AGREEMENT_START, {**start, "agreement_id": proposed})
    rows.refused(AGREEMENT_START, {"agreement_id": proposed, "txn_id": uuid4()})
    rows.refused(AGREEMENT_CLOSE, {"agreement_id": proposed})
    claim = {name: value for name, value in rows.one(CLAIM, code="bare").items() if name != "id"}
    rows.refused(CLAIM, {**claim, "agreement_id": proposed})
    rows.refused(CLAIM, claim)
    rows.taken(CLAIM, {**claim, "code": "fresh"})
    rows.taken(AGREEMENT_CLOSE, {"agreement_id": agreement})


def test_a_signature_belongs_to_a_party_and_stands_once(rows: Rows) -> None:
    agreement = rows.one(AGREEMENT, code="pact")["id"]
    row = {"agreement_id": agreement, "term_party": "city", "signature": bytes(64)}
    for change in ({}, {"term_party": "giver"}, {"term_party": "x", "signature": bytes(10)}):
        rows.refused(AGREEMENT_SIGNATURE, {**row, **change})


FACTS = (
    AGREEMENT,
    AGREEMENT_DUTY,
    AGREEMENT_PARTY,
    AGREEMENT_SIGNATURE,
    AGREEMENT_START,
    CLAIM,
    EVIDENCE,
    DETERMINATION,
    SETTLED,
    SETTLEMENT,
)


@pytest.mark.parametrize("table", FACTS, ids=lambda table: table.name)
def test_no_fact_is_changed_or_removed(rows: Rows, table: Table) -> None:
    session = rows.desk.session
    column = list(table.c)[-1]
    acted: list[Callable[[], object]] = [
        lambda: session.execute(update(table).values({column.name: column})),
        lambda: session.execute(delete(table)),
    ]
    for act in acted:
        with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
            act()
