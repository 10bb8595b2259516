"""An installation put together from its settings: database, door, application, worker.

The problem: a library leaves each part to whoever embeds it; a server has to choose, once and in one place,
and has to find out before its first request that the parts fit: the schema is ours, the role that row
security binds is there, every secret is good.
"""

import gc
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TextIO

import uvicorn
from starlette.types import ASGIApp

from ..finance.dates import Clock, system_clock
from ..finance.storage import Engine, Session, open_engine, require_schema
from .addresses import address_by
from .app import create_app
from .door import Answered, Door, Hooks
from .drain import Draining, asking_to_leave, patient
from .job_kinds import KINDS
from .logs import take_over, tell_requests
from .metrics import Meters, metrics_routes
from .oidc import Issuer
from .outbound import Guard, post, read_url
from .pages import Guest, Look
from .readiness import ready_by
from .records.starting import Statements, require_role
from .settings import Settings
from .signing_in import credentials_of, identify_by
from .throttling import throttle_by
from .tokens import read_keys
from .vault import Vault
from .worker import Sealer, Worker, run_worker

_LOG = logging.getLogger("almoner")
ANEW_S = 5.0
SPARE = 4
STATEMENT_S = 30
WORKERS_CONNECTIONS = 26


Watch = Callable[[Answered], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A server's parts, put together.

    Attributes
    ----------
    app : ASGIApp
        What answers.
    ending : threading.Event
        Set when it was told to end.
    """

    settings: Settings
    engine: Engine
    door: Door
    app: ASGIApp
    ending: threading.Event


def open_checked(settings: Settings, *, connections: int, patience_s: int = 0) -> Engine:
    """Open the database, and refuse one that is not ours.

    Parameters
    ----------
    settings : Settings
        Of the installation.
    connections : int [connections]
        Held open.
    patience_s : int [s]
        The longest a statement may take; 0 for no limit.

    Raises
    ------
    DatabaseUnreadable, SchemaMissing
        Before anything is served.
    """
    engine = open_engine(
        settings.db.get_secret_value(), must_exist=True, connections=connections, patience_s=patience_s
    )
    with Session(engine) as session:
        require_schema(session)
        if settings.row_security:
            require_role(session)
    return engine


def assemble(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    log: TextIO = sys.stdout,
    guests: tuple[Guest, ...] = (),
) -> Installation:
    """Put an installation together.

    Parameters
    ----------
    settings : Settings
        What it was told.
    clock : Clock
        When acts are recorded.
    log : TextIO
        Where its lines go.
    guests : tuple of Guest
        Whom visitors of a demonstration may go on as.

    Raises
    ------
    SettingsInvalid, DatabaseUnreadable, SchemaMissing
        Before anything is served.
    """
    engine = open_checked(settings, connections=settings.threads + SPARE, patience_s=STATEMENT_S)
    ending = threading.Event()
    meters = Meters(engine, clock=clock)
    told = tell_requests(log, clock=clock, statements=Statements(engine).take)
    keys = read_keys(settings.address, settings.address, settings.pems) if settings.pems else None
    issuer = _issuer(settings)
    door = Door(
        engine=engine,
        identify=identify_by(engine, clock=clock, keys=keys, issuer=issuer),
        clock=clock,
        secret=settings.secret.get_secret_value().encode(),
        people_key=bytes.fromhex(settings.people_key.get_secret_value()),
        row_security=settings.row_security,
        limits=settings.limits,
        hooks=Hooks(vault=Vault(keys=settings.vault), check=partial(read_url, guard=guard_of(settings)))
        if settings.vault
        else None,
        throttle=throttle_by(settings.limits, proxies=settings.proxies),
        credentials=credentials_of(keys) if keys is not None and settings.signs_in else None,
        address_of=address_by(settings.proxies),
        require_ready=ready_by(clock, ending),
        watch=_both(told, meters.watch),
    )
    app = create_app(
        engine=engine, identify=door.identify, clock=clock, door=door, pages=look_of(settings, guests)
    )
    app.router.routes.extend(metrics_routes(meters, settings.metrics_token.get_secret_value()).routes)
    return Installation(
        settings=settings, engine=engine, door=door, app=asking_to_leave(app, ending), ending=ending
    )


def look_of(settings: Settings, guests: tuple[Guest, ...] = ()) -> Look | None:
    """Return how pages are shown; None where none are. Cookies are for HTTPS, but at this machine alone."""
    if not settings.pages:
        return None
    return Look(
        name=settings.name,
        languages=settings.languages,
        secure=not settings.on_this_machine,
        guests=guests,
        chromium=settings.chromium,
    )


def _both(first: Watch, second: Watch) -> Watch:
    def watch(answered: Answered) -> None:
        first(answered)
        second(answered)

    return watch


def _issuer(settings: Settings) -> Issuer | None:
    if not settings.oidc_issuer:
        return None
    return Issuer(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        jwks_url=settings.oidc_jwks_url,
        acr=frozenset(settings.oidc_acr),
        guard=guard_of(settings),
    )


def guard_of(settings: Settings) -> Guard:
    """Return what is let out to."""
    return Guard(local=settings.outbound_local)


def worker_of(
    settings: Settings, *, clock: Clock = system_clock, kinds: tuple[str, ...] = tuple(KINDS)
) -> Worker:
    """Return the worker of an installation, with connections of its own.

    Parameters
    ----------
    settings : Settings
        Of the installation.
    clock : Clock
        By which things are due.
    kinds : tuple of str
        Jobs it takes.

    Raises
    ------
    DatabaseUnreadable, SchemaMissing
        Before it begins.
    """
    return Worker(
        engine=open_checked(settings, connections=WORKERS_CONNECTIONS),
        clock=clock,
        name=f"{socket.gethostname()[:80]}-{os.getpid()}-{secrets.token_hex(4)}",
        sealer=Sealer(name=settings.seal_name, secret=bytes.fromhex(settings.seal_key.get_secret_value())),
        post=partial(post, guard=guard_of(settings)),
        vault=Vault(keys=settings.vault) if settings.vault else None,
        kinds=kinds,
    )


def keep_working(worker: Worker, stopped: threading.Event) -> None:
    """Work until told to stop, and begin anew after a fault: a database that was away comes back.

    Parameters
    ----------
    worker : Worker
        From ``worker_of``.
    stopped : threading.Event
        Set by whoever ends the process.
    """
    while not stopped.is_set():
        try:
            run_worker(worker, stopped)
        except Exception:  # noqa: BLE001  # the worker outlives whatever befell it
            _LOG.exception("the worker failed, and begins anew")
            stopped.wait(ANEW_S)


def serve(installation: Installation, *, worker: Worker | None = None) -> None:
    """Serve until the process is told to end; what is under way is answered first.

    Parameters
    ----------
    installation : Installation
        From ``assemble``.
    worker : Worker or None
        Works beside it, in threads of this process.
    """
    settings, stopped = installation.settings, threading.Event()
    take_over(clock=installation.door.clock)
    config = uvicorn.Config(
        installation.app,
        host=settings.host,
        port=settings.port,
        http=patient(settings.patience),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=settings.connections,
        timeout_graceful_shutdown=settings.drain,
    )
    server = Draining(
        config,
        threads=settings.threads,
        ending=installation.ending,
        notice=settings.notice,
        release=installation.door.streams.close,
    )
    gc.collect()
    gc.freeze()  # what stands now stays: to search it for garbage again and again holds up every request
    beside = threading.Thread(target=keep_working, args=(worker, stopped)) if worker is not None else None
    if beside is not None:
        beside.start()
    try:
        server.run()
    finally:
        stopped.set()
        if beside is not None:
            beside.join()
        installation.engine.dispose()
