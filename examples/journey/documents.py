"""The documents of the journey: a brief, three applications, the terms of one agreement."""

from typing import Any, Final

Json = Any
HUBS: Final = {"wells-north": "hub-north", "wells-south": "hub-south", "wells-east": "hub-east"}
ANCHORS = [
    {"lo": "1.0", "hi": "2.4", "text": "a claim without proof"},
    {"lo": "2.5", "hi": "3.9", "text": "shown once, on a small scale"},
    {"lo": "4.0", "hi": "5.0", "text": "shown by others, on the scale asked for"},
]
BRIEF: Final[Json] = {
    "schema": "almoner.brief/1",
    "challenge_id": "wells",
    "version": 1,
    "title": "Wells that keep working",
    "unit": "USD",
    "fund": "water",
    "goal": {
        "metric": "safe_water_days@2",
        "baseline": "212",
        "target": "320",
        "unit": "day",
        "by": "2027-12-31",
    },
    "phases": [
        {
            "id": "apply",
            "kind": "application",
            "opens_at": "2025-01-13T09:00Z",
            "closes_at": "2025-02-28T17:00Z",
        },
        {
            "id": "panel",
            "kind": "review",
            "opens_at": "2025-03-03T09:00Z",
            "closes_at": "2025-04-11T17:00Z",
            "judging": "panel",
            "rubric": "merit/1",
            "reads_per_application": 3,
            "advances": {"rule": "top", "n": 1, "tie": "split"},
        },
    ],
    "rubric": {
        "id": "merit/1",
        "scale": {"lo": "1.0", "hi": "5.0", "step": "0.1", "direction": "higher"},
        "traits": [
            {"id": "reach", "title": "Reach", "weight_bp": 5000, "anchors": ANCHORS},
            {"id": "proof", "title": "Evidence", "weight_bp": 5000, "anchors": ANCHORS},
        ],
    },
    "judge_policy": {"load": [0, 50], "scope": "pair", "seed_source": "beacon"},
    "visibility": [
        {"pointer": "/application", "action": "show", "viewer": "assigned_judge"},
        *(
            {"pointer": f"/application/{name}", "action": "mask", "viewer": "assigned_judge"}
            for name in ("lead", "bundle", "budget", "disclosures", "in_kind_offers", "files", "accords")
        ),
        {"pointer": "/feedback", "action": "after(decided)", "viewer": "own_applicant"},
    ],
    "prizes": [{"kind": "places", "phase": "panel", "amounts": ["50000.00"]}],
}


def application(code: str) -> Json:
    """Return the application that a hub leads."""
    lead = HUBS[code]
    return {
        "schema": "almoner.application/1",
        "application_id": code,
        "challenge_id": "wells",
        "title": f"Twelve wells: {code}",
        "unit": "USD",
        "lead": lead,
        "bundle": [{"party": lead, "role": "lead", "share_bp": 10000}],
        "interventions": [{"id": "wells", "title": "Twelve wells"}],
        "budget": [
            {
                "actor": lead,
                "intervention": "wells",
                "category": "drilling",
                "amount": "50000.00",
                "covered_by": "ask",
            }
        ],
        "ask": "50000.00",
        "minimum": "30000.00",
        "disclosures": [{"party": lead, "incentives": "none", "restrictions": "none"}],
    }


def agreement(hub: str) -> Json:
    """Return an agreement: 12.50 USD per day of safe water that the laboratory counts, 40,000 at most."""
    rate = {"op": "lit", "value": "12.50", "type": "USD/2 per day/0"}
    amount = {"op": "scale", "of": {"op": "obs", "metric": "days"}, "by": [rate], "as": "USD/2"}
    terms = {
        "schema": "almoner.term/1",
        "title": "Days of safe water",
        "rounding": "half_even",
        "parties": {
            "foundation": {"role": "outcome_payer"},
            "hub": {"role": "service_provider"},
            "lab": {"role": "evaluator"},
        },
        "calendar": {"starts_on": "2025-01-01", "ends_on": "2025-12-31"},
        "metrics": {
            "days": {
                "title": "Days on which a well gave safe water",
                "type": "day/0",
                "domain": ["0", "10000"],
                "pool": "sum",
                "method": "meter readings, audited",
            }
        },
        "clauses": [
            {
                "op": "pay",
                "id": "days",
                "from": "foundation",
                "to": "hub",
                "basis": "cumulative",
                "amount": amount,
            }
        ],
        "limits": [{"id": "most", "of": ["*"], "max": "40000.00"}],
    }
    return {
        "schema": "almoner.agreement/1",
        "terms": terms,
        "parties": {"foundation": "foundation", "hub": hub, "lab": "lab"},
        "funding": [{"payer": "foundation", "fund": "water"}],
        "verification": {"quorum": 1, "claim_days": 90},
        "disputes": {"days": 30},
    }
