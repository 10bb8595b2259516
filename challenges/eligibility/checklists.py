"""The rule before anybody writes a proposal: a checklist to print and a quiz to take.

The problem: a hub finds out that it may not apply after it has written forty pages. The rule prints as a
list with its clauses and papers, and asks its own questions; the answers are kept nowhere, and the result
is marked as provisional.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .checking import check_eligibility, count_part
from .findings import Finding
from .rules import AllOf, Leaf, Not, RuleTree, rule_leaves
from .values import FactValue, value_kind

AnswerKind = Literal["yes_no", "number", "day", "choice", "text"]
_WORDS: Final = {
    "=": ("is", "is not"),
    "!=": ("is not", "is"),
    ">": ("is more than", "is not more than"),
    ">=": ("is at least", "is less than"),
    "<": ("is less than", "is at least"),
    "<=": ("is at most", "is more than"),
    "in": ("is one of", "is none of"),
}
_ANSWERS: Final[Mapping[str, AnswerKind]] = {
    "truth": "yes_no",
    "number": "number",
    "day": "day",
    "text": "choice",
}
_MARKS: Final = {None: "[ ]", "pass": "[x]", "needs_document": "[?]", "fail": "[-]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistRow:
    """One line of a checklist.

    Attributes
    ----------
    depth : int [levels]
        How far it is indented.
    words : str
        What must hold, or how the lines below it are joined.
    clause : str
        Where it stands in the call; empty for a line that only joins.
    evidence_asked : tuple[str, ...]
        Kinds of document.
    cure_days : int [days]
        How long an applicant has to supply what is missing.
    status : str or None
        What was found, of a line that only joins as well; ``None`` before any check.

    Examples
    --------
    >>> leaf = Leaf.read('{"fact": "lead.kind", "op": "=", "value": "ngo", "clause": "2.3"}')
    >>> checklist(leaf)[0].words
    'lead.kind is ngo'
    """

    depth: int
    words: str
    clause: str = ""
    evidence_asked: tuple[str, ...] = ()
    cure_days: int = 0
    status: str | None = None


def checklist(rule: RuleTree, found: Finding | None = None) -> tuple[ChecklistRow, ...]:
    """List what must hold, in the order and the grouping of the rule.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.
    found : Finding or None
        When given, each line carries what was found.

    Examples
    --------
    >>> rule = Not.read('{"not": {"fact": "lead.kind", "op": "in", "value": ["state"], "clause": "2.3"}}')
    >>> checklist(rule)[0].words
    'lead.kind is none of state'
    """
    statuses = {} if found is None else {row.path: row.status for row in found.leaves}
    rows: list[ChecklistRow] = []
    todo: list[tuple[RuleTree, str, int, bool]] = [(rule, "", 0, False)]
    while todo:
        node, at, depth, negated = todo.pop()
        if isinstance(node, Leaf):
            rows.append(_row(node, depth, statuses.get(at), negated=negated))
        elif isinstance(node, Not):
            todo.append((node.rule, f"{at}/not", depth, not negated))
        else:
            every = isinstance(node, AllOf)
            status = count_part(node, statuses, at, negated=negated) if statuses else None
            said = "All of:" if every != negated else "One of:"
            rows.append(ChecklistRow(depth=depth, words=said, status=status))
            name = "all" if every else "any"
            children = [(child, f"{at}/{name}/{n}", depth + 1, negated) for n, child in enumerate(node.rules)]
            todo += reversed(children)
    return tuple(rows)


def _row(leaf: Leaf, depth: int, status: str | None, *, negated: bool) -> ChecklistRow:
    return ChecklistRow(
        depth=depth,
        words=f"{leaf.fact} {_WORDS[leaf.op][negated]} {_shown(leaf.value)}",
        clause=leaf.clause,
        evidence_asked=leaf.evidence_asked,
        cure_days=leaf.cure_days,
        status=status,
    )


def _shown(value: FactValue | tuple[FactValue, ...]) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(one) for one in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def checklist_text(rows: Sequence[ChecklistRow]) -> str:
    """Write a checklist as lines for a printer, with a box before each thing that must hold.

    Parameters
    ----------
    rows : sequence of ChecklistRow
        From ``checklist``.

    Examples
    --------
    >>> leaf = Leaf.read('{"fact": "lead.age_days", "op": ">=", "value": 730, "clause": "2.1",'
    ...     ' "evidence_asked": ["registration"], "cure_days": 10}')
    >>> print(checklist_text(checklist(leaf)))
    [ ] lead.age_days is at least 730 (clause 2.1; proof: registration; 10 days to supply it)
    """
    return "\n".join(f"{'    ' * row.depth}{_line(row)}" for row in rows)


def _line(row: ChecklistRow) -> str:
    if not row.clause:
        return row.words
    notes = [f"clause {row.clause}"]
    if row.evidence_asked:
        notes.append(f"proof: {', '.join(row.evidence_asked)}")
    if row.cure_days:
        notes.append(f"{row.cure_days} day{'s' if row.cure_days != 1 else ''} to supply it")
    return f"{_MARKS[row.status]} {row.words} ({'; '.join(notes)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizQuestion:
    """One question of a readiness quiz: one fact that the rule asks.

    Attributes
    ----------
    fact : str
        Its path.
    kind : str
        ``yes_no``, ``number``, ``day``, ``choice`` or ``text``.
    options : tuple
        The values the rule names, for a choice.
    clauses : tuple[str, ...]
        Where it is asked.
    evidence_asked : tuple[str, ...]
        What will have to be shown for it later, sorted.

    Examples
    --------
    >>> leaf = Leaf.read('{"fact": "open_source", "op": "=", "value": true, "clause": "4"}')
    >>> quiz_questions(leaf)[0].kind
    'yes_no'
    """

    fact: str
    kind: AnswerKind
    options: tuple[FactValue, ...]
    clauses: tuple[str, ...]
    evidence_asked: tuple[str, ...]


def quiz_questions(rule: RuleTree) -> tuple[QuizQuestion, ...]:
    """List the questions of a readiness quiz, each fact once, in the order of the rule.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.

    Examples
    --------
    >>> leaf = Leaf.read('{"fact": "lead.kind", "op": "in", "value": ["ngo", "firm"], "clause": "2.3"}')
    >>> quiz_questions(leaf)[0].options
    ('ngo', 'firm')
    """
    by_fact: dict[str, list[Leaf]] = {}
    for leaf in rule_leaves(rule):
        by_fact.setdefault(leaf.fact, []).append(leaf)
    return tuple(_question(fact, leaves) for fact, leaves in by_fact.items())


def _question(fact: str, leaves: Sequence[Leaf]) -> QuizQuestion:
    named = [
        one for leaf in leaves for one in (leaf.value if isinstance(leaf.value, tuple) else (leaf.value,))
    ]
    kind = _answer_kind(named)
    return QuizQuestion(
        fact=fact,
        kind=kind,
        options=tuple(dict.fromkeys(named)) if kind == "choice" else (),
        clauses=tuple(dict.fromkeys(leaf.clause for leaf in leaves)),
        evidence_asked=tuple(sorted({kind for leaf in leaves for kind in leaf.evidence_asked})),
    )


def _answer_kind(named: Sequence[FactValue]) -> AnswerKind:
    kinds = {value_kind(one) for one in named}
    return _ANSWERS[kinds.pop()] if len(kinds) == 1 else "text"


def take_quiz(rule: RuleTree, answers: Mapping[str, FactValue]) -> Finding:
    """Check what somebody says of himself; nothing is kept, and the finding is marked provisional.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.
    answers : Mapping[str, bool or int or str]
        Fact -> answer.

    Examples
    --------
    >>> leaf = Leaf.read('{"fact": "open_source", "op": "=", "value": true, "clause": "4"}')
    >>> found = take_quiz(leaf, {"open_source": True})
    >>> found.status, found.provisional
    ('pass', True)
    """
    return check_eligibility(rule, answers, trusted=True, provisional=True)
