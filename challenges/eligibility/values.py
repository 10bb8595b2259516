"""Values of facts: truth, number, day or text, compared like with like.

The problem: "9" is less than "10" as a number and more as a text, and a day is neither. A string that is a
plain decimal without leading zeros is a number, ``YYYY-MM-DD`` is a day, anything else is text.
"""

import operator
import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import Field

from ...finance.dates import parse_day
from ...finance.documents import Text
from ...finance.errors import DocumentInvalid

Operator = Literal["=", "!=", ">", ">=", "<", "<=", "in"]
WholeNumber = Annotated[int, Field(ge=-(2**62), le=2**62)]
FactValue = bool | WholeNumber | Text
Comparable = bool | int | Fraction | date | str
Options = Mapping[str, frozenset[Comparable]]  # values of a rule by their kind

KNOWN_VALUES: Final = 4096
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?", re.ASCII)
_KINDS: Final[Mapping[type, str]] = {
    bool: "truth",
    int: "number",
    Fraction: "number",
    date: "day",
    str: "text",
}
ORDERED_KINDS: Final = frozenset(("number", "day"))
_TESTS: Final = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@lru_cache(maxsize=KNOWN_VALUES, typed=True)
def own_value(value: FactValue) -> Comparable:
    """Read a value as what it is: truth, number, day or text.

    Examples
    --------
    >>> own_value("0.5"), own_value("2027-03-01").year, own_value("ngo"), own_value("7.0")
    (Fraction(1, 2), 2027, 'ngo', 7)
    """
    if isinstance(value, int):
        return value
    if _NUMBER.fullmatch(value):
        number = Fraction(value)
        return number.numerator if number.denominator == 1 else number
    try:
        return parse_day(value)
    except DocumentInvalid:
        return value


def value_kind(value: FactValue) -> str:
    """Return of which kind a value is: ``truth``, ``number``, ``day`` or ``text``.

    Examples
    --------
    >>> [value_kind(one) for one in (True, "0.5", "2027-03-01", "ngo")]
    ['truth', 'number', 'day', 'text']
    """
    return _KINDS[type(own_value(value))]


def same_value(left: FactValue, right: FactValue) -> bool:
    """Tell whether two values say the same: 900 and "900.0" do, true and 1 do not.

    Examples
    --------
    >>> same_value(900, "900.0"), same_value(True, 1)
    (True, False)
    """
    return value_kind(left) == value_kind(right) and own_value(left) == own_value(right)


def read_options(value: FactValue | tuple[FactValue, ...]) -> Options:
    """Read the value or the list of a rule, by kind: truth, number, day or text.

    Parameters
    ----------
    value : bool, int, str or tuple
        As it stands in the rule.

    Examples
    --------
    >>> sorted(read_options((5, "ngo")))
    ['number', 'text']
    """
    read = [own_value(one) for one in (value if isinstance(value, tuple) else (value,))]
    kinds = {_KINDS[type(one)] for one in read}
    return {kind: frozenset(one for one in read if _KINDS[type(one)] == kind) for kind in kinds}


def compare(op: Operator, got: FactValue, options: Options) -> bool | None:
    """Compare a fact with the values of a rule; ``None`` when none is of the fact's kind.

    Parameters
    ----------
    op : str
        ``=``, ``!=``, ``>``, ``>=``, ``<``, ``<=`` or ``in``.
    got : bool, int or str
        The fact.
    options : Mapping
        From ``read_options``.

    Raises
    ------
    TypeError
        When a rule that was never read asks for an order of texts.

    Examples
    --------
    >>> compare(">=", 800, read_options(730)), compare("in", "ngo", read_options(("firm", "ngo")))
    (True, True)
    >>> compare(">", "tall", read_options(5)) is None
    True
    """
    left = own_value(got)
    kind = _KINDS[type(left)]
    alike = options.get(kind)
    if alike is None:
        return None
    if op in {"=", "in"}:
        return left in alike
    if op == "!=":
        return left not in alike
    if kind not in ORDERED_KINDS:
        raise TypeError(
            f"{op} compares numbers or days, not {got!r} with {min(alike)!r}: read the rule first"
        )
    (right,) = alike
    return bool(_TESTS[op](left, right))
