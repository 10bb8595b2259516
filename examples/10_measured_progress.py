"""Money that follows verified results: hubs are counted, rated and paid, and everybody sees how sure that is.

Hubs and results are invented. At the end, the rule of a real round: Optimism's Retro Funding 4 as published.
"""

from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random

from challenge.granting import Granting, balances, show
from challenge.hubs import Hubs
from challenge.world import BOOK, World, at

from almoner.api import upgrade
from almoner.challenges import Brief, acts, metric_shares
from almoner.challenges.acts import DecisionInputs
from almoner.challenges.prizes import MeasuredProgress
from almoner.challenges.published_rounds import retro_funding_4
from almoner.finance.storage import UnitOfWork, open_engine

engine = open_engine("sqlite://")
upgrade(engine)
brief = Brief.read((Path(__file__).parent / "challenge" / "measured_progress.json").read_bytes())
code, day = brief.challenge_id, date(2029, 6, 30)
with UnitOfWork(engine) as session:
    world = World(Random(1))  # noqa: S311 - nothing here is secret
    fund = world.found(session, brief, "3000000.00")
    hubs = Hubs(session, code)
    hubs.register()
    give = {"kind": "money", "unit": "USD", "fund": fund.code}
    days = {"kind": "outcome", "metric": "safe_water_days"}
    hubs.promise("founder", "gift", "Four million for water", "2028-12-31", {**give, "amount": "4000000.00"})
    for hub, value in (("river-hub", "300"), ("delta-hub", "290")):
        promised = {**days, "agreement": hub, "value": value}
        hubs.promise(hub, hub, f"{value} days of safe water", "2028-12-31", promised)
    granting = Granting(session, fund, code, hubs.enter())
    hubs.deliver()

    (board,) = acts.leaderboard(session, BOOK, code, as_of=day, places=2)
    print(f"{board.family}, part of the way from 212 to 320 days; ratings by {board.method} {board.reason}")
    for row in board.rows:
        spread = f"{row.rating} ({row.low} to {row.high})"
        line = f"{row.results} results, {row.state}, {row.side}"
        print(f"  {row.place}. {row.hub:10} {spread} {line}")
    print(f"  {board.attachment}")

    (prize,) = (one for one in brief.prizes if isinstance(one, MeasuredProgress))
    contenders = acts.progress_contenders(session, BOOK, code, prize, as_of=day)
    clock, inputs = at("2029-06-30T12:00"), DecisionInputs(progress={"deliver": contenders})
    awards = acts.decision_of(session, fund, code, clock=clock, inputs=inputs)[0]
    granting.approve(0, awards, clock=clock)
    granting.pay(0, awards, clock=clock)
    show("Awards in proportion to what is sure, at most 30 % each, 10 % for newcomers", awards)
    print("The fund: " + balances(session, fund, day))

    print("\nPromised in public, and what verified facts say:")
    for entry in acts.public_register(session, BOOK, as_of=day):
        print(f"  {entry.commitment.party:10} {entry.status:10} {entry.says}")

    drawn = acts.landscape(session, BOOK, audience="funder", as_of=day)
    print(f"\nThe map: {len(drawn.places)} actors, {len(drawn.ties)} ties. {drawn.coverage}")
    for why in [one.why for one in drawn.candidates] + [one.why for one in drawn.gaps[:1]]:
        print(f"  {why}")

real = retro_funding_4()
paid = metric_shares(real.projects, real.ballots, pool=real.pool, cap_bp=real.cap_bp, floor=real.floor)
ours = {one.project_id: Fraction(one.amount.text) for one in paid.shares}
worst = max(abs(ours.get(one.project_id, Fraction(0)) - one.amount) for one in real.awards)
print(f"\nRetro Funding 4: {len(real.ballots)} ballots over {len(real.projects)} projects, {real.pool}")
print(f"  {sum(amount > 0 for amount in ours.values())} awards; largest difference {float(worst):.9f} OP")
