"""Prices on counts: units, claims, rate cards, ladders of milestones, points and groups.

The problem: most outcome payments are a price times a count, and go wrong in the count: days that should
have been taken off, a milestone claimed before the one below it, a sixth claim where five are allowed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...finance.errors import TermError
from .fragments import Fragment, Route, join
from .parts import fixed, members, metric, named, pay, table
from .phrases import (
    Expr,
    above_zero,
    all_of,
    choose,
    figure,
    least,
    lit,
    minus,
    obs,
    param,
    rate,
    ratio,
    scale,
    summed,
    to_date,
    zero,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a rate card, or a rung of a ladder.

    Attributes
    ----------
    name : str
        Its id.
    price : decimal
        Of one claim.
    most : decimal
        Largest count; for each person, when the card is per person.
    title : str
        What it is.

    Examples
    --------
    >>> Line(name="job-start", price="660").most
    '1000'
    """

    name: str
    price: str
    most: str = "1000"
    title: str = ""


def netting(*, of: Expr, less: Expr, unit: str) -> Expr:
    """Take one count from another, never below zero; inside a person, before anything is summed.

    Composition: ``max(0, of - less)``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> in_short(netting(of=obs("lease_days"), less=obs("jail_days"), unit="day/0"))
    'max((lease_days - jail_days), 0)'
    """
    return above_zero(minus(of, less), unit)


def back_pay(*, of: Expr, qualifies: Expr, unit: str) -> Expr:
    """Count nothing until a condition holds, and then all units from the start.

    Composition: ``if(qualifies, units to date, 0)`` in a cumulative clause.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> in_short(back_pay(of=obs("days"), qualifies=obs("settled"), unit="day/0"))
    'if(settled, days, 0)'
    """
    return choose(qualifies, of, zero(unit))


def unit_price(
    *,
    name: str,
    of: Expr,
    price: Expr,
    unit: str,
    route: Route,
    less: Expr | None = None,
    qualifies: Expr | None = None,
    over: str = "",
) -> Fragment:
    """Pay a price for every unit, if wanted net of others, after a qualification, summed over persons.

    Composition: ``scale(fold(over, add, if(qualifies, max(0, of - less), 0)), price)``.

    Parameters
    ----------
    unit : str
        Type of the count: ``day/0``.
    less : expression
        Units taken off inside a person.
    qualifies : expression
        Until it holds nothing counts; then all units do (back pay).
    over : str
        Set to sum over; the sum waits until every member's values are known. With the set in ``route.each``
        instead, every member is paid as soon as its own are.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="fund", money="USD/2", basis="cumulative")
    >>> price = rate("15.12", "USD/2", "day/0")
    >>> print(in_short(unit_price(name="housing", of=obs("lease"), less=obs("jail"), over="people",
    ...                           price=price, unit="day/0", route=route)))
    pay housing: city -> fund cumulative = round(add over people(max((lease - jail), 0)) * 15.12)
    """
    units = netting(of=of, less=less, unit=unit) if less else of
    units = back_pay(of=units, qualifies=qualifies, unit=unit) if qualifies else units
    return pay(name, scale(summed(over, units) if over else units, price, into=route.money), route)


def unit_count(
    *, name: str, unit: str, most: str, price: str, route: Route, by_period: bool = False
) -> Fragment:
    """Count persons or claims, and pay a price for each.

    Composition: a metric pooled by ``sum`` and ``scale(obs, price)``; a claim beyond ``most`` is refused.

    Parameters
    ----------
    most : decimal
        The most that can be counted, over all periods.
    by_period : bool
        Whether it is counted in every period; a cumulative clause then reads the count to date.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="fund", money="USD/2", basis="cumulative")
    >>> print(in_short(unit_count(name="births", unit="birth/0", most="900", price="40", route=route)))
    metric births.count: birth/0 0 to 900
    pay births: city -> fund cumulative = round(births.count * 40)
    """
    count = f"{name}.count"
    per = ("period",) if by_period else ()
    counted = to_date(count) if by_period and route.basis == "cumulative" else obs(count)
    amount = scale(counted, rate(price, route.money, unit), into=route.money)
    return metric(count, unit=unit, most=most, pool="sum", per=per) + pay(name, amount, route)


def repeat_claims(
    *,
    name: str,
    people: str,
    price: str,
    allowance: str,
    route: Route,
    unit: str = "claim/0",
    min_gap_days: int = 0,
) -> Fragment:
    """Pay a result that one person can reach several times, up to an allowance.

    Composition: a metric per person, pooled by ``sum``, whose domain ends at the allowance; a claim beyond it
    is refused by name, and so is one that follows the last too soon.

    Parameters
    ----------
    people : str
        An open set.
    allowance : decimal
        Claims of one person.
    min_gap_days : int [days]
        Least distance between two claims of one person.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="fund", money="GBP/2", basis="cumulative")
    >>> print(in_short(repeat_claims(name="calm", people="people", price="220", allowance="3", route=route)))
    metric calm.claims: claim/0 0 to 3 per people
    pay calm: city -> fund cumulative each people = round(calm.claims * 220)
    """
    claims = f"{name}.claims"
    counted = metric(claims, unit=unit, most=allowance, per=(people,), pool="sum", min_gap_days=min_gap_days)
    amount = scale(obs(claims), rate(price, route.money, unit), into=route.money)
    return counted + pay(name, amount, replace(route, each=(*route.each, people)))


def rate_card(  # two forms of one card
    *,
    name: str,
    lines: Sequence[Line],
    route: Route,
    form: str = "table",
    unit: str = "claim/0",
    people: str = "",
    keeps: str = "",
) -> Fragment:
    """Pay a price for each accepted claim, line by line.

    Composition: ``table``: a set of lines, one metric and one price table over it, one clause ``each`` line.
    ``metrics``: for every line its own metric and clause, with its own allowance.

    Parameters
    ----------
    form : str
        ``table`` or ``metrics``.
    people : str
        Set of persons, when claims are kept person by person.
    keeps : str
        A figure: the share of the tariff that is paid (see ``bid_discount``); each price is rounded.

    Raises
    ------
    TermError
        When lines of a ``table`` differ in how often they can be claimed.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="state", payee="fund", money="GBP/2", basis="cumulative")
    >>> lines = [Line(name="course", price="220"), Line(name="job", price="660")]
    >>> print(in_short(rate_card(name="card", lines=lines, route=route)))
    metric card.claims: claim/0 0 to 1000 per card.lines
    param card.price: course 220, job 660
    pay card: state -> fund cumulative each card.lines = round(card.claims * card.price)
    """
    if form == "metrics":
        return join(_own_line(one, route, unit, people, keeps) for one in lines)
    if len(mosts := sorted({one.most for one in lines})) > 1:
        raise TermError(
            f'The lines of {name} allow {", ".join(mosts)} claims; write them with form="metrics".'
        )
    claims, price, of = f"{name}.claims", f"{name}.price", f"{name}.lines"
    kind = str(rate("0", route.money, unit)["type"])
    per = (people, of) if people else (of,)
    amount = scale(obs(claims), _kept(param(price), keeps, kind), into=route.money)
    return (
        members(of, [one.name for one in lines])
        + metric(claims, unit=unit, most=mosts[0], per=per, pool="sum")
        + table(price, {one.name: one.price for one in lines}, kind, per=of)
        + pay(name, amount, replace(route, each=(*route.each, *per)))
    )


def _own_line(line: Line, route: Route, unit: str, people: str, keeps: str) -> Fragment:
    claims = f"{line.name}.claims"
    per = (people,) if people else ()
    price = rate(line.price, route.money, unit)
    amount = scale(obs(claims), _kept(price, keeps, str(price["type"])), into=route.money)
    counted = metric(claims, unit=unit, most=line.most, per=per, pool="sum", title=line.title)
    return counted + pay(line.name, amount, replace(route, each=(*route.each, *per)))


def _kept(price: Expr, keeps: str, kind: str) -> Expr:
    return scale(price, figure(keeps), into=kind) if keeps else price


def bid_discount(*, name: str, bid: str) -> Fragment:
    """Fix a bidder's discount at signature; a rate card then pays tariff x (1 - bid), rounded price by price.

    Composition: a parameter and the figure ``1 - bid``, named ``NAME.keeps``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(bid_discount(name="bid", bid="0.125")))
    param bid: 0.125
    figure bid.keeps = (1 - 0.125)
    """
    kind = str(ratio(bid)["type"])
    return fixed(name, bid, kind) + named(f"{name}.keeps", minus(lit("1", kind), lit(bid, kind)))


def milestone_ladder(*, name: str, rungs: Sequence[Line], people: str, route: Route) -> Fragment:
    """Pay each rung once per person, and only when all rungs below it were reached.

    Composition: for every rung a truth metric per person and ``if(all(rungs up to here), price, 0)``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="state", payee="fund", money="GBP/2", basis="cumulative")
    >>> rungs = [Line(name="home", price="500"), Line(name="home-3m", price="1500")]
    >>> print(in_short(milestone_ladder(name="home", rungs=rungs, people="people", route=route)))
    metric home.home: truth per people
    metric home.home-3m: truth per people
    pay home/home: state -> fund cumulative each people = if(home.home, 500, 0)
    pay home/home-3m: state -> fund cumulative each people = if((home.home and home.home-3m), 1500, 0)
    """
    each = replace(route, each=(*route.each, people))
    reached = [f"{name}.{one.name}" for one in rungs]
    parts = [metric(one, per=(people,)) for one in reached]
    for index, one in enumerate(rungs):
        below = all_of(*(obs(rung) for rung in reached[: index + 1]))
        amount = choose(below, lit(one.price, route.money), zero(route.money))
        parts.append(pay(f"{name}/{one.name}", amount, each))
    return join(parts)


def price_per_point(
    *,
    name: str,
    of: Expr,
    start: Expr,
    step: Expr,
    price: str,
    route: Route,
    most: str = "",
    part_steps: bool = False,
) -> Fragment:
    """Pay a price for every whole step above a start.

    Composition: ``scale(price, scale(max(0, of - start), over step, floor))``, at most ``most``; a maximum
    that is no whole number of steps cuts the last one.

    Parameters
    ----------
    start, step : expression
        In the type of the number.
    part_steps : bool
        Whether a part of a step is paid in part.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="fund", money="USD/2", basis="once")
    >>> point = lit("1.00", "percent/2")
    >>> print(in_short(price_per_point(name="gain", of=obs("gain"), start=lit("5.00", "percent/2"),
    ...     step=point,
    ...                                price="1000", most="2500", route=route)))
    pay gain: city -> fund once = min(round(1000 * floor(max((gain - 5.00), 0) / 1.00)), 2500)
    """
    above = above_zero(minus(of, start), str(step["type"]))
    each = lit(price, route.money)
    if part_steps:
        amount = scale(each, above, over=[step], into=route.money)
    else:
        amount = scale(each, scale(above, over=[step], into="ratio/0", rounding="floor"), into=route.money)
    return pay(name, least(amount, lit(most, route.money)) if most else amount, route)


def bonus_above_base(*, name: str, of: Expr, base: Expr, unit: str, price: str, route: Route) -> Fragment:
    """Pay a price for every unit above a base.

    Composition: ``scale(max(0, of - base), price)``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="fund", money="USD/2", basis="once")
    >>> base = lit("40", "girl/0")
    >>> print(in_short(bonus_above_base(name="girls", of=obs("girls"), base=base, unit="girl/0", price="25",
    ...                                 route=route)))
    pay girls: city -> fund once = round(max((girls - 40), 0) * 25)
    """
    return pay(
        name,
        scale(netting(of=of, less=base, unit=unit), rate(price, route.money, unit), into=route.money),
        route,
    )


def population_price(
    *,
    name: str,
    base: str,
    groups: Mapping[str, str],
    route: Route,
    most: str,
    unit: str = "person/0",
    rounding: str,
) -> Fragment:
    """Pay a price that depends on the group a person belongs to: base x multiplier, rounded price by price.

    Composition: a set of groups, a table of multipliers, the figure ``NAME.price`` for each group, and one
    clause ``each`` group: ``scale(count, price)``.

    Parameters
    ----------
    groups : mapping
        Group to multiplier.
    rounding : str
        Of the derived prices.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="fund", money="USD/2", basis="cumulative")
    >>> groups = {"young": "1.000", "long-term": "1.375"}
    >>> print(in_short(population_price(name="job", base="99.99", groups=groups, route=route, most="500",
    ...                                 rounding="floor")).splitlines()[2])
    figure job.price = floor(99.99 * job.multiplier)
    """
    of, count, times = f"{name}.groups", f"{name}.count", f"{name}.multiplier"
    price = rate(base, route.money, unit)
    kind = str(ratio(max(groups.values(), key=lambda text: len(text.partition(".")[2])))["type"])
    each = scale(price, param(times), into=str(price["type"]), rounding=rounding)
    return (
        members(of, list(groups))
        + metric(count, unit=unit, most=most, per=(of,), pool="sum")
        + table(times, groups, kind, per=of)
        + named(f"{name}.price", each)
        + pay(
            name,
            scale(obs(count), figure(f"{name}.price"), into=route.money),
            replace(route, each=(*route.each, of)),
        )
    )
