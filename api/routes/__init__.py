"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    claims,
    datasets,
    determinations,
    disputes,
    funds,
    payouts,
    settlements,
)

OPERATIONS: tuple[Operation, ...] = (
    *claims.OPERATIONS,
    *datasets.OPERATIONS,
    *determinations.OPERATIONS,
    *disputes.OPERATIONS,
    *funds.OPERATIONS,
    *payouts.OPERATIONS,
    *settlements.OPERATIONS,
)
