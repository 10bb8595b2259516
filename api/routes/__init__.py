"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    books,
    briefs,
    challenges,
    claims,
    commitments,
    earmarks,
    funds,
    ledger,
    parties,
    proposals,
    spending,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *books.OPERATIONS,
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *claims.OPERATIONS,
    *commitments.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
    *proposals.OPERATIONS,
    *spending.OPERATIONS,
)
