"""How the time of a search is divided between small models and the whole one.

The problem: a small model that is hard takes all the time there is, and then nothing is proved. Each small
model gets a share of the time that is left and so many nodes; where the whole model is of modest size, it is
due early, with the answers of the small ones to begin with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from ..model.compile import CompiledModel

MODEST = 2000  # cells up to which the whole model is due early
EARLY = 0.75  # of the time is left when it is due
COEFFICIENTS = 100_000  # up to which that holds too when there are only choices
NEARLY_ALL, NEARLY_ALL_LARGE = 0.7, 0.4  # part of the undecided choices from which the whole model is tried
SHARE, LARGE_SHARE = 0.1, 0.4  # of the time that is left, for one small model
NODES = 3000  # of one small model
NARROW: Mapping[str, object] = MappingProxyType(
    {
        "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
        "dual_feasibility_tolerance": 1e-9,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchShares:
    """What each model may take.

    Attributes
    ----------
    is_modest : bool
        Whether the whole model can be searched.
    whole_s : float [s]
        Time of the whole search.

    Examples
    --------
    >>> shares = SearchShares(is_modest=True, whole_s=60.0)
    >>> shares.of_one(60.0), shares.is_time_for_all(50.0), shares.is_time_for_all(40.0)
    (6.0, False, True)
    """

    is_modest: bool
    whole_s: float

    @classmethod
    def of(cls, model: CompiledModel, left_s: float) -> Self:
        """Divide the time for a model.

        Parameters
        ----------
        model : CompiledModel
            The whole model.
        left_s : float [s]
            Time of the whole search.
        """
        modest = len(model.layout.cells) <= MODEST
        modest |= bool(model.integer.all()) and model.matrix.nnz <= COEFFICIENTS
        return cls(is_modest=modest, whole_s=left_s)

    @property
    def nearly_all(self) -> float:
        """Part of the undecided choices from which the whole model is tried [1]."""
        return NEARLY_ALL if self.is_modest else NEARLY_ALL_LARGE

    @property
    def options(self) -> Mapping[str, object]:
        """Options of the solver for a small model."""
        return {"mip_max_nodes": NODES} if self.is_modest else {}

    def of_one(self, left_s: float) -> float:
        """Return what a small model may take [s].

        Parameters
        ----------
        left_s : float [s]
            Time that is left.
        """
        return left_s * (SHARE if self.is_modest else LARGE_SHARE)

    def is_time_for_all(self, left_s: float) -> bool:
        """Whether the whole model is due.

        Parameters
        ----------
        left_s : float [s]
            Time that is left.
        """
        return self.is_modest and left_s < EARLY * self.whole_s
