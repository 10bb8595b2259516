"""The reference interpreter on cases worked out by hand: each operation, each stage."""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from almoner.contracts.terms.document import TermDocument

from .reference import Members, Outcome, interpret
from .reference_expressions import Key
from .reference_values import Value, days_between, growth_factor, rounded, shared

F = Fraction
YEARS = {"periods": [{"id": "a", "ends_on": "2027-12-31"}, {"id": "b", "ends_on": "2028-12-31"}]}


def lit(value: str, kind: str = "USD/2") -> dict[str, str]:
    return {"op": "lit", "value": value, "type": kind}


def obs(metric: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    return {"op": "obs", "metric": metric, **more}


def metric(kind: str = "USD/2", **more: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    domain = {} if kind in {"truth", "label"} else {"domain": ["-1000", "1000"]}
    return {"title": "Seen", "type": kind, "method": "count", **domain, **more}


def terms(**parts: Any) -> TermDocument:  # noqa: ANN401  # JSON
    frame = {
        "schema": "almoner.term/1",
        "title": "By hand",
        "rounding": "half_even",
        "parties": {name: {"role": "outcome_payer"} for name in ("city", "fund", "home", "farm")},
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31", **YEARS},
        "clauses": [],
    }
    return TermDocument.read(json.dumps({**frame, **parts}))


def figure(
    expression: Mapping[str, Any],
    seen: Mapping[Key, Value] | None = None,
    **parts: Any,  # noqa: ANN401  # JSON
) -> list[Value]:
    """Values of an expression, by period, and by member."""
    document = terms(figures={"it": {"value": expression}}, **parts)
    return list(interpret(document, seen or {}).figures.values())


def pay(name: str, amount: Mapping[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    return {
        "op": "pay",
        "id": name,
        "from": "city",
        "to": "home",
        "basis": "period",
        "amount": amount,
        **more,
    }


def paid(outcome: Outcome, clause: str, members: Members = ()) -> list[Fraction]:
    return [outcome.paid.get((clause, period, members), F(0)) for period in "ab"]


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("half_even", [-2, -2, 0, 2, 2]),
        ("half_away", [-3, -2, -1, 2, 3]),
        ("floor", [-3, -2, -1, 1, 2]),
        ("ceil", [-2, -1, 0, 2, 3]),
        ("toward_zero", [-2, -1, 0, 1, 2]),
    ],
)
def test_a_number_between_two_goes_where_the_rounding_says(rounding: str, expected: list[int]) -> None:
    assert [rounded(F(n, 4), 0, rounding) for n in (-10, -7, -2, 6, 10)] == expected


def test_parts_make_the_total_and_units_left_over_go_where_the_ties_say() -> None:
    # 10 cents by 3, 3, 1: floors 4, 4, 1; remainders 2/7, 2/7, 3/7.
    assert shared(F(10, 100), [F(3), F(3), F(1)], digits=2, ties="largest") == (
        F("0.04"),
        F("0.04"),
        F("0.02"),
    )
    assert shared(F(10, 100), [F(3), F(3), F(1)], digits=2, ties="declared") == (
        F("0.05"),
        F("0.04"),
        F("0.01"),
    )
    # 10 by 0, 1, 2: floors 0, 3, 6; the one left over goes to nobody without a weight.
    assert shared(F(10), [F(0), F(1), F(2)], digits=0, ties="declared") == (F(0), F(4), F(6))
    assert shared(F(10), [F(0), F(0)], digits=0, ties="largest") == (F(0), F(0))


def test_thirty_day_months_and_growth() -> None:
    from datetime import date  # noqa: PLC0415  # beside its figures

    assert days_between(date(2027, 1, 31), date(2027, 3, 31), "30/360") == 60
    assert days_between(date(2027, 1, 15), date(2027, 3, 31), "30/360") == 76
    assert days_between(date(2028, 2, 28), date(2028, 3, 1), "actual") == 2
    year = (date(2027, 1, 1), date(2028, 1, 1))
    assert growth_factor("0.05", "annual", "30/360", year) == F(21, 20)
    assert growth_factor("0.05", "period", "act/360", year) == 1 + F(5 * 365, 100 * 360)
    assert growth_factor("0.05", "period", "30/360", year) == F(21, 20)
    assert growth_factor("0.21", "annual", "act/365", (date(2027, 1, 1), date(2028, 1, 2))) == F(
        "1.210632084586"
    )  # 1.21 ** (366 / 365) to twelve places


TWO = {"metrics": {"x": metric(), "q": metric("day/0"), "t": metric("truth"), "u": metric("truth")}}
SEEN: dict[Key, Value] = {("x", "", ()): F("7.25"), ("q", "", ()): F(3), ("t", "", ()): True}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (lit("1.50"), F("1.5")),
        ({"op": "add", "of": [lit("1.50"), obs("x")]}, F("8.75")),
        ({"op": "sub", "of": lit("1.50"), "less": obs("x")}, F("-5.75")),
        ({"op": "min", "of": [lit("1.50"), obs("x")]}, F("1.5")),
        ({"op": "max", "of": [lit("1.50"), obs("x")]}, F("7.25")),
        # 7.25 x 3 / 7 = 3.10714…
        (
            {"op": "scale", "of": obs("x"), "by": [obs("q")], "over": [lit("7", "day/0")], "as": "USD/2"},
            F("3.11"),
        ),
        (
            {
                "op": "scale",
                "of": obs("x"),
                "over": [lit("0", "ratio/0")],
                "if_zero": lit("9"),
                "as": "USD/2",
            },
            F(9),
        ),
        # 7.25 x 0.5 = 3.625: to the even cent, and up.
        ({"op": "scale", "of": obs("x"), "by": [lit("0.5", "ratio/1")], "as": "USD/2"}, F("3.62")),
        (
            {"op": "scale", "of": obs("x"), "by": [lit("0.5", "ratio/1")], "as": "USD/2", "round": "ceil"},
            F("3.63"),
        ),
        ({"op": "cmp", "left": obs("x"), "relation": "ge", "right": lit("7.25")}, True),
        ({"op": "cmp", "left": obs("x"), "relation": "ne", "right": lit("7.25")}, False),
        ({"op": "all", "of": [obs("t"), obs("u")]}, None),
        ({"op": "any", "of": [obs("u"), obs("t")]}, True),
        ({"op": "all", "of": [obs("u"), {"op": "not", "of": obs("t")}]}, False),
        ({"op": "not", "of": obs("u")}, None),
        ({"op": "known", "metric": "u"}, False),
        ({"op": "if", "test": obs("t"), "then": lit("1.00"), "else": lit("2.00")}, F(1)),
        ({"op": "if", "test": obs("u"), "then": lit("1.00"), "else": lit("1.00")}, None),
        ({"op": "days", "from": "term_start", "to": "2027-03-01"}, F(60)),
        ({"op": "days", "from": "2027-01-31", "to": "2027-03-31", "count": "30/360"}, F(60)),
    ],
)
def test_an_operation_gives_what_was_worked_out_by_hand(expression: dict[str, Any], expected: Value) -> None:
    assert figure(expression, SEEN, **TWO) == [expected, expected]


@pytest.mark.parametrize(
    ("seen", "expected"), [("19.9", 0), ("20", 5), ("20.1", F("5.1")), ("30", 40), ("31", 7)]
)
def test_an_edge_belongs_to_the_band_that_owns_it(seen: str, expected: int | Fraction) -> None:
    # Below 20 nothing; from 20 on 5 + (x - 20); at 30 itself 40; above it 7.
    edges = [("20", "above"), ("30", "above"), ("30", "below")]
    bands = {
        "op": "bands",
        "of": obs("p"),
        "as": "USD/2",
        "edges": [{"at": at, "owner": owner} for at, owner in edges],
        "rows": [{"base": "0"}, {"base": "5", "slope": "1", "origin": "20"}, {"base": "40"}, {"base": "7"}],
    }
    assert figure(bands, {("p", "", ()): F(seen)}, metrics={"p": metric("point/1")})[0] == expected


def test_what_is_observed_by_period_is_read_by_period_or_pooled_to_date() -> None:
    seen: dict[Key, Value] = {("s", "a", ()): F(2), ("s", "b", ()): F(5), ("last", "a", ()): F(2)}
    metrics = {
        "s": metric(per=["period"], pool="sum"),
        "last": metric(per=["period"]),
        "gone": metric(per=["period"], on_missing={"use": "last"}),
    }
    assert figure(obs("s"), seen, metrics=metrics) == [2, 5]
    assert figure(obs("s", window="to_date"), seen, metrics=metrics) == [2, 7]
    assert figure(obs("last", window="to_date"), seen, metrics=metrics) == [2, 2]
    assert figure(obs("last"), seen, metrics=metrics) == [2, None]
    assert figure(obs("gone"), {("gone", "a", ()): F(4)}, metrics=metrics) == [4, 4]
    assert figure({"op": "previous", "of": obs("s"), "first": lit("9.00")}, seen, metrics=metrics) == [9, 2]
    over = {"op": "fold", "over": "period", "with": "max", "of": obs("s")}
    assert figure(over, {("s", "a", ()): F(8), ("s", "b", ()): F(5)}, metrics=metrics) == [8, 8]
    assert figure(obs("s", at={"period": "a"}), seen, metrics=metrics) == [2, 2]
    assert figure(obs("s", at={"period": "b"}), seen, metrics=metrics) == [None, 5]
    assert figure({"op": "position", "of": "period"}) == [1, 2]
    assert figure({"op": "days", "from": "period_start", "to": "period_end"}) == [365, 366]


def test_params_are_fixed_dated_or_tabulated() -> None:
    dated = {
        "type": "USD/2",
        "dated": [{"from": "2027-01-01", "value": "1"}, {"from": "2028-06-01", "value": "2"}],
    }
    table = {"type": "USD/2", "per": "period", "values": {"a": "3", "b": "4"}}
    for param, expected in ((dated, [1, 2]), (table, [3, 4]), ({"type": "USD/2", "value": "5"}, [5, 5])):
        assert figure({"op": "param", "name": "it"}, params={"it": param}) == expected


def test_sets_are_folded_shared_ranked_and_counted() -> None:
    sets = {"teams": {"title": "Teams", "members": ["x", "y", "z"]}, "late": {"title": "Late", "most": 5}}
    metrics = {
        "n": metric("point/0", per=["teams"]),
        "m": metric("point/0", per=["late"]),
        "c": metric("label", values=["red", "blue"]),
    }
    parts: dict[str, Any] = {"sets": sets, "metrics": metrics}
    seen: dict[Key, Value] = {("n", "", (team,)): F(n) for team, n in zip("xyz", (4, 1, 4), strict=True)}
    of = obs("n")
    assert figure({"op": "fold", "over": "teams", "with": "add", "of": of}, seen, **parts)[0] == 9
    assert figure({"op": "fold", "over": "teams", "with": "min", "of": of}, seen, **parts)[0] == 1
    empty = {"op": "fold", "over": "late", "with": "max", "of": obs("m"), "empty": lit("6", "point/0")}
    assert figure(empty, seen, **parts)[0] == 6
    assert figure(
        {"op": "fold", "over": "late", "with": "all", "of": {"op": "known", "metric": "m"}}, **parts
    )[0]
    assert figure({"op": "rank", "of": of, "over": "teams", "best": "highest"}, seen, **parts)[:3] == [
        1,
        3,
        1,
    ]
    assert figure({"op": "rank", "of": of, "over": "teams", "best": "lowest"}, seen, **parts)[:3] == [2, 1, 2]
    # 1.00 by 4, 1, 4: floors 0.44, 0.11, 0.44; the cent left over goes to the first of equals.
    share = {"op": "share", "total": lit("1.00"), "over": "teams", "weight": of}
    assert figure(share, seen, **parts)[:3] == [F("0.45"), F("0.11"), F("0.44")]
    assert figure({"op": "position", "of": "teams"}, **parts)[:3] == [1, 2, 3]
    assert figure(obs("n", at={"teams": "y"}), seen, **parts)[0] == 1
    red = {"op": "is", "metric": "c", "value": "red"}
    assert figure(red, {("c", "", ()): "red"}, **parts)[0] is True


def test_an_amount_to_date_pays_the_difference_and_what_a_limit_left_is_owed_later() -> None:
    seen: dict[Key, Value] = {("s", "a", ()): F(70), ("s", "b", ()): F(80)}
    document = terms(
        metrics={"s": metric(per=["period"])},
        clauses=[pay("it", obs("s"), basis="cumulative")],
        limits=[{"id": "year", "of": ["*"], "each": ["period"], "max": "50"}],
    )
    outcome = interpret(document, seen)
    assert paid(outcome, "it") == [50, 30]
    assert outcome.earned == {("it", "", ()): 80}
    assert outcome.flows == {("it", "city", "home", "a"): 50, ("it", "city", "home", "b"): 30}


@pytest.mark.parametrize(
    ("rule", "first", "second"),
    [("offset", [100, 0], [0, 30]), ("recover", [100, -20], [0, 50]), ("keep", [100, 0], [0, 50])],
)
def test_what_falls_is_set_off_taken_back_or_kept(rule: str, first: list[int], second: list[int]) -> None:
    seen: dict[Key, Value] = {
        ("s", "a", ()): F(100),
        ("s", "b", ()): F(80),
        ("r", "a", ()): F(0),
        ("r", "b", ()): F(50),
    }
    document = terms(
        metrics={"s": metric(per=["period"]), "r": metric(per=["period"])},
        clauses=[pay("it", obs("s"), basis="cumulative", on_decrease=rule), pay("more", obs("r"))],
    )
    outcome = interpret(document, seen)
    assert paid(outcome, "it") == first
    assert paid(outcome, "more") == second


def test_what_is_set_off_stays_between_two_parties_and_in_one_unit() -> None:
    sets = {"people": {"title": "People", "most": 2}}
    seen: dict[Key, Value] = {
        ("s", period, (who,)): F(n)
        for period, who, n in (("a", "p", 100), ("b", "p", 80), ("a", "q", 10), ("b", "q", 60))
    }
    document = terms(
        sets=sets,
        metrics={"s": metric(per=["people", "period"])},
        clauses=[
            pay("it", obs("s"), basis="cumulative", each=["people"], to="people"),
            pay("euro", lit("5", "EUR/2"), each=["people"], to="people"),
        ],
    )
    outcome = interpret(document, seen, {"people": ("p", "q")})
    assert paid(outcome, "it", ("q",)) == [10, 50]
    assert paid(outcome, "euro", ("p",)) == [5, 5]


def test_a_limit_lets_the_first_through_or_shares_its_room() -> None:
    sets = {"teams": {"title": "Teams", "members": ["x", "y"]}}
    seen: dict[Key, Value] = {("n", "", ("x",)): F(60), ("n", "", ("y",)): F(90)}
    parts = {
        "sets": sets,
        "metrics": {"n": metric(per=["teams"])},
        "clauses": [pay("it", obs("n"), basis="once", each=["teams"])],
    }
    limit = {"id": "most", "of": ["it"], "max": "100"}
    first = interpret(terms(limits=[limit], **parts), seen)
    assert paid(first, "it", ("x",)) == [0, 60]
    assert paid(first, "it", ("y",)) == [0, 40]
    assert first.cuts["most", "it", "", ("y",)] == 50
    both = interpret(
        terms(
            limits=[
                {**limit, "cut": "pro_rata"},
                {"id": "less", "of": ["it"], "max": "50", "cut": "pro_rata"},
            ],
            **parts,
        ),
        seen,
    )
    # 100 by 60 and 90 is 40 and 60; 50 by 40 and 60 is 20 and 30.
    assert paid(both, "it", ("x",)) == [0, 20]
    assert paid(both, "it", ("y",)) == [0, 30]
    assert both.cuts["less", "it", "", ("x",)] == 20


def test_a_split_fills_ranks_by_weight_up_to_maxima() -> None:
    legs = [
        {"party": "city", "weight": "60", "max": "50"},
        {"party": "fund", "weight": "40"},
        {"party": "farm", "rank": 2, "weight": "0"},
    ]
    document = terms(splits={"both": {"legs": legs}}, clauses=[pay("it", lit("100"), **{"from": "both"})])
    # First 60 to 40, of which the city gives 50 and the fund what it cannot; then the fund alone.
    assert interpret(document, {}).flows == {
        ("it", "city", "home", "a"): 50,
        ("it", "fund", "home", "a"): 50,
        ("it", "fund", "home", "b"): 100,
    }
    alone = terms(splits={"none": {"legs": [legs[2]]}}, clauses=[pay("it", lit("100"), **{"from": "none"})])
    assert interpret(alone, {}).cuts["split:none", "it", "a", ()] == 100


def test_a_pot_is_filled_grows_pays_what_it_holds_and_is_emptied() -> None:
    pot = {"title": "Pot", "type": "USD/2", "kind": "pot", "holder": "fund", "residual_to": "farm",
           "opens": lit("10.00"), "adds": lit("1.00"),
           "grows": {"rate": "0.36", "compounding": "period", "day_count": "act/360"}}  # fmt: skip
    document = terms(
        accounts={"pot": pot},
        clauses=[pay("in", lit("20"), to="pot"), pay("out", lit("33"), **{"from": "pot"})],
    )
    outcome = interpret(document, {})
    # 10 x (1 + 0.36 x 365 / 360) = 13.65; + 1 + 20 - 33 = 1.65; x 1.366 = 2.2539; + 21 = 23.25, all paid.
    assert outcome.balances == {("pot", "a", ()): F("1.65"), ("pot", "b", ()): 0}
    assert outcome.cuts["account:pot", "out", "b", ()] == F("9.75")
    less = interpret(terms(accounts={"pot": pot}, clauses=[pay("in", lit("20"), to="pot")]), {})
    # 34.65 at the end of a; x 1.366 = 47.3319; + 1 + 20.
    assert less.flows["residual:pot", "pot", "farm", "b"] == F("68.33")
    assert less.balances["pot", "b", ()] == 0


def test_notes_and_payments_change_counts_and_are_read() -> None:
    memo = {"title": "Count", "type": "USD/2", "kind": "memo"}
    note = {"op": "note", "id": "note", "amount": lit("7"), "lowers": ["count"]}
    read = {"op": "paid", "clauses": ["it", "note"], "window": "before"}
    document = terms(
        accounts={"count": memo},
        figures={"count_now": {"value": {"op": "balance", "account": "count"}}, "earlier": {"value": read}},
        clauses=[pay("it", lit("5"), raises=["count"]), note],
    )
    outcome = interpret(document, {})
    assert [outcome.figures["count_now", period, ()] for period in "ab"] == [-2, -4]
    assert [outcome.figures["earlier", period, ()] for period in "ab"] == [0, 12]


def test_two_way_amounts_flow_back_past_limits_and_pending_ones_not_at_all() -> None:
    document = terms(
        metrics={"s": metric(per=["period"])},
        clauses=[pay("it", obs("s"), two_way=True)],
        limits=[{"id": "most", "of": ["*"], "max": "5"}],
    )
    outcome = interpret(document, {("s", "a", ()): F(-9)})
    assert paid(outcome, "it") == [-9, 0]
    assert outcome.earned == {("it", "a", ()): -9, ("it", "b", ()): None}


def test_what_is_due_once_comes_in_its_period_when_its_condition_holds() -> None:
    metrics = {"t": metric("truth")}
    document = terms(metrics=metrics, clauses=[pay("it", lit("8"), basis="once", at="a", when=obs("t"))])
    assert interpret(document, {("t", "", ()): True}).flows == {("it", "city", "home", "a"): 8}
    assert interpret(document, {("t", "", ()): False}).earned == {("it", "", ()): 0}
    assert interpret(document, {}).earned == {("it", "", ()): None}


def test_nothing_moves_while_a_maximum_is_pending() -> None:
    document = terms(
        metrics={"cap": metric()},
        clauses=[pay("it", lit("8"))],
        limits=[{"id": "most", "of": ["*"], "max": obs("cap")}],
    )
    outcome = interpret(document, {})
    assert not any(outcome.flows.values())
    assert not any(outcome.cuts.values())


def test_what_stands_in_comes_after_the_waiting_time() -> None:
    from datetime import date  # noqa: PLC0415  # beside its figures

    document = terms(
        metrics={"s": metric(per=["period"], on_missing={"use": "3", "after_days": 30})},
        clauses=[pay("it", obs("s"))],
    )
    assert paid(interpret(document, {}), "it") == [3, 3]
    assert paid(interpret(document, {}, as_of=date(2028, 1, 30)), "it") == [0, 0]
    assert paid(interpret(document, {}, as_of=date(2028, 1, 31)), "it") == [3, 0]
