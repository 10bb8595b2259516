"""Plans of who reads what: what the organiser asks for, and what came out.

The problem: a list of names in a spreadsheet does not say what is missing, whether anything better exists, or
whether the reads hang together, and it is published in silence. A plan says all three, and what somebody has
to accept before it counts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from .halves import Half

Pair = tuple[str, str]  # application, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWishes:
    """What the organiser gives to a plan besides the brief.

    Attributes
    ----------
    seed : int [1]
        Of every choice by chance.
    signals : Mapping [1]
        Name -> pair (application, judge) -> how well they fit, 0 to 1; what is missing plays no part.
    panels : Mapping of str to str
        Application -> panel; empty: one panel.
    languages : Mapping of str to str
        Application -> language.
    separated : tuple of pairs of judges
        Who must not read the same application.
    gap : float [1]
        Relative distance to the bound that is good enough.
    limit_s : float [s]
        Time for the solver.

    Examples
    --------
    >>> PlanWishes(seed=1).gap
    0.001
    """

    seed: int
    signals: Mapping[str, Mapping[Pair, float]] = field(default_factory=dict)
    panels: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    separated: tuple[Pair, ...] = ()
    gap: float = 1e-3
    limit_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentPlan:
    """A plan of who reads what.

    Attributes
    ----------
    phase : str
        Of which phase.
    number : int [plans]
        Counted from 1 in the phase.
    pairs : tuple of (application, judge)
        Who reads what.
    missing : tuple of (application, int) [reads]
        Applications that lack reads.
    proven : bool
        Whether nothing better exists, within the gap.
    unlinked : Mapping of str to int [parts]
        Panels whose reads fall apart, and into how many parts; ``""`` is all together.
    body : bytes
        Exact bytes: pairs, seed, objectives, digests.
    published : bool
        Whether it counts.

    Examples
    --------
    >>> AssignmentPlan(phase="panel", number=1, pairs=(), missing=(), proven=True, unlinked={}, body=b"",
    ...     published=False).published
    False
    """

    phase: str
    number: int
    pairs: tuple[Pair, ...]
    missing: tuple[tuple[str, int], ...]
    proven: bool
    unlinked: Mapping[str, int]
    body: bytes
    published: bool

    @property
    def lacks(self) -> tuple[str, ...]:
        """What somebody has to accept before it is published, one sentence each."""
        said = []
        if self.missing:
            short = ", ".join(f"{name} ({count})" for name, count in self.missing[:10])
            total = sum(count for _, count in self.missing)
            said.append(f"{total} read{'s are' if total != 1 else ' is'} missing: {short}")
        for name, parts in self.unlinked.items():
            where = f"of panel {name}" if name else "of all applications together"
            said.append(f"the reads {where} fall into {parts} parts that share no judge")
        return tuple(said)


def halves_of(plan: AssignmentPlan) -> tuple[Half, ...]:
    """Return the halves by which applicants read each other; none where judges read."""
    return tuple(
        Half(
            panel=row["panel"],
            side=row["side"],
            applications=tuple(row["applications"]),
            readers=tuple(row["readers"]),
            places=row["places"],
        )
        for row in json.loads(plan.body)["halves"]
    )


def panels_of(plan: AssignmentPlan) -> dict[str, str]:
    """Return the panel of each application; empty where there is one panel."""
    return dict(json.loads(plan.body)["panels"])


def read_plan(
    phase: str, number: int, pairs: tuple[Pair, ...], body: bytes, *, published: bool
) -> AssignmentPlan:
    """Read a plan from its bytes.

    Parameters
    ----------
    phase : str
        Of which phase.
    number : int [plans]
        Counted from 1.
    pairs : tuple of (application, judge)
        Who reads what.
    body : bytes
        As they were kept.
    published : bool
        Whether it counts.
    """
    said = json.loads(body)
    return AssignmentPlan(
        phase=phase,
        number=number,
        pairs=pairs,
        missing=tuple((name, count) for name, count in said["assignment"]["missing"]),
        proven=said["assignment"]["state"] == "optimal",
        unlinked=said["unlinked"],
        body=body,
        published=published,
    )
