"""Published deals: every figure of the casebook comes out, through payment and through simulation.

Figures marked INDIGO-POJ in the data come from the INDIGO impact bond dataset of the Government Outcomes Lab,
University of Oxford.
"""

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from almoner.contracts.casebook import CasebookRow, list_deals, read_results, read_terms, recompute
from almoner.contracts.results import Expected
from almoner.contracts.terms.document import TermDocument

DATA = Path(__file__).parents[1] / "data" / "casebook_cases.json"
PRINTED = {deal["id"]: deal for deal in json.loads(DATA.read_text(encoding="utf-8"))["deals"]}
DEALS = sorted(PRINTED)
OTHER_NAMES = {
    ("denver-sib", "housing_earned"): ["housing.earned"],
    ("rikers-able", "return_pct"): ["irr:lender"],
    ("village-enterprise-dib", "by_payer"): ["from:us-fund", "from:usaid-div", "from:fcdo"],
    ("global-learning-xprize", "winner_prizes"): ["winner_prize"] * 3,
    ("gavi-pneumo-amc", "topped_up_share_of_300m"): ["topped_up_share"],
}


def text(value: str | bool) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def figures(case: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of every figure of a case; a list gives several."""
    return [
        (name, text(value))
        for name, values in case["expect"].items()
        for value in (values if isinstance(values, list) else [values])
    ]


def names(deal: str, case: dict[str, Any]) -> list[str]:
    return [
        other
        for name, values in case["expect"].items()
        for other in OTHER_NAMES.get(
            (deal, name), [name.lower()] * (len(values) if isinstance(values, list) else 1)
        )
    ]


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
    assert [case.id for case in cases] == [case["id"] for case in printed]
    for case, given in zip(cases, printed, strict=True):
        assert [one.value for one in case.expect] == [value for _, value in figures(given)]
        assert [one.output for one in case.expect] == names(deal, given)
        assert {(one.tolerance, one.use, one.basis) for one in case.expect} == {
            (given["tolerance"], given["use"], given["basis"])
        }
        assert {one.printed for one in case.expect if one.printed} == {given["printed"]} - {""} if (
            "printed" in given
        ) else {""}


def leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [text(value)] if isinstance(value, str | bool) else []


def same(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return one == other


@pytest.mark.parametrize("deal", DEALS)
def test_every_input_of_a_case_is_a_row_or_a_number_of_the_terms(deal: str) -> None:
    numbers = leaves(json.loads(read_terms(deal).canonical_bytes()))
    for case, given in zip(read_results(deal).cases, PRINTED[deal]["cases"], strict=True):
        rows = [one.value for one in case.results] + [one.period.removeprefix("year-") for one in case.results]
        lost = [
            value
            for value in leaves(given["given"])
            if not any(same(value, row) for row in rows) and not any(same(value, one) for one in numbers)
        ]
        assert not lost, case.id


@pytest.mark.parametrize("deal", DEALS)
def test_every_clause_metric_and_limit_names_its_source(deal: str) -> None:
    terms = read_terms(deal)
    assert all(one.source for one in (*terms.clauses, *terms.metrics.values(), *terms.limits))
