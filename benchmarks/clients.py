"""The clients: processes of their own, each with its own connection to every contender's database.

Processes and not threads: in threads eight clients would share one interpreter lock and the figure would
be about the interpreter.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Protocol, Self

from almoner.finance.dates import system_clock
from almoner.finance.ledger import Draft, Leg
from almoner.finance.money import Money
from almoner.finance.posting import post, post_many
from almoner.finance.storage import Session, open_engine

from .databases import Place
from .raw import RawPostgres, RawSqlite
from .workload import BOOK, KIND, LINE, USD, Chart, Transfer, transfers


class Contender(Protocol):
    """One way of writing transfers."""

    def single(self, one: Transfer) -> None:
        """Write one transfer and commit."""

    def batch(self, many: Sequence[Transfer]) -> None:
        """Write transfers in one commit."""

    def close(self) -> None:
        """Close the connection."""


class Library:
    """``post`` and ``post_many`` in one session on one connection, as the raw drivers keep theirs."""

    def __init__(self, url: str, chart: Chart) -> None:
        self.chart = chart
        self.engine = open_engine(url)
        self.connection = self.engine.connect()
        self.session = Session(self.connection, expire_on_commit=False)

    def draft(self, one: Transfer) -> Draft:
        """Draft a transfer as a caller does."""
        amount = Money(minor=one.minor, unit=USD)
        debit, credit = self.chart.account(one.debit), self.chart.account(one.credit)
        legs = (
            Leg(account=debit, side=1, amount=amount, line=LINE),
            Leg(account=credit, side=-1, amount=amount, line=LINE),
        )
        return Draft(kind=KIND, effective_on=None, legs=legs)

    def single(self, one: Transfer) -> None:
        """Write one transfer and commit."""
        with self.session.begin():
            post(self.session, BOOK, self.draft(one), key=one.key, clock=system_clock)

    def batch(self, many: Sequence[Transfer]) -> None:
        """Write transfers in one commit."""
        drafts = [(one.key, self.draft(one)) for one in many]
        with self.session.begin():
            post_many(self.session, BOOK, drafts, clock=system_clock)

    def close(self) -> None:
        """Close the connections."""
        self.session.close()
        self.connection.close()
        self.engine.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one client is to do: which path, where, and from when until when (monotonic seconds)."""

    place: Place
    path: str
    number: int
    client: int
    chart: Chart
    batch: int
    limit: int
    start: float
    stop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one client did: transfers, seconds of each commit, its processor seconds, when it was through."""

    transfers: int
    latencies: tuple[float, ...]
    cpu: float
    ended: float


def open_contender(place: Place, chart: Chart) -> Contender:
    """Open a contender's connection."""
    if place.contender == "library":
        return Library(place.url, chart)
    raw = RawPostgres if place.dialect == "postgresql" else RawSqlite
    return raw(place.address, chart, bare=place.contender == "bare")


def run(contender: Contender, task: Task) -> Done:
    """Write transfers until the time or the number is reached, at least once."""
    source = transfers(task.chart, task.path, task.number, task.client)
    size = task.batch if task.path == "batch1000" else 1
    latencies: list[float] = []
    time.sleep(max(0.0, task.start - time.monotonic()))
    cpu = time.process_time()
    while True:
        many = list(islice(source, size))
        began = time.monotonic()
        if size == 1:
            contender.single(many[0])
        else:
            contender.batch(many)
        ended = time.monotonic()
        latencies.append(ended - began)
        if ended >= task.stop or len(latencies) * size >= task.limit:
            break
    return Done(
        transfers=len(latencies) * size,
        latencies=tuple(latencies),
        cpu=time.process_time() - cpu,
        ended=ended,
    )


def serve(pipe: Connection) -> None:
    """Do tasks until told to stop."""
    opened: dict[Place, Contender] = {}
    while (task := pipe.recv()) is not None:
        if task.place not in opened:
            opened[task.place] = open_contender(task.place, task.chart)
        pipe.send(run(opened[task.place], task))
    for contender in opened.values():
        contender.close()


class Clients:
    """Eight processes that wait for tasks."""

    def __init__(self, number: int) -> None:
        context = get_context("spawn")
        self.pipes: list[Connection] = []
        self.processes = []
        for _ in range(number):
            mine, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self.pipes.append(mine)
            self.processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            if process.is_alive() and kind is None:
                pipe.send(None)
                process.join(10)
            if process.is_alive():
                process.terminate()

    def do(self, tasks: Sequence[Task]) -> list[Done]:
        """Give the first clients one task each and wait for all of them."""
        for pipe, task in zip(self.pipes, tasks, strict=False):
            pipe.send(task)
        return [pipe.recv() for pipe in self.pipes[: len(tasks)]]
