"""Funds that pull: advance market commitments, matching, results-linked disbursement, money at discretion.

The problem: money is promised before anybody knows who will earn it. What one supplier can take, what a
ceiling leaves, what an advance is set off against, must all be in the terms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .fragments import Fragment, Route, join
from .parts import choice, limit, members, metric, named, pay, table
from .phrases import (
    Expr,
    above_zero,
    choose,
    figure,
    fold,
    greatest,
    is_label,
    least,
    lit,
    minus,
    obs,
    param,
    rate,
    ratio,
    scale,
    to_date,
    zero,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Terms of an advance market commitment.

    Attributes
    ----------
    fund, target : decimal
        Money for top-ups, and the yearly volume that would take all of it.
    top_up, tail : decimal
        Paid for a unit by the fund until a supplier's share is used up; paid for every unit by the buyer.
    unit, money : str
        ``dose/0``, ``USD/2``.
    firm : mapping
        Period to the share of committed yearly volume that is ordered firmly; every period is named.

    Examples
    --------
    >>> Market(fund="1500000000", target="200000000", top_up="3.50", tail="3.50", unit="dose/0",
    ...        money="USD/2").firm
    {}
    """

    fund: str
    target: str
    top_up: str
    tail: str
    unit: str
    money: str
    firm: Mapping[str, str] = field(default_factory=dict)


def advance_market(
    *,
    name: str,
    market: Market,
    suppliers: Mapping[str, str],
    sponsor: str,
    buyer: str,
    most: str,
    eligible: str = "",
) -> Fragment:
    """Promise a market: a top-up for each unit until a supplier's share is used up, and a tail price.

    Composition: metric ``NAME.volume`` per supplier and period; figure ``NAME.share`` = ``scale(fund,
    committed, over target)``; clause ``NAME.top-up`` = ``min(volume to date x top-up, share)``, so the last
    unit may be paid in part; clause ``NAME.tail`` = ``max(volume, firm orders) to date x tail price``.

    Parameters
    ----------
    suppliers : mapping
        Supplier (a party) to committed yearly volume.
    most : decimal
        Largest volume of one supplier over the term.
    eligible : str
        Metric of truths per supplier: without it no top-up (the target profile).

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> market = Market(fund="1500000000", target="200000000", top_up="3.50", tail="3.50", unit="dose/0",
    ...                 money="USD/2")
    >>> print(in_short(advance_market(name="amc", market=market, suppliers={"maker": "30000000"},
    ...     sponsor="bank",
    ...                               buyer="alliance", most="400000000")))
    metric amc.volume: dose/0 0 to 400000000 per amc.suppliers, period
    param amc.committed: maker 30000000
    figure amc.share = floor(1500000000 * amc.committed / 200000000)
    pay amc.top-up: bank -> amc.suppliers cumulative each amc.suppliers = \
min(round(amc.volume to date * 3.50), amc.share)
    pay amc.tail: alliance -> amc.suppliers cumulative each amc.suppliers = round(amc.volume to date * 3.50)
    """
    of, volume, committed, share = (
        f"{name}.{part}" for part in ("suppliers", "volume", "committed", "share")
    )
    money, unit = market.money, market.unit
    whole = scale(
        lit(market.fund, money),
        param(committed),
        over=[lit(market.target, unit)],
        into=money,
        rounding="floor",
    )
    earned = least(scale(to_date(volume), rate(market.top_up, money, unit), into=money), figure(share))
    top_up = choose(obs(eligible), earned, zero(money)) if eligible else earned
    route = Route(payer=sponsor, payee=of, money=money, basis="cumulative", each=(of,))
    return join(
        [
            members(of, list(suppliers)),
            metric(volume, unit=unit, most=most, per=(of, "period"), pool="sum"),
            table(committed, suppliers, unit, per=of),
            named(share, whole),
            pay(f"{name}.top-up", top_up, route),
            _tail(name, market, replace(route, payer=buyer)),
        ]
    )


def _tail(name: str, market: Market, route: Route) -> Fragment:
    price, bought = rate(market.tail, market.money, market.unit), to_date(f"{name}.volume")
    if not market.firm:
        return pay(f"{name}.tail", scale(bought, price, into=market.money), route)
    firm, shares = f"{name}.firm", f"{name}.firm-share"
    kind = f"ratio/{max(len(text.partition('.')[2]) for text in market.firm.values())}"
    ordered = scale(param(f"{name}.committed"), param(shares), into=market.unit, rounding="floor")
    due = greatest(bought, fold("period", "add", figure(firm)))
    return (
        table(shares, market.firm, kind, per="period")
        + named(firm, ordered)
        + pay(f"{name}.tail", scale(due, price, into=market.money), route)
    )


def matching(
    *, name: str, ratios: Mapping[str, str], gifts: int, most: str, ceiling: str, route: Route
) -> Fragment:
    """Match confirmed gifts, each at the ratio of its source, first come first served, up to a ceiling.

    Composition: an open set ``NAME.gifts`` in order of confirmation; a metric of money and a label per gift;
    a clause ``each`` gift ``scale(gift, over ratio)``; a limit ``NAME.ceiling``.

    Parameters
    ----------
    ratios : mapping
        Source to the gifts it takes for one unit of match: ``2`` matches one for two.
    gifts : int [gifts]
        How many there can be.
    most : decimal
        Largest single gift.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="trust", payee="charity", money="GBP/2", basis="cumulative")
    >>> print(in_short(matching(name="match", ratios={"crowd": "1", "grant": "4"}, gifts=500, most="100000",
    ...                         ceiling="20000", route=route)))
    metric match.gift: GBP/2 0 to 100000 per match.gifts
    metric match.source: label per match.gifts
    pay match: trust -> charity cumulative each match.gifts = \
if(match.source is crowd, round(match.gift / 1), round(match.gift / 4))
    limit match.ceiling: match <= 20000
    """
    of, gift, source = f"{name}.gifts", f"{name}.gift", f"{name}.source"
    *others, last = ratios
    amount = scale(obs(gift), over=[ratio(ratios[last])], into=route.money)
    for label in reversed(others):
        matched = scale(obs(gift), over=[ratio(ratios[label])], into=route.money)
        amount = choose(is_label(source, label), matched, amount)
    kinds = choice(source, values=list(ratios), per=[of]) if others else Fragment()
    return (
        members(of, most=gifts)
        + metric(gift, unit=route.money, most=most, per=(of,), title="Confirmed gift")
        + kinds
        + pay(name, amount, replace(route, each=(*route.each, of)))
        + limit(f"{name}.ceiling", ceiling, [name])
    )


def results_linked_disbursement(
    *,
    name: str,
    of: Expr,
    price: Expr,
    route: Route,
    advance: str = "",
    ceiling: str = "",
    unused: str = "forward",
) -> Fragment:
    """Disburse a price per point of result; an advance is set off against the first results.

    Composition: ``NAME.advance`` pays the advance in the first period; ``NAME`` pays ``max(0, of x price -
    advance)``, cumulative; ``NAME.recovered`` returns at the end what results did not cover. A ceiling is a
    limit ``each`` period.

    Parameters
    ----------
    of : expression
        Points to date (``unused="forward"``) or of the period (``"lapse"``).
    advance, ceiling : decimal
        Paid early; most of one period.
    unused : str
        Whether what a ceiling cut rolls ``forward`` (a cumulative clause) or ``lapse`` (a period clause).

    Notes
    -----
    Where unused room lapses, an advance is set off period by period against what it still covers.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, rate
    >>> route = Route(payer="bank", payee="state", money="USD/2", basis="cumulative")
    >>> print(in_short(results_linked_disbursement(name="dli", of=to_date("points"), route=route,
    ...     advance="500",
    ...                price=rate("100", "USD/2", "point/0"), ceiling="1000")))
    pay dli.advance: bank -> state cumulative = 500
    pay dli: bank -> state cumulative = max((round(points to date * 100) - 500), 0)
    pay dli.recovered: state -> bank once = max((500 - round(points to date * 100)), 0)
    limit dli.ceiling: dli each period <= 1000
    """
    money = route.money
    value = scale(of, price, into=money)
    way = replace(route, basis="cumulative" if unused == "forward" else "period")
    capped = limit(f"{name}.ceiling", ceiling, [name], each=["period"]) if ceiling else Fragment()
    if not advance:
        return pay(name, value, way) + capped
    early = lit(advance, money)
    so_far, owed = value, above_zero(minus(value, early), money)
    if unused == "lapse":
        so_far = fold("period", "add", value)
        open_before = above_zero(minus(early, minus(so_far, value)), money)
        owed = above_zero(minus(value, open_before), money)
    back = replace(route, payer=route.payee, payee=route.payer, basis="once")
    return (
        pay(f"{name}.advance", early, replace(route, basis="cumulative"))
        + pay(name, owed, way)
        + pay(f"{name}.recovered", above_zero(minus(early, so_far), money), back)
        + capped
    )


def discretionary_award(
    *, name: str, by: str, budget: str, route: Route, over: Sequence[str] = ()
) -> Fragment:
    """Let a named body award money inside a stated sum; without its decision nothing is due.

    Composition: a metric in money stated by that body, a clause that pays it, and a limit ``NAME.budget``.

    Parameters
    ----------
    by : str
        The party that decides.
    budget : decimal
        Of all awards together.
    over : sequence of str
        Set of those who can get one; as payee of the route when they are parties.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="foundation", payee="teams", money="USD/2", basis="once")
    >>> print(in_short(discretionary_award(name="extra", by="board", budget="45000000", route=route,
    ...     over=["teams"])))
    metric extra.award: USD/2 0 to 45000000 per teams
    pay extra: foundation -> teams once each teams = extra.award
    limit extra.budget: extra <= 45000000
    """
    award = f"{name}.award"
    return (
        metric(award, unit=route.money, most=budget, per=tuple(over), by=by, method=f"decision of {by}")
        + pay(name, obs(award), replace(route, each=(*route.each, *over)))
        + limit(f"{name}.budget", budget, [name])
    )
