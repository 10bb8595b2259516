"""Returns: hurdles, shares that change when one is cleared, caps on a return, capital that turns over.

The problem: "95 percent of savings until principal and 5 percent are repaid, then 40" changes inside a
payment. A hurdle is an account that grows at the rate and falls by what is paid; no rate is ever solved for.
"""

from dataclasses import replace

from .fragments import Flow, Fragment
from .parts import memo, named, pay, pot
from .phrases import Expr, above_zero, balance, figure, least, lit, minus, paid, ratio, scale, total

Growth = dict[str, str]


def savings_share(
    *, name: str, savings: Expr, principal: str, growth: Growth, before: str, after: str, flow: Flow
) -> Fragment:
    """Pay a share of savings until a hurdle is repaid, and another share after, changing inside a payment.

    Composition: memo ``NAME.hurdle``; figure ``NAME.used`` = ``min(savings, ceil(hurdle / before))``, the
    savings it takes to clear the hurdle; clauses ``NAME.before`` = ``min(hurdle, used x before)``, which lowers
    the hurdle, and ``NAME.after`` = ``(savings - used) x after``.

    Parameters
    ----------
    savings : expression
        Of this period.
    principal : decimal
        The hurdle at the start.
    growth : dict
        See ``grows``.
    before, after : decimal
        Shares.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import grows, in_short, obs
    >>> flow = Flow(payer="state", payee="lender", money="USD/2", basis="period")
    >>> print(in_short(savings_share(name="s", savings=obs("savings"), principal="7000000", growth=grows("0.05"),
    ...                              before="0.95", after="0.40", flow=flow)))
    figure s.open = max((balance s.hurdle + paid(s.before period)), 0)
    figure s.used = min(savings, ceil(s.open / 0.95))
    memo s.hurdle opens 7000000 grows 0.05 annual
    pay s.before: state -> lender period = min(s.open, round(s.used * 0.95)) lowers s.hurdle
    pay s.after: state -> lender period = round(max((savings - s.used), 0) * 0.40)
    """
    hurdle, used, first, money = f"{name}.hurdle", f"{name}.used", f"{name}.before", flow.money
    still = balance(hurdle)
    consumed = least(savings, scale(above_zero(still, money), over=[ratio(before)], into=money, rounding="ceil"))
    paid_first = least(above_zero(still, money), scale(consumed, ratio(before), into=money))
    open_now = total(still, paid(first, window="period"))
    rest_used = least(savings, scale(above_zero(open_now, money), over=[ratio(before)], into=money, rounding="ceil"))
    rest = above_zero(minus(savings, rest_used), money)
    way = replace(flow, basis="period")
    return (
        memo(hurdle, money, opens=lit(principal, money), growth=growth)
        + pay(first, paid_first, replace(way, lowers=(*flow.lowers, hurdle)))
        + pay(f"{name}.after", scale(rest, ratio(after), into=money), way)
    )
