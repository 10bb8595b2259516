"""What is asked and answered about earmarks."""

from datetime import date
from typing import Annotated

from pydantic import Field

from ...finance.accounts import UNRESTRICTED
from ...finance.documents import Code, Text
from ...finance.earmarks import Earmark
from ..sound import AddressCode
from .base import Asked, Made, Reply

Admitted = Annotated[dict[Code, tuple[Text, ...]], Field(max_length=20)]


class EarmarkRequest(Asked):
    """An earmark to open: what money under it may be used for.

    Attributes
    ----------
    admits : dict of str to tuple of str
        Column of a use -> the values admitted; a column that is not named admits every value.
    valid_until : date or None
        The last day of use; None for no end.
    wider : str
        The earmark it narrows: money may move from that one to this one, never back.
    """

    code: AddressCode
    title: Text
    admits: Admitted = Field(default_factory=dict)
    valid_until: date | None = None
    wider: Code = UNRESTRICTED


class EarmarkMade(Made):
    """An earmark as it was opened."""

    code: str
    title: str
    admits: dict[str, tuple[str, ...]]
    valid_until: date | None
    wider: str


class EarmarkLine(Reply):
    """An earmark in a list; ``wider`` is empty for the one that admits everything."""

    code: str
    title: str
    admits: dict[str, tuple[str, ...]]
    valid_until: date | None
    wider: str

    @classmethod
    def of(cls, earmark: Earmark, wider: str) -> "EarmarkLine":
        """Return an earmark as a reply."""
        return cls(
            code=earmark.code,
            title=earmark.title,
            admits=dict(earmark.admits),
            valid_until=earmark.valid_until,
            wider=wider,
        )


class EarmarkList(Reply):
    """A page of earmarks; ``next`` is the cursor of the page behind it."""

    items: list[EarmarkLine]
    next: str | None
