"""The outbox: what happened is told to every endpoint that asked, once or more, and never not at all.

The problem: a message sent inside the transaction tells of what is then rolled back; one sent behind it is
lost when the process ends between the two. The sealed log is the outbox here: an event is in it or did not
happen, and each endpoint keeps how far it was told. ``fan_out`` writes the messages and the new place in one
transaction; ``deliver`` sends what is due, one endpoint at a time, signed by the Standard Webhooks scheme.
What fails is tried again for three days; what stays silent for five days, or answers 410, is switched off.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from standardwebhooks import Webhook

from ..finance.dates import Clock, instant_text
from ..finance.errors import AlmonerError
from ..finance.posting.events import derive_id, keep_event
from ..finance.storage import Engine, Session, UnitOfWork
from .feed import NAMES, Told, read_told, said_bytes, tell
from .identity import Caller, Grant
from .ids import new_id
from .records import deliveries, endpoints
from .records import feed as records
from .records.deliveries import Message
from .records.endpoints import Endpoint, endpoint_place
from .vault import Vault

Post = Callable[..., tuple[int, bytes]]
Rights = Callable[[Session, str, str, int], tuple[Grant, ...]]
WAITS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER_BP = 1_000
PATIENCE = timedelta(days=5)
QUIET = timedelta(seconds=30)
LANE, LANE_S, LEASE = 25, 30.0, timedelta(seconds=60)
GONE = 410


def next_wait(attempts: int, delivery: UUID) -> timedelta | None:
    """Return how long to wait behind a failed try; None when there is no further one.

    Parameters
    ----------
    attempts : int [tries]
        Made so far, at least one.
    delivery : UUID
        Spreads the tries of many messages, the same for the same message.

    Examples
    --------
    >>> 300 <= next_wait(2, UUID(int=7)).total_seconds() <= 330, next_wait(10, UUID(int=7))
    (True, None)
    """
    if attempts >= len(WAITS_S):
        return None
    digest = hashlib.sha256(delivery.bytes + bytes([attempts])).digest()
    spread_bp = int.from_bytes(digest[:4]) % JITTER_BP
    return timedelta(seconds=WAITS_S[attempts] * (10_000 + spread_bp) / 10_000)


def fan_out(session: Session, book: str, book_id: int, *, now: datetime, rights: Rights) -> int:
    """Write the messages of what was sealed since each endpoint was last told; return how many.

    Parameters
    ----------
    session : Session
        The caller's; messages and the endpoints' places are committed together.
    book : str
        Code of the book.
    book_id : int [row number]
        Of the book.
    now : datetime
        When rights are looked at, and from when on the messages are due.
    rights : callable
        Takes session, person, book and its row number; returns the roles of whoever made the endpoint: what
        they may no longer read, their endpoint is no longer told.
    """
    read: dict[int, tuple[list[Told], int]] = {}
    count = 0
    for one in endpoints.lock_untold(session, book_id, records.find_position(session, book_id)):
        if one.told_below not in read:
            read[one.told_below] = read_told(session, book, book_id, one.told_below - 1)
        told, position = read[one.told_below]
        made = list(_messages(session, book, one, told, now=now, rights=rights))
        deliveries.keep_deliveries(session, made)
        endpoints.keep_progress(session, one.id, position + 1)
        count += len(made)
    return count


def _messages(
    session: Session, book: str, endpoint: Endpoint, told: Sequence[Told], *, now: datetime, rights: Rights
) -> list[dict[str, object]]:
    caller = Caller(person=endpoint.person)
    grants = rights(session, endpoint.person, book, endpoint.book_id) if told else ()
    wanted = endpoint.kinds or NAMES
    made: list[dict[str, object]] = []
    for one in told:
        item = tell(one, caller, grants, party=endpoint.party, now=now)
        if item is not None and one.telling.name in wanted:
            content = said_bytes(item.told)
            message = {"id": new_id(now), "endpoint_id": endpoint.id, "event_id": one.event, "next_at": now}
            made.append({**message, "kind": one.telling.name, "body": content})
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one try ended.

    Attributes
    ----------
    status : int or None [HTTP status]
        None when nothing answered.
    error : str
        Code of what stood in the way; empty when it was answered.
    """

    status: int | None
    error: str = ""

    @property
    def arrived(self) -> bool:
        """Tell whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  # success, RFC 9110


def deliver(
    engine: Engine,
    endpoint: UUID,
    *,
    post: Post,
    vault: Vault,
    clock: Clock,
    spent: Callable[[], float] = time.monotonic,
) -> int:
    """Send what is due for one endpoint; return how many messages arrived.

    Nothing is locked while a message is under way. A receiver that stays silent is left alone for half a
    minute, so that it holds its lane for one time-out at most.

    Parameters
    ----------
    engine : Engine
        Taking and writing down are transactions of their own.
    endpoint : UUID
        Where to.
    post : callable
        ``outbound.post``.
    vault : Vault
        Opens the secret.
    clock : Clock
        The time of each try, which is signed.
    spent : callable
        Seconds since whenever; a round ends after 30.
    """
    with UnitOfWork(engine) as session:
        taken = deliveries.lease_due(session, endpoint, clock(), LEASE, limit=LANE)
        found = endpoints.find_endpoints(session, {endpoint})
    if not taken:
        return 0
    began, tried = spent(), list[tuple[Message, Outcome, datetime]]()
    for one in taken:
        outcome = _send(found[endpoint], one, post=post, vault=vault, now=clock())
        tried.append((one, outcome, clock()))
        if outcome.status in {None, GONE} or spent() - began > LANE_S:
            break
    with UnitOfWork(engine) as session:
        _write_down(session, found[endpoint], tried)
        deliveries.end_leases(session, taken[len(tried) :])
        if tried[-1][1].status is None:
            deliveries.postpone(session, endpoint, tried[-1][2] + QUIET)
    return sum(outcome.arrived for _, outcome, _ in tried)


def signed_headers(body: bytes, message: str, secrets: Sequence[bytes], now: datetime) -> Mapping[str, str]:
    """Return the headers of a message, signed with each secret that is in force.

    Parameters
    ----------
    body : bytes
        As it is sent.
    message : str
        Its identity, the same at each try.
    secrets : sequence of bytes
        The newest first.
    now : datetime
        When it is sent.
    """
    signatures = (Webhook(secret).sign(message, now, body.decode()) for secret in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "almoner",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _send(endpoint: Endpoint, one: Message, *, post: Post, vault: Vault, now: datetime) -> Outcome:
    try:
        boxes = [endpoint.secret]
        if endpoint.earlier_secret and endpoint.earlier_until and now < endpoint.earlier_until:
            boxes.append(bytes(endpoint.earlier_secret))
        secrets = [vault.open(box, endpoint_place(endpoint.id)) for box in boxes]
        headers = signed_headers(one.body, str(one.event_id), secrets, now)
        status, _ = post(endpoint.url, content=one.body, headers=headers)
    except AlmonerError as error:
        return Outcome(status=None, error=error.code)
    return Outcome(status=status)


def _write_down(
    session: Session, endpoint: Endpoint, tried: Sequence[tuple[Message, Outcome, datetime]]
) -> None:
    failing, why = endpoint.failing_since, ""
    for one, outcome, at in tried:
        said = {"attempts": one.attempts + 1, "last_status": outcome.status, "last_error": outcome.error}
        wait = next_wait(one.attempts + 1, one.id)
        if outcome.arrived:
            deliveries.keep_try(session, one, **said, state="delivered", delivered_at=at)
            failing = None
            continue
        failing = failing or at
        if wait is None or outcome.status == GONE:
            deliveries.keep_try(session, one, **said, state="dead")
        else:
            deliveries.keep_try(session, one, **said, next_at=at + wait)
        if at - failing >= PATIENCE:
            why = "failing"
        if outcome.status == GONE:
            why = "gone"
    if failing != endpoint.failing_since:
        endpoints.keep_failing(session, endpoint.id, failing)
    if why:
        _switch_off(session, endpoint, why, tried[-1][2])


def _switch_off(session: Session, endpoint: Endpoint, why: str, at: datetime) -> None:
    """Switch an endpoint off, and tell its owner through the log."""
    endpoints.change_endpoint(session, endpoint.id, disabled_at=at, disabled_for=why)
    said = {"endpoint": str(endpoint.id), "party": endpoint.party, "reason": why}
    identity = derive_id(str(endpoint.book_id), "webhook", f"{endpoint.id}/{instant_text(at)}", at)
    keep_event(session, endpoint.book_id, identity, "webhook.disabled", said, at)
