"""Findings of lint, and what each check looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..brief import Brief
from ..phases import SCORED, Phase

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefFinding:
    """One fault or oddity of a sound brief.

    Attributes
    ----------
    code : str
        Short name of the check, for example ``advances.tie``.
    severity : str
        ``error``: the brief may not be published; ``warning``: its author should know.
    pointer : str
        JSON pointer into the brief.
    message, fix : str
        What it is, with its figures, and what to do.
    """

    code: str
    severity: Severity
    pointer: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many judges and applications are expected.

    Attributes
    ----------
    judges : int [judges]
        Who have agreed to read.
    applications : int [applications]
        Which are expected.

    Examples
    --------
    >>> Capacity(judges=259, applications=500).judges
    259
    """

    judges: int
    applications: int

    def __post_init__(self) -> None:
        """Refuse numbers that are none."""
        if self.judges < 0 or self.applications < 0:
            raise ValueError(f"{self.judges} judges and {self.applications} applications: give 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefSubject:
    """What is looked at.

    Attributes
    ----------
    brief : Brief
        Read, so without findings of its own.
    now : datetime
        When it is to be published.
    capacity : Capacity or None
        When known.
    metrics : Mapping of str to bool, or None
        Each metric with a definition on record, and whether it says how it is measured; ``None``: not known.
    """

    brief: Brief
    now: datetime
    capacity: Capacity | None = None
    metrics: Mapping[str, bool] | None = None

    def scored(self) -> list[tuple[int, Phase]]:
        """Return the phases that are judged by reads, each with its position."""
        return [(n, phase) for n, phase in enumerate(self.brief.phases) if phase.judging in SCORED]


def error(code: str, pointer: str, message: str, fix: str) -> BriefFinding:
    """Make a finding that stands against publication."""
    return BriefFinding(code=code, severity="error", pointer=pointer or "/", message=message, fix=fix)


def warning(code: str, pointer: str, message: str, fix: str) -> BriefFinding:
    """Make a finding that its author should know of."""
    return BriefFinding(code=code, severity="warning", pointer=pointer or "/", message=message, fix=fix)
