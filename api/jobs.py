"""Jobs as a worker runs them: taken under a lease, kept alive by a beat, ended once.

The problem: a worker can be killed in the middle, hang, or lose its database for a minute, and two can
believe that a job is theirs. A job is taken for 30 seconds and each beat asks for 30 more; whoever is silent
loses it, and only the holder of the lease writes how it ended. The work runs in a thread of its own; one
thread beats for all of them, writes how far they are, and hears who was asked to stop.
"""

import json
import logging
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from ..finance.dates import Clock
from ..finance.errors import AlmonerError
from ..finance.storage import Engine, Session, UnitOfWork
from .errors import JobAbandoned
from .identity import Caller, Grant
from .job_kinds import KINDS, Stopped, Task
from .policy import RULES, Question, allowed
from .problems import OUR_FAULT_TITLE, problem, problem_of
from .records import entering, jobs
from .records.feed import list_books
from .records.jobs import MOST_ATTEMPTS, Job

_LOG = logging.getLogger("almoner")
LEASE = timedelta(seconds=30)
Rights = Callable[[Session, str, str, int], tuple[Grant, ...] | None]
Steps = tuple[str, int, int]


def own_rights(session: Session, person: str, book: str, book_id: int) -> tuple[Grant, ...] | None:
    """Return the roles that our own tables give a person; None for somebody the host brought.

    Parameters
    ----------
    session : Session
        The caller's.
    person, book : str
        Who, and where.
    book_id : int [row number]
        Of the book.
    """
    if not jobs.is_known(session, person):
        return None
    found = entering.list_grants(session, person, book, book_id)
    if entering.is_admin(session, person):
        return (*found, Grant(book="*", role="admin", party=""))
    return found


@dataclass(slots=True, kw_only=True)
class Run:
    """A job that this worker runs now."""

    job: Job
    book: str
    steps: Steps
    told: Steps
    stop: threading.Event = field(default_factory=threading.Event)
    future: Future[None] | None = None

    def tell(self, stage: str, done: int, total: int) -> None:
        """Note how far the work is; it never falls back."""
        before = self.steps
        self.steps = (stage, max(before[1], done), max(before[2], total))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where a worker runs jobs.

    Attributes
    ----------
    name : str
        Of the worker, unique among all that share the database.
    slots : int [jobs]
        At once.
    kinds : collection of str
        Which it takes.
    rights : callable
        Takes session, person, book and its row number; returns the roles of whoever asked, looked at when
        a job begins and when it ends, or None to rely on what was asked for at the door.
    """

    engine: Engine
    clock: Clock
    name: str
    pool: ThreadPoolExecutor
    slots: int = 2
    kinds: Collection[str] = tuple(KINDS)
    rights: Rights = own_rights
    runs: dict[UUID, Run] = field(default_factory=dict)

    def turn(self) -> int:
        """Beat for the jobs that run, and take new ones; return how many run."""
        for identity, run in tuple(self.runs.items()):
            if run.future is not None and run.future.done():
                del self.runs[identity]
            else:
                self._beat(run)
        while len(self.runs) < self.slots and self._take():
            pass
        return len(self.runs)

    def end(self) -> None:
        """Stop all that runs and give it back, so that another worker goes on."""
        for run in self.runs.values():
            run.stop.set()
        for run in self.runs.values():
            if run.future is not None:
                run.future.result()
        self.runs.clear()

    def _beat(self, run: Run) -> None:
        steps = run.steps
        news = steps if steps != run.told else None
        with UnitOfWork(self.engine) as session:
            asked = jobs.keep_beat(session, run.job.id, self.name, self.clock() + LEASE, news)
        run.told = steps
        if asked is None or asked:
            run.stop.set()

    def _take(self) -> bool:
        now = self.clock()
        with UnitOfWork(self.engine) as session:
            job = jobs.take_job(session, self.name, now, now + LEASE, self.kinds)
            books = dict(list_books(session)) if job is not None else {}
            if job is not None and (job.asked_to_stop or job.attempts > MOST_ATTEMPTS):
                ending = {"state": "cancelled"} if job.asked_to_stop else _abandoned(job)
                jobs.end_job(session, job.id, self.name, now, **ending)
                return True
        if job is None:
            return False
        steps = (job.stage, job.done, job.total)
        run = Run(job=job, book=books[job.book_id], steps=steps, told=steps)
        self.runs[job.id] = run
        run.future = self.pool.submit(self._run, run)
        return True

    def _run(self, run: Run) -> None:
        try:
            state, said = self._work(run)
        except Exception as fault:  # noqa: BLE001  # the last line: no internal text leaves
            _LOG.error("job %s of kind %s failed", run.job.id, run.job.kind, exc_info=fault)
            detail = "Something went wrong on our side; nothing was changed. Ask again, and report it."
            state, said = "failed", _said(run.job, problem(500, "fault.70", OUR_FAULT_TITLE, detail))
        with UnitOfWork(self.engine) as session:
            if state == "waiting":
                jobs.give_back(session, run.job.id, self.name)
                return
            stage, done, total = run.steps
            ending: dict[str, object] = {"stage": stage, "done": done, "total": total, "state": state}
            ending |= {"problem": said} if state == "failed" else {"result": said}
            if state == "done":
                ending["done"] = total = max(total, 1)
                ending["total"] = total
            jobs.end_job(session, run.job.id, self.name, self.clock(), **ending)

    def _work(self, run: Run) -> tuple[str, bytes | None]:
        """Do the work; return the state it ends in, and the result or the problem."""
        kind = KINDS[run.job.kind]
        task = Task(
            engine=self.engine,
            book=run.book,
            content=bytes(run.job.input),
            tell=run.tell,
            stopped=run.stop.is_set,
        )
        try:
            self._require_rights(run)
            made = kind.work(task)
            task.go_on()
            self._require_rights(run)
        except Stopped:
            return ("cancelled" if self._is_cancelled(run) else "waiting"), None
        except AlmonerError as error:
            if run.stop.is_set():
                return ("cancelled" if self._is_cancelled(run) else "waiting"), None
            return "failed", _said(run.job, problem_of(error))
        return "done", made.model_dump_json().encode()

    def _is_cancelled(self, run: Run) -> bool:
        with UnitOfWork(self.engine) as session:
            return bool(jobs.find_job(session, run.job.book_id, run.job.id).asked_to_stop)

    def _require_rights(self, run: Run) -> None:
        job, rule = run.job, RULES[KINDS[run.job.kind].operation]
        with UnitOfWork(self.engine) as session:
            grants = self.rights(session, job.person, run.book, job.book_id)
        if grants is not None:
            asked = Question(rule=rule, scope="", making=True, party=job.party, now=self.clock())
            allowed(Caller(person=job.person), grants, asked)


def _said(job: Job, said: dict[str, object]) -> bytes:
    whole = {"errors": [], **said, "request_id": str(job.id)}
    return json.dumps(whole, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _abandoned(job: Job) -> dict[str, object]:
    gone = JobAbandoned(
        f"The work was begun {MOST_ATTEMPTS} times and its worker was gone each time. Ask for less at once.",
        attempts=MOST_ATTEMPTS,
    )
    return {"state": "failed", "problem": _said(job, problem_of(gone))}
