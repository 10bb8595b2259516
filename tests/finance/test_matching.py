from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, currency, money
from almoner.finance.errors import AmountOutOfRange, CurrencyMismatch
from almoner.finance.matching import MatchedSource, counted_in_kind, matched
from almoner.finance.units import valued

USD = currency("USD")
GIFTS = valued(USD)


def source(amount: str, given_units: int, brings: int = 1) -> MatchedSource:
    return MatchedSource(amount=money(amount, USD), given=given_units, brings=brings)


def test_a_published_rule_gives_its_published_match() -> None:
    sources = [source("90000000.00", 3), source("10000000.00", 1)]
    assert matched(sources, money("50000000.00", USD)).text == "40000000.00"
    assert matched(sources, money("25000000.00", USD)).text == "25000000.00"


def test_each_source_is_floored_by_itself() -> None:
    assert matched([source("0.02", 3), source("0.02", 3)], money("1.00", USD)).text == "0.00"
    assert matched([source("0.05", 3, 2)], money("1.00", USD)).text == "0.03"
    assert matched([], money("1.00", USD)).text == "0.00"


@given(
    parts=st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 9), st.integers(0, 9)), max_size=6),
    most=st.integers(0, 10**13),
)
def test_a_match_never_exceeds_its_ceiling_or_its_ratios(
    parts: list[tuple[int, int, int]], most: int
) -> None:
    sources = [MatchedSource(amount=Money(minor=a, unit=USD), given=g, brings=b) for a, g, b in parts]
    total = matched(sources, Money(minor=most, unit=USD)).minor
    exact = sum((Fraction(a * b, g) for a, g, b in parts), start=Fraction(0))
    assert total <= most
    assert total <= exact
    assert total == most or exact - total < max(1, len(parts))


def test_units_are_not_mixed() -> None:
    with pytest.raises(CurrencyMismatch):
        matched([source("1.00", 1)], money("1.00", "EUR"))
    with pytest.raises(CurrencyMismatch):
        counted_in_kind(money("1.00", USD), money("1.00", valued(currency("EUR"))), 2000)
    with pytest.raises(CurrencyMismatch):
        counted_in_kind(money("1.00", USD), money("1.00", USD), 2000)


@pytest.mark.parametrize(("given_units", "brings"), [(0, 1), (-3, 1), (3, -1), (1.5, 1), (True, 1)])
def test_a_ratio_is_one_of_whole_numbers(given_units: int, brings: int) -> None:
    with pytest.raises(ValueError, match="is not one of whole numbers"):
        source("1.00", given_units, brings)


def test_negative_money_brings_nothing() -> None:
    with pytest.raises(AmountOutOfRange):
        source("-1.00", 1)


@given(cash=st.integers(0, 10**15), gifts=st.integers(0, 10**15), most_bp=st.integers(0, 9999))
def test_gifts_count_up_to_their_share_of_the_total(cash: int, gifts: int, most_bp: int) -> None:
    counted = counted_in_kind(Money(minor=cash, unit=USD), Money(minor=gifts, unit=GIFTS), most_bp).minor
    assert 0 <= counted <= gifts
    assert counted * 10_000 <= most_bp * (cash + counted)
    more = counted + 1
    assert counted == gifts or more * 10_000 > most_bp * (cash + more)


@pytest.mark.parametrize("most_bp", [-1, 10_000])
def test_a_share_below_the_whole_is_asked(most_bp: int) -> None:
    with pytest.raises(AmountOutOfRange, match="bp cannot be matched"):
        counted_in_kind(money("1.00", USD), money("1.00", GIFTS), most_bp)
