"""The results document: what was observed under terms, and what should come of it.

The problem: recomputing a deal needs its inputs in one place, each with its source, beside the figures that
were printed. A ``ResultsDocument`` holds one or several cases: rows of observations, and rows of expected
outputs, to be reproduced, reached, or refused.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...finance.documents import Code, DecimalText, Document, Text
from ...finance.errors import AlmonerError, ResultsInvalid
from .expressions import DayText
from .faults import plainly

Basis = Literal["published", "derived", "recalled", "invented"]
Use = Literal["reproduce", "at_least", "refuse"]
MAX_ROWS = 200_000


class Result(Document):
    """One observation.

    Attributes
    ----------
    metric : str
        Of the terms.
    value : str
        Decimal text, ``true``, ``false`` or a label.
    period : str
        Of the calendar, for a metric by period.
    of : dict
        Member by set, for a metric per set.
    id : str
        Tells apart several observations of one value; the same id twice is refused.
    on : str
        The day it was achieved or found.
    unit : str
        When given, it must be the metric's type.
    """

    metric: Code
    value: Text
    period: str = ""
    of: dict[Code, Code] = Field(default_factory=dict)
    id: str = ""
    on: DayText | None = None
    unit: str = ""
    basis: Basis | None = None
    source: str = ""


class Expected(Document):
    """One figure that should come out, or must not.

    Attributes
    ----------
    output : str
        As listed in the documentation: ``paid``, a clause, a figure, ``from:PARTY``, ``account:NAME`` …
    of, period
        Which member and period; without, totals.
    value : str
        As decimal text, ``true``, ``false`` or a label.
    tolerance : str
        Absolute, in the unit of the output.
    use : str
        ``reproduce``: equal within tolerance; ``at_least``: not below; ``refuse``: must not come out.
    note : str
        Why; for ``refuse`` the reason that is reported.
    """

    output: Code
    of: dict[Code, Code] = Field(default_factory=dict)
    period: str = ""
    value: str
    tolerance: DecimalText = "0"
    use: Use = "reproduce"
    basis: Basis = "published"
    printed: str = ""
    printed_tolerance: str = ""
    note: str = ""
    source: str = ""


class Case(Document):
    """One set of observations.

    Attributes
    ----------
    as_of : str
        The day on which it is looked at; without it, all waiting times have passed.
    members : dict of str to tuple of str
        Members of open sets, in order; without it, in the order of the rows.
    """

    id: Code
    note: str = ""
    as_of: DayText | None = None
    members: dict[Code, tuple[Code, ...]] = Field(default_factory=dict)
    results: Annotated[tuple[Result, ...], Field(max_length=MAX_ROWS)]
    expect: Annotated[tuple[Expected, ...], Field(max_length=1000)] = ()


class ResultsDocument(Document):
    """Observations under one term document.

    Examples
    --------
    >>> results = ResultsDocument.read(EXAMPLE)
    >>> results.cases[0].results[0].value
    '12457'
    """

    invalid: ClassVar[type[AlmonerError]] = ResultsInvalid

    schema_: Literal["almoner.results/1"] = Field(alias="schema")
    title: Text
    cases: Annotated[tuple[Case, ...], Field(min_length=1, max_length=1000)]

    @classmethod
    def refusal(cls, findings: Sequence[Mapping[str, str]]) -> AlmonerError:
        """Make the error that lists every finding, faults of form in plain words."""
        return super().refusal(plainly(findings))


EXAMPLE = """
{"schema": "almoner.results/1", "title": "Nights in a safe place, first year",
 "cases": [{"id": "year-1", "results": [{"metric": "nights", "value": "12457", "source": "register, 2027"}],
            "expect": [{"output": "paid", "value": "188349.84"}]}]}
"""
