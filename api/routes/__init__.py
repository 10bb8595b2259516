"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    applications,
    books,
    briefs,
    challenges,
    claims,
    drafts,
    earmarks,
    eligibility,
    funds,
    ledger,
    parties,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *applications.OPERATIONS,
    *books.OPERATIONS,
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *claims.OPERATIONS,
    *drafts.OPERATIONS,
    *earmarks.OPERATIONS,
    *eligibility.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
)
