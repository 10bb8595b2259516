"""Retro Funding 4: all 207 awards and 23 zeros recomputed; rules that differ a little miss by far.

The published rule is held against the published outcome through the library's exact arithmetic. The wrong
variants run through a short float version of the same rule, which first has to find the published awards
itself, so that each variant differs from it in one step only.
"""

from collections.abc import Callable
from statistics import fmean, median
from time import perf_counter

import pytest

from almoner.challenges import BallotResult, PublishedRound, metric_shares, retro_funding_4

TOLERANCE_OP = 1e-6
Fill = Callable[[list[float]], list[float]]


@pytest.fixture(scope="module")
def published() -> PublishedRound:
    return retro_funding_4()


@pytest.fixture(scope="module")
def recomputed(published: PublishedRound) -> BallotResult:
    return metric_shares(
        published.projects,
        published.ballots,
        pool=published.pool,
        cap_bp=published.cap_bp,
        floor=published.floor,
    )


def test_every_award_and_every_zero_is_reproduced(
    published: PublishedRound, recomputed: BallotResult
) -> None:
    announced = {award.project_id: award.amount for award in published.awards}
    assert {row.project_id for row in recomputed.shares} == set(announced)
    assert sum(amount > 0 for amount in announced.values()) == 207
    assert sum(amount == 0 for amount in announced.values()) == 23
    for row in recomputed.shares:
        assert (row.amount.minor > 0) == (announced[row.project_id] > 0)
        assert abs(row.exact - announced[row.project_id]) <= TOLERANCE_OP
        assert abs(row.amount.minor - announced[row.project_id] * 10**8) <= TOLERANCE_OP * 10**8
    worst = max(abs(row.exact - announced[row.project_id]) for row in recomputed.shares)
    assert 3.0e-7 < float(worst) < 3.2e-7  # the programme's own float noise


def test_the_pool_is_paid_to_the_last_minor_unit(published: PublishedRound, recomputed: BallotResult) -> None:
    assert sum(row.amount.minor for row in recomputed.shares) == published.pool.minor == 10**15
    assert not recomputed.unallocated
    assert (recomputed.counted, recomputed.dropped) == (108, ())
    amounts = sorted(row.amount.minor for row in recomputed.shares if row.amount)
    assert amounts[-2:] == [500_000 * 10**8] * 2
    assert amounts[0] // 10**4 == 10_957_547
    assert 0.925 < float(sum(row.median for row in recomputed.shares)) < 0.926


def test_it_is_fast_enough_to_run_while_somebody_waits(published: PublishedRound) -> None:
    started = perf_counter()
    metric_shares(published.projects, published.ballots, pool=published.pool, cap_bp=published.cap_bp)
    assert perf_counter() - started < 3


def hold(shares: list[float], cap: float = 0.05) -> list[float]:
    """Hold at the cap for good what has reached it, scale the others."""
    total = sum(shares)
    weights, held = [share / total for share in shares], set[int]()
    while True:
        free = 1 - cap * len(held)
        rest = sum(weight for at, weight in enumerate(weights) if at not in held)
        scaled = [cap if at in held else weight * free / rest for at, weight in enumerate(weights)]
        reached = {at for at, share in enumerate(scaled) if at not in held and share >= cap}
        if not reached:
            return scaled
        held |= reached


def clip(shares: list[float]) -> list[float]:
    """Cut what is above the cap and scale everybody up again, once."""
    total = sum(shares)
    cut = [min(share / total, 0.05) for share in shares]
    return [share / sum(cut) for share in cut]


def rescale(rounds: int) -> Fill:
    """Cut and scale the others, but let the next round scale what was cut before."""

    def fill(shares: list[float]) -> list[float]:
        total = sum(shares)
        current = [share / total for share in shares]
        for _ in range(rounds):
            over = [share > 0.05 for share in current]
            rest = sum(share for share, high in zip(current, over, strict=True) if not high)
            free = 1 - 0.05 * sum(over)
            current = [
                0.05 if high else share * free / rest for share, high in zip(current, over, strict=True)
            ]
        return current

    return fill


def normalise(shares: list[float]) -> list[float]:
    return [share / sum(shares) for share in shares]


def worst_error_op(
    published: PublishedRound,
    *,
    multiply: str = "before",
    ballot_fill: Fill = hold,
    middle: Callable[[list[float]], float] = median,
    final_fill: Fill = hold,
) -> float:
    names = [name for name, _ in published.projects[0].measures]
    columns = {name: [float(dict(row.measures)[name]) for row in published.projects] for name in names}
    boosted = [row.boosted for row in published.projects]
    by_project: list[list[float]] = [[] for _ in boosted]
    for ballot in published.ballots:
        lifts = [float(ballot.multiplier) if boost else 1.0 for boost in boosted]
        scores = [0.0 for _ in boosted]
        for name, weight in ballot.weights:
            column = columns[name]
            if multiply == "before":
                column = [value * lift for value, lift in zip(column, lifts, strict=True)]
            total = sum(column)
            for at, value in enumerate(column):
                lift = lifts[at] if multiply == "after" else 1.0
                scores[at] += float(weight) * value / total * lift
        for votes, share in zip(by_project, ballot_fill(scores), strict=True):
            votes.append(share)
    first = final_fill([middle(votes) for votes in by_project])
    kept = [share if share * 10_000_000 >= 1000 else 0.0 for share in first]
    announced = {award.project_id: float(award.amount) for award in published.awards}
    return max(
        abs(10_000_000 * share - announced[row.project_id])
        for share, row in zip(final_fill(kept), published.projects, strict=True)
    )


def test_the_float_version_of_the_rule_agrees(published: PublishedRound) -> None:
    assert worst_error_op(published) < 1e-5


@pytest.mark.parametrize(
    ("variant", "least_op"),
    [
        ({"multiply": "never"}, 130_000),
        ({"multiply": "after"}, 6_000),
        ({"middle": fmean}, 70_000),
        ({"ballot_fill": normalise}, 17_000),
        ({"ballot_fill": clip, "final_fill": clip}, 5_000),
        ({"ballot_fill": rescale(2), "final_fill": rescale(2)}, 300),
        ({"ballot_fill": rescale(3), "final_fill": rescale(3)}, 60),
    ],
)
def test_wrong_variants_miss_the_published_awards(
    published: PublishedRound, variant: dict[str, object], least_op: float
) -> None:
    error = worst_error_op(published, **variant)  # type: ignore[arg-type]  # switches of one test function
    assert error > least_op
