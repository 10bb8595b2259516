"""Reading 1: what is due, to the minor unit, and what is never paid."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from fractions import Fraction
from functools import partial
from itertools import count
from typing import Any

import pytest

from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import State, Step, replay, step
from almoner.contracts.terms.program import Program
from almoner.finance.errors import OutsideDomain, TermError

Content = dict[str, Any]
Compiler = Callable[[Content], Program]

NIGHTS = {"op": "obs", "metric": "nights"}
MEALS = {"op": "obs", "metric": "meals"}
IDS = count()
hear = partial(step, as_of=None)
ROUNDINGS = ("floor", "ceil", "toward_zero", "half_even", "half_away")


def lit(value: str, kind: str = "USD/2") -> Content:
    return {"op": "lit", "value": value, "type": kind}


def at_least(metric: Content, value: str, kind: str) -> Content:
    return {"op": "cmp", "left": metric, "relation": "ge", "right": lit(value, kind)}


def seen(metric: str, value: int, period: str = "") -> Observation:
    """Make an observation with an id of its own."""
    return Observation(metric=metric, value=value, period=period, id=f"c{next(IDS)}")


def nights(*values: int, period: str = "") -> tuple[Observation, ...]:
    return tuple(seen("nights", value, period) for value in values)


@pytest.fixture
def with_amount(content: Content, program_of: Compiler) -> Callable[..., Program]:
    """Compile terms that pay one amount over nights from -1,000 to 1,000, without a limit."""

    def compiled(amount: Content, **metric: object) -> Program:
        content["metrics"]["nights"].update({"domain": ["-1000", "1000"], **metric})
        content["clauses"][0]["amount"] = deepcopy(amount)
        return program_of({**content, "limits": []})

    return compiled


@pytest.fixture
def with_meals(content: Content, program_of: Compiler) -> Callable[..., Program]:
    """Compile terms over nights and meals, one clause per amount, with the limits given."""

    def compiled(*amounts: Content, limits: Sequence[Content] = ()) -> Program:
        content["metrics"]["meals"] = {**content["metrics"]["nights"], "type": "meal/0"}
        clause = content["clauses"][0]
        rows = [{**clause, "id": f"c{at}", "amount": deepcopy(one)} for at, one in enumerate(amounts)]
        return program_of({**content, "clauses": rows, "limits": list(limits)})

    return compiled


def priced(metric: Content, price: str) -> Content:
    unit = "night/0" if metric is NIGHTS else "meal/0"
    return {"op": "scale", "of": metric, "by": [lit(price, f"USD/2 per {unit}")], "as": "USD/2"}


def earned(program: Program, *events: Observation) -> int:
    return replay(program, events).entitlements[0].earned


HALVES = [-5, -3, -2, -1, 0, 1, 2, 3, 5]
TABLE = {
    "floor": [-3, -2, -1, -1, 0, 0, 1, 1, 2],
    "ceil": [-2, -1, -1, 0, 0, 1, 1, 2, 3],
    "toward_zero": [-2, -1, -1, 0, 0, 0, 1, 1, 2],
    "half_even": [-2, -2, -1, 0, 0, 0, 1, 2, 2],
    "half_away": [-3, -2, -1, -1, 0, 1, 1, 2, 3],
}


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("op", ["by", "share", "bands"])
def test_each_rounding_treats_halves_of_a_cent_as_its_name_says(
    with_amount: Callable[..., Program], rounding: str, op: str
) -> None:
    half = {"op": "scale", "of": NIGHTS, "by": [lit("0.005", "USD/3 per night/0")], "as": "USD/2"}
    share = {
        "op": "scale",
        "of": lit("0.01"),
        "by": [NIGHTS],
        "over": [lit("2", "night/0")],
        "as": "USD/2",
    }
    rows = [{"base": "0", "slope": "0.005"}]
    bands = {"op": "bands", "of": NIGHTS, "as": "USD/2", "edges": [], "rows": rows}
    nodes: dict[str, Content] = {"by": half, "share": share, "bands": bands}
    amount = {**nodes[op], "round": rounding}
    program = with_amount(amount)
    assert [earned(program, *nights(count)) for count in HALVES] == TABLE[rounding]


def test_a_document_rounds_as_it_says_unless_a_node_says_otherwise(
    content: Content, program_of: Compiler
) -> None:
    content["rounding"] = "ceil"
    content["clauses"][0]["amount"]["by"] = [lit("0.001", "USD/3 per night/0")]
    assert earned(program_of(content), *nights(1)) == 1
    content["clauses"][0]["amount"]["round"] = "floor"
    assert earned(program_of(content), *nights(1)) == 0


def test_half_even_looks_at_the_whole_quotient_and_not_at_its_last_part(
    with_amount: Callable[..., Program],
) -> None:
    eighth = {"op": "scale", "of": NIGHTS, "by": [lit("0.125", "USD/3 per night/0")], "as": "USD/2"}
    program = with_amount(eighth)
    assert [earned(program, *nights(count)) for count in (1, 3, 5, 7, 9, 11)] == [12, 38, 62, 88, 112, 138]


def test_a_negative_divisor_rounds_the_quotient_and_not_its_parts(
    with_amount: Callable[..., Program],
) -> None:
    ratio = {"op": "scale", "of": lit("0.01"), "by": [NIGHTS], "over": [lit("-2", "night/0")], "as": "USD/2"}
    floors = with_amount({**ratio, "round": "floor"})
    assert [earned(floors, *nights(count)) for count in (3, 1, -1, -3)] == [-2, -1, 0, 1]


@pytest.mark.parametrize(("owner", "at_edge"), [("below", 100), ("above", 200)])
def test_the_owner_of_an_edge_is_paid_exactly_at_it(
    with_amount: Callable[..., Program], owner: str, at_edge: int
) -> None:
    bands = {
        "op": "bands",
        "of": NIGHTS,
        "as": "USD/2",
        "edges": [{"at": "10", "owner": owner}],
        "rows": [{"base": "1"}, {"base": "2"}],
    }
    program = with_amount(bands)
    assert [earned(program, *nights(count)) for count in (9, 10, 11)] == [100, at_edge, 200]


def test_bands_run_to_both_infinities_and_pay_exact_slopes(with_amount: Callable[..., Program]) -> None:
    rows = [
        {"base": "0", "slope": "-0.5"},
        {"base": "10", "slope": "0.333", "origin": "20"},
        {"base": "99.99"},
    ]
    edges = [{"at": "0", "owner": "above"}, {"at": "30", "owner": "below"}]
    program = with_amount({"op": "bands", "of": NIGHTS, "as": "USD/2", "edges": edges, "rows": rows})
    paid = {count: earned(program, *nights(count)) for count in (-1000, -1, 0, 30, 31, 1000)}
    assert paid == {-1000: 50_000, -1: 50, 0: 334, 30: 1333, 31: 9999, 1000: 9999}


def test_a_division_by_what_turns_out_to_be_zero_is_refused(with_amount: Callable[..., Program]) -> None:
    share = {"op": "scale", "of": lit("1"), "by": [NIGHTS], "over": [NIGHTS], "as": "USD/2"}
    program = with_amount(share)
    assert earned(program, *nights(7)) == 100
    with pytest.raises(TermError, match="divides by zero"):
        replay(program, nights(0))


def test_what_is_not_determined_is_pending_and_never_zero(with_meals: Callable[..., Program]) -> None:
    least = {"op": "min", "of": [priced(NIGHTS, "2"), priced(MEALS, "1")]}
    program = with_meals(priced(NIGHTS, "2"), {"op": "add", "of": [least, lit("50")]})
    first = replay(program, nights(10))
    assert [row.clause for row in first.entitlements] == ["c0"]
    both = hear(program, first.state, seen("meals", 0))
    assert [(row.clause, row.earned) for row in both.entitlements] == [("c0", 2000), ("c1", 5000)]


CONDITIONS = [
    ("all", ["yes", "open"], None),
    ("all", ["no", "open"], False),
    ("all", ["open", "no"], False),
    ("all", ["yes", "yes"], True),
    ("any", ["no", "open"], None),
    ("any", ["yes", "open"], True),
    ("any", ["open", "yes"], True),
    ("any", ["no", "no"], False),
    ("not", ["open"], None),
    ("not", ["no"], True),
]


@pytest.mark.parametrize(("op", "parts", "answer"), CONDITIONS)
def test_conditions_know_yes_no_and_not_yet(
    with_meals: Callable[..., Program],
    op: str,
    parts: list[str],
    answer: bool | None,  # noqa: FBT001  # three values
) -> None:
    said = {
        "yes": at_least(NIGHTS, "5", "night/0"),
        "no": at_least(NIGHTS, "6", "night/0"),
        "open": at_least(MEALS, "0", "meal/0"),
    }
    inner = [said[part] for part in parts]
    test = {"op": op, "of": inner[0] if op == "not" else inner}
    choice = {"op": "if", "test": test, "then": lit("2"), "else": lit("1")}
    program = with_meals(choice, priced(MEALS, "1"), priced(NIGHTS, "1"))
    rows = [row for row in replay(program, nights(5)).entitlements if row.clause == "c0"]
    assert [row.earned for row in rows] == ([] if answer is None else [200 if answer else 100])


def test_a_branch_that_is_not_taken_may_stay_open(with_meals: Callable[..., Program]) -> None:
    test = at_least(NIGHTS, "5", "night/0")
    program = with_meals({"op": "if", "test": test, "then": priced(NIGHTS, "1"), "else": priced(MEALS, "1")})
    assert earned(program, *nights(5)) == 500
    assert replay(program, nights(4)).entitlements == ()


@pytest.mark.parametrize(
    ("relation", "answers"),
    [("lt", "100"), ("le", "110"), ("eq", "010"), ("ne", "101"), ("ge", "011"), ("gt", "001")],
)
def test_relations_decide_below_at_and_above(
    with_amount: Callable[..., Program], relation: str, answers: str
) -> None:
    test = {"op": "cmp", "left": NIGHTS, "relation": relation, "right": lit("0", "night/0")}
    program = with_amount({"op": "if", "test": test, "then": lit("0.01"), "else": lit("0")})
    assert [earned(program, *nights(count)) for count in (-1, 0, 1)] == [int(one) for one in answers]


def test_limits_cut_in_listed_order_and_say_by_how_much(with_meals: Callable[..., Program]) -> None:
    program = with_meals(
        priced(NIGHTS, "1"),
        priced(MEALS, "1"),
        limits=[{"id": "meals", "of": ["c1"], "max": "30.00"}, {"id": "all", "of": ["*"], "max": "50.00"}],
    )
    last = replay(program, (*nights(40), seen("meals", 60)))
    rows = {row.clause: (row.earned, row.entitled, row.due, row.cuts) for row in last.entitlements}
    assert rows == {
        "c0": (4000, 4000, 0, ()),
        "c1": (6000, 1000, 1000, (("meals", 3000), ("all", 2000))),
    }


def test_first_determined_is_first_paid_and_a_longer_log_takes_nothing_back(
    with_meals: Callable[..., Program],
) -> None:
    cap = [{"id": "all", "of": ["*"], "max": "50.00"}]
    program = with_meals(priced(NIGHTS, "1"), priced(MEALS, "1"), limits=cap)
    log = (seen("meals", 45), *nights(40), seen("meals", 100))
    paid = [dict(replay(program, log[:end]).state.obligated) for end in (1, 2, 3)]
    assert paid == [
        {("c1", "term", ()): 4500},
        {("c0", "term", ()): 500, ("c1", "term", ()): 4500},
        {("c0", "term", ()): 500, ("c1", "term", ()): 4500},
    ]


def test_a_decrease_is_set_off_against_later_dues_and_not_clawed_back(
    with_amount: Callable[..., Program],
) -> None:
    program = with_amount(priced(NIGHTS, "1"))
    state, rows = State(), []
    for value in (100, -40, 25, 30):
        answer = hear(program, state, nights(value)[0])
        state = answer.state
        rows.append(
            (answer.entitlements[0].earned, answer.entitlements[0].entitled, answer.entitlements[0].due)
        )
    assert rows == [(10000, 10000, 10000), (6000, 6000, 0), (8500, 8500, 0), (11500, 11500, 1500)]


def test_an_amount_below_zero_pays_nothing(with_amount: Callable[..., Program]) -> None:
    row = replay(with_amount(priced(NIGHTS, "1")), nights(-5)).entitlements[0]
    assert (row.earned, row.due) == (-500, 0)


@pytest.mark.parametrize("value", [-1, 40_001, 2**70])
def test_a_value_outside_its_domain_is_refused_and_never_clamped(
    content: Content, program_of: Compiler, value: int
) -> None:
    with pytest.raises(OutsideDomain) as caught:
        replay(program_of(content), nights(value))
    assert caught.value.figures["value"] == str(value)


def test_values_that_leave_the_domain_together_are_refused(content: Content, program_of: Compiler) -> None:
    program = program_of(content)
    first = replay(program, nights(30_000))
    with pytest.raises(OutsideDomain, match="40001"):
        hear(program, first.state, nights(10_001)[0])
    assert hear(program, first.state, nights(10_000)[0]).entitlements[0].earned == 60_480_000


@pytest.fixture
def yearly(content: Content, program_of: Compiler) -> Callable[..., Program]:
    """Compile terms of two years with a price that falls in the second."""

    def compiled(pool: str, window: str, basis: str = "period") -> Program:
        content["calendar"]["periods"] = [
            {"id": "y1", "ends_on": "2026-12-31"},
            {"id": "y2", "ends_on": "2027-12-31"},
        ]
        content["metrics"]["nights"]["pool"] = pool
        kind = "USD/2 per night/0"
        content["metrics"]["nights"]["per"] = ["period"]
        rows = [{"from": "2026-01-01", "value": "2"}, {"from": "2027-12-31", "value": "1"}]
        content["params"] = {"price": {"type": kind, "dated": rows}}
        content["clauses"][0]["basis"] = basis
        content["clauses"][0]["amount"].update(
            {"of": {**NIGHTS, "window": window}, "by": [{"op": "param", "name": "price"}]}
        )
        return program_of(content)

    return compiled


def paid_by_period(answer: Step) -> dict[str, int]:
    return {period: paid for (_, period, _), paid in answer.state.obligated.items()}


def test_a_period_is_paid_at_the_price_of_its_last_day(yearly: Callable[..., Program]) -> None:
    log = (*nights(10, period="y2"), *nights(5, 1, period="y1"))
    assert paid_by_period(replay(yearly("sum", "period"), log)) == {"y1": 1200, "y2": 1000}


def test_to_date_counts_the_periods_before_and_not_after(yearly: Callable[..., Program]) -> None:
    log = (*nights(10, period="y2"), *nights(5, period="y1"))
    assert paid_by_period(replay(yearly("sum", "to_date"), log)) == {"y1": 1000, "y2": 1500}


def test_what_is_owed_to_date_is_owed_at_the_last_price(yearly: Callable[..., Program]) -> None:
    program = yearly("sum", "to_date", "cumulative")
    log = (*nights(10, period="y1"), *nights(5, period="y2"))
    assert paid_by_period(hear(program, State(), *log)) == {"term": 1500}
    assert paid_by_period(replay(program, log)) == {"term": 2000}


def test_a_late_finding_on_an_earlier_period_is_not_the_last_one(yearly: Callable[..., Program]) -> None:
    log = (*nights(10, period="y2"), *nights(5, period="y1"))
    late = replay(yearly("last", "to_date"), log)
    assert {row.period: row.earned for row in late.entitlements} == {"y1": 1000, "y2": 1000}
    corrected = replay(yearly("last", "to_date"), (*log, *nights(7, period="y2")))
    assert {row.period: row.earned for row in corrected.entitlements} == {"y1": 1000, "y2": 700}


def test_the_trace_names_every_operation_with_its_inputs(content: Content, program_of: Compiler) -> None:
    trace = replay(program_of(content), nights(100)).entitlements[0].trace
    assert [(row.path, row.op, row.inputs, row.value) for row in trace] == [
        ("/clauses/0/amount/of", "obs", (), "100 night"),
        ("/clauses/0/amount/by/0", "lit", (), "15.12 USD per night"),
        ("/clauses/0/amount", "scale", ("100 night", "15.12 USD per night"), "1512.00 USD"),
    ]


def test_the_trace_says_what_was_open_and_what_held(with_meals: Callable[..., Program]) -> None:
    test = {"op": "any", "of": [at_least(NIGHTS, "5", "night/0"), at_least(MEALS, "1", "meal/0")]}
    program = with_meals({"op": "if", "test": test, "then": lit("2"), "else": lit("1")})
    shown = {row.path: row.value for row in replay(program, nights(5)).entitlements[0].trace}
    assert shown["/clauses/0/amount/test"] == "holds"
    assert shown["/clauses/0/amount/test/of/1"] == "not determined"


def test_a_state_is_not_changed_by_stepping_from_it(content: Content, program_of: Compiler) -> None:
    program = program_of(content)
    first = replay(program, nights(100))
    kept = deepcopy(first.state)
    hear(program, first.state, nights(100)[0])
    assert first.state == kept


def test_digits_of_all_parts_enter_a_product_exactly(content: Content, program_of: Compiler) -> None:
    content["metrics"]["nights"].update({"type": "night/3", "domain": ["0", "40"]})
    content["clauses"][0]["amount"]["by"] = [lit("15.123456789", "USD/9 per night/0")]
    program = program_of(content)
    for found in (1, 499, 500, 501, 12_345):
        exact = Fraction(found, 1000) * Fraction("15.123456789") * 100
        assert earned(program, *nights(found)) == round(exact)
