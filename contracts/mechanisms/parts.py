"""Parts: one set, metric, parameter, figure, account, split, clause or limit as a fragment.

The problem: a mechanism without a builder needs its pieces all the same, each in one line.
"""

from collections.abc import Mapping, Sequence

from .fragments import Fragment, Part, Route
from .phrases import Expr

Decimals = Mapping[str, str]


def sourced(of: Fragment, *, document: str, clause: str, quote: str = "") -> Fragment:
    """Say where in the legal or published text the parts of a fragment stand; earlier sources stay.

    Parameters
    ----------
    document, clause : str
        Citation, and the place in it.
    quote : str
        SHA-256 of the words, where they may not be repeated.

    Examples
    --------
    >>> marked = sourced(limit("most", "11420000"), document="Contract of 2016", clause="Schedule 2")
    >>> marked.limits[0]["source"]
    {'document': 'Contract of 2016', 'clause': 'Schedule 2'}
    """
    anchor = {"document": document, "clause": clause} | ({"quote": quote} if quote else {})

    def mark(part: Part) -> Part:
        return {"source": anchor} | dict(part)

    def marked(parts: Mapping[str, Part]) -> dict[str, Part]:
        return {name: mark(part) for name, part in parts.items()}

    return Fragment(
        sets=of.sets,
        metrics=marked(of.metrics),
        params=marked(of.params),
        figures=marked(of.figures),
        accounts=marked(of.accounts),
        splits=marked(of.splits),
        clauses=tuple(map(mark, of.clauses)),
        limits=tuple(map(mark, of.limits)),
    )


def members(name: str, of: Sequence[str] = (), *, most: int = 0, title: str = "") -> Fragment:
    """Write a set: all its members, or how many results may name.

    Parameters
    ----------
    of : sequence of str
        All members, when they are known.
    most : int [members]
        How many there can be, when they are not.

    Examples
    --------
    >>> members("people", most=400).sets["people"]
    {'most': 400, 'title': 'people'}
    """
    held: dict[str, object] = {"members": list(of)} if of else {"most": most}
    return Fragment(sets={name: held | {"title": title or name}})


def metric(  # noqa: PLR0913  # the fields of a metric, each once
    name: str,
    *,
    unit: str = "truth",
    least: str = "0",
    most: str = "",
    per: Sequence[str] = (),
    pool: str = "last",
    title: str = "",
    method: str = "verified count",
    missing: str = "",
    after_days: int = 0,
    min_gap_days: int = 0,
    by: str = "",
) -> Fragment:
    """Write a metric: a number between ``least`` and ``most``, or a truth.

    Parameters
    ----------
    missing : str
        What stands in for a value that does not come; without it, what depends on it stays pending.
    after_days : int [days]
        How long is waited for it.
    min_gap_days : int [days]
        Least distance between dated observations of one member.

    Examples
    --------
    >>> metric("nights", unit="night/0", most="40000").metrics["nights"]["domain"]
    ['0', '40000']
    """
    content: dict[str, object] = {"title": title or name, "type": unit, "method": method}
    optional = {
        "domain": [least, most] if unit != "truth" else None,
        "per": list(per),
        "pool": "" if pool == "last" else pool,
        "on_missing": {"use": missing, "after_days": after_days} if missing else None,
        "min_gap_days": min_gap_days,
        "by": by,
    }
    return Fragment(metrics={name: content | {key: value for key, value in optional.items() if value}})


def choice(
    name: str,
    *,
    values: Sequence[str],
    by: str = "",
    per: Sequence[str] = (),
    missing: str = "",
    title: str = "",
) -> Fragment:
    """Write a label: a kind, or the election of a party.

    Examples
    --------
    >>> choice("exit", values=["go_on", "stop"], by="lender").metrics["exit"]["by"]
    'lender'
    """
    method = f"notice by {by}" if by else "as found"
    content: dict[str, object] = {
        "title": title or name,
        "type": "label",
        "values": list(values),
        "method": method,
    }
    optional = {"by": by, "per": list(per), "on_missing": {"use": missing} if missing else None}
    return Fragment(metrics={name: content | {key: value for key, value in optional.items() if value}})


def fixed(name: str, value: str, unit: str) -> Fragment:
    """Write a parameter with one value.

    Examples
    --------
    >>> fixed("bid", "0.10", "ratio/2").params["bid"]
    {'type': 'ratio/2', 'value': '0.10'}
    """
    return Fragment(params={name: {"type": unit, "value": value}})


def dated(name: str, values: Decimals, unit: str) -> Fragment:
    """Write a parameter that changes on dates.

    Examples
    --------
    >>> dated("floor", {"2013-07-01": "5", "2016-07-01": "0"}, "percent/2").params["floor"]["dated"][1]
    {'from': '2016-07-01', 'value': '0'}
    """
    rows = [{"from": day, "value": value} for day, value in sorted(values.items())]
    return Fragment(params={name: {"type": unit, "dated": rows}})


def table(name: str, values: Decimals, unit: str, *, per: str) -> Fragment:
    """Write a parameter with a value for each member of a set, or each ``period``.

    Examples
    --------
    >>> table("price", {"job": "660"}, "GBP/2 per claim/0", per="lines").params["price"]["per"]
    'lines'
    """
    return Fragment(params={name: {"type": unit, "per": per, "values": dict(values)}})


def named(name: str, value: Expr, *, title: str = "") -> Fragment:
    """Give an expression a name, under which it is reported and read.

    Examples
    --------
    >>> named("twice", {"op": "obs", "metric": "a"}).figures["twice"]["value"]["metric"]
    'a'
    """
    return Fragment(figures={name: {"value": value} | ({"title": title} if title else {})})


def pay(name: str, amount: Expr, route: Route) -> Fragment:
    """Write one clause.

    Examples
    --------
    >>> route = Route(payer="city", payee="home", money="USD/2", basis="period")
    >>> pay("grant", {"op": "param", "name": "grant"}, route).clauses[0]["basis"]
    'period'
    """
    return Fragment(clauses=(route.clause(name, amount),))


def due(name: str, amount: Expr, route: Route | None) -> Fragment:
    """Write a clause; or, without a route, a figure of that name.

    Examples
    --------
    >>> list(due("owed", {"op": "obs", "metric": "a"}, None).figures)
    ['owed']
    """
    return pay(name, amount, route) if route else named(name, amount)


def note(
    name: str,
    amount: Expr,
    *,
    raises: Sequence[str] = (),
    lowers: Sequence[str] = (),
    each: Sequence[str] = (),
) -> Fragment:
    """Write a clause that only changes accounts.

    Examples
    --------
    >>> note("bought", {"op": "figure", "name": "sold"}, raises=["stock"]).clauses[0]["raises"]
    ['stock']
    """
    content: dict[str, object] = {"op": "note", "id": name, "amount": amount}
    optional = {"raises": list(raises), "lowers": list(lowers), "each": list(each)}
    return Fragment(clauses=(content | {key: value for key, value in optional.items() if value},))


def grows(rate: str, *, compounding: str = "annual", day_count: str = "act/365") -> Part:
    """Write how an account grows; the rate is a fraction a year.

    Examples
    --------
    >>> grows("0.05")["compounding"]
    'annual'
    """
    return {"rate": rate, "compounding": compounding, "day_count": day_count}


def memo(
    name: str,
    unit: str,
    *,
    opens: Expr | None = None,
    growth: Part | None = None,
    adds: Expr | None = None,
    each: Sequence[str] = (),
) -> Fragment:
    """Write an account that counts: a hurdle, a volume.

    Examples
    --------
    >>> memo("hurdle", "USD/2", growth=grows("0.05")).accounts["hurdle"]["kind"]
    'memo'
    """
    content: dict[str, object] = {"title": name, "type": unit, "kind": "memo"}
    optional = {"each": list(each), "opens": opens, "grows": growth, "adds": adds}
    return Fragment(accounts={name: content | {key: value for key, value in optional.items() if value}})


def pot(name: str, money: str, *, holder: str, residual_to: str, opens: Expr | None = None) -> Fragment:
    """Write an account that holds money.

    Examples
    --------
    >>> pot("trust", "USD/2", holder="bank", residual_to="city").accounts["trust"]["residual_to"]
    'city'
    """
    content: dict[str, object] = {"title": name, "type": money, "kind": "pot"}
    content |= {"holder": holder, "residual_to": residual_to}
    return Fragment(accounts={name: content | ({"opens": opens} if opens else {})})


def leg(party: str, *, weight: str | Expr = "1", rank: int = 1, most: str | Expr = "") -> Part:
    """Write one of several payers or payees.

    Parameters
    ----------
    rank : int [place]
        Lower ranks first.

    Examples
    --------
    >>> leg("city", most="100.00")
    {'party': 'city', 'rank': 1, 'weight': '1', 'max': '100.00'}
    """
    return {"party": party, "rank": rank, "weight": weight} | ({"max": most} if most else {})


def split(name: str, legs: Sequence[Part], *, ties: str = "largest") -> Fragment:
    """Write several payers or payees as one.

    Examples
    --------
    >>> split("payers", [leg("city"), leg("state")]).splits["payers"]["legs"][1]["party"]
    'state'
    """
    return Fragment(splits={name: {"legs": list(legs)} | ({"ties": ties} if ties != "largest" else {})})


def limit(
    name: str,
    most: str | Expr,
    of: Sequence[str] = ("*",),
    *,
    each: Sequence[str] = (),
    cut: str = "in_order",
) -> Fragment:
    """Write a limit.

    Examples
    --------
    >>> limit("most", "500000.00").limits[0]["of"]
    ['*']
    """
    content: dict[str, object] = {"id": name, "of": list(of), "max": most}
    optional = {"each": list(each), "cut": "" if cut == "in_order" else cut}
    return Fragment(limits=(content | {key: value for key, value in optional.items() if value},))
