"""Legs: what was paid before keeps its place in pots and in legs of splits, and who pays what is told."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almoner.contracts.terms.legs import Owed, legs_of
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import LegName, State, Step, pay, step
from almoner.contracts.terms.program import Program

Content = dict[str, Any]
Compiler = Callable[[Content], Program]

YEARS = [{"id": "y1", "ends_on": "2026-12-31"}, {"id": "y2", "ends_on": "2027-12-31"}]
BOTH = {"legs": [{"party": "city", "weight": "1"}, {"party": "county", "weight": "1"}]}
CITY_FIRST = {"legs": [{"party": "city", "max": "0.60"}, {"party": "county", "rank": 2}]}
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

hear = partial(step, as_of=None, trace=False)


def seen(value: int, metric: str = "nights", period: str = "", **of: str) -> Observation:
    name = f"{metric}-{period}-{sorted(of.items())}-{value}"
    return Observation(metric=metric, value=value, period=period, id=name, of=tuple(of.items()))


def legs(answer: Step) -> dict[str, int]:
    """What is due, by clause, payer and payee."""
    found: dict[str, int] = {}
    for row in answer.entitlements:
        assert sum(part for _, _, part in row.legs) == row.due
        for payer, payee, part in row.legs:
            name = f"{row.clause} {payer}-{payee}"
            found[name] = found.get(name, 0) + part
    return found


def walk(program: Program, *events: Observation) -> list[dict[str, int]]:
    state, told = State(), []
    for event in events:
        answer = hear(program, state, event)
        assert not legs(hear(program, answer.state))
        state = answer.state
        told.append(legs(answer))
    return told


def priced(metric: str, **more: object) -> Content:
    """Make an amount of one cent per count."""
    price = {"op": "lit", "value": "0.01", "type": f"USD/2 per {metric[:-1]}/0"}
    return {"op": "scale", "of": {"op": "obs", "metric": metric, **more}, "by": [price], "as": "USD/2"}


@pytest.fixture
def split(content: Content, program_of: Compiler) -> Callable[..., Program]:
    """Compile terms of one cent per night and one per meal, each paid out of, or to, a split."""

    def compiled(
        legs: Content, *, end: str = "from", yearly: bool = False, pool: str = "last", **clause: object
    ) -> Program:
        metric = {**content["metrics"]["nights"], "pool": pool}
        window: dict[str, object] = {}
        content["parties"] |= {"county": {"role": "outcome_payer"}, "kitchen": {"role": "service_provider"}}
        if yearly:
            content["calendar"]["periods"] = YEARS
            metric["per"] = ["period"]
            window = {"window": "to_date"} if clause.get("basis", "cumulative") == "cumulative" else {}
        content["metrics"] = {"nights": metric, "meals": {**metric, "type": "meal/0"}}
        content["splits"] = {"several": legs}
        row = {**content["clauses"][0], end: "several", **clause}
        content["clauses"] = [
            {**row, "id": name, "amount": priced(name, **window)} for name in ("nights", "meals")
        ]
        return program_of({**content, "limits": []})

    return compiled


def test_legs_take_more_as_results_come_and_the_whole_is_by_weight(split: Callable[..., Program]) -> None:
    program = split(BOTH)
    told = walk(program, seen(1), seen(2), seen(3), seen(4))
    city, county = {"nights city-home": 1}, {"nights county-home": 1}
    assert told == [city, county, city, county]


def test_a_leg_that_is_full_for_one_clause_is_full_for_another(split: Callable[..., Program]) -> None:
    program = split(CITY_FIRST)
    assert walk(program, seen(50, "meals"), seen(40), seen(60)) == [
        {"meals city-home": 50},
        {"nights city-home": 10, "nights county-home": 30},
        {"nights county-home": 20},
    ]


def test_what_a_late_result_is_paid_leaves_legs_what_they_gave(split: Callable[..., Program]) -> None:
    program = split(CITY_FIRST, yearly=True, basis="period")
    assert walk(program, seen(50, period="y2"), seen(50, period="y1")) == [
        {"nights city-home": 50},
        {"nights city-home": 10, "nights county-home": 40},
    ]


@pytest.mark.parametrize("basis", ["period", "cumulative"])
def test_legs_give_back_by_what_they_took(split: Callable[..., Program], basis: str) -> None:
    program = split(CITY_FIRST, yearly=True, basis=basis, on_decrease="recover")
    told = walk(program, seen(80, period="y1"), seen(40, period="y1"), seen(60, period="y1"))
    assert told == [
        {"nights city-home": 60, "nights county-home": 20},
        {"nights city-home": -30, "nights county-home": -10},
        {"nights city-home": 20},
    ]


def test_legs_that_get_are_held_to_their_maxima_too(split: Callable[..., Program]) -> None:
    legs_of_payees = {
        "legs": [{"party": "home", "max": "0.70"}, {"party": "kitchen", "rank": 2, "max": "0.20"}]
    }
    program = split(legs_of_payees, end="to", yearly=True, basis="period")
    log = (seen(60, period="y2"), seen(25, "meals", "y1"), seen(90, period="y1"))
    assert walk(program, *log) == [
        {"nights city-home": 60},
        {"meals city-home": 10, "meals city-kitchen": 15},
        {"nights city-kitchen": 5},
    ]


def test_several_pay_several_and_each_pair_goes_on_from_what_it_had(
    content: Content, split: Callable[..., Program], program_of: Compiler
) -> None:
    split(CITY_FIRST)
    content["splits"]["takers"] = {
        "legs": [{"party": "home", "max": "0.30"}, {"party": "kitchen", "rank": 2}]
    }
    for row in content["clauses"]:
        row["to"] = "takers"
    program = program_of({**content, "limits": []})
    assert walk(program, seen(50), seen(90), seen(5, "meals")) == [
        {"nights city-home": 30, "nights city-kitchen": 20},
        {"nights city-kitchen": 10, "nights county-kitchen": 30},
        {"meals county-kitchen": 5},
    ]


def test_what_is_set_off_is_not_asked_of_legs_again(split: Callable[..., Program]) -> None:
    program = split(BOTH)
    told = walk(program, seen(100), seen(60), seen(50, "meals"))
    assert told == [
        {"nights city-home": 50, "nights county-home": 50},
        {},
        {"meals city-home": 5, "meals county-home": 5},
    ]


@given(order=st.permutations(range(6)), values=st.lists(st.integers(0, 70), min_size=6, max_size=6))
@SLOW
def test_in_no_order_does_a_leg_give_more_than_it_can(
    split: Callable[..., Program], order: list[int], values: list[int]
) -> None:
    program = split(CITY_FIRST, yearly=True, basis="period", on_decrease="recover")
    places = [(metric, year) for metric in ("nights", "meals") for year in ("y1", "y2")]
    events = [
        Observation(metric=metric, value=value, period=year, id=f"{at}")
        for at, (value, (metric, year)) in enumerate(zip(values, places + places[:2], strict=True))
    ]
    state = State()
    for at in order:
        answer = hear(program, state, events[at])
        state = answer.state
        assert sum(part for name, part in state.legs.items() if name[3] == "city") <= 60
        assert sum(state.legs.values()) == sum(state.obligated.values())
        assert not legs(hear(program, state))


@pytest.fixture
def pot(content: Content, program_of: Compiler) -> Callable[..., Program]:
    """Compile terms by which a pot is filled each year, and two clauses are paid out of it."""

    def compiled(
        opens: str = "0.00", adds: str = "0.50", grows: Content | None = None, **clause: object
    ) -> Program:
        content["calendar"]["periods"] = YEARS
        metric = {**content["metrics"]["nights"], "pool": "last", "per": ["period"]}
        content["metrics"] = {"nights": metric, "meals": {**metric, "type": "meal/0"}}
        money = {"op": "lit", "type": "USD/2"}
        content["accounts"] = {
            "purse": {
                "title": "Purse",
                "type": "USD/2",
                "kind": "pot",
                "holder": "city",
                "residual_to": "city",
                "opens": {**money, "value": opens},
                "adds": {**money, "value": adds},
                **({"grows": grows} if grows else {}),
            }
        }
        row = {**content["clauses"][0], "from": "purse", "basis": "period", **clause}
        content["clauses"] = [{**row, "id": name, "amount": priced(name)} for name in ("nights", "meals")]
        return program_of({**content, "limits": []})

    return compiled


def test_a_late_result_is_not_paid_out_of_what_a_pot_has_given(pot: Callable[..., Program]) -> None:
    program = pot(opens="1.00", adds="0.00")
    assert walk(program, seen(80, period="y2"), seen(50, "meals", "y1"), seen(50, period="y1")) == [
        {"nights purse-home": 80},
        {"meals purse-home": 20},
        {},
    ]


def test_a_late_result_is_paid_when_a_later_year_fills_the_pot(pot: Callable[..., Program]) -> None:
    program = pot(adds="0.50")
    assert walk(program, seen(50, period="y2"), seen(50, period="y1"), seen(9, "meals", "y1")) == [
        {"nights purse-home": 50},
        {"nights purse-home": 50},
        {},
    ]
    assert walk(program, seen(70, period="y2"), seen(50, period="y1"))[1] == {"nights purse-home": 30}


def test_money_that_would_have_grown_is_not_paid_twice(pot: Callable[..., Program]) -> None:
    grows = {"rate": "1", "compounding": "period", "day_count": "30/360"}
    program = pot(opens="1.00", adds="0.00", grows=grows)
    first = hear(program, State(), seen(300, period="y2"))
    assert legs(first) == {"nights purse-home": 300}
    late = hear(program, first.state, seen(150, period="y1"))
    assert not legs(late)
    assert {row.period: row.entitled for row in late.entitlements} == {"y1": 0, "y2": 300}


def test_what_is_recovered_is_in_the_pot_again(pot: Callable[..., Program]) -> None:
    log = (seen(100, period="y1"), seen(30, period="y1"), seen(90, "meals", "y2"))
    for kind, last in (("recover", 70), ("keep", 0), ("offset", 0)):
        told = walk(pot(opens="1.00", adds="0.00", on_decrease=kind), *log)
        assert told[2].get("meals purse-home", 0) == last


def test_what_a_pot_leaves_is_less_by_what_it_gave(pot: Callable[..., Program]) -> None:
    program = pot(opens="1.00", adds="0.00", on_decrease="keep")
    first = hear(program, State(), seen(100, period="y1"))
    assert (
        hear(program, first.state, seen(30, period="y1")).outturn.flows["residual:purse", "purse", "city", 1]
        == 0
    )


@given(order=st.permutations(range(6)), values=st.lists(st.integers(0, 90), min_size=6, max_size=6))
@pytest.mark.parametrize("kind", ["recover", "keep", "offset"])
@SLOW
def test_in_no_order_does_a_pot_give_more_than_it_gets(
    pot: Callable[..., Program], kind: str, order: list[int], values: list[int]
) -> None:
    program = pot(opens="0.20", adds="0.50", on_decrease=kind)
    places = [(metric, year) for metric in ("nights", "meals") for year in ("y1", "y2")]
    events = [
        Observation(metric=metric, value=value, period=year, id=f"{at}")
        for at, (value, (metric, year)) in enumerate(zip(values, places + places[:2], strict=True))
    ]
    state = State()
    for at in order:
        answer = hear(program, state, events[at])
        taken = -sum(min(0, row.due) for row in answer.entitlements)
        assert taken == 0 or kind == "recover"
        state = answer.state
        assert sum(state.legs.values()) == sum(state.obligated.values()) <= 120
        assert not legs(hear(program, state))


YEARLY = (seen(40, period="y1"), seen(30, "meals", "y1"), seen(70, period="y2"), seen(20, "meals", "y2"))


@pytest.mark.parametrize("terms", [BOTH, CITY_FIRST])
@pytest.mark.parametrize("basis", ["period", "cumulative"])
def test_in_order_each_pair_is_paid_what_the_terms_pay(
    split: Callable[..., Program], terms: Content, basis: str
) -> None:
    program = split(terms, yearly=True, basis=basis, pool="sum")
    sums: dict[str, int] = {}
    for part in walk(program, *YEARLY):
        sums = {name: sums.get(name, 0) + part.get(name, 0) for name in {**sums, **part}}
    paid: dict[str, int] = {}
    for (clause, payer, payee, _), amount in pay(program, YEARLY).flows.items():
        paid[f"{clause} {payer}-{payee}"] = paid.get(f"{clause} {payer}-{payee}", 0) + amount
    assert sums == {name: amount for name, amount in paid.items() if amount}


def frozen(amount: int, clause: str, period: str, payer: str, *members: str) -> Mapping[LegName, int]:
    return {(clause, period, members, payer, "home"): amount}


@pytest.mark.parametrize("order", list(permutations(("nights", "meals"))))
def test_what_is_frozen_holds_room_under_limits_and_is_granted_to_nobody(
    content: Content, split: Callable[..., Program], program_of: Compiler, order: tuple[str, str]
) -> None:
    split(BOTH)
    for row in content["clauses"]:
        row["from"] = "city"
    program = program_of({**content, "splits": {}, "limits": [{"id": "cap", "of": ["*"], "max": "1.00"}]})
    kept = frozen(60, order[0], "term", "city")
    first = hear(program, State(), seen(70, order[1]), frozen=kept)
    assert legs(first) == {f"{order[1]} city-home": 40}
    assert not legs(hear(program, first.state, seen(70, order[0]), frozen=kept))
    assert sum(legs(hear(program, first.state, seen(70, order[0]))).values()) == 60


def test_what_is_frozen_for_somebody_who_is_not_observed_holds_room_where_it_counts(
    content: Content, program_of: Compiler
) -> None:
    content["sets"] = {"people": {"title": "People", "most": 5}}
    content["metrics"]["nights"].update({"per": ["people"], "pool": "last"})
    content["clauses"][0].update({"each": ["people"], "amount": priced("nights")})
    kept = frozen(60, "nights", "term", "city", "ann")
    for each, due in (([], 40), (["people"], 70)):
        content["limits"] = [{"id": "cap", "of": ["*"], "max": "1.00", "each": each}]
        answer = hear(program_of(content), State(), seen(70, people="bob"), frozen=kept)
        assert legs(answer) == {"nights city-home": due}


def test_what_is_frozen_stays_in_pots(pot: Callable[..., Program]) -> None:
    program = pot(opens="1.00", adds="0.00")
    kept = frozen(60, "nights", "y2", "purse")
    assert legs(hear(program, State(), seen(70, "meals", "y1"), frozen=kept)) == {"meals purse-home": 40}


def test_what_is_frozen_of_one_leg_leaves_it_that_much_less(split: Callable[..., Program]) -> None:
    program = split(CITY_FIRST)
    kept = frozen(45, "nights", "term", "city")
    answer = hear(program, State(), seen(20, "meals"), frozen=kept)
    assert legs(answer) == {"meals city-home": 15, "meals county-home": 5}
    again = hear(program, answer.state, seen(20), frozen=kept)
    assert legs(again) == {"nights county-home": 20}


def test_what_was_paid_for_somebody_no_longer_observed_keeps_its_room(
    content: Content, program_of: Compiler
) -> None:
    content["sets"] = {"people": {"title": "People", "most": 5}}
    content["metrics"]["nights"].update({"per": ["people"], "pool": "last"})
    content["clauses"][0].update({"each": ["people"], "amount": priced("nights")})
    content["limits"] = [{"id": "cap", "of": ["*"], "max": "1.00"}]
    program = program_of(content)
    first = hear(program, State(), seen(70, people="ann")).state
    without = State(obligated=first.obligated, legs=first.legs)
    assert legs(hear(program, without, seen(70, people="bob"))) == {"nights city-home": 30}


def test_what_one_member_was_paid_too_much_is_not_set_off_against_another(
    content: Content, program_of: Compiler
) -> None:
    content["parties"] |= {"ann": {"role": "service_provider"}, "bob": {"role": "service_provider"}}
    content["sets"] = {"people": {"title": "People", "members": ["ann", "bob"]}}
    content["metrics"]["nights"].update({"per": ["people"], "pool": "last"})
    content["clauses"][0].update({"each": ["people"], "to": "people", "amount": priced("nights")})
    program = program_of({**content, "limits": []})
    log = (seen(70, people="ann"), seen(20, people="ann"), seen(40, people="bob"))
    assert walk(program, *log) == [{"nights city-ann": 70}, {}, {"nights city-bob": 40}]


def test_shares_of_what_is_due_go_where_the_newest_reading_puts_them() -> None:
    between = ("payers", "home", "USD")
    city, county = ("city", "home"), ("county", "home")
    rows = [
        Owed(due=60, before={}, now={city: 60, county: 40}, between=between),
        Owed(due=50, before={}, now={city: 10}, between=between),
    ]
    shared = legs_of(rows)
    assert shared == [{city: 36, county: 24}, {city: 34, county: 16}]
    assert sum(part[city] for part in shared) == 70
    less = Owed(due=-10, before={city: 3, county: 17}, now={}, between=between)
    assert legs_of([less]) == [{city: -2, county: -8}]
    unknown = Owed(due=-10, before={}, now={}, between=between)
    assert legs_of([unknown]) == [{("payers", "home"): -10}]
