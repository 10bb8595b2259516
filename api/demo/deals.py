"""Published outcome contracts, signed, fed their published results, and paid what was really paid.

Each deal's payer has a fund of its own that sets aside the proven maximum; terms and stories are the
documents in ``deals``. No line of this file knows a deal.
"""

from ...contracts.agreement import agreement_of
from ...contracts.records import agreements
from ...contracts.terms.bounds import prove
from ...contracts.terms.compiled import compile_terms
from ...contracts.terms.document import Pay
from ...finance import acts
from ...finance.funds import PooledFund
from ...finance.ledger import Details, Source
from ...finance.money import money, zero
from ...finance.records import entries, registry
from ...finance.requests import LIBRARY
from ...finance.storage import Session
from ...finance.units import currency
from .settling import ReportedFigure, agree, read_agreement, settle_figure
from .stage import BOOK, Stage, at, enrol
from .stories import DealStory, read_story, read_terms

SIGNED = at("2025-06-01T09:00")
FOUND = at("2025-09-01T09:00")


def run_deal(stage: Stage, deal: str) -> None:
    """Sign one published deal and feed it its results."""
    terms, story = read_terms(deal), read_story(deal)
    with stage.work() as session:
        fund = _fund(session, story)
        for party in (*story.parties.values(), *(one.giver for one in story.deposits)):
            enrol(session, party.code, party.name, party.kind)
        for position, row in enumerate(story.deposits):
            acts.contribute(
                session,
                fund,
                row.giver.code,
                money(row.amount, fund.unit),
                key=f"{deal}/deposit-{position + 1}",
                clock=SIGNED,
                details=Details(source=Source(kind=row.label, reference=row.source)),
            )
    parties = {name: row.code for name, row in story.parties.items()}
    agree(stage, deal, agreement_of(terms, parties, fund.code), clock=SIGNED)
    verifier = parties[terms.roles("evaluator")[0]]
    payee = next(parties[clause.to] for clause in terms.clauses if isinstance(clause, Pay))
    for found in story.results:
        figure = ReportedFigure(
            claim=found.claim,
            metric=found.metric,
            period=found.period,
            value=found.value,
            evidence=found.source,
            source=Source(kind=found.label, reference=found.source),
        )
        settle_figure(stage, deal, figure, by=payee, verifier=verifier, clock=FOUND)


def _fund(session: Session, story: DealStory) -> PooledFund:
    title = f"Payers of: {story.title}"
    return acts.open_fund(session, BOOK, f"payers-{story.deal}", currency(story.unit), title=title)


def report_deal(stage: Stage, deal: str) -> dict[str, object]:
    """Set what our books paid beside what was published."""
    story = read_story(deal)
    with stage.work() as session:
        fund = _fund(session, story)
        figures = read_agreement(session, deal, fund)
        book_id = registry.find_book_id(session, BOOK)
        sources = agreements.find_agreement(session, BOOK, deal).agreement.sources
        keys = [f"encumber#{one.promise}" for one in sources if one.maximum]
        started = all(entries.find_transaction_by_key(session, book_id, LIBRARY, key) for key in keys)
    proof = prove(compile_terms(read_terms(deal)))
    published = money(story.published.paid, fund.unit)
    return {
        "id": deal,
        "title": story.title,
        "unit": fund.unit.code,
        "max_liability": figures.maximum.text,
        "bound": proof.label,
        "encumbered": figures.maximum.text if started else zero(fund.unit).text,
        "still_encumbered": figures.left.text,
        "earned": figures.earned.text,
        "paid": figures.paid.text,
        "published": published.text,
        "match": figures.paid == published,
        "label": story.published.label,
        "source": story.published.source,
        "results": [row.model_dump(mode="json") for row in story.results],
        "payments": [
            {
                "claim": step.claim,
                "clause": row.clause,
                "period": row.period,
                "earned": row.earned.text,
                "entitled": row.entitled.text,
                "due": row.due.text,
                "transaction": transaction,
            }
            for step, row, transaction in figures.rows()
            if row.due
        ],
    }
