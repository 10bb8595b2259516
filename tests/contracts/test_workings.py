"""A trace lists the operations of its own members, and those of others only where they are needed."""

import json
from typing import Any

import pytest

from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import TermDocument
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.pay import Entitlement, State, step

Content = dict[str, Any]
SITES = ("east", "north", "west")
NIGHTS = {"op": "obs", "metric": "nights"}


def priced(of: Content, **changes: object) -> Content:
    """Terms that pay each site 2.00 USD for a number."""
    price = {"op": "lit", "value": "2.00", "type": "USD/2 per night/0"}
    return {
        "schema": "almoner.term/1",
        "title": "Nights by site",
        "rounding": "half_even",
        "parties": {"city": {"role": "outcome_payer"}, "home": {"role": "service_provider"}},
        "calendar": {"starts_on": "2027-01-01", "ends_on": "2028-12-31", "periods": {"every": "P1Y"}},
        "sets": {"sites": {"title": "Sites", "members": list(SITES)}},
        "metrics": {
            "nights": {
                "title": "Nights",
                "type": "night/0",
                "domain": ["0", "900"],
                "per": ["sites"],
                "pool": "sum",
                "method": "register",
            }
        },
        "clauses": [
            {
                "op": "pay",
                "id": "stay",
                "from": "city",
                "to": "home",
                "each": ["sites"],
                "basis": "once",
                "amount": {"op": "scale", "of": of, "by": [price], "as": "USD/2"},
            }
        ],
        "limits": [{"id": "most", "of": ["*"], "max": "9000.00"}],
        **changes,
    }


def paid(content: Content) -> dict[str, Entitlement]:
    """Pay on 10, 20 and 30 nights, by site."""
    program = compile_terms(TermDocument.read(json.dumps(content)))
    heard = [
        Observation(metric="nights", value=10 * at, of=(("sites", site),), id=site)
        for at, site in enumerate(SITES, start=1)
    ]
    done = step(program, State(), *heard, as_of=None)
    return {row.members[0]: row for row in done.entitlements}


def observed(row: Entitlement) -> list[str]:
    return [one.value for one in row.trace if one.op == "obs"]


def test_a_member_lists_its_own_operations_and_ends_with_what_it_earned() -> None:
    rows = paid(priced(NIGHTS))
    assert {site: observed(row) for site, row in rows.items()} == {
        "east": ["10 night"],
        "north": ["20 night"],
        "west": ["30 night"],
    }
    assert [rows[site].trace[-1].value for site in SITES] == ["20.00 USD", "40.00 USD", "60.00 USD"]
    assert {len(row.trace) for row in rows.values()} == {3}


RANGING: dict[str, tuple[Content, list[str]]] = {
    "a fold": ({"op": "fold", "over": "sites", "with": "max", "of": NIGHTS}, ["30 night"] * 3),
    "a share": (
        {
            "op": "share",
            "total": {"op": "lit", "value": "60", "type": "night/0"},
            "over": "sites",
            "weight": NIGHTS,
        },
        ["10 night", "20 night", "30 night"],
    ),
}


@pytest.mark.parametrize("name", RANGING)
def test_what_ranges_over_a_set_lists_all_its_members(name: str) -> None:
    of, values = RANGING[name]
    rows = paid(priced(of))
    for site, value in zip(SITES, values, strict=True):
        assert observed(rows[site]) == ["10 night", "20 night", "30 night"]
        ranged = next(one for one in rows[site].trace if one.op == of["op"])
        assert ranged.value == value
    assert {sum(one.op == of["op"] for one in row.trace) for row in rows.values()} == {1}


def test_what_is_read_for_a_named_member_lists_that_member_alone() -> None:
    picked = {**NIGHTS, "at": {"sites": "west"}}
    rows = paid(priced({"op": "add", "of": [NIGHTS, picked]}))
    assert observed(rows["east"]) == ["10 night", "30 night"]
    assert observed(rows["west"]) == ["30 night"]


def test_the_same_number_inside_and_outside_a_fold_lists_all_of_it() -> None:
    total = {"op": "fold", "over": "sites", "with": "add", "of": NIGHTS}
    rows = paid(priced({"op": "min", "of": [NIGHTS, total]}))
    assert observed(rows["north"]) == ["10 night", "20 night", "30 night"]
    assert rows["north"].trace[-1].value == "40.00 USD"


def test_the_trace_grows_with_the_members_and_not_with_their_square() -> None:
    counts = []
    for size in (20, 40):
        content = priced(NIGHTS)
        content["sets"]["sites"] = {"title": "Sites", "most": size}
        program = compile_terms(TermDocument.read(json.dumps(content)))
        heard = [
            Observation(metric="nights", value=5, of=(("sites", f"s{at}"),), id=f"s{at}")
            for at in range(size)
        ]
        done = step(program, State(), *heard, as_of=None)
        counts.append(sum(len(row.trace) for row in done.entitlements))
    assert counts == [60, 120]
