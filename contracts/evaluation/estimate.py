"""Estimates: what a method found, as decimal text.

The problem: a number that money is paid on must read the same for everybody, and the last bits of a float
differ from machine to machine. Floats therefore end here: an ``Estimate`` holds text with 12 significant
digits (a float has 15 to 17; what is dropped is the noise of its arithmetic), and ``value_at`` rounds it
once, by a named rounding, to the digits that a metric has. The evaluator signs that text; nothing recomputes
it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import isfinite

from ...finance.errors import EvaluationRefused
from ...finance.money import Rounding, round_quotient
from ..claims import ClaimedResult
from ..determinations import Finding
from ..terms.document import WHOLE_TERM
from ..terms.types import Quantity, parse_type

SIGNIFICANT = 12
LAST_PLACE = Decimal("1e-18")
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
LARGEST = 10**18
SHARES = frozenset({"difference in proportions", "relative reduction"})
_DECIMAL = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,18})?", re.ASCII)


def decimal_text(number: float) -> str:
    """Write a number with 12 significant digits, at most 18 of them decimals, and without an exponent.

    Parameters
    ----------
    number : float [any unit]
        Finite and below 10**18.

    Raises
    ------
    EvaluationRefused
        When it is not finite or too large.

    Examples
    --------
    >>> decimal_text(0.1 + 0.2), decimal_text(1794.3423718), decimal_text(-0.0), decimal_text(412)
    ('0.3', '1794.3423718', '0', '412')
    """
    if not isfinite(number) or abs(number) >= LARGEST:
        raise EvaluationRefused(
            f"The method came to {number!r}, which is no number that can be stated: check the data for "
            "values that are far too large, or state them in a larger unit.",
            reason="not_finite",
            got=repr(number),
        )
    exact = EXACT.quantize(Decimal(f"{number:.{SIGNIFICANT - 1}e}"), LAST_PLACE)
    text = format(exact, "f").rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a method found.

    Attributes
    ----------
    value : str
        The estimate, decimal text.
    standard_error, low, high : str
        Decimal text; empty where the method gives none.
    level : str
        Of the interval from ``low`` to ``high``, for example ``0.95``; empty without one.
    sample : int [observations]
        How many rows it rests on.
    statistic : str
        What is estimated, in words.
    details : dict of str to str
        Further numbers that can be paid on, by name; decimal text.
    diagnostics : dict of str to str
        How it was come by and how well it holds, by name: sizes, degrees of freedom, balance.
    method : str
        Name and version; ``evaluate`` fills in these three.
    data_sha256, params_sha256 : str
        Digests of the columns that were used, and of the parameters.

    Raises
    ------
    TypeError, ValueError
        When a number is not text, or the text no decimal.

    Examples
    --------
    >>> Estimate(value="1.58", sample=10, statistic="mean paired difference").low
    ''
    """

    value: str
    sample: int
    statistic: str
    standard_error: str = ""
    low: str = ""
    high: str = ""
    level: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    diagnostics: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    data_sha256: str = ""
    params_sha256: str = ""

    def __post_init__(self) -> None:
        if type(self.sample) is not int or self.sample < 0:
            raise TypeError(f"sample is {self.sample!r}: give a whole number of observations")
        _require_decimal("value", self.value)
        for name in ("standard_error", "low", "high", "level"):
            if getattr(self, name) != "":
                _require_decimal(name, getattr(self, name))
        for name, text in self.details.items():
            _require_decimal(name, text)
        for name, text in self.diagnostics.items():
            if type(text) is not str:
                raise TypeError(f"{name} is {text!r}: diagnostics are text, for example by decimal_text")

    def row(self) -> dict[str, object]:
        """Write it as JSON values."""
        return {
            "data_sha256": self.data_sha256,
            "details": dict(sorted(self.details.items())),
            "diagnostics": dict(sorted(self.diagnostics.items())),
            "high": self.high,
            "level": self.level,
            "low": self.low,
            "method": self.method,
            "params_sha256": self.params_sha256,
            "sample": self.sample,
            "standard_error": self.standard_error,
            "statistic": self.statistic,
            "value": self.value,
        }


def _require_decimal(name: str, text: object) -> None:
    if type(text) is not str:
        raise TypeError(
            f"{name} is {text!r}: numbers leave a method as decimal text, for example by decimal_text"
        )
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{name} is {text!r}: write a decimal such as 12.5, with at most 18 decimals")


def value_at(
    estimate: Estimate,
    statistic: str,
    kind: Quantity | str,
    *,
    rounding: Rounding = "half_even",
    times: int | None = None,
) -> str:
    """Return one number of an estimate at the digits of a metric, rounded once.

    Parameters
    ----------
    estimate : Estimate
        What a method found.
    statistic : str
        ``estimate``, ``low``, ``high``, or a name in its ``details``, for example ``unmatched_share``.
    kind : Quantity or str
        Type of the metric, for example ``night/1``.
    rounding : str
        ``floor``, ``ceil``, ``toward_zero``, ``half_even`` or ``half_away``.
    times : int or None [dimensionless]
        Factor from the method's unit to the metric's; without it 100 from a share of one to a metric in
        ``percent``, and 1 else.

    Raises
    ------
    EvaluationRefused
        When the estimate has no such number.
    ValueError
        When the type is none, or the rounding has no such name.

    Examples
    --------
    >>> found = Estimate(value="0.12345", low="0.0251", level="0.95", sample=80, statistic="share")
    >>> value_at(found, "estimate", "percent/1", times=100)
    '12.3'
    >>> value_at(found, "low", "ratio/2", rounding="floor")
    '0.02'
    >>> value_at(Estimate(value="0.3441", sample=80, statistic="relative reduction"), "estimate", "percent/1")
    '34.4'
    """
    known = {"estimate": estimate.value, "low": estimate.low, "high": estimate.high, **estimate.details}
    text = known.get(statistic, "")
    if not text:
        there = [name for name, found in known.items() if found]
        raise EvaluationRefused(
            f"{estimate.method or 'The estimate'} gives no {statistic!r}; it gives {', '.join(there)}.",
            reason="no_such_statistic",
            statistic=statistic,
            known=there,
        )
    quantity = _quantity(kind)
    digits = quantity.digits
    if times is None:
        times = 100 if quantity.unit == "percent" and estimate.statistic in SHARES else 1
    num, den = Decimal(text).as_integer_ratio()
    whole = round_quotient(num * times * 10**digits, den, rounding)
    sign, figures = "-" if whole < 0 else "", str(abs(whole)).rjust(digits + 1, "0")
    return sign + (f"{figures[:-digits]}.{figures[-digits:]}" if digits else figures)


def _quantity(kind: Quantity | str) -> Quantity:
    found = parse_type(kind) if isinstance(kind, str) else kind
    if found is None:
        raise ValueError(f"{kind!r} is no type of a number: write the metric's, for example night/1")
    return found


def finding_of(
    estimate: Estimate,
    metric: str,
    kind: Quantity | str,
    *,
    statistic: str = "estimate",
    period: str = WHOLE_TERM,
    of: tuple[tuple[str, str], ...] = (),
    on: str = "",
    rounding: Rounding = "half_even",
    times: int | None = None,
) -> Finding:
    """Make the finding that a determination carries: the rounded value beside what it was rounded from.

    Parameters
    ----------
    estimate : Estimate
        From ``evaluate``.
    metric, period, of, on : str
        What it is a value of, as in ``ClaimedResult``.
    kind, statistic, rounding, times
        As in ``value_at``.
    times : int or None [dimensionless]
        As in ``value_at``.

    Examples
    --------
    >>> found = Estimate(value="1.58", low="0.7", high="2.46", level="0.95", sample=10, statistic="d")
    >>> finding_of(found, "hours", "hour/1", statistic="low").result.value
    '0.7'
    """
    value = value_at(estimate, statistic, kind, rounding=rounding, times=times)
    return Finding(
        result=ClaimedResult(metric=metric, period=period, of=of, value=value, on=on),
        method=estimate.method,
        estimate=estimate.value,
        standard_error=estimate.standard_error,
        low=estimate.low,
        high=estimate.high,
        level=estimate.level,
        sample=estimate.sample,
        statistic=statistic,
        data_sha256=estimate.data_sha256,
    )
