"""What is asked and answered about imported rows of people: sums and faults, never anybody's name."""

from typing import Annotated

from pydantic import Field

from ...contracts.measurement.aggregates import Aggregate
from ...contracts.measurement.datasets import ImportedDataset
from ...contracts.measurement.partial_dates import DayOrder
from ...contracts.measurement.preview import PlaceCount, Preview
from ...contracts.measurement.rows import Kind, RowFinding
from .base import Made, Reply, Wire
from .claims import ResultRow, result_list

PAIRS = r"^([^=;]+=[^;]*)?(;[^=;]+=[^;]*)*$"
Pairs = Annotated[str, Field(pattern=PAIRS, max_length=2000)]


class ColumnsQuery(Wire):
    """Where the names of the columns stand in a file.

    Attributes
    ----------
    header_row : int [row]
        Which row names the columns.
    """

    sheet: Annotated[str, Field(max_length=200, description="Of a workbook with several.")] = ""
    header_row: Annotated[int, Field(ge=1, le=1000)] = 1


class RowsQuery(Wire):
    """How a file of rows is to be read.

    Attributes
    ----------
    header_row : int [row]
        Which row names the columns.
    """

    columns: Annotated[
        Pairs,
        Field(
            description="Columns of another name, FIELD=NAME;FIELD=NAME. Fields: person, metric, "
            "achieved_on, quantity, period, of:SET.",
            examples=["person=Client ID;achieved_on=Day"],
        ),
    ] = ""
    fixed: Annotated[
        Pairs,
        Field(description="Fields with one value for all rows, FIELD=VALUE.", examples=["metric=nights"]),
    ] = ""
    sheet: Annotated[str, Field(max_length=200, description="Of a workbook with several.")] = ""
    header_row: Annotated[int, Field(ge=1, le=1000)] = 1
    days: Annotated[DayOrder, Field(description="How days are written.")] = "iso"


class ImportQuery(RowsQuery):
    """How a file is to be read, under which code it is kept, and the preview it was decided on.

    Attributes
    ----------
    rows : int [rows]
        As the preview counted them.
    """

    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.:/-]{0,79}$")]
    preview: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Digest of the preview.")]
    rows: Annotated[int, Field(ge=1)]


def pairs(text: str) -> dict[str, str]:
    """Read ``FIELD=NAME;FIELD=NAME``.

    Examples
    --------
    >>> pairs("person=Client ID;metric=What")
    {'person': 'Client ID', 'metric': 'What'}
    """
    parts = (part.partition("=") for part in text.split(";") if part)
    return {name.strip(): value.strip() for name, _, value in parts}


class RowCount(Reply):
    """What rows of one metric, period and member add up to."""

    metric: str
    period: str
    of: dict[str, str]
    rows: int
    persons: int
    value: str

    @classmethod
    def of_place(cls, one: PlaceCount) -> "RowCount":
        """Return a sum as a reply."""
        return cls(
            metric=one.metric,
            period=one.period,
            of=dict(one.of),
            rows=one.rows,
            persons=one.persons,
            value=one.value,
        )


class RowFault(Reply):
    """What is wrong with a row: ``invalid``, ``late`` or ``repeated``."""

    row: int
    column: str
    kind: Kind
    message: str

    @classmethod
    def of(cls, one: RowFinding) -> "RowFault":
        """Return a fault as a reply."""
        return cls(row=one.row, column=one.column, kind=one.kind, message=one.message)


class FaultCount(Reply):
    """How many rows have one kind of fault."""

    kind: Kind
    count: int


class CountedMetric(Reply):
    """A metric of which rows are counted, and for the members of which sets."""

    code: str
    title: str
    sets: list[str]


class DatasetColumns(Reply):
    """What the columns of a file are called, and which field each seems to hold.

    Attributes
    ----------
    guessed : dict of str to str
        Field -> column, by the names alone: for a person to look over.
    """

    agreement: str
    columns: list[str]
    guessed: dict[str, str]
    metrics: list[CountedMetric]


class DatasetEffect(Reply):
    """What would be due under one clause, more or less, if what a file comes to is claimed and found."""

    clause: str
    period: str
    payer: str
    payee: str
    amount: str
    unit: str


class ShownRow(Reply):
    """One row as it was read, with a pseudonym for its person."""

    cells: dict[str, str]


class DatasetPreview(Reply):
    """What an import would come to; nothing is stored.

    Attributes
    ----------
    digest : str
        Of the file, how it is read, what it adds up to and what is on record: an import names it, and is
        refused when any of that changed.
    passes : bool
        Whether the import would be taken.
    rows, empty, persons : int [rows, rows, people]
        Rows that hold something, rows that hold nothing, different people.
    effects : list of DatasetEffect or None
        What would be due, if it is claimed and found so; None where the rows cannot be paid on as they are.
    """

    agreement: str
    digest: str
    passes: bool
    rows: int
    empty: int
    persons: int
    encoding: str
    ignored_columns: list[str]
    counts: list[RowCount]
    on_record: list[RowCount]
    first: list[ShownRow]
    found: list[FaultCount]
    findings: list[RowFault]
    notes: list[str]
    effects: list[DatasetEffect] | None = None

    @classmethod
    def of(
        cls,
        agreement: str,
        seen: Preview,
        digest: str,
        *,
        most: int,
        effects: list[DatasetEffect] | None = None,
    ) -> "DatasetPreview":
        """Return a preview as a reply.

        Parameters
        ----------
        agreement, digest : str
            Whose, and what an import names.
        seen : Preview
            What was found.
        most : int [findings]
            So many of them are listed.
        effects : list of DatasetEffect or None
            On money.
        """
        return cls(
            agreement=agreement,
            digest=digest,
            passes=seen.passes,
            rows=seen.rows,
            empty=seen.empty,
            persons=seen.persons,
            encoding=seen.encoding,
            ignored_columns=list(seen.ignored),
            counts=[RowCount.of_place(one) for one in seen.counts],
            on_record=[RowCount.of_place(one) for one in seen.on_record],
            first=[ShownRow(cells=one) for one in seen.first],
            found=[FaultCount(kind=kind, count=count) for kind, count in seen.found.items() if count],
            findings=[RowFault.of(one) for one in seen.findings[:most]],
            notes=list(seen.notes),
            effects=effects,
        )


class DatasetFaults(Reply):
    """The rows as they were sent, as CSV, with a column that says what is wrong; nothing is stored."""

    file_name: str
    media_type: str
    faults: int
    content: str


class DatasetFields(Reply):
    """Imported rows: sums, never people."""

    agreement: str
    code: str
    rows: int
    persons: int
    results: list[ResultRow]
    withheld: Annotated[int, Field(description="Sums of single members that the caller does not see.")]
    sha256: str
    source_sha256: str

    @classmethod
    def of(cls, one: ImportedDataset, *, masked: bool) -> "DatasetFields":
        """Return imported rows as a reply; masked, without sums of single members."""
        return cls.model_validate(dataset_fields(one, masked=masked))


class DatasetMade(Made, DatasetFields):
    """Rows as they were imported."""


class DatasetList(Reply):
    """A page of imported rows."""

    items: list[DatasetFields]
    next: str | None


def dataset_fields(one: ImportedDataset, *, masked: bool) -> dict[str, object]:
    """Return what is said of imported rows, by name."""
    results = result_list(one.results, masked=masked)
    return {
        "agreement": one.agreement,
        "code": one.code,
        "rows": one.rows,
        "persons": one.persons,
        "results": results,
        "withheld": len(one.results) - len(results),
        "sha256": one.sha256,
        "source_sha256": one.source_sha256,
    }


class AggregateRow(Reply):
    """What a group of people adds up to; persons, rows and value are absent where the group is hidden."""

    metric: str
    group: dict[str, str]
    persons: int | None
    rows: int | None
    value: str | None

    @classmethod
    def of(cls, one: Aggregate) -> "AggregateRow":
        """Return a group as a reply."""
        return cls(
            metric=one.metric,
            group=dict(one.group),
            persons=one.persons,
            rows=one.rows,
            value=one.value or None,
        )


class AggregateList(Reply):
    """All groups of a dataset; small ones are hidden, and as many more as keep them so."""

    agreement: str
    dataset: str
    least: Annotated[int, Field(description="Groups of fewer people are hidden.")]
    items: list[AggregateRow]
