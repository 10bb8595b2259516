"""Conflicts of interest at full size: how long a check takes, how many planted ones are found, false alarms.

``python -m benchmarks.conflicts --json`` builds a challenge of 500 applications and 259 judges in a book of a
million postings, on each database. 2,000 conflicts are planted over every kind, every spelling of an alias
and every way of money; 2,000 more pairs only look like one. One check finds them all. ``--quick`` takes
50,000 postings and 500 of each, on both databases in a minute.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg

from almoner import money
from almoner.api.migrations import upgrade
from almoner.challenges import Application, Brief, acts
from almoner.challenges.conflicts import JudgeConflict
from almoner.challenges.judges import Judge
from almoner.finance import acts as finance
from almoner.finance.accounts import cash, pool
from almoner.finance.earmarks import Earmark
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Leg
from almoner.finance.money import Money
from almoner.finance.posting import post_many
from almoner.finance.storage import Session, open_engine

from . import conditions, databases
from .conflict_cases import BOOK, NOON, TODAY, USD, Case, World, deal

CHALLENGE = "campaign"
FUNDS, GIVERS, PAYEES = 12, 240, 800  # of the traffic that ties nobody here
PARTS = ("east", "west", "north", "south")
LEGS = 2 * len(PARTS)  # of one payment: each part leaves its pool and the fund's cash
BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is built."""

    postings: int
    planted: int
    controls: int
    applications: int = 500
    judges: int = 259


FULL = Size(postings=1_000_000, planted=2000, controls=2000)
QUICK = Size(postings=50_000, planted=500, controls=500)


def brief() -> Brief:
    """Return the rules: one call, one panel; a conflict bars from the pair."""
    content = {
        "schema": "almoner.brief/1",
        "challenge_id": CHALLENGE,
        "version": 1,
        "title": "Campaign",
        "unit": "USD",
        "fund": "prize-pool",
        "goal": {"metric": "days@1", "baseline": "1", "target": "2", "unit": "day", "by": "2029-12-31"},
        "phases": [
            {
                "id": "apply",
                "kind": "application",
                "opens_at": "2027-03-01T00:00Z",
                "closes_at": "2027-03-05T00:00Z",
            },
            {
                "id": "panel",
                "kind": "review",
                "opens_at": "2027-03-08T00:00Z",
                "closes_at": "2027-04-12T00:00Z",
                "judging": "panel",
                "reads_per_application": 5,
            },
        ],
        "rubric": RUBRIC,
        "prizes": [{"kind": "places", "phase": "panel", "amounts": ["100.00"]}],
        "judge_policy": {"scope": "pair"},
        "visibility": [{"pointer": "/feedback", "viewer": "own_applicant", "action": "after(decided)"}],
    }
    return Brief.read(json.dumps(content))


RUBRIC = {
    "id": "merit/1",
    "scale": {"lo": "1.0", "hi": "5.0", "step": "0.1", "direction": "higher"},
    "traits": [
        {
            "id": "reach",
            "title": "Reach",
            "weight_bp": 10000,
            "anchors": [
                {"lo": "1.0", "hi": "2.0", "text": "Few."},
                {"lo": "2.1", "hi": "4.0", "text": "Many."},
                {"lo": "4.1", "hi": "5.0", "text": "All."},
            ],
        }
    ],
}


def application(code: str, cases: Sequence[Case]) -> Application:
    """Return an application of three parties of its own and the actors of the cases dealt to it."""
    parties = [f"{code}-lead", f"{code}-two", f"{code}-three", *(case.actor for case in cases)]
    shares = [10_000 - len(parties) + 1, *[1] * (len(parties) - 1)]
    line = {"actor": parties[0], "intervention": "wells", "category": "staff", "amount": "9.00"}
    content = {
        "schema": "almoner.application/1",
        "application_id": code,
        "challenge_id": CHALLENGE,
        "title": code,
        "unit": "USD",
        "lead": parties[0],
        "bundle": [
            {"party": party, "role": "partner", "share_bp": share}
            for party, share in zip(parties, shares, strict=True)
        ],
        "interventions": [{"id": "wells", "title": "Wells"}],
        "budget": [line | {"covered_by": "ask"}],
        "ask": "9.00",
        "minimum": "9.00",
        "disclosures": [{"party": party, "incentives": "none", "restrictions": "none"} for party in parties],
    }
    return Application.read(json.dumps(content))


def traffic(session: Session, world: World, postings: int) -> None:
    """Fill the book with gifts and payments between parties that have no part in the challenge."""
    dice = random.Random(postings)  # noqa: S311  # a workload, no secret
    payees = min(PAYEES, postings // 40)
    givers = max(FUNDS, min(GIVERS, postings // 400))
    funds = [_busy_fund(session, world, number, givers) for number in range(FUNDS)]
    world.party(*(f"payee-{number}" for number in range(payees)))
    session.commit()
    for begin in range(0, postings // LEGS, BATCH):
        drafts = [
            (f"traffic-{number}", _payment(dice, funds, payees))
            for number in range(begin, min(begin + BATCH, postings // LEGS))
        ]
        with session.begin():
            post_many(session, BOOK, drafts, clock=NOON)


def _busy_fund(session: Session, world: World, number: int, givers: int) -> PooledFund:
    code = f"busy-{number}"
    fund = finance.open_fund(session, BOOK, code, USD, title=code, draw_rule="fifo")
    for giver in range(number, givers, FUNDS):
        world.party(f"giver-{giver}")
        for part in PARTS:
            key = f"gift-{giver}-{part}"
            gift = money("2500000.00", USD)
            finance.contribute(session, fund, f"giver-{giver}", gift, key=key, clock=NOON, earmark=part)
    return fund


def _payment(dice: random.Random, funds: Sequence[PooledFund], payees: int) -> Draft:
    fund = dice.choice(funds)
    legs: list[Leg] = []
    for part in PARTS:
        amount = Money(minor=dice.randint(100, 50_000), unit=USD)
        legs.append(Leg(account=pool(fund.code, USD, part), side=1, amount=amount, line="transfer"))
        legs.append(Leg(account=cash(fund.code, USD), side=-1, amount=amount, line="transfer"))
    on = TODAY - timedelta(days=dice.randint(10, 1000))
    return Draft(kind="transfer", effective_on=on, legs=tuple(legs), payee=f"payee-{dice.randrange(payees)}")


def build(session: Session, size: Size) -> tuple[World, list[Case]]:
    """Open the book, publish, apply, register, plant, and fill the ledger."""
    finance.open_book(session, BOOK, USD)
    for part in PARTS:
        finance.open_earmark(session, BOOK, Earmark(code=part, title=part, admits={"region": (part,)}))
    prizes = finance.open_fund(session, BOOK, "prize-pool", USD, title="Prizes")
    world = World(session=session, prizes=prizes, works=[], registered=set())
    world.party("founder")
    finance.contribute(session, prizes, "founder", money("900000.00", USD), key="founding", clock=NOON)
    acts.publish(session, prizes, brief(), clock=NOON)
    cases = list(deal(size.planted, size.controls, size.judges, size.applications))
    by_application: dict[str, list[Case]] = {}
    for case, _ in cases:
        by_application.setdefault(case.application, []).append(case)
    for number in range(size.applications):
        code = f"a-{number}"
        acts.submit(session, BOOK, application(code, by_application.get(code, ())), clock=NOON)
    for number in range(size.judges):
        judge = Judge(code=f"j-{number}", organisation=f"emp-{number}")
        acts.register_judge(session, BOOK, CHALLENGE, judge, clock=NOON)
    for case, (_, plant) in cases:
        plant(world, case)
    session.commit()
    traffic(session, world, size.postings)
    return world, [case for case, _ in cases]


def judged(cases: Sequence[Case], conflicts: Sequence[JudgeConflict]) -> dict[str, object]:
    """Compare what was found with what was planted."""
    found = {(one.judge, one.application, one.actor, one.kind) for one in conflicts}
    ends = {(one.judge, one.application, one.actor) for one in conflicts}
    pairs = {(one.judge, one.application) for one in conflicts}
    planted = [case for case in cases if case.kind]
    controls = [case for case in cases if not case.kind]
    missed = [case for case in planted if (case.judge, case.application, case.actor, case.kind) not in found]
    alarms = [case for case in controls if (case.judge, case.application, case.actor) in ends]
    dealt = {(case.judge, case.application) for case in planted}
    return {
        "planted": len(planted),
        "found": len(planted) - len(missed),
        "missed_ways": dict(Counter(case.way for case in missed)),
        "ways": len({case.way for case in planted}),
        "controls": len(controls),
        "false_alarms": len(alarms),
        "alarm_ways": dict(Counter(case.way for case in alarms)),
        "conflicts": len(conflicts),
        "other_pairs": len(pairs - dealt),
    }


def measure(url: str, size: Size) -> dict[str, object]:
    """Build one database and check it; twice, for the second time all pages are there."""
    engine = open_engine(url)
    upgrade(engine)
    with Session(engine, expire_on_commit=False) as session:
        began = time.perf_counter()
        world, cases = build(session, size)
        filled = time.perf_counter() - began
        seconds, cpu = [], []
        for _ in range(2):
            began, worked = time.perf_counter(), time.process_time()
            conflicts = acts.conflicts_of(session, BOOK, CHALLENGE, as_of=TODAY, works=world.works)
            seconds.append(round(time.perf_counter() - began, 2))
            cpu.append(round(time.process_time() - worked, 2))
        began = time.perf_counter()
        acts.conflicts_of(session, BOOK, CHALLENGE, as_of=TODAY, judges=["j-0"], works=world.works)
        single = round(time.perf_counter() - began, 2)
    engine.dispose()
    return {
        "seconds": seconds[-1],
        "seconds_first": seconds[0],
        "cpu_seconds": cpu[-1],
        "seconds_one_judge": single,
        "postings": size.postings,
        "pairs": size.applications * size.judges,
        "seconds_to_fill": round(filled, 1),
        **judged(cases, conflicts),
    }


@contextmanager
def place(dialect: str, home: Path) -> Iterator[str]:
    """Make an empty database; yield its address."""
    if dialect == "sqlite":
        yield f"sqlite:///{home / 'conflicts.db'}"
        return
    with databases.durable_server(home) as server:
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("CREATE DATABASE conflicts")
        yield databases.named(uri, "conflicts")


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conflicts", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--quick", action="store_true", help="50,000 postings, 500 planted; a minute")
    parser.add_argument("--databases", nargs="+", default=["postgresql", "sqlite"])
    asked = parser.parse_args(given)
    size = QUICK if asked.quick else FULL
    found: dict[str, object] = {"versions": conditions.versions()}
    for dialect in asked.databases:
        with databases.folder(None) as home, place(dialect, home) as url:
            found[dialect] = measure(url, size)
    sys.stdout.write(f"{json.dumps(found, indent=1)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
