"""Work that another session stood in the way of is done again, whole, and counts once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.exc import DBAPIError

from almoner import currency, money
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.errors import Busy
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.records.tables import TXN
from almoner.finance.storage import Engine, Session, UnitOfWork, open_engine, run_retrying


def make_funds(engine: Engine) -> list[PooledFund]:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        acts.register_party(session, "main", Party(code="giver", name="Giver"))
        return [acts.open_fund(session, "main", code, currency("USD"), title=code) for code in "ab"]


def give(session: Session, fund: PooledFund, key: str, clock: Clock) -> str:
    gift = money("1.00", "USD")
    return acts.contribute(session, fund, "giver", gift, key=key, clock=clock).code


def count(engine: Engine) -> int:
    with Session(engine) as session:
        assert acts.verify(session, "main").findings == ()
        return session.scalar(select(func.count()).select_from(TXN)) or 0


def test_two_sessions_in_a_real_deadlock_both_come_through(postgres_url: str, clock: Clock) -> None:
    engine = open_engine(postgres_url)
    funds = make_funds(engine)
    met = threading.Barrier(2)
    runs: list[int] = []
    refused: list[int] = []

    def cross(client: int) -> list[str]:
        def work(session: Session) -> list[str]:
            runs.append(client)
            session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
            given = []
            for step, fund in enumerate(funds if client else reversed(funds)):
                given.append(give(session, fund, f"c{client}{step}", clock))
                if step == 0 and runs.count(client) == 1:
                    met.wait(30)
            return given

        return run_retrying(engine, work, pause=refused.append)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(cross, range(2))) == [["c00", "c01"], ["c10", "c11"]]
    assert len(runs) == 3
    assert refused == [1]
    assert count(engine) == 4
    engine.dispose()


@pytest.fixture
def impatient(sqlite_url: str) -> Iterator[Engine]:
    """SQLite engine that waits a twentieth of a second for a lock."""
    engine = open_engine(sqlite_url)
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))
    yield engine
    engine.dispose()


def test_a_locked_file_is_waited_for_by_the_callers_own_rule(impatient: Engine, clock: Clock) -> None:
    fund = make_funds(impatient)[0]
    pauses: list[int] = []
    with Session(impatient) as writer:
        give(writer, fund, "first", clock)

        def pause(number: int) -> None:
            pauses.append(number)
            if number == 2:
                writer.commit()

        assert run_retrying(impatient, lambda own: give(own, fund, "second", clock), pause=pause) == "second"
    assert pauses == [1, 2]
    assert count(impatient) == 2


def test_the_last_refusal_is_raised_and_nothing_is_written(impatient: Engine, clock: Clock) -> None:
    fund = make_funds(impatient)[0]
    pauses: list[int] = []
    with Session(impatient) as writer:
        give(writer, fund, "first", clock)
        with pytest.raises(Busy, match="Another session is writing"):
            run_retrying(
                impatient, lambda own: give(own, fund, "second", clock), attempts=3, pause=pauses.append
            )
        with pytest.raises(Busy):
            run_retrying(impatient, lambda own: give(own, fund, "second", clock), attempts=1)
        writer.rollback()
    assert pauses == [1, 2]
    assert count(impatient) == 0


def test_what_was_written_before_the_refusal_is_undone_with_it(engine: Engine, clock: Clock) -> None:
    fund = make_funds(engine)[0]
    runs: list[str] = []

    def work(session: Session) -> str:
        runs.append(give(session, fund, f"k{len(runs)}", clock))
        if len(runs) == 1:
            raise Busy("Another session is writing (by hand). Roll back.", state="by hand")
        return runs[-1]

    assert run_retrying(engine, work) == "k1"
    assert runs == ["k0", "k1"]
    assert count(engine) == 1


def test_another_error_is_raised_at_once(engine: Engine) -> None:
    runs: list[int] = []

    def work(_: Session) -> None:
        runs.append(1)
        raise KeyError("the caller's own")

    with pytest.raises(KeyError, match="the caller's own"):
        run_retrying(engine, work)
    with pytest.raises(ValueError, match="at least once"):
        run_retrying(engine, work, attempts=0)
    assert len(runs) == 1


def test_a_lost_connection_is_said_to_be_one_wherever_it_is_lost(postgres_url: str, clock: Clock) -> None:
    """The server ends the session before the first, the second ... statement of a unit of work."""
    engine, other = open_engine(postgres_url), open_engine(postgres_url)
    fund = make_funds(engine)[0]
    statements: list[str] = []
    limit = 0

    def cut(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)
        if len(statements) == limit:
            pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]  # psycopg's
            with other.connect() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid, 1000)"), {"pid": pid})

    def work(session: Session) -> list[str]:
        spent = acts.spend(
            session, fund, "giver", money("0.10", "USD"), line="transfer", key=f"p{limit}", clock=clock
        )
        return [spent.kind, give(session, fund, f"k{limit}", clock)]

    with UnitOfWork(engine) as session:
        give(session, fund, "first", clock)
    event.listen(engine, "before_cursor_execute", cut)
    lost = 0
    for limit in range(1, 99):
        statements.clear()
        try:
            run_retrying(engine, work)
        except DBAPIError as fault:
            assert fault.connection_invalidated, statements[-1]  # noqa: PT017  # the last of many runs raises nothing
            lost += 1
        if len(statements) < limit:
            break
    assert lost == limit - 1 > 10
    event.remove(engine, "before_cursor_execute", cut)
    assert count(engine) == 3
    engine.dispose()
    other.dispose()
