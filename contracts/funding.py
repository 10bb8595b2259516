"""Whose money pays what an agreement may owe: each payer's most, out of which fund, under which name.

The problem: terms know payers and pots, a book knows funds, and money that is set aside twice or nowhere
shows only when a payment fails. A ``Source`` ties one payer to one fund, with the most it can ever have to
pay. A pot's money stays in the fund of those who pay into it, so it needs nothing of its own beforehand.
"""

from collections.abc import Collection, Iterable, Mapping

from ..finance.findings import Findings
from ..finance.funds import PooledFund
from ..finance.money import Money
from .agreement import AgreementDocument, Source, promise_of
from .terms.amendment import Overlaid
from .terms.observing import Place
from .terms.program import Program
from .terms.remaining import remaining

MARKS = (":frozen:", ":waits:")
NOTHING_KNOWN: Mapping[Place, int | None] = {}


def sources_of(
    code: str,
    document: AgreementDocument,
    program: Program,
    most: Mapping[tuple[str, str], int],
    funds: Mapping[str, PooledFund],
) -> tuple[Source, ...]:
    """Say for each payer with a fund what it may have to pay at most; by payer.

    Parameters
    ----------
    code : str
        Of the agreement.
    document : AgreementDocument
        Names whose money pays.
    program : Program
        Its compiled terms.
    most : Mapping of (str, str) to int [minor units]
        By payer and unit, as proven.
    funds : Mapping of str to PooledFund
        By code.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.finance.units import currency
    >>> document = AgreementDocument.read(EXAMPLE)
    >>> fund = PooledFund(book="main", code="shelter", title="Shelter", unit=currency("USD"))
    >>> program = compile_terms(document.terms)
    >>> [source] = sources_of("pact", document, program, {("city", "USD"): 50000000}, {"shelter": fund})
    >>> source.promise, str(source.maximum)
    ('pact:city', '500000.00 USD')
    """
    paying = payers_by_fund(document, program)
    fed = _fed_pots(program, paying)
    return tuple(
        Source(
            payer=payer,
            fund=held,
            promise=promise_of(code, payer),
            maximum=Money(
                minor=0 if payer in fed else most.get((payer, funds[held].unit.code), 0),
                unit=funds[held].unit,
            ),
        )
        for payer, held in sorted(paying.items())
    )


def payers_by_fund(document: AgreementDocument, program: Program) -> dict[str, str]:
    """Say which fund each payer pays from; a pot has the fund of those who pay into it.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> document = AgreementDocument.read(EXAMPLE)
    >>> payers_by_fund(document, compile_terms(document.terms))
    {'city': 'shelter'}
    """
    paying = {row.payer: row.fund for row in document.funding}
    feeding = feeders(program)
    for _ in feeding:
        for pot, names in feeding.items():
            held = {paying.get(name) for name in names}
            if pot not in paying and len(held) == 1 and (only := held.pop()) is not None:
                paying[pot] = only
    return paying


def pots_of(program: Program) -> tuple[str, ...]:
    """Name the accounts that hold money."""
    return tuple(account.id for account in program.accounts if account.pot)


def feeders(program: Program) -> dict[str, frozenset[str]]:
    """Name who pays into each pot: payers of clauses, legs of splits, and who holds what it opens with."""
    rows: dict[str, set[str]] = {pot: set() for pot in pots_of(program)}
    for clause in program.clauses:
        for payee in ends_of(program, clause.payee):
            if payee in rows:
                rows[payee].update(ends_of(program, clause.payer))
    for account in program.accounts:
        if account.pot and account.opens >= 0 and account.holder:
            rows[account.id].add(account.holder)
    return {pot: frozenset(names - {pot}) for pot, names in rows.items()}


def ends_of(program: Program, name: str) -> tuple[str, ...]:
    """Name who stands behind one end of a clause: itself, members of a closed set, or parties of legs.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> ends_of(compile_terms(TermDocument.read(EXAMPLE)), "city")
    ('city',)
    """
    if name in program.splits:
        return tuple(leg.party for leg in program.splits[name].legs)
    if name in program.sets:
        return program.sets[name]
    return (name,) if name else ()


def member_parties(document: AgreementDocument, program: Program) -> tuple[str, ...]:
    """Return the codes of members of closed sets that pay or are paid; each is a party of the terms."""
    named = (end for clause in program.clauses for end in (clause.payer, clause.payee))
    members = (member for end in named if end in program.sets for member in program.sets[end])
    bound = document.signatories
    return tuple(dict.fromkeys(bound.get(member, member) for member in members))


def _fed_pots(program: Program, paying: Mapping[str, str]) -> frozenset[str]:
    """Name the pots whose money comes out of their own fund."""
    return frozenset(
        pot
        for pot, names in feeders(program).items()
        if pot in paying and names and {paying.get(name) for name in names} == {paying[pot]}
    )


def funding_faults(
    document: AgreementDocument,
    program: Program,
    most: Mapping[tuple[str, str], int],
    funds: Mapping[str, PooledFund],
    was: Collection[str] = (),
) -> Findings:
    """List payers that cannot pay by the terms, units that differ, and pots fed from several sides.

    Parameters
    ----------
    document, program, most, funds
        As for ``sources_of``.
    was : collection of str
        Payers that had a fund before an amendment; they may stop paying.
    """
    rows = [
        {"path": f"/funding/{at}", "message": told}
        for at, row in enumerate(document.funding)
        for told in _unit_faults(row.payer, funds[row.fund], program, most)
        if row.payer not in was or any(name == row.payer for name, _ in most)
    ]
    paying = payers_by_fund(document, program)
    rows += [
        {
            "path": "/funding",
            "message": f"the payer {payer} has {mark!r} in its name, which names what is kept",
        }
        for payer in paying
        for mark in MARKS
        if mark in payer
    ]
    for pot, names in feeders(program).items():
        held = {paying.get(name, "") for name in names}
        if pot in paying:
            held.add(paying[pot])
        if len(held) > 1:
            shown = ", ".join(sorted(code or "outside" for code in held))
            told = f"the pot {pot} is fed from several sides ({shown}): let one fund feed it, or none"
            rows.append({"path": "/funding", "message": told})
    rows += [
        {"path": f"{account.path}", "message": f"the pot {account.id} grows, and no fund pays for that"}
        for account in program.accounts
        if account.id in paying and account.pot and (account.growth or account.adds >= 0)
    ]
    return rows


def _unit_faults(
    payer: str, fund: PooledFund, program: Program, most: Mapping[tuple[str, str], int]
) -> Iterable[str]:
    units = sorted({unit for name, unit in most if name == payer})
    if not units:
        names = ", ".join(sorted({name for name, _ in most}))
        yield f"{payer} never pays by the terms: only {names} can"
        return
    digits = {
        (clause.unit.unit, clause.unit.digits)
        for clause in program.clauses
        if clause.unit.unit in units and clause.basis != "note"
    }
    kept = (fund.unit.code, fund.unit.scale)
    if kept not in digits or any(unit == kept[0] and scale != kept[1] for unit, scale in digits):
        shown = ", ".join(f"{unit}/{scale}" for unit, scale in sorted(digits))
        yield f"{payer} pays in {shown}, the fund {fund.code} keeps {kept[0]}/{kept[1]}"


def most_by_payer(
    use: Overlaid, known: Mapping[Place, int | None] = NOTHING_KNOWN
) -> Mapping[tuple[str, str], int]:
    """Bound what each payer can owe in total, by payer and unit, over all periods' terms.

    Parameters
    ----------
    use : Overlaid
        Terms of each period.
    known : Mapping of (metric, period number, members) to int or None [counts]
        Values that no result can change any more; None where none came.

    Examples
    --------
    >>> from almoner.contracts.terms.amendment import Lineage
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> use = Lineage(TermDocument.read(EXAMPLE)).overlaid
    >>> most_by_payer(use), most_by_payer(use, {("nights", 0, ()): 100})
    ({('city', 'USD'): 50000000}, {('city', 'USD'): 151200})
    """
    amended = any(one is not use.program for one in use.overlays)
    return remaining(use.program, use.overlays if amended else (), known)
