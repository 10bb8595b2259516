"""Steps through a log: what was obligated stays, what comes late or again, what is owed less than paid."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import State, Step, pay, replay, step
from almoner.contracts.terms.program import Program
from almoner.finance.errors import ResultsInvalid

Content = dict[str, Any]
Compiler = Callable[[Content], Program]

YEARS = [{"id": "y1", "ends_on": "2026-12-31"}, {"id": "y2", "ends_on": "2027-12-31"}]
PEOPLE = {"people": {"title": "People", "most": 5}}


hear = partial(step, as_of=None)


def seen(name: str, value: int, metric: str = "nights", period: str = "", **of: str) -> Observation:
    return Observation(metric=metric, value=value, period=period, id=name, of=tuple(of.items()))


def priced(metric: str, **more: object) -> Content:
    """Make an amount of one cent per count."""
    price = {"op": "lit", "value": "0.01", "type": f"USD/2 per {metric[:-1]}/0"}
    return {"op": "scale", "of": {"op": "obs", "metric": metric, **more}, "by": [price], "as": "USD/2"}


def dues(answer: Step) -> dict[str, int]:
    return {" ".join((row.clause, row.period, *row.members)): row.due for row in answer.entitlements}


def walk(program: Program, *events: Observation) -> list[dict[str, int]]:
    """Hear one after the other; tell what was due each time."""
    state, told = State(), []
    for event in events:
        answer = hear(program, state, event)
        state = answer.state
        told.append({name: due for name, due in dues(answer).items() if due})
    return told


@pytest.fixture
def two(content: Content, program_of: Compiler) -> Callable[..., Program]:
    """Compile terms of one cent per night and one per meal, each the last that was stated."""

    def compiled(
        limits: object = (), *, yearly: bool = False, pool: str = "last", **clause: object
    ) -> Program:
        metric = {**content["metrics"]["nights"], "pool": pool}
        window: dict[str, object] = {}
        if yearly:
            content["calendar"]["periods"] = YEARS
            metric["per"] = ["period"]
            window = {"window": "to_date"} if clause.get("basis", "cumulative") == "cumulative" else {}
        content["metrics"] = {"nights": metric, "meals": {**metric, "type": "meal/0"}}
        row = {**content["clauses"][0], **clause}
        content["clauses"] = [
            {**row, "id": name, "amount": priced(name, **window)} for name in ("nights", "meals")
        ]
        return program_of({**content, "limits": limits})

    return compiled


def test_an_observation_heard_again_changes_nothing(two: Callable[..., Program]) -> None:
    program = two(pool="sum")
    first = hear(program, State(), seen("a", 100), seen("b", 20))
    again = hear(program, first.state, seen("b", 20), seen("a", 100))
    assert (dues(first), dues(again)) == ({"nights term": 120}, {"nights term": 0})
    assert again.state == first.state


def test_an_id_with_another_value_is_refused_and_the_state_stays(two: Callable[..., Program]) -> None:
    program = two(pool="sum")
    first = hear(program, State(), seen("a", 100))
    kept = deepcopy(first.state)
    with pytest.raises(ResultsInvalid, match="nights is doubled"):
        hear(program, first.state, seen("a", 101))
    assert first.state == kept
    assert dues(hear(program, first.state, seen("a", 5, "meals")))["meals term"] == 5


def test_two_observations_without_an_id_are_doubled(two: Callable[..., Program]) -> None:
    program = two(pool="sum")
    one = replace(seen("", 100), id="")
    first = hear(program, State(), one)
    with pytest.raises(ResultsInvalid, match="doubled"):
        hear(program, first.state, one)


def test_several_heard_at_once_are_due_as_one_after_the_other(two: Callable[..., Program]) -> None:
    program = two([{"id": "cap", "of": ["*"], "max": "1.50"}], pool="sum")
    log = [seen("a", 60), seen("b", 30), seen("c", 100, "meals")]
    assert walk(program, *log) == [{"nights term": 60}, {"nights term": 30}, {"meals term": 60}]
    at_once = hear(program, State(), *log)
    assert dues(at_once) == {"nights term": 90, "meals term": 60}
    assert at_once.state.obligated == replay(program, log).state.obligated


LIMITS: dict[str, list[Content]] = {
    "none": [],
    "one over all": [{"id": "cap", "of": ["*"], "max": "1.50"}],
    "one for each": [{"id": name, "of": [name], "max": "0.70"} for name in ("nights", "meals")],
    "one each period": [{"id": "cap", "of": ["*"], "each": ["period"], "max": "1.00"}],
    "both": [
        {"id": "yearly", "of": ["*"], "each": ["period"], "max": "1.00"},
        {"id": "cap", "of": ["*"], "max": "1.70"},
    ],
}
LOG = (
    seen("a", 80, period="y1"),
    seen("b", 70, "meals", "y1"),
    seen("c", 60, period="y2"),
    seen("d", 90, "meals", "y2"),
)


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("basis", ["period", "cumulative"])
@pytest.mark.parametrize("order", list(permutations(LOG))[::5])
def test_hearing_nothing_new_makes_nothing_due(
    two: Callable[..., Program], basis: str, limits: str, order: tuple[Observation, ...]
) -> None:
    program = two(LIMITS[limits], yearly=True, pool="sum", basis=basis)
    state = State()
    for event in order:
        answer = hear(program, state, event)
        assert all(answer.state.obligated[key] >= paid for key, paid in state.obligated.items())
        state = answer.state
        assert not any(dues(hear(program, state)).values())
        assert not any(dues(hear(program, state, event)).values())
    most = {"none": 300, "one over all": 150, "one for each": 140, "one each period": 200, "both": 170}
    assert sum(state.obligated.values()) <= most[limits]


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("basis", ["period", "cumulative"])
def test_heard_in_order_the_log_pays_what_the_terms_pay_in_order(
    two: Callable[..., Program], basis: str, limits: str
) -> None:
    program = two(LIMITS[limits], yearly=True, pool="sum", basis=basis)
    outturn = pay(program, LOG)
    assert sum(replay(program, LOG).state.obligated.values()) == sum(outturn.flows.values())


def test_a_late_result_gets_the_room_that_is_left_and_takes_nothing_back(
    two: Callable[..., Program],
) -> None:
    program = two([{"id": "cap", "of": ["*"], "max": "1.00"}], yearly=True, basis="period")
    late = hear(program, State(), seen("a", 80, period="y2"))
    answer = hear(program, late.state, seen("b", 50, period="y1"))
    assert dues(answer) == {"nights y1": 20, "nights y2": 0}
    rows = {row.period: (row.earned, row.entitled, row.cuts) for row in answer.entitlements}
    assert rows == {"y1": (50, 20, (("cap", 30),)), "y2": (80, 80, ())}
    assert sum(pay(program, [seen("a", 80, period="y2"), seen("b", 50, period="y1")]).flows.values()) == 100


DECREASES = [
    ("offset", [{"nights term": 100}, {}, {"meals term": 10}, {"nights term": 30, "meals term": 40}]),
    ("keep", [{"nights term": 100}, {}, {"meals term": 50}, {"nights term": 30}]),
    ("recover", [{"nights term": 100}, {"nights term": -40}, {"meals term": 50}, {"nights term": 70}]),
]


@pytest.mark.parametrize(("kind", "told"), DECREASES)
def test_what_is_owed_less_than_was_paid_is_set_off_kept_or_recovered(
    two: Callable[..., Program], kind: str, told: list[dict[str, int]]
) -> None:
    program = two(on_decrease=kind)
    log = (seen("a", 100), seen("b", 60), seen("c", 50, "meals"), seen("d", 130))
    assert walk(program, *log) == told


@pytest.mark.parametrize(("kind", "last"), [("offset", 0), ("keep", 0), ("recover", -40)])
def test_a_period_that_is_corrected_downwards_is_treated_the_same(
    two: Callable[..., Program], kind: str, last: int
) -> None:
    program = two(yearly=True, basis="period", on_decrease=kind)
    first = hear(program, State(), seen("a", 100, period="y1"))
    second = hear(program, first.state, seen("b", 60, period="y1"))
    assert dues(second) == {"nights y1": last}
    third = hear(program, second.state, seen("c", 70, period="y2"))
    assert dues(third) == {"nights y1": 0, "nights y2": 30 if kind == "offset" else 70}
    assert not any(dues(hear(program, third.state)).values())


@pytest.mark.parametrize(("payee", "due"), [("home", 10), ("bank", 50)])
def test_only_the_same_payer_and_payee_set_off(
    content: Content, two: Callable[..., Program], program_of: Compiler, payee: str, due: int
) -> None:
    two()
    content["parties"]["bank"] = {"role": "trustee"}
    content["clauses"][1]["to"] = payee
    program = program_of({**content, "limits": []})
    assert walk(program, seen("a", 100), seen("b", 60), seen("c", 50, "meals"))[2] == {"meals term": due}


@pytest.mark.parametrize("kind", ["recover", "keep"])
def test_what_another_clause_paid_too_much_is_set_off_whatever_becomes_of_this_one(
    content: Content, two: Callable[..., Program], program_of: Compiler, kind: str
) -> None:
    two()
    content["clauses"][1]["on_decrease"] = kind
    program = program_of({**content, "limits": []})
    assert walk(program, seen("a", 100), seen("b", 60), seen("c", 50, "meals"))[2] == {"meals term": 10}


def test_what_is_recovered_gives_its_room_back(two: Callable[..., Program]) -> None:
    for kind, rest in (("recover", 100), ("offset", 0)):
        program = two([{"id": "cap", "of": ["*"], "max": "1.00"}], on_decrease=kind)
        log = (seen("a", 100), seen("b", 0), seen("c", 100, "meals"))
        assert walk(program, *log)[2].get("meals term", 0) == rest


@pytest.mark.parametrize("kind", ["offset", "keep", "recover"])
def test_what_is_no_longer_known_is_neither_paid_nor_taken_back(
    content: Content, program_of: Compiler, kind: str
) -> None:
    metric = {**content["metrics"]["nights"], "pool": "last"}
    content["metrics"] = {"nights": metric, "meals": {**metric, "type": "meal/0"}}
    enough = {"op": "lit", "value": "50", "type": "night/0"}
    test = {"op": "cmp", "left": {"op": "obs", "metric": "nights"}, "relation": "ge", "right": enough}
    amount = {"op": "if", "test": test, "then": priced("nights"), "else": priced("meals")}
    content["clauses"][0].update({"amount": amount, "on_decrease": kind})
    program = program_of(content)
    assert walk(program, seen("a", 80), seen("b", 40), seen("c", 5, "meals"), seen("d", 90)) == [
        {"nights term": 80},
        {},
        {"nights term": -75} if kind == "recover" else {},
        {"nights term": 85 if kind == "recover" else 10},
    ]


def test_a_shared_room_keeps_what_was_given(content: Content, program_of: Compiler) -> None:
    content["sets"] = PEOPLE
    content["metrics"]["nights"].update({"per": ["people"], "pool": "last"})
    content["clauses"][0].update({"each": ["people"], "basis": "once", "amount": priced("nights")})
    content["clauses"][0]["on_decrease"] = "recover"
    content["limits"] = [{"id": "room", "of": ["nights"], "max": "1.00", "cut": "pro_rata"}]
    program = program_of(content)
    first = hear(program, State(), seen("a", 90, people="ann"), seen("b", 60, people="bob"))
    assert dues(first) == {"nights term ann": 60, "nights term bob": 40}
    assert not any(dues(hear(program, first.state)).values())
    third = hear(program, first.state, seen("c", 150, people="cleo"))
    assert dues(third) == {"nights term ann": 0, "nights term bob": 0, "nights term cleo": 0}
    less = hear(program, third.state, seen("d", 10, people="ann"))
    assert dues(less) == {"nights term ann": -50, "nights term bob": 6, "nights term cleo": 44}
    assert not any(dues(hear(program, less.state)).values())


def test_members_are_known_by_name_whatever_their_order(content: Content, program_of: Compiler) -> None:
    content["sets"] = PEOPLE
    content["metrics"]["nights"]["per"] = ["people"]
    content["clauses"][0].update({"each": ["people"], "amount": priced("nights")})
    program = program_of({**content, "limits": []})
    log = (seen("a", 10, people="bob"), seen("b", 7, people="ann"), seen("c", 5, people="bob"))
    assert walk(program, *log) == [
        {"nights term bob": 10},
        {"nights term ann": 7},
        {"nights term bob": 5},
    ]
    turned = State(observed=log[::-1], obligated=replay(program, log).state.obligated)
    assert not any(dues(hear(program, turned)).values())


@pytest.mark.parametrize(("day", "due"), [(29, 0), (30, 0), (31, 9)])
def test_a_stand_in_waits_for_its_day(content: Content, program_of: Compiler, day: int, due: int) -> None:
    content["calendar"]["ends_on"] = "2026-06-30"
    content["metrics"]["nights"]["on_missing"] = {"use": "9", "after_days": 30}
    content["clauses"][0]["amount"] = priced("nights")
    program = program_of(content)
    answer = step(program, State(), as_of=date(2026, 7, day))
    assert dues(answer) == ({"nights term": due} if due else {})
    assert dues(hear(program, State())) == {"nights term": 9}
    late = step(program, answer.state, seen("a", 20), as_of=date(2026, 8, 1))
    assert dues(late) == {"nights term": 20 - due}


def test_the_period_before_stands_in_once_its_own_time_is_over(
    content: Content, two: Callable[..., Program], program_of: Compiler
) -> None:
    two(yearly=True, basis="period")
    content["metrics"]["nights"]["on_missing"] = {"use": "last", "after_days": 10}
    program = program_of({**content, "limits": []})
    first = step(program, State(), seen("a", 70, period="y1"), as_of=date(2028, 1, 10))
    assert dues(first) == {"nights y1": 70}
    assert dues(step(program, first.state, as_of=date(2028, 1, 11))) == {"nights y1": 0, "nights y2": 70}


def test_a_trace_is_listed_unless_it_is_not_asked_for(two: Callable[..., Program]) -> None:
    program = two()
    for asked, rows in ((True, 3), (False, 0)):
        (row,) = hear(program, State(), seen("a", 5), trace=asked).entitlements
        assert len(row.trace) == rows


def test_a_replay_of_nothing_is_empty(two: Callable[..., Program]) -> None:
    last = replay(two(), ())
    assert (last.state, last.entitlements) == (State(), ())
