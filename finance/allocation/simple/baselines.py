"""Simple rules for dividing the same money, to show what a simple rule costs.

The problem: nobody should have to trust an optimizer without seeing what plain rules would have given. The
rules here obey every budget, earmark, ticket, cap, need and bundle, serve floors first, and are checked like
any other allocation; where one misses a rule that no single step can see, such as a bound on a share of all
that is spent, it says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...errors import AllocationError
from ..answer import Allocation
from ..arrays import ProblemArrays
from ..faults import grouping
from ..problem import AllocationDocument
from ..sharing.attribution import divide_within, whole_units
from .building import Builder
from .placing import finished
from .ranking import Ranking

Score = int | Fraction


def greedy(document: AllocationDocument) -> Allocation:
    """Fund what brings most per unit of money, together with all it needs, as long as that can be paid.

    What counts is what an intervention with all it needs would add now, synergies with what is funded
    included, at the awards that bring it most per unit of money, over that money; ties by id. An award is
    enlarged when its next piece brings more than any intervention that could be added. What must be funded,
    and groups with a floor, are served first.

    Parameters
    ----------
    document : AllocationDocument
        Who can be funded, from what, under which rules.

    Raises
    ------
    Infeasible
        When a rule is missed; ``figures['rules']`` names it.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 10000}],
    ...   "interventions": [{"intervention_id": "a"}, {"intervention_id": "b"}],
    ...   "tickets": [{"intervention_id": "a", "min_minor": 6000, "max_minor": 6000},
    ...     {"intervention_id": "b", "min_minor": 9000, "max_minor": 9000}],
    ...   "response": [{"intervention_id": "a", "cap_minor": 6000, "gain_micro_per_k": 3000000},
    ...     {"intervention_id": "b", "cap_minor": 9000, "gain_micro_per_k": 2500000}]}''')
    >>> [(line.intervention_id, line.amount_minor) for line in greedy(problem).lines]
    [('a', 6000)]
    """
    builder = Builder(document.arrays)
    ranking = Ranking(builder)
    ranking.serve(builder)
    ranking.add_all(builder)
    ranking.spend(builder)
    return finished(document, builder)


def proportional(document: AllocationDocument, *, scores: Mapping[str, Score] | None = None) -> Allocation:
    """Give everybody the same part of what they ask for, or the same amount for each point of a score.

    The ask is the most an intervention can be awarded in a period. The money of each period is divided in
    proportion; whoever would then get less than the least it can be awarded is dropped, with all that need
    it, the one furthest below first, and the rest is divided again; so is whoever cannot be paid its least by
    the funds that admit it. Where funds or caps allow less than a part, it stays smaller.

    Parameters
    ----------
    document : AllocationDocument
        Who can be funded, from what, under which rules.
    scores : Mapping of str to int or Fraction, or None [any common unit]
        Intervention -> weight, not negative; who is not named weighs nothing. None to weigh by the asks.

    Raises
    ------
    Infeasible
        When a rule is missed; ``figures['rules']`` names it.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 10000}],
    ...   "interventions": [{"intervention_id": "a"}, {"intervention_id": "b"}],
    ...   "tickets": [{"intervention_id": "a", "max_minor": 6000},
    ...     {"intervention_id": "b", "max_minor": 9000}]}''')
    >>> [(line.intervention_id, line.amount_minor) for line in proportional(problem).lines]
    [('a', 4000), ('b', 6000)]
    >>> [(line.intervention_id, line.amount_minor) for line in proportional(problem, scores={"b": 1}).lines]
    [('b', 9000)]
    """
    arrays = document.arrays
    if scores is not None:
        _require_scores(scores, arrays)
    ranking = Ranking(Builder(arrays))
    held = set(ranking.order)
    for _ in range(len(held) + 1):
        asks = _asks(arrays, held, scores)
        parts = {cell: part for rows in asks for cell, part in _parts(rows, ranking).items()}
        builder = Builder(arrays)
        ranking.serve(builder)
        failed = {cell for cell in sorted(parts) if not _opened(builder, ranking, cell, parts)}
        if not failed:
            break
        held = {cell for cell in parts if cell not in failed}
    for cell, part in sorted(parts.items()):
        builder.grow(cell, builder.working[cell] + part - builder.award[cell])
    return finished(document, builder)


def equal_group_shares(document: AllocationDocument, *, kind: str | None = None) -> Allocation:
    """Give every group the same part of all money, and let it buy what brings most per unit of money.

    What a group cannot use is divided equally among the groups that still can, until nothing moves; what is
    left then goes to one group after the other, the one that has least first. What must be funded, and
    floors, are served first, from the share of the group that they are in.

    Parameters
    ----------
    document : AllocationDocument
        Who can be funded, from what, under which rules.
    kind : str or None
        Grouping column; who has no value in it is a group of its own. None: the column of
        ``objective.max_min``, or the first of the limits, or the first there is, or else every intervention
        for itself.

    Raises
    ------
    AllocationError
        When there is no such column.
    Infeasible
        When a rule is missed; ``figures['rules']`` names it.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 10000}],
    ...   "interventions": [{"intervention_id": "a", "region": "n"}, {"intervention_id": "b", "region": "s"}],
    ...   "response": [{"intervention_id": "a", "cap_minor": 9000, "gain_micro_per_k": 3000000},
    ...     {"intervention_id": "b", "cap_minor": 4000, "gain_micro_per_k": 1000000}]}''')
    >>> [(line.intervention_id, line.amount_minor) for line in equal_group_shares(problem).lines]
    [('a', 6000), ('b', 4000)]
    """
    arrays = document.arrays
    names, groups = _groups(document, kind)
    builder = Builder(arrays)
    ranking = Ranking(builder)
    ranking.serve(builder)
    budget = int(arrays.budget.sum())
    builder.purse_of = groups
    builder.purse = list(whole_units(budget, [Fraction(budget, len(names))] * len(names)))
    for cell, award in builder.award.items():
        builder.purse[groups[cell // builder.periods]] -= award
    for _ in range(len(names)):
        _steps(builder, ranking)
        if not _passed_on(builder, ranking):
            break
    for group in sorted(range(len(names)), key=lambda at: (_got(builder, at), at)):
        left = sum(max(0, money) for money in builder.purse)
        builder.purse = [min(0, money) for money in builder.purse]
        builder.purse[group] += left
        _steps(builder, ranking)
    return finished(document, builder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """How many groups got at least their equal share.

    Attributes
    ----------
    kind : str
        Grouping column.
    groups : tuple of (str, int, int) [minor units]
        Group, what it got, and its equal share: all budgets over the number of groups, rounded down, or all
        it can take where that is less.
    share : Fraction [1]
        Part of the groups that got at least that.

    Examples
    --------
    >>> Fairness(kind="region", groups=(("n", 5, 4), ("s", 3, 4)), share=Fraction(1, 2)).share
    Fraction(1, 2)
    """

    kind: str
    groups: tuple[tuple[str, int, int], ...]
    share: Fraction


def fairness(
    document: AllocationDocument, allocation: Allocation, *, kind: str | None = None
) -> Fairness | None:
    """Measure an allocation by the yardstick of equal shares; None where there are no groups.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    allocation : Allocation
        Any answer to it.
    kind : str or None
        Grouping column, found as in ``equal_group_shares``.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 10000}],
    ...   "interventions": [{"intervention_id": "a", "region": "n"}, {"intervention_id": "b", "region": "s"}],
    ...   "response": [{"intervention_id": "a", "cap_minor": 9000, "gain_micro_per_k": 3000000},
    ...     {"intervention_id": "b", "cap_minor": 8000, "gain_micro_per_k": 1000000}]}''')
    >>> fairness(problem, greedy(problem)).share, fairness(problem, equal_group_shares(problem)).share
    (Fraction(1, 2), Fraction(1, 1))
    """
    arrays = document.arrays
    names, groups = _groups(document, kind)
    column = _kind(document, kind)
    if not column:
        return None
    got, most = [0] * len(names), [0] * len(names)
    place = {who: at for at, who in enumerate(arrays.intervention_ids)}
    for line in allocation.lines:
        got[groups[place[line.intervention_id]]] += line.amount_minor
    for cell in Ranking(Builder(arrays)).order:
        most[groups[cell // arrays.period_count]] += _most(arrays, cell)
    equal = int(arrays.budget.sum()) // len(names)
    rows = tuple(zip(names, got, [min(equal, one) for one in most], strict=True))
    served = sum(money >= least for _, money, least in rows)
    return Fairness(kind=column, groups=rows, share=Fraction(served, len(rows)))


def _require_scores(scores: Mapping[str, Score], arrays: ProblemArrays) -> None:
    strange = sorted(set(scores) - set(arrays.intervention_ids))
    negative = sorted(who for who, score in scores.items() if score < 0)
    if strange or negative:
        raise AllocationError(
            f"Scores of {', '.join(strange or negative)} cannot be used: each belongs to an intervention of "
            "the problem and is not negative."
        )


def _most(arrays: ProblemArrays, cell: int) -> int:
    """Return the most a cell can be awarded [minor units]."""
    who = cell // arrays.period_count
    return int(arrays.fixed[who]) + int(arrays.start[who]) + int(arrays.high[cell])


@dataclass(slots=True)
class _Ask:
    """What one cell asks of one period's money."""

    cell: int
    weight: Fraction
    least: int
    most: int
    locked: bool


def _asks(arrays: ProblemArrays, held: set[int], scores: Mapping[str, Score] | None) -> list[list[_Ask]]:
    """List the asks of every period."""
    builder = Builder(arrays)
    rows: list[list[_Ask]] = [[] for _ in range(arrays.period_count)]
    for cell in sorted(held):
        who, period = divmod(cell, arrays.period_count)
        most = _most(arrays, cell)
        weight = Fraction(most if scores is None else scores.get(arrays.intervention_ids[who], 0))
        least, locked = builder.needed(cell), bool(arrays.must[cell])
        if weight or locked:
            rows[period].append(_Ask(cell, weight, least, most, locked))
    return rows


def _parts(rows: Sequence[_Ask], ranking: Ranking) -> dict[int, int]:
    """Divide the money of a period, dropping who would get too little, the one furthest below first."""
    if not rows:
        return {}
    arrays = ranking.arrays
    total = int(arrays.budget[:, rows[0].cell % arrays.period_count].sum())
    kept = {row.cell: row for row in rows}
    weight = sum((row.weight for row in rows), Fraction(0))
    builder = Builder(arrays)
    closures = {cell: set(ranking.closure(builder, cell) or ()) for cell in kept}
    asking = _dependents(closures)
    order = sorted(
        (row for row in rows if not row.locked and row.least),
        key=lambda row: (-(Fraction(row.least) / row.weight), row.cell),
    )
    for row in order:
        if row.cell in kept and row.weight * total < row.least * weight:
            for cell in asking.get(row.cell, {row.cell}):
                if cell in kept and not kept[cell].locked:
                    weight -= kept.pop(cell).weight
    lows = [row.least if row.locked else 0 for row in kept.values()]
    highs = [row.most for row in kept.values()]
    able = sum(row.most if row.weight else row.least * row.locked for row in kept.values())
    exact = divide_within(
        max(sum(lows), min(total, able)), [row.weight for row in kept.values()], lows, highs
    )
    return dict(zip(kept, whole_units(int(sum(exact)), exact), strict=True))


def _dependents(closures: Mapping[int, set[int]]) -> dict[int, list[int]]:
    """Turn round who needs whom."""
    found: dict[int, list[int]] = {}
    for cell, needed in closures.items():
        for other in needed:
            found.setdefault(other, []).append(cell)
    return found


def _opened(builder: Builder, ranking: Ranking, cell: int, parts: Mapping[int, int]) -> bool:
    """Fund a cell with all it needs, if all of them were given a part."""
    group = ranking.closure(builder, cell)
    if group is None or not all(one in parts or one in builder.working for one in group):
        return False
    return cell in builder.working or builder.open(group)


def _kind(document: AllocationDocument, kind: str | None) -> str:
    """Find the grouping column that counts."""
    known = {name: values for name, values in grouping(document).items() if name != "all"}
    if kind is not None:
        if kind not in known:
            raise AllocationError(
                f"There is no grouping column {kind!r}; there are {', '.join(sorted(known)) or 'none'}."
            )
        return kind
    limited = [name for name in document.limits.texts("group_kind") if name in known]
    return document.objective.max_min or next(iter([*limited, *sorted(known)]), "")


def _groups(document: AllocationDocument, kind: str | None) -> tuple[list[str], list[int]]:
    """Return the names of all groups, and the group of every intervention."""
    found = _kind(document, kind)
    ids = document.interventions.texts("intervention_id")
    columns = grouping(document)[found] if found else [""] * len(ids)
    values = [value or f"({who})" for value, who in zip(columns, ids, strict=True)]
    names = sorted(set(values))
    place = {name: at for at, name in enumerate(names)}
    return names, [place[value] for value in values]


def _passed_on(builder: Builder, ranking: Ranking) -> bool:
    """Divide what some groups cannot use equally among those that can; tell whether there was any."""
    hungry = {builder.purse_of[cell // builder.periods] for cell in ranking.order if _can_take(builder, cell)}
    sated = [at for at, money in enumerate(builder.purse) if money > 0 and at not in hungry]
    given = sum(builder.purse[at] for at in sated)
    if not given or not hungry:
        return False
    for at in sated:
        builder.purse[at] = 0
    more = whole_units(given, [Fraction(given, len(hungry))] * len(hungry))
    for at, money in zip(sorted(hungry), more, strict=True):
        builder.purse[at] += money
    return True


def _can_take(builder: Builder, cell: int) -> bool:
    """Tell whether money for a cell would bring anything, were there enough of it."""
    held, high = builder.working.get(cell, -1), builder.high[cell]
    return held < 0 or builder.grains(cell, high) > builder.grains(cell, held)


def _got(builder: Builder, group: int) -> int:
    """Return what a group has been awarded [minor units]."""
    purses, periods = builder.purse_of, builder.periods
    return sum(award for cell, award in builder.award.items() if purses[cell // periods] == group)


def _steps(builder: Builder, ranking: Ranking) -> None:
    ranking.add_all(builder)
    ranking.spend(builder)
