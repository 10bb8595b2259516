"""Rows of imported datasets, and the milestones of people on record."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import chain, count
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from ...finance.errors import Busy, Missing
from ..measurement.aggregates import CountedRow
from ..measurement.datasets import ImportedDataset, read_dataset
from ..measurement.partial_dates import PartialDate, read_partial_date
from ..measurement.rows import RecordedRow
from .agreements import StoredAgreement
from .claims import list_stored_claims, void_claims
from .tables import DATASET, OUTCOME_ROW

FEW_PERSONS = 500
CHUNK_ROWS = 20_000
STATEMENT_ROWS = 100
COLUMNS = (
    *("dataset_id", "agreement_id", "no", "person", "metric", "period", "members", "achieved_on"),
    *("quantity", "nth", "life"),
)
ARRAYS = ("bigint", "bytea", "text", "text", "text", "text", "bigint", "smallint", "smallint")  # from no on
Values = Sequence[Any]
Milestone = tuple[bytes, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDataset:
    """A dataset with its row number."""

    id: int
    dataset: ImportedDataset


def list_datasets(session: Session, agreement_id: int) -> tuple[StoredDataset, ...]:
    """Return the datasets of an agreement, in the order of their import."""
    rows = session.execute(
        select(DATASET.c.id, DATASET.c.body)
        .where(DATASET.c.agreement_id == agreement_id)
        .order_by(DATASET.c.id)
    )
    return tuple(StoredDataset(id=row.id, dataset=read_dataset(row.body)) for row in rows)


def find_dataset(session: Session, agreement_id: int, code: str) -> StoredDataset:
    """Return a dataset by its code.

    Raises
    ------
    Missing
        When there is none.
    """
    query = select(DATASET.c.id, DATASET.c.body)
    row = session.execute(
        query.where(DATASET.c.agreement_id == agreement_id, DATASET.c.code == code)
    ).one_or_none()
    if row is None:
        known = [one.dataset.code for one in list_datasets(session, agreement_id)]
        raise Missing(
            f"There is no dataset {code!r} in this agreement. There are: {', '.join(known[-20:]) or 'none'}.",
            what="dataset",
            code=code,
            known=known,
        )
    return StoredDataset(id=row.id, dataset=read_dataset(row.body))


def find_key_check(session: Session, agreement_id: int) -> str:
    """Return what tells the key of an agreement's pseudonyms from others; empty before the first import."""
    query = select(DATASET.c.body).where(DATASET.c.agreement_id == agreement_id).order_by(DATASET.c.id)
    body = session.scalar(query.limit(1))
    return "" if body is None else read_dataset(body).key_check


def keep_dataset(session: Session, agreement_id: int, made: ImportedDataset, event_id: UUID) -> int:
    """Write a dataset without its rows, and return its row number."""
    session.execute(
        insert(DATASET).values(
            agreement_id=agreement_id,
            code=made.code,
            size=made.rows,
            sha256=bytes.fromhex(made.sha256),
            source_sha256=bytes.fromhex(made.source_sha256),
            body=made.dataset_bytes(),
            event_id=event_id,
        )
    )
    return find_dataset(session, agreement_id, made.code).id


def keep_rows(
    session: Session,
    dataset_id: int,
    agreement_id: int,
    batches: Iterable[Sequence[Values]],
    stored: Callable[[int], None],
) -> None:
    """Write the rows of a dataset, a batch at a time.

    Parameters
    ----------
    session : Session
        Inside a savepoint: a refused batch leaves the others behind.
    dataset_id, agreement_id : int [row number]
        Where they belong.
    batches : iterable of sequence of rows
        Number, pseudonym, metric, period, members, day, quantity, place and life.
    stored : callable
        Told how many rows are stored, after each batch.

    Raises
    ------
    Busy
        When another session has just stored one of these milestones.
    """
    connection = session.connection()
    write = _writer(connection)
    done = 0
    with _refusals(connection):
        for batch in batches:
            write(connection, dataset_id, agreement_id, batch)
            done += len(batch)
            stored(done)


def _writer(connection: Connection) -> Callable[[Connection, int, int, Sequence[Values]], None]:
    """Return the fastest way to write a batch: PostgreSQL takes no COPY where row security binds the role."""
    if connection.dialect.name != "postgresql":
        return _insert
    bound = connection.exec_driver_sql("SELECT row_security_active('outcome_row')").scalar_one()
    return _unnest if bound else _copy


def _unnest(connection: Connection, dataset_id: int, agreement_id: int, batch: Sequence[Values]) -> None:
    """Write a batch in one statement, a column at a time."""
    arrays = ", ".join(f"%s::{kind}[]" for kind in ARRAYS)
    statement = (
        f"INSERT INTO outcome_row ({', '.join(COLUMNS)}) "  # noqa: S608  # constants, two ints
        f"SELECT {int(dataset_id)}, {int(agreement_id)}, given.* FROM unnest({arrays}) AS given"
    )
    connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*batch, strict=True)))


def _insert(connection: Connection, dataset_id: int, agreement_id: int, batch: Sequence[Values]) -> None:
    """Write a batch in statements of many rows: SQLite journals changed pages once for each statement."""
    marks = f"({int(dataset_id)}, {int(agreement_id)}, {', '.join('?' * (len(COLUMNS) - 2))})"
    for start in range(0, len(batch), STATEMENT_ROWS):
        rows = batch[start : start + STATEMENT_ROWS]
        every = ", ".join([marks] * len(rows))
        statement = f"INSERT INTO outcome_row ({', '.join(COLUMNS)}) VALUES {every}"  # noqa: S608  # constants, two ints
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(rows)))


def _copy(connection: Connection, dataset_id: int, agreement_id: int, batch: Sequence[Values]) -> None:
    """Write a batch by COPY: metric, period, members and day hold no tabulator, backslash or line end."""
    start = f"{int(dataset_id)}\t{int(agreement_id)}\t"
    lines = [
        f"{start}{no}\t\\\\x{person.hex()}\t{metric}\t{period}\t{members}\t{day}\t{quantity}\t{nth}\t{life}\n"
        for no, person, metric, period, members, day, quantity, nth, life in batch
    ]
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY outcome_row ({', '.join(COLUMNS)}) FROM STDIN") as copy,
    ):
        copy.write("".join(lines))


@contextmanager
def _refusals(connection: Connection) -> Iterator[None]:
    """Turn the database's refusal of a milestone that is there into one that tells what to do."""
    refusals: tuple[type[Exception], ...] = (IntegrityError, connection.dialect.loaded_dbapi.IntegrityError)
    try:
        yield
    except refusals as fault:
        cause = fault.orig if isinstance(fault, DBAPIError) else fault
        raise Busy(f"Another import has just stored one of these milestones: {cause}. Try again.") from fault


def find_recorded(
    session: Session, stored: StoredAgreement, persons: Collection[bytes], today: date
) -> dict[Milestone, list[RecordedRow]]:
    """Return what is on record of some people, by person, metric and members.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        Where they count.
    persons : collection of bytes
        Pseudonyms.
    today : date
        On which a finding is final or not.
    """
    names = {one.id: one.dataset.code for one in list_datasets(session, stored.id)}
    if not names:
        return {}
    dead = find_dead(session, stored, today)
    wanted = frozenset(persons)
    found: dict[Milestone, list[RecordedRow]] = {}
    days: dict[str, PartialDate] = {}
    for person, metric, members, achieved_on, nth, life, dataset_id in _rows(
        session, stored.id, names, wanted
    ):
        if person not in wanted:
            continue
        day = days.get(achieved_on) or days.setdefault(achieved_on, read_partial_date(achieved_on))
        made = RecordedRow(day=day, nth=nth, life=life, dataset=names[dataset_id], dead=dataset_id in dead)
        found.setdefault((person, metric, members), []).append(made)
    return found


def _rows(
    session: Session, agreement_id: int, datasets: Collection[int], persons: Collection[bytes]
) -> Iterator[Values]:
    """Read rows on record: of a few people by name, of many all."""
    columns = ("person", "metric", "members", "achieved_on", "nth", "life", "dataset_id")
    if len(persons) <= FEW_PERSONS:
        query = select(*(OUTCOME_ROW.c[name] for name in columns))
        of_them = (OUTCOME_ROW.c.agreement_id == agreement_id, OUTCOME_ROW.c.person.in_(sorted(persons)))
        yield from session.execute(query.where(*of_them))
        return
    for dataset in datasets:
        yield from _in_pieces(session, dataset, columns)


def _in_pieces(session: Session, dataset_id: int, columns: Sequence[str]) -> Iterator[Values]:
    """Read rows of a dataset in their order, as the driver gives them: nothing here needs a translation."""
    cursor = session.connection().connection.cursor()
    query = f"SELECT {', '.join(columns)} FROM outcome_row WHERE dataset_id = {int(dataset_id)}"  # noqa: S608  # constants, an int
    for start in count(0, CHUNK_ROWS):  # they are numbered from one without gaps
        cursor.execute(f"{query} AND no > {start} AND no <= {start + CHUNK_ROWS} ORDER BY no")
        rows = cursor.fetchall()
        yield from rows
        if len(rows) < CHUNK_ROWS:
            break
    cursor.close()


def stored_rows(session: Session, dataset_id: int) -> Iterator[CountedRow]:
    """Read the rows of a dataset in their order."""
    names = ("person", "metric", "period", "members", "achieved_on", "quantity", "nth")
    return cast("Iterator[CountedRow]", _in_pieces(session, dataset_id, names))


def find_counted_again(
    session: Session, stored: StoredAgreement, dataset: str, today: date
) -> tuple[str, ...]:
    """Return the codes of later datasets that count milestones of one again, after it was found not to hold.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        Whose datasets.
    dataset : str
        Code of the earlier one.
    today : date
        On which a finding is final or not.
    """
    dead = find_dead(session, stored, today)
    first, later = OUTCOME_ROW.alias("first"), OUTCOME_ROW.alias("later")
    same = later.c.life > first.c.life
    for name in ("agreement_id", "person", "metric", "members", "nth"):
        same &= later.c[name] == first.c[name]
    query = (
        select(later.c.dataset_id)
        .join(first, same)
        .where(first.c.dataset_id == find_dataset(session, stored.id, dataset).id)
        .distinct()
    )
    again = set(session.scalars(query)) - dead
    return tuple(one.dataset.code for one in list_datasets(session, stored.id) if one.id in again)


def find_dead(session: Session, stored: StoredAgreement, today: date) -> frozenset[int]:
    """Return the row numbers of datasets all of whose claims were found not to hold, for good.

    Parameters
    ----------
    stored : StoredAgreement
        Whose datasets.
    today : date
        On which a finding is final or not.
    """
    void = void_claims(session, stored, today)
    claims = [one.claim for one in list_stored_claims(session, stored) if one.claim.dataset]
    claimed = {one.dataset for one in claims} - {one.dataset for one in claims if one.code not in void}
    return frozenset(one.id for one in list_datasets(session, stored.id) if one.dataset.code in claimed)
