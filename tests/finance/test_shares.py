"""Equal shares and greedy rules, held against a slow version that does nothing but the definition."""

from fractions import Fraction
from pathlib import Path
from random import Random
from time import process_time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.finance.allocation.simple.pabulib import Election, ElectionBallot, ElectionProject, read_election
from almoner.finance.allocation.simple.shares import ElectionTie, Utility, equal_shares, greedy_points
from almoner.finance.errors import AllocationError

F = Fraction
FILE = Path(__file__).parent.parent / "data" / "synthetic_election.pb"


def election(budget: int, costs: list[int], ballots: list[dict[int, Fraction]]) -> Election:
    return Election(
        meta=(),
        budget=F(budget),
        vote_type="scoring",
        projects=tuple(ElectionProject(project_id=f"p{at}", cost=F(cost)) for at, cost in enumerate(costs)),
        ballots=tuple(
            ElectionBallot(
                voter_id=f"v{at}",
                choices=tuple(f"p{choice}" for choice in ballot),
                points=tuple(ballot.values()),
            )
            for at, ballot in enumerate(ballots)
        ),
    )


def give(given: Election, utility: Utility) -> list[dict[str, Fraction]]:
    cost = {project.project_id: project.cost for project in given.projects}

    def gain(choice: str, points: Fraction) -> Fraction:
        return {"points": points, "cost": cost[choice], "cardinality": F(1)}[utility]

    return [
        {
            choice: gain(choice, points)
            for choice, points in zip(ballot.choices, ballot.points, strict=True)
            if points
        }
        for ballot in given.ballots
    ]


def slow_price(cost: Fraction, offers: list[tuple[Fraction, Fraction]]) -> Fraction | None:
    """Find the least price at which what supporters pay, each at most all it has, covers the cost."""
    if sum(have for have, _ in offers) < cost:
        return None
    for price in sorted(have / gain for have, gain in offers):
        if sum(min(have, price * gain) for have, gain in offers) >= cost:
            poor = [have for have, gain in offers if have < price * gain]
            return (cost - sum(poor)) / sum(gain for have, gain in offers if have >= price * gain)
    raise AssertionError


def slow_shares(given: Election, share: Fraction, utility: Utility) -> tuple[list[str], list[ElectionTie]]:
    gains, have = give(given, utility), [share] * len(given.ballots)
    cost = {project.project_id: project.cost for project in given.projects}
    wanted = {name for row in gains for name in row}
    taken = [name for name in cost if not cost[name] and name in wanted]
    ties: list[ElectionTie] = []
    while True:
        prices = {}
        for name, price_asked in cost.items():
            who = [at for at, row in enumerate(gains) if name in row]
            if name not in taken and who:
                price = slow_price(price_asked, [(have[at], gains[at][name]) for at in who])
                if price is not None:
                    prices[name] = price
        if not prices:
            return taken, ties
        tied = [name for name, price in prices.items() if price == min(prices.values())]
        if len(tied) > 1:
            ties.append(ElectionTie(tied=tuple(tied), place=len(taken)))
        taken.append(tied[0])
        for at, row in enumerate(gains):
            have[at] -= min(have[at], prices[tied[0]] * row.get(tied[0], 0))


def slow_add_one(given: Election, utility: Utility, *, exhaustive: bool) -> tuple[Fraction, list[str]]:
    cost = {project.project_id: project.cost for project in given.projects}
    wanted = {name for row in give(given, utility) for name in row}
    share = F(given.budget // len(given.ballots))
    while True:
        taken = slow_shares(given, share, utility)[0]
        missing = [cost[name] for name in wanted - set(taken) if cost[name]]
        if not missing or (exhaustive and min(missing) > given.budget - sum(cost[name] for name in taken)):
            return share, taken
        if sum(cost[name] for name in slow_shares(given, share + 1, utility)[0]) > given.budget:
            return share, taken
        share += 1


@st.composite
def elections(draw: st.DrawFn) -> Election:
    count = draw(st.integers(1, 5))
    costs = draw(st.lists(st.integers(0, 12), min_size=count, max_size=count))
    points = st.one_of(st.just(F(1)), st.integers(0, 3).map(F), st.fractions(0, 3, max_denominator=4))
    ballot = st.dictionaries(st.integers(0, count - 1), points, max_size=count)
    return election(draw(st.integers(1, 30)), costs, draw(st.lists(ballot, min_size=1, max_size=7)))


utilities = st.sampled_from(["points", "cost", "cardinality"])


@given(elections(), utilities)
@settings(max_examples=400, deadline=None)
def test_every_purchase_and_every_tie_follow_the_definition(given: Election, utility: Utility) -> None:
    found = equal_shares(given, utility=utility)
    taken, ties = slow_shares(given, given.budget / len(given.ballots), utility)
    assert list(found.winners) == taken
    assert list(found.ties) == ties
    assert found.cost <= given.budget


@given(elections(), utilities, st.booleans())
@settings(max_examples=150, deadline=None)
def test_shares_grow_as_if_by_single_steps(given: Election, utility: Utility, exhaustive: bool) -> None:  # noqa: FBT001  # drawn
    found = equal_shares(given, utility=utility, completion="add1_exhaustive" if exhaustive else "add1")
    assert (found.share, list(found.winners)) == slow_add_one(given, utility, exhaustive=exhaustive)
    assert found.cost <= given.budget


@pytest.mark.parametrize("seed", range(6))
def test_larger_elections_follow_the_definition_too(seed: int) -> None:
    given = drawn(12, 150, seed)
    share = given.budget / len(given.ballots)
    for utility in get_args(Utility):
        assert list(equal_shares(given, utility=utility).winners) == slow_shares(given, share, utility)[0]


def drawn(projects: int, ballots: int, seed: int) -> Election:
    random = Random(seed)  # noqa: S311  # an election, not a secret
    pull = [random.paretovariate(1.1) for _ in range(projects)]
    costs = [random.randint(5, 400) * 1000 for _ in range(projects)]
    rows = []
    for _ in range(ballots):
        chosen = dict.fromkeys(random.choices(range(projects), pull, k=random.randint(1, 12)))
        rows.append({choice: F(random.randint(1, 10)) for choice in chosen})
    return election(sum(costs) // 3, costs, rows)


def test_sixty_four_projects_and_6586_ballots_take_less_than_five_seconds() -> None:
    given = drawn(64, 6586, 1)
    begun = process_time()
    found = equal_shares(given, completion="add1")
    assert process_time() - begun < 5
    assert found.share is not None
    assert found.share > given.budget / 6586 + 100
    assert 0.7 * given.budget < found.cost <= given.budget


def test_a_majority_does_not_take_everything() -> None:
    ballots = [{0: F(1), 1: F(1)}] * 6 + [{2: F(1)}] * 4
    given = election(100, [50, 50, 40], ballots)
    assert greedy_points(given, per_cost=False).winners == ("p0", "p1")
    assert equal_shares(given).winners == ("p0", "p2")


def test_the_invented_election_comes_out_as_expected() -> None:
    given = read_election(FILE.read_bytes())
    assert equal_shares(given).winners == ("p4", "p2")
    assert equal_shares(given, completion="add1").winners == ("p4", "p5", "p3", "p2")
    assert greedy_points(given, per_cost=True).winners == ("p4", "p5", "p3", "p2")
    assert greedy_points(given, per_cost=False).winners == ("p1", "p2", "p5")


def test_greedy_ties_are_reported_only_where_they_decide() -> None:
    ballots = [{0: F(1), 1: F(1), 2: F(1)}]
    assert greedy_points(election(20, [10, 10, 10], ballots), per_cost=True).ties == (
        ElectionTie(tied=("p1", "p2"), place=1),
    )
    assert greedy_points(election(30, [10, 10, 10], ballots), per_cost=True).ties == ()


def test_what_costs_nothing_is_taken_first_if_anybody_wants_it() -> None:
    given = election(10, [10, 0, 0], [{0: F(1), 2: F(1)}])
    assert equal_shares(given).winners == ("p2", "p0")
    assert greedy_points(given, per_cost=True).winners == ("p2", "p0")


def test_a_rule_that_is_not_known_and_an_election_without_voters_are_refused() -> None:
    with pytest.raises(AllocationError, match="Nobody voted"):
        equal_shares(election(10, [1], []))
    with pytest.raises(AllocationError, match="'phragmen'"):
        equal_shares(election(10, [1], [{}]), completion="phragmen")  # type: ignore[arg-type]  # wrong by design
