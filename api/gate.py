"""One writer after another, in the order in which they came.

The problem: SQLite has one writer at a time, and those who wait ask again after ever longer pauses; of sixty
that wait, the unlucky ask for half a minute while later ones pass. Within one process they queue here.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Gate:
    """A door that one holds at a time; who came first enters first.

    Examples
    --------
    >>> gate = Gate()
    >>> with gate.passed():
    ...     gate.waiting
    0
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._held = False
        self._queue: deque[Lock] = deque()

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._queue)

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for one's turn, and let the next one in at the end."""
        turn = Lock()
        with self._guard:
            if self._held:
                turn.acquire()
                self._queue.append(turn)
            self._held = True
        if turn.locked():
            turn.acquire()  # until the one before lets go
        try:
            yield
        finally:
            with self._guard:
                if self._queue:
                    self._queue.popleft().release()
                else:
                    self._held = False
