"""The term sheet: numbered sections of paragraphs and tables, as text or Markdown.

The problem: a page, a terminal and a plain text file must say the same words in the same order. The sheet is
plain data; each form only lays it out.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 92
NARROWEST: Final = 8
_GAP: Final = "  "
_INDENT: Final = "     "


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTable:
    """A table of a term sheet.

    Attributes
    ----------
    columns : tuple of str
        Headings.
    rows : tuple of tuple of str
        Cells.
    right : tuple of int [position]
        Columns of figures.
    caption : str
        What it shows.

    Raises
    ------
    ValueError
        When a row has another number of cells than there are columns.

    Examples
    --------
    >>> WordTable(columns=("from", "to"), rows=(("0", "5"),)).rows
    (('0', '5'),)
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells does not fit {len(self.columns)} columns")


SheetBlock = str | WordTable


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetItem:
    """One numbered item: a metric, a clause, a limit.

    Attributes
    ----------
    number : str
        As ``6.1``.
    heading : str
        Its title and id.
    blocks : tuple of str or WordTable
        Paragraphs and tables, in order.
    name : str
        Id of the part of the document it speaks of.
    """

    number: str
    heading: str
    blocks: tuple[SheetBlock, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSection:
    """A numbered section: blocks of its own, then items."""

    number: str
    title: str
    blocks: tuple[SheetBlock, ...] = ()
    items: tuple[SheetItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TermSheet:
    """Terms in plain language.

    Attributes
    ----------
    title, summary : str
        Of the document.
    digest : str
        SHA-256 of the document it was written from.
    sections : tuple of SheetSection
        In order.
    """

    title: str
    summary: str
    digest: str
    sections: tuple[SheetSection, ...]


def sheet_text(sheet: TermSheet, width: int = WIDTH) -> str:
    """Lay a term sheet out as plain text.

    Parameters
    ----------
    sheet : TermSheet
        From ``wording.render``.
    width : int [letters]
        Longest line; words longer than it stay whole.

    Examples
    --------
    >>> section = SheetSection(number="1", title="Parties", blocks=("One.",))
    >>> print(sheet_text(TermSheet(title="Wells", summary="", digest="ab", sections=(section,))), end="")
    Wells
    =====
    Terms ab
    <BLANKLINE>
    1. Parties
    ----------
       One.
    """
    lines = [*textwrap.wrap(sheet.title, width), "=" * min(width, len(sheet.title))]
    lines += textwrap.wrap(sheet.summary, width)
    lines += [f"Terms {sheet.digest}"]
    for section in sheet.sections:
        head = f"{section.number}. {section.title}"
        lines += ["", head, "-" * len(head), *_blocks(section.blocks, "   ", width)]
        for item in section.items:
            lines += ["", *textwrap.wrap(f"{item.number} {item.heading}", width, subsequent_indent=_INDENT)]
            lines += _blocks(item.blocks, _INDENT, width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _blocks(blocks: Sequence[SheetBlock], indent: str, width: int) -> Iterator[str]:
    for place, block in enumerate(blocks):
        if isinstance(block, WordTable):
            if place and not isinstance(blocks[place - 1], WordTable):
                yield ""
            if block.caption:
                yield from textwrap.wrap(
                    block.caption, width, initial_indent=indent, subsequent_indent=indent
                )
            yield from (indent + line for line in table_lines(block, width - len(indent)))
            if place < len(blocks) - 1:
                yield ""
        else:
            yield from textwrap.wrap(
                block, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
            )


def table_lines(table: WordTable, width: int) -> list[str]:
    """Lay a table out in aligned columns; long cells are wrapped.

    Parameters
    ----------
    table : WordTable
        Of a term sheet.
    width : int [letters]
        Of the whole table.

    Examples
    --------
    >>> table_lines(WordTable(columns=("nights", "USD"), rows=(("1", "15.12"),), right=(1,)), 40)
    ['nights    USD', '------  -----', '1       15.12']
    """
    everything = (table.columns, *table.rows)
    widths = [max(len(row[place]) for row in everything) for place in range(len(table.columns))]
    room = width - len(_GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = list(_row_lines(table.columns, widths, table.right))
    lines.append(_GAP.join("-" * wide for wide in widths))
    wrapped = [list(_row_lines(row, widths, table.right)) for row in table.rows]
    is_loose = any(len(row) > 1 for row in wrapped)
    for place, row in enumerate(wrapped):
        lines += [""] * (is_loose and place > 0) + row
    return lines


def _row_lines(row: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> Iterator[str]:
    cells = [
        textwrap.wrap(cell, wide, break_on_hyphens=False) or [""]
        for cell, wide in zip(row, widths, strict=True)
    ]
    for place in range(max(map(len, cells))):
        line = [cell[place] if place < len(cell) else "" for cell in cells]
        yield _GAP.join(
            text.rjust(wide) if column in right else text.ljust(wide)
            for column, (text, wide) in enumerate(zip(line, widths, strict=True))
        ).rstrip()


def sheet_markdown(sheet: TermSheet) -> str:
    r"""Lay a term sheet out as Markdown.

    Examples
    --------
    >>> section = SheetSection(number="1", title="Parties", blocks=("One | two.",))
    >>> print(sheet_markdown(TermSheet(title="Wells", summary="", digest="ab", sections=(section,))), end="")
    # Wells
    <BLANKLINE>
    Terms `ab`
    <BLANKLINE>
    ## 1. Parties
    <BLANKLINE>
    One \| two.
    """
    parts = [f"# {_marked(sheet.title)}"]
    parts += [_marked(sheet.summary)] if sheet.summary else []
    parts.append(f"Terms `{sheet.digest}`")
    for section in sheet.sections:
        parts += [f"## {section.number}. {_marked(section.title)}", *map(_block, section.blocks)]
        for item in section.items:
            parts += [f"### {item.number} {_marked(item.heading)}", *map(_block, item.blocks)]
    return "\n\n".join(parts) + "\n"


def _block(block: SheetBlock) -> str:
    if isinstance(block, str):
        return _marked(block)
    rule = "|".join("---:" if place in block.right else "---" for place in range(len(block.columns)))
    head, *rows = (f"| {' | '.join(map(_marked, row))} |" for row in (block.columns, *block.rows))
    caption = [_marked(block.caption), ""] if block.caption else []
    return "\n".join([*caption, head, f"|{rule}|", *rows])


def _marked(text: str) -> str:
    escaped = "".join(f"\\{sign}" if sign in "\\`*_|<>[]#" else sign for sign in text)
    return " ".join(escaped.split())
