"""Methods: what an evaluation method is, so that others can add theirs.

The problem: a library knows seven ways to measure an effect and an evaluator needs an eighth, under the same
rules: parameters written down before the data come, named columns, a version, no float in the answer.
``EvaluationMethod`` is what the registry asks of a method; ``Method`` makes one from three functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Generic, Protocol, TypeVar, runtime_checkable

from pydantic import Field

from ...finance.documents import DecimalText, Document
from ...finance.findings import Findings, finding
from .estimate import Estimate
from .tables import DataColumn, Table

P = TypeVar("P", bound=Document)
LOWEST_LEVEL = 0.5


class IntervalParams(Document):
    """Parameters of methods with an interval.

    Attributes
    ----------
    level : str
        Of the interval, at least 0.5 and below 1.
    least : int [observations]
        In each group; fewer are refused.
    """

    level: DecimalText = "0.95"
    least: Annotated[int, Field(ge=2, le=1_000_000)] = 2

    def findings(self, at: str = "") -> Findings:
        """List what is wrong with the level."""
        if LOWEST_LEVEL <= float(self.level) < 1:
            return []
        return [
            finding(f"{at}/level", f"{self.level} is no level: write one from 0.5 to below 1, such as 0.95")
        ]


@runtime_checkable
class EvaluationMethod(Protocol):
    """What a method offers; an entry point of the group ``almoner.evaluation_methods`` names one.

    Attributes
    ----------
    name, version : str
        Both stand in every determination, as ``name/version``; what changes an estimate changes the version.
    params_model : type of Document
        Its parameters; their digest stands beside the estimate.
    """

    @property
    def name(self) -> str:
        """Return the name, the same as that of the entry point."""

    @property
    def version(self) -> str:
        """Return the version."""

    @property
    def params_model(self) -> type[Document]:
        """Return the class of its parameters."""

    def columns(self, params: Document) -> tuple[DataColumn, ...]:
        """List the columns it uses under these parameters."""

    def estimate(self, table: Table, params: Document) -> Estimate:
        """Compute the estimate from prepared columns, or refuse with ``EvaluationRefused``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(Generic[P]):
    """A method made of functions.

    Attributes
    ----------
    name, version : str
        As in ``EvaluationMethod``.
    params_model : type of Document
        As in ``EvaluationMethod``.
    uses : callable
        From parameters to the columns.
    compute : callable
        From prepared columns and parameters to the estimate.

    Examples
    --------
    >>> rows = Method(name="rows", version="1", params_model=Document,
    ...               uses=lambda params: (DataColumn(name="id", kind="label", about="of the row"),),
    ...               compute=lambda table, params: Estimate(value="2", sample=2, statistic="rows"))
    >>> isinstance(rows, EvaluationMethod)
    True
    """

    name: str
    version: str
    params_model: type[P]
    uses: Callable[[P], tuple[DataColumn, ...]]
    compute: Callable[[Table, P], Estimate]

    def columns(self, params: Document) -> tuple[DataColumn, ...]:
        """List the columns it uses."""
        return self.uses(self._own(params))

    def estimate(self, table: Table, params: Document) -> Estimate:
        """Compute the estimate."""
        return self.compute(table, self._own(params))

    def _own(self, params: Document) -> P:
        if not isinstance(params, self.params_model):
            raise TypeError(f"{self.name} takes {self.params_model.__name__}, not {type(params).__name__}")
        return params
