"""The whole of Project Apollo, step by step; played again on the same database it changes nothing."""

from pathlib import Path

from almoner.contracts import acts as contracts
from almoner.contracts.measurement.frames import read_rows
from almoner.finance import acts
from almoner.finance.errors import Missing
from almoner.finance.funds import PooledFund
from almoner.finance.money import Money, zero
from almoner.finance.storage import Session

from . import desk, report, rows, story
from .tables import Cell, show

LOG = "apollo.example"


def transactions(session: Session) -> int:
    """Count the transactions of the book, each of which is derived again on the way; 0 without a book."""
    try:
        found = acts.verify(session, desk.BOOK)
    except Missing:
        return 0
    if not found.verified:
        raise SystemExit("\n".join(found.findings))
    return found.transactions


def play(session: Session, out: Path) -> None:
    """Go from signing to closing, and print each step."""
    before = transactions(session)
    paths = rows.write_files(out / "rows")
    fund, most = begin(session)
    look(session, paths.pop("2019-steps-draft"))
    for year in rows.YEARS:
        play_year(session, fund, year, paths)
    story.finish(session)
    total = report.show_lines(session, fund)
    report.show_liability(session, fund, most)
    print(f"\nclosed: {total} paid of at most {most}; the other {most - total} is free again")
    sealed = acts.seal(session, desk.BOOK, clock=desk.at("2023-01-11"), name=LOG, secret=desk.LOG_KEY)
    look_back(session, fund, out)
    after = transactions(session)
    if sealed is None and before == after:
        print(f"\nnothing changed: it was all there, {after} transactions and no new event")
    else:
        print(f"\n{after} transactions verified, {sealed.size if sealed else 0} events sealed")


def begin(session: Session) -> tuple[PooledFund, Money]:
    """Collect the money, sign, and show what is set aside."""
    fund = desk.open_desk(session)
    signed = desk.sign_agreement(session)
    most = signed.sources[0].maximum
    print(f"{signed.terms.title}: at most {most}, signed by {', '.join(signed.signed)}")
    show("Gifts", ("gift", "giver", "GBP", "earmark"), desk.GIFTS)
    return fund, most


def look(session: Session, path: Path) -> None:
    """Look at a file with faults before anything is imported."""
    raw = read_rows(path.read_bytes(), columns=rows.COLUMNS, fixed={"metric": rows.METRIC})
    clock = desk.at(story.COMES_IN["2019"])
    seen = contracts.preview_rows(session, desk.BOOK, desk.PACT, raw, secret=desk.ROW_KEY, clock=clock)
    report.show_preview(seen, path.name)


def play_year(session: Session, fund: PooledFund, year: str, paths: dict[str, Path]) -> None:
    """Import the files of a year, let them be counted, and pay what is final."""
    files = [(code, path.read_bytes()) for code, path in paths.items() if code.startswith(year)]
    batches = [story.bring_in(session, code, raw) for code, raw in files]
    if year == "2022":
        batches.append(story.claim_nobody(session))
    for batch in batches:
        story.find(session, batch)
    questioned = [batch for batch in batches if batch.code == story.DISPUTED]
    for batch in questioned:
        raised = story.question(session, batch)
        frozen = ", ".join(str(amount) for amount in raised.frozen.values())
        print(f"\n{raised.raised_by} disputes {batch.code} for {raised.grounds}: {frozen} is frozen")
    paid = {batch.code: story.pay(session, batch) for batch in batches if batch not in questioned}
    for batch in questioned:
        ended = story.decide(session, batch, rows.mistaken(rows.make_rows()).person)
        paid[batch.code] = story.pay(session, batch)
        print(f"the panel finds {ended.outcome}: a second verifier has counted again")
    listed: list[tuple[Cell, ...]] = []
    for batch in batches:
        size, people = (batch.dataset.rows, batch.dataset.persons) if batch.dataset else (0, 0)
        step = paid[batch.code]
        amount = sum((one.amount for one in step.payouts), start=zero(fund.unit))
        listed.append((batch.code, size, people, step.cause, amount))
    show(f"Files of {year}", ("file", "rows", "people", "paid on a", fund.unit.code), listed)


def look_back(session: Session, fund: PooledFund, out: Path) -> None:
    """Show the fund, each party's statement, one payout's way, and the whole taken again from its events."""
    report.show_fund(session, fund)
    report.keep_statements(session, out)
    payouts = contracts.list_payouts(session, desk.BOOK, desk.PACT)
    report.show_trace(session, out, next(one.id for one in payouts if one.claim == story.DISPUTED))
    again = contracts.replay(session, desk.BOOK, desk.PACT)
    if again.differences:
        raise SystemExit("\n".join(again.differences))
    print(f"\nreplayed from its events: {again.steps} settlements, no difference, digest {again.sha256[:16]}")
