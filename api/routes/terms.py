"""Terms over HTTP: read five ways and simulated, without an account and without storing anything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ...contracts.forecast import forecast
from ...contracts.outcomes.document import EXAMPLE as OUTCOMES
from ...contracts.reporting import report
from ...contracts.terms.bounds import prove
from ...contracts.terms.compiled import compile_terms
from ...contracts.terms.document import EXAMPLE, TermDocument
from ...contracts.terms.lint import check
from ...contracts.terms.observing import read_case
from ...contracts.terms.pay import pay
from ...contracts.terms.program import Program
from ...contracts.terms.results import EXAMPLE as RESULTS
from ...contracts.terms.results import Case
from ...contracts.terms.running.engine import Outturn
from ...contracts.terms.running.evaluation import Traced
from ...contracts.terms.wording import render
from ...contracts.terms.words.reasons import explain
from ...contracts.terms.words.sheet import sheet_markdown, sheet_text
from ...finance.dates import parse_day
from ..door import Call
from ..errors import BodyTooLarge
from ..operation import Operation
from ..printing import Paper
from ..sound import sound
from ..term_pages import render_terms
from ..term_size import NOBODY, count_periods, count_places, members_of, require_fewer
from ..wire.forecasts import MOST_PATHS, TermsForecast, TermsSimulationRequest
from ..wire.terms import (
    Form,
    TermsBounds,
    TermsCaseRequest,
    TermsLint,
    TermsLintRequest,
    TermsPayments,
    TermsReasons,
    TermsRequest,
    TermsWording,
    TermsWordingRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """How much is worked on at once.

    Attributes
    ----------
    size : int [bytes]
        Of a request.
    places : int [places]
        Steps of the terms x periods x members.
    drawn : int [places]
        Places x paths.
    paths : int [paths]
        Of a simulation.
    """

    size: int
    places: int
    drawn: int
    paths: int


PUBLIC = ReadingLimits(size=32 * 1024, places=4_000, drawn=5_000_000, paths=1000)
SIGNED_IN = ReadingLimits(size=256 * 1024, places=40_000, drawn=50_000_000, paths=MOST_PATHS)


def lint_terms(call: Call, body: TermsLintRequest) -> TermsLint:
    """Find what is sound in terms and still not meant; nothing is stored."""
    terms, program = fitting(call, body)
    return TermsLint.of(program, check(terms, dict(body.standard_errors)))


def bound_terms(call: Call, body: TermsRequest) -> TermsBounds:
    """Prove what terms can cost at most and at least; nothing is stored."""
    _, program = fitting(call, body)
    return TermsBounds.of(program, prove(program))


def word_terms(call: Call, body: TermsWordingRequest) -> TermsWording:
    """Put terms in plain language; nothing is stored."""
    terms, _ = fitting(call, body)
    return worded(terms, body.form, body.paper)


def pay_terms(call: Call, body: TermsCaseRequest) -> TermsPayments:
    """Work out what terms pay on observations; nothing is stored, nothing is paid."""
    terms, program = fitting(call, body, _members(body.case))
    return TermsPayments.of(
        terms.title, program.digest, report(carried_out(program, body.case, []), body.case)
    )


def explain_terms(call: Call, body: TermsCaseRequest) -> TermsReasons:
    """Say why each payment on observations is what it is; nothing is stored."""
    terms, program = fitting(call, body, _members(body.case))
    record: list[Traced] = []
    outturn = carried_out(program, body.case, record)
    return TermsReasons.of(terms.title, program.digest, body.case.id, explain(terms, outturn, record))


def _members(case: Case) -> dict[str, int]:
    """Return how many members each open set has at most."""
    named: dict[str, set[str]] = {name: set(listed) for name, listed in case.members.items()}
    for row in case.results:
        for name, member in row.of.items():
            named.setdefault(name, set()).add(member)
    return {name: len(listed) for name, listed in named.items()}


def simulate_terms(call: Call, body: TermsSimulationRequest) -> TermsForecast:
    """Pay terms on many drawn paths; the same request gives the same bytes, and nothing is stored.

    Without a sign-in at most 1,000 paths.
    """
    outcomes = sound(body.outcomes)
    limits, counts = _limits(call), members_of(outcomes)
    require_fewer(body.paths, limits.paths, "/paths", "paths")
    _, program = fitting(call, body, counts)
    require_fewer(count_places(program, counts) * body.paths, limits.drawn, "/paths", "places of all paths")
    return TermsForecast.of(forecast(program, outcomes, paths=body.paths, seed=body.seed))


def fitting(
    call: Call, body: TermsRequest, members: Mapping[str, int] = NOBODY
) -> tuple[TermDocument, Program]:
    """Return terms checked whole and compiled, if they are small enough to be worked on at once."""
    limits = _limits(call)
    size = len(body.model_dump_json(by_alias=True, exclude_defaults=True))
    if size > limits.size:
        raise BodyTooLarge(
            f"Terms are read at once up to {limits.size} bytes{' without a sign-in' * call.access.masked}, "
            f"and this has {size}. Send less.",
            limit=limits.size,
            size=size,
        )
    terms = sound(body.terms)
    require_fewer(count_periods(terms.calendar), limits.places, "/terms/calendar", "periods")
    program = compile_terms(terms)
    require_fewer(count_places(program, members), limits.places, "/terms", "places")
    return terms, program


def _limits(call: Call) -> ReadingLimits:
    return PUBLIC if call.access.masked else SIGNED_IN


def worded(terms: TermDocument, form: Form, paper: Paper) -> TermsWording:
    """Return terms in plain language."""
    if form == "html":
        text = render_terms(terms, paper)
    else:
        text = {"text": sheet_text, "markdown": sheet_markdown}[form](render(terms))
    return TermsWording(title=terms.title, form=form, wording=text)


def carried_out(program: Program, case: Case, record: list[Traced]) -> Outturn:
    """Pay terms on the observations of a case."""
    sound(case)
    return pay(
        program,
        read_case(program, case),
        members=case.members,
        as_of=parse_day(case.as_of) if case.as_of else None,
        record=record,
    )


_TERMS = json.loads(EXAMPLE)
CASE_EXAMPLE = {**json.loads(RESULTS)["cases"][0], "expect": []}
OUTCOMES_EXAMPLE = json.loads(OUTCOMES)
_LONE = {"nights": {"terms": _TERMS}}
_CASE = {"nights": {"terms": _TERMS, "case": CASE_EXAMPLE}}
OPERATIONS = (
    Operation(
        name="terms.lint",
        method="POST",
        path="/terms/readings/lint",
        handler=lint_terms,
        tag="terms",
        keyed=False,
        examples=_LONE,
    ),
    Operation(
        name="terms.bounds",
        method="POST",
        path="/terms/readings/bounds",
        handler=bound_terms,
        tag="terms",
        keyed=False,
        examples=_LONE,
    ),
    Operation(
        name="terms.wording",
        method="POST",
        path="/terms/readings/wording",
        handler=word_terms,
        tag="terms",
        keyed=False,
        examples={"page": {"terms": _TERMS, "form": "markdown"}},
    ),
    Operation(
        name="terms.pay",
        method="POST",
        path="/terms/readings/pay",
        handler=pay_terms,
        tag="terms",
        keyed=False,
        examples=_CASE,
    ),
    Operation(
        name="terms.explain",
        method="POST",
        path="/terms/readings/explain",
        handler=explain_terms,
        tag="terms",
        keyed=False,
        examples=_CASE,
    ),
    Operation(
        name="terms.simulate",
        method="POST",
        path="/terms/simulations",
        handler=simulate_terms,
        tag="terms",
        keyed=False,
        examples={"nights": {"terms": _TERMS, "outcomes": OUTCOMES_EXAMPLE, "paths": 200, "seed": 7}},
    ),
)
