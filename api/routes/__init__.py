"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    appeals,
    assignments,
    awards,
    calibrations,
    conflicts,
    decisions,
    funds,
    judges,
    rankings,
    scores,
)

OPERATIONS: tuple[Operation, ...] = (
    *appeals.OPERATIONS,
    *assignments.OPERATIONS,
    *awards.OPERATIONS,
    *calibrations.OPERATIONS,
    *conflicts.OPERATIONS,
    *decisions.OPERATIONS,
    *funds.OPERATIONS,
    *judges.OPERATIONS,
    *rankings.OPERATIONS,
    *scores.OPERATIONS,
)
