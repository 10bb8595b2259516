"""Clients, a network that loses and repeats, and a process that dies between any two statements; from a seed.

Several clients send requests over a network that drops, doubles and reorders requests and replies. What
serves them is killed before or after any statement or commit, sometimes leaving its connection open for a
while, and every client asks again with the same key until it has an answer. An auditor in plain numbers
keeps the same books and says what each request must be answered. A failing seed prints its story and plays
again: ``SIMULATOR_SEEDS=FIRST:LAST pytest tests/properties/test_ledger_simulator.py``.
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy import event, select

from almoner import Money, currency
from almoner.finance import acts
from almoner.finance.accounts import cash, pool
from almoner.finance.dates import fixed_clock
from almoner.finance.errors import AlmonerError, Busy
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Leg
from almoner.finance.parties import Party
from almoner.finance.posting import expire_due, hold, post, post_many, reverse, settle, void
from almoner.finance.records.entries import list_balances
from almoner.finance.records.registry import find_book_id
from almoner.finance.records.tables import TXN, UNSEALED
from almoner.finance.storage import Engine, Session, UnitOfWork, open_engine

FIRST, LAST = map(int, os.environ.get("SIMULATOR_SEEDS", "0:8").split(":"))
BEGIN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
USD = currency("USD")
KINDS = ("give", "pay", "batch", "each", "hold", "settle", "void", "expire", "reverse", "refund", "seal")
NEEDS = {"settle": "hold", "void": "hold", "reverse": "pay", "refund": "pay"}
CLIENTS, OPS = 3, 8
T = TypeVar("T")
Answer = tuple[str, ...]  # what became of a request: "done" and identities, or what it was refused with


class Killed(Exception):
    """The process is dead: no statement of its own runs any more."""


@dataclass(frozen=True)
class Op:
    """One request of one client."""

    key: str
    kind: str
    minors: tuple[int, ...] = ()
    hours: int = 0
    of: str = ""


@dataclass
class Hold:
    minor: int
    until: datetime
    end: str = ""


@dataclass
class Payment:
    minor: int
    back: int = 0
    reversed: bool = False


@dataclass
class Auditor:
    """The books in plain numbers."""

    balance: int = 0
    holds: dict[str, Hold] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)  # by key of what is in the database

    @property
    def held(self) -> int:
        return sum(one.minor for one in self.holds.values() if not one.end)

    def book(self, op: Op, now: datetime) -> list[str]:
        """Return what a request must be answered, and book what that changes."""
        if op.kind in {"batch", "each"}:
            return self._many(op)
        if self.answers.get(op.key) == "done":
            return ["done"]
        said = getattr(self, f"_{op.kind}")(op, now)
        if said == "done" and op.kind not in {"expire", "seal"}:
            self.answers[op.key] = said
        return [said]

    def _many(self, op: Op) -> list[str]:
        keys = parts(op)
        if op.kind == "batch":
            known = keys[0] in self.answers
            if not known and sum(op.minors) > self.balance - self.held:
                return ["InsufficientFunds"]
        for key, minor in zip(keys, op.minors, strict=True):
            if key not in self.answers:
                passes = minor <= self.balance - self.held
                self.answers[key] = "done" if passes else "InsufficientFunds"
                self.balance -= minor if passes else 0
        return [self.answers[key] for key in keys]

    def _give(self, op: Op, _: datetime) -> str:
        self.balance += op.minors[0]
        return "done"

    def _pay(self, op: Op, _: datetime) -> str:
        if op.minors[0] > self.balance - self.held:
            return "InsufficientFunds"
        self.balance -= op.minors[0]
        self.payments[op.key] = Payment(op.minors[0])
        return "done"

    def _hold(self, op: Op, now: datetime) -> str:
        until = BEGIN + timedelta(hours=op.hours)
        if until <= now:
            return "PostingRefused"
        if op.minors[0] > self.balance - self.held:
            return "InsufficientFunds"
        self.holds[op.key] = Hold(op.minors[0], until)
        return "done"

    def _settle(self, op: Op, now: datetime) -> str:
        one = self.holds[op.of]
        if op.minors[0] > one.minor:
            return "AmountOutOfRange"
        if one.end or now > one.until:
            return "AlreadyResolved" if one.end else "HoldExpired"
        one.end = "post"
        self.balance -= op.minors[0]
        return "done"

    def _void(self, op: Op, _: datetime) -> str:
        one = self.holds[op.of]
        if one.end:
            return "AlreadyResolved"
        one.end = "void"
        return "done"

    def _expire(self, _: Op, now: datetime) -> str:
        for one in self.holds.values():
            if not one.end and one.until < now:
                one.end = "expire"
        return "done"

    def _reverse(self, op: Op, _: datetime) -> str:
        paid = self.payments[op.of]
        if paid.reversed or paid.back:
            return "AlreadyResolved" if paid.reversed else "PostingRefused"
        paid.reversed = True
        self.balance += paid.minor
        return "done"

    def _refund(self, op: Op, _: datetime) -> str:
        paid = self.payments[op.of]
        if paid.reversed or op.minors[0] > paid.minor - paid.back:
            return "OverdrawnCommitment"
        paid.back += op.minors[0]
        self.balance += op.minors[0]
        return "done"

    def _seal(self, *_: object) -> str:
        return "done"


def parts(op: Op) -> list[str]:
    """Return the keys of a request that posts many."""
    return [f"{op.key}/{number}" for number in range(len(op.minors))]


def payment(minor: int) -> Draft:
    amount = Money(minor=minor, unit=USD)
    legs = (
        Leg(account=pool("water", USD), side=1, amount=amount, line="transfer"),
        Leg(account=cash("water", USD), side=-1, amount=amount, line="transfer"),
    )
    return Draft(kind="transfer", effective_on=None, legs=legs, payee="hub")


class Server:
    """What serves requests, one after the other, and dies at the point it is told to."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.auditor = Auditor()
        self.ids: dict[str, str] = {}
        self.now = BEGIN
        self.fuse = self.points = 0
        self.dead = False
        self.open: list[tuple[int, Session]] = []  # dead processes whose connections are not yet closed
        with UnitOfWork(engine) as session:
            acts.open_book(session, "main", USD)
            for code in ("giver", "hub"):
                acts.register_party(session, "main", Party(code=code, name=code))
            self.fund: PooledFund = acts.open_fund(session, "main", "water", USD, title="Water")
        for moment in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(engine, moment, lambda *_: self.reach())

    def reach(self) -> None:
        """Come to a point of the posting path; the fuse may be over here."""
        if self.dead:
            raise Killed
        self.points += 1
        if self.points == self.fuse:
            self.dead = True
            raise Killed

    def serve(self, op: Op, fuse: int = 0, linger: int = 0) -> Answer | None:
        """Serve a request; None when it dies, or is told to come again."""
        self.bury()
        self.fuse, self.points, self.dead = fuse, 0, False
        session = Session(self.engine, expire_on_commit=False)
        try:
            try:
                said = self._perform(session, op)
            except Busy:
                return None
            except AlmonerError as refusal:
                session.rollback()
                said = (type(refusal).__name__,)
            else:
                self.reach()
                session.commit()
            self._agree(op, said)
            self.reach()
        except Killed:
            self.open.append((linger, session))
            return None
        finally:
            self.fuse = 0
            if not self.dead:
                session.close()
        return said

    def bury(self, *, at_once: bool = False) -> None:
        """Close the connections of processes that died long enough ago; nothing of theirs is committed."""
        self.dead = False
        left = []
        for rest, session in self.open:
            if rest and not at_once:
                left.append((rest - 1, session))
            else:
                session.invalidate()
        self.open = left

    def _agree(self, op: Op, said: Answer) -> None:
        """Hold the answer against the auditor's, and each identity against the first."""
        due = self.auditor.book(op, self.now)
        told = [word if word[:1].isupper() else "done" for word in said]
        assert told == due, f"{op}: {said}, and {due} was due at {self.now}"
        keys = parts(op) if op.kind in {"batch", "each"} else [op.key]
        if len(said) == len(keys) and op.kind not in {"expire", "seal"}:
            for key, word in zip(keys, said, strict=True):
                if word != "done" and not word[:1].isupper():
                    assert self.ids.setdefault(key, word) == word, f"{key} was {self.ids[key]} and is {word}"

    def _perform(self, session: Session, op: Op) -> Answer:
        work: Callable[..., Answer] = getattr(self, f"_do_{op.kind}", self._do_one)
        return work(session, op)

    def _do_give(self, session: Session, op: Op) -> Answer:
        amount = Money(minor=op.minors[0], unit=USD)
        acts.contribute(session, self.fund, "giver", amount, key=op.key, clock=fixed_clock(self.now))
        return ("done",)

    def _do_batch(self, session: Session, op: Op) -> Answer:
        asked = [(key, payment(minor)) for key, minor in zip(parts(op), op.minors, strict=True)]
        posted = post_many(session, "main", [*asked, asked[0]], clock=fixed_clock(self.now))
        assert posted[-1].id == posted[0].id
        assert posted[-1].replayed
        return tuple(one.id.hex for one in posted[:-1])

    def _do_each(self, session: Session, op: Op) -> Answer:
        asked = [(key, payment(minor)) for key, minor in zip(parts(op), op.minors, strict=True)]
        made = post_many(session, "main", asked, clock=fixed_clock(self.now), mode="each")
        return tuple(one.transaction.id.hex if one.transaction else type(one.error).__name__ for one in made)

    def _do_expire(self, session: Session, _: Op) -> Answer:
        expire_due(session, "main", clock=fixed_clock(self.now))
        return ("done",)

    def _do_seal(self, session: Session, _: Op) -> Answer:
        acts.seal(session, "main", clock=fixed_clock(self.now), name="example.org", secret=bytes(32))
        return ("done",)

    def _do_one(self, session: Session, op: Op) -> Answer:
        amount = Money(minor=op.minors[0], unit=USD)
        until = BEGIN + timedelta(hours=op.hours)
        of = UUID(self.ids[op.of]) if op.of else UUID(int=0)
        verbs = {
            "pay": lambda **at: post(session, "main", payment(op.minors[0]), **at),
            "hold": lambda **at: hold(session, "main", payment(op.minors[0]), expires_at=until, **at),
            "settle": lambda **at: settle(session, "main", of, amount=amount, **at),
            "void": lambda **at: void(session, "main", of, **at),
            "reverse": lambda **at: reverse(session, "main", of, **at),
            "refund": lambda **at: acts.refund(session, self.fund, "hub", of, amount, **at),
        }
        return (verbs[op.kind](key=op.key, clock=fixed_clock(self.now)).id.hex,)

    def require_books(self) -> None:
        """Hold the whole database against the auditor."""
        self.bury(at_once=True)
        with Session(self.engine) as session:
            acts.seal(session, "main", clock=fixed_clock(self.now), name="example.org", secret=bytes(32))
            session.commit()
            stored = Counter(session.scalars(select(TXN.c.idem_key).where(~TXN.c.idem_key.like("expire#%"))))
            assert stored == Counter(iter(self.auditor.answers))
            ends = session.scalars(select(TXN.c.act).where(TXN.c.act.in_(("post", "void", "expire")))).all()
            assert Counter(ends) == Counter(one.end for one in self.auditor.holds.values() if one.end)
            rows = list_balances(session, find_book_id(session, "main"), "water")
            at = {row.account.path: (row.settled.minor, row.held.minor) for row in rows}
            due = (self.auditor.balance, self.auditor.held)
            assert {at.get(path, (0, 0)) for path in ("water/pool", "water/cash")} == {due}
            assert session.scalars(select(UNSEALED.c.event_id)).all() == []
            assert acts.verify(session, "main").findings == ()


class Client:
    """Asks one thing after the other, each until it is answered."""

    def __init__(self, number: int, dice: random.Random) -> None:
        self.number, self.dice = number, dice
        self.left, self.asked = OPS, 0
        self.waiting: Op | None = None
        self.done: dict[str, list[str]] = {"hold": [], "pay": []}

    def next(self, hour: int) -> Op | None:
        """Return what it asks now: the same again while it waits."""
        if self.waiting is None and self.left:
            self.left -= 1
            self.asked += 1
            self.waiting = self._draw(f"{self.number}.{self.asked}", hour)
        return self.waiting

    def _draw(self, key: str, hour: int) -> Op:
        dice = self.dice
        kind = "give" if self.asked == 1 else dice.choice(KINDS)
        of = ""
        if kind in NEEDS:
            known = self.done[NEEDS[kind]]
            if not known:
                kind = NEEDS[kind]
            else:
                of = dice.choice(known)
        many = dice.randint(2, 5) if kind in {"batch", "each"} else 1
        most = 1000 if kind == "give" else 400 // many
        minors = tuple(dice.randint(1, most) for _ in range(many))
        return Op(key, kind, minors, hours=hour + dice.randint(0, 9), of=of)

    def hear(self, op: Op, said: Answer) -> None:
        """Take an answer; a late one for what is settled long since changes nothing."""
        if self.waiting != op:
            return
        self.waiting = None
        if op.kind in self.done and not said[0][:1].isupper():
            self.done[op.kind].append(op.key)


class Play:
    """A seed: the clients, the network between them and the server, and what happened."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311  # a simulation, no secret
        self.server = Server(engine)
        self.clients = [Client(number, self.dice) for number in range(CLIENTS)]
        self.requests: list[tuple[int, Op]] = []
        self.replies: list[tuple[int, Op, Answer]] = []
        self.story: list[str] = []

    def run(self) -> list[str]:
        """Play to the end and return the story."""
        for _ in range(20_000):
            happens = self.dice.choices((self.ask, self.deliver, self.hear, self.wait), (4, 4, 4, 1))[0]
            self.story.append(happens(self.dice.randrange(CLIENTS)))
            if not any(one.left or one.waiting for one in self.clients):
                break
        assert not any(one.left or one.waiting for one in self.clients), "somebody is never answered"
        for _, op in self.requests:  # what the network held back comes last
            self.server.serve(op)
        self.server.require_books()
        return self.story

    def take(self, waiting: list[T]) -> T:
        """Take one thing off the network, in any order; sometimes it stays and comes again."""
        at = self.dice.randrange(len(waiting))
        return waiting[at] if self.dice.random() < 0.2 else waiting.pop(at)

    def ask(self, number: int) -> str:
        op = self.clients[number].next(int((self.server.now - BEGIN) / timedelta(hours=1)))
        if op is not None and self.dice.random() < 0.85:
            self.requests.append((number, op))
        return f"{number} asks {op}"

    def deliver(self, _: int) -> str:
        if not self.requests:
            return "silence"
        number, op = self.take(self.requests)
        fuse = self.dice.randint(1, 60) if self.dice.random() < 0.4 else 0
        said = self.server.serve(op, fuse, linger=self.dice.choice((0, 0, 1, 3)))
        if said is not None and self.dice.random() < 0.8:
            self.replies.append((number, op, said))
        return f"{op.key} is served, dies at {fuse}: {said and [word[:12] for word in said]}"

    def hear(self, _: int) -> str:
        if not self.replies:
            return "silence"
        number, op, said = self.take(self.replies)
        self.clients[number].hear(op, said)
        return f"{number} hears {op.key}"

    def wait(self, _: int) -> str:
        self.server.now += timedelta(minutes=self.dice.randint(0, 90))
        return f"it is {self.server.now}"


def play(engine: Engine, seed: int) -> list[str]:
    """Play a seed; one that fails tells its story."""
    one = Play(engine, seed)
    try:
        return one.run()
    except BaseException:
        sys.stdout.write("\n".join([f"seed {seed}", *one.story, ""]))
        raise


def opened(url: str) -> Engine:
    """Open an engine that does not wait for a lock."""
    engine = open_engine(url)
    engine.dispose()
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA busy_timeout=0"))
    else:
        event.listen(engine, "connect", lambda made, _: made.execute("SET lock_timeout = '30ms'").close())
        event.listen(engine, "connect", lambda made, _: made.commit())
    return engine


@pytest.mark.parametrize("seed", range(FIRST, LAST))
def test_a_seed_on_sqlite(sqlite_url: str, seed: int) -> None:
    engine = opened(sqlite_url)
    play(engine, seed)
    engine.dispose()


@pytest.mark.parametrize("seed", range(FIRST, min(LAST, FIRST + 4)))
def test_a_seed_on_postgresql(postgres_url: str, seed: int) -> None:
    engine = opened(postgres_url)
    play(engine, seed)
    engine.dispose()


def test_a_seed_plays_again_as_it_did(make_database: Callable[[str], str]) -> None:
    engines = [opened(make_database("sqlite")) for _ in range(2)]
    first, second = (play(engine, 7) for engine in engines)
    assert first == second
    assert any("dies at" in line and line.endswith("None") for line in first)
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_that_dies_at_each_point_is_whole_or_not_there(
    engine: Engine, database_url: str, kind: str
) -> None:
    """One request of each kind is killed at its first point, its second, and so on, and asked again."""
    server = Server(engine)
    server.serve(Op("gift", "give", (1_000_000,)))
    deaths = 0
    for fuse in range(1, 500):
        of = ""
        if kind in NEEDS:
            of = f"{NEEDS[kind]}{fuse}"
            server.serve(Op(of, NEEDS[kind], (100,), hours=2))
        if kind == "expire":
            server.serve(Op(f"hold{fuse}", "hold", (100,), hours=int((server.now - BEGIN).days * 24) + 1))
            server.now += timedelta(days=1)
        op = Op(f"k{fuse}", kind, (30, 20, 10_000_000, 5) if kind == "each" else (30, 20), hours=10**6, of=of)
        said = server.serve(op, fuse)
        if said is not None:
            break
        deaths += 1
        again = server.serve(op)
        assert again is not None
        assert server.serve(op) == again
    assert deaths >= 4
    server.require_books()
    assert database_url
