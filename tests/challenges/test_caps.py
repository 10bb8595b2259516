"""Capped shares: exact, conserved, and held once they are at the cap."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges import fill_to_cap


def shares(weights: list[int], cap_bp: int) -> list[Fraction]:
    filled = fill_to_cap(weights, cap_bp)
    return [Fraction(part, filled.whole) for part in filled.parts]


def test_below_the_cap_nothing_moves() -> None:
    assert shares([3, 1], 9000) == [Fraction(3, 4), Fraction(1, 4)]


def test_scaling_up_the_rest_may_lift_another_to_the_cap() -> None:
    assert shares([50, 24, 13, 13], 3000) == [
        Fraction(3, 10),
        Fraction(3, 10),
        Fraction(1, 5),
        Fraction(1, 5),
    ]


def test_a_share_exactly_at_the_cap_is_held() -> None:
    assert shares([3, 7], 3000) == [Fraction(3, 10), Fraction(3, 10)]


def test_too_few_for_the_cap_leave_a_remainder() -> None:
    assert sum(shares([8, 1, 1, 0], 3000)) == Fraction(9, 10)
    assert shares([8, 1, 1, 0], 3000)[3] == 0


def test_no_weight_no_share() -> None:
    assert shares([0, 0], 5000) == [0, 0]
    assert shares([], 5000) == []


@given(
    st.lists(st.integers(min_value=0, max_value=10**30), max_size=30),
    st.integers(min_value=1, max_value=10_000),
)
def test_one_whole_is_kept_and_nobody_passes_the_cap(weights: list[int], cap_bp: int) -> None:
    given_out, cap = shares(weights, cap_bp), Fraction(cap_bp, 10_000)
    positive = sum(weight > 0 for weight in weights)
    assert sum(given_out) == (min(Fraction(1), positive * cap) if positive else 0)
    assert all(0 <= share <= cap for share in given_out)
    assert all((share > 0) == (weight > 0) for share, weight in zip(given_out, weights, strict=True))
    free = {share / weight for share, weight in zip(given_out, weights, strict=True) if 0 < share < cap}
    assert len(free) <= 1  # whoever is below the cap is paid in one proportion
