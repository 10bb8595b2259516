"""What notebooks show: escaped, bounded, with the figures as a table."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from almoner import currency, money
from almoner.api import upgrade
from almoner.api.charts import Chart
from almoner.api.notebook import MOST_BYTES, MOST_ROWS, load_ipython_extension, show
from almoner.challenges.leaders import leaderboard
from almoner.challenges.ratings import rate
from almoner.contracts.agreement import EXAMPLE as AGREEMENT
from almoner.contracts.agreement import Agreement, AgreementDocument
from almoner.contracts.forecast import forecast
from almoner.contracts.outcomes.document import EXAMPLE as OUTCOMES
from almoner.contracts.outcomes.document import OutcomesDocument
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import EXAMPLE, TermDocument
from almoner.finance import acts
from almoner.finance.allocation.answer import Allocation, AllocationLine
from almoner.finance.allocation.problem import AllocationDocument
from almoner.finance.allocation.solve import allocate
from almoner.finance.dates import system_clock
from almoner.finance.parties import Party
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import Session, UnitOfWork, open_engine

HOSTILE = '<img src=x onerror="alert(1)">'


class Tags(HTMLParser):
    """Collects the tags of a part of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") for name, _ in attrs)
        self.found.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags_of(markup: str) -> set[str]:
    reader = Tags()
    reader.feed(markup)
    return reader.found


def funded(work: Callable[[Session], object]) -> object:
    engine = open_engine("sqlite://")
    upgrade(engine)
    with UnitOfWork(engine) as session:
        acts.open_book(session, "main", currency("USD"))
        acts.register_party(session, "main", Party(code="giver", name=HOSTILE))
        fund = acts.open_fund(session, "main", "water", currency("USD"), title=HOSTILE)
        amount = money("1234.50", "USD")
        acts.contribute(session, fund, "giver", amount, key="g", clock=system_clock)
        return work(session)


def the_fund(session: Session) -> object:

    return acts.position(session, find_fund(session, "main", "water"))


def the_statement(session: Session) -> object:

    return acts.make_statement(session, find_fund(session, "main", "water"))


def the_agreement() -> Agreement:
    document = AgreementDocument.read(AGREEMENT)
    return Agreement(book="main", code=HOSTILE, document=document, state="draft")


def the_forecast() -> object:
    program = compile_terms(TermDocument.read(EXAMPLE))
    return forecast(program, OutcomesDocument.read(OUTCOMES), paths=100, seed=1)


def the_leaders() -> object:
    found = rate([], hubs=["river", HOSTILE], as_of=date(2028, 1, 1), mean=0.5, variances=(0.04, 0.01))
    return leaderboard(found)


def the_result() -> object:
    problem = """{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
     "funds": [{"fund_id": "pool", "budget_minor": 8000}], "interventions": [{"intervention_id": "w7"}],
     "tickets": [{"intervention_id": "w7", "max_minor": 9000}],
     "response": [{"intervention_id": "w7", "cap_minor": 9000, "gain_micro_per_k": 2000000}]}"""
    return allocate(AllocationDocument.read(problem))


SHOWN: dict[str, tuple[Callable[[], object], str, bool]] = {
    "fund": (lambda: funded(the_fund), "1,234.50", True),
    "statement": (lambda: funded(the_statement), "1,234.50", False),
    "agreement": (the_agreement, "night-shelter", False),
    "simulation": (the_forecast, "100 paths", True),
    "allocation": (the_result, "80.00", False),
    "leaderboard": (the_leaders, "0.5000", True),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_value_is_shown_as_a_table_escaped_and_with_a_drawing_where_there_is_one(name: str) -> None:
    make, figure, drawn = SHOWN[name]
    markup = show(make())._repr_html_()  # what notebooks call
    found = tags_of(markup)
    assert "table" in found
    assert ("svg" in found) is drawn
    assert not found & {"img", "script", "style", "iframe", "a"}
    assert figure in markup
    assert len(markup.encode()) < MOST_BYTES


def test_what_is_large_is_cut_and_says_so() -> None:
    lines = [
        AllocationLine(intervention_id=f"w{number}", fund_id="pool", amount_minor=9000)
        for number in range(5000)
    ]
    markup = show(Allocation.of(lines)).markup
    assert f"and {5000 - MOST_ROWS} more" in markup
    assert len(markup.encode()) < MOST_BYTES
    chart = Chart(
        title="T", caption="C", svg="<svg>" + "x" * MOST_BYTES + "</svg>", header=("a",), rows=(("1",),)
    )
    small = show(chart).markup
    assert "too large to be shown" in small
    assert "<svg>" not in small
    assert "<td>1</td>" in small


def test_names_stand_escaped() -> None:
    for make in (the_agreement, the_leaders):
        markup = show(make()).markup
        assert "&lt;img src=x" in markup
        assert "<img" not in markup
    assert "&lt;" in show(replace(the_agreement(), code="<b>")).markup


def test_what_is_unknown_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"nothing to show of dict; .*Agreement, .*Leaderboard"):
        show({})


class Notebook:
    """As much of a notebook as the extension touches."""

    def __init__(self) -> None:
        self.display_formatter = self
        self.formatters = {"text/html": self}
        self.known: dict[type, Callable[[object], str]] = {}

    def for_type(self, kind: type, shown: Callable[[object], str]) -> None:
        self.known[kind] = shown


def test_the_extension_shows_every_value_by_itself() -> None:
    notebook = Notebook()
    load_ipython_extension(notebook)
    agreement = the_agreement()
    assert notebook.known[Agreement](agreement) == show(agreement).markup
    assert object not in notebook.known
    assert len(notebook.known) >= 9
