"""Missing reads are explained: the cause is named, counted and provable, and what is proposed was tried."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.judging_brute import draw_case
from benchmarks.judging_shortages import CAUSES, PlantedShortage, plant_shortages, said

from almoner.challenges.assignment import AssignmentProblem, assign
from almoner.challenges.assignment.flows import most_reads
from almoner.challenges.assignment.grid import compile_grid
from almoner.challenges.errors import AssignmentInvalid

HEALTH = tuple(f"h{at}" for at in range(9))
DOCTORS = tuple(f"d{at}" for at in range(7))


@pytest.fixture
def health() -> AssignmentProblem:
    applications, judges = (*HEALTH, "w0", "w1"), (*DOCTORS, "e0", "e1", "e2", "e3", "e4")
    barred = {(one, judge): "field" for one in HEALTH for judge in judges if judge not in DOCTORS}
    return AssignmentProblem(
        applications=applications,
        judges=judges,
        affinity=np.full((len(applications), len(judges)), 0.5),
        demand=5,
        load_hi=(6, 6, 6, 6, 6, 6, 5, 9, 9, 9, 9, 9),
        barred=barred,
        connect=False,
    )


@pytest.mark.parametrize("planted", list(plant_shortages(len(CAUSES))), ids=lambda planted: planted.cause)
def test_a_planted_cause_is_named_and_the_first_change_brings_all_reads_back(
    planted: PlantedShortage,
) -> None:
    shortage = assign(planted.problem, seed=1).shortage
    assert shortage is not None
    assert said(planted.cause) in shortage.causes
    assert shortage.changes[0].missing_after == 0
    assert assign(shortage.changes[0].applied(planted.problem), seed=1).shortage is None


def test_nine_applications_need_forty_five_reads_and_their_judges_can_give_forty_one(
    health: AssignmentProblem,
) -> None:
    shortage = assign(health, seed=1).shortage
    assert shortage is not None
    assert shortage.missing == 4
    (certificate,) = shortage.certificates
    assert certificate.applications == HEALTH
    assert certificate.text == "9 applications need 45 reads, their 7 judges can give 41."
    assert certificate.causes == ("load", "field")
    assert {reason for one in shortage.applications for _, reason in one.reasons} == {"field", "full"}


def test_each_proposed_change_gains_what_it_says(health: AssignmentProblem) -> None:
    shortage = assign(health, seed=1).shortage
    assert shortage is not None
    assert len(shortage.changes) == 3
    for change in shortage.changes:
        after = assign(change.applied(health), seed=1).shortage
        assert (after.missing if after else 0) == change.missing_after == shortage.missing - change.gained


def test_a_lifted_soft_bar_admits_the_pair_and_a_hard_one_cannot_be_lifted(health: AssignmentProblem) -> None:
    barred = {**dict(health.barred), ("w0", "d0"): "conflict:family", ("w0", "e0"): "soft:competitor"}
    lifted = replace(health, barred=barred, lifted=(("w0", "e0"),), pins=(("w0", "e0"),))
    assert ("w0", "e0") in assign(lifted, seed=1).pairs
    with pytest.raises(AssignmentInvalid, match="cannot be lifted"):
        replace(health, barred=barred, lifted=(("w0", "d0"),))


@pytest.mark.parametrize("case", range(0, 60, 10))
def test_the_largest_flow_and_the_first_stage_leave_the_same_reads_missing(case: int) -> None:
    problem = replace(draw_case(case), separated=())
    grid = compile_grid(problem, seed=1)
    missing = sum(count for _, count in assign(problem, seed=1).missing)
    assert missing == problem.reads - most_reads(grid).reads


def test_without_judges_every_read_is_missing_and_a_judge_is_asked_for() -> None:
    nobody = AssignmentProblem(
        applications=("a", "b"), judges=(), affinity=np.zeros((2, 0)), demand=2, load_hi=()
    )
    answer = assign(nobody, seed=1)
    assert answer.missing == (("a", 2), ("b", 2))
    assert answer.shortage is not None
    assert answer.shortage.certificates[0].text == "2 applications need 4 reads, their 0 judges can give 0."
    assert "recruit" in {change.kind for change in answer.shortage.changes}


def test_without_applications_there_is_nothing_to_do() -> None:
    nothing = AssignmentProblem(applications=(), judges=("j",), affinity=np.zeros((0, 1)), load_hi=1)
    answer = assign(nothing, seed=1)
    assert (answer.pairs, answer.state, answer.shortage) == ((), "optimal", None)


def test_missing_reads_fall_on_the_application_that_counts_less() -> None:
    problem = AssignmentProblem(
        applications=("a", "b"),
        judges=("j",),
        affinity=np.array([[0.9], [0.1]]),
        demand=1,
        load_hi=1,
        weights=(1, 2),
    )
    assert assign(problem, seed=1).missing == (("a", 1),)
