"""What a prize can cost, and how a tie is paid."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from almoner.challenges import Places, Pool, prize_maximum, split_places
from almoner.challenges.prizes import (
    AnyPrize,
    Prize,
    Staged,
    amount_findings,
    prize_findings,
    prize_phases,
    stage_amounts,
)
from almoner.finance.errors import TooPrecise
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


METRIC = {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}
STAGE = {"id": "pilot", "amount": "40.00", "due": "2028-06-30", "condition": METRIC}
GOOD: dict[str, dict[str, Any]] = {
    "grand": {"kind": "grand", "phase": "p", "amount": "60.00"},
    "places": {"kind": "places", "phase": "p", "n": 3, "amount": "20.00"},
    "finalists_then_grand": {
        "kind": "finalists_then_grand",
        "phase": "p",
        "n": 5,
        "each": "2.00",
        "grand": "50.00",
        "final_phase": "q",
    },
    "staged": {
        "kind": "staged",
        "phase": "p",
        "winners": 2,
        "amount": "30.00",
        "stages": [
            {"id": "pilot", "share_bp": 3333, "due": "2028-06-30", "condition": METRIC},
            {
                "id": "scale",
                "share_bp": 6667,
                "due": "2029-06-30",
                "condition": METRIC,
                "late": {"reduce_bp_per_day": 50},
            },
        ],
    },
    "first_to_finish": {
        "kind": "first_to_finish",
        "phase": "p",
        "amount": "60.00",
        "target": METRIC,
        "deadline": "2028-12-31",
        "verification": "Each well visited",
        "settles_after": "2029-03-31",
    },
    "measured_progress": {
        "kind": "measured_progress",
        "phase": "p",
        "amount": "60.00",
        "basis": "lower_bound",
        "split": "proportional",
        "hub_cap_bp": 4000,
    },
    "pool": {"kind": "pool", "phase": "p", "amount": "60.00", "split": "ask"},
    "discretionary": {
        "kind": "discretionary",
        "phase": "p",
        "ceiling": "60.00",
        "who": ["chair"],
        "criteria": "Work that the rubric does not see.",
    },
    "in_kind": {
        "kind": "in_kind",
        "phase": "p",
        "description": "A year in a laboratory",
        "valuation": "list price of 2027",
        "cash_cost": "60.00",
    },
}


def read(content: dict[str, Any]) -> AnyPrize:
    adapter: TypeAdapter[AnyPrize] = TypeAdapter(Prize)
    return adapter.validate_json(json.dumps(content))


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_every_kind_of_prize_states_the_most_it_costs(kind: str) -> None:
    prize = read(GOOD[kind])
    assert prize_findings(prize, "USD", "/p") == []
    assert prize_maximum(prize, USD) == money("60.00", USD)


@pytest.mark.parametrize("kind", sorted(GOOD))
@pytest.mark.parametrize("change", [{"tie": "coin"}, {"unawarded": "keep"}, {"phase": ""}, {"jury": "1"}])
def test_unknown_ways_are_refused(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(GOOD[kind] | change)


@pytest.mark.parametrize("kind", sorted(GOOD))
@pytest.mark.parametrize("tie", ["split", "lottery", "panel", "all_if_funded"])
def test_every_kind_takes_every_rule_of_ties_and_of_what_nobody_wins(kind: str, tie: str) -> None:
    for rest in ("return", "redistribute", {"roll_over": "later"}):
        prize = read(GOOD[kind] | {"tie": tie, "unawarded": rest})
        assert prize.rolls_to == ("later" if isinstance(rest, dict) else "")
        assert (("unawarded/roll_over", "later") in prize_phases(prize)) == isinstance(rest, dict)


@pytest.mark.parametrize(
    ("kind", "change", "path"),
    [
        ("grand", {"amount": "0"}, "/p/amount"),
        ("places", {"amounts": ["20.00"]}, "/p"),
        ("places", {"n": None}, "/p"),
        ("places", {"n": None, "amount": None, "amounts": ["50.00", "100.00"]}, "/p/amounts/1"),
        ("places", {"n": 1000, "amount": "46116860184273879.03"}, "/p"),
        ("finalists_then_grand", {"each": "0.001"}, "/p/each"),
        ("finalists_then_grand", {"final_phase": "p"}, "/p/final_phase"),
        ("staged", {"amount": None}, "/p/stages/0"),
        ("staged", {"stages": [STAGE]}, "/p/stages/0"),
        ("staged", {"stages": [STAGE, STAGE], "amount": None}, "/p/stages/1/id"),
        (
            "staged",
            {"stages": [STAGE, STAGE | {"id": "b", "due": "2028-06-29"}], "amount": None},
            "/p/stages/1/due",
        ),
        ("staged", {"stages": [STAGE | {"amount": "-1"}], "amount": None}, "/p/stages/0/amount"),
        ("first_to_finish", {"settles_after": "2028-12-30"}, "/p/settles_after"),
        ("measured_progress", {"price": "1.00"}, "/p/price"),
        ("measured_progress", {"split": "per_unit"}, "/p/price"),
        ("measured_progress", {"split": "ranked"}, "/p/shares_bp"),
        ("measured_progress", {"split": "ranked", "shares_bp": [6000, 4001]}, "/p/shares_bp"),
        ("measured_progress", {"split": "ranked", "shares_bp": [4000, 4001]}, "/p/shares_bp/1"),
        ("measured_progress", {"damping": "1.01"}, "/p/damping"),
        ("discretionary", {"ceiling": "-5"}, "/p/ceiling"),
        ("in_kind", {"cash_cost": "-1"}, "/p/cash_cost"),
    ],
)
def test_a_prize_that_cannot_be_is_found_at_its_place(kind: str, change: dict[str, Any], path: str) -> None:
    assert path in [row["path"] for row in prize_findings(read(GOOD[kind] | change), "USD", "/p")]


def test_stages_that_share_one_amount_sum_to_it() -> None:
    prize = read(GOOD["staged"])
    assert isinstance(prize, Staged)
    assert [part.text for part in stage_amounts(prize, USD)] == ["10.00", "20.00"]


def test_the_odd_minor_unit_follows_the_lottery_and_not_the_alphabet() -> None:
    cents = [money("0.01", USD)]
    assert split_places(cents, [["a", "b"]], order={"a": 2, "b": 1}.__getitem__) == (("b", 1, cents[0]),)
