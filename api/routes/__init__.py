"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreement_moves,
    agreement_readings,
    agreements,
    amendments,
    definitions,
    funds,
    portfolios,
    terms,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreement_moves.OPERATIONS,
    *agreement_readings.OPERATIONS,
    *agreements.OPERATIONS,
    *amendments.OPERATIONS,
    *definitions.OPERATIONS,
    *funds.OPERATIONS,
    *portfolios.OPERATIONS,
    *terms.OPERATIONS,
)
