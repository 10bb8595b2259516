"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    claims,
    funds,
)

OPERATIONS: tuple[Operation, ...] = (
    *claims.OPERATIONS,
    *funds.OPERATIONS,
)
