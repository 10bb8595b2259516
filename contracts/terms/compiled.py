"""``compile_terms``: a term document checked as a whole, and lowered to a program.

The problem: a fault found one at a time is found by the hundredth reader. Here every part is read, and all
faults are reported together, each with its place, the reason and what to do.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from ...finance.dates import parse_day
from ...finance.errors import AlmonerError
from .calendars import counted_from, equal_periods, growth_factor
from .document import PERIOD, WHOLE_TERM, Every, Metric, ParamTable, RunningAccount, TermDocument
from .expressions import Expression
from .lowering.clauses import read_clauses, read_limits, read_splits, require_order
from .lowering.core import Lowered, Lowering, lower_figure
from .lowering.numbers import NUMBERS
from .lowering.sets import SETS
from .program import AccountPlan, FigurePlan, Measure, Program
from .types import BARE, Label, Quantity, Truth, Type, parse_type

Params = dict[str, dict[str, tuple[tuple[date, int], ...]]]


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
    >>> [node.op for node in program.nodes], str(program.clauses[0].unit)
    (['obs', 'lit', 'scale', 'lit'], 'USD/2')
    """
    low = Lowering(document, {**NUMBERS, **SETS})
    _distinct_names(low)
    starts, periods = _periods(low)
    low.periods = tuple(name for name, _ in periods)
    _read_sets(low)
    for name, metric in document.metrics.items():
        _read_metric(low, name, metric)
    params = {name: _read_param(low, name, table, periods) for name, table in document.params.items()}
    for name in document.figures:
        lower_figure(low, name, f"/figures/{name}/value")
    figures = tuple(
        FigurePlan(id=name, node=low.figures[name].at, title=figure.title)
        for name, figure in document.figures.items()
    )
    accounts = tuple(
        _read_account(low, name, account, periods) for name, account in document.accounts.items()
    )
    splits = read_splits(low)
    clauses = read_clauses(low)
    limits = read_limits(low, clauses)
    require_order(low, accounts, clauses, limits, splits)
    if not low.findings:  # what is misspelt would be told twice
        for name in sorted(set(document.metrics) - low.used):
            told = "nothing observes this metric: remove it, or use it in a clause or figure"
            low.fault(f"/metrics/{name}", told)
    if low.findings:
        raise TermDocument.refusal(_once(low.findings))
    return Program(
        digest=document.digest(),
        starts_on=starts,
        counts_from=low.counts_from,
        ends_on=parse_day(document.calendar.ends_on),
        periods=periods,
        sets={name: one.members for name, one in document.sets.items()},
        most={name: one.most or len(one.members) for name, one in document.sets.items()},
        metrics=low.measures,
        params=params,
        nodes=tuple(low.nodes),
        figures=figures,
        accounts=accounts,
        splits=splits,
        clauses=clauses,
        limits=limits,
        parties={name: party.role for name, party in document.parties.items()},
    )


def _once(findings: list[dict[str, str]]) -> list[dict[str, str]]:
    return [dict(pairs) for pairs in dict.fromkeys(tuple(row.items()) for row in findings)]


def _distinct_names(low: Lowering) -> None:
    """Names that can stand in ``from`` and ``to``, and names of outputs, mean one thing each."""
    document = low.document
    owner: dict[str, str] = {}
    ends: dict[str, Iterable[str]] = {
        "parties": document.parties,
        "splits": document.splits,
        "accounts": document.accounts,
        "sets": document.sets,
    }
    for kind, names in ends.items():
        for name in names:
            if name in owner:
                low.fault(f"/{kind}/{name}", f"{name!r} stands also in {owner[name]}: give it another name")
            owner.setdefault(name, kind)
    for at, clause in enumerate(document.clauses):
        if clause.id in document.figures:
            low.fault(f"/clauses/{at}/id", f"{clause.id!r} is also a figure: give it another name")
    for name in (PERIOD, WHOLE_TERM):
        if name in document.sets:
            low.fault(f"/sets/{name}", f"{name!r} has a meaning of its own: give the set another name")


def _day(low: Lowering, path: str, text: str) -> date | None:
    try:
        return parse_day(text)
    except AlmonerError as error:
        low.fault(path, error.message)
        return None


def _periods(low: Lowering) -> tuple[date, tuple[tuple[str, date], ...]]:
    calendar = low.document.calendar
    starts = _day(low, "/calendar/starts_on", calendar.starts_on)
    ends = _day(low, "/calendar/ends_on", calendar.ends_on)
    if starts is None or ends is None:
        return date.min, ((WHOLE_TERM, date.max),)
    if ends <= starts:
        low.fault("/calendar/ends_on", f"{ends} is not after {starts}: the term has no day")
        return starts, ((WHOLE_TERM, ends),)
    low.counts_from = counted_from(starts, ends)
    if isinstance(calendar.periods, Every):
        return starts, equal_periods(starts, ends, calendar.periods.every)
    last, rows = starts, dict[str, date]()
    for position, period in enumerate(calendar.periods):
        path = f"/calendar/periods/{position}"
        day = _day(low, f"{path}/ends_on", period.ends_on)
        if (day and not (last < day or (day == starts and not rows))) or (day and day > ends):
            low.fault(f"{path}/ends_on", f"{day} must lie after {last} and not after {ends}")
        if period.id in rows:
            low.fault(f"{path}/id", f"period {period.id!r} stands twice")
        last = day or last
        rows[period.id] = last
    if rows and last < ends and not any(row["path"].startswith("/calendar/") for row in low.findings):
        told = f"the term ends on {ends}, its last period on {last}: let both end on one day"
        low.fault("/calendar/ends_on", told)
    return starts, tuple(rows.items()) or ((WHOLE_TERM, ends),)


def _read_sets(low: Lowering) -> None:
    for name, one in low.document.sets.items():
        if bool(one.members) == (one.most is not None):
            low.fault(f"/sets/{name}", "give either members (all of them) or most (how many there can be)")
        if len(set(one.members)) != len(one.members):
            low.fault(f"/sets/{name}/members", "a member stands twice")


def _read_metric(low: Lowering, name: str, metric: Metric) -> None:
    path = f"/metrics/{name}"
    named: dict[str, Type] = {"truth": Truth(), "label": Label()}
    kind = named.get(metric.type) or parse_type(metric.type)
    if kind is None:
        low.fault(
            f"{path}/type", f"{metric.type} is no type of a metric: write for example day/0, truth or label"
        )
        return
    for dim in metric.per:
        if dim != PERIOD:
            low.set_known(f"{path}/per", dim)
    if len(set(metric.per)) != len(metric.per):
        low.fault(f"{path}/per", "a set stands twice")
    if metric.by and metric.by not in low.document.parties:
        low.fault(f"{path}/by", f"{metric.by!r} is not among the parties: add it there")
    low_end, high_end = _domain(low, path, metric, kind)
    missing = metric.on_missing
    last = missing is not None and missing.use == "last"
    if last and PERIOD not in metric.per:
        low.fault(f"{path}/on_missing/use", "last needs a metric per period")
    stand_in = None
    if missing is not None and not last:
        stand_in = _stand_in(low, f"{path}/on_missing/use", missing.use, metric, kind)
        if isinstance(kind, Quantity) and not low_end <= stand_in <= high_end:
            low.fault(f"{path}/on_missing/use", f"{missing.use} lies outside the domain")
    low.measures[name] = Measure(
        type=kind,
        low=low_end,
        high=high_end,
        pool=metric.pool,
        dims=low.order(metric.per),
        by_period=PERIOD in metric.per,
        labels=metric.values,
        by=metric.by,
        stand_in=stand_in,
        last=last,
        after_days=missing.after_days if missing else 0,
        min_gap_days=metric.min_gap_days,
        ref=(metric.ref.terms, metric.ref.output) if metric.ref else None,
    )


def _domain(low: Lowering, path: str, metric: Metric, kind: Type) -> tuple[int, int]:
    if isinstance(kind, Truth | Label):
        if metric.domain is not None:
            low.fault(f"{path}/domain", f"a {kind} has no domain: leave it out")
        if bool(metric.values) != isinstance(kind, Label):
            low.fault(f"{path}/values", "a label needs its values, anything else has none")
        return 0, len(metric.values) - 1 if metric.values else 1
    if metric.values:
        low.fault(f"{path}/values", "a number has a domain, no values")
    if metric.domain is None:
        low.fault(
            f"{path}/domain", "say the least and the most it can be: without a domain nothing has a bound"
        )
        return 0, 0
    ends = [low.count(f"{path}/domain/{at}", text, kind) for at, text in enumerate(metric.domain)]
    if ends[0] >= ends[1]:
        low.fault(f"{path}/domain", f"{metric.domain[0]} is not below {metric.domain[1]}")
    return ends[0], ends[1]


def _stand_in(low: Lowering, path: str, text: str, metric: Metric, kind: Type) -> int:
    if isinstance(kind, Quantity):
        return low.count(path, text, kind)
    known = metric.values if isinstance(kind, Label) else ("false", "true")
    if text not in known:
        low.fault(path, f"{text!r} is none of {', '.join(known)}")
        return 0
    return known.index(text)


def _read_param(
    low: Lowering, name: str, table: ParamTable, periods: tuple[tuple[str, date], ...]
) -> dict[str, tuple[tuple[date, int], ...]]:
    path = f"/params/{name}"
    kind = parse_type(table.type)
    if kind is None:
        low.fault(f"{path}/type", f"{table.type!r} is no type of a number")
        kind = BARE
    low.params[name] = kind
    if [table.value is not None, bool(table.dated), bool(table.per)].count(True) != 1 or (
        bool(table.values) != bool(table.per)
    ):
        low.fault(path, "give one of: value; dated; or per together with values")
        return {"": ((date.min, 0),)}
    if table.value is not None:
        return {"": ((date.min, low.count(f"{path}/value", table.value, kind)),)}
    if table.dated:
        return {"": _dated(low, path, table, kind, periods)}
    if table.per == PERIOD:
        wanted = {member for member, _ in periods}
    elif low.set_known(f"{path}/per", table.per):
        wanted = set(low.document.sets[table.per].members)
    else:
        return {}
    missing, strange = sorted(wanted - set(table.values)), sorted(set(table.values) - wanted)
    if missing or strange or not wanted:
        told = f"no value for {', '.join(missing)}" if missing else f"no members {', '.join(strange)}"
        low.fault(
            f"{path}/values", told if wanted else f"{table.per} is open: only declared members have values"
        )
    return {
        member: ((date.min, low.count(f"{path}/values/{member}", text, kind)),)
        for member, text in table.values.items()
    }


def _dated(
    low: Lowering, path: str, table: ParamTable, kind: Quantity, periods: tuple[tuple[str, date], ...]
) -> tuple[tuple[date, int], ...]:
    values = tuple(
        (
            _day(low, f"{path}/dated/{at}/from", row.from_) or date.min,
            low.count(f"{path}/dated/{at}/value", row.value, kind),
        )
        for at, row in enumerate(table.dated)
    )
    days = [day for day, _ in values]
    if days != sorted(set(days)):
        low.fault(f"{path}/dated", "days must rise and not repeat")
    elif days[0] > periods[0][1]:
        told = f"no value before {days[0]}, but the first period ends on {periods[0][1]}"
        low.fault(f"{path}/dated/0/from", told)
    return values


def _read_account(
    low: Lowering, name: str, account: RunningAccount, periods: tuple[tuple[str, date], ...]
) -> AccountPlan:
    path = f"/accounts/{name}"
    kind = parse_type(account.type)
    if kind is None:
        low.fault(f"{path}/type", f"{account.type!r} is no type of a number")
        kind = BARE
    pot = account.kind == "pot"
    for field, value in (("holder", account.holder), ("residual_to", account.residual_to)):
        if bool(value) != pot:
            low.fault(f"{path}/{field}", "a pot needs it, a memo has none")
        elif value and value not in low.document.parties:
            low.fault(f"{path}/{field}", f"{value!r} is not among the parties: add it there")
    if pot and account.each:
        low.fault(f"{path}/each", "a pot is one: keep one pot per member under names of their own")
    for dim in account.each:
        low.set_known(f"{path}/each", dim)
    opens = _account_part(low, account, f"{path}/opens", account.opens, kind)
    if opens is not None and (opens.node.varies or opens.node.live):
        low.fault(f"{path}/opens", "an opening balance cannot depend on a period: use adds")
    adds = _account_part(low, account, f"{path}/adds", account.adds, kind)
    return AccountPlan(
        id=name, path=path, unit=kind, pot=pot, each=low.order(account.each), opens=opens.at if opens else -1,
        adds=adds.at if adds else -1, growth=_growth(low, account, path, periods),
        rounding=account.round or low.document.rounding,
        holder=account.holder, residual_to=account.residual_to, title=account.title,
    )  # fmt: skip


def _account_part(
    low: Lowering, account: RunningAccount, path: str, tree: Expression | None, kind: Quantity
) -> Lowered | None:
    if tree is None:
        return None
    made = low.lower(tree, path)
    if made.type != kind:
        low.fault(path, f"is a {made.type}, the account is in {kind}")
    strange = sorted(set(made.node.dims) - set(account.each))
    if strange:
        low.fault(path, f"differs by {', '.join(strange)}: fold it, or name the set in each")
    return made


def _growth(
    low: Lowering, account: RunningAccount, path: str, periods: tuple[tuple[str, date], ...]
) -> tuple[Fraction, ...]:
    if account.grows is None:
        return ()
    rate = Decimal(account.grows.rate)
    if rate <= -1:
        low.fault(f"{path}/grows/rate", f"{account.grows.rate} leaves nothing: write 0.05 for 5 percent")
        return ()
    ends = [low.counts_from, *(day for _, day in periods)]
    return tuple(
        growth_factor(rate, account.grows.compounding, account.grows.day_count, since, until)
        for since, until in pairwise(ends)
    )
