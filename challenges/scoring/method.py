"""What a scoring method is, so that others can add theirs.

The problem: a programme has agreed with its jury how reads become a figure, and wants it in place of plain
means, under the same ties, prizes and appeals. A ``ScoringMethod`` is given totals and nothing else: neither
the names of applications nor those of judges, so it can favour nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, Protocol, TypeVar, runtime_checkable

from ...finance.documents import Document
from ..rubric import Scale

P = TypeVar("P", bound=Document)
Totals = tuple[tuple[Fraction, ...], ...]
Points = tuple[Fraction, ...]


class NoScoringParams(Document):
    """Parameters of a scoring method that has none.

    Examples
    --------
    >>> NoScoringParams.read("{}").canonical_bytes()
    b'{}'
    """


@runtime_checkable
class ScoringMethod(Protocol):
    """What an entry point of the group ``almoner.scoring_methods`` names.

    Attributes
    ----------
    name, version : str
        Both stand in the reason of every award, as ``name/version``; what changes a figure changes the
        version.
    params_model : type of Document
        Its parameters.
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

    def score(self, totals: Totals, scale: Scale, params: Document) -> Points:
        """Return one figure [points] on the scale for each application, from the totals of its reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer(Generic[P]):
    """A scoring method made of a function of one application's totals.

    Attributes
    ----------
    name, version : str
        As in ``ScoringMethod``.
    params_model : type of Document
        As in ``ScoringMethod``.
    figure : callable
        From the totals of one application, least first, and parameters to its figure.

    Examples
    --------
    >>> best = Scorer(name="best", version="1", params_model=NoScoringParams,
    ...     figure=lambda totals, params: totals[-1])
    >>> isinstance(best, ScoringMethod)
    True
    """

    name: str
    version: str
    params_model: type[P]
    figure: Callable[[tuple[Fraction, ...], P], Fraction]

    def score(self, totals: Totals, scale: Scale, params: Document) -> Points:  # noqa: ARG002  # any method takes it
        """Return one figure for each application."""
        if not isinstance(params, self.params_model):
            raise TypeError(f"{self.name} takes {self.params_model.__name__}, not {type(params).__name__}")
        return tuple(self.figure(tuple(sorted(rows)), params) for rows in totals)
