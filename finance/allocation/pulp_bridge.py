"""The model in PuLP, solved by HiGHS: the only file that knows either.

The problem: PuLP 3.3 and 4.2 differ in how a model is built and read, duals change their sign with the sense,
a time limit with an answer reads "Optimal", and every figure is a float. Here the model is always a
minimisation of minus the value, built by calls that both versions have; statuses are our own words; and what
leaves is whole minor units, grains and exact fractions. Amounts and values are scaled by powers of ten, so
that typical coefficients are near 1.

HiGHS's presolve is off: with it, versions 1.13.1 to 1.15.1 call some of these models infeasible that are not,
answer "Optimal" with values that are no numbers, or end the process (the tests keep one problem of each
kind). Without it, twelve thousand small problems agreed with full enumeration.

Notes
-----
Variables: y (funded, one for each bundle), s (working money, one for each segment), x (money from one fund to
one intervention, only where the earmark admits it), z (bonus). Segments are bounded one by one, s <= width y,
and a bonus by each of its members, z <= y: both give tighter relaxations than one summed row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from statistics import median_high
from typing import Literal, cast

import highspy
import pulp

from .compile import Ask, CompiledProblem
from .problem import AllocationLine
from .rows import GAIN_DIGITS, rule_id

Status = Literal["solved", "stopped", "infeasible", "no_answer"]
Family = Literal["floor", "money", "earmark"]
TOLERANCE = 1e-9  # of a scaled amount or of a choice; also of reduced costs
HALF = 0.5
FEASIBLE = 2  # HiGHS: the answer it holds keeps every rule within its tolerances
NANO = 10**9
SEED = 20_261_122
RULES_OFF = 1 << 12 | 1 << 13  # aggregator and parallel rows, for the searches inside its heuristics


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the mixed-integer model says: whom to fund, and what nobody can exceed.

    Attributes
    ----------
    status : str
        ``solved``, ``stopped`` (time limit, with an answer), ``infeasible`` or ``no_answer``.
    funded : frozenset of str
        Interventions, empty without an answer.
    awards : Mapping[str, int [minor units]]
        Amounts, near the right ones.
    bound : Fraction or None [grains]
        Dual bound on the value, without any safety margin.
    nodes : int
        Nodes of the search tree.
    spent_s : float [s]
        Wall time of the solver.

    Examples
    --------
    >>> Choice(status="infeasible", funded=frozenset(), awards={}, bound=None, nodes=0, spent_s=0.1).nodes
    0
    """

    status: Status
    funded: frozenset[str]
    awards: Mapping[str, int]
    bound: Fraction | None
    nodes: int
    spent_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Money for a fixed set of interventions, with the price of every rule about money.

    Attributes
    ----------
    awards : Mapping[str, int [minor units]]
        Amounts, near the right ones; empty when the set cannot be served.
    prices : Mapping[str, Fraction [value per 1,000 major units]]
        Rule id -> what more of its right-hand side is worth, the choice being kept; to nine digits, without
        those that are zero.

    Examples
    --------
    >>> Placement(awards={"w7": 8000}, prices={"budget/pool": Fraction(2)}).prices["budget/pool"]
    Fraction(2, 1)
    """

    awards: Mapping[str, int]
    prices: Mapping[str, Fraction]


def choose(
    compiled: CompiledProblem,
    keys: Collection[str],
    *,
    gap: Fraction,
    time_limit_s: float,
    excluded: Sequence[frozenset[str]] = (),
) -> Choice:
    """Choose whom to fund, for the highest value.

    Parameters
    ----------
    compiled : CompiledProblem
        The problem in whole numbers.
    keys : collection of str
        Interventions that may be funded; nonempty.
    gap : Fraction [1]
        Relative gap at which the search may end.
    time_limit_s : float [s]
        Wall time.
    excluded : sequence of frozenset of str
        Exact sets of interventions that must not be chosen again.

    Examples
    --------
    >>> from .compile import compile_problem
    >>> from .problem import AllocationDocument
    >>> compiled = compile_problem(AllocationDocument.read('''{"schema": "almoner.allocation/1",
    ...   "unit": "USD", "scale": 2, "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}'''))
    >>> choice = choose(compiled, ["w7"], gap=Fraction(1, 10_000), time_limit_s=10.0)
    >>> choice.status, dict(choice.awards)
    ('solved', {'w7': 8000})
    """
    if any(limit.floor_minor and not set(keys) & set(limit.members) for limit in compiled.limits):
        return Choice(status="infeasible", funded=frozenset(), awards={}, bound=None, nodes=0, spent_s=0.0)
    model = _Model(compiled, keys)
    model.limit_groups()
    model.link()
    for funded in excluded:
        model.exclude(funded)
    model.minimise_lost_value()
    return model.choice(model.solve(gap, time_limit_s))


def place(compiled: CompiledProblem, funded: Collection[str], *, time_limit_s: float) -> Placement:
    """Divide the money among a fixed set of interventions, and price the rules.

    Parameters
    ----------
    compiled : CompiledProblem
        The problem in whole numbers.
    funded : collection of str
        The set; nonempty.
    time_limit_s : float [s]
        Wall time.

    Examples
    --------
    >>> from .compile import compile_problem
    >>> from .problem import AllocationDocument
    >>> compiled = compile_problem(AllocationDocument.read('''{"schema": "almoner.allocation/1",
    ...   "unit": "USD", "scale": 2, "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells",
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}'''))
    >>> dict(place(compiled, ["w7"], time_limit_s=10.0).prices)
    {'budget/pool': Fraction(2, 1)}
    """
    model = _Model(compiled, funded, fixed=True)
    model.limit_groups()
    model.minimise_lost_value()
    solver = model.solve(Fraction(0), time_limit_s)
    if model.status(solver) != "solved":
        return Placement(awards={}, prices={})
    return Placement(awards=model.awards(), prices=model.prices(solver))


def repair(
    compiled: CompiledProblem, family: Family, *, time_limit_s: float
) -> tuple[tuple[AllocationLine, ...], float]:
    """Find an allocation that breaks only one family of rules, by the least money in total.

    Parameters
    ----------
    compiled : CompiledProblem
        A problem that has no answer as it stands.
    family : str
        ``floor`` (floors may be missed), ``money`` (budgets and caps may be exceeded) or ``earmark`` (funds
        may pay what they do not admit).
    time_limit_s : float [s]
        Wall time.

    Returns
    -------
    tuple
        Lines [minor units], empty when there is no such allocation; and the wall time spent [s].

    Examples
    --------
    >>> from .compile import compile_problem
    >>> from .problem import AllocationDocument
    >>> compiled = compile_problem(AllocationDocument.read('''{"schema": "almoner.allocation/1",
    ...   "unit": "USD", "scale": 2, "funds": [{"fund_id": "pool", "budget": "80.00"}],
    ...   "limits": [{"group_kind": "region", "group": "n", "floor": "85"}],
    ...   "interventions": [{"intervention_id": "w7", "title": "Wells", "groups": {"region": "n"},
    ...     "actors": [{"actor_id": "hub", "share_bp": 10000}], "maximum": "90.00",
    ...     "response": [{"up_to": "90.00", "gain_per_k": "2"}]}]}'''))
    >>> lines, _ = repair(compiled, "money", time_limit_s=10.0)
    >>> [(line.fund_id, line.amount_minor) for line in lines]
    [('pool', 8500)]
    """
    model = _Model(compiled, compiled.asks, family=family)
    model.limit_groups()
    if not model.breach:
        return (), 0.0
    model.link()
    model.minimise_breach()
    solver = model.solve(Fraction(1, NANO), time_limit_s)
    lines = model.lines() if model.status(solver) == "solved" else ()
    return lines, float(solver.getRunTime())


@dataclass(slots=True)
class _Model:
    """One PuLP model with the maps from its variables and rows to ours."""

    compiled: CompiledProblem
    keys: Collection[str]
    fixed: bool = False
    family: Family | None = None
    problem: pulp.LpProblem = field(init=False)
    rules: list[str] = field(init=False, default_factory=list)
    funded: dict[str, pulp.LpVariable] = field(init=False, default_factory=dict)
    pieces: dict[str, list[pulp.LpVariable]] = field(init=False, default_factory=dict)
    flows: dict[tuple[str, str], pulp.LpVariable] = field(init=False, default_factory=dict)
    breach: list[pulp.LpVariable] = field(init=False, default_factory=list)
    money_unit: int = field(init=False)
    value_unit: int = field(init=False)

    def __post_init__(self) -> None:
        self.problem = pulp.LpProblem("allocation", pulp.LpMinimize)
        self.keys = sorted(self.keys)
        asks = [self.compiled.asks[key] for key in self.keys]
        self.money_unit = _power_of_ten(ask.high_minor for ask in asks)
        self.value_unit = _power_of_ten(
            [gain * self.money_unit for ask in asks for _, gain in ask.segments if gain]
            + [grains for _, grains in self.compiled.bonuses if grains]
        )
        for number, ask in enumerate(asks):
            if ask.leader not in self.funded:
                self.funded[ask.leader] = (
                    self.problem.add_variable(f"y{number:06d}", 1.0, 1.0)
                    if self.fixed
                    else self.problem.add_variable(f"y{number:06d}", 0.0, 1.0, "Integer")
                )
            self._ask(number, ask)
        for fund, budget in self.compiled.budgets.items():
            paid = [flow for (_, payer), flow in self.flows.items() if payer == fund]
            if paid:
                over = self._slack("money")
                self.row(pulp.lpSum(paid) - over <= self._money(budget), rule_id("budget", fund))

    def row(self, constraint: pulp.LpAffineExpression, rule: str = "") -> None:
        """Add a row, remembering whose rule it is."""
        self.problem.addConstraint(constraint, f"r{len(self.rules):07d}")
        self.rules.append(rule)

    def limit_groups(self) -> None:
        """Add floors and caps."""
        for limit in self.compiled.limits:
            awards = [self._award(key) for key in limit.members if key in self.pieces]
            if limit.floor_minor:
                short = self._slack("floor")
                self.row(pulp.lpSum(awards) + short >= self._money(limit.floor_minor), limit.rule("floor"))
            if limit.cap_minor is not None and awards:
                over = self._slack("money")
                self.row(pulp.lpSum(awards) - over <= self._money(limit.cap_minor), limit.rule("cap"))

    def link(self) -> None:
        """Add the rules between choices."""
        for first, second in self.compiled.needs:
            if first in self.pieces and self._y(first) is not self._y(second):
                self.row(self._y(first) - self._y(second) <= 0, rule_id("needs", first, second))

    def exclude(self, funded: frozenset[str]) -> None:
        """Forbid exactly one set of interventions."""
        chosen = {self.compiled.asks[key].leader for key in funded}
        self.row(
            pulp.lpSum([(-1.0 if leader in chosen else 1.0) * y for leader, y in self.funded.items()])
            >= 1 - len(chosen & set(self.funded))
        )

    def minimise_lost_value(self) -> None:
        """Set the objective: minus the value."""
        terms = [
            -_ratio(gain * self.money_unit, self.value_unit) * piece
            for key, pieces in self.pieces.items()
            for (_, gain), piece in zip(self.compiled.asks[key].segments, pieces, strict=True)
        ]
        for number, (members, grains) in enumerate(self.compiled.bonuses):
            if grains and all(member in self.pieces for member in members):
                leaders = sorted({self.compiled.asks[member].leader for member in members})
                won = self.problem.add_variable(f"z{number:06d}", 0.0, 1.0)
                for leader in leaders:
                    self.row(won - self.funded[leader] <= 0)
                terms.append(-_ratio(grains, self.value_unit) * won)
        self.problem.setObjective(pulp.lpSum(terms))

    def minimise_breach(self) -> None:
        """Set the objective: the money by which rules are broken."""
        self.problem.setObjective(pulp.lpSum(self.breach))

    def solve(self, gap: Fraction, time_limit_s: float) -> highspy.Highs:
        """Run HiGHS on one thread and return it."""
        options = pulp.HiGHS(
            msg=False,
            gapRel=float(gap),
            gapAbs=0.0,
            threads=1,
            timeLimit=max(0.0, time_limit_s),
            random_seed=SEED,
            presolve="off",
            presolve_rule_off=RULES_OFF,
            mip_feasibility_tolerance=TOLERANCE,
            primal_feasibility_tolerance=TOLERANCE,
            dual_feasibility_tolerance=TOLERANCE,
        )
        self.problem.solve(options)
        solver = cast("highspy.Highs", self.problem.solverModel)
        if solver.getModelStatus() == highspy.HighsModelStatus.kNotset:
            highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003 - HiGHS takes it by position only
            self.problem.solve(options)  # it does not run when the process has used another number of threads
            solver = cast("highspy.Highs", self.problem.solverModel)
        return solver

    def status(self, solver: highspy.Highs) -> Status:
        """Say how the solver ended, in our words."""
        word = solver.modelStatusToString(solver.getModelStatus())
        if word in {"Infeasible", "Primal infeasible or unbounded"}:
            return "infeasible"
        info = solver.getInfo()
        if int(info.primal_solution_status) != FEASIBLE or not isfinite(info.objective_function_value):
            return "no_answer"
        return "solved" if word == "Optimal" else "stopped"

    def choice(self, solver: highspy.Highs) -> Choice:
        """Read the answer of the mixed-integer model."""
        status, info = self.status(solver), solver.getInfo()
        has_answer = status in {"solved", "stopped"}
        bound = float(info.mip_dual_bound)
        is_bounded = status != "infeasible" and abs(bound) < float(solver.inf)
        return Choice(
            status=status,
            funded=frozenset(key for key in self.keys if has_answer and _level(self._y(key)) > HALF),
            awards=self.awards() if has_answer else {},
            bound=-Fraction(bound) * self.value_unit if is_bounded else None,
            nodes=max(0, int(info.mip_node_count)),
            spent_s=float(solver.getRunTime()),
        )

    def awards(self) -> Mapping[str, int]:
        """Read the awards of those that are funded, rounded to whole minor units."""
        return {
            key: self.compiled.asks[key].fixed_minor
            + round(sum(_level(piece) for piece in pieces) * self.money_unit)
            for key, pieces in self.pieces.items()
            if _level(self._y(key)) > HALF
        }

    def lines(self) -> tuple[AllocationLine, ...]:
        """Read the payments, rounded to whole minor units."""
        amounts = ((pair, round(_level(flow) * self.money_unit)) for pair, flow in self.flows.items())
        return tuple(
            AllocationLine(intervention_id=key, fund_id=fund, amount_minor=amount)
            for (key, fund), amount in sorted(amounts)
            if amount > 0
        )

    def prices(self, solver: highspy.Highs) -> Mapping[str, Fraction]:
        """Read what more of each right-hand side is worth; an earmark's is that of its best exception."""
        duals = [float(dual) for dual in solver.getSolution().row_dual]
        found = {rule: -dual for rule, dual in zip(self.rules, duals, strict=True) if rule}
        supply = {
            key: -found.pop(rule_id("supply", key)) for key in self.pieces
        }  # what more for it would cost
        for fund, budget in self.compiled.budgets.items():
            own = found.get(rule_id("budget", fund), 0.0)
            barred = [key for key in self.pieces if fund not in self.compiled.asks[key].funds and budget]
            found[rule_id("earmark", fund)] = max((supply[key] - own for key in barred), default=0.0)
        scale = Fraction(self.value_unit, self.money_unit * 10**GAIN_DIGITS)
        rounded = {
            rule: Fraction(round(Fraction(price) * scale * NANO), NANO) for rule, price in found.items()
        }
        least = Fraction(TOLERANCE) * 1000 * scale
        return {
            rule: price
            for rule, price in sorted(rounded.items())
            if abs(price) > least and (price > 0 or not rule.startswith("earmark/"))
        }

    def _ask(self, number: int, ask: Ask) -> None:
        y = self.funded[ask.leader]
        pieces: list[pulp.LpVariable] = []
        for at, (width, _) in enumerate(ask.segments):
            piece = self.problem.add_variable(f"s{number:06d}_{at:02d}", 0.0, self._money(width))
            pieces.append(piece)
            self.row(piece - self._money(width) * y <= 0)
        self.pieces[ask.key] = pieces
        working = pulp.lpSum(pieces)
        if ask.low_minor > ask.fixed_minor:
            self.row(
                working - self._money(ask.low_minor - ask.fixed_minor) * y >= 0, rule_id("ticket", ask.key)
            )
        flows: list[pulp.LpVariable] = []
        for fund in self.compiled.budgets if self.family == "earmark" else ask.funds:
            flow = self.problem.add_variable(f"x{number:06d}_{len(flows):02d}", 0.0, None)
            self.flows[ask.key, fund] = flow
            flows.append(flow)
            if fund not in ask.funds:
                self.breach.append(flow)
        self.row(pulp.lpSum(flows) - self._award(ask.key) == 0, rule_id("supply", ask.key))

    def _award(self, key: str) -> pulp.LpAffineExpression:
        fixed = self._money(self.compiled.asks[key].fixed_minor)
        return pulp.lpSum(self.pieces[key]) + fixed * self._y(key)

    def _slack(self, family: Family) -> pulp.LpVariable | float:
        if family != self.family:
            return 0.0
        slack = self.problem.add_variable(f"e{len(self.breach):06d}", 0.0, None)
        self.breach.append(slack)
        return slack

    def _y(self, key: str) -> pulp.LpVariable:
        return self.funded[self.compiled.asks[key].leader]

    def _money(self, minor: int) -> float:
        return _ratio(minor, self.money_unit)


def _level(variable: pulp.LpVariable) -> float:
    return float(variable.varValue or 0.0)


def _ratio(num: int, den: int) -> float:
    return num / den  # of two ints: the nearest float, however large they are


def _power_of_ten(sizes: Iterable[int]) -> int:
    held = list(sizes) or [1]
    return int(10 ** (len(str(median_high(held))) - 1))
