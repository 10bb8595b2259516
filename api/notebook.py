"""What a notebook shows: a fund, a statement, an agreement, a simulation, an allocation, a leaderboard.

The problem: a value printed in a notebook is a wall of fields, and a table made of names that others typed
can carry markup into the page. ``show`` gives a small page part: a drawing where there is one, and always
the same figures as a table, escaped and bounded. ``%load_ext almoner.api.notebook`` shows values so by
themselves; nothing is registered before that.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Final, Protocol

from ..challenges.leaders import Leaderboard
from ..contracts.agreement import Agreement
from ..contracts.forecast.report import Forecast
from ..finance.allocation.answer import Allocation
from ..finance.allocation.result import AllocationResult
from ..finance.funds import FundPosition
from ..finance.money import decimal_text, grouped
from ..finance.sheets import Sheet
from ..finance.statement_sheets import statement_sheet
from ..finance.statements import Statement
from .charts import Chart, Movement, RankedEntry, draw_forecast, draw_ranking, draw_waterfall
from .charts.figures import marked, shortened
from .printing import shown_table, words

MOST_ROWS: Final = 100
MOST_DRAWN: Final = 25
MOST_BYTES: Final = 100_000
CELL: Final = 80
Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Html:
    """A part of a page that notebooks show.

    Attributes
    ----------
    markup : str
        Escaped where it holds text of others; below 100 kB.
    """

    markup: str

    def _repr_html_(self) -> str:
        return self.markup


class _Formatter(Protocol):
    """What a notebook offers for the values of a type."""

    def for_type(self, kind: type, shown: Callable[[Any], str]) -> object:
        """Show values of a type by a function."""


@singledispatch
def show(thing: object) -> Html:
    """Return what a notebook shows of a value.

    Parameters
    ----------
    thing : object
        A FundPosition, Statement, Sheet, Agreement, Forecast, Allocation, AllocationResult, Leaderboard or
        Chart.

    Raises
    ------
    TypeError
        When nothing is known of values of its type.

    Examples
    --------
    >>> from almoner.finance.allocation.answer import AllocationLine
    >>> given = Allocation.of([AllocationLine(intervention_id="<w7>", fund_id="pool", amount_minor=9000)])
    >>> "&lt;w7&gt;" in show(given).markup, "<w7>" in show(given).markup
    (True, False)
    """
    raise TypeError(f"there is nothing to show of {type(thing).__name__}; show() takes {', '.join(_known())}")


def load_ipython_extension(ipython: Any) -> None:  # noqa: ANN401  # the notebook's own object
    """Let a notebook show the values by themselves: ``%load_ext almoner.api.notebook``."""
    formatter: _Formatter = ipython.display_formatter.formatters["text/html"]
    for kind in show.registry:
        if kind is not object:
            formatter.for_type(kind, lambda thing: show(thing).markup)


def _known() -> list[str]:
    return sorted(kind.__name__ for kind in show.registry if kind is not object)


@show.register
def _chart(thing: Chart) -> Html:
    return _page(thing.title, [_table(thing.header, thing.rows)], thing)


@show.register
def _sheet(thing: Sheet) -> Html:
    tables = [shown_table(one) for one in thing.tables if one.rows]
    about = [(words(name), value) for name, value in thing.about if value]
    parts = [_table(("", ""), about)] if about else []
    return _page(thing.title, [*parts, *(_table(one.headings, one.rows, one.name) for one in tables)])


@show.register
def _statement(thing: Statement) -> Html:
    return _sheet(statement_sheet(thing, thing.fund))


@show.register
def _position(thing: FundPosition) -> Html:
    unit = thing.balance.unit.code
    names = [name for name in type(thing).__slots__ if name not in {"fund", "earmarks"}]
    rows = [
        (words(name), grouped(getattr(thing, name).text), getattr(thing, name).unit.code) for name in names
    ]
    steps = [Movement(label="Balance", amount=thing.balance.text, kind="start")]
    steps += [
        Movement(label=words(name), amount=getattr(thing, name).text, kind="down")
        for name in ("committed", "encumbered", "held")
    ]
    steps.append(Movement(label="Free", amount=thing.free.text, kind="total"))
    chart = draw_waterfall(f"Fund {thing.fund}", "From what it owns to what is free", unit, steps)
    return _page(f"Fund {thing.fund}", [_table(("", "amount", "unit"), rows)], chart)


@show.register
def _agreement(thing: Agreement) -> Html:
    parties = [
        (name, code, "yes" if name in thing.signed else "no")
        for name, code in sorted(thing.document.signatories.items())
    ]
    sources = [(one.payer, grouped(one.maximum.text), one.maximum.unit.code) for one in thing.sources]
    return _page(
        f"{thing.terms.title} ({thing.code}): {thing.state}",
        [
            _table(("name", "party", "signed"), parties, "parties"),
            _table(("payer", "pays at most", "unit"), sources, "set aside"),
        ],
    )


@show.register
def _forecast(thing: Forecast) -> Html:
    units = [one.unit for one in thing.spreads if one.what == "paid" and not one.when]
    title = f"{grouped(str(thing.paths))} paths, seed {thing.seed}"
    names = ("p5", "p25", "p50", "p75", "p95", "most")
    rows = [
        (
            words(one.what),
            one.party,
            one.when,
            one.unit,
            *(grouped(one.figures.get(name, "")) for name in names),
        )
        for one in thing.spreads
    ]
    table = _table(("", "party", "when", "unit", *names), rows, "spreads")
    return _page(title, [table], draw_forecast(title, thing, units[0]) if units else None)


@show.register
def _allocation(thing: Allocation) -> Html:
    return _page(f"{len(thing.chosen)} are funded", [_lines(thing, None)])


@show.register
def _result(thing: AllocationResult) -> Html:
    gap = "" if thing.gap is None else f"{float(thing.gap):.6f}"
    about = [
        ("Status", thing.status.replace("_", " ")),
        ("Worth", f"{float(thing.value):.4f}"),
        ("None can exceed", f"{float(thing.bound):.4f}"),
        ("Gap", gap),
        ("Chosen by", thing.strategy),
    ]
    return _page(
        f"{len(thing.allocation.chosen)} are funded",
        [_table(("", ""), about), _lines(thing.allocation, (thing.scale, thing.unit))],
    )


def _lines(thing: Allocation, unit: tuple[int, str] | None) -> str:
    said = "minor units" if unit is None else unit[1]
    rows = [
        (
            one.intervention_id,
            str(one.period),
            one.fund_id,
            grouped(decimal_text(one.amount_minor, unit[0] if unit else 0)),
        )
        for one in thing.lines
    ]
    return _table(("intervention", "period", "fund", f"amount, {said}"), rows, "lines")


@show.register
def _leaders(thing: Leaderboard) -> Html:
    columns = ("place", "hub", "rating", "low", "high", "results", "state", "side")
    rows = [tuple(str(getattr(one, name)) for name in columns) for one in thing.rows]
    marks = [
        RankedEntry(
            label=one.hub,
            rank=one.place,
            mean=one.rating,
            standard_error=one.standard_error or None,
            reads=one.results,
        )
        for one in thing.rows[:MOST_DRAWN]
    ]
    title = f"Leaderboard of {thing.family} on {thing.as_of}"
    caption = "Each rating with one and two standard errors"
    return _page(title, [_table(columns, rows)], draw_ranking(title, caption, marks) if marks else None)


def _table(header: Cells, rows: Iterable[Cells], name: str = "") -> str:
    listed = list(rows)
    head = "".join(f"<th>{_cell(one)}</th>" for one in header)
    body = "".join(
        f"<tr>{''.join(f'<td>{_cell(one)}</td>' for one in row)}</tr>" for row in listed[:MOST_ROWS]
    )
    more = len(listed) - MOST_ROWS
    note = f"<p>and {more} more</p>" if more > 0 else ""
    caption = f"<caption>{_cell(words(name))}</caption>" if name else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _cell(text: str) -> str:
    return marked(shortened(text, CELL))


def _page(title: str, parts: Sequence[str], chart: Chart | None = None) -> Html:
    """Join the parts; what would be too large is left out from the end, the drawing first, and said."""
    drawn = [chart.svg] if chart is not None else []
    for kept in ([*drawn, *parts], list(parts), list(parts[:1]), []):
        left = (
            "" if len(kept) == len(drawn) + len(parts) else "<p>The rest is too large to be shown here.</p>"
        )
        markup = f"<div><h4>{_cell(title)}</h4>{''.join(kept)}{left}</div>"
        if len(markup.encode()) < MOST_BYTES:
            return Html(markup)
    raise AssertionError("a title alone fits")


__all__ = ["Html", "load_ipython_extension", "show"]
