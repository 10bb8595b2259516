"""From tree to program: type check, and one flat list of nodes that every reading folds.

The problem: if payment, bound and print-out each walk the document in their own way, they differ one day.
``compile_terms`` checks everything once, reports all faults together, and lowers the expressions to
``Node`` records in an order in which each stands after what it needs; equal expressions share a node.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from ...finance.dates import parse_day
from ...finance.documents import Document
from ...finance.errors import AlmonerError
from ...finance.money import Rounding, decimal_count
from .document import (
    WHOLE_TERM,
    Bands,
    Both,
    Compare,
    Either,
    Expression,
    Greatest,
    If,
    Least,
    Lit,
    Negation,
    Obs,
    Param,
    Scaling,
    Sum,
    TermDocument,
)
from .types import Quantity, Truth, Type, parse_type, product_powers

MAX_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One band, exact: base + slope x (number - origin), numbers in whole units."""

    base: Fraction
    slope: Fraction
    origin: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation of a program.

    Attributes
    ----------
    path : str
        JSON pointer of the expression it stands for.
    op : str
        As in the document.
    type : Type
        Of its value.
    args : tuple of int [node number]
        Earlier nodes.
    const : int
        The count of a ``lit``.
    name : str
        Metric, parameter, window or relation.
    window : str
        ``period`` or ``to_date`` of an ``obs``.
    edges : tuple of (int, bool)
        Counts of the edges, and whether each belongs to the band above.
    rows : tuple of Row
        Bands.
    rounding : str
        Named rounding of ``scale`` and ``bands``.
    """

    path: str
    op: str
    type: Type
    args: tuple[int, ...] = ()
    const: int = 0
    name: str = ""
    window: str = ""
    edges: tuple[tuple[int, bool], ...] = ()
    rows: tuple[Row, ...] = ()
    rounding: Rounding = "half_even"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayClause:
    """A clause ready to be paid.

    Attributes
    ----------
    id, payer, payee, basis
        As in the document.
    amount : int [node number]
        The node of its amount.
    source : str
        The place in the published text, for the trace.
    """

    id: str
    payer: str
    payee: str
    basis: str
    amount: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapLimit:
    """A limit ready to be applied: clauses, and the maximum in minor units."""

    id: str
    clauses: tuple[str, ...]
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric ready to be observed: type, domain in counts, and how it is pooled."""

    type: Quantity
    low: int
    high: int
    pool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Terms, checked and lowered.

    Attributes
    ----------
    digest : str
        Of the document.
    unit : Quantity
        The one money all clauses pay in.
    nodes, clauses, limits
        As lowered.
    metrics : dict of str to Measure
        By name.
    periods : tuple of (str, date)
        Periods with their last days; the whole term when none are declared.
    params : dict of str to tuple of (date, int)
        Dated values as counts, oldest first.
    """

    digest: str
    unit: Quantity
    nodes: tuple[Node, ...]
    clauses: tuple[PayClause, ...]
    limits: tuple[CapLimit, ...]
    metrics: dict[str, Measure]
    periods: tuple[tuple[str, date], ...]
    params: dict[str, tuple[tuple[date, int], ...]]


def compile_terms(document: TermDocument) -> Program:
    """Check a term document and lower it to a program.

    Parameters
    ----------
    document : TermDocument
        As read.

    Raises
    ------
    TermError
        With every fault: its JSON pointer, what is wrong, and what to do.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> [node.op for node in program.nodes], str(program.unit)
    (['obs', 'lit', 'scale'], 'USD/2')
    """
    return _Compiler(document).run()


@dataclass(slots=True)
class _Compiler:
    document: TermDocument
    nodes: list[Node] = field(default_factory=list)
    known: dict[Node, int] = field(default_factory=dict)
    findings: list[dict[str, str]] = field(default_factory=list)
    metrics: dict[str, Measure] = field(default_factory=dict)
    params: dict[str, tuple[tuple[date, int], ...]] = field(default_factory=dict)
    param_types: dict[str, Quantity] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def fault(self, path: str, message: str) -> None:
        self.findings.append({"path": path, "message": message})

    def run(self) -> Program:
        periods = self._periods()
        self._read_metrics()
        self._read_params(periods)
        clauses, unit = self._read_clauses()
        limits = self._read_limits(unit)
        if "evaluator" not in self.document.parties.values():
            self.fault("/parties", "nobody is evaluator, so nothing could ever be determined or paid")
        for name in sorted(set(self.metrics) - self.used):
            self.fault(f"/metrics/{name}", "no clause observes this metric: remove it, or use it")
        if self.findings or unit is None:
            raise TermDocument.refusal(self.findings)
        return Program(
            digest=self.document.digest(),
            unit=unit,
            nodes=tuple(self.nodes),
            clauses=clauses,
            limits=limits,
            metrics=self.metrics,
            periods=periods,
            params=self.params,
        )

    def _day(self, path: str, text: str) -> date | None:
        try:
            return parse_day(text)
        except AlmonerError as error:
            self.fault(path, error.message)
            return None

    def _count(self, path: str, text: str, kind: Quantity) -> int:
        try:
            return decimal_count(text, kind.digits, str(kind))
        except AlmonerError as error:
            self.fault(path, error.message)
            return 0

    def _periods(self) -> tuple[tuple[str, date], ...]:
        calendar = self.document.calendar
        starts, ends = (
            self._day("/calendar/starts_on", calendar.starts_on),
            self._day("/calendar/ends_on", calendar.ends_on),
        )
        if starts and ends and ends <= starts:
            self.fault("/calendar/ends_on", f"{ends} is not after {starts}: the term has no day")
        last, final = starts or date.min, ends or date.max
        seen: set[str] = set()
        rows = []
        for position, period in enumerate(calendar.periods):
            path = f"/calendar/periods/{position}"
            day = self._day(f"{path}/ends_on", period.ends_on)
            if day and not last < day <= final:
                self.fault(f"{path}/ends_on", f"{day} must lie after {last} and not after {final}")
            if period.id in seen:
                self.fault(f"{path}/id", f"period {period.id!r} stands twice")
            seen.add(period.id)
            last = day or last
            rows.append((period.id, last))
        return tuple(rows) or ((WHOLE_TERM, final),)

    def _read_metrics(self) -> None:
        for name, metric in self.document.metrics.items():
            kind = parse_type(metric.type)
            if kind is None or kind.per:
                self.fault(
                    f"/metrics/{name}/type", f"{metric.type} is no type of a metric: write for example day/0"
                )
                continue
            low, high = (
                self._count(f"/metrics/{name}/domain/{at}", text, kind)
                for at, text in enumerate(metric.domain)
            )
            if Fraction(metric.domain[0]) >= Fraction(metric.domain[1]):
                self.fault(f"/metrics/{name}/domain", f"{metric.domain[0]} is not below {metric.domain[1]}")
            self.metrics[name] = Measure(type=kind, low=low, high=high, pool=metric.pool)

    def _read_params(self, periods: tuple[tuple[str, date], ...]) -> None:
        for name, rows in self.document.params.items():
            kinds = {row.type for row in rows}
            kind = parse_type(rows[0].type) if rows else None
            if kind is None or len(kinds) != 1:
                self.fault(f"/params/{name}", "give at least one dated value, all of one type")
                continue
            values = [
                (
                    self._day(f"/params/{name}/{at}/from", row.from_) or date.min,
                    self._count(f"/params/{name}/{at}/value", row.value, kind),
                )
                for at, row in enumerate(rows)
            ]
            days = [day for day, _ in values]
            if days != sorted(set(days)):
                self.fault(f"/params/{name}", "days must rise and not repeat")
            elif days[0] > periods[0][1]:
                self.fault(
                    f"/params/{name}",
                    f"no value before {days[0]}, but the first period ends on {periods[0][1]}",
                )
            self.params[name] = tuple(values)
            self.param_types[name] = kind

    def _read_clauses(self) -> tuple[tuple[PayClause, ...], Quantity | None]:
        unit: Quantity | None = None
        clauses, seen = [], set()
        for position, clause in enumerate(self.document.clauses):
            path = f"/clauses/{position}"
            if clause.id in seen:
                self.fault(f"{path}/id", f"clause {clause.id!r} stands twice")
            seen.add(clause.id)
            for end, party in (("from", clause.from_), ("to", clause.to)):
                if party not in self.document.parties:
                    self.fault(f"{path}/{end}", f"{party!r} is not among the parties: add it there")
                elif self.document.parties[party] == "evaluator":
                    self.fault(f"{path}/{end}", f"{party!r} verifies and can neither pay nor be paid")
            if clause.basis == "period" and not self.document.calendar.periods:
                self.fault(f"{path}/basis", "paid by period, but the calendar declares no periods")
            at, kind = self._lower(clause.amount, f"{path}/amount", clause.basis, 0)
            if not isinstance(kind, Quantity) or kind.per:
                self.fault(f"{path}/amount", f"a clause pays money, this is a {kind}")
            elif unit is None:
                unit = kind
            elif unit != kind:
                self.fault(
                    f"{path}/amount",
                    f"pays {kind}, other clauses pay {unit}: write one document per currency",
                )
            anchor = f"{clause.source.document}, {clause.source.clause}".rstrip(", ") if clause.source else ""
            clauses.append(
                PayClause(
                    id=clause.id,
                    payer=clause.from_,
                    payee=clause.to,
                    basis=clause.basis,
                    amount=at,
                    source=anchor,
                )
            )
        return tuple(clauses), unit

    def _read_limits(self, unit: Quantity | None) -> tuple[CapLimit, ...]:
        ids = tuple(clause.id for clause in self.document.clauses)
        limits, seen = [], set()
        for position, limit in enumerate(self.document.limits):
            path = f"/limits/{position}"
            if limit.id in seen:
                self.fault(f"{path}/id", f"limit {limit.id!r} stands twice")
            seen.add(limit.id)
            for name in limit.of:
                if name != "*" and name not in ids:
                    self.fault(f"{path}/of", f"{name!r} is not a clause")
            maximum = self._count(f"{path}/max", limit.max, unit) if unit else 0
            if maximum < 0:
                self.fault(f"{path}/max", f"{limit.max} is negative")
            named = ids if "*" in limit.of else limit.of
            limits.append(
                CapLimit(id=limit.id, clauses=tuple(one for one in ids if one in named), maximum=maximum)
            )
        return tuple(limits)

    def _keep(self, node: Node) -> tuple[int, Type]:
        key = replace(node, path="")
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(node)
        return self.known[key], node.type

    def _lower(self, tree: Expression, path: str, basis: str, depth: int) -> tuple[int, Type]:
        if depth > MAX_DEPTH:
            self.fault(path, f"nested deeper than {MAX_DEPTH}: name parts as parameters, or flatten")
            return self._keep(Node(path=path, op="lit", type=Quantity("ratio", 0)))
        lower = _LOWER[type(tree)]
        return lower(self, tree, path, basis, depth + 1)

    def lower_lit(self, tree: Lit, path: str, _basis: str, _depth: int) -> tuple[int, Type]:
        kind = parse_type(tree.type) or Quantity("ratio", 0)
        return self._keep(
            Node(path=path, op="lit", type=kind, const=self._count(f"{path}/value", tree.value, kind))
        )

    def lower_param(self, tree: Param, path: str, _basis: str, _depth: int) -> tuple[int, Type]:
        kind = self.param_types.get(tree.name)
        if kind is None:
            self.fault(f"{path}/name", f"{tree.name!r} is not among the params")
            kind = Quantity("ratio", 0)
        return self._keep(Node(path=path, op="param", type=kind, name=tree.name))

    def lower_obs(self, tree: Obs, path: str, basis: str, _depth: int) -> tuple[int, Type]:
        self.used.add(tree.metric)
        metric = self.metrics.get(tree.metric)
        if metric is None:
            self.fault(f"{path}/metric", f"{tree.metric!r} is not among the metrics")
            return self._keep(Node(path=path, op="obs", type=Quantity("ratio", 0), name=tree.metric))
        if tree.window == "period" and basis != "period":
            self.fault(f"{path}/window", "a period is observed only in a clause paid by period: use to_date")
        return self._keep(Node(path=path, op="obs", type=metric.type, name=tree.metric, window=tree.window))

    def lower_same_type(
        self, tree: Sum | Least | Greatest, path: str, basis: str, depth: int
    ) -> tuple[int, Type]:
        parts = [self._lower(part, f"{path}/of/{at}", basis, depth) for at, part in enumerate(tree.of)]
        kinds = {kind for _, kind in parts}
        first = parts[0][1]
        if len(kinds) != 1 or not isinstance(first, Quantity):
            self.fault(
                path, f"{tree.op} of {', '.join(sorted(map(str, kinds)))}: all must be numbers of one type"
            )
        return self._keep(Node(path=path, op=tree.op, type=first, args=tuple(at for at, _ in parts)))

    def lower_scale(self, tree: Scaling, path: str, basis: str, depth: int) -> tuple[int, Type]:
        result = parse_type(tree.as_) or Quantity("ratio", 0)
        parts = [("of", tree.of, 1)]
        if tree.by is not None and tree.num is None and tree.den is None:
            parts.append(("by", tree.by, 1))
        elif tree.by is None and tree.num is not None and tree.den is not None:
            parts += [("num", tree.num, 1), ("den", tree.den, -1)]
        else:
            self.fault(path, "give either by, or num and den")
        lowered = [(*self._lower(part, f"{path}/{name}", basis, depth), sign) for name, part, sign in parts]
        kinds = [(kind, sign) for _, kind, sign in lowered if isinstance(kind, Quantity)]
        if len(kinds) != len(lowered):
            self.fault(path, "a condition cannot be multiplied")
        elif len(kinds) > 1 and product_powers(*kinds) != result.powers():
            shown = " ".join(("x " if sign > 0 else "/ ") + str(kind) for kind, sign in kinds)[2:]
            self.fault(path, f"{shown} does not give {result}")
        args = tuple(at for at, _, _ in lowered)
        rounding = tree.round or self.document.rounding
        return self._keep(Node(path=path, op="scale", type=result, args=args, rounding=rounding))

    def lower_bands(self, tree: Bands, path: str, basis: str, depth: int) -> tuple[int, Type]:
        at, kind = self._lower(tree.of, f"{path}/of", basis, depth)
        result = parse_type(tree.as_) or Quantity("ratio", 0)
        if not isinstance(kind, Quantity):
            self.fault(f"{path}/of", "bands need a number")
            kind = Quantity("ratio", 0)
        edges = tuple(
            (self._count(f"{path}/edges/{n}/at", edge.at, kind), edge.owner == "above")
            for n, edge in enumerate(tree.edges)
        )
        counts = [count for count, _ in edges]
        if counts != sorted(set(counts)):
            self.fault(f"{path}/edges", "edges must rise and not repeat")
        if len(tree.rows) != len(tree.edges) + 1:
            self.fault(
                f"{path}/rows",
                f"{len(tree.edges)} edges make {len(tree.edges) + 1} bands, {len(tree.rows)} are given",
            )
        for n, row in enumerate(tree.rows):
            self._count(f"{path}/rows/{n}/base", row.base, result)
            self._count(f"{path}/rows/{n}/origin", row.origin, kind)
        rows = tuple(Row(Fraction(row.base), Fraction(row.slope), Fraction(row.origin)) for row in tree.rows)
        rounding = tree.round or self.document.rounding
        return self._keep(
            Node(path=path, op="bands", type=result, args=(at,), edges=edges, rows=rows, rounding=rounding)
        )

    def lower_compare(self, tree: Compare, path: str, basis: str, depth: int) -> tuple[int, Type]:
        left, left_kind = self._lower(tree.left, f"{path}/left", basis, depth)
        right, right_kind = self._lower(tree.right, f"{path}/right", basis, depth)
        if left_kind != right_kind or not isinstance(left_kind, Quantity):
            self.fault(
                path, f"{left_kind} cannot be compared with {right_kind}: both must be numbers of one type"
            )
        return self._keep(Node(path=path, op="cmp", type=Truth(), args=(left, right), name=tree.relation))

    def lower_conditions(
        self, tree: Both | Either | Negation, path: str, basis: str, depth: int
    ) -> tuple[int, Type]:
        if isinstance(tree.of, tuple):
            parts = [(part, f"{path}/of/{at}") for at, part in enumerate(tree.of)]
        else:
            parts = [(tree.of, f"{path}/of")]
        lowered = [self._lower(part, place, basis, depth) for part, place in parts]
        if any(not isinstance(kind, Truth) for _, kind in lowered):
            self.fault(path, f"{tree.op} needs conditions")
        return self._keep(Node(path=path, op=tree.op, type=Truth(), args=tuple(at for at, _ in lowered)))

    def lower_if(self, tree: If, path: str, basis: str, depth: int) -> tuple[int, Type]:
        test, test_kind = self._lower(tree.test, f"{path}/test", basis, depth)
        then, then_kind = self._lower(tree.then, f"{path}/then", basis, depth)
        other, other_kind = self._lower(tree.else_, f"{path}/else", basis, depth)
        if not isinstance(test_kind, Truth):
            self.fault(f"{path}/test", f"needs a condition, this is a {test_kind}")
        if then_kind != other_kind:
            self.fault(path, f"then is a {then_kind}, else is a {other_kind}: both must be of one type")
        return self._keep(Node(path=path, op="if", type=then_kind, args=(test, then, other)))


_LOWER: dict[type[Document], Callable[..., tuple[int, Type]]] = {
    Lit: _Compiler.lower_lit,
    Param: _Compiler.lower_param,
    Obs: _Compiler.lower_obs,
    Sum: _Compiler.lower_same_type,
    Least: _Compiler.lower_same_type,
    Greatest: _Compiler.lower_same_type,
    Scaling: _Compiler.lower_scale,
    Bands: _Compiler.lower_bands,
    Compare: _Compiler.lower_compare,
    Both: _Compiler.lower_conditions,
    Either: _Compiler.lower_conditions,
    Negation: _Compiler.lower_conditions,
    If: _Compiler.lower_if,
}
