"""What an allocation is worth, exactly.

The problem: a gap of one in ten thousand means nothing when the value itself is rounded. Every gain is a
whole number of millionths per 1,000 major units and every amount a whole number of minor units, so the
value is one fraction. Working money fills the pieces of a response in their order.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

from ..columns import MICRO
from .check_reading import Reading


def worth(reading: Reading) -> Fraction:
    """Return the exact value of an allocation.

    Parameters
    ----------
    reading : Reading
        The document and what is given.

    Returns
    -------
    Fraction
        Response, bonuses and intensities less overlaps [value units].
    """
    own = sum(weight * outcome for weight, outcome in _weighted(reading))
    return Fraction(own, reading.document.grains_per_value) + Fraction(1, MICRO) * _together(reading)


def outcomes(reading: Reading) -> Mapping[str, int]:
    """Return what working money brings by metric [millionths of outcome times minor units per block].

    Parameters
    ----------
    reading : Reading
        The document and what is given.
    """
    document = reading.document
    table = document.response
    first = (document.metrics.texts("metric_id") or [""])[0]
    left = {cell: reading.working(cell) for cell in reading.funded}
    found, passed = defaultdict[str, int](int), defaultdict[tuple[int, str], int](int)
    rows = zip(
        reading.cells(table),
        table.texts("metric_id"),
        table.ints("cap_minor").tolist(),
        table.ints("gain_micro_per_k").tolist(),
        strict=True,
    )
    for cell, metric, cap, gain in rows:
        money = left.get(cell)
        if money is not None:
            before = passed[cell, metric]
            passed[cell, metric] = before + cap
            found[metric or first] += gain * max(0, min(cap, money - before))
    return found


def _weighted(reading: Reading) -> Iterator[tuple[int, int]]:
    metrics = reading.document.metrics
    weights = dict(zip(metrics.texts("metric_id"), metrics.ints("weight").tolist(), strict=True))
    for metric, outcome in outcomes(reading).items():
        yield weights.get(metric, 1), outcome


def _together(reading: Reading) -> Fraction:
    """Return what funded interventions bring or cost each other [millionths of value]."""
    table = reading.document.synergies
    total, parts = 0, Fraction(0)
    rows = zip(table.texts("kind"), table.members(), table.ints("value_micro").tolist(), strict=True)
    for kind, members, value in rows:
        if kind not in {"bonus", "overlap", "intensity"}:
            continue
        for period in range(reading.periods):
            cells = [reading.at[member] * reading.periods + period for member in members]
            if not all(cell in reading.funded for cell in cells):
                continue
            if kind == "intensity":
                parts += value * min(_degree(reading, cell) for cell in cells)
            else:
                total += value if kind == "bonus" else -value
    return total + parts


def _degree(reading: Reading, cell: int) -> Fraction:
    """Return working money over the most that a funded cell takes, 1 if it takes none."""
    high = reading.bounds[cell].high
    return Fraction(reading.working(cell), high) if high else Fraction(1)
