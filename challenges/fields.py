"""Fields that several documents of this floor share: a day, the name of a metric, a condition on it.

The problem: a target that one document writes as a sentence and another as a number is two targets. A day
is a real day, a metric is named with its version, and a condition is a metric, a relation and a number.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from ..finance.dates import parse_day
from ..finance.documents import DecimalText, Document, Text
from ..finance.errors import DocumentInvalid
from ..finance.money import decimal_count
from ..finance.units import MAX_SCALE


def _real_day(text: str) -> str:
    try:
        parse_day(text)
    except DocumentInvalid as fault:
        raise ValueError(fault.message) from None
    return text


DayText = Annotated[str, AfterValidator(_real_day)]
MetricName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.:/@-]{0,79}$")]


class Condition(Document):
    """What has to be reached: a metric at or beyond a number.

    Attributes
    ----------
    metric : str
        Name and version, for example ``safe_water_days@2``.
    op : str
        ``>=`` or ``<=``.
    value : str [unit]
        Decimal string.
    unit : str
        What the metric counts.
    method : str or None
        How it is measured and by whom; a prize without a method is a finding of the lint.

    Examples
    --------
    >>> test = Condition.read('{"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}')
    >>> test.met_by("12"), test.met_by("11.5"), str(test)
    (True, False, 'wells@1 >= 12 well')
    """

    metric: MetricName
    op: Literal[">=", "<="]
    value: DecimalText
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    method: Text | None = None

    def met_by(self, value: str) -> bool:
        """Tell whether a measured value reaches it, exactly.

        Parameters
        ----------
        value : str [unit]
            Decimal string.
        """
        measured = decimal_count(value, MAX_SCALE, "measurement")
        asked = decimal_count(self.value, MAX_SCALE)
        return measured >= asked if self.op == ">=" else measured <= asked

    def __str__(self) -> str:
        """Write it as one line."""
        return f"{self.metric} {self.op} {self.value} {self.unit}"
