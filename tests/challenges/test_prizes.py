"""What a prize can cost, and how a tie is paid."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges import Places, Pool, prize_maximum, split_places
from almoner.challenges.prizes import amount_findings, prize_findings
from almoner.finance.errors import DocumentInvalid, TooPrecise
from almoner.finance.money import Money, money, zero
from almoner.finance.units import currency

USD = currency("USD")
PAY = [money(text, USD) for text in ("100.00", "50.00", "25.00")]


def test_a_tie_at_place_two_shares_places_two_and_three() -> None:
    assert split_places(PAY, [["a"], ["c", "b"], ["d"]]) == (
        ("a", 1, PAY[0]),
        ("b", 2, money("37.50", USD)),
        ("c", 2, money("37.50", USD)),
    )


def test_places_beyond_the_last_count_as_nothing() -> None:
    shared = split_places(PAY, [["a"], ["b"], ["c", "d", "e"]])
    assert [(name, place, amount.text) for name, place, amount in shared[2:]] == [
        ("c", 3, "8.34"),
        ("d", 3, "8.33"),
        ("e", 3, "8.33"),
    ]


def test_a_tie_at_the_top_leaves_place_two_empty() -> None:
    assert [(name, place, amount.text) for name, place, amount in split_places(PAY, [["a", "b"], ["c"]])] == [
        ("a", 1, "75.00"),
        ("b", 1, "75.00"),
        ("c", 3, "25.00"),
    ]


def test_nobody_is_paid_nothing() -> None:
    cents = [money("0.01", USD)]
    assert split_places(cents, [["b", "a"]]) == (("a", 1, cents[0]),)
    assert split_places(cents, []) == ()


@given(
    st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=8),
    st.lists(st.integers(min_value=1, max_value=4), max_size=8),
)
def test_whoever_ties_the_places_taken_are_paid_in_full(minors: list[int], sizes: list[int]) -> None:
    amounts = [Money(minor=minor, unit=USD) for minor in minors]
    groups = [[f"g{n}-{m}" for m in range(size)] for n, size in enumerate(sizes)]
    paid = split_places(amounts, groups)
    taken = amounts[: sum(sizes)]
    assert sum((amount for _, _, amount in paid), start=zero(USD)) == sum(taken, start=zero(USD))
    for group in groups:
        parts = [amount.minor for name, _, amount in paid if name in group]
        assert not parts or max(parts) - min(parts) <= 1


def test_maximum_is_the_sum_of_places_or_the_pool() -> None:
    places = Places.read('{"kind": "places", "phase": "p", "amounts": ["100.00", "50.00", "25.00"]}')
    pool = Pool.read('{"kind": "pool", "phase": "p", "amount": "9.5", "split": "score"}')
    assert prize_maximum(places, USD) == money("175.00", USD)
    assert prize_maximum(pool, USD) == money("9.50", USD)
    with pytest.raises(TooPrecise):
        prize_maximum(pool, currency("JPY"))


@pytest.mark.parametrize(
    ("amounts", "path"),
    [
        (["100.00", "0"], "/p/amounts/1"),
        (["-1"], "/p/amounts/0"),
        (["1.005"], "/p/amounts/0"),
        (["50.00", "100.00"], "/p/amounts/1"),
        (["9999999999999999999"], "/p/amounts/0"),
    ],
)
def test_amounts_that_cannot_be_are_found(amounts: list[str], path: str) -> None:
    prize = Places.read(json.dumps({"kind": "places", "phase": "p", "amounts": amounts}))
    assert [row["path"] for row in prize_findings(prize, "USD", "/p")] == [path]


def test_the_digits_of_a_unit_that_is_no_currency_are_left_to_its_scale() -> None:
    assert amount_findings("0.00000001", "OP", "/x") == []
    assert amount_findings("0", "OP", "/x") != []
    assert amount_findings("0", "OP", "/x", zero_allowed=True) == []


@pytest.mark.parametrize(
    "change", [{"tie": "lottery"}, {"unawarded": "keep"}, {"amounts": []}, {"grand": "1"}]
)
def test_unknown_ways_are_refused(change: dict[str, Any]) -> None:
    content = {"kind": "places", "phase": "p", "amounts": ["1"]} | change
    with pytest.raises(DocumentInvalid):
        Places.read(json.dumps(content))
