"""Everything that is said about missing reads, put together.

The problem: a shortage has three questions: why is each judge out, who competes for whom, what would help.
They are answered from one flow, and every proposal is tried on the problem as it was asked.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .aims import missing_aim
from .changes import ProposedChange, propose_changes
from .flows import most_reads
from .grid import AssignmentGrid, Mask, compile_grid
from .measures import missing_reads
from .model import StageLines
from .problem import AssignmentProblem
from .shortage import HallCertificate, ShortApplication, explain_missing, find_certificates
from .stages import StageRun

SEPARATION = "separation"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadShortage:
    """Why reads are missing, and what would help.

    Attributes
    ----------
    missing : int [reads]
        In all.
    applications : tuple of ShortApplication
        Who lacks reads, and why each judge is out.
    certificates : tuple of HallCertificate
        Who competes for whom.
    causes : tuple of str
        What would have to give way.
    changes : tuple of ProposedChange
        The three cheapest that were tried and gain.

    Examples
    --------
    >>> ReadShortage(missing=1, applications=(), certificates=(), causes=("load",), changes=()).causes
    ('load',)
    """

    missing: int
    applications: tuple[ShortApplication, ...]
    certificates: tuple[HallCertificate, ...]
    causes: tuple[str, ...]
    changes: tuple[ProposedChange, ...]


def explain_shortage(
    problem: AssignmentProblem,
    grid: AssignmentGrid,
    pairs: Mask,
    *,
    seed: int,
    left: Callable[[], float],
) -> ReadShortage | None:
    """Say why reads are missing; None where none are.

    Parameters
    ----------
    problem : AssignmentProblem
        As it was asked.
    grid : AssignmentGrid
        Its tables.
    pairs : bool array
        Which judge reads what.
    seed : int [1]
        Of every choice by chance.
    left : Callable
        Time left for trying changes [s].
    """
    missing = int(missing_reads(grid, pairs).sum())
    if not missing:
        return None
    flow = most_reads(grid)
    certificates = find_certificates(grid, flow)
    short = explain_missing(grid, pairs)
    causes = list(dict.fromkeys(cause for one in certificates for cause in one.causes))
    if int(grid.demand.sum()) - flow.reads < missing and grid.cliques:
        causes.insert(0, SEPARATION)

    def missing_with(changed: AssignmentProblem) -> int | None:
        return count_missing(changed, seed=seed, left=left)

    changes = propose_changes(problem, grid, short, (flow, certificates), missing_with)
    return ReadShortage(
        missing=missing, applications=short, certificates=certificates, causes=tuple(causes), changes=changes
    )


def count_missing(problem: AssignmentProblem, *, seed: int, left: Callable[[], float]) -> int | None:
    """Return the missing reads of a problem [reads]; None where time is over.

    Parameters
    ----------
    problem : AssignmentProblem
        Who may read what.
    seed : int [1]
        Of every choice by chance.
    left : Callable
        Time left [s].
    """
    if left() <= 0:
        return None
    grid = compile_grid(problem, seed=seed)
    if not grid.cliques:
        return int(grid.demand.sum()) - most_reads(grid).reads
    found = StageRun(grid, left, seed).least(missing_aim(grid), StageLines(), gap=0.0)
    return None if found is None else int(missing_reads(grid, found.pairs).sum())
