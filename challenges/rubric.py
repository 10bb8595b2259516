"""Rubrics: what judges score, on which grid, and what each step means.

The problem: "4 out of 5" is comparable only when everybody knows what a 4 is, and sums of decimal marks in
floats break ties by noise. A rubric fixes the traits with their weights (sum exactly 10,000 basis points),
one scale with a step, and anchors whose bands cover every point of the scale once. A mark is a whole number
of steps (3.7 on step 0.1 = 37), and a weighted total is an exact fraction.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import Field

from ..finance.documents import Code, DecimalText, Document, Text
from ..finance.findings import Findings, finding, repeated
from ..finance.money import decimal_text, round_quotient
from ..finance.units import MAX_SCALE
from .errors import ScoreInvalid
from .figures import WHOLE_BP, nano

Direction = Literal["higher", "lower"]
MAX_STEPS: Final = 10_000
_UNIT: Final = 10**MAX_SCALE


class Scale(Document):
    """The grid on which every trait of a rubric is marked.

    Attributes
    ----------
    lo, hi : str [points]
        Least and greatest mark, whole multiples of the step.
    step : str [points]
        Distance of two neighbouring marks.
    direction : str
        Which end is better: ``higher`` or ``lower``.

    Examples
    --------
    >>> scale = Scale.read('{"lo": "1", "hi": "5", "step": "0.1", "direction": "higher"}')
    >>> scale.steps("3.7"), scale.points(37)
    (37, Fraction(37, 10))
    >>> scale.steps("3.75")
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.ScoreInvalid: 3.75 is off the grid: marks run from 1 to 5 in steps of 0.1.
    """

    lo: DecimalText
    hi: DecimalText
    step: DecimalText
    direction: Direction

    def steps(self, mark: str) -> int:
        """Read a mark as its whole number of steps; never rounded, never clamped.

        Parameters
        ----------
        mark : str [points]
            Plain decimal string.

        Raises
        ------
        ScoreInvalid
            When the mark is off the grid or outside the scale.
        TooPrecise
            When the text is no plain decimal.
        """
        count, rest = divmod(nano(mark), nano(self.step))
        where = f"marks run from {self.lo} to {self.hi} in steps of {self.step}"
        figures = {"mark": mark, "lo": self.lo, "hi": self.hi, "step": self.step}
        if rest:
            raise ScoreInvalid(f"{mark} is off the grid: {where}.", **figures)
        if not self.holds(count):
            raise ScoreInvalid(f"{mark} is out of scale: {where}.", **figures)
        return count

    def holds(self, steps: int) -> bool:
        """Tell whether a number of steps lies on the scale."""
        return nano(self.lo) <= steps * nano(self.step) <= nano(self.hi)

    def points(self, steps: int | Fraction) -> Fraction:
        """Turn a number of steps, whole or averaged, into points of the scale.

        Parameters
        ----------
        steps : int or Fraction [steps]
            From a score or a mean of scores.
        """
        return Fraction(steps) * Fraction(nano(self.step), _UNIT)

    def outside(self, mark: str, at: str) -> Findings:
        """List a mark [points] that lies outside the scale; it need not be on the grid.

        Parameters
        ----------
        mark : str [points]
            Decimal string.
        at : str
            JSON pointer of the mark.
        """
        if nano(self.lo) <= nano(mark) <= nano(self.hi):
            return []
        return [finding(at, f"{mark} lies outside the scale from {self.lo} to {self.hi}")]

    def merit(self, mean: Fraction) -> Fraction:
        """Return how far a mean [points] lies from the worst end: more is better in either direction.

        Parameters
        ----------
        mean : Fraction [points]
            On the scale.

        Examples
        --------
        >>> scale = Scale.read('{"lo": "1", "hi": "9", "step": "1", "direction": "lower"}')
        >>> scale.merit(Fraction(3))
        Fraction(6, 1)
        """
        return mean - Fraction(self.lo) if self.direction == "higher" else Fraction(self.hi) - mean


class Anchor(Document):
    """What the marks of one band mean.

    Attributes
    ----------
    lo, hi : str [points]
        First and last mark of the band, both inside it.
    text : str
        What an application looks like that deserves such a mark.

    Examples
    --------
    >>> Anchor.read('{"lo": "1", "hi": "2", "text": "no evidence"}').text
    'no evidence'
    """

    lo: DecimalText
    hi: DecimalText
    text: Text


class Trait(Document):
    """One thing that judges mark.

    Attributes
    ----------
    id : str
        Short name, unique in the rubric.
    title : str
        For people.
    weight_bp : int [basis points]
        Part of the weighted total; all weights of a rubric sum to 10,000.
    anchors : tuple[Anchor, ...]
        At least three, from the lowest band to the highest; together they cover each mark once.
    comment_required : bool
        Whether a mark needs a sentence of reason.
    abstain_allowed : bool or None
        Whether a judge may leave this trait unmarked; ``None``: as the rubric says.
    pass_mark : str or None [points]
        The mark that this trait has to reach by itself.

    Examples
    --------
    >>> Trait.read('{"id": "reach", "title": "Reach", "weight_bp": 10000, "anchors": ['
    ...     '{"lo": "1", "hi": "1", "text": "few"}, {"lo": "2", "hi": "2", "text": "some"},'
    ...     '{"lo": "3", "hi": "3", "text": "all"}]}').weight_bp
    10000
    """

    id: Code
    title: Text
    weight_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)]
    anchors: Annotated[tuple[Anchor, ...], Field(min_length=3, max_length=50)]
    comment_required: bool = False
    abstain_allowed: bool | None = None
    pass_mark: DecimalText | None = None


class Rubric(Document):
    """Traits, weights, one scale and the meaning of every mark.

    Attributes
    ----------
    id : str
        Name and version, for example ``merit/1``.
    scale : Scale
        One grid and one direction for all traits.
    traits : tuple[Trait, ...]
        1 to 30.
    abstain_allowed : bool
        Whether a judge may leave a trait unmarked; abstaining is not a mark of zero.
    comment_required : bool
        Whether every mark needs a sentence of reason.
    pass_mark : str or None [points]
        What a weighted total has to reach.

    Examples
    --------
    >>> rubric = Rubric.read('''{"id": "merit/1",
    ...     "scale": {"lo": "1", "hi": "3", "step": "1", "direction": "higher"},
    ...     "traits": [
    ...       {"id": "reach", "title": "Reach", "weight_bp": 2500, "anchors": [
    ...         {"lo": "1", "hi": "1", "text": "few"}, {"lo": "2", "hi": "2", "text": "some"},
    ...         {"lo": "3", "hi": "3", "text": "all"}]},
    ...       {"id": "proof", "title": "Evidence", "weight_bp": 7500, "anchors": [
    ...         {"lo": "1", "hi": "1", "text": "none"}, {"lo": "2", "hi": "2", "text": "pilot"},
    ...         {"lo": "3", "hi": "3", "text": "trial"}]}]}''')
    >>> rubric.weighted_total({"reach": 3, "proof": 2})
    Fraction(9, 4)
    """

    id: Code
    scale: Scale
    traits: Annotated[tuple[Trait, ...], Field(min_length=1, max_length=30)]
    abstain_allowed: bool = False
    comment_required: bool = False
    pass_mark: DecimalText | None = None

    def allows_abstaining(self, trait_id: str) -> bool:
        """Tell whether a judge may leave a trait unmarked."""
        own = next((trait.abstain_allowed for trait in self.traits if trait.id == trait_id), None)
        return self.abstain_allowed if own is None else own

    def asks_comment(self, trait_id: str) -> bool:
        """Tell whether a mark on a trait needs a sentence of reason."""
        asked = any(trait.comment_required for trait in self.traits if trait.id == trait_id)
        return asked or self.comment_required

    def weighted_total(self, steps: Mapping[str, int]) -> Fraction:
        """Return the weighted mean of one read's traits, exactly.

        Parameters
        ----------
        steps : Mapping[str, int] [steps]
            Trait -> whole number of steps; every trait of the rubric and no other.

        Returns
        -------
        Fraction [points]
            On the rubric's scale.

        Raises
        ------
        ScoreInvalid
            When a trait is missing or unknown.
        """
        names = {trait.id for trait in self.traits}
        if names != set(steps):
            apart = sorted(names ^ set(steps))
            raise ScoreInvalid(
                f"A total under {self.id} needs exactly its traits; these differ: {', '.join(apart)}.",
                traits=apart,
            )
        total = sum(trait.weight_bp * steps[trait.id] for trait in self.traits)
        return self.scale.points(Fraction(total, WHOLE_BP))

    def findings(self, at: str = "") -> Findings:
        """List what is wrong with scale, weights and anchors."""
        found = _scale_findings(self.scale, f"{at}/scale")
        names = [trait.id for trait in self.traits]
        found += [
            finding(f"{at}/traits/{n}/id", f"trait {names[n]} stands here a second time")
            for n in repeated(names)
        ]
        total = sum(trait.weight_bp for trait in self.traits)
        if total != WHOLE_BP:
            found.append(finding(f"{at}/traits", f"weights sum to {total} basis points, not {WHOLE_BP}"))
        if not _scale_findings(self.scale, ""):
            found += _pass_findings(self.scale, self.pass_mark, f"{at}/pass_mark", on_grid=False)
            for n, trait in enumerate(self.traits):
                found += _anchor_findings(self.scale, trait, f"{at}/traits/{n}/anchors")
                found += _pass_findings(self.scale, trait.pass_mark, f"{at}/traits/{n}/pass_mark")
        return found


def figure(value: Fraction, digits: int = 4) -> str:
    """Write an exact figure for people, rounded half to even; the exact value decides, this only shows.

    Parameters
    ----------
    value : Fraction [any unit]
        What is shown.
    digits : int [digits]
        Decimal digits.

    Examples
    --------
    >>> figure(Fraction(10, 3)), figure(Fraction(5, 2), 0)
    ('3.3333', '2')
    """
    return decimal_text(round_quotient(value.numerator * 10**digits, value.denominator, "half_even"), digits)


def _scale_findings(scale: Scale, at: str) -> Findings:
    lo, hi, step = nano(scale.lo), nano(scale.hi), nano(scale.step)
    if step <= 0:
        return [finding(f"{at}/step", f"step {scale.step} is not positive")]
    found = [
        finding(f"{at}/{name}", f"{text} is no whole multiple of the step {scale.step}")
        for name, text, count in (("lo", scale.lo, lo), ("hi", scale.hi, hi))
        if count % step
    ]
    if hi <= lo:
        found.append(finding(f"{at}/hi", f"{scale.hi} is not above {scale.lo}"))
    elif (hi - lo) // step > MAX_STEPS:
        found.append(finding(f"{at}/step", f"{(hi - lo) // step} steps; the limit is {MAX_STEPS}"))
    return found


def _pass_findings(scale: Scale, mark: str | None, at: str, *, on_grid: bool = True) -> Findings:
    """List a pass mark outside the scale; a trait's also has to be a mark that can be given."""
    if mark is None:
        return []
    if outside := scale.outside(mark, at):
        return outside
    if on_grid and nano(mark) % nano(scale.step):
        return [finding(at, f"{mark} is no whole multiple of the step {scale.step}")]
    return []


def _anchor_findings(scale: Scale, trait: Trait, at: str) -> Findings:
    """Walk the bands upwards; each must begin one step above the end of the one before."""
    step = nano(scale.step)
    found: Findings = []
    expected = nano(scale.lo)
    for n, anchor in enumerate(trait.anchors):
        lo, hi = nano(anchor.lo), nano(anchor.hi)
        found += [
            finding(f"{at}/{n}/{name}", f"{text} is no whole multiple of the step {scale.step}")
            for name, text, count in (("lo", anchor.lo, lo), ("hi", anchor.hi, hi))
            if count % step
        ]
        if hi < lo:
            found.append(finding(f"{at}/{n}/hi", f"{anchor.hi} is below {anchor.lo}"))
        if lo != expected:
            fault = "leaves a gap" if lo > expected else "overlaps the band before"
            start = decimal_text(expected, MAX_SCALE).rstrip("0").rstrip(".")
            found.append(finding(f"{at}/{n}/lo", f"{anchor.lo} {fault}: the band has to begin at {start}"))
        expected = hi + step
    if expected != nano(scale.hi) + step:
        found.append(
            finding(f"{at}/{len(trait.anchors) - 1}/hi", f"{trait.anchors[-1].hi} does not end at {scale.hi}")
        )
    return found
