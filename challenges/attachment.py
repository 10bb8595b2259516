"""Attachment: measure, from the awards made, how much earlier awards have brought further ones.

The problem: a programme says that progress alone counts, and the same hubs win every year. Whether that is
merit or habit can be measured: the chance of an award to a hub is taken as proportional to
(1 + earlier awards)^a exp(c rating) among those who could have won it. a = 0 is no attachment, 1 is the rich
getting richer in proportion. It is published with its standard error from 30 awards on; it decides nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .errors import CalibrationInvalid

Floats = NDArray[np.float64]
FEWEST_AWARDS: Final = 30
MOST_STEPS: Final = 100
_HALVINGS: Final = 30
_ENOUGH: Final = 1e-10  # of the log-likelihood


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardChoice:
    """One award, and who could have won it.

    Attributes
    ----------
    winner : str
        Code of the hub.
    earlier : tuple of (str, int) [awards]
        Every hub that could have won it, and what it had won before.
    ratings : tuple of (str, float) [part of the way]
        Its rating at that time; all of them.

    Examples
    --------
    >>> AwardChoice(winner="river", earlier=(("river", 1), ("hill", 0)),
    ...     ratings=(("river", 0.6), ("hill", 0.5))).winner
    'river'
    """

    winner: str
    earlier: tuple[tuple[str, int], ...]
    ratings: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """How much earlier awards, and ratings, have gone with further awards.

    Attributes
    ----------
    awards : int [awards]
        That were made among at least two hubs.
    earlier, earlier_error : float or None [dimensionless]
        The power a of 1 + earlier awards, and its standard error; ``None`` where nothing can be said.
    rating, rating_error : float or None [1 / part of the way]
        The slope c of the rating, and its standard error.
    reason : str
        Why nothing can be said; empty otherwise.

    Examples
    --------
    >>> measure_attachment([]).reason
    '0 awards are fewer than 30'
    """

    awards: int
    earlier: float | None = None
    earlier_error: float | None = None
    rating: float | None = None
    rating_error: float | None = None
    reason: str = ""

    def text(self) -> str:
        """Say it in one sentence."""
        if self.earlier is None or self.earlier_error is None:
            return f"Attachment is not published: {self.reason}."
        return (
            f"Attachment {self.earlier:.2f} +- {self.earlier_error:.2f} over {self.awards} awards "
            "(0: earlier awards bring nothing; 1: chances grow in proportion to them)."
        )


def measure_attachment(choices: Iterable[AwardChoice]) -> Attachment:
    """Fit the power of earlier awards and the slope of the rating to the awards made.

    Parameters
    ----------
    choices : iterable of AwardChoice
        One for each award; those with one hub say nothing and are left out.

    Raises
    ------
    CalibrationInvalid
        When a winner could not have won, or figures of a hub are missing.

    Notes
    -----
    Conditional logit: the log-likelihood is the sum over awards of the winner's ``x`` times (a, c) less the
    logarithm of the sum over hubs of ``exp(x (a, c))``, with ``x = (log(1 + k), rating)``. It is concave;
    Newton steps are halved until it does not fall. Standard errors are those of the observed information.

    Examples
    --------
    >>> def award(winner, *counts):
    ...     return AwardChoice(winner=winner, earlier=tuple(zip("ab", counts)),
    ...         ratings=(("a", 0.6), ("b", 0.4)))
    >>> awards = [award("a", 0, 3), award("b", 3, 0), award("b", 0, 3), award("a", 3, 0)] * 8
    >>> abs(round(measure_attachment(awards).earlier, 6))
    0.0
    """
    tables = [table for choice in choices if (table := _table(choice)) is not None]
    count = len(tables)
    if count < FEWEST_AWARDS:
        return Attachment(awards=count, reason=f"{count} awards are fewer than {FEWEST_AWARDS}")
    varied = np.array([np.any([np.ptp(table[:, at]) > 0 for table in tables]) for at in (0, 1)])
    if not varied[0]:
        return Attachment(awards=count, reason="nobody who could win had won more before than another")
    found = _maximise([table[:, varied] for table in tables])
    if found is None:
        return Attachment(awards=count, reason="the awards follow one figure always: no finite slope")
    slopes, errors = found
    rated = bool(varied[1])
    return Attachment(
        awards=count,
        earlier=slopes[0],
        earlier_error=errors[0],
        rating=slopes[1] if rated else None,
        rating_error=errors[1] if rated else None,
    )


def _table(choice: AwardChoice) -> Floats | None:
    """Return figures of the hubs, the winner first; None when there is no choice."""
    ratings, earlier = dict(choice.ratings), dict(choice.earlier)
    odd = sorted(set(ratings) ^ set(earlier)) or [name for name, count in earlier.items() if count < 0]
    if odd or choice.winner not in earlier or not all(map(np.isfinite, ratings.values())):
        raise CalibrationInvalid(
            f"An award to {choice.winner} lists {len(earlier)} hubs with awards and {len(ratings)} with "
            "ratings: list the winner and every other hub in both, with finite figures.",
            winner=choice.winner,
            hubs=odd,
        )
    if len(earlier) == 1:
        return None
    names = [choice.winner, *sorted(set(earlier) - {choice.winner})]
    return np.array([[np.log1p(earlier[name]), ratings[name]] for name in names], dtype=np.float64)


def _stacked(tables: Sequence[Floats]) -> tuple[Floats, NDArray[np.bool_]]:
    """Stack the tables, shorter ones filled up; True where there is a hub."""
    most = max(len(table) for table in tables)
    stack = np.zeros((len(tables), most, tables[0].shape[1]))
    there = np.zeros((len(tables), most), dtype=bool)
    for at, table in enumerate(tables):
        stack[at, : len(table)], there[at, : len(table)] = table, True
    return stack, there


def _likelihood(stack: Floats, there: NDArray[np.bool_], slopes: Floats) -> tuple[float, Floats, Floats]:
    """Return the log-likelihood, its slope and the information."""
    reach = np.where(there, stack @ slopes, -np.inf)
    top = reach.max(axis=1, keepdims=True)
    weight = np.exp(reach - top)
    whole = weight.sum(axis=1, keepdims=True)
    total = float((reach[:, :1] - top - np.log(whole)).sum())
    weight /= whole
    centre = np.einsum("nh,nhk->nk", weight, stack)
    slope = (stack[:, 0] - centre).sum(axis=0)
    spread = np.einsum("nh,nhk,nhl->kl", weight, stack, stack) - centre.T @ centre
    return total, slope, spread


def _maximise(tables: Sequence[Floats]) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Take Newton steps; None where the top lies at infinity or the figures go together."""
    scale = np.sqrt(np.mean([np.var(table, axis=0) for table in tables], axis=0))
    stack, there = _stacked([table / scale for table in tables])
    slopes = np.zeros(len(scale))
    value, slope, information = _likelihood(stack, there, slopes)
    for _ in range(MOST_STEPS):
        if np.linalg.cond(information) > 1 / _ENOUGH or not np.isfinite(value):
            return None
        step = np.linalg.solve(information, slope)
        for _ in range(_HALVINGS):
            trial = _likelihood(stack, there, slopes + step)
            if trial[0] >= value:
                break
            step = step / 2
        gained = trial[0] - value
        slopes, (value, slope, information) = slopes + step, trial
        if gained <= _ENOUGH * abs(value) + _ENOUGH and float(np.abs(slope).max()) < sqrt(_ENOUGH) * len(
            tables
        ):
            break
    else:
        return None
    if np.abs(slopes).max() > len(tables) or np.linalg.cond(information) > 1 / _ENOUGH or value > -_ENOUGH:
        return None
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    return tuple((slopes / scale).tolist()), tuple((errors / scale).tolist())
