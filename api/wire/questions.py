"""What is asked and answered about questions on a claim."""

from datetime import date
from typing import Annotated

from pydantic import Field

from ...contracts.envelopes import Digest, Short
from ...contracts.questions import ClaimAnswer, ClaimQuestion, Place
from ...contracts.terms.document import WHOLE_TERM
from ...finance.documents import Code, Text
from .base import Asked, Instant, Made, PageQuery, Reply, Wire

MOST_LINES = 200
MOST_DIGESTS = 50


class ClaimPlace(Wire):
    """A result of a claim, without its value: of which metric, when, of whom.

    Examples
    --------
    >>> ClaimPlace(metric="nights").place
    ('nights', 'term', ())
    """

    metric: Code
    period: Short = WHOLE_TERM
    of: dict[str, str] = Field(default_factory=dict, description="Member by set, for a metric per member.")

    @property
    def place(self) -> Place:
        """The same as the floors know it."""
        return self.metric, self.period, tuple(sorted(self.of.items()))


class QuestionRequest(Asked):
    """A question on a claim, in the name of the caller's party."""

    code: Code
    words: Text
    lines: Annotated[
        list[ClaimPlace], Field(max_length=MOST_LINES, description="What it is about; empty for all of it.")
    ] = Field(default_factory=list)
    answer_by: Annotated[
        date | None, Field(description="By when an answer is asked for. Nothing follows from a later one.")
    ] = None


class AnswerRequest(Asked):
    """What the claimant says to a question, with digests of evidence that is on record for the claim."""

    words: Text
    evidence_sha256: Annotated[list[Digest], Field(max_length=MOST_DIGESTS)] = Field(default_factory=list)


class AnswerReply(Reply):
    """What the claimant said to a question."""

    answered_by: str
    answered_at: Instant
    words: str
    evidence_sha256: list[str]

    @classmethod
    def of(cls, one: ClaimAnswer) -> "AnswerReply":
        """Return an answer as a reply."""
        return cls(
            answered_by=one.answered_by,
            answered_at=one.at,
            words=one.words,
            evidence_sha256=list(one.evidence),
        )


class QuestionReply(Made):
    """A question on a claim, with its answer once there is one."""

    agreement: str
    claim: str
    code: str
    asked_by: str
    asked_at: Instant
    words: str
    lines: list[ClaimPlace]
    answer_by: date | None
    answer: AnswerReply | None

    @classmethod
    def of(cls, one: ClaimQuestion) -> "QuestionReply":
        """Return a question as a reply."""
        return cls(
            agreement=one.agreement,
            claim=one.claim,
            code=one.code,
            asked_by=one.asked_by,
            asked_at=one.at,
            words=one.words,
            lines=[ClaimPlace(metric=metric, period=when, of=dict(of)) for metric, when, of in one.lines],
            answer_by=one.answer_by,
            answer=AnswerReply.of(one.answer) if one.answer else None,
        )


class QuestionList(Reply):
    """A page of questions, the oldest first."""

    items: list[QuestionReply]
    next: str | None


class WaitingQuestionQuery(PageQuery):
    """Which questions on claims that are not decided."""

    mine: bool = Field(default=False, description="Only those your party asked.")
    answered: bool | None = Field(default=None, description="Only those with an answer, or without one.")
