"""``almoner challenge …``."""

from typing import Annotated

import typer

from ...challenges.records.awards import list_awards
from ...challenges.records.briefs import find_challenge, list_challenges
from ...challenges.records.submissions import list_submissions
from ...finance.money import grouped
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, print_table
from .writing import reading

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Challenges: applications, awards, reasons."
)


@app.command("list")
def list_all(db: Database = DEFAULT_DB, book: Book = DEFAULT_BOOK, *, as_json: AsJson = False) -> None:
    """List the challenges of a book. Example: almoner challenge list."""
    with reading(db) as session:
        stored = [find_challenge(session, book, code) for code in list_challenges(session, book)]
        rows = [
            {
                "code": one.challenge.code,
                "title": one.challenge.brief.title,
                "fund": one.challenge.fund,
                "applications": len(list_submissions(session, one)),
                "awards": len(list_awards(session, one.id)),
            }
            for one in stored
        ]
    if as_json:
        print_json(rows)
        return
    print_table(
        f"Challenges of {book}",
        ("challenge", "title", "fund", "applications", "awards"),
        [
            tuple(str(row[name]) for name in ("code", "title", "fund", "applications", "awards"))
            for row in rows
        ],
        right=(3, 4),
    )


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="Code of the challenge.")],
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Show every application of a challenge, its finding and its award. Example: almoner challenge show C."""
    with reading(db) as session:
        stored = find_challenge(session, book, code)
        submissions = list_submissions(session, stored, withdrawn=True)
        awards = {row.application_id: row for row in list_awards(session, stored.id)}
    rows = [
        {
            "application": one.application.application_id,
            "title": one.application.title,
            "finding": "withdrawn" if one.withdrawn else one.status,
            "award": awards[one.application.application_id].amount.text
            if one.application.application_id in awards
            else "",
            "reason": awards[one.application.application_id].reason
            if one.application.application_id in awards
            else "",
        }
        for one in submissions
    ]
    if as_json:
        print_json({"challenge": code, "title": stored.challenge.brief.title, "applications": rows})
        return
    print_table(
        stored.challenge.brief.title,
        ("application", "title", "finding", "award"),
        [
            (r["application"], r["title"], r["finding"], grouped(r["award"]) if r["award"] else "")
            for r in rows
        ],
        right=(3,),
    )
