"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    books,
    briefs,
    challenges,
    claims,
    datasets,
    determinations,
    disputes,
    earmarks,
    funds,
    ledger,
    parties,
    payouts,
    settlements,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *books.OPERATIONS,
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *claims.OPERATIONS,
    *datasets.OPERATIONS,
    *determinations.OPERATIONS,
    *disputes.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
    *payouts.OPERATIONS,
    *settlements.OPERATIONS,
)
