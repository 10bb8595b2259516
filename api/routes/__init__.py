"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    books,
    contributions,
    earmarks,
    funds,
    parties,
    pledges,
)

OPERATIONS: tuple[Operation, ...] = (
    *books.OPERATIONS,
    *contributions.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *parties.OPERATIONS,
    *pledges.OPERATIONS,
)
