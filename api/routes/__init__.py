"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    funds,
    ledger,
)

OPERATIONS: tuple[Operation, ...] = (
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
)
