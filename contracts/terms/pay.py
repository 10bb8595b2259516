"""Reading 1, ``pay``: what is owed after a determination, exactly, and why.

The problem: payments are computed once and corrected by hand. Here what is due is the difference between
what the determinations so far entitle to and what has been obligated already, so interim payments, late
results and retries all follow from one rule. Numbers are exact integers; every rounding is the one named
in the terms; the trace lists each operation with its inputs.

A limit keeps what was obligated before and lets new entitlements in, in the order of clauses and periods,
as long as there is room. A decrease pays nothing and is offset against later dues of the same key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ...finance.errors import OutsideDomain, TermError
from ...finance.money import decimal_text, round_quotient
from .compiled import CapLimit, Node, Program
from .document import WHOLE_TERM
from .types import Quantity

Key = tuple[str, str]
Value = int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Determined:
    """The event that moves a program: a metric was determined.

    Attributes
    ----------
    metric, period : str
        Which metric, for which period (``term`` when the calendar declares none).
    value : int [counts of the metric's type]
        What was determined.
    """

    metric: str
    value: int
    period: str = WHOLE_TERM


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a program remembers: all determinations, and what was obligated per clause and period."""

    observed: tuple[Determined, ...] = ()
    obligated: Mapping[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """One operation as it was carried out.

    Attributes
    ----------
    path : str
        JSON pointer into the terms.
    op : str
        The operation.
    inputs : tuple of str
        Values it was given.
    value : str
        Its result with its type.
    """

    path: str
    op: str
    inputs: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """What one clause gives in one period.

    Attributes
    ----------
    clause, period : str
        The key.
    earned : int [minor units]
        Before limits.
    entitled : int [minor units]
        After limits, to date.
    due : int [minor units]
        To be paid now.
    cuts : tuple of (str, int)
        Limits that cut, and by how much in minor units.
    trace : tuple of TraceRow
        How ``earned`` came about.
    """

    clause: str
    period: str
    earned: int
    entitled: int
    due: int
    cuts: tuple[tuple[str, int], ...]
    trace: tuple[TraceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The answer to one event: the new state, and every entitlement."""

    state: State
    entitlements: tuple[Entitlement, ...]


def step(program: Program, state: State, event: Determined) -> Step:
    """Apply one determination.

    Parameters
    ----------
    program : Program
        Compiled terms.
    state : State
        From the last step; ``State()`` at first.
    event : Determined
        What was determined.

    Raises
    ------
    OutsideDomain
        When the value, or what it is pooled to, lies outside the metric's declared domain, or when metric
        or period are not in the terms.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> first = step(program, State(), Determined(metric="nights", value=12457))
    >>> first.entitlements[0].due
    18834984
    >>> step(program, first.state, Determined(metric="nights", value=100)).entitlements[0].due
    151200
    """
    _require_known(program, event)
    observed = (*state.observed, event)
    tables = {period: _observations(program, observed, period) for period, _ in program.periods}
    for table in tables.values():
        _require_domain(program, table)
    earned: dict[Key, tuple[int, tuple[TraceRow, ...]]] = {}
    for clause in program.clauses:
        for period in _periods_of(program, clause.basis):
            values, trace = evaluate(program, tables[period], period, clause.amount)
            amount = values[clause.amount]
            if amount is not None:
                earned[clause.id, period] = (int(amount), trace)
    allowed, cuts = _limited(program, {key: amount for key, (amount, _) in earned.items()}, state.obligated)
    rows = []
    obligated = dict(state.obligated)
    for key, (amount, trace) in earned.items():
        before = state.obligated.get(key, 0)
        entitled = before + allowed[key] if amount >= before else amount
        obligated[key] = before + allowed[key]
        rows.append(
            Entitlement(
                clause=key[0],
                period=key[1],
                earned=amount,
                entitled=entitled,
                due=allowed[key],
                cuts=cuts[key],
                trace=trace,
            )
        )
    return Step(state=State(observed=observed, obligated=obligated), entitlements=tuple(rows))


def _periods_of(program: Program, basis: str) -> tuple[str, ...]:
    """Return the periods of a clause: all, or the last one for what is owed to date."""
    names = tuple(period for period, _ in program.periods)
    return names if basis == "period" else names[-1:]


def _require_known(program: Program, event: Determined) -> None:
    periods = [period for period, _ in program.periods]
    if event.metric not in program.metrics or event.period not in periods:
        raise OutsideDomain(
            f"The terms know no metric {event.metric!r} in period {event.period!r}. "
            f"Metrics: {', '.join(program.metrics)}; periods: {', '.join(periods)}.",
            metric=event.metric,
            period=event.period,
        )


def _observations(
    program: Program, observed: tuple[Determined, ...], period: str
) -> dict[tuple[str, str], int]:
    """Pool what was determined, for one period and up to it; ``last`` is that of the latest period."""
    order = {name: at for at, (name, _) in enumerate(program.periods)}
    table: dict[tuple[str, str], int] = {}
    for event in sorted(observed, key=lambda one: order[one.period]):
        if order[event.period] > order[period]:
            break
        for window in ("period", "to_date"):
            if window == "period" and event.period != period:
                continue
            key = (event.metric, window)
            pooled = table.get(key, 0) if program.metrics[event.metric].pool == "sum" else 0
            table[key] = pooled + event.value
    return table


def _require_domain(program: Program, table: Mapping[tuple[str, str], int]) -> None:
    for (name, _), value in table.items():
        metric = program.metrics[name]
        if not metric.low <= value <= metric.high:
            low, high, shown = (
                decimal_text(count, metric.type.digits) for count in (metric.low, metric.high, value)
            )
            raise OutsideDomain(
                f"{name} would be {shown}, outside its declared domain {low} to {high}. "
                "Check the figure; if it is right, the terms need an amendment.",
                metric=name,
                value=shown,
                low=low,
                high=high,
            )


def evaluate(
    program: Program, table: Mapping[tuple[str, str], int], period: str, target: int
) -> tuple[dict[int, Value], tuple[TraceRow, ...]]:
    """Compute a node and all it needs; None stands for what is not determined yet.

    Parameters
    ----------
    program : Program
        Compiled terms.
    table : Mapping of (str, str) to int [counts]
        Metric and window -> pooled value.
    period : str
        Whose last day dates the parameters.
    target : int [node number]
        What to compute.
    """
    values: dict[int, Value] = {}
    trace = []
    for at in _needed(program, target):
        node = program.nodes[at]
        inputs = [values[arg] for arg in node.args]
        values[at] = _apply(program, node, inputs, table, period)
        shown = tuple(_shown(program.nodes[arg], values[arg]) for arg in node.args)
        trace.append(TraceRow(path=node.path, op=node.op, inputs=shown, value=_shown(node, values[at])))
    return values, tuple(trace)


def _needed(program: Program, target: int) -> list[int]:
    found, stack = {target}, [target]
    while stack:
        for arg in program.nodes[stack.pop()].args:
            if arg not in found:
                found.add(arg)
                stack.append(arg)
    return sorted(found)


def _shown(node: Node, value: Value) -> str:
    if value is None:
        return "not determined"
    if isinstance(node.type, Quantity):
        return f"{decimal_text(int(value), node.type.digits)} {node.type.unit}"
    return "holds" if value else "does not hold"


def _apply(
    program: Program, node: Node, inputs: list[Value], table: Mapping[tuple[str, str], int], period: str
) -> Value:
    match node.op:
        case "lit" | "param":
            return node.const if node.op == "lit" else param_at(program, node.name, period)
        case "obs":
            return table.get((node.name, node.window))
        case "if":
            return None if inputs[0] is None else inputs[1] if inputs[0] else inputs[2]
        case "all" | "any":
            decided = node.op == "any"
            return decided if decided in inputs else None if None in inputs else not decided
    if None in inputs:
        return None
    return _compute(program, node, [int(value or 0) for value in inputs])


def _compute(program: Program, node: Node, numbers: list[int]) -> int | bool:
    match node.op:
        case "add" | "min" | "max":
            return sum(numbers) if node.op == "add" else sorted(numbers)[0 if node.op == "min" else -1]
        case "not":
            return not numbers[0]
        case "cmp":
            return compare(node.name, numbers[0], numbers[1])
        case "scale":
            return scale_counts(program, node, numbers)
        case "bands":
            return band_count(program, node, numbers[0])
    raise AssertionError(node.op)


def param_at(program: Program, name: str, period: str) -> int:
    """Return a parameter's count on the last day of a period."""
    day = dict(program.periods)[period]
    return [count for since, count in program.params[name] if since <= day][-1]


def compare(relation: str, left: int, right: int) -> bool:
    """Compare two counts of one type.

    Parameters
    ----------
    relation : str
        ``lt``, ``le``, ``eq``, ``ne``, ``ge`` or ``gt``.
    left, right : int [counts of one type]
        What is compared.

    Examples
    --------
    >>> compare("ge", 75, 75)
    True
    """
    answers = {
        "lt": left < right,
        "le": left <= right,
        "eq": left == right,
        "ne": left != right,
        "ge": left >= right,
        "gt": left > right,
    }
    return answers[relation]


def scale_counts(program: Program, node: Node, numbers: list[int]) -> int:
    """Return round(of x by) or round(of x num / den), in counts of the node's type."""
    digits = [_digits(program.nodes[arg]) for arg in node.args]
    divisor = numbers[2] if len(numbers) == 3 else 1  # noqa: PLR2004  # of, num, den
    if divisor == 0:
        raise TermError(f"{node.path} divides by zero.", path=node.path)
    below = digits[2] if len(digits) == 3 else 0  # noqa: PLR2004  # of, num, den
    shift = _digits(node) - digits[0] - digits[1] + below
    exact = Fraction(numbers[0] * numbers[1], divisor) * Fraction(10) ** shift
    return round_quotient(exact.numerator, exact.denominator, node.rounding)


def _digits(node: Node) -> int:
    return node.type.digits if isinstance(node.type, Quantity) else 0


def band_count(program: Program, node: Node, number: int) -> int:
    """Return what the band of a number gives, in counts of the node's type.

    Parameters
    ----------
    program : Program
        Compiled terms.
    node : Node
        A ``bands`` node.
    number : int [counts of the argument's type]
        What falls into a band.
    """
    at = sum(number > count or (number == count and above) for count, above in node.edges)
    row = node.rows[at]
    whole = Fraction(number, 10 ** _digits(program.nodes[node.args[0]]))
    exact = (row.base + row.slope * (whole - row.origin)) * 10 ** _digits(node)
    return round_quotient(exact.numerator, exact.denominator, node.rounding)


def _limited(
    program: Program, earned: Mapping[Key, int], obligated: Mapping[Key, int]
) -> tuple[dict[Key, int], dict[Key, tuple[tuple[str, int], ...]]]:
    """Let each new entitlement in as far as every limit, in listed order, has room."""
    rooms = {limit.id: limit.maximum - _spent(limit, obligated) for limit in program.limits}
    allowed: dict[Key, int] = {}
    cuts: dict[Key, tuple[tuple[str, int], ...]] = {}
    for key, amount in earned.items():
        wanted = max(0, amount - obligated.get(key, 0))
        rows = []
        for limit in program.limits:
            if key[0] in limit.clauses:
                kept = max(0, min(wanted, rooms[limit.id]))
                if kept < wanted:
                    rows.append((limit.id, wanted - kept))
                wanted = kept
        for limit in program.limits:
            if key[0] in limit.clauses:
                rooms[limit.id] -= wanted
        allowed[key], cuts[key] = wanted, tuple(rows)
    return allowed, cuts


def _spent(limit: CapLimit, obligated: Mapping[Key, int]) -> int:
    return sum(amount for (clause, _), amount in obligated.items() if clause in limit.clauses)


def replay(program: Program, events: tuple[Determined, ...]) -> Step:
    """Apply determinations in order, from the beginning.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> replay(program, (Determined(metric="nights", value=100),)).entitlements[0].entitled
    151200
    """
    last = Step(state=State(), entitlements=())
    for event in events:
        last = step(program, replace(last.state), event)
    return last
