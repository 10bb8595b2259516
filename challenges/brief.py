"""The brief: a challenge as one document that anybody can read, check and hold the organiser to.

The problem: rules spread over a web page, a form and somebody's memory change while people are working on
their applications. What binds is a field of this document: the goal, the phases with their instants, who may
enter, how is judged, and what can be won. Free text never carries a rule.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ..finance.dates import as_utc, instant_text
from ..finance.documents import Code, DecimalText, Document, Text, UnitCode
from ..finance.errors import Missing
from ..finance.findings import Findings, finding, repeated
from ..finance.money import Money, zero
from ..finance.units import Unit
from .ballots import BallotPolicy
from .eligibility import Rule, rule_findings
from .errors import ChallengeClosed
from .fields import DayText, MetricName
from .figures import nano
from .prizes import AnyPrize, Prize, amount_findings, judged_by, prize_findings, prize_maximum, prize_phases
from .rubric import Rubric

Judging = Literal["none", "panel", "ballot", "metric"]


def _real_instant(text: str) -> str:
    datetime.fromisoformat(text)
    return text


InstantText = Annotated[
    str,
    StringConstraints(
        pattern=r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
        r"(Z|[+-][0-9]{2}:[0-9]{2})$"
    ),
    AfterValidator(_real_instant),
]


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


class Phase(Document):
    """A stretch of time in which one thing is open; it includes its first instant and not its last.

    Attributes
    ----------
    id : str
        Unique in the brief.
    kind : str
        ``application``, ``review``, ``decision`` or ``delivery``.
    opens_at, closes_at : str
        ISO instants with an offset.
    judging : str
        ``none``; ``panel`` and ``ballot`` in a review; ``metric`` in a delivery.
    rubric : Rubric or str or None
        Of a panel: inline, or the id of the brief's rubric; when left out, the brief's rubric.
    reads_per_application : int or None [reads]
        Of a panel: how many judges are to read each application.
    ballot : BallotPolicy or None
        Of a ballot: metrics, cap, floor and multiplier.

    Examples
    --------
    >>> phase = Phase.read('{"id": "apply", "kind": "application",'
    ...     ' "opens_at": "2027-01-11T09:00+03:00", "closes_at": "2027-03-01T17:00+03:00"}')
    >>> phase.opens.isoformat()
    '2027-01-11T06:00:00+00:00'
    """

    id: Code
    kind: Literal["application", "review", "decision", "delivery"]
    opens_at: InstantText
    closes_at: InstantText
    judging: Judging = "none"
    rubric: Rubric | Code | None = None
    reads_per_application: Annotated[int, Field(ge=1, le=1000)] | None = None
    ballot: BallotPolicy | None = None

    @property
    def opens(self) -> datetime:
        """First instant, in UTC."""
        return as_utc(datetime.fromisoformat(self.opens_at))

    @property
    def closes(self) -> datetime:
        """First instant after the phase, in UTC."""
        return as_utc(datetime.fromisoformat(self.closes_at))


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
        In order of time; none opens before the one before it has closed.
    eligibility : AllOf, AnyOf, Not, Leaf or None
        Who may compete; ``None`` lets everybody in.
    rubric : Rubric or None
        What panels score by, unless a phase carries its own.
    prizes : tuple[Prize, ...]
        At least one.

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

    def phase_at(self, instant: datetime) -> Phase | None:
        """Return the phase that is open at an instant, if any."""
        now = as_utc(instant)
        return next((phase for phase in self.phases if phase.opens <= now < phase.closes), None)

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
        if phase.opens <= now < phase.closes:
            return phase
        opens, closes, came = instant_text(phase.opens), instant_text(phase.closes), instant_text(now)
        said = f"opens at {opens}" if now < phase.opens else f"closed at {closes}"
        raise ChallengeClosed(
            f"Phase {phase_id} of {self.challenge_id} {said}; this came at {came}.",
            challenge=self.challenge_id,
            phase=phase_id,
            opened_at=opens,
            closed_at=closes,
            received_at=came,
        )

    def rubric_of(self, phase_id: str) -> Rubric:
        """Return the rubric by which a panel phase is judged.

        Raises
        ------
        Missing
            When the phase does not exist or is not judged by a panel.
        """
        phase = self.phase(phase_id)
        rubric = phase.rubric if isinstance(phase.rubric, Rubric) else self.rubric
        if phase.judging != "panel" or rubric is None:
            raise Missing(
                f"Phase {phase_id} of {self.challenge_id} is not judged by a panel.", phase=phase_id
            )
        return rubric

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
        """List every broken rule between goal, phases, rubric, rule and prizes."""
        found: Findings = []
        if nano(self.goal.baseline) == nano(self.goal.target):
            found.append(finding(f"{at}/goal/target", f"target and baseline are both {self.goal.target}"))
        found += _order_findings(self.phases, f"{at}/phases")
        for n, phase in enumerate(self.phases):
            found += _phase_findings(self, phase, f"{at}/phases/{n}")
        if self.eligibility is not None:
            found += rule_findings(self.eligibility, f"{at}/eligibility")
        if self.rubric is not None:
            found += self.rubric.findings(f"{at}/rubric")
        for n, prize in enumerate(self.prizes):
            found += prize_findings(prize, self.unit, f"{at}/prizes/{n}")
            found += _deciding_findings(self, prize, f"{at}/prizes/{n}")
        return found


def _order_findings(phases: Sequence[Phase], at: str) -> Findings:
    names = [phase.id for phase in phases]
    found = [finding(f"{at}/{n}/id", f"phase {names[n]} stands here a second time") for n in repeated(names)]
    for n, phase in enumerate(phases):
        if phase.closes <= phase.opens:
            found.append(finding(f"{at}/{n}/closes_at", f"{phase.closes_at} is not after {phase.opens_at}"))
        if n and phase.opens < phases[n - 1].closes:
            before = phases[n - 1]
            found.append(
                finding(
                    f"{at}/{n}/opens_at", f"{phase.opens_at} is before {before.id} closes: {before.closes_at}"
                )
            )
    return found


def _phase_findings(brief: Brief, phase: Phase, at: str) -> Findings:
    panel, ballot = phase.judging == "panel", phase.judging == "ballot"
    found: Findings = []
    place = {"panel": "review", "ballot": "review", "metric": "delivery"}.get(phase.judging, phase.kind)
    if phase.kind != place:
        found.append(
            finding(f"{at}/judging", f"{phase.judging} judges a {place}, not a phase of {phase.kind}")
        )
    if panel:
        found += _panel_findings(brief, phase, at)
    else:
        found += [
            finding(f"{at}/{name}", f"only a panel has it; this phase is judged by {phase.judging}")
            for name in ("rubric", "reads_per_application")
            if getattr(phase, name) is not None
        ]
    if ballot and phase.ballot is None:
        found.append(finding(f"{at}/ballot", "missing: a ballot needs its metrics"))
    if phase.ballot is not None:
        found += _ballot_findings(brief, phase.ballot, f"{at}/ballot")
        if not ballot:
            found.append(finding(f"{at}/ballot", f"this phase is judged by {phase.judging}"))
    return found


def _panel_findings(brief: Brief, phase: Phase, at: str) -> Findings:
    found: Findings = []
    if phase.reads_per_application is None:
        found.append(finding(f"{at}/reads_per_application", "missing: a panel needs it"))
    shared = brief.rubric.id if brief.rubric is not None else None
    if isinstance(phase.rubric, Rubric):
        found += phase.rubric.findings(f"{at}/rubric")
        if phase.rubric.id == shared and phase.rubric != brief.rubric:
            found.append(finding(f"{at}/rubric/id", f"{shared} is already the id of another rubric"))
    elif phase.rubric is None and shared is None:
        found.append(finding(f"{at}/rubric", "missing: a panel needs a rubric, here or in the brief"))
    elif phase.rubric is not None and phase.rubric != shared:
        found.append(finding(f"{at}/rubric", f"the brief has no rubric {phase.rubric}"))
    return found


def _ballot_findings(brief: Brief, policy: BallotPolicy, at: str) -> Findings:
    found = [
        finding(f"{at}/metrics/{n}", f"{policy.metrics[n]} stands here a second time")
        for n in repeated(policy.metrics)
    ]
    return found + amount_findings(policy.floor, brief.unit, f"{at}/floor", zero_allowed=True)


def _deciding_findings(brief: Brief, prize: AnyPrize, at: str) -> Findings:
    """List whether the phases of a prize exist and yield the result by which the prize is paid."""
    judging = {phase.id: phase.judging for phase in brief.phases}
    found = [
        finding(f"{at}/{name}", f"there is no phase {phase}")
        for name, phase in prize_phases(prize)
        if phase not in judging
    ]
    needed = judged_by(prize)
    if judging.get(prize.phase, next(iter(needed))) not in needed:
        kinds = " or ".join(sorted(needed, reverse=True))
        said = f"{prize.phase} is judged by {judging[prize.phase]}; this prize needs a {kinds}"
        found.append(finding(f"{at}/phase", said))
    return found or _later_findings(brief, prize, at)


def _later_findings(brief: Brief, prize: AnyPrize, at: str) -> Findings:
    """List later phases of a prize that are not later, and a rest that goes to none or several prizes."""
    order = [phase.id for phase in brief.phases]
    found = [
        finding(f"{at}/{name}", f"{phase} is not after {prize.phase}")
        for name, phase in prize_phases(prize)[1:]
        if order.index(phase) <= order.index(prize.phase)
    ]
    takers = [one for one in brief.prizes if one.phase == prize.rolls_to]
    if prize.rolls_to and len(takers) != 1 and not found:
        said = f"{prize.rolls_to} has {len(takers)} prizes; what rolls over needs exactly one"
        found.append(finding(f"{at}/unawarded/roll_over", said))
    return found
