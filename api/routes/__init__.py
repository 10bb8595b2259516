"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    appeals,
    assignments,
    awards,
    books,
    briefs,
    calibrations,
    challenges,
    claims,
    conflicts,
    decisions,
    earmarks,
    funds,
    judges,
    ledger,
    parties,
    rankings,
    scores,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *appeals.OPERATIONS,
    *assignments.OPERATIONS,
    *awards.OPERATIONS,
    *books.OPERATIONS,
    *briefs.OPERATIONS,
    *calibrations.OPERATIONS,
    *challenges.OPERATIONS,
    *claims.OPERATIONS,
    *conflicts.OPERATIONS,
    *decisions.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *judges.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
    *rankings.OPERATIONS,
    *scores.OPERATIONS,
)
