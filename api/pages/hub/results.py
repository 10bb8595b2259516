"""Our results as a file: its columns named, every fault shown by row, what it does to the money, taken over.

The problem: a file is refused at row three, mended, and refused at row nine; and who hands it in twice loses
sight of which one counted. The file is looked at as a whole, nothing is kept before one says so, and what is
imported is what was shown. The file itself stays in the browser: where it is small it travels with the form,
so that nobody chooses it again; a larger one is chosen again.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass

from ....contracts.terms.document import WHOLE_TERM
from ...wire.agreements import AgreementReply
from ...wire.datasets import (
    DatasetColumns,
    DatasetEffect,
    DatasetFaults,
    DatasetList,
    DatasetMade,
    DatasetPreview,
)
from ..page import Page
from ..view import Attachment, Column, Done, Sheet, View
from ..visit import Refused, Visit
from ..words import Words
from .overview import period_said

PATH = "/books/{book}/hub/agreements/{agreement}/results"
CARRIED = 262_144
UNPACKED = 20 * 1024 * 1024
PEOPLE = ("person", "metric", "achieved_on", "quantity", "period")
FIXED = "="


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One field of a row: which column holds it, or which value all rows have.

    Attributes
    ----------
    options : list of (str, str)
        Columns, and of a metric the metrics, each with what it is called.
    chosen : str
        One of them; empty for none.
    """

    field: str
    label: str
    hint: str
    options: list[tuple[str, str]]
    chosen: str


def show_results(visit: Visit) -> View:
    """Show what was imported, and where to hand in a file."""
    return _view(visit)


def _view(
    visit: Visit,
    *,
    columns: DatasetColumns | None = None,
    preview: DatasetPreview | None = None,
    content: bytes = b"",
) -> View:
    words = visit.words
    agreement = visit.read(AgreementReply, "agreement.read")
    imported = visit.read(DatasetList, "dataset.list")
    sheets = {"imported": _imported_sheet(words, imported)}
    if preview is not None:
        sheets = {**_preview_sheets(visit, preview, columns), **sheets}
    more = {
        "agreement": agreement,
        "columns": columns,
        "choices": _choices(visit, columns) if columns else [],
        "preview": preview,
        "carried": _packed(content) if content else "",
        "file_name": _file_name(visit),
        "faulty": sum(one.count for one in preview.found) if preview else 0,
        "effects": _effects(words, preview.effects) if preview else None,
        "proposed": visit.form.text("code") or _next_code(imported),
    }
    status = int(visit.problem["status"]) if visit.problem else 200
    return View(title=words._("Hand in results"), sheets=sheets, more=more, status=status)


def _imported_sheet(words: Words, imported: DatasetList) -> Sheet:
    return Sheet(
        title=words._("Files taken over so far"),
        columns=[
            Column(name=words._("Name")),
            Column(name=words._("Rows"), kind="number"),
            Column(name=words._("People"), kind="number"),
            Column(name=words._("Comes to")),
        ],
        rows=[
            (
                one.code,
                str(one.rows),
                str(one.persons),
                "; ".join(
                    f"{row.metric} {period_said(words, row.period)}: {row.value}" for row in one.results
                ),
            )
            for one in imported.items
        ],
        empty=words._("No file was taken over yet. Choose one above: CSV, or a spreadsheet (XLSX, ODS)."),
    )


def _preview_sheets(
    visit: Visit, preview: DatasetPreview, columns: DatasetColumns | None
) -> dict[str, Sheet]:
    words = visit.words
    choices = _choices(visit, columns) if columns else []
    named = {one.field: one.label if one.chosen.startswith(FIXED) else one.chosen for one in choices}
    titles = {one.code: one.title for one in columns.metrics} if columns else {}
    faults = Sheet(
        title=words._("What is wrong, by row"),
        columns=[
            Column(name=words._("Row")),
            Column(name=words._("Column")),
            Column(name=words._("What is wrong")),
        ],
        rows=[(str(one.row), named.get(one.column) or one.column, one.message) for one in preview.findings],
        empty=words._("Every row can be read and counted."),
    )
    before = {(one.metric, one.period, str(one.of)): one.value for one in preview.on_record}
    counts = Sheet(
        title=words._("What the file comes to"),
        columns=[
            Column(name=words._("What is counted")),
            Column(name=words._("Period")),
            Column(name=words._("Of")),
            Column(name=words._("Rows"), kind="number"),
            Column(name=words._("People"), kind="number"),
            Column(name=words._("This file"), kind="number"),
            Column(name=words._("On record before"), kind="number"),
        ],
        rows=[
            (
                titles.get(one.metric, one.metric),
                period_said(words, one.period),
                ", ".join(one.of.values()),
                str(one.rows),
                str(one.persons),
                one.value,
                before.get((one.metric, one.period, str(one.of)), "0"),
            )
            for one in preview.counts
        ],
        empty=words._("No row of the file can be counted."),
    )
    return {"faults": faults, "counts": counts}


def _effects(words: Words, effects: list[DatasetEffect] | None) -> list[tuple[str, str, str]] | None:
    """Return clause with its period, amount, and who gets it."""
    if effects is None:
        return None
    return [
        (
            one.clause if one.period == WHOLE_TERM else f"{one.clause} ({one.period})",
            words.amount(one.amount, one.unit),
            one.payee,
        )
        for one in effects
    ]


def _choices(visit: Visit, columns: DatasetColumns) -> list[Choice]:
    """Return a choice for each field: as sent, or else as the names of the columns let one guess."""
    words, form = visit.words, visit.form
    said = {
        "person": (words._("Who"), words._("A number or name of the person; it is turned into a pseudonym.")),
        "metric": (words._("What was achieved"), words._("A column, or the same for all rows.")),
        "achieved_on": (words._("On which day"), ""),
        "quantity": (words._("How much"), words._("Leave it empty where each row counts as one.")),
        "period": (words._("For which period"), words._("Leave it empty where the day decides.")),
    }
    held = [(name, name) for name in columns.columns if name]
    metrics = [
        (f"{FIXED}{one.code}", words._("all rows: %(metric)s", metric=one.title)) for one in columns.metrics
    ]
    lone = metrics[0][0] if len(metrics) == 1 else ""
    sets = dict.fromkeys(f"of:{name}" for one in columns.metrics for name in one.sets)
    found = []
    for field in (*PEOPLE, *sets):
        label, hint = said.get(field, (field.removeprefix("of:"), ""))
        guessed = columns.guessed.get(field, lone if field == "metric" else "")
        found.append(
            Choice(
                field=field,
                label=label,
                hint=hint,
                options=[("", ""), *held, *(metrics if field == "metric" else [])],
                chosen=form.text(f"map-{field}") if form.text("mapped") else guessed,
            )
        )
    return found


def _next_code(imported: DatasetList) -> str:
    known = {one.code for one in imported.items}
    return next(name for n in range(1, len(known) + 2) if (name := f"file-{n}") not in known)


def _content(visit: Visit) -> bytes:
    """Return the file that was chosen, or the one that travels with the form; empty for none.

    Raises
    ------
    Refused
        When what travels with the form is no file of ours.
    """
    sent = visit.form.files.get("file")
    if sent is not None:
        return sent.content
    carried = visit.form.text("carried")
    if not carried:
        return b""
    try:
        return _unpacked(carried)
    except (binascii.Error, zlib.error):
        return b""


def _packed(content: bytes) -> str:
    """Return a file for a hidden field; empty where it is too large to travel."""
    if len(content) > UNPACKED:
        return ""
    text = base64.b64encode(zlib.compress(content, 9)).decode()
    return text if len(text) <= CARRIED else ""


def _unpacked(text: str) -> bytes:
    reader = zlib.decompressobj()
    content = reader.decompress(base64.b64decode(text, validate=True), UNPACKED)
    if reader.unconsumed_tail:
        raise zlib.error("it unpacks to more than is taken")
    return content


def _file_name(visit: Visit) -> str:
    sent = visit.form.files.get("file")
    return sent.name if sent is not None else visit.form.text("file_name")


def _place(visit: Visit) -> dict[str, str]:
    return {"sheet": visit.form.text("sheet"), "header_row": visit.form.text("header_row") or "1"}


def _reading(visit: Visit, choices: list[Choice]) -> dict[str, str]:
    """Return how the file is to be read, as the operations take it."""
    columns = [f"{one.field}={one.chosen}" for one in choices if one.chosen and one.chosen[0] != FIXED]
    fixed = [f"{one.field}{one.chosen}" for one in choices if one.chosen.startswith(FIXED)]
    return {
        **_place(visit),
        "columns": ";".join(columns),
        "fixed": ";".join(fixed),
        "days": visit.form.text("days", "iso"),
    }


def look(visit: Visit) -> View:
    """Look the file over as it is to be read: all that is wrong, what it comes to, what it pays."""
    content = _content(visit)
    if not content:
        return _unsent(visit)
    columns = visit.write(DatasetColumns, "dataset.columns", content, **_place(visit))
    choices = _choices(visit, columns)
    if not visit.form.text("mapped") and not all(one.chosen for one in choices if one.field in PEOPLE[:3]):
        return _view(visit, columns=columns, content=content)
    try:
        preview = visit.write(DatasetPreview, "dataset.preview", content, **_reading(visit, choices))
    except Refused as refused:
        visit.refused(refused)
        return _view(visit, columns=columns, content=content)
    return _view(visit, columns=columns, preview=preview, content=content)


def _unsent(visit: Visit) -> View:
    visit.refused(visit.wrong("file", visit.words._("Choose a file.")))
    return _view(visit)


def faults(visit: Visit) -> Attachment | View:
    """Give the file back with one more column that says what is wrong with each row."""
    content = _content(visit)
    if not content:
        return _unsent(visit)
    columns = visit.write(DatasetColumns, "dataset.columns", content, **_place(visit))
    told = visit.write(DatasetFaults, "dataset.faults", content, **_reading(visit, _choices(visit, columns)))
    return Attachment(
        name=told.file_name, media_type=told.media_type, content=b"\xef\xbb\xbf" + told.content.encode()
    )


def take(visit: Visit) -> Done | View:
    """Take the file over as it was shown: all rows or none."""
    content = _content(visit)
    if not content:
        return _unsent(visit)
    columns = visit.write(DatasetColumns, "dataset.columns", content, **_place(visit))
    reading = _reading(visit, _choices(visit, columns))
    decided = {
        "code": visit.form.text("code"),
        "preview": visit.form.text("preview"),
        "rows": visit.form.text("rows"),
    }
    try:
        made = visit.write(DatasetMade, "dataset.import", content, **reading, **decided)
    except Refused as refused:
        visit.refused(refused)
        preview = visit.write(DatasetPreview, "dataset.preview", content, **reading)
        return _view(visit, columns=columns, preview=preview, content=content)
    return Done(to=f"{visit.address('hub_agreement')}?dataset={made.code}", said="taken")


PAGES = (
    Page(
        name="hub_results",
        path=PATH,
        show=show_results,
        acts={"look": look, "faults": faults, "take": take},
        uploads=True,
    ),
)
