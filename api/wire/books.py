"""What is asked and answered about books and units."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...finance.documents import UnitCode
from ...finance.units import MAX_SCALE, Unit
from ..sound import AddressCode
from .base import Asked, Made, Reply


class BookRequest(Asked):
    """A book to open.

    Attributes
    ----------
    unit : str
        Code of the currency in which it is kept.
    """

    code: AddressCode
    unit: UnitCode


class BookMade(Made):
    """A book as it was opened."""

    code: str
    unit: str


class BookReply(Reply):
    """A book: one set of parties, funds and accounts that is closed in itself."""

    code: str
    unit: str


class BookList(Reply):
    """A page of books; ``next`` is the cursor of the page behind it."""

    items: list[BookReply]
    next: str | None


class UnitRequest(Asked):
    """A unit to register: a currency of ISO 4217, or a unit of goods with its own digits.

    Attributes
    ----------
    kind : str
        ``currency``, ``in_kind`` or ``outcome``; the valued unit of a currency follows from it.
    scale : int [digits]
        Decimal digits, 0 to 9; of a currency left out or as ISO 4217 says.

    Examples
    --------
    >>> UnitRequest(code="hour", kind="in_kind", scale=2).scale
    2
    """

    code: UnitCode
    kind: Literal["currency", "in_kind", "outcome"]
    scale: Annotated[int, Field(ge=0, le=MAX_SCALE)] | None = None

    @model_validator(mode="after")
    def _require_scale(self) -> "UnitRequest":
        if self.kind != "currency" and self.scale is None:
            raise ValueError("a unit that is no currency needs its decimal digits: give scale")
        return self


class UnitMade(Made):
    """A unit as it was registered."""

    code: str
    kind: str
    scale: int
    base: str | None


class UnitReply(Reply):
    """A unit of account.

    Attributes
    ----------
    scale : int [digits]
        Decimal digits of its amounts.
    base : str or None
        The currency in which a valued unit is expressed.
    """

    code: str
    kind: str
    scale: int
    base: str | None

    @classmethod
    def of(cls, unit: Unit) -> "UnitReply":
        """Return a unit as a reply."""
        return cls(code=unit.code, kind=unit.kind, scale=unit.scale, base=unit.base_code)


class UnitList(Reply):
    """A page of units; ``next`` is the cursor of the page behind it."""

    items: list[UnitReply]
    next: str | None
