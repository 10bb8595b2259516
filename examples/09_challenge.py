"""One grant of 100 million, from the brief to an appeal: peers, a panel, four finalists, one winner.

The funnel is that of large philanthropic competitions; applicants, judges and marks are invented.
"""

from datetime import date
from pathlib import Path
from random import Random

from challenge.granting import Granting, balances, show, show_packet, undeclared_conflict
from challenge.judging import Judging
from challenge.world import BOOK, World, at

from almoner import currency, money
from almoner.api import upgrade
from almoner.challenges import Award, Brief, acts
from almoner.challenges.acts import Ruling
from almoner.finance.storage import UnitOfWork, open_engine

engine = open_engine("sqlite://")
upgrade(engine)
brief = Brief.read((Path(__file__).parent / "challenge" / "hundred_million.json").read_bytes())
code, world = brief.challenge_id, World(Random(1))  # noqa: S311 - invented marks, no secret
with UnitOfWork(engine) as session:
    fund = world.found(session, brief, "120000000.00")
    judging, entries = Judging(session, brief, world), world.entries(24, code)
    granting = Granting(session, fund, code, {one.application_id: one.lead for one in entries})
    world.enter(session, entries, clock=at("2027-02-20T12:00"))
    judging.run("peers")
    best = judging.advance("peers")
    print(f"{len(entries)} applicants read each other; {len(best)} go on to the panel.")

    judging.own("river-college", granting.leads[best[0]], clock=at("2027-04-20T12:00"))
    judging.seat(12, {"judge-12": "river-college"}, clock=at("2027-04-20T12:00"))
    print("\nFound before anything was assigned:\n ", judging.conflict("judge-12", date(2027, 4, 21)))
    plan = judging.run("panel")
    state = "assigned" if (best[0], "judge-12") in plan.pairs else "not assigned"
    print(f"  {len(plan.pairs)} reads, proven best: {plan.proven}; that pair is {state}.")
    finalists, clock = judging.advance("panel"), judging.closes("panel", 48)
    grants = acts.decision_of(session, fund, code, clock=clock)[0]
    granting.approve(0, grants, clock=clock)
    granting.pay(0, grants, clock=clock)
    show("Four finalists", grants)
    show_packet(acts.feedback_packets(session, BOOK, code, "panel", key=b"a secret of the desk"))

    plan, wronged = judging.assign("final"), finalists[0]
    grudge = next(judge for name, judge in plan.pairs if name == wronged)
    world.favour[wronged, grudge] = -4.0  # a quarrel that nobody has declared
    judging.read(plan)
    judging.freeze("final")
    (winner,) = judging.choose("final", judging.second("final"), "Its plan names who measures each year.")
    clock = judging.closes("final", 48)
    grand = acts.decision_of(session, fund, code, clock=clock)[0][-1:]
    granting.approve(0, grand, clock=clock)
    show("The grand award", grand)
    acts.announce(session, fund, code, reason="The trustees have decided.", clock=clock)

    story = f"{grudge} was dismissed by our lead in 2024 and did not say so."
    appeal = undeclared_conflict(wronged, grudge, story)
    acts.appeal(session, fund, code, appeal, clock=at("2028-02-06T12:00"))
    print(f"\n{wronged} appeals: {story}")
    print(" ", granting.try_to_pay(0, grand[0], clock=at("2028-02-07T12:00")))
    ruling = Ruling(
        application=wronged, number=1, upheld=True, ruled_by="ombud", checker="board", reason="So found."
    )
    ruled = acts.rule(session, fund, code, ruling, clock=at("2028-02-20T12:00"))
    made = [one.award for one in ruled.made]
    granting.pay(0, made, clock=at("2028-02-25T12:00"))
    show("Upheld: the first award is reversed, and in its place stands", made)

    ten, why = money("10000000.00", currency("USD")), "A plan that the board wants to see carried out."
    runner_up = Award(application_id=winner, amount=ten, rule="discretionary", rank=None, reason=why)
    granting.approve(1, [runner_up], maker="board", checker="founder", clock=at("2028-03-01T12:00"))
    granting.pay(1, [runner_up], clock=at("2028-03-02T12:00"))
    show("At the discretion of the board, approved by the founder", [runner_up])
    acts.conclude(session, fund, code, clock=at("2028-03-11T12:00"))
    print("\nThe fund: " + balances(session, fund, date(2028, 3, 31)))
