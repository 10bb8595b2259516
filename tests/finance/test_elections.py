"""Elections as allocation problems: the optimizer finds the most points that the budget buys."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.finance.allocation.simple.elections import election_problem
from almoner.finance.allocation.simple.pabulib import Election, ElectionBallot, ElectionProject, read_election
from almoner.finance.allocation.simple.shares import equal_shares, greedy_points
from almoner.finance.allocation.solve import allocate
from almoner.finance.errors import DocumentInvalid

F = Fraction
FILE = Path(__file__).parent.parent / "data" / "synthetic_election.pb"


def most_points(budget: int, costs: list[int], points: list[int]) -> int:
    """Fill a table of the most points for every amount of money, project by project."""
    best = [0] * (budget + 1)
    for cost, gain in zip(costs, points, strict=True):
        for left in range(budget, cost - 1, -1):
            best[left] = max(best[left], best[left - cost] + gain)
    return best[budget]


def test_the_invented_election_is_posed_to_the_cent() -> None:
    problem = election_problem(read_election(FILE.read_bytes()))
    assert (problem.unit, problem.scale) == ("EUR", 2)
    assert problem.funds.ints("budget_minor").tolist() == [1_200_000]
    assert problem.interventions.ints("fixed_minor").tolist() == [
        600_000, 450_050, 300_000, 150_025, 120_000, 80_000,
    ]  # fmt: skip


def test_nothing_beats_the_optimum_of_the_invented_election() -> None:
    election = read_election(FILE.read_bytes())
    result = allocate(election_problem(election))
    costs = [int(project.cost * 100) // 25 for project in election.projects]  # all are multiples of 25 cents
    points = list(map(int, election.points().values()))
    assert result.value == most_points(1_200_000 // 25, costs, points) == 37
    for simple in (
        greedy_points(election, per_cost=True),
        greedy_points(election, per_cost=False),
        equal_shares(election, completion="add1"),
    ):
        assert simple.points <= result.value


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=7),
)
@settings(max_examples=15, deadline=None)
def test_the_optimum_is_that_of_the_knapsack(budget: int, rows: list[tuple[int, int]]) -> None:
    election = Election(
        meta=(),
        budget=F(budget),
        vote_type="scoring",
        projects=tuple(
            ElectionProject(project_id=f"p{at}", cost=F(cost)) for at, (cost, _) in enumerate(rows)
        ),
        ballots=(
            ElectionBallot(
                voter_id="v",
                choices=tuple(f"p{at}" for at in range(len(rows))),
                points=tuple(F(points) for _, points in rows),
            ),
        ),
    )
    costs, points = [cost for cost, _ in rows], [gain for _, gain in rows]
    assert allocate(election_problem(election)).value == most_points(budget, costs, points)


def test_what_cannot_be_written_in_minor_units_is_refused() -> None:
    election = read_election(FILE.read_bytes())
    odd = replace(election, projects=(replace(election.projects[0], cost=F("0.005")), *election.projects[1:]))
    with pytest.raises(DocumentInvalid, match=r"p1 costs 1/200, more digits than EUR has"):
        election_problem(odd)
    ballot = replace(election.ballots[1], points=(F(1, 3),))
    with pytest.raises(DocumentInvalid, match=r"p1 has .* points, more than six digits"):
        election_problem(replace(election, ballots=(election.ballots[0], ballot)))


def test_without_a_currency_amounts_keep_the_digits_they_have() -> None:
    election = replace(read_election(FILE.read_bytes()), meta=())
    problem = election_problem(election)
    assert (problem.unit, problem.scale) == ("XXX", 2)
