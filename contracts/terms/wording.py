"""Reading five: the terms in plain language, clause by clause.

The problem: who signs reads prose, who pays runs a file, and nobody can tell whether they agree. ``render``
writes a numbered term sheet from the document alone, the same bytes for the same document, in which every
number of it stands and every edge says to which side it belongs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from ...finance.money import grouped
from .compiled import compile_terms
from .document import Metric, ParamTable, Pay, SourceAnchor, TermDocument
from .program import Program
from .types import parse_type
from .words.clauses import Worked, account_blocks, clause_blocks, limit_blocks, spelled, split_blocks
from .words.nouns import (
    ROUNDINGS,
    Vocabulary,
    listed,
    number_words,
    sentence,
    unit_words,
    vocabulary,
)
from .words.phrases import Letters
from .words.sheet import SheetBlock, SheetItem, SheetSection, TermSheet, WordTable
from .words.worked import WorkedClause, work

TITLES: Mapping[str, str] = {
    "parties": "Parties",
    "calendar": "Calendar and sets",
    "metrics": "What is measured",
    "params": "Fixed numbers",
    "figures": "Named figures",
    "clauses": "What is paid",
    "limits": "Limits, in this order",
    "splits": "Splits",
    "accounts": "Accounts",
    "remains": "What remains at the end",
    "reading": "How this sheet is read",
    "sources": "Sources",
}
WIDEST = 4


def render(document: TermDocument) -> TermSheet:
    """Write the term sheet of a document.

    Parameters
    ----------
    document : TermDocument
        Any that compiles.

    Raises
    ------
    TermError
        When the document breaks a rule of the language.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> sheet = render(TermDocument.read(EXAMPLE))
    >>> [section.title for section in sheet.sections][:4]
    ['Parties', 'Calendar and sets', 'What is measured', 'What is paid']
    >>> sheet.sections[3].items[0].blocks[1]
    'Amount: 15.12 USD for each night of "Nights spent indoors".'
    """
    return render_with(document)[0]


def render_with(document: TermDocument) -> tuple[TermSheet, tuple[WorkedClause, ...]]:
    """Write the term sheet of a document, and return the worked payments beside it.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> sheet, worked = render_with(TermDocument.read(EXAMPLE))
    >>> worked[0].clause, worked[0].points[-1].paid
    ('nights', 50000000)
    """
    program = compile_terms(document)
    worked = work(document, program)
    known = _known(document, program)
    blocks = {
        "parties": _parties(document),
        "calendar": _calendar(document, program),
        "params": _params(known),
        "clauses": _order(document),
        "remains": _remains(known),
        "reading": _reading(document),
        "sources": _sources(document),
    }
    items = _items(known, {one.clause: one.tables for one in worked})
    sheet = TermSheet(
        title=document.title,
        summary=document.summary,
        digest=program.digest,
        sections=tuple(
            SheetSection(
                number=str(place),
                title=TITLES[kind],
                blocks=tuple(blocks.get(kind, ())),
                items=tuple(_numbered(place, items.get(kind, ()))),
            )
            for place, kind in enumerate(_kinds(document), start=1)
        ),
    )
    return sheet, worked


Item = tuple[str, str, Iterable[SheetBlock]]


def _items(known: Vocabulary, worked: Worked) -> Mapping[str, Iterable[Item]]:
    document = known.document
    named = {
        kind: list(getattr(document, kind).items()) for kind in ("metrics", "figures", "splits", "accounts")
    }
    named |= {kind: [(one.id, one) for one in getattr(document, kind)] for kind in ("clauses", "limits")}
    words: Mapping[str, Callable[[str, Any], Iterable[SheetBlock]]] = {
        "metrics": lambda _, one: _metric(one, known),
        "figures": lambda _, one: spelled(one.value, Letters(known), str),
        "clauses": lambda _, one: clause_blocks(one, known, worked),
        "limits": lambda _, one: limit_blocks(one, known),
        "splits": lambda name, one: split_blocks(name, one, known),
        "accounts": lambda name, one: account_blocks(name, one, known),
    }
    return {
        kind: [(name, one.title, (*words[kind](name, one), *_source(one, document))) for name, one in parts]
        for kind, parts in named.items()
    }


def _source(part: object, document: TermDocument) -> Iterator[str]:
    source = getattr(part, "source", None)
    if isinstance(source, SourceAnchor):
        yield f"Source: {_cited(source, document)}."


def _numbered(section: int, items: Iterable[Item]) -> Iterator[SheetItem]:
    for place, (name, title, blocks) in enumerate(items, start=1):
        heading = f"{title} ({name})" if title and title != name else name
        yield SheetItem(number=f"{section}.{place}", heading=heading, blocks=tuple(blocks), name=name)


def _kinds(document: TermDocument) -> list[str]:
    """Return the sections that this document needs, in order."""
    always = {"parties", "calendar", "clauses", "remains", "reading"}
    there = {"sources": any(True for _ in _anchors(document))}
    return [
        kind for kind in TITLES if kind in always or there.get(kind) or bool(getattr(document, kind, None))
    ]


def _known(document: TermDocument, program: Program) -> Vocabulary:
    kinds = _kinds(document)
    numbers = {
        f"clause:{one.id}": f"{kinds.index('clauses') + 1}.{at}" for at, one in enumerate(document.clauses, 1)
    }
    numbers |= {
        f"limit:{one.id}": f"{kinds.index('limits') + 1}.{at}" for at, one in enumerate(document.limits, 1)
    }
    return vocabulary(document, numbers, tuple(name for name, _ in program.periods))


def _parties(document: TermDocument) -> Iterator[SheetBlock]:
    yield WordTable(
        columns=("party", "role", "id"),
        rows=tuple(
            (one.name or name, one.role.replace("_", " "), name) for name, one in document.parties.items()
        ),
    )


def _calendar(document: TermDocument, program: Program) -> Iterator[SheetBlock]:
    calendar = document.calendar
    yield f"The term runs from {calendar.starts_on} to {calendar.ends_on}."
    if len(program.periods) > 1:
        rows = tuple((name, last.isoformat()) for name, last in program.periods)
        yield WordTable(columns=("period", "last day"), rows=rows, caption=f"It has {len(rows)} periods:")
    else:
        yield f"It is one period, called {program.periods[0][0]}."
    for name, one in document.sets.items():
        if one.members:
            members = tuple((str(place), member) for place, member in enumerate(one.members, start=1))
            yield WordTable(
                columns=("place", "member"),
                rows=members,
                right=(0,),
                caption=f'Set "{one.title}" ({name}), with these members in this order:',
            )
        else:
            most = grouped(str(one.most))
            yield f'Set "{one.title}" ({name}): its members are named by the results, at most {most} of them.'


def _metric(metric: Metric, known: Vocabulary) -> Iterator[SheetBlock]:
    yield sentence(_measured(metric))
    per = [known.name("sets", one) for one in metric.per if one != "period"]
    scope = [f"each member of {listed(per)}"] if per else []
    scope += ["each period"] if "period" in metric.per else []
    pooled = {
        "sum": "Several observations are added up",
        "last": "The latest observation counts",
    }[metric.pool]
    yield f"One value for {listed(scope) if scope else 'the whole agreement'}. {pooled}."
    yield sentence(f"{_finder(metric, known)}; method: {metric.method}")
    yield _missing(metric)
    if metric.min_gap_days:
        gap = number_words(str(metric.min_gap_days), "day/0")
        yield f"Dated observations of one member lie at least {gap} apart."
    if metric.ref is not None:
        yield f'It is the output "{metric.ref.output}" of the agreement with terms {metric.ref.terms}.'


def _measured(metric: Metric) -> str:
    if metric.type == "truth":
        return "True or false"
    if metric.type == "label":
        labels = [f'"{one}"' for one in metric.values]
        return f"One of: {listed(labels, 'or')}"
    quantity = parse_type(metric.type)
    unit = unit_words(quantity) if quantity else metric.type
    digits = f"with {quantity.digits} decimals" if quantity and quantity.digits else "in whole numbers"
    if metric.domain is None:
        return f"A number of {unit}, {digits}"
    low, high = (number_words(one, metric.type) for one in metric.domain)
    counted = "A number" if unit == "number" else f"Counted in {unit}"
    return f"{counted}, {digits}, from {low} to {high}, both including; a value outside is refused"


def _finder(metric: Metric, known: Vocabulary) -> str:
    if metric.ref is not None:
        return "Taken from another agreement"
    if metric.by:
        return f"Stated by {known.party(metric.by)}"
    named = [known.party(one) for one in known.document.roles("evaluator")]
    return f"Found by {listed(named, 'or')}" if named else "Found by an evaluator"


def _missing(metric: Metric) -> str:
    if metric.on_missing is None:
        return "While it is not known, nothing is paid on it; it is never taken for zero."
    use = "the value of the period before" if metric.on_missing.use == "last" else metric.on_missing.use
    days = metric.on_missing.after_days
    wait = f"{number_words(str(days), 'day/0')} after" if days else "at"
    of = "its period" if "period" in metric.per else "the term"
    return f"If it is not known {wait} the end of {of}, this stands in: {use}."


def _params(known: Vocabulary) -> Iterator[SheetBlock]:
    params = known.document.params
    plain = {name: one for name, one in params.items() if one.value is not None}
    if plain:
        rows = tuple(
            (f"{one.title or name} ({name})", number_words(one.value or "", one.type))
            for name, one in plain.items()
        )
        yield WordTable(columns=("name", "value"), rows=rows, right=(1,))
    for name, one in params.items():
        if one.dated:
            yield WordTable(
                columns=("from", "value"),
                rows=tuple((step.from_, number_words(step.value, one.type)) for step in one.dated),
                right=(1,),
                caption=f'"{one.title or name}" ({name}), by date; it is read at the end of the period:',
            )
    tables = [(name, one) for name, one in params.items() if one.per]
    for per, group in groupby(sorted(tables, key=lambda pair: pair[1].per), key=lambda pair: pair[1].per):
        listed_params = list(group)
        for start in range(0, len(listed_params), WIDEST):
            yield _card(per, listed_params[start : start + WIDEST], known)


def _card(per: str, params: list[tuple[str, ParamTable]], known: Vocabulary) -> WordTable:
    members = known.periods if per == "period" else known.document.sets[per].members
    headings = [
        f"{one.title or name} ({name}), {unit_words(quantity)}"
        if (quantity := parse_type(one.type))
        else name
        for name, one in params
    ]
    what = "period" if per == "period" else known.name("sets", per)
    return WordTable(
        columns=("period" if per == "period" else "member", *headings),
        rows=tuple(
            (member, *(grouped(one.values.get(member, "")) for _, one in params)) for member in members
        ),
        right=tuple(range(1, len(params) + 1)),
        caption=f"For each {'period' if per == 'period' else f'member of {what}'}:",
    )


def _order(document: TermDocument) -> Iterator[SheetBlock]:
    if not any(isinstance(one, Pay) for one in document.clauses):
        yield "No clause pays anything."
    if len(document.clauses) > 1:
        yield "Clauses are carried out in this order, period after period."


def _remains(known: Vocabulary) -> Iterator[SheetBlock]:
    document = known.document
    pots = {name: one for name, one in document.accounts.items() if one.kind == "pot"}
    for name, one in pots.items():
        yield sentence(
            f"What remains in {known.name('accounts', name)} after the last clause of the last period "
            f"goes to {known.party(one.residual_to)}"
        )
    yield (
        "What a limit or a split cuts is not owed, except where a cumulative clause can still pay it "
        "in a later period."
    )
    if document.metrics:
        yield "What depends on a value that was never found is not paid."


def _reading(document: TermDocument) -> Iterator[SheetBlock]:
    yield (
        f"Amounts are exact until they are rounded once to the digits of their unit, "
        f"{ROUNDINGS[document.rounding]}, unless a clause names another way."
    )
    if "percent" in document.model_dump_json():
        yield (
            '"X percent of Y" is Y times X, divided by 100 percent; '
            '"A as a percentage of B" is A times 100 percent, divided by B.'
        )
    yield (
        '"Including" means that the edge itself belongs to the band; '
        '"excluding" that it belongs to the neighbour.'
    )
    yield (
        "Names in quotation marks are defined in the sections above. "
        "A letter names a part that stands below its clause."
    )


def _anchors(document: TermDocument) -> Iterator[SourceAnchor]:
    parts: list[object] = [*document.clauses, *document.limits]
    for kind in ("metrics", "params", "figures", "splits", "accounts"):
        parts += getattr(document, kind).values()
    for part in parts:
        source = getattr(part, "source", None)
        if isinstance(source, SourceAnchor):
            yield source


def _sources(document: TermDocument) -> Iterator[SheetBlock]:
    for place, text in enumerate(_documents(document), start=1):
        yield f"S{place}: {text}"
    params = {name: one.source for name, one in document.params.items() if one.source is not None}
    if params:
        rows = tuple(
            (f"{document.params[name].title or name} ({name})", _cited(one, document))
            for name, one in params.items()
        )
        yield WordTable(columns=("fixed number", "source"), rows=rows)


def _documents(document: TermDocument) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.document for one in _anchors(document)))


def _cited(source: SourceAnchor, document: TermDocument) -> str:
    place = f", {source.clause}" if source.clause else ""
    quote = f"; SHA-256 of the words {source.quote}" if source.quote else ""
    return f"S{_documents(document).index(source.document) + 1}{place}{quote}"
