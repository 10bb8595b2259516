"""Choosing among contracts: each costs its proven maximum, and one that observes another needs it."""

import json
from typing import Any

import pytest

from almoner import currency
from almoner.contracts.offers import ContractOffer, pose_offers
from almoner.contracts.terms.document import TermDocument
from almoner.finance.errors import TermError

USD = currency("USD")
POOL = [{"fund_id": "pool", "budget_minor": 300_000}]
PARTIES = {"payer": {"role": "outcome_payer"}, "payee": {"role": "investor"}, "lab": {"role": "evaluator"}}


def terms(title: str, price: str, **more: object) -> TermDocument:
    """Pays a price for each of at most 1,000 nights; or as much per dollar that another contract paid."""
    metric: dict[str, Any] = {
        "title": "x",
        "type": "night/0",
        "domain": ["0", "1000"],
        "pool": "last",
        "method": "r",
    }
    unit = "USD/2 per night/0"
    if more:
        metric, unit = {**metric, "type": "USD/2", "domain": ["0", "1000"], **more}, "ratio/2"
    amount = {
        "op": "scale",
        "of": {"op": "obs", "metric": "m"},
        "by": [{"op": "lit", "value": price, "type": unit}],
        "as": "USD/2",
    }
    clause = {"op": "pay", "id": "pay", "from": "payer", "to": "payee", "basis": "once", "amount": amount}
    content = {"schema": "almoner.term/1", "title": title, "rounding": "half_even", "parties": PARTIES}
    calendar = {"starts_on": "2027-01-01", "ends_on": "2028-12-31"}
    return TermDocument.read(
        json.dumps({**content, "calendar": calendar, "metrics": {"m": metric}, "clauses": [clause]})
    )


def offer(code: str, document: TermDocument, value: int) -> ContractOffer:
    return ContractOffer(offer_id=code, title=code, terms=document, value_micro=value, groups={"region": "n"})


def test_the_cost_of_an_offer_is_its_proven_maximum() -> None:
    first = terms("Beds", "2.00")
    problem = pose_offers([offer("beds", first, 10**6)], payer="payer", unit=USD, funds=POOL)
    assert problem.interventions.ints("fixed_minor").tolist() == [200_000]
    assert problem.arrays.bonus_micro.tolist() == [10**6]
    assert problem.interventions.texts("region") == ["n"]


def test_a_contract_that_observes_another_needs_it() -> None:
    first = terms("Beds", "2.00")
    second = terms("Bonus", "0.10", ref={"terms": first.digest(), "output": "earned"})
    problem = pose_offers(
        [offer("beds", first, 10**6), offer("extra", second, 10**6)], payer="payer", unit=USD, funds=POOL
    )
    assert problem.arrays.needs_rule == ("needs/extra/beds",)


def test_a_payer_who_owes_nothing_is_refused() -> None:
    with pytest.raises(TermError, match="payee owes nothing in USD"):
        pose_offers([offer("beds", terms("Beds", "2.00"), 1)], payer="payee", unit=USD, funds=POOL)
