"""Sums that may leave: small groups stay hidden, and cannot be worked out from the others.

The problem: "one person in Eastgate reached it" names that person to whoever lives there, and leaving the
group out is not enough when a total stands beside it. Groups of fewer people than agreed are left out; where
a single group, or too few people, would be missing from a line of the table, the next smallest group is left
out as well (complementary suppression, as statistical offices do: Hundepool et al., Statistical Disclosure
Control, 2012, chapter 4). It guards one table and its margins; several tables of the same people by different
groups can still be compared, so publish one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...finance.errors import RowsInvalid
from ..terms.observing import write_value
from ..terms.program import Program
from ..terms.types import Quantity, Truth
from .rows import OF, members_of

MONTH, YEAR = len("2027-03"), len("2027")
LEAST_GROUP = 2
Label = tuple[str, ...]
CountedRow = tuple[
    bytes, str, str, str, str, int, int
]  # person, metric, period, members, day, quantity, place
Cells = Mapping[Label, "Group"]


@dataclass(slots=True)
class Group:
    """Rows of one group while they are counted."""

    persons: set[bytes] = field(default_factory=set)
    rows: int = 0
    sum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """What a group of people adds up to.

    Attributes
    ----------
    metric : str
        Of the terms.
    group : tuple of (str, str)
        What the people have in common, by name.
    persons, rows : int or None [people, rows]
        How many; None where the group is left out.
    value : str
        Their sum in the metric's unit, or how many it is true of; empty where the group is left out, or the
        metric cannot be summed.
    """

    metric: str
    group: tuple[tuple[str, str], ...]
    persons: int | None
    rows: int | None
    value: str


def aggregate_rows(
    rows: Iterable[CountedRow], program: Program, *, by: Sequence[str], least: int
) -> tuple[Aggregate, ...]:
    """Sum up rows by groups, and leave out what would tell about few.

    Parameters
    ----------
    rows : iterable of CountedRow
        Of one dataset.
    program : Program
        The terms.
    by : sequence of str
        ``metric``, ``period``, ``year``, ``month``, ``of:SET``.
    least : int [people]
        Groups of fewer are left out.

    Raises
    ------
    RowsInvalid
        When rows cannot be grouped like that, or ``least`` would hide nobody.
    """
    _require_groups(program, by, least)
    names = tuple(name for name in dict.fromkeys(by) if name != "metric")
    tables: dict[str, dict[Label, Group]] = {}
    for person, metric, period, members, day, quantity, _ in rows:
        label = tuple(_label(name, period, members, day) for name in names)
        group = tables.setdefault(metric, {}).setdefault(label, Group())
        group.persons.add(person)
        group.rows += 1
        group.sum += quantity
    return tuple(
        _shown(program, metric, dict(zip(names, label, strict=True)), cells[label], hidden=label in hidden)
        for metric, cells in sorted(tables.items())
        for hidden in [hidden_groups({label: len(one.persons) for label, one in cells.items()}, least)]
        for label in sorted(cells)
    )


def _require_groups(program: Program, by: Sequence[str], least: int) -> None:
    known = ["metric", "period", "year", "month", *(f"{OF}{name}" for name in program.sets)]
    unknown = [name for name in by if name not in known]
    if unknown:
        raise RowsInvalid(
            f"Rows cannot be grouped by {', '.join(unknown)}. Group by {', '.join(known)}.", unknown=unknown
        )
    if least < LEAST_GROUP:
        raise RowsInvalid(
            f"Groups of {least} would show single people. Take at least {LEAST_GROUP}.",
            least=least,
        )


def _label(name: str, period: str, members: str, day: str) -> str:
    if name == "period":
        return period
    if name in {"year", "month"}:
        return day[: YEAR if name == "year" else MONTH]
    return dict(members_of(members)).get(name[len(OF) :], "")


def _shown(
    program: Program, metric: str, group: Mapping[str, str], cell: Group, *, hidden: bool
) -> Aggregate:
    named = tuple(group.items())
    if hidden:
        return Aggregate(metric=metric, group=named, persons=None, rows=None, value="")
    measure = program.metrics[metric]
    value = str(cell.sum) if isinstance(measure.type, Truth) else ""
    if isinstance(measure.type, Quantity) and measure.pool == "sum":
        value = write_value(measure, cell.sum)
    return Aggregate(metric=metric, group=named, persons=len(cell.persons), rows=cell.rows, value=value)


def hidden_groups(sizes: Mapping[Label, int], least: int) -> frozenset[Label]:
    """Say which groups of a table are left out.

    Parameters
    ----------
    sizes : Mapping of tuple of str to int [people]
        How many people each group has.
    least : int [people]
        Groups of fewer are left out, and so many more that no line lacks a single group or too few people.

    Examples
    --------
    >>> sorted(hidden_groups({("north",): 2, ("south",): 40, ("west",): 9}, 5))
    [('north',), ('west',)]
    >>> sorted(hidden_groups({("north",): 6, ("south",): 40}, 5))
    []
    """
    hidden = {label for label, size in sizes.items() if size < least}
    lines = tuple(_lines(sizes))
    changed = bool(hidden)
    while changed:
        changed = False
        for line in lines:
            missing = [label for label in line if label in hidden]
            thin = len(missing) == 1 or sum(sizes[label] for label in missing) < least
            others = [label for label in line if label not in hidden]
            if missing and thin and others:
                hidden.add(min(others, key=lambda label: (sizes[label], label)))
                changed = True
    return frozenset(hidden)


def _lines(sizes: Mapping[Label, int]) -> Iterator[tuple[Label, ...]]:
    """Give the groups of every line of a table: those that differ in one name only."""
    width = len(next(iter(sizes), ()))
    for place in range(width):
        found: dict[Label, list[Label]] = {}
        for label in sorted(sizes):
            found.setdefault(label[:place] + label[place + 1 :], []).append(label)
        yield from (tuple(line) for line in found.values())
