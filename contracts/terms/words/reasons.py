"""Reasons: why each payment is what it is.

The problem: a payee who got less than expected asks which rule took the rest. The same run that pays is
recorded, and told back from the payment down to what was observed, in the words of the term sheet.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ....finance.money import grouped
from ..document import TermDocument
from ..observing import write_value
from ..outputs import write_output
from ..program import ClausePlan, Node, Program
from ..running.cells import Cell
from ..running.engine import KeyOutcome, Outturn
from ..running.evaluation import Traced
from ..running.rooms import WHOLE
from ..types import Quantity
from .nouns import Vocabulary, counted_words, listed, vocabulary
from .phrases import Letters
from .products import in_words
from .reading import at_pointer

MOST_MEMBERS: Final = 5
DEEPEST: Final = 12
_FIGURE: Final = re.compile(r"/figures/([^/]+)/value")
_SILENT: Final = frozenset({"lit"})
_WORDS: Final = {
    "scale": "product or quotient",
    "add": "sum",
    "min": "smallest",
    "max": "largest",
    "sub": "difference",
    "if": "choice",
    "bands": "by band",
    "fold": "over all members",
    "cmp": "comparison",
    "all": "all conditions",
    "any": "any condition",
    "not": "the contrary",
    "pick": "of one member",
    "then": "of one period",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a clause pays what it pays for one period and one combination of members.

    Attributes
    ----------
    clause, title, period : str
        Which.
    members : tuple of str
        In the order of the clause's sets.
    summary : str
        Earned, what each limit took, and paid, in one line.
    steps : tuple of (int, str)
        Depth and words of each number behind it, the payment first.
    pending : bool
        Whether something it rests on is not known.
    """

    clause: str
    title: str
    period: str
    members: tuple[str, ...]
    summary: str
    steps: tuple[tuple[int, str], ...]
    pending: bool = False


def explain(document: TermDocument, outturn: Outturn, record: Sequence[Traced]) -> tuple[Reason, ...]:
    """Explain every payment of a run.

    Parameters
    ----------
    document : TermDocument
        The terms.
    outturn : Outturn
        What came of them.
    record : sequence of Traced
        Every operation of the same run.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> from almoner.contracts.terms.observing import Observation
    >>> from almoner.contracts.terms.pay import pay
    >>> document = TermDocument.read(EXAMPLE)
    >>> record = []
    >>> outturn = pay(compile_terms(document), [Observation(metric="nights", value=40000)], record=record)
    >>> print(explain(document, outturn, record)[0].summary)
    earned 604,800.00 USD; limit most (500,000.00 USD) binds: 104,800.00 USD not paid; paid 500,000.00 USD
    """
    teller = _Teller(document, outturn, record)
    clauses = {clause.id: clause for clause in outturn.program.clauses}
    return tuple(
        teller.reason(clauses[name], span, place, kept) for (name, span, place), kept in outturn.keys.items()
    )


class _Teller:
    """One recorded run, and the words for it."""

    def __init__(self, document: TermDocument, outturn: Outturn, record: Sequence[Traced]) -> None:
        self.document, self.outturn = document, outturn
        self.program: Program = outturn.program
        self.words: Vocabulary = vocabulary(document, {}, tuple(name for name, _ in self.program.periods))
        self.values: dict[tuple[int, int], list[Traced]] = {}
        for row in record:
            self.values.setdefault((row.node, row.combination), []).append(row)
        self.limits = {one.id: one for one in document.limits}

    def reason(self, clause: ClausePlan, span: int, place: int, kept: KeyOutcome) -> Reason:
        members = self.outturn.table.combinations(clause.each)[place]
        period = len(self.program.periods) - 1 if span == WHOLE else span
        period = clause.at if span == WHOLE and clause.at >= 0 else period
        known = dict(zip(clause.each, members, strict=True))
        return Reason(
            clause=clause.id,
            title=clause.title,
            period="term" if span == WHOLE else self.program.periods[span][0],
            members=members,
            summary=self.summary(clause, kept),
            steps=tuple(self.steps(clause.amount, known, period, 0)),
            pending=kept.earned is None,
        )

    def summary(self, clause: ClausePlan, kept: KeyOutcome) -> str:
        if kept.earned is None:
            return f"pending: {listed(self.missing(clause)) or 'a value'} not known; nothing is paid on it"
        parts = [f"earned {self.money(clause.unit, kept.earned)}"]
        for name, cut in kept.cuts.items():
            if cut:
                parts.append(
                    f"{self.limit(name, clause.unit.unit)} binds: {self.money(clause.unit, cut)} not paid"
                )
        rest = kept.entitled - kept.paid
        if rest > 0:
            parts.append(f"set off against what was paid too much before: {self.money(clause.unit, rest)}")
        return "; ".join([*parts, f"paid {self.money(clause.unit, kept.paid)}"])

    def limit(self, name: str, unit: str) -> str:
        kind, _, rest = name.partition(":")
        if rest:
            return {"account": f"what pot {rest} holds", "split": f"the most of split {rest}"}.get(kind, name)
        limit = self.limits[name]
        most = f"{grouped(limit.max)} {unit}" if isinstance(limit.max, str) else ""
        told = ", ".join(part for part in (limit.title, most) if part)
        return f"limit {name}" + (f" ({told})" if told else "")

    def money(self, kind: Quantity, cell: Cell) -> str:
        return f"{grouped(write_output(kind, cell) or '')} {kind.unit}"

    def missing(self, clause: ClausePlan) -> list[str]:
        """Name the metrics behind an amount of which a value is missing."""
        needed, stack = {clause.amount}, [clause.amount]
        while stack:
            fresh = [arg for arg in self.program.nodes[stack.pop()].args if arg not in needed]
            needed.update(fresh)
            stack += fresh
        names = dict.fromkeys(
            self.program.nodes[at].name for at in sorted(needed) if self.program.nodes[at].op == "obs"
        )
        return [
            self.words.name("metrics", name)
            for name in names
            if any(cell is None for row in self.outturn.table.cells[name] for cell in row)
        ]

    def steps(self, at: int, known: Mapping[str, str], period: int, depth: int) -> Iterator[tuple[int, str]]:
        """Yield the words of a node and of everything below it, each for the members at hand."""
        node = self.program.nodes[at]
        if node.op in _SILENT or depth > DEEPEST:
            return
        combos = self.outturn.table.combinations(node.dims)
        fitting = [
            (place, combo)
            for place, combo in enumerate(combos)
            if all(known.get(dim, member) == member for dim, member in zip(node.dims, combo, strict=True))
        ]
        for place, combo in fitting[:MOST_MEMBERS]:
            row = self.row(at, place, period)
            if row is None:
                continue
            inner = {**known, **dict(zip(node.dims, combo, strict=True))}
            fresh = [member for dim, member in zip(node.dims, combo, strict=True) if dim not in known]
            who = f"{', '.join(fresh)}: " if fresh else ""
            yield depth, f"{who}{self.told(node)} = {self.shown(node, row.value)}"
            for arg in node.args:
                if node.op != "if" or self.chosen(node, arg, place, period):
                    yield from self.steps(arg, inner, period, depth + 1)
        if len(fitting) > MOST_MEMBERS:
            yield depth, f"… and {len(fitting) - MOST_MEMBERS} more members"

    def row(self, at: int, place: int, period: int) -> Traced | None:
        rows = [row for row in self.values.get((at, place), ()) if row.period <= period]
        return rows[-1] if rows else None

    def chosen(self, node: Node, arg: int, place: int, period: int) -> bool:
        """Tell whether a part of a choice is its condition or what was chosen."""
        test, then, other = node.args[:3]
        combos = self.outturn.table.combinations(self.program.nodes[test].dims)
        found = self.row(test, min(place, len(combos) - 1), period)
        if arg == test or found is None or found.value is None:
            return True
        return arg == (then if found.value else other)

    def told(self, node: Node) -> str:
        """Say a node in the words of the term sheet; a long one by its operation."""
        if node.op == "obs":
            return f"observed {self.words.name('metrics', node.name)}"
        figure = _FIGURE.fullmatch(node.path)
        name = f"{self.words.name('figures', figure[1])}: " if figure else ""
        expression = at_pointer(self.document, node.path)
        letters = Letters(self.words)
        text = in_words(expression, letters).text if getattr(expression, "op", "") == node.op else ""
        if not text or letters.given:
            text = _WORDS.get(node.op, node.op)
        return name + text

    def shown(self, node: Node, cell: Cell) -> str:
        if cell is None:
            return "not known"
        if node.op == "obs" and node.name in self.program.metrics and not isinstance(node.type, Quantity):
            return write_value(self.program.metrics[node.name], int(cell))
        if isinstance(node.type, Quantity):
            return counted_words(write_output(node.type, cell) or "", node.type)
        return "true" if cell else "false"
