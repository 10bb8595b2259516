"""From a problem to an allocation in whole minor units, with a bound that nothing can exceed.

The problem: "the solver says so" is no reason to move money. Prices prove a bound and decide most choices,
the solver decides the rest, the amounts are made whole in integers, checked rule by rule by ``check.py``
and valued exactly; and the answer is published together with the bound, so that the most that a better one
could bring is known.

Notes
-----
A bound of kind ``prices`` is arithmetic that anybody can repeat. One of kind ``solver`` is the bound of the
solver's search with a stated margin: one millionth of it and one hundred-millionth of what all
interventions would be worth together, for the solver's tolerances. Where that margin would
hide the asked gap or the step of values, the solver works with tolerances of 10**-9, and the margin is 10**-9
of the bound and 10**-8 of the worth (10**-9 where there are only choices). Where every value is a multiple
of some step, a bound is rounded down to one.
"""

import time
from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from numbers import Rational, Real
from typing import Never

import numpy as np
from numpy.typing import NDArray

from ..errors import AllocationError, Infeasible, NotProven, RoundingFailed
from .answer import Allocation
from .checking.certificate import certify, relative_gap
from .checking.check import breaches, recheck
from .checking.prices import price_bound
from .conflict.conflicts import find_conflict
from .fallback import simple_answer
from .model.compile import CompiledModel, compile_model
from .model.highs import Search, run, solver_name
from .problem import AllocationDocument
from .result import AllocationResult, Progress, Status, what_binds, what_is_left
from .search.dual import Pricing, find_prices
from .search.lattice import rounded_down, value_step
from .search.lumpy import LumpySearch
from .search.oracle import Oracle
from .search.primal import SearchLimits, SearchStanding
from .search.proof import NANO, prove
from .search.relax import relax
from .search.settle import ROUNDS, choose_again, matrix_of, settle
from .search.timing import NARROW
from .search.trust import is_proved_infeasible, is_within_reach, smallest_worth
from .search.units import allocation_in_units, in_whole_units, whole_units_model, with_room_for_parts
from .simple.strategies import choose

Floats = NDArray[np.float64]
MICRO = 10**6
PRICE_SHARE = 0.4  # of the time that is left
SMALL = 1500  # cells up to which the linear relaxation gives the prices
CALLS = 400
BEAT_S = 1.0  # most seconds without a word to whoever waits
ANY = 0.9  # of a gap: nearly any answer has it
LEAST_S = 0.25  # for what must be done when the time is up
FIRST_S = 2.0  # for a first answer, when the time is up and there is none
AUTO = "auto"
NEAR = 1e-9  # relative, of floats that are compared
COARSE = 0.05  # of the gap: what one more call of the oracle must promise
NEARLY = Fraction(999, 1000)
NARROWER = 1000  # times: how much narrower the tolerances are then
NARROWING = 4  # margins: an asked gap below so many of them needs narrow tolerances
ROUNDING = 0.9  # of the gap: what the search may leave, the rest is for whole units


def allocate(
    problem: AllocationDocument,
    *,
    gap: Fraction | None = None,
    deadline_s: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
    cancel: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
    strategy: str = AUTO,
    warm: AllocationResult | None = None,
    raise_infeasible: bool = True,
) -> AllocationResult:
    """Allocate the funds for the highest value that every rule allows.

    Parameters
    ----------
    problem : AllocationDocument
        Who can be funded, from what, under which rules.
    gap : Fraction, optional [1]
        Relative distance to the bound that is good enough; the document's own when not given.
    deadline_s : float [s]
        Time for the solve.
    clock : Callable
        Tells the time [s].
    cancel : Callable, optional
        Whether to stop now, with the best answer so far; asked often.
    progress : Callable, optional
        Told every step forward.
    strategy : str
        Who chooses: ``auto`` is the optimizer, other names are those of ``list_strategies``. Whoever it is,
        the answer is checked and put beside the bound here.
    warm : AllocationResult, optional
        The answer to a similar problem, whose prices to start from.
    raise_infeasible : bool
        Whether a problem without an answer raises, or returns a result of that status.

    Raises
    ------
    DocumentInvalid
        When fields of the problem contradict each other.
    AllocationError
        When the gap is not between 0 and 1, or the deadline is no time.
    Infeasible
        When no allocation keeps every rule.
    NotProven
        When the deadline came before any answer, or no answer could be paid in whole minor units.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> result = allocate(problem)
    >>> result.value, result.bound, result.kind
    (Fraction(4, 25), Fraction(4, 25), 'prices')
    """
    _require_plain(problem)
    asked = problem.asked_gap if gap is None else _asked(gap)
    run = _Run(problem, asked, _Watch(clock, _seconds(deadline_s), cancel, progress))
    status = run.search(warm) if strategy == AUTO else run.follow(strategy)
    if status in {"infeasible", "no_answer"} and raise_infeasible:
        run.refuse(status)
    return run.result(status)


def _require_plain(problem: AllocationDocument) -> None:
    """Refuse what another function answers: nothing that a problem asks for is passed over in silence."""
    objective = problem.objective
    if objective.mode != "mean":
        raise AllocationError(
            f"The objective is {objective.mode}: call allocate_at_risk; allocate takes gains as written.",
            mode=objective.mode,
        )
    if objective.order:
        raise AllocationError(
            f"Metrics come in an order ({', '.join(objective.order)}): allocate_in_order answers that.",
            order=list(objective.order),
        )


def _asked(gap: Fraction) -> Fraction:
    """Refuse a gap that no answer can have or every answer has."""
    if not isinstance(gap, Rational | float) or not 0 < gap < 1:
        raise AllocationError(
            f"A gap of {gap} cannot be asked for: write a fraction between 0 and 1, such as 1/10000.",
            gap=str(gap),
        )
    return Fraction(gap)


def _seconds(deadline_s: float) -> float:
    """Refuse a deadline that is no time, or no number."""
    if not isinstance(deadline_s, Real) or not deadline_s > 0:
        raise AllocationError(
            f"A deadline of {deadline_s} s leaves no time: write seconds above 0.", deadline_s=str(deadline_s)
        )
    return float(deadline_s)


class _Watch:
    """The time that is left, and what is told to whoever waits."""

    def __init__(
        self,
        clock: Callable[[], float],
        deadline_s: float,
        cancel: Callable[[], bool] | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.clock, self.deadline_s = clock, deadline_s
        self.is_cancelled = cancel or (lambda: False)
        self.progress = progress
        self.began = clock()
        self.told_s = 0.0
        self.value, self.bound = -np.inf, np.inf
        self.timings: dict[str, float] = {}

    def spent(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.began

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline_s - self.spent()

    def cancel(self) -> bool:
        """Whether to stop now; asked often, so that whoever waits hears that it goes on."""
        if self.spent() - self.told_s > BEAT_S:
            self.tell(-np.inf, np.inf, "search")
        return self.is_cancelled()

    def tell(self, value: float, bound: float, stage: str) -> None:
        """Tell of a step; values never fall and bounds never rise."""
        self.told_s = self.spent()
        self.value, self.bound = max(self.value, value), min(self.bound, bound)
        if self.progress is not None:
            self.progress(
                Progress(
                    value=self.value if isfinite(self.value) else None,
                    bound=self.bound if isfinite(self.bound) else None,
                    stage=stage,
                    spent_s=self.spent(),
                )
            )

    def mark(self, stage: str, since: float) -> float:
        """Note how long a stage took; return the time now."""
        now = self.clock()
        self.timings[stage] = self.timings.get(stage, 0.0) + now - since
        return now


class _Run:
    """One solve: prices, small models, whole amounts, proof."""

    def __init__(self, problem: AllocationDocument, asked: Fraction, watch: _Watch) -> None:
        self.problem, self.asked, self.watch = problem, asked, watch
        self.arrays = problem.arrays
        self.oracle = Oracle(self.arrays)
        self.allocation: Allocation | None = None
        self.value = Fraction(0)
        self.strategy = AUTO
        self.step = Fraction(0)
        self.is_narrow = False
        self.pricing: Pricing
        self.model: CompiledModel
        self.standing: SearchStanding

    def search(self, warm: AllocationResult | None) -> Status:
        """Find prices, then an answer, then whole amounts."""
        watch = self.watch
        now = watch.clock()
        self.model = compile_model(with_room_for_parts(self.arrays))
        now = watch.mark("model", now)
        pricing = self._prices(warm)
        now = watch.mark("prices", now)
        self.pricing = pricing or find_prices(self.oracle, calls=1)
        self.standing = SearchStanding(bound=self.pricing.bound)
        watch.tell(-np.inf, self.pricing.bound, "prices")
        if self._is_impossible(pricing):
            return "infeasible"
        self._find_step()
        limits = SearchLimits(
            gap=float(self.asked) * ROUNDING,
            left=watch.left,
            cancel=watch.cancel,
            tell=watch.tell,
            options=NARROW if self.is_narrow else {},
        )
        LumpySearch(
            oracle=self.oracle,
            model=self.model,
            pricing=self.pricing,
            limits=limits,
            standing=self.standing,
        ).run()
        now = watch.mark("search", now)
        if self.standing.is_infeasible and is_within_reach(self.model):
            return "infeasible"
        self._settle()
        self._sharpen()
        watch.mark("whole", now)
        if self.standing.is_infeasible:
            return "infeasible"
        return "no_answer" if self.allocation is None else "stopped"

    def follow(self, strategy: str) -> Status:
        """Let somebody else choose; prices say what that costs."""
        found = choose(self.problem, strategy)
        self.allocation, self.value, self.strategy = found.allocation, found.value, found.strategy
        self.model = compile_model(with_room_for_parts(self.arrays))
        pricing = self._prices(None)
        self.pricing = pricing or find_prices(self.oracle, calls=1)
        self.standing = SearchStanding(bound=self.pricing.bound)
        return "stopped"

    def _prices(self, warm: AllocationResult | None) -> Pricing | None:
        """Find prices: from the relaxation when the problem is small."""
        watch, least = self.watch, self._least()
        if len(self.arrays.open) <= SMALL and warm is None:
            return relax(self.oracle, self.model, left_s=max(0.0, watch.left()), cancel=watch.cancel)
        until = watch.spent() + PRICE_SHARE * max(0.0, watch.left())

        def stop(bound: float) -> bool:
            watch.tell(-np.inf, bound, "prices")
            return watch.spent() > until or watch.cancel() or bound < least

        return find_prices(
            self.oracle,
            start=None if warm is None else self._known(warm),
            tolerance=float(self.asked) * COARSE,
            calls=CALLS,
            stop=stop,
        )

    def _is_impossible(self, pricing: Pricing | None) -> bool:
        """Whether prices or the relaxation show that nothing keeps every rule."""
        if pricing is None:
            return is_within_reach(self.model)
        return pricing.bound < self._least() and is_proved_infeasible(self.oracle, pricing.prices)

    def _known(self, warm: AllocationResult) -> Floats:
        """Prices of an earlier answer, by rule."""
        return np.array([float(warm.prices.get(name, 0)) for name in self.oracle.names])

    def _least(self) -> float:
        """Return what no allocation is worth less than: a bound below it says that there is none."""
        lost = float(self.arrays.overlap_micro.sum()) * self.arrays.period_count / MICRO
        return -lost - 1e-6 * (1 + lost)

    def _find_step(self) -> None:
        """Find the step of values; tolerances are narrow where the margin would hide it, or the asked gap."""
        self.step = value_step(self.arrays)
        is_hidden = self.step < 2 * self._margin()
        is_near = self.asked * abs(Fraction(self.standing.bound)) < NARROWING * self._margin()
        self.is_narrow = is_hidden and (is_near or bool(self.model.integer.all() and self.step))
        self.standing.step = max(0.0, float((self.step - self._margin()) * NEARLY))

    def _settle(self) -> None:
        """Make whole amounts; a choice that cannot be paid is put aside and another one sought."""
        aside: list[Floats] = []
        x = self.standing.x
        while x is not None and len(aside) < ROUNDS:
            try:
                self.allocation = settle(
                    self.arrays, self.model, x, deadline_s=max(LEAST_S, self.watch.left())
                )
            except RoundingFailed:
                aside.append(x)
                if self.watch.cancel():
                    break
                outcome = choose_again(
                    self.model,
                    aside,
                    gap=float(self.asked) / 2,
                    left=self.watch.left,
                    cancel=self.watch.cancel,
                )
                x = outcome.x
            else:
                self.value = recheck(self.problem, self.allocation)
                break
        if self.allocation is None or not is_within_reach(self.model):
            found = simple_answer(self.problem, is_over=lambda: True)
            if found is not None and (self.allocation is None or found[1] > self.value):
                self.allocation, self.value = found
        if self.allocation is None:
            self._first_found()

    def _first_found(self) -> None:
        """Take the first answer that the solver comes across, where simple rules have none."""
        left_s = max(FIRST_S, self.watch.left())
        outcome = run(matrix_of(self.model), Search(gap=ANY, deadline_s=left_s, cancel=self.watch.cancel))
        if outcome.x is None:
            return
        try:
            self.allocation = settle(self.arrays, self.model, outcome.x, deadline_s=FIRST_S)
        except RoundingFailed:
            return
        self.value = recheck(self.problem, self.allocation)

    def _sharpen(self) -> None:
        """Search again in whole minor units, where they may stand between an answer and its bound."""
        far = self.standing.bound - float(self.value)
        is_near = far <= max(float(self.asked) * abs(float(self.value)), self.standing.step)
        model = None if self.allocation is not None and is_near else whole_units_model(self.arrays)
        left_s = self.watch.left()
        if model is None or left_s <= 0 or self.watch.cancel():
            return
        matrix, scale = in_whole_units(model)
        gap = float(self.asked) * ROUNDING
        outcome = run(matrix, Search(gap=gap, deadline_s=left_s, cancel=self.watch.cancel))
        if outcome.status == "infeasible" and self.allocation is None:
            self.standing.is_infeasible = True
        proved = model.micro(outcome.bound) / MICRO
        if np.isfinite(proved) and proved < self.standing.bound:
            self.standing.bound, self.standing.is_price_bound = proved, False
        if outcome.x is None:
            return
        better = allocation_in_units(self.arrays, model, outcome.x * scale)
        if breaches(self.problem, better):
            return
        value = recheck(self.problem, better)
        if self.allocation is None or value > self.value:
            self.allocation, self.value = better, value

    def refuse(self, status: Status) -> Never:
        """Say why there is no answer, or that none was found."""
        if status == "infeasible":
            conflict = find_conflict(self.problem)
            said = (
                ["No reason was found that people can read."]
                if conflict is None
                else conflict.text.split("\n")
            )
            raise Infeasible(
                f"No allocation keeps every rule. {' '.join(said)}",
                rules=[] if conflict is None else list(conflict.rules),
                reasons=[] if conflict is None else list(conflict.reasons),
                fixes=[] if conflict is None else [fix.plain() for fix in conflict.fixes],
                unit=self.problem.unit,
            )
        bound = self.pricing.bound
        raise NotProven(
            f"No allocation can be given: none was found in {self.watch.spent():.1f} s. Nothing is worth "
            f"more than {bound:.6g}; give it more time, or loosen floors and tickets.",
            bound=str(Fraction(bound)),
        )

    def result(self, status: Status) -> AllocationResult:
        """Put value, bound and proof side by side."""
        began = self.watch.clock()
        allocation = self.allocation or Allocation(chosen=())
        multipliers = prove(self.oracle, self.pricing.prices)
        proof = certify(
            self.problem,
            allocation,
            multipliers,
            bound=self._stated(price_bound(self.arrays, multipliers)),
            solver=solver_name(float(self.asked)),
            value=self.value,
        )
        gap = relative_gap(self.value, proof.bound)
        if self.allocation is not None:
            within = (gap is not None and gap <= self.asked) or proof.bound - self.value <= self._margin()
            status = "within_gap" if within else "stopped"
        left = what_is_left(self.arrays, allocation)
        prices = {rule: Fraction(price, NANO) for rule, price in proof.prices.items()}
        binding = what_binds(self.arrays, allocation, left, prices)
        self.watch.mark("proof", began)
        return AllocationResult(
            status=status,
            problem_sha256=proof.problem_sha256,
            unit=self.problem.unit,
            scale=self.problem.scale,
            allocation=allocation,
            value=self.value,
            bound=proof.bound,
            gap=gap,
            asked_gap=self.asked,
            kind=proof.kind,
            price_bound=proof.price_bound,
            prices=prices,
            certificate=proof,
            tie_band=self._ties(proof.price_bound),
            left=left,
            binding=binding,
            timings=dict(self.watch.timings),
            strategy=self.strategy,
        )

    def _stated(self, proven: Fraction) -> Fraction:
        """Return the least bound: of prices or of the search with its margin, down to the step of values."""
        searched = Fraction(self.standing.bound) + self._margin()
        is_searched = not self.standing.is_price_bound and is_within_reach(self.model)
        bound = min(proven, searched) if is_searched and self.value <= searched else proven
        is_proved = bound == proven and proven - self.value <= self.asked * abs(self.value)
        whole = bound if is_proved else rounded_down(bound, self.step)
        return whole if self.value <= whole else bound

    def _margin(self) -> Fraction:
        most = Fraction(float(self.oracle.menu.value.max(axis=0).sum())) + Fraction(
            int(self.arrays.bonus_micro.sum()) * self.arrays.period_count, MICRO
        )
        bound, unseen = abs(Fraction(self.standing.bound)), smallest_worth(self.model)
        if self.is_narrow:
            part = NANO if self.model.integer.all() else 10**8
            return bound / NANO + most / part + unseen / NARROWER
        return bound / 10**6 + most / 10**8 + unseen

    def _ties(self, price_bound: Fraction) -> tuple[tuple[str, int], ...]:
        """Cells whose other choice the proof does not exclude."""
        if self.allocation is None:
            return ()
        slack = float(price_bound - self.value) + NEAR * (1 + abs(float(price_bound)))
        open_cells = ~self.oracle.links.closed & ~self.oracle.links.locked
        cells = np.flatnonzero((np.abs(self.pricing.reply.net) <= slack) & open_cells)
        names, periods = self.arrays.intervention_ids, self.arrays.period_count
        return tuple((names[cell // periods], cell % periods) for cell in cells.tolist())
