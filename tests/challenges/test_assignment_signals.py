"""Affinity from what is known: what is missing is no zero, and bids count by their order alone."""

import numpy as np
import pytest

from almoner.challenges.assignment import blend_affinity
from almoner.challenges.assignment.signals import rank_bids
from almoner.challenges.errors import AssignmentInvalid

IDS = ("a", "b", "c"), ("j", "k")
NAN = float("nan")


def test_a_missing_bid_leaves_the_other_signals_their_weight() -> None:
    text = np.array([[0.8, 0.2], [0.4, 0.6], [0.5, 0.5]])
    bids = np.array([[NAN, 1], [2, NAN], [7, 3]])
    blended = blend_affinity(*IDS, {"text": text, "bids": bids}, seed=1, weights={"text": 1, "bids": 3})
    assert blended[0, 0] == 0.8
    assert blended[1, 1] == 0.6
    assert blended[2, 0] == pytest.approx((0.5 + 3 * 1.0) / 4)
    assert blended[1, 0] == pytest.approx((0.4 + 3 * 0.0) / 4)


def test_a_pair_of_which_nothing_is_known_is_as_good_as_the_usual_one() -> None:
    text = np.array([[0.8, NAN], [0.4, 0.6], [0.2, 0.5]])
    assert blend_affinity(*IDS, {"text": text}, seed=1)[0, 1] == pytest.approx(0.5)
    assert blend_affinity(*IDS, {}, seed=1).tolist() == [[0.5, 0.5]] * 3


def test_bidding_the_same_on_everything_says_nothing_more_than_any_order() -> None:
    same = np.full((3, 2), 9.0)
    assert sorted(rank_bids(*IDS, same, seed=1)[:, 0]) == [0.0, 0.5, 1.0]
    assert len({tuple(rank_bids(*IDS, same, seed=seed)[:, 0]) for seed in range(9)}) > 1


def test_the_order_of_the_rows_decides_no_tie() -> None:
    same = np.full((3, 2), 9.0)
    turned = rank_bids(IDS[0][::-1], IDS[1], same, seed=1)
    assert turned[::-1].tolist() == rank_bids(*IDS, same, seed=1).tolist()


@pytest.mark.parametrize(
    ("signal", "weight", "word"),
    [
        (np.ones((2, 2)), 1.0, "shape"),
        (np.full((3, 2), 1.5), 1.0, "leaves 0 to 1"),
        (np.full((3, 2), np.inf), 1.0, "leaves 0 to 1"),
        (np.ones((3, 2)), 0.0, "weight"),
    ],
)
def test_a_signal_that_is_none_is_refused(signal: np.ndarray, weight: float, word: str) -> None:
    with pytest.raises(AssignmentInvalid, match=word):
        blend_affinity(*IDS, {"text": signal}, seed=1, weights={"text": weight})
