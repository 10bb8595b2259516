"""The model: an allocation problem as one sparse matrix, for any solver.

The problem: a solver wants columns, rows and floats near 1; people want rules with names and amounts to the
unit. ``compile_model`` makes the matrix in whole blocks, always as a minimisation of minus the value, with
scales that are powers of ten. ``CompiledModel`` keeps the way back: which choice a column is, which rule a
row comes from, what a dual means as a price.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ..arrays import Bool, ProblemArrays
from ..tables import Int
from .compile_rows import (
    put_budgets,
    put_covers,
    put_flows,
    put_levels,
    put_limits,
    put_responses,
    put_shapes,
    put_starts,
    put_totals,
)
from .compile_rules import (
    put_bonuses,
    put_changes,
    put_concentration,
    put_conditions,
    put_intensities,
    put_outcomes,
    put_overlaps,
    put_parts,
    put_purchases,
    put_stocks,
)
from .layout import Aim, Form, Layout, Units
from .naming import Side, block_of, column_of, prices, row_rule
from .sheet import Float, ModelSheet

HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """What a solution of the model says, not yet rounded.

    Attributes
    ----------
    funded : bool array [J]
        Whether the cell is funded.
    working : float array [J] [minor units]
        Working money.
    carried : float array [F, T] [minor units]
        Money kept for the next period.
    bought : float array [F, R, T] [units]
        What each fund buys in kind.

    Examples
    --------
    >>> point = Point(funded=np.array([True]), working=np.array([80.0]), carried=np.zeros((1, 1)),
    ...   bought=np.zeros((1, 0, 1)))
    >>> point.working[point.funded].sum()
    np.float64(80.0)
    """

    funded: Bool
    working: Float
    carried: Float
    bought: Float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledModel:
    """One model: minimise ``cost x`` with ``row_lower <= matrix x <= row_upper``, ``lower <= x <= upper``.

    Attributes
    ----------
    matrix : csc_matrix
        Coefficients.
    cost, lower, upper : float array [solver units]
        Of the columns.
    integer : bool array
        Which columns are whole numbers.
    row_lower, row_upper : float array [solver units]
        Of the rows.
    columns, rows : Mapping of str to slice
        Blocks.
    layout : Layout
        Which column is which choice or amount.
    """

    matrix: "sp.csc_matrix[np.float64]"
    cost: Float
    lower: Float
    upper: Float
    integer: Bool
    row_lower: Float
    row_upper: Float
    columns: Mapping[str, slice]
    rows: Mapping[str, slice]
    layout: Layout

    @property
    def units(self) -> Units:
        """The scales: solver units of money and of value."""
        return self.layout.units

    def micro(self, objective: float) -> float:
        """Return an objective as a value.

        Parameters
        ----------
        objective : float [solver units]
            Of the minimisation.

        Returns
        -------
        float [micro value]
            What is gained.
        """
        return -objective * self.units.value

    def objective(self, micro: float) -> float:
        """Return a value as an objective of the minimisation.

        Parameters
        ----------
        micro : float [micro value]
            What is gained.
        """
        return -micro / self.units.value

    def column(self, kind: str, *key: str | int) -> int:
        """Return the number of the column of a choice or an amount.

        Parameters
        ----------
        kind : str
            ``funded``, ``start`` or ``carry``; of any other block, the key is the place in it.
        key : str or int
            Intervention or fund, and the index of the period when there are several.
        """
        return column_of(self.layout, self.columns, kind, key)

    def column_name(self, column: int) -> str:
        """Return the name of a column: its block and its place in it.

        Parameters
        ----------
        column : int
            Number of the column.
        """
        return "{}_{}".format(*block_of(self.columns, column))

    def row_name(self, row: int) -> str:
        """Return the name of a row: its block and its place in it.

        Parameters
        ----------
        row : int
            Number of the row.
        """
        return "{}_{}".format(*block_of(self.rows, row))

    def row_rule(self, row: int, side: Side = "high") -> str:
        """Return the rule that a row comes from, an empty text when it only holds the model together.

        Parameters
        ----------
        row : int
            Number of the row.
        side : str
            Which bound: a floor or a cap.
        """
        return row_rule(self.layout, self.rows, row, side)

    def prices(self, row_dual: Float) -> Mapping[str, float]:
        """Return what more of every right-hand side is worth, by rule; floors have negative prices.

        Parameters
        ----------
        row_dual : float array [solver units]
            Of the minimisation, without whole numbers.

        Returns
        -------
        Mapping of str to float
            Value per 1,000 major units for rules about money, else per unit of what is bounded.
        """
        return prices(self.layout, self.rows, row_dual)

    def start(self, funded: Bool, working: Float | Int | None = None) -> Float:
        """Return values to begin a search with, no number where they do not say.

        Parameters
        ----------
        funded : bool array [J]
            Whether each cell is funded.
        working : array [J] or None [minor units]
            Working money; segments are filled in order.
        """
        lay = self.layout
        x = np.full(len(self.cost), np.nan)
        x[lay.y] = funded[lay.cells]
        if working is not None:
            before = np.cumsum(lay.cap, axis=1) - lay.cap
            filled = np.clip(np.asarray(working)[lay.cells][:, None] - before, 0, lay.cap)
            held = lay.money >= 0
            x[lay.money[held]] = (filled * funded[lay.cells][:, None])[held] / lay.units.money
        return x

    def read(self, x: Float) -> Point:
        """Return what a solution says.

        Parameters
        ----------
        x : float array [solver units]
            Values of the columns.
        """
        lay = self.layout
        arrays = lay.arrays
        x = np.append(x, 0.0)  # for columns that are not there, when there are no others
        funded = np.zeros(len(lay.at), np.bool_)
        working = np.zeros(len(lay.at))
        funded[lay.cells] = x[lay.y] > HALF
        spent = np.where(lay.money >= 0, x[lay.money], 0.0).sum(axis=1)
        working[lay.cells] = np.where(funded[lay.cells], spent, 0.0) * lay.units.money
        carried = np.append(x, 0.0)[lay.carry] * lay.units.money  # -1, where nothing is kept, reads the 0
        bought = np.zeros((len(arrays.fund_ids), *arrays.stock.shape))
        if lay.bought.size:
            bought = np.where(lay.bought >= 0, x[lay.bought], 0.0) * lay.lot[:, None]
        return Point(funded=funded, working=working, carried=carried, bought=bought)


def compile_model(
    arrays: ProblemArrays,
    *,
    form: Form = "aggregated",
    keep: Bool | None = None,
    fixed: Bool | None = None,
    relax: bool = False,
    covers: bool = False,
    aim: Aim | None = None,
) -> CompiledModel:
    """Make the model of a problem.

    Parameters
    ----------
    arrays : ProblemArrays
        The problem.
    form : str
        ``aggregated``: one flow from each fund to all interventions that the same funds admit; ``base``: one
        flow to each intervention.
    keep : bool array [n] or [J] or None
        What may be funded; the others have no columns. What a lock demands stays.
    fixed : bool array [n] or [J] or None
        What must be funded, where it is open.
    relax : bool
        Whether choices may be parts: the linear relaxation.
    covers : bool
        Whether to add rows that only help to find cuts.
    aim : Aim or None
        What to maximise instead of the value.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7", "fixed_minor": 500}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> model = compile_model(problem.arrays)
    >>> model.columns["money"], model.cost.tolist(), model.units.money
    (slice(1, 2, None), [0.0, -2.0], 100)
    """
    aim = aim or Aim()
    periods = arrays.period_count
    must = (arrays.must | _cells(fixed, periods, arrays.n * periods)) & arrays.open
    may = arrays.open & (np.repeat(arrays.lock, periods) >= 0) & (arrays.low <= arrays.high)
    if keep is not None:
        may &= _cells(keep, periods, arrays.n * periods)
    lay = Layout(arrays, may | must, aim, form)
    sheet = ModelSheet()
    lay.put_columns(sheet, lower=must[lay.cells], relax=relax)
    _put_rows(sheet, lay, relax=relax)
    if covers:
        put_covers(sheet, lay)
    cost, lower, upper, integer = sheet.column_arrays()
    row_lower, row_upper = sheet.row_arrays()
    return CompiledModel(
        matrix=sheet.matrix(),
        cost=cost,
        lower=lower,
        upper=upper,
        integer=integer,
        row_lower=row_lower,
        row_upper=row_upper,
        columns=sheet.columns,
        rows=sheet.rows,
        layout=lay,
    )


def _put_rows(sheet: ModelSheet, lay: Layout, *, relax: bool) -> None:
    put_purchases(sheet, lay, relax=relax)
    put_flows(sheet, lay)
    put_responses(sheet, lay)
    put_starts(sheet, lay)
    put_shapes(sheet, lay, relax=relax)
    put_levels(sheet, lay, relax=relax)
    put_bonuses(sheet, lay)
    put_intensities(sheet, lay)
    put_conditions(sheet, lay)
    put_overlaps(sheet, lay)
    put_stocks(sheet, lay)
    put_budgets(sheet, lay)
    put_totals(sheet, lay)
    put_limits(sheet, lay)
    put_concentration(sheet, lay)
    put_parts(sheet, lay)
    put_outcomes(sheet, lay)
    put_changes(sheet, lay)


def _cells(mask: Bool | None, periods: int, count: int) -> Bool:
    if mask is None:
        return np.zeros(count, np.bool_)
    return mask if len(mask) == count else np.repeat(mask, periods)
