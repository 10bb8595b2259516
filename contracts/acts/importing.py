"""Rows of people are imported: seen before they are written, all or none, nobody counted twice.

The problem: the money follows a sum, the sum a table, and the table names people. What enters is checked row
by row and stored by pseudonym; what leaves is sums.
"""

from ...finance.dates import Clock, as_utc
from ...finance.errors import KeyReused, Missing, RowsInvalid
from ...finance.posting import record_event
from ...finance.storage import Session
from ..claims import ClaimedResult
from ..measurement.aggregates import Aggregate, aggregate_rows
from ..measurement.checking import (
    Array,
    CheckedRows,
    batches,
    check_rows,
    first_rows,
    place_milestones,
    rows_digest,
    tables_by_place,
    totals,
)
from ..measurement.columns import RawRows
from ..measurement.datasets import ImportedDataset
from ..measurement.preview import PlaceCount, Preview
from ..measurement.pseudonyms import key_check
from ..measurement.rows import Progress, RowRules, refuse_rows
from ..records import agreements, datasets
from ..records.agreements import StoredAgreement

LEAST_PERSONS = 5


def preview_rows(
    session: Session, book: str, agreement: str, rows: RawRows, *, secret: bytes, clock: Clock
) -> Preview:
    """Say what an import would come to: sums, faults by row and column, what is on record. Writes nothing.

    Parameters
    ----------
    session, book, agreement, rows, secret, clock
        As for ``import_rows``; the agreement need not be active yet.

    Raises
    ------
    RowsInvalid
        When the table has a set that the terms do not know, or the key is another than before.
    Missing
        When there is no such agreement.
    """
    stored = agreements.find_agreement(session, book, agreement)
    checked = _checked(session, stored, rows, secret, clock)
    checked = _placed(session, stored, checked, clock)
    earlier = [
        PlaceCount(metric=one.metric, period=one.period, of=one.of, rows=0, persons=0, value=one.value)
        for dataset in datasets.list_datasets(session, stored.id)
        for one in dataset.dataset.results
    ]
    return Preview(
        rows=checked.read,
        empty=checked.empty,
        persons=len(checked.persons),
        ignored=rows.ignored,
        encoding=rows.encoding,
        counts=totals(checked),
        first=first_rows(checked),
        findings=checked.findings,
        found=checked.counts,
        notes=checked.notes,
        on_record=tuple(earlier),
    )


def import_rows(
    session: Session,
    book: str,
    agreement: str,
    rows: RawRows,
    *,
    key: str,
    secret: bytes,
    clock: Clock,
    progress: Progress | None = None,
) -> ImportedDataset:
    """Import rows of people: all or none. Moves nothing; a claim can sum them up.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement : str
        Codes.
    rows : RawRows
        As ``measurement.frames.read_rows`` gives them.
    key : str
        Code of the dataset, unique in the agreement; the same rows again change nothing.
    secret : bytes
        Key of the pseudonyms, at least 16 bytes; the caller keeps it, the same for every import.
    clock : Clock
        When they come in.
    progress : callable
        Told how many rows of how many are stored.

    Raises
    ------
    RowsInvalid
        When a row cannot be counted, there is none, or the key of the pseudonyms is another than before.
    ClaimLate
        When rows are out of time.
    AlreadyClaimed
        When a person counts more often than the terms allow, here or on record.
    KeyReused
        When the code belongs to other rows.
    NotSigned, UnlawfulTransition, Missing
        When the agreement is not active, or not there.
    """
    told = progress or _silent
    stored = agreements.find_locked(session, book, agreement)
    checked = _checked(session, stored, rows, secret, clock)
    made = _summed(stored, checked, rows, key, key_check(secret, _scope(stored)))
    if _is_known(session, stored, made):
        told(made.rows, made.rows)
        return made
    agreements.require_state(stored, "active")
    placed = _placed(session, stored, checked, clock)
    refuse_rows(placed.findings, placed.counts)
    if not len(placed):
        raise RowsInvalid("The table holds no row below its header. Check the file and the sheet.")
    told(0, made.rows)
    with session.begin_nested():
        body, name = made.content(), f"{agreement}#{key}"
        event_id, _ = record_event(session, book, "dataset.imported", body, key=name, clock=clock)
        dataset_id = datasets.keep_dataset(session, stored.id, made, event_id)
        datasets.keep_rows(
            session, dataset_id, stored.id, batches(placed), lambda done: told(done, made.rows)
        )
    return made


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def _summed(
    stored: StoredAgreement, checked: CheckedRows, rows: RawRows, key: str, check: str
) -> ImportedDataset:
    return ImportedDataset(
        agreement=stored.agreement.code,
        code=key,
        rows=len(checked),
        persons=len(checked.persons),
        results=tuple(_result(one) for one in totals(checked)),
        sha256=rows_digest(checked),
        source_sha256=rows.source_sha256,
        key_check=check,
    )


def _scope(stored: StoredAgreement) -> str:
    return f"{stored.agreement.book}/{stored.agreement.code}"


def _checked(
    session: Session, stored: StoredAgreement, rows: RawRows, secret: bytes, clock: Clock
) -> CheckedRows:
    known = datasets.find_key_check(session, stored.id)
    if known and known != key_check(secret, _scope(stored)):
        raise RowsInvalid(
            f"This is another key for pseudonyms than the one of {stored.agreement.code}'s first import: the "
            "same people would count again. Use the key that was used then.",
            agreement=stored.agreement.code,
            key_check=known,
        )
    rules = RowRules(
        program=stored.lineage.overlaid.program,
        verification=stored.agreement.document.verification,
        today=as_utc(clock()).date(),
        days=rows.days,
    )
    return check_rows(rows, rules, secret=secret, scope=_scope(stored))


def _placed(session: Session, stored: StoredAgreement, checked: CheckedRows, clock: Clock) -> CheckedRows:
    recorded = datasets.find_recorded(session, stored, checked.persons, as_utc(clock()).date())
    return place_milestones(checked, recorded)


def _result(one: PlaceCount) -> ClaimedResult:
    return ClaimedResult(metric=one.metric, period=one.period, of=one.of, value=one.value)


def _is_known(session: Session, stored: StoredAgreement, made: ImportedDataset) -> bool:
    try:
        known = datasets.find_dataset(session, stored.id, made.code).dataset
    except Missing:
        return False
    if known != made:
        raise KeyReused(
            f"The dataset {made.code!r} of {made.agreement} holds other rows: {known.rows}, digest "
            f"{known.sha256[:16]}; these are {made.rows}, digest {made.sha256[:16]}. Choose another code.",
            dataset=made.code,
            on_record=known.sha256,
            given=made.sha256,
        )
    return True


def find_dataset(session: Session, book: str, agreement: str, dataset: str) -> ImportedDataset:
    """Return a dataset by its code."""
    stored = agreements.find_agreement(session, book, agreement)
    return datasets.find_dataset(session, stored.id, dataset).dataset


def list_datasets(session: Session, book: str, agreement: str) -> tuple[ImportedDataset, ...]:
    """Return the datasets of an agreement, in the order of their import."""
    stored = agreements.find_agreement(session, book, agreement)
    return tuple(one.dataset for one in datasets.list_datasets(session, stored.id))


def claimed_results(session: Session, book: str, agreement: str, dataset: str) -> tuple[ClaimedResult, ...]:
    """Return what a dataset adds up to, by metric, period and members: what can be claimed on it."""
    return find_dataset(session, book, agreement, dataset).results


def aggregate(
    session: Session,
    book: str,
    agreement: str,
    dataset: str,
    *,
    by: tuple[str, ...] = ("metric", "period"),
    least: int = LEAST_PERSONS,
) -> tuple[Aggregate, ...]:
    """Sum up a dataset by groups; small groups are left out, and as many more as keep them hidden.

    Parameters
    ----------
    session, book, agreement, dataset
        The dataset.
    by : tuple of str
        ``metric``, ``period``, ``year``, ``month``, ``of:SET``; metrics are never added to one another.
    least : int [people]
        Groups of fewer are left out.
    """
    stored = agreements.find_agreement(session, book, agreement)
    found = datasets.find_dataset(session, stored.id, dataset)
    program = stored.lineage.overlaid.program
    return aggregate_rows(datasets.stored_rows(session, found.id), program, by=by, least=least)


def evaluation_tables(
    session: Session, book: str, agreement: str, dataset: str
) -> dict[tuple[str, str, tuple[tuple[str, str], ...]], dict[str, Array]]:
    """Return the rows of a dataset as columns that an evaluation method takes, by place of each result.

    Each table has ``id`` (a pseudonym and which of several milestones) and ``quantity``.
    """
    stored = agreements.find_agreement(session, book, agreement)
    found = datasets.find_dataset(session, stored.id, dataset)
    return tables_by_place(datasets.stored_rows(session, found.id), stored.lineage.overlaid.program)
