"""``almoner claim ask`` and ``answer``: what a verifier has to know, and what the claimant says to it."""

from datetime import date
from typing import Annotated, Any

import typer

from ...contracts.acts import asking, rounds
from ...contracts.claims import ClaimStatus
from ...contracts.questions import ClaimQuestion, Place
from ...finance.dates import instant_text, parse_day, system_clock
from ...finance.errors import DocumentInvalid
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database
from .writing import AgreementCode, ClaimCode, DryRun, show_document, writing

QuestionCode = Annotated[str, typer.Argument(metavar="QUESTION", help="Code of the question.")]
By = Annotated[str, typer.Option("--by", metavar="PARTY", help="Code of the party that says it.")]
Words = Annotated[str, typer.Option("--words", help="What is said.")]
Lines = Annotated[
    list[str], typer.Option("--metric", help="Results it is about, by metric; may be repeated.")
]
Until = Annotated[str, typer.Option("--answer-by", metavar="DAY", help="By when an answer is asked for.")]
Digests = Annotated[
    list[str], typer.Option("--evidence", metavar="SHA256", help="Of the claim, on record; may be repeated.")
]
NONE: list[str] = []


def ask(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    claim: ClaimCode,
    question: QuestionCode,
    by: By,
    words: Words,
    metric: Lines = NONE,
    answer_by: Until = "",
    *,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ask the claimant. Example: almoner claim ask pact c1 q1 --by lab --words "Who counted?"."""
    until: date | None = parse_day(answer_by) if answer_by else None
    with writing(db, dry_run=dry_run) as session:
        status = rounds.claim_status(session, book, code, claim, clock=system_clock)
        made = asking.ask(
            session,
            book,
            code,
            claim,
            by,
            words=words,
            key=question,
            clock=system_clock,
            lines=_lines(status, metric),
            answer_by=until,
        )
    lines = [*question_lines(made), f"Next: almoner claim answer {code} {claim} {question}"]
    show_document(question_document(made), as_json=as_json, dry_run=dry_run, lines=lines)


def _lines(status: ClaimStatus, metrics: list[str]) -> list[Place]:
    """Return the places of a claim that speak of some metrics."""
    places = [one.place for one in status.claim.results]
    strange = sorted(set(metrics) - {metric for metric, _, _ in places})
    if strange:
        named = ", ".join(sorted({metric for metric, _, _ in places}))
        raise DocumentInvalid(f"The claim says nothing about {strange[0]}. It speaks of {named}.")
    return [place for place in places if place[0] in metrics]


def answer(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    claim: ClaimCode,
    question: QuestionCode,
    by: By,
    words: Words,
    evidence: Digests = NONE,
    *,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question. Example: almoner claim answer pact c1 q1 --by home --words "The night staff."."""
    with writing(db, dry_run=dry_run) as session:
        made = asking.answer(
            session,
            book,
            code,
            claim,
            question,
            by,
            words=words,
            clock=system_clock,
            evidence=evidence,
        )
    lines = question_lines(made)
    show_document(question_document(made), as_json=as_json, dry_run=dry_run, lines=lines)


def question_lines(one: ClaimQuestion) -> list[str]:
    """Say a question and its answer in lines."""
    until = f", by {one.answer_by}" if one.answer_by and one.answer is None else ""
    about = f" about {', '.join(sorted({metric for metric, _, _ in one.lines}))}" if one.lines else ""
    lines = [f"question {one.code} by {one.asked_by}{about}{until}: {one.words}"]
    if one.answer is not None:
        lines.append(f"answer by {one.answer.answered_by}: {one.answer.words}")
        lines += [f"- evidence {digest}" for digest in one.answer.evidence]
    return lines


def question_document(one: ClaimQuestion) -> dict[str, Any]:
    """Return a question and its answer as JSON values."""
    told = None if one.answer is None else {**one.answer.said(), "at": instant_text(one.answer.at)}
    place = {"agreement": one.agreement, "claim": one.claim, "question": one.code}
    return {**place, **one.said(), "at": instant_text(one.at), "answer": told}
