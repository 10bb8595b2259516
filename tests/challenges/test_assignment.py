"""Assignments: what must be kept is kept, the proof holds, and the same problem gives the same bytes."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.judging_brute import best_by_trying, draw_case

from almoner.challenges.assignment import AssignmentProblem, ReaderMinimum, assign, recheck_assignment
from almoner.challenges.errors import AssignmentInvalid, PinRefused

CASES = range(5)


@pytest.fixture
def problem() -> AssignmentProblem:
    rng = np.random.default_rng(7)
    return AssignmentProblem(
        applications=tuple(f"a{at}" for at in range(12)),
        judges=tuple(f"j{at}" for at in range(8)),
        affinity=rng.random((12, 8)).round(3),
        demand=3,
        load_lo=3,
        load_hi=6,
        organisations=("x", "x", "y", "y", "", "", "", ""),
        barred={("a0", "j0"): "conflict:family", ("a1", "j1"): "language"},
    )


@pytest.mark.parametrize("case", CASES)
def test_small_assignments_equal_the_best_of_all_that_there_are(case: int) -> None:
    small = draw_case(case)
    found = assign(small, seed=1, gap=0.0)
    missing, shortfall, floor, cost = best_by_trying(small)
    assert found.state == "optimal"
    assert [stage.value for stage in found.stages if stage.name != "floor"] == [missing, shortfall, cost]
    assert found.stages[2].value >= 0.99 * float(floor)


def test_the_same_problem_in_another_order_gives_the_same_bytes(problem: AssignmentProblem) -> None:
    other = replace(
        problem,
        applications=problem.applications[::-1],
        judges=problem.judges[::-1],
        affinity=problem.affinity[::-1, ::-1],
        organisations=problem.organisations[::-1],
    )
    assert assign(problem, seed=3).canonical_bytes() == assign(other, seed=3).canonical_bytes()


def test_each_figure_of_a_problem_changes_its_digest(problem: AssignmentProblem) -> None:
    digest = assign(problem, seed=1).problem_sha256
    others = [
        replace(problem, demand=2),
        replace(problem, load_cost=0.1),
        replace(problem, barred={}),
        replace(problem, weights=2),
        replace(problem, floor="relative"),
    ]
    assert len({digest, *(assign(other, seed=1).problem_sha256 for other in others)}) == 6


def test_pins_are_kept_even_at_no_affinity(problem: AssignmentProblem) -> None:
    pinned = replace(problem, pins=(("a3", "j2"),), affinity=problem.affinity * (np.arange(8) != 2))
    assert ("a3", "j2") in assign(pinned, seed=1).pairs


@pytest.mark.parametrize(
    ("pins", "kind"),
    [
        ([("a0", "j0")], "conflict:family"),
        ([("a2", "j0"), ("a2", "j1")], "organisation"),
        ([("a2", "j4"), ("a2", "j5")], "separation"),
        ([("a2", f"j{at}") for at in (1, 3, 4, 6)], "demand"),
        ([(f"a{at}", "j7") for at in range(7)], "load"),
        ([("a5", "j6")], "ban"),
    ],
)
def test_pins_that_cannot_be_are_refused_before_the_solve(
    problem: AssignmentProblem, pins: list[tuple[str, str]], kind: str
) -> None:
    fixed = replace(problem, pins=tuple(pins), separated=(("j4", "j5"),), bans=(("a5", "j6"),))
    with pytest.raises(PinRefused) as refusal:
        assign(fixed, seed=1)
    assert refusal.value.figures["kind"] == kind


def test_a_closed_judge_keeps_what_is_pinned_and_gets_nothing_else(problem: AssignmentProblem) -> None:
    closed = replace(problem, closed={"j5": "recused"}, pins=(("a4", "j5"),))
    assert [pair for pair in assign(closed, seed=1).pairs if pair[1] == "j5"] == [("a4", "j5")]


def test_every_application_gets_its_senior_judge(problem: AssignmentProblem) -> None:
    senior = ReaderMinimum(name="senior", judges=frozenset({"j0", "j6", "j7"}))
    answer = assign(replace(problem, minima=(senior,)), seed=1)
    served = {application for application, judge in answer.pairs if judge in senior.judges}
    assert served == set(problem.applications)
    assert answer.stages[1].value == 0


def test_a_missing_read_does_not_drag_the_floor_down(problem: AssignmentProblem) -> None:
    barred = {("a0", judge): "conflict:officer" for judge in problem.judges}
    answer = assign(replace(problem, barred=barred), seed=1)
    assert answer.missing == (("a0", 3),)
    assert answer.stages[2].value > 0.2


def test_an_earlier_draft_is_kept_where_nothing_is_gained(problem: AssignmentProblem) -> None:
    first = assign(problem, seed=1)
    noisy = np.clip(problem.affinity + np.random.default_rng(1).normal(0, 0.01, (12, 8)), 0, 1)
    again = assign(replace(problem, affinity=noisy, previous=first.pairs, move_cost=0.5), seed=1)
    assert again.pairs == first.pairs


def test_soft_conflicts_cost_and_are_avoided_where_others_can_read(problem: AssignmentProblem) -> None:
    alike = replace(problem, affinity=np.full((12, 8), 0.5))
    usual = assign(alike, seed=1)
    soft = {pair: 1.0 for pair in usual.pairs if pair[0] == "a7"}
    avoided = assign(replace(alike, soft=soft, soft_cost=0.1), seed=1)
    assert not set(soft) & set(avoided.pairs)


def test_when_time_is_over_the_answer_is_lawful_and_says_that_it_is_not_proven(
    problem: AssignmentProblem,
) -> None:
    ticks = iter([0.0, *[1e9] * 1000])
    answer = assign(problem, seed=1, limit_s=0.1, clock=lambda: next(ticks))
    assert answer.state == "not_proven"
    recheck_assignment(problem, answer.pairs)


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        ([("a0", "j0")], "conflict:family"),
        ([("a2", "j2"), ("a2", "j3")], "2 judges of y"),
        ([("a2", "j2"), ("a2", "j2")], "twice"),
        ([(f"a{at}", "j5") for at in range(7)], "7 reads of 6 at most"),
        ([("a3", f"j{at}") for at in (0, 2, 4, 5)], "4 reads of 3"),
        ([("a3", "j6"), ("a3", "j7")], "separated"),
        ([("a9", "j9")], "unknown"),
    ],
)
def test_the_second_reading_finds_each_breach(
    problem: AssignmentProblem, pairs: list[tuple[str, str]], word: str
) -> None:
    with pytest.raises(AssignmentInvalid, match=word):
        recheck_assignment(replace(problem, separated=(("j6", "j7"),)), pairs)


def test_a_contradicting_problem_is_refused_with_every_fault(problem: AssignmentProblem) -> None:
    with pytest.raises(AssignmentInvalid) as refusal:
        replace(problem, load_lo=9, demand=-1, soft_cost=3.0, separated=(("j1", "jx"),))
    assert len(refusal.value.figures["findings"]) == 3  # type: ignore[arg-type] # a list


def test_names_that_stand_twice_or_are_empty_are_named(problem: AssignmentProblem) -> None:
    twice = (*problem.judges[:-2], "j0", "")
    with pytest.raises(
        AssignmentInvalid, match="judges has j0 twice; give each id once; judges has an empty id"
    ):
        replace(problem, judges=twice)


def test_no_application_is_left_short_for_the_affinity_of_another_one() -> None:
    """Soft goals left papers short although a full assignment existed: the only judge of b suits a best."""
    answer = assign(
        AssignmentProblem(
            applications=("a", "b"),
            judges=("j", "k"),
            affinity=np.array([[1.0, 0.0], [1.0, 0.0]]),
            demand=1,
            load_hi=1,
            barred={("b", "k"): "language"},
            connect=False,
        ),
        seed=1,
    )
    assert answer.pairs == (("a", "k"), ("b", "j"))


def test_a_hopeless_round_of_17_applications_and_18_judges_ends_with_an_answer_and_reasons() -> None:
    """Such a round ran for nine hours without a word elsewhere."""
    rng = np.random.default_rng(17)
    applications, judges = tuple(f"a{at}" for at in range(17)), tuple(f"j{at}" for at in range(18))
    hopeless = AssignmentProblem(
        applications=applications,
        judges=judges,
        affinity=rng.random((17, 18)),
        demand=6,
        load_lo=5,
        load_hi=5,
        barred={("a3", judge): "conflict:personal" for judge in judges[4:]},
        separated=tuple((judges[at], judges[at + 1]) for at in range(0, 18, 2)),
    )
    answer = assign(hopeless, seed=1)
    assert answer.missing
    assert answer.shortage is not None
    assert {reason for one in answer.shortage.applications for _, reason in one.reasons} >= {"full"}
    assert all(stage.is_proven for stage in answer.stages[:2])


def test_the_answer_holds_what_is_asked_months_later(problem: AssignmentProblem) -> None:
    content = assign(problem, seed=5).as_content()
    assert content["seed"] == 5
    assert content["solver"].startswith("HiGHS ")
    assert [stage["name"] for stage in content["stages"]] == ["missing", "shortfall", "floor", "cost"]
    assert sum(load for _, load in content["loads"]) == problem.reads
    first = content["assigned"][0]
    row, column = problem.applications.index(first["application"]), problem.judges.index(first["judge"])
    better = [at for at in range(8) if problem.affinity[row, at] > problem.affinity[row, column]]
    barred = [at for at in better if (first["application"], problem.judges[at]) in problem.barred]
    assert first["rank"] == 1 + len(better) - len(barred)
    assert len(content["problem_sha256"]) == len(content["affinity_sha256"]) == 64
