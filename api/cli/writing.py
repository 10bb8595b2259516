"""Commands that write: one transaction, undone by ``--dry-run``; keys from files; options they share.

The problem: whoever tries out a command on real money wants to see what would come, and must be sure that
nothing did. A dry run does all of it, on the same tables under the same rules, shows it, and rolls it back.
"""

import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ...finance.errors import DocumentInvalid
from ...finance.signatures import sign_bytes
from ...finance.storage import Engine, Session, UnitOfWork, open_engine
from .sheets import STANDARD_OUTPUT
from .show import print_json, progress

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would come; nothing is written.")]
Explain = Annotated[bool, typer.Option("--explain", help="Show how each amount came about.")]
AgreementCode = Annotated[str, typer.Argument(metavar="AGREEMENT", help="Code of the agreement.")]
ClaimCode = Annotated[str, typer.Argument(metavar="CLAIM", help="Code of the claim.")]
AsName = Annotated[str, typer.Option("--as", metavar="NAME", help="Who acts: the name in the agreement.")]
KeyFile = Annotated[Path, typer.Option("--key", metavar="FILE", help="Secret key: 64 hexadecimal digits.")]
Keys = Annotated[
    list[str],
    typer.Option("--key", metavar="[NAME=]FILE", help="Secret key of a signer; may be repeated."),
]
Signatures = Annotated[
    list[str],
    typer.Option("--signature", metavar="[NAME=]HEX", help="Signature made elsewhere; may be repeated."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write to a file; - for standard output.")]
SECRET = re.compile(rb"[0-9a-fA-F]{64}")
SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")


class _UndoneError(Exception):
    """Ends a dry run: its transaction is rolled back."""


@contextmanager
def writing(db: str, *, dry_run: bool) -> Iterator[Session]:
    """Open one transaction: committed when the block ends well, undone when it is a dry run.

    Parameters
    ----------
    db : str
        Address of the database.
    dry_run : bool
        Whether all of it is rolled back at the end.
    """
    try:
        with reading(db) as session:
            yield session
            if dry_run:
                _undo()
    except _UndoneError:
        progress("Dry run: nothing was written.")


@contextmanager
def reading(db: str) -> Iterator[Session]:
    """Open one transaction on a database that exists.

    Parameters
    ----------
    db : str
        Address of the database.
    """
    with opened(db) as engine, UnitOfWork(engine) as session:
        yield session


@contextmanager
def opened(db: str) -> Iterator[Engine]:
    """Open a database that exists, and let go of it at the end.

    Parameters
    ----------
    db : str
        Address of the database.
    """
    engine = open_engine(db, must_exist=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _undo() -> NoReturn:
    raise _UndoneError


def told(document: Mapping[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """Return a document that says whether it was written."""
    return {**document, "written": not dry_run}


def read_bytes(path: Path) -> bytes:
    """Read a file, or standard input for ``-``."""
    return sys.stdin.buffer.read() if path == STANDARD_OUTPUT else path.read_bytes()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, or to standard output for ``-``."""
    if path == STANDARD_OUTPUT:
        sys.stdout.write(content.decode())
        return
    path.write_bytes(content)
    progress(f"Written: {path}")


def read_secret(path: Path) -> bytes:
    """Read a secret key; warn when others can read it too.

    Parameters
    ----------
    path : Path
        File with 64 hexadecimal digits.

    Raises
    ------
    DocumentInvalid
        When it holds anything else; the message does not repeat it.
    """
    content = path.read_bytes().strip()
    if not SECRET.fullmatch(content):
        raise DocumentInvalid(
            f"{path} holds no secret key: {len(content)} characters instead of 64 hexadecimal digits. "
            "Make one with: openssl rand -hex 32",
            file=str(path),
        )
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        progress(f"Others on this machine can read the secret key in {path}. Close it with: chmod 600 {path}")
    return bytes.fromhex(content.decode())


def gather_signatures(
    content: bytes, keys: Sequence[str], signatures: Sequence[str], who: str = ""
) -> dict[str, bytes]:
    """Sign with the keys that are given, and add signatures that were made elsewhere.

    Parameters
    ----------
    content : bytes
        What is signed.
    keys : sequence of str
        ``NAME=FILE``, or ``FILE`` alone for the one who acts.
    signatures : sequence of str
        ``NAME=HEX``, or ``HEX`` alone for the one who acts.
    who : str
        Who acts.

    Raises
    ------
    DocumentInvalid
        When nobody signs, a name is missing or stands twice, or a signature is malformed.
    """
    made = [(name, sign_bytes(read_secret(Path(file)), content)) for name, file in _named(keys, who)]
    made += [(name, _signature(name, text)) for name, text in _named(signatures, who)]
    if not made:
        raise DocumentInvalid("Nobody signs. Name who does: --as NAME --key FILE, or --signature NAME=HEX.")
    twice = sorted({name for name, _ in made if [one for one, _ in made].count(name) > 1})
    if twice:
        raise DocumentInvalid(f"{', '.join(twice)} would sign twice. Give one key or signature for each.")
    return dict(made)


def one_signature(content: bytes, keys: Sequence[str], signatures: Sequence[str], who: str) -> bytes:
    """Return the signature of the one who acts.

    Parameters
    ----------
    content : bytes
        What is signed.
    keys, signatures : sequence of str
        One of either.
    who : str
        Who acts.

    Raises
    ------
    DocumentInvalid
        When there is none, or that of others.
    """
    made = gather_signatures(content, keys, signatures, who)
    if list(made) != [who]:
        raise DocumentInvalid(f"Only {who} signs here, not {', '.join(made)}. Leave the others out.")
    return made[who]


def _named(given: Iterable[str], who: str) -> list[tuple[str, str]]:
    """Split ``NAME=VALUE``; without a name it is that of the one who acts."""
    pairs = []
    for text in given:
        name, sign, value = text.partition("=")
        if not sign and not who:
            raise DocumentInvalid("Say who signs: --as NAME, or NAME= before the file or the signature.")
        pairs.append((name, value) if sign else (who, text))
    return pairs


def _signature(name: str, text: str) -> bytes:
    if not SIGNATURE.fullmatch(text):
        raise DocumentInvalid(
            f"The signature of {name} has {len(text)} characters instead of 128 hexadecimal digits.",
            party=name,
        )
    return bytes.fromhex(text)


def read_pairs(given: Iterable[str], option: str) -> dict[str, str]:
    """Read ``NAME=VALUE`` options.

    Parameters
    ----------
    given : iterable of str
        As typed.
    option : str
        Its name, for the message.

    Raises
    ------
    DocumentInvalid
        When one has no sign of equality, or a name stands twice.
    """
    pairs: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name or name in pairs:
            raise DocumentInvalid(f"{text!r} is no {option}. Write NAME=VALUE, each name once.", got=text)
        pairs[name] = value
    return pairs


def show_document(document: Mapping[str, Any], *, as_json: bool, dry_run: bool, lines: Iterable[str]) -> None:
    """Print what a command did: one JSON document, or some lines.

    Parameters
    ----------
    document : Mapping
        All of it.
    as_json : bool
        Which of both.
    dry_run : bool
        Whether it was undone.
    lines : iterable of str
        For people.
    """
    if as_json:
        print_json(told(document, dry_run=dry_run))
        return
    for line in lines:
        print(line)
