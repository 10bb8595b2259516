"""What is asked and answered about a round as a whole: figures as text, ties and how they are broken."""

from typing import Annotated

from pydantic import Field, StringConstraints

from ...finance.documents import Code
from .base import Asked, Wire

DIGITS = 4
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S")]


def decimal_text(value: float | None, digits: int = DIGITS) -> str | None:
    """Write a figure of the statistics as decimal text, rounded; None stays None.

    Parameters
    ----------
    value : float or None [of the figure]
        As it was reckoned.
    digits : int [digits]
        Behind the point.

    Examples
    --------
    >>> decimal_text(3.14159), decimal_text(-0.00001), decimal_text(None)
    ('3.1416', '0.0000', None)
    """
    return None if value is None else f"{round(value, digits) + 0.0:.{digits}f}"


class RankTieRequest(Wire):
    """How ties are broken where the brief leaves that to a seed or a panel.

    Attributes
    ----------
    seed : str
        Published seed of a lottery; empty without one.
    orders : tuple of tuples of str
        Recorded orders of a panel, best first; one list for each tie.
    """

    seed: Annotated[str, Field(max_length=300)] = ""
    orders: Annotated[tuple[tuple[Code, ...], ...], Field(max_length=100)] = ()


class DecisionRequest(Asked):
    """A decision by the rules of the brief, with what breaks its ties."""

    tie: RankTieRequest = RankTieRequest()


class ReasonRequest(Asked):
    """Why something is done; kept, and told to those whom it concerns."""

    reason: Reason
