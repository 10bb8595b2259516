"""Values of facts: truth, number, day or text, compared like with like.

The problem: "9" is less than "10" as a number and more as a text, and a day is neither. A string that is a
plain decimal without leading zeros is a number, ``YYYY-MM-DD`` is a day, anything else is text.
"""

import operator
import re
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
Comparable = bool | Fraction | date | str

KNOWN_VALUES: Final = 4096
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?", re.ASCII)
_TESTS: Final = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@lru_cache(maxsize=KNOWN_VALUES, typed=True)
def own_value(value: FactValue) -> Comparable:
    """Read a value as what it is: truth, number, day or text.

    Examples
    --------
    >>> own_value("0.5"), own_value("2027-03-01").year, own_value("ngo"), own_value(True)
    (Fraction(1, 2), 2027, 'ngo', True)
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int) or _NUMBER.fullmatch(value):
        return Fraction(value)
    try:
        return parse_day(value)
    except DocumentInvalid:
        return value


def same_value(left: FactValue, right: FactValue) -> bool:
    """Tell whether two values say the same: 900 and "900.0" do, true and 1 do not.

    Examples
    --------
    >>> same_value(900, "900.0"), same_value(True, 1)
    (True, False)
    """
    one, other = own_value(left), own_value(right)
    return type(one) is type(other) and one == other


def compare(op: Operator, got: FactValue, value: FactValue | tuple[FactValue, ...]) -> bool | None:
    """Compare a fact with a value of a rule; ``None`` when the two are of different kinds.

    Parameters
    ----------
    op : str
        ``=``, ``!=``, ``>``, ``>=``, ``<``, ``<=`` or ``in``.
    got : bool, int or str
        The fact.
    value : bool, int, str or tuple
        The rule's value; a list for ``in``.

    Raises
    ------
    TypeError
        When a rule that was never read asks for an order of texts.

    Examples
    --------
    >>> compare(">=", 800, 730), compare("in", "ngo", ("firm", "ngo")), compare(">", "tall", 5)
    (True, True, None)
    """
    left = own_value(got)
    options = [own_value(one) for one in (value if isinstance(value, tuple) else (value,))]
    alike = [right for right in options if type(right) is type(left)]
    if not alike:
        return None
    if op in {"=", "in"}:
        return left in alike
    if op == "!=":
        return left not in alike
    if not isinstance(left, Fraction | date):
        raise TypeError(f"{op} compares numbers or days, not {got!r} with {value!r}: read the rule first")
    return bool(_TESTS[op](left, alike[0]))
