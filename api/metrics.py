"""Figures for a monitor, in the text of Prometheus, on a registry of its own.

The problem: a host has metrics of its own, and a library that writes into the registry of the process breaks
them. Requests are counted as they are answered; what stands in the database is looked at when it is asked
for, and not more often than every few seconds. Money is in minor units and carries its unit.
"""

import hmac
import time
from collections.abc import Callable, Iterator
from threading import Lock

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool

from ..finance.acts import position
from ..finance.dates import Clock
from ..finance.errors import AlmonerError
from ..finance.records.registry import list_funds
from ..finance.storage import Engine, Session
from .answering import refusal
from .door import Answered
from .errors import NotSignedIn
from .ids import new_id
from .records.feed import list_books
from .records.gauges import Family, Figures, Row, read_figures
from .records.starting import pool_in_use

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
KEPT_S = 10.0
MEDIA = "text/plain; version=0.0.4; charset=utf-8"


class Meters:
    """What is counted in one process.

    Parameters
    ----------
    engine : Engine
        What stands in it is shown, too.
    clock : Clock
        What ages are told by.
    timer : callable
        Seconds that only grow.
    """

    def __init__(self, engine: Engine, *, clock: Clock, timer: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.clock = clock
        self._requests = Counter(
            "almoner_requests",
            "Answers, by operation and status.",
            ("operation", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "almoner_request_seconds",
            "Time of an answer, by operation.",
            ("operation",),
            buckets=BOUNDS_S,
            registry=self.registry,
        )
        pool = Gauge("almoner_connections_in_use", "Connections lent now.", registry=self.registry)
        pool.set_function(lambda: pool_in_use(engine))
        self.registry.register(_Stored(engine, clock, timer))

    def watch(self, answered: Answered) -> None:
        """Count an answer."""
        self._requests.labels(answered.operation, str(answered.status)).inc()
        self._seconds.labels(answered.operation).observe(answered.seconds)

    def text(self) -> bytes:
        """Return all of it."""
        return generate_latest(self.registry)


class _Stored(Collector):
    """What stands in the database, as it was a few seconds ago at most."""

    def __init__(self, engine: Engine, clock: Clock, timer: Callable[[], float]) -> None:
        self._engine, self._clock, self._timer = engine, clock, timer
        self._lock, self._read_at = Lock(), float("-inf")
        self._kept: Figures | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the figures; without the database only that it is away."""
        found = self._figures()
        yield GaugeMetricFamily(
            "almoner_database_up", "1 while the database answers.", value=int(found is not None)
        )
        if found is None:
            return
        for name, (told, labels, rows) in found.families.items():
            family = GaugeMetricFamily(f"almoner_{name}", told, labels=labels)
            for values, figure in rows:
                family.add_metric(values, figure)
            yield family

    def _figures(self) -> Figures | None:
        with self._lock:
            if self._timer() - self._read_at >= KEPT_S:
                try:
                    with Session(self._engine) as session:
                        found = read_figures(session, self._clock())
                        self._kept = Figures(families={**found.families, **_money(session)})
                except AlmonerError:
                    self._kept = None
                self._read_at = self._timer()
            return self._kept


def _money(session: Session) -> dict[str, Family]:
    """Return what is encumbered and what is free in every fund, in minor units."""
    encumbered: list[Row] = []
    free: list[Row] = []
    for _, book in list_books(session):
        for fund in list_funds(session, book):
            now = position(session, fund)
            labels = [book, fund.code, fund.unit.code]
            encumbered.append((labels, now.encumbered.minor))
            free.append((labels, now.free.minor))
    labels = ["book", "fund", "unit"]
    return {
        "encumbered_minor": ("Held for agreements, in minor units.", labels, encumbered),
        "free_minor": ("Free to be promised, in minor units.", labels, free),
    }


def metrics_routes(meters: Meters, token: str) -> APIRouter:
    """Return ``GET /ops/metrics``, read with a token of its own; none where there is no token.

    Parameters
    ----------
    meters : Meters
        What is shown.
    token : str
        As ``Authorization: Bearer …``; no person's token opens it, and it opens nothing else.
    """
    router = APIRouter(tags=["operations"], include_in_schema=False)
    wanted = f"Bearer {token}".encode()

    async def show(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, wanted):
            return refusal(NotSignedIn("Send the token of /ops/metrics."), new_id(meters.clock()))
        content = await run_in_threadpool(meters.text)
        return Response(content, media_type=MEDIA, headers={"Cache-Control": "no-store"})

    if token:
        router.add_api_route("/ops/metrics", show, methods=["GET"])
    return router
