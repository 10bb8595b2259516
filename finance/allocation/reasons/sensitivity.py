"""What one more unit of a budget, a cap or a floor would bring, told in three ways.

The problem: "the shadow price is 1.4" can mean three things that differ, and whoever negotiates a budget
should see all of them. The **multiplier** holds for the whole problem and for small changes, as if choices
could be made in parts. The **local** price keeps every choice and moves money only. The **re-solves** are
what truly happens at one, five and ten percent more and less, with all that is not known within the gap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from ..conflict.edits import Edit, edited
from ..conflict.fixes import Fixer
from ..conflict.wording import parts_of
from ..model.compile import compile_model
from ..model.pulp_bridge import solve_model
from ..solve import allocate
from .levers import Solve
from .margins import chosen_cells

if TYPE_CHECKING:
    from ..problem import AllocationDocument
    from ..result import AllocationResult

PERCENTS = (1, 5, 10)
DEADLINE_S = 20.0
NANO = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShift:
    """What happens when a rule is moved.

    Attributes
    ----------
    percent : int [percent]
        By how much of itself.
    change_minor : int [minor units]
        The same in money.
    value, bound : Fraction or None [value units]
        Of the changed problem; None where it has no answer.
    least, most : Fraction or None [value units per 1,000 major units]
        Between which the value of 1,000 more lies, with all that both gaps leave open.
    """

    percent: int
    change_minor: int
    value: Fraction | None
    bound: Fraction | None
    least: Fraction | None
    most: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What 1,000 more of a rule's bound would bring; below zero for floors.

    Attributes
    ----------
    rule : str
        Rule id.
    bound_minor : int [minor units]
        The rule's bound now.
    multiplier : Fraction [value units per 1,000 major units]
        From the prices of the answer.
    local : Fraction or None [value units per 1,000 major units]
        With every choice kept.
    steps : tuple of RuleShift
        Re-solved, from the lowest to the highest.
    """

    rule: str
    bound_minor: int
    multiplier: Fraction
    local: Fraction | None
    steps: tuple[RuleShift, ...]

    def plain(self) -> dict[str, Any]:
        """Return the sensitivity as JSON values."""
        return {
            "rule": self.rule,
            "bound_minor": self.bound_minor,
            "multiplier": str(self.multiplier),
            "local": None if self.local is None else str(self.local),
            "steps": [
                {
                    "percent": step.percent,
                    "change_minor": step.change_minor,
                    **{
                        name: None if getattr(step, name) is None else str(getattr(step, name))
                        for name in ("value", "bound", "least", "most")
                    },
                }
                for step in self.steps
            ],
        }


def sensitivity(
    document: "AllocationDocument",
    result: "AllocationResult",
    *,
    rules: Sequence[str] | None = None,
    percents: Sequence[int] = PERCENTS,
    solve: Solve | None = None,
) -> tuple[Sensitivity, ...]:
    """Tell what more and less of budgets, caps and floors would bring.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    result : AllocationResult
        Its answer.
    rules : sequence of str, optional
        Rule ids; every binding budget, cap and floor when not given.
    percents : sequence of int [percent]
        Changes that are solved for, each up and down.
    solve : callable, optional
        Solves a changed problem; the default is ``allocate`` from the same prices.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}],
    ...   "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
    ...   "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}''')
    >>> (pool,) = sensitivity(problem, allocate(problem), percents=[10])
    >>> pool.rule, pool.multiplier, pool.local, [step.least for step in pool.steps]
    ('budget/pool/0', Fraction(2, 1), Fraction(2, 1), [Fraction(2, 1), Fraction(2, 1)])
    """
    again = solve or partial(
        allocate, gap=result.asked_gap, deadline_s=DEADLINE_S, warm=result, raise_infeasible=False
    )
    asked = [rule for rule in result.binding if parts_of(rule)[0] in KINDS] if rules is None else list(rules)
    local = local_prices(document, result)
    found = []
    for rule in asked:
        sign = -1 if parts_of(rule)[0] == "floor" else 1
        bound = Fixer(document).amount_of(rule)
        found.append(
            Sensitivity(
                rule=rule,
                bound_minor=bound,
                multiplier=sign * result.prices.get(rule, Fraction(0)),
                local=None if local is None else local.get(rule, Fraction(0)),
                steps=tuple(_steps(document, result, rule, bound, sorted(percents), again)),
            )
        )
    return tuple(found)


KINDS = frozenset({"budget", "cap", "floor"})


def _steps(
    document: "AllocationDocument",
    result: "AllocationResult",
    rule: str,
    bound: int,
    percents: Sequence[int],
    solve: Solve,
) -> Iterator[RuleShift]:
    fixer = Fixer(document)
    for percent in [*(-each for each in reversed(percents)), *percents]:
        change = bound * percent // 100
        if not change:
            continue
        edits: tuple[Edit, ...] = (fixer.moved(rule, change),)
        again = solve(edited(document, edits))
        if again.status in {"infeasible", "no_answer"}:
            yield RuleShift(
                percent=percent, change_minor=change, value=None, bound=None, least=None, most=None
            )
            continue
        block = Fraction(document.minor_per_block, change)
        ends = sorted(((again.value - result.bound) * block, (again.bound - result.value) * block))
        yield RuleShift(
            percent=percent,
            change_minor=change,
            value=again.value,
            bound=again.bound,
            least=ends[0],
            most=ends[1],
        )


def local_prices(document: "AllocationDocument", result: "AllocationResult") -> dict[str, Fraction] | None:
    """Return what more of every rule is worth while every choice is kept, or None where that is not known.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    result : AllocationResult
        Its answer.
    """
    chosen = chosen_cells(document.arrays, result.allocation)
    model = compile_model(document.arrays, keep=chosen, fixed=chosen, relax=True)
    if not len(model.cost):
        return {}
    outcome = solve_model(model)
    if outcome.row_dual is None:
        return None
    named = model.prices(outcome.row_dual)
    return {rule: Fraction(round(price * NANO), NANO) for rule, price in named.items()}
