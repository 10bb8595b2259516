"""HiGHS by arrays: one hand-over of a whole matrix, answers that are checked before they are believed.

The problem: a solver's word cannot be taken as it comes. A time limit with an answer reads like one without,
values may be no numbers, and faults in presolve and heuristics have called feasible problems infeasible.
Here every run ends in one of our own words; an answer that is not what it says, and every claim that there is
none, is asked again by other means and with narrow tolerances, and only that second answer is believed.

HiGHS counts wall time. One thread and a fixed seed, so that the same problem gives the same answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import highspy
import numpy as np
import scipy.sparse as sp

from .sheet import Float

Solver = Any  # a highspy.Highs, whose stubs are not complete
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
    "mip_heuristic_run_feasibility_jump": False,  # 1.15.1 without presolve: ends too early
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


def solver_name(gap: float) -> dict[str, str]:
    """Say what searches: name, version, options and seed, as certificates state it.

    Parameters
    ----------
    gap : float [1]
        Relative gap at which the search may end.

    Examples
    --------
    >>> solver_name(1e-4)["options"]
    'mip_rel_gap=0.0001 threads=1'
    """
    options = f"mip_rel_gap={gap:g} threads=1"
    return {"name": "HiGHS", "version": new_highs().version(), "options": options, "seed": str(SEED)}


def new_highs(options: Mapping[str, Any] | None = None) -> Solver:
    """Make a silent solver with one thread and our seed."""
    solver: Solver = highspy.Highs()  # type: ignore[no-untyped-call] # a library without types
    for key, value in {"output_flag": False, "threads": 1, "random_seed": SEED, **(options or {})}.items():
        solver.setOptionValue(key, value)
    return solver


def hand_over(solver: Solver, model: Matrix) -> None:
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
    first = without_columns(model) or run_on(new_highs(search.options), model, search)
    return first if is_credible(model, first) else again(model, search, first)


def without_columns(model: Matrix) -> Outcome | None:
    """Answer a model without columns, which HiGHS calls empty whatever its rows say; None for any other."""
    if len(model.cost):
        return None
    nothing = np.zeros(0)
    if model.breach(nothing) > 0:
        return Outcome(status="infeasible", x=None, objective=np.inf, bound=np.inf, is_second=True)
    return Outcome(status="solved", x=nothing, objective=0.0, bound=0.0)


def again(model: Matrix, search: Search, first: Outcome) -> Outcome:
    """Solve a model with care: no presolve, narrow tolerances.

    Where no answer was claimed, the relaxation alone is asked first: it mostly has none either.

    Parameters
    ----------
    model : Matrix
        The model.
    search : Search
        Limits and listeners of the whole.
    first : Outcome
        What is not believed.
    """
    options = {**(search.options or {}), **CAREFUL}
    spent_s = first.spent_s
    if first.status == "infeasible" and model.integer.any():
        left = max(0.0, search.deadline_s - spent_s)
        whole = replace(model, integer=np.zeros(len(model.cost), np.bool_))
        relaxed = run_on(new_highs(options), whole, Search(deadline_s=left, cancel=search.cancel))
        spent_s += relaxed.spent_s
        if relaxed.status == "infeasible":
            return replace(relaxed, spent_s=spent_s, is_second=True)
    left = max(0.0, search.deadline_s - spent_s)
    careful = replace(search, deadline_s=left, start=None, options=None)
    second = run_on(new_highs(options), model, careful)
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
        return outcome.status == "no_answer" or outcome.is_second
    if not (np.isfinite(outcome.x).all() and np.isfinite(outcome.objective)):
        return False
    own = float(model.cost @ outcome.x) + model.offset
    return abs(own - outcome.objective) <= MATCH * (1 + abs(own)) and model.breach(outcome.x) <= BREACH


def run_on(solver: Solver, model: Matrix, search: Search) -> Outcome:
    """Solve a model on a given solver, once."""
    hand_over(solver, model)
    return solve_held(solver, search)


def solve_held(solver: Solver, search: Search) -> Outcome:
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

    def attach(self, solver: Solver) -> None:
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


def outcome_of(solver: Solver) -> Outcome:
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
