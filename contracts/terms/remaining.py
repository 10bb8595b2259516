"""Remaining: the most that terms can still come to, once part of the results cannot change any more.

The problem: money is set aside for all that might be owed. As results come in, and periods pass without
any, much of it can no longer be owed, and the funder wants it back. The terms are carried out on what is
known and on the whole domain of everything else: nothing above can come of it, whatever is still found.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from .amended_bounds import amended_caps
from .bounds import most_by_payer
from .legs import KeyName
from .observing import Place
from .program import Measure, Program
from .proving.caps import caps_of
from .running.cells import Cell, Cells, Table
from .running.engine import Outturn
from .running.holding import Key
from .running.overlays import carry_out_amended
from .running.ranges import ANY_MEMBER, Ranges, domains, spans_of
from .running.rooms import WHOLE
from .types import Quantity

NONE_YET: Final[Mapping[KeyName, int]] = MappingProxyType({})


def remaining(
    program: Program,
    overlays: Sequence[Program],
    known: Mapping[Place, int | None],
    *,
    obligated: Mapping[KeyName, int] = NONE_YET,
) -> dict[tuple[str, str], int]:
    """Bound what each payer can have to pay in total, in all futures in which what is known stays.

    Parameters
    ----------
    program : Program
        Compiled terms.
    overlays : sequence of Program
        Terms of each period, where they were amended.
    known : Mapping of (metric, period number or 0, members) to int or None [counts]
        What cannot change any more: its value, or None where it is missing for ever. Then what the terms
        agreed stands in, or it stays open and pays nothing. Metrics per member of an open set stay whole.
    obligated : Mapping of KeyName to int [minor units]
        What was obligated already: it counts even where less would be owed now.

    Returns
    -------
    dict of (str, str) to int
        By party and unit [minor units]; never above what ``prove`` says.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> remaining(program, (), {})
    {('city', 'USD'): 50000000}
    >>> remaining(program, (), {("nights", 0, ()): 100})
    {('city', 'USD'): 151200}
    """
    whole = domains(program)
    most = _bound(program, overlays, whole, obligated)
    less = _bound(program, overlays, narrowed(program, overlays, whole, known), obligated)
    return {who: min(amount, less.get(who, 0)) for who, amount in most.items()}


def _bound(
    program: Program, overlays: Sequence[Program], table: Table, obligated: Mapping[KeyName, int]
) -> dict[tuple[str, str], int]:
    if overlays:
        outturn = carry_out_amended(program, overlays, Ranges(), table)
        caps, opened = amended_caps(program, overlays, outturn)
    else:
        outturn, spans, _, spots = spans_of(program, table)
        caps = caps_of(program, outturn, spans, spots)
        pots = [one for one in program.accounts if one.pot and one.opens >= 0]
        opened = {account.id: spans.get(account.opens, (0, 0))[1] for account in pots}
    before = _by_key(program, outturn, obligated)
    return most_by_payer(program, outturn, caps, opened, obligated=before, versions=overlays)


def _by_key(program: Program, outturn: Outturn, obligated: Mapping[KeyName, int]) -> dict[Key, int]:
    """Place what was obligated; for members of open sets all together."""
    spans = {name: at for at, (name, _) in enumerate(program.periods)}
    clauses = {clause.id: clause for clause in program.clauses}
    sums: dict[Key, int] = {}
    for (name, period, members), amount in obligated.items():
        clause = clauses.get(name)
        if clause is None or len(members) != len(clause.each):
            continue
        known = zip(clause.each, members, strict=True)
        combo = tuple(member if program.sets[dim] else ANY_MEMBER for dim, member in known)
        combos = outturn.table.combinations(clause.each)
        if combo in combos:
            span = spans.get(period, WHOLE) if clause.basis == "period" else WHOLE
            key = (name, span, combos.index(combo))
            sums[key] = sums.get(key, 0) + amount
    return sums


def narrowed(
    program: Program, overlays: Sequence[Program], table: Table, known: Mapping[Place, int | None]
) -> Table:
    """Put what is known in place of whole domains.

    Parameters
    ----------
    program : Program
        Compiled terms.
    overlays : sequence of Program
        Terms of each period, where they were amended: each says what stands in.
    table : Table
        Whole domains.
    known : Mapping of (metric, period number or 0, members) to int or None [counts]
        What cannot change any more.
    """
    cells: dict[str, list[Cells]] = {name: [list(row) for row in rows] for name, rows in table.cells.items()}
    for name, measure in program.metrics.items():
        combos = table.combinations(measure.dims)
        for span, row in enumerate(cells[name]):
            own = overlays[span].metrics.get(name, measure) if overlays and measure.by_period else measure
            for at, combo in enumerate(combos):
                place = (name, span, combo)
                if place in known and ANY_MEMBER not in combo:
                    earlier = cells[name][span - 1][at] if span else None
                    row[at] = _closed(own, known[place], earlier)
    return Table(members=table.members, times=table.times, cells=cells)


def _closed(measure: Measure, value: int | None, earlier: Cell) -> Cell:
    """Return a value that stands, or what stands in for one that never comes."""
    if value is None and measure.last:
        return earlier
    found = measure.stand_in if value is None else value
    return found if found is None or isinstance(measure.type, Quantity) else int(found)
