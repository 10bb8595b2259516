"""Speed of a balance: an account with a million postings against one with ten, as a ratio in the same run.

``python -m benchmarks.balance --json`` fills one account with postings, in transactions of 4,000 legs, and
reads its balance and that of a small account in turn. ``--quick`` fills it with 100,000.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from statistics import median

from almoner.finance import acts
from almoner.finance.dates import system_clock
from almoner.finance.ledger import Draft, Leg
from almoner.finance.money import Money
from almoner.finance.posting import post
from almoner.finance.storage import Session, open_engine

from . import conditions, databases
from .workload import BOOK, LINE, USD, Chart

LEGS = 4000
FEW = 10
READS = 400
BIG, SMALL = 0, 2  # positions of accounts


def fill(session: Session, chart: Chart, position: int, postings: int) -> None:
    """Post to an account, 1 minor unit to and fro, until it has so many postings."""
    amount, account = Money(minor=1, unit=USD), chart.account(position)
    for begin in range(0, postings, LEGS):
        legs = tuple(
            Leg(account=account, side=1 if n % 2 else -1, amount=amount, line=LINE)
            for n in range(min(LEGS, postings - begin))
        )
        draft = Draft(kind="filling", effective_on=None, legs=legs)
        with session.begin():
            post(session, BOOK, draft, key=f"fill-{position}-{begin}", clock=system_clock)


def read(session: Session, chart: Chart, position: int) -> float:
    """Return the seconds one balance takes."""
    began = time.perf_counter()
    acts.balance(session, BOOK, chart.account(position))
    return time.perf_counter() - began


def measure(url: str, chart: Chart, postings: int) -> dict[str, object]:
    """Fill one database and read both balances in turn."""
    engine = open_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        began = time.perf_counter()
        fill(session, chart, BIG, postings)
        fill(session, chart, SMALL, FEW)
        filled = time.perf_counter() - began
        with session.begin():
            pairs = [(read(session, chart, BIG), read(session, chart, SMALL)) for _ in range(READS)]
    engine.dispose()
    big, small = (median(column) for column in zip(*pairs[READS // 10 :], strict=True))
    return {
        "balance_ratio": round(big / small, 3),
        "big_us": round(big * 1e6),
        "small_us": round(small * 1e6),
        "postings": [postings, FEW],
        "seconds_to_fill": round(filled, 1),
    }


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.balance", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--quick", action="store_true", help="100,000 postings, at most 60 seconds")
    parser.add_argument("--postings", type=int, default=0, help="default 1,000,000")
    parser.add_argument("--databases", nargs="+", default=["postgresql", "sqlite"])
    asked = parser.parse_args(given)
    postings = asked.postings or (100_000 if asked.quick else 1_000_000)
    chart = Chart(4, 1)
    document: dict[str, object] = {}
    with databases.folder(None) as home:
        for dialect in asked.databases:
            opened = databases.postgres if dialect == "postgresql" else databases.sqlite
            with opened(home, chart, FEW) as places:
                document[dialect] = measure(places[0].url, chart, postings)
    document["conditions"] = {"reads": READS, "versions": conditions.versions()}
    print(json.dumps(document, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
