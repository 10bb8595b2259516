"""Terms with a sum by period and site, a condition for each site, a label and people as members."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from almoner.contracts.agreement import VerificationRule
from almoner.contracts.measurement.rows import RowRules
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument


def metric(kind: str, **more: object) -> dict[str, object]:
    return {"title": "Counted", "type": kind, "method": "register", **more}


def amount(of: Mapping[str, object], price: str = "2.00", per: str = "night/0") -> dict[str, object]:
    price_of = {"op": "lit", "value": price, "type": f"USD/2 per {per}"}
    return {"op": "scale", "of": of, "by": [price_of], "as": "USD/2"}


@pytest.fixture
def terms() -> dict[str, Any]:
    """Terms of half-years over two years, for two sites."""
    nights = {"op": "obs", "metric": "nights"}
    return {
        "schema": "almoner.term/1",
        "title": "Nights in a safe place",
        "rounding": "half_even",
        "parties": {
            "city": {"role": "outcome_payer"},
            "home": {"role": "service_provider"},
            "lab": {"role": "evaluator"},
        },
        "calendar": {
            "starts_on": "2026-01-01",
            "ends_on": "2027-12-31",
            "periods": {"every": "P6M"},
        },
        "sets": {
            "site": {"title": "Sites", "members": ["north", "south"]},
            "people": {"title": "People", "most": 100},
        },
        "metrics": {
            "nights": metric("night/0", domain=["0", "40000"], pool="sum", per=["site", "period"]),
            "hours": metric("hour/2", domain=["0", "500"], pool="sum"),
            "clean": metric("truth", per=["site"]),
            "grade": metric("label", values=["good", "poor"]),
            "stay": metric("night/0", domain=["0", "90"], per=["people"]),
        },
        "clauses": [
            {
                "op": "pay",
                "id": "nights",
                "from": "city",
                "to": "home",
                "each": ["site"],
                "basis": "period",
                "when": {"op": "obs", "metric": "clean"},
                "amount": amount(nights),
            },
            {
                "op": "pay",
                "id": "hours",
                "from": "city",
                "to": "home",
                "basis": "cumulative",
                "when": {"op": "is", "metric": "grade", "value": "good"},
                "amount": amount({"op": "obs", "metric": "hours"}, "3.00", "hour/2"),
            },
            {
                "op": "pay",
                "id": "stays",
                "from": "city",
                "to": "home",
                "each": ["people"],
                "basis": "once",
                "amount": amount({"op": "obs", "metric": "stay"}, "1.00"),
            },
        ],
        "limits": [{"id": "most", "of": ["*"], "max": "500000.00"}],
    }


@pytest.fixture
def rules(terms: dict[str, Any]) -> RowRules:
    """Rules on the last day of 2027; results of a period can be claimed for 90 days."""
    verification = VerificationRule.model_validate({"claim_days": 900})
    program = compile_terms(TermDocument.read(json.dumps(terms)))
    return RowRules(program=program, verification=verification, today=date(2027, 12, 31))
