"""Variants: the same problem with some of its sections or its objective replaced.

The problem: scenarios, budgets and re-allocations are many documents that differ in a few columns. A variant
shares every table that it does not change, and is verified like any other document.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .columns import SECTIONS
from .problem import AllocationDocument
from .tables import Table


def variant(
    document: AllocationDocument, sections: Mapping[str, object] | None = None, **head: object
) -> AllocationDocument:
    """Return a document with other sections or head fields.

    Parameters
    ----------
    document : AllocationDocument
        What stays.
    sections : Mapping
        Section name -> rows or columns that replace it whole.
    **head : object
        Fields that are no sections, such as ``objective``.

    Raises
    ------
    DocumentInvalid
        With every fault of what was made.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}]}''')
    >>> variant(problem, {"funds": [{"fund_id": "pool", "budget_minor": 9000}]}).arrays.budget.tolist()
    [[9000]]
    """
    kept: dict[str, Any] = {
        "schema": document.schema_,
        "unit": document.unit,
        "scale": document.scale,
        "gap": document.gap,
        "periods": document.periods,
        "objective": document.objective,
        **{name: document.table(name) for name in SECTIONS},
    }
    tables = {name: Table.read(SECTIONS[name], given) for name, given in (sections or {}).items()}
    made = AllocationDocument.model_validate({**kept, **head, **tables})
    made.verify()
    return made


def columns_of(document: AllocationDocument, name: str, **replaced: object) -> dict[str, object]:
    """Return the columns of a section, some of them replaced, ready for ``variant``.

    Parameters
    ----------
    document : AllocationDocument
        Where they stand.
    name : str
        The section.
    **replaced : object
        Column name -> values, one for every row.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}]}''')
    >>> columns_of(problem, "funds", budget_minor=[1])["budget_minor"]
    [1]
    """
    return {**document.table(name).columns, **replaced}


@lru_cache(maxsize=4)
def problem_of(raw: bytes) -> AllocationDocument:
    """Read a problem once per process.

    Parameters
    ----------
    raw : bytes
        Its canonical bytes.
    """
    return AllocationDocument.read(raw)
