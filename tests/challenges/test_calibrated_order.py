"""Awards from calibrated scores: a band is a tie, a void read moves nobody but by the frozen figures."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from almoner.challenges.awarding import TieBreak
from almoner.challenges.calibrated_order import expected_order, rank_calibrated
from almoner.challenges.calibration import Calibration, Variances, calibrate, freeze, void_reads
from almoner.challenges.decision import DecisionFacts, decide
from almoner.challenges.errors import CalibrationInvalid, TieUnresolved
from almoner.challenges.ranking import rank
from almoner.challenges.rubric import Scale

from .decision_cases import ENTRY, REVIEW, dice, random_facts

VARIANCES = Variances(application=1.0, judge=0.5, residual=0.5)
PLACES = {"kind": "places", "phase": "panel", "n": 2, "amount": "50.00", "tie": "lottery"}


def scale_of(direction: str) -> Scale:
    return Scale.read(json.dumps({"lo": "1", "hi": "5", "step": "1", "direction": direction}))


def calibrated(facts: DecisionFacts) -> Calibration:
    scores = [(read.application_id, read.judge_id, read.scores[0].steps or 0) for read in facts.reads]
    found = calibrate(scores, direction="higher", variances=VARIANCES)
    return freeze(found, seed=None, at=datetime(2027, 4, 12, tzinfo=UTC))


@pytest.fixture
def facts() -> DecisionFacts:
    """A round of which every read is in time, and in which the scores do not separate the second place."""
    found = random_facts(dice(3), [PLACES])
    reads = tuple(replace(read, read_at=REVIEW) for read in found.reads)
    received = dict.fromkeys(found.received, ENTRY)
    return replace(found, statuses={}, reads=reads, received=received)


def test_what_the_scores_do_not_separate_is_one_tie_for_the_places_left(facts: DecisionFacts) -> None:
    frozen = calibrated(facts)
    found = rank(frozen, line=2)
    band = found.band
    assert not band.settled
    order = expected_order(found, frozen)
    assert band.members in order.groups
    assert order.names[: len(band.sure)] == band.sure
    assert set(order.names) == set(frozen.applications)
    settled = expected_order(rank(frozen, line=len(frozen.applications)), frozen)
    assert settled.names == found.order


def test_a_band_is_awarded_by_the_lot_and_waits_without_it(facts: DecisionFacts) -> None:
    ranker = rank_calibrated({"panel": calibrated(facts)}, lines={"panel": 2})
    winners = {
        award.application_id
        for n in range(40)
        for award in decide(replace(facts, tie=TieBreak(seed=str(n))), rank=ranker)[0]
    }
    band = rank(calibrated(facts), line=2).band
    assert winners == {*band.sure, *band.members}
    with pytest.raises(TieUnresolved):
        decide(replace(facts, tie=TieBreak()), rank=ranker)


def test_a_read_that_no_longer_stands_is_taken_out_under_the_frozen_figures(facts: DecisionFacts) -> None:
    frozen = calibrated(facts)
    read = facts.reads[0]
    fewer = replace(facts, reads=facts.reads[1:])
    expected = void_reads(frozen, [(read.application_id, read.judge_id)])
    ranker = rank_calibrated({"panel": frozen}, lines={"panel": 2})
    order = ranker(fewer, facts.brief.phase("panel"))
    assert order.names == expected_order(rank(expected, line=2), expected).names
    with pytest.raises(CalibrationInvalid, match="not calibrated"):
        rank_calibrated({}, lines={})(facts, facts.brief.phase("panel"))


def test_worth_is_the_distance_from_the_worst_end_in_either_direction() -> None:
    scores = [("a", "j", 4), ("a", "k", 3), ("b", "j", 2), ("b", "k", 2)]
    for direction in ("higher", "lower"):
        found = calibrate(scores, direction=direction, variances=VARIANCES)
        scale = scale_of(direction)
        order = expected_order(rank(found, line=0), found, scale)
        for name in ("a", "b"):
            level = Fraction(round(found.level(name) * 10**9), 10**9)
            assert order.worth[name] == (level - 1 if direction == "higher" else 5 - level)
            assert order.spread[name] > 0
        assert order.names == (("a", "b") if direction == "higher" else ("b", "a"))
    with pytest.raises(ValueError, match="ranks better"):
        expected_order(
            rank(found, line=0),
            found,
            scale_of("higher"),
        )
