"""Changes to an allocation problem, as data: what a fix, a lever or an override does to the document.

The problem: "lower the floor by 1.3 million" must be something that a person can approve and a program can
apply, and the second must do exactly what the first has read. An ``Edit`` names a section, a row by its key
and the columns that change; applying edits gives a new document and leaves the old one alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import REQUIRED, SECTIONS
from ..tables import NONE, Table, Values

if TYPE_CHECKING:
    from ..problem import AllocationDocument


OBJECTIVE = "objective"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change to one row of a section.

    Attributes
    ----------
    section : str
        Which section; ``objective`` has no key.
    key : Mapping[str, object]
        The key columns of the row; a column that is not named has its default.
    values : Mapping[str, object]
        Columns and their new values; a row that is not there is added.
    is_removal : bool
        Whether the row is taken out.

    Examples
    --------
    >>> Edit(section="funds", key={"fund_id": "b", "period": 0}, values={"budget_minor": 600}).plain()
    {'section': 'funds', 'key': {'fund_id': 'b', 'period': 0}, 'set': {'budget_minor': 600}}
    """

    section: str
    key: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict)
    is_removal: bool = False

    def plain(self) -> dict[str, Any]:
        """Return the edit as JSON values."""
        head = {"section": self.section, "key": _listed(self.key)}
        return {**head, "remove": True} if self.is_removal else {**head, "set": _listed(self.values)}


def edited(
    document: "AllocationDocument", edits: Iterable[Edit], *, is_sound: bool = False
) -> "AllocationDocument":
    """Return the document with changes applied.

    Parameters
    ----------
    document : AllocationDocument
        The problem; it stays as it is.
    edits : iterable of Edit
        The changes, in order.
    is_sound : bool
        Whether the caller knows that the changes contradict no other table, so that none is searched again.

    Raises
    ------
    DocumentInvalid
        When the changed tables contradict each other; ``arrays`` and ``verify`` raise it too.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}]}''')
    >>> more = Edit(section="funds", key={"fund_id": "pool"}, values={"budget_minor": 9000})
    >>> edited(problem, [more]).funds.ints("budget_minor").tolist()
    [9000]
    """
    by_section: dict[str, list[Edit]] = {}
    for edit in edits:
        by_section.setdefault(edit.section, []).append(edit)
    aims = {name: value for edit in by_section.pop(OBJECTIVE, []) for name, value in edit.values.items()}
    tables = {name: _table(document.table(name), listed) for name, listed in by_section.items()}
    objective = document.objective.model_copy(update=aims)
    changed = document.model_copy(update={**tables, OBJECTIVE: objective})
    for name in ("arrays", "_faults"):
        changed.__dict__.pop(name, None)  # numbers of the old document
    found = [
        {"path": f"/{name}{row['path']}", "message": row["message"]}
        for name, table in tables.items()
        for row in table.faults
    ]
    if found:
        raise document.refusal(found)
    if is_sound:
        changed.__dict__["_faults"] = []
    return changed


def _table(table: Table, edits: Iterable[Edit]) -> Table:
    """Return a section with its rows changed, added and removed; the columns stay as they are."""
    name = table.section.name
    columns = {column: _values(values) for column, values in table.columns.items()}
    keys = [_full_key(name, edit.key) for edit in edits]
    held = zip(*(columns[column] for column in table.section.key), strict=True) if table.count else iter(())
    place = {tuple(row): at for at, row in enumerate(held)}
    gone = set[int]()
    for edit, key in zip(edits, keys, strict=True):
        at = place.get(tuple(key.values()))
        if edit.is_removal:
            gone |= set() if at is None else {at}
            continue
        if at is None:
            at = place[tuple(key.values())] = len(next(iter(columns.values()), []))
            for column, value in _blank(table).items():
                columns[column].append(key.get(column, value))
        for column, value in edit.values.items():
            columns[column][at] = value
    if gone:
        columns = {
            column: [value for at, value in enumerate(values) if at not in gone]
            for column, values in columns.items()
        }
    if name == "synergies":
        columns.pop("first_id", None)
        columns.pop("second_id", None)
    return Table.read(table.section, columns)


def _blank(table: Table) -> dict[str, Any]:
    """Return what stands in a new row where nothing is said."""
    defaults = {column.name: column.default for column in table.section.columns}
    return {name: None if defaults.get(name) is REQUIRED else defaults.get(name) for name in table.columns}


def _values(values: Values) -> list[Any]:
    if isinstance(values, np.ndarray):
        return [None if value == NONE else value for value in values.tolist()]
    return list(values)


def _full_key(section: str, key: Mapping[str, object]) -> dict[str, object]:
    columns = {column.name: column for column in SECTIONS[section].columns}
    return {
        name: key.get(name, None if columns[name].default is REQUIRED else columns[name].default)
        for name in SECTIONS[section].key
    }


def _listed(values: Mapping[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
