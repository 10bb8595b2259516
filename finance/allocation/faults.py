"""What no single table shows: tables of an allocation problem that contradict each other.

The problem: a misspelt region in an earmark does not fail, it quietly leaves money unspent. Everything that
can be wrong between tables is therefore looked for at once, whole columns at a time, and each finding has its
place (JSON pointer) and the figures.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np

from ..errors import UnknownUnit
from ..findings import Findings, finding
from ..units import currency
from .columns import FULL_BP, SECTIONS
from .magnitudes import too_large
from .sections import AllocationTables
from .tables import EVERY, NONE, Table

STATES = ("paid", "committed", "open", "waiting")
PROMISED = STATES[:2]
FINEST_GAP = Fraction(1, 10**9)
MEMBERS = {
    "needs": (2, 2),
    "overlap": (2, 2),
    "bundle": (2, 50),
    "any_of": (2, 50),
    "alternatives": (2, 1000),
}
KNOWN = (
    ("earmarks", "fund_id", "funds"),
    ("earmarks", "intervention_id", "interventions"),
    ("tickets", "intervention_id", "interventions"),
    ("response", "intervention_id", "interventions"),
    ("response", "metric_id", "metrics"),
    ("actors", "intervention_id", "interventions"),
    ("actor_caps", "actor_id", "actors"),
    ("needs", "intervention_id", "interventions"),
    ("needs", "resource_id", "resources"),
    ("tranches", "intervention_id", "interventions"),
    ("evidence", "intervention_id", "interventions"),
    ("evidence", "metric_id", "metrics"),
    ("previous", "intervention_id", "interventions"),
    ("overrides", "intervention_id", "interventions"),
)


def faults(document: AllocationTables) -> Findings:
    """List every fault between the tables of a problem.

    Parameters
    ----------
    document : AllocationTables
        Whose tables are right by themselves.

    Returns
    -------
    list of dict
        Each with ``path`` (JSON pointer) and ``message``; empty when the problem can be posed.
    """
    found = [*_head(document), *_unknown(document)]
    if not found:
        for check in (
            _periods,
            _funds,
            _earmarks,
            _response,
            _synergies,
            _limits,
            _actors,
            _sums,
            _overrides,
            _tranches,
        ):
            found += check(document)
    return found


def period_count(document: AllocationTables) -> int:
    """Return how many periods a problem has: the labels, or else the highest index that is named."""
    if document.periods:
        return len(document.periods)
    columns = [
        document.table(name).ints("period")
        for name, section in SECTIONS.items()
        if any(column.name == "period" for column in section.columns)
    ]
    return 1 + max((int(column.max()) for column in columns if len(column)), default=0)


def grouping(document: AllocationTables) -> Mapping[str, list[str]]:
    """Return the grouping columns of the interventions, with ``all`` for everyone."""
    known = {column.name for column in SECTIONS["interventions"].columns}
    table = document.interventions
    named = {name: table.texts(name) for name in table.columns if name not in known}
    return {**named, "all": ["all"] * table.count}


def _head(document: AllocationTables) -> Iterator[dict[str, str]]:
    try:
        digits = currency(document.unit).scale
    except UnknownUnit:
        digits = document.scale
    if digits != document.scale:
        yield finding("/scale", f"{document.unit} has {digits} decimal digits, not {document.scale}")
    if not FINEST_GAP <= document.asked_gap < 1:
        yield finding("/gap", f"{document.gap} is not between {FINEST_GAP} and 1")
    for name in ("funds", "interventions"):
        if not document.table(name).count:
            yield finding(f"/{name}", f"a problem needs {name}")
    if len(set(document.periods)) < len(document.periods):
        yield finding("/periods", "a label stands twice")
    yield from _objective(document)


def _objective(document: AllocationTables) -> Iterator[dict[str, str]]:
    metrics = set(document.metrics.texts("metric_id"))
    for metric in document.objective.order:
        if metric not in metrics:
            yield finding("/objective/order", f"{metric} is no metric of this problem")
    if len(set(document.objective.order)) < len(document.objective.order):
        yield finding("/objective/order", "a metric stands twice")
    columns = grouping(document)
    if "all" in set(document.interventions.columns):
        yield finding("/interventions/all", "a grouping column cannot be called all: it means everyone")
    if document.objective.max_min is not None and document.objective.max_min not in columns:
        yield finding("/objective/max_min", f"{document.objective.max_min} is no grouping column")


def _unknown(document: AllocationTables) -> Iterator[dict[str, str]]:
    for name, column, home in KNOWN:
        known = set(document.table(home).texts(column))
        values = set(document.table(name).texts(column)) - known - {""}
        for value in sorted(values)[:5]:
            yield finding(f"/{name}", f"{value} is not in {home}")
    members = {member for row in document.synergies.members() for member in row}
    for member in sorted(members - set(document.interventions.texts("intervention_id")))[:5]:
        yield finding("/synergies", f"{member} is not in interventions")
    units = set(document.funds.texts("unit")) - {"", document.unit}
    for unit in sorted(units - set(document.rates.texts("unit"))):
        yield finding("/funds", f"unit {unit} has no rate")


def _periods(document: AllocationTables) -> Iterator[dict[str, str]]:
    count = period_count(document)
    for name, section in SECTIONS.items():
        if any(column.name == "period" for column in section.columns):
            most = max(document.table(name).ints("period").tolist(), default=0)
            if most >= count:
                yield finding(f"/{name}", f"period {most} is named; there are {count}, counted from 0")


def _funds(document: AllocationTables) -> Iterator[dict[str, str]]:
    table = document.funds
    for column in ("unit", "unrestricted", "carry_fee_bp"):
        said = defaultdict[str, set[object]](set)
        for fund, value in zip(table.texts("fund_id"), list(table.columns[column]), strict=True):
            said[fund].add(value)
        for fund in sorted(fund for fund, values in said.items() if len(values) > 1):
            yield finding("/funds", f"{fund} has more than one {column}")


def _earmarks(document: AllocationTables) -> Iterator[dict[str, str]]:
    table = document.earmarks
    columns = grouping(document)
    named, free = set[str](), set[str]()
    rows = zip(
        table.texts("fund_id"),
        table.texts("intervention_id"),
        table.texts("column"),
        table.texts("value"),
        strict=True,
    )
    for fund, who, column, value in rows:
        if bool(who) == bool(column) or bool(column) != bool(value):
            yield finding(
                "/earmarks", f"a row of {fund} names either an intervention or a column and a value"
            )
        elif column and value not in columns.get(column, ()):
            yield finding("/earmarks", f"{fund} admits {column} {value}, which no intervention has")
        (named if who else free).add(fund)
    open_funds = {
        fund
        for fund, flag in zip(
            document.funds.texts("fund_id"), document.funds.ints("unrestricted").tolist(), strict=True
        )
        if flag
    }
    if named:
        for fund in sorted(set(document.funds.texts("fund_id")) - named - free - open_funds):
            yield finding(
                "/earmarks", f"{fund} admits nobody: name whom it admits, or mark the fund unrestricted"
            )
    for fund in sorted(open_funds & (named | free)):
        yield finding("/earmarks", f"{fund} is marked unrestricted and has earmarks")
    yield from _nobody(document, columns)


def _nobody(document: AllocationTables, columns: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    """Find funds whose earmarks exclude one another, so that their money could reach nobody."""
    table = document.earmarks
    everyone = document.interventions.texts("intervention_id")
    wanted = defaultdict[str, dict[str, set[str]]](lambda: defaultdict(set))
    for fund, who, column, value in zip(
        table.texts("fund_id"),
        table.texts("intervention_id"),
        table.texts("column"),
        table.texts("value"),
        strict=True,
    ):
        wanted[fund][column].add(value or who)
    for fund, sides in sorted(wanted.items()):
        known = [(columns.get(column, everyone), values) for column, values in sides.items()]
        if len(known) > 1 and not any(
            all(row in values for row, (_, values) in zip(rows, known, strict=True))
            for rows in zip(*(held for held, _ in known), strict=True)
        ):
            shown = ", ".join(f"{column or 'name'} {'/'.join(sorted(sides[column])[:5])}" for column in sides)
            yield finding("/earmarks", f"{fund} admits nobody: no intervention has {shown} together")


def _response(document: AllocationTables) -> Iterator[dict[str, str]]:
    metrics = document.metrics.count
    table = document.response
    unnamed = any(not name for name in table.texts("metric_id"))
    if metrics > 1 and unnamed:
        yield finding("/response", f"there are {metrics} metrics: every row names its metric_id")
    ends = _ends(document)
    tickets = document.tickets
    rows = zip(
        tickets.texts("intervention_id"),
        tickets.ints("period").tolist(),
        tickets.ints("min_minor").tolist(),
        tickets.ints("max_minor").tolist(),
        strict=True,
    )
    for who, period, least, most in rows:
        if least > most:
            yield finding("/tickets", f"{who} takes at least {least} and at most {most} in period {period}")
        elif most > ends.get((who, period), most):
            yield finding(
                "/tickets",
                f"max_minor of {who} in period {period} is {most}; its segments end at {ends[who, period]}",
            )
    yield from _shapes(document)


def _segments(document: AllocationTables) -> Mapping[tuple[str, int, str], list[tuple[int, int]]]:
    """Width and gain of each piece, by intervention, period and metric."""
    table = document.response
    found = defaultdict[tuple[str, int, str], list[tuple[int, int]]](list)
    rows = zip(
        table.texts("intervention_id"),
        table.ints("period").tolist(),
        table.texts("metric_id"),
        table.ints("cap_minor").tolist(),
        table.ints("gain_micro_per_k").tolist(),
        strict=True,
    )
    for who, period, metric, cap, gain in rows:
        found[who, period, metric].append((cap, gain))
    return found


def _ends(document: AllocationTables) -> Mapping[tuple[str, int], int]:
    return {
        (who, period): sum(cap for cap, _ in pieces)
        for (who, period, _), pieces in _segments(document).items()
    }


def _shapes(document: AllocationTables) -> Iterator[dict[str, str]]:
    shape = dict(
        zip(
            document.interventions.texts("intervention_id"),
            document.interventions.texts("shape"),
            strict=True,
        )
    )
    widths = dict[tuple[str, int], list[int]]()
    for (who, period, _), pieces in _segments(document).items():
        gains = [gain for cap, gain in pieces if cap]
        if shape[who] == "concave" and any(after > before for before, after in itertools.pairwise(gains)):
            yield finding(
                "/response", f"gains of {who} rise in period {period}: sort them, or declare its shape free"
            )
        caps = [cap for cap, _ in pieces]
        if widths.setdefault((who, period), caps) != caps:
            yield finding("/response", f"segments of {who} in period {period} differ between metrics")


def _synergies(document: AllocationTables) -> Iterator[dict[str, str]]:
    table = document.synergies
    values = table.ints("value_micro").tolist()
    for kind, members, value in zip(table.texts("kind"), table.members(), values, strict=True):
        shown = ", ".join(members)
        least, most = MEMBERS.get(kind, (1, 50))
        if not least <= len(members) <= most:
            yield finding("/synergies", f"{kind} of {shown} takes {least} to {most} members")
        if len(set(members)) < len(members):
            yield finding("/synergies", f"{kind} of {shown} names a member twice")
        if value and kind not in {"bonus", "intensity", "overlap"}:
            yield finding("/synergies", f"{kind} of {shown} has no value")


def _limits(document: AllocationTables) -> Iterator[dict[str, str]]:
    columns = grouping(document)
    table = document.limits
    keys = list(zip(table.texts("group_kind"), table.texts("group_id"), strict=True))
    for kind, group in keys:
        if kind not in columns:
            yield finding("/limits", f"{kind} is no grouping column; there are {', '.join(sorted(columns))}")
        elif group != "*" and group not in columns[kind]:
            yield finding("/limits", f"no intervention has {kind} {group}")
    for floor, cap in (
        ("floor_minor", "cap_minor"),
        ("floor_share_bp", "cap_share_bp"),
        ("floor_count", "cap_count"),
    ):
        low, high = table.ints(floor), table.ints(cap)
        for at in np.flatnonzero((high != NONE) & (low > high)).tolist():
            shown = "/".join(keys[at])
            yield finding("/limits", f"{floor} of {shown} is {low[at]}, above {cap} {high[at]}")
    yield from _shares(document, columns)


def _shares(document: AllocationTables, columns: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    """Find least shares of groups that no money can meet, whatever is spent."""
    table = document.limits
    least = defaultdict[tuple[str, int], dict[str, int]](dict)
    most = defaultdict[tuple[str, int], dict[str, int]](dict)
    names = ("floor_share_bp", "cap_share_bp", "equal_share_bp")
    rows = sorted(
        zip(
            table.texts("group_kind"),
            table.texts("group_id"),
            table.ints("period").tolist(),
            *(table.ints(name).tolist() for name in names),
            strict=True,
        ),
        key=lambda row: row[1] != EVERY,  # a named group overrides the star
    )
    for kind, group, period, floor, cap, equal in rows:
        groups = set(columns.get(kind, ())) - {""}
        part = max(floor, NONE if equal == NONE else equal // max(1, len(groups)))
        for name in groups if group == EVERY else [group]:
            if part != NONE:
                least[kind, period][name] = part
            if cap != NONE:
                most[kind, period][name] = cap
    for (kind, period), floors in sorted(least.items()):
        for name, floor in sorted(floors.items()):
            cap = most[kind, period].get(name, FULL_BP)
            if floor > cap:
                shown = f"{kind}/{name} is {floor} basis points, above cap_share_bp {cap}"
                yield finding("/limits", f"least share of {shown}")


def _actors(document: AllocationTables) -> Iterator[dict[str, str]]:
    table = document.actors
    shares = defaultdict[str, list[int]](list)
    rows = zip(
        table.texts("intervention_id"),
        table.ints("share_bp").tolist(),
        table.ints("low_minor").tolist(),
        table.ints("high_minor").tolist(),
        table.texts("actor_id"),
        strict=True,
    )
    for who, share, low, high, actor in rows:
        shares[who].append(share)
        if high != NONE and low > high:
            yield finding("/actors", f"{actor} in {who} gets at least {low} and at most {high}")
    for who, listed in shares.items():
        given = [share for share in listed if share != NONE]
        if given and (len(given) < len(listed) or sum(given) != FULL_BP):
            yield finding("/actors", f"shares of {who} sum to {sum(given)} basis points, not {FULL_BP}")


def _sums(document: AllocationTables) -> Iterator[dict[str, str]]:
    yield from too_large(document, period_count(document))


def _overrides(document: AllocationTables) -> Iterator[dict[str, str]]:
    table = document.overrides
    rows = zip(
        table.texts("override_id"), table.texts("kind"), table.ints("amount_minor").tolist(), strict=True
    )
    for name, kind, amount in rows:
        if (amount == NONE) == (kind in {"at_least", "at_most"}):
            yield finding("/overrides", f"{name}: at_least and at_most have an amount, the others none")
    yield from _opposed(document)


def _tranches(document: AllocationTables) -> Iterator[dict[str, str]]:
    last = dict[tuple[str, int], int]()
    table, shut = document.tranches, _shut(document)
    named = [_cells(document.table(name)) for name in ("tickets", "response")]
    open_cells = set[tuple[str, int]]().union(*named)
    speaking = {who for who, _ in open_cells}
    for (who, period), state in zip(_cells(table), table.texts("state"), strict=True):
        if state in PROMISED and who in shut:
            yield finding("/tranches", f"{who} must not be funded, and has a tranche that is {state}")
        if who in speaking and (who, period) not in open_cells:
            yield finding("/tranches", f"{who} has a tranche in period {period}, where it cannot be funded")
        if STATES.index(state) < last.get((who, period), 0):
            yield finding(
                "/tranches", f"{who}: a tranche that is {state} stands after one that is not yet so"
            )
        last[who, period] = STATES.index(state)


def _cells(table: Table) -> list[tuple[str, int]]:
    return list(zip(table.texts("intervention_id"), table.ints("period").tolist(), strict=True))


def _shut(document: AllocationTables) -> set[str]:
    """Return who must not be funded: an override goes before the lock of an intervention."""
    table, overrides = document.interventions, document.overrides
    locks = dict(zip(table.texts("intervention_id"), table.ints("lock").tolist(), strict=True))
    for who, kind in zip(overrides.texts("intervention_id"), overrides.texts("kind"), strict=True):
        if kind in {"fund", "exclude"}:
            locks[who] = 1 if kind == "fund" else -1
    return {who for who, lock in locks.items() if lock < 0}


def _opposed(document: AllocationTables) -> Iterator[dict[str, str]]:
    """Find overrides that fund and exclude the same intervention: neither could be kept."""
    table = document.overrides
    wanted = defaultdict[str, dict[str, str]](dict)
    rows = zip(table.texts("override_id"), table.texts("kind"), table.texts("intervention_id"), strict=True)
    for name, kind, who in rows:
        wanted[who].setdefault(kind, name)
    for who, named in sorted(wanted.items()):
        if {"fund", "exclude"} <= set(named):
            yield finding(
                "/overrides", f"{who} is funded by {named['fund']} and excluded by {named['exclude']}"
            )
