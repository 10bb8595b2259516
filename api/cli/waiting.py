"""Progress of what takes longer than two seconds: a bar on a terminal, lines elsewhere.

The problem: a command that is silent for a minute is killed and started again. What is over in a moment shows
nothing; after two seconds a bar says how far it is and how long it will take.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .show import progress

PATIENCE_S = 2.0
LINE_S = 5.0


class ProgressBar:
    """Shows how far a piece of work is: called with what is done, and with all there is.

    Attributes
    ----------
    title : str
        What is being done.

    Parameters
    ----------
    title : str
        As above.
    patience_s : float [s]
        Nothing is shown before.
    """

    def __init__(self, title: str, patience_s: float = PATIENCE_S) -> None:
        self.title = title
        self._next = time.monotonic() + patience_s
        self._shown: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is.

        Parameters
        ----------
        done, total : int [pieces]
            Of the work.
        """
        if self._shown is None and time.monotonic() < self._next:
            return
        if not sys.stderr.isatty():
            self._next = time.monotonic() + LINE_S
            progress(f"{self.title}: {done:,} of {total:,}")
            return
        if self._shown is None:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._shown = Progress(*columns, console=Console(stderr=True), transient=True)
            self._shown.add_task(self.title, total=total)
            self._shown.start()
        self._shown.update(self._shown.task_ids[0], completed=done, total=total)

    def stop(self) -> None:
        """Take the bar away."""
        if self._shown is not None:
            self._shown.stop()


@contextmanager
def bar(title: str) -> Iterator[ProgressBar]:
    """Show a bar while a block runs, if it takes long.

    Parameters
    ----------
    title : str
        What is being done.
    """
    shown = ProgressBar(title)
    try:
        yield shown
    finally:
        shown.stop()
