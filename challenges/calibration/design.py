"""The design of a round of judging: who read what, as arrays in independent blocks.

The problem: a round has as many unknowns as applications and judges together, and solved as one matrix it is
needlessly slow. Applications and judges that no chain of reads connects share nothing but the overall mean
and the panels. So every connected component is a block of its own; blocks of like size lie in one stack, and
the few common columns, the border, are treated apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..errors import CalibrationInvalid

Array = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]
Truth = np.ndarray[tuple[Any, ...], np.dtype[np.bool]]
Index = np.ndarray[tuple[Any, ...], np.dtype[np.int64]]
Direction = Literal["higher", "lower"]
PanelModel = Literal["quality", "none", "within"]
Number = int | float | Decimal | Fraction
DIRECTIONS = ("higher", "lower")
PANEL_MODELS = ("quality", "none", "within")
MAX_READS = 200_000
MAX_APPLICATIONS, MAX_JUDGES, MAX_PANELS = 5_000, 20_000, 500
MAX_SIZE = 1_000_000_000
_EXACT_FROM = 48  # a component with so many nodes on its smaller side gets a stack of its own


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Read:
    """What one judge gave one application, as one number.

    Attributes
    ----------
    application_id, judge_id : str
        Whose work, by whom.
    value : Fraction [points]
        Exact; usually the weighted total of the traits.

    Examples
    --------
    >>> Read(application_id="a-1", judge_id="j-1", value=Fraction(37, 10)).value
    Fraction(37, 10)
    """

    application_id: str
    judge_id: str
    value: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Components of like size: ``nodes`` are indices of effects, filled up with the index after the last.

    Attributes
    ----------
    larger, smaller : array [node indices]
        Components x nodes of their larger and of their smaller side.
    linked : array [reads]
        Components x larger x smaller: 1 where the judge read the application.
    """

    larger: Index
    smaller: Index
    linked: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A round as arrays; values are turned so that higher is better, and centred.

    Attributes
    ----------
    applications, judges, panels : tuple[str, ...]
        Sorted ids; index = number of the effect. Judges are nodes after the applications.
    of_application, of_judge : array [index]
        Per read.
    panel : array [index] or None
        Per application.
    values : array [points]
        Per read.
    centre : float [points]
        What was taken off, already turned.
    border : array
        Per application its row of common columns: the mean, the panels.
    fixed : int [columns]
        How many of these, the first, are fixed effects.
    counts : array [reads]
        Per node, and 0 for the filler.
    component : array [index]
        Per node.
    stacks : tuple[Stack, ...]
        All components.
    """

    applications: tuple[str, ...]
    judges: tuple[str, ...]
    panels: tuple[str, ...]
    of_application: Index
    of_judge: Index
    panel: Index | None
    values: Array
    centre: float
    border: Array
    fixed: int
    counts: Array
    component: Index
    stacks: tuple[Stack, ...]

    @property
    def size(self) -> int:
        """Number of applications."""
        return len(self.applications)

    @property
    def nodes(self) -> int:
        """Number of applications and judges."""
        return len(self.applications) + len(self.judges)


def take_reads(scores: Iterable[tuple[str, str, Number]] | Iterable[Read]) -> tuple[Read, ...]:
    """Take scores as reads, exact and sorted.

    Parameters
    ----------
    scores : Iterable of (application, judge, value) or of Read [points]
        In any order.

    Raises
    ------
    CalibrationInvalid
        No read at all, more than 200,000, a judge twice on one application, an empty name, a value that is
        no finite number.

    Examples
    --------
    >>> take_reads([("b", "j", 2), ("a", "j", 1.5)])[0].value
    Fraction(3, 2)
    """
    reads = sorted(_read(score) for score in scores)
    if not reads:
        raise CalibrationInvalid("There is no read: a calibration needs scores.", reads=0)
    if len(reads) > MAX_READS:
        raise CalibrationInvalid(f"{len(reads)} reads; the limit is {MAX_READS}.", reads=len(reads))
    for before, read in pairwise(reads):
        if before.application_id == read.application_id and before.judge_id == read.judge_id:
            raise CalibrationInvalid(
                f"Judge {read.judge_id} stands twice on application {read.application_id}: "
                "hand over the read that counts.",
                application=read.application_id,
                judge=read.judge_id,
            )
    return tuple(reads)


def _read(score: tuple[str, str, Number] | Read) -> Read:
    if isinstance(score, Read):
        application_id, judge_id, value = score.application_id, score.judge_id, score.value
    else:
        application_id, judge_id, value = score  # type: ignore[assignment]  # checked below
    for name in (application_id, judge_id):
        if not isinstance(name, str) or not name:
            raise CalibrationInvalid(
                f"An application and a judge have a name, not {name!r}.", name=repr(name)
            )
    try:
        exact = None if isinstance(value, bool | str) else Fraction(value)
    except (TypeError, ValueError, OverflowError):
        exact = None
    if exact is None:
        text = " A text from a file is turned into a number first." if isinstance(value, str) else ""
        raise CalibrationInvalid(
            f"The score of {application_id} by {judge_id} is no finite number: {value!r}.{text}",
            application=application_id,
            judge=judge_id,
        )
    if abs(exact) > MAX_SIZE:
        raise CalibrationInvalid(
            f"The score of {application_id} by {judge_id} is {float(exact):g}; the limit is {MAX_SIZE}.",
            application=application_id,
            judge=judge_id,
        )
    return Read(application_id=application_id, judge_id=judge_id, value=exact)


def lay_out(
    reads: Sequence[Read],
    *,
    direction: Direction,
    panels: Mapping[str, str] | None,
    panel_model: PanelModel,
) -> Design:
    """Make the arrays of a round.

    Parameters
    ----------
    reads : Sequence[Read]
        As ``take_reads`` gives them.
    direction : str
        ``higher`` or ``lower`` is better.
    panels : Mapping[str, str] or None
        Application -> panel.
    panel_model : str
        ``quality``, ``none`` or ``within``.

    Raises
    ------
    CalibrationInvalid
        When an application has no panel though panels are used, or there are more than 5,000 applications,
        20,000 judges or 500 panels: the table of covariances grows with the square.

    Examples
    --------
    >>> reads = take_reads([("a", "j", 1), ("b", "k", 2)])
    >>> design = lay_out(reads, direction="higher", panels=None, panel_model="none")
    >>> design.component.tolist(), design.values.tolist()
    ([0, 1, 0, 1], [-0.5, 0.5])
    """
    applications = tuple(sorted({read.application_id for read in reads}))
    judges = tuple(sorted({read.judge_id for read in reads}))
    of_application = _positions(applications, [read.application_id for read in reads])
    of_judge = _positions(judges, [read.judge_id for read in reads])
    sign = 1.0 if direction == "higher" else -1.0
    turned = sign * np.array([float(read.value) for read in reads])
    centre = float(turned.mean())
    names, panel = _panels(applications, panels if panel_model != "none" else None)
    _require_bounded(applications=len(applications), judges=len(judges), panels=len(names))
    border, fixed = _border(len(applications), names, panel, panel_model)
    size, nodes = len(applications), len(applications) + len(judges)
    counts = np.zeros(nodes + 1)
    counts[:size] = np.bincount(of_application, minlength=size)
    counts[size:nodes] = np.bincount(of_judge, minlength=len(judges))
    links = coo_array((np.ones(len(reads)), (of_application, size + of_judge)), shape=(nodes, nodes))
    component = connected_components(links, directed=False)[1].astype(np.int64)
    return Design(
        applications=applications,
        judges=judges,
        panels=names,
        of_application=of_application,
        of_judge=of_judge,
        panel=panel,
        values=turned - centre,
        centre=centre,
        border=border,
        fixed=fixed,
        counts=counts,
        component=component,
        stacks=_stacks(of_application, size + of_judge, component, size),
    )


def _require_bounded(**counts: int) -> None:
    limits = {"applications": MAX_APPLICATIONS, "judges": MAX_JUDGES, "panels": MAX_PANELS}
    for name, limit in limits.items():
        if counts[name] > limit:
            raise CalibrationInvalid(
                f"{counts[name]} {name}; the limit is {limit}: calibrate parts without a common judge "
                "one by one.",
                **counts,
            )


def _positions(names: Sequence[str], wanted: Sequence[str]) -> Index:
    place = {name: index for index, name in enumerate(names)}
    return np.array([place[name] for name in wanted], dtype=np.int64)


def _panels(
    applications: Sequence[str], panels: Mapping[str, str] | None
) -> tuple[tuple[str, ...], Index | None]:
    if panels is None:
        return (), None
    missing = [name for name in applications if name not in panels]
    if missing:
        raise CalibrationInvalid(
            f"{len(missing)} applications have no panel, {missing[0]} first: name one for each.",
            applications=missing,
        )
    names = tuple(sorted({panels[name] for name in applications}))
    return names, _positions(names, [panels[name] for name in applications])


def _border(
    size: int, panels: Sequence[str], panel: Index | None, panel_model: PanelModel
) -> tuple[Array, int]:
    """Make the common columns of each application: mean and panels, or panels alone as fixed means."""
    if panel is None:
        return np.ones((size, 1)), 1
    own = np.zeros((size, len(panels)))
    own[np.arange(size), panel] = 1.0
    if panel_model == "within":
        return own, len(panels)
    return np.hstack([np.ones((size, 1)), own]), 1


def _stacks(first: Index, second: Index, component: Index, size: int) -> tuple[Stack, ...]:
    """Group the components by the sizes of their two sides, small ones filled up to a power of two."""
    order = np.argsort(component, kind="stable")
    of_component = component[order]
    starts = np.flatnonzero(np.diff(of_component, prepend=-1))
    sides = []
    for nodes in np.split(order, starts[1:]):
        cut = int(np.searchsorted(nodes, size))
        one, two = nodes[:cut], nodes[cut:]
        sides.append((one, two) if len(one) >= len(two) else (two, one))
    alike: dict[tuple[int, int], list[int]] = {}
    for number, (larger, smaller) in enumerate(sides):
        alike.setdefault(_shape(len(larger), len(smaller)), []).append(number)
    reads_of = component[first]
    filler = len(component)
    local = np.empty(filler, dtype=np.int64)
    for larger, smaller in sides:
        local[larger] = np.arange(len(larger))
        local[smaller] = np.arange(len(smaller))
    is_larger = np.zeros(filler, dtype=bool)
    for larger, _ in sides:
        is_larger[larger] = True
    stacks = []
    for (rows, columns), numbers in sorted(alike.items()):
        place = np.full(len(sides), -1)
        place[numbers] = np.arange(len(numbers))
        linked = np.zeros((len(numbers), rows, columns))
        here = place[reads_of] >= 0
        one, two = first[here], second[here]
        swapped = ~is_larger[one]
        one, two = np.where(swapped, two, one), np.where(swapped, one, two)
        linked[place[reads_of[here]], local[one], local[two]] = 1.0
        stacks.append(
            Stack(
                larger=_filled([sides[number][0] for number in numbers], rows, filler),
                smaller=_filled([sides[number][1] for number in numbers], columns, filler),
                linked=linked,
            )
        )
    return tuple(stacks)


def _shape(larger: int, smaller: int) -> tuple[int, int]:
    if smaller >= _EXACT_FROM:
        return larger, smaller
    return 1 << (larger - 1).bit_length(), 1 << (smaller - 1).bit_length()


def _filled(rows: Sequence[Index], width: int, filler: int) -> Index:
    table = np.full((len(rows), width), filler, dtype=np.int64)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table
