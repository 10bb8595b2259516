"""Returns: hurdles, shares that change when one is cleared, caps on a return, capital that turns over.

The problem: "95 percent of savings until principal and 5 percent are repaid, then 40" changes inside a
payment. A hurdle is an account that grows at the rate and falls by what is paid; no rate is ever solved for.
"""

from collections.abc import Sequence
from dataclasses import replace

from .fragments import Fragment, Part, Route, join
from .parts import grows, memo, pay, pot
from .phrases import Expr, above_zero, balance, least, lit, minus, paid, ratio, scale, total


def savings_share(
    *, name: str, savings: Expr, principal: str, growth: Part, before: str, after: str, route: Route
) -> Fragment:
    """Pay a share of savings until a hurdle is repaid, and another share after, changing inside a payment.

    Composition: memo ``NAME.hurdle``. With used = ``min(savings, ceil(hurdle / before))``, the savings it
    takes to clear the hurdle, clause ``NAME.before`` pays ``min(hurdle, used x before)`` and lowers the
    hurdle, and ``NAME.after`` pays ``(savings - used) x after``. The second adds back what the first has just
    paid.

    Parameters
    ----------
    savings : expression
        Of this period.
    principal : decimal
        The hurdle at the start.
    growth : mapping
        See ``grows``.
    before, after : decimal
        Shares.
    route : Route
        With ``each`` (cohorts), every member has a hurdle of its own.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import grows, in_short, obs
    >>> route = Route(payer="state", payee="lender", money="USD/2", basis="period")
    >>> print(in_short(savings_share(name="s", savings=obs("savings"), principal="7000000",
    ...     growth=grows("0.05"),
    ...                              before="0.95", after="0.40", route=route)))
    memo s.hurdle opens 7000000 grows 0.05 annual
    pay s.before: state -> lender period = min(max(balance s.hurdle, 0), \
round(min(savings, ceil(max(balance s.hurdle, 0) / 0.95)) * 0.95)) lowers s.hurdle
    pay s.after: state -> lender period = round(max((savings - min(savings, \
ceil(max((balance s.hurdle + paid(s.before period)), 0) / 0.95))), 0) * 0.40)
    """
    hurdle, first, money = f"{name}.hurdle", f"{name}.before", route.money
    still = above_zero(balance(hurdle), money)
    opened = above_zero(total(balance(hurdle), paid(first, window="period", each=route.each)), money)
    owed = least(still, scale(_used(savings, still, before, money), ratio(before), into=money))
    rest = above_zero(minus(savings, _used(savings, opened, before, money)), money)
    way = replace(route, basis="period")
    return (
        memo(hurdle, money, opens=lit(principal, money), growth=growth, each=route.each)
        + pay(first, owed, replace(way, lowers=(*route.lowers, hurdle)))
        + pay(f"{name}.after", scale(rest, ratio(after), into=money), way)
    )


def _used(savings: Expr, hurdle: Expr, share: str, money: str) -> Expr:
    return least(savings, scale(hurdle, over=[ratio(share)], into=money, rounding="ceil"))


def hurdle_waterfall(
    *, name: str, principal: str, growth: Part, investor: str, shares: Sequence[tuple[str, str]], route: Route
) -> Fragment:
    """Empty a pot into a hurdle first, then share the surplus; the last named takes the rest.

    Composition: pot ``NAME.cash`` (name it as payee of what pays in, before this); memo ``NAME.hurdle``;
    clause ``NAME.hurdle-part`` = ``min(cash, hurdle)``; for each share ``NAME/PARTY`` = ``scale(surplus,
    share)``. Last, ``NAME.rest`` gives what is left to the ``route``'s payee. Without shares it waits in the
    pot.

    Parameters
    ----------
    principal : decimal
        The hurdle at the start.
    growth : mapping
        The investor's return, see ``grows``.
    shares : sequence of (str, str)
        Party, and its share of the surplus of each period.
    route : Route
        From the holder of the pot to who gets what is left.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import grows, in_short
    >>> route = Route(payer="trustee", payee="city", money="USD/2", basis="period")
    >>> print(in_short(hurdle_waterfall(name="w", principal="1000", growth=grows("0.05"), investor="fund",
    ...                                 shares=[("home", "0.30")], route=route)))
    memo w.hurdle opens 1000 grows 0.05 annual
    pot w.cash rest to city
    pay w.hurdle-part: w.cash -> fund period = max(min(balance w.cash, balance w.hurdle), 0) lowers w.hurdle
    pay w/home: w.cash -> home period = round(balance w.cash * 0.30)
    pay w.rest: w.cash -> city period = balance w.cash
    """
    hurdle, cash, money = f"{name}.hurdle", f"{name}.cash", route.money
    first = f"{name}.hurdle-part"
    out = replace(route, payer=cash, basis="period")
    names = [f"{name}/{party}" for party, _ in shares]
    owed = above_zero(least(balance(cash), balance(hurdle)), money)
    parts = [
        memo(hurdle, money, opens=lit(principal, money), growth=growth),
        pot(cash, money, holder=route.payer, residual_to=route.payee),
        pay(first, owed, replace(out, payee=investor, lowers=(hurdle,))),
    ]
    for index, (party, share) in enumerate(shares):
        taken = [paid(*names[:index], window="period")] if index else []
        surplus = above_zero(total(balance(cash), *taken), money) if index else balance(cash)
        parts.append(pay(names[index], scale(surplus, ratio(share), into=money), replace(out, payee=party)))
    if shares:
        parts.append(pay(f"{name}.rest", balance(cash), out))
    return join(parts)


def return_cap(
    *, name: str, of: Expr, drawn: Expr, rate: str, route: Route, compounding: str = "annual"
) -> Fragment:
    """Pay what was earned until the investor's annual return reaches a rate, and nothing beyond.

    Composition: memo ``NAME.hurdle`` opens with what was drawn and grows at the rate; the clause pays
    ``min(of, hurdle)`` and lowers it. What is not paid stays with the payer.

    Parameters
    ----------
    of : expression
        Earned in the period (basis ``period``), or over the term (basis ``once``).
    drawn : expression
        Working capital at the start.
    rate : decimal
        A year: ``0.15``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="payer", payee="investor", money="USD/2", basis="once")
    >>> print(in_short(return_cap(name="due", of=obs("value"), drawn=lit("270000", "USD/2"), rate="0.15",
    ...                           route=route)))
    memo due.hurdle opens 270000 grows 0.15 annual
    pay due: payer -> investor once = min(value, max(balance due.hurdle, 0)) lowers due.hurdle
    """
    hurdle = f"{name}.hurdle"
    owed = least(of, above_zero(balance(hurdle), route.money))
    growth = grows(rate, compounding=compounding)
    account = memo(hurdle, route.money, opens=drawn, growth=growth, each=route.each)
    return account + pay(name, owed, replace(route, lowers=(*route.lowers, hurdle)))


def return_share(
    *, name: str, received: Sequence[str], principal: Expr, share: str, route: Route
) -> Fragment:
    """Give a part of the return, the money beyond the principal, to somebody else: a provider's bonus.

    Composition: ``scale(max(0, paid(received) - principal), share)``, cumulative, after the clauses it reads.

    Parameters
    ----------
    received : sequence of str
        Clauses that pay the investor.
    share : decimal
        Of the return.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short
    >>> route = Route(payer="investor", payee="provider", money="USD/2", basis="cumulative")
    >>> print(in_short(return_share(name="bonus", received=["due"], principal=lit("270000", "USD/2"),
    ...                             share="0.32", route=route)))
    pay bonus: investor -> provider cumulative = round(max((paid(due to_date) - 270000), 0) * 0.32)
    """
    gain = above_zero(minus(paid(*received), principal), route.money)
    return pay(name, scale(gain, ratio(share), into=route.money), route)


def revolving_capital(
    *, name: str, capital: str, growth: Part, draw: Expr, repaid: Expr, investor: str, route: Route
) -> Fragment:
    """Let payments for results return to a pot from which the provider draws again.

    Composition: pot ``NAME.pot`` opens with the capital; ``NAME.in`` pays results into it and lowers the
    investor's hurdle; ``NAME.draw`` pays the provider out of it and raises it; the rest returns to the
    investor.

    Parameters
    ----------
    capital : decimal
        Put in at the start.
    growth : mapping
        Of the hurdle, see ``grows``.
    draw, repaid : expression
        Of the period; a draw is an observation stated by the provider.
    route : Route
        From the outcome payer to the provider.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import grows, in_short, obs
    >>> route = Route(payer="city", payee="home", money="USD/2", basis="period")
    >>> print(in_short(revolving_capital(name="r", capital="1000", growth=grows("0.05"), draw=obs("draw"),
    ...                                  repaid=obs("value"), investor="fund", route=route)))
    pot r.pot opens 1000 rest to fund
    memo r.hurdle grows 0.05 annual
    pay r.in: city -> r.pot period = value lowers r.hurdle
    pay r.draw: r.pot -> home period = draw raises r.hurdle
    """
    held, hurdle, money = f"{name}.pot", f"{name}.hurdle", route.money
    way = replace(route, basis="period")
    return (
        pot(held, money, holder=investor, residual_to=investor, opens=lit(capital, money))
        + memo(hurdle, money, growth=growth)
        + pay(f"{name}.in", repaid, replace(way, payee=held, lowers=(hurdle,)))
        + pay(f"{name}.draw", draw, replace(way, payer=held, raises=(hurdle,)))
    )
