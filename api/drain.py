"""A server that ends without losing a request, and that no slow client can hold.

The problem: a process that is told to end and closes its door at once resets requests that a balancer had
just sent; one that waits for its clients to leave never ends. First it says that it is not ready and asks
each client to take another connection, then it takes no more, and last it lets the streams go and waits for
what is under way. And a client that sends one letter of a header every minute would hold a connection for
ever: the head of a request arrives within a time, or the connection ends.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import anyio.to_thread
import h11
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

CLOSING = (b"connection", b"close")


def asking_to_leave(app: ASGIApp, ending: threading.Event) -> ASGIApp:
    """Return an application that asks its clients for another connection once it is ending.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    ending : threading.Event
        Set when the process was told to end.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if ending.is_set() and message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), CLOSING]}
            await send(message)

        await app(scope, receive, sending)

    return answer


class Patient(H11Protocol):
    """A connection that ends when the head of a request does not arrive."""

    patience = 30.0
    waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent has it
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Read on, and wait no more once a head is whole."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait()
        else:
            self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._rest()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self.waiting is None:
            self.waiting = self.loop.call_later(self.patience, self._give_up)

    def _rest(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def _give_up(self) -> None:
        self.waiting = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def patient(seconds: float) -> type[Patient]:
    """Return a protocol that waits so long for the head of a request.

    Parameters
    ----------
    seconds : float [s]
        From the connection, or from the first byte behind an answer.

    Examples
    --------
    >>> patient(5.0).patience
    5.0
    """
    return type("PatientFor", (Patient,), {"patience": seconds})


class Draining(uvicorn.Server):
    """A server that ends in three steps: not ready, no more connections, streams told.

    Parameters
    ----------
    config : uvicorn.Config
        As for any server.
    threads : int [threads]
        Requests worked on at once.
    ending : threading.Event
        Set when the process was told to end.
    notice : float [s]
        Between the first step and the second.
    release : callable
        Lets the streams go.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        threads: int,
        ending: threading.Event,
        notice: float,
        release: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._threads, self._ending, self._notice, self._release = threads, ending, notice, release

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Begin, with as many threads as there are connections to the database."""
        anyio.to_thread.current_default_thread_limiter().total_tokens = self._threads
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # as its parent has it
        """Begin to end; a second signal ends at once."""
        if self._ending.is_set():
            self.should_exit = True
            self.force_exit = sig == signal.SIGINT
            return
        self._ending.set()
        timer = threading.Timer(self._notice, self._close)
        timer.daemon = True
        timer.start()

    def _close(self) -> None:
        self._release()
        self.should_exit = True
