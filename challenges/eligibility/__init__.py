"""Eligibility: who may compete, decided by a rule that anybody can run on the same facts."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .checking import (
        after_cure,
        check_eligibility,
        count_leaves,
        cure_end,
    )
    from .checklists import (
        ChecklistRow,
        QuizQuestion,
        checklist,
        checklist_text,
        quiz_questions,
        take_quiz,
    )
    from .facts import (
        FactBase,
        FactSource,
        FactStanding,
        FactStatement,
        standing_of,
    )
    from .findings import (
        Finding,
        LeafFinding,
        read_finding,
    )
    from .levels import (
        Status,
        conjunction,
        disjunction,
        negation,
    )
    from .proofs import (
        ProofSet,
        smallest_proofs,
    )
    from .rules import (
        AllOf,
        AnyOf,
        EligibilityRule,
        Leaf,
        Not,
        Rule,
        RuleTree,
        rule_findings,
        rule_leaves,
    )
    from .values import (
        FactValue,
        compare,
        own_value,
        read_options,
        same_value,
        value_kind,
    )
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".checking": (
                "after_cure",
                "check_eligibility",
                "count_leaves",
                "cure_end",
            ),
            ".checklists": (
                "ChecklistRow",
                "QuizQuestion",
                "checklist",
                "checklist_text",
                "quiz_questions",
                "take_quiz",
            ),
            ".facts": (
                "FactBase",
                "FactSource",
                "FactStatement",
                "FactStanding",
                "standing_of",
            ),
            ".findings": (
                "Finding",
                "LeafFinding",
                "read_finding",
            ),
            ".levels": (
                "Status",
                "conjunction",
                "disjunction",
                "negation",
            ),
            ".proofs": (
                "ProofSet",
                "smallest_proofs",
            ),
            ".rules": (
                "AllOf",
                "AnyOf",
                "EligibilityRule",
                "Leaf",
                "Not",
                "Rule",
                "RuleTree",
                "rule_findings",
                "rule_leaves",
            ),
            ".values": (
                "FactValue",
                "compare",
                "own_value",
                "read_options",
                "same_value",
                "value_kind",
            ),
        },
    )

__all__ = [
    "AllOf",
    "AnyOf",
    "ChecklistRow",
    "EligibilityRule",
    "FactBase",
    "FactSource",
    "FactStanding",
    "FactStatement",
    "FactValue",
    "Finding",
    "Leaf",
    "LeafFinding",
    "Not",
    "ProofSet",
    "QuizQuestion",
    "Rule",
    "RuleTree",
    "Status",
    "after_cure",
    "check_eligibility",
    "checklist",
    "checklist_text",
    "compare",
    "conjunction",
    "count_leaves",
    "cure_end",
    "disjunction",
    "negation",
    "own_value",
    "quiz_questions",
    "read_finding",
    "read_options",
    "rule_findings",
    "rule_leaves",
    "same_value",
    "smallest_proofs",
    "standing_of",
    "take_quiz",
    "value_kind",
]
