"""Metric ballots as a strategy of allocation: the pool follows measurements that voters have weighed.

The problem: a retroactive round divides a pool by its own published rule (``ballots.py``), and one wants to
see it beside the optimum, greedy and equal shares, under the same checks. ``MEASURED_METRICS`` is that rule
as an entry point of ``almoner.allocation_strategies``: the amounts are the rule's, to the minor unit.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from ..finance.allocation.problem import AllocationDocument
from ..finance.allocation.simple.placing import Proposal
from ..finance.allocation.simple.strategies import Strategy
from ..finance.documents import Document
from ..finance.money import Money, decimal_text
from ..finance.units import Unit
from .ballots import Ballot, MeasuredProject, metric_shares
from .errors import BallotInvalid
from .figures import WHOLE_BP

Figure = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,30}(\.[0-9]{1,40})?([eE]-?[0-9]{1,2})?$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Figures = tuple[tuple[Name, Figure], ...]


class BallotRow(Document):
    """One voter's weights, as a document holds them.

    Attributes
    ----------
    ballot_id : str
        Unique.
    weights : tuple of (str, str) [dimensionless]
        Metric and weight.
    multiplier : str [dimensionless]
        How much a measurement of a boosted project counts.

    Examples
    --------
    >>> BallotRow.read('{"ballot_id": "v1", "weights": [["users", "60"]]}').multiplier
    '1'
    """

    ballot_id: Name
    weights: Figures
    multiplier: Figure = "1"


class MeasuredRow(Document):
    """What was measured of one project, as a document holds it.

    Attributes
    ----------
    project_id : str
        Intervention of the problem.
    measures : tuple of (str, str) [each metric's unit]
        Metric and measured value.
    boosted : bool
        Whether the ballots' multipliers apply.

    Examples
    --------
    >>> MeasuredRow.read('{"project_id": "p1", "measures": [["users", "12"]]}').boosted
    False
    """

    project_id: Name
    measures: Figures
    boosted: bool = False


class MeasuredParams(Document):
    """Parameters of the strategy ``measured_metrics``.

    Attributes
    ----------
    projects : tuple of MeasuredRow
        Every one an intervention of the problem.
    ballots : tuple of BallotRow
        As cast.
    cap_bp : int [basis points]
        Most of the pool for one project.
    floor_minor : int [minor units]
        Amounts below it are not paid.

    Examples
    --------
    >>> params = MeasuredParams.read('''{"projects": [{"project_id": "p1", "measures": [["users", "12"]]}],
    ...   "ballots": [{"ballot_id": "v1", "weights": [["users", "1"]]}], "cap_bp": 500}''')
    >>> params.floor_minor
    0
    """

    projects: tuple[MeasuredRow, ...]
    ballots: tuple[BallotRow, ...]
    cap_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)] = WHOLE_BP
    floor_minor: Annotated[int, Field(ge=0)] = 0


def measured_params(
    projects: Iterable[MeasuredProject],
    ballots: Iterable[Ballot],
    *,
    cap_bp: int = WHOLE_BP,
    floor: Money | None = None,
) -> MeasuredParams:
    """Write a round down as parameters of the strategy.

    Parameters
    ----------
    projects : Iterable of MeasuredProject
        As for ``metric_shares``.
    ballots : Iterable of Ballot
        As for ``metric_shares``.
    cap_bp : int [basis points]
        Most of the pool for one project.
    floor : Money or None
        Amounts below it are not paid.

    Raises
    ------
    BallotInvalid
        When a figure is no decimal number of at most 40 digits.

    Examples
    --------
    >>> one = MeasuredProject(project_id="p1", measures=(("users", Fraction(5, 2)),))
    >>> measured_params([one], [Ballot(ballot_id="v1", weights=(("users", 1),))]).projects[0].measures
    (('users', '2.5'),)
    """
    return MeasuredParams(
        projects=tuple(
            MeasuredRow(project_id=one.project_id, measures=_written(one.measures), boosted=one.boosted)
            for one in projects
        ),
        ballots=tuple(
            BallotRow(
                ballot_id=one.ballot_id,
                weights=_written(one.weights),
                multiplier=_written([("", one.multiplier)])[0][1],
            )
            for one in ballots
        ),
        cap_bp=cap_bp,
        floor_minor=0 if floor is None else floor.minor,
    )


def _written(figures: Iterable[tuple[str, int | Fraction]]) -> Figures:
    return tuple((name, _decimal(Fraction(figure))) for name, figure in figures)


def _decimal(figure: Fraction) -> str:
    """Write a fraction as an exact decimal."""
    for digits in range(41):
        if (10**digits) % figure.denominator == 0:
            return decimal_text(figure.numerator * (10**digits // figure.denominator), digits)
    raise BallotInvalid(f"{figure} is no decimal number of at most 40 digits: measure or weigh in decimals.")


def _propose(document: AllocationDocument, params: MeasuredParams) -> Proposal:
    """Divide everything the funds hold by the rule of metric ballots."""
    arrays = document.arrays
    unit = Unit(code=document.unit, kind="currency", scale=document.scale)
    result = metric_shares(
        [
            MeasuredProject(project_id=row.project_id, measures=_read(row.measures), boosted=row.boosted)
            for row in params.projects
        ],
        [
            Ballot(ballot_id=row.ballot_id, weights=_read(row.weights), multiplier=Fraction(row.multiplier))
            for row in params.ballots
        ],
        pool=Money(minor=int(arrays.budget[:, 0].sum()), unit=unit),
        cap_bp=params.cap_bp,
        floor=Money(minor=params.floor_minor, unit=unit),
    )
    return Proposal(awards={(row.project_id, 0): row.amount.minor for row in result.shares if row.amount})


def _read(figures: Figures) -> tuple[tuple[str, Fraction], ...]:
    return tuple((name, Fraction(figure)) for name, figure in figures)


MEASURED_METRICS: Final = Strategy(
    name="measured_metrics", version="1", params_model=MeasuredParams, choose=_propose
)
