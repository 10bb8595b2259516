"""A row once read in a transaction is not asked for again, and never longer than it is true."""

from sqlalchemy import event

from almoner import currency
from almoner.finance import acts
from almoner.finance.errors import Missing
from almoner.finance.parties import Party
from almoner.finance.records import registry
from almoner.finance.storage import Engine, Session, UnitOfWork

USD = currency("USD")


def statements(engine: Engine) -> list[str]:
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: seen.append(statement))
    return seen


def test_a_fund_is_read_once_in_a_transaction_and_again_in_the_next(engine: Engine) -> None:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", USD)
        acts.open_fund(session, "main", "water", USD, title="Water")
    seen = statements(engine)
    with Session(engine) as session, session.begin():
        first = registry.find_fund(session, "main", "water")
        asked = len(seen)
        assert registry.find_fund(session, "main", "water") == first
        assert len(seen) == asked
    with Session(engine) as session, session.begin():
        registry.find_fund(session, "main", "water")
        assert len(seen) == 2 * asked


def test_what_a_savepoint_wrote_and_read_is_forgotten_with_it(engine: Engine) -> None:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", USD)
    with Session(engine) as session, session.begin():
        book = registry.find_book_id(session, "main")
        nested = session.begin_nested()
        acts.register_party(session, "main", Party(code="giver", name="Giver"))
        assert registry.find_party(session, book, "giver").name == "Giver"
        nested.rollback()
        try:
            registry.find_party(session, book, "giver")
        except Missing:
            return
    raise AssertionError("a party that was rolled back was found")


def test_what_is_not_there_is_asked_for_again(engine: Engine) -> None:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", USD)
        book = registry.find_book_id(session, "main")
        try:
            registry.find_party(session, book, "giver")
        except Missing:
            acts.register_party(session, "main", Party(code="giver", name="Giver"))
        assert registry.find_party(session, book, "giver").code == "giver"


def test_a_lock_is_taken_once_in_a_transaction(engine: Engine) -> None:
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", USD)
        acts.open_fund(session, "main", "water", USD, title="Water")
    seen = statements(engine)
    with Session(engine) as session, session.begin():
        registry.lock_fund(session, "main", "water")
        asked = len(seen)
        registry.lock_fund(session, "main", "water")
        assert len(seen) == asked
