"""What a coalition of actors is worth, found by solving the problem with its interventions alone.

The problem: where effects overlap and money is short, nobody can write down what five organisations would
have reached without the sixth; but the problem that was solved for all can be solved without it. The function
made here is a ``Worth`` for ``attribute`` and ``shapley``.
"""

from fractions import Fraction

from ...errors import AttributionRefused, Infeasible
from ..columns import SECTIONS
from ..problem import AllocationDocument
from ..sharing.shapley import Coalition, Worth
from ..solve import allocate

OUT = -1  # lock of an intervention that may not be funded


def worth_by_solving(
    document: AllocationDocument, *, gap: Fraction | None = None, deadline_s: float = 10.0
) -> Worth:
    """Make the function that values a coalition by solving the problem restricted to it.

    An intervention can be funded when all its actors belong to the coalition; one that names no actor always.
    A coalition that cannot keep the rules, a floor for example, is worth nothing.

    Parameters
    ----------
    document : AllocationDocument
        Its section ``actors`` says who takes part in what.
    gap : Fraction or None [1]
        How near to the best possible each answer has to be; None for the document's own.
    deadline_s : float [s]
        For each coalition.

    Raises
    ------
    AttributionRefused
        When no intervention names an actor; and, when called, where an actor takes part in nothing.

    Examples
    --------
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 100000}],
    ...   "interventions": [{"intervention_id": "well"}, {"intervention_id": "road"}],
    ...   "tickets": [{"intervention_id": "well", "max_minor": 60000},
    ...     {"intervention_id": "road", "max_minor": 90000}],
    ...   "response": [{"intervention_id": "well", "cap_minor": 60000, "gain_micro_per_k": 5000000},
    ...     {"intervention_id": "road", "cap_minor": 90000, "gain_micro_per_k": 3000000}],
    ...   "actors": [{"intervention_id": "well", "actor_id": "hub", "share_bp": 10000},
    ...     {"intervention_id": "road", "actor_id": "hub", "share_bp": 5000},
    ...     {"intervention_id": "road", "actor_id": "union", "share_bp": 5000}]}''')
    >>> worth = worth_by_solving(problem)
    >>> [str(worth(frozenset(some))) for some in ([], ["union"], ["hub"], ["hub", "union"])]
    ['0', '0', '3', '21/5']
    """
    rows = zip(document.actors.texts("intervention_id"), document.actors.texts("actor_id"), strict=True)
    needed: dict[str, set[str]] = {}
    for who, actor in rows:
        needed.setdefault(who, set()).add(actor)
    known = frozenset[str]().union(*needed.values())
    if not known:
        raise AttributionRefused("No intervention of this problem names an actor: fill the section actors.")

    def worth(coalition: Coalition) -> Fraction:
        if strangers := sorted(coalition - known):
            raise AttributionRefused(f"{', '.join(strangers)} take part in nothing: leave them out.")
        out = {who for who, actors in needed.items() if not actors <= coalition}
        try:
            return allocate(_without(document, out), gap=gap, deadline_s=deadline_s).value
        except Infeasible:
            return Fraction(0)

    return worth


def _without(document: AllocationDocument, out: set[str]) -> AllocationDocument:
    """Return the same problem, in which some interventions may not be funded."""
    tables: dict[str, object] = {
        name: document.table(name).plain() for name in SECTIONS if document.table(name).count
    }
    rows = document.interventions.rows()
    tables["interventions"] = [{**row, "lock": OUT} if row["intervention_id"] in out else row for row in rows]
    head = {name: getattr(document, name) for name in ("unit", "scale", "gap", "periods", "objective")}
    return AllocationDocument.from_tables(head, tables)
