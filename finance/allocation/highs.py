"""HiGHS by arrays: one hand-over of a whole matrix, answers that are checked before they are believed.

The problem: a solver's word cannot be taken as it comes. A time limit with an answer reads like one
without, values may be no numbers, and a faulty presolve has called feasible problems infeasible. Here every run
ends in one of our own words; an answer that is not what it says, and every claim that there is none, is asked
again without presolve and with narrow tolerances, and only that second answer is believed.

HiGHS counts wall time. One thread and a fixed seed, so that the same problem gives the same answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import highspy
import numpy as np
import scipy.sparse as sp

from .sheet import Float

Word = Literal["solved", "stopped", "infeasible", "unbounded", "no_answer"]
Cancel = Callable[[], bool]
Progress = Callable[[float, float], None]
SEED = 20_261_122
FEASIBLE = 2  # HiGHS: the answer it holds keeps every rule within its tolerances
MATCH = 1e-6  # relative difference at which an objective is not what its values give
BREACH = 1e-5  # relative breach of a row or bound at which an answer is none
NARROW = 1e-9
STEP = 0.99  # of a step: what is nearer than that is reached
RULES_OFF = 1 << 12 | 1 << 13  # aggregator and parallel rows, for the searches inside its heuristics
CAREFUL: Mapping[str, Any] = {
    "presolve": "off",
    "presolve_rule_off": RULES_OFF,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_feasibility_tolerance": NARROW,
    "primal_feasibility_tolerance": NARROW,
    "dual_feasibility_tolerance": NARROW,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matrix:
    """A model for HiGHS: minimise ``cost x``.

    Attributes
    ----------
    matrix : csc_matrix
        Coefficients.
    cost, lower, upper, row_lower, row_upper : float array [solver units]
        Of columns and rows.
    integer : bool array
        Which columns are whole numbers.
    offset : float [solver units]
        What is part of every objective.

    Examples
    --------
    >>> one = Matrix(matrix=sp.csc_matrix(np.ones((1, 1))), cost=np.array([-1.0]), lower=np.zeros(1),
    ...   upper=np.ones(1), integer=np.array([True]), row_lower=np.zeros(1), row_upper=np.array([0.5]))
    >>> run(one).objective
    0.0
    """

    matrix: "sp.csc_matrix[np.float64]"
    cost: Float
    lower: Float
    upper: Float
    integer: "np.ndarray[Any, np.dtype[np.bool_]]"
    row_lower: Float
    row_upper: Float
    offset: float = 0.0

    def breach(self, x: Float) -> float:
        """Return by how much values break a row, a bound or a whole number, relative to their size [1].

        Parameters
        ----------
        x : float array [solver units]
            Values of the columns.
        """
        value: Float = np.asarray(self.matrix.dot(x), np.float64)
        rows = np.maximum(self.row_lower - value, value - self.row_upper)
        size = 1 + np.where(self.row_lower > value, np.abs(self.row_lower), np.abs(self.row_upper))
        columns = np.maximum(self.lower - x, x - self.upper) / (1 + np.abs(x))
        whole = np.abs(x - np.round(x))[self.integer]
        worst = [
            (rows[rows > 0] / size[rows > 0]).max(initial=0.0),
            columns.max(initial=0.0),
            whole.max(initial=0.0),
        ]
        return float(max(worst))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    status : str
        ``solved``, ``stopped`` (limit or cancel, with an answer), ``infeasible``, ``unbounded`` or
        ``no_answer``.
    x : float array or None [solver units]
        Values of the columns.
    objective : float [solver units]
        Of the answer; infinite without one.
    bound : float [solver units]
        No answer has a smaller objective; minus infinity where nothing is known.
    nodes : int
        Of the search tree.
    spent_s : float [s]
        Wall time of the solver.
    row_dual, column_dual : float array or None [solver units]
        What one more unit of a row or column costs; only of problems without whole numbers.
    is_second : bool
        Whether this is the second, careful answer.

    Examples
    --------
    >>> Outcome(status="infeasible", x=None, objective=np.inf, bound=np.inf).nodes
    0
    """

    status: Word
    x: Float | None
    objective: float
    bound: float
    nodes: int = 0
    spent_s: float = 0.0
    row_dual: Float | None = None
    column_dual: Float | None = None
    is_second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What one run may use and whom it tells.

    Attributes
    ----------
    gap : float [1]
        Relative gap at which the search may end.
    deadline_s : float [s]
        Wall time; infinite for no limit.
    bound : float [solver units]
        A bound from elsewhere; the search ends when its answer is within the gap of it.
    step : float [solver units]
        A better answer is better by at least so much; 0 where any difference is possible.
    start : float array or None [solver units]
        An answer to begin with; no number where it does not say.
    cancel : callable or None
        Asked often; the run ends soon after it says True.
    progress : callable or None
        Told objective and bound of every step forward.
    options : Mapping
        Further options of HiGHS.

    Examples
    --------
    >>> Search(gap=1e-3).deadline_s
    inf
    """

    gap: float = 1e-4
    deadline_s: float = np.inf
    bound: float = -np.inf
    step: float = 0.0
    start: Float | None = None
    cancel: Cancel | None = None
    progress: Progress | None = None
    options: Mapping[str, Any] | None = None

    def starting(self, x: Float) -> "Search":
        """Return the same search with an answer to begin with.

        Parameters
        ----------
        x : float array [solver units]
            Values of the columns; no number where it does not say.
        """
        return replace(self, start=x)

    def is_enough(self, objective: float, bound: float) -> bool:
        """Whether an answer is near enough to the better bound.

        Parameters
        ----------
        objective, bound : float [solver units]
            Of the run.
        """
        best = max(bound, self.bound)
        return objective < np.inf and objective - best <= max(self.gap * abs(objective), STEP * self.step)


def new_highs(options: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - its stubs are not complete
    """Make a silent solver with one thread and our seed."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call] # a library without types
    for key, value in {"output_flag": False, "threads": 1, "random_seed": SEED, **(options or {})}.items():
        solver.setOptionValue(key, value)
    return solver


def hand_over(solver: Any, model: Matrix) -> None:
    """Pass a whole model at once."""
    rows, columns = model.matrix.shape
    solver.passModel(
        columns,
        rows,
        model.matrix.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        model.offset,
        model.cost,
        model.lower,
        model.upper,
        model.row_lower,
        model.row_upper,
        model.matrix.indptr.astype(np.int32),
        model.matrix.indices.astype(np.int32),
        model.matrix.data,
        model.integer.astype(np.int32),
    )


def run(model: Matrix, search: Search | None = None) -> Outcome:
    """Solve a model; what cannot be believed is asked a second time.

    Parameters
    ----------
    model : Matrix
        The model.
    search : Search or None
        Limits and listeners.
    """
    search = search or Search()
    first = run_on(new_highs(search.options), model, search)
    return first if is_credible(model, first) else again(model, search, first.spent_s)


def again(model: Matrix, search: Search, spent_s: float) -> Outcome:
    """Solve a model with care: no presolve, narrow tolerances.

    Parameters
    ----------
    model : Matrix
        The model.
    search : Search
        Limits and listeners of the whole.
    spent_s : float [s]
        What the first run took.
    """
    left = max(0.0, search.deadline_s - spent_s)
    careful = replace(search, deadline_s=left, start=None)
    second = run_on(new_highs({**(search.options or {}), **CAREFUL}), model, careful)
    has_answer = second.x is not None and model.breach(second.x) <= BREACH
    status: Word = second.status if has_answer or second.x is None else "no_answer"
    return Outcome(
        status=status,
        x=second.x if has_answer else None,
        objective=second.objective if has_answer else np.inf,
        bound=second.bound,
        nodes=second.nodes,
        spent_s=spent_s + second.spent_s,
        row_dual=second.row_dual if has_answer else None,
        column_dual=second.column_dual if has_answer else None,
        is_second=True,
    )


def is_credible(model: Matrix, outcome: Outcome) -> bool:
    """Whether an outcome is what it says: an answer that keeps every row and has its objective."""
    if outcome.x is None:
        return outcome.status == "no_answer"
    if not (np.isfinite(outcome.x).all() and np.isfinite(outcome.objective)):
        return False
    own = float(model.cost @ outcome.x) + model.offset
    return abs(own - outcome.objective) <= MATCH * (1 + abs(own)) and model.breach(outcome.x) <= BREACH


def run_on(solver: Any, model: Matrix, search: Search) -> Outcome:
    """Solve a model on a given solver, once."""
    hand_over(solver, model)
    return solve_held(solver, search)


def solve_held(solver: Any, search: Search) -> Outcome:
    """Solve the model that a solver holds."""
    solver.setOptionValue("mip_rel_gap", search.gap)
    solver.setOptionValue("mip_abs_gap", STEP * search.step)
    if np.isfinite(search.deadline_s):
        solver.setOptionValue("time_limit", float(solver.getRunTime() + max(0.0, search.deadline_s)))
    if search.start is not None:
        said = np.flatnonzero(np.isfinite(search.start)).astype(np.int32)
        solver.setSolution(len(said), said, search.start[said])
    watch = Watch(search)
    watch.attach(solver)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kNotset:
        highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003 - HiGHS takes it by position only
        solver.run()  # it does not run when the process has used another number of threads
    return outcome_of(solver)


class Watch:
    """What HiGHS is asked while it runs: to end on our bound, on a cancel, and to tell of progress."""

    def __init__(self, search: Search) -> None:
        self.search = search

    def attach(self, solver: Any) -> None:
        """Subscribe to what the search needs, and nothing else: every call costs."""
        search = self.search
        if search.cancel is not None or np.isfinite(search.bound) or search.progress is not None:
            solver.cbMipInterrupt.subscribe(self.ask)
            solver.cbMipImprovingSolution.subscribe(self.ask)
        if search.cancel is not None:
            solver.cbSimplexInterrupt.subscribe(self.ask_simplex)

    def ask(self, event: highspy.highs.HighsCallbackEvent) -> None:
        """Tell the figures, and end the run when that is enough."""
        objective, bound = float(event.data_out.mip_primal_bound), float(event.data_out.mip_dual_bound)
        if self.search.progress is not None and objective < highspy.kHighsInf:
            self.search.progress(objective, max(bound, self.search.bound))
        is_over = self.search.cancel is not None and self.search.cancel()
        if is_over or self.search.is_enough(objective, bound):
            event.interrupt()

    def ask_simplex(self, event: highspy.highs.HighsCallbackEvent) -> None:
        """End the run on a cancel."""
        if self.search.cancel is not None and self.search.cancel():
            event.interrupt()


def outcome_of(solver: Any) -> Outcome:
    """Say how a solver ended, in our words."""
    word, info = solver.getModelStatus(), solver.getInfo()
    status = highspy.HighsModelStatus
    has_answer = int(info.primal_solution_status) == FEASIBLE and abs(info.objective_function_value) < np.inf
    is_mixed = info.mip_node_count >= 0
    known = float(info.mip_dual_bound) if is_mixed else -np.inf
    said: Word = "stopped" if has_answer else "no_answer"
    if word in {status.kInfeasible, status.kUnboundedOrInfeasible}:
        said, has_answer, known = "infeasible", False, np.inf
    elif word == status.kUnbounded:
        said, has_answer, known = "unbounded", False, -np.inf
    elif word in {status.kOptimal, status.kModelEmpty} and has_answer:
        said = "solved"
        known = known if is_mixed else float(info.objective_function_value)
    found = solver.getSolution() if has_answer else None
    duals = found is not None and not is_mixed and found.dual_valid
    return Outcome(
        status=said,
        x=None if found is None else np.array(found.col_value),
        objective=float(info.objective_function_value) if has_answer else np.inf,
        bound=known if abs(known) < highspy.kHighsInf else float(np.sign(known)) * np.inf,
        nodes=max(0, int(info.mip_node_count)),
        spent_s=float(solver.getRunTime()),
        row_dual=np.array(found.row_dual) if found is not None and duals else None,
        column_dual=np.array(found.col_dual) if found is not None and duals else None,
    )


class SmallLP:
    """A linear problem that grows and is solved again and again from its last basis: masters of bundles.

    Examples
    --------
    >>> lp = SmallLP(cost=[-1.0, -1.0], upper=[4.0, 4.0])
    >>> lp.add_rows([[1.0, 2.0]], high=[6.0])
    >>> answer = lp.solve()
    >>> answer.status, answer.objective, answer.row_dual.tolist()
    ('solved', -5.0, [-0.5])
    """

    def __init__(
        self,
        *,
        cost: Any,  # noqa: ANN401 - anything that makes an array
        lower: Any = 0.0,  # noqa: ANN401
        upper: Any = np.inf,  # noqa: ANN401
        matrix: Any = None,  # noqa: ANN401
        row_lower: Any = -np.inf,  # noqa: ANN401
        row_upper: Any = np.inf,  # noqa: ANN401
        options: Mapping[str, Any] | None = None,
    ) -> None:
        costs = np.asarray(cost, np.float64)
        width = len(costs)
        held = sp.csc_matrix(np.zeros((0, width)) if matrix is None else matrix, dtype=np.float64)
        height = held.shape[0]
        self.options = options
        self.model = Matrix(
            matrix=held,
            cost=costs,
            lower=_spread(lower, width),
            upper=_spread(upper, width),
            integer=np.zeros(width, np.bool_),
            row_lower=_spread(row_lower, height),
            row_upper=_spread(row_upper, height),
        )
        self.solver = new_highs(options)
        hand_over(self.solver, self.model)

    def add_rows(self, rows: Any, *, low: Any = -np.inf, high: Any = np.inf) -> None:  # noqa: ANN401 - arrays
        """Add rows.

        Parameters
        ----------
        rows : matrix, sparse or not
            Coefficients.
        low, high : float or array [solver units]
            Bounds.
        """
        part = sp.csr_matrix(rows, dtype=np.float64)
        count = part.shape[0]
        below, above = _spread(low, count), _spread(high, count)
        starts, places = part.indptr[:-1].astype(np.int32), part.indices.astype(np.int32)
        self.solver.addRows(count, below, above, part.nnz, starts, places, part.data)

    def add_columns(self, columns: Any, *, cost: Any, lower: Any = 0.0, upper: Any = np.inf) -> None:  # noqa: ANN401
        """Add columns, which have coefficients in the rows that there are.

        Parameters
        ----------
        columns : matrix [rows, new columns], sparse or not
            Coefficients.
        cost, lower, upper : float or array [solver units]
            Of each.
        """
        part = sp.csc_matrix(columns, dtype=np.float64)
        count = part.shape[1]
        costs, below, above = (_spread(value, count) for value in (cost, lower, upper))
        starts, places = part.indptr[:-1].astype(np.int32), part.indices.astype(np.int32)
        self.solver.addCols(count, costs, below, above, part.nnz, starts, places, part.data)

    def change_costs(self, columns: Any, cost: Any) -> None:  # noqa: ANN401 - arrays
        """Set costs of columns.

        Parameters
        ----------
        columns : int array
            Numbers.
        cost : float or array [solver units]
            New costs.
        """
        at = np.asarray(columns, np.int32)
        self.solver.changeColsCost(len(at), at, _spread(cost, len(at)))

    def change_bounds(self, columns: Any, lower: Any, upper: Any) -> None:  # noqa: ANN401 - arrays
        """Set bounds of columns.

        Parameters
        ----------
        columns : int array
            Numbers.
        lower, upper : float or array [solver units]
            New bounds.
        """
        at = np.asarray(columns, np.int32)
        self.solver.changeColsBounds(len(at), at, _spread(lower, len(at)), _spread(upper, len(at)))

    def change_rows(self, rows: Any, low: Any, high: Any) -> None:  # noqa: ANN401 - arrays
        """Set bounds of rows.

        Parameters
        ----------
        rows : int array
            Numbers.
        low, high : float or array [solver units]
            New bounds.
        """
        at = np.asarray(rows, np.int32)
        self.solver.changeRowsBounds(len(at), at, _spread(low, len(at)), _spread(high, len(at)))

    def delete_rows(self, rows: Any) -> None:  # noqa: ANN401 - an array
        """Delete rows; the others move up.

        Parameters
        ----------
        rows : int array
            Numbers.
        """
        at = np.asarray(rows, np.int32)
        self.solver.deleteRows(len(at), at)

    def solve(self, *, deadline_s: float = np.inf) -> Outcome:
        """Solve from the last basis.

        Parameters
        ----------
        deadline_s : float [s]
            Wall time.
        """
        return solve_held(self.solver, Search(gap=0.0, deadline_s=deadline_s))


def _spread(value: Any, count: int) -> Float:  # noqa: ANN401 - anything that makes an array
    return np.ascontiguousarray(np.broadcast_to(np.asarray(value, np.float64), (count,)))
