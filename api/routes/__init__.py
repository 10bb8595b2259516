"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    claims,
    determinations,
    disputes,
    funds,
    payouts,
    settlements,
)

OPERATIONS: tuple[Operation, ...] = (
    *claims.OPERATIONS,
    *determinations.OPERATIONS,
    *disputes.OPERATIONS,
    *funds.OPERATIONS,
    *payouts.OPERATIONS,
    *settlements.OPERATIONS,
)
