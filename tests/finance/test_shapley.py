"""Shapley values against published games, and the properties that define them.

Sources: gloves, L. S. Shapley and M. Shubik, "Pure competition, coalitional power, and fair division" (1969);
airport, S. C. Littlechild and G. Owen, "A simple expression for the Shapley value in a special case",
Management Science 20 (1973) 370-372, with the figures of the article "Airport problem" of Wikipedia; voting,
L. S. Shapley and M. Shubik, "A method for evaluating the distribution of power in a committee system",
American Political Science Review 48 (1954) 787-792 (Security Council of eleven members); and the Council of
Ministers of the European Economic Community of 1958, in which Luxembourg had a vote and no power.
"""

from fractions import Fraction
from math import log, sqrt
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.finance.allocation.sharing.shapley import (
    Coalition,
    Sampling,
    Synergy,
    SynergyWorth,
    TableWorth,
    Worth,
    shapley,
)
from almoner.finance.errors import AttributionRefused, NotProven

F = Fraction
ACTORS = tuple("abcdefghijklmnopqrstuvwxyz")


def table(figures: list[int], actors: tuple[str, ...]) -> TableWorth:
    rows = {}
    for mask in range(1, 2 ** len(actors)):
        rows[frozenset(actor for at, actor in enumerate(actors) if mask >> at & 1)] = figures[mask]
    return TableWorth(rows)


def voting(weights: dict[str, int], quota: int) -> Worth:
    return lambda coalition: int(sum(weights[actor] for actor in coalition) >= quota)


def growing(seed: int, count: int) -> TableWorth:
    """Draw a game in which nobody takes anything away."""
    random = Random(seed)  # noqa: S311  # a game, not a secret
    figures = [0] * 2**count
    for mask in range(1, 2**count):
        smaller = [figures[mask & ~(1 << at)] for at in range(count) if mask >> at & 1]
        figures[mask] = max(smaller) + random.choice((0, 0, 0, random.randint(1, 100)))
    return table(figures, ACTORS[:count])


@st.composite
def games(draw: st.DrawFn, largest: int = 5) -> tuple[tuple[str, ...], TableWorth]:
    count = draw(st.integers(1, largest))
    figures = draw(st.lists(st.integers(-1000, 1000), min_size=2**count, max_size=2**count))
    return ACTORS[:count], table(figures, ACTORS[:count])


@pytest.mark.parametrize(
    ("right", "expected"),
    [(2, [F(2, 3), F(1, 6), F(1, 6)]), (1, [F(1, 2), F(1, 2)]), (3, [F(3, 4)] + [F(1, 12)] * 3)],
)
def test_a_left_glove_among_right_ones(right: int, expected: list[Fraction]) -> None:
    actors = ["left", *(f"right-{at}" for at in range(right))]
    found = shapley(actors, lambda some: min(len(some & {"left"}), len(some - {"left"})))
    assert list(found.values) == expected


def test_the_runway_is_paid_as_littlechild_and_owen_say() -> None:
    costs = {"A": 8, "B": 11, "C": 13, "D": 18}
    found = shapley(list(costs), lambda some: max((costs[actor] for actor in some), default=0))
    assert list(map(int, found.values)) == [2, 3, 4, 9]
    assert (found.method, int(found.error), int(found.total)) == ("exact", 0, 18)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=10))
@settings(max_examples=30, deadline=None)
def test_every_runway_follows_the_simple_expression(costs: list[int]) -> None:
    costs.sort()
    found = shapley(
        range_names(len(costs)), lambda some: max((costs[int(actor)] for actor in some), default=0)
    )
    share, before = F(0), 0
    for at, cost in enumerate(costs):
        share += F(cost - before, len(costs) - at)
        before = cost
        assert found.values[at] == share


def range_names(count: int) -> list[str]:
    return [str(at) for at in range(count)]


def test_luxembourg_had_a_vote_and_no_power() -> None:
    weights = {"DE": 4, "FR": 4, "IT": 4, "BE": 2, "NL": 2, "LU": 1}
    found = shapley(list(weights), voting(weights, 12))
    assert found.values == (F(14, 60), F(14, 60), F(14, 60), F(9, 60), F(9, 60), F(0))


def test_five_permanent_members_held_all_but_a_seventy_seventh() -> None:
    weights = {f"permanent-{at}": 7 for at in range(5)} | {f"elected-{at}": 1 for at in range(6)}
    found = shapley(list(weights), voting(weights, 37))
    assert set(found.values[:5]) == {F(76, 385)}
    assert set(found.values[5:]) == {F(1, 462)}


def test_the_council_of_fifteen_is_drawn_within_the_stated_error() -> None:
    weights = {f"permanent-{at}": 7 for at in range(5)} | {f"elected-{at}": 1 for at in range(10)}
    found = shapley(list(weights), voting(weights, 39), sampling=Sampling(seed=1, error=F(3, 100)))
    assert found.method == "sampled"
    assert sum(found.values) == found.total == 1
    assert found.error <= F(3, 100)
    assert all(abs(value - F(421, 2145)) <= found.error for value in found.values[:5])
    assert all(abs(value - F(4, 2145)) <= found.error for value in found.values[5:])


@given(games())
@settings(max_examples=100, deadline=None)
def test_the_whole_is_given_away(game: tuple[tuple[str, ...], TableWorth]) -> None:
    actors, worth = game
    assert sum(shapley(actors, worth).values) == worth(frozenset(actors))


@given(games(4), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_names_and_their_order_decide_nothing(
    game: tuple[tuple[str, ...], TableWorth], random: Random
) -> None:
    actors, worth = game
    others = list(actors)
    random.shuffle(others)
    swap = dict(zip(actors, others, strict=True))
    back = {new: old for old, new in swap.items()}
    moved = shapley(others, lambda some: worth(frozenset(back[actor] for actor in some)))
    expected = dict(zip(actors, shapley(actors, worth).values, strict=True))
    assert {back[actor]: value for actor, value in zip(others, moved.values, strict=True)} == expected


@given(games(4), st.integers(-50, 50))
@settings(max_examples=50, deadline=None)
def test_whoever_adds_nothing_gets_nothing_and_a_constant_comes_back(
    game: tuple[tuple[str, ...], TableWorth], adds: int
) -> None:
    actors, worth = game
    joined = shapley([*actors, "extra"], lambda some: worth(some - {"extra"}) + adds * ("extra" in some))
    assert joined.values == (*shapley(actors, worth).values, adds)


@given(st.integers(1, 4), st.data())
@settings(max_examples=50, deadline=None)
def test_values_of_two_games_add_up(count: int, data: st.DataObject) -> None:
    figures = st.lists(st.integers(-1000, 1000), min_size=2**count, max_size=2**count)
    actors = ACTORS[:count]
    one, two = (table(data.draw(figures), actors) for _ in range(2))
    together = shapley(actors, lambda some: one(some) + two(some)).values
    apart = zip(shapley(actors, one).values, shapley(actors, two).values, strict=True)
    assert together == tuple(left + right for left, right in apart)


@st.composite
def synergies(draw: st.DrawFn) -> tuple[tuple[str, ...], SynergyWorth]:
    actors = ACTORS[: draw(st.integers(1, 6))]
    figures = st.one_of(st.integers(-99, 99), st.fractions(-9, 9, max_denominator=7))
    groups = st.lists(st.sampled_from(actors), min_size=1, unique=True).map(tuple)
    return actors, SynergyWorth(
        own=tuple((actor, draw(figures)) for actor in actors),
        synergies=tuple(
            Synergy(members=group, bonus=draw(figures)) for group in draw(st.lists(groups, max_size=5))
        ),
    )


@given(synergies())
@settings(max_examples=60, deadline=None)
def test_the_closed_form_agrees_with_all_coalitions(game: tuple[tuple[str, ...], SynergyWorth]) -> None:
    actors, worth = game
    closed, exact = shapley(actors, worth), shapley(actors, worth, method="exact")
    assert closed.method == "closed"
    assert (closed.values, closed.total) == (exact.values, exact.total)


def test_a_thousand_actors_have_a_closed_form() -> None:
    actors = range_names(1000)
    worth = SynergyWorth(synergies=(Synergy(members=tuple(actors), bonus=10),))
    assert set(shapley(actors, worth).values) == {F(1, 100)}


def test_figures_beyond_machine_words_stay_exact() -> None:
    huge = 10**30
    found = shapley(["a", "b"], lambda some: {0: 0, 1: 1, 2: huge}[len(some)])
    assert found.values == (F(huge, 2), F(huge, 2))


def test_twelve_actors_take_less_than_a_second() -> None:
    worth = growing(1, 12)
    begun = process_time()
    shapley(ACTORS[:12], worth)
    assert process_time() - begun < 1


def test_drawn_values_keep_their_stated_error_in_nineteen_of_twenty_runs() -> None:
    actors, kept, runs = ACTORS[:6], 0, 500
    for seed in range(runs):
        worth = growing(seed % 10, 6)
        exact = shapley(actors, worth)
        drawn = shapley(actors, worth, method="sampled", sampling=Sampling(seed=seed, pairs=20))
        assert sum(drawn.values) == exact.total
        kept += all(
            abs(one - two) <= drawn.error for one, two in zip(exact.values, drawn.values, strict=True)
        )
    assert kept >= 0.95 * runs


def test_more_pairs_come_nearer() -> None:
    worth, off = growing(3, 8), []
    exact = shapley(ACTORS[:8], worth).values
    for pairs in (20, 20_000):
        drawn = shapley(ACTORS[:8], worth, method="sampled", sampling=Sampling(seed=5, pairs=pairs))
        off.append(max(abs(one - two) for one, two in zip(exact, drawn.values, strict=True)))
    assert off[1] * 10 < off[0]


def test_the_stated_error_is_hoeffdings() -> None:
    drawn = shapley(
        ACTORS[:3], lambda some: 7 * len(some), method="sampled", sampling=Sampling(seed=1, pairs=50)
    )
    assert float(drawn.error) == pytest.approx(21 * sqrt(log(2 * 3 / 0.05) / (2 * 50)), rel=1e-7)
    assert drawn.doubt == F(1, 20)


def test_the_asked_error_decides_how_many_orders_are_drawn() -> None:
    def draw(error: Fraction) -> int:
        sampling = Sampling(seed=1, error=error, pairs=10**6)
        return shapley(ACTORS[:3], len, method="sampled", sampling=sampling).pairs

    assert [draw(F(1, 2)), draw(F(1, 20))] == [87, 8618]  # 9 ln(120) / (2 error^2), rounded up


def test_an_error_that_takes_too_many_orders_is_refused_before_drawing() -> None:
    def count(some: Coalition) -> int:
        assert len(some) in {0, 3}
        return len(some)

    with pytest.raises(NotProven, match="takes 8618 pairs") as caught:
        shapley(ACTORS[:3], count, method="sampled", sampling=Sampling(seed=1, error=F(1, 20), pairs=99))
    assert caught.value.figures == {"pairs": 8618, "allowed": 99}


def test_the_seed_is_the_draw() -> None:
    worth = growing(4, 7)

    def draw(seed: int) -> tuple[Fraction, ...]:
        return shapley(ACTORS[:7], worth, method="sampled", sampling=Sampling(seed=seed, pairs=9)).values

    assert draw(1) == draw(1) != draw(2)
    assert shapley(["a", "b"], len, method="sampled", sampling=Sampling(seed=8)).seed == 8


def test_a_draw_outside_the_declared_bounds_is_refused() -> None:
    def spoiled(some: Coalition) -> int:
        return len(some) - 5 * ("c" in some)

    with pytest.raises(AttributionRefused, match=r"adds -4 .* declare least and most"):
        shapley(ACTORS[:3], spoiled, method="sampled", sampling=Sampling(seed=1))
    sampling = Sampling(seed=1, pairs=9, least=-4, most=1)
    assert shapley(ACTORS[:3], spoiled, method="sampled", sampling=sampling).values == (F(1), F(1), F(-4))


def test_a_coalition_is_valued_once() -> None:
    asked: list[Coalition] = []

    def worth(some: Coalition) -> int:
        asked.append(some)
        return len(some)

    shapley(ACTORS[:5], worth, method="sampled", sampling=Sampling(seed=1, pairs=10_000))
    assert len(asked) == len(set(asked)) == 32


@pytest.mark.parametrize(
    ("actors", "worth", "said"),
    [
        ([], SynergyWorth(), "at least one"),
        (["a", "a"], SynergyWorth(), "none twice"),
        (["a"], SynergyWorth(own=(("b", 1),)), "not among the actors"),
        (["a"], TableWorth({frozenset("b"): 1}), "not among the actors"),
        (["a", "b"], TableWorth({frozenset("ab"): 1}), r"lacks \['a'\]"),
        (["a"], lambda _: 0.5, "whole number or a Fraction, not 0.5"),
        (["a"], lambda _: True, "not True"),
        (range_names(13), len, "say how to draw"),
    ],
)
def test_what_cannot_be_divided_is_refused(actors: list[str], worth: Worth, said: str) -> None:
    with pytest.raises(AttributionRefused, match=said):
        shapley(actors, worth)


def test_methods_refuse_what_they_cannot_do() -> None:
    with pytest.raises(AttributionRefused, match="closed form"):
        shapley(["a"], len, method="closed")
    with pytest.raises(AttributionRefused, match="8192 coalitions"):
        shapley(range_names(13), len, method="exact")
    with pytest.raises(AttributionRefused, match="up to 62"):
        shapley(range_names(63), len, sampling=Sampling(seed=1))


@pytest.mark.parametrize(
    "fields", [{"doubt": F(0)}, {"doubt": F(1)}, {"pairs": 0}, {"seed": -1}, {"error": 0}, {"pairs": 10**7}]
)
def test_a_draw_without_meaning_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(AttributionRefused):
        Sampling(**({"seed": 1} | fields))  # type: ignore[arg-type]  # wrong fields by design


@pytest.mark.parametrize("members", [(), ("a", "a")])
def test_a_synergy_needs_different_members(members: tuple[str, ...]) -> None:
    with pytest.raises(AttributionRefused, match="none twice"):
        Synergy(members=members, bonus=1)
