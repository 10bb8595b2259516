"""DataFrames in and out: the same problem and the same answer, for people who live in pandas.

The problem: analysts keep interventions in frames, and a column of floats loses cents without a word. Frames
are read by the same specification as documents: whole numbers only, unknown columns refused by name.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from .answer import ROWS, Allocation
from .columns import SECTIONS
from .problem import AllocationDocument


def from_frames(
    frames: Mapping[str, pd.DataFrame], *, unit: str = "USD", scale: int = 2, **head: object
) -> AllocationDocument:
    """Make a problem of one DataFrame for each section.

    Parameters
    ----------
    frames : Mapping[str, DataFrame]
        Section name -> columns of that section, money in int64 minor units.
    unit : str
        Base unit of every amount.
    scale : int [digits]
        Decimal digits of the unit.
    **head
        Other fields of the document, such as ``gap``, ``periods`` or ``objective``.

    Raises
    ------
    DocumentInvalid
        With every fault: a column of floats, an unknown name, rules that contradict each other.

    Examples
    --------
    >>> import pandas as pd
    >>> frames = {"funds": pd.DataFrame({"fund_id": ["pool"], "budget_minor": [8000]}),
    ...   "interventions": pd.DataFrame({"intervention_id": ["w7"], "region": [3]})}
    >>> problem = from_frames(frames)
    >>> problem.interventions.texts("region"), to_frames(problem)["funds"].to_dict("list")
    (['3'], {'fund_id': ['pool'], 'budget_minor': [8000]})
    """
    tables = {
        name: {str(column): _values(frame[column]) for column in frame} for name, frame in frames.items()
    }
    return AllocationDocument.from_tables({"unit": unit, "scale": scale, **head}, tables)


def to_frames(document: AllocationDocument) -> dict[str, pd.DataFrame]:
    """Return the sections that hold anything as DataFrames; ``from_frames`` of them is the same problem.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    """
    return {
        name: pd.DataFrame(
            {column: _series(values) for column, values in document.table(name).plain().items()}
        )
        for name in SECTIONS
        if document.table(name).count
    }


def answer_frames(allocation: Allocation) -> dict[str, pd.DataFrame]:
    """Return an allocation as DataFrames: ``chosen``, ``lines``, ``carried``, ``bought``, ``parts``.

    Parameters
    ----------
    allocation : Allocation
        What is given [minor units].

    Examples
    --------
    >>> from .answer import AllocationLine
    >>> line = AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=5)
    >>> answer_frames(Allocation.of([line]))["lines"]["amount_minor"].tolist()
    [5]
    """
    chosen = pd.DataFrame(list(allocation.chosen), columns=["intervention_id", "period"])
    rows = {name: pd.DataFrame(list(getattr(allocation, name))) for name in ROWS}
    return {"chosen": chosen, **rows}


def _series(values: list[Any]) -> "pd.Series[Any]":
    """Make a column that keeps whole numbers whole, also where something is missing."""
    if all(value is None or type(value) is int for value in values):
        return pd.Series(values, dtype="Int64" if None in values else "int64")
    return pd.Series(values, dtype=object)


def _values(column: "pd.Series[Any]") -> object:
    """Return a column as an array or list; what is missing is ``None``."""
    if column.dtype.kind in "iu" and not column.isna().any():
        return column.to_numpy(np.int64) if column.dtype != np.uint64 else column.tolist()
    if column.dtype.kind == "f" and not column.isna().all():
        return column.tolist()
    missing = column.isna().tolist()
    return [None if gone else value for value, gone in zip(column.tolist(), missing, strict=True)]
