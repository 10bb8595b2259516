"""Figures of documents of this floor: shares in basis points, amounts before their unit is known."""

from typing import Final

from ..finance.money import decimal_count
from ..finance.units import MAX_SCALE

WHOLE_BP: Final = 10_000  # one whole, in basis points


def nano(text: str) -> int:
    """Read a decimal string of a document as an exact count of 10**-9, whatever its unit.

    Examples
    --------
    >>> nano("0.5"), nano("-2")
    (500000000, -2000000000)
    """
    return decimal_count(text, MAX_SCALE)
