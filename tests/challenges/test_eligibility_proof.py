"""Who says a fact counts, the clock fails what was not cured, and nobody collects a paper too many."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.challenges import (
    EligibilityRule,
    FactStatement,
    Finding,
    after_cure,
    check_eligibility,
    checklist,
    checklist_text,
    quiz_questions,
    smallest_proofs,
    take_quiz,
)
from almoner.challenges.eligibility import (
    FactSource,
    FactValue,
    Rule,
    Status,
    conjunction,
    disjunction,
    negation,
    read_finding,
)

DAY = date(2027, 3, 1)
YES: FactValue = True
NO: FactValue = False
TOLD = datetime(2027, 3, 1, 9, tzinfo=UTC)


def read_rule(content: object) -> Rule:
    return EligibilityRule.read(json.dumps({"eligibility": content})).eligibility


def leaf(fact: str, **more: object) -> dict[str, Any]:
    return {"fact": fact, "op": "=", "value": True, "clause": fact, **more}


def said(value: FactValue, source: FactSource = "declared", until: date | None = None) -> FactStatement:
    return FactStatement(value=value, source=source, expires_on=until)


def one(rule: Rule, statements: list[FactStatement]) -> tuple[str, str]:
    found = check_eligibility(rule, {"a": statements}, DAY)
    return found.status, found.leaves[0].why


@pytest.mark.parametrize(
    ("statements", "status", "why"),
    [
        ([], "needs_document", "missing"),
        ([said(YES)], "needs_document", "unconfirmed"),
        ([said(NO)], "needs_document", "unconfirmed"),
        ([said(YES), said(YES, "confirmed")], "pass", "compared"),
        ([said(YES), said(NO, "confirmed")], "fail", "compared"),
        ([said(YES, "recorded")], "pass", "compared"),
        ([said(NO, "recorded"), said(YES)], "needs_document", "contradiction"),
        ([said(NO, "recorded"), said(YES), said(YES, "confirmed")], "pass", "compared"),
        ([said(YES, "confirmed", DAY)], "needs_document", "expired"),
        ([said(YES, "confirmed", DAY + timedelta(days=1))], "pass", "compared"),
        ([said(YES), said(YES, "confirmed", DAY)], "needs_document", "expired"),
        ([said(YES, "confirmed", DAY), said(YES, "confirmed")], "pass", "compared"),
        ([said("maybe", "confirmed")], "needs_document", "unreadable"),
    ],
)
def test_what_is_missing_expired_unconfirmed_or_contradicted_asks_for_a_document(
    statements: list[FactStatement], status: str, why: str
) -> None:
    assert one(read_rule(leaf("a", evidence_asked=["deed"])), statements) == (status, why)


def test_a_declaration_counts_where_no_document_is_asked_for_or_the_call_trusts_it() -> None:
    assert one(read_rule(leaf("a")), [said(YES)]) == ("pass", "compared")
    rule = read_rule(leaf("a", evidence_asked=["deed"]))
    assert check_eligibility(rule, {"a": [said(NO)]}, trusted=True).status == "fail"
    contradicted = {"a": [said(YES), said(NO, "recorded")]}
    assert check_eligibility(rule, contradicted, trusted=True).status == "needs_document"


def test_a_contradiction_shows_both_values() -> None:
    found = check_eligibility(read_rule(leaf("a")), {"a": [said("ngo"), said("firm", "recorded")]})
    assert "declared as 'ngo' and recorded as 'firm'" in found.leaves[0].reason


def test_the_same_figure_written_otherwise_is_no_contradiction() -> None:
    rule = read_rule({"fact": "a", "op": ">=", "value": 730, "clause": "1"})
    assert check_eligibility(rule, {"a": [said("900.0"), said(900, "recorded")]}).status == "pass"


def test_an_expiry_without_a_day_to_check_as_of_is_a_programming_mistake() -> None:
    with pytest.raises(ValueError, match="say as of which day"):
        check_eligibility(read_rule(leaf("a")), {"a": [said(YES, "confirmed", DAY)]})


def test_a_document_open_after_its_days_fails_by_the_clock_alone() -> None:
    rule = read_rule({"any": [leaf("a", cure_days=10), leaf("b", cure_days=20)]})
    found = check_eligibility(rule, {})
    ends = [TOLD + timedelta(days=days, microseconds=shift) for days in (10, 20) for shift in (-1, 0)]
    states = [after_cure(rule, found, notified_at=TOLD, now=now) for now in ends]
    assert [state.status for state in states] == ["needs_document"] * 3 + ["fail"]
    assert [row.why for row in states[1].leaves] == ["not_cured", "missing"]
    assert [row.cure_by for row in states[0].leaves] == [TOLD + timedelta(days=days) for days in (10, 20)]
    assert "not cured by 2027-03-21" in states[3].leaves[1].reason
    with_waiver = after_cure(rule, found, notified_at=TOLD, now=ends[3], lifted={"b"})
    assert with_waiver.status == "needs_document"


def test_not_cured_fails_under_a_not_as_well() -> None:
    rule = read_rule({"not": leaf("a", cure_days=1)})
    late = after_cure(rule, check_eligibility(rule, {}), notified_at=TOLD, now=TOLD + timedelta(days=1))
    assert (late.status, late.leaves[0].status) == ("fail", "fail")


@pytest.mark.parametrize("wrap", [False, True])
def test_a_waived_clause_passes_whatever_the_fact_says(wrap: bool) -> None:  # noqa: FBT001  # a case
    content: object = {"not": leaf("a")} if wrap else leaf("a")
    rule = read_rule(content)
    facts: dict[str, FactValue] = {"a": wrap}
    assert check_eligibility(rule, facts).status == "fail"
    found = check_eligibility(rule, facts, waived={"a"})
    assert (found.status, found.leaves[0].why) == ("pass", "waived")
    assert check_eligibility(rule, facts, waived={"b"}).status == "fail"


def test_a_finding_reads_back_from_its_bytes() -> None:
    rule = read_rule({"all": [leaf("a", cure_days=3, waivable_by=["chair"]), leaf("b")]})
    found = after_cure(rule, check_eligibility(rule, {"b": True}), notified_at=TOLD, now=TOLD)
    assert read_finding(found.to_bytes()) == found
    assert read_finding(b'{"status":"pass"}') is None
    assert json.loads(found.to_bytes())["leaves"][0]["leaf"]["clause"] == "a"


NAMES = "abcdefgh"
KINDS = ("deed", "audit", "map", "licence")
LEAVES = st.builds(
    lambda fact, kinds: leaf(fact, evidence_asked=sorted(kinds)),
    st.sampled_from(NAMES),
    st.sets(st.sampled_from(KINDS), max_size=2),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda rule: {"not": rule}, inner),
        st.builds(lambda rules: {"all": rules}, st.lists(inner, min_size=1, max_size=4)),
        st.builds(lambda rules: {"any": rules}, st.lists(inner, min_size=1, max_size=4)),
    ),
    max_leaves=9,
)
FACTS = st.dictionaries(st.sampled_from(NAMES), st.booleans(), max_size=8)


def plain(content: dict[str, Any], facts: dict[str, bool]) -> Status:
    """The tables read from the outside in, one node at a time."""
    if "not" in content:
        return negation(plain(content["not"], facts))
    for name, join in (("all", conjunction), ("any", disjunction)):
        if name in content:
            return join([plain(child, facts) for child in content[name]])
    got = facts.get(content["fact"])
    return "needs_document" if got is None else ("pass" if got else "fail")


@settings(max_examples=150, deadline=None)
@given(RULES, FACTS)
def test_meeting_the_nots_at_the_leaves_gives_the_answers_of_the_tables(
    content: dict[str, Any], facts: dict[str, bool]
) -> None:
    assert check_eligibility(read_rule(content), dict(facts)).status == plain(content, facts)


@settings(max_examples=150, deadline=None)
@given(RULES, FACTS, st.sampled_from(NAMES))
def test_evidence_that_agrees_never_turns_a_pass_into_a_fail(
    content: dict[str, Any], facts: dict[str, bool], shown: str
) -> None:
    rule = read_rule(content)
    declared = {name: [said(value)] for name, value in facts.items()}
    agreed = facts.get(shown, True)
    proven = {**declared, shown: [*declared.get(shown, []), said(agreed, "confirmed")]}
    before, after = check_eligibility(rule, declared), check_eligibility(rule, proven)
    if before.status != "needs_document":
        assert after.status == before.status


def brute_force(content: dict[str, Any], found: Finding) -> int | None:
    """Fewest things that settle it, by trying every set of things."""
    things = {("document", kind) for row in found.open_leaves for kind in row.leaf.evidence_asked} | {
        ("statement", row.leaf.fact) for row in found.open_leaves if not row.leaf.evidence_asked
    }
    rule = read_rule(content)
    for size in range(len(things) + 1):
        for given_things in combinations(sorted(things), size):
            settled = {
                row.path
                for row in found.open_leaves
                if {("document", kind) for kind in row.leaf.evidence_asked} <= set(given_things)
                and (row.leaf.evidence_asked or ("statement", row.leaf.fact) in given_things)
            }
            leaves = tuple(
                replace(row, status="pass") if row.path in settled else row for row in found.leaves
            )
            again = after_cure(rule, replace(found, leaves=leaves), notified_at=TOLD, now=TOLD - timedelta(1))
            if again.status == "pass":
                return size
    return None


@settings(max_examples=100, deadline=None)
@given(RULES, FACTS)
def test_no_smaller_set_of_papers_settles_it(content: dict[str, Any], facts: dict[str, bool]) -> None:
    rule = read_rule(content)
    found = check_eligibility(rule, {name: [said(value)] for name, value in facts.items()})
    smallest = smallest_proofs(rule, found)
    if found.status == "fail":
        assert smallest is None
    else:
        assert smallest is not None
        assert smallest.smallest
        assert smallest.size == brute_force(content, found)


def test_above_twelve_open_leaves_nothing_can_be_left_out() -> None:
    pairs = [{"any": [leaf(f"a{n}", evidence_asked=["deed", f"x{n}"]), leaf(f"b{n}")]} for n in range(10)]
    rule = read_rule({"all": pairs})
    found = check_eligibility(rule, {})
    proofs = smallest_proofs(rule, found)
    assert proofs is not None
    assert not proofs.smallest
    assert proofs.documents == ()
    assert proofs.statements == tuple(f"b{n}" for n in range(10))
    passed = check_eligibility(rule, dict.fromkeys(proofs.statements, True))
    assert passed.status == "pass"
    nothing = smallest_proofs(rule, passed)
    assert nothing is not None
    assert nothing.size == 0


CALL = {
    "all": [
        {
            "fact": "lead.age_days",
            "op": ">=",
            "value": 730,
            "clause": "2.1",
            "evidence_asked": ["registration"],
            "cure_days": 10,
        },
        {"not": {"any": [leaf("barred"), {"fact": "kind", "op": "in", "value": ["state"], "clause": "2.3"}]}},
        {"any": [{"fact": "since", "op": "<", "value": "2020-01-01", "clause": "3"}, leaf("open_source")]},
    ]
}


def test_the_checklist_prints_every_clause_with_what_was_found() -> None:
    rule = read_rule(CALL)
    assert checklist_text(checklist(rule)).splitlines() == [
        "All of:",
        "    [ ] lead.age_days is at least 730 (clause 2.1; proof: registration; 10 days to supply it)",
        "    All of:",
        "        [ ] barred is not yes (clause barred)",
        "        [ ] kind is none of state (clause 2.3)",
        "    One of:",
        "        [ ] since is less than 2020-01-01 (clause 3)",
        "        [ ] open_source is yes (clause open_source)",
    ]
    found = check_eligibility(rule, {"lead.age_days": 900, "kind": "state"})
    marks = [line.strip()[:3] for line in checklist_text(checklist(rule, found)).splitlines()]
    assert marks == ["All", "[x]", "All", "[?]", "[-]", "One", "[?]", "[?]"]


def test_the_quiz_asks_each_fact_once_and_decides_nothing() -> None:
    rule = read_rule(CALL)
    asked = {question.fact: question.kind for question in quiz_questions(rule)}
    kinds = {
        "lead.age_days": "number",
        "barred": "yes_no",
        "kind": "choice",
        "since": "day",
        "open_source": "yes_no",
    }
    assert asked == kinds
    answers: dict[str, FactValue] = {
        "lead.age_days": 900,
        "barred": False,
        "kind": "ngo",
        "open_source": True,
    }
    found = take_quiz(rule, answers)
    assert (found.status, found.provisional) == ("pass", True)
    assert not check_eligibility(rule, answers).provisional
