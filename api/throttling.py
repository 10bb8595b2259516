"""How often one caller may ask: buckets of tokens in memory, told in the headers of each answer.

The problem: one caller in a loop takes the doors from all others, and a limit per user stops nobody who is
none. Signed-in callers have a bucket each; others share one per address.

Buckets live in one process and are forgotten when they are full again. Attempts to sign in are counted in
the database, for all processes (``records.throttles``).
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

from fastapi import Request

from .addresses import address_by
from .door import Limits, Throttle
from .errors import RateLimited
from .identity import Caller

MINUTE, HOUR = 60, 3600
MOST_BUCKETS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A limit.

    Attributes
    ----------
    name : str
        As the headers tell it.
    limit : int [requests]
        In a full bucket.
    window : int [s]
        In which an empty one fills.
    """

    name: str
    limit: int
    window: int


class Buckets:
    """Buckets by key; each fills steadily and loses one token per request."""

    def __init__(self, timer: Callable[[], float] = time.monotonic, most: int = MOST_BUCKETS) -> None:
        self._timer, self._most, self._lock = timer, most, Lock()
        self._held: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, policy: Policy, key: str) -> Mapping[str, str]:
        """Take a token, and return what the answer tells of the rest.

        Raises
        ------
        RateLimited
            With the seconds until there is one again.

        Examples
        --------
        >>> Buckets(lambda: 0.0).take(Policy(name="anonymous", limit=60, window=60), "x")["RateLimit"]
        '"anonymous";r=59;t=1'
        """
        now = self._timer()
        speed = policy.limit / policy.window
        with self._lock:
            tokens, at = self._held.pop((policy.name, key), (float(policy.limit), now))
            tokens = min(float(policy.limit), tokens + (now - at) * speed)
            short = tokens < 1
            self._held[policy.name, key] = (tokens if short else tokens - 1, now)
            if len(self._held) > self._most:
                self._held.popitem(last=False)
        if short:
            seconds = max(1, math.ceil((1 - tokens) / speed))
            raise RateLimited(
                f"More than {policy.limit} requests in {policy.window} seconds. Try again in {seconds} s.",
                policy=policy.name,
                limit=policy.limit,
                window=policy.window,
                seconds=seconds,
            )
        left = int(tokens - 1)
        return {
            "RateLimit": f'"{policy.name}";r={left};t={math.ceil(1 / speed)}',
            "RateLimit-Policy": f'"{policy.name}";q={policy.limit};w={policy.window}',
        }


def throttle_by(
    limits: Limits, *, proxies: Iterable[str] = (), timer: Callable[[], float] = time.monotonic
) -> Throttle:
    """Return what a door asks before each request.

    Parameters
    ----------
    limits : Limits
        How much one caller may ask; 0 for no limit.
    proxies : iterable of str
        Networks whose ``X-Forwarded-For`` is believed, for example ``10.0.0.0/8``.
    timer : callable
        Seconds that only grow.
    """
    buckets, whose = Buckets(timer), address_by(proxies)
    anonymous = Policy(name="anonymous", limit=limits.anonymous, window=MINUTE)
    signed_in = Policy(name="signed-in", limit=limits.signed_in, window=MINUTE)
    files = Policy(name="uploads", limit=limits.uploads, window=HOUR)

    def throttle(caller: Caller | None, request: Request, *, uploads: bool) -> Mapping[str, str]:
        key = caller.person if caller else whose(request)
        told: Mapping[str, str] = {}
        for policy in (signed_in if caller else anonymous, *((files,) if uploads else ())):
            if policy.limit:
                told = buckets.take(policy, key)
        return told

    return throttle
