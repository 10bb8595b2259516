"""What modelling costs: build and hand-over through PuLP, against plain hand-over of the same model.

The solve is the same on both sides. What PuLP adds is small beside it, so each side is repeated in turn and
the medians of CPU seconds are compared.
"""

import time
from statistics import median
from typing import Any

import highspy
import numpy as np

from almoner.finance.allocation.model.compile import CompiledModel, compile_model
from almoner.finance.allocation.model.highs import Search
from almoner.finance.allocation.model.pulp_bridge import AllocationProblem, MatrixHiGHS
from benchmarks.allocation_columns import document_of
from benchmarks.instances.generate import generate

GAP = 1e-4
LIMIT_S = 60.0


def modelling_tax(size: int, *, repeats: int, seed: int = 1) -> dict[str, Any]:
    """Return CPU seconds of both sides on ``easy`` and their ratio.

    Parameters
    ----------
    size : int [interventions]
        Of the instance.
    repeats : int
        Runs of each side, in turn.
    seed : int
        Of the instance.
    """
    document = document_of(generate("easy", size, seed))
    model = compile_model(document.arrays)
    ours, plain = list[float](), list[float]()
    through_pulp(document)
    handed_over(model)
    for _ in range(repeats):
        began = time.process_time()
        through_pulp(document)
        ours.append(time.process_time() - began)
        began = time.process_time()
        handed_over(model)
        plain.append(time.process_time() - began)
    return {"ours_s": median(ours), "plain_s": median(plain), "tax": median(ours) / median(plain)}


def through_pulp(document: Any) -> float:  # noqa: ANN401 - a document
    """Build the model of a document, hand it over and solve it through PuLP."""
    problem = AllocationProblem(compile_model(document.arrays))
    problem.solve(MatrixHiGHS(Search(gap=GAP, deadline_s=LIMIT_S)))
    return float(problem.outcome.objective)


def handed_over(model: CompiledModel) -> float:
    """Hand the same matrix to HiGHS and solve it."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # it has no types
    options = {
        "output_flag": False,
        "mip_rel_gap": GAP,
        "time_limit": LIMIT_S,
        "threads": 1,
        "random_seed": 0,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = (
        model.matrix.indptr,
        model.matrix.indices,
        model.matrix.data,
    )
    kind = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger], object)
    lp.integrality_ = kind[model.integer.astype(int)].tolist()
    solver.passModel(lp)
    solver.run()
    return float(solver.getInfo().objective_function_value)
