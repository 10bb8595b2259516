"""Awards from calibrated scores: whom the scores do not separate around the line is tied for it."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from almoner.challenges.awarding import Order, TieBreak
from almoner.challenges.calibrated_orders import calibrated_order
from almoner.challenges.calibration import Calibration, Variances, calibrate
from almoner.challenges.decision import DecisionFacts, decide
from almoner.challenges.errors import TieUnresolved
from almoner.challenges.phases import Phase
from almoner.challenges.ranking import rank
from almoner.challenges.rubric import Scale

from .decision_cases import ENTRY, REVIEW, dice, random_facts

VARIANCES = Variances(application=1.0, judge=0.5, residual=0.5)
PLACES = {"kind": "places", "phase": "panel", "n": 2, "amount": "50.00", "tie": "lottery"}


def scale_of(direction: str) -> Scale:
    return Scale.read(json.dumps({"lo": "1", "hi": "5", "step": "1", "direction": direction}))


def calibrated(facts: DecisionFacts) -> Calibration:
    scores = [(read.application_id, read.judge_id, read.scores[0].steps or 0) for read in facts.reads]
    return calibrate(scores, direction="higher", variances=VARIANCES)


@pytest.fixture
def facts() -> DecisionFacts:
    """A round of which every read is in time, and in which the scores do not separate the second place."""
    found = random_facts(dice(3), [PLACES])
    reads = tuple(replace(read, read_at=REVIEW) for read in found.reads)
    received = dict.fromkeys(found.received, ENTRY)
    return replace(found, statuses={}, reads=reads, received=received)


def order_of(facts: DecisionFacts) -> Order:
    return calibrated_order(calibrated(facts), scale_of("higher"), among=facts.competing)


def test_what_the_scores_do_not_separate_is_one_tie_for_the_places_left(facts: DecisionFacts) -> None:
    found = rank(calibrated(facts), line=2)
    band, order = found.band, order_of(facts)
    assert not band.settled
    assert band.members not in order.groups
    lined = order.at_line(2)
    assert band.members in lined.groups
    assert lined.names[: len(band.sure)] == band.sure
    assert sorted(lined.names) == sorted(order.names)
    assert order.at_line(len(order.names)).groups == order.groups


def test_the_next_in_line_is_found_in_the_same_calibration(facts: DecisionFacts) -> None:
    order = order_of(facts)
    first = order.names[0]
    expected = rank(calibrated(facts), line=2, withdrawn=[first]).band
    lined = order.without([first]).at_line(2)
    assert first not in lined.names
    assert lined.names[: len(expected.sure)] == expected.sure
    assert expected.settled or expected.members in lined.groups


def test_a_band_is_awarded_by_the_lot_and_waits_without_it(facts: DecisionFacts) -> None:
    def ranker(known: DecisionFacts, _: Phase) -> Order:
        return order_of(known)

    winners = {
        award.application_id
        for n in range(40)
        for award in decide(replace(facts, tie=TieBreak(seed=str(n))), rank=ranker)[0]
    }
    band = rank(calibrated(facts), line=2).band
    assert winners == {*band.sure, *band.members}
    with pytest.raises(TieUnresolved):
        decide(replace(facts, tie=TieBreak()), rank=ranker)


def test_worth_is_the_distance_from_the_worst_end_in_either_direction() -> None:
    scores = [("a", "j", 4), ("a", "k", 3), ("b", "j", 2), ("b", "k", 2)]
    for direction in ("higher", "lower"):
        found = calibrate(scores, direction=direction, variances=VARIANCES)
        scale = scale_of(direction)
        order = calibrated_order(found, scale, among=frozenset("ab"))
        for name in ("a", "b"):
            level = Fraction(round(found.level(name) * 10**6), 10**6)
            assert order.worth[name] == (level - 1 if direction == "higher" else 5 - level)
            assert order.spread[name] > 0
        assert order.names == (("a", "b") if direction == "higher" else ("b", "a"))
