"""Published funding rounds: real cases of which inputs, rule and outcome are all public.

The problem: a rule that is only tested on made-up numbers proves little. Each round here comes with what went
in and what was awarded, so that the engine can be held against it. Origin and licence stand in the
``NOTICE.txt`` beside each round's files.
"""

import csv
import io
import json
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from typing import Final

from ..finance.money import Money, money
from ..finance.units import Unit
from .ballots import Ballot, MeasuredProject

_OP: Final = Unit(code="OP", kind="currency", scale=8)
_METRIC_COLUMNS_FROM: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAward:
    """What the programme itself announced for one project.

    Attributes
    ----------
    project_id : str
        Identifier of the application; the key.
    name : str
        As published, untouched; names are not unique and not trustworthy text.
    amount : Fraction [unit of the pool]
        With all published digits.

    Examples
    --------
    >>> PublishedAward(project_id="p1", name="Well 7", amount=Fraction("1095.7547")).amount > 1000
    True
    """

    project_id: str
    name: str
    amount: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRound:
    """A round of metric ballots with its published outcome.

    Attributes
    ----------
    projects : tuple[MeasuredProject, ...]
        What was measured.
    ballots : tuple[Ballot, ...]
        What was voted.
    awards : tuple[PublishedAward, ...]
        What was announced.
    pool, floor : Money
        Amount divided, and least amount paid.
    cap_bp : int [basis points]
        Most for one project.

    Examples
    --------
    >>> shown = retro_funding_4()
    >>> shown.pool, shown.cap_bp
    (Money('10000000.00000000 OP'), 500)
    """

    projects: tuple[MeasuredProject, ...]
    ballots: tuple[Ballot, ...]
    awards: tuple[PublishedAward, ...]
    pool: Money
    floor: Money
    cap_bp: int


def retro_funding_4() -> PublishedRound:
    """Read Optimism's Retro Funding 4 (2024): 108 ballots over 16 metrics of 230 projects.

    Returns
    -------
    PublishedRound
        Amounts in OP with 8 decimal digits: ten million OP of 18 digits, as on the chain, would not fit.

    Examples
    --------
    >>> shown = retro_funding_4()
    >>> len(shown.projects), len(shown.ballots), sum(award.amount > 0 for award in shown.awards)
    (230, 108, 207)
    """
    votes = json.loads(_text("ballots.json"), parse_float=str, parse_int=str)
    ballots = tuple(
        Ballot(
            ballot_id=ballot_id,
            weights=tuple((name, Fraction(weight)) for name, weight in vote["allocations"].items()),
            multiplier=Fraction(vote["os_multiplier"]),
        )
        for ballot_id, vote in votes.items()
    )
    header, *rows = csv.reader(_lines("impact_metrics_by_project.csv"))
    projects = tuple(
        MeasuredProject(
            project_id=project_id,
            measures=tuple(
                (metric, Fraction(value))
                for metric, value in zip(header[_METRIC_COLUMNS_FROM:], values, strict=True)
            ),
            boosted={"true": True, "false": False}[open_source],
        )
        for _, project_id, open_source, *values in rows
    )
    awards = tuple(
        PublishedAward(
            project_id=row["application_id"], name=row["project_name"], amount=Fraction(row["amount"])
        )
        for row in csv.DictReader(_lines("final_allocations.csv"))
    )
    return PublishedRound(
        projects=projects,
        ballots=ballots,
        awards=awards,
        pool=money("10000000", _OP),
        floor=money("1000", _OP),
        cap_bp=500,
    )


def _text(name: str) -> str:
    return files(__package__).joinpath("rounds", "retro_funding_4", name).read_text(encoding="utf-8")


def _lines(name: str) -> io.StringIO:
    return io.StringIO(_text(name), newline="")
