"""Questions on claims over HTTP: what verifiers ask, and what the claimant answers."""

from ...contracts.acts import asking
from ...contracts.records import claims, questions
from ...finance.documents import Code
from ..door import Call
from ..duties import require_free_verifier
from ..operation import Operation
from ..paging import PageQuery, cut, page_of, read_cursor
from ..parts import find_stored
from ..wire.questions import (
    AnswerRequest,
    QuestionList,
    QuestionReply,
    QuestionRequest,
    WaitingQuestionQuery,
)
from .claims import CLAIM, claimed_by

QUESTIONS = f"{CLAIM}/questions"


def list_questions(call: Call, agreement: Code, claim: Code, query: PageQuery) -> QuestionList:
    """List the questions on a claim with their answers, the oldest first."""
    stored = find_stored(call, agreement)
    claims.find_claim(call.session, stored, claim)
    found = questions.list_questions(call.session, stored, claim)
    rows, after = cut(call, query, found, lambda one: (one.id,), name=f"question.list/{agreement}/{claim}")
    return QuestionList(items=[QuestionReply.of(one.question) for one in rows], next=after)


def ask_question(call: Call, agreement: Code, claim: Code, body: QuestionRequest) -> QuestionReply:
    """Ask the claimant about a claim that is not decided; it moves nothing."""
    require_free_verifier(call, agreement, claim)
    made = asking.ask(
        call.session,
        call.book,
        agreement,
        claim,
        call.party,
        words=body.words,
        key=body.code,
        clock=call.clock,
        lines=[one.place for one in body.lines],
        answer_by=body.answer_by,
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/claims/{claim}/questions"
    return QuestionReply.of(made)


def answer_question(
    call: Call, agreement: Code, claim: Code, question: Code, body: AnswerRequest
) -> QuestionReply:
    """Answer a question on your own claim, once; it moves nothing."""
    made = asking.answer(
        call.session,
        call.book,
        agreement,
        claim,
        question,
        call.party,
        words=body.words,
        clock=call.clock,
        evidence=body.evidence_sha256,
    )
    call.location = f"/books/{call.book}/agreements/{agreement}/claims/{claim}/questions"
    return QuestionReply.of(made)


def list_waiting_questions(call: Call, query: WaitingQuestionQuery) -> QuestionList:
    """List the questions on claims of the book that are not decided, the oldest first."""
    asked_by = call.party if query.mine else ""
    return _open(call, query, "waiting_question.list", asked_by=asked_by, answered=query.answered)


def list_own_questions(call: Call, query: PageQuery) -> QuestionList:
    """List the questions that one's own party has to answer, on claims that are not decided."""
    return _open(call, query, "own-question.list", claimed_by=call.party, answered=False)


def _open(
    call: Call,
    query: PageQuery,
    name: str,
    *,
    asked_by: str = "",
    claimed_by: str = "",
    answered: bool | None = None,
) -> QuestionList:
    rows = questions.list_open(
        call.session,
        call.book_id,
        after=read_cursor(call, query, name),
        limit=query.limit + 1,
        asked_by=asked_by,
        claimed_by=claimed_by,
        answered=answered,
    )
    page, after = page_of(call, query, rows, lambda one: (one.id,), name=name)
    seen = [one.question for one in page if call.may_list(f"agreement/{one.question.agreement}")]
    return QuestionList(items=[QuestionReply.of(one) for one in seen], next=after)


OPERATIONS = (
    Operation(
        name="own-question.list",
        method="GET",
        path="/books/{book}/own-questions",
        handler=list_own_questions,
        tag="own-work",
        lists=True,
        narrows=True,
    ),
    Operation(
        name="question.answer",
        method="POST",
        path=f"{QUESTIONS}/{{question}}/answers",
        handler=answer_question,
        tag="claims",
        status=201,
        owner=claimed_by,
        examples={"with its page": {"words": "Page 12 shows it.", "evidence_sha256": ["b7" * 32]}},
    ),
    Operation(
        name="question.ask",
        method="POST",
        path=QUESTIONS,
        handler=ask_question,
        tag="claims",
        status=201,
        examples={
            "one line": {"code": "q1", "words": "Who counted?", "lines": [{"metric": "nights"}]},
            "by a day": {"code": "q2", "words": "May I see page 12?", "answer_by": "2026-02-01"},
        },
    ),
    Operation(
        name="question.list",
        method="GET",
        path=QUESTIONS,
        handler=list_questions,
        tag="claims",
        owner=claimed_by,
    ),
    Operation(
        name="waiting_question.list",
        method="GET",
        path="/books/{book}/waiting-questions",
        handler=list_waiting_questions,
        tag="claims",
        lists=True,
    ),
)
