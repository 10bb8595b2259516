"""Lowering of numbers and conditions: what is read, added, multiplied, banded, compared and chosen."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from ....finance.documents import Document
from .. import expressions as ex
from ..document import PERIOD
from ..program import Measure, Node, Row
from ..types import BARE, Label, Quantity, Truth, gives, parse_type, product_powers, same_unit
from .core import Lowered, Lowering, choose, kind_of, lower_figure
from .stated import unit_of_clause


def _lit(low: Lowering, tree: ex.Lit, path: str, _depth: int) -> Lowered:
    if tree.type == "truth":
        if tree.value not in {"true", "false"}:
            low.fault(f"{path}/value", f"{tree.value!r} is no truth: write true or false")
        return low.literal(path, int(tree.value == "true"), Truth())
    kind = kind_of(low, f"{path}/type", tree.type)
    return low.literal(path, low.count(f"{path}/value", tree.value, kind), kind)


def _param(low: Lowering, tree: ex.ParamRef, path: str, _depth: int) -> Lowered:
    table = low.document.params.get(tree.name)
    if table is None:
        low.unknown(f"{path}/name", tree.name, "params", low.document.params)
        return low.literal(path, 0, BARE)
    kind = low.params.get(tree.name, BARE)
    dims = low.order([table.per]) if table.per else ()
    varies = bool(table.dated) or table.per == PERIOD
    made = low.keep(Node(path=path, op="param", type=kind, name=tree.name, dims=dims, varies=varies))
    return _placed(low, made, tree.at, path)


def _observed(
    low: Lowering, tree: ex.Obs | ex.Is | ex.Known, path: str
) -> tuple[Measure | None, dict[str, object]]:
    low.used.add(tree.metric)
    measure = low.measures.get(tree.metric)
    if measure is None:
        if tree.metric not in low.document.metrics:
            low.unknown(f"{path}/metric", tree.metric, "metrics", low.document.metrics)
        return None, {"name": tree.metric}
    if tree.window == "to_date" and not measure.by_period:
        low.fault(f"{path}/window", f"{tree.metric} is not per period: leave the window out")
    if tree.window == "to_date" and measure.pool == "sum" and not isinstance(measure.type, Quantity):
        low.fault(f"{path}/window", f"{tree.metric} is a {measure.type} and has no sum: pool it as last")
    mode = tree.window if measure.by_period else "term"
    return measure, {"name": tree.metric, "dims": measure.dims, "varies": measure.by_period, "mode": mode}


def _obs(low: Lowering, tree: ex.Obs, path: str, _depth: int) -> Lowered:
    measure, fields = _observed(low, tree, path)
    if measure is not None and isinstance(measure.type, Label):
        low.fault(path, f"{tree.metric} is a label: compare it with the op is")
        return low.literal(path, 0, BARE)
    kind = measure.type if measure else BARE
    made = low.keep(Node(path=path, op="obs", type=kind, **fields))  # type: ignore[arg-type]  # fields of Node, by name
    return _placed(low, made, tree.at, path)


def _is(low: Lowering, tree: ex.Is, path: str, _depth: int) -> Lowered:
    measure, fields = _observed(low, tree, path)
    if measure is None:
        return low.literal(path, 0, Truth())
    if tree.value not in measure.labels:
        known = ", ".join(measure.labels) or "none: it is no label"
        low.fault(f"{path}/value", f"{tree.metric} has no value {tree.value!r}; its values: {known}")
        return low.literal(path, 0, Truth())
    seen = low.keep(Node(path=path, op="obs", type=measure.type, **fields))  # type: ignore[arg-type]  # fields of Node, by name
    made = low.make("is", path, Truth(), (seen,), const=measure.labels.index(tree.value), name=tree.value)
    return _placed(low, made, tree.at, path)


def _known(low: Lowering, tree: ex.Known, path: str, _depth: int) -> Lowered:
    measure, fields = _observed(low, tree, path)
    if measure is None:
        return low.literal(path, 0, Truth())
    seen = low.keep(Node(path=path, op="obs", type=measure.type, **fields))  # type: ignore[arg-type]  # fields of Node, by name
    return _placed(low, low.make("known", path, Truth(), (seen,), name=tree.metric), tree.at, path)


def _placed(low: Lowering, made: Lowered, at: Mapping[str, str], path: str) -> Lowered:
    """Read a value for named members, or for a named period."""
    members = []
    for name, member in at.items():
        place = f"{path}/at/{name}"
        if name == PERIOD:
            if member not in low.periods:
                low.fault(place, f"there is no period {member!r}: {', '.join(low.periods)}")
            else:
                made = low.make(
                    "then",
                    path,
                    made.type,
                    (made,),
                    varies=True,
                    const=low.periods.index(member),
                    name=member,
                )
        elif name not in made.node.dims:
            low.fault(place, f"the value has no {name}")
        elif member not in low.document.sets[name].members:
            low.fault(place, f"{member!r} is not a declared member of {name}")
        else:
            members.append((name, member))
    if not members:
        return made
    rest = low.order(set(made.node.dims) - {name for name, _ in members})
    return low.make("pick", path, made.type, (made,), dims=rest, at=tuple(members))


def _figure(low: Lowering, tree: ex.FigureRef, path: str, _depth: int) -> Lowered:
    if tree.name not in low.document.figures:
        low.unknown(f"{path}/name", tree.name, "figures", low.document.figures)
        return low.literal(path, 0, BARE)
    return _placed(low, lower_figure(low, tree.name, path), tree.at, path)


def _balance(low: Lowering, tree: ex.Balance, path: str, _depth: int) -> Lowered:
    account = low.document.accounts.get(tree.account)
    if account is None:
        low.unknown(f"{path}/account", tree.account, "accounts", low.document.accounts)
        return low.literal(path, 0, BARE)
    kind = parse_type(account.type) or BARE
    dims = low.order(account.each)
    return low.keep(
        Node(path=path, op="balance", type=kind, name=tree.account, dims=dims, varies=True, live=True)
    )


def _paid(low: Lowering, tree: ex.Paid, path: str, _depth: int) -> Lowered:
    clauses = {clause.id: clause for clause in low.document.clauses}
    for name in tree.clauses:
        if name not in clauses:
            low.fault(f"{path}/clauses", f"{name!r} is not a clause")
            return low.literal(path, 0, BARE)
        missing = sorted(set(tree.each) - set(clauses[name].each))
        if missing:
            low.fault(f"{path}/each", f"clause {name!r} is not for each of {', '.join(missing)}")
    kinds = {unit_of_clause(low, name) for name in tree.clauses}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is None:
        low.fault(
            path, "the clauses pay in several types, or in one that depends on this very value: name one unit"
        )
        return low.literal(path, 0, BARE)
    return low.keep(
        Node(
            path=path, op="paid", type=kind, names=tree.clauses, mode=f"{tree.window} {tree.what}",
            keep=low.order(tree.each), dims=low.order(tree.each), varies=True, live=True,
        )
    )  # fmt: skip


def _several(low: Lowering, tree: ex.Several, path: str, depth: int) -> Lowered:
    parts = tuple(low.lower(part, f"{path}/of/{at}", depth) for at, part in enumerate(tree.of))
    _same_numbers(low, path, tree.op, parts)
    return low.make(tree.op, path, parts[0].type, parts)


def _same_numbers(low: Lowering, path: str, op: str, parts: tuple[Lowered, ...]) -> None:
    kinds = {part.type for part in parts}
    if len(kinds) != 1 or not isinstance(parts[0].type, Quantity):
        shown = " and ".join(dict.fromkeys(str(part.type) for part in parts))
        hint = same_unit(part.type for part in parts) or "Convert with scale"
        low.mismatch(path, f"{op} of {shown}: all must be numbers of one type. {hint}")


def _less(low: Lowering, tree: ex.Less, path: str, depth: int) -> Lowered:
    parts = low.lower(tree.of, f"{path}/of", depth), low.lower(tree.less, f"{path}/less", depth)
    _same_numbers(low, path, "sub", parts)
    covered = parts[1].node.op == "min" and parts[0].at in parts[1].node.args
    return low.make("sub", path, parts[0].type, parts, mode="covered" if covered else "")


def _scale(low: Lowering, tree: ex.Scaling, path: str, depth: int) -> Lowered:
    result = kind_of(low, f"{path}/as", tree.as_)
    of = low.lower(tree.of, f"{path}/of", depth)
    by = tuple(low.lower(part, f"{path}/by/{at}", depth) for at, part in enumerate(tree.by))
    over = tuple(low.lower(part, f"{path}/over/{at}", depth) for at, part in enumerate(tree.over))
    factors = [(part.type, 1) for part in (of, *by)] + [(part.type, -1) for part in over]
    kinds = [(kind, sign) for kind, sign in factors if isinstance(kind, Quantity)]
    if len(kinds) != len(factors):
        low.fault(path, "a condition cannot be multiplied: use if")
    elif product_powers(*kinds) != result.powers():
        shown = " ".join(("x " if sign > 0 else "/ ") + str(kind) for kind, sign in kinds)[2:]
        hint = ": percent stays until divided, over 100 percent/0" if "percent" in shown else ""
        low.mismatch(path, f"{shown} does not give {result}{hint or gives(product_powers(*kinds))}")
    spare: tuple[Lowered, ...] = ()
    if tree.if_zero is not None:
        spare = (low.lower(tree.if_zero, f"{path}/if_zero", depth),)
        if spare[0].type != result:
            low.fault(f"{path}/if_zero", f"is a {spare[0].type}, the result is a {result}")
    mode = "if_zero" if spare else ""
    rounding = tree.round or low.document.rounding
    return low.make(
        "scale", path, result, (of, *by, *over, *spare), const=len(by), mode=mode, rounding=rounding
    )


def _bands(low: Lowering, tree: ex.Bands, path: str, depth: int) -> Lowered:
    of = low.lower(tree.of, f"{path}/of", depth)
    result = kind_of(low, f"{path}/as", tree.as_)
    kind = of.type
    if not isinstance(kind, Quantity):
        low.fault(f"{path}/of", "bands need a number")
        kind = BARE
    edges = tuple(
        (low.count(f"{path}/edges/{n}/at", edge.at, kind), edge.owner == "above")
        for n, edge in enumerate(tree.edges)
    )
    _rising_edges(low, path, edges)
    if len(tree.rows) != len(tree.edges) + 1:
        needed = len(tree.edges) + 1
        told = f"as many rows as bands are needed: {needed}, one more than edges, not {len(tree.rows)}"
        low.fault(f"{path}/rows", told)
    rows = tuple(Row(Fraction(row.base), Fraction(row.slope), Fraction(row.origin)) for row in tree.rows)
    rounding = tree.round or low.document.rounding
    return low.make("bands", path, result, (of,), edges=edges, rows=rows, rounding=rounding)


def _rising_edges(low: Lowering, path: str, edges: tuple[tuple[int, bool], ...]) -> None:
    """Edges rise; one value may stand twice only to give it a band of its own: below, then above."""
    for at in range(1, len(edges)):
        (left, left_above), (right, right_above) = edges[at - 1], edges[at]
        if right < left or (right == left and not (left_above and not right_above)):
            low.fault(
                f"{path}/edges/{at}", "edges must rise; the same value twice must be owned above, then below"
            )


def _compare(low: Lowering, tree: ex.Compare, path: str, depth: int) -> Lowered:
    parts = low.lower(tree.left, f"{path}/left", depth), low.lower(tree.right, f"{path}/right", depth)
    if parts[0].type != parts[1].type or not isinstance(parts[0].type, Quantity):
        shown = f"{parts[0].type} cannot be compared with {parts[1].type}"
        hint = same_unit(part.type for part in parts)
        low.mismatch(path, f"{shown}: both must be numbers of one type. {hint}".rstrip(". "))
    return low.make("cmp", path, Truth(), parts, name=tree.relation)


def _jointly(low: Lowering, tree: ex.Jointly, path: str, depth: int) -> Lowered:
    parts = tuple(low.lower(part, f"{path}/of/{at}", depth) for at, part in enumerate(tree.of))
    return _condition(low, tree.op, path, parts)


def _not(low: Lowering, tree: ex.Negation, path: str, depth: int) -> Lowered:
    return _condition(low, "not", path, (low.lower(tree.of, f"{path}/of", depth),))


def _condition(low: Lowering, op: str, path: str, parts: tuple[Lowered, ...]) -> Lowered:
    wrong = [str(part.type) for part in parts if not isinstance(part.type, Truth)]
    if wrong:
        low.fault(path, f"{op} needs conditions, this is a {wrong[0]}: compare it with cmp")
    return low.make(op, path, Truth(), parts)


def _if(low: Lowering, tree: ex.If, path: str, depth: int) -> Lowered:
    test = low.lower(tree.test, f"{path}/test", depth)
    then = low.lower(tree.then, f"{path}/then", depth)
    other = low.lower(tree.else_, f"{path}/else", depth)
    return choose(low, path, test, then, other)


NUMBERS: dict[type[Document], Callable[..., Lowered]] = {
    ex.Lit: _lit,
    ex.ParamRef: _param,
    ex.Obs: _obs,
    ex.Is: _is,
    ex.Known: _known,
    ex.FigureRef: _figure,
    ex.Balance: _balance,
    ex.Paid: _paid,
    ex.Several: _several,
    ex.Less: _less,
    ex.Scaling: _scale,
    ex.Bands: _bands,
    ex.Compare: _compare,
    ex.Jointly: _jointly,
    ex.Negation: _not,
    ex.If: _if,
}
