"""The outcomes document: what may be observed under terms, and how likely.

The problem: a forecast is only as good as its assumptions, and those sit in somebody's notebook. An
``OutcomesDocument`` states them beside the terms: for each metric a law of chance, what moves together, how
exact the evaluator is, and what the parties spend meanwhile.
"""

from collections.abc import Mapping
from decimal import Decimal
from math import fsum, sqrt
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...finance.documents import Code, DecimalText, Document, Text
from ...finance.errors import AlmonerError, OutcomesInvalid
from ...finance.findings import Findings, finding, repeated
from ..terms.expressions import MAX_PARTS, TypeText
from .laws import CountText, Law, MixtureLaw

MAX_CELLS, MAX_MEMBERS = 2_000, 10_000
LEAST_PIVOT = 1e-12


class OutcomeCell(Document):
    """A law for some periods or members only; what is not named is open.

    Attributes
    ----------
    period : str
        Of the calendar.
    of : dict
        Member by set.
    noise : str
        Standard deviation of the evaluator's error; without it, that of the metric.
    """

    period: str = ""
    of: dict[Code, Code] = Field(default_factory=dict)
    law: Law
    noise: DecimalText | None = None


class OutcomeModel(Document):
    """How one metric comes out.

    Attributes
    ----------
    law : Law
        In every period and for every member that no cell names.
    noise : str
        Standard deviation of the evaluator's error, in the metric's unit, added to what is true.
    cells : tuple of OutcomeCell
        Exceptions; where several fit, the last one counts.
    """

    law: Law
    noise: DecimalText = "0"
    cells: Annotated[tuple[OutcomeCell, ...], Field(max_length=MAX_CELLS)] = ()

    def findings(self, at: str = "") -> Findings:
        """Refuse laws that are none, and an error below zero."""
        found = self.law.findings(f"{at}/law") + _noise(at, self.noise)
        for number, cell in enumerate(self.cells):
            found += cell.law.findings(f"{at}/cells/{number}/law")
            found += _noise(f"{at}/cells/{number}", cell.noise or "0")
        return found


class Correlation(Document):
    """Which metrics come out high together: a matrix of the correlations of their normal scores.

    Attributes
    ----------
    metrics : tuple of str
        The order of rows and columns.
    matrix : tuple of tuple of str
        Symmetric, ones on the diagonal, positive definite.
    """

    metrics: Annotated[tuple[Code, ...], Field(min_length=1, max_length=64)]
    matrix: Annotated[tuple[tuple[DecimalText, ...], ...], Field(max_length=64)]

    def findings(self, at: str = "") -> Findings:
        """Refuse a matrix that no variables can have."""
        size = len(self.metrics)
        if again := repeated(self.metrics):
            return [finding(f"{at}/metrics/{again[0]}", f"{self.metrics[again[0]]} stands twice")]
        if len(self.matrix) != size or any(len(row) != size for row in self.matrix):
            return [finding(f"{at}/matrix", f"it needs {size} rows of {size} numbers")]
        rows = [[Decimal(text) for text in row] for row in self.matrix]
        for line in range(size):
            for column in range(line + 1):
                if rows[line][column] != rows[column][line] or (line == column and rows[line][line] != 1):
                    message = "the matrix is symmetric, with ones on the diagonal"
                    return [finding(f"{at}/matrix/{line}/{column}", message)]
        if self.factor() is None:
            message = "no variables can be correlated like this: the matrix is not positive definite"
            return [finding(f"{at}/matrix", message)]
        return []

    def factor(self) -> tuple[tuple[float, ...], ...] | None:
        """Return the lower triangle L with L L' = matrix (Cholesky); None when there is none.

        Examples
        --------
        >>> matrix = (("1", "0.6"), ("0.6", "1"))
        >>> Correlation(metrics=("a", "b"), matrix=matrix).factor()
        ((1.0,), (0.6, 0.8))
        """
        rows: list[tuple[float, ...]] = []
        for line, texts in enumerate(self.matrix):
            row: list[float] = []
            for column in range(line):
                known = fsum(row[place] * rows[column][place] for place in range(column))
                row.append((float(texts[column]) - known) / rows[column][column])
            pivot = float(texts[line]) - fsum(value * value for value in row)
            if pivot < LEAST_PIVOT:
                return None
            rows.append((*row, sqrt(pivot)))
        return tuple(rows)


class CommonFactor(Document):
    """A part of all variation that is shared.

    Attributes
    ----------
    over : tuple of str
        Sets, or ``period``, whose members share it: the weather of one year over all ``cohorts``, the
        quality of one site over every ``period``.
    share : str
        Of the variance of each normal score, from 0 to 1; all shares together at most 1.
    """

    over: Annotated[tuple[Code, ...], Field(min_length=1, max_length=64)]
    share: DecimalText


class Outlay(Document):
    """What a party spends outside the terms, by period.

    Attributes
    ----------
    type : str
        Unit and digits, as in the terms.
    amounts : dict
        Period -> amount, spent before anything is received in that period.
    """

    type: TypeText
    amounts: Annotated[dict[Code, DecimalText], Field(max_length=MAX_PARTS)]

    def findings(self, at: str = "") -> Findings:
        """Refuse amounts below zero."""
        wrong = [period for period, text in self.amounts.items() if Decimal(text) < 0]
        return [finding(f"{at}/amounts/{period}", "an outlay is not below zero") for period in wrong]


class OutcomesDocument(Document):
    """What may be observed under one term document.

    Attributes
    ----------
    members : dict
        Of open sets: how many (then named ``m1``, ``m2``, …), or which.
    models : dict of str to OutcomeModel
        One for every metric of the terms.
    correlation : Correlation
        Between metrics, in the same period and for the same members.
    common : tuple of CommonFactor
        Between periods and between members.
    costs : dict of str to Outlay
        What parties spend meanwhile.
    discount_rate : str
        A year, as a fraction: ``0.05``; for present values.

    Examples
    --------
    >>> outcomes = OutcomesDocument.read(EXAMPLE)
    >>> outcomes.models["nights"].law.kind
    'normal'
    """

    invalid: ClassVar[type[AlmonerError]] = OutcomesInvalid

    schema_: Literal["almoner.outcomes/1"] = Field(alias="schema")
    title: Text
    source: str = ""
    members: Annotated[
        dict[Code, CountText | Annotated[tuple[Code, ...], Field(max_length=MAX_MEMBERS)]],
        Field(max_length=64),
    ] = Field(default_factory=dict)
    models: Annotated[dict[Code, OutcomeModel], Field(max_length=MAX_PARTS)]
    correlation: Correlation | None = None
    common: Annotated[tuple[CommonFactor, ...], Field(max_length=16)] = ()
    costs: Annotated[dict[Code, Outlay], Field(max_length=MAX_PARTS)] = Field(default_factory=dict)
    discount_rate: DecimalText | None = None

    def findings(self, at: str = "") -> Findings:
        """List every rule broken, whatever the terms are."""
        found = _each(f"{at}/models", self.models) + _each(f"{at}/costs", self.costs)
        if self.correlation is not None:
            found += self.correlation.findings(f"{at}/correlation")
        shares = [Decimal(one.share) for one in self.common]
        if any(share < 0 for share in shares) or sum(shares) > 1:
            found.append(finding(f"{at}/common", "shares are zero or more, together at most 1"))
        if again := repeated([" ".join(sorted(one.over)) for one in self.common]):
            found.append(finding(f"{at}/common/{again[0]}", "the same sets stand twice: add the shares"))
        if self.discount_rate is not None and Decimal(self.discount_rate) <= -1:
            found.append(finding(f"{at}/discount_rate", "a rate is above -1"))
        return found


def _each(at: str, documents: Mapping[str, OutcomeModel] | Mapping[str, Outlay]) -> Findings:
    return [row for name, one in documents.items() for row in one.findings(f"{at}/{name}")]


def _noise(at: str, text: str) -> Findings:
    return [finding(f"{at}/noise", f"{text} is below zero")] if Decimal(text) < 0 else []


def laws_of(law: Law, at: str) -> list[tuple[str, Law]]:
    """Return a law, or the laws inside a mixture, each with its place.

    Parameters
    ----------
    law : Law
        Any.
    at : str
        JSON pointer of it.
    """
    if not isinstance(law, MixtureLaw):
        return [(at, law)]
    rows = [laws_of(part.law, f"{at}/parts/{number}/law") for number, part in enumerate(law.parts)]
    return [row for part in rows for row in part]


EXAMPLE = """
{"schema": "almoner.outcomes/1", "title": "Nights, as the shelter expects them",
 "models": {"nights": {"law": {"kind": "normal", "mean": "24000", "sd": "6000"}, "noise": "500"}}}
"""
