"""``almoner worker``."""

import signal
import threading
from typing import Annotated

import typer

from ...finance.dates import system_clock
from ..job_kinds import KINDS
from ..logs import take_over
from ..server import keep_working, worker_of
from ..settings import read_settings
from .show import progress

app = typer.Typer(add_completion=False)


@app.command()
def run(
    db: Annotated[str | None, typer.Option("--db", help="Address of the database; else ALMONER_DB.")] = None,
    kinds: Annotated[
        str, typer.Option("--kinds", help="Kinds of jobs to take, with commas; all when empty.")
    ] = "",
) -> None:
    """Seal the log, deliver webhooks and run jobs. Example: almoner worker --kinds allocation,verify."""
    wanted = tuple(one.strip() for one in kinds.split(",") if one.strip())
    unknown = sorted(set(wanted) - set(KINDS))
    if unknown:
        raise typer.BadParameter(f"there are no jobs of kind {', '.join(unknown)}; kinds: {', '.join(KINDS)}")
    worker = worker_of(read_settings(db=db), kinds=wanted or tuple(KINDS))
    stopped = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stopped.set())
    take_over(clock=system_clock)
    progress(f"At work as {worker.name}. End it: Ctrl-C.")
    keep_working(worker, stopped)
    worker.engine.dispose()
