"""A judge declares a conflict and reads nothing of that hub; another scores it blind."""

from collections.abc import Callable

import pytest
from tests.doors.rounds import open_round
from tests.journeys.browsing import Person
from tests.journeys.serving import World

from almoner.challenges import acts
from almoner.challenges.judges import Judge
from almoner.challenges.plans import PlanWishes
from almoner.finance.dates import as_utc
from almoner.finance.storage import UnitOfWork

BENCH = "/books/main/bench"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_one_judge_declares_a_conflict_and_another_scores_blind(
    world: World, person: Callable[..., Person], *, script: bool
) -> None:
    open_round(world.engine)
    world.hand.at = as_utc(world.hand.at.replace(year=2027, month=3, day=10))
    with UnitOfWork(world.engine) as session:
        for name in ("jana", "jonas", "jim"):
            acts.register_judge(session, "main", "wells", Judge(code=name), clock=world.hand)
    jana = person("jana", script=script)
    jana.go(BENCH).reads("Wells that keep working").step("conflicts first")
    jana.follow("Declare your conflicts first").step("what ties you to whom")
    jana.choose("kind-hub-a", "family").press("declare")
    jana.follow("Declare your conflicts first").reads("Somebody of my family is there").step("declared")
    jonas = person("jonas", script=script)
    jonas.go(f"{BENCH}/challenges/wells/judges/jonas/conflicts").press("declare")
    with UnitOfWork(world.engine) as session:
        wishes = PlanWishes(seed=7, limit_s=120.0)
        plan = acts.plan_assignment(session, "main", "wells", "panel", wishes, clock=world.hand)
        acts.publish_assignment(
            session, "main", "wells", "panel", plan.number, maker="desk", clock=world.hand, reason="Small."
        )
        pairs = acts.find_assignment(session, "main", "wells", "panel").pairs
    assert ("a-1", "jana") not in pairs
    jana.go(BENCH).step("what jana reads")
    assert "a-1" not in jana.text()
    entry = next(name for name, judge in sorted(pairs) if judge == "jonas")
    jonas.go(BENCH).follow(f"/entries/{entry}").reads(f"Wells {entry}", "a claim without proof").step("blind")
    assert "hub-" not in jonas.text()
    jonas.fill("mark-reach", "3.75").fill("mark-proof", "4").press("score")
    jonas.reads("3.75 is off the grid").step("off the grid")
    jonas.fill("mark-reach", "3.7").press("score").reads("Your marks are in").step("marked")
