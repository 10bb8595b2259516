"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    books,
    briefs,
    challenges,
    claims,
    commands,
    commitments,
    earmarks,
    funds,
    ledger,
    log,
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
    *commands.OPERATIONS,
    *commitments.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *log.OPERATIONS,
    *parties.OPERATIONS,
    *proposals.OPERATIONS,
    *spending.OPERATIONS,
)
