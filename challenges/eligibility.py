"""Eligibility: who may compete, decided by a rule that anybody can run on the same facts.

The problem: an applicant who lacks one paper is not the same as an applicant who may not apply, and a rule in
prose can be read two ways. A rule is a tree of ``all``, ``any`` and ``not`` over leaves that compare one fact
with one value, and it has three answers, **fail < needs_document < pass** (Kleene's strong logic): ``all`` is
the least, ``any`` the greatest, ``not`` swaps fail and pass. A missing or unreadable fact asks for a
document; it never fails anybody.
"""

import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from ..finance.dates import parse_day
from ..finance.documents import Code, Document, Text
from ..finance.errors import DocumentInvalid
from ..finance.findings import Findings, finding
from .errors import NotEligible

Status = Literal["fail", "needs_document", "pass"]
Operator = Literal["=", "!=", ">", ">=", "<", "<=", "in"]
WholeNumber = Annotated[int, Field(ge=-(2**62), le=2**62)]
FactValue = bool | WholeNumber | Text
Clause = Annotated[str, StringConstraints(min_length=1, max_length=80)]

MAX_DEPTH: Final = 8
MAX_LEAVES: Final = 300
MAX_CURE_DAYS: Final = 365
_LEVELS: Final[Mapping[Status, int]] = {"fail": 0, "needs_document": 1, "pass": 2}
_SWAPPED: Final[Mapping[Status, Status]] = {
    "fail": "pass",
    "needs_document": "needs_document",
    "pass": "fail",
}
_ORDERED: Final = frozenset((">", ">=", "<", "<="))
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?", re.ASCII)

Comparable = bool | Fraction | date | str


def conjunction(statuses: Iterable[Status]) -> Status:
    """Return the least of the statuses: all must hold. Of none, ``pass``.

    Examples
    --------
    >>> conjunction(["pass", "needs_document"]), conjunction(["needs_document", "fail"])
    ('needs_document', 'fail')
    """
    return min(statuses, key=_LEVELS.__getitem__, default="pass")


def disjunction(statuses: Iterable[Status]) -> Status:
    """Return the greatest of the statuses: one must hold. Of none, ``fail``.

    Examples
    --------
    >>> disjunction(["fail", "needs_document"]), disjunction(["needs_document", "pass"])
    ('needs_document', 'pass')
    """
    return max(statuses, key=_LEVELS.__getitem__, default="fail")


def negation(status: Status) -> Status:
    """Swap fail and pass; what is not known stays not known.

    Examples
    --------
    >>> [negation(status) for status in ("fail", "needs_document", "pass")]
    ['pass', 'needs_document', 'fail']
    """
    return _SWAPPED[status]


class Leaf(Document):
    """One comparison of one fact of the application with a value.

    ``=``, ``!=`` and ``in`` compare like with like; ``>``, ``>=``, ``<``, ``<=`` compare numbers or days.
    A string that is a plain decimal without leading zeros is a number, ``YYYY-MM-DD`` a day.

    Attributes
    ----------
    fact : str
        Path of the fact, for example ``lead.kind``.
    op : str
        ``=``, ``!=``, ``>``, ``>=``, ``<``, ``<=`` or ``in``.
    value : bool, int, str or tuple
        What the fact is compared with; a list for ``in``.
    clause : str
        Where the rule stands in the call for applications.
    evidence_asked : tuple[str, ...]
        Kinds of document that would settle it.
    cure_days : int [days]
        How long an applicant has to supply it, from the notice on.

    Examples
    --------
    >>> leaf = Leaf.read('{"fact": "lead.age_days", "op": ">=", "value": 730, "clause": "2.1"}')
    >>> check_eligibility(leaf, {"lead.age_days": 900}).status
    'pass'
    """

    fact: Code
    op: Operator
    value: FactValue | tuple[FactValue, ...]
    clause: Clause
    evidence_asked: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    cure_days: Annotated[int, Field(ge=0, le=MAX_CURE_DAYS)] = 0


class AllOf(Document):
    """Every rule of a list must hold.

    Attributes
    ----------
    rules : tuple
        Written ``all`` in JSON.

    Examples
    --------
    >>> rule = AllOf.read('{"all": [{"fact": "lead.kind", "op": "=", "value": "ngo", "clause": "1"}]}')
    >>> check_eligibility(rule, {}).status
    'needs_document'
    """

    rules: "Annotated[tuple[Rule, ...], Field(alias='all', min_length=1, max_length=MAX_LEAVES)]"


class AnyOf(Document):
    """At least one rule of a list must hold.

    Attributes
    ----------
    rules : tuple
        Written ``any`` in JSON.

    Examples
    --------
    >>> rule = AnyOf.read('{"any": [{"fact": "lead.kind", "op": "=", "value": "ngo", "clause": "1"}]}')
    >>> check_eligibility(rule, {"lead.kind": "firm"}).status
    'fail'
    """

    rules: "Annotated[tuple[Rule, ...], Field(alias='any', min_length=1, max_length=MAX_LEAVES)]"


class Not(Document):
    """A rule must not hold.

    Attributes
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        Written ``not`` in JSON.

    Examples
    --------
    >>> rule = Not.read('{"not": {"fact": "lead.kind", "op": "in", "value": ["state"], "clause": "2.3"}}')
    >>> check_eligibility(rule, {"lead.kind": "state"}).status
    'fail'
    """

    rule: "Annotated[Rule, Field(alias='not')]"


def _kind(value: Any) -> str:  # noqa: ANN401 - pydantic hands over a decoded object or a model
    if isinstance(value, dict):
        return next((f"{name} rule" for name in ("all", "any", "not") if name in value), "leaf")
    names = ((AllOf, "all rule"), (AnyOf, "any rule"), (Not, "not rule"))
    return next((name for model, name in names if isinstance(value, model)), "leaf")


Rule = Annotated[
    Annotated[AllOf, Tag("all rule")]
    | Annotated[AnyOf, Tag("any rule")]
    | Annotated[Not, Tag("not rule")]
    | Annotated[Leaf, Tag("leaf")],
    Discriminator(_kind),
]
for _model in (AllOf, AnyOf, Not):
    _model.model_rebuild()


class EligibilityRule(Document):
    """A whole rule as a document of its own, with its limits: depth 8, 300 leaves.

    Attributes
    ----------
    eligibility : AllOf, AnyOf, Not or Leaf
        The tree.

    Examples
    --------
    >>> EligibilityRule.read(
    ...     '{"eligibility": {"fact": "lead.kind", "op": "<", "value": "ngo", "clause": "1"}}')
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: EligibilityRule has 1 fault: \
/eligibility/value: < compares numbers or days, and 'ngo' is neither.
    """

    eligibility: Rule

    def findings(self, at: str = "") -> Findings:
        """List leaves whose value does not fit the comparison, and trees beyond the limits."""
        return rule_findings(self.eligibility, f"{at}/eligibility")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafFinding:
    """What one leaf says about one applicant.

    Attributes
    ----------
    path : str
        JSON pointer of the leaf inside the rule.
    leaf : Leaf
        The rule's own words: clause, evidence asked, days to cure.
    status : str
        How the leaf counts, after every ``not`` around it.
    negated : bool
        Whether an odd number of ``not`` stands around it.
    got : bool, int, str or None
        The fact as given; ``None`` when missing.
    reason : str
        One sentence with the figures.

    Examples
    --------
    >>> leaf = Leaf.read('{"fact": "lead.kind", "op": "=", "value": "ngo", "clause": "2.3"}')
    >>> print(check_eligibility(leaf, {"lead.kind": "firm"}).leaves[0].reason)
    lead.kind is 'firm'; asked: = 'ngo' (clause 2.3)
    """

    path: str
    leaf: Leaf
    status: Status
    negated: bool
    got: FactValue | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether an applicant may compete, and what every leaf of the rule says.

    Attributes
    ----------
    status : str
        ``fail``, ``needs_document`` or ``pass``.
    leaves : tuple[LeafFinding, ...]
        In the order of the rule.

    Examples
    --------
    >>> rule = Leaf.read('{"fact": "a", "op": "=", "value": true, "clause": "1", "evidence_asked": ["deed"]}')
    >>> check_eligibility(rule, {}).evidence_asked
    ('deed',)
    """

    status: Status
    leaves: tuple[LeafFinding, ...]

    @property
    def evidence_asked(self) -> tuple[str, ...]:
        """Every kind of document asked by a leaf that is still open, sorted."""
        asked = {
            kind for row in self.leaves if row.status == "needs_document" for kind in row.leaf.evidence_asked
        }
        return tuple(sorted(asked))

    def require_pass(self, application_id: str) -> None:
        """Refuse an application that does not pass.

        Parameters
        ----------
        application_id : str
            For the message.

        Raises
        ------
        NotEligible
            With the status and every leaf that stands in the way.
        """
        if self.status == "pass":
            return
        open_rows = [row for row in self.leaves if row.status != "pass"]
        fails = self.status == "fail"
        said = "does not meet the rules" if fails else "has not shown yet that it meets the rules"
        reasons = "; ".join(row.reason for row in open_rows)
        raise NotEligible(
            f"{application_id} {said}: {reasons}.",
            application=application_id,
            status=self.status,
            findings=[finding(row.path, row.reason) for row in open_rows],
            evidence_asked=list(self.evidence_asked),
        )


def check_eligibility(rule: AllOf | AnyOf | Not | Leaf, facts: Mapping[str, FactValue]) -> Finding:
    """Check one applicant's facts against a rule.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.
    facts : Mapping[str, bool or int or str]
        Path -> value; decimals and days as strings.

    Returns
    -------
    Finding
        Status, and one finding per leaf.

    Examples
    --------
    >>> rule = EligibilityRule.read('''{"eligibility": {"all": [
    ...     {"fact": "lead.age_days", "op": ">=", "value": 730, "clause": "2.1"},
    ...     {"not": {"fact": "lead.kind", "op": "in", "value": ["state"], "clause": "2.3"}}]}}''').eligibility
    >>> found = check_eligibility(rule, {"lead.age_days": 800})
    >>> found.status, [row.status for row in found.leaves]
    ('needs_document', ['pass', 'needs_document'])
    """
    leaves: list[LeafFinding] = []
    status = _walk(rule, facts, "", negated=False, leaves=leaves)
    return Finding(status=status, leaves=tuple(leaves))


def _walk(
    rule: AllOf | AnyOf | Not | Leaf,
    facts: Mapping[str, FactValue],
    at: str,
    *,
    negated: bool,
    leaves: list[LeafFinding],
) -> Status:
    """Return the plain value of a subtree; ``leaves`` receives each leaf as it counts at the root."""
    if isinstance(rule, Leaf):
        status, reason = _compare(rule, facts.get(rule.fact))
        counted = negation(status) if negated else status
        leaves.append(
            LeafFinding(
                path=at, leaf=rule, status=counted, negated=negated, got=facts.get(rule.fact), reason=reason
            )
        )
        return status
    if isinstance(rule, Not):
        return negation(_walk(rule.rule, facts, f"{at}/not", negated=not negated, leaves=leaves))
    name, join = ("all", conjunction) if isinstance(rule, AllOf) else ("any", disjunction)
    return join(
        [
            _walk(child, facts, f"{at}/{name}/{position}", negated=negated, leaves=leaves)
            for position, child in enumerate(rule.rules)
        ]
    )


def _compare(leaf: Leaf, got: FactValue | None) -> tuple[Status, str]:
    shown = list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    asked = f"asked: {leaf.op} {shown!r} (clause {leaf.clause})"
    if got is None:
        return "needs_document", f"{leaf.fact} is not stated; {asked}"
    options = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    pairs = [(_like(got, option), _own(option)) for option in options]
    known = [(left, right) for left, right in pairs if left is not None]
    if not known:
        return "needs_document", f"{leaf.fact} is {got!r}, which cannot be compared; {asked}"
    holds = any(_holds(leaf.op, left, right) for left, right in known)
    return ("pass" if holds else "fail"), f"{leaf.fact} is {got!r}; {asked}"


def _own(value: FactValue) -> Comparable:
    """Read a value as what it is: truth, number, day or text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) or _NUMBER.fullmatch(value):
        return Fraction(value)
    try:
        return parse_day(value)
    except DocumentInvalid:
        return value


def _like(got: FactValue, option: FactValue) -> Comparable | None:
    """Read a fact as the same kind as the rule's value; ``None`` when it is of another kind."""
    left, right = _own(got), _own(option)
    return left if type(left) is type(right) else None


def _holds(op: Operator, left: Comparable, right: Comparable) -> bool:
    if op in {"=", "in"}:
        return left == right
    if op == "!=":
        return left != right
    if not isinstance(left, Fraction | date):
        raise TypeError(f"{op} compares numbers or days, not {left!r} with {right!r}: read the rule first")
    return bool({">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}[op](left, right))


def rule_findings(rule: AllOf | AnyOf | Not | Leaf, at: str) -> Findings:
    """List what is wrong with a rule as such, whoever applies.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.
    at : str
        JSON pointer of the rule in its document.

    Examples
    --------
    >>> rule_findings(Leaf(fact="a", op="in", value="x", clause="1"), "/eligibility")
    [{'path': '/eligibility/value', 'message': "in compares with a list, and 'x' is none"}]
    """
    found: Findings = []
    leaves = 0
    todo: list[tuple[AllOf | AnyOf | Not | Leaf, str, int]] = [(rule, at, 1)]
    while todo:
        node, place, depth = todo.pop()
        if depth > MAX_DEPTH:
            found.append(finding(place, f"the rule is nested deeper than {MAX_DEPTH}"))
        elif isinstance(node, Leaf):
            leaves += 1
            found += _leaf_findings(node, place)
        elif isinstance(node, Not):
            todo.append((node.rule, f"{place}/not", depth + 1))
        else:
            name = "all" if isinstance(node, AllOf) else "any"
            children = [(child, f"{place}/{name}/{n}", depth + 1) for n, child in enumerate(node.rules)]
            todo += reversed(children)
    if leaves > MAX_LEAVES:
        found.append(finding(at, f"{leaves} leaves; the limit is {MAX_LEAVES}"))
    return found


def _leaf_findings(leaf: Leaf, at: str) -> Findings:
    if leaf.op == "in":
        if not isinstance(leaf.value, tuple):
            return [finding(f"{at}/value", f"in compares with a list, and {leaf.value!r} is none")]
        return [] if leaf.value else [finding(f"{at}/value", "in compares with an empty list")]
    if isinstance(leaf.value, tuple):
        return [finding(f"{at}/value", f"{leaf.op} compares with one value, not with a list")]
    if leaf.op in _ORDERED and not isinstance(_own(leaf.value), Fraction | date):
        return [finding(f"{at}/value", f"{leaf.op} compares numbers or days, and {leaf.value!r} is neither")]
    return []
