"""Simulated rounds of judging: the truth is known, and every way to make an order is measured against it."""

import json

import numpy as np
import pytest
from benchmarks.judging import main
from benchmarks.judging_assignment import GAP
from benchmarks.judging_calibration import AIMS, simulation_figures
from benchmarks.judging_rounds import METHODS, PANELS, READS, SETTINGS, play


def test_a_sample_of_rounds_reaches_every_aim_and_our_order_beats_the_raw_mean() -> None:
    found = simulation_figures(runs=16)
    assert set(found["settings"]) == set(SETTINGS)
    assert all(found["aims"].values()), found["aims"]
    for row in (found["settings"][name] for name in AIMS):
        assert row["ours"]["gain"] > 3 * row["ours"]["gain_error"]
        assert row["two_step"]["tau"] == min(figures["tau"] for figures in row.values())
        assert row["ours"]["sure"] < row["ours"]["band"]


@pytest.mark.campaign
def test_two_hundred_rounds_of_every_setting_reach_every_aim() -> None:
    found = simulation_figures()
    assert len(found["settings"]) == 10
    assert all(found["aims"].values()), found["aims"]


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_round_has_the_reads_and_the_crossings_that_its_setting_says(name: str) -> None:
    setting = SETTINGS[name]
    played = play(setting, np.random.default_rng(1))
    counts = np.bincount(played.application)
    assert sorted(set(counts)) == ([READS, READS + setting.anchor_reads] if setting.anchors else [READS])
    assert (counts > READS).sum() == setting.anchors
    pairs = set(zip(played.application.tolist(), played.judge.tolist(), strict=True))
    assert len(pairs) == len(played.score)
    loads = np.bincount(played.judge, minlength=setting.judges)
    assert loads.max() - loads.min() <= (4 if setting.anchors == 0 else 16)
    if setting.judges == len(counts):
        assert all(application != judge for application, judge in pairs)
    if played.panel is not None:
        crossing = (played.panel[played.application] != played.judge % PANELS).mean()
        expected = 0.3 if setting.cross else 100 / 1100 if setting.anchors else 0.0
        assert crossing == pytest.approx(expected, abs=0.03)


def test_the_same_seed_plays_the_same_rounds() -> None:
    one, other = (play(SETTINGS["C"], np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.score, other.score)
    for order in METHODS.values():
        assert np.array_equal(order(one).value, order(other).value)


@pytest.mark.campaign
def test_the_benchmark_proves_full_rounds_times_2500_scores_and_prints_every_method(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--json", "--quick", "--runs", "2"])
    document = json.loads(capsys.readouterr().out)
    assert [one["rules"] for one in document["assignment"]["rounds"]] == ["plain", "bound"]
    for found in document["assignment"]["rounds"]:
        assert (found["state"], found["pairs"], found["conflicts"]) == ("optimal", 2500, 0)
        assert found["gap"] <= GAP
        assert found["lambda_2"] > 5
    assert document["calibration"]["reads"] == 2500
    assert 0 < document["calibration"]["calibration_seconds"] <= 0.5
    assert document["calibration"]["aims"] == {"calibration": True, "leave_one_judge_out": True}
    assert document["simulation"]["runs"] == 2
    for row in document["simulation"]["settings"].values():
        assert set(row) == set(METHODS)
        assert all(-1 <= figures["tau"] <= 1 and 0 <= figures["top5"] <= 1 for figures in row.values())
