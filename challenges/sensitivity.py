"""Sensitivity: which awards hang on one method, one judge, one trait or one read.

The problem: a winner who would lose without a single judge looks as sure as one who wins whatever is left
out. So the decision is made again in other ways: by raw means, by judges' z-scores, without the panels,
without each judge, each trait, and each read of a winner. Variances stay frozen; nothing is fitted again.
Every award says in how many of them it stays, and who would come in.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .bands import ExpectedRanking
from .calibration.design import Array, Read
from .calibration.removal import RemovableReads, removable
from .calibration.result import Calibration
from .calibration.voiding import recompute
from .expected import expected_ranks, in_order
from .ranking import comparable

Kind = Literal["raw", "z_scores", "two_way", "without_judge", "without_trait", "without_read"]
Winners = tuple[str, ...]
_SPREADS = 2  # marks of one judge from which their spread can be said


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDecision:
    """The decision made in another way.

    Attributes
    ----------
    kind : str
        ``raw``, ``z_scores``, ``two_way`` (no panels), ``without_judge``, ``without_trait`` or
        ``without_read``.
    subject : str
        Which judge, trait or read (application and judge); empty for a method.
    winners : tuple[str, ...]
        Best first.

    Examples
    --------
    >>> OtherDecision(kind="raw", subject="", winners=("a", "b")).winners
    ('a', 'b')
    """

    kind: Kind
    subject: str
    winners: Winners


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """In how many other decisions one award stays.

    Attributes
    ----------
    application_id : str
        Whose.
    stays, of : int [decisions]
        In so many, of so many.
    leaves : tuple of (kind, subject)
        Where it would not stay.

    Examples
    --------
    >>> Steadiness(application_id="a", stays=9, of=10, leaves=(("raw", ""),)).sentence
    'stays in 9 of 10'
    """

    application_id: str
    stays: int
    of: int
    leaves: tuple[tuple[Kind, str], ...]

    @property
    def sentence(self) -> str:
        """What is published of it."""
        return f"stays in {self.stays} of {self.of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardSensitivity:
    """How steady the awards of a ranking are.

    Attributes
    ----------
    winners : tuple[str, ...]
        As decided, best first.
    decisions : tuple[OtherDecision, ...]
        The others.
    awards : tuple[Steadiness, ...]
        One for each winner.
    entrants : tuple of (application, decisions)
        Who would come in, and how often; most often first.
    undecided : tuple[str, ...]
        Judges without whom nothing can be decided.

    Examples
    --------
    >>> AwardSensitivity(winners=(), decisions=(), awards=(), entrants=(), undecided=()).entrants
    ()
    """

    winners: Winners
    decisions: tuple[OtherDecision, ...]
    awards: tuple[Steadiness, ...]
    entrants: tuple[tuple[str, int], ...]
    undecided: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankMove:
    """What a read that is void moved.

    Attributes
    ----------
    application_id : str
        Whose place.
    before, after : int or None [place]
        Announced, and without the read; ``None`` where it has none.
    rank_before, rank_after : float or None [rank]
        Expected ranks.

    Examples
    --------
    >>> RankMove(application_id="a", before=3, after=2, rank_before=3.4, rank_after=2.2).after
    2
    """

    application_id: str
    before: int | None
    after: int | None
    rank_before: float | None
    rank_after: float | None


def decide_otherwise(
    calibration: Calibration,
    *,
    line: int,
    among: Collection[str] | None = None,
    withdrawn: Collection[str] = (),
    without_traits: Mapping[str, Sequence[Read]] | None = None,
) -> AwardSensitivity:
    """Decide again in every other way, and say which awards stay.

    Parameters
    ----------
    calibration : Calibration
        Frozen or not.
    line : int [places]
        How many win.
    among, withdrawn
        As for ``rank``.
    without_traits : Mapping[str, Sequence[Read]] or None [points]
        Trait -> totals without it (``total_reads(scores, rubric, without=trait)``).

    Raises
    ------
    CalibrationInvalid
        For a set that ``rank`` refuses.

    Notes
    -----
    One decision costs about as much as one ``rank``, and there is one for every judge and every read of a
    winner: 312 of them, with 500 applications, take two seconds.

    Examples
    --------
    >>> from .calibration import Variances, calibrate
    >>> scores = [("a", "J1", 4.0), ("a", "J2", 3.0), ("b", "J1", 3.5), ("b", "J3", 3.0), ("c", "J2", 2.0),
    ...     ("c", "J3", 2.5), ("d", "J3", 4.5)]
    >>> found = calibrate(scores, direction="higher",
    ...     variances=Variances(application=1, judge=0.5, residual=0.5))
    >>> tested = decide_otherwise(found, line=2)
    >>> [(award.application_id, award.sentence) for award in tested.awards]
    [('d', 'stays in 6 of 8'), ('a', 'stays in 8 of 8')]
    >>> tested.entrants
    (('b', 2),)
    """
    names = comparable(calibration, among)
    group = _Group(
        places=np.array([calibration.position(name) for name in names], dtype=np.int64),
        names=names,
        withdrawn=frozenset(withdrawn),
        line=line,
    )
    winners = group.winners(calibration.values, calibration.covariance)
    decisions = [*_methods(calibration, group), *_traits(calibration, group, without_traits or {})]
    fewer, undecided = _with_fewer_reads(calibration, group, winners)
    decisions += fewer
    entrants = Counter(name for row in decisions for name in row.winners if name not in winners)
    return AwardSensitivity(
        winners=winners,
        decisions=tuple(decisions),
        awards=tuple(_steadiness(name, decisions) for name in winners),
        entrants=tuple(sorted(entrants.items(), key=lambda item: (-item[1], item[0]))),
        undecided=tuple(undecided),
    )


def _with_fewer_reads(
    calibration: Calibration, group: "_Group", winners: tuple[str, ...]
) -> tuple[list[OtherDecision], list[str]]:
    """Decide without each judge, and without each read of a winner; name judges without whom nobody can."""
    decisions, undecided = [], []
    take_out = _taking_out(calibration, group)
    for judge, rows in _rows_by(calibration.reads, lambda read: read.judge_id).items():
        found = take_out(rows)
        if found is None:
            undecided.append(judge)
        else:
            decisions.append(OtherDecision(kind="without_judge", subject=judge, winners=found))
    for row, read in enumerate(calibration.reads):
        found = take_out([row]) if read.application_id in winners else None
        if found is not None:
            subject = f"{read.application_id}/{read.judge_id}"
            decisions.append(OtherDecision(kind="without_read", subject=subject, winners=found))
    return decisions, undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Who is ranked against whom, for how many places."""

    places: np.ndarray[tuple[int], np.dtype[np.int64]]
    names: tuple[str, ...]
    withdrawn: frozenset[str]
    line: int

    def winners(self, values: Array, covariance: Array | None) -> Winners:
        """Return who is inside the line by expected rank, best first."""
        own = None if covariance is None else covariance[np.ix_(self.places, self.places)]
        expected = expected_ranks(values[self.places], own)
        order = (self.names[place] for place in in_order(self.names, expected))
        return tuple(name for name in order if name not in self.withdrawn)[: self.line]


def _methods(calibration: Calibration, group: _Group) -> list[OtherDecision]:
    """Decide by other methods: those that are not the method of the calibration."""
    others: list[tuple[Kind, Array, Array | None]] = []
    sign = 1.0 if calibration.direction == "higher" else -1.0
    raw = sign * np.array([row.raw_mean for row in calibration.merits])
    if calibration.method != "raw":
        others.append(("raw", raw, None))
    others.append(("z_scores", sign * judge_z_scores(calibration), None))
    known = calibration.variances
    if known is not None and calibration.panel_model == "quality":
        merged = replace(known, application=known.application + known.panel, panel=0.0)
        plain = recompute(
            calibration.reads,
            direction=calibration.direction,
            panels=None,
            panel_model="none",
            variances=merged,
            held=None,
        )
        others.append(("two_way", plain.values, plain.covariance))
    return [
        OtherDecision(kind=kind, subject="", winners=group.winners(values, covariance))
        for kind, values, covariance in others
    ]


def judge_z_scores(calibration: Calibration) -> Array:
    """Return the mean of each application's marks, each as its judge's standard score.

    A judge with one mark, or with equal marks, says nothing that way: the score is 0. It is shown because
    many use it; where judges read unlike piles it is worse than the raw mean.

    Examples
    --------
    >>> from .calibration import calibrate
    >>> marks = [("a", "j", 1), ("b", "j", 3), ("c", "k", 5), ("a", "l", 2), ("b", "l", 3)]
    >>> judge_z_scores(calibrate(marks, direction="higher")).round(4).tolist()
    [-0.7071, 0.7071, 0.0]
    """
    reads = calibration.reads
    values = np.array([float(read.value) for read in reads])
    scores = np.zeros(len(reads))
    for rows in _rows_by(reads, lambda read: read.judge_id).values():
        own = values[rows]
        if len(rows) >= _SPREADS and np.ptp(own) > 0:
            scores[rows] = (own - own.mean()) / own.std(ddof=1)
    where = np.array([calibration.position(read.application_id) for read in reads])
    size = len(calibration.merits)
    means: Array = np.bincount(where, scores, size) / np.bincount(where, minlength=size)
    return means


def _traits(
    calibration: Calibration, group: _Group, without_traits: Mapping[str, Sequence[Read]]
) -> list[OtherDecision]:
    """Decide without each trait, under the same variances."""
    decisions = []
    for trait, reads in sorted(without_traits.items()):
        found = recompute(
            tuple(sorted(reads)),
            direction=calibration.direction,
            panels=calibration.panel_of,
            panel_model=calibration.panel_model,
            variances=calibration.variances,
            held=None,
        )
        names = tuple(name for name in group.names if name in set(found.applications))
        own = replace(
            group, names=names, places=np.array([found.position(name) for name in names], dtype=np.int64)
        )
        winners = own.winners(found.values, found.covariance)
        decisions.append(OtherDecision(kind="without_trait", subject=trait, winners=winners))
    return decisions


def _taking_out(calibration: Calibration, group: _Group) -> Callable[[Sequence[int]], Winners | None]:
    """Return the function that decides without some reads, by their rows."""
    if calibration.variances is None:
        return lambda rows: _raw_without(calibration, group, rows)
    solved: RemovableReads = removable(calibration)

    def decide(rows: Sequence[int]) -> Winners | None:
        left = solved.without(np.array(rows, dtype=np.int64))
        return None if left is None else group.winners(*left)

    return decide


def _raw_without(calibration: Calibration, group: _Group, rows: Sequence[int]) -> Winners | None:
    """Decide by raw means; who has no read left does not win."""
    sign = 1.0 if calibration.direction == "higher" else -1.0
    gone = set(rows)
    left: dict[str, list[Read]] = {}
    for row, read in enumerate(calibration.reads):
        if row not in gone:
            left.setdefault(read.application_id, []).append(read)
    names = tuple(name for name in group.names if name in left)
    if not names:
        return None
    values = np.array(
        [sign * float(sum(read.value for read in left[name]) / len(left[name])) for name in names]
    )
    return replace(group, names=names, places=np.arange(len(names))).winners(values, None)


def _rows_by(reads: Iterable[Read], key: Callable[[Read], str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row, read in enumerate(reads):
        rows.setdefault(key(read), []).append(row)
    return dict(sorted(rows.items()))


def _steadiness(name: str, decisions: Sequence[OtherDecision]) -> Steadiness:
    leaves = tuple((row.kind, row.subject) for row in decisions if name not in row.winners)
    return Steadiness(
        application_id=name, stays=len(decisions) - len(leaves), of=len(decisions), leaves=leaves
    )


def rank_moves(before: ExpectedRanking, after: ExpectedRanking) -> tuple[RankMove, ...]:
    """List whose place is another one, to publish beside what was announced.

    Parameters
    ----------
    before, after : ExpectedRanking
        Announced, and anew.

    Examples
    --------
    >>> from .calibration import calibrate
    >>> from .ranking import rank
    >>> scores = [("a", "j", 3), ("b", "j", 2), ("b", "k", 5)]
    >>> first = rank(calibrate(scores, direction="higher"), line=1)
    >>> [(move.application_id, move.before, move.after)
    ...     for move in rank_moves(first, rank(calibrate(scores[:2], direction="higher"), line=1))]
    [('a', 2, 1), ('b', 1, 2)]
    """
    old = {row.application_id: row for row in before.places}
    new = {row.application_id: row for row in after.places}
    moves = []
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if one is None or other is None or one.place != other.place:
            moves.append(
                RankMove(
                    application_id=name,
                    before=None if one is None else one.place,
                    after=None if other is None else other.place,
                    rank_before=None if one is None else one.expected_rank,
                    rank_after=None if other is None else other.expected_rank,
                )
            )
    return tuple(moves)
