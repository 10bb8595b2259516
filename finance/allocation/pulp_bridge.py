"""First part."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .compile import CompiledModel
from .highs import Cancel, Matrix, Outcome, Progress, Search, SmallLP, run
from .sheet import Float

__all__ = ["Outcome", "SmallLP", "solve_model"]


def matrix_of(model: CompiledModel) -> Matrix:
    return Matrix(
        matrix=model.matrix,
        cost=model.cost,
        lower=model.lower,
        upper=model.upper,
        integer=model.integer,
        row_lower=model.row_lower,
        row_upper=model.row_upper,
    )


def solve_model(
    model: CompiledModel,
    *,
    gap: float = 1e-4,
    deadline_s: float = np.inf,
    incumbent: Float | None = None,
    bound: float = -np.inf,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
    options: Mapping[str, Any] | None = None,
) -> Outcome:
    return run(
        matrix_of(model),
        Search(
            gap=gap,
            deadline_s=deadline_s,
            start=incumbent,
            bound=bound,
            cancel=cancel,
            progress=progress,
            options=options,
        ),
    )
