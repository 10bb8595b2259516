"""One payment among several actors: to the last minor unit, within what was agreed before."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.finance.allocation.sharing.attribution import SharingRule, attribute, divide_within, whole_units
from almoner.finance.allocation.sharing.shapley import Coalition, Sampling, Synergy, SynergyWorth, Worth
from almoner.finance.errors import AttributionRefused, CurrencyMismatch
from almoner.finance.money import Money, money
from almoner.finance.units import currency

F = Fraction
USD = currency("USD")


def usd(amount: str) -> Money:
    return money(amount, "USD")


def worth(**own: int) -> SynergyWorth:
    return SynergyWorth(own=tuple(own.items()))


def paid(payment: str, figures: Worth, names: str, rule: SharingRule | None = None) -> list[str]:
    return [share.amount.text for share in attribute(usd(payment), list(names), figures, rule=rule).shares]


def test_odd_minor_units_go_by_declared_order() -> None:
    assert paid("1.00", worth(a=1, b=1, c=1), "abc") == ["0.34", "0.33", "0.33"]
    assert paid("1.00", worth(a=1, b=1, c=1), "cab") == ["0.34", "0.33", "0.33"]
    assert paid("0.02", worth(a=1, b=3, c=1), "abc") == ["0.01", "0.01", "0.00"]


@given(
    st.integers(0, 10**12),
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 1000), st.integers(0, 10**6)), min_size=1, max_size=8
    ),
)
@settings(max_examples=200, deadline=None)
def test_amounts_sum_to_the_payment_and_keep_their_bounds(
    extra: int, rows: list[tuple[int, int, int]]
) -> None:
    lows = [low for _, low, _ in rows]
    highs = [low + room for _, low, room in rows]
    weights = [F(weight) for weight, _, _ in rows]
    most = sum(high if weight else low for (weight, low, _), high in zip(rows, highs, strict=True))
    total = sum(lows) + extra % (most - sum(lows) + 1)
    exact = divide_within(total, weights, lows, highs)
    amounts = whole_units(total, exact)
    assert sum(exact) == sum(amounts) == total
    factors = set()
    for part, amount, weight, low, high in zip(exact, amounts, weights, lows, highs, strict=True):
        assert low <= part <= high
        assert low <= amount <= high
        assert abs(amount - part) < 1
        if low < part < high:
            factors.add(part / weight)
    assert len(factors) <= 1
    for part, weight, low, high in zip(exact, weights, lows, highs, strict=True):
        for factor in factors:  # whoever is held would cross its bound with everybody's factor
            assert part == min(high, max(low, weight * factor))


def test_guaranteed_minima_and_caps_come_first() -> None:
    rule = SharingRule(minima={"c": usd("20.00")}, caps={"a": usd("50.00")})
    found = attribute(usd("100.00"), list("abc"), worth(a=8, b=1, c=1), rule=rule)
    assert [share.amount.text for share in found.shares] == ["50.00", "25.00", "25.00"]
    assert [share.held for share in found.shares] == ["cap", "", ""]
    rule = SharingRule(minima={"c": usd("20.00")})
    found = attribute(usd("100.00"), list("abc"), worth(a=8, b=1, c=1), rule=rule)
    assert [share.amount.text for share in found.shares] == ["71.11", "8.89", "20.00"]
    assert [share.held for share in found.shares] == ["", "", "minimum"]
    assert found.shares[0].exact == F(64000, 9)


def test_a_minimum_is_paid_to_whoever_adds_nothing() -> None:
    rule = SharingRule(minima={"b": usd("5.00")})
    assert paid("10.00", worth(a=1), "ab", rule) == ["5.00", "5.00"]
    assert paid("5.00", worth(a=1), "ab", rule) == ["0.00", "5.00"]


def test_negative_values_go_by_the_declared_rule() -> None:
    with pytest.raises(AttributionRefused, match=r"\['b'\] are negative") as caught:
        paid("10.00", worth(a=3, b=-1, c=1), "abc")
    assert caught.value.figures["actors"] == ["b"]
    rule = SharingRule(negative="clip_and_rescale")
    found = attribute(usd("10.00"), list("abc"), worth(a=3, b=-1, c=1), rule=rule)
    assert [share.amount.text for share in found.shares] == ["7.50", "0.00", "2.50"]
    assert [share.held for share in found.shares] == ["", "clipped", ""]
    assert [share.value for share in found.shares] == [3, -1, 1]
    assert found.rule.negative == "clip_and_rescale"


def majority(some: Coalition) -> int:
    return 1 if len(some) >= 2 else 0


def test_coalitions_that_would_earn_more_alone_are_reported() -> None:
    found = attribute(usd("90.00"), list("abc"), majority)
    assert found.short is not None
    assert [row.actors for row in found.short] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert {(row.alone, row.given, row.short) for row in found.short} == {(F(9000), F(6000), F(3000))}


def test_a_convex_game_gives_nobody_a_reason_to_leave() -> None:
    figures = SynergyWorth(
        own=(("a", 1), ("b", 2)),
        synergies=(Synergy(members=("a", "b"), bonus=3), Synergy(members=("a", "b", "c"), bonus=1)),
    )
    found = attribute(usd("0.10"), list("abc"), figures)  # rounding alone is no reason
    assert found.short == ()


def test_caps_can_give_a_reason_to_leave() -> None:
    rule = SharingRule(caps={"a": usd("1.00")})
    found = attribute(usd("10.00"), list("ab"), worth(a=1, b=1), rule=rule)
    assert found.short is not None
    assert [(row.actors, row.short) for row in found.short] == [(("a",), F(400))]


def test_a_worth_that_takes_long_is_asked_once_for_each_coalition() -> None:
    asked: list[Coalition] = []

    def slow(some: Coalition) -> int:
        asked.append(some)
        return len(some)

    assert attribute(usd("1.00"), list("abc"), slow).short == ()
    assert len(asked) == len(set(asked)) == 8


def test_thirteen_actors_are_paid_by_drawn_values_to_the_last_unit() -> None:
    names = [f"actor-{at:02}" for at in range(13)]
    found = attribute(
        usd("1000.01"), names, lambda some: len(some) ** 2, sampling=Sampling(seed=3, pairs=200)
    )
    assert sum(share.amount.minor for share in found.shares) == 100_001
    assert (found.values.method, found.values.seed, found.short) == ("sampled", 3, None)
    assert all(abs(value - 13) <= found.values.error for value in found.values.values)


def test_nothing_is_examined_where_the_whole_is_worth_nothing() -> None:
    rule = SharingRule(negative="clip_and_rescale")
    assert attribute(usd("1.00"), list("ab"), worth(a=1, b=-1), rule=rule).short is None


def test_a_payment_of_nothing_is_divided_into_nothing() -> None:
    assert paid("0.00", worth(a=1, b=1), "ab") == ["0.00", "0.00"]


@pytest.mark.parametrize(
    ("payment", "figures", "rule", "said"),
    [
        ("-1.00", worth(a=1), SharingRule(), "must not be negative"),
        ("1.00", worth(a=0), SharingRule(), "leave room for 0"),
        ("1.00", worth(a=1), SharingRule(caps={"a": usd("0.50")}), "leave room for 50"),
        ("1.00", worth(a=1), SharingRule(minima={"a": usd("2.00")}), "the minima take 200"),
        ("1.00", worth(a=1), SharingRule(minima={"z": usd("1.00")}), r"\['z'\], who are not"),
        ("1.00", worth(a=1), SharingRule(minima={"a": usd("1.00")}, caps={"a": usd("0.99")}), "contradict"),
        ("1.00", worth(a=1), SharingRule(minima={"a": usd("-1.00")}), "contradict"),
    ],
)
def test_what_cannot_be_paid_is_refused(
    payment: str, figures: SynergyWorth, rule: SharingRule, said: str
) -> None:
    with pytest.raises(AttributionRefused, match=said):
        attribute(usd(payment), ["a"], figures, rule=rule)


def test_an_unknown_rule_or_another_currency_is_refused() -> None:
    with pytest.raises(AttributionRefused, match="'ignore'"):
        SharingRule(negative="ignore")  # type: ignore[arg-type]  # wrong by design
    with pytest.raises(CurrencyMismatch):
        paid("1.00", worth(a=1), "a", SharingRule(minima={"a": money("1.00", "EUR")}))
