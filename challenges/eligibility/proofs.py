"""The smallest set of documents that settles a finding.

The problem: a rule with alternatives asks for eight papers of which two would do, and an applicant collects
all eight. Up to twelve open leaves every choice is tried; above, papers are dropped one by one as long as
the rest still settles it, which gives a set from which nothing can be left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from .checking import count_leaves
from .findings import Finding, LeafFinding
from .levels import Status
from .rules import RuleTree

EXACT_LEAVES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSet:
    """What to supply so that a finding becomes a pass, if it says what it should.

    Attributes
    ----------
    documents : tuple[str, ...]
        Kinds of document, sorted.
    statements : tuple[str, ...]
        Facts to be stated, where no document is asked for, sorted.
    clauses : tuple[str, ...]
        Clauses that are settled by them, sorted.
    smallest : bool
        Whether every choice was tried; else nothing can be left out, but a smaller set may exist.

    Examples
    --------
    >>> ProofSet(documents=("deed",), statements=(), clauses=("2.1",), smallest=True).size
    1
    """

    documents: tuple[str, ...]
    statements: tuple[str, ...]
    clauses: tuple[str, ...]
    smallest: bool

    @property
    def size(self) -> int:
        """How many things are to be supplied [things]."""
        return len(self.documents) + len(self.statements)


Item = tuple[str, str]


def smallest_proofs(rule: RuleTree, found: Finding) -> ProofSet | None:
    """Find the fewest documents and statements that turn a finding into a pass; ``None`` where none can.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree that was checked.
    found : Finding
        Its answer.

    Examples
    --------
    >>> from almoner.challenges import AnyOf, check_eligibility
    >>> rule = AnyOf.read('''{"any": [
    ...     {"fact": "a", "op": "=", "value": 1, "clause": "1", "evidence_asked": ["deed", "audit"]},
    ...     {"fact": "b", "op": "=", "value": 1, "clause": "2", "evidence_asked": ["licence"]}]}''')
    >>> smallest_proofs(rule, check_eligibility(rule, {})).documents
    ('licence',)
    """
    if found.status == "fail":
        return None
    wanted = {row.path: _items(row) for row in found.open_leaves}
    known = {row.path: row.status for row in found.leaves}
    if found.status == "pass":
        wanted = {}
    exact = len(wanted) <= EXACT_LEAVES
    chosen = _exact(rule, known, wanted) if exact else _greedy(rule, known, wanted)
    settled = {row.leaf.clause for row in found.open_leaves if wanted.get(row.path, {("", "")}) <= chosen}
    return ProofSet(
        documents=tuple(sorted(name for kind, name in chosen if kind == "document")),
        statements=tuple(sorted(name for kind, name in chosen if kind == "statement")),
        clauses=tuple(sorted(settled)),
        smallest=exact,
    )


def _items(row: LeafFinding) -> frozenset[Item]:
    if row.leaf.evidence_asked:
        return frozenset(("document", kind) for kind in row.leaf.evidence_asked)
    return frozenset({("statement", row.leaf.fact)})


def _passes(
    rule: RuleTree, known: Mapping[str, Status], wanted: Mapping[str, frozenset[Item]], given: Iterable[Item]
) -> bool:
    there = set(given)
    settled: dict[str, Status] = {path: "pass" for path, items in wanted.items() if items <= there}
    return count_leaves(rule, {**known, **settled}) == "pass"


def _exact(
    rule: RuleTree, known: Mapping[str, Status], wanted: Mapping[str, frozenset[Item]]
) -> frozenset[Item]:
    """Try every union of what leaves ask for, the smallest first, equals by name."""
    unions = {
        frozenset[Item]().union(*(wanted[path] for path in paths))
        for size in range(len(wanted) + 1)
        for paths in combinations(wanted, size)
    }
    ordered = sorted(unions, key=lambda items: (len(items), sorted(items)))
    return next(items for items in ordered if _passes(rule, known, wanted, items))


def _greedy(
    rule: RuleTree, known: Mapping[str, Status], wanted: Mapping[str, frozenset[Item]]
) -> frozenset[Item]:
    """Start from everything and drop what serves the fewest leaves first, as long as the rest settles it."""
    chosen = frozenset[Item]().union(*wanted.values())
    serves = {item: sum(item in items for items in wanted.values()) for item in chosen}
    for item in sorted(chosen, key=lambda one: (serves[one], one)):
        if _passes(rule, known, wanted, chosen - {item}):
            chosen -= {item}
    return chosen
