"""One client of a soak: a process that posts its lane's chunks, may be killed at any moment, and goes on.

It keeps nothing but the file of what it was told is done. Killed and started again, it posts the chunk it
was in once more from the beginning, with the same keys; whatever had been committed answers again.
"""

import os
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError

from almoner.finance import acts
from almoner.finance.accounts import Account, cash, memo, pool
from almoner.finance.dates import Clock, fixed_clock, system_clock
from almoner.finance.errors import (
    AlmonerError,
    AlreadyResolved,
    DatabaseUnreadable,
    InsufficientFunds,
    KeyReused,
    OverdrawnCommitment,
    PostingRefused,
)
from almoner.finance.ledger import Draft, Leg, Transaction
from almoner.finance.money import Money
from almoner.finance.posting import expire_due, hold, post, post_many, reverse, settle, void
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import Engine, Session, open_engine, run_retrying

from .soak_plan import HOT, OVERDRAFT, Chunk, Move, Plan
from .workload import BOOK, USD

PATIENCE = 10_000  # runs of one unit of work; the time limit comes first
Answer = TypeVar("Answer")
Verb = Callable[..., Any]  # of the library: (session, book, what, key=, clock=)
COMMON = "common"


class TimeIsUp(Exception):
    """The soak is over and the chunk is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one client is to do.

    Attributes
    ----------
    plan : Plan
        All lanes' chunks.
    lane : int
        Its own.
    url : str
        Of the database.
    written : Path
        The file of what was acknowledged.
    stop : Path
        Ends the soak when it exists.
    began : datetime
        From which the ends of holds are counted.
    deadline : float
        Monotonic second after which even an unfinished chunk is given up.
    """

    plan: Plan
    lane: int
    url: str
    written: Path
    stop: Path
    began: datetime
    deadline: float


@dataclass(slots=True)
class Counted:
    """What happened while a chunk was posted, beside what was posted."""

    replayed: int = 0
    lost: int = 0
    retries: int = 0
    reconnected: int = 0
    refused: int = 0


def place(lane: int, position: int) -> Account:
    """Return a memo account by its position; half of them grow on the debit side."""
    fund, name = (COMMON, "hot") if position < HOT else (f"lane-{lane}", "place")
    return memo(fund, USD, f"{name}-{position}", -1 if position % 2 else 1)


def draft_move(lane: int, move: Move) -> Draft:
    """Draft a movement between memo accounts."""
    amount = Money(minor=move.minor, unit=USD)
    return _draft(place(lane, move.debit), place(lane, move.credit), amount, "pledge")


def draft_payment(lane: int, minor: int) -> Draft:
    """Draft a payment out of a lane's pool; the fund's rule says whose money it is."""
    fund, amount = f"lane-{lane}", Money(minor=minor, unit=USD)
    return _draft(pool(fund, USD), cash(fund, USD), amount, "transfer", payee="hub")


def _draft(debit: Account, credit: Account, amount: Money, line: str, payee: str = "") -> Draft:
    legs = (
        Leg(account=debit, side=1, amount=amount, line=line),
        Leg(account=credit, side=-1, amount=amount, line=line),
    )
    return Draft(kind="transfer", effective_on=None, legs=legs, payee=payee)


class Client:
    """A client at work on one chunk after the other."""

    def __init__(self, job: Job) -> None:
        self.job, self.plan, self.lane, self.fund = job, job.plan, job.lane, f"lane-{job.lane}"
        self.file = os.open(job.written, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.counted = Counted()
        self.engine = self._open()
        if self.engine.dialect.name == "sqlite":  # some wait for the lock, some are refused and try again
            self.engine.dispose()
            wait = 50 if job.lane % 2 else 5000
            event.listen(self.engine, "connect", lambda made, _: made.execute(f"PRAGMA busy_timeout={wait}"))

    def run(self) -> None:
        """Post chunks from where the file ends until the soak is stopped; the one a kill broke off first."""
        step, stopped = next_step(self.job.written), False
        while not stopped:
            stopped = self.job.stop.exists()
            chunk = self.plan.chunk(self.lane, step)
            getattr(self, f"_do_{chunk.kind}")(chunk)
            one = self.counted
            figures = (one.replayed, one.lost, one.retries, one.reconnected, one.refused)
            self._write([f"= {step} {' '.join(map(str, figures))}"])
            self.counted = Counted()
            step += 1

    def _open(self) -> Engine:
        """Open the database as soon as it answers; its server may be recovering."""
        while True:
            try:
                return open_engine(self.job.url)
            except DatabaseUnreadable:
                self._wait(0.2)

    def _write(self, lines: Iterable[str]) -> None:
        os.write(self.file, "".join(f"{line}\n" for line in lines).encode())

    def report(self, text: str) -> None:
        """Write down what must not be."""
        self._write([f"! {' '.join(text.split())}"])

    def _commit(self, work: Callable[[Session], Answer]) -> Answer:
        """Commit work, again and again with the same keys while the database is busy or gone."""
        while True:
            try:
                return run_retrying(self.engine, work, attempts=PATIENCE, pause=self._pause)
            except DBAPIError as fault:
                if not (fault.connection_invalidated or isinstance(fault, OperationalError)):
                    raise
            self.counted.reconnected += 1
            self.engine.dispose()
            self._wait(0.2)

    def _pause(self, number: int) -> None:
        self.counted.retries += 1
        self._wait(0.01 * min(number, 10))

    def _wait(self, seconds: float) -> None:
        if time.monotonic() > self.job.deadline:
            raise TimeIsUp
        time.sleep(seconds)

    def _acknowledge(self, keys: Sequence[str], posted: Sequence[Transaction]) -> None:
        """Write down what the committed answer said."""
        self.counted.replayed += sum(one.replayed for one in posted)
        self._write(f"{key} {one.id.hex}" for key, one in zip(keys, posted, strict=True))

    def _one(self, verb: Verb, what: object, key: str, **more: object) -> UUID:
        """Commit one transaction and write it down."""
        posted: Transaction = self._commit(
            lambda session: verb(session, BOOK, what, key=key, clock=system_clock, **more)
        )
        self._acknowledge([key], [posted])
        return posted.id

    def _refused(self, kind: type[AlmonerError], verb: Verb, what: object, key: str, **more: object) -> None:
        """Ask for what must be refused."""
        try:
            self._commit(lambda session: verb(session, BOOK, what, key=key, clock=system_clock, **more))
        except kind:
            self.counted.refused += 1
        else:
            self.report(f"{key}: it passed, and {kind.__name__} was due")

    def _do_batch(self, chunk: Chunk) -> None:
        """Post a batch in which some keys come twice; a lost reply is asked for again."""
        asked = [(one.key, draft_move(self.lane, one)) for one in (*chunk.moves, *chunk.again)]

        def work(session: Session) -> tuple[Transaction, ...]:
            return post_many(session, BOOK, asked, clock=system_clock)

        posted = self._commit(work)
        if chunk.kind == "lost":
            self.counted.lost += 1
            posted = self._commit(work)
            if not all(one.replayed for one in posted):
                self.report(f"step {chunk.step}: what was committed was posted once more")
        self._acknowledge([key for key, _ in asked], posted)

    _do_lost = _do_batch

    def _do_fund(self, chunk: Chunk) -> None:
        """Give the lane's fund what this cycle spends."""
        for number, minor in enumerate(chunk.amounts):
            key = chunk.key("c", number)
            self.counted.replayed += self._commit(partial(self._give, key=key, minor=minor))
            self._write([f"{key} given"])

    def _give(self, session: Session, key: str, minor: int) -> bool:
        fund, gift = find_fund(session, BOOK, self.fund), Money(minor=minor, unit=USD)
        return acts.contribute(session, fund, "giver", gift, key=key, clock=system_clock).replayed

    def _do_single(self, chunk: Chunk) -> None:
        """Post one by one, and ask for what no fund can pay and for a key that is taken."""
        for move in chunk.moves:
            self._one(post, draft_move(self.lane, move), move.key)
        self._refused(InsufficientFunds, post, draft_payment(self.lane, OVERDRAFT), chunk.key("o"))
        first = chunk.moves[0]
        other = draft_move(self.lane, replace(first, minor=first.minor + 1))
        self._refused(KeyReused, post, other, first.key)

    def _do_each(self, chunk: Chunk) -> None:
        """Post a batch in which each stands for itself and two ask for more than there is."""
        asked = [(one.key, draft_move(self.lane, one)) for one in chunk.moves]
        for number, at in ((0, 1), (1, len(asked) // 2)):
            asked.insert(at, (chunk.key("o", number), draft_payment(self.lane, OVERDRAFT)))
        outcomes = self._commit(
            lambda session: post_many(session, BOOK, asked, clock=system_clock, mode="each")
        )
        for one in outcomes:
            passes = ".o" not in one.key
            if passes != (one.transaction is not None) or not isinstance(one.error, InsufficientFunds | None):
                self.report(f"{one.key}: {one.error or 'it passed'}")
        good = [(one.key, one.transaction) for one in outcomes if one.transaction is not None]
        self._acknowledge([key for key, _ in good], [posted for _, posted in good])
        self._write(f"{one.key} refused" for one in outcomes if one.error is not None)
        self.counted.refused += len(outcomes) - len(good)

    def _do_hold(self, chunk: Chunk) -> None:
        """Hold four payments: one settles, one in part, one is given up, one runs out."""
        soon, late = hold_ends(self.job.began)
        whole, some, given_up, _ = (
            self._one(hold, draft_payment(self.lane, minor), chunk.key("h", number), expires_at=until)
            for number, (minor, until) in enumerate(zip(chunk.amounts, (late, late, late, soon), strict=True))
        )
        self._one(settle, whole, chunk.key("s", 0))
        part = Money(minor=chunk.amounts[1] // 2, unit=USD)
        self._one(settle, some, chunk.key("s", 1), amount=part)
        self._one(void, given_up, chunk.key("v"))
        self._refused(AlreadyResolved, void, whole, chunk.key("x"))
        after = fixed_clock(soon + timedelta(hours=1))
        expired = self._commit(lambda session: expire_due(session, BOOK, clock=after))
        self._acknowledge([f"expire#{one.parent}" for one in expired], expired)

    def _do_pay(self, chunk: Chunk) -> None:
        """Pay many at once out of the pool, by the fund's rule."""
        asked = self._payments(chunk)
        posted = self._commit(lambda session: post_many(session, BOOK, asked, clock=system_clock))
        self._acknowledge([key for key, _ in asked], posted)

    def _payments(self, paid: Chunk) -> list[tuple[str, Draft]]:
        return [
            (paid.key("p", number), draft_payment(self.lane, minor))
            for number, minor in enumerate(paid.amounts)
        ]

    def _do_return(self, chunk: Chunk) -> None:
        """Get something back of payments of this cycle, and ask for more than was paid."""
        paid = self.plan.chunk(self.lane, self.plan.step_of("pay", chunk.step))
        payments = self._payments(paid)
        for number, (which, minor) in enumerate(zip(chunk.chosen, chunk.amounts, strict=True)):
            key, draft = payments[which]
            payment = self._one(post, draft, key)
            self._one(self._back, payment, chunk.key("r", number), minor=minor)
            more = paid.amounts[which] - minor + 1
            self._refused(OverdrawnCommitment, self._back, payment, chunk.key("x", number), minor=more)

    def _back(
        self, session: Session, book: str, payment: UUID, *, key: str, clock: Clock, minor: int
    ) -> Transaction:
        fund, amount = find_fund(session, book, self.fund), Money(minor=minor, unit=USD)
        return acts.refund(session, fund, "hub", payment, amount, key=key, clock=clock)

    def _do_reverse(self, chunk: Chunk) -> None:
        """Undo movements of this cycle; neither they nor what undid them can be undone again."""
        before = self.plan.moves(self.lane, self.plan.step_of("batch", chunk.step))
        for number, which in enumerate(chunk.chosen):
            move = before[which]
            first = self._one(post, draft_move(self.lane, move), move.key)
            undone = self._one(reverse, first, chunk.key("u", number))
            self._refused(AlreadyResolved, reverse, first, chunk.key("x", number))
            self._refused(PostingRefused, reverse, undone, chunk.key("y", number))

    def _do_cross(self, chunk: Chunk) -> None:
        """Post two batches in one session, in opposite orders on neighbouring lanes: deadlocks happen."""
        middle = HOT // 2
        halves = [[one for one in chunk.moves if (one.debit < middle) == low] for low in (True, False)]
        asked = [
            [(one.key, draft_move(self.lane, one)) for one in half]
            for half in (halves if self.lane % 2 else reversed(halves))
        ]

        def work(session: Session) -> list[Transaction]:
            posted: list[Transaction] = []
            for half in asked:
                posted += post_many(session, BOOK, half, clock=system_clock)
                time.sleep(0.02)  # so that the other lane comes in between
            return posted

        self._acknowledge([key for half in asked for key, _ in half], self._commit(work))


def hold_ends(began: datetime) -> tuple[datetime, datetime]:
    """Return until when holds last that run out, and those that do not; the same after a restart."""
    return began + timedelta(days=1), began + timedelta(days=30)


def next_step(written: Path) -> int:
    """Cut off what a kill left half-written, and return the step to go on with."""
    if not written.exists():
        return 0
    with written.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
    at = content.rfind(b"\n= ")
    return int(content[at + 3 :].split()[0]) + 1 if at >= 0 else 0


def serve(job: Job) -> None:
    """Run a client; what it did not expect ends it and stands in its file."""
    client = Client(job)
    try:
        client.run()
    except TimeIsUp:
        client.report("the time was over before the chunk was posted")
    except Exception:
        client.report(traceback.format_exc())
        raise
