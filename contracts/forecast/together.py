"""Several terms forecast together: what all of them pay in each year.

The problem: the sum of what each contract pays in its worst case is not the worst case of the sum. Here the
paths of all are added one by one, as if the terms had nothing to do with each other, and then summed up.
"""

import hashlib
from collections.abc import Mapping

import numpy as np

from ..outcomes.document import OutcomesDocument
from ..outcomes.source import OutcomeSource
from ..terms.program import Program
from .forecasting import pay_paths
from .report import Spread, amount_figures
from .tally import Amounts

SEEDS = 2**53


def seed_of(seed: int, code: str) -> int:
    """Return the seed of one agreement among several: equal terms still go their own ways.

    Parameters
    ----------
    seed : int [seed]
        Of all of them.
    code : str
        Of the agreement.

    Examples
    --------
    >>> seed_of(1, "a") == seed_of(1, "a"), seed_of(1, "a") == seed_of(1, "b")
    (True, False)
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/{code}".encode()).digest()[:8]) % SEEDS


def forecast_together(
    terms: Mapping[str, tuple[Program, OutcomesDocument]], *, paths: int, seed: int
) -> tuple[Spread, ...]:
    """Return what several terms pay in all, by unit and year; the whole term stands under an empty year.

    Parameters
    ----------
    terms : mapping of str to tuple
        Program and outcome models by agreement.
    paths : int [paths]
        How many.
    seed : int [seed]
        The same seed gives the same bytes.

    Examples
    --------
    >>> from almoner.contracts.outcomes.document import EXAMPLE as OUTCOMES
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> one = compile_terms(TermDocument.read(EXAMPLE)), OutcomesDocument.read(OUTCOMES)
    >>> both = forecast_together({"a": one, "b": one}, paths=100, seed=1)
    >>> both[0].what, both[0].unit, both[0].when
    ('paid', 'USD', '')
    """
    totals: dict[tuple[str, str], Amounts] = {}
    digits: dict[str, int] = {}
    for code, (program, outcomes) in sorted(terms.items()):
        source = OutcomeSource(program, outcomes, seed=seed_of(seed, code))
        tally = pay_paths(program, source, outcomes, paths)
        digits |= {one.unit.unit: one.unit.digits for one in program.clauses if one.basis != "note"}
        for (what, _, unit, year), values in tally.totals.items():
            if what == "pays":
                here = totals.setdefault((unit, year), np.zeros(paths, dtype=np.int64))
                here += values
    return tuple(
        Spread(what="paid", unit=unit, when=year, paths=paths, figures=amount_figures(values, digits[unit]))
        for (unit, year), values in sorted(totals.items())
    )
