"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    assignments,
    calibrations,
    conflicts,
    funds,
    judges,
    rankings,
    scores,
)

OPERATIONS: tuple[Operation, ...] = (
    *assignments.OPERATIONS,
    *calibrations.OPERATIONS,
    *conflicts.OPERATIONS,
    *funds.OPERATIONS,
    *judges.OPERATIONS,
    *rankings.OPERATIONS,
    *scores.OPERATIONS,
)
