"""The sealed log over HTTP: events, checkpoints, proofs, closed periods, and a check of the whole book.

The problem: the log holds everything, also what is blind or private for now. Everybody with a role sees that
an event is there; its content is shown only of money, and to those whose it is.
"""

from collections.abc import Collection
from uuid import UUID

from ...finance import acts
from ...finance.documents import Code
from ...finance.errors import Missing
from ...finance.records import entries, leaves, periods
from ...finance.records.audit import AnyRow
from ..door import NOT_HERE, Call
from ..errors import BookTooLarge
from ..operation import Operation
from ..paging import PageQuery, cut, page_of, read_cursor
from ..wire.log import (
    CheckpointLine,
    CheckpointList,
    CheckpointQuery,
    CheckpointReply,
    EventLine,
    EventList,
    EventQuery,
    EventReply,
    PeriodLine,
    PeriodList,
    PeriodMade,
    PeriodRequest,
    ProofQuery,
    ProofReply,
    VerificationReply,
)
from .ledger import BOOK, POOL, find_seen, owners_of

MONEY = ("approval.", "contribution.", "in_kind.", "ledger.", "period.", "pledge.", "rate.")
CHECKED_AT_ONCE = 50_000


def list_periods(call: Call, query: PageQuery) -> PeriodList:
    """List the closed periods of the book."""
    found = periods.list_closes(call.session, call.book_id)
    page, after = cut(call, query, found, lambda row: (row[0].isoformat(),), name="period.list")
    return PeriodList(items=[PeriodLine(closed_through=day, event=event) for day, event in page], next=after)


def close_period(call: Call, body: PeriodRequest) -> PeriodMade:
    """Close the book through a day: nothing is dated there any more, and its statements are on record."""
    closed = acts.close_period(call.session, call.book, body.through, key=call.key, clock=call.clock)
    return PeriodMade(closed_through=closed)


def list_events(call: Call, query: EventQuery) -> EventList:
    """List the sealed events in the order of the log, without their content."""
    seen = read_cursor(call, query, "event.list")
    start = 0 if seen is None else int(seen[0]) + 1
    found = leaves.list_sealed(
        call.session, call.book_id, start=start, limit=query.limit + 1, kind=query.kind
    )
    page, after = page_of(call, query, found, lambda row: (row.idx,), name="event.list")
    return EventList(items=[_line(row) for row in page], next=after)


def _line(row: AnyRow) -> EventLine:
    return EventLine(
        id=row.id,
        index=row.idx,
        kind=row.kind,
        recorded_at=row.recorded_at,
        leaf_sha256=bytes(row.leaf_sha256).hex(),
    )


def read_event(call: Call, event: UUID) -> EventReply:
    """Return an event; its content only where it is about money and the caller sees all of that."""
    row = _find(call, event)
    open_to = row.kind.startswith(MONEY) and not call.access.masked
    return EventReply(**dict(_line(row)), body=bytes(row.body).decode() if open_to else None)


def _find(call: Call, event: UUID) -> AnyRow:
    row = leaves.find_event(call.session, call.book_id, event)
    if row is None:
        raise Missing(f"There is no event {event} in this book.", what="event", code=str(event))
    return row


def list_checkpoints(call: Call, query: CheckpointQuery) -> CheckpointList:
    """List the signed checkpoints of the log; with ``last``, the newest alone."""
    if query.last:
        newest = leaves.find_last_checkpoint(call.session, call.book_id)
        return CheckpointList(items=[_checkpoint(newest)] if newest else [], next=None)
    seen = read_cursor(call, query, "checkpoint.list")
    above = -1 if seen is None else int(seen[0])
    found = leaves.page_checkpoints(call.session, call.book_id, above=above, limit=query.limit + 1)
    page, after = page_of(call, query, found, lambda row: (row.size,), name="checkpoint.list")
    return CheckpointList(items=[_checkpoint(row) for row in page], next=after)


def read_checkpoint(call: Call, size: int) -> CheckpointReply:
    """Return the checkpoint of a size.

    Parameters
    ----------
    call : Call
        Of the reader.
    size : int [leaves]
        How many events it covers.
    """
    row = leaves.find_checkpoint(call.session, call.book_id, size) if 0 <= size < 2**63 else None
    if row is None:
        raise Missing(f"There is no checkpoint of {size} events.", what="checkpoint", code=str(size))
    return CheckpointReply(**dict(_checkpoint(row)))


def _checkpoint(row: AnyRow) -> CheckpointLine:
    return CheckpointLine.of(row.note, bytes(row.public_key), row.recorded_at)


def read_proof(call: Call, event: UUID, query: ProofQuery) -> ProofReply:
    """Prove that an event about money is in the log, under the last checkpoint."""
    if not _find(call, event).kind.startswith(MONEY):
        raise Missing(NOT_HERE)
    return ProofReply.of(acts.prove(call.session, call.book, event, since=query.since))


def read_fund_proof(call: Call, fund: Code, event: UUID, query: ProofQuery) -> ProofReply:
    """Prove that a transaction of a fund is in the log, under the last checkpoint."""
    one = find_seen(call, event, fund)
    if {leg.account.fund for leg in one.legs} != {fund}:
        raise Missing(NOT_HERE)
    return ProofReply.of(acts.prove(call.session, call.book, event, since=query.since))


def event_owners(call: Call, event: UUID, query: ProofQuery) -> Collection[str]:  # noqa: ARG001  # takes what the handler takes
    """Return whose an event is: of a transaction, the parties it pays and whose money it moves."""
    return owners_of(call, event)


def fund_event_owners(call: Call, fund: Code, event: UUID, query: ProofQuery) -> Collection[str]:  # noqa: ARG001  # takes what the handler takes
    """Return whose a transaction of a fund is."""
    return owners_of(call, event, fund)


def run_verification(call: Call) -> VerificationReply:
    """Derive every balance, lot and leaf of the book again, and say what differs.

    A book of more than 50,000 postings is checked by a job instead.
    """
    transactions, postings = entries.count_entries(call.session, call.book_id)
    if postings > CHECKED_AT_ONCE:
        raise BookTooLarge(
            f"The book holds {postings} postings; {CHECKED_AT_ONCE} are checked while you wait. Ask for a "
            "job of the kind verify.",
            transactions=transactions,
            postings=postings,
            most=CHECKED_AT_ONCE,
        )
    return VerificationReply.of(acts.verify(call.session, call.book))


OPERATIONS = (
    Operation(name="period.list", method="GET", path=f"{BOOK}/periods", handler=list_periods, tag="periods"),
    Operation(
        name="period.close",
        method="POST",
        path=f"{BOOK}/periods",
        handler=close_period,
        tag="periods",
        status=201,
        examples={"year": {"through": "2025-12-31"}},
    ),
    Operation(name="event.list", method="GET", path=f"{BOOK}/events", handler=list_events, tag="events"),
    Operation(
        name="event.read", method="GET", path=f"{BOOK}/events/{{event}}", handler=read_event, tag="events"
    ),
    Operation(
        name="checkpoint.list",
        method="GET",
        path=f"{BOOK}/checkpoints",
        handler=list_checkpoints,
        tag="checkpoints",
    ),
    Operation(
        name="checkpoint.read",
        method="GET",
        path=f"{BOOK}/checkpoints/{{size}}",
        handler=read_checkpoint,
        tag="checkpoints",
    ),
    Operation(
        name="proof.read",
        method="GET",
        path=f"{BOOK}/proofs/{{event}}",
        handler=read_proof,
        tag="checkpoints",
        owner=event_owners,
    ),
    Operation(
        name="fund_proof.read",
        method="GET",
        path=f"{POOL}/proofs/{{event}}",
        handler=read_fund_proof,
        tag="checkpoints",
        owner=fund_event_owners,
    ),
    Operation(
        name="verification.run",
        method="POST",
        path=f"{BOOK}/verifications",
        handler=run_verification,
        tag="checkpoints",
        keyed=False,
    ),
)
