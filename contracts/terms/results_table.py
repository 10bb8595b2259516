"""Results as CSV: one case, one observation to a line.

The problem: what evaluators hand over is a table. Its columns are the fields of a row; every other
column is a set of the terms, with the member in it.
"""

import csv
import json
from collections.abc import Mapping
from io import StringIO

from ...finance.errors import ResultsInvalid
from .document import TermDocument
from .results import ResultsDocument

FIELDS = ("metric", "value", "period", "id", "on", "unit", "basis", "source")


def read_results_table(raw: bytes, document: TermDocument, title: str = "results") -> ResultsDocument:
    r"""Read results from CSV text, as one case.

    Parameters
    ----------
    raw : bytes
        UTF-8, with a header that names ``metric`` and ``value``.
    document : TermDocument
        The terms, for their sets.
    title : str
        Of the results document.

    Raises
    ------
    ResultsInvalid
        With every column and every line that is wrong.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> found = read_results_table(b"metric,value\nnights,12457\n", TermDocument.read(EXAMPLE))
    >>> found.cases[0].results[0].value
    '12457'
    """
    try:
        reader = csv.DictReader(StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        header = list(reader.fieldnames or ())
        lines = list(reader)
    except (UnicodeDecodeError, csv.Error) as fault:
        raise ResultsInvalid(f"The results are no CSV in UTF-8: {fault}.", path="/") from None
    faults = _header_faults(header, document)
    rows = []
    for place, line in enumerate(lines, start=2):
        if None in line or None in line.values():
            faults.append((f"line {place}", f"it does not have {len(header)} cells"))
            continue
        rows.append(_row(line))
    if faults or not rows:
        told = faults or [("line 2", "there is no row")]
        raise ResultsInvalid(
            f"The results: {'; '.join(f'{path}: {message}' for path, message in told)}.",
            findings=[{"path": path, "message": message} for path, message in told],
        )
    made = {"schema": "almoner.results/1", "title": title, "cases": [{"id": "results", "results": rows}]}
    return ResultsDocument.read(json.dumps(made))


def _header_faults(header: list[str], document: TermDocument) -> list[tuple[str, str]]:
    known = (*FIELDS, *document.sets)
    faults = [("line 1", f"column {name!r} is missing") for name in ("metric", "value") if name not in header]
    faults += [
        ("line 1", f"column {name!r} is no field and no set of the terms; known: {', '.join(known)}")
        for name in header
        if name not in known
    ]
    return faults + [
        ("line 1", f"column {name!r} stands twice")
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]


def _row(line: Mapping[str, str]) -> dict[str, object]:
    plain: dict[str, object] = {name: cell for name, cell in line.items() if name in FIELDS and cell}
    members = {name: cell for name, cell in line.items() if name not in FIELDS and cell}
    return {**plain, "of": members}
