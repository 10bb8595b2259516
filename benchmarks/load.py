"""Closed-loop clients over keep-alive sockets, with replies cut and requests repeated on purpose."""

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PATIENCE = 30.0
NO_ANSWER = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is asked again and again.

    Attributes
    ----------
    body : bytes
        Sent with each request; empty for none.
    keyed : bool
        Each request takes a key of its own.
    """

    method: str
    path: str
    body: bytes = b""
    keyed: bool = False


@dataclass(slots=True)
class Seen:
    """What clients saw.

    Attributes
    ----------
    seconds : list of float [s]
        Each request, from the first byte sent to the last received.
    statuses : Counter
        Answers by status.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    cut: int = 0

    def add(self, other: "Seen") -> None:
        """Take over what another client saw."""
        self.seconds += other.seconds
        self.statuses += other.statuses
        self.codes += other.codes
        self.cut += other.cut


def percentile(seconds: Sequence[float], share: float) -> float:
    """Return a percentile in milliseconds, by the nearest rank."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def run_clients(count: int, work: Callable[[int, Seen], None]) -> Seen:
    """Run clients side by side and return what all of them saw."""
    whole, lock = Seen(), threading.Lock()

    def one(number: int) -> None:
        mine = Seen()
        try:
            work(number, mine)
        except (OSError, http.client.HTTPException):  # an answer that never came is an answer of its own
            mine.statuses[NO_ANSWER] += 1
        with lock:
            whole.add(mine)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return whole


JSON = {"Content-Type": "application/json"}


def closed_loop(port: int, aim: Aim, clients: int, seconds: float, name: str) -> Seen:
    """Let each client ask as soon as it was answered, for a time."""
    until = time.monotonic() + seconds

    def work(number: int, seen: Seen) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        asked = 0
        while time.monotonic() < until:
            headers = JSON | {"Authorization": f"Bearer client-{number}"}
            if aim.keyed:
                headers["Idempotency-Key"] = f"{name}-{number}-{asked}"
            began = time.perf_counter()
            connection.request(aim.method, aim.path, body=aim.body or None, headers=headers)
            reply = connection.getresponse()
            reply.read()
            seen.seconds.append(time.perf_counter() - began)
            seen.statuses[reply.status] += 1
            asked += 1
        connection.close()

    return run_clients(clients, work)


def with_faults(port: int, aim: Aim, clients: int, each: int, share: float, name: str) -> Seen:
    """Let each client get an answer per key, while a share of the replies is cut off and asked again."""

    def work(number: int, seen: Seen) -> None:
        chance = random.Random(number)  # noqa: S311  # which replies are cut, the same in each run
        for key in range(each):
            _until_answered(port, aim, f"{name}-{number}-{key}", number, (chance, share), seen)

    return run_clients(clients, work)


def _until_answered(
    port: int, aim: Aim, key: str, number: int, fate: tuple[random.Random, float], seen: Seen
) -> None:
    chance, share = fate
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        headers = JSON | {"Authorization": f"Bearer client-{number}"}
        try:
            connection.request(
                aim.method, aim.path, body=aim.body, headers=headers | {"Idempotency-Key": key}
            )
            if chance.random() < share:  # gone before the answer is read
                connection.sock.shutdown(socket.SHUT_RDWR)
                seen.cut += 1
                continue
            reply = connection.getresponse()
            content = reply.read()
        except OSError:
            seen.cut += 1
            continue
        finally:
            connection.close()
        seen.statuses[reply.status] += 1
        if reply.status in {409, 429, 503}:  # a payment that fits its fund is refused by no rule
            seen.codes[str(json.loads(content).get("code"))] += 1
            time.sleep(0.05)
            continue  # nothing was written; the same key asks again
        return
