"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    applications,
    briefs,
    challenges,
    drafts,
    funds,
)

OPERATIONS: tuple[Operation, ...] = (
    *applications.OPERATIONS,
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *drafts.OPERATIONS,
    *funds.OPERATIONS,
)
