"""Questions on a claim as its pages show them: to who verifies, who claimed, and who pays."""

from collections.abc import Sequence

from ...wire.claims import ClaimReply, ResultRow
from ...wire.questions import ClaimPlace, QuestionList, QuestionReply
from ..view import Column, Sheet
from ..visit import Visit
from ..words import Words

MOST = 200
Shown = tuple[QuestionReply, str, list[tuple[str, str]]]


def read_questions(visit: Visit) -> Sequence[QuestionReply]:
    """Return the questions on the claim of this page; none where the visitor sees none."""
    found = visit.find(QuestionList, "question.list", limit=MOST)
    return found.items if found else ()


def show_questions(claim: ClaimReply, questions: Sequence[QuestionReply]) -> list[Shown]:
    """Return each question with what it is about, and the evidence its answer names.

    Parameters
    ----------
    claim : ClaimReply
        What they are on.
    questions : sequence of QuestionReply
        The oldest first.
    """
    told = {one.sha256: one.description for one in claim.evidence or ()}
    return [
        (
            one,
            "; ".join(place_said(line) for line in one.lines),
            [(digest, told.get(digest, "")) for digest in (one.answer.evidence_sha256 if one.answer else ())],
        )
        for one in questions
    ]


def place_said(one: ClaimPlace | ResultRow) -> str:
    """Return what a result is of, in the words of the terms."""
    return " ".join((one.metric, one.period, *(member for _, member in sorted(one.of.items()))))


def question_sheet(words: Words, questions: Sequence[QuestionReply]) -> Sheet:
    """Return the questions on a claim and their answers as a table."""
    return Sheet(
        title=words._("Questions and answers"),
        columns=[
            Column(name=words._("Question")),
            Column(name=words._("About")),
            Column(name=words._("Asked by")),
            Column(name=words._("Asked on"), kind="instant"),
            Column(name=words._("Answer by"), kind="day"),
            Column(name=words._("Answer")),
            Column(name=words._("Answered on"), kind="instant"),
            Column(name=words._("Evidence of the answer"), kind="digest"),
        ],
        rows=[_row(one) for one in questions],
        empty=words._("Nothing was asked."),
    )


def _row(one: QuestionReply) -> tuple[str, ...]:
    said = one.answer
    return (
        one.words,
        "; ".join(place_said(line) for line in one.lines),
        one.asked_by,
        one.asked_at.isoformat(),
        one.answer_by.isoformat() if one.answer_by else "",
        said.words if said else "",
        said.answered_at.isoformat() if said else "",
        " ".join(said.evidence_sha256) if said else "",
    )


def asked_sheet(visit: Visit) -> Sheet | None:
    """Return what the visitor has asked about undecided claims, answers first; None without any."""
    words = visit.words
    found = visit.find(QuestionList, "waiting_question.list", mine=True, limit=MOST)
    items = sorted(found.items, key=lambda one: one.answer is None) if found else []
    if not items:
        return None
    return Sheet(
        title=words._("What you have asked"),
        columns=[
            Column(name=words._("Claim")),
            Column(name=words._("Agreement")),
            Column(name=words._("Question")),
            Column(name=words._("Answer by"), kind="day"),
            Column(name=words._("Answer")),
        ],
        rows=[
            (
                one.claim,
                one.agreement,
                one.words,
                one.answer_by.isoformat() if one.answer_by else "",
                one.answer.words if one.answer else words._("none yet"),
            )
            for one in items
        ],
        links=[
            f"{visit.address('bench_claim', agreement=one.agreement, claim=one.claim)}#questions"
            for one in items
        ],
    )
