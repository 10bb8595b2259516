"""Terms that people new to the language wrote: each came out wrong, was refused or crashed once."""

import json
from typing import Any

import numpy as np
import pytest

from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.lint import check
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.outputs import Output, output_type, read_output
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.running.arithmetic import WHOLE_NUMBERS
from almoner.contracts.terms.running.columns import Columns, multiply_divide
from almoner.contracts.terms.simulate import Given, run
from almoner.finance.errors import Missing, TermError
from almoner.finance.money import Rounding, round_quotient

Content = dict[str, Any]
YEARS = {"starts_on": "2027-01-01", "ends_on": "2029-12-31", "periods": {"every": "P1Y"}}
ZERO = {"op": "lit", "value": "0", "type": "ha/0"}


def terms(parts: Content) -> Program:
    frame = {
        "schema": "almoner.term/1",
        "title": "Test",
        "rounding": "half_even",
        "parties": {"payer": {"role": "funder"}, "home": {"role": "service_provider"}},
        "calendar": YEARS,
    }
    return compile_terms(TermDocument.read(json.dumps(frame | parts)))


def metric(kind: str, most: str, *per: str, **more: object) -> Content:
    return {"title": kind, "type": kind, "domain": ["0", most], "per": per, "method": "register", **more}


def obs(name: str, **more: object) -> Content:
    return {"op": "obs", "metric": name, **more}


def clause(name: str, amount: Content, **more: object) -> Content:
    parties = {"op": "pay", "id": name, "from": "payer", "to": "home", "basis": "period"}
    return parties | {"amount": amount} | more


def seen(name: str, value: int, period: str = "") -> Observation:
    return Observation(metric=name, value=value, period=period)


@pytest.fixture
def reference_level() -> Program:
    """From year 3 the level is what was cleared in year 2; before it is 900."""
    later = {"op": "cmp", "left": {"op": "position", "of": "period"}, "relation": "ge"}
    third = later | {"right": {"op": "lit", "value": "3", "type": "ratio/0"}}
    level = {"op": "if", "test": third, "then": {"op": "figure", "name": "second"}}
    level["else"] = {"op": "lit", "value": "900", "type": "ha/0"}
    saved = {"op": "sub", "of": {"op": "figure", "name": "level"}, "less": obs("cleared")}
    amount: Content = {"op": "scale", "of": {"op": "max", "of": [ZERO, saved]}, "as": "USD/0"}
    amount["by"] = [{"op": "lit", "value": "5", "type": "USD/0 per ha/0"}]
    return terms(
        {
            "metrics": {"cleared": metric("ha/0", "1000", "period")},
            "figures": {
                "second": {"title": "Second year", "value": obs("cleared", at={"period": "p2"})},
                "level": {"title": "Reference level", "value": level},
                "risen": {
                    "title": "More than in year 2",
                    "value": {
                        "op": "any",
                        "of": [
                            {
                                "op": "cmp",
                                "left": ZERO,
                                "relation": "gt",
                                "right": {"op": "figure", "name": "second"},
                            },
                            {"op": "cmp", "left": obs("cleared"), "relation": "gt", "right": ZERO},
                        ],
                    },
                },
            },
            "clauses": [clause("gift", amount)],
        }
    )


def test_a_figure_of_a_named_period_is_no_obstacle_to_the_proof_of_the_periods_before(
    reference_level: Program,
) -> None:
    proof = prove(reference_level)
    assert [(row.period, row.most) for row in proof.clauses] == [("p1", 4500), ("p2", 4500), ("p3", 5000)]
    assert (proof.maximum, proof.label) == (14_000, "safe")
    found = [seen("cleared", value, f"p{at}") for at, value in enumerate((400, 700, 100), 1)]
    outturn = pay(reference_level, found)
    assert [read_output(outturn, Output("gift", (), f"p{at}")) for at in (1, 2, 3)] == [2500, 1000, 3000]


@pytest.fixture
def points() -> Program:
    """Points in millionths x price x persons x factor: a product beyond 2^62."""
    amount = {"op": "scale", "of": obs("points"), "by": [obs("people"), obs("factor")], "as": "GBP/2"}
    amount["by"] = [{"op": "lit", "value": "213.43", "type": "GBP/2 per point/0"}, *amount["by"]]
    amount["over"] = [{"op": "lit", "value": "9964", "type": "person/0"}]
    shared = amount | {"over": [obs("mean")]}
    return terms(
        {
            "metrics": {
                "points": metric("point/6", "635"),
                "people": metric("person/0", "100000"),
                "factor": metric("ratio/4", "10"),
                "mean": metric("person/0", "20000") | {"domain": ["5000", "20000"]},
            },
            "clauses": [clause("fixed", amount, basis="once"), clause("moving", shared, basis="once")],
        }
    )


def test_products_beyond_64_bits_are_simulated_to_the_penny(points: Program) -> None:
    drawn = {
        "points": [0, 12_000_000, 634_999_999],
        "people": [100_000, 9964, 99_999],
        "factor": [1, 11_000, 99_999],
        "mean": [5000, 9964, 19_999],
    }
    outcomes = {name: np.array([[values]], dtype=np.int64) for name, values in drawn.items()}
    wanted = [Output("fixed"), Output("moving")]
    simulated = run(points, Given(outcomes), paths=3, wanted=wanted)
    for at in range(3):
        outturn = pay(points, [seen(name, values[at]) for name, values in drawn.items()])
        assert [read_output(outturn, one) for one in wanted] == [simulated[one][at] for one in wanted]
    assert simulated[Output("fixed")].tolist()[1] == 2817_28


@pytest.mark.parametrize("rounding", ["floor", "ceil", "half_even", "half_away", "toward_zero"])
def test_large_divisors_round_as_exact_numbers_do(rounding: Rounding) -> None:
    values = [-(10**17), -5, 0, 5, 10**17 + 1]
    num, den = 10**13 + 1, 2 * 10**13
    found = multiply_divide(np.array(values), num, den, rounding).tolist()
    assert found == [round_quotient(value * num, den, rounding) for value in values]


def test_large_totals_are_shared_to_the_last_unit() -> None:
    total, weights = np.array([10**15 + 1]), [np.array([10**7 + at]) for at in range(3)]
    parts = [int(part[0]) for part in Columns({}).allocate(total, weights, "largest", 0)]
    assert parts == WHOLE_NUMBERS.allocate(10**15 + 1, [10**7, 10**7 + 1, 10**7 + 2], "largest", 0)
    assert parts == [333333300000003, 333333333333334, 333333366666664]


def test_a_period_in_which_a_clause_is_pending_shows_no_figure() -> None:
    amount: Content = {"op": "scale", "of": obs("nights"), "as": "USD/0"}
    amount["by"] = [{"op": "lit", "value": "2", "type": "USD/0 per night/0"}]
    program = terms(
        {"metrics": {"nights": metric("night/0", "9", "period")}, "clauses": [clause("stay", amount)]}
    )
    outturn = pay(program, [seen("nights", 4, "p1")])
    assert [read_output(outturn, Output("stay", (), f"p{at}")) for at in (1, 2)] == [8, None]
    assert read_output(outturn, Output("stay")) == 8


SOUND: Content = {
    "metrics": {"nights": metric("night/0", "9"), "rate": metric("percent/1", "9")},
    "figures": {"rate": {"title": "Rate", "value": obs("rate")}},
}
PRICE = {"op": "lit", "value": "2", "type": "USD/0 per night/0"}
PAID = {"op": "scale", "of": obs("nights"), "by": [PRICE], "as": "USD/0"}
FIVE = {"op": "lit", "value": "5", "type": "percent/0"}


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (
            PAID | {"of": obs("night")},
            ["/of/metric: 'night' is not among the metrics: perhaps 'nights' is meant"],
        ),
        (PAID | {"of": obs("x")}, ["/of/metric: 'x' is not among the metrics: nights, rate"]),
        (
            PAID | {"by": [PRICE | {"type": "USD/0 per nights/0"}]},
            [": night/0 x USD/0 per nights does not give USD/0, but night x USD per nights"],
        ),
        (
            PAID | {"by": [PRICE | {"value": "2.5"}]},
            ["/by/0/value: 2.5 has 1 decimal digits", "write fewer, or use a type with 1"],
        ),
        (
            {"op": "max", "of": [obs("rate"), FIVE]},
            [
                ": max of percent/1 and percent/0",
                "Only the digits differ: write params and literals in percent/1",
            ],
        ),
    ],
)
def test_a_refusal_names_the_one_fault_and_what_to_write(amount: Content, told: list[str]) -> None:
    with pytest.raises(TermError) as refused:
        terms(SOUND | {"clauses": [clause("stay", amount)]})
    assert "has 1 fault: /clauses/0/amount" in refused.value.message
    assert all(one in refused.value.message for one in told)


def test_a_number_in_place_of_a_condition_is_told_where_it_stands() -> None:
    with pytest.raises(
        TermError, match="/clauses/0/when: needs a condition, this is a percent/1: compare it"
    ):
        terms(SOUND | {"clauses": [clause("stay", PAID, when=obs("rate"))]})


def test_a_term_ends_with_its_last_period() -> None:
    calendar = {"starts_on": "2027-01-01", "ends_on": "2028-12-31"}
    periods = {"periods": [{"id": "y1", "ends_on": "2027-12-31"}]}
    told = "/calendar/ends_on: the term ends on 2028-12-31, its last period on 2027-12-31"
    with pytest.raises(TermError, match=told):
        terms(SOUND | {"calendar": calendar | periods, "clauses": [clause("stay", PAID)]})


def test_what_a_note_counts_is_stated_by_nobody_and_pays_nobody() -> None:
    debt = {"title": "Debt", "type": "night/0", "kind": "memo"}
    note = {"op": "note", "id": "relief", "amount": obs("nights"), "lowers": ["debt"]}
    content = {"metrics": {"nights": SOUND["metrics"]["nights"]}, "accounts": {"debt": debt}}
    found = check(terms(content | {"clauses": [clause("stay", PAID), note]}))
    assert {one.code for one in found} == {"T01", "T23"}
    assert all("nights" in one.message for one in found)
    assert not [one for one in found if one.message.startswith(" ")]


def test_a_limit_for_each_counts_each_at_its_own_maximum() -> None:
    sets = {"phases": {"title": "Phases", "members": ["one", "two"]}}
    most = {"type": "USD/0", "per": "phases", "values": {"one": "70", "two": "30"}}
    yearly = {"type": "USD/0", "per": "period", "values": {"p1": "40", "p2": "20", "p3": "10"}}
    content: Content = {"sets": sets, "metrics": {"nights": metric("night/0", "50", "phases", "period")}}
    content |= {
        "params": {"most": most, "yearly": yearly},
        "clauses": [clause("stay", PAID, each=["phases"])],
    }

    def maximum(**limit: object) -> int:
        return prove(terms(content | {"limits": [{"id": "cap", "of": ["*"]} | limit]})).maximum

    assert maximum(max={"op": "param", "name": "most"}, each=["phases"]) == 100
    assert maximum(max={"op": "param", "name": "yearly"}, each=["period"]) == 70
    assert maximum(max={"op": "param", "name": "yearly"}) == 40
    doubled = {"op": "add", "of": [{"op": "param", "name": "most"}, {"op": "param", "name": "yearly"}]}
    assert maximum(max=doubled, each=["phases", "period"]) == 100 + 90 + 80 + 70 + 50 + 40


@pytest.mark.parametrize("name", ["limit:x", "account:x", "residual:x", "totl"])
def test_an_output_that_is_none_is_refused_with_those_there_are(name: str) -> None:
    program = terms(SOUND | {"clauses": [clause("stay", PAID)]})
    with pytest.raises(
        Missing, match=f"There is no output '{name}'. There are: earned, paid, lost_to_cap, stay"
    ):
        read_output(pay(program, []), Output(name))


@pytest.mark.parametrize("name", ["limit:x", "account:x", "residual:x"])
def test_what_no_limit_or_account_keeps_has_no_type(name: str) -> None:
    with pytest.raises(Missing, match=f"There is no output '{name}'"):
        output_type(terms(SOUND | {"clauses": [clause("stay", PAID)]}), Output(name))


def test_what_can_wait_for_a_later_period_is_not_among_the_least() -> None:
    later = {"op": "figure", "name": "third"}
    many = {
        "op": "cmp",
        "left": obs("nights"),
        "relation": "gt",
        "right": {"op": "lit", "value": "4", "type": "night/0"},
    }
    amount = PAID | {
        "of": {
            "op": "if",
            "test": many,
            "then": later,
            "else": {"op": "lit", "value": "3", "type": "night/0"},
        }
    }
    content = {
        "metrics": {"nights": metric("night/0", "9", "period")},
        "figures": {"third": {"title": "Third year", "value": obs("nights", at={"period": "p3"})}},
        "clauses": [clause("stay", amount)],
    }
    proof = prove(terms(content))
    assert [(row.least, row.most) for row in proof.clauses] == [(0, 6), (0, 6), (0, 18)]
    outturn = pay(terms(content), [seen("nights", value, f"p{at}") for at, value in enumerate((5, 2, 9), 1)])
    assert [read_output(outturn, Output("stay", (), f"p{at}")) for at in (1, 2, 3)] == [None, 6, 18]
