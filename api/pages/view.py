"""What a page shows: tables, charts, and the figures it has read.

The problem: a page, its table for a spreadsheet and its figures for a program drift apart when each is
written by itself. Here a page returns one ``View``; its tables are printed on the page and as CSV from the
same rows, and all that it read is given as JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..charts.chart import Chart

Kind = Literal["text", "amount", "number", "share", "day", "instant", "digest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    kind : str
        How it is written: ``amount`` and ``number`` as decimal text, ``share`` as a decimal part of one,
        ``day`` and ``instant`` as ISO 8601; ``digest`` is a long code that may break anywhere.
    """

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table: printed on a page, and the same rows as CSV.

    Attributes
    ----------
    rows : sequence of sequence of str
        Unformatted: decimal text with a point, ISO days; empty where there is nothing.
    links : sequence of str
        Where the first cell of each row leads; empty for none of them.
    empty : str
        What belongs here, and the next step, when there are no rows.
    most : int [rows]
        How many the page shows, the first ones; zero for all. The CSV has all.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    links: Sequence[str] = ()
    empty: str = ""
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page shows.

    Attributes
    ----------
    title : str
        Heading and name of the window.
    sheets : mapping of str to Sheet
        By name; the first is the page's CSV.
    charts : mapping of str to Chart
        By name; each has its table.
    more : mapping of str to object
        What else its template takes.
    status : int [HTTP status]
        Of the answer.
    """

    title: str
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    charts: Mapping[str, Chart] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An act that is done: the browser goes on to another page, so that nothing is sent twice.

    Attributes
    ----------
    to : str
        Address, from ``Visit.address``.
    said : str
        Name of the message shown there, one of the page's ``said``; empty for none.
    """

    to: str
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file for the browser to keep.

    Attributes
    ----------
    content : bytes
        As it is.
    """

    name: str
    media_type: str
    content: bytes


Shown = View | Attachment
