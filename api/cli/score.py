"""``almoner score``: one judge's read of one entry, or many reads from a file, all or none."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.errors import ScoreInvalid
from ...finance.errors import AlmonerError, DocumentInvalid
from ...finance.storage import Session
from ..problems import DONE, FINDING
from .rounds import NONE, At, ChallengeCode, clock_of
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_table
from .waiting import bar
from .writing import DryRun, read_bytes, read_pairs, show_document, writing

app = typer.Typer(add_completion=False, help="Scores: one read, or many from a file.")
Entry = Annotated[str, typer.Argument(metavar="[APPLICATION]", help="Code of the application.")]
JudgeName = Annotated[str, typer.Argument(metavar="[JUDGE]", help="Code of the judge.")]
Marks = Annotated[
    list[str],
    typer.Option("--mark", metavar="TRAIT=MARK", help="All traits at once; nothing after = abstains."),
]
Comments = Annotated[list[str], typer.Option("--comment", metavar="TRAIT=TEXT", help="On a trait; repeated.")]
Rows = Annotated[
    Path | None,
    typer.Option(
        "--csv", metavar="FILE", help="Columns application, judge, trait, mark, comment; - for input."
    ),
]
COLUMNS = ("application", "judge", "trait", "mark")
SHOWN = 50


@dataclass(slots=True)
class ReadRows:
    """One read as a file gives it.

    Attributes
    ----------
    row : int [row]
        First row of it in the file; the headings are row 1.
    application, judge : str
        Whose work, by whom.
    marks, comments : dict
        By trait; an empty mark abstains.
    """

    row: int
    application: str
    judge: str
    marks: dict[str, str | None] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


@app.command()
def score(  # noqa: PLR0913  # one option each
    challenge: ChallengeCode,
    application: Entry = "",
    judge: JudgeName = "",
    mark: Marks = NONE,
    comment: Comments = NONE,
    rows: Rows = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    at: At = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Record a read. Example: almoner score W a-1 j-1 --mark reach=3.7 --comment "reach=Far".

    From a file: almoner score W --csv reads.csv. With --dry-run every fault is listed by row, and it exits 1.
    """
    if (rows is None) == (not application):
        raise DocumentInvalid(
            "Give one read, APPLICATION JUDGE --mark TRAIT=MARK, or a file of reads, --csv FILE."
        )
    if rows is not None:
        reads = list(_reads(read_bytes(rows)))
    else:
        marks = {trait: text or None for trait, text in read_pairs(mark, "mark").items()}
        reads = [ReadRows(0, application, judge, marks, read_pairs(comment, "comment"))]
    with writing(db, dry_run=dry_run) as session, bar(f"Recording reads of {challenge}") as shown:
        faults = []
        for n, read in enumerate(reads, start=1):
            fault = _record(session, book, challenge, read, at, in_file=rows is not None)
            faults += [] if fault is None else [fault]
            shown(n, len(reads))
        if faults and not dry_run:
            raise ScoreInvalid(
                f"{len(faults)} of {len(reads)} reads are refused, so nothing was recorded: "
                f"row {faults[0]['row']}: {faults[0]['message']} See them all with --dry-run.",
                findings=faults,
            )
    _say(challenge, reads, faults, as_json=as_json, dry_run=dry_run)
    return FINDING if faults else DONE


def _record(
    session: Session, book: str, challenge: str, read: ReadRows, at: str | None, *, in_file: bool
) -> dict[str, Any] | None:
    """Record one read; in a file a refusal is a fault of its row."""
    try:
        with session.begin_nested():
            acts.score(
                session,
                book,
                challenge,
                read.application,
                read.judge,
                read.marks,
                clock=clock_of(at, book),
                comments=read.comments,
            )
    except AlmonerError as error:
        if not in_file:
            raise
        return {
            "row": read.row,
            "application": read.application,
            "judge": read.judge,
            "code": error.code,
            "message": error.message,
        }
    return None


def _reads(raw: bytes) -> Iterator[ReadRows]:
    """Put the rows of a file together: one read for each application and judge."""
    try:
        lines = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as fault:
        raise DocumentInvalid(f"The reads are no CSV file in UTF-8: {fault}.") from None
    missing = [name for name in COLUMNS if not lines or name not in lines[0]]
    if missing:
        raise DocumentInvalid(
            f"The file of reads lacks {', '.join(missing)}, or has no row. Its first row names the columns "
            f"{', '.join(COLUMNS)}, and comment if there are any."
        )
    found: dict[tuple[str, str], ReadRows] = {}
    for number, line in enumerate(lines, start=2):
        cells = {name: (line.get(name) or "").strip() for name in (*COLUMNS, "comment")}
        key = (cells["application"], cells["judge"])
        read = found.setdefault(key, ReadRows(number, *key))
        if cells["trait"] in read.marks:
            raise DocumentInvalid(
                f"Row {number}: {key[1]} marks {cells['trait']} of {key[0]} a second time. Keep one row.",
                row=number,
            )
        read.marks[cells["trait"]] = cells["mark"] or None
        if cells["comment"]:
            read.comments[cells["trait"]] = cells["comment"]
    yield from found.values()


def _say(
    challenge: str, reads: list[ReadRows], faults: list[dict[str, Any]], *, as_json: bool, dry_run: bool
) -> None:
    good = len(reads) - len(faults)
    document = {"challenge": challenge, "reads": len(reads), "accepted": good, "faults": faults}
    if as_json or not faults:
        lines = [f"{good} {'read' if good == 1 else 'reads'} of {challenge}: accepted."]
        show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)
        return
    print_table(
        f"{len(faults)} of {len(reads)} reads would be refused",
        ("row", "application", "judge", "why"),
        [(str(one["row"]), one["application"], one["judge"], one["message"]) for one in faults[:SHOWN]],
        right=(0,),
    )
    if len(faults) > SHOWN:
        print(f"and {len(faults) - SHOWN} more; --json lists them all.")
