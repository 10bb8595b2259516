"""Feedback: everything that decided about one application, and nothing about any other."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from math import sqrt
from statistics import median, stdev
from typing import Any

import pytest

from almoner.challenges import Rubric, Variances, calibrate, rank
from almoner.challenges.advancing import advance
from almoner.challenges.errors import CalibrationInvalid
from almoner.challenges.feedback import RoundResult, own_effect, write_packet
from almoner.challenges.packets import MethodAgreement, ProcessFacts
from almoner.challenges.phases import Advances
from almoner.challenges.scores import Score, totals_by_read

PROCESS = ProcessFacts(
    phase="panel",
    rubric="merit/1",
    entries=12,
    reads=60,
    band=2,
    seed=None,
    calibration_sha256="0" * 64,
    decided="top",
)
PANELS = {f"a-{n:02}": f"panel-{n % 2}" for n in range(12)}


def round_of(
    content: Mapping[str, Any], direction: str, panels: Mapping[str, str] | None = None, seed: int = 3
) -> RoundResult:
    """A round of 12 applications, 8 judges and 5 reads each, on a wide scale."""
    chance = random.Random(seed)  # noqa: S311  # a test
    scale = {**content["scale"], "direction": direction}
    rubric = Rubric.read(json.dumps({**content, "scale": scale}))
    scores = [
        Score(
            application_id=f"a-{n:02}",
            judge_id=f"secret-judge-{j}",
            trait=trait.id,
            rubric_id="merit/1",
            steps=max(10, min(50, 20 + n + 2 * j + chance.randint(-6, 6))),
            comment=f"On a-{n:02}, {trait.id}.",
        )
        for n in range(12)
        for j in chance.sample(range(8), 5)
        for trait in rubric.traits
    ]
    reads = [(*key, value) for key, value in totals_by_read(scores, rubric).items() if value is not None]
    way = rubric.scale.direction
    total = calibrate(reads, direction=way, panels=panels)
    traits = {
        trait.id: calibrate(
            [
                (one.application_id, one.judge_id, rubric.scale.points(one.steps or 0))
                for one in scores
                if one.trait == trait.id
            ],
            direction=way,
        )
        for trait in rubric.traits
    }
    ranking = rank(total, line=4)
    rule = Advances(rule="top", n=4, tie="split")
    decision = advance(rule, total.applications, ranking=ranking, direction=way)
    return RoundResult(
        rubric=rubric, scores=tuple(scores), total=total, traits=traits, ranking=ranking, decision=decision
    )


def names(result: RoundResult) -> dict[str, str]:
    return {one.judge_id: f"reader-{one.judge_id[-1]}" for one in result.scores}


@pytest.mark.parametrize("direction", ["higher", "lower"])
@pytest.mark.parametrize("panels", [None, PANELS], ids=["one panel", "two panels"])
def test_the_mark_that_would_have_reached_the_line_reaches_it(
    rubric_content: Mapping[str, Any], direction: str, panels: Mapping[str, str] | None
) -> None:
    result = round_of(rubric_content, direction, panels)
    total, order = result.total, result.ranking.order
    assert total.method == "reml"
    for name in (order[0], order[5], order[-1]):
        packet = write_packet(name, result, pseudonyms=names(result), process=PROCESS)
        rival = order[4] if name == order[0] else order[3]
        for row, trait in zip(packet.traits, result.rubric.traits, strict=True):
            assert row.mark_at_line is not None
            assert row.raw_mean is not None
            more = Fraction(row.mark_at_line - row.raw_mean) * trait.weight_bp / 10_000
            moved = [
                replace(read, value=read.value + more) if read.application_id == name else read
                for read in total.reads
            ]
            after = calibrate(
                moved,
                direction=total.direction,
                panels=total.panel_of,
                panel_model=total.panel_model,
                variances=total.variances,
            )
            assert after.merit(name).value == pytest.approx(after.merit(rival).value, abs=1e-9)
            assert row.reachable == (1.0 <= row.mark_at_line <= 5.0)


def test_the_distance_to_the_line_is_told_in_points_and_in_errors_of_the_difference(
    rubric_content: Mapping[str, Any],
) -> None:
    result = round_of(rubric_content, "higher")
    total, order = result.total, result.ranking.order
    for name, rival in ((order[-1], order[3]), (order[0], order[4])):
        packet = write_packet(name, result, pseudonyms=names(result), process=PROCESS)
        gap = total.merit(name).value - total.merit(rival).value
        variance = total.covariance_of(name, name) + total.covariance_of(rival, rival)
        error = sqrt(variance - 2 * total.covariance_of(name, rival))
        assert packet.distance == pytest.approx(gap)
        assert packet.distance_in_errors == pytest.approx(gap / error)
    assert write_packet(order[0], result, pseudonyms=names(result), process=PROCESS).outcome == "inside"
    assert write_packet(order[-1], result, pseudonyms=names(result), process=PROCESS).outcome == "outside"


def test_a_level_asked_for_is_a_line_of_its_own(rubric_content: Mapping[str, Any]) -> None:
    result = replace(round_of(rubric_content, "lower"), line=3.0)
    name = result.ranking.order[0]
    packet = write_packet(name, result, pseudonyms=names(result), process=PROCESS)
    assert packet.level is not None
    assert packet.distance == pytest.approx(3.0 - packet.level)
    assert packet.distance_in_errors == pytest.approx((3.0 - packet.level) / (packet.standard_error or 0))


def test_a_packet_holds_all_marks_of_the_application_and_no_name_of_a_judge_or_a_rival(
    rubric_content: Mapping[str, Any],
) -> None:
    result = round_of(rubric_content, "higher")
    name = result.ranking.order[6]
    packet = write_packet(name, result, pseudonyms=names(result), process=PROCESS, findings=("2.1 holds",))
    assert len(packet.marks) == 5 * 2
    assert packet.reads == 5
    assert {one.comment for one in packet.marks} == {f"On {name}, reach.", f"On {name}, proof."}
    text = json.dumps(packet.told())
    assert "secret-judge" not in text
    assert [other for other in result.total.applications if other in text] == [name]
    assert "2.1 holds" in text


def test_the_spread_of_the_reads_is_told_against_the_rounds_median(
    rubric_content: Mapping[str, Any],
) -> None:
    result = round_of(rubric_content, "higher")
    totals: dict[str, list[float]] = {}
    for (name, _), value in totals_by_read(result.scores, result.rubric).items():
        totals.setdefault(name, []).append(float(value or 0))
    packet = write_packet("a-03", result, pseudonyms=names(result), process=PROCESS)
    assert packet.dispersion == pytest.approx(stdev(totals["a-03"]))
    assert packet.median_dispersion == pytest.approx(median(stdev(rows) for rows in totals.values()))


def test_an_application_without_a_read_gets_a_packet_with_its_findings(
    rubric_content: Mapping[str, Any],
) -> None:
    result = round_of(rubric_content, "higher")
    until = datetime(2027, 6, 1, tzinfo=UTC)
    packet = write_packet(
        "a-99",
        result,
        pseudonyms={},
        process=PROCESS,
        findings=("2.3: lead.kind is government",),
        appeal_until=until,
        outcome="not_eligible",
    )
    assert (packet.marks, packet.level, packet.expected_rank, packet.distance) == ((), None, None, None)
    assert packet.outcome == "not_eligible"
    assert packet.told()["appeal_until"] == "2027-06-01T00:00:00.000000Z"
    assert {row.trait for row in packet.traits} == {"reach", "proof"}


def test_raw_means_are_told_with_the_reason_and_without_errors(rubric_content: Mapping[str, Any]) -> None:
    result = round_of(rubric_content, "higher")
    few = [(one.application_id, one.judge_id, one.value) for one in result.total.reads][:10]
    total = calibrate(few, direction="higher")
    kept = {(name, judge) for name, judge, _ in few}
    scores = tuple(one for one in result.scores if (one.application_id, one.judge_id) in kept)
    raw = replace(result, total=total, scores=scores, traits={}, ranking=rank(total, line=1), decision=None)
    packet = write_packet(total.applications[0], raw, pseudonyms=names(result), process=PROCESS)
    assert packet.method == "raw"
    assert packet.method_reason == "10 reads; a calibration needs 30"
    assert packet.standard_error is packet.distance_in_errors is None
    assert packet.outcome == "open"
    for row, trait in zip(packet.traits, result.rubric.traits, strict=True):
        assert row.mark_at_line is not None
        assert row.raw_mean is not None
        more = (row.mark_at_line - row.raw_mean) * trait.weight_bp / 10_000
        assert more == pytest.approx(-(packet.distance or 0))


def test_a_judge_is_told_his_own_effect_and_an_unknown_one_nothing(
    rubric_content: Mapping[str, Any],
) -> None:
    total = round_of(rubric_content, "higher").total
    mine = own_effect(total, "secret-judge-7")
    assert mine.effect == next(row.effect for row in total.judges if row.judge_id == "secret-judge-7")
    with pytest.raises(CalibrationInvalid, match="no complete read"):
        own_effect(total, "stranger")
    given = calibrate(total.reads[:5], direction="higher")
    with pytest.raises(CalibrationInvalid, match="5 reads"):
        own_effect(given, "secret-judge-7")
    assert (
        own_effect(
            calibrate(
                total.reads[:5], direction="higher", variances=Variances(application=1, judge=1, residual=1)
            ),
            total.reads[0].judge_id,
        ).reads
        >= 1
    )


def test_methods_agree_when_none_of_them_moves_the_application() -> None:
    assert MethodAgreement(raw=True, z_score=None, stays=9, cases=9).all
    assert not MethodAgreement(raw=False, z_score=True, stays=9, cases=9).all
    assert not MethodAgreement(raw=True, z_score=True, stays=8, cases=9).all
