"""Awards by allocation: applications and what they are worth become a problem, and its answer awards.

The problem: the best scored applications together may cost too much, ask for the wrong money, or need each
other. In an allocation problem a fully funded application is worth its merit, the distance of its score from
the worst end of the scale, and part of the ask brings that part of the merit. Values are written in points
times a thousandth of the largest ask, so that the gain per 1,000 of an application with the largest ask is
its merit; six decimal digits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from ...finance.allocation import AllocationDocument, AllocationLine
from ...finance.allocation.columns import MICRO, SECTIONS
from ...finance.money import Money, round_quotient
from ...finance.units import Unit
from ..applications import Application
from ..errors import ApplicationInconsistent, ScoreInvalid
from ..prizes import Pool
from ..ranking import Ranking
from ..rubric import Scale, figure
from .awards import Award
from .dividing import pool_amount
from .orders import Order, as_order

Rows = Sequence[Mapping[str, object]]  # of one section of an allocation problem
TAKEN = {column.name for column in SECTIONS["interventions"].columns}


def pose(
    applications: Iterable[Application],
    ranking: Ranking | Order,
    scale: Scale,
    *,
    unit: Unit,
    funds: Rows,
    earmarks: Rows = (),
    limits: Rows = (),
    synergies: Rows = (),
    overrides: Rows = (),
) -> AllocationDocument:
    """Pose the allocation problem of a pool: which applications to fund, and with how much.

    Parameters
    ----------
    applications : Iterable[Application]
        The eligible ones; each may get nothing, or from its minimum to its ask.
    ranking : Ranking or Order
        Of the prize's phase; it gives each application its value (see the docstring of this module), at the
        mean, or at a lower bound after ``Order.lowered``.
    scale : Scale
        Of the phase's rubric.
    unit : Unit
        Of every amount.
    funds, earmarks : sequence of rows
        What can be given, and to whom: rows of those sections of an allocation problem [minor units].
    limits, synergies : sequence of rows
        Floors and caps over the applications' groups; what applications mean for each other.
    overrides : sequence of rows
        Decisions of people that bind the optimizer, each with its reason; then solve again.
        ``exclusions`` writes those that follow from conflicts and eligibility.

    Raises
    ------
    ScoreInvalid
        When an application has no mean score, so no value.
    DocumentInvalid
        When the problem contradicts itself; every fault is listed.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> scale = Scale.read('{"lo": "1", "hi": "3", "step": "1", "direction": "higher"}')
    >>> ranking = Ranking(rubric_id="merit/1", direction="higher", standings=(), set_aside=(), unranked=())
    >>> pose([], ranking, scale, unit=currency("USD"), funds=[{"fund_id": "pool", "budget_minor": 80000}])
    Traceback (most recent call last):
    ...
    almoner.finance.errors.DocumentInvalid: AllocationDocument has 1 fault: \
/interventions: a problem needs interventions.
    """
    rows = sorted(applications, key=lambda row: row.application_id)
    merits = as_order(ranking, scale).worth
    _require_scored(rows, merits)
    _require_ask(rows)
    largest = max((row.ask_in(unit).minor for row in rows), default=0)
    tables = {
        "funds": funds,
        "earmarks": earmarks,
        "limits": limits,
        "synergies": synergies,
        "overrides": overrides,
        "interventions": [_candidate(row) for row in rows],
        "tickets": [_ticket(row, unit) for row in rows],
        "response": [_response(row, merits[row.application_id], largest, unit) for row in rows],
        "actors": [part for row in rows for part in _parts(row)],
    }
    return AllocationDocument.from_tables({"unit": unit.code, "scale": unit.scale}, tables)


def exclusions(barred: Mapping[str, str]) -> tuple[Mapping[str, object], ...]:
    """Write as overrides which applications must not be funded, with the reason of each.

    Parameters
    ----------
    barred : mapping of str to str
        Application and reason: a conflict of interest, or a finding of eligibility.

    Examples
    --------
    >>> exclusions({"a-1": "fails clause 2.3"})[0]["kind"]
    'exclude'
    """
    return tuple(
        {
            "override_id": f"barred:{number}",
            "kind": "exclude",
            "intervention_id": name,
            "reason": reason,
            "decided_by": "rules of the challenge",
        }
        for number, (name, reason) in enumerate(sorted(barred.items()), start=1)
    )


def _require_scored(rows: Iterable[Application], merits: Mapping[str, Fraction]) -> None:
    unscored = [row.application_id for row in rows if row.application_id not in merits]
    if unscored:
        raise ScoreInvalid(
            f"No mean score, so no value, for {', '.join(unscored)}: leave them out or have them read.",
            applications=unscored,
        )


def _require_ask(rows: Iterable[Application]) -> None:
    silent = [row.application_id for row in rows if not row.budget]
    if silent:
        raise ApplicationInconsistent(
            f"Nothing is asked for by {', '.join(silent)}: an allocation needs an ask.", applications=silent
        )


def _candidate(application: Application) -> dict[str, object]:
    taken = sorted(TAKEN & set(application.groups))
    if taken:
        raise ApplicationInconsistent(
            f"{application.application_id} has groups called {', '.join(taken)}, which mean something else "
            "in an allocation: call them differently.",
            applications=[application.application_id],
        )
    return {
        "intervention_id": application.application_id,
        "title": application.title,
        **application.groups,
    }


def _ticket(application: Application, unit: Unit) -> dict[str, object]:
    return {
        "intervention_id": application.application_id,
        "min_minor": application.minimum_in(unit).minor,
        "max_minor": application.ask_in(unit).minor,
    }


def _response(application: Application, value: Fraction, largest: int, unit: Unit) -> dict[str, object]:
    ask = application.ask_in(unit)
    gain = value * Fraction(largest, ask.minor) * MICRO
    return {
        "intervention_id": application.application_id,
        "cap_minor": ask.minor,
        "gain_micro_per_k": round_quotient(gain.numerator, gain.denominator, "half_even"),
    }


def _parts(application: Application) -> list[dict[str, object]]:
    return [
        {"intervention_id": application.application_id, "actor_id": row.party, "share_bp": row.share_bp}
        for row in application.bundle
        if row.share_bp
    ]


def award_by_allocation(
    prize: Pool,
    lines: Iterable[AllocationLine],
    applications: Iterable[Application],
    ranking: Ranking | Order,
    *,
    unit: Unit,
    added: Money | None = None,
) -> tuple[Award, ...]:
    """Turn an allocation into awards.

    Parameters
    ----------
    prize : Pool
        From the brief, ``split`` is ``optimiser``.
    lines : Iterable[AllocationLine]
        The checked answer to the problem that ``pose`` made.
    applications : Iterable[Application]
        The same as were posed.
    ranking : Ranking or Order
        The same as was posed.
    unit : Unit
        The brief's unit.
    added : Money or None
        What rolled over to this prize.

    Returns
    -------
    tuple[Award, ...]
        By id; the lines of several funds for one application are one award.

    Raises
    ------
    ValueError
        When the lines exceed the prize or name an application that was not posed.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> pool = Pool.read('{"kind": "pool", "phase": "panel", "amount": "900.00", "split": "optimiser"}')
    >>> ranking = Ranking(rubric_id="merit/1", direction="higher", standings=(), set_aside=(), unranked=())
    >>> award_by_allocation(pool, [], [], ranking, unit=currency("USD"))
    ()
    """
    pool = pool_amount(prize, "optimiser", unit, added)
    asks = {row.application_id: row.ask_in(unit) for row in applications}
    order = as_order(ranking)
    given: Counter[str] = Counter()
    for line in lines:
        given[line.intervention_id] += line.amount_minor
    unknown = sorted(set(given) - (asks.keys() & set(order.names)))
    if unknown or given.total() > pool.minor:
        total = Money(minor=given.total(), unit=unit)
        raise ValueError(f"an allocation of {total} to {sorted(given)} is no answer for a prize of {pool}")
    awards = []
    for name in sorted(given):
        amount = Money(minor=given[name], unit=unit)
        part = figure(Fraction(100 * amount.minor, asks[name].minor), 2)
        reason = (
            f"{order.say(name)}; the allocation of {pool} gives {amount}, "
            f"{part} % of the {asks[name]} asked for."
        )
        rank = order.ranks[name]
        awards.append(
            Award(application_id=name, amount=amount, rule="pool.optimiser", rank=rank, reason=reason)
        )
    return tuple(awards)
