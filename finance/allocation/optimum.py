"""The optimizer as a strategy, beside the simple rules.

The problem: a comparison of strategies should need no special case for the best of them.
"""

from typing import Annotated, Final

from pydantic import Field

from ..documents import Document
from .answer import Allocation
from .problem import AllocationDocument
from .simple.strategies import Strategy
from .solve import allocate


class OptimumParams(Document):
    """Parameters of the optimizer.

    Attributes
    ----------
    deadline_s : int [s]
        Time for the solve.

    Examples
    --------
    >>> OptimumParams.read('{"deadline_s": 5}').deadline_s
    5
    """

    deadline_s: Annotated[int, Field(ge=1, le=86_400)] = 60


def _optimum(document: AllocationDocument, params: OptimumParams) -> Allocation:
    return allocate(document, deadline_s=params.deadline_s).allocation


OPTIMUM: Final = Strategy(name="optimum", version="1", params_model=OptimumParams, choose=_optimum)
