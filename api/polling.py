"""One look at the database for all open streams of a process.

The problem: a thousand streams that each ask every second are a thousand questions a second, and a stream
that holds a connection keeps it from everybody else. One poller asks once for all books and jobs that are
watched, and wakes only those streams whose book or job moved.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from ..finance.errors import AlmonerError
from ..finance.storage import Engine, Session
from .errors import StreamsFull
from .records.feed import list_positions
from .records.jobs import list_versions

Topic = int | UUID  # the row number of a book, or a job


@dataclass(slots=True, kw_only=True, eq=False)
class Watch:
    """One stream that waits for its book or its job to move."""

    topic: Topic
    moved: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, kw_only=True)
class Streams:
    """All open streams of this process.

    Attributes
    ----------
    poll_s : float [s]
        Between two looks.
    comment_s : float [s]
        After which a silent stream says that it lives, and looks at its rights again.
    most : int [streams]
        Open at once for one caller.
    at_once : int [reads]
        How many streams read the database at the same time.
    """

    poll_s: float = 1.0
    comment_s: float = 15.0
    most: int = 10
    at_once: int = 2
    closed: bool = False
    held: Counter[str] = field(default_factory=Counter)
    watches: set[Watch] = field(default_factory=set)
    seen: dict[Topic, int] = field(default_factory=dict)
    poller: asyncio.Task[None] | None = None
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def close(self) -> None:
        """Tell all streams to end, so that their clients come back to another process; from any thread."""
        self.closed = True

    def require_room(self, caller: str) -> None:
        """Refuse a stream more than a caller may hold.

        Raises
        ------
        StreamsFull
            When they hold as many as they may.
        """
        if self.held[caller] >= self.most:
            raise StreamsFull(
                f"You hold {self.most} streams open, the most at once. Close one.",
                limit=self.most,
                seconds=int(self.comment_s),
            )

    @asynccontextmanager
    async def watching(self, engine: Engine, topic: Topic, caller: str) -> AsyncIterator[Watch]:
        """Count a stream of a caller, and be woken when a book or a job moves, as long as the block lasts."""
        watch = Watch(topic=topic)
        self.watches.add(watch)
        self.held[caller] += 1
        loop = asyncio.get_running_loop()
        if self.poller is None or self.poller.done() or self.poller.get_loop() is not loop:
            self.poller, self.turns = loop.create_task(self._poll(engine)), asyncio.Semaphore(self.at_once)
        try:
            yield watch
        finally:
            self.watches.discard(watch)
            self.held[caller] -= 1
            if self.held[caller] <= 0:
                del self.held[caller]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Take turns at the database."""
        async with self.turns:
            yield

    async def _poll(self, engine: Engine) -> None:
        while self.watches:
            with suppress(AlmonerError):
                self._wake(await run_in_threadpool(_look, engine, {one.topic for one in self.watches}))
            await asyncio.sleep(self.poll_s)
        self.seen.clear()

    def _wake(self, found: dict[Topic, int]) -> None:
        for watch in self.watches:
            now = found.get(watch.topic)
            if self.closed or (now is not None and self.seen.get(watch.topic) != now):
                watch.moved.set()
        self.seen = found


def _look(engine: Engine, topics: set[Topic]) -> dict[Topic, int]:
    found: dict[Topic, int] = {}
    with Session(engine) as session:
        if books := [one for one in topics if isinstance(one, int)]:
            found |= dict[Topic, int](list_positions(session, books).items())
        if jobs := [one for one in topics if isinstance(one, UUID)]:
            found |= dict[Topic, int](list_versions(session, jobs).items())
    return found
