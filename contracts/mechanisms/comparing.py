"""Comparisons: what a result is measured against.

The problem: "a reduction of ten percent" is against whom, over which sum, and of what when nobody was in the
other group? Each builder keeps the sign, states the divisor, and makes one figure that is reported.
"""

from dataclasses import replace

from .fragments import Fragment, Route
from .parts import due, memo, named, note
from .phrases import (
    Expr,
    above_zero,
    at_most,
    balance,
    choose,
    days,
    figure,
    least,
    lit,
    minus,
    scale,
    zero,
)


def comparison(
    *,
    name: str,
    treated: Expr,
    control: Expr,
    kind: str,
    wants: str,
    into: str,
    floor: bool = False,
) -> Fragment:
    """Compare a result with a control group, a matched group or a baseline.

    Composition: ``sub`` in the wanted direction; ``relative``: ``scale(that, 100, over control)``, 0 where
    the control is zero. With sums of counts on both sides it is a ratio of sums.

    Parameters
    ----------
    kind : str
        ``difference`` or ``relative`` (in percent of the control).
    wants : str
        ``fall`` (control less treated) or ``rise``; the sign is kept.
    into : str
        Type of the figure: that of both, or ``percent/2``.
    floor : bool
        Whether the figure stops at zero; on the total, never per person.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> print(in_short(comparison(name="fall", treated=obs("events"), control=obs("matched"), kind="relative",
    ...                           wants="fall", into="percent/2")))
    figure fall = round((matched - events) * 100 / matched)
    """
    gap = minus(control, treated) if wants == "fall" else minus(treated, control)
    if kind == "relative":
        gap = scale(gap, lit("100", "percent/0"), over=[control], into=into, if_zero=zero(into))
    return named(name, above_zero(gap, into) if floor else gap)


def baseline_ratio(*, name: str, of: Expr, baseline: Expr, into: str, if_zero: Expr) -> Fragment:
    """Measure a result as a multiple of a baseline, of the past or of other sites.

    Composition: ``scale(of, over baseline, if_zero)``.

    Parameters
    ----------
    into : str
        ``ratio/4``; for percent of the baseline use ``achievement``.
    if_zero : expression
        The value where the baseline is nothing.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs, ratio
    >>> print(in_short(baseline_ratio(name="growth", of=obs("sales"), baseline=obs("before"), into="ratio/4",
    ...                               if_zero=ratio("1.0000"))))
    figure growth = round(sales / before)
    """
    return named(name, scale(of, over=[baseline], into=into, if_zero=if_zero))


def achievement(*, name: str, of: Expr, target: Expr, into: str = "percent/2") -> Fragment:
    """Measure a result in percent of its target.

    Composition: ``scale(of, 100, over target)``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> print(in_short(achievement(name="learning", of=obs("gain"), target=lit("5592", "level/0"))))
    figure learning = round(gain * 100 / 5592)
    """
    return named(name, scale(of, lit("100", "percent/0"), over=[target], into=into))


def comparator_switch(*, name: str, last_day: str, fixed: Expr, live: Expr) -> Fragment:
    """Compare with a fixed rate up to a day, and with a live observed one in periods that end later.

    Composition: ``if(days(last_day to period_end) <= 0, fixed, live)``; the live one need not be known
    before.

    Parameters
    ----------
    last_day : str
        Last day on which a period may end and still have the fixed rate.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> print(in_short(comparator_switch(name="comparator", last_day="2016-06-30", fixed=lit("25",
    ...     "percent/2"),
    ...                                  live=obs("matched"))))
    figure comparator = if(days(2016-06-30 to period_end) <= 0, 25, matched)
    """
    return named(name, choose(at_most(days(last_day), zero("day/0")), fixed, live))


def purchased_volume(
    *, name: str, verified: Expr, noticed: Expr, contracted: Expr, price: Expr, unit: str, route: Route
) -> Fragment:
    """Pay for what was verified, ordered and contracted; what is not bought stays the seller's.

    Composition: memo ``NAME.stock`` adds what was verified; figure ``NAME.volume`` = ``min(stock, noticed,
    contracted - bought)``; the clause pays it, and a note moves it from ``stock`` to ``NAME.bought``.

    Parameters
    ----------
    verified, noticed : expression
        In this period.
    contracted : expression
        Over the term.
    unit : str
        ``tonne/3``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs, rate
    >>> route = Route(payer="buyer", payee="seller", money="USD/2", basis="period")
    >>> print(in_short(purchased_volume(name="carbon", verified=obs("removed"), noticed=obs("ordered"),
    ...     contracted=lit("100", "tonne/0"), price=rate("40", "USD/2", "tonne/0"), unit="tonne/0",
    ...     route=route)))
    figure carbon.volume = max(min(balance carbon.stock, ordered, (100 - balance carbon.bought)), 0)
    memo carbon.stock adds removed
    memo carbon.bought
    pay carbon: buyer -> seller period = round(carbon.volume * 40)
    note carbon.moved = carbon.volume raises carbon.bought lowers carbon.stock
    """
    stock, bought, volume = f"{name}.stock", f"{name}.bought", f"{name}.volume"
    room = minus(contracted, balance(bought))
    return (
        memo(stock, unit, adds=verified)
        + memo(bought, unit)
        + named(volume, above_zero(least(balance(stock), noticed, room), unit))
        + due(name, scale(figure(volume), price, into=route.money), replace(route, basis="period"))
        + note(f"{name}.moved", figure(volume), raises=[bought], lowers=[stock])
    )
