"""What is asked and answered about forecasts of terms."""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from ...contracts.forecast import Forecast
from ...contracts.outcomes.document import OutcomesDocument
from .base import Asked, Reply, Wire
from .terms import TermsRequest

MOST_PATHS = 20_000
Seed = Annotated[int, Field(ge=0, le=2**62)]
Paths = Annotated[int, Field(ge=1, le=MOST_PATHS)]


class TermsSimulationRequest(TermsRequest):
    """Terms, and what may be observed under them.

    Attributes
    ----------
    paths : int [paths]
        How many ways it could go; more are the work of a job.
    seed : int [seed]
        The same seed gives the same bytes.
    """

    outcomes: OutcomesDocument
    paths: Paths = 1000
    seed: Seed = 0


class AgreementSimulationRequest(Asked):
    """What may be observed under an agreement.

    Attributes
    ----------
    paths : int [paths]
        How many ways it could go; more are the work of a job.
    seed : int [seed]
        The same seed gives the same bytes.
    """

    outcomes: OutcomesDocument
    paths: Paths = 1000
    seed: Seed = 0


class TermsSpread(Wire):
    """How one amount or rate is spread over the paths.

    Attributes
    ----------
    paths : int [paths]
        On how many it is known.
    figures : dict of str to str
        Mean, quantiles, least and most, as decimal text.
    """

    what: str
    unit: str
    party: str
    when: str
    paths: int
    figures: dict[str, str]


class TermsFrequency(Wire):
    """In what share of the paths something happens, and what it is worth."""

    what: str
    name: str
    share: str
    unit: str
    mean: str
    mean_then: str


class TermsBin(Wire):
    """In what share of the paths the total lies from ``low`` to ``high``."""

    unit: str
    low: str
    high: str
    share: str


class TermsForecast(Reply):
    """What comes of terms over many paths; the same request gives the same bytes.

    Attributes
    ----------
    terms, outcomes : str
        Digests of both documents.
    paths : int [paths]
        How many.
    seed : int [seed]
        As asked.
    maxima : dict of str to str
        Unit -> the most that is proven.
    clips : dict of str to str
        Metric -> share of its values that lay outside its domain.
    """

    terms: str
    outcomes: str
    paths: int
    seed: int
    maxima: dict[str, str]
    spreads: list[TermsSpread]
    frequencies: list[TermsFrequency]
    histogram: list[TermsBin]
    clips: dict[str, str]

    @classmethod
    def of(cls, found: Forecast) -> "TermsForecast":
        """Return a forecast as a reply."""
        return cls.model_validate(asdict(found))
