"""What is asked and answered about scores: one judge's read of one entry, all traits at once."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from ...challenges.records.reads import StoredRead
from ...challenges.rubric import Scale, figure
from ...challenges.scores import MAX_COMMENT, Score
from ...finance.documents import Code, DecimalText
from .base import Asked, Instant, Made, Reply, Wire
from .calibrations import CalibrationLine
from .rounds import DIGITS, Reason


class TraitMark(Wire):
    """A mark on one trait.

    Attributes
    ----------
    mark : str or None [points]
        Decimal text on the scale of the rubric; None abstains.
    comment : str
        What the judge wrote about it.
    """

    trait: Code
    mark: DecimalText | None
    comment: Annotated[str, Field(max_length=MAX_COMMENT)] = ""


class ScoreRequest(Asked):
    """A complete read of one entry, all traits at once.

    Examples
    --------
    >>> ScoreRequest(application="a-1", marks=[{"trait": "reach", "mark": "3.7"}]).marks[0].comment
    ''
    """

    application: Code
    marks: Annotated[list[TraitMark], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _require_each_once(self) -> Self:
        if len({one.trait for one in self.marks}) != len(self.marks):
            raise ValueError("A trait is marked twice. Mark each once.")
        return self


class ScoreMade(Made):
    """A read as it counts."""

    judge: str
    application: str
    rubric: str
    marks: list[TraitMark]


class ScoreLine(Reply):
    """A read in a list.

    Attributes
    ----------
    revision : int [reads]
        1 for the judge's first read of the entry.
    void : str or None
        Why it does not count.
    superseded : bool
        A later read stands in its place.
    """

    judge: str
    application: str
    phase: str
    rubric: str
    revision: int
    read_at: Instant
    void: str | None
    superseded: bool
    marks: list[TraitMark]

    @classmethod
    def of(cls, read: StoredRead, scale: Scale) -> "ScoreLine":
        """Return a read as a line."""
        return cls(
            judge=read.judge,
            application=read.application,
            phase=read.phase,
            rubric=read.rubric,
            revision=read.revision,
            read_at=read.read_at,
            void=read.void,
            superseded=read.superseded,
            marks=marks_of(read.scores, scale),
        )


class ScoreList(Reply):
    """A page of reads; ``next`` is the cursor of the page behind it."""

    items: list[ScoreLine]
    next: str | None


class VoidRequest(Asked):
    """A read that must not count; it stays on record."""

    application: Code
    judge: Code
    reason: Reason


class VoidMade(Made):
    """A void read, and the frozen figures without it.

    Attributes
    ----------
    recomputed : CalibrationLine or None
        None while nothing is frozen.
    """

    judge: str
    application: str
    recomputed: CalibrationLine | None


class ShortageLine(Reply):
    """An entry with fewer reads than the brief asks for.

    Attributes
    ----------
    missing : int [reads]
        How many are lacking.
    """

    application: str
    missing: int


class ShortageList(Reply):
    """A page of entries that are short of reads; ``next`` is the cursor of the page behind it."""

    items: list[ShortageLine]
    next: str | None


def marks_of(scores: tuple[Score, ...], scale: Scale) -> list[TraitMark]:
    """Write the marks of a read as they were given."""
    return [
        TraitMark(
            trait=one.trait,
            mark=None if one.steps is None else figure(scale.points(one.steps), DIGITS),
            comment=one.comment,
        )
        for one in scores
    ]
