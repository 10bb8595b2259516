import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from almoner.challenges.calibration import (
    Calibration,
    Variances,
    calibrate,
    freeze,
    read_calibration,
    void_reads,
)
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.ranking import rank

Scores = list[tuple[str, str, float]]
AT = datetime(2027, 4, 12, 17, tzinfo=UTC)


def round_of(seed: int, *, islands: int = 1, judges: int = 12) -> tuple[Scores, dict[str, str]]:
    """Forty applications in four panels, read by four judges each; judges stay on their island."""
    chance = np.random.default_rng(seed)
    merit, severe = chance.normal(size=40), chance.normal(scale=0.6, size=judges)
    scores = [
        (f"a{i:02}", f"j{j:02}", round(float(3 + merit[i] + severe[j] + chance.normal(scale=0.7)), 1))
        for i in range(40)
        for j in chance.choice(np.arange(i % islands, judges, islands), 4, replace=False)
    ]
    return scores, {f"a{i:02}": f"p{i % 4}" for i in range(40)}


def frozen_round(seed: int, panel_model: Any, **options: int) -> Calibration:  # noqa: ANN401  # a literal
    scores, panels = round_of(seed, **options)
    found = calibrate(scores, direction="lower", panels=panels, panel_model=panel_model)
    assert found.method == "reml"
    return freeze(found, seed="5f1c", at=AT)


@pytest.mark.parametrize("panel_model", ["quality", "none", "within"])
def test_a_calibration_goes_to_exact_bytes_and_back(panel_model: Any) -> None:  # noqa: ANN401  # a literal
    frozen = frozen_round(1, panel_model)
    raw = frozen.to_json()
    back = read_calibration(raw)
    assert back == frozen
    assert back.to_json() == raw
    assert back.digest == frozen.digest
    assert back.covariance is not None
    assert frozen.covariance is not None
    assert np.array_equal(back.covariance, frozen.covariance)


def test_the_real_panels_go_to_exact_bytes_and_back(aibs: Callable[[str], Scores]) -> None:
    frozen = freeze(calibrate(aibs("Score"), direction="lower"), seed=None, at=AT)
    assert frozen.boundary == ("judge",)
    back = read_calibration(frozen.to_json())
    assert back == frozen
    assert back.digest == frozen.digest


def test_raw_means_go_to_exact_bytes_and_back() -> None:
    found = calibrate([("a", "j", 4), ("a", "k", 3.5), ("b", "j", 2)], direction="higher")
    assert found.method == "raw"
    assert read_calibration(found.to_json()) == found


def changed(frozen: Calibration, change: Callable[[dict[str, Any]], object]) -> bytes:
    content = json.loads(frozen.to_json())
    change(content)
    return json.dumps(content).encode()


def one_higher(rows: list[dict[str, Any]]) -> None:
    rows[3]["value"] = repr(float(rows[3]["value"]) + 1e-3)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: one_higher(content["merits"]),
        lambda content: content.update(mu=repr(float(content["mu"]) + 1e-3)),
        lambda content: content["variances"].update(judge="0.9"),
        lambda content: content["reads"].pop(),
        lambda content: content["reads"][0].__setitem__(2, "1/3"),
        lambda content: content["merits"].pop(),
        lambda content: content["judges"].pop(),
        lambda content: content.update(components=2),
    ],
)
def test_figures_that_do_not_follow_from_the_reads_are_refused(
    change: Callable[[dict[str, Any]], object],
) -> None:
    with pytest.raises(
        CalibrationInvalid, match=r"do not follow|are not those of the applications|have no panel"
    ):
        read_calibration(changed(frozen_round(1, "quality"), change))


def test_bytes_that_break_the_schema_are_refused_with_the_place() -> None:
    frozen = frozen_round(1, "none")
    with pytest.raises(CalibrationInvalid, match="/mu"):
        read_calibration(changed(frozen, lambda content: content.update(mu="much")))
    with pytest.raises(CalibrationInvalid, match="/extra"):
        read_calibration(changed(frozen, lambda content: content.update(extra=1)))


def test_a_calibration_is_frozen_once_and_at_an_instant_with_a_zone() -> None:
    frozen = frozen_round(1, "none")
    with pytest.raises(CalibrationInvalid, match="was frozen at 2027-04-12T17:00:00"):
        freeze(frozen, seed=None, at=AT)
    with pytest.raises(CalibrationInvalid, match="has no time zone"):
        freeze(replace(frozen, frozen_at=None), seed=None, at=AT.replace(tzinfo=None))


@pytest.mark.parametrize("panel_model", ["quality", "none", "within"])
def test_a_void_read_comes_out_under_the_frozen_variances_and_means(panel_model: Any) -> None:  # noqa: ANN401  # a literal
    frozen = frozen_round(2, panel_model)
    read = frozen.reads[7]
    after = void_reads(frozen, [(read.application_id, read.judge_id)])
    assert (after.variances, after.mu, after.seed, after.frozen_at) == (
        frozen.variances,
        frozen.mu,
        frozen.seed,
        frozen.frozen_at,
    )
    assert [row.mean for row in after.panels] == pytest.approx([row.mean for row in frozen.panels], abs=1e-12)
    assert (after.method, after.source) == ("reml", frozen.digest)
    assert len(after.reads) == len(frozen.reads) - 1
    assert after.merit(read.application_id).value != frozen.merit(read.application_id).value
    assert read_calibration(after.to_json()) == after


@pytest.mark.parametrize("panel_model", ["quality", "none", "within"])
def test_the_frozen_parameters_give_the_frozen_merits(panel_model: Any) -> None:  # noqa: ANN401  # a literal
    frozen = frozen_round(3, panel_model)
    one, other = frozen.reads[0], frozen.reads[90]
    gone = [(one.application_id, one.judge_id), (other.application_id, other.judge_id)]
    after = void_reads(frozen, gone)
    again = void_reads(void_reads(frozen, gone[:1]), gone[1:])
    assert again.values == pytest.approx(after.values, abs=1e-12)
    assert (again.voided, again.source) == (tuple(sorted(gone)), frozen.digest)


def test_a_void_read_moves_nobody_whom_no_chain_of_reads_connects_with_it() -> None:
    frozen = frozen_round(4, "quality", islands=2)
    assert frozen.components == 2
    read = frozen.reads[0]
    after = void_reads(frozen, [(read.application_id, read.judge_id)])
    here = frozen.merit(read.application_id).component
    moved = {
        row.application_id
        for row in frozen.merits
        if abs(row.value - after.merit(row.application_id).value) > 1e-12
    }
    assert read.application_id in moved
    assert moved <= {row.application_id for row in frozen.merits if row.component == here}


def test_an_application_that_loses_its_last_read_leaves_the_ranking_and_a_flag_says_so() -> None:
    frozen = frozen_round(5, "none")
    gone = [(row.application_id, row.judge_id) for row in frozen.reads if row.application_id == "a07"]
    after = void_reads(frozen, gone)
    assert "a07" not in after.applications
    assert after.flags[-1] == "a07 has no read left and is not ranked until it gets another one."


def test_only_reads_of_a_frozen_calibration_can_be_void() -> None:
    frozen = frozen_round(5, "none")
    with pytest.raises(CalibrationInvalid, match="freeze the calibration first"):
        void_reads(replace(frozen, frozen_at=None), [("a07", "j01")])
    with pytest.raises(CalibrationInvalid, match="holds no read of a07 by nobody"):
        void_reads(frozen, [("a07", "nobody")])
    with pytest.raises(CalibrationInvalid, match="No read would be left"):
        void_reads(frozen, [(row.application_id, row.judge_id) for row in frozen.reads])


def test_a_void_read_among_raw_means_changes_one_mean() -> None:
    found = calibrate([("a", "j", 4), ("a", "k", 2), ("b", "j", 2.5)], direction="higher")
    after = void_reads(freeze(found, seed=None, at=AT), [("a", "k")])
    assert [row.raw_mean for row in after.merits] == [4.0, 2.5]
    assert (after.method, after.reason) == ("raw", "3 reads; a calibration needs 30")


def test_a_late_withdrawal_stays_in_the_figures_and_moves_nobody() -> None:
    frozen = frozen_round(6, "quality")
    before = rank(frozen, line=5)
    winner = before.order[0]
    after = rank(frozen, line=5, withdrawn=[winner])
    assert after.order == before.order[1:]
    assert (after.withdrawn, after.entries) == ((winner,), 40)
    kept = before.expected_ranks
    assert after.expected_ranks == {name: kept[name] for name in after.order}


def test_variances_that_are_given_may_be_zero() -> None:
    scores, _ = round_of(7)
    found = calibrate(
        scores, direction="higher", variances=Variances(application=0.8, judge=0.0, residual=0.5)
    )
    raw = np.array([row.raw_mean for row in found.merits])
    shrunk = found.values / (raw - found.mu)
    assert shrunk == pytest.approx(np.full(40, 0.8 / (0.8 + 0.5 / 4)), abs=1e-9)
    assert max(abs(row.effect) for row in found.judges) < 1e-12
