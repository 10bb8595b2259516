"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    funds,
    terms,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *funds.OPERATIONS,
    *terms.OPERATIONS,
)
