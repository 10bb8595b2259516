"""Attacks on holds and on what ends them: one fault each, and the database refuses it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError

from almoner.finance import acts
from almoner.finance.storage import Engine, Session

Cell = Any  # what a column of a reflected table holds
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
UNTIL, AFTER = NOW + timedelta(hours=2), NOW + timedelta(hours=3)
HELD = "Dr P water/pool 1000 transfer\nCr P water/cash 1000 transfer"
FREED = "Dr P water/pool -1000 transfer\nCr P water/cash -1000 transfer"
PAID = "Dr water/pool 1000 transfer c1=1000\nCr water/cash 1000 transfer"
BACK = "Dr water/cash 1000 transfer\nCr water/pool 1000 transfer c1=1000"
RELEASED = "Dr E water/pool -1000 release\nCr E water/commitment/well -1000 release"
PROMISED = "Dr E water/pool 1000 release\nCr E water/commitment/well 1000 release"
PLEDGED = "Dr water/pledged/giver 500 pledge\nCr water/expected 500 pledge"
LAPSED = "Dr water/expected 500 pledge\nCr water/pledged/giver 500 pledge"
ENDS = {"post": (PAID, NOW), "void": ("", NOW), "expire": ("", AFTER)}
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


def end(raw: Raw, connection: Connection, act: str, parent: uuid.UUID) -> None:
    """End a hold of ``HELD`` as is right."""
    settled, when = ENDS[act]
    resolve(raw, connection, act, parent, f"{settled}\n{FREED}", recorded_at=when)


# What a hold may hold.


@lawful
def a_hold(raw: Raw, connection: Connection) -> None:
    hold(raw, connection)


@attack("empty or other book")
def a_hold_of_nothing(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, "")


@attack("shape or draws")
def a_hold_that_settles_at_once(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, PLEDGED)


@attack("shape or draws")
def a_hold_that_frees_another(raw: Raw, connection: Connection) -> None:
    hold(raw, connection)
    hold(raw, connection, HELD.replace("1000", "-500"))


@attack("shape or draws")
def a_hold_that_draws(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, "Dr P water/pool 1000 transfer c1=1000\nCr P water/cash 1000 transfer")


@attack("unbalanced")
def a_hold_of_one_side(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, "Dr P water/pool 1000 transfer\nCr P water/cash 999 transfer")


@attack("floor_held")
def a_hold_of_more_than_is_free(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, HELD.replace("1000", "99999"))


@attack("floor_held")
def what_is_held_paid_by_another(raw: Raw, connection: Connection) -> None:
    legs = HELD.replace("water/pool", "water/pool@north").replace("1000", "2500")
    hold(raw, connection, legs)
    raw.post(connection, "Dr water/pool@north 501 transfer n1=501\nCr water/cash 501 transfer")


@attack("floor_held")
def money_held_on_its_way_in_spent_before_it_is_there(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, "Dr P water/cash 9000 contribution\nCr P water/pool@north 9000 contribution")
    raw.post(connection, "Dr water/pool@north 3001 transfer n1=3001\nCr water/cash 3001 transfer")


@attack("txn_check")
def a_hold_without_an_end_in_time(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, expires_at=None)


@attack("txn_check")
def a_payment_that_expires(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, expires_at=UNTIL)


@attack("txn_check")
def a_hold_that_is_over_when_it_begins(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, expires_at=NOW)


@attack("txn_check")
def a_hold_that_was_over_before_it_began(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, expires_at=NOW - timedelta(seconds=1))


@attack("txn_check")
def a_hold_that_refunds(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, refunds_id=posted(raw, connection, "p1"))


@attack("txn_check")
def a_hold_with_a_parent(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, parent_id=posted(raw, connection, "p1"), refunds_id=None)


@attack("txn_check")
def a_hold_that_corrects(raw: Raw, connection: Connection) -> None:
    parent = posted(raw, connection, "pl1")
    raw.post(connection, LAPSED, act="reverse", parent_id=parent)
    hold(raw, connection, corrects_id=parent)


# What may end a hold, and when.


@lawful
def a_hold_posted(raw: Raw, connection: Connection) -> None:
    end(raw, connection, "post", hold(raw, connection))


@lawful
def a_hold_posted_at_its_last_instant(raw: Raw, connection: Connection) -> None:
    resolve(raw, connection, "post", hold(raw, connection), f"{PAID}\n{FREED}", recorded_at=UNTIL)


@lawful
def a_hold_voided(raw: Raw, connection: Connection) -> None:
    end(raw, connection, "void", hold(raw, connection))


@lawful
def a_hold_expired(raw: Raw, connection: Connection) -> None:
    end(raw, connection, "expire", hold(raw, connection))


@attack("too late or too early")
def a_hold_posted_after_its_time(raw: Raw, connection: Connection) -> None:
    late = UNTIL + timedelta(microseconds=1)
    resolve(raw, connection, "post", hold(raw, connection), f"{PAID}\n{FREED}", recorded_at=late)


@attack("too late or too early")
def a_hold_expired_at_its_last_instant(raw: Raw, connection: Connection) -> None:
    resolve(raw, connection, "expire", hold(raw, connection), FREED, recorded_at=UNTIL)


@attack("too late or too early")
def a_hold_expired_before_its_time(raw: Raw, connection: Connection) -> None:
    resolve(raw, connection, "expire", hold(raw, connection), FREED, recorded_at=NOW)


def twice(raw: Raw, connection: Connection, *, first: str, second: str) -> None:
    parent = hold(raw, connection)
    hold(raw, connection)  # so that there is enough to free again
    end(raw, connection, first, parent)
    end(raw, connection, second, parent)


for one in ENDS:
    for two in ENDS:
        ATTACKS[f"a_hold_ended_by_{one}_and_by_{two}"] = (
            partial(twice, first=one, second=two),
            "txn_resolved_once",
        )


def wrong_parent(raw: Raw, connection: Connection, *, act: str) -> None:
    hold(raw, connection)
    resolve(raw, connection, act, posted(raw, connection, "pl1"), FREED, recorded_at=ENDS[act][1])


for one in ENDS:
    ATTACKS[f"no_hold_ended_by_{one}"] = (partial(wrong_parent, act=one), "parent")


@attack("parent")
def a_hold_of_another_book_ended(raw: Raw, connection: Connection) -> None:
    parent = hold(raw, connection, "Dr P far/pool 10 transfer\nCr P far/cash 10 transfer", book="second")
    resolve(raw, connection, "void", parent, FREED)


@attack("parent")
def a_hold_ended_before_it_is_over(raw: Raw, connection: Connection) -> None:
    hold(raw, connection)
    parent = raw.open(connection, HELD, act="pending", expires_at=UNTIL)
    resolve(raw, connection, "void", parent, FREED)
    raw.end(connection, parent)


@attack("txn_is_ended")
def a_hold_that_never_began_ended(raw: Raw, connection: Connection) -> None:
    raw.open(connection, HELD, act="pending", expires_at=UNTIL)


@attack("parent")
def a_settlement_voided(raw: Raw, connection: Connection) -> None:
    hold(raw, connection)
    settled = resolve(raw, connection, "post", hold(raw, connection), f"{PAID}\n{FREED}")
    resolve(raw, connection, "void", settled, FREED)


@attack("parent")
def a_payment_voided_by_legs_that_cancel(raw: Raw, connection: Connection) -> None:
    legs = "Dr E water/pool {0} release\nCr E water/commitment/well {0} release"
    neutral = f"{legs.format(100)}\n{legs.format(-100)}"
    resolve(raw, connection, "void", posted(raw, connection, "pl1"), neutral)


@attack("txn_parent_id_fkey")
def a_hold_nobody_made_ended(raw: Raw, connection: Connection) -> None:
    resolve(raw, connection, "void", uuid.uuid4(), FREED)


@attack("txn_check")
def a_void_without_a_hold(raw: Raw, connection: Connection) -> None:
    raw.post(connection, PLEDGED, act="void")


@attack("txn_check")
def a_void_that_refunds(raw: Raw, connection: Connection) -> None:
    parent = hold(raw, connection)
    resolve(raw, connection, "void", parent, FREED, refunds_id=posted(raw, connection, "p1"))


# What the end of a hold may move.


@lawful
def a_part_of_a_hold_posted(raw: Raw, connection: Connection) -> None:
    legs = f"Dr water/pool 400 transfer c1=400\nCr water/cash 400 transfer\n{FREED}"
    resolve(raw, connection, "post", hold(raw, connection), legs)


@attack("over-posted")
def more_posted_than_held(raw: Raw, connection: Connection) -> None:
    resolve(raw, connection, "post", hold(raw, connection), PAID.replace("1000", "1001") + f"\n{FREED}")


@attack("over-posted")
def more_posted_than_held_in_two_legs(raw: Raw, connection: Connection) -> None:
    legs = """Dr water/pool 600 transfer c1=600
              Dr water/pool 401 transfer c1=401
              Cr water/cash 1001 transfer"""
    resolve(raw, connection, "post", hold(raw, connection), f"{legs}\n{FREED}")


@attack("over-posted")
def one_account_posted_that_was_not_held(raw: Raw, connection: Connection) -> None:
    resolve(raw, connection, "post", hold(raw, connection), f"{LAPSED}\n{FREED}")


@attack("over-posted")
def the_other_side_posted(raw: Raw, connection: Connection) -> None:
    resolve(raw, connection, "post", hold(raw, connection), f"{BACK}\n{FREED}")


@attack("shape or draws")
def a_settlement_without_draws(raw: Raw, connection: Connection) -> None:
    resolve(raw, connection, "post", hold(raw, connection), PAID.replace("c1=1000", "") + f"\n{FREED}")


def settled_leg(raw: Raw, connection: Connection, *, act: str) -> None:
    resolve(raw, connection, act, hold(raw, connection), f"{PLEDGED}\n{FREED}", recorded_at=ENDS[act][1])


def held_again(raw: Raw, connection: Connection, *, act: str) -> None:
    settled, when = ENDS[act]
    legs = f"{settled}\n{FREED.replace('1000', '1100')}\n{HELD.replace('1000', '100')}"
    hold(raw, connection)
    resolve(raw, connection, act, hold(raw, connection), legs, recorded_at=when)


def freed(raw: Raw, connection: Connection, *, act: str, minor: str) -> None:
    settled, when = ENDS[act]
    hold(raw, connection)
    legs = f"{settled}\n{FREED.replace('1000', minor)}"
    resolve(raw, connection, act, hold(raw, connection), legs, recorded_at=when)


def freed_elsewhere(raw: Raw, connection: Connection, *, act: str) -> None:
    settled, when = ENDS[act]
    hold(raw, connection, HELD.replace("water/pool", "water/pool@north"))
    legs = f"{settled}\n{FREED.replace('water/pool', 'water/pool@north')}"
    resolve(raw, connection, act, hold(raw, connection), legs, recorded_at=when)


def promised_again(raw: Raw, connection: Connection, *, act: str, minor: str) -> None:
    parent = hold(raw, connection, f"{HELD}\n{RELEASED}")
    legs = f"{FREED}\n{PROMISED.replace('1000', minor)}" if minor else FREED
    resolve(raw, connection, act, parent, legs, recorded_at=ENDS[act][1])


for one in ("void", "expire"):
    ATTACKS[f"money_paid_by_{one}"] = (partial(settled_leg, act=one), "shape or draws")
    LAWFUL[f"a_promise_again_by_{one}"] = partial(promised_again, act=one, minor="1000")
    for less in ("", "999", "1001"):
        ATTACKS[f"a_promise_of_1000_again_as_{less or 0}_by_{one}"] = (
            partial(promised_again, act=one, minor=less),
            "not undone",
        )
for one in ENDS:
    ATTACKS[f"more_held_by_{one}"] = (partial(held_again, act=one), "shape or draws")
    ATTACKS[f"too_little_freed_by_{one}"] = (partial(freed, act=one, minor="999"), "not undone")
    ATTACKS[f"too_much_freed_by_{one}"] = (partial(freed, act=one, minor="1001"), "not undone")
    ATTACKS[f"another_account_freed_by_{one}"] = (partial(freed_elsewhere, act=one), "not undone")


@attack("not undone")
def a_void_that_frees_nothing(raw: Raw, connection: Connection) -> None:
    legs = "Dr E water/pool 1 encumbrance\nCr E water/commitment/well 1 encumbrance"
    resolve(raw, connection, "void", hold(raw, connection), legs)


@attack("not undone")
def the_other_side_freed(raw: Raw, connection: Connection) -> None:
    hold(raw, connection, "Dr P water/cash 1000 transfer\nCr P water/pool 1000 transfer")
    legs = "Dr P water/cash -1000 transfer\nCr P water/pool -1000 transfer"
    resolve(raw, connection, "void", hold(raw, connection), legs)


@attack("not undone")
def a_hold_freed_that_nobody_made(raw: Raw, connection: Connection) -> None:
    parent = hold(raw, connection, RELEASED)
    resolve(raw, connection, "post", parent, FREED)


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
