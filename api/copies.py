"""Copies of a SQLite database while it is written to, each verified before it counts.

The problem: a database in write-ahead mode is two files, and a copy of one of them looks whole and lacks the
last transactions. SQLite's own copy is consistent and lets others write. A copy nobody has read is no copy:
each is opened, its pages are checked, and every book in it is derived anew from its postings.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ..finance import acts
from ..finance.storage import UnitOfWork, open_engine
from .errors import NotCopied
from .records.feed import list_books

PAGES_AT_ONCE = 4096
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy, verified.

    Attributes
    ----------
    size : int [bytes]
        Of the file.
    books : dict of str to int [transactions]
        Verified in each book.
    """

    path: Path
    size: int
    books: dict[str, int]


def copy_database(source: Path, target: Path) -> Copied:
    """Copy a SQLite database, and verify the copy; a copy that does not verify is not kept.

    Parameters
    ----------
    source : Path
        The database; others may write to it meanwhile.
    target : Path
        Where the copy goes; nothing may be there yet.

    Raises
    ------
    NotCopied
        When the target is taken, the source is no database, or the copy does not verify.
    """
    if target.exists():
        raise NotCopied(f"There is something at {target} already. Take another name.", target=str(target))
    if not source.is_file():
        raise NotCopied(f"There is no database at {source}.", source=str(source))
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _copy(source, part)
        books = _verified(part)
        part.rename(target)
    except sqlite3.Error as fault:
        raise NotCopied(f"SQLite did not copy {source}: {fault}.", source=str(source)) from None
    finally:
        for left in (part, *(Path(f"{part}{end}") for end in ("-wal", "-shm", "-journal"))):
            left.unlink(missing_ok=True)
    _keep(target.parent)
    return Copied(path=target, size=target.stat().st_size, books=books)


def _copy(source: Path, part: Path) -> None:
    with (
        closing(
            sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=PATIENCE_S)
        ) as here,
        closing(sqlite3.connect(part)) as there,
    ):
        here.backup(there, pages=-1)
        there.execute("PRAGMA journal_mode=DELETE")
        found = there.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            raise NotCopied(
                f"The pages of the copy are damaged: {str(found[0][0])[:200]}.", source=str(source)
            )
    with part.open("rb") as file:
        os.fsync(file.fileno())


def _verified(part: Path) -> dict[str, int]:
    engine = open_engine(f"sqlite:///{part}")
    try:
        with UnitOfWork(engine) as session:
            books = [book for _, book in list_books(session)]
            found = {book: acts.verify(session, book) for book in books}
    finally:
        engine.dispose()
    wrong = {book: one.findings for book, one in found.items() if not one.verified}
    if wrong:
        book, findings = next(iter(wrong.items()))
        raise NotCopied(
            f"The copy does not verify, nor does the database: {len(findings)} findings in {book}. "
            f"Run: almoner ledger verify --book {book}",
            book=book,
            findings=list(findings)[:20],
        )
    with closing(sqlite3.connect(part)) as there:
        there.execute("PRAGMA journal_mode=DELETE")
    return {book: one.transactions for book, one in found.items()}


def _keep(folder: Path) -> None:
    """Write the folder's entry to disk, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
