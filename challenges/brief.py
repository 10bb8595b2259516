"""The brief: a challenge as one document that anybody can read, check and hold the organiser to.

The problem: rules spread over a web page, a form and somebody's memory change while people are working on
their applications. What binds is a field of this document: the goal, the phases with their instants, who may
enter, how is judged, and what can be won. Free text never carries a rule.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from ..finance.dates import as_utc, instant_text
from ..finance.documents import Code, DecimalText, Document, Text, UnitCode
from ..finance.errors import AlmonerError, Missing
from ..finance.findings import Findings, finding, repeated
from ..finance.money import Money, zero
from ..finance.units import Unit
from .brief_checks import (
    deciding_findings,
    order_findings,
    phase_findings,
    reference_findings,
    rule_places,
)
from .eligibility import Rule, rule_findings
from .errors import BriefInvalid, ChallengeClosed
from .fields import DayText, MetricName
from .figures import nano
from .forms import Form
from .judge_policy import JudgePolicy, policy_findings
from .phases import SCORED, Phase, ZoneName, resolve
from .policies import AmendmentPolicy, AppealPolicy, DisclosurePolicy
from .prizes import Prize, amount_findings, prize_findings, prize_maximum
from .rubric import Rubric
from .visibility import VisibilityRule

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]


class Goal(Document):
    """What the challenge is to reach: one metric, from a baseline to a target, by a day.

    Attributes
    ----------
    metric : str
        Name and version, for example ``safe_water_days@2``.
    baseline, target : str [unit]
        Where it stands, and where it is to stand; not equal.
    unit : str
        What the metric counts.
    by : str
        Day, ``YYYY-MM-DD``.

    Examples
    --------
    >>> Goal.read('{"metric": "safe_water_days@2", "baseline": "212", "target": "320", "unit": "day",'
    ...     ' "by": "2029-12-31"}').target
    '320'
    """

    metric: MetricName
    baseline: DecimalText
    target: DecimalText
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    by: DayText


class Brief(Document):
    """A challenge, one version of it.

    Attributes
    ----------
    schema_id : str
        ``almoner.brief/1``, written ``schema``.
    challenge_id, title : str
        Short name, and one for people.
    version : int
        From 1.
    unit : str
        Unit of every amount.
    fund : str
        The fund that pays the prizes.
    goal : Goal
        What is to be reached.
    phases : tuple[Phase, ...]
        In the order they open; two may overlap when neither starts from the other's result.
    eligibility : AllOf, AnyOf, Not, Leaf or None
        Who may compete; ``None`` lets everybody in.
    rubric, rubrics : Rubric or None, tuple[Rubric, ...]
        What a panel scores by when its phase names no other; and the others.
    prizes : tuple[Prize, ...]
        At least one.
    windows : tuple[str, ...]
        Windows of the fund from which the prizes may be drawn; empty: from the fund as a whole.
    time_zone : str
        Name on the IANA list, for instants without an offset.
    forms : tuple[Form, ...]
        What applicants fill in; a phase names its form.
    visibility : tuple[VisibilityRule, ...]
        Who sees what when; what no rule shows is masked.
    judge_policy : JudgePolicy or None
        Workload, conflicts, calibration, lottery and fees of the judges.
    appeal_policy, disclosure_policy, amendment_policy
        How long and on which grounds to appeal; what each actor states; how long before a change it is told.
    ask_cap : str or None [unit]
        The most that one application may ask for.
    languages : tuple[str, ...]
        In which an application may be written, the first being the brief's own.

    Examples
    --------
    >>> brief = Brief.read('''{"schema": "almoner.brief/1", "challenge_id": "clean-water", "version": 1,
    ...   "title": "Clean water", "unit": "USD", "fund": "water-pool",
    ...   "goal": {"metric": "safe_water_days@2", "baseline": "212", "target": "320", "unit": "day",
    ...            "by": "2029-12-31"},
    ...   "phases": [
    ...     {"id": "apply", "kind": "application",
    ...      "opens_at": "2027-01-11T09:00+03:00", "closes_at": "2027-03-01T17:00+03:00"},
    ...     {"id": "vote", "kind": "review", "judging": "ballot", "ballot": {"metrics": ["users"]},
    ...      "opens_at": "2027-03-08T09:00+03:00", "closes_at": "2027-04-12T17:00+03:00"}],
    ...   "prizes": [{"kind": "pool", "phase": "vote", "amount": "900000.00", "split": "ballot"}]}''')
    >>> from almoner.finance.units import currency
    >>> brief.prize_total(currency("USD"))
    Money('900000.00 USD')
    >>> brief.require_open("apply", datetime.fromisoformat("2027-03-01T17:00+03:00"))
    Traceback (most recent call last):
    ...
    almoner.challenges.errors.ChallengeClosed: Phase apply of clean-water closed at \
2027-03-01T14:00:00.000000Z; this came at 2027-03-01T14:00:00.000000Z.
    """

    invalid: ClassVar[type[AlmonerError]] = BriefInvalid

    schema_id: Annotated[Literal["almoner.brief/1"], Field(alias="schema")]
    challenge_id: Code
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    title: Text
    unit: UnitCode
    fund: Code
    goal: Goal
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=50)]
    eligibility: Rule | None = None
    rubric: Rubric | None = None
    prizes: Annotated[tuple[Prize, ...], Field(min_length=1, max_length=50)]
    windows: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    time_zone: ZoneName = "UTC"
    forms: Annotated[tuple[Form, ...], Field(max_length=50)] = ()
    rubrics: Annotated[tuple[Rubric, ...], Field(max_length=50)] = ()
    visibility: Annotated[tuple[VisibilityRule, ...], Field(max_length=500)] = ()
    judge_policy: JudgePolicy | None = None
    appeal_policy: AppealPolicy = AppealPolicy()
    disclosure_policy: DisclosurePolicy = DisclosurePolicy()
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=50)] = ("en",)
    amendment_policy: AmendmentPolicy = AmendmentPolicy()
    ask_cap: DecimalText | None = None

    def phase(self, phase_id: str) -> Phase:
        """Return a phase by its id.

        Raises
        ------
        Missing
            When the brief has no such phase.
        """
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        names = [phase.id for phase in self.phases]
        raise Missing(
            f"{self.challenge_id} has no phase {phase_id!r}; it has {', '.join(names)}.", phase=phase_id
        )

    def opens(self, phase: Phase | str) -> datetime:
        """Return the first instant of a phase, in UTC."""
        found = phase if isinstance(phase, Phase) else self.phase(phase)
        return resolve(found.opens_at, self.time_zone)

    def closes(self, phase: Phase | str) -> datetime:
        """Return the first instant after a phase, in UTC."""
        found = phase if isinstance(phase, Phase) else self.phase(phase)
        return resolve(found.closes_at, self.time_zone)

    def is_open(self, phase: Phase | str, instant: datetime) -> bool:
        """Tell whether a phase is open at an instant; at its closing instant it is not."""
        return self.opens(phase) <= as_utc(instant) < self.closes(phase)

    def phases_at(self, instant: datetime) -> tuple[Phase, ...]:
        """Return every phase that is open at an instant."""
        return tuple(phase for phase in self.phases if self.is_open(phase, instant))

    def phase_at(self, instant: datetime) -> Phase | None:
        """Return the first phase that is open at an instant, if any."""
        return next(iter(self.phases_at(instant)), None)

    def require_open(self, phase_id: str, instant: datetime) -> Phase:
        """Return a phase if it is open at an instant.

        Parameters
        ----------
        phase_id : str
            Which phase.
        instant : datetime
            When the thing was received; aware.

        Raises
        ------
        ChallengeClosed
            Before the phase opens, at its closing instant, and after.
        """
        phase, now = self.phase(phase_id), as_utc(instant)
        if self.is_open(phase, now):
            return phase
        opens, closes, came = (instant_text(one) for one in (self.opens(phase), self.closes(phase), now))
        said = f"opens at {opens}" if now < self.opens(phase) else f"closed at {closes}"
        raise ChallengeClosed(
            f"Phase {phase_id} of {self.challenge_id} {said}; this came at {came}.",
            challenge=self.challenge_id,
            phase=phase_id,
            opened_at=opens,
            closed_at=closes,
            received_at=came,
        )

    def form_of(self, phase_id: str) -> Form | None:
        """Return the form of a phase; ``None`` when it asks nothing."""
        wanted = self.phase(phase_id).form
        return next((form for form in self.forms if form.id == wanted), None)

    def rules_of(self, phase_id: str) -> tuple[VisibilityRule, ...]:
        """Return the rules of visibility that count in a phase."""
        placed = rule_places(self.phases, self.visibility, "")
        return tuple(
            rule for _, rule, home in placed if phase_id == (home or phase_id) == (rule.phase or phase_id)
        )

    def rubric_of(self, phase_id: str) -> Rubric:
        """Return the rubric by which a panel phase is judged.

        Raises
        ------
        Missing
            When the phase does not exist or is not judged by a panel.
        """
        phase = self.phase(phase_id)
        known = {rubric.id: rubric for rubric in self.all_rubrics}
        own = phase.rubric if isinstance(phase.rubric, Rubric) else known.get(phase.rubric or "", self.rubric)
        if phase.judging not in SCORED or own is None:
            raise Missing(
                f"Phase {phase_id} of {self.challenge_id} is not judged by a panel.", phase=phase_id
            )
        return own

    @property
    def all_rubrics(self) -> tuple[Rubric, ...]:
        """The rubrics that a phase can name."""
        return (*([self.rubric] if self.rubric is not None else []), *self.rubrics)

    def prize_total(self, unit: Unit) -> Money:
        """Return the most that all prizes can cost together.

        Parameters
        ----------
        unit : Unit
            The brief's unit, with its scale.

        Raises
        ------
        ValueError
            When the unit is not the brief's.
        """
        if unit.code != self.unit:
            raise ValueError(f"the brief counts in {self.unit}, not in {unit.code}")
        return sum((prize_maximum(prize, unit) for prize in self.prizes), start=zero(unit))

    def findings(self, at: str = "") -> Findings:
        """List every broken rule between goal, phases, rubrics, forms, policies, rule and prizes."""
        found: Findings = []
        if nano(self.goal.baseline) == nano(self.goal.target):
            found.append(finding(f"{at}/goal/target", f"target and baseline are both {self.goal.target}"))
        found += order_findings(self.phases, self.time_zone, f"{at}/phases")
        known = {rubric.id: rubric for rubric in reversed(self.all_rubrics)}
        for n, phase in enumerate(self.phases):
            found += phase_findings(phase, known, self.rubric, self.unit, f"{at}/phases/{n}")
        if self.eligibility is not None:
            found += rule_findings(self.eligibility, f"{at}/eligibility")
        found += self._rubric_findings(at)
        for n, prize in enumerate(self.prizes):
            found += prize_findings(prize, self.unit, f"{at}/prizes/{n}")
            found += deciding_findings(prize, self.phases, self.prizes, f"{at}/prizes/{n}")
        for n, form in enumerate(self.forms):
            found += form.findings(f"{at}/forms/{n}")
        found += reference_findings(self.phases, self.visibility, [form.id for form in self.forms], at)
        return found + self._policy_findings(at)

    def _rubric_findings(self, at: str) -> Findings:
        found = self.rubric.findings(f"{at}/rubric") if self.rubric is not None else []
        for n, rubric in enumerate(self.rubrics):
            found += rubric.findings(f"{at}/rubrics/{n}")
        shift = len(self.all_rubrics) - len(self.rubrics)
        return found + _twice([rubric.id for rubric in self.all_rubrics], f"{at}/rubrics", "/id", shift)

    def _policy_findings(self, at: str) -> Findings:
        found = _twice(self.windows, f"{at}/windows") + _twice(self.languages, f"{at}/languages")
        found += _twice(self.appeal_policy.grounds, f"{at}/appeal_policy/grounds")
        threshold = self.disclosure_policy.funders_above
        place = f"{at}/disclosure_policy/funders_above"
        found += amount_findings(threshold, self.unit, place, zero_allowed=True)
        if self.ask_cap is not None:
            found += amount_findings(self.ask_cap, self.unit, f"{at}/ask_cap")
        if self.judge_policy is not None:
            found += policy_findings(self.judge_policy, self.unit, f"{at}/judge_policy")
        return found


def _twice(names: Iterable[str], at: str, below: str = "", shift: int = 0) -> Findings:
    """List names that stood earlier in the same list; ``shift`` of them stand elsewhere."""
    listed = list(names)
    return [
        finding(f"{at}/{n - shift}{below}", f"{listed[n]} stands here a second time")
        for n in repeated(listed)
    ]
