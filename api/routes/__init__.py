"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    funds,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *funds.OPERATIONS,
)
