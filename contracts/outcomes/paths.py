"""One path of a simulation as a case of results, to be paid, printed and explained like any other.

The problem: "in one case of a hundred the city pays 480,000" is believed only when such a case can be looked
at. A path is nothing but numbers that were drawn; written as results, the same terms pay it line by line.
"""

from ...finance.money import decimal_text
from ..results import Case, Result
from ..terms.document import PERIOD
from ..terms.program import Measure, Program
from ..terms.types import Quantity
from .check import is_open
from .source import BLOCK, OutcomeSource


def case_of(program: Program, source: OutcomeSource, path: int) -> Case:
    """Write what was drawn on one path as a case of a results document.

    Parameters
    ----------
    program : Program
        The terms.
    source : OutcomeSource
        Of the simulation.
    path : int [path]
        Counted from 0 over all blocks.
    """
    number, place = divmod(path, BLOCK)
    drawn = source.block(number, place + 1)
    rows = []
    for name, measure in program.metrics.items():
        counts = drawn[name][..., place].reshape(-1)
        for labels, count in zip(source.labels(name), counts, strict=True):
            of = {one: member for one, member in labels.items() if one != PERIOD}
            text = value_text(measure, int(count))
            rows.append(Result(metric=name, value=text, period=labels.get(PERIOD, ""), of=of))
    members = {name: source.members[name] for name in program.most if is_open(program, name)}
    return Case(id=f"path-{path}", members=members, results=tuple(rows))


def value_text(measure: Measure, count: int) -> str:
    """Write a count of a metric as results state it.

    Parameters
    ----------
    measure : Measure
        The metric.
    count : int [counts]
        Of it; the place of a label.

    Examples
    --------
    >>> value_text(Measure(type=Quantity("percent", 2), low=0, high=10000, pool="last"), 1250)
    '12.50'
    """
    if measure.labels:
        return measure.labels[count]
    if isinstance(measure.type, Quantity):
        return decimal_text(count, measure.type.digits)
    return "true" if count else "false"
