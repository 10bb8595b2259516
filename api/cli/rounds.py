"""What the commands of challenges share: arguments, who looks, the fund behind a challenge, and the time.

The problem: a round takes months, and nobody learns to run one by waiting. In a book for rehearsal, whose
code starts with ``demo`` or ``rehearsal``, ``--at`` says at which instant a step is taken; every other book
takes the time of the machine and refuses the option.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ...challenges import acts
from ...challenges.acts import DecisionInputs
from ...challenges.awarding import TieBreak
from ...challenges.brief import Brief
from ...challenges.eligibility import FactValue
from ...challenges.prizes import MeasuredProgress
from ...challenges.records.briefs import find_challenge
from ...challenges.visibility import Viewer
from ...finance.dates import Clock, as_utc, fixed_clock, system_clock
from ...finance.errors import DocumentInvalid
from ...finance.funds import PooledFund
from ...finance.records import registry
from ...finance.storage import Session
from .writing import read_bytes, read_pairs

ChallengeCode = Annotated[str, typer.Argument(metavar="CHALLENGE", help="Code of the challenge.")]
PhaseCode = Annotated[str, typer.Argument(metavar="PHASE", help="Phase of its brief.")]
EntryCode = Annotated[str, typer.Argument(metavar="APPLICATION", help="Code of the application.")]
JudgeCode = Annotated[str, typer.Argument(metavar="JUDGE", help="Code of the judge.")]
BriefFile = Annotated[
    Path, typer.Argument(metavar="BRIEF", help="Brief of a challenge (JSON); - for standard input.")
]
ApplicationFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Application (JSON); - for standard input.")
]
By = Annotated[str, typer.Option("--by", metavar="PERSON", help="Code of who does it.")]
Checker = Annotated[str, typer.Option("--checker", metavar="PERSON", help="Code of the second person.")]
Person = Annotated[str, typer.Option("--person", help="Code of who looks; conflicts hide what they concern.")]
ViewerKind = Annotated[
    Viewer, typer.Option("--viewer", help="In which role somebody looks: the masks of the brief apply.")
]
Use = Annotated[
    list[str], typer.Option("--use", metavar="COLUMN=VALUE", help="What the money is for; may be repeated.")
]
TieSeed = Annotated[str, typer.Option("--tie-seed", help="Published seed of a lottery among ties.")]
PanelOrder = Annotated[
    list[str],
    typer.Option("--panel-order", metavar="A,B,…", help="Recorded order of a tie; may be repeated."),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="INSTANT", help="When it happens, in a book for rehearsal: 2027-01-05T09:00Z."
    ),
]
REHEARSAL = ("demo", "rehearsal")
NONE: list[str] = []


def clock_of(at: str | None, book: str) -> Clock:
    """Return the clock of a command.

    Parameters
    ----------
    at : str or None
        Instant with its offset, in a book for rehearsal.
    book : str
        Code of the book.

    Raises
    ------
    DocumentInvalid
        When it is no instant, or the book is a real one.

    Examples
    --------
    >>> clock_of("2027-01-05T09:00Z", "demo")().hour
    9
    """
    if at is None:
        return system_clock
    if not book.startswith(REHEARSAL):
        raise DocumentInvalid(
            f"{book} is no book for rehearsal: its steps are taken when they happen. Leave --at out, or use "
            "a book whose code starts with demo or rehearsal.",
            book=book,
        )
    return fixed_clock(read_instant(at))


def read_instant(text: str) -> datetime:
    """Read an instant with its offset.

    Examples
    --------
    >>> read_instant("2027-01-05T12:00+03:00").hour
    9
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise DocumentInvalid(
            f"{text!r} is no instant with an offset. Write it like 2027-01-05T09:00Z.", got=text
        )
    return as_utc(instant)


def fund_of(session: Session, book: str, challenge: str) -> PooledFund:
    """Return the fund that pays a challenge."""
    return registry.find_fund(session, book, find_challenge(session, book, challenge).challenge.fund)


def brief_of(session: Session, book: str, challenge: str, clock: Clock) -> Brief:
    """Return the brief in force."""
    return find_challenge(session, book, challenge, clock()).challenge.brief


def inputs_of(
    session: Session, book: str, challenge: str, clock: Clock, seed: str, orders: list[str]
) -> DecisionInputs:
    """Gather what a decision needs besides the scores: tie breaks, and the progress of hubs."""
    prizes = brief_of(session, book, challenge, clock).prizes
    return DecisionInputs(
        tie=TieBreak(seed=seed, decided=tuple(tuple(one.split(",")) for one in orders)),
        progress={
            prize.phase: acts.progress_contenders(session, book, challenge, prize, as_of=clock().date())
            for prize in prizes
            if isinstance(prize, MeasuredProgress)
        },
    )


def read_json(path: Path) -> Any:  # noqa: ANN401  # any document
    """Read a JSON file, or standard input for ``-``."""
    try:
        return json.loads(read_bytes(path))
    except ValueError as fault:
        raise DocumentInvalid(f"{path} is no JSON: {fault}.", file=str(path)) from None


def read_facts(given: Iterable[str]) -> dict[str, FactValue]:
    """Read ``FACT=VALUE`` options.

    Examples
    --------
    >>> read_facts(["lead.kind=ngo", "open_source=yes", "lead.age_days=900"])
    {'lead.kind': 'ngo', 'open_source': True, 'lead.age_days': 900}
    """
    return {name: read_fact(text) for name, text in read_pairs(given, "fact").items()}


def read_fact(text: str) -> FactValue:
    """Read a value: yes and no are truths, digits are a whole number, everything else is text."""
    if text in {"yes", "true", "no", "false"}:
        return text in {"yes", "true"}
    sign, digits = (text[0], text[1:]) if text.startswith("-") else ("", text)
    return int(sign + digits) if digits.isascii() and digits.isdigit() else text


def figure(value: float | None, digits: int = 3) -> str:
    """Write a figure for people; empty for none.

    Examples
    --------
    >>> figure(3.14159), figure(None)
    ('3.142', '')
    """
    return "" if value is None else f"{value:.{digits}f}"
