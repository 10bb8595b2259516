"""From tree to nodes: type check of expressions, and one flat list in which equal expressions share a node.

Each function lowers one kind of expression; all faults are gathered, none stops the rest from being read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ...finance.dates import parse_day
from ...finance.documents import Document
from ...finance.errors import AlmonerError
from ...finance.money import decimal_count
from . import expressions as ex
from .document import PERIOD, TermDocument
from .program import Measure, Node, Row
from .types import BARE, Label, Quantity, Truth, Type, parse_type, product_powers

MAX_DEPTH = 60
BOUNDARIES = ("term_start", "term_end", "period_start", "period_end")


@dataclass(frozen=True, slots=True)
class Lowered:
    """A node by its number, with what its parent has to know of it."""

    at: int
    node: Node

    @property
    def type(self) -> Type:
        """The type of its value."""
        return self.node.type


@dataclass(slots=True)
class Lowering:
    """What lowering knows and gathers.

    Attributes
    ----------
    document : TermDocument
        As read.
    nodes, known : list, dict
        Nodes so far, and their numbers.
    findings : list of dict
        Faults: path and message.
    measures, params : dict
        Metrics and parameter types, as far as they are sound.
    clause_units : dict
        What clauses pay in, as far as they are lowered.
    """

    document: TermDocument
    nodes: list[Node] = field(default_factory=list)
    known: dict[Node, int] = field(default_factory=dict)
    findings: list[dict[str, str]] = field(default_factory=list)
    measures: dict[str, Measure] = field(default_factory=dict)
    params: dict[str, Quantity] = field(default_factory=dict)
    figures: dict[str, Lowered] = field(default_factory=dict)
    open_figures: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    clause_units: dict[str, Quantity] = field(default_factory=dict)
    periods: tuple[str, ...] = ()

    def fault(self, path: str, message: str) -> None:
        """Note a fault."""
        self.findings.append({"path": path, "message": message})

    def count(self, path: str, text: str, kind: Type) -> int:
        """Read a decimal in a type's digits; a fault counts as zero."""
        if not isinstance(kind, Quantity):
            return 0
        try:
            return decimal_count(text, kind.digits, str(kind))
        except AlmonerError as error:
            self.fault(path, error.message)
            return 0

    def order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Put sets into the order of the document."""
        wanted = set(names)
        return tuple(name for name in self.document.sets if name in wanted)

    def keep(self, node: Node) -> Lowered:
        """Add a node, or find its equal."""
        key = replace(node, path="")
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(node)
        return Lowered(self.known[key], self.nodes[self.known[key]])

    def make(self, op: str, path: str, kind: Type, args: tuple[Lowered, ...] = (), **more: object) -> Lowered:
        """Add a node whose sets and dependence on time come from its arguments."""
        dims = self.order(name for arg in args for name in arg.node.dims)
        fields: dict[str, object] = {
            "dims": dims,
            "varies": any(arg.node.varies for arg in args),
            "live": any(arg.node.live for arg in args),
            "args": tuple(arg.at for arg in args),
        }
        return self.keep(Node(path=path, op=op, type=kind, **(fields | more)))  # type: ignore[arg-type]  # fields of Node, by name

    def lower(self, tree: ex.Expression, path: str, depth: int = 0) -> Lowered:
        """Lower an expression and all below it."""
        if depth > MAX_DEPTH:
            self.fault(path, f"nested deeper than {MAX_DEPTH}: name parts as figures")
            return self.literal(path, 0, BARE)
        return _LOWER[type(tree)](self, tree, path, depth + 1)

    def literal(self, path: str, count: int, kind: Type) -> Lowered:
        """Add a fixed number."""
        return self.keep(Node(path=path, op="lit", type=kind, const=count))

    def set_known(self, path: str, name: str) -> bool:
        """Check that a set is declared."""
        if name in self.document.sets:
            return True
        self.fault(
            path, f"{name!r} is not among the sets: {', '.join(self.document.sets) or 'none are declared'}"
        )
        return False


def kind_of(low: Lowering, path: str, text: str) -> Quantity:
    """Read a type, or note that it is none."""
    kind = parse_type(text)
    if kind is None:
        low.fault(path, f"{text!r} is no type of a number: write for example USD/2 or day/0")
    return kind or BARE


def _lit(low: Lowering, tree: ex.Lit, path: str, _depth: int) -> Lowered:
    kind = kind_of(low, f"{path}/type", tree.type)
    return low.literal(path, low.count(f"{path}/value", tree.value, kind), kind)


def _param(low: Lowering, tree: ex.ParamRef, path: str, _depth: int) -> Lowered:
    table = low.document.params.get(tree.name)
    if table is None:
        low.fault(f"{path}/name", f"{tree.name!r} is not among the params")
        return low.literal(path, 0, BARE)
    kind = low.params.get(tree.name, BARE)
    dims = low.order([table.per]) if table.per else ()
    varies = bool(table.dated) or table.per == PERIOD
    made = low.keep(Node(path=path, op="param", type=kind, name=tree.name, dims=dims, varies=varies))
    return _placed(low, made, tree.at, path)


def _observed(low: Lowering, tree: ex.Obs | ex.Is, path: str) -> tuple[Measure | None, dict[str, object]]:
    low.used.add(tree.metric)
    measure = low.measures.get(tree.metric)
    if measure is None:
        if tree.metric not in low.document.metrics:
            low.fault(f"{path}/metric", f"{tree.metric!r} is not among the metrics")
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
        low.fault(f"{path}/name", f"{tree.name!r} is not among the figures")
        return low.literal(path, 0, BARE)
    return _placed(low, lower_figure(low, tree.name, path), tree.at, path)


def lower_figure(low: Lowering, name: str, path: str) -> Lowered:
    """Lower a figure once, and refuse one that is computed from itself."""
    if name in low.open_figures:
        ring = " -> ".join((*low.open_figures[low.open_figures.index(name) :], name))
        low.fault(
            path, f"figures go in a circle: {ring}. Keep a running value in an account, or take one out"
        )
        return low.literal(path, 0, BARE)
    if name not in low.figures:
        low.open_figures.append(name)
        low.figures[name] = low.lower(low.document.figures[name].value, f"/figures/{name}/value")
        low.open_figures.pop()
    return low.figures[name]


def _balance(low: Lowering, tree: ex.Balance, path: str, _depth: int) -> Lowered:
    account = low.document.accounts.get(tree.account)
    if account is None:
        low.fault(f"{path}/account", f"{tree.account!r} is not among the accounts")
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


def unit_of_clause(low: Lowering, name: str) -> Quantity | None:
    """Return what a clause pays in: known once it is lowered, else read off its expression's stated type."""
    if name in low.clause_units:
        return low.clause_units[name]
    amount = next(clause.amount for clause in low.document.clauses if clause.id == name)
    return _stated_type(low, amount)


def _stated_type(low: Lowering, tree: ex.Expression) -> Quantity | None:
    """Follow an expression to the first type that is written down."""
    for _ in range(MAX_DEPTH):
        match tree:
            case ex.Scaling() | ex.Bands():
                return parse_type(tree.as_)
            case ex.Lit():
                return parse_type(tree.type)
            case ex.ParamRef():
                return low.params.get(tree.name)
            case ex.Obs():
                kind = low.measures[tree.metric].type if tree.metric in low.measures else None
                return kind if isinstance(kind, Quantity) else None
            case ex.Balance():
                account = low.document.accounts.get(tree.account)
                return parse_type(account.type) if account else None
            case ex.FigureRef():
                if tree.name not in low.document.figures:
                    return None
                tree = low.document.figures[tree.name].value
            case ex.Several():
                tree = next((part for part in tree.of if not isinstance(part, ex.Paid)), tree.of[0])
            case ex.Less():
                tree = tree.less if isinstance(tree.of, ex.Paid) else tree.of
            case ex.Fold() | ex.Previous():
                tree = tree.of
            case ex.If():
                tree = tree.then
            case ex.Share():
                tree = tree.total
            case _:
                return None
    return None


def _several(low: Lowering, tree: ex.Several, path: str, depth: int) -> Lowered:
    parts = tuple(low.lower(part, f"{path}/of/{at}", depth) for at, part in enumerate(tree.of))
    _same_numbers(low, path, tree.op, parts)
    return low.make(tree.op, path, parts[0].type, parts)


def _same_numbers(low: Lowering, path: str, op: str, parts: tuple[Lowered, ...]) -> None:
    kinds = {part.type for part in parts}
    if len(kinds) != 1 or not isinstance(parts[0].type, Quantity):
        shown = " and ".join(dict.fromkeys(str(part.type) for part in parts))
        low.fault(path, f"{op} of {shown}: all must be numbers of one type. Convert with scale")


def _less(low: Lowering, tree: ex.Less, path: str, depth: int) -> Lowered:
    parts = low.lower(tree.of, f"{path}/of", depth), low.lower(tree.less, f"{path}/less", depth)
    _same_numbers(low, path, "sub", parts)
    return low.make("sub", path, parts[0].type, parts)


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
        low.fault(path, f"{shown} does not give {result}")
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
        low.fault(f"{path}/rows", f"{len(tree.edges)} edges make {needed} bands, {len(tree.rows)} are given")
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
        low.fault(path, f"{shown}: both must be numbers of one type")
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


def choose(low: Lowering, path: str, test: Lowered, then: Lowered, other: Lowered) -> Lowered:
    """Add a choice between two values."""
    if not isinstance(test.type, Truth):
        low.fault(f"{path}/test", f"needs a condition, this is a {test.type}")
    if then.type != other.type:
        low.fault(path, f"then is a {then.type}, else is a {other.type}: both must be of one type")
    return low.make("if", path, then.type, (test, then, other))


def _fold(low: Lowering, tree: ex.Fold, path: str, depth: int) -> Lowered:
    of = low.lower(tree.of, f"{path}/of", depth)
    wanted: type = Truth if tree.with_ in {"all", "any"} else Quantity
    if not isinstance(of.type, wanted):
        low.fault(f"{path}/of", f"{tree.with_} cannot fold a {of.type}")
    if tree.over == PERIOD:
        return low.make("fold", path, of.type, (of,), varies=True, name=PERIOD, mode=tree.with_)
    if not low.set_known(f"{path}/over", tree.over):
        return of
    args = (of,)
    if tree.empty is not None:
        args += (low.lower(tree.empty, f"{path}/empty", depth),)
        if args[1].type != of.type:
            low.fault(f"{path}/empty", f"is a {args[1].type}, the fold is a {of.type}")
    elif tree.with_ in {"min", "max"} and not low.document.sets[tree.over].members:
        low.fault(f"{path}/empty", f"{tree.over} can be without members: say what {tree.with_} is then")
    rest = low.order({name for arg in args for name in arg.node.dims} - {tree.over})
    return low.make("fold", path, of.type, args, dims=rest, name=tree.over, mode=tree.with_)


def _share(low: Lowering, tree: ex.Share, path: str, depth: int) -> Lowered:
    total, weight = (
        low.lower(tree.total, f"{path}/total", depth),
        low.lower(tree.weight, f"{path}/weight", depth),
    )
    if not isinstance(total.type, Quantity) or not isinstance(weight.type, Quantity):
        low.fault(path, "a share needs a number as total and as weight")
    if not low.set_known(f"{path}/over", tree.over):
        return total
    if tree.over in total.node.dims:
        low.fault(f"{path}/total", f"differs between the {tree.over} that share it: fold it first")
    dims = low.order({*total.node.dims, *weight.node.dims, tree.over})
    return low.make("share", path, total.type, (total, weight), dims=dims, name=tree.over, mode=tree.ties)


def _rank(low: Lowering, tree: ex.Rank, path: str, depth: int) -> Lowered:
    of = low.lower(tree.of, f"{path}/of", depth)
    if not isinstance(of.type, Quantity):
        low.fault(f"{path}/of", "only numbers have a rank")
    if not low.set_known(f"{path}/over", tree.over):
        return of
    dims = low.order({*of.node.dims, tree.over})
    return low.make("rank", path, BARE, (of,), dims=dims, name=tree.over, mode=tree.best)


def _position(low: Lowering, tree: ex.Position, path: str, _depth: int) -> Lowered:
    if tree.of == PERIOD:
        return low.keep(Node(path=path, op="position", type=BARE, name=PERIOD, varies=True))
    if not low.set_known(f"{path}/of", tree.of):
        return low.literal(path, 0, BARE)
    return low.keep(Node(path=path, op="position", type=BARE, name=tree.of, dims=(tree.of,)))


def _days(low: Lowering, tree: ex.Days, path: str, _depth: int) -> Lowered:
    ends = (tree.from_, tree.to)
    for name, end in (("from", tree.from_), ("to", tree.to)):
        if end not in BOUNDARIES:
            try:
                parse_day(end)
            except AlmonerError as error:
                low.fault(f"{path}/{name}", error.message)
                return low.literal(path, 0, Quantity("day", 0))
    varies = any(end.startswith("period_") for end in ends)
    return low.keep(
        Node(path=path, op="days", type=Quantity("day", 0), names=ends, mode=tree.count, varies=varies)
    )


def _previous(low: Lowering, tree: ex.Previous, path: str, depth: int) -> Lowered:
    of, first = low.lower(tree.of, f"{path}/of", depth), low.lower(tree.first, f"{path}/first", depth)
    if of.type != first.type:
        low.fault(path, f"of is a {of.type}, first is a {first.type}: both must be of one type")
    return low.make("previous", path, of.type, (of, first), varies=True)


_LOWER: dict[type[Document], Callable[..., Lowered]] = {
    ex.Lit: _lit,
    ex.ParamRef: _param,
    ex.Obs: _obs,
    ex.Is: _is,
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
    ex.Fold: _fold,
    ex.Share: _share,
    ex.Rank: _rank,
    ex.Position: _position,
    ex.Days: _days,
    ex.Previous: _previous,
}
