"""Earmarks: what a donor's money may be used for.

The problem: a restriction written in a letter is forgotten when the money is spent. An earmark is a small
document that a program can check: for each column of a use (purpose, place, ...) the values it admits.
"""

from collections.abc import Mapping
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

    def admits_use(self, use: Mapping[str, str]) -> bool:
        """Tell whether a use is admitted; a use that is silent on a restricted column is not."""
        return all(use.get(column) in values for column, values in self.admits.items())


def unrestricted() -> Earmark:
    """Return the earmark of money that may be used for anything.

    Examples
    --------
    >>> unrestricted().admits_use({})
    True
    """
    return Earmark(code=UNRESTRICTED, title="No restriction")
