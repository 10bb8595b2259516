"""Bounds of amended terms: the most a lineage can cost, over what was and what is in force.

The problem: an amendment may raise what can be owed, and that much more has to be set aside before it takes
effect. The terms of each period are carried out on whole domains, one after the other; only limits that
were in force throughout, over the same clauses, count as caps, each with the highest maximum it ever had.
"""

from collections.abc import Sequence
from dataclasses import replace

from .bounds import Proof, most_by_payer, most_paid
from .program import LimitPlan, Program
from .proving.caps import Cap, caps_by_limits
from .running.engine import Outturn
from .running.overlays import carry_out_amended
from .running.ranges import Ranges, domains, spans_of


def prove_amended(program: Program, overlays: Sequence[Program]) -> tuple[Proof, Outturn]:
    """Bound what amended terms can cost; the bound is safe, and nothing is guaranteed.

    Parameters
    ----------
    program : Program
        The newest terms, with all parts that any period's terms name.
    overlays : sequence of Program
        Terms of each period.

    Returns
    -------
    tuple of Proof and Outturn
        The proof, and what came of whole domains.

    Raises
    ------
    TermError
        When the terms of any period have no bound.

    Examples
    --------
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> program = compile_terms(TermDocument.read(EXAMPLE))
    >>> prove_amended(program, [program])[0].maxima
    {'USD': 50000000}
    """
    outturn = carry_out_amended(program, overlays, Ranges(), domains(program))
    caps, opened = amended_caps(program, overlays, outturn)
    maxima = most_paid(program, outturn, caps)
    for account in program.accounts:
        if account.id in opened:
            unit = account.unit.unit
            maxima[unit] = maxima.get(unit, 0) + opened[account.id]
    proof = Proof(
        maxima=maxima,
        guaranteed_by_unit=dict.fromkeys(maxima, 0),
        label="safe",
        witness=(),
        clauses=(),
        payers=most_by_payer(program, outturn, caps, opened, versions=overlays),
    )
    return proof, outturn


def amended_caps(
    program: Program, overlays: Sequence[Program], outturn: Outturn
) -> tuple[list[Cap], dict[str, int]]:
    """Return limits that stand throughout, and the most that pots open with.

    Parameters
    ----------
    program : Program
        The newest terms, with all parts that any period's terms name.
    overlays : sequence of Program
        Terms of each period.
    outturn : Outturn
        In intervals.
    """
    distinct = list({id(one): one for one in overlays}.values())
    highest: dict[str, int] = {}
    opened: dict[str, int] = {}
    for one in distinct:
        spans = spans_of(one)[1]
        for account in one.accounts:
            if account.pot and account.opens >= 0:
                opened[account.id] = max(spans[account.opens][1], opened.get(account.id, 0))
        for limit in one.limits:
            most = spans.get(limit.maximum, (0, 0))[1]
            highest[limit.id] = max(most, highest.get(limit.id, 0))
    standing = [limit for limit in program.limits if _stands(limit, distinct)]
    numbered = {at: (0, highest[limit.id]) for at, limit in enumerate(standing)}
    plans = tuple(replace(limit, maximum=at) for at, limit in enumerate(standing))
    caps = caps_by_limits(replace(program, limits=plans), outturn, numbered)
    caps.sort(key=lambda cap: len(cap.keys))
    return caps, opened


def _stands(limit: LimitPlan, distinct: Sequence[Program]) -> bool:
    """Say whether a limit is in force throughout, over the same clauses."""
    versions = [next((one for one in program.limits if one.id == limit.id), None) for program in distinct]
    return all(one is not None and one.clauses == limit.clauses for one in versions)
