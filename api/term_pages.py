"""The term sheet as a printed page, with a chart of every payment that depends on one number.

The problem: what is signed is read on paper. The page loads nothing, runs nothing, repeats its headings on
every sheet of paper, and is the same bytes for the same terms. Every text is escaped.
"""

from collections.abc import Iterable
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from ..contracts.terms.document import TermDocument
from ..contracts.terms.wording import TITLES, render_with
from ..contracts.terms.words.nouns import unit_words
from ..contracts.terms.words.worked import WorkedClause, WorkedPoint
from ..finance.money import decimal_text
from .charts.chart import Chart
from .charts.figures import clean
from .charts.payoff import PayoffPoint, PayoffStretch, draw_payoff
from .printing import Paper

FEWEST = 2


def render_terms(document: TermDocument, paper: Paper = "A4") -> str:
    """Return the term sheet of a document as an HTML page.

    Parameters
    ----------
    document : TermDocument
        Any that compiles.
    paper : str
        ``A4`` or ``Letter``.

    Examples
    --------
    >>> from ..contracts.terms.document import EXAMPLE
    >>> page = render_terms(TermDocument.read(EXAMPLE))
    >>> "15.12 USD for each night" in page, "<svg" in page, "<script" in page
    (True, True, False)
    """
    sheet, worked = render_with(document)
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    source = files(__package__).joinpath("templates", "terms.html").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        sheet=sheet,
        paper=paper,
        paid=TITLES["clauses"],
        charts={one.clause: payoff_chart(one, document) for one in worked if len(one.points) >= FEWEST},
    )


def payoff_chart(worked: WorkedClause, document: TermDocument) -> Chart:
    """Draw the worked payments of a clause.

    Parameters
    ----------
    worked : WorkedClause
        Of the document.
    document : TermDocument
        For titles.

    Examples
    --------
    >>> from ..contracts.terms.document import EXAMPLE
    >>> document = TermDocument.read(EXAMPLE)
    >>> payoff_chart(render_with(document)[1][0], document).header
    ('Observed, nights', 'Paid, USD', 'Edge')
    """
    title = next((one.title or one.id for one in document.clauses if one.id == worked.clause), worked.clause)
    metric = document.metrics[worked.metric].title
    return draw_payoff(
        title,
        f"Payment under {worked.clause} over: {metric}. A full circle holds the edge, an open one does not.",
        (unit_words(worked.counted), unit_words(worked.pays)),
        payoff_stretches(worked),
    )


def payoff_stretches(worked: WorkedClause) -> Iterable[PayoffStretch]:
    """Return worked payments as a curve, cut at jumps; a jump stands at the edge that the terms name."""
    points: list[PayoffPoint] = []
    opens = "end"
    for place, one in enumerate(worked.points):
        after = worked.points[place + 1].value if place + 1 < len(worked.points) else None
        if after is None or (one.value, after) not in worked.jumps:
            points.append(_drawn(worked, one, one.value))
            continue
        belongs_left = one.value in worked.edges and after not in worked.edges
        edge = one.value if belongs_left else after
        points.append(_drawn(worked, one, edge))
        yield PayoffStretch(points=tuple(points), opens=opens, closes="in" if belongs_left else "out")
        points, opens = (
            ([_drawn(worked, worked.points[place + 1], edge)], "out") if belongs_left else ([], "in")
        )
    yield PayoffStretch(points=tuple(points), opens=opens)


def _drawn(worked: WorkedClause, point: WorkedPoint, value: int) -> PayoffPoint:
    return PayoffPoint(
        value=decimal_text(value, worked.counted.digits),
        amount=decimal_text(point.paid, worked.pays.digits),
    )
