"""An assignment as it is kept: pairs, proof of each stage, loads, ranks, seed and digests.

The problem: months later somebody asks why a judge got an entry. The answer carries all that it was made
from: the digest of the problem and of its affinities, the seed, the solver, every stage with its bound, and
for each pair how well that judge fits against all who were allowed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ...finance.allocation.model.highs import solver_name
from ...finance.documents import canonical_bytes
from .draw_report import DrawReport
from .graph import GraphReport
from .grid import AssignmentGrid, Mask
from .lacking import ReadShortage
from .measures import missing_reads
from .problem import BP, AssignmentProblem, Pair, spread

State = Literal["optimal", "not_proven"]
FLOOR_NEAR = 0.0151  # one in a hundred is given up by intention, the rest where the floor is searched


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """One stage: what was reached and what cannot be beaten.

    Attributes
    ----------
    name : str
        ``missing`` [weighted reads], ``shortfall`` [reads], ``floor`` [share of the whole floor; higher is
        better] or ``cost`` [bp of affinity; affinity counts with a minus].
    value, bound : float
        In that unit.

    Examples
    --------
    >>> StageResult(name="missing", value=0, bound=0).is_proven
    True
    """

    name: str
    value: float
    bound: float

    @property
    def is_proven(self) -> bool:
        """Whether nothing better is possible, as far as this stage promises."""
        if self.name == "floor":
            return self.value >= self.bound * (1 - FLOOR_NEAR)
        return self.value <= self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedPair:
    """A judge who reads an application.

    Attributes
    ----------
    application, judge : str
        Who reads what.
    affinity_bp : int [bp]
        How well they fit.
    rank : int [place]
        Of the judge among all who were allowed for this application; equal affinities share a rank.
    is_pinned : bool
        Whether the pair was fixed before.

    Examples
    --------
    >>> AssignedPair(application="a", judge="j", affinity_bp=9000, rank=1, is_pinned=False).rank
    1
    """

    application: str
    judge: str
    affinity_bp: int
    rank: int
    is_pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who reads what, with its proof.

    Attributes
    ----------
    assigned : tuple of AssignedPair
        In the order of their ids.
    state : str
        ``optimal`` within the gap that was asked, or ``not_proven``: publishing it needs a second person.
    gap : float [1]
        Relative distance of the cost to its bound.
    stages : tuple of StageResult
        In their order.
    missing : tuple of (str, int) [reads]
        Applications that lack reads.
    shortage : ReadShortage or None
        Why, and what would help.
    loads : tuple of (str, int) [reads]
        Of every judge.
    graph : GraphReport
        How reads tie all together; an assignment in parts must not be published.
    drawn : DrawReport or None
        What it was drawn from, where chance decides; the proof is then one of the chances.
    anchors : tuple of str
        Applications with extra reads.
    seed : int [1]
        Of every choice by chance.
    problem_sha256, affinity_sha256 : str
        What it was made from.
    solver : str
        Name and version.

    Examples
    --------
    >>> Assignment.__slots__[0]
    'assigned'
    """

    assigned: tuple[AssignedPair, ...]
    state: State
    gap: float
    stages: tuple[StageResult, ...]
    missing: tuple[tuple[str, int], ...]
    shortage: ReadShortage | None
    loads: tuple[tuple[str, int], ...]
    graph: GraphReport
    drawn: DrawReport | None
    anchors: tuple[str, ...]
    seed: int
    problem_sha256: str
    affinity_sha256: str
    solver: str

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Applications and their judges, in order."""
        return tuple((pair.application, pair.judge) for pair in self.assigned)

    @property
    def bound(self) -> float:
        """What no assignment undercuts in the last stage [bp]."""
        return self.stages[-1].bound

    def as_content(self) -> dict[str, Any]:
        """Return the assignment as plain content: floats as text, so that bytes are exact."""
        content: dict[str, Any] = _plain(asdict(self))
        return content

    def canonical_bytes(self) -> bytes:
        """Write the exact bytes."""
        return canonical_bytes(self.as_content())

    def digest(self) -> str:
        """Return the SHA-256 of the exact bytes, as 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical_bytes()).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON content of any shape
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return repr(value) if isinstance(value, float) else value


def state_result(
    problem: AssignmentProblem,
    grid: AssignmentGrid,
    pairs: Mask,
    stages: tuple[StageResult, ...],
    *,
    seed: int,
    gap: float,
    graph: GraphReport,
    shortage: ReadShortage | None = None,
    drawn: DrawReport | None = None,
) -> Assignment:
    """State an assignment.

    Parameters
    ----------
    problem : AssignmentProblem
        As it was asked.
    grid : AssignmentGrid
        Its tables.
    pairs : bool array
        Which judge reads what.
    stages : tuple of StageResult
        What was reached.
    seed : int [1]
        Of every choice by chance.
    gap : float [1]
        That was asked.
    graph : GraphReport
        How reads tie all together.
    shortage : ReadShortage or None
        Why reads are missing.
    drawn : DrawReport or None
        What it was drawn from.
    """
    last = stages[-1]
    reached = max(0.0, last.value - last.bound) / abs(last.bound) if last.bound else abs(last.value)
    is_proven = all(stage.is_proven for stage in stages[:-1]) and reached <= gap
    if drawn is not None:
        reached, is_proven = 0.0, stages[0].is_proven and stages[1].is_proven
    lacking = missing_reads(grid, pairs)
    named = solver_name(gap)
    return Assignment(
        assigned=_assigned(grid, pairs),
        state="optimal" if is_proven else "not_proven",
        gap=reached,
        stages=stages,
        missing=tuple((grid.applications[row], int(lacking[row])) for row in np.flatnonzero(lacking)),
        shortage=shortage,
        loads=tuple(zip(grid.judges, pairs.sum(axis=0).tolist(), strict=True)),
        graph=graph,
        drawn=drawn,
        anchors=grid.anchor_ids,
        seed=seed,
        problem_sha256=digest_problem(problem),
        affinity_sha256=hashlib.sha256(grid.affinity.astype(">i8").tobytes()).hexdigest(),
        solver=f"{named['name']} {named['version']}",
    )


def _assigned(grid: AssignmentGrid, pairs: Mask) -> tuple[AssignedPair, ...]:
    made = []
    for row, column in np.argwhere(pairs).tolist():
        own = int(grid.affinity[row, column])
        better = int((grid.affinity[row][grid.allowed[row]] > own).sum())
        pair = AssignedPair(
            application=grid.applications[row],
            judge=grid.judges[column],
            affinity_bp=own,
            rank=better + 1,
            is_pinned=bool(grid.pinned[row, column]),
        )
        made.append(pair)
    return tuple(made)


def digest_problem(problem: AssignmentProblem) -> str:
    """Return the SHA-256 of all that an assignment is made from, whatever order it came in.

    Parameters
    ----------
    problem : AssignmentProblem
        Who may read what.
    """
    n, m = len(problem.applications), len(problem.judges)
    rows = sorted(range(n), key=problem.applications.__getitem__)
    columns = sorted(range(m), key=problem.judges.__getitem__)
    affinity = np.rint(np.asarray(problem.affinity, np.float64)[np.ix_(rows, columns)] * BP).astype(">i8")
    of_rows: dict[str, list[Any]] = {
        "applications": [problem.applications[at] for at in rows],
        "demand": spread(problem.demand, n)[rows].tolist(),
        "weights": spread(problem.weights, n)[rows].tolist(),
        "panels": [problem.panels[at] for at in rows] if problem.panels else [],
    }
    of_columns: dict[str, list[Any]] = {
        "judges": [problem.judges[at] for at in columns],
        "load_lo": spread(problem.load_lo, m)[columns].tolist(),
        "load_hi": spread(problem.load_hi, m)[columns].tolist(),
        "overload": spread(problem.overload, m)[columns].tolist(),
        "organisations": [problem.organisations[at] for at in columns] if problem.organisations else [],
        "judge_panels": [problem.judge_panels[at] for at in columns] if problem.judge_panels else [],
    }
    per = problem.per_organisation
    pairs = {
        "barred": sorted([*pair, reason] for pair, reason in problem.barred.items()),
        "soft": sorted([*pair, repr(float(cost))] for pair, cost in problem.soft.items()),
        "closed": dict(problem.closed),
        "pins": sorted(problem.pins),
        "bans": sorted(problem.bans),
        "previous": sorted(problem.previous),
        "separated": sorted(sorted(pair) for pair in problem.separated),
        "lifted": sorted(problem.lifted),
        "liftable": sorted(problem.liftable),
        "organisation_extra": sorted([*pair, extra] for pair, extra in problem.organisation_extra.items()),
        "per_organisation": per if isinstance(per, int) else dict(per),
        "minima": [
            [minimum.name, sorted(minimum.judges), spread(minimum.least, n)[rows].tolist()]
            for minimum in problem.minima
        ],
    }
    names = ("floor", "within_panels", "anchors", "anchor_reads", "connect", "randomise_bp")
    figures = {name: getattr(problem, name) for name in names}
    costs = {name: repr(float(getattr(problem, name))) for name in ("load_cost", "move_cost", "soft_cost")}
    content = of_rows | of_columns | pairs | figures | costs
    return hashlib.sha256(canonical_bytes(content) + affinity.tobytes()).hexdigest()
