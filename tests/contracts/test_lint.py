"""Lint: each fault is found where it is, with what it costs; sound terms are left alone."""

import json
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import EXAMPLE, TermDocument
from almoner.contracts.terms.lint import check
from almoner.contracts.terms.linting.finding import LintFinding
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.outputs import Output, read_output
from almoner.contracts.terms.pay import pay
from almoner.finance.errors import TermError

Content = dict[str, Any]
SOURCE = {"document": "Agreement of 1 March 2026", "clause": "4.1"}
CASEBOOK = sorted(
    path
    for path in (Path(__file__).parents[2] / "examples" / "casebook").glob("*.json")
    if not path.name.endswith(".results.json")
)
OBS = {"op": "obs", "metric": "nights"}


def lit(value: str, kind: str = "USD/2") -> Content:
    return {"op": "lit", "value": value, "type": kind}


def at_least(value: str) -> Content:
    return {"op": "cmp", "left": OBS, "relation": "ge", "right": lit(value, "night/0")}


def bands(*edges: str, rows: list[Content]) -> Content:
    marks = [{"at": at, "owner": "above"} for at in edges]
    return {"op": "bands", "of": OBS, "as": "USD/2", "edges": marks, "rows": rows}


PRICED = {"op": "scale", "of": OBS, "by": [lit("10.00", "USD/2 per night/0")], "as": "USD/2"}


def pays(amount: Content = PRICED, name: str = "nights", **more: object) -> Content:
    return {
        "op": "pay", "id": name, "from": "city", "to": "home", "basis": "once", "amount": amount,
        "source": SOURCE, **more,
    }  # fmt: skip


def out_of_pot(amount: Content = PRICED, name: str = "nights") -> Content:
    return pays(amount, name) | {"from": "reserve"}


def document(*clauses: Content, metric: Content | None = None, **more: object) -> TermDocument:
    """Terms over 0 to 1,000 nights, with a source everywhere and a fallback for silence."""
    nights = {
        "title": "Nights", "type": "night/0", "domain": ["0", "1000"], "pool": "sum", "method": "register",
        "on_missing": {"use": "0"}, "source": SOURCE,
    } | (metric or {})  # fmt: skip
    content = {
        "schema": "almoner.term/1",
        "title": "Nights",
        "rounding": "half_even",
        "parties": {
            "city": {"role": "outcome_payer"},
            "home": {"role": "service_provider"},
            "lab": {"role": "evaluator"},
        },
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2027-12-31"},
        "metrics": {"nights": nights},
        "clauses": list(clauses or (pays(),)),
    }
    return TermDocument.read(json.dumps(content | more))


def found(terms: TermDocument, code: str) -> LintFinding:
    rows = [row for row in check(terms) if row.code == code]
    assert len(rows) == 1, check(terms)
    return rows[0]


def codes(terms: TermDocument) -> list[str]:
    return [row.code for row in check(terms)]


def pot(residual_to: str = "city", **more: object) -> Content:
    return {
        "title": "Reserve", "type": "USD/2", "kind": "pot", "holder": "home",
        "residual_to": residual_to, **more,
    }  # fmt: skip


def test_sound_terms_have_no_finding() -> None:
    assert check(document()) == ()
    steps = [{"base": "0", "slope": "10"}, {"base": "4000", "slope": "5", "origin": "400"}]
    assert check(document(pays(bands("400", rows=steps)))) == ()


def test_a_program_is_looked_at_without_its_document() -> None:
    terms = document(pays(source=None), params={"idle": {"type": "USD/2", "value": "1.00"}})
    assert codes(terms) == ["T06", "T30"]
    assert check(compile_terms(terms)) == ()


def test_the_same_terms_always_have_the_same_findings() -> None:
    terms = TermDocument.read(EXAMPLE)
    assert check(terms) == check(terms) != ()


def test_t01_a_wait_without_an_end() -> None:
    row = found(document(metric={"on_missing": None}), "T01")
    assert (row.severity, row.path) == ("warning", "/metrics/nights")
    figures = {"plain": {"value": OBS}}
    assert codes(document(pays(lit("5.00")), metric={"on_missing": None}, figures=figures)) == []


def test_t01_a_payer_that_can_keep_silent() -> None:
    rows = check(document(metric={"on_missing": None, "by": "city"}))
    assert "as long as city is silent, nothing is due" in " ".join(row.message for row in rows)
    assert codes(document(metric={"on_missing": {"use": "1000"}, "by": "city"})) == []


def test_t01_a_pot_that_is_locked_by_silence() -> None:
    accounts = {"reserve": pot(adds=PRICED)}
    terms = document(out_of_pot(lit("1.00")), metric={"on_missing": None}, accounts=accounts)
    row = found(terms, "T01")
    assert (row.severity, row.path) == ("error", "/accounts/reserve")


def test_t02_a_wait_that_ends_when_the_pot_is_empty() -> None:
    clauses = (pays(lit("10000.00"), "fill", to="reserve"), out_of_pot(name="out"))
    late = {"on_missing": {"use": "300", "after_days": 60}}
    row = found(document(*clauses, metric=late, accounts={"reserve": pot()}), "T02")
    assert (row.severity, row.size) == ("error", "3,000.00 USD")
    prompt = {"on_missing": {"use": "300"}}
    assert "T02" not in codes(document(*clauses, metric=prompt, accounts={"reserve": pot()}))


def test_t03_a_pot_that_nobody_fills() -> None:
    row = found(document(out_of_pot(), accounts={"reserve": pot()}), "T03")
    assert (row.severity, row.path) == ("error", "/accounts/reserve")


def test_t03_a_promise_that_its_pot_never_keeps() -> None:
    clauses = (pays(lit("100.00"), "fill", to="reserve"), out_of_pot(lit("250.00"), "out"))
    row = found(document(*clauses, pays(), accounts={"reserve": pot()}), "T03")
    assert (row.severity, row.path, row.size) == ("warning", "/clauses/1", "150.00 USD")


def test_t04_money_that_only_goes_round() -> None:
    clauses = (pays(to="reserve"),)
    assert found(document(*clauses, accounts={"reserve": pot()}), "T04").severity == "error"
    assert codes(document(*clauses, accounts={"reserve": pot("home")})) == []


def test_t04_a_pot_of_which_little_is_handed_out() -> None:
    out = out_of_pot(lit("1.00"), "out")
    row = found(
        document(pays(lit("100.00"), to="reserve"), out, pays(name="x"), accounts={"reserve": pot()}), "T04"
    )
    assert (row.severity, row.size) == ("warning", "99.00 USD")


def test_t05_an_amount_below_zero_in_a_clause_that_only_pays() -> None:
    amount = {"op": "sub", "of": PRICED, "less": lit("200.00")}
    terms = document(pays(amount))
    row = found(terms, "T05")
    assert (row.severity, row.size) == ("error", "200.00 USD")
    assert row.witness is not None
    assert read_output(pay(compile_terms(terms), row.witness), Output("nights.earned")) == -20_000
    assert "T05" not in codes(document(pays(amount, two_way=True)))


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"params": {"idle": {"type": "USD/2", "value": "1.00"}}}, "/params/idle"),
        ({"sets": {"people": {"title": "People", "most": 9}}}, "/sets/people"),
        ({"accounts": {"count": {"title": "Count", "type": "USD/2", "kind": "memo"}}}, "/accounts/count"),
        (
            {
                "parties": {
                    "city": {"role": "outcome_payer"},
                    "bank": {"role": "guarantor"},
                    "home": {"role": "service_provider"},
                    "lab": {"role": "evaluator"},
                }
            },
            "/parties/bank",
        ),
    ],
)
def test_t06_what_nobody_uses(more: Content, path: str) -> None:
    assert found(document(**more), "T06").path == path


def test_t06_a_dated_value_that_no_period_reads() -> None:
    dated = [{"from": "2027-01-01", "value": "10"}, {"from": "2027-06-01", "value": "12"}]
    price = {"type": "USD/2 per night/0", "dated": [*dated, {"from": "2027-09-01", "value": "14"}]}
    amount = {**PRICED, "by": [{"op": "param", "name": "price"}]}
    paths = [row.path for row in check(document(pays(amount), params={"price": price}))]
    assert paths == ["/params/price/dated/0", "/params/price/dated/1"]


def test_t10_a_cliff_with_its_size_its_edge_and_a_witness() -> None:
    terms = document(pays(bands("400", rows=[{"base": "0"}, {"base": "50000"}])))
    row = found(terms, "T10")
    assert (row.path, row.size) == ("/clauses/0/amount/edges/0", "50,000.00 USD")
    assert "nights from 399 to 400" in row.message
    assert "1,000 times the mean step" in row.message
    assert row.witness is not None
    assert read_output(pay(compile_terms(terms), row.witness), Output("paid")) == 5_000_000


def test_t10_a_cliff_behind_a_derived_number_is_found() -> None:
    rate = {"op": "scale", "of": OBS, "over": [lit("731", "night/0")], "as": "ratio/4"}
    test = {"op": "cmp", "left": rate, "relation": "ge", "right": lit("0.5", "ratio/4")}
    row = found(document(pays({"op": "if", "test": test, "then": lit("9000.00"), "else": lit("0")})), "T10")
    assert "nights from 365 to 366" in row.message


def test_t10_steps_of_a_staircase_are_no_cliff() -> None:
    rows = [{"base": str(at * 1000)} for at in range(6)]
    assert codes(document(pays(bands("100", "300", "500", "700", "900", rows=rows)))) == []


def test_t11_less_for_more() -> None:
    rows = [{"base": "0", "slope": "10"}, {"base": "0", "slope": "8"}]
    terms = document(pays(bands("500", rows=rows)))
    row = found(terms, "T11")
    assert row.size == "990.00 USD"
    assert "when nights is 500 than when it is 499" in row.message
    assert row.witness is not None
    assert read_output(pay(compile_terms(terms), row.witness), Output("paid")) == 400_000


def test_t11_a_number_that_should_be_low_may_fall_throughout() -> None:
    amount = {"op": "sub", "of": lit("10000.00"), "less": PRICED}
    assert codes(document(pays(amount))) == []


@pytest.mark.parametrize(
    ("amount", "path"),
    [
        ({"op": "if", "test": at_least("2000"), "then": PRICED, "else": lit("0")}, "/clauses/0/amount/test"),
        (
            {
                "op": "if",
                "test": {"op": "all", "of": [at_least("5"), at_least("0")]},
                "then": PRICED,
                "else": PRICED,
            },
            "/clauses/0/amount/test/of/1",
        ),
        (
            bands(
                "400", "2000",
                rows=[
                    {"base": "0", "slope": "1"},
                    {"base": "400", "slope": "2", "origin": "400"},
                    {"base": "9999"},
                ],
            ),
            "/clauses/0/amount/rows/2",
        ),
    ],
)  # fmt: skip
def test_t12_what_can_never_be_reached(amount: Content, path: str) -> None:
    assert found(document(pays(amount)), "T12").path == path


def test_t12_an_outer_band_that_only_closes_the_table_is_no_fault() -> None:
    rows = [{"base": "0"}, {"base": "0", "slope": "10"}, {"base": "10000"}]
    assert codes(document(pays(bands("0", "1000", rows=rows)))) == []


def test_t13_a_limit_that_never_and_one_that_always_binds() -> None:
    def limit(most: str) -> Content:
        return {"id": "most", "of": ["*"], "max": most, "source": SOURCE}

    row = found(document(limits=[limit("12000.00")]), "T13")
    assert (row.path, row.size) == ("/limits/0/max", "2,000.00 USD")
    assert codes(document(limits=[limit("10000.00")])) == []
    floor = {"op": "max", "of": [PRICED, lit("700.00")]}
    assert "always binds" in found(document(pays(floor), limits=[limit("500.00")]), "T13").message


def test_t13_a_limit_that_an_earlier_one_makes_idle() -> None:
    limits = [
        {"id": "one", "of": ["nights"], "max": "3000.00", "source": SOURCE},
        {"id": "both", "of": ["*"], "max": "4000.00", "source": SOURCE},
    ]
    assert found(document(limits=limits), "T13").path == "/limits/1/max"


def test_t13_a_limit_per_person_is_set_against_what_one_person_can_earn() -> None:
    def terms(most: str) -> TermDocument:
        limit = {"id": "each", "of": ["nights"], "max": most, "each": ["people"], "source": SOURCE}
        return document(
            pays(each=["people"]),
            metric={"per": ["people"]},
            sets={"people": {"title": "People", "most": 50}},
            limits=[limit],
        )

    assert codes(terms("9000.00")) == []
    assert codes(terms("10000.01")) == ["T13"]


def test_t13_a_cap_that_nothing_reaches() -> None:
    def capped(most: str) -> TermDocument:
        return document(pays({"op": "min", "of": [PRICED, lit(most)]}))

    assert found(capped("20000.00"), "T13").path == "/clauses/0/amount"
    assert codes(capped("10000.00")) == codes(capped("900.00")) == []


def test_the_order_of_limits_does_not_change_what_is_paid() -> None:
    sets = {"homes": {"title": "Homes", "members": ["a", "b"]}}
    limits = [
        {"id": "all", "of": ["nights"], "max": "3500.00", "source": SOURCE},
        {"id": "each", "of": ["nights"], "max": "3000.00", "each": ["homes"], "source": SOURCE},
    ]
    paid = []
    for order in (limits, limits[::-1]):
        terms = document(pays(each=["homes"]), metric={"per": ["homes"]}, sets=sets, limits=order)
        program = compile_terms(terms)
        rows = [Observation(metric="nights", value=400, of=(("homes", home),)) for home in "ab"]
        paid.append(read_output(pay(program, rows), Output("nights", of=(("homes", "b"),))))
    assert paid == [50_000, 50_000]


def test_t15_neighbouring_bands_that_pay_the_same() -> None:
    rows = [{"base": "0", "slope": "10"}, {"base": "4000", "slope": "10", "origin": "400"}]
    assert found(document(pays(bands("400", rows=rows))), "T15").path == "/clauses/0/amount/edges/0"


def test_t20_a_band_narrower_than_the_standard_error() -> None:
    rows = [{"base": str(at * 1000)} for at in range(6)]
    terms = document(pays(bands("100", "300", "310", "700", "900", rows=rows)))
    assert [row.code for row in check(terms, {"nights": "15"})] == ["T20"]
    assert check(terms, {"nights": "5"}) == ()


def test_t21_a_payee_that_counts_for_itself() -> None:
    assert found(document(metric={"by": "home"}), "T21").path == "/metrics/nights/by"
    assert codes(document(metric={"by": "city"})) == []


def test_t23_nobody_is_to_find_it() -> None:
    parties = {"city": {"role": "outcome_payer"}, "home": {"role": "service_provider"}}
    assert codes(document(parties=parties)) == ["T23"]
    assert codes(document(parties=parties, metric={"by": "city"})) == []


def test_t30_parts_without_a_source() -> None:
    row = found(document(pays(source=None), limits=[{"id": "most", "of": ["*"], "max": "5.00"}]), "T30")
    assert row.message == "2 of 3 clauses, limits and metrics name no source: nights, most."


def test_t31_one_rate_for_all_days() -> None:
    amount = {"op": "scale", "of": PRICED, "by": [{"op": "param", "name": "rate"}], "as": "EUR/2"}
    fixed = {"rate": {"type": "EUR/4 per USD/2", "value": "0.9"}}
    dated = {"rate": {"type": "EUR/4 per USD/2", "dated": [{"from": "2027-01-01", "value": "0.9"}]}}
    assert found(document(pays(amount), params=fixed), "T31").path == "/params/rate"
    assert codes(document(pays(amount), params=dated)) == []


def test_t33_a_clause_that_never_pays() -> None:
    row = found(document(pays(when=at_least("1001")), pays(name="other")), "T33")
    assert row.path == "/clauses/0"


def test_errors_come_first() -> None:
    terms = document(pays({"op": "sub", "of": PRICED, "less": lit("1.00")}, source=None))
    assert [row.severity for row in check(terms)] == ["error", "warning"]


def test_terms_without_a_bound_are_refused_not_linted() -> None:
    amount = {"op": "scale", "of": lit("1.00"), "by": [OBS], "over": [OBS], "as": "USD/2"}
    with pytest.raises(TermError, match="divisor can be zero"):
        check(document(pays(amount)))


@pytest.mark.parametrize("path", CASEBOOK, ids=lambda path: path.stem)
def test_published_deals_have_no_error_and_few_warnings(path: Path) -> None:
    rows = check(TermDocument.read(path.read_bytes()))
    assert all(row.severity == "warning" for row in rows)
    assert len(rows) <= 8


def test_witnesses_of_published_deals_can_be_paid() -> None:
    paid = 0
    for path in CASEBOOK:
        terms = TermDocument.read(path.read_bytes())
        program = compile_terms(terms)
        for row in check(terms):
            if row.code == "T10" and row.witness is not None:
                opened = {name: ["m1", "m2"] for name, listed in program.sets.items() if not listed}
                paid += bool(pay(program, row.witness, members=opened).flows)
    assert paid > 5


def test_thirty_clauses_are_looked_at_in_a_fifth_of_a_second() -> None:
    sets = {"homes": {"title": "Homes", "members": [f"h{at}" for at in range(4)]}}
    periods = {"starts_on": "2027-01-01", "ends_on": "2030-12-31", "periods": {"every": "P6M"}}
    rows = [{"base": "0"}, {"base": "4000", "slope": "5", "origin": "400"}]
    clauses = [
        pays(bands(str(400 + at), rows=rows), f"c{at}", basis="period", each=["homes"]) for at in range(30)
    ]
    terms = document(*clauses, metric={"per": ["homes", "period"]}, sets=sets, calendar=periods)
    best = min(_seconds(terms) for _ in range(3))
    assert best < 0.6  # 0.2 on a quiet machine


def _seconds(terms: TermDocument) -> float:
    start = process_time()
    assert check(terms)
    return process_time() - start
