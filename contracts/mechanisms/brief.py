"""A fragment in short: one line for each clause, figure, account, split and limit.

The problem: a builder returns JSON that nobody reads twice. ``in_short`` writes the same composition as a
formula, for docstrings, for a console and for a review; it leaves nothing out that changes an amount.
"""

from collections.abc import Callable, Mapping, Sequence

from .fragments import Fragment, Part

_RELATIONS = {"lt": "<", "le": "<=", "eq": "=", "ne": "<>", "ge": ">=", "gt": ">"}
_SIGNS = {"add": " + ", "all": " and ", "any": " or "}
_NAMES = {"obs": "metric", "param": "name", "figure": "name", "balance": "account", "position": "of"}


def in_short(what: Fragment | Part) -> str:
    """Write a fragment or an expression as text.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import obs, rate, scale
    >>> in_short(scale(obs("nights"), rate("15.12", "USD/2", "night/0"), into="USD/2"))
    'round(nights * 15.12)'
    """
    return "\n".join(_lines(what)) if isinstance(what, Fragment) else _text(what)


def _lines(whole: Fragment) -> list[str]:
    lines = [f"metric {name}: {_measure(one)}" for name, one in whole.metrics.items()]
    lines += [f"param {name}: {_numbers(one)}" for name, one in whole.params.items()]
    lines += [f"figure {name} = {_text(one['value'])}" for name, one in whole.figures.items()]
    lines += [f"{one['kind']} {name}{_account(one)}" for name, one in whole.accounts.items()]
    lines += [f"split {name}: {_legs(one)}" for name, one in whole.splits.items()]
    lines += [_clause(one) for one in whole.clauses]
    return lines + [_limit(one) for one in whole.limits]


def _measure(one: Part) -> str:
    domain = f" {' to '.join(_words(one['domain']))}" if "domain" in one else ""
    per = f" per {', '.join(_words(one['per']))}" if "per" in one else ""
    return f"{one['type']}{domain}{per}"


def _numbers(one: Part) -> str:
    if "value" in one:
        return str(one["value"])
    rows = one.get("dated")
    if isinstance(rows, Sequence):
        return ", ".join(f"{row['value']} from {row['from']}" for row in rows)
    values = one["values"]
    held = values.items() if isinstance(values, Mapping) else ()
    return ", ".join(f"{member} {value}" for member, value in held)


def _account(one: Part) -> str:
    opens = f" opens {_text(one['opens'])}" if "opens" in one else ""
    growth = one.get("grows")
    grows = f" grows {growth['rate']} {growth['compounding']}" if isinstance(growth, Mapping) else ""
    adds = f" adds {_text(one['adds'])}" if "adds" in one else ""
    rest = f" rest to {one['residual_to']}" if "residual_to" in one else ""
    return opens + grows + adds + rest


def _legs(one: Part) -> str:
    legs = one["legs"]
    held = legs if isinstance(legs, Sequence) else ()
    return ", ".join(
        f"{leg['party']} rank {leg['rank']} weight {_text(leg['weight'])}"
        + (f" most {_text(leg['max'])}" if "max" in leg else "")
        for leg in held
    )


def _clause(one: Part) -> str:
    each = f" each {', '.join(_words(one['each']))}" if "each" in one else ""
    way = f": {one['from']} -> {one['to']} {one['basis']}" if one["op"] == "pay" else ""
    when = f" when {_text(one['when'])}" if "when" in one else ""
    moves = "".join(f" {verb} {', '.join(_words(one[verb]))}" for verb in ("raises", "lowers") if verb in one)
    both = " two-way" if one.get("two_way") else ""
    return f"{one['op']} {one['id']}{way}{each}{both} = {_text(one['amount'])}{when}{moves}"


def _limit(one: Part) -> str:
    each = f" each {', '.join(_words(one['each']))}" if "each" in one else ""
    return f"limit {one['id']}: {', '.join(_words(one['of']))}{each} <= {_text(one['max'])}"


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, Sequence) else []


def _all(values: object) -> list[str]:
    return [_text(one) for one in values] if isinstance(values, Sequence) else []


def _text(node: object) -> str:
    if not isinstance(node, Mapping):
        return str(node)
    op = str(node["op"])
    if op in _NAMES:
        return _reading(node, op)
    if op in _SIGNS:
        return f"({_SIGNS[op].join(_all(node['of']))})"
    write = _WRITERS.get(op)
    return write(node) if write else op


def _reading(node: Part, op: str) -> str:
    name = str(node[_NAMES[op]])
    at = node.get("at")
    place = "".join(f"[{member}]" for member in at.values()) if isinstance(at, Mapping) else ""
    word = {"balance": "balance ", "position": "position "}.get(op, "")
    return f"{word}{name}{place}" + (" to date" if node.get("window") == "to_date" else "")


def _scale(node: Part) -> str:
    word = str(node.get("round", "round"))
    product = " * ".join([_text(node["of"]), *_all(node["by"])])
    return f"{word}({' / '.join([product, *_all(node['over'])])})"


def _bands(node: Part) -> str:
    edges, rows = node["edges"], node["rows"]
    if not isinstance(edges, Sequence) or not isinstance(rows, Sequence):
        return "bands"
    text = _row(rows[0])
    for edge, row in zip(edges, rows[1:], strict=False):
        text += f" | {'>=' if edge['owner'] == 'above' else '>'} {edge['at']}: {_row(row)}"
    return f"bands({_text(node['of'])}: {text})"


def _row(row: Part) -> str:
    slope, origin = row.get("slope", "0"), row.get("origin", "0")
    tail = "" if slope == "0" else f" + {slope} * (x - {origin})"
    return f"{row['base']}{tail}"


_WRITERS: dict[str, Callable[[Part], str]] = {
    "lit": lambda node: str(node["value"]),
    "known": lambda node: f"known {node['metric']}",
    "is": lambda node: f"{node['metric']} is {node['value']}",
    "paid": lambda node: f"{node['what']}({', '.join(_words(node['clauses']))} {node['window']})",
    "sub": lambda node: f"({_text(node['of'])} - {_text(node['less'])})",
    "min": lambda node: f"min({', '.join(_all(node['of']))})",
    "max": lambda node: f"max({', '.join(_all(node['of']))})",
    "scale": _scale,
    "bands": _bands,
    "cmp": lambda node: f"{_text(node['left'])} {_RELATIONS[str(node['relation'])]} {_text(node['right'])}",
    "not": lambda node: f"not {_text(node['of'])}",
    "if": lambda node: f"if({_text(node['test'])}, {_text(node['then'])}, {_text(node['else'])})",
    "fold": lambda node: f"{node['with']} over {node['over']}({_text(node['of'])})",
    "share": lambda node: f"share of {_text(node['total'])} over {node['over']} by {_text(node['weight'])}",
    "rank": lambda node: f"rank({_text(node['of'])} over {node['over']}, {node['best']} best)",
    "days": lambda node: f"days({node['from']} to {node['to']})",
    "previous": lambda node: f"previous({_text(node['of'])}, first {_text(node['first'])})",
}
