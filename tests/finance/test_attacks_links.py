"""Attacks on reversals, refunds, corrections, refusals, closed periods: one fault each, and it is refused."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=2)
CLOSED = date(2020, 12, 31)  # the populated book is closed through this day
HELD = "Dr P water/pool 1000 transfer\nCr P water/cash 1000 transfer"
FREED = "Dr P water/pool -1000 transfer\nCr P water/cash -1000 transfer"
PAID = "Dr water/pool 1000 transfer c1=1000\nCr water/cash 1000 transfer"
BACK = "Dr water/cash 1000 transfer\nCr water/pool 1000 transfer c1=1000"
RELEASED = "Dr E water/pool -1000 release\nCr E water/commitment/well -1000 release"
PROMISED = "Dr E water/pool 1000 release\nCr E water/commitment/well 1000 release"
PLEDGED = "Dr water/pledged/giver 500 pledge\nCr water/expected 500 pledge"
LAPSED = "Dr water/expected 500 pledge\nCr water/pledged/giver 500 pledge"
ON_SQLITE = {
    "_fkey": "FOREIGN KEY constraint",
    "_check": "CHECK constraint",
    "is_ended": "FOREIGN KEY constraint",
    "_key": " has this ",
    "same day": " has this ",
}


class Raw(Protocol):
    """A database without the library's help, see ``conftest``."""

    engine: Engine
    tables: MetaData

    def put(self, connection: Connection, name: str, **values: object) -> None: ...
    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell: ...
    def event(self, connection: Connection, *, book: str = "main") -> uuid.UUID: ...
    def open(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def post(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID: ...
    def end(self, connection: Connection, identity: uuid.UUID) -> None: ...


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


def findings(owner: Engine | Connection) -> tuple[str, ...]:
    with Session(owner) as session:
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
    sqlite = raw.engine.dialect.name == "sqlite"
    spelled = next((text for end, text in ON_SQLITE.items() if sqlite and rule.endswith(end)), rule)
    assert any(one in said or one in said[0] for one in spelled.split("|")), said
    assert findings(raw.engine) == ()


def posted(raw: Raw, connection: Connection, key: str) -> uuid.UUID:
    """Identity of a transaction of the book main."""
    found = raw.find(connection, "txn", idem_key=key, client="library")
    return found if isinstance(found, uuid.UUID) else uuid.UUID(bytes=found)


def hold(raw: Raw, connection: Connection, legs: str = HELD, **txn: object) -> uuid.UUID:
    row: dict[str, Cell] = {"act": "pending", "expires_at": UNTIL, **txn}
    return raw.post(connection, legs, **row)


def resolve(
    raw: Raw, connection: Connection, act: str, parent: uuid.UUID, legs: str, **txn: object
) -> uuid.UUID:
    row: dict[str, Cell] = {"act": act, "parent_id": parent, "refunds_id": None, **txn}
    return raw.post(connection, legs, **row)


def refuse(raw: Raw, connection: Connection, legs: str = "", **txn: object) -> uuid.UUID:
    row: dict[str, Cell] = {"act": "refused", "refusal": "{}", **txn}
    return raw.post(connection, legs, **row)


# Reversals.


def settled_under_promise(raw: Raw, connection: Connection) -> uuid.UUID:
    parent = hold(raw, connection, f"{HELD}\n{RELEASED}")
    return resolve(raw, connection, "post", parent, f"{PAID}\n{FREED}")


@lawful
def a_settled_hold_reversed(raw: Raw, connection: Connection) -> None:
    settled = settled_under_promise(raw, connection)
    raw.post(connection, f"{BACK}\n{PROMISED}", act="reverse", parent_id=settled)


@attack("not undone")
def a_settled_hold_reversed_without_its_promise(raw: Raw, connection: Connection) -> None:
    raw.post(connection, BACK, act="reverse", parent_id=settled_under_promise(raw, connection))


@attack("not undone")
def a_reversal_that_promises_more(raw: Raw, connection: Connection) -> None:
    more = f"{BACK}\n{PROMISED.replace('1000', '1001')}"
    raw.post(connection, more, act="reverse", parent_id=settled_under_promise(raw, connection))


@attack("shape or draws")
def a_reversal_that_holds(raw: Raw, connection: Connection) -> None:
    raw.post(connection, f"{LAPSED}\n{HELD}", act="reverse", parent_id=posted(raw, connection, "pl1"))


@attack("shape or draws")
def a_reversal_that_frees(raw: Raw, connection: Connection) -> None:
    hold(raw, connection)
    raw.post(connection, f"{LAPSED}\n{FREED}", act="reverse", parent_id=posted(raw, connection, "pl1"))


@attack("parent")
def a_hold_reversed(raw: Raw, connection: Connection) -> None:
    parent = hold(raw, connection, RELEASED)
    raw.post(connection, PROMISED, act="reverse", parent_id=parent, refunds_id=posted(raw, connection, "p1"))


@attack("parent")
def a_void_reversed(raw: Raw, connection: Connection) -> None:
    parent = resolve(raw, connection, "void", hold(raw, connection, RELEASED), PROMISED)
    raw.post(connection, RELEASED, act="reverse", parent_id=parent, refunds_id=posted(raw, connection, "p1"))


@attack("parent")
def a_reversal_reversed_for_the_first_payment(raw: Raw, connection: Connection) -> None:
    first = posted(raw, connection, "pl1")
    back = raw.post(connection, LAPSED, act="reverse", parent_id=first)
    raw.post(connection, PLEDGED, act="reverse", parent_id=back, refunds_id=first)


@attack("parent")
def a_reversal_that_names_another_payment(raw: Raw, connection: Connection) -> None:
    parent, other = posted(raw, connection, "pl1"), posted(raw, connection, "e1")
    raw.post(connection, LAPSED, act="reverse", parent_id=parent, refunds_id=other)


@attack("txn_check")
def a_reversal_that_names_no_payment(raw: Raw, connection: Connection) -> None:
    parent = posted(raw, connection, "pl1")
    raw.post(connection, LAPSED, act="reverse", parent_id=parent, refunds_id=None)


@attack("more comes back than was paid")
def a_deposit_reversed_out_of_another(raw: Raw, connection: Connection) -> None:
    gift = "Dr water/cash 5000 contribution\nCr water/pool 5000 contribution"
    first = raw.post(connection, f"{gift} c1=5000")
    raw.post(connection, f"{gift} c2=5000")
    legs = "Dr water/pool 5000 contribution c2=5000\nCr water/cash 5000 contribution"
    raw.post(connection, legs, act="reverse", parent_id=first)


# Refunds.


@lawful
def a_refund(raw: Raw, connection: Connection) -> None:
    legs = "Dr water/cash 100 refund\nCr water/pool 100 refund c1=100"
    raw.post(connection, legs, refunds_id=posted(raw, connection, "p1"))


@attack("draws not mirrored")
def a_reversal_of_a_refund_with_other_draws(raw: Raw, connection: Connection) -> None:
    first = posted(raw, connection, "p1")
    legs = "Dr water/cash 200 refund\nCr water/pool 200 refund c1=100 c2=100"
    back = raw.post(connection, legs, refunds_id=first)
    other = "Dr water/pool 200 refund c1=150 c2=50\nCr water/cash 200 refund"
    raw.post(connection, other, act="reverse", parent_id=back, refunds_id=first)


@attack("shape or draws")
def a_refund_of_nothing(raw: Raw, connection: Connection) -> None:
    raw.post(connection, "Dr water/cash 100 refund\nCr water/pool 100 refund c1=100")


@attack("parent")
def a_refund_of_a_hold(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, refunds_id=hold(raw, connection))


@attack("parent")
def a_refund_of_a_reversal(raw: Raw, connection: Connection) -> None:
    back = raw.post(connection, LAPSED, act="reverse", parent_id=posted(raw, connection, "pl1"))
    raw.post(connection, PLEDGED, refunds_id=back)


@attack("txn_refunds_id_fkey")
def a_refund_of_what_nobody_paid(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, refunds_id=uuid.uuid4())


# Corrections.


@lawful
def a_correction(raw: Raw, connection: Connection) -> None:
    parent = posted(raw, connection, "pl1")
    raw.post(connection, LAPSED, act="reverse", parent_id=parent)
    raw.post(connection, PLEDGED, corrects_id=parent)


@attack("parent")
def a_correction_of_what_still_stands(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, corrects_id=posted(raw, connection, "pl1"))


@attack("parent")
def a_correction_of_a_refunded_payment(raw: Raw, connection: Connection) -> None:
    payment = posted(raw, connection, "p1")
    a_refund(raw, connection)
    raw.post(connection, PLEDGED, corrects_id=payment)


@attack("parent")
def a_correction_in_another_book(raw: Raw, connection: Connection) -> None:
    parent = posted(raw, connection, "pl1")
    raw.post(connection, LAPSED, act="reverse", parent_id=parent)
    legs = "Dr far/pool 100 fee c1=100\nCr far/cash 100 fee"
    raw.post(connection, legs.replace("c1", "second!c1"), book="second", corrects_id=parent)


@attack("txn_check")
def a_correction_that_is_a_reversal(raw: Raw, connection: Connection) -> None:
    parent = posted(raw, connection, "pl1")
    raw.post(connection, LAPSED, act="reverse", parent_id=parent, corrects_id=parent)


@attack("txn_corrects_id_fkey")
def a_correction_of_what_nobody_posted(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, corrects_id=uuid.uuid4())


# Refusals.


@lawful
def a_refusal(raw: Raw, connection: Connection) -> None:
    refuse(raw, connection, effective_on=CLOSED)


@attack("shape or draws")
def a_refusal_that_moves_money(raw: Raw, connection: Connection) -> None:
    refuse(raw, connection, PLEDGED)


@attack("txn_check")
def a_refusal_without_a_reason(raw: Raw, connection: Connection) -> None:
    refuse(raw, connection, refusal=None)


@attack("txn_check")
def a_payment_with_a_reason_for_refusal(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, refusal="{}")


@attack("txn_check")
def a_refusal_with_a_parent(raw: Raw, connection: Connection) -> None:
    refuse(raw, connection, parent_id=posted(raw, connection, "pl1"), refunds_id=None)


@attack("txn_check")
def a_refusal_that_expires(raw: Raw, connection: Connection) -> None:
    refuse(raw, connection, expires_at=UNTIL)


@attack("txn_book_id_client_idem_key_key")
def a_key_taken_by_a_refusal(raw: Raw, connection: Connection) -> None:
    refuse(raw, connection, idem_key="once")
    raw.open(connection, "", idem_key="once")


@attack("parent")
def a_refusal_reversed(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, act="reverse", parent_id=refuse(raw, connection))


# Closed periods.


@lawful
def a_payment_on_the_first_open_day(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, effective_on=date(2021, 1, 1))


@lawful
def a_payment_on_that_day_in_a_book_that_never_closed(raw: Raw, connection: Connection) -> None:
    raw.post(
        connection, "Dr far/pool 1 fee second!c1=1\nCr far/cash 1 fee", book="second", effective_on=CLOSED
    )


for one, day in (("the_last", CLOSED), ("an_early", date(1999, 1, 1))):
    ATTACKS[f"a_payment_on_{one}_day_of_a_closed_period"] = (
        lambda raw, connection, day=day: raw.post(connection, PLEDGED, effective_on=day),  # type: ignore[misc]  # a default binds the day
        "closed period",
    )
    ATTACKS[f"a_hold_on_{one}_day_of_a_closed_period"] = (
        lambda raw, connection, day=day: hold(raw, connection, effective_on=day),  # type: ignore[misc]  # a default binds the day
        "closed period",
    )


def close(
    raw: Raw, connection: Connection, through: date, *, book: str = "main", event: object = None
) -> None:
    owner = raw.find(connection, "book", code="main")
    identity = event or raw.event(connection, book=book)
    raw.put(connection, "period", book_id=owner, closed_through=through, event_id=identity)


@lawful
def a_close_of_the_next_day(raw: Raw, connection: Connection) -> None:
    close(raw, connection, date(2021, 1, 1))


@attack("a close moves forward")
def a_close_backwards(raw: Raw, connection: Connection) -> None:
    close(raw, connection, date(2020, 12, 30))


@attack("a close moves forward|same day")
def a_close_of_the_same_day(raw: Raw, connection: Connection) -> None:
    close(raw, connection, CLOSED)


@attack("a close moves forward")
def a_close_under_another_books_event(raw: Raw, connection: Connection) -> None:
    close(raw, connection, date(2021, 1, 1), book="second")


@attack("a close moves forward")
def a_close_under_no_event(raw: Raw, connection: Connection) -> None:
    close(raw, connection, date(2021, 1, 1), event=uuid.uuid4())


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_database_refuses(raw: Raw, name: str) -> None:
    function, rule = ATTACKS[name]
    with refused(raw, rule) as connection:
        function(raw, connection)


@pytest.mark.parametrize("name", sorted(LAWFUL))
def test_what_an_attack_differs_from_is_allowed(raw: Raw, name: str) -> None:
    with raw.engine.connect() as connection:
        LAWFUL[name](raw, connection)
        assert connection.execute(text("SELECT why FROM fault")).all() == []
        connection.rollback()
