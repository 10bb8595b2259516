"""Expected figures against what came out.

The problem: a figure that was printed is evidence for a computation only when somebody compares the two, with
the tolerance stated beforehand; and a figure that must not come out is evidence too.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ...finance.errors import Missing
from .engine import Outturn
from .outputs import Output, output_type, read_output, write_output
from .results import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldExpectation:
    """One expectation and what came out.

    Attributes
    ----------
    expected : Expected
        As the results document states it.
    computed : str
        What came out; empty while it is pending or unknown.
    holds : bool
        Whether it is as expected.
    reason : str
        Why nothing came out.
    """

    expected: Expected
    computed: str
    holds: bool
    reason: str = ""


def compare(outturn: Outturn, expected: Expected) -> HeldExpectation:
    """Compare one expected figure with what came out.

    Parameters
    ----------
    outturn : Outturn
        From ``pay``.
    expected : Expected
        From a results document.

    Examples
    --------
    >>> from .compiled import compile_terms
    >>> from .document import EXAMPLE, TermDocument
    >>> from .observing import Observation
    >>> from .pay import pay
    >>> outturn = pay(compile_terms(TermDocument.read(EXAMPLE)), [Observation(metric="nights", value=100)])
    >>> compare(outturn, Expected(output="paid", value="1512.00")).holds
    True
    """
    output = Output(expected.output, tuple(expected.of.items()), expected.period)
    try:
        value = write_output(output_type(outturn.program, output), read_output(outturn, output))
    except Missing as error:
        return HeldExpectation(expected=expected, computed="", holds=False, reason=error.message)
    if value is None:
        is_refused = expected.use == "refuse"
        return HeldExpectation(expected=expected, computed="", holds=is_refused, reason="it is pending")
    return HeldExpectation(expected=expected, computed=value, holds=_holds(value, expected))


def _holds(value: str, expected: Expected) -> bool:
    try:
        computed, wanted = Decimal(value), Decimal(expected.value)
    except InvalidOperation:
        return (value == expected.value) != (expected.use == "refuse")
    tolerance = Decimal(expected.tolerance)
    if expected.use == "at_least":
        return computed >= wanted - tolerance
    return (abs(computed - wanted) <= tolerance) != (expected.use == "refuse")
