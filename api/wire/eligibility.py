"""What is asked and answered about eligibility: the rule as a list and a quiz, facts, findings, waivers."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from ...challenges.admissions import WaiverEffect
from ...challenges.eligibility import (
    ChecklistRow,
    FactSource,
    FactValue,
    Finding,
    LeafFinding,
    QuizQuestion,
    Status,
)
from ...challenges.eligibility.checklists import AnswerKind
from ...challenges.eligibility.facts import Reason
from ...finance.documents import Code, Text
from .base import Asked, Instant, Made, Reply

MOST_ANSWERS = 500
Answers = Annotated[dict[Code, FactValue], Field(max_length=MOST_ANSWERS)]


class ChecklistLine(Reply):
    """One line of the rule as a list.

    Attributes
    ----------
    depth : int [levels]
        How far it is indented.
    cure_days : int [days]
        How long an applicant has to supply what is missing.
    """

    depth: int
    words: str
    clause: str
    evidence_asked: list[str]
    cure_days: int
    status: str | None

    @classmethod
    def of(cls, row: ChecklistRow) -> "ChecklistLine":
        """Return a line as a reply."""
        return cls(
            depth=row.depth,
            words=row.words,
            clause=row.clause,
            evidence_asked=list(row.evidence_asked),
            cure_days=row.cure_days,
            status=row.status,
        )


class QuizLine(Reply):
    """One question of the quiz: one fact that the rule asks."""

    fact: str
    kind: AnswerKind
    options: list[FactValue]
    clauses: list[str]
    evidence_asked: list[str]

    @classmethod
    def of(cls, question: QuizQuestion) -> "QuizLine":
        """Return a question as a reply."""
        return cls(
            fact=question.fact,
            kind=question.kind,
            options=list(question.options),
            clauses=list(question.clauses),
            evidence_asked=list(question.evidence_asked),
        )


class EligibilityReply(Reply):
    """Who may compete: the rule as a list, and as questions; both empty where everybody may."""

    checklist: list[ChecklistLine]
    questions: list[QuizLine]


class QuizRequest(Asked):
    """What somebody says of himself; it is stored nowhere."""

    answers: Answers


class LeafReply(Reply):
    """What one leaf of the rule says about one applicant.

    Attributes
    ----------
    path : str
        JSON pointer of the leaf inside the rule.
    cure_by : datetime or None
        From which instant it can no longer be cured; None before the notice.
    """

    path: str
    fact: str
    clause: str
    status: Status
    got: FactValue | None
    reason: str
    why: Reason
    evidence_asked: list[str]
    cure_by: Instant | None

    @classmethod
    def of(cls, row: LeafFinding) -> "LeafReply":
        """Return a leaf as a reply."""
        return cls(
            path=row.path,
            fact=row.leaf.fact,
            clause=row.leaf.clause,
            status=row.status,
            got=row.got,
            reason=row.reason,
            why=row.why,
            evidence_asked=list(row.leaf.evidence_asked),
            cure_by=row.cure_by,
        )


class QuizReply(Reply):
    """What the rule says of somebody's answers: provisional, and it decides nothing."""

    status: Status
    provisional: bool
    leaves: list[LeafReply]
    checklist: list[ChecklistLine]


class FindingReply(Made):
    """What is found of an application, leaf by leaf; without leaves everybody may compete.

    Attributes
    ----------
    number : int [findings]
        From 1; a change is a new finding.
    """

    application: str
    number: int
    status: Status
    leaves: list[LeafReply]

    @classmethod
    def of(cls, application: str, number: int, found: Finding | None) -> "FindingReply":
        """Return a finding as a reply."""
        return cls(
            application=application,
            number=number,
            status="pass" if found is None else found.status,
            leaves=[] if found is None else [LeafReply.of(row) for row in found.leaves],
        )


class FindingList(Reply):
    """Every finding of an application, oldest first."""

    items: list[FindingReply]
    next: str | None


class CuredLine(Reply):
    """An application whose status changed when it was checked again."""

    application: str
    status: Status


class CuredReply(Made):
    """Every application whose status changed."""

    changed: list[CuredLine]


class FindingNoticeRequest(Asked):
    """Who was told what was found, and when it arrived.

    Attributes
    ----------
    recipient : str or None
        The lead when left out.
    delivered_at : datetime or None
        Now when left out.
    """

    recipient: Code | None = None
    delivered_at: AwareDatetime | None = None


class FactRequest(Asked):
    """One statement of one fact.

    Attributes
    ----------
    value : bool, int or str
        Decimals and days as text.
    source : str
        ``declared`` by the applicant; ``recorded`` in a register; ``confirmed`` by a document that somebody
        outside the bundle has seen.
    evidence : str or None
        Kind of that document.
    evidence_sha256 : str or None
        Its digest.
    expires_on : date or None
        The first day on which it no longer holds.
    """

    fact: Code
    value: FactValue
    source: FactSource = "declared"
    evidence: Code | None = None
    evidence_sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    expires_on: date | None = None


class FactReply(Made):
    """What became of a statement.

    Attributes
    ----------
    late : str
        Why it does not count without a waiver: it came after the time to cure, and is kept. Empty in time.
    """

    fact: str
    stated_by: str
    late: str
    finding: FindingReply


class FactLine(Reply):
    """A statement on record."""

    fact: str
    value: FactValue
    source: FactSource
    stated_by: str
    evidence: str | None
    expires_on: date | None
    state: str
    received_at: Instant


class FactList(Reply):
    """Everything supplied for an application, by fact, oldest first."""

    items: list[FactLine]
    next: str | None


class WaiverRequest(Asked):
    """A clause to waive for one application.

    Attributes
    ----------
    effect : str
        ``lateness``: evidence after the time to cure counts; ``clause``: the clause counts as met.
    """

    clause: Annotated[str, Field(min_length=1, max_length=80)]
    effect: WaiverEffect
    reason: Text


class WaiverProposalReply(Made):
    """A waiver as it was proposed: nothing counts before somebody else agrees."""

    id: UUID
    application: str
    clause: str
    effect: WaiverEffect
    reason: str
    maker: str
