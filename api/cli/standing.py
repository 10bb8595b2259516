"""What ``almoner rating`` and ``almoner leaderboard`` share."""

from datetime import date, datetime
from typing import Annotated

import typer

from ...finance.dates import system_clock
from .sheets import day_of

On = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day that is asked about; today.")
]
HalfLife = Annotated[
    float,
    typer.Option("--half-life", min=0, help="Months after which a result weighs half; 0: age is nothing."),
]
HALF_LIFE = 36.0


def asked_day(on: datetime | None) -> date:
    """Return the day of ``--on``, else today."""
    return day_of(on) or system_clock().date()


def half_life_of(months: float) -> float | None:
    """Return the half life in months; none for 0."""
    return months or None
