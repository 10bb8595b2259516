"""Agreements over HTTP, read: what they can cost, what they say, what is odd in them, what they would pay."""

from ...contracts.forecast import forecast
from ...contracts.records.agreements import StoredAgreement
from ...contracts.reporting import report
from ...contracts.terms.lint import check
from ...contracts.terms.observing import read_case
from ...contracts.terms.results import Case
from ...contracts.terms.wording import render_with
from ...contracts.terms.words.nouns import unit_words
from ...finance.dates import parse_day
from ...finance.documents import Code
from ..door import Call
from ..operation import Operation
from ..sound import sound
from ..term_pages import FEWEST, payoff_stretches
from ..term_size import count_places, members_of, require_fewer
from ..wire.forecasts import AgreementSimulationRequest, TermsForecast
from ..wire.term_sheets import CurveStretch, PayoffCurve, TermSheetReply, chapters
from ..wire.terms import (
    AgreementCaseRequest,
    TermsBounds,
    TermsLint,
    TermsPayments,
    TermsWording,
    WordingQuery,
)
from .agreements import find_shown
from .terms import CASE_EXAMPLE, OUTCOMES_EXAMPLE, SIGNED_IN, worded


def read_bounds(call: Call, agreement: Code) -> TermsBounds:
    """Prove what an agreement can cost at most and at least, with its amendments."""
    lineage = find_shown(call, agreement).lineage
    return TermsBounds.of(lineage.overlaid.program, lineage.prove())


def read_wording(call: Call, agreement: Code, query: WordingQuery) -> TermsWording:
    """Return the terms in force in plain language."""
    return worded(find_shown(call, agreement).lineage.newest, query.form, query.paper)


def read_sheet(call: Call, agreement: Code) -> TermSheetReply:
    """Return the terms in force as a term sheet: in words, with the proven bound and payments as curves."""
    stored = find_shown(call, agreement)
    document = stored.lineage.newest
    sheet, worked = render_with(document)
    titles = {one.id: one.title or one.id for one in document.clauses}
    return TermSheetReply(
        code=stored.agreement.code,
        title=sheet.title,
        summary=sheet.summary,
        state=stored.agreement.state,
        version=stored.version,
        sha256=stored.agreement.document.digest(),
        terms_sha256=document.digest(),
        amended=list(stored.agreement.amended),
        label=(bounds := read_bounds(call, agreement)).label,
        amounts=bounds.amounts,
        sections=chapters(sheet.sections),
        curves=[
            PayoffCurve(
                clause=one.clause,
                title=titles.get(one.clause, one.clause),
                metric=document.metrics[one.metric].title,
                counted=unit_words(one.counted),
                unit=unit_words(one.pays),
                stretches=[CurveStretch.of(stretch) for stretch in payoff_stretches(one)],
            )
            for one in worked
            if len(one.points) >= FEWEST
        ],
    )


def read_lint(call: Call, agreement: Code) -> TermsLint:
    """Find what is sound in the terms in force and still not meant."""
    lineage = find_shown(call, agreement).lineage
    return TermsLint.of(lineage.overlaid.program, check(lineage.newest))


def pay_case(call: Call, agreement: Code, body: AgreementCaseRequest) -> TermsPayments:
    """Work out what an agreement would pay on observations, from the beginning; nothing is stored or paid."""
    stored = find_shown(call, agreement)
    return _paid(stored, sound(body.case))


def _paid(stored: StoredAgreement, case: Case) -> TermsPayments:
    lineage = stored.lineage
    program = lineage.overlaid.program
    outturn = lineage.pay(
        read_case(program, case),
        members=case.members,
        as_of=parse_day(case.as_of) if case.as_of else None,
    )
    return TermsPayments.of(lineage.newest.title, lineage.newest.digest(), report(outturn, case))


def simulate_agreement(call: Call, agreement: Code, body: AgreementSimulationRequest) -> TermsForecast:
    """Pay the terms in force on many drawn paths; the same request gives the same bytes."""
    program, outcomes = find_shown(call, agreement).lineage.overlaid.program, sound(body.outcomes)
    drawn = count_places(program, members_of(outcomes)) * body.paths
    require_fewer(drawn, SIGNED_IN.drawn, "/paths", "places of all paths")
    return TermsForecast.of(forecast(program, outcomes, paths=body.paths, seed=body.seed))


_READ = "/books/{book}/agreements/{agreement}/readings"
OPERATIONS = (
    Operation(
        name="agreement.bounds", method="GET", path=f"{_READ}/bounds", handler=read_bounds, tag="agreements"
    ),
    Operation(
        name="agreement.wording",
        method="GET",
        path=f"{_READ}/wording",
        handler=read_wording,
        tag="agreements",
    ),
    Operation(
        name="agreement.sheet",
        method="GET",
        path=f"{_READ}/term-sheet",
        handler=read_sheet,
        tag="agreements",
    ),
    Operation(name="agreement.lint", method="GET", path=f"{_READ}/lint", handler=read_lint, tag="agreements"),
    Operation(
        name="agreement.pay",
        method="POST",
        path=f"{_READ}/pay",
        handler=pay_case,
        tag="agreements",
        keyed=False,
        examples={"year": {"case": CASE_EXAMPLE}},
    ),
    Operation(
        name="agreement.simulate",
        method="POST",
        path="/books/{book}/agreements/{agreement}/simulations",
        handler=simulate_agreement,
        tag="agreements",
        keyed=False,
        examples={"nights": {"outcomes": OUTCOMES_EXAMPLE, "paths": 200, "seed": 7}},
    ),
)
