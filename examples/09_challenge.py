"""One grant of 100 million, from the brief to an appeal: peers, a panel, four finalists, one winner.

The funnel is that of large philanthropic competitions; applicants, judges and marks are invented.
"""

from pathlib import Path
from random import Random

from challenge.judging import Judging
from challenge.world import BOOK, World, at

from almoner import currency, money
from almoner.api import upgrade
from almoner.challenges import Brief, acts
from almoner.challenges.judges import Judge
from almoner.finance import acts as finance
from almoner.finance.money import grouped
from almoner.finance.storage import UnitOfWork, open_engine

USD = currency("USD")
engine = open_engine("sqlite://")
upgrade(engine)
brief = Brief.read((Path(__file__).parent / "challenge" / "hundred_million.json").read_bytes())
with UnitOfWork(engine) as session:
    world = World(Random(100))
    finance.open_book(session, BOOK, USD)
    world.register(session, "founder")
    fund = finance.open_fund(session, BOOK, "solve-one", USD, title="Solve one problem")
    given = money("120000000.00", USD)
    finance.contribute(session, fund, "founder", given, key="endowment", clock=at("2027-01-02T12:00"))
    challenge = acts.publish(session, fund, brief, clock=at("2027-01-04T12:00"))
    judging = Judging(session, brief, world)

    entries = world.entries(40, challenge.code)
    for entry in entries:
        world.register(session, *(member.party for member in entry.bundle))
        acts.submit(session, BOOK, entry, clock=at("2027-02-20T12:00"))

    judging.run("peers")
    semifinalists = judging.advance("peers")
    print(f"{len(entries)} entries; {len(semifinalists)} go on from the peers")

    for n in range(10):
        school = entries[n].lead if n == 0 else f"school-{n}"
        world.register(session, f"judge-{n}", *([school] if n else []))
        judge = Judge(code=f"judge-{n}", organisation=school, load=(0, 10))
        acts.register_judge(session, BOOK, challenge.code, judge, clock=at("2027-04-20T12:00"))
    plan = judging.run("panel")
    print(f"panel: {len(plan.pairs)} reads, proven best: {plan.proven}")
    finalists = judging.advance("panel")
    decided = judging.closes("panel", 48)
    grants = acts.decision_of(session, fund, challenge.code, clock=decided)
    print(grants)
