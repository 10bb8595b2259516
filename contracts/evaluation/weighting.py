"""Weighted combination: several estimates as one number.

The problem: an agreement pays on a mix of results whose errors may move together (the same people were
asked), and adding variances as if they did not understates the error. Weights are fixed beforehand; every
correlation is stated, and is zero only where that is said.
"""

from itertools import combinations
from typing import Annotated

import numpy as np
from pydantic import Field

from ...finance.documents import DecimalText, Document, Text
from ...finance.errors import EvaluationRefused
from ...finance.findings import Findings, finding
from .estimate import Estimate
from .intervals import symmetric
from .method import LOWEST_LEVEL, Method
from .soundness import require_once
from .tables import DataColumn, Table

MAX_COMPONENTS = 50
NOISE = 1e-9


class Correlated(Document):
    """How the errors of two components move together.

    Attributes
    ----------
    first, second : str
        Names of components.
    correlation : str
        From -1 to 1.
    """

    first: Text
    second: Text
    correlation: DecimalText


class WeightedParams(Document):
    """Parameters of a weighted combination.

    Attributes
    ----------
    weights : dict of str to str
        Weight by component.
    correlations : tuple of Correlated
        One for each pair of components; or
    independent : bool
        all errors are independent, and that is stated.
    level : str
        Of the interval, at least 0.5 and below 1.
    """

    weights: Annotated[dict[Text, DecimalText], Field(min_length=1, max_length=MAX_COMPONENTS)]
    correlations: Annotated[tuple[Correlated, ...], Field(max_length=MAX_COMPONENTS**2)] = ()
    independent: bool = False
    level: DecimalText = "0.95"

    def findings(self, at: str = "") -> Findings:
        """List what is wrong with level and correlations: ranges, names, pairs with none or two."""
        wrong = []
        if not LOWEST_LEVEL <= float(self.level) < 1:
            wrong.append(finding(f"{at}/level", f"{self.level} is no level from 0.5 to below 1"))
        said = [frozenset((one.first, one.second)) for one in self.correlations]
        for place, one in enumerate(self.correlations):
            where = f"{at}/correlations/{place}"
            if abs(float(one.correlation)) > 1:
                wrong.append(finding(where, f"{one.correlation} is no correlation from -1 to 1"))
            if one.first == one.second or not {one.first, one.second} <= set(self.weights):
                wrong.append(finding(where, f"{one.first} and {one.second} are no two components"))
            if said.index(said[place]) < place:
                wrong.append(finding(where, f"{one.first} and {one.second} stand twice"))
        return wrong + self._unsaid(at, said)

    def _unsaid(self, at: str, said: list[frozenset[str]]) -> Findings:
        if self.independent:
            both = "independent is true, and correlations are stated: keep one of them"
            return [finding(f"{at}/correlations", both)] if said else []
        missing = [pair for pair in combinations(sorted(self.weights), 2) if frozenset(pair) not in said]
        return [
            finding(f"{at}/correlations", f"no correlation is stated for {first} and {second}")
            for first, second in missing
        ]


def _weighted(table: Table, params: WeightedParams) -> Estimate:
    """``sum of w_i x estimate_i``; variance ``sum of w_i w_j r_ij se_i se_j``; interval by the normal law."""
    require_once(table["component"], "component")
    names = table["component"].tolist()
    if set(names) != set(params.weights):
        missing, extra = sorted(set(params.weights) - set(names)), sorted(set(names) - set(params.weights))
        raise EvaluationRefused(
            f"Components and weights differ: no row for {', '.join(missing) or 'none'}, no weight for "
            f"{', '.join(extra) or 'none'}. Give one row for each weight.",
            reason="components",
            missing=missing,
            extra=extra,
        )
    if np.any(table["standard_error"] < 0):
        raise EvaluationRefused(
            "A standard error is below zero: correct it.", reason="cells", column="standard_error"
        )
    weights = np.array([float(params.weights[name]) for name in names])
    errors = weights * table["standard_error"]
    variance = float(errors @ _correlation(names, params) @ errors)
    parts = weights * table["estimate"]
    sample = int(table["sample"].sum()) if "sample" in table else len(names)
    return symmetric(
        float(parts.sum()),
        max(variance, 0.0),
        level=params.level,
        sample=sample,
        statistic="weighted combination",
        diagnostics={
            "components": str(len(names)),
            "errors": "independent" if params.independent else "correlated",
        },
    )


def _correlation(
    names: list[str], params: WeightedParams
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    place = {name: at for at, name in enumerate(names)}
    matrix = np.eye(len(names))
    for one in params.correlations:
        first, second = place[one.first], place[one.second]
        matrix[first, second] = matrix[second, first] = float(one.correlation)
    if float(np.linalg.eigvalsh(matrix).min()) < -NOISE:
        raise EvaluationRefused(
            "The correlations contradict each other: no set of errors can have them all. Correct them.",
            reason="correlations",
        )
    return matrix


WEIGHTED = Method(
    name="weighted",
    version="1",
    params_model=WeightedParams,
    uses=lambda _: (
        DataColumn(name="component", kind="label", about="one of those with a weight"),
        DataColumn(name="estimate", kind="number", about="of the component"),
        DataColumn(name="standard_error", kind="number", about="of that estimate; 0 where it has none"),
        DataColumn(name="sample", kind="number", about="observations it rests on", required=False),
    ),
    compute=_weighted,
)
