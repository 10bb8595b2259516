"""Prices on counts; figures of Denver and of Project Apollo are published, the others computed by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from almoner.contracts.mechanisms import (
    Line,
    Route,
    any_of,
    at_least,
    bid_discount,
    bonus_above_base,
    limit,
    lit,
    members,
    metric,
    milestone_ladder,
    obs,
    population_price,
    price_per_point,
    rate,
    rate_card,
    repeat_claims,
    unit_count,
    unit_price,
)
from almoner.finance.errors import AlmonerError, TermError

Make = Callable[..., Any]
ROUTE = Route(payer="city", payee="fund", money="USD/2", basis="cumulative")
DAY = rate("15.12", "USD/2", "day/0")


@pytest.mark.parametrize(
    ("days", "paid"),
    [("0", "0.00"), ("12457", "188349.84"), ("258858", "3913932.96"), ("350000", "5290000.00")],
)
def test_denver_pays_every_net_day_up_to_the_housing_maximum(deal: Make, days: str, paid: str) -> None:
    price = unit_price(name="housing", of=obs("days"), price=DAY, unit="day/0", route=ROUTE)
    made = deal(
        metric("days", unit="day/0", most="400000"), price, limit("housing-most", "5290000", ["housing"])
    )
    assert made.pay(("days", days))("housing") == paid


@pytest.mark.parametrize(
    ("lease", "jail", "left", "paid"),
    [
        ("364", "0", "false", "0.00"),
        ("365", "10", "false", "5367.60"),
        ("200", "0", "true", "3024.00"),
        ("365", "365", "false", "0.00"),
        ("365", "370", "false", "0.00"),
    ],
)
@pytest.mark.parametrize("over", ["people", ""])
def test_denver_pays_a_person_back_to_the_first_day_once_a_year_is_reached(
    deal: Make, lease: str, jail: str, left: str, paid: str, over: str
) -> None:
    per: dict[str, Any] = {"per": ("people",)}
    made = deal(
        members("people", most=400),
        metric("lease", unit="day/0", most="2000", **per),
        metric("jail", unit="day/0", most="2000", **per),
        metric("planned_exit", **per),
        unit_price(
            name="housing",
            of=obs("lease"),
            less=obs("jail"),
            qualifies=any_of(at_least(obs("lease"), lit("365", "day/0")), obs("planned_exit")),
            over=over,
            price=DAY,
            unit="day/0",
            route=ROUTE if over else replace(ROUTE, each=("people",)),
        ),
    )
    one = {"people": "p1"}
    assert (
        made.pay(("lease", lease, one), ("jail", jail, one), ("planned_exit", left, one))("housing") == paid
    )


def test_a_person_whose_facts_are_missing_holds_up_a_sum_but_not_the_others_when_paid_each(
    deal: Make,
) -> None:
    per: dict[str, Any] = {"per": ("people",)}
    facts = [members("people", most=3), metric("days", unit="day/0", most="2000", **per)]
    rows = [("days", "10", {"people": "p1"})]
    summed = deal(
        *facts, unit_price(name="h", of=obs("days"), over="people", price=DAY, unit="day/0", route=ROUTE)
    )
    each = deal(
        *facts,
        unit_price(name="h", of=obs("days"), price=DAY, unit="day/0", route=replace(ROUTE, each=("people",))),
    )
    people = {"people": ["p1", "p2"]}
    assert summed.pay(*rows, members=people)("h") is None
    assert each.pay(*rows, members=people)("h") == "151.20"


@pytest.mark.parametrize(("births", "paid"), [("0", "0.00"), ("1", "40.00"), ("900", "36000.00")])
def test_a_count_is_paid_up_to_its_domain(deal: Make, births: str, paid: str) -> None:
    made = deal(unit_count(name="births", unit="birth/0", most="900", price="40", route=ROUTE))
    assert made.pay(("births.count", births))("births") == paid
    with pytest.raises(AlmonerError, match="901"):
        made.pay(("births.count", "901"))


def test_a_count_of_every_period_is_paid_to_date(deal: Make) -> None:
    count = unit_count(name="births", unit="birth/0", most="900", price="40", route=ROUTE, by_period=True)
    made = deal(count, periods="P6M")
    paid = made.pay(("births.count", "3", {"period": "p1"}), ("births.count", "5", {"period": "p2"}))
    assert [paid("births", "p1"), paid("births", "p2"), paid("births")] == ["120.00", "200.00", "320.00"]


def test_a_claim_beyond_the_allowance_is_refused_and_one_inside_is_paid(deal: Make) -> None:
    made = deal(
        members("people", most=5),
        repeat_claims(
            name="calm", people="people", price="220", allowance="3", route=replace(ROUTE, money="GBP/2")
        ),
    )
    rows = [("calm.claims", "1", {"people": "p1", "id": f"c{n}"}) for n in range(4)]
    assert made.pay(*rows[:3])("calm") == "660.00"
    assert made.pay(*rows[:3], ("calm.claims", "2", {"people": "p2"}))("calm") == "1100.00"
    with pytest.raises(AlmonerError, match="4"):
        made.pay(*rows)


APOLLO = [Line(name="ready", price="220"), Line(name="level-1", price="1760"), Line(name="job", price="660")]


@pytest.mark.parametrize("form", ["table", "metrics"])
def test_a_rate_card_pays_line_by_line_in_both_forms(deal: Make, form: str) -> None:
    """Prices of Project Apollo (INDIGO-POJ-0123), counts by hand."""
    route = replace(ROUTE, money="GBP/2")
    made = deal(rate_card(name="card", lines=APOLLO, route=route, form=form))
    counts = {"ready": "52", "level-1": "10", "job": "0"}
    if form == "table":
        rows = [("card.claims", count, {"card.lines": line}) for line, count in counts.items()]
        paid = made.pay(*rows)
        assert paid("card", card__lines="level-1") == "17600.00"
    else:
        paid = made.pay(*((f"{line}.claims", count) for line, count in counts.items()))
        assert paid("level-1") == "17600.00"
    assert paid("paid") == "29040.00"


def test_a_rate_card_can_be_kept_person_by_person_with_an_allowance(deal: Make) -> None:
    lines = [replace(one, most="2") for one in APOLLO]
    made = deal(members("people", most=9), rate_card(name="card", lines=lines, route=ROUTE, people="people"))
    at = {"people": "p1", "card.lines": "ready"}
    assert made.pay(("card.claims", "2", at))("paid") == "440.00"
    with pytest.raises(AlmonerError, match="3"):
        made.pay(("card.claims", "3", at))


def test_lines_with_other_allowances_need_their_own_metrics() -> None:
    lines = [Line(name="a", price="1", most="1"), Line(name="b", price="1", most="2")]
    with pytest.raises(TermError, match="1, 2 claims"):
        rate_card(name="card", lines=lines, route=ROUTE)


@pytest.mark.parametrize("form", ["table", "metrics"])
def test_a_bid_takes_its_discount_off_every_price_and_rounds_it(deal: Make, form: str) -> None:
    lines = [Line(name="job", price="0.99")]
    made = deal(
        bid_discount(name="bid", bid="0.125"),
        rate_card(name="card", lines=lines, route=ROUTE, form=form, keeps="bid.keeps"),
    )
    row = ("card.claims", "100", {"card.lines": "job"}) if form == "table" else ("job.claims", "100")
    paid = made.pay(row)
    assert paid("bid.keeps") == "0.875"
    assert paid("paid") == "87.00"  # 0.99 x 0.875 = 0.86625, so 0.87 a claim


def test_a_rung_pays_once_and_only_above_reached_rungs(deal: Make) -> None:
    rungs = [Line(name="home", price="500"), Line(name="m3", price="1500"), Line(name="m6", price="1500")]
    made = deal(
        members("people", most=5), milestone_ladder(name="l", rungs=rungs, people="people", route=ROUTE)
    )

    def rows(person: str, *reached: str) -> list[tuple[str, str, dict[str, str]]]:
        return [
            (f"l.{name}", said, {"people": person})
            for name, said in zip(("home", "m3", "m6"), reached, strict=True)
        ]

    assert made.pay(*rows("a", "true", "true", "true"))("paid") == "3500.00"
    assert made.pay(*rows("a", "true", "false", "true"))("paid") == "500.00"
    assert made.pay(*rows("a", "false", "true", "true"))("paid") == "0.00"
    both = made.pay(*rows("a", "true", "true", "false"), *rows("b", "true", "false", "false"))
    assert (both("l/home"), both("l/m3"), both("l/m6")) == ("1000.00", "1500.00", "0.00")
    assert both("l/home", people="b") == "500.00"
    assert made.pay(("l.home", "true", {"people": "a"}))("paid") == "500.00"


@pytest.mark.parametrize(
    ("gain", "whole", "parts"),
    [
        ("-3.00", "0.00", "0.00"),
        ("5.00", "0.00", "0.00"),
        ("5.99", "0.00", "990.00"),
        ("6.00", "1000.00", "1000.00"),
        ("7.99", "2000.00", "2500.00"),
        ("8.00", "2500.00", "2500.00"),
        ("50.00", "2500.00", "2500.00"),
    ],
)
def test_points_are_paid_whole_or_in_part_and_the_maximum_cuts_the_last(
    deal: Make, gain: str, whole: str, parts: str
) -> None:
    common: dict[str, Any] = {
        "of": obs("gain"),
        "start": lit("5.00", "percent/2"),
        "step": lit("1.00", "percent/2"),
        "price": "1000",
        "most": "2500",
        "route": ROUTE,
    }
    made = deal(
        metric("gain", unit="percent/2", least="-100", most="100"),
        price_per_point(name="whole", **common),
        price_per_point(name="parts", part_steps=True, **common),
    )
    paid = made.pay(("gain", gain))
    assert (paid("whole"), paid("parts")) == (whole, parts)


@pytest.mark.parametrize(
    ("girls", "paid"), [("0", "0.00"), ("40", "0.00"), ("41", "25.00"), ("100", "1500.00")]
)
def test_a_bonus_begins_above_its_base(deal: Make, girls: str, paid: str) -> None:
    base = lit("40", "girl/0")
    bonus = bonus_above_base(name="b", of=obs("girls"), base=base, unit="girl/0", price="25", route=ROUTE)
    assert deal(metric("girls", unit="girl/0", most="100"), bonus).pay(("girls", girls))("b") == paid


def test_prices_of_groups_are_rounded_one_by_one(deal: Make) -> None:
    made = deal(
        population_price(
            name="job",
            base="99.99",
            groups={"young": "1.000", "long-term": "1.375"},
            route=ROUTE,
            most="500",
            rounding="floor",
        )
    )
    paid = made.pay(
        ("job.count", "10", {"job.groups": "young"}), ("job.count", "2", {"job.groups": "long-term"})
    )
    assert paid("job.price", job__groups="long-term") == "137.48"  # 137.48625
    assert paid("paid") == "1274.86"
