"""Metric ballots as a strategy: the published awards of Retro Funding 4, checked as any allocation."""

from fractions import Fraction

import pytest

from almoner.challenges import PublishedRound, retro_funding_4
from almoner.challenges.ballots import Ballot, MeasuredProject
from almoner.challenges.errors import BallotInvalid
from almoner.challenges.measured import MEASURED_METRICS, MeasuredParams, measured_params
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.simple.strategies import choose
from almoner.finance.errors import AllocationRejected, DocumentInvalid

TOLERANCE_OP = Fraction(1, 10**6)


@pytest.fixture(scope="module")
def published() -> PublishedRound:
    return retro_funding_4()


def posed(published: PublishedRound, most: int) -> AllocationDocument:
    names = [project.project_id for project in published.projects]
    return AllocationDocument.from_tables(
        {"unit": "OP", "scale": 8},
        {
            "funds": [{"fund_id": "round4", "budget_minor": published.pool.minor}],
            "interventions": [{"intervention_id": name} for name in names],
            "tickets": [{"intervention_id": name, "max_minor": most} for name in names],
        },
    )


def test_every_award_of_the_round_is_reproduced(published: PublishedRound) -> None:
    params = measured_params(
        published.projects, published.ballots, cap_bp=published.cap_bp, floor=published.floor
    )
    assert MeasuredParams.read(params.canonical_bytes()) == params
    allocation = choose(posed(published, published.pool.minor), MEASURED_METRICS, params).allocation
    assert len(allocation.chosen) == 207
    assert sum(line.amount_minor for line in allocation.lines) == published.pool.minor
    for award in published.awards:
        paid = Fraction(allocation.award_minor(award.project_id), 10**8)
        assert abs(paid - award.amount) <= TOLERANCE_OP


def test_the_rules_of_the_problem_hold_for_ballots_too(published: PublishedRound) -> None:
    params = measured_params(published.projects, published.ballots, cap_bp=published.cap_bp)
    with pytest.raises(AllocationRejected, match=r"should get 500000\.0+, can get 400000\.0+"):
        choose(posed(published, 400_000 * 10**8), MEASURED_METRICS, params)


def test_figures_are_decimals() -> None:
    row = MeasuredProject(project_id="p", measures=(("users", Fraction(1, 3)),))
    with pytest.raises(BallotInvalid, match="1/3 is no decimal"):
        measured_params([row], [Ballot(ballot_id="v", weights=(("users", 1),))])
    with pytest.raises(DocumentInvalid, match="measures"):
        MeasuredParams.read(
            '{"projects": [{"project_id": "p", "measures": [["users", "-1"]]}], "ballots": []}'
        )
