import json
from fractions import Fraction
from typing import Any

import pytest

from almoner.finance.allocation import AllocationDocument, AllocationLine, recheck
from almoner.finance.errors import AllocationRejected

Lines = tuple[tuple[str, str, int], ...]
GOOD: Lines = (
    ("clinic", "free", 4000),
    ("seeds", "free", 1000),
    ("wells", "free", 500),
    ("wells", "north", 2500),
)


def problem() -> AllocationDocument:
    def row(name: str, region: str) -> dict[str, Any]:
        return {
            "intervention_id": name,
            "title": name,
            "groups": {"region": region},
            "actors": [{"actor_id": "x", "share_bp": 10000}],
            "fixed": "5.00",
            "minimum": "5.00",
            "maximum": "40.00",
            "response": [{"up_to": "20", "gain_per_k": "3"}, {"up_to": "40", "gain_per_k": "0.000001"}],
        }

    return AllocationDocument.read(
        json.dumps(
            {
                "schema": "almoner.allocation/1",
                "unit": "USD",
                "scale": 2,
                "funds": [
                    {"fund_id": "free", "budget": "60.00"},
                    {"fund_id": "north", "budget": "25.00", "earmark": {"region": ["n"]}},
                ],
                "interventions": [
                    row("wells", "n"),
                    row("seeds", "s"),
                    row("clinic", "s"),
                    row("road", "w"),
                    row("bridge", "w"),
                ],
                "synergies": [
                    {"kind": "needs", "members": ["seeds", "wells"]},
                    {"kind": "bonus", "members": ["wells", "clinic"], "value": "0.25"},
                    {"kind": "bonus", "members": ["road"], "value": "9"},
                    {"kind": "bundle", "members": ["road", "bridge"]},
                ],
                "limits": [
                    {"group_kind": "region", "group": "s", "floor": "20.00", "cap": "50.00"},
                    {"group_kind": "region", "group": "n", "cap": "40.00"},
                ],
            }
        )
    )


def lines(*rows: tuple[str, str, int]) -> list[AllocationLine]:
    return [
        AllocationLine(intervention_id=key, fund_id=fund, amount_minor=minor) for key, fund, minor in rows
    ]


def test_a_lawful_allocation_has_its_exact_value() -> None:
    own = Fraction(3, 1000) * (20 + 5 + 20) + Fraction(1, 10**9) * (15 + 5)
    assert recheck(problem(), lines(*GOOD)) == own + Fraction(1, 4)


def test_the_order_of_lines_does_not_matter() -> None:
    assert recheck(problem(), lines(*reversed(GOOD))) == recheck(problem(), lines(*GOOD))


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ((("clinic", "free", 4001), *GOOD[1:]), ["cap/region/s"]),
        ((*GOOD[:2], ("wells", "free", 1001), GOOD[3]), ["budget/free"]),
        ((*GOOD[:2], ("wells", "free", 1), ("wells", "north", 2501)), ["budget/north"]),
        (
            (("clinic", "free", 2000), ("clinic", "north", 1), *GOOD[1:3], ("wells", "north", 2499)),
            ["earmark/north"],
        ),
        ((GOOD[0], ("seeds", "free", 999), *GOOD[2:]), ["ticket/seeds"]),
        ((("clinic", "free", 4501), *GOOD[2:]), ["ticket/clinic"]),
        ((("clinic", "free", 1999), *GOOD[2:]), ["floor/region/s"]),
        (GOOD[:2], ["needs/seeds/wells"]),
        ((*GOOD[:2], ("road", "free", 1000), GOOD[3]), ["bundle/bridge/road"]),
        ((), ["floor/region/s"]),
        ((*GOOD, ("nobody", "free", 1)), ["line/nobody/free"]),
        ((*GOOD, ("road", "nothing", 1000)), ["line/road/nothing"]),
        ((*GOOD, ("road", "free", 0)), ["line/road/free"]),
        ((*GOOD, ("road", "free", -1000)), ["line/road/free"]),
        ((*GOOD[:3], ("wells", "north", 1250), ("wells", "north", 1250)), ["line/wells/north"]),
        ((("wells", "free", 4501), ("wells", "north", 2501)), None),
    ],
)
def test_every_altered_allocation_is_refused_by_the_rule_it_breaks(
    changed: Lines, rules: list[str] | None
) -> None:
    with pytest.raises(AllocationRejected) as caught:
        recheck(problem(), lines(*changed))
    if rules is None:
        rules = ["budget/north", "ticket/wells", "floor/region/s", "cap/region/n"]
    assert caught.value.figures["rules"] == rules
    findings = caught.value.figures["findings"]
    assert isinstance(findings, list)
    assert len(findings) == len(rules)


def test_the_figures_give_the_amount_of_each_breach() -> None:
    with pytest.raises(AllocationRejected, match=r"budget/north: pays 25\.01 of 25\.00 USD") as caught:
        recheck(problem(), lines(*GOOD[:2], ("wells", "free", 1), ("wells", "north", 2501)))
    assert caught.value.figures["findings"] == [
        {"rule": "budget/north", "by": "0.01", "message": "pays 25.01 of 25.00 USD"}
    ]
