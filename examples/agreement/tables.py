"""Aligned tables for people: text to the left, amounts to the right."""

from collections.abc import Iterable, Sequence

from almoner.finance.money import Money

Cell = str | int | Money


def show(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table under its title."""
    listed = [tuple(row) for row in rows]
    right = [bool(listed) and not isinstance(listed[0][at], str) for at in range(len(header))]
    cells = [tuple(header), *(tuple(_text(cell) for cell in row) for row in listed)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(header))]
    print(f"\n{title}")
    for row in cells:
        shown = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )
        print("  " + "  ".join(shown).rstrip())


def _text(cell: Cell) -> str:
    if isinstance(cell, Money):
        whole, _, rest = cell.text.partition(".")
        return f"{int(whole):,}{'.' if rest else ''}{rest}"
    return f"{cell:,}" if isinstance(cell, int) else cell
