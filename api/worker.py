"""The worker: seals the log, tells every endpoint, runs the jobs, and ends between two steps.

The problem: what happens behind an answer (a message to a receiver that hangs, a solve of ten minutes) must
not hold a request, must go on after a crash, and must not be done twice when two workers run. Each step is a
short transaction that another worker may do as well; messages and jobs are taken under leases.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from ..finance import acts
from ..finance.dates import Clock
from ..finance.errors import AlmonerError, Busy
from ..finance.storage import Engine, Session, UnitOfWork
from .identity import Grant
from .job_kinds import KINDS
from .jobs import Bench, Rights, own_rights
from .outbox import Post, deliver, fan_out
from .records import beats, deliveries
from .records.feed import list_books
from .vault import Vault

_LOG = logging.getLogger("almoner")
PAUSE_S = 0.5
BEAT = timedelta(seconds=5)
LANES, SLOW_LANES, SLOTS = 16, 4, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """Who seals.

    Attributes
    ----------
    name, secret : str, bytes
        Of the log, and the Ed25519 secret key of 32 bytes.
    every : timedelta or None
        Least age of the last checkpoint, as in ``seal_due``.
    """

    name: str
    secret: bytes = field(repr=False)
    every: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What a worker is given.

    Attributes
    ----------
    name : str
        Unique among all that share the database.
    sealer : Sealer or None
        None where another process seals.
    post, vault : callable and Vault, or None
        How messages leave and what opens their secrets; without them none are sent.
    rights : callable
        Takes session, person, book and its row number; returns the roles of somebody, or None for somebody
        it does not know.
    kinds : tuple of str
        Jobs it takes.
    """

    engine: Engine
    clock: Clock
    name: str
    sealer: Sealer | None = None
    post: Post | None = None
    vault: Vault | None = None
    rights: Rights = own_rights
    kinds: tuple[str, ...] = tuple(KINDS)


@dataclass(slots=True, kw_only=True)
class Shift:
    """A worker at work: its threads, and what is under way."""

    worker: Worker
    lanes: ThreadPoolExecutor
    slow: ThreadPoolExecutor
    bench: Bench
    under_way: dict[UUID, Future[int]] = field(default_factory=dict)
    beaten_at: datetime | None = None

    def turn(self) -> None:
        """Do what is due, once; what another session stands in the way of waits for the next turn."""
        for step in (self.beat, self.seal, self.tell, self.send, self.bench.turn):
            try:
                step()
            except Busy:
                continue
            except AlmonerError as error:
                _LOG.error("the worker cannot go on with a step: %s", error.message)

    def beat(self) -> None:
        """Give a sign of life."""
        now = self.worker.clock()
        if self.beaten_at is None or now - self.beaten_at >= BEAT or now < self.beaten_at:
            with UnitOfWork(self.worker.engine) as session:
                beats.keep_worker(session, self.worker.name, now)
            self.beaten_at = now

    def seal(self) -> None:
        """Seal each book in which something waits."""
        one = self.worker.sealer
        if one is None:
            return
        for _, book in self._books():
            with UnitOfWork(self.worker.engine) as session:
                acts.seal_due(
                    session,
                    book,
                    clock=self.worker.clock,
                    name=one.name,
                    secret=one.secret,
                    every=one.every,
                )

    def tell(self) -> None:
        """Write the messages of what was sealed."""
        if self.worker.vault is None:
            return
        for book_id, book in self._books():
            with UnitOfWork(self.worker.engine) as session:
                fan_out(session, book, book_id, now=self.worker.clock(), rights=self._rights)

    def send(self) -> None:
        """Send what is due, one lane for each endpoint; those that failed share a few slow lanes."""
        post, vault = self.worker.post, self.worker.vault
        self.under_way = {one: sending for one, sending in self.under_way.items() if not sending.done()}
        if post is None or vault is None:
            return
        with UnitOfWork(self.worker.engine) as session:
            due = deliveries.list_due(session, self.worker.clock())
        for endpoint, failed in due:
            if endpoint not in self.under_way:
                pool = self.slow if failed else self.lanes
                self.under_way[endpoint] = pool.submit(
                    _sent, self.worker.engine, endpoint, post, vault, self.worker.clock
                )

    def _books(self) -> tuple[tuple[int, str], ...]:
        with UnitOfWork(self.worker.engine) as session:
            return list_books(session)

    def _rights(self, session: Session, person: str, book: str, book_id: int) -> tuple[Grant, ...]:
        return self.worker.rights(session, person, book, book_id) or ()


def _sent(engine: Engine, endpoint: UUID, post: Post, vault: Vault, clock: Clock) -> int:
    try:
        return deliver(engine, endpoint, post=post, vault=vault, clock=clock)
    except Busy:  # what was taken is due again when its lease ends
        return 0


@contextmanager
def on_shift(worker: Worker) -> Iterator[Shift]:
    """Open a worker's threads; at the end, its jobs are given back and its messages sent to their end.

    Parameters
    ----------
    worker : Worker
        What it was given.
    """
    with (
        ThreadPoolExecutor(LANES, "almoner-lane") as lanes,
        ThreadPoolExecutor(SLOW_LANES, "almoner-slow") as slow,
        ThreadPoolExecutor(SLOTS, "almoner-job") as pool,
    ):
        bench = Bench(
            engine=worker.engine,
            clock=worker.clock,
            name=worker.name,
            pool=pool,
            slots=SLOTS,
            rights=worker.rights,
            kinds=worker.kinds,
        )
        shift = Shift(worker=worker, lanes=lanes, slow=slow, bench=bench)
        try:
            yield shift
        finally:
            lanes.shutdown(wait=False, cancel_futures=True)
            slow.shutdown(wait=False, cancel_futures=True)
            bench.end()
    with UnitOfWork(worker.engine) as session:
        beats.end_worker(session, worker.name)


def run_worker(worker: Worker, stopped: threading.Event, *, pause_s: float = PAUSE_S) -> None:
    """Work until told to stop; what is under way is ended or given back first.

    Parameters
    ----------
    worker : Worker
        What it was given.
    stopped : threading.Event
        Set by whoever ends the process.
    pause_s : float [s]
        Between two turns.
    """
    with on_shift(worker) as shift:
        while not stopped.is_set():
            shift.turn()
            stopped.wait(pause_s)


def work_off(worker: Worker, *, turns: int = 2, until: Callable[[], bool] | None = None) -> None:
    """Do all that is due, and wait for it: for tests, for cron, and behind an import.

    Parameters
    ----------
    worker : Worker
        What it was given.
    turns : int [turns]
        At most.
    until : callable or None
        Ends it before.
    """
    with on_shift(worker) as shift:
        for _ in range(turns):
            shift.turn()
            for sending in shift.under_way.values():
                sending.result()
            for run in shift.bench.runs.values():
                if run.future is not None:
                    run.future.result()
            if until is not None and until():
                break
