"""Sheets of the ground floor as pandas DataFrames: exact, with the unit beside every amount.

The problem: a table of money in floats loses cents as soon as it is summed. Every amount here is a column
``…_minor`` of whole minor units with a ``unit`` and a ``scale`` column, so sums are exact; turning it into a
decimal is the reader's last step. What comes back from a table is read by ``read_money``, which refuses a
column of floats by its name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from .errors import DocumentInvalid
from .money import Money
from .sheets import Cell, Section, Sheet, cell_text
from .turnover import Total
from .units import Unit

INT64_LIMIT = 2**63


def sheet_frame(sheet: Sheet, section: str | None = None) -> pd.DataFrame:
    """Return a sheet, or one of its sections, as a table.

    Parameters
    ----------
    sheet : Sheet
        From ``finance.statement_sheets``.
    section : str or None
        Name of one section, or ``totals``; None for all below each other, named in the column ``section``.

    Returns
    -------
    DataFrame
        The columns of the sheet: texts, days (datetime64), and for each amount a column ``…_minor`` [minor
        units]; behind them each unit with its ``scale`` [digits]. Whole numbers are int64, or Int64 where a
        row has none.

    Raises
    ------
    KeyError
        When the sheet has no such section.

    Examples
    --------
    >>> from almoner import money
    >>> from almoner.finance.sheets import Column
    >>> lines = Section(name="lines", columns=(Column("line"), Column("amount", "amount")),
    ...                 rows=(("contribution", money("5.00", "USD")),))
    >>> sheet_frame(Sheet(kind="x", title="", about=(), sections=(lines,)), "lines").to_dict("records")
    [{'line': 'contribution', 'amount_minor': 500, 'unit': 'USD', 'scale': 2}]
    """
    tables = [one for one in sheet.tables if section in {None, one.name}]
    if not tables:
        raise KeyError(f"no section {section!r}; there are {', '.join(one.name for one in sheet.tables)}")
    kinds: dict[str, str] = {"section": "text"} if section is None else {}
    records = []
    for table in tables:
        kinds |= {name: kind for name, kind in _kinds(table).items() if name not in kinds}
        records += [{"section": table.name, **_record(table, row)} for row in table.rows]
    return pd.DataFrame({name: _column(records, name, kind) for name, kind in kinds.items()})


def money_columns(name: str, amounts: Sequence[Money]) -> dict[str, "pd.Series[Any]"]:
    """Return amounts as columns: ``NAME_minor`` [minor units, int64], ``NAME_unit``, ``NAME_scale`` [digits].

    Parameters
    ----------
    name : str
        Of the amounts.
    amounts : sequence of Money
        One for each row.

    Examples
    --------
    >>> from almoner import money
    >>> table = pd.DataFrame(money_columns("paid", [money("5.00", "USD")]))
    >>> table.to_dict("records"), str(table["paid_minor"].dtype)
    ([{'paid_minor': 500, 'paid_unit': 'USD', 'paid_scale': 2}], 'int64')
    """
    return {
        f"{name}_minor": pd.Series([one.minor for one in amounts], dtype="int64"),
        f"{name}_unit": pd.Series([one.unit.code for one in amounts], dtype="str"),
        f"{name}_scale": pd.Series([one.unit.scale for one in amounts], dtype="int64"),
    }


def read_money(
    frame: pd.DataFrame, name: str, units: Mapping[str, Unit], *, unit: str = ""
) -> tuple[Money, ...]:
    """Read amounts back from ``NAME_minor``, exactly.

    Parameters
    ----------
    frame : DataFrame
        With the columns of ``money_columns``, or of ``sheet_frame``.
    name : str
        Of the amounts.
    units : mapping of str to Unit
        By code; a scale column that says otherwise than the unit is refused.
    unit : str
        Column of the unit; ``NAME_unit``, or else ``unit``, when empty.

    Raises
    ------
    DocumentInvalid
        When a column is not there, holds anything but whole numbers, or names an unknown unit. The message
        names the column.

    Examples
    --------
    >>> from almoner import currency, money
    >>> table = pd.DataFrame(money_columns("paid", [money("5.00", "USD")]))
    >>> read_money(table, "paid", {"USD": currency("USD")})
    (Money('5.00 USD'),)
    """
    column = f"{name}_minor"
    named = unit or (f"{name}_unit" if f"{name}_unit" in frame else "unit")
    for wanted in (column, named):
        if wanted not in frame:
            raise DocumentInvalid(f"There is no column {wanted!r}. There are: {', '.join(map(str, frame))}.")
    kind = frame[column].dtype
    if not pd.api.types.is_integer_dtype(kind) or frame[column].hasnans:
        raise DocumentInvalid(
            f"Column {column!r} holds {kind}, not whole minor units in every row: floats lose cents. Read "
            "it as int64, or write decimal text and read that with money().",
            column=column,
            dtype=str(kind),
        )
    codes = [str(one) for one in frame[named]]
    if unknown := sorted(set(codes) - set(units)):
        raise DocumentInvalid(
            f"Column {named!r} names {', '.join(unknown)}: give a Unit for each.", column=named
        )
    _require_scales(frame, named.replace("unit", "scale"), [units[code].scale for code in codes])
    return tuple(
        Money(minor=int(minor), unit=units[code]) for minor, code in zip(frame[column], codes, strict=True)
    )


def _require_scales(frame: pd.DataFrame, column: str, scales: Sequence[int]) -> None:
    if column in frame and list(frame[column]) != list(scales):
        raise DocumentInvalid(
            f"Column {column!r} counts other minor units than the unit has: {sorted(set(frame[column]))} "
            f"instead of {sorted(set(scales))} digits.",
            column=column,
        )


def _kinds(table: Section) -> dict[str, str]:
    amounts = {f"{one.name}_minor": "count" for one in table.columns if one.kind == "amount"}
    texts = {
        one.name: "day" if one.kind == "day" else "text" for one in table.columns if one.kind != "amount"
    }
    order = [f"{one.name}_minor" if one.kind == "amount" else one.name for one in table.columns]
    found = {name: (amounts | texts)[name] for name in order}
    for unit in table.unit_columns:
        found |= {unit: "text", _scale(unit): "count"}
    return found


def _scale(unit: str) -> str:
    return unit.replace("unit", "scale")


def _record(table: Section, row: tuple[Cell, ...]) -> dict[str, object]:
    record: dict[str, object] = {}
    for column, cell in zip(table.columns, row, strict=True):
        if isinstance(cell, Money | Total):
            record |= {f"{column.name}_minor": cell.minor, column.unit: cell.unit.code}
            record[_scale(column.unit)] = cell.unit.scale
        elif cell is not None:
            record[column.name] = cell if column.kind == "day" else cell_text(cell)
    return record


def _column(records: list[dict[str, object]], name: str, kind: str) -> "pd.Series[Any]":
    values = [record.get(name) for record in records]
    if kind == "day":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")))
    if kind == "text":
        return pd.Series(values, dtype="str")
    if any(isinstance(one, int) and abs(one) >= INT64_LIMIT for one in values):
        return pd.Series(values, dtype="object")
    return pd.Series(values, dtype="Int64" if None in values else "int64")
