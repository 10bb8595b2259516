"""One document checked in every way: exact, in columns, by the reference, and within its bounds."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from almoner.contracts.terms.bounds import Proof, prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.document import PERIOD, TermDocument
from almoner.contracts.terms.observing import lay_out
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.program import Program
from almoner.contracts.terms.running.arithmetic import WHOLE_NUMBERS
from almoner.contracts.terms.running.cells import Cell, Table
from almoner.contracts.terms.running.columns import Columns
from almoner.contracts.terms.running.engine import Outturn, carry_out
from almoner.contracts.terms.running.evaluation import Books, Evaluation
from almoner.contracts.terms.running.ranges import peaks
from almoner.contracts.terms.running.rooms import WHOLE
from almoner.contracts.terms.simulate import columns_table, run_table
from almoner.contracts.terms.types import Quantity
from almoner.finance.errors import AlmonerError, TermError

from .comparing import differences, observed, size, spelled
from .listed import Listed
from .reference import Members, interpret
from .reference_expressions import Key
from .reference_values import Value, digits_of

ALONE = 24
Block = dict[str, NDArray[np.int64]]


@dataclass
class Finding:
    """A document and observations on which two readings differ."""

    what: str
    members: dict[str, Members]
    observations: dict[Key, Value]
    as_of: date | None = None


@dataclass
class Tally:
    """What was compared with what, how often."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def flat(outturn: Outturn) -> dict[tuple[Any, ...], Cell]:
    """Every figure of an outturn by a name of its own."""
    found: dict[tuple[Any, ...], Cell] = {}
    for key, kept in outturn.keys.items():
        found["earned", *key] = kept.earned
        found["entitled", *key] = kept.entitled
        found["kept", *key] = kept.paid
        found["peak", *key] = kept.peak
        for name, cut in kept.cuts.items():
            found["cut", name, *key] = cut
    for flow, cell in outturn.flows.items():
        found["flow", *flow] = cell
    for part in ("figures", "balances", "paid"):
        for name, rows in getattr(outturn, part).items():
            for period, cells in enumerate(rows):
                for place, cell in enumerate(cells):
                    found[part, name, period, place] = cell
    return found


def draw_block(
    random: np.random.Generator, program: Program, members: Mapping[str, Members], paths: int
) -> Block:
    """Observations of many paths: within the domain, also when summed, and often at its ends."""
    layout = Table(members={name: one or members[name] for name, one in program.sets.items()}, cells={})
    block = {}
    for name, measure in program.metrics.items():
        rows = len(program.periods) if measure.by_period else 1
        shape = (rows, len(layout.combinations(measure.dims)), paths)
        parts = rows if measure.pool == "sum" else 1
        low, top = int(measure.low / parts), int(measure.high / parts)
        if not isinstance(measure.type, Quantity):
            top = max(0, len(measure.labels) - 1) if measure.labels else 1
        drawn = random.integers(low, top, shape, endpoint=True)
        drawn = np.where(random.random(shape) < 0.2, low, drawn)
        drawn = np.where(random.random(shape) < 0.2, top, drawn)
        near = np.clip(random.integers(-3, 3, shape, endpoint=True), low, top)
        block[name] = np.where(random.random(shape) < 0.2, near, drawn)
    return block


def one_path(program: Program, members: Mapping[str, Members], block: Block, path: int) -> Table:
    """The table of one path, in whole numbers."""
    named = {name: listed or members[name] for name, listed in program.sets.items()}
    cells: dict[str, list[list[Cell]]] = {}
    for name, measure in program.metrics.items():
        if name not in block:
            stand_in = program.metrics[name].stand_in
            rows = len(program.periods) if measure.by_period else 1
            combos = len(Table(members=named, cells={}).combinations(measure.dims))
            value = bool(stand_in) if stand_in is not None and is_truth(program, name) else stand_in
            cells[name] = [[value] * combos for _ in range(rows)]
            continue
        rows_of = block[name][:, :, path].tolist()
        cells[name] = (
            [[bool(cell) for cell in row] for row in rows_of] if is_truth(program, name) else rows_of
        )
    return Table(members=named, cells=cells)


def is_truth(program: Program, name: str) -> bool:
    return str(program.metrics[name].type) == "condition"


def observations_of(document: TermDocument, table: Table) -> dict[Key, Value]:
    """What a table of one path says, as the reference is given it."""
    periods = [name for name, _ in compile_terms(document).periods]
    found: dict[Key, Value] = {}
    for name, metric in document.metrics.items():
        dims = [one for one in document.sets if one in metric.per]
        for row, cells in enumerate(table.cells[name]):
            for combo, cell in zip(table.combinations(dims), cells, strict=True):
                by_set = dict(zip(dims, combo, strict=True))
                members = tuple(by_set[one] for one in metric.per if one != PERIOD)
                if cell is not None:
                    period = periods[row] if PERIOD in metric.per else ""
                    found[name, period, members] = value_of(document, name, cell)
    return found


def value_of(document: TermDocument, name: str, cell: Cell) -> Value:
    metric = document.metrics[name]
    if metric.type == "truth":
        return bool(cell)
    return metric.values[cell] if metric.values else Fraction(cell, 10 ** digits_of(metric.type))


def unequal(columns: Mapping[Any, Cell], exact: list[Mapping[Any, Cell]]) -> list[tuple[int, str]]:
    """Paths on which a column and whole numbers differ; cuts and flows that are not there are zero."""
    found = []
    optional = {"cut", "flow"}
    names = set(columns).union(*exact)
    for name in names:
        spare = 0 if name[0] in optional else "absent"
        column = columns.get(name, spare)
        row = [one.get(name, spare) for one in exact]
        if is_same(column, row):
            continue
        for path, cell in enumerate(row):
            here = column[path] if isinstance(column, np.ndarray) else column
            if here is None or cell is None or here == "absent" or cell == "absent" or int(here) != int(cell):
                if here is cell:
                    continue
                found.append((path, f"{name}: columns {here}, exact {cell}"))
    return found


def is_same(column: Cell, row: list[Cell]) -> bool:
    """Whether a column holds just these cells."""
    if column is None or isinstance(column, str):
        return all(cell is column for cell in row)
    if None in row or "absent" in row:
        return False
    return bool(np.array_equal(np.broadcast_to(column, len(row)), np.array(row)))


def listed_block(program: Program, members: Mapping[str, Members], block: Block) -> Table:
    """The table of all paths, in lists of whole numbers."""
    first = one_path(program, members, block, 0)
    cells = {
        name: [
            [_listed(block[name][row, place], truth=is_truth(program, name)) for place in range(len(one))]
            for row, one in enumerate(rows)
        ]
        if name in block
        else rows
        for name, rows in first.cells.items()
    }
    return Table(members=first.members, cells=cells)


def _listed(column: NDArray[np.int64], *, truth: bool) -> list[Any]:
    return [bool(cell) for cell in column.tolist()] if truth else list(column.tolist())


def unequal_lists(
    columns: Mapping[Any, Cell], lists: Mapping[Any, Cell], paths: int
) -> list[tuple[int, str]]:
    """Paths on which a column and a list of whole numbers differ."""
    found = []
    for name in set(columns) | set(lists):
        spare = 0 if name[0] in {"cut", "flow"} else "absent"
        column, row = columns.get(name, spare), lists.get(name, spare)
        if not is_same(column, row if isinstance(row, list) else [row] * paths):
            found.append((0, f"{name}: columns {column}, whole numbers {row}"))
    return found


def check_block(
    document: TermDocument,
    program: Program,
    members: dict[str, Members],
    block: Block,
    paths: int,
    tally: Tally,
) -> Outturn | None:
    """Whole numbers against columns on every path and every figure; some paths paid one by one."""
    try:
        table = columns_table(program, block, members, paths)
        outturn = carry_out(program, Columns(peaks(program)), table)
        lists = carry_out(program, Listed(), listed_block(program, members, block))
    except TermError as refusal:
        tally.counts["blocks refused by columns: " + refusal.message.split(": ")[-1][:60]] += 1
        return None
    columns = flat(outturn)
    wrong = unequal_lists(columns, flat(lists), paths)
    alone = sorted({0, paths - 1, *range(0, paths, max(1, paths // ALONE))})
    exact = [carry_out(program, WHOLE_NUMBERS, one_path(program, members, block, path)) for path in alone]
    some = {name: cell[alone] if isinstance(cell, np.ndarray) else cell for name, cell in columns.items()}
    wrong += [(alone[at], what) for at, what in unequal(some, [flat(one) for one in exact])]
    tally.counts["term-paths, exact = columns"] += paths
    tally.counts["figures, exact = columns"] += paths * len(columns)
    tally.counts["term-paths paid one by one = columns"] += len(alone)
    for path, what in wrong[:1]:
        table = one_path(program, members, block, path)
        tally.findings.append(Finding(what, members, observations_of(document, table)))
    return outturn


def check_reference(
    document: TermDocument,
    program: Program,
    members: dict[str, Members],
    seen: dict[Key, Value],
    tally: Tally,
    *,
    as_of: date | None = None,
) -> None:
    """The reference against exact payment, on one path and every figure."""
    expected = interpret(document, seen, members, as_of)
    paid = spelled(program, pay(program, observed(document, seen), members=members, as_of=as_of))
    tally.counts["term-paths, reference = exact"] += 1
    tally.counts["figures, reference = exact"] += size(expected)
    if wrong := differences(expected, paid):
        tally.findings.append(Finding(f"reference and engine: {wrong[0]}", members, seen, as_of))


def check_bounds(program: Program, proof: Proof, outturn: Outturn, *, complete: bool) -> list[str]:
    """Whatever exceeds what was proven."""
    pots = {account.id for account in program.accounts if account.pot}
    units = {clause.id: clause.unit.unit for clause in program.clauses}
    units |= {f"residual:{account.id}": account.unit.unit for account in program.accounts}
    payer = {clause.id: clause.payer for clause in program.clauses if clause.basis != "note"}
    named = open_members(outturn)
    totals: dict[str, list[Any]] = {unit: [] for unit in proof.maxima}
    pairs: dict[tuple[Any, ...], Any] = {}
    payers: dict[tuple[str, str], list[Any]] = {}
    for (clause, source, target, period), cell in sorted(outturn.flows.items(), key=lambda flow: flow[0][3]):
        unit, year = units[clause], program.periods[period][1].year
        if clause in payer:
            party = "*" if source in named else source
            add_to_date(payers.setdefault((party, unit), []), period, cell)
            if payer[clause] not in pots:
                add_to_date(totals[unit], period, cell)
        for span in (None, year) if complete else (None,):  # what comes late is paid in a later year
            key = (source, target, unit, span)
            pairs[key] = pairs.get(key, 0) + cell
    opened = openings(program, outturn)
    totals = {unit: [row + opened.get(unit, 0) for row in rows or [0]] for unit, rows in totals.items()}
    highest = {unit: max((int(np.max(one)) for one in rows), default=0) for unit, rows in totals.items()}
    least = {unit: int(np.min(rows[-1])) if rows else 0 for unit, rows in totals.items()}
    found = [
        f"{unit}: {most} paid, at most {proof.maxima[unit]} proven"
        for unit, most in highest.items()
        if most > proof.maxima[unit]
    ]
    found += [
        f"{unit}: {paid} paid, at least {proof.guaranteed_by_unit[unit]} proven"
        for unit, paid in least.items()
        if complete and paid < proof.guaranteed_by_unit[unit]
    ]
    for who, rows in payers.items():
        most = max(int(np.max(one)) for one in rows)
        if most > proof.payers.get(who, 0):
            found.append(f"{who}: {most} paid, at most {proof.payers.get(who, 0)} proven")
    found += pair_breaches(proof, outturn, pairs)
    return found + (clause_breaches(program, proof, outturn) if complete else [])


def openings(program: Program, outturn: Outturn) -> dict[str, Any]:
    """What pots open with: a proof counts it as paid in by their holders."""
    cells = [cell for rows in outturn.table.cells.values() for row in rows for cell in row]
    columns = any(isinstance(cell, np.ndarray) for cell in cells)
    use = Columns(peaks(program)) if columns else WHOLE_NUMBERS
    found: dict[str, Any] = {}
    for account in program.accounts:
        if account.pot and account.opens >= 0:
            cell = Evaluation(program, use, outturn.table, Books()).value(account.opens)[0]
            found[account.unit.unit] = found.get(account.unit.unit, 0) + (0 if cell is None else cell)
    return found


def add_to_date(rows: list[Any], period: int, cell: Cell) -> None:
    """Add to a sum that stands by period; later periods begin with what there was."""
    while len(rows) <= period:
        rows.append(rows[-1] if rows else 0)
    rows[period] = rows[period] + cell


def open_members(outturn: Outturn) -> set[str]:
    """Members that results named; a proof has ``*`` for all of them."""
    sets = outturn.program.sets
    return {one for name, listed in outturn.table.members.items() if not sets[name] for one in listed}


def pair_breaches(proof: Proof, outturn: Outturn, pairs: Mapping[tuple[Any, ...], Any]) -> list[str]:
    """Flows between two parties beyond their bound; members of open sets stand under ``*``."""
    named = open_members(outturn)
    bounds = {(one.payer, one.payee, one.unit, one.year): (one.least, one.most) for one in proof.pairs}
    found, gathered = [], dict[tuple[Any, ...], Any]()
    for (source, target, unit, year), total in pairs.items():
        key = ("*" if source in named else source, "*" if target in named else target, unit, year)
        gathered[key] = gathered.get(key, 0) + total
    for key, total in gathered.items():
        low, high = bounds.get(key, (0, 0))
        if np.min(total) < low or np.max(total) > high:
            found.append(f"pair {key}: {int(np.min(total))} to {int(np.max(total))}, proven {low} to {high}")
    return found


def clause_breaches(program: Program, proof: Proof, outturn: Outturn) -> list[str]:
    """Earned amounts beyond their bound."""
    clauses = {clause.id: clause for clause in program.clauses}
    sums: dict[tuple[Any, ...], Any] = {}
    for (name, span, place), kept in outturn.keys.items():
        members = outturn.table.combinations(clauses[name].each)[place]
        spoken = zip(clauses[name].each, members, strict=True)
        key = (
            name,
            "term" if span == WHOLE else program.periods[span][0],
            tuple(member if program.sets[dim] else "*" for dim, member in spoken),
        )
        if kept.earned is not None:
            sums[key] = sums.get(key, 0) + kept.earned
    bounds = {(one.clause, one.period, one.members): (one.least, one.most) for one in proof.clauses}
    return [
        f"clause {key}: {int(np.min(total))} to {int(np.max(total))} earned, proven {bounds[key]}"
        for key, total in sums.items()
        if np.min(total) < bounds[key][0] or np.max(total) > bounds[key][1]
    ]


def check_witness(program: Program, proof: Proof) -> str:
    """A maximum that is said to be attained is paid on its witness."""
    if proof.label != "attained":
        return ""
    outturn = pay(program, proof.witness, members=members_of(program, proof.witness))
    pots = {account.id for account in program.accounts if account.pot}
    own = {clause.id for clause in program.clauses if clause.payer not in pots}
    paid = sum(cell for (name, *_), cell in outturn.flows.items() if name in own)
    return "" if paid == proof.maximum else f"the witness pays {paid}, the maximum is {proof.maximum}"


def members_of(program: Program, rows: Iterable[Any]) -> dict[str, Members]:
    """Members of open sets that a witness names; as many as there can be where it names none."""
    named: dict[str, dict[str, None]] = {name: {} for name, listed in program.sets.items() if not listed}
    for row in rows:
        for name, member in row.of:
            if name in named:
                named[name].setdefault(member)
    spare = {name: tuple(f"m{at + 1}" for at in range(program.most[name])) for name in named}
    return {name: tuple(found) or spare[name] for name, found in named.items()}


def wrong_with(
    document: TermDocument,
    members: Mapping[str, Members],
    seen: Mapping[Key, Value],
    as_of: date | None = None,
) -> str:
    """The first difference between any two readings of one path; empty when all agree."""
    program = compile_terms(document)
    own = {name: tuple(members[name]) for name, listed in program.sets.items() if not listed}
    kept = {key: value for key, value in seen.items() if key[0] in document.metrics}
    paid = pay(program, observed(document, kept), members=own, as_of=as_of)
    if wrong := differences(interpret(document, kept, own, as_of), spelled(program, paid)):
        return f"reference and engine: {wrong[0]}"
    table = lay_out(program, observed(document, kept), members=own, as_of=as_of)
    for check in (lambda: columns_wrong(program, table), lambda: bounds_wrong(program, paid)):
        if told := guarded(check):
            return told
    return ""


def guarded(check: Callable[[], str]) -> str:
    """A refusal is no difference."""
    try:
        return check()
    except AlmonerError:
        return ""


def columns_wrong(program: Program, table: Table) -> str:
    found = unequal(flat(run_table(program, table)), [flat(carry_out(program, WHOLE_NUMBERS, table))])
    return found[0][1] if found else ""


def bounds_wrong(program: Program, paid: Outturn) -> str:
    cells = [cell for rows in paid.table.cells.values() for row in rows for cell in row]
    found = check_bounds(program, prove(program), paid, complete=None not in cells)
    return f"bounds: {found[0]}" if found else ""
