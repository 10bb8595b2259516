"""The demonstration from beginning to end, and the summary of what it did.

Every step is keyed, so a second run on the same database posts nothing and gives the same figures.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from ... import __version__
from ...finance import acts
from ...finance.funds import FundPosition
from ...finance.records import entries, registry
from ...finance.storage import Engine
from ..migrations import upgrade
from . import deals, harbour, pooled, retro
from .stage import BOOK, Stage, open_stage
from .stories import list_deals

Json = dict[str, Any]


def run_demo(engine: Engine, notify: Callable[[str], None]) -> Json:
    """Play the whole story on a database and return its summary.

    Parameters
    ----------
    engine : Engine
        Empty, or a database of an earlier run.
    notify : Callable
        Hears one line per step.

    Returns
    -------
    dict
        The summary; amounts are decimal strings. Everything but ``timings`` and ``run`` is the same on
        every database and in every run.
    """
    stage = Stage(engine=engine, notify=notify)
    timings: dict[str, str] = {}
    upgrade(engine)
    open_stage(stage)
    before = _count(stage)
    steps: list[tuple[str, Callable[[Stage], object]]] = [
        ("Booking a published source-and-use statement, line by line", pooled.book_statement),
        ("Taking pledges, an earmarked gift, fees and volunteer hours", harbour.fill_pool),
        ("Running a challenge: applications, eligibility, judges", harbour.run_challenge),
        ("Allocating the prize money among bundles of actors", harbour.allocate_pool),
        ("Turning an award into an agreement, and paying its results", harbour.keep_agreement),
        ("Deciding a real round on its published ballots", retro.run_round),
    ]
    steps += [(f"Paying a published contract: {deal}", _deal_step(deal)) for deal in list_deals()]
    for number, (title, step) in enumerate(steps, start=1):
        notify(f"[{number}/{len(steps) + 1}] {title}")
        started = perf_counter()
        step(stage)
        timings[title] = f"{perf_counter() - started:.3f}"
    notify(f"[{len(steps) + 1}/{len(steps) + 1}] Checking every transaction and writing the statements")
    started = perf_counter()
    summary = summarise(stage)
    timings["Checking and reporting"] = f"{perf_counter() - started:.3f}"
    after = _count(stage)
    summary["run"] = {"new_transactions": after - before, "repeated": before > 0 and after == before}
    summary["timings"] = timings
    return summary


def _deal_step(deal: str) -> Callable[[Stage], object]:
    return lambda stage: deals.run_deal(stage, deal)


def _count(stage: Stage) -> int:
    with stage.work() as session:
        return entries.count_entries(session, registry.find_book_id(session, BOOK))[0]


def summarise(stage: Stage) -> Json:
    """Read everything the summary says from the database."""
    with stage.work() as session:
        funds = registry.list_funds(session, BOOK)
        positions = [_shown(acts.position(session, fund), fund.title) for fund in funds]
        checked = acts.verify(session, BOOK)
    main = next(row for row in positions if row["code"] == pooled.FUND)
    return {
        "schema": "almoner.demo/1",
        "version": __version__,
        "book": BOOK,
        "fund": main,
        "funds": positions,
        "challenge": retro.report_round(stage),
        "pool_challenge": harbour.report_challenge(stage),
        "allocation": harbour.report_allocation(stage),
        "contracts": [deals.report_deal(stage, deal) for deal in list_deals()],
        "agreement": harbour.report_agreement(stage),
        "ledger": {
            "transactions": checked.transactions,
            "postings": checked.postings,
            "unbalanced": checked.unbalanced,
            "verified": checked.verified,
            "findings": list(checked.findings),
        },
        "statement": pooled.report_statement(stage),
        "donor": harbour.report_donor(stage),
    }


def _shown(position: FundPosition, title: str) -> Json:
    amounts = (
        "contributions",
        "income",
        "fees",
        "other_costs",
        "disbursed",
        "refunds",
        "balance",
        "committed",
    )
    shown: Json = {"code": position.fund, "title": title, "unit": position.balance.unit.code}
    for name in (*amounts, "encumbered", "free", "pledged", "in_kind"):
        shown[name] = getattr(position, name).text
    shown["in_kind_unit"] = position.in_kind.unit.code
    shown["earmarks"] = [
        {
            "earmark": row.earmark,
            "balance": row.balance.text,
            "reserved": row.reserved.text,
            "free": row.free.text,
        }
        for row in position.earmarks
    ]
    return shown
