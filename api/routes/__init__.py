"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    funds,
)

OPERATIONS: tuple[Operation, ...] = (*funds.OPERATIONS,)
