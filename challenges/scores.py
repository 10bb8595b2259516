"""Scores: what one judge marked on one application, raw and exact.

The problem: a mark that is quietly rounded or clamped is no longer the judge's, and a half-filled sheet that
counts as a whole one moves a rank. A **read** is one judge's complete marking of one application: all traits
of the rubric at once, each on the grid, or it is refused with every fault.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..finance.errors import AlmonerError
from ..finance.findings import Findings, finding
from .errors import ScoreInvalid
from .rubric import Rubric

NO_COMMENTS: Mapping[str, str] = {}
MAX_COMMENT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One mark of one judge on one trait of one application, or the fact that the judge abstained.

    Attributes
    ----------
    application_id, judge_id, trait : str
        Whose work, by whom, on what.
    rubric_id : str
        Rubric and version, for example ``merit/1``.
    steps : int or None [steps]
        The mark as a whole number of the scale's steps; ``None`` when the judge abstained.
    comment : str
        What the judge wrote about this trait; empty when nothing.

    Examples
    --------
    >>> Score(application_id="a-1", judge_id="j-1", trait="reach", rubric_id="merit/1", steps=37).abstained
    False
    """

    application_id: str
    judge_id: str
    trait: str
    rubric_id: str
    steps: int | None
    comment: str = ""

    def __post_init__(self) -> None:
        if self.steps is not None and type(self.steps) is not int:
            raise TypeError(
                f"steps are a whole number or None, not {type(self.steps).__name__}: {self.steps!r}"
            )
        for name in ("application_id", "judge_id", "trait", "rubric_id"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise TypeError(f"{name} is a non-empty string, not {getattr(self, name)!r}")
        if not isinstance(self.comment, str):
            raise TypeError(f"comment is a string, not {self.comment!r}")

    @property
    def abstained(self) -> bool:
        """Whether the judge left this trait unmarked; not the same as a mark of zero."""
        return self.steps is None


def read_marks(
    rubric: Rubric,
    *,
    application_id: str,
    judge_id: str,
    marks: Mapping[str, str | None],
    comments: Mapping[str, str] = NO_COMMENTS,
    abstain: bool = True,
) -> tuple[Score, ...]:
    """Take one judge's complete read of one application; its scores are in the order of the rubric.

    Parameters
    ----------
    rubric : Rubric
        In force for the phase.
    application_id, judge_id : str
        Whose work, by whom.
    marks : Mapping[str, str or None] [points]
        Trait -> mark as a decimal string, or ``None`` to abstain.
    comments : Mapping[str, str]
        Trait -> what the judge wrote about it.
    abstain : bool
        Whether the brief lets judges abstain at all, where the rubric allows it.

    Raises
    ------
    ScoreInvalid
        Off the grid, out of scale, unknown trait, missing trait, abstaining where the rubric allows none, or
        no comment where one is asked for; ``figures['findings']`` lists every fault.

    Examples
    --------
    >>> rubric = Rubric.read('''{"id": "merit/1",
    ...     "scale": {"lo": "1", "hi": "3", "step": "0.5", "direction": "higher"},
    ...     "traits": [{"id": "reach", "title": "Reach", "weight_bp": 10000, "anchors": [
    ...         {"lo": "1", "hi": "1.5", "text": "few"}, {"lo": "2", "hi": "2", "text": "some"},
    ...         {"lo": "2.5", "hi": "3", "text": "all"}]}]}''')
    >>> read_marks(rubric, application_id="a-1", judge_id="j-1", marks={"reach": "2.5"})[0].steps
    5
    >>> read_marks(rubric, application_id="a-1", judge_id="j-1", marks={"reach": "3.5"})
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.ScoreInvalid: The read of a-1 by j-1 has 1 fault: \
reach: 3.5 is out of scale: marks run from 1 to 3 in steps of 0.5.
    """
    names = [trait.id for trait in rubric.traits]
    steps, found = _all_steps(rubric, marks, abstain=abstain)
    found += [
        finding(f"/{name}", f"no trait of {rubric.id}")
        for name in sorted({*marks, *comments}, key=str)
        if name not in names
    ]
    found += [row for name in names for row in _comment_faults(rubric, name, comments.get(name, ""))]
    if found:
        _refuse(f"The read of {application_id} by {judge_id}", found)
    return tuple(
        Score(
            application_id=application_id,
            judge_id=judge_id,
            trait=name,
            rubric_id=rubric.id,
            steps=steps[name],
            comment=comments.get(name, "").strip(),
        )
        for name in names
    )


def _all_steps(
    rubric: Rubric, marks: Mapping[str, str | None], *, abstain: bool
) -> tuple[dict[str, int | None], Findings]:
    found: Findings = []
    steps: dict[str, int | None] = {}
    for trait in rubric.traits:
        if trait.id not in marks:
            found.append(finding(f"/{trait.id}", "no mark: a read marks every trait"))
            continue
        try:
            steps[trait.id] = _steps(rubric, trait.id, marks[trait.id], abstain=abstain)
        except AlmonerError as fault:
            found.append(finding(f"/{trait.id}", fault.message.rstrip(".")))
    return steps, found


def _steps(rubric: Rubric, trait: str, mark: str | None, *, abstain: bool) -> int | None:
    if mark is not None:
        return rubric.scale.steps(mark)
    if not (abstain and rubric.allows_abstaining(trait)):
        raise ScoreInvalid(f"{rubric.id} allows no abstention.")
    return None


def _comment_faults(rubric: Rubric, trait: str, comment: str) -> Findings:
    if len(comment) > MAX_COMMENT:
        return [
            finding(f"/{trait}", f"the comment has {len(comment)} characters; the limit is {MAX_COMMENT}")
        ]
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in comment):
        return [finding(f"/{trait}", "the comment has signs that no database keeps")]
    if rubric.asks_comment(trait) and not comment.strip():
        return [finding(f"/{trait}", "no comment: this trait asks for a sentence of reason")]
    return []


def totals_by_read(scores: Iterable[Score], rubric: Rubric) -> dict[tuple[str, str], Fraction | None]:
    """Collect scores into reads and give each its weighted total.

    Parameters
    ----------
    scores : Iterable[Score]
        Of any number of applications and judges, in any order.
    rubric : Rubric
        Under which all of them were given.

    Returns
    -------
    dict[tuple[str, str], Fraction or None] [points]
        (application, judge) -> total, sorted; ``None`` for a read with an abstained trait.

    Raises
    ------
    ScoreInvalid
        When a trait was marked twice by one judge on one application, a read is incomplete, or a score
        belongs to another rubric or lies outside the scale; every fault is listed.

    Examples
    --------
    >>> rubric = Rubric.read('''{"id": "merit/1",
    ...     "scale": {"lo": "1", "hi": "3", "step": "1", "direction": "higher"},
    ...     "traits": [{"id": "reach", "title": "Reach", "weight_bp": 10000, "anchors": [
    ...         {"lo": "1", "hi": "1", "text": "few"}, {"lo": "2", "hi": "2", "text": "some"},
    ...         {"lo": "3", "hi": "3", "text": "all"}]}]}''')
    >>> totals_by_read(read_marks(rubric, application_id="a", judge_id="j", marks={"reach": "2"}), rubric)
    {('a', 'j'): Fraction(2, 1)}
    """
    names = {trait.id for trait in rubric.traits}
    reads: dict[tuple[str, str], dict[str, int | None]] = {}
    found: Findings = []
    for score in scores:
        at = f"/{score.application_id}/{score.judge_id}/{score.trait}"
        marks = reads.setdefault((score.application_id, score.judge_id), {})
        if score.rubric_id != rubric.id or score.trait not in names:
            found.append(finding(at, f"given under {score.rubric_id}; no such trait in {rubric.id}"))
        elif score.trait in marks:
            found.append(finding(at, "a second mark by the same judge"))
        elif score.steps is not None and not rubric.scale.holds(score.steps):
            found.append(finding(at, f"{score.steps} steps lie outside the scale"))
        else:
            marks[score.trait] = score.steps
    for (application_id, judge_id), marks in sorted(reads.items()):
        missing = sorted(names - set(marks))
        found += [finding(f"/{application_id}/{judge_id}/{name}", "no mark") for name in missing]
    if found:
        _refuse("The set of scores", found)
    return {read: _total(rubric, marks) for read, marks in sorted(reads.items())}


def _total(rubric: Rubric, marks: Mapping[str, int | None]) -> Fraction | None:
    steps = {name: mark for name, mark in marks.items() if mark is not None}
    return rubric.weighted_total(steps) if len(steps) == len(marks) else None


def _refuse(what: str, found: Findings) -> None:
    shown = "; ".join(f"{row['path'].removeprefix('/')}: {row['message']}" for row in found[:20])
    count = f"{len(found)} fault{'s' if len(found) != 1 else ''}"
    raise ScoreInvalid(f"{what} has {count}: {shown}.", findings=found)
