"""Whether a server can do its work now, beyond that its database answers.

The problem: a process that answers while nothing seals and nothing is delivered looks well and is not. A
balancer asks here; the answer names what is amiss, with its figures.
"""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ..finance.dates import Clock
from ..finance.storage import Session
from .errors import NotReady
from .records.beats import list_workers
from .records.starting import list_waiting

SILENT = timedelta(seconds=30)
LATE = timedelta(seconds=60)


def ready_by(clock: Clock, ending: threading.Event) -> Callable[[Session], None]:
    """Return what refuses when this process or its worker cannot go on.

    Parameters
    ----------
    clock : Clock
        What ages are told by.
    ending : threading.Event
        Set when the process was told to end.
    """

    def require_ready(session: Session) -> None:
        if ending.is_set():
            raise NotReady("This process is ending. Ask another.", reason="ending")
        now = clock()
        require_worker(list_workers(session).values(), now)
        since = [one.since for one in list_waiting(session) if one.since is not None]
        require_sealing(min(since, default=None), now)

    return require_ready


def require_worker(beats: Iterable[datetime], now: datetime) -> None:
    """Refuse when no worker gave a sign of life of late.

    Parameters
    ----------
    beats : iterable of datetime
        The last sign of each worker.
    now : datetime
        When this is asked.

    Raises
    ------
    NotReady
        With the age of the last sign.

    Examples
    --------
    >>> noon = datetime(2026, 1, 1, 12)
    >>> require_worker([noon], noon + timedelta(seconds=29))
    """
    last = max(beats, default=None)
    if last is None:
        raise NotReady(
            "No worker is at work. Start one: almoner worker, or serve --with-worker.", reason="worker"
        )
    if now - last > SILENT:
        seconds = int((now - last).total_seconds())
        raise NotReady(
            f"The last sign of a worker is {seconds} s old. Look at its log.",
            reason="worker",
            seconds=seconds,
        )


def require_sealing(since: datetime | None, now: datetime) -> None:
    """Refuse when events wait too long for the sealed log, which is what everybody is told from.

    Parameters
    ----------
    since : datetime or None
        When the earliest that waits was recorded.
    now : datetime
        When this is asked.

    Raises
    ------
    NotReady
        With the age of the earliest.

    Examples
    --------
    >>> noon = datetime(2026, 1, 1, 12)
    >>> require_sealing(noon, noon + timedelta(seconds=59))
    """
    if since is not None and now - since > LATE:
        seconds = int((now - since).total_seconds())
        raise NotReady(
            f"Events wait for the sealed log for {seconds} s. Look at the worker's log.",
            reason="sealing",
            seconds=seconds,
        )
