"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    funds,
    webhooks,
)

OPERATIONS: tuple[Operation, ...] = (
    *funds.OPERATIONS,
    *webhooks.OPERATIONS,
)
