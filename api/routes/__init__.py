"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    books,
    earmarks,
    funds,
    parties,
)

OPERATIONS: tuple[Operation, ...] = (
    *books.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *parties.OPERATIONS,
)
