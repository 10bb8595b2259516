"""The check: a rule and an applicant's facts in, a finding out; anybody can run it again.

The problem: two readers of one rule and one set of facts must find the same, whoever they are and whenever
they look. A missing, expired, unconfirmed or contradictory fact asks for a document; it never fails anybody.
The clock fails what was not cured in time, and says so.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from ...finance.dates import as_utc, instant_text
from .facts import FactBase, Reason, standing_of
from .findings import Finding, LeafFinding
from .levels import Status, conjunction, disjunction, negation
from .rules import AllOf, Leaf, Not, RuleTree
from .values import FactValue, compare

NOTHING: Final[Collection[str]] = frozenset()
LeafReader = Callable[[Leaf], tuple[Status, FactValue | None, Reason, str]]


def check_eligibility(
    rule: RuleTree,
    facts: FactBase,
    as_of: date | None = None,
    *,
    trusted: bool = False,
    provisional: bool = False,
    waived: Collection[str] = NOTHING,
) -> Finding:
    """Check one applicant's facts against a rule.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.
    facts : Mapping[str, value or sequence of FactStatement]
        Path -> a bare value, for which the caller vouches, or everything that was said, with who said it.
    as_of : date or None
        On which day; needed when a statement expires.
    trusted : bool
        Whether a declaration counts even where the rule asks for a document.
    provisional : bool
        Whether the finding is marked as deciding nothing.
    waived : Collection[str]
        Clauses that were waived.

    Returns
    -------
    Finding
        Status, and one finding per leaf.

    Examples
    --------
    >>> from almoner.challenges import EligibilityRule, FactStatement
    >>> rule = EligibilityRule.read('''{"eligibility": {"all": [
    ...     {"fact": "lead.age_days", "op": ">=", "value": 730, "clause": "2.1", "evidence_asked": ["deed"]},
    ...     {"not": {"fact": "lead.kind", "op": "in", "value": ["state"], "clause": "2.3"}}]}}''').eligibility
    >>> found = check_eligibility(rule, {"lead.age_days": 800})
    >>> found.status, [row.status for row in found.leaves]
    ('needs_document', ['pass', 'needs_document'])
    >>> declared = {"lead.age_days": [FactStatement(value=800, source="declared")], "lead.kind": "ngo"}
    >>> print(check_eligibility(rule, declared).leaves[0].reason)
    lead.age_days is declared as 800, not confirmed; asked: >= 730 (clause 2.1)
    """
    leaves: list[LeafFinding] = []

    def read(leaf: Leaf) -> tuple[Status, FactValue | None, Reason, str]:
        return _look(leaf, facts, as_of, trusted=trusted)

    status = _walk(rule, read, waived, "", negated=False, leaves=leaves)
    return Finding(status=status, leaves=tuple(leaves), provisional=provisional)


def _walk(
    rule: RuleTree,
    read: LeafReader,
    waived: Collection[str],
    at: str,
    *,
    negated: bool,
    leaves: list[LeafFinding],
) -> Status:
    """Return how a subtree counts at the root; ``leaves`` receives each leaf as it counts there.

    Under a ``not`` the leaves are swapped, and so are ``all`` and ``any``: the same answers, met at the
    leaves, where a waiver and the clock work.
    """
    if isinstance(rule, Leaf):
        status, got, why, reason = read(rule)
        counted = negation(status) if negated else status
        if counted != "pass" and rule.clause in waived:
            counted, why, reason = "pass", "waived", f"{reason}; waived"
        leaves.append(
            LeafFinding(path=at, leaf=rule, status=counted, negated=negated, got=got, reason=reason, why=why)
        )
        return counted
    if isinstance(rule, Not):
        return _walk(rule.rule, read, waived, f"{at}/not", negated=not negated, leaves=leaves)
    every = isinstance(rule, AllOf)
    name = "all" if every else "any"
    join = conjunction if every != negated else disjunction
    return join(
        [
            _walk(child, read, waived, f"{at}/{name}/{position}", negated=negated, leaves=leaves)
            for position, child in enumerate(rule.rules)
        ]
    )


def _look(
    leaf: Leaf, facts: FactBase, as_of: date | None, *, trusted: bool
) -> tuple[Status, FactValue | None, Reason, str]:
    """Return what a leaf says by itself, the value that counts, why, and the sentence."""
    standing = standing_of(facts.get(leaf.fact), as_of, confirm=bool(leaf.evidence_asked) and not trusted)
    asked = leaf.asked
    said = f"{leaf.fact} {standing.said}"
    if standing.value is None:
        return "needs_document", None, standing.fault or "missing", f"{said}; {asked}"
    holds = compare(leaf.op, standing.value, leaf.options)
    if holds is None:
        sentence = f"{said}, which cannot be compared; {asked}"
        return "needs_document", standing.value, "unreadable", sentence
    return ("pass" if holds else "fail"), standing.value, "compared", f"{said}; {asked}"


def count_leaves(rule: RuleTree, statuses: Mapping[str, Status]) -> Status:
    """Return the answer of a rule from the answers of its leaves as they count at the root.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.
    statuses : Mapping[str, str]
        JSON pointer of each leaf inside the rule -> its status, after every ``not`` around it.

    Examples
    --------
    >>> rule = AllOf.read('{"all": [{"fact": "a", "op": "=", "value": 1, "clause": "1"}]}')
    >>> count_leaves(rule, {"/all/0": "fail"})
    'fail'
    """
    return count_part(rule, statuses, "", negated=False)


def count_part(rule: RuleTree, statuses: Mapping[str, Status], at: str, *, negated: bool) -> Status:
    """Return how a part of a rule counts at the root, from the answers of its leaves there.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The part.
    statuses : Mapping[str, str]
        As for ``count_leaves``.
    at : str
        JSON pointer of the part inside the rule.
    negated : bool
        Whether an odd number of ``not`` stands around it.
    """
    if isinstance(rule, Leaf):
        return statuses[at]
    if isinstance(rule, Not):
        return count_part(rule.rule, statuses, f"{at}/not", negated=not negated)
    every = isinstance(rule, AllOf)
    name = "all" if every else "any"
    join = conjunction if every != negated else disjunction
    return join(
        [
            count_part(child, statuses, f"{at}/{name}/{n}", negated=negated)
            for n, child in enumerate(rule.rules)
        ]
    )


def after_cure(
    rule: RuleTree,
    found: Finding,
    *,
    notified_at: datetime | Mapping[str, datetime],
    now: datetime,
    lifted: Collection[str] = NOTHING,
) -> Finding:
    """Give every open leaf its last instant, and fail those whose time to cure is over.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree that was checked.
    found : Finding
        What the facts say.
    notified_at : datetime or Mapping[str, datetime]
        When the notice was delivered, for all leaves or by the JSON pointer of each; the time to cure starts
        then. A leaf of which nobody was told stays open.
    now : datetime
        By which clock; at the last instant it is over.
    lifted : Collection[str]
        Clauses for which a waiver lets late evidence count: these stay open.

    Examples
    --------
    >>> from datetime import UTC
    >>> leaf = Leaf.read('{"fact": "a", "op": "=", "value": 1, "clause": "1", "cure_days": 10}')
    >>> told = datetime(2027, 3, 1, tzinfo=UTC)
    >>> late = after_cure(leaf, check_eligibility(leaf, {}), notified_at=told,
    ...                   now=told + timedelta(days=10))
    >>> late.status, late.leaves[0].why
    ('fail', 'not_cured')
    """
    starts = (
        dict.fromkeys([row.path for row in found.leaves], notified_at)
        if isinstance(notified_at, datetime)
        else notified_at
    )
    leaves = tuple(_cured(row, starts.get(row.path), now, lifted) for row in found.leaves)
    status = count_leaves(rule, {row.path: row.status for row in leaves})
    return replace(found, status=status, leaves=leaves)


def cure_end(leaf: Leaf, notified_at: datetime) -> datetime:
    """Return the first instant at which a leaf can no longer be cured.

    Parameters
    ----------
    leaf : Leaf
        With its days to cure.
    notified_at : datetime
        When the notice was delivered.
    """
    return as_utc(notified_at) + timedelta(days=leaf.cure_days)


def _cured(
    row: LeafFinding, notified_at: datetime | None, now: datetime, lifted: Collection[str]
) -> LeafFinding:
    if row.status != "needs_document" or notified_at is None or row.leaf.clause in lifted:
        return row
    until = cure_end(row.leaf, notified_at)
    if as_utc(now) < until:
        return replace(row, cure_by=until)
    reason = f"{row.reason}; not cured by {instant_text(until)}"
    return replace(row, status="fail", why="not_cured", reason=reason, cure_by=until)
