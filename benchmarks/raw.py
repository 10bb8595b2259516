"""The baselines: raw psycopg and raw sqlite3 doing the same INSERTs.

``equal`` runs on the migrated schema, whose triggers check and move the balances. ``bare`` runs on the same
tables without views and triggers; there the client moves the balances itself, in the order of the accounts.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from almoner.finance.dates import instant_text

from .workload import KIND, LINE, Chart, Transfer

TXN_COLUMNS = "id, book_id, act, kind, client, idem_key, request_sha256, effective_on, recorded_at"
EVENT_COLUMNS = "id, book_id, kind, canon, body, leaf_sha256, recorded_at"
POSTING_COLUMNS = "txn_id, seq, account_id, layer, side, line, amount"
CLIENT = "library"


@dataclass(frozen=True, slots=True)
class Written:
    """The values of one transfer, ready to be bound."""

    id: UUID
    key: str
    digest: bytes
    body: bytes
    leaf: bytes
    debit: int
    credit: int
    minor: int


def write(chart: Chart, ids: Sequence[int], one: Transfer, instant: datetime) -> Written:
    """Make the identity, the event's bytes and the digests of a transfer."""
    legs = [
        {
            "account": account.path,
            "amount": str(one.minor),
            "draws": [],
            "earmark": account.earmark,
            "layer": "S",
            "line": LINE,
            "side": side,
            "unit": account.unit.code,
        }
        for account, side in ((chart.account(one.debit), 1), (chart.account(one.credit), -1))
    ]
    request = {
        "legs": legs,
        "note": "",
        "payee": "",
        "source": {"kind": "recorded", "reference": ""},
        "transaction": KIND,
    }
    digest = hashlib.sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode())
    event = {
        **request,
        "client": CLIENT,
        "effective_on": instant.date().isoformat(),
        "key": one.key,
        "kind": f"ledger.{KIND}",
        "recorded_at": instant_text(instant),
        "request_sha256": digest.hexdigest(),
    }
    body = json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
    return Written(
        id=_identity(),
        key=one.key,
        digest=digest.digest(),
        body=body,
        leaf=hashlib.sha256(b"\x00" + body).digest(),
        debit=ids[one.debit],
        credit=ids[one.credit],
        minor=one.minor,
    )


def _identity() -> UUID:
    """Make a UUIDv7: time first, so that indexes grow at their end as the library's do."""
    noise = int.from_bytes(os.urandom(10))
    high = (time.time_ns() // 1_000_000 << 16) | 0x7000 | (noise >> 68)
    return UUID(int=(high << 64) | (0b10 << 62) | (noise & (2**62 - 1)))


def _moves(rows: Sequence[Written]) -> list[tuple[int, int, int]]:
    """Sum what each account moves: account, debits, credits; in the order of the accounts."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        sums[row.debit][0] += row.minor
        sums[row.credit][1] += row.minor
    return [(account, *map(int, sums[account])) for account in sorted(sums)]  # type: ignore[misc]  # two sums


class RawPostgres:
    """psycopg, one statement after the other; batches as arrays through ``unnest``."""

    def __init__(self, address: str, chart: Chart, *, bare: bool) -> None:
        self.chart, self.bare = chart, bare
        self.connection = psycopg.connect(address)
        rows = self.connection.execute("SELECT path, id, book_id FROM account").fetchall()
        known = {path: identity for path, identity, _ in rows}
        self.ids = [int(known[chart.account(position).path]) for position in range(chart.size)]
        self.book = int(rows[0][2])
        self.connection.commit()

    def single(self, one: Transfer) -> None:
        """Write one transfer and commit."""
        instant = datetime.now(UTC)
        row = write(self.chart, self.ids, one, instant)
        run = self.connection.cursor().execute
        run(
            f"INSERT INTO txn ({TXN_COLUMNS}) VALUES (%s, %s, 'posted', %s, %s, %s, %s, %s, %s)",  # noqa: S608  # constants
            (row.id, self.book, KIND, CLIENT, row.key, row.digest, instant.date(), instant),
        )
        run(
            f"INSERT INTO event ({EVENT_COLUMNS}) VALUES (%s, %s, %s, 1, %s, %s, %s)",  # noqa: S608  # constants
            (row.id, self.book, f"ledger.{KIND}", row.body, row.leaf, instant),
        )
        run(
            f"INSERT INTO posting ({POSTING_COLUMNS}) "  # noqa: S608  # constants
            "VALUES (%s, 1, %s, 'S', 1, %s, %s), (%s, 2, %s, 'S', -1, %s, %s)",
            (row.id, row.debit, LINE, row.minor, row.id, row.credit, LINE, row.minor),
        )
        run("INSERT INTO txn_end (txn_id) VALUES (%s)", (row.id,))
        if self.bare:
            for account, debits, credited in _moves([row]):
                run(
                    "UPDATE balance SET settled_dr = settled_dr + %s, settled_cr = settled_cr + %s, "
                    "version = version + 1 WHERE account_id = %s",
                    (debits, credited, account),
                )
        self.connection.commit()

    def batch(self, many: Sequence[Transfer]) -> None:
        """Write transfers in one commit."""
        instant = datetime.now(UTC)
        rows = [write(self.chart, self.ids, one, instant) for one in many]
        ids = [row.id for row in rows]
        run = self.connection.cursor().execute
        run(
            f"INSERT INTO txn ({TXN_COLUMNS}) SELECT i, %s, 'posted', %s, %s, k, d, %s, %s "  # noqa: S608  # constants
            "FROM unnest(%s::uuid[], %s::text[], %s::bytea[]) AS u (i, k, d)",
            (
                *(self.book, KIND, CLIENT, instant.date(), instant, ids),
                *([row.key for row in rows], [row.digest for row in rows]),
            ),
        )
        run(
            f"INSERT INTO event ({EVENT_COLUMNS}) SELECT i, %s, %s, 1, b, l, %s "  # noqa: S608  # constants
            "FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS u (i, b, l)",
            (
                *(self.book, f"ledger.{KIND}", instant, ids),
                *([row.body for row in rows], [row.leaf for row in rows]),
            ),
        )
        legs = [
            leg
            for row in rows
            for leg in ((row.id, 1, row.debit, row.minor), (row.id, 2, row.credit, row.minor))
        ]
        run(
            f"INSERT INTO posting ({POSTING_COLUMNS}) SELECT i, s, a, 'S', 3 - 2 * s, %s, m "  # noqa: S608  # constants
            "FROM unnest(%s::uuid[], %s::smallint[], %s::bigint[], %s::bigint[]) AS u (i, s, a, m)",
            (LINE, *map(list, zip(*legs, strict=True))),
        )
        run("INSERT INTO txn_end (txn_id) SELECT unnest(%s::uuid[])", (ids,))
        if self.bare:
            run(
                "UPDATE balance b SET settled_dr = settled_dr + d, settled_cr = settled_cr + c, "
                "version = version + 1 FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS u (a, d, c) "
                "WHERE b.account_id = a",
                tuple(map(list, zip(*_moves(rows), strict=True))),
            )
        self.connection.commit()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class RawSqlite:
    """The driver of the standard library, with the settings of ``open_engine``; batches by executemany."""

    def __init__(self, address: str, chart: Chart, *, bare: bool) -> None:
        self.chart, self.bare = chart, bare
        self.connection = sqlite3.connect(address, isolation_level=None)
        for pragma in (
            *("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"),
            "cache_size=-65536",
        ):
            self.connection.execute(f"PRAGMA {pragma}")
        rows = self.connection.execute("SELECT path, id, book_id FROM account").fetchall()
        known = {path: identity for path, identity, _ in rows}
        self.ids = [int(known[chart.account(position).path]) for position in range(chart.size)]
        self.book = int(rows[0][2])

    def single(self, one: Transfer) -> None:
        """Write one transfer and commit."""
        self.batch([one])

    def batch(self, many: Sequence[Transfer]) -> None:
        """Write transfers in one commit."""
        instant = datetime.now(UTC)
        day, moment = instant.date().isoformat(), instant_text(instant)
        run = self.connection.execute if len(many) == 1 else self.connection.executemany
        self.connection.execute("BEGIN IMMEDIATE")
        rows = [write(self.chart, self.ids, one, instant) for one in many]

        def each(statement: str, values: Sequence[tuple[object, ...]]) -> None:
            run(statement, values[0] if len(many) == 1 else values)  # type: ignore[arg-type]  # one row or many

        each(
            f"INSERT INTO txn ({TXN_COLUMNS}) VALUES (?, ?, 'posted', ?, ?, ?, ?, ?, ?)",  # noqa: S608  # constants
            [(row.id.bytes, self.book, KIND, CLIENT, row.key, row.digest, day, moment) for row in rows],
        )
        each(
            f"INSERT INTO event ({EVENT_COLUMNS}) VALUES (?, ?, ?, 1, ?, ?, ?)",  # noqa: S608  # constants
            [(row.id.bytes, self.book, f"ledger.{KIND}", row.body, row.leaf, moment) for row in rows],
        )
        each(
            f"INSERT INTO posting ({POSTING_COLUMNS}) "  # noqa: S608  # constants
            "VALUES (?1, 1, ?2, 'S', 1, ?3, ?4), (?1, 2, ?5, 'S', -1, ?3, ?4)",
            [(row.id.bytes, row.debit, LINE, row.minor, row.credit) for row in rows],
        )
        each("INSERT INTO txn_end (txn_id) VALUES (?)", [(row.id.bytes,) for row in rows])
        if self.bare:
            self.connection.executemany(
                "UPDATE balance SET settled_dr = settled_dr + ?2, settled_cr = settled_cr + ?3, "
                "version = version + 1 WHERE account_id = ?1",
                _moves(rows),
            )
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
