"""What is answered about a term sheet: the terms in words, what they cost at most, and payments as curves."""

from collections.abc import Iterable
from typing import Literal

from ...contracts.agreement import AgreementState
from ...contracts.terms.words.sheet import SheetBlock, SheetItem, SheetSection
from ..charts.payoff import PayoffStretch
from .base import Reply, Wire
from .terms import TermsBound


class SheetTable(Wire):
    """A table of a term sheet.

    Attributes
    ----------
    right : list of int [position]
        Columns of figures.
    """

    caption: str
    columns: list[str]
    rows: list[list[str]]
    right: list[int]


class SheetPart(Wire):
    """A paragraph, or a table."""

    text: str = ""
    table: SheetTable | None = None

    @classmethod
    def of(cls, block: SheetBlock) -> "SheetPart":
        """Return a block of a term sheet."""
        if isinstance(block, str):
            return cls(text=block)
        return cls(
            table=SheetTable(
                caption=block.caption,
                columns=list(block.columns),
                rows=[list(row) for row in block.rows],
                right=list(block.right),
            )
        )


class SheetEntry(Wire):
    """One numbered item; ``name`` is the id of the part of the terms it speaks of."""

    number: str
    heading: str
    name: str
    parts: list[SheetPart]

    @classmethod
    def of(cls, item: SheetItem) -> "SheetEntry":
        """Return an item of a term sheet."""
        return cls(
            number=item.number,
            heading=item.heading,
            name=item.name,
            parts=[SheetPart.of(one) for one in item.blocks],
        )


class SheetChapter(Wire):
    """A numbered section: parts of its own, then items."""

    number: str
    title: str
    parts: list[SheetPart]
    entries: list[SheetEntry]

    @classmethod
    def of(cls, section: SheetSection) -> "SheetChapter":
        """Return a section of a term sheet."""
        return cls(
            number=section.number,
            title=section.title,
            parts=[SheetPart.of(one) for one in section.blocks],
            entries=[SheetEntry.of(one) for one in section.items],
        )


class CurvePoint(Wire):
    """A number that could be observed, and what it pays; decimal text."""

    value: str
    amount: str


class CurveStretch(Wire):
    """A piece of a curve without a jump: an edge belongs to it (``in``), to its neighbour, or is its end."""

    points: list[CurvePoint]
    opens: Literal["end", "in", "out"]
    closes: Literal["end", "in", "out"]

    @classmethod
    def of(cls, one: PayoffStretch) -> "CurveStretch":
        """Return a stretch as it is drawn."""
        return cls.model_validate(
            {
                "points": [{"value": str(p.value), "amount": str(p.amount)} for p in one.points],
                "opens": one.opens,
                "closes": one.closes,
            }
        )


class PayoffCurve(Wire):
    """What one clause pays over the one number it depends on."""

    clause: str
    title: str
    metric: str
    counted: str
    unit: str
    stretches: list[CurveStretch]


class TermSheetReply(Reply):
    """An agreement as it is read on paper.

    Attributes
    ----------
    version : int [drafts]
        Of the document.
    sha256, terms_sha256 : str
        Of the document as signed, and of the terms as amended.
    label : str
        ``exact``: the most is reached; otherwise it is an upper bound.
    """

    code: str
    title: str
    summary: str
    state: AgreementState
    version: int
    sha256: str
    terms_sha256: str
    amended: list[str]
    label: str
    amounts: list[TermsBound]
    sections: list[SheetChapter]
    curves: list[PayoffCurve]


def chapters(sections: Iterable[SheetSection]) -> list[SheetChapter]:
    """Return the sections of a term sheet."""
    return [SheetChapter.of(one) for one in sections]
