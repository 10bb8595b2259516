"""Payers and payees: several in place of one, fees, currencies, and payments in both directions.

The problem: three payers, one of them only for one result, one with a maximum, and a trustee whose seven
percent is of the cost and not of the transfer. The cents must add up, and the base must be said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from ...finance.errors import TermError
from .fragments import Fragment, Route, join
from .parts import Decimals, dated, leg, named, pay, pot, split, table
from .phrases import Expr, above_zero, balance, digits_of, figure, minus, paid, param, ratio, scale, written


def payers_pro_rata(
    *, name: str, weights: Mapping[str, str | Expr], most: Decimals | None = None
) -> Fragment:
    """Spread every payment over payers by weight, to the last unit.

    Composition: a split with one rank; name it as ``payer`` of a route.

    Parameters
    ----------
    weights : mapping
        Payer to weight.
    most : mapping
        Payer to the most it pays over the term; the others take what it cannot.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(payers_pro_rata(name="payers", weights={"city": "3", "state": "1"},
    ...     most={"city": "90"})))
    split payers: city rank 1 weight 3 most 90, state rank 1 weight 1
    """
    held = most or {}
    return split(name, [leg(party, weight=by, most=held.get(party, "")) for party, by in weights.items()])


def payers_ranked(*, name: str, order: Sequence[tuple[str, str]]) -> Fragment:
    """Let one payer pay up to its maximum before the next one starts.

    Composition: a split with a rank for each payer.

    Parameters
    ----------
    order : sequence of (str, str)
        Payer and maximum; an empty maximum has no end.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(payers_ranked(name="payers", order=[("ministry", "2000000"), ("donor", "800000")])))
    split payers: ministry rank 1 weight 1 most 2000000, donor rank 2 weight 1 most 800000
    """
    return split(
        name, [leg(party, rank=rank, most=most) for rank, (party, most) in enumerate(order, start=1)]
    )


def payer_per_metric(*, name: str, amounts: Mapping[str, Expr], route: Route) -> Fragment:
    """Let every payer pay for a result of its own.

    Composition: one clause ``NAME/PAYER`` for each payer.

    Parameters
    ----------
    amounts : mapping
        Payer to what it owes; the payer of ``route`` is replaced.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="*", payee="fund", money="USD/2", basis="cumulative")
    >>> print(in_short(payer_per_metric(name="due", amounts={"city": figure("jail"),
    ...     "state": figure("health")},
    ...                                 route=route)))
    pay due/city: city -> fund cumulative = jail
    pay due/state: state -> fund cumulative = health
    """
    return join(
        pay(f"{name}/{payer}", amount, replace(route, payer=payer)) for payer, amount in amounts.items()
    )


def provider_coinvest(*, name: str, investors: Decimals, provider: str, weight: str, rank: int) -> Fragment:
    """Let the provider share in what investors receive, beside them or behind them.

    Composition: a split with investors in rank 1; name it as ``payee`` of a route.

    Parameters
    ----------
    investors : mapping
        Investor to weight.
    rank : int [place]
        1: beside the investors; 2: only what they cannot take, so they need a maximum.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(provider_coinvest(name="capital", investors={"fund": "90"}, provider="home",
    ...     weight="10",
    ...                                  rank=1)))
    split capital: fund rank 1 weight 90, home rank 1 weight 10
    """
    legs = [leg(party, weight=by) for party, by in investors.items()]
    return split(name, [*legs, leg(provider, weight=weight, rank=rank)])


def fee_base(*, name: str, of: Expr, share: str, base: str, money: str) -> Fragment:
    """Take a fee, with its base said.

    Composition: figures ``NAME.fee`` and ``NAME.rest``.
    ``deposit``: fee = of x s, rest = of - fee (the fee comes out of what is paid in).
    ``cost``: rest = of / (1 + s), fee = of - rest (a transfer that holds a cost and a fee on that cost).
    ``transfer``: fee = of x s, rest = of (the fee is paid beside the transfer).

    Parameters
    ----------
    of : expression
        Never negative.
    share : decimal
        ``0.07``.
    base : str
        ``deposit``, ``cost`` or ``transfer``.

    Raises
    ------
    TermError
        When the base is another word.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> print(in_short(fee_base(name="indirect", of=obs("transfer"), share="0.07", base="cost",
    ...     money="USD/2")))
    figure indirect.rest = round(transfer / 1.07)
    figure indirect.fee = max((transfer - indirect.rest), 0)
    """
    fee, rest = f"{name}.fee", f"{name}.rest"
    if base == "cost":
        whole = ratio(written(Decimal(1) + Decimal(share)))
        return named(rest, scale(of, over=[whole], into=money)) + named(
            fee, above_zero(minus(of, figure(rest)), money)
        )
    if base not in {"deposit", "transfer"}:
        raise TermError(f"A fee on {base!r} is not known; say deposit, cost or transfer.")
    taken = named(fee, scale(of, ratio(share), into=money))
    return taken + named(rest, above_zero(minus(of, figure(fee)), money) if base == "deposit" else of)


def fixed_cost_share(*, name: str, costs: Decimals, share: str, route: Route) -> Fragment:
    """Pay a share of a cost plan, whatever the results are.

    Composition: a table of costs by period, and ``scale(cost, share)`` in every period.

    Parameters
    ----------
    costs : mapping
        Period to cost.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="home", money="USD/2", basis="period")
    >>> print(in_short(fixed_cost_share(name="fixed", costs={"p1": "1000", "p2": "900"}, share="0.25",
    ...     route=route)))
    param fixed.cost: p1 1000, p2 900
    pay fixed: city -> home period = round(fixed.cost * 0.25)
    """
    plan, owed = (
        f"{name}.cost",
        replace(route, basis="period", title=route.title or "Unconditional share of cost"),
    )
    return table(plan, costs, route.money, per="period") + pay(
        name, scale(param(plan), ratio(share), into=route.money), owed
    )


def pass_through(
    *, name: str, receipts: Sequence[str], share: str, first: str, rest: str, holder: str, money: str
) -> Fragment:
    """Hand on a share of each receipt, and the rest by subtraction.

    Composition: a pot ``NAME.receipts``, into which the receipts pay (name it as their payee); in every
    period ``scale(paid(receipts), share)`` goes to one, and what is left to another. It stands after the
    receipts.

    Parameters
    ----------
    receipts : sequence of str
        Clauses.
    first, rest : str
        Who gets the share, and who the rest.
    holder : str
        Who holds the money between.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> print(in_short(pass_through(name="on", receipts=["gift"], share="0.99", first="agency", rest="office",
    ...                             holder="office", money="USD/2")))
    pot on.receipts rest to office
    pay on: on.receipts -> agency period = round(max(paid(gift period), 0) * 0.99)
    pay on.rest: on.receipts -> office period = balance on.receipts
    """
    held = f"{name}.receipts"
    out = Route(payer=held, payee=first, money=money, basis="period")
    part = scale(above_zero(paid(*receipts, window="period"), money), ratio(share), into=money)
    return (
        pot(held, money, holder=holder, residual_to=rest)
        + pay(name, part, out)
        + pay(f"{name}.rest", balance(held), replace(out, payee=rest))
    )


def two_way(*, name: str, amount: Expr, route: Route) -> Fragment:
    """Pay an amount that may be negative: then the payee pays.

    Composition: a clause with ``two_way``. Limits and splits do not touch what flows back.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="fund", money="USD/2", basis="once")
    >>> print(in_short(two_way(name="settle", amount=figure("gap"), route=route)))
    pay settle: city -> fund once two-way = gap
    """
    return pay(name, amount, replace(route, two_way=True))


def dated_fx(*, name: str, amount: Expr, money: str, rates: Decimals, route: Route) -> Fragment:
    """Pay an amount of one currency in another, at rates that hold from their days on.

    Composition: a dated parameter ``NAME.rate`` and ``scale(amount, rate)``. A rate that is only known later
    is a metric: ``scale(amount, obs(rate))``. ``period`` clauses keep the rate of their period.

    Parameters
    ----------
    money : str
        Type of the amount; the route's is what is paid.
    rates : mapping
        Day to units of the route's money for one of ``money``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="donor", payee="fund", money="USD/2", basis="period")
    >>> print(in_short(dated_fx(name="dollars", amount=obs("pounds"), money="GBP/2",
    ...                         rates={"2020-01-01": "1.31"}, route=route)))
    param dollars.rate: 1.31 from 2020-01-01
    pay dollars: donor -> fund period = round(pounds * dollars.rate)
    """
    code = route.money.partition("/")[0]
    kind = f"{code}/{max(digits_of(value) for value in rates.values())} per {money}"
    owed = scale(amount, param(f"{name}.rate"), into=route.money)
    return dated(f"{name}.rate", rates, kind) + pay(name, owed, route)


def interim_payments(*, name: str, amount: Expr, route: Route, bullet: bool = False) -> Fragment:
    """Pay what is owed to date at the end of every period, or all at the end.

    Composition: the same amount in a ``cumulative`` or a ``once`` clause.

    Parameters
    ----------
    bullet : bool
        Whether everything is paid at the end.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="city", payee="fund", money="USD/2", basis="cumulative")
    >>> print(in_short(interim_payments(name="due", amount=figure("owed"), route=route, bullet=True)))
    pay due: city -> fund once = owed
    """
    return pay(name, amount, replace(route, basis="once" if bullet else "cumulative"))
