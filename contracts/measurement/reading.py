"""Reading files of rows: text in its encoding and separator, spreadsheets by their cells.

The problem: a file saved by a spreadsheet begins with a mark, is not in UTF-8, separates by semicolons, or
holds a title above its header; read carelessly, every person has the wrong number. What can be known is found
out and told; what cannot is refused.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from io import BytesIO, StringIO
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, load_workbook

from ...finance.errors import RowsInvalid
from .rows import FIELDS, OF

MAX_BYTES = 256 * 2**20
MAX_UNPACKED = 4 * MAX_BYTES
SPREADSHEET = b"PK\x03\x04"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
LONGEST_LINE = 100_000
_SEPARATORS = ",;\t|"


def plain_text(raw: bytes) -> tuple[bytes, str]:
    r"""Return text as UTF-8 without a mark, and the encoding it was in.

    Raises
    ------
    RowsInvalid
        When it is neither UTF-8, UTF-16 with a mark nor Windows-1252, or holds characters no text has.

    Examples
    --------
    >>> plain_text("Zürich".encode("cp1252"))
    (b'Z\xc3\xbcrich', 'cp1252')
    """
    if len(raw) > MAX_BYTES:
        raise RowsInvalid(f"The file has {len(raw)} bytes; at most {MAX_BYTES} are read at once. Split it.")
    marked = [name for mark, name in _MARKS if raw.startswith(mark)]
    for encoding in marked or ("utf-8", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        plain = raw if encoding == "utf-8" else text.encode()
        return plain, "utf-8" if encoding == "utf-8-sig" else encoding
    raise RowsInvalid(
        "The file is no text in UTF-8, UTF-16 or Windows-1252. Save it as CSV in UTF-8, or as XLSX."
    )


def separator_of(text: bytes) -> str:
    r"""Return what separates the cells of the first line.

    Examples
    --------
    >>> separator_of(b"person;metric;achieved_on\n")
    ';'
    """
    line = text.lstrip(b"\r\n").split(b"\n", 1)[0][:LONGEST_LINE].decode("utf-8", "replace")
    cells = {one: len(next(csv.reader(StringIO(line), delimiter=one), [])) for one in _SEPARATORS}
    return max(_SEPARATORS, key=lambda one: cells[one])


def sheet_rows(raw: bytes, sheet: str = "") -> list[list[str]]:
    """Read the cells of a sheet as text: dates as ISO days, whole numbers without a point.

    Parameters
    ----------
    raw : bytes
        An XLSX or ODS file.
    sheet : str
        Its name; needed when there are several that are visible.

    Raises
    ------
    RowsInvalid
        When it cannot be read, unpacks to too much, or it is not clear which sheet is meant.
    """
    try:
        with ZipFile(BytesIO(raw)) as packed:
            size = sum(one.file_size for one in packed.infolist())
        if size > MAX_UNPACKED:
            raise RowsInvalid(f"The spreadsheet unpacks to {size} bytes; at most {MAX_UNPACKED} are read.")
        with load_workbook(BytesIO(raw)) as book:
            seen = [one.name for one in book.sheets_metadata if str(one.visible).endswith(".Visible")]
            if (sheet or len(seen) != 1) and sheet not in book.sheet_names:
                told = f"has no sheet {sheet!r}" if sheet else f"has {len(seen)} sheets"
                raise RowsInvalid(f"The spreadsheet {told}. Name one of: {', '.join(seen)}.", sheets=seen)
            rows = book.get_sheet_by_name(sheet or seen[0]).to_python(skip_empty_area=False)
    except (CalamineError, BadZipFile) as fault:
        raise RowsInvalid(f"The spreadsheet cannot be read: {fault}. Save it again as XLSX.") from None
    return [[cell_text(cell) for cell in row] for row in rows]


def cell_text(cell: object) -> str:
    """Write a cell as the text it shows.

    Examples
    --------
    >>> cell_text(12.0), cell_text(12.5), cell_text(date(2027, 3, 5)), cell_text(True), cell_text(None)
    ('12', '12.5', '2027-03-05', 'true', '')
    """
    if isinstance(cell, str):
        return cell
    if cell is None or cell != cell:  # noqa: PLR0124  # only what is no number differs from itself
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def choose_columns(
    header: Sequence[str], columns: Mapping[str, str], fixed: Mapping[str, str]
) -> dict[str, int]:
    """Find which column of a table holds which field.

    Parameters
    ----------
    header : sequence of str
        Names as they stand in the table.
    columns : Mapping of str to str
        Field -> name in the table, where they differ.
    fixed : Mapping of str to str
        Fields that have one value in the whole table.

    Raises
    ------
    RowsInvalid
        When a field is unknown, missing or there twice.

    Examples
    --------
    >>> columns = {"person": "Client", "achieved_on": "Day"}
    >>> choose_columns(["Client", "Day", "Note"], columns, {"metric": "nights"})
    {'person': 0, 'achieved_on': 1}
    """
    names = [name.strip() for name in header]
    faults = [
        f"{name!r} is no field; fields are {', '.join(FIELDS)} and {OF}SET"
        for name in (*columns, *fixed)
        if name not in FIELDS and not name.startswith(OF)
    ]
    asked = dict.fromkeys([*FIELDS, *columns, *(name for name in names if name.startswith(OF))])
    found = {}
    for name in asked:
        if name in fixed:
            continue
        wanted = columns.get(name, name)
        if names.count(wanted) > 1:
            faults.append(f"the column {wanted!r} stands twice")
        if wanted in names:
            found[name] = names.index(wanted)
        elif name in columns or name in FIELDS[:3]:
            faults.append(_missing(name, wanted, names))
    if faults:
        raise RowsInvalid(f"The columns do not fit: {'; '.join(faults)}.", header=names)
    return found


def _missing(field: str, wanted: str, names: Sequence[str]) -> str:
    near = get_close_matches(wanted, names, n=1)
    told = f"there is no column {wanted!r} for {field}"
    if near:
        return f"{told}; there is {near[0]!r}"
    if "" in names or len(names) == 1:
        return f"{told}: the header row has empty or merged cells; say which row is the header, or unmerge it"
    return f"{told}; there are {', '.join(repr(name) for name in names[:20])}"


_ALIKE: Mapping[str, frozenset[str]] = {
    "person": frozenset({"personid", "client", "clientid", "participant", "participantid", "name", "id"}),
    "metric": frozenset({"measure", "indicator", "outcome", "what"}),
    "achieved_on": frozenset({"date", "day", "on", "achieved", "dateachieved", "resultdate"}),
    "quantity": frozenset({"count", "number", "amount", "value", "howmany", "units"}),
    "period": frozenset({"quarter", "month", "year"}),
}


def guess_columns(header: Sequence[str], sets: Sequence[str] = ()) -> dict[str, str]:
    """Guess which column holds which field, by its name alone; a person looks over it.

    Parameters
    ----------
    header : sequence of str
        Names as they stand in the table.
    sets : sequence of str
        Of the terms, whose members a metric can be counted for.

    Examples
    --------
    >>> guess_columns(["Client ID", "Day", "Note"])
    {'person': 'Client ID', 'achieved_on': 'Day'}
    """
    plain = {name: "".join(char for char in name.casefold() if char.isalnum()) for name in header}
    found: dict[str, str] = {}
    for field in (*FIELDS, *(f"{OF}{name}" for name in sets)):
        own = "".join(char for char in field.removeprefix(OF) if char.isalnum())
        wanted = {own} | _ALIKE.get(field, frozenset())
        best = sorted(
            (name for name in header if plain[name] in wanted and name not in found.values()),
            key=lambda name: plain[name] != own,
        )
        if best:
            found[field] = best[0]
    return found
