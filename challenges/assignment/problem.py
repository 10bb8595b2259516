"""The problem of assignment: who may read what, how much, and what counts as good.

The problem: "five reads each" told to a heuristic leaves applications short although a full assignment
exists, and a pair fixed by hand slips past a conflict. Here everything that an assignment must keep stands in
one value, in the words of those who ask; what contradicts itself is refused before anything is solved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import AssignmentInvalid

Pair = tuple[str, str]  # application, judge
Counts = int | Sequence[int]
Floor = Literal["absolute", "relative"]
LIFTABLE = ("panel", "soft")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderMinimum:
    """How many readers of one sort every application needs: one senior judge, one from the region.

    Attributes
    ----------
    name : str
        What they are.
    judges : frozenset of str
        Who is one.
    least : int or sequence of int [reads]
        For all applications, or for each in turn.

    Examples
    --------
    >>> ReaderMinimum(name="senior", judges=frozenset({"j1", "j2"})).least
    1
    """

    name: str
    judges: frozenset[str]
    least: Counts = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AssignmentProblem:
    """Who may read what.

    Attributes
    ----------
    applications, judges : tuple of str
        Their ids; every sequence below follows this order, the answer does not depend on it.
    affinity : float array [1]
        How well a judge fits an application, 0 to 1; a row for each application, a column for each judge.
    demand : int or sequence of int [reads]
        Of each application.
    load_lo, load_hi : int or sequence of int [reads]
        Of each judge: at least (missed only where it must be) and at most.
    overload : int or sequence of int [reads]
        What a judge may get above ``load_hi`` where nothing else helps.
    weights : int or sequence of int [1]
        What one missing read of an application counts.
    barred : Mapping of pair to str
        Pairs (application, judge) that must not be, each with its reason: ``conflict:employee``.
    closed : Mapping of str to str
        Judges who read nothing any more, each with the reason; what is pinned stays theirs.
    liftable : tuple of str
        Reasons (what stands before a colon) that the chair may lift for a pair, with a signed reason.
    lifted : tuple of pairs
        Pairs whose bar is lifted.
    soft : Mapping of pair to float [1]
        What a pair with a soft conflict costs, 0 to 1.
    organisations : sequence of str
        Of each judge; empty for none. No sequence at all: nobody has one.
    per_organisation : int or Mapping of str to int [reads]
        How many judges of one organisation may read the same application.
    organisation_extra : Mapping of (str, str) to int [reads]
        How many more of an organisation one application admits: (application, organisation).
    minima : tuple of ReaderMinimum
        Sorts of readers that applications need.
    separated : tuple of pairs of judges
        Two who must not read the same application.
    pins, bans, previous : tuple of pairs
        Fixed (opened already), not wanted, and of the draft before.
    floor : str
        ``absolute``: the lowest mean affinity is raised first; ``relative``: the lowest share of an
        application's own best.
    load_cost, move_cost, soft_cost : float [1]
        What uneven load, a changed pair and a whole soft conflict cost, in affinity.
    panels, judge_panels : sequence of str
        Panel of each application and of each judge; none: one panel.
    within_panels : bool
        Whether judges read only their own panel, but for anchors.
    anchors, anchor_reads : int [applications], int [reads]
        How many applications get so many extra reads by judges of other panels.
    connect : bool
        Whether the reads must join all applications, in total and inside each panel.
    randomise_bp : int or None [bp]
        No pair is more likely than this.

    Examples
    --------
    >>> problem = AssignmentProblem(applications=("a", "b"), judges=("j1", "j2"),
    ...   affinity=np.array([[0.9, 0.1], [0.8, 0.7]]), demand=1, load_lo=1, load_hi=1, connect=False)
    >>> problem.reads
    2
    """

    applications: tuple[str, ...]
    judges: tuple[str, ...]
    affinity: NDArray[np.float64]
    demand: Counts = 5
    load_lo: Counts = 0
    load_hi: Counts
    overload: Counts = 0
    weights: Counts = 1
    barred: Mapping[Pair, str] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    liftable: tuple[str, ...] = LIFTABLE
    lifted: tuple[Pair, ...] = ()
    soft: Mapping[Pair, float] = field(default_factory=dict)
    organisations: Sequence[str] = ()
    per_organisation: int | Mapping[str, int] = 1
    organisation_extra: Mapping[tuple[str, str], int] = field(default_factory=dict)
    minima: tuple[ReaderMinimum, ...] = ()
    separated: tuple[Pair, ...] = ()
    pins: tuple[Pair, ...] = ()
    bans: tuple[Pair, ...] = ()
    previous: tuple[Pair, ...] = ()
    floor: Floor = "absolute"
    load_cost: float = 0.002
    move_cost: float = 0.05
    soft_cost: float = 0.5
    panels: Sequence[str] = ()
    judge_panels: Sequence[str] = ()
    within_panels: bool = False
    anchors: int = 0
    anchor_reads: int = 0
    connect: bool = True
    randomise_bp: int | None = None

    def __post_init__(self) -> None:
        faults = [*_faults_of_ids(self), *_faults_of_figures(self), *_faults_of_names(self)]
        if faults:
            count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
            raise AssignmentInvalid(
                f"The problem of assignment has {count}: {'; '.join(faults[:20])}.",
                findings=faults,
            )

    def is_liftable(self, reason: str) -> bool:
        """Whether the chair may lift a bar of this reason; no reason needs no lifting.

        Parameters
        ----------
        reason : str
            As the bar states it.
        """
        return not reason or reason.partition(":")[0] in self.liftable

    @property
    def reads(self) -> int:
        """All reads that are asked for, without those of anchors [reads]."""
        return int(spread(self.demand, len(self.applications)).sum())


def spread(counts: Counts, size: int) -> NDArray[np.int64]:
    """Return one figure for each, from one for all or from the figures themselves.

    Parameters
    ----------
    counts : int or sequence of int [reads]
        One for all, or one for each.
    size : int [rows]
        How many there are.

    Examples
    --------
    >>> spread(5, 3).tolist(), spread([1, 2], 2).tolist()
    ([5, 5, 5], [1, 2])
    """
    return np.broadcast_to(np.asarray(counts, np.int64), (size,)).copy()


def _faults_of_ids(problem: AssignmentProblem) -> list[str]:
    faults = []
    for name in ("applications", "judges"):
        ids = getattr(problem, name)
        twice = sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) != len(ids) else []
        if twice:
            faults.append(f"{name} has {', '.join(twice[:5])} twice; give each id once")
        if "" in ids:
            faults.append(f"{name} has an empty id; give each a name")
    shape = (len(problem.applications), len(problem.judges))
    if problem.affinity.shape != shape:
        faults.append(f"affinity has the shape {problem.affinity.shape}, it must be {shape}")
    elif problem.affinity.size and not (problem.affinity.min() >= 0 and problem.affinity.max() <= 1):
        faults.append("affinity leaves 0 to 1, or is no number")
    for name, size in (("organisations", shape[1]), ("judge_panels", shape[1]), ("panels", shape[0])):
        given = len(getattr(problem, name))
        if given not in {0, size}:
            faults.append(f"{name} has {given} entries, it must have {size} or none")
    return faults


def _faults_of_figures(problem: AssignmentProblem) -> list[str]:
    faults = []
    n, m = len(problem.applications), len(problem.judges)
    sizes = {"demand": n, "weights": n, "load_lo": m, "load_hi": m, "overload": m}
    counts: dict[str, Any] = {name: getattr(problem, name) for name in sizes}
    for name, size in sizes.items():
        given = np.asarray(counts[name])
        if given.shape not in {(), (size,)} or (given.size and given.dtype.kind not in "iu"):
            faults.append(f"{name} must be one whole number, or {size} of them")
        elif given.size and given.min() < 0:
            faults.append(f"{name} has a figure below 0")
    if not faults and m and (spread(problem.load_lo, m) > spread(problem.load_hi, m)).any():
        faults.append("load_lo is above load_hi; give each judge at least as many at most as at least")
    costs = ("load_cost", "move_cost", "soft_cost")
    faults += [f"{name} leaves 0 to 1" for name in costs if not 0 <= getattr(problem, name) <= 1]
    if np.min(problem.weights, initial=1) < 1:
        faults.append("weights must be 1 or more, or reads could go missing unnoticed")
    if problem.randomise_bp is not None and not 0 < problem.randomise_bp <= BP:
        faults.append("randomise_bp leaves 1 to 10000")
    if any(not 0 <= cost <= 1 for cost in problem.soft.values()):
        faults.append("a soft conflict costs 0 to 1")
    return faults


def _faults_of_names(problem: AssignmentProblem) -> list[str]:
    """List pairs and judges that nobody knows."""
    applications, judges = set(problem.applications), set(problem.judges)
    faults = []
    for name in ("barred", "lifted", "soft", "pins", "bans", "previous"):
        pairs: Any = getattr(problem, name)
        strange = [pair for pair in pairs if pair[0] not in applications or pair[1] not in judges]
        if strange and name != "previous":
            faults.append(f"{name} names {len(strange)} unknown pairs, the first {strange[0]}")
    hard = [pair for pair in problem.lifted if not problem.is_liftable(problem.barred.get(pair, ""))]
    faults += [f"{one}, {two}: {problem.barred[one, two]} cannot be lifted" for one, two in hard]
    named = {judge for pair in problem.separated for judge in pair} | set(problem.closed)
    named |= {judge for minimum in problem.minima for judge in minimum.judges}
    if unknown := sorted(named - judges):
        faults.append(f"{len(unknown)} judges are named but not listed, the first {unknown[0]}")
    if any(one == other for one, other in problem.separated):
        faults.append("a judge is separated from himself")
    return faults


BP = 10_000
