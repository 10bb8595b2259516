"""Figures of documents of this floor: shares in basis points, amounts before their unit is known."""

import re
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


_PLAIN: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)  # Fraction alone would also read 1e999999999


def is_plain_decimal(text: str) -> bool:
    """Tell whether a text is a plain decimal number, without exponent or separators.

    Examples
    --------
    >>> is_plain_decimal("1.50"), is_plain_decimal("1e9")
    (True, False)
    """
    return _PLAIN.fullmatch(text) is not None
