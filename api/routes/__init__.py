"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    books,
    briefs,
    challenges,
    claims,
    commitments,
    contributions,
    earmarks,
    funds,
    in_kind,
    ledger,
    parties,
    pledges,
    publications,
    rates,
    spending,
    statements,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *books.OPERATIONS,
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *claims.OPERATIONS,
    *commitments.OPERATIONS,
    *contributions.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *in_kind.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
    *pledges.OPERATIONS,
    *publications.OPERATIONS,
    *rates.OPERATIONS,
    *spending.OPERATIONS,
    *statements.OPERATIONS,
)
