"""Metrics in an order: the first as good as it can be, then the second, and so on; value comes last.

The problem: a weight between lives and comfort is a number that nobody wants to sign. Where an order is
declared, each metric is maximised in turn by an ordinary problem in which only it counts, and what it reaches
is a floor for all that follow. Every stage has its own value, bound and certificate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from ..errors import AllocationError
from .columns import MICRO
from .problem import AllocationDocument
from .result import AllocationResult, Progress
from .solve import allocate
from .tables import NONE
from .variants import variant

GIVE = Fraction(1, 10**6)  # of what a metric reached: room for whole units in the stages that follow


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedStage:
    """One stage: a metric alone, or the value at the end.

    Attributes
    ----------
    metric_id : str
        The metric; empty for the value.
    posed : AllocationDocument
        The ordinary problem of this stage; its certificate proves the bound.
    result : AllocationResult
        Its answer; value and bound are of the metric, in its own unit, or of the value.
    """

    metric_id: str
    posed: AllocationDocument
    result: AllocationResult


def allocate_in_order(
    document: AllocationDocument,
    *,
    gap: Fraction | None = None,
    deadline_s: float = 60.0,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[OrderedStage, ...]:
    """Maximise the metrics of ``objective.order`` one after the other, then the value.

    What a metric reached, less one millionth of it, is a floor for the stages that follow. Synergies count in
    the last stage only: they are worth value, not metrics.

    Parameters
    ----------
    document : AllocationDocument
        With metrics and their order.
    gap : Fraction or None [1]
        Of every stage; None as the problem asks.
    deadline_s : float [s]
        For all stages, in equal parts.
    progress : callable or None
        Told every step forward of every stage.

    Returns
    -------
    tuple of OrderedStage
        The last one is the answer.

    Raises
    ------
    Infeasible
        When no allocation keeps every rule.
    AllocationError
        When no order is declared.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "objective": {"order": ["lives"]}, "metrics": [{"metric_id": "lives"}, {"metric_id": "comfort"}],
    ...   "funds": [{"fund_id": "pool", "budget_minor": 100000}],
    ...   "interventions": [{"intervention_id": "a"}, {"intervention_id": "b"}],
    ...   "response": {"intervention_id": ["a", "b"], "cap_minor": [100000, 100000],
    ...     "metric_id": ["lives", "comfort"], "gain_micro_per_k": [1000000, 9000000]}}''')
    >>> stages = allocate_in_order(problem)
    >>> [(stage.metric_id, str(stage.result.value)) for stage in stages]
    [('lives', '1'), ('', '1')]
    """
    order = document.objective.order
    if not order:
        raise AllocationError(
            "No order of metrics is declared: name them in objective.order, or call allocate."
        )
    table = document.metrics
    names, _weights = table.texts("metric_id"), table.ints("weight").tolist()
    floors = [0 if floor == NONE else floor for floor in table.ints("floor_micro").tolist()]
    document.objective.model_copy(update={"order": ()})
    each_s = deadline_s / (len(order) + 1)
    stages: list[OrderedStage] = []
    for metric in (*order, ""):
        posed = _posed(document, metric, floors)
        result = allocate(posed, gap=gap, deadline_s=each_s, progress=progress)
        stages.append(OrderedStage(metric_id=metric, posed=posed, result=result))
        if metric:
            at = names.index(metric)
            floors[at] = max(floors[at], int(result.value * (1 - GIVE) * MICRO))
    return tuple(stages)


def _posed(document: AllocationDocument, metric: str, floors: list[int]) -> AllocationDocument:
    """Pose the problem of one metric, or of the value, with what the others must reach."""
    table = document.metrics
    names = table.texts("metric_id")
    shown = [int(name == metric) for name in names] if metric else table.ints("weight").tolist()
    metrics = {"metric_id": names, "weight": shown, "floor_micro": list(floors)}
    sections: dict[str, object] = {"metrics": {**metrics, "unit": table.texts("unit")}}
    if metric:
        sections["synergies"] = [row for row in document.synergies.rows() if "value_micro" not in row]
    return variant(document, sections, objective=document.objective.model_copy(update={"order": ()}))
