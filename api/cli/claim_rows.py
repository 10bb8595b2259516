"""``almoner claim import`` and ``almoner claim rows``: outcomes of people, one row each, never named."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...contracts.acts import importing
from ...contracts.claims import result_rows
from ...contracts.measurement.aggregates import Aggregate
from ...contracts.measurement.columns import RawRows
from ...contracts.measurement.datasets import ImportedDataset
from ...contracts.measurement.partial_dates import DayOrder
from ...contracts.measurement.preview import PlaceCount, Preview
from ...finance.dates import system_clock
from ..problems import DONE, FINDING
from .settlements import finding_words
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .waiting import bar
from .writing import (
    AgreementCode,
    DryRun,
    read_bytes,
    read_pairs,
    read_secret,
    reading,
    show_document,
    told,
    writing,
)

RowsFile = Annotated[Path, typer.Argument(metavar="FILE", help="Rows (CSV or XLSX); - for standard input.")]
DatasetCode = Annotated[str, typer.Option("--code", help="Own code of the rows in the agreement.")]
Secret = Annotated[
    Path,
    typer.Option("--secret", metavar="FILE", help="Key of the pseudonyms: 64 hexadecimal digits; keep it."),
]
ColumnNames = Annotated[
    list[str],
    typer.Option("--column", metavar="FIELD=NAME", help='A column of another name: person="Client ID".'),
]
Fixed = Annotated[
    list[str], typer.Option("--set", metavar="FIELD=VALUE", help="The same for all rows: metric=nights.")
]
SheetName = Annotated[str, typer.Option("--sheet", help="Sheet of a workbook; the first without it.")]
HeaderRow = Annotated[int, typer.Option("--header-row", min=1, help="Which row names the columns.")]
Days = Annotated[
    DayOrder, typer.Option("--days", help="How days are written: 2027-03-05, 05.03.2027, 03/05/2027.")
]
DatasetName = Annotated[
    str, typer.Argument(metavar="[DATASET]", help="Code of imported rows; all without it.")
]
GroupBy = Annotated[list[str], typer.Option("--by", help="Sum by this column; may be repeated.")]
NONE: list[str] = []
MOST_SHOWN = 20
GROUPS = ("metric", "period")
HIDDEN = "hidden"


def read_file(
    file: Path, column: list[str], fixed: list[str], sheet: str, header_row: int, days: DayOrder
) -> RawRows:
    """Read a file of rows as the options of a command say.

    Parameters
    ----------
    file : Path
        CSV or XLSX.
    column, fixed : list of str
        ``FIELD=NAME`` and ``FIELD=VALUE``.
    sheet : str
        Of a workbook.
    header_row : int [row]
        Which row names the columns.
    days : str
        In which order days are written.
    """
    from ...contracts.measurement.frames import read_rows  # noqa: PLC0415  # pandas only for whoever reads rows

    columns, constant = read_pairs(column, "column"), read_pairs(fixed, "value")
    return read_rows(
        read_bytes(file), columns=columns, fixed=constant, sheet=sheet, header_row=header_row, days=days
    )


def import_file(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    file: RowsFile,
    dataset: DatasetCode,
    secret: Secret,
    column: ColumnNames = NONE,
    fixed: Fixed = NONE,
    sheet: SheetName = "",
    *,
    header_row: HeaderRow = 1,
    days: Days = "iso",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Import outcome rows. Example: almoner claim import pact rows.csv --code march --secret people.key.

    All or none: with --dry-run every fault is listed by row and column, duplicates and late rows too, and
    what the rows would add up to; it exits 1 when they would be refused.
    """
    key = read_secret(secret)
    rows = read_file(file, column, fixed, sheet, header_row, days)
    if dry_run:
        return _preview(code, rows, key, db, book, as_json=as_json)
    with writing(db, dry_run=False) as session, bar(f"Importing {file.name}") as shown:
        made = importing.import_rows(
            session, book, code, rows, key=dataset, secret=key, clock=system_clock, progress=shown
        )
    lines = [f"{made.rows:,} rows of {made.persons:,} people are on record as {made.code}."]
    lines += [f"- {finding_words(row)}" for row in result_rows(made.results)]
    lines.append(f"Next: almoner claim make {code} {made.code} --by PARTY --dataset {made.code}")
    show_document(dataset_document(made), as_json=as_json, dry_run=False, lines=lines)
    return DONE


def dataset_document(made: ImportedDataset) -> dict[str, Any]:
    """Return imported rows as JSON values: sums, never people."""
    return {
        "agreement": made.agreement,
        "dataset": made.code,
        "rows": made.rows,
        "persons": made.persons,
        "results": result_rows(made.results),
        "sha256": made.sha256,
        "source_sha256": made.source_sha256,
    }


def _preview(code: str, rows: RawRows, key: bytes, db: str, book: str, *, as_json: bool) -> int:
    with writing(db, dry_run=True) as session:
        seen = importing.preview_rows(session, book, code, rows, secret=key, clock=system_clock)
    if as_json:
        print_json(told(_preview_document(code, seen), dry_run=True))
    else:
        _show_preview(code, seen)
    return DONE if seen.passes else FINDING


def _preview_document(code: str, seen: Preview) -> dict[str, Any]:
    return {
        "agreement": code,
        "rows": seen.rows,
        "empty": seen.empty,
        "persons": seen.persons,
        "encoding": seen.encoding,
        "ignored_columns": list(seen.ignored),
        "passes": seen.passes,
        "counts": [_count(one) for one in seen.counts],
        "on_record": [_count(one) for one in seen.on_record],
        "first_rows": list(seen.first),
        "found": dict(seen.found),
        "findings": [{**one.figures(), "kind": one.kind} for one in seen.findings],
        "notes": list(seen.notes),
    }


def _count(one: PlaceCount) -> dict[str, Any]:
    return {
        "metric": one.metric,
        "period": one.period,
        "of": dict(one.of),
        "rows": one.rows,
        "persons": one.persons,
        "value": one.value,
    }


def _show_preview(code: str, seen: Preview) -> None:
    print(f"{seen.rows:,} rows of {seen.persons:,} people for {code}; {seen.empty:,} empty rows passed over.")
    for note in seen.notes:
        print(f"Note: {note}")
    columns = ("metric", "period", "member", "rows", "people", "value")
    for title, counts in (("They add up to", seen.counts), ("On record already", seen.on_record)):
        if counts:
            lines = [
                (
                    one.metric,
                    one.period,
                    ", ".join(member for _, member in one.of),
                    f"{one.rows:,}",
                    f"{one.persons:,}",
                    one.value,
                )
                for one in counts
            ]
            print_table(f"\n{title}", columns, lines, right=(3, 4, 5))
    if seen.findings:
        shown = [(str(one.row), one.column, one.kind, one.message) for one in seen.findings[:MOST_SHOWN]]
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in seen.found.items() if count)
        print_table(f"\nThe rows would be refused: {kinds}", ("row", "column", "fault", "what to do"), shown)
        if len(seen.findings) > MOST_SHOWN:
            print(f"… {len(seen.findings) - MOST_SHOWN:,} more: --json has them.")


def list_rows(
    code: AgreementCode,
    dataset: DatasetName = "",
    by: GroupBy = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """List imported rows, or sum some. Example: almoner claim rows pact march."""
    with reading(db) as session:
        found = importing.list_datasets(session, book, code)
        sums: tuple[Aggregate, ...] = ()
        if dataset:
            found = (importing.find_dataset(session, book, code, dataset),)
            sums = importing.aggregate(session, book, code, dataset, by=tuple(by) or GROUPS)
    if as_json:
        groups = {"groups": [_group(one) for one in sums]} if dataset else {}
        print_json([dataset_document(one) | groups for one in found])
        return
    lines = [(one.code, f"{one.rows:,}", f"{one.persons:,}", one.sha256) for one in found]
    print_table(f"Rows of {code}", ("dataset", "rows", "people", "sha256"), lines, right=(1, 2))
    if sums:
        shown = [
            (
                one.metric,
                ", ".join(member for _, member in one.group),
                str(one.persons or HIDDEN),
                one.value or HIDDEN,
            )
            for one in sums
        ]
        print_table("\nSums", ("metric", "group", "people", "value"), shown, right=(2, 3))


def _group(one: Aggregate) -> dict[str, Any]:
    return {
        "metric": one.metric,
        "group": dict(one.group),
        "persons": one.persons,
        "rows": one.rows,
        "value": one.value,
    }
