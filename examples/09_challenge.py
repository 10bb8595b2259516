"""One grant of 100 million, from the brief to an appeal: peers, a panel, four finalists, one winner.

The funnel is that of large philanthropic competitions; applicants, judges and marks are invented.
"""

from datetime import date
from pathlib import Path
from random import Random

from challenge.granting import Granting, undeclared_conflict
from challenge.judging import Judging
from challenge.world import BOOK, World, at

from almoner import currency, money
from almoner.api import upgrade
from almoner.challenges import Award, Brief, acts
from almoner.challenges.conflicts import Interest
from almoner.challenges.judges import Judge
from almoner.finance import acts as finance
from almoner.finance.storage import UnitOfWork, open_engine
from almoner.finance.ties import Tie

USD, TEN_MILLION = currency("USD"), "10000000.00"
engine = open_engine("sqlite://")
upgrade(engine)
brief = Brief.read((Path(__file__).parent / "challenge" / "hundred_million.json").read_bytes())
code = brief.challenge_id
import sys

with UnitOfWork(engine) as session:
    world = World(Random(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
    finance.open_book(session, BOOK, USD)
    fund = finance.open_fund(session, BOOK, "solve-one", USD, title="Solve one problem")
    world.register(session, "founder", "river-college", *(f"judge-{n}" for n in range(10)))
    given = money("120000000.00", USD)
    finance.contribute(session, fund, "founder", given, key="endowment", clock=at("2027-01-02T12:00"))
    acts.publish(session, fund, brief, clock=at("2027-01-04T12:00"))
    judging, granting = Judging(session, brief, world), Granting(session, fund, code)

    entries = world.entries(24, code)
    leads = {entry.application_id: entry.lead for entry in entries}
    for entry in entries:
        world.register(session, *(member.party for member in entry.bundle))
        acts.submit(session, BOOK, entry, clock=at("2027-02-20T12:00"))
    judging.run("peers")
    semifinalists = judging.advance("peers")
    print(f"{len(entries)} entries; {len(semifinalists)} go on from the peers")

    owned = Tie(
        kind="owns",
        from_party="river-college",
        to_party=leads[semifinalists[0]],
        since=date(2025, 1, 1),
        source="register of companies",
    )
    finance.tie(session, BOOK, owned, clock=at("2027-04-20T12:00"))
    for n in range(10):
        judge = Judge(code=f"judge-{n}", organisation="" if n else "river-college", load=(0, 10))
        acts.register_judge(session, BOOK, code, judge, clock=at("2027-04-20T12:00"))
    cs = acts.conflicts_of(session, BOOK, code, as_of=date(2027, 4, 21))
    print(len(cs), *cs[:3], sep="\n")
    conflict = next(c for c in cs if c.judge == "judge-0")
    print("Found before anything was assigned:", conflict)
    plan = judging.run("panel")
    print(
        f"panel: {len(plan.pairs)} reads, proven best: {plan.proven}",
        (semifinalists[0], "judge-0") in plan.pairs,
    )
    finalists = judging.advance("panel")
    grants = acts.decision_of(session, fund, code, clock=judging.closes("panel", 48))[0]
    granting.approve(0, grants, clock=judging.closes("panel", 48))
    granting.pay(0, grants, leads, clock=judging.closes("panel", 72))
    print(finalists)
    plan = judging.assign("final")
    friend = min(judge for name, judge in plan.pairs if name == finalists[1])
    world.favour[finalists[1], friend] = float(sys.argv[2])
    judging.read(plan)
    judging.freeze("final")
    (r,) = acts.rank_phase(session, BOOK, code, "final", line=1)
    print(r.expected_ranks, r.band, sorted((world.worth[n], n) for n in finalists))
    f = acts.phase_calibrations(session, BOOK, code, "final")[0].result.parts[0].total
    print(f.method, f.reason, f.variances, f.flags)
