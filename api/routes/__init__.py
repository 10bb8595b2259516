"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    books,
    briefs,
    challenges,
    claims,
    earmarks,
    funds,
    ledger,
    parties,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *books.OPERATIONS,
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *claims.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
)
