"""The example documents of the reference of challenges: one small brief, and an application to it."""

from typing import Any, Final

BRIEF: Final[dict[str, Any]] = {
    "schema": "almoner.brief/1",
    "challenge_id": "clean-water",
    "version": 1,
    "title": "Clean water in every school",
    "unit": "USD",
    "fund": "water",
    "goal": {
        "metric": "safe_water_days@2",
        "baseline": "212",
        "target": "320",
        "unit": "day",
        "by": "2029-12-31",
    },
    "phases": [
        {
            "id": "apply",
            "kind": "application",
            "opens_at": "2027-01-11T09:00+03:00",
            "closes_at": "2027-03-01T17:00+03:00",
            "form": "application/1",
        },
        {
            "id": "vote",
            "kind": "review",
            "judging": "ballot",
            "ballot": {"metrics": ["users"]},
            "opens_at": "2027-03-08T09:00+03:00",
            "closes_at": "2027-04-12T17:00+03:00",
        },
    ],
    "eligibility": {
        "all": [
            {
                "fact": "lead.registered_since_days",
                "op": ">=",
                "value": 730,
                "clause": "2.1",
                "evidence_asked": ["registration"],
                "cure_days": 10,
                "waivable_by": ["almoner"],
            },
            {"not": {"fact": "lead.kind", "op": "in", "value": ["government"], "clause": "2.3"}},
        ]
    },
    "forms": [
        {
            "id": "application/1",
            "schema": {
                "type": "object",
                "properties": {"why": {"type": "string", "x-max-words": 300}},
                "required": ["why"],
            },
        }
    ],
    "visibility": [
        {"pointer": "/application", "viewer": "own_applicant", "action": "show"},
        {"pointer": "/application", "viewer": "chair", "action": "show"},
        {"pointer": "/application", "viewer": "funder", "action": "after(apply.closed)"},
        {"pointer": "/application/title", "viewer": "public", "action": "after(decided)"},
    ],
    "prizes": [{"kind": "pool", "phase": "vote", "amount": "900000.00", "split": "ballot"}],
}

APPLICATION: Final[dict[str, Any]] = {
    "schema": "almoner.application/1",
    "application_id": "a-1",
    "challenge_id": "clean-water",
    "title": "Wells that keep working",
    "unit": "USD",
    "lead": "hub-a",
    "bundle": [
        {"party": "hub-a", "role": "lead", "share_bp": 6000},
        {"party": "hub-b", "role": "supply", "share_bp": 4000},
    ],
    "interventions": [{"id": "wells", "title": "Twelve wells"}],
    "budget": [
        {
            "actor": "hub-a",
            "intervention": "wells",
            "category": "drilling",
            "amount": "900.30",
            "covered_by": "ask",
        }
    ],
    "ask": "900.30",
    "minimum": "600.00",
    "facts": {"lead.registered_since_days": 900, "lead.kind": "ngo"},
    "answers": {"why": "Pumps break within two years."},
    "disclosures": [
        {"party": "hub-a", "incentives": "none", "restrictions": "none"},
        {"party": "hub-b", "incentives": ["sells the pumps"], "restrictions": "none"},
    ],
}
