"""Appeals: grounds and window, who may rule, and what exactly is frozen."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from almoner.challenges.appeals import (
    Appeal,
    CorrectClock,
    CorrectFinding,
    Recompute,
    VoidRead,
    find_frozen,
    require_appeal,
    require_outsider,
)
from almoner.challenges.awarding import Award
from almoner.challenges.decision import Decision, DecisionFacts, all_awards, decide
from almoner.challenges.errors import AppealRefused
from almoner.challenges.policies import AppealPolicy
from almoner.finance.money import money

from .decision_cases import USD, dice, one_prize, random_facts

CASES = 200
DAY = datetime(2027, 5, 1, tzinfo=UTC)


def appeal_of(application: str, *remedies: dict[str, Any]) -> Appeal:
    content = {"application": application, "ground": "procedure", "statement": "See the record."}
    return Appeal.read(json.dumps({**content, "remedies": remedies}))


def by_award(decision: Decision) -> dict[tuple[int, str, str], int]:
    return {(n, one.application_id, one.part): one.amount.minor for n, one in all_awards(decision)}


def random_remedy(random: Random, facts: DecisionFacts) -> tuple[dict[str, Any], DecisionFacts]:
    """Return a remedy, and the facts as they would have been, put together by hand."""
    names = [one.application_id for one in facts.applications]
    kind = random.choice(("void_read", "correct_finding", "correct_clock", "recompute"))
    if kind == "void_read":
        read = random.choice(facts.reads)
        rest = tuple(one for one in facts.reads if one is not read)
        content = {"phase": "panel", "application": read.application_id, "judge": read.judge_id}
        return {"kind": kind, **content}, replace(facts, reads=rest)
    if kind == "correct_finding":
        name, status = random.choice(names), random.choice(("pass", "fail"))
        return (
            {"kind": kind, "application": name, "status": status},
            replace(facts, statuses={**facts.statuses, name: status}),  # type: ignore[dict-item]  # a status
        )
    if kind == "correct_clock":
        phase = random.choice(("apply", "panel"))
        opens, closes = facts.brief.opens(phase), facts.brief.closes(phase)
        closes -= timedelta(days=random.randint(0, 20))
        content = {"phase": phase, "opens_at": opens.isoformat(), "closes_at": closes.isoformat()}
        late = {name for name, at in facts.received.items() if phase == "apply" and at >= closes}
        kept = tuple(one for one in facts.reads if phase == "apply" or one.read_at < closes)
        content = {key: value.replace("+00:00", "Z") for key, value in content.items()}
        statuses = {**facts.statuses, **dict.fromkeys(late, "fail")}
        return {"kind": kind, **content}, replace(facts, reads=kept, statuses=statuses)  # type: ignore[arg-type]  # statuses
    return {"kind": kind}, facts


def test_what_is_frozen_is_what_differs_between_the_two_decisions() -> None:
    held = untouched = answered = 0
    for case in range(CASES):
        random = dice(case)
        facts = random_facts(random)
        remedy, put_right = random_remedy(random, facts)
        appellant = random.choice(facts.applications).application_id
        before, after = by_award(decide(facts)), by_award(decide(put_right))
        frozen = find_frozen(facts, appeal_of(appellant, remedy))
        differs = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert set(frozen.held) == {key for key in differs if key in before}, (case, remedy)
        own = {(n, one.application_id, one.part): one.amount.minor for n, one in frozen.counterfactual}
        expected = {key: after[key] for key in differs if key[1] == appellant and key in after}
        assert own == expected, (case, remedy)
        held += len(frozen.held)
        untouched += len(before.keys() - differs)
        answered += bool(own)
    assert held
    assert untouched > held
    assert answered


def test_an_appeal_on_arithmetic_freezes_what_was_announced_otherwise_than_the_facts_decide() -> None:
    facts = random_facts(dice(5), [one_prize(dice(5), "grand", tie="split")])
    (winner, *_) = decide(facts)[0]
    wrong = replace(winner, amount=winner.amount + money("0.01", USD))
    frozen = find_frozen(facts, appeal_of("a-0", {"kind": "recompute"}), {0: (wrong,)})
    assert frozen.held == ((0, winner.application_id, "whole"),)
    assert find_frozen(facts, appeal_of("a-0", {"kind": "recompute"})).held == ()


def test_awards_that_only_the_optimiser_decides_are_all_held() -> None:
    pool = {"kind": "pool", "phase": "panel", "amount": "90.00", "split": "optimiser"}
    chosen = {
        "kind": "discretionary",
        "phase": "panel",
        "ceiling": "9.00",
        "who": ["chair"],
        "criteria": "Care",
    }
    facts = random_facts(dice(8), [pool, chosen])
    one = Award(
        application_id="a-0", amount=money("9.00", USD), rule="pool.optimiser", rank=None, reason="Solved."
    )
    announced = {0: (one,), 1: (replace(one, rule="discretionary"),)}
    frozen = find_frozen(facts, appeal_of("a-1", {"kind": "recompute"}), announced)
    assert frozen.held == ((0, "a-0", "whole"),)
    barred = {"kind": "correct_finding", "application": "a-0", "status": "fail"}
    frozen = find_frozen(facts, appeal_of("a-1", barred), announced)
    assert frozen.held == ((0, "a-0", "whole"), (1, "a-0", "whole"))


@pytest.mark.parametrize(
    "remedy",
    [
        {"kind": "void_read", "phase": "panel", "application": "a-0", "judge": "nobody"},
        {"kind": "correct_finding", "application": "a-99", "status": "pass"},
    ],
)
def test_a_remedy_for_what_is_not_there_is_refused(remedy: dict[str, Any]) -> None:
    with pytest.raises(AppealRefused, match="no"):
        find_frozen(random_facts(dice(1)), appeal_of("a-0", remedy))


def test_merit_is_no_ground_and_the_window_closes() -> None:
    policy = AppealPolicy()
    for ground in policy.grounds:
        require_appeal(policy, ground, announced_at=DAY, now=DAY + timedelta(days=10, microseconds=-1))
    late, early = DAY + timedelta(days=10), DAY - timedelta(days=1)
    cases: tuple[tuple[str, datetime], ...] = (("merit", DAY), ("procedure", late), ("procedure", early))
    for reason, now in cases:
        with pytest.raises(AppealRefused):
            require_appeal(policy, reason, announced_at=DAY, now=now)


def test_only_somebody_from_outside_rules() -> None:
    require_outsider("ombud", panel=["j-1"], parties=["hub"])
    for insider in ("j-1", "hub"):
        with pytest.raises(AppealRefused, match="from outside"):
            require_outsider(insider, panel=["j-1"], parties=["hub"])


def test_remedies_read_back_as_what_they_are() -> None:
    clock = {"kind": "correct_clock", "phase": "apply", "opens_at": "2027-01-11T09:00Z"}
    appeal = appeal_of(
        "a",
        {"kind": "void_read", "phase": "panel", "application": "a", "judge": "j"},
        {"kind": "correct_finding", "application": "a", "status": "fail"},
        {**clock, "closes_at": "2027-03-01T09:00Z"},
        {"kind": "recompute"},
    )
    assert [type(one) for one in appeal.remedies] == [VoidRead, CorrectFinding, CorrectClock, Recompute]
    assert Appeal.read(appeal.canonical_bytes()) == appeal
