from typing import Any

import numpy as np
import pytest

from almoner.challenges.calibration import Calibration, Read, Variances, calibrate
from almoner.challenges.calibration.removal import removable
from almoner.challenges.calibration.voiding import recompute
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.ranking import rank
from almoner.challenges.sensitivity import decide_otherwise, judge_z_scores, rank_moves

Scores = list[tuple[str, str, float]]


def round_of(seed: int, *, size: int = 30, judges: int = 10, reads: int = 4) -> tuple[Scores, dict[str, str]]:
    chance = np.random.default_rng(seed)
    merit, severe = chance.normal(size=size), chance.normal(scale=0.6, size=judges)
    scores = [
        (f"a{i:02}", f"j{j:02}", round(float(3 + merit[i] + severe[j] + chance.normal(scale=0.7)), 1))
        for i in range(size)
        for j in chance.choice(judges, reads, replace=False)
    ]
    return scores, {f"a{i:02}": f"p{i % 3}" for i in range(size)}


def calibrated(seed: int, panel_model: Any = "quality", direction: Any = "higher") -> Calibration:  # noqa: ANN401  # literals
    scores, panels = round_of(seed)
    found = calibrate(scores, direction=direction, panels=panels, panel_model=panel_model)
    assert found.method == "reml"
    return found


def anew(found: Calibration, reads: tuple[Read, ...]) -> Calibration:
    return recompute(
        reads,
        direction=found.direction,
        panels=found.panel_of,
        panel_model=found.panel_model,
        variances=found.variances,
        held=None,
    )


@pytest.mark.parametrize("panel_model", ["quality", "none", "within"])
def test_taking_reads_out_of_the_solved_model_is_solving_it_without_them(panel_model: Any) -> None:  # noqa: ANN401  # a literal
    found = calibrated(1, panel_model)
    solved = removable(found)
    for gone in ([5], [0, 17, 90], [n for n, read in enumerate(found.reads) if read.judge_id == "j03"]):
        left = solved.without(np.array(gone))
        assert left is not None
        slow = anew(found, tuple(read for n, read in enumerate(found.reads) if n not in gone))
        assert left[0] == pytest.approx(slow.values, abs=1e-9)
        assert slow.covariance is not None
        assert np.abs(left[1] - slow.covariance).max() < 1e-9


def test_an_application_that_loses_all_its_reads_is_known_as_one_nobody_read() -> None:
    found = calibrated(2, "none")
    gone = [n for n, read in enumerate(found.reads) if read.application_id == "a04"]
    left = removable(found).without(np.array(gone))
    assert left is not None
    assert left[0][4] == pytest.approx(0.0, abs=1e-9)
    assert found.variances is not None
    assert left[1][4, 4] == pytest.approx(found.variances.application, abs=1e-9)


def test_without_the_only_judge_of_a_panel_nothing_can_be_decided_in_it() -> None:
    scores, _ = round_of(3)
    lonely = [("b01", "only", 3.0), ("b02", "only", 2.0)]
    panels = {a: "one" for a, _, _ in scores} | {"b01": "two", "b02": "two"}
    known = Variances(application=1.0, judge=0.4, residual=0.5)
    found = calibrate(
        scores + lonely, direction="higher", panels=panels, panel_model="within", variances=known
    )
    assert decide_otherwise(found, line=1, among=["b01", "b02"]).undecided == ("only",)
    with pytest.raises(CalibrationInvalid, match="rank each set"):
        decide_otherwise(found, line=1)


@pytest.mark.parametrize("direction", ["higher", "lower"])
@pytest.mark.parametrize("panel_model", ["quality", "none"])
def test_every_other_decision_is_the_one_that_a_fresh_calculation_makes(
    panel_model: Any,  # noqa: ANN401  # a literal
    direction: Any,  # noqa: ANN401  # a literal
) -> None:
    found = calibrated(4, panel_model, direction)
    tested = decide_otherwise(found, line=5)
    assert tested.winners == rank(found, line=5, draws=0).order[:5]
    seen = {(row.kind, row.subject): row.winners for row in tested.decisions}
    for judge in ("j00", "j07"):
        left = tuple(read for read in found.reads if read.judge_id != judge)
        assert seen["without_judge", judge] == rank(anew(found, left), line=5, draws=0).order[:5]
    for read in (read for read in found.reads if read.application_id == tested.winners[0]):
        left = tuple(one for one in found.reads if one != read)
        key = f"{read.application_id}/{read.judge_id}"
        assert seen["without_read", key] == rank(anew(found, left), line=5, draws=0).order[:5]
    best = sorted(found.merits, key=lambda row: row.raw_mean, reverse=direction == "higher")
    assert {row.raw_mean for row in best[:5]} == {found.merit(n).raw_mean for n in seen["raw", ""]}
    kinds = {"raw", "z_scores", "without_judge", "without_read"}
    assert {kind for kind, _ in seen} == (kinds | {"two_way"} if panel_model == "quality" else kinds)
    assert len(seen) == len(tested.decisions)


def test_every_award_says_in_how_many_decisions_it_stays_and_who_would_come_in() -> None:
    found = calibrated(5)
    tested = decide_otherwise(found, line=6)
    for award in tested.awards:
        staying = [row for row in tested.decisions if award.application_id in row.winners]
        assert (award.stays, award.of) == (len(staying), len(tested.decisions))
        assert award.sentence == f"stays in {len(staying)} of {len(tested.decisions)}"
        assert len(award.leaves) == award.of - award.stays
    entering = dict(tested.entrants)
    assert sum(entering.values()) == sum(award.of - award.stays for award in tested.awards)
    assert not set(entering) & set(tested.winners)
    assert any(award.stays < award.of for award in tested.awards)


def test_withdrawn_applications_win_nowhere_and_others_compete_among_themselves() -> None:
    found = calibrated(6)
    best = rank(found, line=1).order[0]
    tested = decide_otherwise(found, line=4, withdrawn=[best])
    assert all(best not in row.winners for row in tested.decisions)
    few = found.applications[:8]
    assert all(set(row.winners) <= set(few) for row in decide_otherwise(found, line=3, among=few).decisions)


def test_a_trait_left_out_is_decided_under_the_same_variances() -> None:
    found = calibrated(7, "none")
    turned = [Read(application_id=r.application_id, judge_id=r.judge_id, value=-r.value) for r in found.reads]
    tested = decide_otherwise(found, line=5, without_traits={"reach": turned, "proof": found.reads})
    seen = {(row.kind, row.subject): row.winners for row in tested.decisions}
    assert seen["without_trait", "proof"] == tested.winners
    assert set(seen["without_trait", "reach"]) == set(rank(found, line=1).order[-5:])


def test_raw_means_are_tested_too() -> None:
    scores: Scores = [("a", "j", 4), ("a", "k", 3), ("b", "j", 3), ("b", "k", 3), ("c", "l", 2)]
    tested = decide_otherwise(calibrate(scores, direction="higher"), line=1)
    seen = {(row.kind, row.subject): row.winners for row in tested.decisions}
    assert tested.winners == ("a",)
    assert ("raw", "") not in seen
    assert seen["without_judge", "j"] == ("a",)
    assert seen["without_read", "a/j"] == ("a",)
    assert len(tested.decisions) == 1 + 3 + 2
    with pytest.raises(CalibrationInvalid, match="Raw means are not solved"):
        removable(calibrate(scores, direction="higher"))


def test_judges_z_scores_take_out_level_and_spread_of_each_judge() -> None:
    wide: Scores = [("a", "j", 1), ("b", "j", 3), ("c", "j", 5)]
    narrow: Scores = [("a", "k", 7), ("b", "k", 8), ("c", "k", 9), ("c", "silent", 1)]
    scores = judge_z_scores(calibrate(wide + narrow, direction="higher"))
    assert scores == pytest.approx([-1.0, 0.0, 2 / 3])


def test_what_a_void_read_moves_is_listed_and_nothing_else() -> None:
    found = calibrated(8)
    before = rank(found, line=5)
    after = rank(anew(found, found.reads[1:]), line=5)
    moves = {move.application_id: move for move in rank_moves(before, after)}
    assert rank_moves(before, before) == ()
    places = {row.application_id: row.place for row in before.places}
    for row in after.places:
        if row.place == places[row.application_id]:
            assert row.application_id not in moves
        else:
            move = moves[row.application_id]
            assert (move.before, move.after) == (places[row.application_id], row.place)
            assert move.rank_after == row.expected_rank
    alone = rank_moves(before, rank(found, line=5, withdrawn=[before.order[-1]]))
    assert [(move.application_id, move.after) for move in alone] == [(before.order[-1], None)]
