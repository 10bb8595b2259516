"""An election as an allocation problem, to know what the most points would have been.

The problem: whether equal shares or a greedy rule cost much can only be said beside the best possible. Here
an election becomes one fund and one intervention for each project, which costs all or nothing and is worth
the points it got, so that the optimizer finds the most points that the budget can buy, with its proof.
"""

from fractions import Fraction

from ...errors import UnknownUnit
from ...findings import finding
from ...units import currency
from ..columns import MICRO
from ..problem import AllocationDocument
from .pabulib import Election

NO_CURRENCY = "X" * 3  # ISO 4217: no currency
BUDGET = "budget"


def election_problem(election: Election, *, gap: Fraction = Fraction(1, 10_000)) -> AllocationDocument:
    """Pose an election as an allocation problem whose value is the points of the funded projects.

    Parameters
    ----------
    election : Election
        Every project becomes an intervention of the same id; its cost is a fixed cost, its points the value
        of being funded.
    gap : Fraction [1]
        How near to the best possible an answer has to be.

    Raises
    ------
    DocumentInvalid
        When an amount has more digits than the currency, points have more than six, or an id is no code.

    Examples
    --------
    >>> from almoner.finance.allocation.simple.pabulib import EXAMPLE, read_election
    >>> problem = election_problem(read_election(EXAMPLE))
    >>> problem.unit, problem.interventions.ints("fixed_minor").tolist()
    ('EUR', [6000, 5000])
    """
    unit = election.currency or NO_CURRENCY
    scale = _scale(election, unit)
    points = election.points()
    costs = {project.project_id: project.cost * 10**scale for project in election.projects}
    budget, values = election.budget * 10**scale, {name: sums * MICRO for name, sums in points.items()}
    broken = [
        finding("/interventions", f"{name} costs {costs[name] / 10**scale}, more digits than {unit} has")
        for name in costs
        if costs[name].denominator > 1
    ]
    broken += [
        finding("/synergies", f"{name} has {points[name]} points, more than six digits")
        for name in values
        if values[name].denominator > 1
    ]
    if broken:
        raise AllocationDocument.refusal(broken)
    return AllocationDocument.from_tables(
        {"unit": unit, "scale": scale, "gap": f"{gap.numerator}/{gap.denominator}"},
        {
            "funds": [{"fund_id": BUDGET, "budget_minor": budget.numerator // budget.denominator}],
            "interventions": [
                {
                    "intervention_id": project.project_id,
                    "title": project.name,
                    "fixed_minor": costs[project.project_id].numerator,
                }
                for project in election.projects
            ],
            "synergies": [
                {"kind": "bonus", "members": [name], "value_micro": value.numerator}
                for name, value in values.items()
                if value
            ],
        },
    )


def _scale(election: Election, unit: str) -> int:
    """Return the digits of the currency, or those the amounts have where it is not known."""
    try:
        return currency(unit).scale
    except UnknownUnit:
        amounts = [election.budget, *(project.cost for project in election.projects)]
        return next(
            digits for digits in range(10) if all((one * 10**digits).denominator == 1 for one in amounts)
        )
