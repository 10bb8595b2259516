"""Agreements on real deals for walks: parties recalled, prices and caps recalled or invented."""

import json

from almoner.contracts.terms.document import TermDocument

from .walking import Content, lit, times

ZERO = lit("0.00", "EUR/2")
POT: Content = {"op": "balance", "account": "pot"}
HURDLE: Content = {"op": "balance", "account": "hurdle"}
AUGSBURG: Content = {
    "schema": "almoner.agreement/1",
    "terms": {
        "schema": "almoner.term/1",
        "title": "Perspektive Augsburg",
        "rounding": "half_even",
        "parties": {
            "land": {"role": "outcome_payer"},
            "first": {"role": "investor"},
            "second": {"role": "investor"},
            "juvat": {"role": "intermediary"},
            "kids": {"role": "service_provider"},
            "audit": {"role": "evaluator"},
        },
        "calendar": {
            "starts_on": "2013-09-01",
            "ends_on": "2015-12-31",
            "periods": [{"id": "y1", "ends_on": "2014-12-31"}, {"id": "y2", "ends_on": "2015-12-31"}],
        },
        "metrics": {
            "jobs": {
                "title": "Young people nine months in work",
                "type": "person/0",
                "domain": ["0", "60"],
                "per": ["period"],
                "pool": "sum",
                "method": "social insurance records",
                "on_missing": {"use": "0", "after_days": 120},
            }
        },
        "accounts": {
            "pot": {
                "title": "Repayments",
                "type": "EUR/2",
                "kind": "pot",
                "holder": "juvat",
                "residual_to": "juvat",
            },
            "hurdle": {
                "title": "Capital and 3 percent",
                "type": "EUR/2",
                "kind": "memo",
                "opens": lit("250000.00", "EUR/2"),
                "grows": {"rate": "0.03", "compounding": "annual"},
            },
        },
        "splits": {
            "investors": {"legs": [{"party": "first", "weight": "60"}, {"party": "second", "weight": "40"}]}
        },
        "clauses": [
            {
                "op": "pay",
                "id": "job",
                "from": "land",
                "to": "pot",
                "basis": "period",
                "on_decrease": "recover",
                "amount": times({"op": "obs", "metric": "jobs"}, "14000.00", "EUR/2 per person/0", "EUR/2"),
            },
            {
                "op": "pay",
                "id": "back",
                "from": "pot",
                "to": "investors",
                "basis": "period",
                "lowers": ["hurdle"],
                "amount": {"op": "max", "of": [ZERO, {"op": "min", "of": [POT, HURDLE]}]},
            },
            {
                "op": "pay",
                "id": "bonus",
                "from": "pot",
                "to": "kids",
                "basis": "period",
                "amount": times(POT, "0.50", "ratio/2", "EUR/2"),
            },
        ],
        "limits": [{"id": "most", "of": ["job"], "max": "300000.00"}],
    },
    "parties": {
        "land": "bavaria",
        "first": "foundation",
        "second": "bank",
        "juvat": "juvat",
        "kids": "kids-firm",
        "audit": "auditor",
    },
    "verifiers": {"law": "lawyers"},
    "resolver": "court",
    "funding": [{"payer": "land", "fund": "ministry"}, {"payer": "pot", "fund": "ministry"}],
    "verification": {"claim_days": 60, "pays": "provisional"},
    "disputes": {"days": 30},
}


STEPS = {"star-1": "120.00", "star-2": "80.50", "star-3": "33.33"}
WELLNESS: Content = {
    "schema": "almoner.agreement/1",
    "terms": {
        "schema": "almoner.term/1",
        "title": "Ways to Wellness",
        "rounding": "half_even",
        "parties": {
            "ccg": {"role": "outcome_payer"},
            "cbo": {"role": "outcome_payer"},
            "spv": {"role": "intermediary"},
            "uni": {"role": "evaluator"},
        },
        "calendar": {"starts_on": "2015-04-01", "ends_on": "2018-03-31", "periods": {"every": "P1Y"}},
        "sets": {"steps": {"title": "Steps of the Wellbeing Star", "members": list(STEPS)}},
        "metrics": {
            "wellbeing": {
                "title": "People who reached a step",
                "type": "person/0",
                "domain": ["0", "4000"],
                "per": ["period", "steps"],
                "pool": "sum",
                "method": "Wellbeing Star, audited",
            },
            "saving": {
                "title": "Hospital cost below that of the comparison",
                "type": "GBP/2",
                "domain": ["-2000.00", "2000.00"],
                "per": ["period"],
                "method": "difference in differences",
            },
        },
        "params": {"price": {"type": "GBP/2 per person/0", "per": "steps", "values": STEPS}},
        "splits": {"payers": {"legs": [{"party": "ccg", "weight": "70"}, {"party": "cbo", "weight": "30"}]}},
        "clauses": [
            {
                "op": "pay",
                "id": "star",
                "from": "payers",
                "to": "spv",
                "each": ["steps"],
                "basis": "period",
                "amount": {
                    "op": "scale",
                    "of": {"op": "obs", "metric": "wellbeing"},
                    "by": [{"op": "param", "name": "price"}],
                    "as": "GBP/2",
                },
            },
            {
                "op": "pay",
                "id": "hospital",
                "from": "ccg",
                "to": "spv",
                "basis": "period",
                "amount": {
                    "op": "max",
                    "of": [
                        lit("0.00", "GBP/2"),
                        times({"op": "obs", "metric": "saving"}, "500", "ratio/0", "GBP/2"),
                    ],
                },
            },
        ],
        "limits": [
            {"id": "year", "of": ["*"], "each": ["period"], "max": "200000.00"},
            {"id": "most", "of": ["*"], "max": "450000.00"},
        ],
    },
    "parties": {"ccg": "ccg", "cbo": "lottery", "spv": "ways", "uni": "university"},
    "verifiers": {"audit": "auditor", "third": "third-lab"},
    "resolver": "judge",
    "funding": [{"payer": "ccg", "fund": "ccg-money"}, {"payer": "cbo", "fund": "cbo-money"}],
    "verification": {
        "quorum": 2,
        "claim_days": 120,
        "tolerance": {"saving": "0.50"},
        "methods": {"saving": "did/1"},
    },
    "disputes": {"days": 20, "late_days": 60, "grounds": ["data_error", "fraud"], "late_grounds": ["fraud"]},
}


def visits(title: str = "Nurse visits", most: str = "700000.00") -> Content:
    """Success payments for nurse visits; that they rest on a randomised trial and on lists is recalled."""
    preterm: Content = {
        "op": "max",
        "of": [
            lit("0", "percent/1"),
            {"op": "min", "of": [{"op": "obs", "metric": "preterm"}, lit("15", "percent/1")]},
        ],
    }
    one = {"op": "pay", "from": "state", "to": "nurses", "basis": "once"}
    return {
        "schema": "almoner.agreement/1",
        "terms": {
            "schema": "almoner.term/1",
            "title": title,
            "rounding": "half_even",
            "parties": {
                "state": {"role": "outcome_payer"},
                "nurses": {"role": "service_provider"},
                "lab": {"role": "evaluator"},
            },
            "calendar": {"starts_on": "2016-02-01", "ends_on": "2017-01-31"},
            "metrics": {
                "preterm": {
                    "title": "Fall in preterm births",
                    "type": "percent/1",
                    "domain": ["-100", "100"],
                    "method": "randomised trial",
                },
                "mothers": {
                    "title": "Mothers visited",
                    "type": "person/0",
                    "domain": ["0", "3200"],
                    "method": "list with audit",
                },
            },
            "clauses": [
                {**one, "id": "births", "amount": times(preterm, "20000.00", "USD/2 per percent/0", "USD/2")},
                {
                    **one,
                    "id": "list",
                    "amount": times(
                        {"op": "obs", "metric": "mothers"}, "137.50", "USD/2 per person/0", "USD/2"
                    ),
                },
            ],
            "limits": [{"id": "most", "of": ["*"], "max": most}],
        },
        "parties": {"state": "state", "nurses": "nurses", "lab": "trial-lab"},
        "verifiers": {"audit": "auditor"},
        "resolver": "referee",
        "funding": [{"payer": "state", "fund": "success"}],
        "verification": {
            "claim_days": 180,
            "valid_days": 14,
            "methods": {"preterm": "rct_difference/1", "mothers": "admin_validated/1"},
        },
        "disputes": {"days": 10},
    }


def guarantee(on: Content) -> Content:
    """Invented: a bank makes up half of what nurses get less than 600,000."""
    digest = TermDocument.read(json.dumps(on["terms"])).digest()
    lacking: Content = {
        "op": "max",
        "of": [
            lit("0.00", "USD/2"),
            {"op": "sub", "of": lit("600000.00", "USD/2"), "less": {"op": "obs", "metric": "got"}},
        ],
    }
    return {
        "schema": "almoner.agreement/1",
        "terms": {
            "schema": "almoner.term/1",
            "title": "Guarantee on nurse visits",
            "rounding": "half_even",
            "parties": {"bank": {"role": "guarantor"}, "nurses": {"role": "service_provider"}},
            "calendar": {"starts_on": "2016-02-01", "ends_on": "2017-01-31"},
            "metrics": {
                "got": {
                    "title": "Paid on nurse visits",
                    "type": "USD/2",
                    "domain": ["0", "700000.00"],
                    "ref": {"terms": digest, "output": "to:nurses"},
                    "method": "the other agreement",
                }
            },
            "clauses": [
                {
                    "op": "pay",
                    "id": "half",
                    "from": "bank",
                    "to": "nurses",
                    "basis": "once",
                    "amount": times(lacking, "0.50", "ratio/2", "USD/2"),
                }
            ],
            "limits": [{"id": "most", "of": ["*"], "max": "90000.00"}],
        },
        "parties": {"bank": "bank", "nurses": "nurses"},
        "funding": [{"payer": "bank", "fund": "reserve"}],
    }
