"""What requests that move money have in common: amount, day, note, and where the figure comes from."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from ...finance.documents import Code, DecimalText, UnitCode
from ...finance.ledger import Details, Source
from .base import Asked, Wire

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ContributionCode = Annotated[str, Field(min_length=1, max_length=200)]


class SourceText(Wire):
    """Where a figure comes from.

    Examples
    --------
    >>> SourceText(kind="published", reference="Annual report 2025, page 12").kind
    'published'
    """

    kind: Literal["published", "derived", "invented", "recorded"] = "recorded"
    reference: Annotated[str, Field(max_length=2000)] = ""


class BookedRequest(Asked):
    """A request that is booked: the day it counts for, a note for people, the source of its figure.

    Examples
    --------
    >>> BookedRequest(note="second tranche").details.note
    'second tranche'
    """

    on: date | None = None
    note: Annotated[str, Field(max_length=2000)] = ""
    source: SourceText = SourceText()

    @property
    def details(self) -> Details:
        """Return what the ledger keeps beside the figures."""
        source = Source(kind=self.source.kind, reference=self.source.reference)
        return Details(on=self.on, note=self.note, source=source)


class AmountRequest(BookedRequest):
    """A request that books an amount."""

    amount: DecimalText = Field(examples=["250.00"])
    unit: UnitCode = Field(examples=["USD"])


class UseRequest(AmountRequest):
    """A request that books an amount for a use; the use decides which restricted money it may draw on."""

    use: dict[Code, Annotated[str, Field(min_length=1, max_length=2000)]] = Field(
        default_factory=dict, examples=[{"region": "north"}]
    )
