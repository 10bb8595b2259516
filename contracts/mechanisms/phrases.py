"""Expressions in short words: what builders are made of, and what is left when no builder fits.

The problem: a price on a count is one thought, and four lines of JSON. Each word here returns one node of the
term language as plain JSON; nothing is computed. ``scale(obs("nights"), rate("15.12", "USD/2", "night/0"),
into="USD/2")`` is the amount of a whole contract.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

Expr = Mapping[str, object]


def digits_of(value: str) -> int:
    """Count the decimals written in a number.

    Examples
    --------
    >>> digits_of("0.95"), digits_of("3")
    (2, 0)
    """
    return len(value.partition(".")[2])


def written(value: Decimal) -> str:
    """Write an exact decimal as the term document wants it.

    Examples
    --------
    >>> written(Decimal("4.80E+6")), written(Decimal("0.950"))
    ('4800000', '0.95')
    """
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def lit(value: str, unit: str) -> Expr:
    """Write a number with its type.

    Examples
    --------
    >>> lit("15.12", "USD/2 per day/0")
    {'op': 'lit', 'value': '15.12', 'type': 'USD/2 per day/0'}
    """
    return {"op": "lit", "value": value, "type": unit}


def zero(unit: str) -> Expr:
    """Write nothing, in a unit.

    Examples
    --------
    >>> zero("USD/2")["value"]
    '0'
    """
    return lit("0", unit)


def ratio(value: str) -> Expr:
    """Write a bare number with the digits it has.

    Examples
    --------
    >>> ratio("0.95")["type"]
    'ratio/2'
    """
    return lit(value, f"ratio/{digits_of(value)}")


def rate(value: str, money: str, unit: str) -> Expr:
    """Write a price of one unit; it may have more decimals than the money.

    Examples
    --------
    >>> rate("0.125", "USD/2", "dose/0")["type"]
    'USD/3 per dose/0'
    """
    code, _, digits = money.partition("/")
    return lit(value, f"{code}/{max(int(digits), digits_of(value))} per {unit}")


def param(name: str, *, at: Mapping[str, str] | None = None) -> Expr:
    """Read a number of the document.

    Examples
    --------
    >>> param("price", at={"lines": "job"})["at"]
    {'lines': 'job'}
    """
    return _placed({"op": "param", "name": name}, at)


def obs(metric: str, *, window: str = "", at: Mapping[str, str] | None = None) -> Expr:
    """Read what was observed.

    Examples
    --------
    >>> obs("nights")
    {'op': 'obs', 'metric': 'nights'}
    """
    node: dict[str, object] = {"op": "obs", "metric": metric}
    return _placed(node | ({"window": window} if window else {}), at)


def to_date(metric: str, *, at: Mapping[str, str] | None = None) -> Expr:
    """Read what was observed in all periods so far.

    Examples
    --------
    >>> to_date("nights")["window"]
    'to_date'
    """
    return obs(metric, window="to_date", at=at)


def is_label(metric: str, value: str, *, at: Mapping[str, str] | None = None) -> Expr:
    """Ask whether a label was observed.

    Examples
    --------
    >>> is_label("choice", "stop")["value"]
    'stop'
    """
    return _placed({"op": "is", "metric": metric, "value": value}, at)


def known(metric: str, *, window: str = "", at: Mapping[str, str] | None = None) -> Expr:
    """Ask whether something was observed; false before it comes.

    Examples
    --------
    >>> known("value")["op"]
    'known'
    """
    node: dict[str, object] = {"op": "known", "metric": metric}
    return _placed(node | ({"window": window} if window else {}), at)


def figure(name: str, *, at: Mapping[str, str] | None = None) -> Expr:
    """Read a named figure.

    Examples
    --------
    >>> figure("share")["name"]
    'share'
    """
    return _placed({"op": "figure", "name": name}, at)


def balance(account: str) -> Expr:
    """Read an account as it stands now.

    Examples
    --------
    >>> balance("hurdle")["account"]
    'hurdle'
    """
    return {"op": "balance", "account": account}


def paid(*clauses: str, window: str = "to_date", what: str = "paid", each: Sequence[str] = ()) -> Expr:
    """Read what clauses paid (``what="earned"``: before limits).

    Examples
    --------
    >>> paid("nights", window="before")["window"]
    'before'
    """
    node = {"op": "paid", "clauses": list(clauses), "window": window, "what": what}
    return node | ({"each": list(each)} if each else {})


def total(*of: Expr) -> Expr:
    """Add numbers of one type.

    Examples
    --------
    >>> total(obs("a"), obs("b"))["op"], total(obs("a"))["op"]
    ('add', 'obs')
    """
    return of[0] if len(of) == 1 else {"op": "add", "of": list(of)}


def least(*of: Expr) -> Expr:
    """Take the smallest.

    Examples
    --------
    >>> least(obs("a"), obs("b"))["op"]
    'min'
    """
    return {"op": "min", "of": list(of)}


def greatest(*of: Expr) -> Expr:
    """Take the largest.

    Examples
    --------
    >>> greatest(obs("a"), obs("b"))["op"]
    'max'
    """
    return {"op": "max", "of": list(of)}


def minus(of: Expr, less: Expr) -> Expr:
    """Take one number from another.

    Examples
    --------
    >>> minus(obs("a"), obs("b"))["op"]
    'sub'
    """
    return {"op": "sub", "of": of, "less": less}


def above_zero(of: Expr, unit: str) -> Expr:
    """Take a number, or nothing where it is negative.

    Examples
    --------
    >>> above_zero(minus(obs("a"), obs("b")), "day/0")["op"]
    'max'
    """
    return greatest(of, zero(unit))


def clamp(of: Expr, low: Expr, high: Expr) -> Expr:
    """Keep a number between two others.

    Examples
    --------
    >>> clamp(obs("a"), zero("ratio/2"), ratio("1.00"))["op"]
    'max'
    """
    return greatest(low, least(of, high))


def scale(
    of: Expr,
    *by: Expr,
    over: Sequence[Expr] = (),
    into: str,
    rounding: str = "",
    if_zero: Expr | None = None,
) -> Expr:
    """Multiply and divide exactly, and round once into a type.

    Examples
    --------
    >>> scale(obs("nights"), rate("15.12", "USD/2", "night/0"), into="USD/2")["as"]
    'USD/2'
    """
    node: dict[str, object] = {"op": "scale", "of": of, "by": list(by), "over": list(over), "as": into}
    return node | ({"round": rounding} if rounding else {}) | ({"if_zero": if_zero} if if_zero else {})


def _compare(left: Expr, relation: str, right: Expr) -> Expr:
    return {"op": "cmp", "left": left, "relation": relation, "right": right}


def at_least(left: Expr, right: Expr) -> Expr:
    """Ask whether a number reaches another.

    Examples
    --------
    >>> at_least(obs("a"), obs("b"))["relation"]
    'ge'
    """
    return _compare(left, "ge", right)


def more_than(left: Expr, right: Expr) -> Expr:
    """Ask whether a number exceeds another.

    Examples
    --------
    >>> more_than(obs("a"), obs("b"))["relation"]
    'gt'
    """
    return _compare(left, "gt", right)


def at_most(left: Expr, right: Expr) -> Expr:
    """Ask whether a number does not exceed another.

    Examples
    --------
    >>> at_most(obs("a"), obs("b"))["relation"]
    'le'
    """
    return _compare(left, "le", right)


def less_than(left: Expr, right: Expr) -> Expr:
    """Ask whether a number stays below another.

    Examples
    --------
    >>> less_than(obs("a"), obs("b"))["relation"]
    'lt'
    """
    return _compare(left, "lt", right)


def equal(left: Expr, right: Expr) -> Expr:
    """Ask whether two numbers are the same.

    Examples
    --------
    >>> equal(obs("a"), obs("b"))["relation"]
    'eq'
    """
    return _compare(left, "eq", right)


def all_of(*of: Expr) -> Expr:
    """Ask whether every condition holds.

    Examples
    --------
    >>> all_of(obs("done"), obs("safe"))["op"], all_of(obs("done"))["op"]
    ('all', 'obs')
    """
    return of[0] if len(of) == 1 else {"op": "all", "of": list(of)}


def any_of(*of: Expr) -> Expr:
    """Ask whether a condition holds.

    Examples
    --------
    >>> any_of(obs("done"), obs("safe"))["op"]
    'any'
    """
    return of[0] if len(of) == 1 else {"op": "any", "of": list(of)}


def negated(of: Expr) -> Expr:
    """Ask whether a condition does not hold.

    Examples
    --------
    >>> negated(obs("done"))["op"]
    'not'
    """
    return {"op": "not", "of": of}


def never() -> Expr:
    """Write a condition that never holds.

    Examples
    --------
    >>> never()["value"]
    'false'
    """
    return lit("false", "truth")


def choose(test: Expr, then: Expr, otherwise: Expr) -> Expr:
    """Take one of two values by a condition.

    Examples
    --------
    >>> choose(obs("done"), ratio("1"), ratio("0"))["op"]
    'if'
    """
    return {"op": "if", "test": test, "then": then, "else": otherwise}


def fold(over: str, join: str, of: Expr, *, empty: Expr | None = None) -> Expr:
    """Make one value of all members of a set, or of all periods so far.

    Examples
    --------
    >>> fold("people", "add", obs("days"))["with"]
    'add'
    """
    node: dict[str, object] = {"op": "fold", "over": over, "with": join, "of": of}
    return node | ({"empty": empty} if empty else {})


def summed(over: str, of: Expr) -> Expr:
    """Add over all members of a set.

    Examples
    --------
    >>> summed("people", obs("days"))["over"]
    'people'
    """
    return fold(over, "add", of)


def counted(over: str, test: Expr, unit: str = "ratio/0") -> Expr:
    """Count the members for whom a condition holds.

    Examples
    --------
    >>> counted("people", obs("in_work"), "person/0")["of"]["then"]
    {'op': 'lit', 'value': '1', 'type': 'person/0'}
    """
    return summed(over, choose(test, lit("1", unit), zero(unit)))


def size(over: str, unit: str = "ratio/0") -> Expr:
    """Count the members of a set.

    Examples
    --------
    >>> size("people")["of"]["value"]
    '1'
    """
    return summed(over, lit("1", unit))


def shared(whole: Expr, over: str, weight: Expr, *, ties: str = "largest") -> Expr:
    """Give this member its part of a total.

    Examples
    --------
    >>> shared(lit("100.00", "USD/2"), "sites", obs("visits"))["over"]
    'sites'
    """
    return {"op": "share", "total": whole, "over": over, "weight": weight, "ties": ties}


def place(of: Expr, over: str, *, best: str = "highest") -> Expr:
    """Find the place of this member among all, equal values sharing one.

    Examples
    --------
    >>> place(obs("score"), "teams")["best"]
    'highest'
    """
    return {"op": "rank", "of": of, "over": over, "best": best}


def position(of: str = "period") -> Expr:
    """Read the number of this member or period in its order.

    Examples
    --------
    >>> position()["of"]
    'period'
    """
    return {"op": "position", "of": of}


def days(start: str = "period_start", end: str = "period_end", *, count: str = "actual") -> Expr:
    """Count days between two dates or boundaries.

    Examples
    --------
    >>> days()["from"], days()["to"]
    ('period_start', 'period_end')
    """
    return {"op": "days", "from": start, "to": end, "count": count}


def previous(of: Expr, first: Expr) -> Expr:
    """Read a value one period earlier.

    Examples
    --------
    >>> previous(obs("level"), zero("point/0"))["op"]
    'previous'
    """
    return {"op": "previous", "of": of, "first": first}


def _placed(node: dict[str, object], at: Mapping[str, str] | None) -> Expr:
    return node | ({"at": dict(at)} if at else {})
