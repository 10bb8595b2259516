"""Each rule of awards on its own: ties, asks, races, progress, stages, candidates of an allocation."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from almoner.challenges import Pool
from almoner.challenges.awarding import (
    Award,
    Finish,
    Order,
    TieBreak,
    award_by_ask,
    award_final,
    award_first,
    award_in_kind,
    award_places,
    award_progress,
    award_staged,
    exclusions,
    pose,
    redistribute,
    unawarded,
)
from almoner.challenges.damping import ProgressContender
from almoner.challenges.errors import ScoreInvalid, TieUnresolved
from almoner.challenges.prizes import (
    FinalistsThenGrand,
    FirstToFinish,
    InKindPrize,
    MeasuredProgress,
    Places,
    Staged,
)
from almoner.challenges.rubric import Scale
from almoner.finance.money import Money, money
from almoner.finance.units import currency

from .decision_cases import GOOD_PRIZES, application

USD = currency("USD")
SEED = TieBreak(seed="beacon 7")
Rows = list[tuple[str, str]]


def order(*groups: Sequence[str], **worth: int) -> Order:
    names = {name: Fraction(value) for name, value in worth.items()}
    return Order(groups=tuple(tuple(group) for group in groups), said={}, worth=names)


def prize_of(kind: type[Any], **change: Any) -> Any:  # noqa: ANN401  # a prize of any kind
    content = {
        name: value for name, value in {**GOOD_PRIZES[kind.__name__], **change}.items() if value is not None
    }
    return kind.read(json.dumps(content))


def paid(awards: Sequence[Award]) -> Rows:
    return [(award.application_id, award.amount.text) for award in awards]


def usd(amount: str) -> Money:
    return money(amount, USD)


PLACES = {"amounts": ["100.00", "50.00", "25.00"], "n": None, "amount": None}


def places(tie: str, groups: Order, breaker: TieBreak = SEED) -> Rows:
    return paid(award_places(prize_of(Places, tie=tie, **PLACES), groups, unit=USD, tie=breaker))


def test_the_example_of_the_brief_a_tie_at_place_two_pays_37_50_each() -> None:
    assert sorted(places("split", order("a", "bc", "d"))) == [("a", "100.00"), ("b", "37.50"), ("c", "37.50")]


def test_a_lottery_gives_whole_places_in_the_order_of_the_seed() -> None:
    seen = {tuple(places("lottery", order("abcd"), TieBreak(seed=str(n)))) for n in range(200)}
    assert len(seen) == 24
    assert all([amount for _, amount in rows] == ["100.00", "50.00", "25.00"] for rows in seen)
    assert places("lottery", order("abcd")) == places("lottery", order("dcba"))


def test_the_panel_orders_a_tie_only_by_a_decision_that_names_all_of_it() -> None:
    said = TieBreak(decided=(("c", "b"), ("c", "a", "b")))
    assert places("panel", order("abc"), said) == [("c", "100.00"), ("a", "50.00"), ("b", "25.00")]
    with pytest.raises(TieUnresolved, match="recorded decision"):
        places("panel", order("abc"), TieBreak(decided=(("c", "b"),)))


def test_a_lottery_without_a_seed_waits() -> None:
    with pytest.raises(TieUnresolved, match="a, b are tied at place 1"):
        places("lottery", order("ab"), TieBreak())


def test_equal_places_for_all_who_are_tied_need_no_lottery() -> None:
    prize = prize_of(Places, tie="lottery", n=3, amount="9.00")
    assert paid(award_places(prize, order("abc"), unit=USD)) == [(name, "9.00") for name in "abc"]


def test_all_are_paid_in_full_when_the_difference_is_free_and_share_when_not() -> None:
    full = TieBreak(free=usd("75.00"))
    assert places("all_if_funded", order("a", "bc"), full) == [
        ("a", "100.00"),
        ("b", "50.00"),
        ("c", "50.00"),
    ]
    assert places("all_if_funded", order("ab", "cd"), full) == [
        ("a", "100.00"),
        ("b", "100.00"),
        ("c", "25.00"),
        ("d", "25.00"),
    ]
    for short in (None, usd("24.99")):
        assert places("all_if_funded", order("a", "bc"), TieBreak(free=short))[1][1] == "37.50"


def test_what_rolls_over_is_shared_by_the_places() -> None:
    rows = award_places(prize_of(Places, **PLACES), order("a", "b", "c"), unit=USD, added=usd("17.51"))
    assert paid(rows) == [("a", "110.01"), ("b", "55.00"), ("c", "27.50")]


def test_only_finalists_win_the_final() -> None:
    prize = prize_of(FinalistsThenGrand)
    rows = award_final(prize, order("x", "b", "a"), ["a", "b"], unit=USD, tie=SEED)
    assert [(row.application_id, row.part, row.amount.text) for row in rows] == [("b", "grand", "50.00")]


def test_a_contract_or_a_thing_is_not_divided() -> None:
    for kind, award in ((Staged, award_staged), (InKindPrize, award_in_kind)):
        with pytest.raises(TieUnresolved, match="lottery or panel"):
            award(prize_of(kind, winners=None), order("ab"), unit=USD)
        assert len(award(prize_of(kind, winners=None, tie="lottery"), order("ab"), unit=USD, tie=SEED)) == 1
    assert paid(award_staged(prize_of(Staged, winners=2), order("ab", "c"), unit=USD)) == [
        ("a", "30.00"),
        ("b", "30.00"),
    ]


ASKS = [application("a", "40.00", "10.00"), application("b", "50.00", "30.00"), application("c", "5.00", "0")]


def by_ask(pool: str, groups: Order, tie: str = "split", breaker: TieBreak = SEED) -> Rows:
    prize = prize_of(Pool, amount=pool, split="ask", tie=tie)
    return paid(award_by_ask(prize, groups, ASKS, unit=USD, tie=breaker))


def test_asks_are_paid_in_full_until_the_money_ends_and_no_small_ask_passes_a_better_one() -> None:
    ranked = order("a", "b", "c")
    assert by_ask("95.00", ranked) == [("a", "40.00"), ("b", "50.00"), ("c", "5.00")]
    assert by_ask("70.00", ranked) == [("a", "40.00"), ("b", "30.00")]
    assert by_ask("69.99", ranked) == [("a", "40.00")]
    assert by_ask("9.99", ranked) == []


def test_a_tie_where_the_money_ends_gets_equal_parts_or_an_order_or_free_money() -> None:
    tied = order("ab", "c")
    assert by_ask("70.00", tied) == [("a", "35.00"), ("b", "35.00")]
    assert by_ask("85.00", tied) == [("a", "40.00"), ("b", "45.00")]
    with pytest.raises(TieUnresolved, match="less than the minimum"):
        by_ask("59.98", tied)
    said = TieBreak(decided=(("b", "a"),))
    assert by_ask("70.00", tied, "panel", said) == [("b", "50.00"), ("a", "20.00")]
    funded = TieBreak(free=usd("20.00"))
    assert by_ask("70.00", tied, "all_if_funded", funded) == [("a", "40.00"), ("b", "50.00")]


@pytest.mark.parametrize("rule", ["split", "lottery", "panel"])
def test_a_tie_behind_the_last_money_stops_nothing(rule: str) -> None:
    assert by_ask("40.00", order("a", "bc"), rule, TieBreak()) == [("a", "40.00")]


def finish(name: str, achieved: str, final: str | None, value: str = "12") -> Finish:
    return Finish(
        application_id=name,
        determination=f"d-{name}",
        value=value,
        achieved_at=datetime.fromisoformat(achieved),
        final_at=None if final is None else datetime.fromisoformat(f"{final}T12:00+00:00"),
    )


def race(as_of: str, *rows: Finish) -> tuple[Rows, bool, dict[str, str]]:
    now = datetime.fromisoformat(f"{as_of}T12:00+00:00").astimezone(UTC)
    zone = "Africa/Nairobi"
    found = award_first(prize_of(FirstToFinish), rows, as_of=now, unit=USD, time_zone=zone)
    return paid(found.awards), found.is_settled, dict(found.set_aside)


def test_the_instant_of_the_achievement_decides_and_not_the_claim() -> None:
    late = finish("late", "2028-06-01T00:00+00:00", "2029-01-01")
    early = finish("early", "2028-05-31T23:59+00:00", "2029-03-30")
    assert race("2029-02-01", late, early) == ([("late", "60.00")], False, {"d-early": "not final"})
    assert race("2029-04-01", late, early) == ([("early", "60.00")], True, {})


def test_after_the_day_of_settling_nothing_changes_the_winner() -> None:
    late = finish("late", "2028-06-01T00:00+00:00", "2029-01-01")
    early = finish("early", "2028-05-01T00:00+00:00", "2029-04-01")
    assert race("2029-05-01", late, early) == (
        [("late", "60.00")],
        True,
        {"d-early": "final after 2029-03-31"},
    )


def test_the_deadline_is_a_day_of_the_briefs_zone_and_the_target_is_exact() -> None:
    inside = finish("in", "2028-12-31T20:59+00:00", "2029-01-02")  # 23:59 in Nairobi
    after = finish("after", "2028-12-31T21:00+00:00", "2029-01-02")
    short = finish("short", "2028-01-01T00:00+00:00", "2029-01-02", "11.999")
    rows, _, aside = race("2029-05-01", inside, after, short)
    assert rows == [("in", "60.00")]
    assert set(aside) == {"d-after", "d-short"}
    assert race("2029-05-01", finish("x", "2028-01-01T00:00+00:00", None))[0] == []


def test_achievements_of_one_instant_share_the_prize() -> None:
    at = "2028-06-01T00:00+00:00"
    assert race("2029-05-01", finish("a", at, "2029-01-01"), finish("b", at, "2029-01-01"))[0] == [
        ("a", "30.00"),
        ("b", "30.00"),
    ]


def hubs(**progress: int | None) -> list[ProgressContender]:
    return [
        ProgressContender(hub=name, progress=None if part is None else Fraction(part, 100))
        for name, part in progress.items()
    ]


def progress(breaker: TieBreak = SEED, found: dict[str, int | None] | None = None, **change: Any) -> Rows:  # noqa: ANN401  # fields
    contenders = hubs(**(found or {"a": 60, "b": 30, "c": 10, "d": 0}))
    return paid(award_progress(prize_of(MeasuredProgress, **change), contenders, unit=USD, tie=breaker))


def test_money_follows_progress_and_the_cap_holds() -> None:
    assert progress(hub_cap_bp=None) == [("a", "36.00"), ("b", "18.00"), ("c", "6.00")]
    assert progress() == [("a", "24.00"), ("b", "24.00"), ("c", "12.00")]
    assert progress(hub_cap_bp=1000) == [("a", "6.00"), ("b", "6.00"), ("c", "6.00")]


def test_places_of_progress_are_ranked_capped_and_never_for_nothing() -> None:
    ranked: dict[str, Any] = {"split": "ranked", "shares_bp": [5000, 3000, 1000, 1000]}
    assert progress(**ranked) == [("a", "24.00"), ("b", "18.00"), ("c", "6.00")]
    tied: dict[str, int | None] = {"a": 50, "b": 50, "c": 0}
    assert sorted(progress(found=tied, **ranked)) == [("a", "24.00"), ("b", "24.00")]


def test_newcomers_have_a_part_of_their_own_and_a_lottery_needs_its_seed() -> None:
    found: dict[str, int | None] = {"a": 60, "new": None}
    aside: dict[str, Any] = {"newcomer_bp": 1000, "hub_cap_bp": None}
    assert progress(found=found, **aside) == [("a", "54.00"), ("new", "6.00")]
    with pytest.raises(ScoreInvalid, match="then give the seed"):
        progress(TieBreak(), found, **aside, newcomers="lottery")


def test_candidates_are_worth_their_mean_or_their_lower_bound_and_barred_ones_are_excluded() -> None:
    scale = Scale.read('{"lo": "1", "hi": "5", "step": "1", "direction": "higher"}')
    ranked = Order(
        groups=(("a",), ("b",)),
        said={},
        worth={"a": Fraction(3), "b": Fraction(2)},
        spread={"a": Fraction(2), "b": Fraction(1, 2)},
    )
    funds = [{"fund_id": "pool", "budget_minor": 8000}]

    def gains(found: Order) -> list[int]:
        document = pose(
            ASKS[:2], found, scale, unit=USD, funds=funds, overrides=exclusions({"b": "conflict"})
        )
        assert list(document.overrides.texts("intervention_id")) == ["b"]
        return [int(one) for one in document.response.ints("gain_micro_per_k")]

    assert gains(ranked) == [3_750_000, 2_000_000]
    assert gains(ranked.lowered(1000)) == [1_250_000, 1_500_000]
    assert gains(ranked.lowered(9000)) == [0, 0]
    with pytest.raises(ScoreInvalid, match="no lower bound"):
        order("a", a=3).lowered(1000)


def test_what_is_left_goes_to_the_winners_to_the_last_cent_or_is_named() -> None:
    prize = prize_of(Places, **PLACES)
    awards = award_places(prize, order("a"), unit=USD)
    rest = unawarded(prize, awards, unit=USD)
    assert rest == usd("75.00")
    assert paid(redistribute(awards, rest)) == [("a", "175.00")]
    assert redistribute([], rest) == ()
    with pytest.raises(ValueError, match="exceed the prize"):
        unawarded(prize, redistribute(awards, usd("75.01")), unit=USD)
