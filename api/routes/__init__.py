"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    books,
    claims,
    earmarks,
    funds,
    ledger,
    parties,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *books.OPERATIONS,
    *claims.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
)
