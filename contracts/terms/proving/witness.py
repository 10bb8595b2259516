"""Witnesses: observations that cost exactly what the proof says terms can cost at most.

The search tries all metrics at the ends of their domains; then it fixes one metric after the other at a
value that leaves the proven maximum as it is, among ends and both sides of every edge and literal, within a
fixed amount of work. What it finds is paid by reading 1.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from ....finance.errors import AlmonerError
from ..observing import Observation
from ..outputs import Output, read_output
from ..pay import pay
from ..program import Measure, Program
from ..types import Quantity

MAX_WORK: Final = 4_000  # node evaluations in intervals, a few hundredths of a second
MAX_MEMBERS: Final = 500
Choice = dict[str, int]


def find_witness(
    program: Program, unit: str, goal: int, bound: Callable[[Mapping[str, int]], int]
) -> tuple[Observation, ...] | None:
    """Look for observations that cost the maximum.

    Parameters
    ----------
    program : Program
        Compiled terms.
    unit : str
        In which the maximum is.
    goal : int [minor units]
        The proven maximum.
    bound : callable
        Proves the maximum when some metrics have one value.

    Returns
    -------
    tuple of Observation or None
        None when the search did not find any.
    """
    if any(program.most[name] > MAX_MEMBERS for name in program.sets):
        return None
    members = {name: listed or _named(program, name) for name, listed in program.sets.items()}
    for choice in (*_ends(program), _fixed_in_turn(program, goal, bound)):
        if choice is not None and _paid(program, choice, members, unit) == goal:
            return _rows(program, choice, members)
    return None


def _fixed_in_turn(program: Program, goal: int, bound: Callable[[Mapping[str, int]], int]) -> Choice | None:
    """Fix one metric after the other at a value that leaves the proven maximum as it is."""
    tries = MAX_WORK // max(1, len(program.nodes) * len(program.periods))
    fixed: Choice = {}
    for name in program.metrics:
        for value in _points(program, name):
            tries -= 1
            if tries < 0:
                return None
            if bound({**fixed, name: value}) == goal:
                fixed[name] = value
                break
        else:
            return None
    return fixed


def _named(program: Program, name: str) -> tuple[str, ...]:
    return tuple(f"m{at + 1}" for at in range(min(program.most[name], MAX_MEMBERS + 1)))


def _ends(program: Program) -> Iterator[Choice]:
    yield {name: measure.high for name, measure in program.metrics.items()}
    yield {name: measure.low for name, measure in program.metrics.items()}


def _points(program: Program, name: str) -> list[int]:
    """Return values of a metric worth trying: ends, and both sides of every edge and literal of its type."""
    measure = program.metrics[name]
    if not isinstance(measure.type, Quantity):
        return list(range(measure.high + 1))
    found = {measure.low, measure.high}
    for node in program.nodes:
        if node.op == "lit" and node.type == measure.type:
            found |= {node.const - 1, node.const, node.const + 1}
        for edge, _ in node.edges:
            found |= {edge - 1, edge, edge + 1}
    return [at for at in sorted(found, reverse=True) if measure.low <= at <= measure.high]


def _rows(
    program: Program, choice: Choice, members: Mapping[str, tuple[str, ...]]
) -> tuple[Observation, ...]:
    rows: list[Observation] = []
    to_date = {node.name for node in program.nodes if node.op == "obs" and node.mode == "to_date"}
    for name, measure in program.metrics.items():
        plain = [Observation(metric=name, value=choice[name])]
        for dim in measure.dims:
            plain = [replace(row, of=(*row.of, (dim, member))) for row in plain for member in members[dim]]
        spread = name in to_date and measure.pool == "sum"
        rows += _by_period(program, measure, plain, spread=spread)
    return tuple(replace(row, of=tuple(sorted(row.of))) for row in rows)


def _by_period(
    program: Program, measure: Measure, plain: list[Observation], *, spread: bool
) -> list[Observation]:
    """Repeat rows for every period; what is summed to date comes whole in the first."""
    if not measure.by_period:
        return plain
    rest = max(measure.low, min(0, measure.high))
    return [
        replace(row, period=period, value=rest if spread and at else row.value)
        for at, (period, _) in enumerate(program.periods)
        for row in plain
    ]


def _paid(program: Program, choice: Choice, members: Mapping[str, tuple[str, ...]], unit: str) -> int:
    open_sets = {name: listed for name, listed in members.items() if not program.sets[name]}
    try:
        outturn = pay(program, _rows(program, choice, members), members=open_sets)
        return int(read_output(outturn, Output(f"paid:{unit}")) or 0)
    except AlmonerError:
        return -1
