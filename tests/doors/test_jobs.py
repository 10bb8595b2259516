"""Jobs: asked for, worked off once, cancelled, and left behind by a worker that is gone."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from tests.doors.people import PEOPLE, Asker

from almoner.api import job_kinds
from almoner.api.identity import Grant
from almoner.api.job_kinds import Task, find_allocation
from almoner.api.jobs import LEASE, Bench, own_rights
from almoner.api.records import beats, jobs
from almoner.api.records.tables import JOB, PERSON
from almoner.api.routes.jobs import EXAMPLE, PROBLEM
from almoner.api.worker import Worker, on_shift, run_worker, work_off
from almoner.finance.allocation import verify
from almoner.finance.dates import fixed_clock, system_clock
from almoner.finance.storage import Engine, Session, UnitOfWork

JOBS = "/books/main/jobs"
Ask = Callable[..., Asker]


def rights(_session: Session, person: str, _book: str, _book_id: int) -> tuple[Grant, ...]:
    """Return the roles of the people of the tests."""
    return PEOPLE.get(person, ())


@pytest.fixture
def worker(engine: Engine) -> Worker:
    return Worker(engine=engine, clock=system_clock, name="w1", rights=rights)


def test_an_allocation_is_asked_for_and_its_certificate_holds(ask: Ask, worker: Worker) -> None:
    mira = ask("mira")
    asked = mira.post(f"{JOBS}/allocations", {"problem": PROBLEM, "deadline_s": 10})
    assert asked.status_code == 202
    where = asked.headers["Location"].removeprefix("/v1")
    assert mira.seen(where)["state"] == "waiting"
    work_off(worker)
    ended = mira.seen(where)
    assert (ended["state"], ended["problem"]) == ("done", None)
    assert ended["done"] == ended["total"] > 0
    result = ended["result"]
    assert (result["kind"], result["status"], result["value"]) == ("allocation", "within_gap", "4/25")
    assert [(one["intervention_id"], one["amount"]) for one in result["lines"]] == [("w7", "80.00")]
    verdict = verify(
        json.dumps(PROBLEM).encode(), result["allocation"].encode(), result["certificate"].encode()
    )
    assert str(verdict.value) == "4/25"


def test_that_there_is_no_allocation_is_a_result(ask: Ask, worker: Worker) -> None:
    mira = ask("mira")
    bad = mira.post(f"{JOBS}/allocations", {"problem": PROBLEM | {"unit": 7}})
    assert (bad.status_code, bad.json()["code"]) == (422, "request.invalid")
    unknown = mira.post(f"{JOBS}/allocations", {"problem": PROBLEM | {"overrides": [{"fund": True}]}})
    assert unknown.status_code == 422
    assert "/overrides/0" in unknown.text
    tickets = [{"intervention_id": "w7", "min_minor": 8500, "max_minor": 9000}]
    funded = {
        "override_id": "o",
        "kind": "fund",
        "intervention_id": "w7",
        "reason": "x",
        "decided_by": "board",
    }
    forced = PROBLEM | {"tickets": tickets, "overrides": [funded]}
    made = mira.post(f"{JOBS}/allocations", {"problem": forced})
    assert made.status_code == 202, made.text
    work_off(worker)
    ended = mira.seen(f"{JOBS}/{made.json()['id']}")
    assert (ended["state"], ended["result"]["status"]) == ("done", "infeasible"), ended
    assert "w7" in ended["result"]["explanation"]


def test_a_simulation_and_a_verification_come_to_an_end(ask: Ask, worker: Worker) -> None:
    hana, ada = ask("hana"), ask("ada")
    first = hana.made(f"{JOBS}/simulations", EXAMPLE)
    again = hana.made(f"{JOBS}/simulations", EXAMPLE)
    whole = ada.made(f"{JOBS}/verifications", {})
    work_off(worker, turns=3)
    results = [hana.seen(f"{JOBS}/{one['id']}")["result"] for one in (first, again)]
    assert results[0] == results[1]
    assert json.loads(results[0]["forecast"])["paths"] == "1000"
    assert ada.seen(f"{JOBS}/{whole['id']}")["state"] == "done"
    hidden = ada.seen(f"{JOBS}/{first['id']}")
    assert (hidden["state"], hidden["result"]) == ("done", None)
    listed = hana.seen(f"{JOBS}?limit=1")
    rest = hana.seen(f"{JOBS}?limit=1&cursor={listed['next']}")
    assert {one["id"] for one in listed["items"] + rest["items"]} == {first["id"], again["id"]}
    assert rest["next"] is None


def test_a_job_is_its_partys_own(ask: Ask) -> None:
    made = ask("hana").made(f"{JOBS}/simulations", EXAMPLE)
    one = f"{JOBS}/{made['id']}"
    assert ask("hugo").get(one).status_code == 404
    assert ask("hugo").post(f"{one}/cancellation").status_code == 404
    assert ask("hugo").seen(JOBS)["items"] == []
    assert ask("hana").post(f"{JOBS}/allocations", {"problem": PROBLEM}).status_code == 403
    for _ in range(3):
        ask("hana").made(f"{JOBS}/simulations", EXAMPLE, {"Idempotency-Key": f"more-{_}"})
    full = ask("hana").post(f"{JOBS}/simulations", EXAMPLE, {"Idempotency-Key": "too-many"})
    assert (full.status_code, full.json()["code"]) == (429, "job.full")


def test_a_job_is_cancelled_before_and_while_it_runs(ask: Ask, engine: Engine, worker: Worker) -> None:
    hana = ask("hana")
    waiting = hana.made(f"{JOBS}/simulations", EXAMPLE)
    assert hana.made(f"{JOBS}/{waiting['id']}/cancellation")["state"] == "cancelled"
    long = EXAMPLE | {"paths": 10_000_000}
    running = hana.made(f"{JOBS}/simulations", long)
    with on_shift(worker) as shift:
        until = time.monotonic() + 20
        while not hana.seen(f"{JOBS}/{running['id']}")["done"] and time.monotonic() < until:
            shift.bench.turn()
        assert hana.made(f"{JOBS}/{running['id']}/cancellation")["stopping"]
        while shift.bench.turn() and time.monotonic() < until:
            time.sleep(0.05)
    ended = hana.seen(f"{JOBS}/{running['id']}")
    assert (ended["state"], ended["result"]) == ("cancelled", None)
    assert ended["done"] < ended["total"] == 10_000_000
    with Session(engine) as session:
        assert beats.list_workers(session) == {}


def test_a_job_whose_worker_is_gone_is_done_by_another_and_ends_once(
    ask: Ask, engine: Engine, worker: Worker
) -> None:
    hana = ask("hana")
    identity = UUID(hana.made(f"{JOBS}/simulations", EXAMPLE)["id"])
    now = datetime.now(UTC)
    with UnitOfWork(engine) as session:
        taken = jobs.take_job(session, "gone", now, now + LEASE, job_kinds.KINDS)
        assert taken is not None
        assert jobs.take_job(session, "w2", now, now + LEASE, job_kinds.KINDS) is None
    work_off(worker)
    assert hana.seen(f"{JOBS}/{identity}")["state"] == "running"  # still leased
    after = fixed_clock(now + LEASE + timedelta(seconds=1))
    work_off(Worker(engine=engine, clock=after, name="w2", rights=rights))
    assert hana.seen(f"{JOBS}/{identity}")["state"] == "done"
    with UnitOfWork(engine) as session:
        assert not jobs.end_job(session, identity, "gone", now, state="failed")
        assert jobs.keep_beat(session, identity, "gone", now, None) is None


def test_a_job_that_takes_its_workers_down_is_given_up(ask: Ask, engine: Engine, worker: Worker) -> None:
    hana = ask("hana")
    identity = UUID(hana.made(f"{JOBS}/simulations", EXAMPLE)["id"])
    past = datetime.now(UTC) - timedelta(hours=1)
    with UnitOfWork(engine) as session:
        values = {"state": "running", "attempts": 3, "leased_by": "gone", "leased_until": past}
        session.execute(update(JOB).where(JOB.c.id == identity).values(**values))
    work_off(worker)
    ended = hana.seen(f"{JOBS}/{identity}")
    assert (ended["state"], ended["problem"]["code"]) == ("failed", "job.abandoned")


def test_a_role_that_ended_ends_its_jobs(ask: Ask, engine: Engine) -> None:
    made = ask("hana").made(f"{JOBS}/simulations", EXAMPLE)
    work_off(Worker(engine=engine, clock=system_clock, name="w1", rights=lambda *_given: ()))
    ended = ask("hana").seen(f"{JOBS}/{made['id']}")
    assert (ended["state"], ended["result"]) == ("failed", None)
    assert ended["problem"]["status"] == 404


def test_a_worker_that_is_told_to_end_gives_its_jobs_back(ask: Ask, engine: Engine, worker: Worker) -> None:
    hana = ask("hana")
    made = hana.made(f"{JOBS}/simulations", EXAMPLE | {"paths": 10_000_000})
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_worker, worker, stop, pause_s=0.05)
        until = time.monotonic() + 20
        while hana.seen(f"{JOBS}/{made['id']}")["state"] == "waiting" and time.monotonic() < until:
            time.sleep(0.02)
        stop.set()
        running.result(20)
    assert hana.seen(f"{JOBS}/{made['id']}")["state"] == "waiting"
    with Session(engine) as session:
        left = jobs.take_job(session, "w2", datetime.now(UTC), datetime.now(UTC) + LEASE, job_kinds.KINDS)
        assert left is not None
        assert left.attempts == 1


def test_progress_never_falls_back(engine: Engine) -> None:
    steps: list[tuple[str, int, int]] = []
    content = json.dumps({"problem": PROBLEM, "deadline_s": 5}).encode()
    task = Task(
        engine=engine,
        book="main",
        content=content,
        tell=lambda *step: steps.append(step),
        stopped=lambda: False,
    )
    assert find_allocation(task).status == "within_gap"
    assert steps[0] == ("reading", 0, 4)
    with ThreadPoolExecutor(1) as pool:
        assert Bench(engine=engine, clock=system_clock, name="b", pool=pool).turn() == 0


def test_our_own_tables_say_what_an_administrator_may(engine: Engine, book: str) -> None:
    now = datetime.now(UTC)
    with UnitOfWork(engine) as session:
        plain = {"code": "ada", "name": "Ada", "is_admin": 1, "version": 1, "created_at": now}
        session.execute(insert(PERSON).values(**plain))
        known = own_rights(session, "ada", book, 1)
        assert known is not None
        assert [one.role for one in known] == ["admin"]
        assert own_rights(session, "brought-by-the-host", book, 1) is None
