"""A pool divided by progress: exact, capped, with a part for newcomers; and where it leads over time."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges.damping import ProgressContender, damped_factor, divide_by_progress
from almoner.challenges.errors import CalibrationInvalid
from almoner.finance.money import Money, money
from almoner.finance.units import currency

USD = currency("USD")


def contenders(*progress: str | None, earlier: Sequence[int] = ()) -> list[ProgressContender]:
    counts = [*earlier, *([0] * (len(progress) - len(earlier)))]
    return [
        ProgressContender(hub=f"h{at}", progress=None if value is None else Fraction(value), earlier=count)
        for at, (value, count) in enumerate(zip(progress, counts, strict=True))
    ]


def amounts(*args: object, **changes: object) -> dict[str, str]:
    found = divide_by_progress(*args, **changes)  # type: ignore[arg-type]  # passed through
    return {one.hub: one.amount.text for one in found.shares}


def test_by_default_progress_alone_counts() -> None:
    hubs = contenders("3", "1", earlier=(0, 50))
    assert amounts(hubs, money("100.00", "USD")) == {"h0": "75.00", "h1": "25.00"}


def test_without_damping_earlier_awards_count_in_proportion() -> None:
    hubs = contenders("1", "1", earlier=(0, 2))
    assert amounts(hubs, money("100.00", "USD"), damping=Fraction(0)) == {"h0": "25.00", "h1": "75.00"}
    assert amounts(contenders("1", "1", earlier=(0, 3)), money("90.00", "USD"), damping=Fraction(1, 2)) == {
        "h0": "30.00",
        "h1": "60.00",
    }


def test_no_hub_gets_more_than_its_cap_of_the_whole_pool() -> None:
    found = divide_by_progress(
        contenders("8", "1", "1", None), money("100.00", "USD"), hub_cap_bp=3000, newcomer_bp=1000
    )
    assert {one.hub: one.amount.text for one in found.shares} == {
        "h0": "30.00",
        "h1": "30.00",
        "h2": "30.00",
        "h3": "10.00",
    }
    capped = divide_by_progress(contenders("8", "1"), money("100.00", "USD"), hub_cap_bp=3000)
    assert capped.unawarded == money("40.00", "USD")


def test_the_part_for_newcomers_is_equal_or_drawn_and_not_taken_without_any() -> None:
    pool = money("100.00", "USD")
    assert amounts(contenders("1", None, None), pool, newcomer_bp=1000) == {
        "h0": "90.00",
        "h1": "5.00",
        "h2": "5.00",
    }
    assert amounts(contenders("1", "1"), pool, newcomer_bp=1000) == {"h0": "50.00", "h1": "50.00"}
    drawn = divide_by_progress(
        contenders("1", None, None, None), pool, newcomer_bp=1000, newcomers="lottery", seed="s1"
    )
    assert sorted(drawn.drawn) == ["h1", "h2", "h3"]
    assert [(one.hub, one.amount.text) for one in drawn.shares] == [
        ("h0", "90.00"),
        (drawn.drawn[0], "10.00"),
    ]
    orders = {
        divide_by_progress(
            contenders(None, None, None), pool, newcomer_bp=1, newcomers="lottery", seed=str(seed)
        ).drawn
        for seed in range(60)
    }
    assert len(orders) == 6


def test_without_progress_the_pool_stays() -> None:
    found = divide_by_progress(contenders("0", "0", None), money("100.00", "USD"))
    assert (found.shares, found.unawarded.text) == ((), "100.00")
    assert divide_by_progress([], money("100.00", "USD")).unawarded.text == "100.00"


@given(
    progress=st.lists(
        st.none() | st.fractions(min_value=0, max_value=2, max_denominator=10**9), min_size=1, max_size=8
    ),
    earlier=st.lists(st.integers(0, 30), min_size=8, max_size=8),
    pool=st.integers(0, 10**9),
    damping=st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(2, 3), Fraction(1)]),
    cap=st.integers(1, 10_000),
    aside=st.integers(0, 10_000),
)
def test_every_minor_unit_is_accounted_for_and_no_cap_is_broken(
    progress: list[Fraction | None], earlier: list[int], pool: int, damping: Fraction, cap: int, aside: int
) -> None:
    hubs = [
        ProgressContender(hub=f"h{at}", progress=value, earlier=earlier[at])
        for at, value in enumerate(progress)
    ]
    found = divide_by_progress(
        hubs, Money(minor=pool, unit=USD), damping=damping, hub_cap_bp=cap, newcomer_bp=aside
    )
    assert sum(one.amount.minor for one in found.shares) + found.unawarded.minor == pool
    assert found.unawarded.minor >= 0
    assert all(one.amount.minor * 10_000 <= pool * cap for one in found.shares)
    paid = {one.hub: one.amount.minor for one in found.shares}
    rated = [one for one in hubs if one.progress is not None]
    for one in rated:
        for other in rated:
            if one.earlier == other.earlier and (one.progress or 0) > (other.progress or 0):
                assert paid.get(one.hub, 0) >= paid.get(other.hub, 0) - 1
    if cap == 10_000 and aside == 0 and any(one.progress for one in rated):
        assert found.unawarded.minor == 0


@pytest.mark.parametrize(
    ("hubs", "changes"),
    [
        (contenders("1"), {"damping": Fraction(5, 4)}),
        (contenders("1"), {"damping": Fraction(-1, 4)}),
        (contenders("1"), {"hub_cap_bp": 0}),
        (contenders("1"), {"newcomer_bp": 10_001}),
        (contenders("1"), {"newcomer_places": 0}),
        (contenders("-1"), {}),
        (contenders("1", earlier=(-1,)), {}),
        ([*contenders("1"), *contenders("1")], {}),
    ],
)
def test_figures_out_of_their_range_are_refused(
    hubs: list[ProgressContender], changes: dict[str, object]
) -> None:
    with pytest.raises(CalibrationInvalid):
        divide_by_progress(hubs, money("1.00", "USD"), **changes)  # type: ignore[arg-type]  # fields of one table


def repeat(
    progress: Sequence[float], damping: Fraction, *, awards: int, runs: int, seed: int = 7
) -> "np.ndarray":
    """Give awards one by one, each by the weights that the division uses; return the counts of each run."""
    factor = np.array([float(damped_factor(count, damping)) for count in range(awards + 1)])
    chance = np.random.default_rng(seed)
    counts = np.zeros((runs, len(progress)), dtype=int)
    for _ in range(awards):
        whole = np.cumsum(np.array(progress) * factor[counts], axis=1)
        won = (chance.random((runs, 1)) * whole[:, -1:] > whole).sum(axis=1)
        counts[np.arange(runs), won] += 1
    return counts


@pytest.mark.parametrize(
    ("damping", "simulated"),
    [
        (Fraction(1, 2), (0.328, 0.214, 0.151, 0.149, 0.100, 0.058)),
        (Fraction(1), (0.247, 0.197, 0.164, 0.164, 0.131, 0.098)),
    ],
)
def test_in_the_long_run_shares_tend_to_the_power_law_of_progress(
    damping: Fraction, simulated: tuple[float, ...]
) -> None:
    progress = np.array([1.5, 1.2, 1.0, 1.0, 0.8, 0.6])
    limit = progress ** (1 / float(damping)) / (progress ** (1 / float(damping))).sum()
    share = (repeat(list(progress), damping, awards=2_000, runs=200) / 2_000).mean(axis=0)
    assert share == pytest.approx(simulated, abs=0.005)
    assert share == pytest.approx(limit, abs=0.012)


def gini(counts: "np.ndarray") -> float:
    ordered = np.sort(counts, axis=1)
    size = ordered.shape[1]
    place = np.arange(1, size + 1)
    return float(((2 * place - size - 1) * ordered).sum(axis=1).mean() / (size * ordered.sum(axis=1).mean()))


def test_with_little_damping_luck_decides_among_equals() -> None:
    ginis = [
        gini(repeat([1.0] * 10, Fraction(part), awards=300, runs=200)) for part in ("1", "1/2", "1/4", "0")
    ]
    assert ginis == pytest.approx([0.09, 0.18, 0.28, 0.45], abs=0.025)
