"""Reading 3, ``bounds``: the most and the least the terms can cost, proven before anybody signs.

The problem: a funder signs without knowing what may be owed. Every metric declares its domain, so the
engine can carry out the terms on whole domains: intervals of amounts, cut by the limits, bound all that can
ever be paid. A bound is ``attained`` when observations that cost exactly that much were found and paid by
reading 1; otherwise it is ``safe``: nothing can exceed it, and perhaps nothing reaches it.

The proof also refuses terms whose numbers could leave the exact range, whose divisors could be zero, or whose
amounts could turn negative without saying so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ...finance.errors import TermError
from .observing import Observation
from .program import ClausePlan, Program
from .proving.caps import Cap, caps_of
from .proving.witness import find_witness
from .running.engine import Outturn, carry_out
from .running.ranges import Interval, Ranges, domains, pair, spans_of
from .running.rooms import WHOLE

Label = Literal["attained", "safe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseBound:
    """What one clause can pay in one period.

    Attributes
    ----------
    clause, period : str
        The key; ``term`` for what is not by period.
    members : tuple of str
        ``*`` stands for each member of an open set.
    least, most : int [minor units]
        Earned, before limits; for all members that ``*`` stands for.
    """

    clause: str
    period: str
    members: tuple[str, ...] = ()
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairBound:
    """What one party can have to pay another, in the whole term or in one year.

    Attributes
    ----------
    payer, payee, unit : str
        Who, to whom, in what.
    year : int [calendar year] or None
        None for the whole term.
    least, most : int [minor units]
        After limits; below zero where the other way round is possible.
    """

    payer: str
    payee: str
    unit: str
    year: int | None
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What terms can cost at most and at least.

    Attributes
    ----------
    maxima, guaranteed_by_unit : dict of str to int [minor units]
        By unit: nothing above is ever paid; at least that is paid once all is observed. Money that pots
        hold from the start is among both.
    label : str
        ``attained`` or ``safe``, for the maximum.
    witness : tuple of Observation
        Observations that cost exactly the maximum, when it is attained.
    clauses : tuple of ClauseBound
        By clause and period, before limits.
    pairs : tuple of PairBound
        By payer, payee, unit and year.
    payers : dict of (str, str) to int [minor units]
        The most each payer can have to pay, by party and unit.
    """

    maxima: Mapping[str, int]
    guaranteed_by_unit: Mapping[str, int]
    label: Label
    witness: tuple[Observation, ...]
    clauses: tuple[ClauseBound, ...]
    pairs: tuple[PairBound, ...] = ()
    payers: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def maximum(self) -> int:
        """Nothing above it [minor units] is ever paid; terms in several units have one for each."""
        return _single(self.maxima)

    @property
    def guaranteed(self) -> int:
        """At least that [minor units] is paid once everything is observed."""
        return _single(self.guaranteed_by_unit)


def _single(amounts: Mapping[str, int]) -> int:
    if len(amounts) > 1:
        raise TermError(f"The terms pay in several units: {', '.join(amounts)}. Ask for one of them.")
    return next(iter(amounts.values()), 0)


@dataclass(frozen=True, slots=True)
class _Atom:
    """One key's amount before limits, for all members it stands for; ``sure`` is paid in any case."""

    clause: ClausePlan
    span: int
    place: int
    low: int
    high: int
    times: int
    sure: int
    payer: str
    payee: str

    @property
    def key(self) -> tuple[str, int, int]:
        return self.clause.id, self.span, self.place


def prove(program: Program) -> Proof:
    """Bound what a program can cost.

    Parameters
    ----------
    program : Program
        Compiled terms.

    Raises
    ------
    TermError
        When an amount could be negative, a divisor zero, or a number leave the exact range.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> proof = prove(compile_terms(TermDocument.read(EXAMPLE)))
    >>> proof.maximum, proof.label
    (50000000, 'attained')
    """
    outturn, spans, _, spots = spans_of(program)
    atoms = _atoms(program, outturn)
    caps = caps_of(program, outturn, spans, spots)
    pots = {account.id for account in program.accounts if account.pot}
    units = {clause.unit.unit: clause.unit for clause in program.clauses if clause.basis != "note"}
    maxima, least = {}, {}
    for unit in units:
        chosen = [atom for atom in atoms if atom.clause.unit.unit == unit and atom.clause.payer not in pots]
        maxima[unit] = _most(chosen, caps)
        least[unit] = _least(chosen, [_left(cap, chosen, atoms) for cap in caps])
    opened = {}
    for account in program.accounts:
        if account.pot and account.opens >= 0:
            low, opened[account.id] = spans[account.opens]
            unit, high = account.unit.unit, opened[account.id]
            maxima[unit], least[unit] = maxima.get(unit, 0) + max(0, high), least.get(unit, 0) + max(0, low)
    payers = most_by_payer(program, outturn, caps, opened)
    witness = None
    if len(maxima) == 1:
        unit, goal = next(iter(maxima.items()))
        witness = find_witness(program, unit, goal, lambda fixed: _bound_at(program, unit, fixed, caps))
    return Proof(
        maxima=maxima,
        guaranteed_by_unit=least,
        label="safe" if witness is None else "attained",
        witness=witness or (),
        clauses=tuple(_bound(outturn, atom) for atom in atoms),
        pairs=_pairs(program, outturn, payers),
        payers=payers,
    )


def most_by_payer(
    program: Program,
    outturn: Outturn,
    caps: list[Cap],
    opened: Mapping[str, int],
    *,
    obligated: Mapping[tuple[str, int, int], int] | None = None,
    versions: Sequence[Program] = (),
) -> dict[tuple[str, str], int]:
    """Return the most each party can have to pay, by party and unit [minor units].

    Parameters
    ----------
    program : Program
        With all clauses of the outturn.
    outturn : Outturn
        In intervals.
    caps : list of Cap
        Narrow ones first.
    opened : Mapping of str to int [minor units]
        The most that pots open with, out of their holders' money.
    obligated : Mapping of Key to int [minor units]
        What is obligated already, and counts even where less would be owed now.
    versions : sequence of Program
        Terms of each period, where they were amended.
    """
    known = obligated or {}
    atoms = [replace(one, high=max(one.high, known.get(one.key, 0))) for one in _atoms(program, outturn)]
    distinct = list({id(one): one for one in versions or [program]}.values())
    payers = _payers(distinct, atoms, caps, outturn)
    for account in program.accounts:
        if account.id in opened:
            who = (account.holder, account.unit.unit)
            payers[who] = payers.get(who, 0) + max(0, opened[account.id])
    return payers


def most_paid(program: Program, outturn: Outturn, caps: list[Cap]) -> dict[str, int]:
    """Return the most that can be paid between parties, by unit [minor units], under caps alone.

    Parameters
    ----------
    program : Program
        With all clauses of the outturn.
    outturn : Outturn
        In intervals.
    caps : list of Cap
        Narrow ones first.
    """
    pots = {account.id for account in program.accounts if account.pot}
    maxima: dict[str, int] = {}
    atoms = [atom for atom in _atoms(program, outturn) if atom.clause.basis != "note"]
    for unit in dict.fromkeys(atom.clause.unit.unit for atom in atoms):
        chosen = [atom for atom in atoms if atom.clause.unit.unit == unit and atom.clause.payer not in pots]
        maxima[unit] = _most(chosen, caps)
    return maxima


def _bound_at(program: Program, unit: str, fixed: Mapping[str, int], caps: list[Cap]) -> int:
    """Bound what is paid when some metrics have one value."""
    outturn = carry_out(program, Ranges(), domains(program, fixed))
    pots = {account.id for account in program.accounts if account.pot}
    chosen = [
        atom
        for atom in _atoms(program, outturn)
        if atom.clause.unit.unit == unit and atom.clause.payer not in pots
    ]
    return _most(chosen, caps)


def _atoms(program: Program, outturn: Outturn) -> list[_Atom]:
    clauses = {clause.id: clause for clause in program.clauses}
    atoms = []
    for (name, span, place), kept in outturn.keys.items():
        low, high = pair(0 if kept.earned is None else kept.earned)
        if clauses[name].basis == "cumulative":
            high = max(high, pair(kept.entitled)[1], pair(kept.peak)[1])
        times = outturn.table.multiplicity(clauses[name].each)
        if times:
            low, high = min(0, times * low), max(0, times * high)
        clause = clauses[name]
        split = {clause.payer, clause.payee} & set(program.splits)
        stays = clause.two_way and clause.basis == "cumulative"
        sure = min(low, pair(kept.paid)[0] * (times or 1)) if split or stays else low
        combo = dict(zip(clause.each, outturn.table.combinations(clause.each)[place], strict=True))
        payer, payee = (combo.get(end, end) for end in (clause.payer, clause.payee))
        atoms.append(_Atom(clause, span, place, low, high, times, sure, payer, payee))
    return atoms


def _bound(outturn: Outturn, atom: _Atom) -> ClauseBound:
    period = "term" if atom.span == WHOLE else outturn.program.periods[atom.span][0]
    members = outturn.table.combinations(atom.clause.each)[atom.place]
    return ClauseBound(clause=atom.clause.id, period=period, members=members, least=atom.low, most=atom.high)


Group = tuple[frozenset[tuple[str, int, int]], int]


def _groups(atoms: Iterable[_Atom], *, high: bool) -> list[Group]:
    return [
        (
            frozenset({(atom.clause.id, atom.span, atom.place)}),
            max(0, atom.high if high else atom.sure),
        )
        for atom in atoms
    ]


def _most(atoms: Iterable[_Atom], caps: Iterable[Cap]) -> int:
    """Sum upper bounds under the limits; one that overlaps others in part caps its keys one by one."""
    groups = _groups(atoms, high=True)
    present = frozenset().union(*(keys for keys, _ in groups))
    for cap in caps:
        named = cap.keys & present
        inside = [group for group in groups if group[0] <= named]
        if named and frozenset().union(*(keys for keys, _ in inside)) == named:
            groups = [group for group in groups if group not in inside]
            groups.append((named, min(cap.high, sum(amount for _, amount in inside))))
        else:
            groups = [(keys, min(amount, cap.high) if keys <= named else amount) for keys, amount in groups]
    return sum(amount for _, amount in groups)


def _left(cap: Cap, chosen: list[_Atom], atoms: list[_Atom]) -> Cap:
    """Take from a limit what payments out of pots, and those that are returned, can use of it."""
    counted = {
        atom.key
        for atom in chosen
        if atom.clause.basis != "cumulative" or atom.clause.on_decrease != "recover"
    }
    used = sum(max(0, atom.high) for atom in atoms if atom.key in cap.keys - counted)
    return replace(cap, low=max(0, cap.low - used))


def _least(atoms: Iterable[_Atom], caps: Iterable[Cap]) -> int:
    """Sum lower bounds under the limits.

    A limit that cut has been paid in full, so the keys it touches are paid at least its maximum; one that
    did not cut changed nothing, and they are paid at least what they were. What flows back is not limited: an
    amount to date that does leaves its room used, and under such a limit nothing is sure.
    """
    listed = list(atoms)
    back = sum(min(0, atom.sure) for atom in listed)
    moving = {one.key for one in listed if one.clause.two_way and one.clause.basis == "cumulative"}
    caps = [replace(cap, low=0) if cap.keys & moving else cap for cap in caps]
    groups = _groups(listed, high=False)
    for cap in caps:
        touched = [group for group in groups if group[0] & cap.keys]
        if touched:
            groups = [group for group in groups if group not in touched]
            keys = frozenset().union(*(one for one, _ in touched))
            groups.append((keys, min(cap.low, sum(amount for _, amount in touched))))
    return back + sum(amount for _, amount in groups)


def _payers(
    versions: Sequence[Program], atoms: list[_Atom], caps: list[Cap], outturn: Outturn
) -> dict[tuple[str, str], int]:
    """Bound what each party can have to pay, of its clauses and its legs, under any version of the terms."""
    clauses = [{clause.id: clause for clause in one.clauses} for one in versions]
    payers: dict[tuple[str, str], int] = {}
    sides: dict[tuple[str, str], list[_Atom]] = {}
    for atom in atoms:
        named = [known[atom.clause.id] for known in clauses if atom.clause.id in known] or [atom.clause]
        combo = dict(
            zip(atom.clause.each, outturn.table.combinations(atom.clause.each)[atom.place], strict=True)
        )
        unit = atom.clause.unit.unit
        for payer in dict.fromkeys(combo.get(one.payer, one.payer) for one in named):
            sides.setdefault((payer, unit), []).append(atom)
        if atom.low < 0 and any(one.two_way for one in named):
            for payee in dict.fromkeys(combo.get(one.payee, one.payee) for one in named):
                payers[payee, unit] = payers.get((payee, unit), 0) - atom.low
    given: dict[tuple[str, str], int] = {}
    borne: dict[tuple[str, str], dict[tuple[str, int, int], _Atom]] = {}
    for (name, unit), own in sides.items():
        for party, most in _parts(versions, name, own, _most(own, caps)).items():
            given[party, unit] = given.get((party, unit), 0) + most
            borne.setdefault((party, unit), {}).update({atom.key: atom for atom in own})
    for who, most in given.items():
        payers[who] = payers.get(who, 0) + min(most, _most(borne[who].values(), caps))
    return payers


def _parts(versions: Sequence[Program], name: str, own: list[_Atom], total: int) -> dict[str, int]:
    """Bound what a payer, or each leg of a split, can have to give of a total."""
    parts: dict[str, int] = {}
    for program in versions:
        if name in program.splits:
            legs = _legs(program, name, own, total, amended=len(versions) > 1)
            for leg, most in zip(program.splits[name].legs, legs, strict=True):
                parts[leg.party] = max(most, parts.get(leg.party, 0))
    return parts or {name: total}


def _legs(program: Program, name: str, own: list[_Atom], total: int, *, amended: bool) -> list[int]:
    """Bound what each leg can have to give: its maximum, or its fixed share and a unit for each payment."""
    legs = program.splits[name].legs
    weights = [program.nodes[leg.weight] for leg in legs]
    even = not amended and all(
        atom.clause.on_decrease != "recover" and atom.clause.payee not in program.splits for atom in own
    )
    open_legs = len({leg.rank for leg in legs}) == 1 and all(leg.maximum < 0 for leg in legs)
    shared = even and open_legs and all(node.op == "lit" for node in weights)
    whole = sum(node.const for node in weights)
    if shared and whole:
        periods = len(program.periods)
        times = sum((atom.times or 1) * (periods if atom.clause.basis == "cumulative" else 1) for atom in own)
        return [min(total, total * node.const // whole + times) for node in weights]
    most = [program.nodes[leg.maximum] if leg.maximum >= 0 else None for leg in legs]
    return [min(total, node.const) if node is not None and node.op == "lit" else total for node in most]


def _pairs(
    program: Program, outturn: Outturn, payers: Mapping[tuple[str, str], int]
) -> tuple[PairBound, ...]:
    """Bound flows between parties by year, and over the term."""
    clauses = {clause.id: clause for clause in program.clauses}
    open_ended = {(account.id, account.unit.unit) for account in program.accounts}
    sums: dict[tuple[str, str, str, int | None], Interval] = {}
    for (name, payer, payee, period), cell in outturn.flows.items():
        clause = clauses.get(name)
        unit = clause.unit.unit if clause else _unit_of_pot(program, payer)
        low, high = pair(cell)
        back = clause is not None and (clause.two_way or clause.on_decrease == "recover")
        low = low if back else 0
        returned = clause is not None and clause.on_decrease == "recover"
        if clause and (clause.two_way or (returned and {clause.payer, clause.payee} & set(program.splits))):
            open_ended.add((payer, unit))
        for year in (None, program.periods[period][1].year):
            known = sums.get((payer, payee, unit, year), (0, 0))
            sums[payer, payee, unit, year] = (known[0] + low, known[1] + max(0, high))
    return tuple(
        PairBound(
            payer=payer,
            payee=payee,
            unit=unit,
            year=year,
            least=low,
            most=high if (payer, unit) in open_ended else min(high, payers.get((payer, unit), high)),
        )
        for (payer, payee, unit, year), (low, high) in sums.items()
    )


def _unit_of_pot(program: Program, name: str) -> str:
    return next(account.unit.unit for account in program.accounts if account.id == name)
