"""Tables of data from pandas DataFrames.

The problem: a DataFrame holds blanks in five spellings (``None``, ``NaN``, ``NaT``, ``pd.NA``, empty text)
and numbers in columns of any type. Here each of them arrives as a blank, which a method refuses by row and
column.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...finance.errors import EvaluationRefused
from .tables import Array

Frame = pd.DataFrame


def table_of(frame: Frame, *, columns: Mapping[str, str] | None = None) -> dict[str, Array]:
    """Return the columns of a DataFrame as a table that ``evaluate`` takes; its index is left aside.

    Parameters
    ----------
    frame : DataFrame
        One row per observation.
    columns : dict of str to str or None
        Name that a method uses -> name in the frame, for columns named otherwise.

    Raises
    ------
    EvaluationRefused
        When a name is there twice, or a mapped one is not.

    Examples
    --------
    >>> table_of(Frame({"Nights": [3, 4]}), columns={"outcome": "Nights"})
    {'outcome': array([3, 4])}
    """
    wanted = dict(columns or {})
    found = [str(name) for name in frame.columns]
    absent = sorted(set(wanted.values()) - set(found))
    new = {theirs: ours for ours, theirs in wanted.items()}
    names = [new.get(name, name) for name in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if absent or twice:
        raise EvaluationRefused(
            f"The frame has no column {', '.join(absent)}."
            if absent
            else f"Columns twice: {', '.join(twice)}.",
            reason="columns",
            missing=absent,
            twice=twice,
        )
    return {name: _array(frame.iloc[:, place]) for place, name in enumerate(names)}


def _array(column: "pd.Series[str]") -> Array:
    plain = column.to_numpy()
    if isinstance(plain, np.ndarray) and plain.dtype.kind in "biuf":
        return plain
    blank = column.isna().to_numpy()
    return np.array(
        [None if empty else cell for cell, empty in zip(column.tolist(), blank, strict=True)], dtype=object
    )
