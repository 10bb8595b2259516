"""A problem of assignment as whole-number tables, ids in order.

The problem: the same problem told in another order must give the same bytes, and a solver's floats decide
nothing. Here ids are sorted, affinities and costs become whole basis points and every bar has its reason.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .problem import BP, AssignmentProblem, Pair, spread

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]
NOBODY = -1  # the organisation of a judge who has none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReaderSort:
    """Readers of one sort: which judges are one, and how many each application needs [reads].

    Examples
    --------
    >>> ReaderSort(name="senior", member=np.array([[True, False]]), least=np.array([1])).name
    'senior'
    """

    name: str
    member: Mask
    least: Int


@dataclass(frozen=True, kw_only=True, eq=False)
class AssignmentGrid:
    """Tables of a problem: rows are applications, columns are judges, both in the order of their ids.

    Attributes
    ----------
    applications, judges : tuple of str
        Ids in order.
    affinity, cost : int array [bp]
        Of each pair; the cost is what a soft conflict or a change of the draft adds.
    constant : int [bp]
        What the draft before costs when none of it is kept.
    load_cost : int [bp]
        Of the first read above the least load; the next ones cost 3, 5, ... times as much.
    why : int array [1]
        0 for a pair that may be, else 1 + the place of its reason.
    reasons : tuple of str
        Why pairs are barred.
    demand, weights, low, high, overload : int array [reads]
        Of applications and of judges; the demand of an anchor includes its extra reads.
    organisation : int array [1]
        Place of each judge's organisation; -1 for none.
    cap : int array [reads]
        How many judges of each organisation may read each application.
    sorts : tuple of ReaderSort
        Readers that applications need.
    cliques : tuple of int array
        Judges of whom an application gets at most one.
    pinned, lasting : bool array
        Fixed pairs; pairs of the draft before.
    panel : int array
        Place of each application's panel.
    anchors : int array
        Rows of the applications with extra reads.
    full_floor : int array [bp]
        What counts as the whole floor of each application.

    Examples
    --------
    >>> problem = AssignmentProblem(applications=("b", "a"), judges=("j",), affinity=np.array([[0.2], [0.5]]),
    ...   demand=1, load_hi=2)
    >>> compile_grid(problem, seed=1).affinity.tolist()
    [[5000], [2000]]
    """

    applications: tuple[str, ...]
    judges: tuple[str, ...]
    affinity: Int
    cost: Int
    constant: int
    load_cost: int
    why: Int
    reasons: tuple[str, ...]
    demand: Int
    weights: Int
    low: Int
    high: Int
    overload: Int
    organisations: tuple[str, ...]
    organisation: Int
    cap: Int
    sorts: tuple[ReaderSort, ...]
    cliques: tuple[Int, ...]
    pinned: Mask
    lasting: Mask
    panels: tuple[str, ...]
    panel: Int
    anchors: Int
    full_floor: Int

    @cached_property
    def allowed(self) -> Mask:
        """Which pairs may be."""
        return np.asarray(self.why == 0)

    @property
    def anchor_ids(self) -> tuple[str, ...]:
        """The applications with extra reads."""
        return tuple(self.applications[row] for row in self.anchors)

    def named(self, pairs: Mask) -> tuple[Pair, ...]:
        """Return the ids of pairs, in order.

        Parameters
        ----------
        pairs : bool array
            Which judge reads what.
        """
        return tuple(
            (self.applications[row], self.judges[at]) for row, at in zip(*np.nonzero(pairs), strict=True)
        )

    @property
    def most(self) -> Int:
        """What each judge can take with all overload [reads]."""
        return self.high + self.overload

    @property
    def slices(self) -> Int:
        """How many reads above the least load each judge can take [reads]."""
        return self.most - self.low

    @cached_property
    def pair_cost(self) -> Int:
        """What a pair adds to the last objective [bp]."""
        return self.cost - self.affinity


class IdPlaces:
    """Where ids stand.

    Examples
    --------
    >>> IdPlaces(("a",), ("j", "k")).mask([("a", "k")]).tolist()
    [[False, True]]
    """

    def __init__(self, applications: Sequence[str], judges: Sequence[str]) -> None:
        self.rows = {name: at for at, name in enumerate(applications)}
        self.columns = {name: at for at, name in enumerate(judges)}

    def of(self, pairs: Iterable[Pair]) -> tuple[Int, Int]:
        """Return rows and columns of the pairs that are known."""
        known = [(self.rows[one], self.columns[two]) for one, two in pairs if self._knows(one, two)]
        table = np.array(known, np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    def _knows(self, application: str, judge: str) -> bool:
        return application in self.rows and judge in self.columns

    def mask(self, pairs: Iterable[Pair]) -> Mask:
        """Return a table that is true at the pairs."""
        made = np.zeros((len(self.rows), len(self.columns)), np.bool_)
        made[self.of(pairs)] = True
        return made

    def members(self, judges: Iterable[str]) -> Mask:
        """Return a row that is true at the judges."""
        wanted = set(judges)
        return np.array([name in wanted for name in self.columns], np.bool_)


def compile_grid(problem: AssignmentProblem, *, seed: int) -> AssignmentGrid:
    """Return the tables of a problem.

    Parameters
    ----------
    problem : AssignmentProblem
        Who may read what.
    seed : int [1]
        Chooses the anchors.
    """
    applications, judges = tuple(sorted(problem.applications)), tuple(sorted(problem.judges))
    n, m = len(applications), len(judges)
    rows = np.array(sorted(range(n), key=problem.applications.__getitem__), np.int64)
    columns = np.array(sorted(range(m), key=problem.judges.__getitem__), np.int64)
    places = IdPlaces(applications, judges)
    panels, panel = _numbered([problem.panels[at] for at in rows] if problem.panels else [""] * n)
    own = [problem.judge_panels[at] for at in columns] if problem.judge_panels else [""] * m
    seat = {name: at for at, name in enumerate(panels)}
    abroad = panel[:, None] != np.array([seat.get(name, NOBODY) for name in own], np.int64)[None, :]
    anchors = choose_anchors(applications, panel, count=problem.anchors, seed=seed)
    demand = spread(problem.demand, n)[rows]
    demand[anchors] += problem.anchor_reads
    why, reasons = _bars(problem, places, abroad, anchors)
    organisations, organisation = _numbered(
        [problem.organisations[at] for at in columns] if problem.organisations else [""] * m
    )
    none = np.array([not organisations[at] for at in organisation], np.bool_)
    affinity = whole_bp(np.asarray(problem.affinity, np.float64)[np.ix_(rows, columns)])
    cost, constant = _costs(problem, places)
    low = spread(problem.load_lo, m)[columns]
    return AssignmentGrid(
        applications=applications,
        judges=judges,
        affinity=affinity,
        cost=cost,
        constant=constant,
        load_cost=int(whole_bp(np.float64(problem.load_cost))),
        why=why,
        reasons=reasons,
        demand=demand,
        weights=spread(problem.weights, n)[rows],
        low=low,
        high=np.maximum(low, np.minimum(spread(problem.load_hi, m)[columns], n)),
        overload=np.minimum(spread(problem.overload, m)[columns], n),
        organisations=organisations,
        organisation=np.where(none, NOBODY, organisation),
        cap=_caps(problem, applications, organisations),
        sorts=_sorts(problem, places, rows, (abroad, anchors)),
        cliques=_cliques(problem, places),
        pinned=places.mask(problem.pins),
        lasting=places.mask(problem.previous),
        panels=panels,
        panel=panel,
        anchors=anchors,
        full_floor=_full_floor(problem, affinity, why == 0, demand),
    )


def whole_bp(share: "NDArray[np.float64] | np.float64") -> Int:
    """Round shares to whole basis points.

    Parameters
    ----------
    share : float array [1]
        Shares of one.
    """
    return np.asarray(np.rint(np.asarray(share) * BP), np.int64)


def choose_anchors(applications: Sequence[str], panel: Int, *, count: int, seed: int) -> Int:
    """Return the rows of the applications with extra reads: in turn from every panel, by a seeded order.

    Parameters
    ----------
    applications : sequence of str
        Ids in order.
    panel : int array [1]
        Panel of each.
    count : int [applications]
        How many.
    seed : int [1]
        Of the order.

    Examples
    --------
    >>> choose_anchors(("a", "b", "c", "d"), np.array([0, 0, 1, 1]), count=2, seed=1).tolist()
    [0, 3]
    """
    drawn = [hashlib.sha256(f"{seed}:{name}".encode()).hexdigest() for name in applications]
    turns = dict.fromkeys(panel.tolist(), 0)
    order = []
    for row in sorted(range(len(applications)), key=drawn.__getitem__):
        at = int(panel[row])
        order.append((turns[at], at, row))
        turns[at] += 1
    return np.array(sorted(row for _, _, row in sorted(order)[:count]), np.int64)


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], Int]:
    """Return the names once, in order, and the place of each."""
    known = sorted(set(names))
    place = {name: at for at, name in enumerate(known)}
    return tuple(known), np.array([place[name] for name in names], np.int64)


def _bars(
    problem: AssignmentProblem, places: IdPlaces, abroad: Mask, anchors: Int
) -> tuple[Int, tuple[str, ...]]:
    """Return why each pair may not be: the last of ban, panel, closed judge and conflict stands."""
    names = {"ban", "panel", *problem.closed.values(), *problem.barred.values()}
    reasons = tuple(sorted(names))
    code = {name: at + 1 for at, name in enumerate(reasons)}
    why = np.zeros(abroad.shape, np.int64)
    why[places.of(problem.bans)] = code["ban"]
    if problem.within_panels:
        barred = abroad.copy()
        barred[anchors] = False
        why[barred] = code["panel"]
    for judge, reason in problem.closed.items():
        at = places.columns[judge]
        why[:, at] = np.where(places.mask(problem.pins)[:, at], why[:, at], code[reason])
    why[places.of(problem.barred)] = [code[reason] for reason in problem.barred.values()]
    liftable = [code[reason] for reason in reasons if problem.is_liftable(reason)]
    why[places.mask(problem.lifted) & np.isin(why, liftable)] = 0
    return why, reasons


def _costs(problem: AssignmentProblem, places: IdPlaces) -> tuple[Int, int]:
    """Return what pairs cost beside affinity, and what a draft costs of which nothing is kept [bp]."""
    cost = np.zeros((len(places.rows), len(places.columns)), np.int64)
    shares = np.array(list(problem.soft.values()), np.float64)
    cost[places.of(problem.soft)] = whole_bp(shares * problem.soft_cost)
    if not problem.previous:
        return cost, 0
    move = int(whole_bp(np.float64(problem.move_cost)))
    lasting = places.mask(problem.previous)
    return cost + np.where(lasting, -move, move), move * int(lasting.sum())


def _sorts(
    problem: AssignmentProblem, places: IdPlaces, rows: Int, anchored: tuple[Mask, Int]
) -> tuple[ReaderSort, ...]:
    shape = (len(places.rows), len(places.columns))
    made = [
        ReaderSort(
            name=minimum.name,
            member=np.broadcast_to(places.members(minimum.judges), shape),
            least=spread(minimum.least, shape[0])[rows],
        )
        for minimum in problem.minima
    ]
    abroad, anchors = anchored
    if len(anchors) and problem.anchor_reads and problem.judge_panels:
        least = np.zeros(shape[0], np.int64)
        least[anchors] = problem.anchor_reads
        made.append(ReaderSort(name="other_panel", member=abroad, least=least))
        if problem.within_panels:
            asked = np.zeros(shape[0], np.int64)
            asked[anchors] = spread(problem.demand, shape[0])[rows][anchors]
            made.append(ReaderSort(name="own_panel", member=~abroad, least=asked))
    return tuple(made)


def _cliques(problem: AssignmentProblem, places: IdPlaces) -> tuple[Int, ...]:
    """Cover the separated pairs by sets of judges who are all apart from each other."""
    apart: dict[int, set[int]] = {}
    for one, other in problem.separated:
        a, b = sorted((places.columns[one], places.columns[other]))
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)
    open_pairs = {(a, b) for a in sorted(apart) for b in apart[a] if a < b}
    cliques = []
    while open_pairs:
        a, b = min(open_pairs)
        clique = [a, b]
        for c in sorted(apart[a] & apart[b]):
            if all(c in apart[d] for d in clique):
                clique.append(c)
        open_pairs -= {(c, d) for c in clique for d in clique}
        cliques.append(np.array(sorted(clique), np.int64))
    return tuple(cliques)


def _caps(problem: AssignmentProblem, applications: Sequence[str], organisations: Sequence[str]) -> Int:
    """Return how many judges of each organisation may read each application [reads]."""
    per = problem.per_organisation
    usual = [per if isinstance(per, int) else per.get(name, 1) for name in organisations]
    cap = np.tile(np.array(usual, np.int64), (len(applications), 1))
    places = IdPlaces(applications, organisations)
    known = [pair for pair in problem.organisation_extra if pair[1] in places.columns]
    cap[places.of(known)] += np.array([problem.organisation_extra[pair] for pair in known], np.int64)
    return cap


def _full_floor(problem: AssignmentProblem, affinity: Int, allowed: Mask, demand: Int) -> Int:
    """Return what counts as the whole floor of each application [bp]."""
    if problem.floor == "absolute":
        return demand * BP
    best = -np.sort(-np.where(allowed, affinity, 0), axis=1)
    return np.array([best[row, :count].sum() for row, count in enumerate(demand.tolist())], np.int64)
