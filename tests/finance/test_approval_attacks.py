"""What needs approval is refused without it by the database itself, whatever is written past the library."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PAYLOAD = b'{"asked":"as approved"}'
PAID = "Dr water/pool 1000 transfer c1=1000\nCr water/cash 1000 transfer"
BACK = "Dr water/cash 1000 transfer\nCr water/pool 1000 transfer c1=1000"
HELD = "Dr P water/pool 1000 transfer\nCr P water/cash 1000 transfer"
ON_SQLITE = {"_fkey": "FOREIGN KEY constraint", "_check": "CHECK constraint", "key": " has this "}
RELEASED = "Dr E water/pool -1000 release\nCr E water/commitment/well -1000 release"
VOID = "Dr P water/pool -1000 transfer\nCr P water/cash -1000 transfer"


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def plain(self, value: object) -> object: ...
    def put(self, connection: Connection, name: str, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def event(self, connection: Connection, *, book: str = "main", body: bytes = b"{}") -> uuid.UUID: ...
    def open(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def post(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...


def digest(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()


def policy(raw: Raw, connection: Connection, kind: str = "transfer", **changes: object) -> None:
    row = {"unit": "USD", "from_minor": 1000, "quorum": 2, "since": LATER, **changes}
    row.setdefault("book_id", raw.find(connection, "book", code="main"))
    row.setdefault("event_id", raw.event(connection))
    raw.put(connection, "approval_policy", kind=kind, **row)


def propose(
    raw: Raw, connection: Connection, *approvers: str, book: str = "main", payload: bytes = PAYLOAD
) -> uuid.UUID:
    """Insert a proposal of ``hub`` and its approvals."""
    identity, book_id = raw.event(connection, book=book), raw.find(connection, "book", code=book)
    said = {"maker": "hub", "payload_sha256": digest(payload), "book_id": book_id}
    raw.put(connection, "proposal", id=identity, payload=payload, **said)
    for approver in approvers:
        event = raw.event(connection, book=book)
        raw.put(connection, "approval", proposal_id=identity, approver=approver, event_id=event, **said)
    return identity


def post(raw: Raw, connection: Connection, legs: str = PAID, **txn: object) -> uuid.UUID:
    row: dict[str, Cell] = {"kind": "transfer", "recorded_at": LATER, "request_sha256": digest(PAYLOAD)}
    return raw.post(connection, legs, **{**row, **txn})


def sqlite(raw: Raw) -> bool:
    return raw.engine.dialect.name == "sqlite"


def findings(raw: Raw) -> tuple[str, ...]:
    with Session(raw.engine) as session:
        return tuple(found for book in ("main", "second") for found in acts.verify(session, book).findings)


@contextmanager
def refused(raw: Raw, rule: str) -> Iterator[Connection]:
    said: list[str] = []
    with raw.engine.connect() as connection:
        begun = connection.begin()
        try:
            yield connection
            begun.commit()
        except DBAPIError as fault:
            said.append(str(fault.orig))
            if said == ["fault"]:  # SQLite leaves the reason in the views
                said += connection.execute(text("SELECT why FROM fault")).scalars()
            begun.rollback()
    assert said, "it was not refused"
    spelled = next((text for end, text in ON_SQLITE.items() if sqlite(raw) and rule.endswith(end)), rule)
    assert rule in said or spelled in said[0], said
    assert findings(raw) == ()


Attack = Callable[[Raw, Connection], object]
ATTACKS: dict[str, tuple[Attack, str]] = {}
LAWFUL: dict[str, Attack] = {}


def attack(rule: str) -> Callable[[Attack], Attack]:
    """Register an attack with the rule that PostgreSQL names when it refuses it."""

    def register(function: Attack) -> Attack:
        ATTACKS[function.__name__] = (function, rule)
        return function

    return register


def lawful(function: Attack) -> Attack:
    """Register the nearest thing that is allowed: the attack beside it is refused for what differs."""
    LAWFUL[function.__name__] = function
    return function


@attack("not approved")
def a_payment_without_a_proposal(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    post(raw, connection)


@attack("not approved")
def a_payment_that_releases_as_much_as_it_pays(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    post(raw, connection, f"{PAID}\n{RELEASED}")


@attack("not approved")
def a_payment_with_too_few_approvals(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    post(raw, connection, proposal_id=propose(raw, connection, "giver"))


@lawful
def a_payment_with_enough_approvals(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    post(raw, connection, proposal_id=propose(raw, connection, "giver", "lab"))


@attack("not approved")
def a_payment_of_another_payload(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    approved = propose(raw, connection, "giver", "lab")
    post(raw, connection, proposal_id=approved, request_sha256=digest(b"something else"))


@attack("other proposal")
def a_payment_under_a_proposal_of_something_else_though_none_is_asked(
    raw: Raw, connection: Connection
) -> None:
    approved = propose(raw, connection, "giver", "lab")
    post(raw, connection, proposal_id=approved, request_sha256=digest(b"something else"))


@attack("not approved")
def a_payment_under_another_books_proposal(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    post(raw, connection, proposal_id=propose(raw, connection, "giver", "lab", book="second"))


@attack("other proposal")
def a_payment_under_another_books_proposal_though_none_is_asked(raw: Raw, connection: Connection) -> None:
    post(raw, connection, proposal_id=propose(raw, connection, book="second"))


@attack("approval_check")
def a_maker_who_approves(raw: Raw, connection: Connection) -> None:
    propose(raw, connection, "hub")


@attack("approval_book_id_approver_fkey")
def an_approver_nobody_registered(raw: Raw, connection: Connection) -> None:
    propose(raw, connection, "nobody")


@attack("proposal_book_id_maker_fkey")
def a_maker_nobody_registered(raw: Raw, connection: Connection) -> None:
    said = {"payload": PAYLOAD, "payload_sha256": digest(PAYLOAD), "maker": "nobody"}
    raw.put(
        connection,
        "proposal",
        id=raw.event(connection),
        book_id=raw.find(connection, "book", code="main"),
        **said,
    )


def approve(raw: Raw, connection: Connection, **changes: object) -> None:
    row: dict[str, object] = {
        "proposal_id": propose(raw, connection),
        "book_id": raw.find(connection, "book", code="main"),
        "maker": "hub",
        "payload_sha256": digest(PAYLOAD),
        "approver": "giver",
    }
    row = {**row, **changes}
    row.setdefault("event_id", raw.event(connection))
    raw.put(connection, "approval", **row)


@lawful
def an_approval_of_what_was_proposed(raw: Raw, connection: Connection) -> None:
    approve(raw, connection)


@attack("approval_proposal_id_book_id_maker_payload_sha256_fkey")
def an_approval_of_another_payload(raw: Raw, connection: Connection) -> None:
    approve(raw, connection, payload_sha256=digest(b"something else"))


@attack("approval_proposal_id_book_id_maker_payload_sha256_fkey")
def an_approval_that_names_another_maker(raw: Raw, connection: Connection) -> None:
    approve(raw, connection, maker="lab", approver="hub")


@attack("approval_proposal_id_book_id_maker_payload_sha256_fkey")
def an_approval_in_another_book_than_its_proposal(raw: Raw, connection: Connection) -> None:
    second = raw.find(connection, "book", code="second")
    approve(raw, connection, book_id=second, event_id=raw.event(connection, book="second"))


@attack("approval_pkey")
def an_approver_who_counts_twice(raw: Raw, connection: Connection) -> None:
    propose(raw, connection, "giver", "giver")


@attack("approval_signature_check")
def a_signature_that_is_too_short(raw: Raw, connection: Connection) -> None:
    approve(raw, connection, signature=bytes(63))


@attack("approval stands under an event of its book")
def an_approval_under_another_books_event(raw: Raw, connection: Connection) -> None:
    approve(raw, connection, event_id=raw.event(connection, book="second"))


@attack("approval_policy stands under an event of its book")
def a_policy_under_another_books_event(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, event_id=raw.event(connection, book="second"))


@attack("proposal stands under an event of its book")
def a_proposal_under_another_books_event(raw: Raw, connection: Connection) -> None:
    identity, book = raw.event(connection, book="second"), raw.find(connection, "book", code="main")
    said = {"payload": PAYLOAD, "payload_sha256": digest(PAYLOAD), "maker": "hub"}
    raw.put(connection, "proposal", id=identity, book_id=book, **said)


@attack("txn_proposal_id_key")
def a_proposal_carried_out_twice(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    approved = propose(raw, connection, "giver", "lab")
    post(raw, connection, proposal_id=approved)
    post(raw, connection, proposal_id=approved)


@attack("txn_check")
def a_proposal_used_up_by_a_refusal(raw: Raw, connection: Connection) -> None:
    approved = propose(raw, connection, "giver", "lab")
    post(raw, connection, "", act="refused", refusal="no", proposal_id=approved)


@attack("not approved")
def a_band_above_that_asks_for_more(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, from_minor=500, quorum=1)
    policy(raw, connection, from_minor=1000, quorum=2)
    post(raw, connection, proposal_id=propose(raw, connection, "giver"))


@attack("not approved")
def a_band_below_that_asks_for_more(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, from_minor=500, quorum=2)
    policy(raw, connection, from_minor=1000, quorum=1)
    post(raw, connection, proposal_id=propose(raw, connection, "giver"))


@lawful
def an_amount_below_the_band(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, from_minor=500, quorum=1)
    policy(raw, connection, from_minor=1001, quorum=2)
    post(raw, connection, proposal_id=propose(raw, connection, "giver"))


@lawful
def a_policy_in_another_unit(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, unit="EUR", from_minor=0)
    post(raw, connection)


@lawful
def a_policy_dated_later(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, since=LATER + timedelta(microseconds=1))
    post(raw, connection)


@lawful
def a_band_that_was_abolished(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, since=NOW + timedelta(minutes=1))
    policy(raw, connection, quorum=0)
    post(raw, connection)


@attack("not approved")
def a_band_that_is_abolished_only_later(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    policy(raw, connection, quorum=0, since=LATER + timedelta(minutes=1))
    post(raw, connection)


@attack("not approved")
def a_band_that_a_later_one_above_it_leaves_alone(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, since=NOW + timedelta(minutes=1))
    policy(raw, connection, from_minor=5000)
    post(raw, connection)


@attack("not approved")
def a_band_that_was_tightened(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, quorum=1, since=NOW + timedelta(minutes=1))
    policy(raw, connection, quorum=2)
    post(raw, connection, proposal_id=propose(raw, connection, "giver"))


@attack("recorded before its policy")
def a_payment_that_claims_to_be_older_than_the_policy(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    post(raw, connection, recorded_at=NOW - timedelta(days=1))


@attack("a policy changes nothing that was posted before it")
def a_policy_older_than_its_event(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, "lunch", since=NOW - timedelta(days=1))


@attack("a policy changes nothing that was posted before it")
def a_policy_that_makes_wrong_what_was_posted(raw: Raw, connection: Connection) -> None:
    post(raw, connection, recorded_at=LATER + timedelta(minutes=1))
    policy(raw, connection)


@attack("not approved")
def a_payment_under_another_name(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    post(raw, connection, kind="lunch")


@attack("not approved")
def a_hold_without_approval(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    post(raw, connection, HELD, act="pending", expires_at=LATER + timedelta(days=1))


def hold(raw: Raw, connection: Connection, legs: str = HELD) -> uuid.UUID:
    policy(raw, connection)
    approved = propose(raw, connection, "giver", "lab")
    until = LATER + timedelta(days=1)
    return post(raw, connection, legs, act="pending", expires_at=until, proposal_id=approved)


@lawful
def an_approved_hold_that_is_settled(raw: Raw, connection: Connection) -> None:
    held = hold(raw, connection)
    post(raw, connection, f"{VOID}\n{PAID}", act="post", parent_id=held, refunds_id=None)


@lawful
def an_approved_hold_that_is_given_up(raw: Raw, connection: Connection) -> None:
    post(raw, connection, VOID, act="void", parent_id=hold(raw, connection), refunds_id=None)


@attack("not approved")
def a_reversal_without_a_proposal(raw: Raw, connection: Connection) -> None:
    paid = post(raw, connection, recorded_at=NOW)
    policy(raw, connection)
    post(raw, connection, BACK, act="reverse", kind="reversal", parent_id=paid)


@attack("txn_proposal_id_key")
def a_reversal_under_the_proposal_of_the_payment(raw: Raw, connection: Connection) -> None:
    approved = propose(raw, connection, "giver", "lab")
    paid = post(raw, connection, proposal_id=approved)
    post(raw, connection, BACK, act="reverse", kind="reversal", parent_id=paid, proposal_id=approved)


@lawful
def a_reversal_under_its_own_proposal(raw: Raw, connection: Connection) -> None:
    policy(raw, connection)
    paid = post(raw, connection, proposal_id=propose(raw, connection, "giver", "lab"))
    undo = propose(raw, connection, "giver", "lab", payload=b"undo")
    said = {"act": "reverse", "kind": "reversal", "request_sha256": digest(b"undo")}
    post(raw, connection, BACK, parent_id=paid, proposal_id=undo, **said)


PROMISED = "Dr E water/pool 400 encumbrance\nCr E water/commitment/well 400 encumbrance"


@attack("over-promised")
def a_promise_added_while_a_hold_is_settled(raw: Raw, connection: Connection) -> None:
    held = hold(raw, connection)
    post(raw, connection, f"{VOID}\n{PAID}\n{PROMISED}", act="post", parent_id=held, refunds_id=None)


@lawful
def a_hold_of_promised_money_that_is_settled_in_part(raw: Raw, connection: Connection) -> None:
    held = hold(raw, connection, f"{HELD}\n{RELEASED}")
    part = "Dr water/pool 600 transfer c1=600\nCr water/cash 600 transfer"
    post(raw, connection, f"{VOID}\n{part}\n{PROMISED}", act="post", parent_id=held, refunds_id=None)


@attack("not approved")
def a_promise_given_up(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, "release")
    post(raw, connection, RELEASED, kind="release")


@lawful
def a_payment_that_releases_its_promise(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, "release")
    post(raw, connection, f"{PAID}\n{RELEASED}", kind="payout")


@attack("not approved")
def a_promise_moved_to_another_without_a_debit(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, "encumbrance")
    legs = "Cr E water/expected 1000 encumbrance\nCr E water/commitment/well -1000 release"
    post(raw, connection, legs, kind="reassignment")


@attack("not approved")
def a_promise_booked_against_a_memo(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, "encumbrance")
    legs = "Dr E water/expected 1000 encumbrance\nCr E water/commitment/well 1000 encumbrance"
    post(raw, connection, legs, kind="encumbrance")


@attack("not approved")
def a_pledge_that_only_memo_accounts_hold(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, "pledge")
    post(raw, connection, "Dr water/pledged/giver 1000 pledge\nCr water/expected 1000 pledge", kind="pledge")


@lawful
def a_deposit_that_pays_off_a_pledge_and_counts_once(raw: Raw, connection: Connection) -> None:
    policy(raw, connection, "contribution")
    legs = """Dr water/cash 600 contribution
              Cr water/pool 600 contribution c1=600
              Dr water/expected 500 pledge
              Cr water/pledged/giver 500 pledge"""
    post(raw, connection, legs, kind="contribution")


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_database_refuses(raw: Raw, name: str) -> None:
    function, rule = ATTACKS[name]
    with refused(raw, rule) as connection:
        function(raw, connection)


@pytest.mark.parametrize("name", sorted(LAWFUL))
def test_the_database_takes_what_is_lawful(raw: Raw, name: str) -> None:
    with raw.engine.connect() as connection:
        LAWFUL[name](raw, connection)
        if not sqlite(raw):
            connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        assert connection.execute(text("SELECT * FROM fault")).all() == []
    assert findings(raw) == ()


@pytest.mark.parametrize("table", ["proposal", "approval", "approval_policy", "txn"])
def test_nothing_approved_is_replaced_on_sqlite(raw: Raw, table: str) -> None:
    if not sqlite(raw):
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    changes = {
        "proposal": {"maker": "'lab'"},
        "approval": {"signature": "zeroblob(64)"},
        "approval_policy": {"quorum": "0"},
        "txn": {"id": "randomblob(16)", "idem_key": "'new'"},
    }[table]
    columns = [column.name for column in raw.tables.tables[table].c]
    values = ", ".join(changes.get(name, name) for name in columns)
    where = "proposal_id IS NOT NULL" if table == "txn" else "true"
    with refused(raw, " has this ") as connection:
        policy(raw, connection)
        post(raw, connection, proposal_id=propose(raw, connection, "giver", "lab"))
        statement = f"INSERT OR REPLACE INTO {table} SELECT {values} FROM {table} WHERE {where}"  # noqa: S608  # constants
        connection.execute(text(statement))
