"""``almoner feedback``: what one applicant is told, through the masks of the brief."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ...challenges import acts
from .application import show_seen
from .rounds import At, ChallengeCode, EntryCode, Person, PhaseCode, ViewerKind, clock_of
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_table, progress
from .writing import read_secret, reading

app = typer.Typer(add_completion=False, help="Feedback: what one applicant is told of the decision.")
SecretFile = Annotated[
    Path, typer.Option("--secret", metavar="FILE", help="Key of the judges' pseudonyms; keep it.")
]


@app.command()
def feedback(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    phase: PhaseCode,
    application: EntryCode,
    secret: SecretFile,
    viewer: ViewerKind = "own_applicant",
    person: Person = "",
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show a packet: marks, level, distance. Example: almoner feedback clean-water panel a-1 --secret k.key.

    Nothing of it is shown before the event that the brief names, mostly the announcement.
    """
    key = read_secret(secret)
    progress(f"Writing the packet of {application}")
    with reading(db) as session:
        seen = acts.show_feedback(
            session,
            book,
            challenge,
            phase,
            application,
            key=key,
            viewer=viewer,
            person=person,
            clock=clock_of(at, book),
        )
    marks = _marks(seen)
    if as_json or not marks:
        show_seen(application, viewer, seen, as_json=as_json)
        return
    show_seen(application, viewer, {"feedback": {**_packet(seen), "marks": None}}, as_json=False)
    print_table(
        "\nMarks",
        ("judge", "trait", "mark", "comment"),
        [tuple(str(one.get(name) or "") for name in ("judge", "trait", "mark", "comment")) for one in marks],
        right=(2,),
    )


def _packet(seen: Mapping[str, object]) -> Mapping[str, object]:
    packet = seen.get("feedback")
    return packet if isinstance(packet, Mapping) else {}


def _marks(seen: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the marks of a packet, as far as they are shown."""
    marks = _packet(seen).get("marks")
    return [one for one in marks if isinstance(one, Mapping)] if isinstance(marks, list) else []
