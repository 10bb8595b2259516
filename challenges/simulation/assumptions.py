"""Assumptions: what nobody knows before a challenge opens, said in figures.

The problem: "we expect strong applications and careful judges" cannot be wrong. How far entries, judges and
single reads differ decides how often the best one wins, so each is a figure that somebody can dispute, and
the report prints them beside what follows from them.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from ...finance.documents import DecimalText, Document
from ..figures import WHOLE_BP

Spread = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]?)(\.[0-9]{1,6})?$")]
Share = Annotated[int, Field(ge=0, le=WHOLE_BP)]


class Assumptions(Document):
    """What a simulated round takes for granted.

    Attributes
    ----------
    applications : int [applications]
        How many come in.
    eligible_bp : int [basis points]
        How many of them may compete.
    judges : int or None [judges]
        How many are at hand; ``None``: as many as the loads ask for.
    quality_sd, judge_sd, noise_sd : str [spread of quality]
        How far entries differ, judges' habits of severity, and two reads of the same entry by one judge.
    steepness_bp : int [basis points]
        How much of the scale four times the spread of quality fills.
    minutes_per_read : int [minutes]
        What a careful read takes.
    hours_per_day : str [hours]
        How long a judge reads on a day.
    progress_mean, progress_sd, progress_noise : str [part of the way]
        What the average entry reaches of its goal, how much more one spread of quality adds, and how far a
        determination is off.
    stage_bp : int [basis points]
        How often a stage of a contract is passed.
    ask_mean : str or None [unit of the brief]
        What the average entry asks for; needed by a pool that is divided by asks or by the optimizer.

    Examples
    --------
    >>> Assumptions.read('{"applications": 200}').judge_sd
    '0.7'
    """

    applications: Annotated[int, Field(ge=2, le=2000)]
    eligible_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)] = WHOLE_BP
    judges: Annotated[int, Field(ge=1, le=5000)] | None = None
    quality_sd: Spread = "1"
    judge_sd: Spread = "0.7"
    noise_sd: Spread = "0.7"
    steepness_bp: Annotated[int, Field(ge=100, le=WHOLE_BP)] = 8000
    minutes_per_read: Annotated[int, Field(ge=1, le=10_000)] = 45
    hours_per_day: Spread = "4"
    progress_mean: Spread = "0.5"
    progress_sd: Spread = "0.2"
    progress_noise: Spread = "0.15"
    stage_bp: Share = 8000
    ask_mean: DecimalText | None = None
