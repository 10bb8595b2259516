"""Rows of people over HTTP: previewed with every fault, imported all or none, summed up by groups.

The file is sent twice, for the preview and for the import, and kept by neither: an import names the digest of
its preview, and is refused when the file, the terms or what is on record say otherwise by then.
"""

import hashlib
from typing import Annotated

from pydantic import Field

from ...contracts.acts import importing, settling, showing
from ...contracts.claims import ClaimedResult
from ...contracts.measurement.columns import RawRows
from ...contracts.measurement.frames import fault_table, read_header, read_rows
from ...contracts.measurement.preview import Preview
from ...contracts.measurement.reading import guess_columns
from ...finance.documents import Code, plain_bytes
from ...finance.errors import AlmonerError
from ...finance.money import Money
from ..door import MIB, Call
from ..errors import PeopleKeyMissing, PreconditionStale
from ..operation import Operation
from ..paging import PageQuery, cut
from ..parts import find_stored, parties_of
from ..wire.base import Wire
from ..wire.datasets import (
    AggregateList,
    AggregateRow,
    ColumnsQuery,
    CountedMetric,
    DatasetColumns,
    DatasetEffect,
    DatasetFaults,
    DatasetFields,
    DatasetList,
    DatasetMade,
    DatasetPreview,
    ImportQuery,
    RowsQuery,
    dataset_fields,
    pairs,
)

AGREEMENT = "/books/{book}/agreements/{agreement}"
DATASETS = f"{AGREEMENT}/datasets"
FILE_BYTES = 20 * MIB
LISTED = 50


class GroupQuery(Wire):
    """How imported rows are summed up."""

    by: Annotated[
        str,
        Field(
            max_length=400,
            pattern=r"^[a-z0-9_.:/-]+(,[a-z0-9_.:/-]+)*$",
            description="metric, period, year, month, of:SET; several by comma.",
        ),
    ] = "metric,period"


def parts_of(call: Call, agreement: Code, **_given: object) -> frozenset[str]:
    """Return whose own the rows of an agreement are: of everybody with a part in it."""
    return parties_of(find_stored(call, agreement))


def preview_dataset(call: Call, agreement: Code, query: RowsQuery) -> DatasetPreview:
    """Say what importing a file would come to: sums, every fault by row and column, what is on record.

    Send CSV, XLSX or ODS as the body; it is not kept.
    """
    seen = _preview(call, agreement, _rows(call, query))
    digest = _digest(call, agreement, query, seen)
    return DatasetPreview.of(agreement, seen, digest, most=LISTED, effects=_effects(call, agreement, seen))


def _effects(call: Call, agreement: str, seen: Preview) -> list[DatasetEffect] | None:
    """Return what would be due if the rows that can be counted were claimed and found so."""
    stored = find_stored(call, agreement)
    claimed = tuple(
        ClaimedResult(metric=one.metric, period=one.period, of=one.of, value=one.value) for one in seen.counts
    )
    try:
        found = settling.changes_of(call.session, stored, "", clock=call.clock, claimed=claimed)
    except AlmonerError:
        return None
    units = showing.clause_units(stored)
    return [
        DatasetEffect(
            clause=clause,
            period=period,
            payer=payer,
            payee=payee,
            amount=Money(minor=amount, unit=units[clause]).text,
            unit=units[clause].code,
        )
        for (clause, period, _, payer, payee), amount in sorted(found)
    ]


def read_columns(call: Call, agreement: Code, query: ColumnsQuery) -> DatasetColumns:
    """Say what the columns of a file are called, and which field each seems to hold; it is not kept."""
    header = read_header(call.content, sheet=query.sheet, header_row=query.header_row)
    metrics = [
        CountedMetric(code=name, title=one.title, sets=list(one.per))
        for name, one in find_stored(call, agreement).lineage.newest.metrics.items()
    ]
    sets = list(dict.fromkeys(name for one in metrics for name in one.sets))
    return DatasetColumns(
        agreement=agreement, columns=list(header), guessed=guess_columns(header, sets), metrics=metrics
    )


def list_faults(call: Call, agreement: Code, query: RowsQuery) -> DatasetFaults:
    """Return the rows you sent as CSV with one more column: what is wrong with each, and what to do."""
    seen = _preview(call, agreement, _rows(call, query))
    said: dict[int, list[str]] = {}
    for one in seen.findings:
        said.setdefault(one.row, []).append(f"{one.column}: {one.message}")
    table = fault_table(
        call.content,
        {row: "; ".join(told) for row, told in said.items()},
        sheet=query.sheet,
        header_row=query.header_row,
    )
    return DatasetFaults(
        file_name=f"{agreement.replace('/', '-')}-faults.csv",
        media_type="text/csv; charset=utf-8",
        faults=sum(seen.found.values()),
        content=table,
    )


def import_dataset(call: Call, agreement: Code, query: ImportQuery) -> DatasetMade:
    """Import rows of people that were previewed: all or none, nobody counted twice. It moves nothing.

    Send the same file as for the preview, with its digest and its count of rows.
    """
    rows = _rows(call, query)
    known = importing.list_datasets(call.session, call.book, agreement)
    if query.code not in {one.code for one in known}:
        _require_previewed(call, agreement, query, _preview(call, agreement, rows))
    made = importing.import_rows(
        call.session,
        call.book,
        agreement,
        rows,
        key=query.code,
        secret=_people_key(call),
        clock=call.clock,
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/datasets/{made.code}"
    return DatasetMade.model_validate(dataset_fields(made, masked=False))


def list_datasets(call: Call, agreement: Code, query: PageQuery) -> DatasetList:
    """List the rows that were imported under an agreement: sums, never people."""
    found = importing.list_datasets(call.session, call.book, agreement)
    rows, after = cut(call, query, found, lambda one: (one.code,), name=f"dataset.list/{agreement}")
    masked = call.access.masked
    return DatasetList(items=[DatasetFields.of(one, masked=masked) for one in rows], next=after)


def read_dataset(call: Call, agreement: Code, dataset: Code) -> DatasetFields:
    """Return what imported rows add up to, with the digests of file and rows."""
    found = importing.find_dataset(call.session, call.book, agreement, dataset)
    return DatasetFields.of(found, masked=call.access.masked)


def sum_dataset(call: Call, agreement: Code, dataset: Code, query: GroupQuery) -> AggregateList:
    """Sum imported rows up by groups; groups of few people stay hidden, and as many more as hide them."""
    found = importing.aggregate(call.session, call.book, agreement, dataset, by=tuple(query.by.split(",")))
    return AggregateList(
        agreement=agreement,
        dataset=dataset,
        least=importing.LEAST_PERSONS,
        items=[AggregateRow.of(one) for one in found],
    )


def _people_key(call: Call) -> bytes:
    key = call.door.people_key
    if not key:
        raise PeopleKeyMissing(
            "This installation keeps no key for pseudonyms and takes no rows of people. Whoever runs it has "
            "to set one, of at least 16 bytes, and keep it for ever."
        )
    return key


def _rows(call: Call, query: RowsQuery) -> RawRows:
    return read_rows(
        call.content,
        columns=pairs(query.columns),
        fixed=pairs(query.fixed),
        sheet=query.sheet,
        header_row=query.header_row,
        days=query.days,
    )


def _preview(call: Call, agreement: str, rows: RawRows) -> Preview:
    return importing.preview_rows(
        call.session, call.book, agreement, rows, secret=_people_key(call), clock=call.clock
    )


def _digest(call: Call, agreement: str, query: RowsQuery, seen: Preview) -> str:
    """Return the digest of all that the decision to import rests on."""
    read = {name: getattr(query, name) for name in RowsQuery.model_fields}
    stored = find_stored(call, agreement)
    said = {
        "agreement": agreement,
        "amendments": len(stored.agreement.amended),
        "counts": [_place(one) for one in seen.counts],
        "file": hashlib.sha256(call.content).hexdigest(),
        "on_record": [_place(one) for one in seen.on_record],
        "read": read,
        "found": dict(seen.found),
    }
    return hashlib.sha256(plain_bytes(said)).hexdigest()


def _place(one: object) -> list[object]:
    return [getattr(one, name) for name in ("metric", "period", "rows", "persons", "value")]


def _require_previewed(call: Call, agreement: str, query: ImportQuery, seen: Preview) -> None:
    """Refuse to import anything else than what was previewed."""
    digest = _digest(call, agreement, query, seen)
    if (digest, seen.rows) != (query.preview, query.rows):
        raise PreconditionStale(
            f"This is not what was previewed: that had {query.rows} rows, this has {seen.rows}, and file, "
            "reading, or what is on record is another. Preview it again, and decide again.",
            preview=digest,
            rows=seen.rows,
        )


OPERATIONS = (
    Operation(
        name="dataset.columns",
        method="POST",
        path=f"{AGREEMENT}/dataset-columns",
        handler=read_columns,
        tag="datasets",
        keyed=False,
        uploads=FILE_BYTES,
        owner=parts_of,
    ),
    Operation(
        name="dataset.faults",
        method="POST",
        path=f"{AGREEMENT}/dataset-faults",
        handler=list_faults,
        tag="datasets",
        keyed=False,
        uploads=FILE_BYTES,
        owner=parts_of,
    ),
    Operation(
        name="dataset.import",
        method="POST",
        path=DATASETS,
        handler=import_dataset,
        tag="datasets",
        status=201,
        uploads=FILE_BYTES,
        owner=parts_of,
    ),
    Operation(
        name="dataset.list",
        method="GET",
        path=DATASETS,
        handler=list_datasets,
        tag="datasets",
        owner=parts_of,
    ),
    Operation(
        name="dataset.preview",
        method="POST",
        path=f"{AGREEMENT}/dataset-previews",
        handler=preview_dataset,
        tag="datasets",
        keyed=False,
        uploads=FILE_BYTES,
        owner=parts_of,
    ),
    Operation(
        name="dataset.read",
        method="GET",
        path=f"{DATASETS}/{{dataset}}",
        handler=read_dataset,
        tag="datasets",
        owner=parts_of,
    ),
    Operation(
        name="dataset.sums",
        method="GET",
        path=f"{DATASETS}/{{dataset}}/sums",
        handler=sum_dataset,
        tag="datasets",
        owner=parts_of,
    ),
)
