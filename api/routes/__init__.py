"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    commitments,
    funds,
    ledger,
    spending,
)

OPERATIONS: tuple[Operation, ...] = (
    *commitments.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *spending.OPERATIONS,
)
