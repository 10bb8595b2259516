"""Many real connections want what only one, or only so many, can have."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from almoner import Money, currency
from almoner.finance import acts
from almoner.finance.accounts import cash, memo, pool
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import (
    AlmonerError,
    AlreadyResolved,
    HoldExpired,
    InsufficientFunds,
    PeriodClosed,
)
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Leg
from almoner.finance.posting import expire_due, hold, post, reverse, settle, void
from almoner.finance.records.entries import list_balances
from almoner.finance.records.registry import find_book_id
from almoner.finance.records.tables import EVENT, PERIOD, TXN
from almoner.finance.storage import Engine, Session, run_retrying

USD = currency("USD")
CLIENTS = 32
Work = Callable[[Session, int], object]


def usd(minor: int) -> Money:
    return Money(minor=minor, unit=USD)


def payment(minor: int, on: date | None = None) -> Draft:
    amount = usd(minor)
    legs = (
        Leg(account=pool("water", USD), side=1, amount=amount, line="transfer"),
        Leg(account=cash("water", USD), side=-1, amount=amount, line="transfer"),
    )
    return Draft(kind="transfer", effective_on=on, legs=legs, payee="hub")


@pytest.fixture
def shared(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    """Fund of 10.00 USD from three givers that every connection sees."""
    for key, giver, minor in (("c1", "giver", 500), ("c2", "other", 300), ("c3", "lab", 200)):
        acts.contribute(session, water, giver, usd(minor), key=key, clock=clock)
    session.commit()
    return water


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CLIENTS) as pool_of_threads:
        yield pool_of_threads


def at_once(crowd: ThreadPoolExecutor, engine: Engine, works: Sequence[Work]) -> list[object]:
    """Run each work on a connection of its own, started together; return each answer or refusal."""
    gate = threading.Barrier(len(works))
    connections = threading.Semaphore(12)  # the pool of an engine holds 15

    def run(number: int) -> object:
        gate.wait(60)
        try:
            with connections:
                return run_retrying(engine, lambda session: works[number](session, number), attempts=50)
        except AlmonerError as refusal:
            return refusal

    return list(crowd.map(run, range(len(works))))


def kinds(answers: list[object]) -> Counter[str]:
    return Counter(type(one).__name__ for one in answers)


def test_one_key_at_one_instant_is_one_transaction_for_all(
    crowd: ThreadPoolExecutor, engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    """Between accounts without owner nothing makes the clients wait for each other before they write."""
    amount = usd(700)
    legs = (
        Leg(account=memo(shared.code, USD, "expected", -1), side=-1, amount=amount, line="pledge"),
        Leg(account=memo(shared.code, USD, "pledged/giver", 1), side=1, amount=amount, line="pledge"),
    )
    draft = Draft(kind="pledge", effective_on=None, legs=legs)
    post(session, "main", draft, key="opens the accounts", clock=clock)
    session.commit()
    for number in range(5):

        def posting(own: Session, _: int, key: str = f"k{number}") -> tuple[UUID, bool]:
            made = post(own, "main", draft, key=key, clock=clock)
            return made.id, made.replayed

        answers = at_once(crowd, engine, [posting] * 8)
        assert len(set(answers)) == 2, answers
        assert sum(one[1] is False for one in answers if isinstance(one, tuple)) == 1, answers
    assert acts.verify(session, "main").transactions == 3 + 1 + 5


def test_settle_void_and_expire_race_for_a_hold_and_one_wins(
    crowd: ThreadPoolExecutor, engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    winners: Counter[str] = Counter()
    for number in range(4):
        until = clock() + timedelta(days=1 + number)
        before, after = clock, fixed_clock(until + timedelta(seconds=1))
        held = hold(session, "main", payment(100), key=f"h{number}", clock=clock, expires_at=until).id
        session.commit()

        def settling(own: Session, client: int, held: UUID = held) -> UUID:
            return settle(own, "main", held, key=f"s{held}{client}", clock=before).id  # noqa: B023  # within the round

        def voiding(own: Session, client: int, held: UUID = held) -> UUID:
            return void(own, "main", held, key=f"v{held}{client}", clock=before).id  # noqa: B023  # within the round

        def expiring(own: Session, client: int) -> str:
            return "expired" if expire_due(own, "main", clock=after) else f"late {client}"  # noqa: B023  # within the round

        answers = at_once(crowd, engine, [settling, voiding, expiring] * 3)
        assert sum(isinstance(one, UUID) or one == "expired" for one in answers) == 1, answers
        assert all(isinstance(one, UUID | str | AlreadyResolved | HoldExpired) for one in answers), answers
        ends = session.scalars(select(TXN.c.act).where(TXN.c.parent_id == held)).all()
        assert len(ends) == 1
        winners[ends[0]] += 1
        session.rollback()
    position = acts.position(session, shared)
    assert position.balance == usd(1000 - 100 * winners["post"])
    assert position.free == position.balance
    assert acts.verify(session, "main").findings == ()


def test_thirty_two_clients_on_one_account_pay_as_often_as_the_money_allows(
    crowd: ThreadPoolExecutor, engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    def paying(own: Session, client: int) -> UUID:
        return post(own, "main", payment(95), key=f"p{client}", clock=clock).id

    answers = at_once(crowd, engine, [paying] * CLIENTS)
    assert kinds(answers) == {"UUID": 10, "InsufficientFunds": CLIENTS - 10}
    assert all(one.figures["free"] == "0.50" for one in answers if isinstance(one, InsufficientFunds))
    assert acts.position(session, shared).free == usd(50)
    assert acts.verify(session, "main").findings == ()


def test_holds_and_payments_share_what_there_is(
    crowd: ThreadPoolExecutor, engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    until = clock() + timedelta(days=1)

    def paying(own: Session, client: int) -> UUID:
        return post(own, "main", payment(150), key=f"p{client}", clock=clock).id

    def holding(own: Session, client: int) -> UUID:
        return hold(own, "main", payment(150), key=f"h{client}", clock=clock, expires_at=until).id

    answers = at_once(crowd, engine, [paying, holding] * 6)
    assert kinds(answers) == {"UUID": 6, "InsufficientFunds": 6}
    rows = list_balances(session, find_book_id(session, "main"), shared.code)
    left = {row.account.path: row.settled - row.held for row in rows}
    assert left["water/pool"] == left["water/cash"] == usd(100)
    assert acts.verify(session, "main").findings == ()


def test_nothing_is_dated_in_a_closed_period_once_it_is_closed(
    crowd: ThreadPoolExecutor, engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    """Six writers date into the period until they are refused; one closes it meanwhile."""
    through = date(2026, 1, 10)
    begun = threading.Semaphore(0)

    def pay(own: Session, key: str) -> UUID:
        return post(own, "main", payment(1, through), key=key, clock=clock).id

    def write(client: int) -> tuple[int, type[AlmonerError]]:
        for number in range(10_000):
            try:
                run_retrying(engine, partial(pay, key=f"w{client}/{number}"), attempts=200)
            except PeriodClosed:
                return number, PeriodClosed
            begun.release()
        raise AssertionError("it was never refused")

    def close(_: int) -> int:
        for _written in range(12):
            assert begun.acquire(timeout=60)
        run_retrying(
            engine, lambda own: acts.close_period(own, "main", through, key="x", clock=clock), attempts=200
        )
        with Session(engine) as own:
            return len(own.scalars(select(TXN.c.id).where(TXN.c.effective_on <= through)).all())

    acts.contribute(session, shared, "giver", usd(100_000), key="more", clock=clock)
    session.commit()
    writers = [crowd.submit(write, client) for client in range(6)]
    dated = crowd.submit(close, 0).result(120)
    passed = [one.result(120) for one in writers]
    assert {kind for _, kind in passed} == {PeriodClosed}
    assert sum(number for number, _ in passed) == dated >= 12
    now_dated = session.scalars(select(TXN.c.id).where(TXN.c.effective_on <= through)).all()
    assert len(now_dated) == dated
    statement = acts.make_statement(session, shared, through=through)
    assert statement.closing == usd(-dated)  # what they spent came in after the period
    assert session.scalars(select(PERIOD.c.closed_through)).all() == [through]
    assert len(session.scalars(select(EVENT.c.id).where(EVENT.c.kind == "period.closed")).all()) == 1
    assert acts.verify(session, "main").findings == ()


def test_what_was_paid_comes_back_once_by_refund_or_by_reversal(
    crowd: ThreadPoolExecutor, engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    paid = acts.spend(session, shared, "hub", usd(600), line="transfer", key="p1", clock=clock).id
    session.commit()

    def refunding(own: Session, client: int) -> int:
        acts.refund(own, shared, "hub", paid, usd(130), key=f"r{client}", clock=clock)
        return 130

    def reversing(own: Session, client: int) -> int:
        reverse(own, "main", paid, key=f"u{client}", clock=clock)
        return 600

    answers = at_once(crowd, engine, [refunding] * 9 + [reversing] * 3)
    came = sorted(one for one in answers if isinstance(one, int))
    assert came in ([130] * 4, [600]), answers
    refused = [one for one in answers if not isinstance(one, int)]
    allowed = {"OverdrawnCommitment", "AlreadyResolved", "PostingRefused"}
    assert {type(one).__name__ for one in refused} <= allowed, refused
    assert acts.position(session, shared).free == usd(400 + sum(came))
    assert acts.verify(session, "main").findings == ()
