"""Term documents of awards that are paid by results: stages, the first to finish, a price per unit.

The problem: an award letter that says "payable on completion" is no contract. Here every stage, target or
unit of a prize becomes a clause that a machine pays by, written by the builders of mechanisms; the most that
the document can ever pay is the most of the prize, and that is proven before anybody signs.
"""

import re
from dataclasses import dataclass

from ...contracts.mechanisms import (
    Fragment,
    Route,
    above_zero,
    all_of,
    at_least,
    at_most,
    calendar,
    cap_contract,
    choose,
    gate,
    lit,
    members,
    metric,
    minus,
    obs,
    rate,
    scale,
    terms,
    tie_split,
    unit_price,
    zero,
)
from ...contracts.mechanisms.phrases import Expr
from ...contracts.terms.document import TermDocument
from ...finance.dates import parse_day
from ...finance.money import Money, money
from ...finance.units import Unit
from ..brief import Goal
from ..fields import Condition
from ..prizes import FirstToFinish, MeasuredProgress, PrizeStage, ReducedPerDay, Staged, stage_amounts

FAR = "1000000000"  # beyond every measurement
MOST_DAYS_LATE = "3660"
WHOLE = "10000"
ONE_DAY = "day/0"
BP = "bp/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class TermParties:
    """Who stands in the term document of an award.

    Attributes
    ----------
    payer : str
        Of the money: the fund's side.
    winners : tuple[str, ...]
        Who is paid: one lead, or all teams of a race, in the order in which odd minor units are given.
    verifier : str
        Who finds the results.
    starts_on : str
        First day.
    ends_on : str
        Last day; of stages and races, empty takes it from the prize.

    Examples
    --------
    >>> TermParties(payer="pool", winners=("river-trust",), verifier="lab", starts_on="2027-06-01").ends_on
    ''
    """

    payer: str
    winners: tuple[str, ...]
    verifier: str
    starts_on: str
    ends_on: str = ""


def draft_staged(prize: Staged, parties: TermParties, *, unit: Unit, title: str) -> TermDocument:
    """Write the contract of a staged award: one clause for each stage.

    A stage pays when its condition is reached and the verifier has found how many days late; what comes too
    late pays nothing, or less for each day. What a stage does not pay follows ``unawarded``.

    Parameters
    ----------
    prize : Staged
        From the brief.
    parties : TermParties
        With one winner.
    unit : Unit
        The brief's unit.
    title : str
        Of the document.

    Raises
    ------
    TermError
        When the document breaks the format of terms.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> condition = '"condition": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"}'
    >>> prize = Staged.read('{"kind": "staged", "phase": "panel", "stages": [{"id": "pilot",'
    ...     ' "amount": "40.00", "due": "2028-06-30", ' + condition + '}]}')
    >>> parties = TermParties(payer="pool", winners=("river-trust",), verifier="lab", starts_on="2027-06-01")
    >>> [clause.id for clause in draft_staged(prize, parties, unit=currency("USD"), title="Wells").clauses]
    ['pilot']
    """
    route = _route(parties, unit, "once")
    amounts = stage_amounts(prize, unit)
    total = sum(amounts, start=Money(minor=0, unit=unit))
    pairs = zip(prize.stages, amounts, strict=True)
    parts = [_stage(stage, amount, route, parties.verifier) for stage, amount in pairs]
    last = parties.ends_on or max(stage.due for stage in prize.stages)
    return _close(title, parties, last, [*parts, cap_contract(name="award", most=total.text)])


def draft_race(prize: FirstToFinish, parties: TermParties, *, unit: Unit, title: str) -> TermDocument:
    """Write the contract of a race with all its teams: the earliest day of achievement is paid.

    Parameters
    ----------
    prize : FirstToFinish
        From the brief.
    parties : TermParties
        With all teams.
    unit, title
        As for ``draft_staged``.

    Raises
    ------
    TermError
        When the document breaks the format of terms.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> prize = FirstToFinish.read('''{"kind": "first_to_finish", "phase": "deliver", "amount": "90.00",
    ...     "target": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"},
    ...     "deadline": "2028-12-31", "settles_after": "2029-03-31", "verification": "Each well visited"}''')
    >>> parties = TermParties(payer="pool", winners=("a", "b"), verifier="lab", starts_on="2027-06-01")
    >>> [clause.id for clause in draft_race(prize, parties, unit=currency("USD"), title="First").clauses]
    ['prize']
    """
    amount = money(prize.amount, unit)
    days = (parse_day(prize.deadline) - parse_day(parties.starts_on)).days
    beyond = str(days + 1)
    way = f"{prize.verification}; days from {parties.starts_on} to the achievement"
    parts = [
        members("teams", parties.winners),
        _measure("reached", prize.target, parties.verifier, per=("teams",)),
        metric(
            "day",
            unit=ONE_DAY,
            most=beyond,
            per=("teams",),
            missing=beyond,
            by=parties.verifier,
            method=way,
        ),
        tie_split(
            name="prize",
            score=minus(lit(beyond, ONE_DAY), obs("day")),
            teams="teams",
            prizes=[amount.text],
            among=all_of(_met("reached", prize.target), at_most(obs("day"), lit(str(days), ONE_DAY))),
            lowest=lit("0", ONE_DAY),
            route=Route(payer=parties.payer, payee="teams", money=_money(unit), basis="once"),
        ),
    ]
    return _close(title, parties, parties.ends_on or prize.settles_after, parts)


def draft_per_unit(
    prize: MeasuredProgress, goal: Goal, parties: TermParties, *, most: Money, title: str
) -> TermDocument:
    """Write the rate card of a measured-progress prize: a price for each unit beyond the baseline.

    Parameters
    ----------
    prize : MeasuredProgress
        From the brief, ``split`` is ``per_unit``.
    goal : Goal
        Of the brief: metric, baseline, and which way is better.
    parties : TermParties
        With one winner and a last day.
    most : Money
        Most of this contract; no more than the hub cap of the prize.
    title : str
        Of the document.

    Raises
    ------
    TermError
        When the document breaks the format of terms.

    Examples
    --------
    >>> from almoner.finance.units import currency
    >>> prize = MeasuredProgress.read('''{"kind": "measured_progress", "phase": "deliver", "amount": "90.00",
    ...     "basis": "point", "split": "per_unit", "price": "2.50"}''')
    >>> goal = Goal.read('{"metric": "safe_water_days@2", "baseline": "212", "target": "320", "unit": "day",'
    ...     ' "by": "2029-12-31"}')
    >>> parties = TermParties(payer="pool", winners=("a",), verifier="lab", starts_on="2027-06-01",
    ...     ends_on="2029-06-01")
    >>> made = draft_per_unit(prize, goal, parties, most=money("90.00", currency("USD")), title="Days")
    >>> [clause.id for clause in made.clauses]
    ['progress']
    """
    kind = _kind(goal.unit, goal.baseline, goal.target)
    start, found = lit(goal.baseline, kind), obs("measured")
    rises = float(goal.target) > float(goal.baseline)
    gained = above_zero(minus(found, start) if rises else minus(start, found), kind)
    route = _route(parties, most.unit, "once")
    price = rate(prize.price or "0", _money(most.unit), kind)
    parts = [
        metric(
            "measured",
            unit=kind,
            least=f"-{FAR}",
            most=FAR,
            title=goal.metric,
            by=parties.verifier,
            method="final determination",
        ),
        unit_price(name="progress", of=gained, price=price, unit=kind, route=route),
        cap_contract(name="award", most=most.text),
    ]
    return _close(title, parties, parties.ends_on or goal.by, parts)


def _stage(stage: PrizeStage, amount: Money, route: Route, verifier: str) -> Fragment:
    """Write one stage: what is measured, how late, and the clause that pays."""
    reached, late = f"{stage.id}.reached", f"{stage.id}.days_late"
    due = lit(amount.text, route.money)
    test = _met(reached, stage.condition)
    if isinstance(stage.late, ReducedPerDay):
        lost = scale(obs(late), rate(str(stage.late.reduce_bp_per_day), BP, ONE_DAY), into=BP)
        left = above_zero(minus(lit(WHOLE, BP), lost), BP)
        due = scale(due, left, over=[lit(WHOLE, BP)], into=route.money)
    else:
        due = choose(at_most(obs(late), lit("0", ONE_DAY)), due, zero(route.money))
    counted = metric(
        late, unit=ONE_DAY, most=MOST_DAYS_LATE, by=verifier, method=f"days after {stage.due}, 0 if in time"
    )
    measured = _measure(reached, stage.condition, verifier)
    return measured + counted + gate(name=stage.id, test=test, amount=due, route=route)


def _measure(name: str, condition: Condition, verifier: str, per: tuple[str, ...] = ()) -> Fragment:
    return metric(
        name,
        unit=_kind(condition.unit, condition.value),
        least=f"-{FAR}",
        most=FAR,
        per=per,
        title=str(condition),
        by=verifier,
        method=condition.method or "final determination",
        missing=f"-{FAR}" if per and condition.op == ">=" else FAR if per else "",
    )


def _met(name: str, condition: Condition) -> Expr:
    compare = at_least if condition.op == ">=" else at_most
    return compare(obs(name), lit(condition.value, _kind(condition.unit, condition.value)))


def _kind(unit: str, *values: str) -> str:
    """Write the type of a measurement: a plain word for its unit, and the digits that its figures need."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", unit).strip("-._0123456789")[:24] or "unit"
    return f"{word}/{max(len(value.partition('.')[2]) for value in values)}"


def _money(unit: Unit) -> str:
    return f"{unit.code}/{unit.scale}"


def _route(parties: TermParties, unit: Unit, basis: str) -> Route:
    (winner,) = parties.winners
    return Route(payer=parties.payer, payee=winner, money=_money(unit), basis=basis)


def _close(title: str, parties: TermParties, last: str, parts: list[Fragment]) -> TermDocument:
    roles = dict.fromkeys(parties.winners, "service_provider")
    return terms(
        title=title,
        parties={parties.payer: "funder", **roles, parties.verifier: "evaluator"},
        calendar=calendar(parties.starts_on, last),
        rounding="half_even",
        parts=parts,
    )
