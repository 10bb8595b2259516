"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    books,
    earmarks,
    funds,
    ledger,
    parties,
)

OPERATIONS: tuple[Operation, ...] = (
    *books.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
)
