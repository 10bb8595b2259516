"""Real connections at once, and a process that is killed while it posts."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import event, select, text

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise
from almoner.finance.approvals import ApprovalPolicy
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import AlmonerError, AlreadyResolved, Busy, InsufficientFunds, KeyReused
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.posting import record_event, reverse
from almoner.finance.records.tables import CHECKPOINT, EVENT, LEAF, TXN
from almoner.finance.storage import Engine, Session, open_engine

CLIENTS = 8
Work = Callable[[Session, int], object]


def usd(amount: str) -> Money:
    return money(amount, "USD")


@pytest.fixture
def shared(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    """Fund of 10.00 USD from three givers, 2.00 of it for the north, that every connection sees."""
    for key, giver, amount in (("c1", "giver", "5.00"), ("c2", "other", "2.00"), ("c3", "lab", "1.00")):
        acts.contribute(session, water, giver, usd(amount), key=key, clock=clock)
    acts.contribute(session, water, "giver", usd("2.00"), key="n1", clock=clock, earmark="north")
    session.commit()
    return water


def at_once(engine: Engine, work: Work, clients: int = CLIENTS) -> list[object]:
    """Run the same work on several connections, started together, and return each answer or refusal."""
    gate = threading.Barrier(clients)

    def run(number: int) -> object:
        with Session(engine, expire_on_commit=False) as session:
            gate.wait()
            try:
                done = work(session, number)
                session.commit()
            except AlmonerError as refusal:
                session.rollback()
                return refusal
            return done

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(run, range(clients)))


@pytest.mark.parametrize("draw_rule", ["pro_rata", "fifo"])
def test_exactly_as_many_payments_pass_as_the_money_allows(
    engine: Engine, session: Session, water: PooledFund, clock: Clock, draw_rule: str
) -> None:
    fund = acts.open_fund(session, "main", "small", currency("USD"), title="Small", draw_rule=draw_rule)  # type: ignore[arg-type]  # parametrised
    for number, minor in enumerate((100, 1, 350, 549)):
        gift = Money(minor=minor, unit=currency("USD"))
        acts.contribute(session, fund, "giver", gift, key=f"s{number}", clock=clock)
    session.commit()

    def pay(session: Session, client: int) -> int:
        passed = 0
        for attempt in range(3):
            key = f"p{client}/{attempt}"
            try:
                acts.spend(session, fund, "hub", usd("0.95"), line="transfer", key=key, clock=clock)
                session.commit()
                passed += 1
            except InsufficientFunds:
                session.rollback()
        return passed

    answers = at_once(engine, pay)
    assert all(isinstance(one, int) for one in answers), answers
    assert sum(one for one in answers if isinstance(one, int)) == 10
    assert acts.position(session, fund).free == usd("0.50")
    assert acts.verify(session, "main").findings == ()
    assert acts.position(session, water).free == usd("0.00")


def test_restricted_and_free_money_are_shared_without_a_wrong_refusal(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    def pay(session: Session, client: int) -> UUID:
        use = {"region": "north"}
        paid = acts.spend(
            session, shared, "hub", usd("1.25"), line="transfer", key=f"p{client}", clock=clock, use=use
        )
        return paid.id

    answers = at_once(engine, pay)
    assert [one for one in answers if not isinstance(one, UUID)] == []
    assert acts.position(session, shared).free == usd("0.00")
    assert acts.verify(session, "main").findings == ()


def test_a_promise_is_paid_by_as_many_as_it_covers(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    well = Promise("commitment", "well")
    acts.reserve(session, shared, well, usd("3.00"), key="e1", clock=clock)
    session.commit()

    def pay(session: Session, client: int) -> UUID:
        return acts.pay_reserved(session, shared, well, usd("1.00"), "hub", key=f"p{client}", clock=clock).id

    answers = at_once(engine, pay)
    assert sum(isinstance(one, UUID) for one in answers) == 3
    assert {type(one).__name__ for one in answers} == {"UUID", "OverdrawnCommitment"}
    assert acts.promised(session, shared, well) == usd("0.00")
    assert acts.verify(session, "main").findings == ()


def test_one_key_posted_by_all_at_once_is_one_transaction(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    def pay(session: Session, _: int) -> UUID:
        return acts.spend(session, shared, "hub", usd("2.00"), line="transfer", key="p1", clock=clock).id

    def give(session: Session, _: int) -> bool:
        return acts.contribute(session, shared, "giver", usd("7.00"), key="c9", clock=clock).replayed

    assert len(set(at_once(engine, pay))) == 1
    assert sorted(map(str, at_once(engine, give))) == ["False"] + ["True"] * (CLIENTS - 1)
    assert acts.position(session, shared).balance == usd("15.00")
    assert acts.verify(session, "main").findings == ()


def test_one_key_for_different_requests_belongs_to_the_first(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    fire = acts.open_fund(session, "main", "fire", currency("USD"), title="Fire")
    session.commit()

    def give(session: Session, client: int) -> str:
        amount = Money(minor=100 + client, unit=currency("USD"))
        fund = (shared, fire)[client % 2]
        return acts.contribute(session, fund, "giver", amount, key="c9", clock=clock).code

    answers = at_once(engine, give)
    assert answers.count("c9") == 1
    assert all(isinstance(one, KeyReused) for one in answers if one != "c9"), answers
    assert acts.verify(session, "main").findings == ()


def test_a_payment_is_reversed_once_by_whoever_comes_first(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    paid = acts.spend(session, shared, "hub", usd("2.00"), line="transfer", key="p1", clock=clock)
    session.commit()
    answers = at_once(
        engine, lambda own, client: reverse(own, "main", paid.id, key=f"r{client}", clock=clock).id
    )
    assert sum(isinstance(one, UUID) for one in answers) == 1
    refusals = [one for one in answers if not isinstance(one, UUID)]
    assert all(isinstance(one, AlreadyResolved) and "already reversed" in one.message for one in refusals)
    assert acts.position(session, shared).free == usd("8.00") + usd("2.00")


def test_a_payment_comes_back_once(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    paid = acts.spend(session, shared, "hub", usd("2.00"), line="transfer", key="p1", clock=clock)
    session.commit()

    def back(session: Session, client: int) -> UUID:
        return acts.refund(session, shared, "hub", paid.id, usd("0.75"), key=f"r{client}", clock=clock).id

    answers = at_once(engine, back)
    assert sum(isinstance(one, UUID) for one in answers) == 2
    assert acts.position(session, shared).refunds == usd("1.50")


def test_a_proposal_is_carried_out_by_whoever_comes_first(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    draft = acts.draft_spend(session, shared, "hub", usd("2.00"), line="transfer")
    proposal = acts.propose(session, "main", draft, maker="agent", key="w1", clock=clock)
    session.commit()

    def execute(session: Session, client: int) -> UUID:
        return acts.execute(session, "main", proposal.id, key=f"x{client % 2}", clock=clock).id

    answers = at_once(engine, execute)
    assert len({one for one in answers if isinstance(one, UUID)}) == 1
    assert sum(isinstance(one, UUID) for one in answers) == CLIENTS // 2  # the winner's key, replayed
    assert {type(one).__name__ for one in answers} == {"UUID", "AlreadyExists"}
    assert acts.position(session, shared).balance == usd("8.00")


def test_one_party_that_approves_from_everywhere_counts_once(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    draft = acts.draft_spend(session, shared, "hub", usd("2.00"), line="transfer")
    proposal = acts.propose(session, "main", draft, maker="agent", key="w1", clock=clock)
    session.commit()

    def approve(session: Session, client: int) -> int:
        key, approver = f"a{client}", ("lab", "giver")[client % 2]
        done = acts.approve(session, "main", proposal.id, approver=approver, key=key, clock=clock)
        return len(done.approvals)

    answers = at_once(engine, approve)
    assert all(isinstance(one, int) for one in answers), answers
    assert len(acts.find_proposal(session, "main", proposal.id, clock=clock).approvals) == 2
    assert acts.verify(session, "main").findings == ()


def test_no_payment_slips_past_a_policy_that_is_set_meanwhile(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    now = clock() + timedelta(seconds=1)
    policy = ApprovalPolicy(kind="transfer", least=usd("0.00"), quorum=1, since=now)

    def work(session: Session, client: int) -> str:
        if client == 0:
            acts.set_policy(session, "main", policy, key="y1", clock=fixed_clock(now))
            return "set"
        acts.spend(
            session, shared, "hub", usd("0.10"), line="transfer", key=f"p{client}", clock=fixed_clock(now)
        )
        return "paid"

    kinds = [one if isinstance(one, str) else type(one).__name__ for one in at_once(engine, work)]
    assert set(kinds) <= {"set", "paid", "NotApproved", "PolicyBackdated"}
    assert ("paid" in kinds and "set" in kinds) is False, kinds
    assert acts.verify(session, "main").findings == ()


def test_names_registered_by_all_at_once_exist_once(engine: Engine, session: Session, clock: Clock) -> None:
    session.rollback()

    def begin(session: Session, client: int) -> bool:
        acts.open_book(session, "new", currency("USD"))
        fund = acts.open_fund(session, "new", "fund", currency("EUR"), title="Fund")
        acts.register_party(session, "new", Party(code="giver", name="Giver"))
        acts.contribute(session, fund, "giver", money("1", "EUR"), key=f"c{client}", clock=clock)
        return record_event(session, "new", "book.opened", {"by": "all"}, key="k", clock=clock)[1]

    answers = at_once(engine, begin)
    assert sorted(map(str, answers)) == ["False"] * (CLIENTS - 1) + ["True"]
    assert acts.verify(session, "new").transactions == CLIENTS


@pytest.fixture
def impatient(sqlite_url: str) -> Iterator[Engine]:
    """SQLite engine that waits a twentieth of a second for a lock."""
    engine = open_engine(sqlite_url)
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))
    yield engine
    engine.dispose()


def test_a_lock_that_is_not_granted_is_said_in_words_on_sqlite(impatient: Engine) -> None:
    with Session(impatient) as writer:
        acts.open_book(writer, "main", currency("USD"))
        with Session(impatient) as other, pytest.raises(Busy, match="Another session is writing"):
            acts.open_book(other, "main", currency("USD"))
        writer.commit()
    with Session(impatient) as other:
        acts.open_book(other, "main", currency("USD"))


def test_a_deadlock_is_said_in_words_on_postgresql(postgres_url: str, clock: Clock) -> None:
    engine = open_engine(postgres_url)
    with Session(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        funds = [acts.open_fund(session, "main", code, currency("USD"), title=code) for code in "ab"]
        acts.register_party(session, "main", Party(code="giver", name="Giver"))
        session.commit()
    met = threading.Barrier(2)

    def cross(session: Session, client: int) -> str:
        session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
        for step, fund in enumerate(funds if client else reversed(funds)):
            acts.contribute(session, fund, "giver", usd("1.00"), key=f"c{client}{step}", clock=clock)
            if step == 0:
                met.wait()
        return "passed"

    answers = at_once(engine, cross, clients=2)
    assert sorted(type(one).__name__ for one in answers) == ["Busy", "str"], answers
    engine.dispose()


def test_sealers_and_posters_at_once_leave_one_log(
    engine: Engine, session: Session, shared: PooledFund, clock: Clock
) -> None:
    def work(session: Session, client: int) -> list[int]:
        sizes = []
        for step in range(6):
            if client % 2:
                acts.contribute(session, shared, "giver", usd("1.00"), key=f"g{client}/{step}", clock=clock)
            else:
                seal = acts.seal_due if client % 4 else acts.seal
                made = seal(session, "main", clock=clock, name="example.org", secret=bytes(32))
                sizes += [made.size] if made else []
            session.commit()
        return sizes

    answers = at_once(engine, work)
    sizes = sorted(size for one in answers if isinstance(one, list) for size in one)
    assert [one for one in answers if not isinstance(one, list)] == []
    last = acts.seal(session, "main", clock=clock, name="example.org", secret=bytes(32))
    sizes += [last.size] if last else []
    assert sizes == session.scalars(select(CHECKPOINT.c.size).order_by(CHECKPOINT.c.size)).all()
    assert session.scalars(select(LEAF.c.idx).order_by(LEAF.c.idx)).all() == list(range(sizes[-1]))
    assert sizes[-1] == len(session.scalars(select(EVENT.c.id)).all()) >= 24
    assert acts.verify(session, "main").findings == ()


CHILD = """
import itertools, sys
from almoner import money
from almoner.finance import acts
from almoner.finance.dates import system_clock
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import UnitOfWork, open_engine
engine = open_engine(sys.argv[1])
for number in itertools.count():
    with UnitOfWork(engine) as session:
        fund = find_fund(session, "main", "water")
        acts.contribute(session, fund, "giver", money("1.00", "USD"), key=f"k{number}", clock=system_clock)
        acts.spend(
            session, fund, "hub", money("0.50", "USD"), line="transfer", key=f"p{number}", clock=system_clock
        )
    print(f"k{number}", flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(
    engine: Engine, session: Session, shared: PooledFund, database_url: str, tmp_path: Path
) -> None:
    written = tmp_path / "acknowledged.txt"
    with written.open("w") as out:
        child = subprocess.Popen([sys.executable, "-c", CHILD, database_url], stdout=out)
    while child.poll() is None and len(written.read_text().splitlines()) < 20:
        threading.Event().wait(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    acknowledged = {line for line in written.read_text().splitlines() if line}
    with Session(engine) as after:
        kept = set(after.scalars(select(TXN.c.idem_key).where(TXN.c.idem_key.like("k%"))))
        paid = set(after.scalars(select(TXN.c.idem_key).where(TXN.c.idem_key.like("p%"))))
        assert acknowledged <= kept
        assert len(kept) <= len(acknowledged) + 1
        assert {key.replace("k", "p") for key in kept} == paid
        assert acts.verify(after, "main").findings == ()
        expected = usd("10.00") + Money(minor=50 * len(kept), unit=currency("USD"))
        assert acts.position(after, shared).free == expected
    session.rollback()
