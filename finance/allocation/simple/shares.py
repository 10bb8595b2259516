"""Rules for participatory budgets: the method of equal shares, and greedy ones.

The problem: where the projects with most points win, a small majority spends everything. The **method of
equal shares** gives every ballot the same part of the budget; a project is bought when those who want it can
pay for it from their parts, the one first that costs its supporters least per unit of what it gives them.

Every result is exact. Floats only find out what need not be looked at: each comparison that rounding could
turn is made again in whole numbers.

Notes
-----
D. Peters, G. Pierczynski, P. Skowron, "Proportional participatory budgeting with additive utilities", 2021.
Completion ``add1``: shares begin at the whole part of budget over ballots and grow by 1 as long as the
winners do not cost more than the budget. Between two shares at which every comparison came out the same, all
shares give the same winners, because balances and prices are straight lines in the share; such stretches are
skipped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from ...errors import AllocationError
from .pabulib import Election
from .shares_run import Round, Trial, Voters

Utility = Literal["points", "cost", "cardinality"]
Completion = Literal["none", "add1", "add1_exhaustive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionTie:
    """Projects between which only the order of the file decided.

    Attributes
    ----------
    tied : tuple of str
        In the order of the file; the first was taken.
    place : int [projects]
        How many had been taken before.

    Examples
    --------
    >>> ElectionTie(tied=("a", "b"), place=0).tied[0]
    'a'
    """

    tied: tuple[str, ...]
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionResult:
    """Which projects of an election are funded, under which rule.

    Attributes
    ----------
    rule : str
        Name of the rule with what it was run with.
    winners : tuple of str
        In the order in which they were taken.
    cost : Fraction [currency of the election]
        Of all winners.
    points : Fraction [points]
        That all ballots together give the winners.
    share : Fraction or None [currency of the election]
        What every ballot had to spend, where the rule gives shares.
    ties : tuple of ElectionTie
        Where the order of the file decided.

    Examples
    --------
    >>> from almoner.finance.allocation.simple.pabulib import EXAMPLE, read_election
    >>> greedy_points(read_election(EXAMPLE), per_cost=True).winners
    ('a',)
    """

    rule: str
    winners: tuple[str, ...]
    cost: Fraction
    points: Fraction
    share: Fraction | None = None
    ties: tuple[ElectionTie, ...] = ()


def equal_shares(
    election: Election, *, utility: Utility = "points", completion: Completion = "none"
) -> ElectionResult:
    """Choose projects by the method of equal shares.

    Parameters
    ----------
    election : Election
        The order of its projects decides ties.
    utility : str
        What a project gives one of its supporters: ``points``; ``cost``: what it costs; ``cardinality``: 1.
    completion : str
        ``none``: every ballot has budget / ballots, exactly. ``add1``: shares begin at the whole part of that
        and grow by 1 until the winners would cost more than the budget. ``add1_exhaustive``: they also stop
        growing when no project that somebody wants fits into what is left.

    Raises
    ------
    AllocationError
        When nobody voted, or a utility or completion is unknown.

    Examples
    --------
    >>> from almoner.finance.allocation.simple.pabulib import EXAMPLE, read_election
    >>> found = equal_shares(read_election(EXAMPLE), completion="add1")
    >>> found.winners, found.share
    (('a',), Fraction(73, 1))
    """
    if utility not in get_args(Utility) or completion not in get_args(Completion):
        raise AllocationError(
            f"Equal shares of utility {utility!r} with completion {completion!r} are not known: choose "
            f"{', '.join(get_args(Utility))}, and {', '.join(get_args(Completion))}."
        )
    if not election.ballots:
        raise AllocationError("Nobody voted, so there are no shares to give.")
    voters = Voters(election, utility)
    share = election.budget / len(election.ballots)
    if completion == "none":
        found = voters.run(share)
    else:
        found = _add_one(voters, Fraction(share.numerator // share.denominator), completion)
    return _result(
        election,
        f"equal_shares/{utility}/{completion}",
        [*voters.free, *(one.project for one in found.rounds)],
        share=found.share,
        ties=_ties(voters, found.rounds),
    )


def greedy_points(election: Election, *, per_cost: bool) -> ElectionResult:
    """Take projects in the order of their points, as long as they fit into the budget.

    Parameters
    ----------
    election : Election
        The order of its projects decides ties.
    per_cost : bool
        Whether points count per unit of cost.

    Examples
    --------
    >>> from almoner.finance.allocation.simple.pabulib import EXAMPLE, read_election
    >>> greedy_points(read_election(EXAMPLE), per_cost=False).points
    Fraction(5, 1)
    """
    points = list(election.points().values())
    costs = [project.cost for project in election.projects]
    merit: Callable[[int], Fraction] = points.__getitem__
    if per_cost:
        merit = lambda at: points[at] / costs[at]  # noqa: E731  # one of two orders
    free = [at for at, cost in enumerate(costs) if not cost and points[at]]
    ranked = sorted(
        (at for at, cost in enumerate(costs) if cost and points[at]), key=lambda at: (-merit(at), at)
    )
    taken, left, ties = list(free), election.budget, []
    for place, at in enumerate(ranked):
        if costs[at] > left:
            continue
        same = [other for other in ranked[place + 1 :] if merit(other) == merit(at) and costs[other] <= left]
        if any(costs[other] > left - costs[at] for other in same):
            tied = tuple(election.projects[one].project_id for one in (at, *same))
            ties.append(ElectionTie(tied=tied, place=len(taken)))
        taken.append(at)
        left -= costs[at]
    rule = "greedy/points_per_cost" if per_cost else "greedy/points"
    return _result(election, rule, taken, ties=tuple(ties))


def _add_one(voters: Voters, share: Fraction, completion: Completion) -> Trial:
    """Raise the share by 1 while the winners do not cost more than the budget; skip what cannot differ."""
    now, step = voters.run(share), 1
    while not voters.is_done(now, exhaustive=completion == "add1_exhaustive"):
        later = voters.run(now.share + step)
        is_same = later.trace == now.trace
        if not is_same and step > 1:
            step //= 2
            continue
        if later.overspent:
            break
        now, step = later, 2 * step if is_same else 1
    return now


def _ties(voters: Voters, rounds: Sequence[Round]) -> tuple[ElectionTie, ...]:
    return tuple(
        ElectionTie(
            tied=tuple(voters.election.projects[at].project_id for at in one.tied),
            place=place + len(voters.free),
        )
        for place, one in enumerate(rounds)
        if len(one.tied) > 1
    )


def _result(
    election: Election,
    rule: str,
    taken: Sequence[int],
    *,
    share: Fraction | None = None,
    ties: tuple[ElectionTie, ...] = (),
) -> ElectionResult:
    points = list(election.points().values())
    return ElectionResult(
        rule=rule,
        winners=tuple(election.projects[at].project_id for at in taken),
        cost=sum((election.projects[at].cost for at in taken), Fraction(0)),
        points=sum((points[at] for at in taken), Fraction(0)),
        share=share,
        ties=ties,
    )
