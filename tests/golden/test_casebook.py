"""Published deals: every figure of the casebook comes out, through payment and through simulation.

Figures marked INDIGO-POJ in the data come from the INDIGO impact bond dataset of the Government Outcomes Lab,
University of Oxford.
"""

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from almoner.contracts.casebook import list_deals, read_figure, read_results, read_terms, recompute
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.observing import Observation, read_case
from almoner.contracts.terms.outputs import Output
from almoner.contracts.terms.pay import State, pay, step
from almoner.finance.money import decimal_text

DATA = Path(__file__).parents[1] / "data" / "casebook_cases.json"
PRINTED = {deal["id"]: deal for deal in json.loads(DATA.read_text(encoding="utf-8"))["deals"]}
DEALS = sorted(PRINTED)
OTHER_NAMES = {
    ("denver-sib", "housing_earned"): ["housing.earned"],
    ("rikers-able", "return_pct"): ["irr:lender"],
    ("village-enterprise-dib", "by_payer"): ["from:us-fund", "from:usaid-div", "from:fcdo"],
    ("global-learning-xprize", "winner_prizes"): ["winner_prize"] * 3,
    ("gavi-pneumo-amc", "topped_up_share_of_300m"): ["topped_up_share"],
    ("massachusetts-jj-pfs/capital_stack", "total"): ["capital_total"],
    ("massachusetts-jj-pfs/payer_sum", "total"): ["payer_total"],
}
WITHOUT_SOURCE = {
    "educate-girls-dib": {"valued_by", "outcome_value"},  # prices are not published: the value is stated
}


OTHER_INPUTS = {
    ("educate-girls-dib", "years"): "the days from the first to the last day of the calendar",
    ("gavi-pneumo-amc", "supplier_share"): "follows from the share of supply that the supplier committed",
    ("global-learning-xprize", "finalists"): "the number of teams that are listed",
    ("global-learning-xprize", "tied_first"): "the number of teams with the best score",
    ("macarthur-100change-2017", "finalists"): "the number of finalists that are listed",
    ("macarthur-100change-2017", "winners"): "the number of finalists that won",
    ("massachusetts-jj-pfs", "estimate"): "follows from the four means it is made of",
}


def shown_text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def figures(case: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of every figure of a case; a list gives several."""
    return [
        (name, shown_text(value))
        for name, values in case["expect"].items()
        for value in (values if isinstance(values, list) else [values])
    ]


def names(deal: str, case: dict[str, Any]) -> list[str]:
    """Name the outputs of a case as the casebook's documents do: in lower case, or by another name."""
    found = []
    for name, values in case["expect"].items():
        plain = [name.lower()] * (len(values) if isinstance(values, list) else 1)
        found += OTHER_NAMES.get((f"{deal}/{case['id']}", name), OTHER_NAMES.get((deal, name), plain))
    return found


def test_the_casebook_holds_the_published_deals() -> None:
    assert list(list_deals()) == DEALS
    assert len(DEALS) == 19
    assert sum(len(deal["cases"]) for deal in PRINTED.values()) == 147


@pytest.mark.parametrize("deal", DEALS)
def test_every_figure_comes_out_through_payment_and_through_simulation(deal: str) -> None:
    rows = recompute(deal)
    assert rows
    assert not [row for row in rows if not row.match]


@pytest.mark.parametrize("deal", DEALS)
def test_no_case_is_dropped_and_no_value_or_tolerance_is_altered(deal: str) -> None:
    cases = read_results(deal).cases
    printed = PRINTED[deal]["cases"]
    assert [case.id for case in cases] == [case["id"].lower() for case in printed]
    for case, given in zip(cases, printed, strict=True):
        assert [one.value for one in case.expect] == [value for _, value in figures(given)]
        assert [one.output for one in case.expect] == names(deal, given)
        assert {(one.tolerance, one.use, one.basis) for one in case.expect} == {
            (given["tolerance"], given["use"], given["basis"])
        }
        assert {one.printed for one in case.expect} - {""} == {given.get("printed", "")} - {""}


def leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [shown_text(value)] if isinstance(value, str | bool) else []


def same(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return one.lower() == other.lower()


@pytest.mark.parametrize("deal", DEALS)
def test_every_input_of_a_case_is_a_row_or_a_number_of_the_terms(deal: str) -> None:
    numbers = leaves(json.loads(read_terms(deal).canonical_bytes()))
    lost = []
    for case, given in zip(read_results(deal).cases, PRINTED[deal]["cases"], strict=True):
        rows = [shown for one in case.results for shown in (one.value, one.period.removeprefix("year-"))]
        lost += [
            (deal, name)
            for name, values in given["given"].items()
            for value in leaves(values)
            if not any(same(value, one) for one in (*rows, *numbers))
        ]
    assert set(lost) == {known for known in OTHER_INPUTS if known[0] == deal}


@pytest.mark.parametrize("deal", DEALS)
def test_every_clause_metric_and_limit_names_its_source(deal: str) -> None:
    terms = read_terms(deal)
    assert all(one.source for one in (*terms.clauses, *terms.limits, *terms.splits.values()))
    without = {name for name, metric in terms.metrics.items() if metric.source is None}
    assert without == WITHOUT_SOURCE.get(deal, set())


@pytest.mark.parametrize("deal", DEALS)
def test_figures_of_the_indigo_dataset_are_credited_where_they_stand(deal: str) -> None:
    credited = leaves(json.loads(read_terms(deal).canonical_bytes()))
    credited += [row.source for case in read_results(deal).cases for row in case.results]
    assert not [one for one in credited if one.startswith("INDIGO-POJ") and "University of Oxford" not in one]


def test_what_a_case_gives_as_paid_by_the_city_is_what_the_terms_pay() -> None:
    program = compile_terms(read_terms("rikers-able"))
    given = {case["id"]: case["given"] for case in PRINTED["rikers-able"]["cases"]}
    guarantees = [case for case in read_results("rikers-able").cases if "city_payment" in given[case.id]]
    assert len(guarantees) == 2
    for case in guarantees:
        paid = read_figure(pay(program, read_case(program, case)), Output("city_payment"))
        assert paid is not None
        assert same(paid, given[case.id]["city_payment"])


def test_interim_payments_of_the_denver_deal_sum_to_the_printed_total() -> None:
    program = compile_terms(read_terms("denver-sib"))
    state, dues = State(), []
    for at, (metric, value) in enumerate(
        (("net_stable_days", 258_858), ("net_stable_days", 41_070), ("jail_reduction_pp", 3800))
    ):
        answer = step(program, state, Observation(metric=metric, value=value, id=f"payment-{at}"), as_of=None)
        state = answer.state
        dues.append(sum(row.due for row in answer.entitlements))
    assert dues == [391_393_296, 62_097_840, 510_400_000]
    assert sum(dues) == 963_891_136


MAXIMA = {
    "benevolent-sbb": "17500000.00",
    "cameroon-kmc-dib": "2430000.00",
    "care-leavers-0123": "1083550.00",
    "dc-water-eib": "32587500.00",
    "denver-sib": "11420000.00",
    "utah-preschool": "1350000.00",
    "village-enterprise-dib": "4280618.00",
}
PAYERS = {
    ("newpin-sbb", "agency", "AUD"): "47000000.00",
    ("rikers-able", "city", "USD"): "11712000.00",
    ("rikers-able", "guarantor", "USD"): "7200000.00",
    ("rikers-able", "lender", "USD"): "9600000.00",
    ("cameroon-kmc-dib", "ministry", "USD"): "2000000.00",
    ("cameroon-kmc-dib", "nutrition", "USD"): "800000.00",
}


@pytest.mark.parametrize("deal", sorted(MAXIMA))
def test_the_maximum_liability_is_what_the_published_limits_add_up_to_and_is_attained(deal: str) -> None:
    program = compile_terms(read_terms(deal))
    proof = prove(program)
    assert (decimal_text(proof.maximum, 2), proof.label) == (MAXIMA[deal], "attained")
    assert read_figure(pay(program, proof.witness), Output("paid")) == MAXIMA[deal]


@pytest.mark.parametrize(("deal", "party", "unit"), sorted(PAYERS))
def test_a_payer_is_bound_to_its_published_maximum(deal: str, party: str, unit: str) -> None:
    proof = prove(compile_terms(read_terms(deal)))
    assert decimal_text(proof.payers[party, unit], 2) == PAYERS[deal, party, unit]
