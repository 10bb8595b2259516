"""Derive everything again and compare: whether the books are right, and where they are not.

The problem: a ledger that somebody altered behind its back looks like any other. ``verify`` reads events,
postings and draws side by side in the order of their identities, a few thousand rows at a time, and holds
each against the others; it needs no more memory for a million postings than for ten.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from ..dates import instant_text
from ..errors import DocumentInvalid
from ..records import audit, entries, leaves, registry
from ..storage import Session
from .sealing import find_log_faults
from .vouching import find_approval_faults

SIZE_LINE, ROOT_LINE = 1, 2
Said = tuple[object, ...]
LEG_NAMES = ("account", "unit", "earmark", "layer", "side", "line", "amount")
LINKS = {
    "expires_at": "expires_at",
    "parent": "parent_id",
    "refunds": "refunds_id",
    "corrects": "corrects_id",
    "proposal": "proposal_id",
    "refusal": "refusal",
}
CONVERSION_NAMES = ("base", "quote", "as_of", "source", "num", "den", "sold", "bought", "rounding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a check of the whole book found.

    Attributes
    ----------
    transactions, postings : int [rows]
        How many were checked.
    findings : tuple of str
        Every fault, with its place; empty when the books are right.
    unbalanced : int [transactions]
        How many of the findings are transactions that do not balance.
    """

    transactions: int
    postings: int
    unbalanced: int
    findings: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """Tell whether nothing was found."""
        return not self.findings


def verify(session: Session, book: str, *, since: str = "") -> Verification:
    """Derive everything again from the postings and compare.

    Checked: every rule of the fault views for every transaction; each counter of each balance against the
    sum of its postings; each lot against its draws; each earmark against its digest and its scope; each
    event's digest against its bytes; all that each event says of its transaction, legs, draws and conversions
    against the rows; each rate against its event; and the transparency log: each leaf against its event, each
    checkpoint against the leaves.

    Parameters
    ----------
    session : Session
        The caller's.
    book : str
        Code of the book.
    since : str
        A checkpoint that was kept outside: the log has to go on from it. Without one, a database that was
        put back to an earlier day looks right.
    """
    book_id = registry.find_book_id(session, book)
    faults = entries.list_faults(session, book_id=book_id)
    findings = [f"transaction {identity}: {why}" for identity, why in faults]
    findings += [
        f"balance of {path}: counters differ from its postings"
        for path in audit.list_moved_balances(session, book_id)
    ]
    findings += [
        f"total of {one}: differs from its postings" for one in audit.list_moved_lines(session, book_id)
    ]
    findings += [
        f"total of {one}: differs from its postings" for one in audit.list_moved_days(session, book_id)
    ]
    findings += [f"lot of {code}: differs from its draws" for code in audit.list_moved_lots(session, book_id)]
    findings += [f"pool of {fund}: differs from its cash" for fund in audit.list_uncovered(session, book_id)]
    findings += [
        f"transaction {identity}: it lacks its event or its end"
        for identity in audit.list_unfinished(session, book_id)
    ]
    findings += [
        f"earmark {code}: its terms or its scope were changed"
        for code in audit.list_changed_earmarks(session, book_id)
    ]
    findings += find_event_faults(session, book_id)
    findings += [f"rate {rate}: it differs from its event" for rate in _changed_rates(session, book_id)]
    findings += find_approval_faults(session, book_id)
    findings += find_log_faults(session, book_id)
    findings += find_history_faults(session, book_id, since) if since else ()
    transactions, postings = entries.count_entries(session, book_id)
    return Verification(
        transactions=transactions,
        postings=postings,
        unbalanced=sum(why == "unbalanced" for _, why in faults),
        findings=tuple(findings),
    )


def find_history_faults(session: Session, book_id: int, since: str) -> Iterator[str]:
    """Yield what is wrong with the log beside a checkpoint that was kept outside.

    Parameters
    ----------
    session : Session
        The caller's.
    book_id : int [row number]
        The book.
    since : str
        The signed note, as it was printed.

    Raises
    ------
    DocumentInvalid
        When it is no checkpoint.
    """
    kept = since.splitlines()
    if len(kept) <= ROOT_LINE or not kept[SIZE_LINE].isdecimal():
        raise DocumentInvalid("This is no checkpoint: it needs a line each for origin, size and root.")
    size = int(kept[SIZE_LINE])
    found = leaves.find_checkpoint(session, book_id, size)
    end = leaves.find_end(session, book_id)[0]
    if found is None and end < size:
        yield f"log: it ends at {end} events, and the checkpoint kept outside covers {size}: it was put back"
    elif found is None or found.note.splitlines()[: ROOT_LINE + 1] != kept[: ROOT_LINE + 1]:
        yield f"log: it has another history than the checkpoint of {size} events kept outside"


def find_event_faults(session: Session, book_id: int) -> Iterator[str]:
    """Yield what is wrong with events: digests against bytes, and what they say against the rows."""
    accounts = audit.name_accounts(session, book_id)
    codes = audit.name_contributions(session, book_id)
    legs = _Beside(
        audit.stream_postings(session, book_id),
        lambda row: (row.seq, *accounts[row.account_id], row.layer, row.side, row.line, str(row.amount)),
    )
    draws = _Beside(
        audit.stream_draws(session, book_id),
        lambda row: (row.seq, codes[row.contribution_id], str(row.amount)),
    )
    conversions = _Beside(
        audit.stream_conversions(session, book_id),
        lambda row: (
            *(row.base_unit, row.quote_unit, row.as_of.isoformat(), row.source, str(row.num), str(row.den)),
            *(str(row.sold_minor), str(row.bought_minor), row.rounding),
        ),
    )
    for row in audit.stream_events(session, book_id):
        content = bytes(row.body)
        stored = (legs.of(row.id), sorted(draws.of(row.id)), conversions.of(row.id))
        if hashlib.sha256(b"\x00" + content).digest() != bytes(row.leaf_sha256):
            yield f"event {row.id}: its digest does not fit its bytes"
        elif not _says(content, kind=row.kind, recorded_at=instant_text(row.told_at)):
            yield f"event {row.id}: its kind or its instant differs from its bytes"
        elif row.kind.startswith("ledger.") and _told(content) != (_stored(row), *stored):
            yield f"transaction {row.id}: its rows differ from its event"
    for beside in (legs, draws, conversions):
        yield from (f"transaction {identity}: it has rows and no event" for identity in beside.left())


def _changed_rates(session: Session, book_id: int) -> Iterator[UUID]:
    """Yield the rates that are not what their event says."""
    for row in audit.stream_rates(session, book_id):
        pair = {"base": row.base_unit, "quote": row.quote_unit, "source": row.source}
        if not _says(bytes(row.body), **pair, as_of=row.as_of.isoformat(), num=row.num, den=row.den):
            yield row.id


class _Beside:
    """Rows of many transactions, taken transaction by transaction as the events go by."""

    def __init__(self, rows: Iterator[audit.AnyRow], describe: Callable[[audit.AnyRow], Said]) -> None:
        self._groups = groupby(rows, key=lambda row: row.txn_id)
        self._describe = describe
        self._next: tuple[UUID, list[Said]] | None = None
        self._skipped: list[UUID] = []
        self._advance()

    def _advance(self) -> None:
        self._next = None
        for identity, rows in self._groups:
            self._next = (identity, [self._describe(row) for row in rows])
            return

    def of(self, identity: UUID) -> list[Said]:
        """Return the rows of a transaction, past those that no event asked for."""
        while self._next is not None and self._next[0] < identity:
            self._skipped.append(self._next[0])
            self._advance()
        if self._next is None or self._next[0] != identity:
            return []
        rows = self._next[1]
        self._advance()
        return rows

    def left(self) -> Iterator[UUID]:
        """Yield the transactions whose rows no event asked for."""
        yield from self._skipped
        while self._next is not None:
            yield self._next[0]
            self._advance()


def _says(content: bytes, **expected: str | int) -> bool:
    """Tell whether the bytes of an event say what stands beside them."""
    try:
        body = json.loads(content)
        return all(body[name] == value for name, value in expected.items())
    except (ValueError, KeyError, TypeError):
        return False


def _told(content: bytes) -> object:
    """Read what the event of a transaction says of its rows, in the shape of those."""
    try:
        body = json.loads(content)
        act = body.get("act", "posted")
        said = [body[name] for name in ("transaction", "client", "key", "effective_on", "recorded_at")]
        said += [act, body["request_sha256"], *(body.get(name) for name in LINKS)]
        legs: list[Said] = []
        draws: list[Said] = []
        for seq, leg in enumerate(body["legs"] if act != "refused" else (), start=1):
            legs.append((seq, *(leg[name] for name in LEG_NAMES)))
            draws += [(seq, draw["contribution"], draw["amount"]) for draw in leg["draws"]]
        conversions = [tuple(one[name] for name in CONVERSION_NAMES) for one in body.get("conversions", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return said, legs, sorted(draws), conversions


def _stored(row: audit.AnyRow) -> object:
    """Read what a transaction's own row holds, in the same shape."""
    if row.transaction is None:
        return None
    said = [row.transaction, row.client, row.idem_key, row.effective_on.isoformat()]
    said += [instant_text(row.recorded_at), row.act, bytes(row.request_sha256).hex()]
    for column in LINKS.values():
        value = getattr(row, column)
        plain = value is None or isinstance(value, str)
        said.append(value if plain else str(value) if isinstance(value, UUID) else instant_text(value))
    return said
