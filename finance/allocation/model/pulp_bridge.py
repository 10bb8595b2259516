"""The model in PuLP: a problem that is a matrix, and becomes objects only for those who ask for them.

The problem: PuLP is how people write models, and its objects cost more than the solve: ten thousand
interventions take seconds and hundreds of megabytes to build. ``AllocationProblem`` is a PuLP problem that
keeps the matrix. Rows that a user adds lie on top of it; variables and constraints are made when a foreign
solver, ``writeLP`` or a person reads them. ``MatrixHiGHS`` hands the matrix to HiGHS in one call.

PuLP 3.3 and 4.2 differ in how a model is held and in the words for how a run ended; both stay in this file,
and so does what else surprises: a maximisation that is negated, duals of mixed problems that are all 0, a
limit that reads "Optimal". The model always minimises minus the value.
"""

import gc
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pulp
import scipy.sparse as sp

from .compile import CompiledModel
from .highs import (
    Cancel,
    Matrix,
    Outcome,
    Progress,
    Search,
    Word,
    again,
    hand_over,
    is_credible,
    new_highs,
    solve_held,
    without_columns,
)
from .overlay import Overlay, bounds_of, finite, matrix_of
from .sheet import Float
from .small_lp import SmallLP

__all__ = ["AllocationProblem", "MatrixHiGHS", "Outcome", "SmallLP", "solve_model"]

Foreign = Any  # an object of PuLP, of whichever version
IS_RUST = hasattr(pulp, "LpSolveStats")  # 4.0 and later keep the model in a Rust core
WORDS_3: Mapping[Word, tuple[str, str]] = {
    "solved": ("LpStatusOptimal", "LpSolutionOptimal"),
    "stopped": ("LpStatusNotSolved", "LpSolutionIntegerFeasible"),
    "infeasible": ("LpStatusInfeasible", "LpSolutionInfeasible"),
    "unbounded": ("LpStatusUnbounded", "LpSolutionUnbounded"),
    "no_answer": ("LpStatusNotSolved", "LpSolutionNoSolutionFound"),
}
WORDS_4: Mapping[Word, str] = {
    "solved": "Optimal",
    "stopped": "Stopped",
    "infeasible": "Infeasible",
    "unbounded": "Unbounded",
    "no_answer": "NotSolved",
}


def _lazy(name: str) -> property:
    """Make an attribute of the base class that brings the objects into being when somebody reads it."""
    place = f"_held_{name}"

    def read(self: "AllocationProblem") -> Foreign:
        if not self.is_quiet:
            self.materialise()
        return self.__dict__[place]

    def write(self: "AllocationProblem", value: Foreign) -> None:
        if name == "objective" and not self.is_quiet:
            self.setObjective(value)
        else:
            self.__dict__[place] = value

    return property(read, write)


class AllocationProblem(pulp.LpProblem):  # type: ignore[misc] # PuLP has no types that both versions share
    """A PuLP problem over a compiled model.

    Parameters
    ----------
    model : CompiledModel
        The model.
    name : str
        Of the problem.

    Examples
    --------
    >>> from .compile import compile_model
    >>> from ..problem import AllocationDocument
    >>> document = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}, {"intervention_id": "w8"}],
    ...   "response": {"intervention_id": ["w7", "w8"], "cap_minor": [5000, 5000],
    ...                "gain_micro_per_k": [2000000, 1000000]}}''')
    >>> problem = AllocationProblem(compile_model(document.arrays))
    >>> problem += problem.variable("funded", "w7") + problem.variable("funded", "w8") <= 1
    >>> _ = problem.solve()
    >>> problem.outcome.status, problem.model.micro(problem.outcome.objective)
    ('solved', 100000.0)
    """

    if not IS_RUST:
        objective = _lazy("objective")
        _constraints = _lazy("_constraints")
        _variables = _lazy("_variables")
    _model = _lazy("_model")

    def __init__(self, model: CompiledModel, name: str = "allocation") -> None:
        self.is_quiet = True
        self.is_material = False
        super().__init__(name, pulp.LpMinimize)
        self.model = model
        self.base = matrix_of(model)
        self.overlay = Overlay(len(self.base.cost))
        self.made: dict[int, Any] = {}
        self.last: Outcome | None = None
        self.solver = MatrixHiGHS()
        self.is_quiet = False

    @property
    def outcome(self) -> Outcome:
        """How the last run ended."""
        if self.last is None:
            raise RuntimeError("the problem has not been solved yet: call solve first")
        return self.last

    def variable(self, kind: str, *key: str | int) -> Foreign:
        """Return the variable of one column, made on demand.

        Parameters
        ----------
        kind : str
            Block of columns: ``funded``, ``start``, ``carry``.
        key : str or int
            Intervention or fund, and the index of the period when there are several.
        """
        return self._variable(self.model.column(kind, *key))

    def _variable(self, column: int) -> Foreign:
        if column not in self.made:
            spec = self.overlay.column(column)
            if spec is None:
                base = self.base
                name = self.model.column_name(column)
                low, high, whole = base.lower[column], base.upper[column], bool(base.integer[column])
            else:
                name, low, high, whole = spec
            kind = pulp.LpInteger if whole else pulp.LpContinuous
            low, high = self.overlay.bounds.get(column, (low, high))
            was, self.is_quiet = self.is_quiet, True
            self.made[column] = super().add_variable(name, finite(low), finite(high), kind)
            self.is_quiet = was
            self.overlay.named[name] = column
        return self.made[column]

    def add_variable(self, *given: Foreign, **named: Foreign) -> Foreign:
        """Add a column and return its variable; arguments are PuLP's."""
        was, self.is_quiet = self.is_quiet, True
        made = super().add_variable(*given, **named)
        self.is_quiet = was
        self._column(made)
        return made

    def _column(self, variable: Foreign) -> int:
        """Return the column of a variable; one that is not of this model becomes a new column."""
        name = str(variable.name)
        column = self.overlay.named.get(name)
        if column is None:
            low, high = bounds_of(variable)
            column = self.overlay.add_column(name, low, high, whole=variable.cat == pulp.LpInteger)
            self.made[column] = variable
        return column

    def _terms(self, expression: Foreign) -> dict[int, float]:
        return {self._column(variable): float(factor) for variable, factor in expression.items()}

    def addConstraint(self, constraint: Foreign, name: str | None = None) -> None:  # noqa: N802 - PuLP's
        """Lay a row on top of the matrix."""
        if getattr(constraint, "sense", None) is None:
            raise TypeError("only a comparison of expressions is a constraint: write left <= right")
        low, high = constraint.getLb(), constraint.getUb()
        title = name or constraint.name or f"added_{len(self.overlay.rows)}"
        self.overlay.add_row(title, self._terms(constraint), low, high)
        if self.is_material:
            self._quietly(super().addConstraint, constraint, title)

    add = addConstraint

    def extend(self, other: Foreign, use_objective: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - PuLP's
        """Lay rows on top of the matrix: by name, in pairs of a name and a row, or rows alone."""
        pairs: Iterable[Any] = other.items() if isinstance(other, Mapping) else other
        for each in pairs:
            name, row = each if isinstance(each, tuple) else (None, each)
            self.addConstraint(row, name)

    def setObjective(self, obj: Foreign) -> None:  # noqa: N802 - PuLP's
        """Minimise something else: an expression, a variable or a number."""
        expression = obj + 0.0 if hasattr(obj, "varValue") else obj
        terms = {} if isinstance(expression, int | float) or obj is None else self._terms(expression)
        self.overlay.objective = terms
        if self.is_material:
            self._quietly(super().setObjective, self._expression(terms))

    def __iadd__(self, other: Foreign) -> Self:
        first, name = other if isinstance(other, tuple) else (other, None)
        if first is True:
            return self
        if first is False:
            raise TypeError("False is no constraint: the comparison was already decided")
        if getattr(first, "sense", None) is not None:
            self.addConstraint(first, name)
        else:
            self.setObjective(first)
        return self

    def matrix(self) -> Matrix:
        """Return the model for HiGHS, with the rows, columns and bounds that a user added or changed."""
        is_bare = not self.made and self.overlay.is_empty
        return self.base if is_bare else self.overlay.on(self.base, self._changed())

    def _changed(self) -> dict[int, tuple[float, float]]:
        return {column: bounds_of(variable) for column, variable in self.made.items()}

    def materialise(self) -> None:
        """Make all variables and constraints, for those who read them."""
        if self.is_material:
            return
        has_collector = gc.isenabled()
        gc.disable()
        self.is_quiet = self.is_material = True
        try:
            model = self.matrix()
            variables = [self._variable(column) for column in range(len(model.cost))]
            if hasattr(self, "_register_variable"):  # PuLP 3
                for each in variables:
                    self._register_variable(each)
            is_alone = np.diff(model.matrix.indptr) == 0  # writers forget what stands nowhere
            named = np.flatnonzero((model.cost != 0) | is_alone).tolist()
            super().setObjective(self._expression({at: float(model.cost[at]) for at in named}))
            self._make_rows(model, variables)
            self._fill()
        finally:
            self.is_quiet = False
            if has_collector:
                gc.enable()

    def _make_rows(self, model: Matrix, variables: list[Any]) -> None:
        by_row = sp.csr_matrix(model.matrix)
        starts, places, values = by_row.indptr.tolist(), by_row.indices.tolist(), by_row.data.tolist()
        rows = zip(starts, starts[1:], model.row_lower.tolist(), model.row_upper.tolist(), strict=False)
        height = len(self.base.row_lower)
        for number, (first, last, low, high) in enumerate(rows):
            pairs = [(variables[places[at]], values[at]) for at in range(first, last)]
            name = self.model.row_name(number) if number < height else self.overlay.rows[number - height].name
            expression = _affine(pairs)
            if low == high:
                super().addConstraint(expression == low, name)
                continue
            if low > -np.inf:
                super().addConstraint(expression >= low, name if high == np.inf else f"{name}_low")
            if high < np.inf:
                super().addConstraint(expression <= high, name)

    def _expression(self, terms: Mapping[int, float]) -> Foreign:
        return _affine([(self._variable(column), factor) for column, factor in terms.items()])

    def _quietly(self, act: Foreign, *given: Foreign) -> None:
        self.is_quiet = True
        try:
            act(*given)
        finally:
            self.is_quiet = False

    def variables(self) -> list[Any]:
        """Return all variables, in the order of the columns."""
        self.materialise()
        return [self._variable(column) for column in range(self.numVariables())]

    def isMIP(self) -> int:  # noqa: N802 - PuLP's
        """Return 1 when some column is a whole number, else 0."""
        return int(bool(self.base.integer.any()) or self.overlay.has_whole)

    def numVariables(self) -> int:  # noqa: N802 - PuLP's
        """Return the number of columns."""
        return len(self.base.cost) + len(self.overlay.columns)

    def numConstraints(self) -> int:  # noqa: N802 - PuLP's
        """Return the number of constraints: a row with two bounds is two of them."""
        low, high = self.base.row_lower, self.base.row_upper
        own = (low > -np.inf).astype(int) + (high < np.inf) - (low == high)
        return int(own.sum()) + len(self.overlay.rows)

    def __repr__(self) -> str:
        return f"{self.name}: {self.numVariables()} variables, {self.numConstraints()} constraints"

    def fixObjective(self) -> Foreign:  # noqa: N802 - PuLP's
        """Do what PuLP needs before a run, once there are objects."""
        return super().fixObjective() if self.is_material else (False, None)

    def restoreObjective(self, wasNone: Foreign, dummyVar: Foreign) -> None:  # noqa: N802, N803 - PuLP's
        """Undo it."""
        if self.is_material:
            super().restoreObjective(wasNone, dummyVar)

    def copy(self) -> "AllocationProblem":
        """Return a problem over the same matrix, with the same rows on top."""
        made = type(self)(self.model, self.name)
        made.overlay = self.overlay.copy(self._changed())
        return made

    deepcopy = copy  # nobody writes the matrix

    def __getstate__(self) -> dict[str, Any]:
        beneath = {"name": self.name, "model": self.model}
        return beneath | {"overlay": self.overlay.copy(self._changed()), "last": self.last}

    def __setstate__(self, state: dict[str, Any]) -> None:
        AllocationProblem.__init__(self, state["model"], state["name"])
        self.overlay, self.last = state["overlay"], state["last"]

    def solve(self, solver: Foreign = None, **options: Foreign) -> Foreign:
        """Solve the problem; any solver of PuLP will do.

        Parameters
        ----------
        solver : LpSolver or None
            None: HiGHS by the matrix.
        options
            Handed on to a foreign solver.
        """
        chosen = solver or self.solver
        if isinstance(chosen, MatrixHiGHS):
            return chosen.actualSolve(self)
        self.materialise()
        answer = super().solve(chosen, **options)
        self.last = self._foreign(answer)
        return answer

    def _foreign(self, answer: Foreign) -> Outcome:
        status = getattr(answer, "status", answer)
        word = getattr(status, "name", None) or pulp.LpStatus[status].replace(" ", "")
        has_answer = getattr(answer, "has_solution", word == "Optimal")
        values = [variable.varValue for variable in self.variables()]
        x = np.array([0.0 if value is None else value for value in values]) if has_answer else None
        is_proved = word == "Optimal" and (IS_RUST or self.sol_status == pulp.LpSolutionOptimal)
        objective = float(self.matrix().cost @ x) if x is not None else np.inf
        said: Word = "infeasible" if word == "Infeasible" else "no_answer"
        if x is not None:
            said = "solved" if is_proved else "stopped"
        bound = objective if said == "solved" else np.inf if said == "infeasible" else -np.inf
        return Outcome(status=said, x=x, objective=objective, bound=bound)

    def take(self, outcome: Outcome) -> Foreign:
        """Take how a run ended; return what PuLP's ``solve`` returns."""
        self.last = outcome
        self.solutionTime = outcome.spent_s
        self._fill()
        if IS_RUST:
            return self._statistics(outcome)
        status, solution = (getattr(pulp, word) for word in WORDS_3[outcome.status])
        self.assignStatus(status, solution)
        return status

    def _statistics(self, outcome: Outcome) -> Foreign:
        return pulp.LpSolveStats(
            solver=MatrixHiGHS.name,
            status=getattr(pulp.LpSolveStatus, WORDS_4[outcome.status]),
            has_solution=outcome.x is not None,
            time=outcome.spent_s,
            objective=outcome.objective if outcome.x is not None else None,
            best_bound=outcome.bound if np.isfinite(outcome.bound) else None,
            num_variables=self.numVariables(),
            num_constraints=self.numConstraints(),
            is_mip=bool(self.isMIP()),
        )

    def _fill(self) -> None:
        """Write the values of the last run into the variables that there are."""
        if self.last is None or self.last.x is None:
            return
        x, dual = self.last.x, self.last.column_dual
        for column, variable in self.made.items():
            if column < len(x):
                variable.varValue = float(x[column])
                if dual is not None:
                    variable.dj = float(dual[column])


class MatrixHiGHS(pulp.HiGHS):  # type: ignore[misc] # PuLP has no types that both versions share
    """HiGHS for problems that are matrices; any other problem is solved as PuLP does.

    Parameters
    ----------
    search : Search or None
        Limits and listeners.

    Examples
    --------
    >>> MatrixHiGHS(Search(gap=1e-3)).search.gap
    0.001
    """

    name = "MatrixHiGHS"

    def __init__(self, search: Search | None = None, **options: Foreign) -> None:
        self.search = search or Search()
        super().__init__(msg=False, gapRel=self.search.gap, threads=1, **options)

    def warm_start(self, x: Float) -> None:
        """Begin the next runs with an answer.

        Parameters
        ----------
        x : float array [solver units]
            Values of the columns; no number where it does not say.
        """
        self.search = self.search.starting(x)

    def buildSolverModel(self, lp: Foreign) -> None:  # noqa: N802 - PuLP's
        """Hand the matrix over, in one call."""
        if isinstance(lp, AllocationProblem):
            hand_over(lp.solverModel, lp.matrix())
        else:
            super().buildSolverModel(lp)

    def actualSolve(self, lp: Foreign, **options: Foreign) -> Foreign:  # noqa: N802 - PuLP's
        """Solve a problem; what cannot be believed is asked a second time."""
        if not isinstance(lp, AllocationProblem):
            return super().actualSolve(lp, **options)
        model = lp.matrix()
        first = without_columns(model)
        if first is None:
            lp.solverModel = new_highs({**self.optionsDict, **(self.search.options or {})})
            self.buildSolverModel(lp)
            first = solve_held(lp.solverModel, self.search)
        outcome = first if is_credible(model, first) else again(model, self.search, first)
        return lp.take(outcome)

    def solve(self, lp: Foreign) -> Foreign:
        """Solve a problem."""
        return lp.solve(self) if isinstance(lp, AllocationProblem) else super().solve(lp)

    def actualResolve(self, lp: Foreign, **options: Foreign) -> Foreign:  # noqa: N802 - PuLP's
        """Solve a problem again; PuLP 3.3 refuses to."""
        return self.actualSolve(lp, **options)


def solve_model(
    model: CompiledModel,
    *,
    gap: float = 1e-4,
    deadline_s: float = np.inf,
    incumbent: Float | None = None,
    bound: float = -np.inf,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
    options: Mapping[str, Any] | None = None,
) -> Outcome:
    """Solve a model by HiGHS, through PuLP.

    Parameters
    ----------
    model : CompiledModel
        The model.
    gap : float [1]
        Relative gap at which the search may end.
    deadline_s : float [s]
        Wall time.
    incumbent : float array or None [solver units]
        An answer to begin with; no number where it does not say.
    bound : float [solver units]
        A bound from elsewhere.
    cancel, progress : callable or None
        Asked and told while it runs.
    options : Mapping or None
        Further options of HiGHS.
    """
    problem = AllocationProblem(model)
    limits = Search(gap=gap, deadline_s=deadline_s, start=incumbent, bound=bound)
    problem.solve(MatrixHiGHS(replace(limits, cancel=cancel, progress=progress, options=options)))
    return problem.outcome


def _affine(pairs: list[tuple[Any, float]]) -> Foreign:
    kind = pulp.LpAffineExpression
    return kind.from_list(pairs) if IS_RUST else kind(pairs)
