"""``almoner eligibility …``: who may enter, before anybody writes a proposal; checked, asked, printed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...challenges.acts.finding import find_in_force, find_now
from ...challenges.admissions import application_facts, known_facts
from ...challenges.applications import Application
from ...challenges.brief import Brief
from ...challenges.eligibility import (
    Finding,
    ProofSet,
    check_eligibility,
    checklist,
    checklist_text,
    quiz_questions,
    smallest_proofs,
    take_quiz,
)
from ...challenges.eligibility.rules import RuleTree
from ...finance.dates import as_utc
from ...finance.errors import DocumentInvalid
from ..problems import DONE, FINDING
from .rounds import NONE, ApplicationFile, At, brief_of, clock_of, read_facts
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import read_bytes, reading

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Eligibility: checked, asked as a quiz, printed as a list.",
)
OfBrief = Annotated[
    Path | None, typer.Option("--brief", metavar="FILE", help="A brief that is not published.")
]
OfChallenge = Annotated[str, typer.Option("--challenge", help="Code of a published challenge.")]
Answers = Annotated[
    list[str], typer.Option("--answer", metavar="FACT=VALUE", help="Yes, no, a number or a text; repeated.")
]


@app.command()
def check(
    file: ApplicationFile,
    brief: OfBrief = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> int:
    """Check an application; exits 1 unless it passes. Example: almoner eligibility check a-1.json.

    With --brief no database is needed, and what the book has on record about the applicant plays no part.
    """
    application, clock = Application.read(read_bytes(file)), clock_of(at, book)
    if brief is not None:
        rules = Brief.read(read_bytes(brief))
        known = known_facts(application, application_facts(application))
        trusted = rules.disclosure_policy.facts == "declared"
        rule = rules.eligibility
        found = None if rule is None else check_eligibility(rule, known, clock().date(), trusted=trusted)
    else:
        with reading(db) as session:
            now = as_utc(clock())
            stored = find_in_force(session, book, application.challenge_id, now)
            rule = stored.challenge.brief.eligibility
            found = find_now(session, stored, application, None, received_at=now, now=now)
    return _say_finding(application.application_id, rule, found, as_json=as_json)


@app.command()
def quiz(
    brief: OfBrief = None,
    challenge: OfChallenge = "",
    answer: Answers = NONE,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> int:
    """Ask what the rules ask; nothing is kept. Example: almoner eligibility quiz --brief brief.json.

    With answers it says what they come to, provisionally: --answer lead.kind=ngo --answer open_source=yes
    """
    rule = _rule(brief, challenge, db, book, at)
    if answer and rule is not None:
        return _say_finding("You", rule, take_quiz(rule, read_facts(answer)), as_json=as_json)
    questions = () if rule is None else quiz_questions(rule)
    if as_json:
        print_json(
            [
                {
                    "fact": one.fact,
                    "kind": one.kind,
                    "options": list(one.options),
                    "clauses": list(one.clauses),
                    "evidence_asked": list(one.evidence_asked),
                }
                for one in questions
            ]
        )
        return DONE
    print_table(
        "What the rules ask",
        ("fact", "answer", "one of", "clauses", "proof asked later"),
        [
            (
                one.fact,
                one.kind.replace("_", " or "),
                ", ".join(map(str, one.options)),
                ", ".join(one.clauses),
                ", ".join(one.evidence_asked),
            )
            for one in questions
        ],
    )
    return DONE


@app.command("checklist")
def print_checklist(
    brief: OfBrief = None,
    challenge: OfChallenge = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Print what must hold, with a box for each. Example: almoner eligibility checklist --challenge W."""
    rule = _rule(brief, challenge, db, book, at)
    rows = () if rule is None else checklist(rule)
    if as_json:
        print_json(
            [
                {
                    "depth": row.depth,
                    "words": row.words,
                    "clause": row.clause,
                    "evidence_asked": list(row.evidence_asked),
                    "cure_days": row.cure_days,
                }
                for row in rows
            ]
        )
    else:
        print(checklist_text(rows) if rows else "Everybody may enter.")


def _rule(brief: Path | None, challenge: str, db: str, book: str, at: str | None) -> RuleTree | None:
    if (brief is None) == (not challenge):
        raise DocumentInvalid("Name the rules: --brief FILE, or --challenge CODE.")
    if brief is not None:
        return Brief.read(read_bytes(brief)).eligibility
    with reading(db) as session:
        return brief_of(session, book, challenge, clock_of(at, book)).eligibility


def _say_finding(who: str, rule: RuleTree | None, found: Finding | None, *, as_json: bool) -> int:
    if rule is None or found is None:
        document: dict[str, Any] = {"application": who, "status": "pass", "leaves": [], "supply": None}
        if as_json:
            print_json(document)
        else:
            print("Everybody may enter.")
        return DONE
    proofs = smallest_proofs(rule, found)
    if as_json:
        print_json({"application": who, **found.content(), "supply": _proofs(proofs)})
    else:
        word = " (provisional)" if found.provisional else ""
        print(f"{who}: {found.status.replace('_', ' ')}{word}")
        print_table(
            "",
            ("clause", "finding", "why"),
            [(row.leaf.clause, row.status.replace("_", " "), row.reason) for row in found.leaves],
        )
        if found.status == "needs_document" and proofs is not None:
            print(f"Supply: {', '.join((*proofs.documents, *proofs.statements))}")
    return DONE if found.status == "pass" else FINDING


def _proofs(proofs: ProofSet | None) -> dict[str, Any] | None:
    if proofs is None:
        return None
    return {
        "documents": list(proofs.documents),
        "statements": list(proofs.statements),
        "clauses": list(proofs.clauses),
        "smallest": proofs.smallest,
    }
