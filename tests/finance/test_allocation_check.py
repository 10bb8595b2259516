"""The exact re-check: a lawful allocation has its exact value, and every rule has one that breaks it."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from almoner.finance.allocation import Allocation, AllocationDocument, AllocationLine
from almoner.finance.allocation.answer import Bought, Carried, Part
from almoner.finance.allocation.checking import verifier
from almoner.finance.allocation.checking.check import breaches, recheck
from almoner.finance.errors import AllocationRejected

Plain = dict[str, Any]
GOOD = (
    ("clinic", 0, "free", 2000),
    ("clinic", 1, "free", 1500),
    ("seeds", 1, "free", 1000),
    ("wells", 0, "free", 500),
    ("wells", 0, "north", 1500),
    ("wells", 1, "free", 1000),
)


def content() -> Plain:
    def response(who: str, period: int) -> list[Plain]:
        return [
            {
                "intervention_id": who,
                "period": period,
                "segment": 0,
                "cap_minor": 1000,
                "gain_micro_per_k": 3_000_000,
            },
            {
                "intervention_id": who,
                "period": period,
                "segment": 1,
                "cap_minor": 1000,
                "gain_micro_per_k": 1,
            },
        ]

    who = ("bridge", "clinic", "road", "seeds", "wells")
    cells = [(name, period) for name in who for period in (0, 1) if (name, period) != ("seeds", 0)]
    return {
        "schema": "almoner.allocation/2",
        "unit": "USD",
        "scale": 2,
        "periods": ["2026", "2027"],
        "rates": [{"unit": "EUR", "numerator": 3, "denominator": 2}],
        "funds": [
            {
                "fund_id": "free",
                "period": 0,
                "budget_minor": 3600,
                "carry_limit_minor": 800,
                "carry_fee_bp": 1000,
            },
            {"fund_id": "free", "period": 1, "budget_minor": 3000, "carry_fee_bp": 1000},
            {"fund_id": "north", "period": 0, "budget_minor": 1001, "unit": "EUR"},
        ],
        "earmarks": [{"fund_id": "north", "column": "region", "value": "n", "match_bp": 30_000}],
        "interventions": [
            {"intervention_id": "bridge", "region": "w"},
            {"intervention_id": "clinic", "region": "s", "fixed_minor": 500, "start_minor": 500, "lock": 1},
            {"intervention_id": "road", "region": "w", "lock": -1},
            {"intervention_id": "seeds", "region": "s", "shape": "free"},
            {"intervention_id": "wells", "region": "n"},
        ],
        "tickets": [
            {"intervention_id": name, "period": period, "min_minor": 500, "max_minor": 2000}
            for name, period in cells
        ],
        "response": [row for cell in cells for row in response(*cell)],
        "synergies": [{"kind": "bonus", "members": ["clinic", "wells"], "value_micro": 250_000}],
    }


def read(**changes: object) -> AllocationDocument:
    return AllocationDocument.read(json.dumps(content() | changes))


def given(
    *changes: tuple[str, int, str, int],
    carried: tuple[Carried, ...] | None = None,
    bought: tuple[Bought, ...] = (),
    parts: tuple[Part, ...] = (),
) -> Allocation:
    """The lawful allocation with other amounts on some lines; 0 takes a line away."""
    amounts = {row[:3]: row[3] for row in (*GOOD, *changes)}
    lines = [
        AllocationLine(intervention_id=who, period=period, fund_id=fund, amount_minor=amount)
        for (who, period, fund), amount in sorted(amounts.items())
        if amount
    ]
    keeps = (kept(600),) if carried is None else carried
    return replace(Allocation.of(lines), carried=keeps, bought=bought, parts=parts)


def kept(amount: int) -> Carried:
    return Carried(fund_id="free", period=0, amount_minor=amount)


def rules(document: AllocationDocument, allocation: Allocation) -> list[str]:
    return sorted({row.rule for row in breaches(document, allocation)})


def test_a_lawful_allocation_has_its_exact_value() -> None:
    full, thousandth = Fraction(3, 100), Fraction(1, 10**8)
    own = full + full + full + full + full + (Fraction(1000, 1000) * thousandth)
    assert recheck(read(), given()) == own + 2 * Fraction(1, 4)


def test_overlap_costs_and_intensity_follows_the_least_funded() -> None:
    pairs = [
        {"kind": "overlap", "members": ["clinic", "wells"], "value_micro": 100_000},
        {"kind": "intensity", "members": ["clinic", "wells"], "value_micro": 1_000_000},
    ]
    base = recheck(read(synergies=[]), given())
    expected = base - Fraction(2, 10) + Fraction(1, 2) + Fraction(1, 2)
    assert recheck(read(synergies=pairs), given()) == expected


def test_metrics_are_weighted() -> None:
    rows = [row | {"metric_id": name} for row in content()["response"] for name in ("food", "health")]
    metrics = [{"metric_id": "food", "weight": 2}, {"metric_id": "health", "weight": 5}]
    assert recheck(read(response=rows, metrics=metrics, synergies=[]), given()) == 7 * recheck(
        read(synergies=[]), given()
    )


BROKEN: dict[str, tuple[Plain, Allocation]] = {
    "budget/free/0": (
        {},
        given(("clinic", 0, "free", 3000), ("wells", 0, "free", 501), ("wells", 0, "north", 1499)),
    ),
    "budget/free/1": ({}, given(carried=(kept(555),))),
    "budget/north/0": (
        {"earmarks": [{"fund_id": "north", "column": "region", "value": "n"}]},
        given(("wells", 0, "north", 1502), ("wells", 0, "free", 498)),
    ),
    "carry/free/0": ({}, given(carried=(kept(801),))),
    "carry/free/1": ({}, given(carried=(kept(600), Carried(fund_id="free", period=1, amount_minor=1)))),
    "earmark/north": ({}, given(("clinic", 0, "north", 1), ("clinic", 0, "free", 1999))),
    "share/north/wells": ({}, given(("wells", 0, "free", 499))),
    "ticket/wells/0": ({}, given(("wells", 0, "free", 501))),
    "ticket/clinic/1": ({}, given(("clinic", 1, "free", 999))),
    "ticket/seeds/0": ({}, given(("seeds", 0, "free", 100))),
    "lock/clinic": ({}, given(("clinic", 1, "free", 0))),
    "lock/road": ({}, given(("road", 0, "free", 500))),
}
CHANGED: dict[str, Plain] = {
    "tranche/wells/1": {
        "tranches": [
            {"intervention_id": "wells", "period": 1, "ordinal": at, "amount_minor": amount, "state": state}
            for at, (amount, state) in enumerate([(600, "paid"), (300, "open"), (100, "waiting")])
        ]
    },
    "needs/seeds/bridge": {"synergies": [{"kind": "needs", "members": ["seeds", "bridge"]}]},
    "bundle/bridge/seeds": {"synergies": [{"kind": "bundle", "members": ["seeds", "bridge"]}]},
    "any-of/wells/bridge/seeds": {"synergies": [{"kind": "any_of", "members": ["wells", "bridge", "seeds"]}]},
    "alternatives/bridge/clinic/seeds": {
        "synergies": [{"kind": "alternatives", "members": ["seeds", "bridge", "clinic"]}]
    },
    "floor/region/n/0": {
        "limits": [{"group_kind": "region", "group_id": "n", "period": 0, "floor_minor": 2001}]
    },
    "cap/region/s/all": {"limits": [{"group_kind": "region", "group_id": "*", "cap_minor": 4499}]},
    "floor-share/region/n/all": {
        "limits": [{"group_kind": "region", "group_id": "n", "floor_share_bp": 4001}]
    },
    "cap-share/region/n/1": {
        "limits": [{"group_kind": "region", "group_id": "n", "period": 1, "cap_share_bp": 2857}]
    },
    "floor-count/all/all/all": {"limits": [{"group_kind": "all", "group_id": "all", "floor_count": 6}]},
    "cap-count/region/s/1": {
        "limits": [{"group_kind": "region", "group_id": "s", "period": 1, "cap_count": 1}]
    },
    "floor-share/region/w/all": {
        "limits": [{"group_kind": "region", "group_id": "*", "equal_share_bp": 1000}]
    },
    "concentration/1/all": {"concentration": [{"count": 1, "share_bp": 4666}]},
    "concentration/2/0": {"concentration": [{"count": 2, "period": 0, "share_bp": 9999}]},
    "stock/beds/1": {
        "resources": [
            {"resource_id": "beds", "period": at, "stock": stock} for at, stock in enumerate((2, 1))
        ],
        "needs": [
            {"intervention_id": name, "resource_id": "beds", "quantity": 1} for name in ("seeds", "wells")
        ],
    },
    "metric/value": {"metrics": [{"metric_id": "value", "floor_micro": 150_001}]},
    "override/o1": {
        "overrides": [
            {"override_id": "o1", "kind": "at_least", "intervention_id": "wells", "amount_minor": 3001}
            | {"reason": "agreed", "decided_by": "board"}
        ]
    },
    "override/o2": {
        "overrides": [
            {"override_id": "o2", "kind": "exclude", "intervention_id": "wells"}
            | {"reason": "agreed", "decided_by": "board"}
        ]
    },
    "override/o3": {
        "overrides": [
            {"override_id": "o3", "kind": "at_most", "intervention_id": "wells", "amount_minor": 2999}
            | {"reason": "agreed", "decided_by": "board"}
        ]
    },
    "churn": {
        "objective": {"churn_bp": 999},
        "previous": [
            {"intervention_id": "bridge", "amount_minor": 300},
            {"intervention_id": "wells", "amount_minor": 2000},
            {"intervention_id": "clinic", "amount_minor": 700},
        ],
    },
    "part/wells": {"actors": [{"intervention_id": "wells", "actor_id": "hub"}]},
}


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_every_rule_about_amounts_is_checked(rule: str) -> None:
    changes, allocation = BROKEN[rule]
    assert rules(read(**changes), allocation) == [rule]


@pytest.mark.parametrize("rule", sorted(CHANGED))
def test_every_rule_that_a_document_can_state_is_checked(rule: str) -> None:
    assert rules(read(**CHANGED[rule]), given()) == [rule]


@pytest.mark.parametrize("rule", sorted({*BROKEN, *CHANGED}))
def test_the_standalone_verifier_names_the_same_rule(rule: str) -> None:
    changes, allocation = BROKEN.get(rule, (CHANGED.get(rule, {}), given()))
    document = read(**changes)
    problem = verifier.PosedProblem(json.loads(document.canonical_bytes()))
    found = verifier.broken(problem, verifier.GivenAmounts(problem, json.loads(allocation.canonical_bytes())))
    assert set(found) == {rule if rule != "part/wells" else "parts do not make the awards"}


def test_a_document_that_just_allows_it_is_kept() -> None:
    limits = [
        {"group_kind": "region", "group_id": "n", "period": 0, "floor_minor": 2000, "cap_minor": 2000},
        {"group_kind": "region", "group_id": "n", "floor_share_bp": 4000, "cap_share_bp": 4000},
        {"group_kind": "all", "group_id": "all", "floor_count": 5, "cap_count": 5},
    ]
    assert not rules(read(limits=limits, concentration=[{"count": 1, "share_bp": 4667}]), given())


def test_a_named_group_overrides_the_star() -> None:
    limits = [
        {"group_kind": "region", "group_id": "*", "cap_minor": 3000},
        {"group_kind": "region", "group_id": "s", "cap_minor": 4500},
    ]
    assert not rules(read(limits=limits), given())


def beds(price: int | None = 100) -> Plain:
    return {
        "resources": [{"resource_id": "beds", "period": 0, "stock": 0, "price_minor": price}],
        "needs": [{"intervention_id": "wells", "resource_id": "beds", "quantity": 1}],
        "tickets": [
            row for row in content()["tickets"] if row["intervention_id"] != "wells" or not row["period"]
        ],
        "response": [
            row for row in content()["response"] if row["intervention_id"] != "wells" or not row["period"]
        ],
    }


def bed(amount_minor: int = 100, fund_id: str = "free", resource_id: str = "beds") -> Bought:
    return Bought(resource_id=resource_id, period=0, fund_id=fund_id, quantity=1, amount_minor=amount_minor)


@pytest.mark.parametrize(
    ("price", "bought", "broken"),
    [
        (100, (bed(),), []),
        (100, (), ["stock/beds/0"]),
        (None, (bed(),), ["bought/beds/0/free"]),
        (100, (bed(amount_minor=99),), ["bought/beds/0/free"]),
        (1, (bed(fund_id="north", amount_minor=1),), ["bought/beds/0/north"]),
        (1100, (bed(amount_minor=1100),), ["budget/free/0"]),
    ],
)
def test_what_is_bought_must_be_for_sale_at_its_price_and_paid_by_a_fund_for_all(
    price: int | None, bought: tuple[Bought, ...], broken: list[str]
) -> None:
    allocation = given(("wells", 1, "free", 0), bought=bought)
    assert rules(read(**beds(price)), allocation) == broken


def part(actor: str, amount: int, period: int = 0, who: str = "wells") -> Part:
    return Part(intervention_id=who, period=period, actor_id=actor, amount_minor=amount)


LATER = (part("hub", 333, 1), part("lab", 667, 1))


@pytest.mark.parametrize(
    ("parts", "broken"),
    [
        ((part("hub", 666), part("lab", 1334), *LATER), []),
        ((part("hub", 667), part("lab", 1333), *LATER), []),
        ((part("hub", 668), part("lab", 1332), *LATER), ["part/wells/hub", "part/wells/lab"]),
        ((part("hub", 666), part("lab", 1333), *LATER), ["part/wells"]),
        ((part("hub", 666), part("lab", 1334), *LATER, part("lab", 9, who="clinic")), ["part/clinic/lab"]),
    ],
)
def test_parts_follow_their_shares_to_the_unit(parts: tuple[Part, ...], broken: list[str]) -> None:
    actors = [
        {"intervention_id": "wells", "actor_id": name, "share_bp": share}
        for name, share in (("hub", 3333), ("lab", 6667))
    ]
    assert rules(read(actors=actors), given(parts=tuple(sorted(parts)))) == broken


@pytest.mark.parametrize(
    ("hub", "broken"),
    [(700, []), (499, ["part/wells/hub"]), (801, ["actor/hub/0", "part/wells/hub"]), (750, ["actor/hub/0"])],
)
def test_parts_that_vary_stay_within_their_bounds_and_what_an_actor_can_take_on(
    hub: int, broken: list[str]
) -> None:
    actors = [
        {"intervention_id": "wells", "actor_id": "hub", "low_minor": 500, "high_minor": 800},
        {"intervention_id": "wells", "actor_id": "lab"},
    ]
    caps = [{"actor_id": "hub", "period": 0, "cap_minor": 749}]
    parts = (part("hub", hub), part("hub", 500, 1), part("lab", 2000 - hub), part("lab", 500, 1))
    assert rules(read(actors=actors, actor_caps=caps), given(parts=tuple(sorted(parts)))) == broken


@pytest.mark.parametrize(
    ("allocation", "rule"),
    [
        (given(("ghost", 0, "free", 5)), "chosen/ghost/0"),
        (given(("wells", 2, "free", 5)), "chosen/wells/2"),
        (given(("wells", 0, "moon", 5)), "line/wells/0/moon"),
        (given(("wells", 0, "free", -5)), "line/wells/0/free"),
        (replace(given(), lines=given().lines * 2), "line/wells/0/free"),
        (replace(given(), chosen=given().chosen * 2), "chosen/wells/0"),
        (replace(given(), chosen=given().chosen[1:]), "line/clinic/0/free"),
        (given(carried=(Carried(fund_id="moon", period=0, amount_minor=1),)), "carry/moon/0"),
        (given(parts=(part("ghost", 1),)), "part/wells/0/ghost"),
        (given(bought=(bed(resource_id="ghost"),)), "bought/ghost/0/free"),
    ],
)
def test_what_does_not_exist_or_stands_twice_is_named_first(allocation: Allocation, rule: str) -> None:
    assert rule in rules(read(), allocation)


def test_a_refusal_names_rules_figures_and_amounts() -> None:
    with pytest.raises(AllocationRejected, match=r"budget/free/1: pays 35.00 USD of 33.60 USD") as caught:
        recheck(read(), given(carried=(kept(400),)))
    assert caught.value.figures["rules"] == ["budget/free/1"]
