"""One path of a simulation as a case of results, to be paid, printed and explained like any other.

The problem: "in one case of a hundred the city pays 480,000" is believed only when such a case can be looked
at. A path is nothing but numbers that were drawn; written as results, the same terms pay it line by line.
"""

from ..terms.document import PERIOD
from ..terms.observing import write_value
from ..terms.program import Program
from ..terms.results import Case, Result
from ..terms.simulate import BLOCK
from .check import is_open
from .source import OutcomeSource


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
            text = write_value(measure, int(count))
            rows.append(Result(metric=name, value=text, period=labels.get(PERIOD, ""), of=of))
    members = {name: source.members[name] for name in program.most if is_open(program, name)}
    return Case(id=f"path-{path}", members=members, results=tuple(rows))
