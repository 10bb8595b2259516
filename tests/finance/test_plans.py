"""One transaction costs the same however many there are: plans search by transaction, and work stays flat."""

import sqlite3
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text

from almoner import currency, money
from almoner.finance.accounts import cash, memo, pool
from almoner.finance.dates import Clock
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Leg
from almoner.finance.posting import post, post_many
from almoner.finance.storage import Session, open_engine

USD = currency("USD")
DAY = date(2026, 1, 15)
VIEWS = (
    "delta",
    "day_delta",
    "line_delta",
    "lot_delta",
    "fault_leg",
    "fault_lot",
    "fault_fx",
    "fault_child",
    "fault_approval",
)
GROWTH = 1.3
FEW, MANY = 50, 10_000  # transfers: two postings each


@pytest.mark.parametrize("view", VIEWS)
def test_sqlite_searches_every_branch_of_every_view_by_transaction(sqlite_url: str, view: str) -> None:
    with open_engine(
        sqlite_url
    ).connect() as connection:  # PostgreSQL plans by size: its work is counted below
        query = f"EXPLAIN QUERY PLAN SELECT * FROM {view} WHERE txn_id = X'00'"  # noqa: S608  # constants
        steps = [str(row[-1]) for row in connection.execute(text(query))]
    small = ("SCAN y", "SCAN z", "SCAN l", "SCAN u", "SCAN CONSTANT ROW", "SCAN (subquery", f"SCAN {view}")
    assert [one for one in steps if one.startswith("SCAN") and not one.startswith(small)] == [], steps
    assert any(one.startswith("SEARCH") for one in steps)


def pledge(number: int) -> tuple[str, Draft]:
    amount = money("0.01", USD)
    ahead, back = memo("water", USD, "pledged/giver", 1), memo("water", USD, "expected", -1)
    legs = (
        Leg(account=ahead, side=1, amount=amount, line="pledge"),
        Leg(account=back, side=-1, amount=amount, line="pledge"),
    )
    return f"m{number:06}", Draft(kind="pledge", effective_on=DAY, legs=legs)


def payment(number: int) -> tuple[str, Draft]:
    amount = money("0.01", USD)
    legs = (
        Leg(account=pool("water", USD), side=1, amount=amount, line="transfer"),
        Leg(account=cash("water", USD), side=-1, amount=amount, line="transfer"),
    )
    return f"m{number:06}", Draft(kind="transfer", effective_on=DAY, legs=legs)


def work(session: Session, draft: Draft, key: str, clock: Clock) -> int:
    """Post one transaction; return how many steps SQLite took, or how many rows PostgreSQL visited."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        driver.set_progress_handler(count, 1)
        post(session, "main", draft, key=key, clock=clock)
        driver.set_progress_handler(None, 0)
        session.commit()
        return steps
    visited = text(
        "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
    )
    before = session.scalar(visited)
    post(session, "main", draft, key=key, clock=clock)
    after = session.scalar(visited)
    session.commit()
    return int(after - before)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(pledge, id="without draws", marks=pytest.mark.campaign),
        pytest.param(payment, id="with draws"),
    ],
)
def test_a_post_costs_the_same_after_twenty_thousand_postings(
    session: Session,
    funded: PooledFund,
    clock: Clock,
    make: Callable[[int], tuple[str, Draft]],
) -> None:
    assert funded.code == "water"
    session.execute(text("ANALYZE"))  # of tables that are all but empty: what is planned now must hold later
    session.commit()
    for number in range(FEW):
        key, draft = make(number)
        post(session, "main", draft, key=key, clock=clock)
    session.commit()
    early = [work(session, make(0)[1], f"early{n}", clock) for n in range(3)]
    for begin in range(FEW, MANY, 2500):
        post_many(session, "main", [make(n) for n in range(begin, min(begin + 2500, MANY))], clock=clock)
        session.commit()
    late = [work(session, make(0)[1], f"late{n}", clock) for n in range(3)]
    assert min(late) <= GROWTH * min(early), (early, late)
