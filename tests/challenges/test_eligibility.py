"""Three answers, never a wrong no: the rule tree of who may compete."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.challenges import (
    EligibilityRule,
    Finding,
    Leaf,
    check_eligibility,
    conjunction,
    disjunction,
    negation,
)
from almoner.challenges.eligibility import FactValue, Rule, Status
from almoner.challenges.errors import NotEligible
from almoner.finance.errors import DocumentInvalid

STATUSES: tuple[Status, ...] = ("fail", "needs_document", "pass")
F, N, P = STATUSES


def read_rule(content: object) -> Rule:
    return EligibilityRule.read(json.dumps({"eligibility": content})).eligibility


def leaf(fact: str, *comparison: object, **more: object) -> dict[str, Any]:
    """Compare a fact with an operator and a value; with neither, ask that it is true."""
    op, value = comparison or ("=", True)
    return {"fact": fact, "op": op, "value": value, "clause": "1", **more}


@pytest.mark.parametrize(
    ("first", "second", "both", "either"),
    [
        (F, F, F, F),
        (F, N, F, N),
        (F, P, F, P),
        (N, F, F, N),
        (N, N, N, N),
        (N, P, N, P),
        (P, F, F, P),
        (P, N, N, P),
        (P, P, P, P),
    ],
)
def test_all_and_any_follow_kleenes_tables(
    first: Status, second: Status, both: Status, either: Status
) -> None:
    facts: dict[str, FactValue] = {}
    for name, status in (("a", first), ("b", second)):
        if status != N:
            facts[name] = status == P
    children = [leaf("a"), leaf("b")]
    assert (
        check_eligibility(read_rule({"all": children}), facts).status == both == conjunction([first, second])
    )
    assert (
        check_eligibility(read_rule({"any": children}), facts).status
        == either
        == disjunction([first, second])
    )


@pytest.mark.parametrize(("status", "swapped"), [(F, P), (N, N), (P, F)])
def test_not_follows_kleenes_table(status: Status, swapped: Status) -> None:
    facts: dict[str, FactValue] = {} if status == N else {"a": status == P}
    assert check_eligibility(read_rule({"not": leaf("a")}), facts).status == swapped == negation(status)


def test_a_leaf_reports_how_it_counts_after_the_nots_around_it() -> None:
    rule = read_rule({"not": {"any": [leaf("a"), {"not": leaf("b")}]}})
    found = check_eligibility(rule, {"a": True, "b": True})
    assert found.status == F
    assert [(row.path, row.status, row.negated) for row in found.leaves] == [
        ("/not/any/0", F, True),
        ("/not/any/1/not", P, False),
    ]


@pytest.mark.parametrize(
    ("op", "value", "got", "status"),
    [
        (">=", 730, 730, P),
        (">", 730, 730, F),
        ("<", 730, 729, P),
        ("<=", 730, 731, F),
        ("=", 5, "5.0", P),
        ("=", "2.50", "2.5", P),
        ("!=", "2.50", "2.5", F),
        (">=", "0.1", "0.10", P),
        (">=", "2026-01-01", "2025-12-31", F),
        ("<", "2026-01-01", "2025-12-31", P),
        ("=", "007", "7", N),  # a registry number is text, and 7 is a number
        ("=", "ngo", "ngo", P),
        ("=", "ngo", "NGO", F),
        ("in", ["firm", "ngo"], "ngo", P),
        ("in", ["firm", 3], 4, F),
        ("in", ["firm", "ngo"], 4, N),
        (">=", 730, "a long time", N),
        (">=", 1, True, N),
        ("=", True, 1, N),
        ("=", True, False, F),
    ],
)
def test_comparisons_read_like_with_like_and_never_fail_on_an_unreadable_fact(
    op: str, value: object, got: FactValue, status: Status
) -> None:
    assert check_eligibility(read_rule(leaf("a", op, value)), {"a": got}).status == status


def test_a_missing_fact_asks_for_the_documents_and_names_the_clause() -> None:
    rule = read_rule(
        {
            "all": [
                leaf("a", evidence_asked=["deed", "audit"], cure_days=10),
                leaf("b", evidence_asked=["map"]),
            ]
        }
    )
    found = check_eligibility(rule, {"b": True})
    assert found.status == N
    assert found.evidence_asked == ("audit", "deed")
    assert found.leaves[0].reason == "a is not stated; asked: = True (clause 1)"
    assert found.leaves[0].leaf.cure_days == 10


def test_require_pass_refuses_with_status_findings_and_evidence() -> None:
    rule = read_rule({"all": [leaf("a", evidence_asked=["deed"]), leaf("b")]})
    check_eligibility(rule, {"a": True, "b": True}).require_pass("a-1")
    with pytest.raises(NotEligible, match="has not shown yet") as missing:
        check_eligibility(rule, {"b": True}).require_pass("a-1")
    assert missing.value.figures["status"] == N
    assert missing.value.figures["evidence_asked"] == ["deed"]
    with pytest.raises(NotEligible, match="does not meet the rules: b is False") as failed:
        check_eligibility(rule, {"a": True, "b": False}).require_pass("a-1")
    assert failed.value.figures["findings"] == [
        {"path": "/all/1", "message": "b is False; asked: = True (clause 1)"}
    ]


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (leaf("a", "in", "x"), "/eligibility/value"),
        (leaf("a", "in", []), "/eligibility/value"),
        (leaf("a", "=", ["x"]), "/eligibility/value"),
        ({"all": [leaf("a"), {"not": leaf("a", "<", "soon")}]}, "/eligibility/all/1/not/value"),
        ({"all": []}, "/eligibility/all"),
        ({"all": [{"fact": "a", "op": "=", "clause": "1"}]}, "/eligibility/all/0/value"),
        ({"all": [leaf("a", "~", 1)]}, "/eligibility/all/0/op"),
        ({"any": [leaf("a")], "why": 1}, "/eligibility/why"),
        ({"all": [3]}, "/eligibility/all/0"),
    ],
)
def test_a_faulty_rule_is_refused_at_its_place(content: object, path: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        read_rule(content)
    findings = refused.value.figures["findings"]
    assert isinstance(findings, list)
    assert [row["path"] for row in findings if isinstance(row, dict)] == [path]


def test_depth_and_size_are_bounded() -> None:
    deep: dict[str, Any] = leaf("a")
    for _ in range(8):
        deep = {"not": deep}
    with pytest.raises(DocumentInvalid, match="nested deeper than 8"):
        read_rule(deep)
    half = {"any": [leaf("a")] * 151}
    with pytest.raises(DocumentInvalid, match="302 leaves; the limit is 300"):
        read_rule({"all": [half, half]})


def test_an_ordered_comparison_of_text_that_nobody_checked_is_a_programming_mistake() -> None:
    unread = Leaf(fact="a", op="<", value="soon", clause="1")
    with pytest.raises(TypeError, match="numbers or days"):
        check_eligibility(unread, {"a": "later"})


FACTS = st.dictionaries(st.sampled_from("abcd"), st.booleans(), max_size=4)
RULES = st.recursive(
    st.sampled_from("abcd").map(leaf),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"all": rules}),
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"any": rules}),
        inner.map(lambda rule: {"not": rule}),
    ),
    max_leaves=6,
)


def turned(content: dict[str, Any]) -> dict[str, Any]:
    """Return the same rule with every list of children reversed."""
    if "not" in content:
        return {"not": turned(content["not"])}
    for name in ("all", "any"):
        if name in content:
            return {name: [turned(child) for child in reversed(content[name])]}
    return content


def found_for(content: dict[str, Any], facts: dict[str, bool]) -> Finding:
    rule = EligibilityRule.model_validate_json(json.dumps({"eligibility": content})).eligibility
    return check_eligibility(rule, facts)


@given(RULES, FACTS)
def test_what_is_decided_stays_decided_whatever_is_learned_later(
    content: dict[str, Any], facts: dict[str, bool]
) -> None:
    found = found_for(content, facts)
    open_facts = [name for name in "abcd" if name not in facts]
    later = {
        found_for(content, facts | dict(zip(open_facts, values, strict=True))).status
        for values in product((True, False), repeat=len(open_facts))
    }
    assert N not in later
    if found.status != N:
        assert later == {found.status}


@given(RULES, FACTS)
def test_the_order_of_children_changes_nothing(content: dict[str, Any], facts: dict[str, bool]) -> None:
    assert found_for(content, facts).status == found_for(turned(content), facts).status
