"""Decisions of people that bind the optimizer, and what each of them costs in outcomes.

The problem: a board may fund what the evidence ranks low, and often has good reasons; what must not happen
is that nobody knows, or that nobody knows the price. An override is a row with a reason and the office that
decided. Its cost is the difference between two answers, with and without it, and is stated with what both
gaps leave open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from ..conflict.edits import Edit, edited
from ..solve import allocate
from .levers import Solve

if TYPE_CHECKING:
    from ..problem import AllocationDocument
    from ..result import AllocationResult

DEADLINE_S = 30.0
ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideCost:
    """What an override costs in outcomes, the other overrides kept.

    Attributes
    ----------
    override_id : str
        The override; ``*`` stands for all together, against none.
    kind, intervention_id, reason, decided_by : str
        As recorded.
    cost : Fraction or None [value units]
        Value without it less value with it; None where one of the two has no answer.
    least, most : Fraction or None [value units]
        Between which the true cost lies.
    sentence : str
        The same for people.
    """

    override_id: str
    kind: str
    intervention_id: str
    reason: str
    decided_by: str
    cost: Fraction | None
    least: Fraction | None
    most: Fraction | None
    sentence: str

    def plain(self) -> dict[str, Any]:
        """Return the cost as JSON values."""
        names = ("override_id", "kind", "intervention_id", "reason", "decided_by", "sentence")
        figures = {
            name: None if getattr(self, name) is None else str(getattr(self, name))
            for name in ("cost", "least", "most")
        }
        return {**{name: getattr(self, name) for name in names}, **figures}


def with_overrides(
    document: "AllocationDocument", rows: Sequence[Mapping[str, object]]
) -> "AllocationDocument":
    """Return the document with overrides added; one with the same id is replaced.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    rows : sequence of Mapping
        Rows of the section ``overrides``: ``override_id``, ``kind``, ``intervention_id``, ``reason``,
        ``decided_by`` and, for ``at_least`` and ``at_most``, ``amount_minor``.

    Raises
    ------
    DocumentInvalid
        When a row is wrong.

    Examples
    --------
    >>> from ..problem import AllocationDocument
    >>> problem = AllocationDocument.read('''{"schema": "almoner.allocation/2", "unit": "USD", "scale": 2,
    ...   "funds": [{"fund_id": "pool", "budget_minor": 8000}],
    ...   "interventions": [{"intervention_id": "w7"}]}''')
    >>> bound = with_overrides(problem, [{"override_id": "o1", "kind": "exclude", "intervention_id": "w7",
    ...   "reason": "conflict of interest", "decided_by": "Board"}])
    >>> bound.arrays.lock.tolist(), problem.arrays.lock.tolist()
    ([-1], [0])
    """
    made = edited(
        document,
        [
            Edit(
                section="overrides",
                key={"override_id": row.get("override_id")},
                values={name: value for name, value in row.items() if name != "override_id"},
            )
            for row in rows
        ],
    )
    made.verify()
    return made


def without_overrides(document: "AllocationDocument", names: Sequence[str]) -> "AllocationDocument":
    """Return the document with overrides taken out.

    Parameters
    ----------
    document : AllocationDocument
        The problem.
    names : sequence of str
        Ids of overrides.
    """
    return edited(
        document, [Edit(section="overrides", key={"override_id": name}, is_removal=True) for name in names]
    )


def override_costs(
    document: "AllocationDocument",
    *,
    result: "AllocationResult | None" = None,
    solve: Solve | None = None,
) -> tuple[OverrideCost, ...]:
    """Solve with and without each override, and without all, and return what they cost.

    Parameters
    ----------
    document : AllocationDocument
        The problem with its overrides.
    result : AllocationResult, optional
        Its answer, when it is known.
    solve : callable, optional
        Solves a problem; the default is ``allocate``.

    Returns
    -------
    tuple of OverrideCost
        One for each override, then one for all together; nothing without overrides.
    """
    table = document.overrides
    names = table.texts("override_id")
    if not names:
        return ()
    again = solve or partial(allocate, deadline_s=DEADLINE_S, raise_infeasible=False, warm=result)
    bound = result or again(document)
    rows = zip(
        names,
        table.texts("kind"),
        table.texts("intervention_id"),
        table.texts("reason"),
        table.texts("decided_by"),
        strict=True,
    )
    found = [
        _cost(document, (name, kind, who, reason, office), bound, again(without_overrides(document, [name])))
        for name, kind, who, reason, office in rows
    ]
    free = again(without_overrides(document, names))
    return (*found, _cost(document, (ALL, "", "", "", ""), bound, free))


def _cost(
    document: "AllocationDocument",
    row: tuple[str, str, str, str, str],
    bound: "AllocationResult",
    free: "AllocationResult",
) -> OverrideCost:
    name, kind, who, reason, office = row
    head = {"override_id": name, "kind": kind, "intervention_id": who, "reason": reason, "decided_by": office}
    subject = "All overrides together" if name == ALL else f"Override {name} of {office} ({reason})"
    if {bound.status, free.status} & {"infeasible", "no_answer"}:
        said = f"{subject}: the cost is not known, because there is no answer with or without it."
        return OverrideCost(**head, cost=None, least=None, most=None, sentence=said)
    cost = free.value - bound.value
    least, most = free.value - bound.bound, free.bound - bound.value
    if _only_binds(document, who):  # an answer with more rules is worth no more
        least = max(least, Fraction(0))
    verb = "cost" if name == ALL else "costs"
    said = (
        f"{subject} {verb} {float(cost):.6g} of {float(free.value):.6g} in outcomes; "
        f"the true cost lies between {float(least):.6g} and {float(most):.6g}."
    )
    return OverrideCost(**head, cost=cost, least=least, most=most, sentence=said)


def _only_binds(document: "AllocationDocument", who: str) -> bool:
    """Return whether no override sets aside a lock of its own intervention; of everybody, without a name."""
    table = document.interventions
    locks = dict(zip(table.texts("intervention_id"), table.ints("lock").tolist(), strict=True))
    named = [who] if who else document.overrides.texts("intervention_id")
    return not any(locks[name] for name in named)
