"""Why reads are missing: each judge with the reason he is out, who competes for whom, and what to change.

The problem: "infeasible" leaves the chair to guess. Every short application lists its judges with the rule
that keeps each out; the cut of the flow names the smallest set of applications that need more reads than
their judges can give, with both figures; and single changes are proposed only after the problem was solved
again with them.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components

from .flows import ReadFlow
from .grid import NOBODY, AssignmentGrid, Int, Mask
from .measures import missing_reads

FREE, LIMITED, APART, FULL = range(4)  # why a judge does not read an application


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortApplication:
    """An application that lacks reads, and why each judge who does not read it is out.

    Attributes
    ----------
    application : str
        Whose.
    missing : int [reads]
        How many.
    reasons : tuple of (str, str)
        Judge and reason: that of the bar, or ``full``, ``organisation``, ``separation``, ``elsewhere``
        (free only if another application is left short instead).

    Examples
    --------
    >>> ShortApplication(application="a", missing=2, reasons=(("j", "full"), ("k", "full"))).counts
    (('full', 2),)
    """

    application: str
    missing: int
    reasons: tuple[tuple[str, str], ...]

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many judges are out for each reason, the most frequent first [judges]."""
        found = Counter(reason for _, reason in self.reasons)
        return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class HallCertificate:
    """Applications that together need more reads than can be had: nobody can assign them all.

    Attributes
    ----------
    applications : tuple of str
        Who compete.
    judges : tuple of str
        Who may read any of them.
    full : tuple of str
        Those of them whose whole load these applications take.
    need, can : int [reads]
        What the applications ask, and what the judges can give.
    organisations : tuple of (str, str)
        Applications and organisations whose limit is reached.
    causes : tuple of str
        What would have to give way: ``load``, ``organisation``, or the reason of a bar.

    Examples
    --------
    >>> HallCertificate(applications=("a", "b"), judges=("j",), full=("j",), need=4, can=3, organisations=(),
    ...   causes=("load",)).text
    '2 applications need 4 reads, their 1 judge can give 3.'
    """

    applications: tuple[str, ...]
    judges: tuple[str, ...]
    full: tuple[str, ...]
    need: int
    can: int
    organisations: tuple[tuple[str, str], ...]
    causes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The certificate as a sentence."""
        many, judges = len(self.applications), len(self.judges)
        who, whose = (f"{many} applications need", "their") if many > 1 else ("1 application needs", "its")
        return f"{who} {plural(self.need, 'read')}, {whose} {plural(judges, 'judge')} can give {self.can}."


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    Parameters
    ----------
    count : int [1]
        How many.
    noun : str
        Of one.

    Examples
    --------
    >>> plural(1, "read"), plural(2, "read")
    ('1 read', '2 reads')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def explain_missing(grid: AssignmentGrid, pairs: Mask) -> tuple[ShortApplication, ...]:
    """Say for every short application why each judge who does not read it is out.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    pairs : bool array
        Which judge reads what.
    """
    missing = missing_reads(grid, pairs)
    is_full = pairs.sum(axis=0) >= grid.most
    made = []
    for row in np.flatnonzero(missing > 0).tolist():
        reasons = _why_out(grid, pairs[row], row, is_full)
        out = [(grid.judges[judge], reasons[judge]) for judge in np.flatnonzero(~pairs[row]).tolist()]
        one = ShortApplication(
            application=grid.applications[row], missing=int(missing[row]), reasons=tuple(out)
        )
        made.append(one)
    return tuple(made)


def _why_out(grid: AssignmentGrid, readers: Mask, row: int, is_full: Mask) -> list[str]:
    """Say of every judge why he does not read an application, the first rule that keeps him out."""
    said = np.full(len(readers), FREE, np.int64)
    width = len(grid.organisations)
    has_one = grid.organisation != NOBODY
    count = np.bincount(grid.organisation[has_one & readers], minlength=width)
    said[has_one] = np.where((count >= grid.cap[row])[grid.organisation[has_one]], LIMITED, FREE)
    for clique in grid.cliques:
        if readers[clique].any():
            said[clique] = APART
    said[is_full] = FULL
    words = {FREE: "elsewhere", LIMITED: "organisation", APART: "separation", FULL: "full"}
    barred = grid.why[row]
    return [
        grid.reasons[code - 1] if code else words[rule]
        for code, rule in zip(barred.tolist(), said.tolist(), strict=True)
    ]


def find_certificates(grid: AssignmentGrid, flow: ReadFlow) -> tuple[HallCertificate, ...]:
    """Return the sets of applications that need more than can be had; none where the flow is full.

    Parameters
    ----------
    grid : AssignmentGrid
        Tables.
    flow : ReadFlow
        The most reads that can be had.
    """
    rows = np.flatnonzero(flow.tight_rows)
    if not len(rows):
        return ()
    joint = grid.allowed[rows] & flow.tight_judges[None, :]
    count, label = connected_components(joint.astype(np.int64) @ joint.T.astype(np.int64), directed=False)
    shared: dict[bytes, list[int]] = {}
    for at in range(count):
        part = rows[label == at]
        shared.setdefault(grid.allowed[part].any(axis=0).tobytes(), []).extend(part.tolist())
    made = [_certificate(grid, flow, np.array(sorted(part), np.int64)) for part in shared.values()]
    return tuple(one for one in made if one.need > one.can)


def _certificate(grid: AssignmentGrid, flow: ReadFlow, rows: Int) -> HallCertificate:
    allowed, pinned = grid.allowed[rows], grid.pinned[rows]
    reading = (allowed | pinned).any(axis=0)
    full = flow.tight_judges & allowed.any(axis=0)
    groups = [(row, own) for row, own in flow.tight_groups if row in set(rows.tolist())]
    kept = sum(max(0, int(grid.cap[row, own]) - _fixed(grid, row, own)) for row, own in groups)
    can = int((grid.most - grid.pinned.sum(axis=0))[full].sum()) + int(flow.single[rows].sum()) + kept
    return HallCertificate(
        applications=tuple(grid.applications[row] for row in rows),
        judges=tuple(grid.judges[at] for at in np.flatnonzero(reading)),
        full=tuple(grid.judges[at] for at in np.flatnonzero(full)),
        need=int(grid.demand[rows].sum()),
        can=can + int(pinned.sum()),
        organisations=tuple((grid.applications[row], grid.organisations[own]) for row, own in groups),
        causes=_causes(grid, flow, rows, has_full=bool(full.any()), has_groups=bool(groups)),
    )


def _fixed(grid: AssignmentGrid, row: int, own: int) -> int:
    return int(grid.pinned[row, grid.organisation == own].sum())


def _causes(
    grid: AssignmentGrid, flow: ReadFlow, rows: Int, *, has_full: bool, has_groups: bool
) -> tuple[str, ...]:
    """Return what would have to give way: bars towards judges with room, full loads, limits."""
    barred = grid.why[rows] * ~flow.tight_judges[None, :]
    found = Counter(barred[barred > 0].tolist())
    bars = [grid.reasons[code - 1] for code, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))]
    return (*["load"] * has_full, *["organisation"] * has_groups, *bars)
