"""Prizes: stages with gates, places, and ties that share what their places would have paid.

The problem: two teams tie for the first place. Do both get the first prize, half of it, or half of the
first and second together? Here it is the last, to the cent, and nobody's prize is paid twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from .banding import steps
from .fragments import Fragment, Route, join
from .parts import limit, metric, named, pay
from .phrases import (
    Expr,
    all_of,
    choose,
    counted,
    equal,
    figure,
    lit,
    obs,
    place,
    shared,
    total,
    written,
    zero,
)


def prize_funnel(
    *, name: str, stages: Sequence[tuple[str, str]], teams: str, route: Route, missing: str = "false"
) -> Fragment:
    """Award a fixed sum to every team that passes a stage and all stages before it.

    Composition: a truth per team and stage, and for each stage that pays a clause ``each`` team
    ``if(all(stages up to here), award, 0)``. A count of winners is a limit.

    Parameters
    ----------
    stages : sequence of (str, str)
        Stage and award; an empty award is a gate only.
    missing : str
        What stands for a team nobody named; empty: it stays pending.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="funder", payee="teams", money="USD/2", basis="cumulative")
    >>> print(in_short(prize_funnel(name="prize", stages=[("entry", ""), ("final", "1000000")], teams="teams",
    ...                             route=route)))
    metric prize.entry: truth per teams
    metric prize.final: truth per teams
    pay prize/final: funder -> teams cumulative each teams = if((prize.entry and prize.final), 1000000, 0)
    """
    gates = [f"{name}.{stage}" for stage, _ in stages]
    parts = [metric(gate, per=(teams,), missing=missing, method="decision of the jury") for gate in gates]
    way = replace(route, each=(*route.each, teams))
    for index, (stage, award) in enumerate(stages):
        if award:
            test = all_of(*(obs(gate) for gate in gates[: index + 1]))
            parts.append(
                pay(f"{name}/{stage}", choose(test, lit(award, route.money), zero(route.money)), way)
            )
    return join(parts)


def tie_split(
    *,
    name: str,
    score: Expr,
    teams: str,
    prizes: Sequence[str],
    route: Route,
    among: Expr | None = None,
    lowest: Expr | None = None,
) -> Fragment:
    """Award prizes by place; tied teams share equally the prizes of the places they fill.

    Composition: figure ``NAME.place`` = ``rank(score)``; for each place p the ``tied`` teams are counted, the
    prizes of places p to p + tied - 1 added up by ``bands(tied)``, and given by ``share``; the odd cent goes
    to the team that is declared first. A limit on the purse tells the bounds what shares already keep to.

    Parameters
    ----------
    score : expression
        Of each team, highest best.
    prizes : sequence of decimal
        Of the first place, the second, and so on.
    among : expression
        Who can win, such as finalists; then ``lowest`` is a score below all others.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="funder", payee="teams", money="USD/2", basis="once")
    >>> print(in_short(tie_split(name="grand", score=obs("score"), teams="teams", prizes=["10000000"],
    ...     route=route)))
    figure grand.place = rank(score over teams, highest best)
    pay grand: funder -> teams once each teams = share of bands(add over teams(if(grand.place = 1, 1, 0)): \
0 | >= 1: 10000000) over teams by if(grand.place = 1, 1, 0)
    limit grand.purse: grand <= 10000000
    """
    at = f"{name}.place"
    ranked = choose(among, score, lowest) if among and lowest else score
    parts = [
        _of_place(at, teams, number, prizes[number - 1 :], among, route.money)
        for number in range(1, len(prizes) + 1)
    ]
    way = replace(route, each=(*route.each, teams))
    purse = written(sum(map(Decimal, prizes), Decimal(0)))
    award = named(at, place(ranked, teams)) + pay(name, total(*parts), way)
    return award + limit(f"{name}.purse", purse, [name])


def _of_place(
    at: str, teams: str, number: int, prizes: Sequence[str], among: Expr | None, money: str
) -> Expr:
    here = equal(figure(at), lit(str(number), "ratio/0"))
    tied = all_of(among, here) if among else here
    sums = [written(sum(map(Decimal, prizes[: count + 1]), Decimal(0))) for count in range(len(prizes))]
    pooled = steps(
        below="0", rows=[(str(count), value) for count, value in enumerate(sums, start=1)], owner="above"
    )
    one = choose(tied, lit("1", "ratio/0"), zero("ratio/0"))
    return shared(pooled.on(counted(teams, tied), into=money), teams, one)
