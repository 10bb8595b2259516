"""Files of an application on its page: their digests go into the draft, the files stay with the applicant."""

from collections.abc import Mapping
from dataclasses import replace

from ....challenges.files import attached_file, require_address
from ....challenges.forms import file_fault
from ....finance.findings import finding
from ...errors import RequestInvalid
from ..forms import Form
from .questions import Box, Json, Section, groups_of, written

SENT, ADDRESS, REMOVED = "file-", "file-address-", "file-remove-"
Row = dict[str, Json]


def take_files(section: Section, content: Mapping[str, Json], form: Form) -> tuple[Form, dict[str, Json]]:
    """Return a form that holds digests in place of files, and a draft that names these files.

    Parameters
    ----------
    section : Section
        That was shown.
    content : mapping
        The draft as it stands.
    form : Form
        What was sent.

    Raises
    ------
    RequestInvalid
        When a file is not of the kind or the length that is asked.
    """
    rows = {str(row.get("sha256")): dict(row) for row in file_rows(content)}
    fields = {name: list(values) for name, values in form.fields.items()}
    for name, sent in form.files.items():
        field = name.removeprefix(SENT)
        made = attached_file(sent.content, name=sent.name, media_type=sent.media_type, at=_pointer(field))
        rows[made.sha256] = {**rows.get(made.sha256, {}), **made.model_dump(mode="json", exclude_none=True)}
        fields[field] = [made.sha256]
    for name in list(fields):
        if name.startswith(REMOVED) and form.text(name):
            fields[name.removeprefix(REMOVED)] = [""]
    taken = replace(form, fields=fields, files={})
    before = {box.value for box in _boxes(section, content)}
    boxes = _boxes(section, written(section, content, taken))
    for box in boxes:
        _settle(box, rows.get(box.value), form)
    gone = before - {box.value for box in boxes}
    kept = [row for digest, row in rows.items() if digest not in gone]
    others = {name: value for name, value in content.items() if name != "files"}
    return taken, {**others, "files": kept} if kept else others


def file_rows(content: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """Return the files that a draft names."""
    rows = content.get("files")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []


def _boxes(section: Section, content: Mapping[str, Json]) -> list[Box]:
    groups = groups_of(section, content, more=0)
    return [box for group in groups for box in group.boxes if box.ask.kind == "file" and box.value]


def _settle(box: Box, row: Row | None, form: Form) -> None:
    """Check a file that is new against its question, and note where it lies."""
    if row is None:
        return
    if SENT + box.name in form.files and box.ask.takes is not None:
        size = row.get("size_bytes")
        fault = file_fault(box.ask.takes, str(row.get("media_type")), size if isinstance(size, int) else 0)
        if fault:
            said = f"{row.get('name')}: {fault}. Choose another file."
            raise RequestInvalid(said, findings=[finding(_pointer(box.name), fault)])
    if ADDRESS + box.name in form.fields:
        address = require_address(form.text(ADDRESS + box.name), _pointer(ADDRESS + box.name))
        row.pop("address", None)
        row |= {"address": address} if address else {}


def _pointer(field: str) -> str:
    return f"/{field}"
