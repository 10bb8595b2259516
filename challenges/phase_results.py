"""What the scores of a phase came to, frozen at its close as one document with a digest.

The problem: totals, traits, panels and halves are calibrated apart, and whoever checks one of them needs all.
Here they stand together with what they are based on. A later document may take void reads out under the same
parameters, or take extra reads in; it never replaces the first one.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from ..finance.documents import canonical_bytes
from .bands import ExpectedRanking
from .calibration import Calibration, Read, calibrate, freeze, read_calibration, void_reads
from .calibration.voiding import recompute
from .errors import CalibrationInvalid
from .halves import Half
from .judge_policy import JudgePolicy
from .ranking import rank
from .rubric import Rubric
from .scores import Score, totals_by_read

SCHEMA = "almoner.phase_calibration/1"
CLOSED, VOIDED, EXTRA = "closed", "voided", "extra_reads"
RAW = "the brief asks for plain means"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedPart:
    """One set of applications that is ranked by itself: the whole phase, or one half of applicants.

    Attributes
    ----------
    name : str
        Empty for the whole phase; else panel and half.
    places : int or None [places]
        Of a half; ``None`` where the brief says how many.
    total : Calibration
        Of the weighted totals.
    traits : Mapping[str, Calibration]
        Of each trait by itself; they do not add up to the total.

    Examples
    --------
    >>> total = calibrate([("a", "j", 4), ("b", "j", 2)], direction="higher")
    >>> CalibratedPart(name="", places=None, total=total, traits={}).total.method
    'raw'
    """

    name: str
    places: int | None
    total: Calibration
    traits: Mapping[str, Calibration]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCalibration:
    """The frozen result of a phase.

    Attributes
    ----------
    phase, rubric : str
        Of which phase, under which rubric.
    kind : str
        ``closed``: the first one, at the close; ``voided``: the same without reads that are void;
        ``extra_reads``: a new one, with reads of later phases.
    phases : tuple[str, ...]
        Whose reads are in it.
    based_on : str
        SHA-256 of the document from which void reads were taken; empty for others.
    parts : tuple[CalibratedPart, ...]
        One, or one for each half.

    Examples
    --------
    >>> total = calibrate([("a", "j", 4), ("b", "j", 2)], direction="higher")
    >>> made = PhaseCalibration(phase="panel", rubric="merit/1", kind="closed", phases=("panel",),
    ...     based_on="", parts=(CalibratedPart(name="", places=None, total=total, traits={}),))
    >>> PhaseCalibration.read(made.to_json()) == made
    True
    """

    phase: str
    rubric: str
    kind: str
    phases: tuple[str, ...]
    based_on: str
    parts: tuple[CalibratedPart, ...]

    def to_json(self) -> bytes:
        """Return the exact bytes."""
        return canonical_bytes(
            {
                "based_on": self.based_on,
                "kind": self.kind,
                "parts": [
                    {
                        "name": part.name,
                        "places": part.places,
                        "total": json.loads(part.total.to_json()),
                        "traits": {name: json.loads(one.to_json()) for name, one in part.traits.items()},
                    }
                    for part in self.parts
                ],
                "phase": self.phase,
                "phases": list(self.phases),
                "rubric": self.rubric,
                "schema": SCHEMA,
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the exact bytes, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json()).hexdigest()

    @classmethod
    def read(cls, raw: bytes) -> "PhaseCalibration":
        """Read it back; every figure is recomputed from its reads and has to agree.

        Parameters
        ----------
        raw : bytes
            As ``to_json`` wrote them.

        Raises
        ------
        CalibrationInvalid
            When the figures do not follow from the reads.
        """
        said = json.loads(raw)
        if said.get("schema") != SCHEMA:
            raise CalibrationInvalid(f"This is no {SCHEMA}.", schema=str(said.get("schema")))
        return cls(
            phase=said["phase"],
            rubric=said["rubric"],
            kind=said["kind"],
            phases=tuple(said["phases"]),
            based_on=said["based_on"],
            parts=tuple(
                CalibratedPart(
                    name=part["name"],
                    places=part["places"],
                    total=read_calibration(canonical_bytes(part["total"])),
                    traits={
                        name: read_calibration(canonical_bytes(one)) for name, one in part["traits"].items()
                    },
                )
                for part in said["parts"]
            ),
        )

    @property
    def applications(self) -> tuple[str, ...]:
        """Every application with a read, sorted."""
        return tuple(sorted(name for part in self.parts for name in part.total.applications))

    def part_of(self, application: str) -> CalibratedPart | None:
        """Return the part in which an application is ranked; ``None`` when it has no complete read."""
        return next((part for part in self.parts if application in part.total.applications), None)


def calibrate_phase(  # what was scored, under which rules, and when it was frozen
    scores: Iterable[Score],
    rubric: Rubric,
    policy: JudgePolicy,
    *,
    phase: str,
    at: datetime,
    seed: str | None = None,
    panels: Mapping[str, str] | None = None,
    halves: Sequence[Half] = (),
    phases: tuple[str, ...] = (),
) -> PhaseCalibration:
    """Calibrate and freeze the scores of a phase.

    Parameters
    ----------
    scores : Iterable[Score]
        That count.
    rubric : Rubric
        Under which they were given.
    policy : JudgePolicy
        Panel model, and whether to calibrate at all.
    phase : str
        Its id.
    at : datetime
        The closing; aware.
    seed : str or None
        Of the lottery, or the commitment to it, where it is known.
    panels : Mapping[str, str] or None
        Application -> panel.
    halves : Sequence[Half]
        Of applicants who judge.
    phases : tuple[str, ...]
        Where reads of other phases are in it: all of them.

    Raises
    ------
    CalibrationInvalid
        Without a complete read.
    ScoreInvalid
        When the scores do not form complete, single reads under the rubric.
    """
    kept = tuple(scores)
    groups = [("", None, None)] if not halves else [
        (f"{half.panel}/{half.side}", half.places, frozenset(half.applications)) for half in halves
    ]  # fmt: skip
    parts = []
    for name, places, among in groups:
        own = tuple(one for one in kept if among is None or one.application_id in among)
        part = _part(own, rubric, policy, panels, name, places)
        if part is not None:
            parts.append(_frozen(part, seed, at))
    if not parts:
        raise CalibrationInvalid(f"No application of {phase} has a complete read: nothing can be ranked.")
    return PhaseCalibration(
        phase=phase,
        rubric=rubric.id,
        kind=EXTRA if len(phases) > 1 else CLOSED,
        phases=phases or (phase,),
        based_on="",
        parts=tuple(parts),
    )


def without_reads(known: PhaseCalibration, reads: Collection[tuple[str, str]]) -> PhaseCalibration:
    """Take void reads out under the frozen parameters; what that moves stands beside the announced figures.

    Parameters
    ----------
    known : PhaseCalibration
        As frozen.
    reads : Collection of (application, judge)
        Void.

    Raises
    ------
    CalibrationInvalid
        When no read of a part would be left.
    """
    return replace(
        known,
        kind=VOIDED,
        based_on=known.based_on or known.digest,
        parts=tuple(
            replace(
                part,
                total=_without(part.total, reads),
                traits={name: _without(one, reads) for name, one in part.traits.items()},
            )
            for part in known.parts
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedSet:
    """Applications of a phase that may be ranked against each other, with the places that are theirs.

    Attributes
    ----------
    name : str
        Empty for the whole phase; else half or panel, with the number of the part where a panel falls apart.
    part : CalibratedPart
        In which they are calibrated.
    applications : tuple[str, ...]
        Who.
    places : int [places]
        How many of them go on.

    Examples
    --------
    >>> total = calibrate([("a", "j", 4), ("b", "j", 2)], direction="higher")
    >>> part = CalibratedPart(name="", places=None, total=total, traits={})
    >>> [(one.name, one.applications, one.places) for one in ranked_sets(part, 1)]
    [('', ('a', 'b'), 1)]
    """

    name: str
    part: CalibratedPart
    applications: tuple[str, ...]
    places: int


def ranked_sets(part: CalibratedPart, line: int) -> tuple[RankedSet, ...]:
    """Return the sets of a part that are ranked each by itself: one, unless panels are judged within.

    Parameters
    ----------
    part : CalibratedPart
        Of the phase.
    line : int [places]
        How many go on; a half has its own number. Several sets share them by size, the largest remainder
        first, and of equal ones the set that is listed first.

    Examples
    --------
    >>> marks = [("a", "j", 4), ("b", "j", 2), ("c", "k", 3), ("d", "k", 5), ("e", "k", 1)]
    >>> total = calibrate(marks, direction="higher", panels=dict(zip("abcde", "ppqqq")), panel_model="within")
    >>> part = CalibratedPart(name="", places=None, total=total, traits={})
    >>> [(one.name, one.applications, one.places) for one in ranked_sets(part, 3)]
    [('p', ('a', 'b'), 1), ('q', ('c', 'd', 'e'), 2)]
    """
    places = line if part.places is None else part.places
    groups = part.total.groups
    if len(groups) == 1:
        return (RankedSet(name=part.name, part=part, applications=groups[0], places=places),)
    panels = [part.total.merit(names[0]).panel or "" for names in groups]
    return tuple(
        RankedSet(
            name=f"{part.name}{panel}"
            + (f"#{panels[: n + 1].count(panel)}" if panels.count(panel) > 1 else ""),
            part=part,
            applications=names,
            places=own,
        )
        for n, (panel, names, own) in enumerate(zip(panels, groups, _shared(groups, places), strict=True))
    )


def _shared(groups: Sequence[tuple[str, ...]], places: int) -> list[int]:
    """Share places over sets by size; where there is one for everybody, everybody has one."""
    total = sum(map(len, groups))
    if places >= total:
        return [len(names) for names in groups]
    shares = [places * len(names) // total for names in groups]
    order = sorted(range(len(groups)), key=lambda n: -(places * len(groups[n]) % total))
    for n in order[: places - sum(shares)]:
        shares[n] += 1
    return shares


def rank_set(
    ranked: RankedSet, *, policy: JudgePolicy, withdrawn: Collection[str] = (), draws: int = 4000
) -> ExpectedRanking:
    """Rank a set by expected rank, with the band around its line.

    Parameters
    ----------
    ranked : RankedSet
        From ``ranked_sets``.
    policy : JudgePolicy
        Width of the band.
    withdrawn : Collection[str]
        Stay in all figures and are not listed.
    draws : int [draws]
        For the rank intervals.
    """
    return rank(
        ranked.part.total,
        line=ranked.places,
        alpha=float(policy.tie_alpha),
        among=ranked.applications,
        withdrawn=[name for name in withdrawn if name in ranked.applications],
        draws=draws,
    )


def _part(
    scores: tuple[Score, ...],
    rubric: Rubric,
    policy: JudgePolicy,
    panels: Mapping[str, str] | None,
    name: str,
    places: int | None,
) -> CalibratedPart | None:
    totals = {key: value for key, value in totals_by_read(scores, rubric).items() if value is not None}
    if not totals:
        return None
    points = rubric.scale.points
    marks: dict[str, dict[tuple[str, str], Fraction]] = {trait.id: {} for trait in rubric.traits}
    for one in scores:
        if one.steps is not None:
            marks[one.trait][one.application_id, one.judge_id] = points(one.steps)
    return CalibratedPart(
        name=name,
        places=places,
        total=_calibrated(totals, rubric, policy, panels),
        traits={trait: _calibrated(given, rubric, policy, panels) for trait, given in marks.items() if given},
    )


def _calibrated(
    reads: Mapping[tuple[str, str], Fraction],
    rubric: Rubric,
    policy: JudgePolicy,
    panels: Mapping[str, str] | None,
) -> Calibration:
    direction = rubric.scale.direction
    taken = [Read(application_id=name, judge_id=judge, value=value) for (name, judge), value in reads.items()]
    if policy.calibrate:
        return calibrate(taken, direction=direction, panels=panels or None, panel_model=policy.panel_model)
    plain = recompute(
        tuple(sorted(taken)),
        direction=direction,
        panels=panels or None,
        panel_model="none" if not panels else policy.panel_model,
        variances=None,
        held=None,
    )
    return replace(plain, reason=RAW, flags=(f"Raw means, not calibrated: {RAW}.", *plain.flags[1:]))


def _frozen(part: CalibratedPart, seed: str | None, at: datetime) -> CalibratedPart:
    return replace(
        part,
        total=freeze(part.total, seed=seed, at=at),
        traits={name: freeze(one, seed=seed, at=at) for name, one in part.traits.items()},
    )


def _without(known: Calibration, reads: Collection[tuple[str, str]]) -> Calibration:
    gone = [
        (read.application_id, read.judge_id)
        for read in known.reads
        if (read.application_id, read.judge_id) in reads
    ]
    return void_reads(known, gone) if gone else known
