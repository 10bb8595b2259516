"""Preview: what an import would come to, before anything is written.

The problem: whoever hands in a thousand rows wants to know which of them are wrong, all at once, and what
the rest adds up to; a refusal at row 3 helps nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .rows import Kind, RowFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCount:
    """What rows of one metric, period and member add up to.

    Attributes
    ----------
    metric, period : str
        Of the terms; ``term`` for a metric that is not by period.
    of : tuple of (str, str)
        Member by set.
    rows, persons : int [rows, people]
        How many.
    value : str
        Their sum, or the value of the only one, in the metric's unit.
    """

    metric: str
    period: str
    of: tuple[tuple[str, str], ...]
    rows: int
    persons: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an import would come to.

    Attributes
    ----------
    rows, empty, persons : int [rows, rows, people]
        Rows that hold something, rows that hold nothing, different people.
    ignored : tuple of str
        Columns that are not read.
    encoding : str
        Of the file.
    counts : tuple of PlaceCount
        Of the rows that can be counted.
    first : tuple of dict
        The first of them, people as pseudonyms.
    findings : tuple of RowFinding
        What is wrong, by row; the first of them when there are very many.
    found : Mapping of str to int [findings]
        How many of each kind: ``invalid``, ``late``, ``repeated``.
    notes : tuple of str
        What a person should look at.
    on_record : tuple of PlaceCount
        What earlier imports add up to.
    """

    rows: int
    empty: int
    persons: int
    ignored: tuple[str, ...]
    encoding: str
    counts: tuple[PlaceCount, ...]
    first: tuple[dict[str, str], ...]
    findings: tuple[RowFinding, ...]
    found: Mapping[Kind, int]
    notes: tuple[str, ...]
    on_record: tuple[PlaceCount, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the import would be taken."""
        return not any(self.found.values())
