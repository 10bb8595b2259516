"""What comes of Project Apollo: line by line beside what was published, by party, and for one payout."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from uuid import UUID

from almoner.contracts import acts as contracts
from almoner.contracts.agreement import frozen_promise, promise_of
from almoner.contracts.measurement.preview import Preview
from almoner.contracts.payout_trace import PayoutTrace, trace_document
from almoner.contracts.terms.results import ResultsDocument
from almoner.finance import acts
from almoner.finance.accounts import Promise, obligation
from almoner.finance.errors import Missing
from almoner.finance.funds import PooledFund
from almoner.finance.money import Money, money, zero
from almoner.finance.sheets import sheet_csv, sheet_document
from almoner.finance.storage import Session

from .desk import BOOK, HERE, PACT, at
from .tables import Cell, show

PAYING = ("ministry", "investors", "sheffield_futures")
SHOWN = 3
EARMARKS = ("unrestricted", "south-yorkshire", "sheffield")
SET_ASIDE = promise_of(PACT, "ministry")
FROZEN = frozen_promise(SET_ASIDE, "first-week")
DAYS = (
    ("everybody signed", "2018-09-17"),
    ("files of 2019", "2019-11-21"),
    ("files of 2020", "2020-11-19"),
    ("2021, in dispute", "2021-11-18"),
    ("2021, resolved", "2021-11-25"),
    ("files of 2022", "2022-12-22"),
    ("closed", "2023-01-10"),
)
PUBLISHED = HERE.parent / "casebook" / "care-leavers-0123.results.json"


def show_fund(session: Session, fund: PooledFund) -> None:
    """Print where the fund stands."""
    now = acts.position(session, fund)
    rows = [(name, getattr(now, name)) for name in ("contributions", "disbursed", "encumbered", "free")]
    show(f"The fund {fund.code}", ("", fund.unit.code), rows)


def show_preview(preview: Preview, name: str) -> None:
    """Print what is wrong with a file."""
    rows = [(str(row.row), row.column, row.kind, row.message[:70]) for row in preview.findings[:SHOWN]]
    faults = sum(preview.found.values())
    title = f"A first look at {name}: {preview.rows} rows, {preview.persons} people, {faults} faults"
    show(f"{title}; nothing is written", ("row", "column", "kind", "message"), rows)


def show_lines(session: Session, fund: PooledFund) -> Money:
    """Print reported, accepted and paid beside the published payment of each line; refuse any difference."""
    reported: dict[str, int] = {}
    accepted: dict[str, int] = {}
    for status in contracts.list_claims(session, BOOK, PACT, clock=at("2023-01-10")):
        for counts, results in ((reported, status.claim.results), (accepted, status.results)):
            for row in results:
                line = dict(row.of)["lines"]
                counts[line] = counts.get(line, 0) + int(row.value)
    paid: dict[str, Money] = {}
    for settlement in contracts.list_settlements(session, BOOK, PACT):
        for clause in settlement.clauses:
            (line,) = clause.members
            paid[line] = paid.get(line, zero(fund.unit)) + clause.due
    rows: list[tuple[Cell, ...]] = []
    total = zero(fund.unit)
    for line, amount in published_payments(fund).items():
        if paid[line] != amount:
            raise SystemExit(f"{line}: paid {paid[line]}, published {amount}")
        total += amount
        rows.append((line, reported[line], accepted[line], paid[line], amount))
    rows.append(
        ("all lines", sum(reported.values()), sum(accepted.values()), sum_of(paid.values(), fund), total)
    )
    header = ("step", "reported", "accepted", "paid", "published")
    show("Paid and published, line by line: equal on all 23", header, rows)
    return total


def show_liability(session: Session, fund: PooledFund, most: Money) -> None:
    """Print on some days what is set aside, kept back and paid: together never more than was proven."""
    steps = contracts.list_settlements(session, BOOK, PACT)
    rows: list[tuple[Cell, ...]] = []
    for what, day in DAYS:
        on = date.fromisoformat(day)
        kept = {
            name: sum_of([_kept(session, fund, name, earmark, on) for earmark in EARMARKS], fund)
            for name in (SET_ASIDE, FROZEN)
        }
        paid = sum_of([one.done for step in steps if step.as_of <= on for one in step.payouts], fund)
        if kept[SET_ASIDE] + kept[FROZEN] + paid > most:
            raise SystemExit(f"{day}: more is set aside, frozen and paid than {most}")
        rows.append((day, what, kept[SET_ASIDE], kept[FROZEN], paid))
    show("Set aside, frozen, paid", ("day", "after", "set aside", "frozen", "paid"), rows)


def _kept(session: Session, fund: PooledFund, name: str, earmark: str, on: date) -> Money:
    """Return what the fund kept on a day for the agreement, out of money of one earmark."""
    account = obligation(fund.code, fund.unit, Promise("agreement", name), earmark)
    try:
        return acts.balance_on(session, BOOK, account, on).balance_of("E")
    except Missing:  # nothing of this earmark was ever kept under the name
        return zero(fund.unit)


def sum_of(amounts: Iterable[Money], fund: PooledFund) -> Money:
    """Add amounts up."""
    return sum(amounts, start=zero(fund.unit))


def published_payments(fund: PooledFund) -> dict[str, Money]:
    """Return the printed payment of each line of the rate card."""
    document = ResultsDocument.read(PUBLISHED.read_bytes())
    return {
        case.id.removeprefix("line_"): money(case.expect[0].value, fund.unit)
        for case in document.cases
        if case.id.startswith("line_")
    }


def keep_statements(session: Session, out: Path) -> None:
    """Write the statement of each party as JSON and as a table, and print what it paid and got."""
    rows: list[tuple[Cell, ...]] = []
    payouts = contracts.list_payouts(session, BOOK, PACT)
    for name in PAYING:
        sheet = contracts.party_statement(session, BOOK, PACT, name)
        (out / f"statement-{name}.json").write_text(json.dumps(sheet_document(sheet), indent=1) + "\n")
        (out / f"statement-{name}.csv").write_text(sheet_csv(sheet))
        nothing = zero(payouts[0].amount.unit)
        gave = sum((one.done for one in payouts if one.payer == name), start=nothing)
        got = sum((one.done for one in payouts if one.payee == name), start=nothing)
        rows.append((name, gave, got, f"statement-{name}.json"))
    show("Statements", ("party", "paid", "received", "file"), rows)


def show_trace(session: Session, out: Path, payout: UUID) -> None:
    """Print the way of one payout from the givers to the log, and write it whole."""
    trace = contracts.trace_payout(session, BOOK, payout)
    (out / "trace.json").write_text(json.dumps(trace_document(trace), indent=1) + "\n")
    show(f"The way of payout {payout}", ("step", "what", "digest"), trace_rows(trace))


def trace_rows(trace: PayoutTrace) -> list[tuple[Cell, ...]]:
    """Say each step of a trace in a row."""
    rows: list[tuple[Cell, ...]] = [
        ("contribution", f"{one.contribution} of {one.giver}, {one.earmark}: {one.amount}", "")
        for one in trace.contributions
    ]
    rows += [
        ("fund", trace.fund, ""),
        ("clause", trace.clause.title, trace.clause.terms_sha256[:16]),
    ]
    if trace.claim:
        rows.append(("claim", trace.claim.code, trace.claim.digest()[:16]))
    rows += [("evidence", f"{one.method}, held by {one.held_by}", one.sha256[:16]) for one in trace.evidence]
    rows += [
        (
            "determination",
            f"round {one.round} by {one.verifier}: {', '.join(row.value for row in one.results)}",
            one.digest()[:16],
        )
        for one in trace.determinations
    ]
    rows += [("dispute", f"{one.grounds} by {one.raised_by}: {one.outcome}", "") for one in trace.disputes]
    rows.append(("payout", f"{trace.payout.amount} to {trace.payout.party}, {trace.payout.status}", ""))
    rows += [
        ("log", "sealed" if proof else "not sealed", str(transaction))
        for transaction, proof in trace.proofs.items()
    ]
    return rows
