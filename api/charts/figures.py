"""Figures and names as a reader sees them: exact decimal text in, grouped and harmless text out.

The problem: a float would change the figure that is shown, and a name that somebody typed may hold characters
that break the markup or turn the reading direction of everything behind it.
"""

import re
import unicodedata
from collections.abc import Iterable
from fractions import Fraction
from html import escape
from typing import TypeVar

from ...finance.money import decimal_text, round_quotient

Item = TypeVar("Item")

MAX_ROWS = 400
MINUS = "\N{MINUS SIGN}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
_TURNING = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_UNLAWFUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def number(text: str | int) -> Fraction:
    """Read a figure exactly.

    Parameters
    ----------
    text : str or int
        Decimal text without separators, or a whole number.

    Raises
    ------
    TypeError
        For a float or a bool.
    ValueError
        For text that is no plain decimal.

    Examples
    --------
    >>> number("0.10"), number(3)
    (Fraction(1, 10), Fraction(3, 1))
    """
    if isinstance(text, bool) or not isinstance(text, str | int):
        raise TypeError(f"a figure is decimal text or an int, not {type(text).__name__}: {text!r}")
    if not _NUMBER.fullmatch(str(text)):
        raise ValueError(f"{text!r} is no plain decimal of at most 40 digits before and behind the point")
    return Fraction(text)


def grouped(text: str | int, *, plus: bool = False) -> str:
    """Write a figure with thousands separators; no digit is added or lost.

    Parameters
    ----------
    text : str or int
        As ``number`` reads it.
    plus : bool
        Whether a positive figure carries a sign.

    Examples
    --------
    >>> grouped("1234567.50"), grouped("5", plus=True), grouped(-1234) == MINUS + "1,234"
    ('1,234,567.50', '+5', True)
    """
    value = number(text)
    whole, point, rest = str(text).lstrip("-").partition(".")
    sign = MINUS if value < 0 else "+" if plus and value > 0 else ""
    return f"{sign}{int(whole):,}{point}{rest}"


def plain(value: Fraction, *texts: str | int) -> str:
    """Write an exact sum or difference with as many decimals as the longest of its figures.

    Parameters
    ----------
    value : Fraction
        Made of the figures by adding and subtracting.
    *texts : str or int
        The figures.

    Examples
    --------
    >>> plain(number("3.5") - number("0.25"), "3.5", "0.25")
    '3.25'
    """
    digits = max((len(str(text).partition(".")[2]) for text in texts), default=0)
    return rounded(value, digits)


def rounded(value: str | int | Fraction, digits: int) -> str:
    """Write a figure with a fixed number of decimals, half to even.

    Parameters
    ----------
    value : str, int or Fraction
        The figure.
    digits : int [digits]
        Decimals.

    Examples
    --------
    >>> rounded("8.2333", 2), rounded(Fraction(1, 8), 2)
    ('8.23', '0.12')
    """
    exact = value if isinstance(value, Fraction) else number(value)
    return decimal_text(round_quotient(exact.numerator * 10**digits, exact.denominator, "half_even"), digits)


def clean(text: str) -> str:
    r"""Drop the characters that turn the reading direction, and replace what no document may hold.

    Examples
    --------
    >>> clean("a\u202eb\x00c")
    'ab\ufffdc'
    """
    return _UNLAWFUL.sub("\N{REPLACEMENT CHARACTER}", text.translate(_TURNING))


def marked(text: str) -> str:
    """Clean a text and escape it for markup, in an element as in an attribute.

    Examples
    --------
    >>> marked("<b> & ]]>")
    '&lt;b&gt; &amp; ]]&gt;'
    """
    return escape(clean(text), quote=True)


def width(text: str) -> int:
    """Count the columns of a text: wide letters take two, combining marks none.

    Examples
    --------
    >>> width("abc"), width("日本")
    (3, 4)
    """
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def shortened(text: str, columns: int) -> str:
    """Cut a text that needs more columns, and end it with an ellipsis.

    Examples
    --------
    >>> shortened("Breakfast before school", 12)
    'Breakfast b…'
    >>> shortened("Short", 12)
    'Short'
    """
    line = " ".join(clean(text).split())
    if width(line) <= columns:
        return line
    kept, used = "", 1
    for letter in line:
        used += width(letter)
        if used > columns:
            break
        kept += letter
    return kept.rstrip() + ELLIPSIS


def bounded(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the items as a tuple.

    Raises
    ------
    ValueError
        When there are more than a chart can hold.

    Examples
    --------
    >>> bounded(iter("ab"))
    ('a', 'b')
    """
    found = tuple(items)
    if len(found) > MAX_ROWS:
        raise ValueError(f"{len(found)} rows are more than the {MAX_ROWS} that a chart can hold")
    return found
