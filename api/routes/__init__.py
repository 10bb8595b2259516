"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    briefs,
    challenges,
    funds,
)

OPERATIONS: tuple[Operation, ...] = (
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *funds.OPERATIONS,
)
