"""A process dies at any statement of an act: nothing of it is there, and asked again it comes to the same.

Each act is killed before its first statement, and before later ones up to its last; after the deaths the
database is what it was, and the request put again, and again, comes to what an undisturbed one comes to.
``AGREEMENT_DEATHS=1000 pytest tests/contracts/test_agreement_crashes.py`` kills at every statement.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from almoner.contracts import acts
from almoner.contracts.amendments import amendment_bytes
from almoner.contracts.determinations import Determination
from almoner.contracts.records import agreements, claims
from almoner.finance import acts as finance
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Engine, Session

from .conftest import document_of, secret_of
from .test_acts_amending import amending, make, most
from .test_acts_disputing import dispute, resolution, second
from .test_acts_ending import consent, measure

if TYPE_CHECKING:
    from .conftest import Desk

DEATHS = int(os.environ.get("AGREEMENT_DEATHS", "8"))
Act = Callable[["Desk"], object]


class Killed(Exception):
    """The process is dead."""


class Fuse:
    """Counts the statements of an engine and kills at one of them."""

    def __init__(self, engine: Engine) -> None:
        self.left = 0
        self.count = 0
        event.listen(engine, "before_cursor_execute", self._reach)

    def _reach(self, *_: object) -> None:
        self.count += 1
        if self.left:
            self.left -= 1
            if not self.left:
                raise Killed


@pytest.fixture
def fuse(engine: Engine) -> Iterator[Fuse]:
    one = Fuse(engine)
    yield one
    event.remove(engine, "before_cursor_execute", one._reach)  # noqa: SLF001  # our own listener


def sizes(session: Session) -> list[tuple[str, int]]:
    """How many rows stand in every table."""
    connection = session.connection()
    names = sorted(connection.dialect.get_table_names(connection))
    query = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)  # noqa: S608  # our tables
    return sorted((str(name), int(size)) for name, size in connection.execute(text(query)).all())


def told(desk: "Desk") -> tuple[object, ...]:
    """What people see of the agreement: its state, its payouts, its money."""
    rows = acts.list_payouts(desk.session, "main", "pact")
    payouts = [(row.clause, row.payee, row.amount.text, row.status, row.done.text) for row in rows]
    return desk.stands().state, desk.stands().amended, payouts, desk.money()


def die_everywhere(desk: "Desk", fuse: Fuse, act: Act) -> int:
    """Kill an act at its statements, one after the other, then let it through; gives how many it has.

    Of long acts some statements are left out: they die about ``DEATHS`` times, the last statement among them.
    """
    engine = desk.session.get_bind()
    assert isinstance(engine, Engine)
    desk.session.commit()
    before = sizes(desk.session)
    desk.session.rollback()
    with Session(engine) as session:
        fuse.count = 0
        act(replace(desk, session=session))
        statements = fuse.count
        undisturbed = told(replace(desk, session=session))
        session.rollback()
    for at in sorted({*range(1, statements, max(1, statements // DEATHS)), statements}):
        with Session(engine) as session:
            fuse.left = at
            with pytest.raises(Killed):
                act(replace(desk, session=session))
            session.rollback()
    assert sizes(desk.session) == before, "something of the act stayed after it died"
    desk.session.rollback()
    with Session(engine) as session:
        act(replace(desk, session=session))
        session.commit()
    act(desk)
    assert told(desk) == undisturbed
    assert finance.verify(desk.session, "main").findings == ()
    assert acts.replay(desk.session, "main", "pact").differences == ()
    return statements


@pytest.fixture
def found(kept_desk: "Desk", content: dict[str, Any]) -> "Desk":
    """An active agreement that recovers what was too much, with a finding of a hundred nights."""
    content["clauses"][0]["on_decrease"] = "recover"
    document = document_of(content, disputes={"days": 30}, verification={"pays": "provisional"})
    opened = replace(kept_desk, document=document)
    opened.start()
    opened.find("c1", "100")
    opened.session.commit()
    return opened


def settle(desk: "Desk") -> object:
    return acts.settle(desk.session, "main", "pact", "c1", clock=desk.clock)


def overturning(desk: "Desk", value: str | None) -> Determination:
    stored = agreements.find_agreement(desk.session, "main", "pact")
    return second(desk, claims.find_claim(desk.session, stored, "c1").claim, value)


def test_settling_dies_anywhere(found: "Desk", fuse: Fuse) -> None:
    assert die_everywhere(found, fuse, settle) > 20
    assert found.money() == ("498488.00", "1512.00", "100000.00")


def test_settling_all_that_is_due_dies_anywhere(found: "Desk", fuse: Fuse) -> None:
    found.find("c2", "50")
    act: Act = lambda desk: len(acts.settle(desk.session, "main", "pact", clock=desk.clock))  # noqa: E731  # one line
    assert die_everywhere(found, fuse, act) > 40
    assert found.money() == ("497732.00", "2268.00", "100000.00")


def test_disputing_dies_anywhere(found: "Desk", fuse: Fuse) -> None:
    assert die_everywhere(found, fuse, lambda desk: dispute(desk).frozen) > 10


@pytest.mark.parametrize(("paid", "value"), [(False, "40"), (True, "40"), (True, None)])
def test_resolving_dies_anywhere(found: "Desk", fuse: Fuse, *, paid: bool, value: str | None) -> None:
    if paid:
        settle(found)
    dispute(found)
    instead = overturning(found, value)
    ended = resolution(found, "overturned" if value is None else "partly", instead)

    def resolve(desk: "Desk") -> object:
        return acts.resolve(desk.session, "main", "pact", ended, instead, clock=desk.clock).outcome

    assert die_everywhere(found, fuse, resolve) > 30


def test_amending_dies_anywhere(found: "Desk", fuse: Fuse) -> None:
    amendment = amending(found, most("520000.00"))
    make(found, amendment, "a1")
    content = amendment_bytes("pact", "a1", amendment)
    signed = {"home": sign_bytes(secret_of("night-shelter"), content)}

    def approve(desk: "Desk") -> object:
        one = acts.approve_amendment(desk.session, "main", "pact", "a1", signed, clock=desk.clock)
        return one.ordinal

    assert die_everywhere(found, fuse, approve) > 20
    assert found.money() == ("520000.00", "0.00", "80000.00")


def test_taking_money_back_dies_anywhere(found: "Desk", fuse: Fuse) -> None:
    settle(found)
    dispute(found)
    instead = overturning(found, None)
    ended = resolution(found, "overturned", instead)
    acts.resolve(found.session, "main", "pact", ended, instead, clock=found.clock)
    [owed] = [row for row in acts.list_payouts(found.session, "main", "pact") if row.status == "owed"]

    def take(desk: "Desk") -> object:
        return acts.take_back(
            desk.session, "main", "pact", owed.id, owed.amount, key="back", clock=desk.clock
        ).status

    assert die_everywhere(found, fuse, take) > 10
    assert found.money()[0] == "500000.00"


def test_signing_dies_anywhere(kept_desk: "Desk", fuse: Fuse) -> None:
    kept_desk.draw_up()
    signatures = kept_desk.signatures()
    kept_desk.session.commit()

    def sign(desk: "Desk") -> object:
        return acts.sign(desk.session, "main", "pact", signatures, clock=desk.clock).state

    assert die_everywhere(kept_desk, fuse, sign) > 20
    assert kept_desk.money() == ("500000.00", "0.00", "100000.00")


def test_measuring_and_closing_die_anywhere(found: "Desk", fuse: Fuse) -> None:
    settle(found)
    for name in found.document.interested:
        acts.waive(found.session, "main", "pact", "c1", name, key=name, clock=found.clock)
    signed = consent(found, "measure")
    assert die_everywhere(found, fuse, lambda desk: measure(desk, signatures=signed)) > 5
    assert die_everywhere(
        found, fuse, lambda desk: acts.close(desk.session, "main", "pact", clock=desk.clock)
    ) > 5  # fmt: skip
    assert found.money() == ("0.00", "1512.00", "598488.00")
