"""Builders of the documents that the tests of this room start from; every name in them is invented."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from almoner.challenges import Application, Brief, Rubric
from almoner.challenges.scores import Score, read_marks

Content = dict[str, Any]


def _anchors() -> list[Content]:
    return [
        {"lo": "1.0", "hi": "2.4", "text": "weak: a claim without proof"},
        {"lo": "2.5", "hi": "3.9", "text": "fair: shown once, on a small scale"},
        {"lo": "4.0", "hi": "5.0", "text": "strong: shown by others, on the scale asked for"},
    ]


@pytest.fixture
def rubric_content() -> Content:
    return {
        "id": "merit/1",
        "scale": {"lo": "1.0", "hi": "5.0", "step": "0.1", "direction": "higher"},
        "traits": [
            {"id": "reach", "title": "Reach", "weight_bp": 2500, "anchors": _anchors()},
            {"id": "proof", "title": "Evidence", "weight_bp": 7500, "anchors": _anchors()},
        ],
    }


@pytest.fixture
def rubric(rubric_content: Content) -> Rubric:
    return Rubric.read(json.dumps(rubric_content))


@pytest.fixture
def brief_content(rubric_content: Content) -> Content:
    return {
        "schema": "almoner.brief/1",
        "challenge_id": "clean-water",
        "version": 3,
        "title": "Clean water in every school",
        "unit": "USD",
        "fund": "water-pool",
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
            },
            {
                "id": "panel",
                "kind": "review",
                "opens_at": "2027-03-08T09:00+03:00",
                "closes_at": "2027-04-12T17:00+03:00",
                "judging": "panel",
                "rubric": "merit/1",
                "reads_per_application": 5,
            },
            {
                "id": "vote",
                "kind": "review",
                "opens_at": "2027-04-12T17:00+03:00",
                "closes_at": "2027-05-12T17:00+03:00",
                "judging": "ballot",
                "ballot": {"metrics": ["users", "fees"], "cap_bp": 500, "floor": "1000.00"},
            },
            {
                "id": "deliver",
                "kind": "delivery",
                "opens_at": "2027-06-01T00:00Z",
                "closes_at": "2029-06-01T00:00Z",
                "judging": "metric",
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
                },
                {"not": {"fact": "lead.kind", "op": "in", "value": ["government"], "clause": "2.3"}},
            ]
        },
        "rubric": rubric_content,
        "prizes": [
            {"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00", "25.00"]},
            {"kind": "pool", "phase": "vote", "amount": "900000.00", "split": "ballot"},
            {"kind": "pool", "phase": "panel", "amount": "50000.00", "split": "optimiser"},
        ],
    }


@pytest.fixture
def brief(brief_content: Content) -> Brief:
    return Brief.read(json.dumps(brief_content))


@pytest.fixture
def application_content() -> Content:
    return {
        "schema": "almoner.application/1",
        "application_id": "a-1",
        "challenge_id": "clean-water",
        "title": "Wells that keep working",
        "unit": "USD",
        "lead": "river-trust",
        "bundle": [
            {"party": "river-trust", "role": "lead", "share_bp": 6000},
            {"party": "pump-makers", "role": "supply", "share_bp": 4000},
        ],
        "interventions": [
            {"id": "wells", "title": "Twelve wells"},
            {"id": "care", "title": "Care for the pumps"},
        ],
        "budget": [
            {
                "actor": "river-trust",
                "intervention": "wells",
                "category": "drilling",
                "amount": "900.10",
                "covered_by": "ask",
            },
            {
                "actor": "pump-makers",
                "intervention": "care",
                "category": "parts",
                "amount": "0.20",
                "covered_by": "ask",
            },
            {
                "actor": "pump-makers",
                "intervention": "care",
                "category": "staff",
                "amount": "300.00",
                "covered_by": "own",
            },
        ],
        "ask": "900.30",
        "minimum": "600.00",
        "in_kind_offers": [{"kind": "engineer time", "quantity": "400", "unit": "hour"}],
        "facts": {"lead.registered_since_days": 900, "lead.kind": "ngo", "open_source": True, "ratio": "0.5"},
        "answers": {"why": "Pumps break within two years."},
        "groups": {"region": "east", "sector": "water"},
        "disclosures": [
            {"party": "river-trust", "incentives": "none", "restrictions": "none"},
            {"party": "pump-makers", "incentives": ["sells the pumps"], "restrictions": "none"},
        ],
    }


@pytest.fixture
def application(application_content: Content) -> Application:
    return Application.read(json.dumps(application_content))


Marks = dict[str, dict[str, str]]


@pytest.fixture
def scored() -> Callable[[Rubric, Marks], list[Score]]:
    """Give every trait of a read the same mark: ``{application: {judge: mark}}``."""

    def scores(rubric: Rubric, marks: Marks) -> list[Score]:
        return [
            score
            for application_id, by_judge in marks.items()
            for judge_id, mark in by_judge.items()
            for score in read_marks(
                rubric,
                application_id=application_id,
                judge_id=judge_id,
                marks={trait.id: mark for trait in rubric.traits},
            )
        ]

    return scores
