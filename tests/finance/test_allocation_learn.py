"""Re-allocation after new results: open money moves, held money does not."""

import json
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from almoner.finance.allocation.answer import Allocation, AllocationLine
from almoner.finance.allocation.checking.check import breaches, recheck
from almoner.finance.allocation.learning.effects import OutcomeReport
from almoner.finance.allocation.learning.learn import Reallocation, reallocate
from almoner.finance.allocation.learning.policies import at_means
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.solve import allocate
from almoner.finance.errors import AllocationRejected

from .allocation_worlds import small_problem

GAP = Fraction(1, 1000)


def in_force(document: AllocationDocument) -> Allocation:
    return allocate(at_means(document), gap=GAP).allocation


def parts_of(allocation: Allocation, seed: int) -> list[AllocationLine]:
    """Half of the lines are held, each in part."""
    rng = np.random.default_rng(seed)
    return [
        AllocationLine(
            intervention_id=line.intervention_id,
            period=line.period,
            fund_id=line.fund_id,
            amount_minor=max(1, int(line.amount_minor * rng.uniform(0.2, 1.0))),
        )
        for line in allocation.lines
        if rng.random() < 0.5
    ]


def news(document: AllocationDocument, seed: int) -> list[OutcomeReport]:
    rng = np.random.default_rng(seed)
    return [
        OutcomeReport(
            determination_id=f"d-{who}",
            intervention_id=who,
            total=int(rng.poisson(2.0 * rng.lognormal(0, 0.8) * 20)),
            exposure=20,
        )
        for who in document.interventions.texts("intervention_id")
        if rng.random() < 0.6
    ]


def paid_by(lines: tuple[AllocationLine, ...] | list[AllocationLine]) -> Counter[tuple[str, int, str]]:
    found = Counter[tuple[str, int, str]]()
    for line in lines:
        found[line.intervention_id, line.period, line.fund_id] += line.amount_minor
    return found


@pytest.mark.parametrize("seed", range(8))
def test_no_encumbrance_is_touched_to_the_unit_and_in_its_fund(seed: int) -> None:
    document = small_problem(seed)
    old = in_force(document)
    held = parts_of(old, seed)
    after = reallocate(document, old, news(document, seed), encumbered=held, gap=GAP)
    kept, paid = paid_by(held), paid_by(after.allocation.lines)
    assert all(paid[place] >= minor for place, minor in kept.items())
    assert breaches(after.document, after.allocation) == ()
    assert recheck(after.document, after.allocation) == after.value == after.result.value
    spent = Counter[str]()
    for line in after.allocation.lines:
        spent[line.fund_id] += line.amount_minor
    budgets = dict(zip(document.arrays.fund_ids, document.arrays.budget[:, 0].tolist(), strict=True))
    assert set(spent) <= set(budgets)
    assert all(minor <= budgets[fund] for fund, minor in spent.items())


def test_money_follows_the_results_and_every_change_has_a_reason() -> None:
    document = small_problem(2)
    old = in_force(document)
    best = "i01"
    worst = next(line.intervention_id for line in old.lines if line.intervention_id != best)
    found = [
        OutcomeReport(determination_id="bad", intervention_id=worst, total=0, exposure=200),
        OutcomeReport(determination_id="good", intervention_id=best, total=2000, exposure=200),
    ]
    after = reallocate(document, old, found, gap=GAP)
    moves = {row.intervention_id: row for row in after.changes}
    assert moves[worst].move == "ended"
    assert moves[best].move in {"new", "up", "same"}
    assert moves[best].after_minor == document.arrays.high[1] + document.arrays.fixed[1]
    assert all(row.reasons for row in after.changes if row.move != "same")
    assert "is now believed to be 0.0" in moves[worst].reasons[0]
    assert sum(row.after_minor for row in after.changes) == sum(
        line.amount_minor for line in after.allocation.lines
    )


def test_claims_and_forecasts_move_nothing() -> None:
    document = small_problem(2)
    old = in_force(document)
    said = [
        OutcomeReport(
            determination_id=f"d{state}", intervention_id="i01", state=state, total=9000, exposure=9
        )
        for state in ("claimed", "forecast", "disputed")
    ]
    after = reallocate(document, old, said, churn_bp=0, gap=GAP)
    assert after.ignored == ("dclaimed", "dforecast", "ddisputed")
    assert after.allocation.awards() >= old.awards()
    assert all(row.move in {"same", "up", "new"} for row in after.changes)


def test_the_churn_limit_bounds_how_much_open_money_leaves_its_place() -> None:
    document = small_problem(5)
    old = in_force(document)
    held = parts_of(old, 5)
    open_money = sum(line.amount_minor for line in old.lines) - sum(line.amount_minor for line in held)
    taken = []
    for churn_bp in (0, 1500, 10_000):
        after = reallocate(document, old, news(document, 5), encumbered=held, churn_bp=churn_bp, gap=GAP)
        lost = sum(max(0, row.before_minor - row.after_minor) for row in after.changes)
        assert lost * 10_000 <= churn_bp * open_money
        taken.append((lost, after.value))
    assert taken[0][0] == 0
    assert taken[1][0] > 0
    assert taken[0][1] < taken[1][1] <= taken[2][1] * (1 + GAP)


def tranched(state: str = "waiting") -> AllocationDocument:
    return AllocationDocument.read(
        json.dumps(
            {
                "schema": "almoner.allocation/2",
                "unit": "USD",
                "scale": 2,
                "funds": [{"fund_id": "pool", "budget_minor": 900_000}],
                "interventions": [
                    {"intervention_id": "w7", "fixed_minor": 10_000},
                    {"intervention_id": "w8"},
                ],
                "tickets": [
                    {"intervention_id": "w7", "max_minor": 600_000},
                    {"intervention_id": "w8", "max_minor": 600_000},
                ],
                "response": [
                    {"intervention_id": "w7", "cap_minor": 600_000, "gain_micro_per_k": 2_000_000},
                    {"intervention_id": "w8", "cap_minor": 600_000, "gain_micro_per_k": 1_000_000},
                ],
                "tranches": [
                    {"intervention_id": "w7", "ordinal": 0, "amount_minor": 200_000, "state": "paid"},
                    {
                        "intervention_id": "w7",
                        "ordinal": 1,
                        "amount_minor": 300_000,
                        "state": state,
                        "determination_id": "d1",
                    },
                    {
                        "intervention_id": "w7",
                        "ordinal": 2,
                        "amount_minor": 100_000,
                        "state": "waiting",
                        "determination_id": "d2",
                    },
                ],
                "evidence": [
                    {"intervention_id": who, "family": "gamma_poisson", "expected_micro": 500_000}
                    for who in ("w7", "w8")
                ],
            }
        )
    )


def after_tranche(*, is_met: bool, total: int = 30) -> Reallocation:
    old = Allocation.of(
        [
            AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=210_000),
            AllocationLine(intervention_id="w8", fund_id="pool", amount_minor=600_000),
        ]
    )
    new = OutcomeReport(determination_id="d1", intervention_id="w7", total=total, exposure=50, is_met=is_met)
    return reallocate(tranched(), old, [new])


def test_a_final_determination_releases_the_next_tranche_and_only_that() -> None:
    after = after_tranche(is_met=True)
    assert after.released == ("d1",)
    assert after.allocation.award_minor("w7") == 510_000
    row = next(row for row in after.changes if row.intervention_id == "w7")
    assert (row.move, row.held_minor) == ("up", 210_000)
    assert "determination d1 releases its next tranche" in row.reasons


def test_a_missed_condition_withholds_the_tranche_and_keeps_what_is_paid() -> None:
    after = after_tranche(is_met=False, total=2)
    assert (after.released, after.withheld) == ((), ("d1",))
    assert after.allocation.award_minor("w7") == 210_000
    assert after.allocation.award_minor("w8") == 600_000


def test_a_tranche_behind_one_that_still_waits_is_not_released() -> None:
    old = Allocation.of([AllocationLine(intervention_id="w7", fund_id="pool", amount_minor=210_000)])
    second = OutcomeReport(determination_id="d2", intervention_id="w7", total=30, exposure=50)
    after = reallocate(tranched(), old, [second])
    assert after.released == ()
    assert after.withheld == ("d2",)
    assert after.allocation.award_minor("w7") == 210_000


def yearly(**more: object) -> AllocationDocument:
    base = json.loads(small_problem(3, count=8).canonical_bytes())
    base = {
        key: value
        for key, value in base.items()
        if key in {"schema", "unit", "scale", "interventions", "evidence"}
    }
    names = base["interventions"]["intervention_id"]
    content = {
        "periods": ["2026", "2027"],
        "funds": [
            {
                "fund_id": "pool",
                "period": 0,
                "budget_minor": 400_000,
                "carry_limit_minor": 200_000,
                "carry_fee_bp": 100,
            },
            {"fund_id": "pool", "period": 1, "budget_minor": 200_000, "carry_fee_bp": 100},
        ],
        "tickets": [
            {"intervention_id": who, "period": at, "min_minor": 50_000, "max_minor": 150_000}
            for who in names
            for at in (0, 1)
        ],
        "response": [
            {
                "intervention_id": who,
                "period": at,
                "cap_minor": 150_000,
                "gain_micro_per_k": 1_000_000 + 100_000 * rank,
            }
            for rank, who in enumerate(names)
            for at in (0, 1)
        ],
    }
    return AllocationDocument.read(json.dumps(base | content | more))


def test_periods_that_are_over_stay_as_they_were() -> None:
    document = yearly()
    old = in_force(document)
    after = reallocate(document, old, news(document, 1), now=1, gap=GAP)
    assert [line for line in after.allocation.lines if line.period == 0] == [
        line for line in old.lines if line.period == 0
    ]
    assert [cell for cell in after.allocation.chosen if cell[1] == 0] == [
        cell for cell in old.chosen if cell[1] == 0
    ]
    assert after.value == after.result.value


def test_held_money_that_was_kept_from_the_period_before_is_kept_again() -> None:
    document = yearly()
    lines = [
        AllocationLine(intervention_id=who, period=1, fund_id="pool", amount_minor=100_000)
        for who in ("i01", "i02", "i03")
    ]
    old = Allocation.of(lines)
    after = reallocate(document, old, [], encumbered=lines, gap=GAP)
    assert paid_by(after.allocation.lines) >= paid_by(lines)
    kept = [row.amount_minor for row in after.allocation.carried]
    assert kept
    assert kept[0] * 9900 // 10_000 >= 100_000
    assert breaches(after.document, after.allocation) == ()


def test_a_fund_may_be_called_like_held_money() -> None:
    base = json.loads(small_problem(4).canonical_bytes())
    raw = json.dumps(base).replace('"north"]', '"held:0"]').replace('"north", "pool"]', '"held:0", "pool"]')
    content = json.loads(raw)
    content["interventions"]["region"] = base["interventions"]["region"]
    content["earmarks"]["value"] = base["earmarks"]["value"]
    content["evidence"]["pool"] = base["evidence"]["pool"]
    document = AllocationDocument.read(json.dumps(content))
    assert "held:0" in document.arrays.fund_ids
    old = in_force(document)
    held = parts_of(old, 4)
    after = reallocate(document, old, [], encumbered=held, gap=GAP)
    assert all(paid_by(after.allocation.lines)[place] >= minor for place, minor in paid_by(held).items())
    assert set(document.arrays.fund_ids) < set(after.posed.arrays.fund_ids)


@pytest.mark.parametrize("seed", range(6))
def test_held_money_and_parts_that_a_fund_may_pay_agree(seed: int) -> None:
    earmarks = [{"fund_id": "north", "column": "region", "value": "north", "max_share_bp": 6000}]
    limits = [{"group_kind": "region", "group_id": "*", "floor_share_bp": 3000}]
    document = small_problem(seed, 16, part=0.5, earmarks=earmarks, limits=limits)
    old = in_force(document)
    held = parts_of(old, seed)
    after = reallocate(document, old, news(document, seed), encumbered=held, gap=GAP)
    paid, awards = paid_by(after.allocation.lines), after.allocation.awards()
    assert all(paid[place] >= minor for place, minor in paid_by(held).items())
    assert all(
        minor * 10_000 <= 6000 * awards[who, period]
        for (who, period, fund), minor in paid.items()
        if fund == "north"
    )
    assert breaches(after.document, after.allocation) == ()


def test_more_held_than_awarded_is_refused() -> None:
    document = small_problem(2)
    old = in_force(document)
    line = old.lines[0]
    more = AllocationLine(
        intervention_id=line.intervention_id, fund_id=line.fund_id, amount_minor=line.amount_minor + 1
    )
    with pytest.raises(AllocationRejected, match="is said to be held by"):
        reallocate(document, old, [], encumbered=[more])


def test_held_money_beyond_every_budget_is_refused() -> None:
    document = yearly()
    lines = [
        AllocationLine(intervention_id=who, period=0, fund_id="pool", amount_minor=150_000)
        for who in ("i01", "i02", "i03")
    ]
    with pytest.raises(AllocationRejected, match=r"holds 500\.00 more in period 0 than it has"):
        reallocate(document, Allocation.of(lines), [], encumbered=lines)
