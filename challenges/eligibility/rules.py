"""Eligibility rules: trees of ``all``, ``any`` and ``not`` over leaves that compare one fact with one value.

The problem: a rule in prose can be read two ways. A tree has one reading; every leaf names its clause in the
call, the documents that would settle it, how long they may take, and who may waive it.
"""

from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import Discriminator, Field, StringConstraints, Tag

from ...finance.documents import Code, Document
from ...finance.findings import Findings, finding
from .values import ORDERED_KINDS, FactValue, Operator, Options, read_options, value_kind

Clause = Annotated[str, StringConstraints(min_length=1, max_length=80)]

MAX_DEPTH: Final = 8
MAX_LEAVES: Final = 300
MAX_CURE_DAYS: Final = 365
_ORDERED: Final = frozenset((">", ">=", "<", "<="))


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
        Kinds of document that are asked for; without any a declaration settles it.
    cure_days : int [days]
        How long an applicant has to supply what is missing, from the delivery of the notice on.
    waivable_by : tuple[str, ...]
        Who may waive the clause, together with a second person; empty: nobody.

    Examples
    --------
    >>> from almoner.challenges import check_eligibility
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
    waivable_by: Annotated[tuple[Code, ...], Field(max_length=20)] = ()

    @cached_property
    def options(self) -> Options:
        """The value or values by their kind, read once."""
        return read_options(self.value)

    @cached_property
    def asked(self) -> str:
        """What the leaf asks, with its clause, for a sentence."""
        shown = list(self.value) if isinstance(self.value, tuple) else self.value
        return f"asked: {self.op} {shown!r} (clause {self.clause})"


class AllOf(Document):
    """Every rule of a list must hold.

    Attributes
    ----------
    rules : tuple
        Written ``all`` in JSON.

    Examples
    --------
    >>> from almoner.challenges import check_eligibility
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
    >>> from almoner.challenges import check_eligibility
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
    >>> from almoner.challenges import check_eligibility
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
RuleTree = AllOf | AnyOf | Not | Leaf
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


def rule_leaves(rule: RuleTree) -> tuple[Leaf, ...]:
    """Return every leaf of a rule, in its order.

    Parameters
    ----------
    rule : AllOf, AnyOf, Not or Leaf
        The tree.
    """
    found: list[Leaf] = []
    todo: list[RuleTree] = [rule]
    while todo:
        node = todo.pop()
        if isinstance(node, Leaf):
            found.append(node)
        elif isinstance(node, Not):
            todo.append(node.rule)
        else:
            todo += reversed(node.rules)
    return tuple(found)


def rule_findings(rule: RuleTree, at: str) -> Findings:
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
    todo: list[tuple[RuleTree, str, int]] = [(rule, at, 1)]
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
    if leaf.op in _ORDERED and value_kind(leaf.value) not in ORDERED_KINDS:
        return [finding(f"{at}/value", f"{leaf.op} compares numbers or days, and {leaf.value!r} is neither")]
    return []
