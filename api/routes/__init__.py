"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreement_amendments,
    agreement_moves,
    agreement_readings,
    agreements,
    books,
    briefs,
    challenges,
    claims,
    definitions,
    earmarks,
    funds,
    ledger,
    parties,
    portfolios,
    terms,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreement_amendments.OPERATIONS,
    *agreement_moves.OPERATIONS,
    *agreement_readings.OPERATIONS,
    *agreements.OPERATIONS,
    *books.OPERATIONS,
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *claims.OPERATIONS,
    *definitions.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
    *portfolios.OPERATIONS,
    *terms.OPERATIONS,
)
