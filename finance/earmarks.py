"""Earmarks: what a donor's money may be used for, and until when; consent to widen them.

The problem: a restriction written in a letter is forgotten when the money is spent. An earmark is a small
document that a program can check: for each column of a use (purpose, place, ...) the values it admits, and
the last day on which money under it may be used. Afterwards it can only go back to its donor.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from .accounts import UNRESTRICTED
from .documents import Code, Document, Text


class Earmark(Document):
    """A restriction on money.

    Attributes
    ----------
    code : str
        Unique in the book; ``unrestricted`` is the earmark that admits everything.
    title : str
        For people.
    admits : dict of str to tuple of str
        Column of a use -> the values admitted. A column that is not named admits every value.
    valid_until : date or None
        The last day on which it may be used; None for no end.

    Examples
    --------
    >>> girls = Earmark.read('{"schema": "almoner.earmark/1", "code": "north", "title": "Northern districts",'
    ...                      ' "admits": {"region": ["north"]}}')
    >>> girls.admits_use({"region": "north"}), girls.admits_use({"region": "south"}), girls.admits_use({})
    (True, False, False)
    """

    schema_: Literal["almoner.earmark/1"] = Field(alias="schema", default="almoner.earmark/1")
    code: Code
    title: Text
    admits: dict[Code, tuple[Text, ...]] = Field(default_factory=dict)
    valid_until: date | None = Field(default=None, exclude_if=lambda day: day is None)

    def admits_use(self, use: Mapping[str, str]) -> bool:
        """Tell whether a use is admitted; a use that is silent on a restricted column is not."""
        return all(use.get(column) in values for column, values in self.admits.items())


class Consent(Document):
    """A donor's consent that what is left of a contribution may be used under another earmark.

    Attributes
    ----------
    contribution : str
        Code of the contribution.
    earmark : str
        Code of the earmark it may be used under.
    reference : str
        Where the consent is written down, for example the letter's number.

    Examples
    --------
    >>> Consent(contribution="gift-1", earmark="unrestricted", reference="letter 7").digest()[:12]
    'aeb1d11cb7de'
    """

    schema_: Literal["almoner.consent/1"] = Field(alias="schema", default="almoner.consent/1")
    contribution: Text
    earmark: Code
    reference: Text


def unrestricted() -> Earmark:
    """Return the earmark of money that may be used for anything.

    Examples
    --------
    >>> unrestricted().admits_use({})
    True
    """
    return Earmark(code=UNRESTRICTED, title="No restriction")
