"""The rule of a challenge as whoever may apply reads it: line by line, by clause, with what was found."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...challenges.eligibility.rules import RuleTree
from ..wire.eligibility import ChecklistLine
from .rule_words import checklist_said
from .words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One line of a rule.

    Attributes
    ----------
    number : str
        ``2.1`` is the first part of the second; empty for the line above all.
    said : str
        What has to be so, or how the lines below it count together.
    clause : str
        Of the call; empty for a line that only joins.
    status : str or None
        What was found, if anything was looked at.
    """

    number: str
    said: str
    clause: str
    evidence_asked: Sequence[str]
    status: str | None


def rule_lines_of(words: Words, rule: RuleTree | None, rows: Sequence[ChecklistLine]) -> list[RuleLine]:
    """Return the lines of a rule, numbered and in the reader's language.

    Parameters
    ----------
    words : Words
        The language.
    rule : AllOf, AnyOf, Not, Leaf or None
        The tree.
    rows : sequence of ChecklistLine
        As the operations list them.
    """
    found: list[RuleLine] = []
    counts: list[int] = []
    for said, row in zip(checklist_said(words, rule), rows, strict=True):
        counts = [*counts[: row.depth], (counts[row.depth] if row.depth < len(counts) else 0) + 1]
        found.append(
            RuleLine(
                number=".".join(str(one) for one in counts[1:]),
                said=said,
                clause=row.clause,
                evidence_asked=row.evidence_asked,
                status=row.status,
            )
        )
    return found
