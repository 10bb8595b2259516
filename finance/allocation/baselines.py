"""Simple rules for dividing the same money, to show what a simple rule costs.

The problem: nobody should have to trust an optimizer without seeing what plain rules would have given. Both
rules here obey every budget, earmark, ticket, cap, need and bundle, and are checked like any other
allocation; neither searches for floors, so where a floor is missed they say which.
"""

from collections.abc import Iterable
from fractions import Fraction

from ..errors import Infeasible
from .check import recheck
from .compile import Ask, CompiledProblem, compile_problem
from .problem import AllocationDocument, AllocationLine
from .transport import Flow


def greedy(problem: AllocationDocument) -> tuple[AllocationLine, ...]:
    """Fund what brings most per unit of money, together with all it needs, as long as that can be paid.

    Candidates are ranked once: the value of an intervention and its closure, at the awards that bring it most
    per unit of money, over that money; ties by id. Groups with a floor are served first, in the order of
    their rule ids. When nobody can be added, the money that is left goes to the highest gains.

    Parameters
    ----------
    problem : AllocationDocument
        Who can be funded, from what, under which rules.

    Returns
    -------
    tuple of AllocationLine
        Who gets how much from which fund [minor units]; checked.

    Raises
    ------
    Infeasible
        When this rule misses a floor; ``figures['rules']`` names it.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "100.00"}], "interventions": [
    ...   {"intervention_id": "a", "title": "A", "actors": [{"actor_id": "x", "share_bp": 10000}],
    ...     "minimum": "60", "maximum": "60", "response": [{"up_to": "60", "gain_per_k": "3"}]},
    ...   {"intervention_id": "b", "title": "B", "actors": [{"actor_id": "x", "share_bp": 10000}],
    ...     "minimum": "90", "maximum": "90", "response": [{"up_to": "90", "gain_per_k": "2.5"}]}]}''')
    >>> [(line.intervention_id, line.amount_minor) for line in greedy(problem)]
    [('a', 6000)]
    """
    compiled = compile_problem(problem)
    pool = Flow(compiled)
    ranked = sorted(compiled.reachable(), key=lambda key: (-_merit(compiled, key), key))
    for at, limit in enumerate(compiled.limits):
        for key in ranked:
            if key in limit.members and pool.short(at):
                _open(pool, compiled.closure([key]))
                if key in pool.paid:
                    pool.push(key, pool.short(at))
    for key in ranked:
        if _open(pool, compiled.closure([key])):
            pool.push(key, max(0, _best(compiled.asks[key]) - pool.award(key)))
    pool.spend()
    return _finished(problem, pool)


def proportional(problem: AllocationDocument) -> tuple[AllocationLine, ...]:
    """Give everybody the same part of what they ask for.

    The ask is the most an intervention can be awarded. All budgets are divided in proportion to the asks;
    whoever would then get less than the least it can be awarded is dropped, with all that need it, the one
    furthest below first, and the rest is divided again; so is whoever cannot be paid its least by the funds
    that admit it, after those before it by id. Where funds or caps allow less than a part, it stays smaller.

    Parameters
    ----------
    problem : AllocationDocument
        Who can be funded, from what, under which rules.

    Returns
    -------
    tuple of AllocationLine
        Who gets how much from which fund [minor units]; checked.

    Raises
    ------
    Infeasible
        When this rule misses a floor; ``figures['rules']`` names it.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/1", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget": "100.00"}], "interventions": [
    ...   {"intervention_id": "a", "title": "A", "actors": [{"actor_id": "x", "share_bp": 10000}],
    ...     "maximum": "60", "response": [{"up_to": "60", "gain_per_k": "3"}]},
    ...   {"intervention_id": "b", "title": "B", "actors": [{"actor_id": "x", "share_bp": 10000}],
    ...     "maximum": "90", "response": [{"up_to": "90", "gain_per_k": "2.5"}]}]}''')
    >>> [(line.intervention_id, line.amount_minor) for line in proportional(problem)]
    [('a', 4000), ('b', 6000)]
    """
    compiled = compile_problem(problem)
    held = frozenset(compiled.reachable())
    while True:
        pool, dropped = _divided(compiled, held)
        if not dropped:
            return _finished(problem, pool)
        held = frozenset(key for key in held if not dropped & compiled.closure([key]))


def _divided(compiled: CompiledProblem, held: frozenset[str]) -> tuple[Flow, frozenset[str]]:
    """Divide all budgets among those held; name whom to drop when somebody's part is too small."""
    pool = Flow(compiled)
    asks = [compiled.asks[key] for key in sorted(held)]
    total, asked = sum(compiled.budgets.values()), sum(ask.high_minor for ask in asks)
    parts = {ask.key: min(ask.high_minor, ask.high_minor * total // asked) for ask in asks}
    low = [
        (Fraction(parts[ask.key], ask.low_minor), ask.key) for ask in asks if parts[ask.key] < ask.low_minor
    ]
    if low:
        return pool, frozenset([min(low)[1]])
    dropped = frozenset(ask.key for ask in asks if not pool.open([ask.key]))
    if not dropped:
        for ask in asks:
            pool.push(ask.key, parts[ask.key] - pool.award(ask.key))
    return pool, dropped


def _merit(compiled: CompiledProblem, key: str) -> Fraction:
    """Return the value per unit of money of an intervention with its closure [grains per minor unit]."""
    group = compiled.closure([key])
    awards = {member: _best(compiled.asks[member]) for member in group}
    own = sum(compiled.asks[member].grains(awards[member]) for member in group)
    extra = sum(grains for members, grains in compiled.bonuses if group.issuperset(members))
    return Fraction(own + extra, sum(awards.values()))


def _best(ask: Ask) -> int:
    """Return the award that brings most per unit of money, the largest among equals [minor units]."""
    ends, end = [ask.low_minor], ask.fixed_minor
    for width, _ in ask.segments:
        end += width
        ends.append(end)
    return max(
        (end for end in ends if end >= ask.low_minor), key=lambda end: (Fraction(ask.grains(end), end), end)
    )


def _open(pool: Flow, group: Iterable[str]) -> bool:
    new = [key for key in group if key not in pool.paid]
    return bool(new) and pool.open(new)


def _finished(problem: AllocationDocument, pool: Flow) -> tuple[AllocationLine, ...]:
    short = {
        limit.rule("floor"): pool.short(at) for at, limit in enumerate(pool.compiled.limits) if pool.short(at)
    }
    if short:
        shown = "; ".join(
            f"{rule} by {problem.amount(minor)} {problem.unit}" for rule, minor in short.items()
        )
        raise Infeasible(f"This simple rule misses {shown}; another allocation may not.", rules=list(short))
    lines = pool.lines()
    recheck(problem, lines)
    return lines
