"""Evaluation: a program's nodes carried out on cells, whatever a cell is.

A node is computed once for all readings, on demand, and remembered as long as it holds: what does not
depend on the period for the whole run, what does for the period, what depends on payments not at all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import prod

from ....finance.dates import parse_day
from ..calendars import days_between
from ..document import PERIOD
from ..program import ClausePlan, Measure, Node, Program
from ..types import Truth, digits_of
from .cells import Arithmetic, Cell, Cells, Scaler, Table


@dataclass(slots=True)
class Books:
    """What has moved so far.

    Attributes
    ----------
    balances : dict of str to list
        Account -> by combination of its members.
    totals, before, now : dict of (str, str) to list
        (``paid`` or ``earned``, clause) -> by combination: to date, up to the period before, in this period.
    pending, left_pending : dict of str to list of bool
        Clause -> by combination: whether it is pending now, and was left so in the periods before.
    """

    balances: dict[str, Cells] = field(default_factory=dict)
    totals: dict[tuple[str, str], Cells] = field(default_factory=dict)
    before: dict[tuple[str, str], Cells] = field(default_factory=dict)
    now: dict[tuple[str, str], Cells] = field(default_factory=dict)
    pending: dict[str, list[bool]] = field(default_factory=dict)
    left_pending: dict[str, list[bool]] = field(default_factory=dict)

    def close_pending(self, clause: ClausePlan) -> None:
        """Step on: what was pending stays so, unless the clause says anew in every period what is owed."""
        now = self.pending[clause.id]
        if clause.basis == "cumulative":
            self.left_pending[clause.id] = now
        else:
            self.left_pending[clause.id] = [
                one or other for one, other in zip(now, self.left_pending[clause.id], strict=True)
            ]
            self.pending[clause.id] = [False] * len(now)

    def is_pending(self, clause: ClausePlan, place: int, window: str) -> bool:
        """Say whether what a clause pays is not known yet, in this period, to date or before.

        Parameters
        ----------
        clause : ClausePlan
            Which.
        place : int [combination]
            Of its members.
        window : str
            ``period``, ``to_date`` or ``before``.
        """
        now, left = self.pending[clause.id][place], self.left_pending[clause.id][place]
        if window == "before":
            return left
        return now if window == "period" or clause.basis == "cumulative" else now or left


@dataclass(frozen=True, slots=True)
class Traced:
    """One operation as it was carried out: node, period, combination, inputs, value."""

    node: int
    period: int
    combination: int
    inputs: tuple[Cell, ...]
    value: Cell


@dataclass(slots=True)
class Evaluation:
    """Nodes of a program, computed on demand and remembered as long as they hold."""

    program: Program
    arithmetic: Arithmetic
    table: Table
    books: Books
    record: Callable[[Traced], None] | None = None
    period: int = 0
    fixed: dict[int, Cells] = field(default_factory=dict)
    now: dict[int, Cells] = field(default_factory=dict)
    pooled: dict[str, Cells] = field(default_factory=dict)
    folded: dict[int, Cells] = field(default_factory=dict)
    history: dict[int, list[Cells]] = field(default_factory=dict)
    orders: dict[int, tuple[int, ...]] = field(default_factory=dict)
    scalers: dict[int, Scaler] = field(default_factory=dict)
    maps: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = field(default_factory=dict)

    def value(self, target: int) -> Cells:
        """Return a node's cells, one for each combination of members of its sets.

        Parameters
        ----------
        target : int [node number]
            Which.
        """
        nodes = self.program.nodes
        store = self._store(nodes[target], {})
        if target in store:
            return store[target]
        live: dict[int, Cells] = {}
        for at in self._order(target):
            node = nodes[at]
            store = self._store(node, live)
            if at not in store:
                args = [self._store(nodes[arg], live)[arg] for arg in node.args]
                store[at] = self._compute(at, node, args)
        return self._store(nodes[target], live)[target]

    def over(self, target: int, dims: tuple[str, ...]) -> Cells:
        """Return a node's cells spread over more sets."""
        cells = self.value(target)
        return [cells[at] for at in self.mapping(self.program.nodes[target].dims, dims)]

    def end_period(self) -> None:
        """Remember what later periods ask for, and forget the rest."""
        nodes = self.program.nodes
        folds = [at for at, node in enumerate(nodes) if node.op == "fold" and node.name == PERIOD]
        asked = {node.args[0] for node in nodes if node.op in {"previous", "then"}}
        left = {at: self.value(at) for at in (*folds, *asked)}  # all, before any of them is stepped on
        for at in asked:
            self.history.setdefault(at, []).append(left[at])
        self.folded.update((at, left[at]) for at in folds)
        for name, measure in self.program.metrics.items():
            if measure.by_period:
                self.pooled[name] = self._to_date(name)
        self.now = {}
        self.period += 1

    def mapping(self, inner: tuple[str, ...], outer: tuple[str, ...]) -> list[int]:
        """Return, for each combination of the outer sets, the combination of the inner sets it contains."""
        key = (inner, outer)
        if key not in self.maps:
            places = {combo: at for at, combo in enumerate(self.table.combinations(inner))}
            kept = [outer.index(dim) for dim in inner]
            self.maps[key] = [
                places[tuple(combo[at] for at in kept)] for combo in self.table.combinations(outer)
            ]
        return self.maps[key]

    def _store(self, node: Node, live: dict[int, Cells]) -> dict[int, Cells]:
        return live if node.live else self.now if node.varies else self.fixed

    def _order(self, target: int) -> tuple[int, ...]:
        if target not in self.orders:
            found, stack = {target}, [target]
            while stack:
                fresh = [arg for arg in self.program.nodes[stack.pop()].args if arg not in found]
                found.update(fresh)
                stack += fresh
            self.orders[target] = tuple(sorted(found))
        return self.orders[target]

    def _compute(self, at: int, node: Node, args: list[Cells]) -> Cells:
        special = _SPECIAL.get(node.op)
        if special is not None:
            cells = special(self, at, node, args)
            if self.record is not None:
                for place, cell in enumerate(cells):
                    self.record(Traced(at, self.period, place, (), cell))
            return cells
        plain = self._plain(at, node)
        if not node.dims:
            return [self._one(at, node, plain, [arg[0] for arg in args], 0)]
        maps = [self.mapping(self.program.nodes[arg].dims, node.dims) for arg in node.args]
        size = prod(len(self.table.members[dim]) for dim in node.dims)
        return [
            self._one(
                at, node, plain, [arg[places[place]] for arg, places in zip(args, maps, strict=True)], place
            )
            for place in range(size)
        ]

    def _one(
        self, at: int, node: Node, plain: Callable[[list[Cell]], Cell], inputs: list[Cell], place: int
    ) -> Cell:
        pending = any(cell is None for cell in inputs)
        cell = None if pending and node.op not in _PARTIAL else plain(inputs)
        if self.record is not None:
            self.record(Traced(at, self.period, place, tuple(inputs), cell))
        return cell

    def _plain(self, at: int, node: Node) -> Callable[[list[Cell]], Cell]:  # noqa: PLR0911  # one for each operation
        use = self.arithmetic
        match node.op:
            case "add" | "min" | "max":
                step = {"add": use.add, "min": use.least, "max": use.most}[node.op]
                return lambda cells: _reduce(step, cells)
            case "sub":
                step = use.take if node.mode else use.sub  # x - min(x, y) is never less than nothing
                return lambda cells: step(cells[0], cells[1])
            case "scale":
                scaler = self._scaler(at, node)
                end = 1 + node.const
                last = -1 if node.mode else None
                return lambda cells: use.scale(
                    scaler, cells[0], cells[1:end], cells[end:last], cells[-1] if node.mode else None
                )
            case "bands":
                digits = digits_of(self.program.nodes[node.args[0]].type)
                return lambda cells: use.bands(node, at, digits, cells[0])
            case "cmp":
                return lambda cells: use.compare(node.name, cells[0], cells[1])
            case "is":
                return lambda cells: use.compare("eq", cells[0], node.const)
            case "all":
                return use.conjunction
            case "any":
                return use.disjunction
            case "not":
                return lambda cells: use.invert(cells[0])
        return lambda cells: _choice(use, cells, node.path)

    def _scaler(self, at: int, node: Node) -> Scaler:
        if at not in self.scalers:
            digits = [digits_of(self.program.nodes[arg].type) for arg in node.args]
            end = 1 + node.const
            last = -1 if node.mode else None
            shift = digits_of(node.type) - sum(digits[:end]) + sum(digits[end:last])
            self.scalers[at] = Scaler(node.path, 10 ** max(shift, 0), 10 ** max(-shift, 0), node.rounding, at)
        return self.scalers[at]

    def _to_date(self, name: str) -> Cells:
        """Pool a metric over the periods so far."""
        this = self.table.cells[name][self.period]
        before = self.pooled.get(name)
        if before is None:
            return list(this)
        if self.program.metrics[name].pool == "last":
            return [old if new is None else new for old, new in zip(before, this, strict=True)]
        return [
            None if old is None or new is None else self.arithmetic.add(old, new)
            for old, new in zip(before, this, strict=True)
        ]

    def day(self, boundary: str) -> date:
        """Return the day of a boundary, or read a date."""
        ends = [self.program.counts_from, *(day for _, day in self.program.periods)]
        days = {
            "term_start": ends[0],
            "term_end": self.program.ends_on,
            "period_start": ends[self.period],
            "period_end": ends[self.period + 1],
        }
        return days[boundary] if boundary in days else parse_day(boundary)


_PARTIAL = frozenset({"all", "any", "if"})  # these can be known while an input is pending


def _reduce(step: Callable[[Cell, Cell], Cell], cells: Iterable[Cell]) -> Cell:
    rest = iter(cells)
    total = next(rest)
    for cell in rest:
        total = step(total, cell)
    return total


def _choice(use: Arithmetic, cells: Sequence[Cell], path: str) -> Cell:
    return None if cells[0] is None else use.choose(cells[0], cells[1], cells[2], path)


def _lit(_run: Evaluation, _at: int, node: Node, _args: list[Cells]) -> Cells:
    return [bool(node.const) if isinstance(node.type, Truth) else node.const]


def _param(run: Evaluation, _at: int, node: Node, _args: list[Cells]) -> Cells:
    table = run.program.params[node.name]
    period, day = run.program.periods[run.period]
    names = run.table.members[node.dims[0]] if node.dims else ("" if "" in table else period,)
    return [[count for since, count in table[name] if since <= day][-1] for name in names]


def _obs(run: Evaluation, _at: int, node: Node, _args: list[Cells]) -> Cells:
    if node.mode == "to_date":
        measure = run.program.metrics[node.name]
        pooled = run._to_date(node.name)  # noqa: SLF001  # one room: operations are methods written apart
        low, high = _reach(measure, run.period + 1)
        return [None if cell is None else run.arithmetic.within(cell, low, high) for cell in pooled]
    rows = run.table.cells[node.name]
    return list(rows[run.period if node.mode == "period" else 0])


def _reach(measure: Measure, periods: int) -> tuple[int, int]:
    """Return the least and most of a sum to date: what is observed keeps to the domain, stand-ins add."""
    if measure.last:
        return min(measure.low, periods * measure.low), max(measure.high, periods * measure.high)
    spare = periods * (measure.stand_in or 0)
    return measure.low + min(0, spare), measure.high + max(0, spare)


def _pick(run: Evaluation, _at: int, node: Node, args: list[Cells]) -> Cells:
    inner = run.program.nodes[node.args[0]].dims
    chosen = dict(node.at)
    wanted = []
    for combo in run.table.combinations(node.dims):
        members = dict(zip(node.dims, combo, strict=True)) | chosen
        wanted.append(tuple(members[dim] for dim in inner))
    places = {combo: at for at, combo in enumerate(run.table.combinations(inner))}
    return [args[0][places[combo]] for combo in wanted]


def _then(run: Evaluation, _at: int, node: Node, args: list[Cells]) -> Cells:
    if node.const > run.period:
        return [None] * len(args[0])
    return args[0] if node.const == run.period else run.history[node.args[0]][node.const]


def _previous(run: Evaluation, _at: int, node: Node, args: list[Cells]) -> Cells:
    if run.period == 0:
        cells, inner = args[1], run.program.nodes[node.args[1]].dims
    else:
        cells, inner = run.history[node.args[0]][run.period - 1], run.program.nodes[node.args[0]].dims
    return [cells[place] for place in run.mapping(inner, node.dims)]


def _balance(run: Evaluation, _at: int, node: Node, _args: list[Cells]) -> Cells:
    return list(run.books.balances[node.name])


def _paid(run: Evaluation, _at: int, node: Node, _args: list[Cells]) -> Cells:
    window, what = node.mode.split()
    total: Cells = [0] * len(run.table.combinations(node.dims))
    clauses = {clause.id: clause for clause in run.program.clauses}
    for name in node.names:
        dims = clauses[name].each
        kept = {"period": run.books.now, "to_date": run.books.totals, "before": run.books.before}[window]
        cells = kept[what, name]
        places = run.mapping(node.dims, dims)
        times = run.table.multiplicity([dim for dim in dims if dim not in node.dims])
        for at, place in enumerate(places):
            if run.books.is_pending(clauses[name], at, window):
                total[place] = None
            if total[place] is None:
                continue
            total[place] = run.arithmetic.add(total[place], run.arithmetic.many(cells[at], times))
    return total


def _known(run: Evaluation, _at: int, _node: Node, args: list[Cells]) -> Cells:
    return [run.arithmetic.known(cell) for cell in args[0]]


def _fold(run: Evaluation, at: int, node: Node, args: list[Cells]) -> Cells:
    if node.name == PERIOD:
        before = run.folded.get(at)
        groups = (
            [[new] for new in args[0]]
            if before is None
            else [list(pair) for pair in zip(before, args[0], strict=True)]
        )
        return [_gathered(run, node.mode, group, 0) for group in groups]
    outer = (*node.dims, node.name)
    places = run.mapping(run.program.nodes[node.args[0]].dims, outer)
    size = len(run.table.members[node.name])
    times = run.table.times.get(node.name, 0)
    spare: Cells | None = None
    if len(args) > 1:
        spare = [args[1][place] for place in run.mapping(run.program.nodes[node.args[1]].dims, node.dims)]
    cells = []
    for group in range(len(run.table.combinations(node.dims))):
        values = [args[0][places[group * size + at]] for at in range(size)]
        if spare is not None and (not values or (times and spare[group] is not None)):
            values = [*values, spare[group]]
        cells.append(_gathered(run, node.mode, values, times))
    return cells


def _gathered(run: Evaluation, kind: str, cells: list[Cell], times: int) -> Cell:
    use = run.arithmetic
    if kind in {"all", "any"} and not times:
        return use.conjunction(cells) if kind == "all" else use.disjunction(cells)
    return None if any(cell is None for cell in cells) else use.gather(kind, cells, times)


def _grouped(run: Evaluation, node: Node, function: Callable[[int, list[int]], Cells]) -> Cells:
    """Apply a function to all members of a set together, for each combination of the other sets."""
    at = node.dims.index(node.name)
    size = len(run.table.members[node.name])
    after = prod(len(run.table.members[dim]) for dim in node.dims[at + 1 :])
    count = prod(len(run.table.members[dim]) for dim in node.dims)
    cells: Cells = [None] * count
    for first in range(count):
        if (first // after) % size == 0:
            places = [first + step * after for step in range(size)]
            for place, cell in zip(places, function(first, places), strict=True):
                cells[place] = cell
    return cells


def _share(run: Evaluation, _at: int, node: Node, args: list[Cells]) -> Cells:
    nodes = run.program.nodes
    totals = run.mapping(nodes[node.args[0]].dims, node.dims)
    weights = run.mapping(nodes[node.args[1]].dims, node.dims)

    def parts(first: int, places: list[int]) -> Cells:
        total, shares = args[0][totals[first]], [args[1][weights[place]] for place in places]
        if total is None or any(share is None for share in shares):
            return [None] * len(places)
        return run.arithmetic.allocate(total, shares, node.mode, run.table.times.get(node.name, 0))

    return _grouped(run, node, parts)


def _rank(run: Evaluation, _at: int, node: Node, args: list[Cells]) -> Cells:
    values = run.mapping(run.program.nodes[node.args[0]].dims, node.dims)

    def places_of(_first: int, places: list[int]) -> Cells:
        cells = [args[0][values[place]] for place in places]
        if any(cell is None for cell in cells):
            return [None] * len(places)
        return run.arithmetic.rank(cells, node.mode, run.table.times.get(node.name, 0))

    return _grouped(run, node, places_of)


def _position(run: Evaluation, _at: int, node: Node, _args: list[Cells]) -> Cells:
    if node.name == PERIOD:
        return [run.period + 1]
    times = run.table.times.get(node.name, 0)
    if times:
        return [run.arithmetic.between(1, times)]
    return list(range(1, len(run.table.members[node.name]) + 1))


def _days(run: Evaluation, _at: int, node: Node, _args: list[Cells]) -> Cells:
    return [days_between(run.day(node.names[0]), run.day(node.names[1]), node.mode)]


_SPECIAL: dict[str, Callable[[Evaluation, int, Node, list[Cells]], Cells]] = {
    "lit": _lit,
    "param": _param,
    "obs": _obs,
    "pick": _pick,
    "then": _then,
    "previous": _previous,
    "balance": _balance,
    "paid": _paid,
    "known": _known,
    "fold": _fold,
    "share": _share,
    "rank": _rank,
    "position": _position,
    "days": _days,
}
