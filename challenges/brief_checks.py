"""Checks between the parts of a brief: order of time, what each phase needs, what each prize is decided by.

The problem: every part may be sound and the whole still wrong: a panel without a rubric, a prize that waits
for a phase that ranks nobody, judges who start reading before the entries are in.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from ..finance.findings import Findings, finding, repeated
from .ballots import BallotPolicy
from .phases import SCORED, Phase, reads_result, resolve
from .prizes import Prize, amount_findings, judged_by, prize_phases
from .rubric import Rubric
from .visibility import VisibilityRule

_PLACES: Mapping[str, tuple[str, ...]] = {
    "panel": ("review",),
    "applicants": ("review",),
    "ballot": ("review",),
    "metric": ("delivery", "development"),
}
_NAMES: Mapping[str, str] = {"panel": "panel", "applicants": "panel"}


def order_findings(phases: Sequence[Phase], zone: str, at: str) -> Findings:
    """List phases that end before they begin, stand out of order, or overlap one they start from.

    Parameters
    ----------
    phases : Sequence[Phase]
        Of one brief.
    zone : str
        Of instants without an offset.
    at : str
        JSON pointer of the list.
    """
    names = [phase.id for phase in phases]
    found = [finding(f"{at}/{n}/id", f"phase {names[n]} stands here a second time") for n in repeated(names)]
    opens = [resolve(phase.opens_at, zone) for phase in phases]
    closes = [resolve(phase.closes_at, zone) for phase in phases]
    for n, phase in enumerate(phases):
        if closes[n] <= opens[n]:
            found.append(finding(f"{at}/{n}/closes_at", f"{phase.closes_at} is not after {phase.opens_at}"))
        if n and opens[n] < opens[n - 1]:
            before = phases[n - 1]
            said = f"{phase.opens_at} is before {before.id} opens: {before.opens_at}"
            found.append(finding(f"{at}/{n}/opens_at", said))
    for (m, earlier), (n, later) in combinations(enumerate(phases), 2):
        together = opens[n] < closes[m] and opens[m] < closes[n]
        if together and reads_result(later, earlier):
            said = f"{later.opens_at} is before {earlier.id} closes: {earlier.closes_at}"
            found.append(finding(f"{at}/{n}/opens_at", f"{said}, and {later.id} starts from its result"))
    return found


def phase_findings(
    phase: Phase, known: Mapping[str, Rubric], shared: Rubric | None, unit_code: str, at: str
) -> Findings:
    """List what a phase lacks for its way of judging, and what it has no use for.

    Parameters
    ----------
    phase : Phase
        Of the brief.
    known : Mapping[str, Rubric]
        Every rubric of the brief by its id.
    shared : Rubric or None
        The one that a panel takes when it names none.
    unit_code : str
        The brief's unit.
    at : str
        JSON pointer of the phase.
    """
    scored = phase.judging in SCORED
    found: Findings = []
    places = _PLACES.get(phase.judging, (phase.kind,))
    if phase.kind not in places:
        said = f"{phase.judging} judges a {' or a '.join(places)}, not a phase of {phase.kind}"
        found.append(finding(f"{at}/judging", said))
    if scored:
        found += _scored_findings(phase, known, shared, at)
    else:
        found += [
            finding(f"{at}/{name}", f"only a panel has it; this phase is judged by {phase.judging}")
            for name in ("rubric", "reads_per_application")
            if getattr(phase, name) is not None
        ]
    if phase.must_finish and phase.judging != "applicants":
        found.append(finding(f"{at}/must_finish", "only applicants who judge have to finish"))
    found += _ballot_findings(phase, unit_code, at)
    return found + _advance_findings(phase, known, shared, at)


def _scored_findings(phase: Phase, known: Mapping[str, Rubric], shared: Rubric | None, at: str) -> Findings:
    found: Findings = []
    if phase.reads_per_application is None:
        found.append(finding(f"{at}/reads_per_application", "missing: a panel needs it"))
    if isinstance(phase.rubric, Rubric):
        found += phase.rubric.findings(f"{at}/rubric")
        if known.get(phase.rubric.id, phase.rubric) != phase.rubric:
            found.append(finding(f"{at}/rubric/id", f"{phase.rubric.id} is already the id of another rubric"))
    elif phase.rubric is None and shared is None:
        found.append(finding(f"{at}/rubric", "missing: a panel needs a rubric, here or in the brief"))
    elif phase.rubric is not None and phase.rubric not in known:
        found.append(finding(f"{at}/rubric", f"the brief has no rubric {phase.rubric}"))
    return found


def _ballot_findings(phase: Phase, unit_code: str, at: str) -> Findings:
    policy: BallotPolicy | None = phase.ballot
    if policy is None:
        missing = finding(f"{at}/ballot", "missing: a ballot needs its metrics")
        return [missing] if phase.judging == "ballot" else []
    found = [
        finding(f"{at}/ballot/metrics/{n}", f"{policy.metrics[n]} stands here a second time")
        for n in repeated(policy.metrics)
    ]
    found += amount_findings(policy.floor, unit_code, f"{at}/ballot/floor", zero_allowed=True)
    if phase.judging != "ballot":
        found.append(finding(f"{at}/ballot", f"this phase is judged by {phase.judging}"))
    return found


def _advance_findings(phase: Phase, known: Mapping[str, Rubric], shared: Rubric | None, at: str) -> Findings:
    if phase.advances is None:
        return []
    found = phase.advances.findings(f"{at}/advances")
    ranked = phase.advances.rule != "all_eligible"
    if ranked and phase.judging not in SCORED:
        said = f"{phase.advances.rule} needs a ranking; this phase is judged by {phase.judging}"
        found.append(finding(f"{at}/advances/rule", said))
    rubric = phase.rubric if isinstance(phase.rubric, Rubric) else known.get(phase.rubric or "", shared)
    if phase.advances.line is not None and rubric is not None and not rubric.findings():
        found += rubric.scale.outside(phase.advances.line, f"{at}/advances/line")
    return found


def deciding_findings(prize: Prize, phases: Sequence[Phase], prizes: Sequence[Prize], at: str) -> Findings:
    """List whether the phases of a prize exist and yield the result by which the prize is paid.

    Parameters
    ----------
    prize : Prize
        Of any kind; each field that names a phase is looked at.
    phases : Sequence[Phase]
        Of the brief.
    prizes : Sequence[Prize]
        All of the brief.
    at : str
        JSON pointer of the prize.
    """
    judging = {phase.id: phase.judging for phase in phases}
    found = [
        finding(f"{at}/{name}", f"there is no phase {phase}")
        for name, phase in prize_phases(prize)
        if phase not in judging
    ]
    needed = judged_by(prize)
    known = judging.get(prize.phase)
    if known is not None and _NAMES.get(known, known) not in needed:
        kinds = " or ".join(sorted(needed, reverse=True))
        found.append(
            finding(f"{at}/phase", f"{prize.phase} is judged by {known}; this prize needs a {kinds}")
        )
    return found or _later_findings(prize, phases, prizes, at)


def _later_findings(prize: Prize, phases: Sequence[Phase], prizes: Sequence[Prize], at: str) -> Findings:
    """List later phases of a prize that are not later, and a rest that goes to none or several prizes."""
    order = [phase.id for phase in phases]
    found = [
        finding(f"{at}/{name}", f"{phase} is not after {prize.phase}")
        for name, phase in prize_phases(prize)[1:]
        if order.index(phase) <= order.index(prize.phase)
    ]
    takers = [one for one in prizes if one.phase == prize.rolls_to]
    if prize.rolls_to and len(takers) != 1 and not found:
        said = f"{prize.rolls_to} has {len(takers)} prizes; what rolls over needs exactly one"
        found.append(finding(f"{at}/unawarded/roll_over", said))
    return found


def rule_places(
    phases: Sequence[Phase], rules: Sequence[VisibilityRule], at: str
) -> Iterator[tuple[str, VisibilityRule, str | None]]:
    """Yield every rule of visibility with its pointer and the phase it stands in.

    Parameters
    ----------
    phases : Sequence[Phase]
        Of the brief, each with rules of its own.
    rules : Sequence[VisibilityRule]
        Of the brief as a whole.
    at : str
        JSON pointer of the brief.
    """
    for n, rule in enumerate(rules):
        yield f"{at}/visibility/{n}", rule, None
    for m, phase in enumerate(phases):
        for n, rule in enumerate(phase.visibility):
            yield f"{at}/phases/{m}/visibility/{n}", rule, phase.id


def reference_findings(
    phases: Sequence[Phase], rules: Sequence[VisibilityRule], forms: Sequence[str], at: str
) -> Findings:
    """List forms and phases that are named and not there, and names that stand twice.

    Parameters
    ----------
    phases : Sequence[Phase]
        Of the brief.
    rules : Sequence[VisibilityRule]
        Of the brief as a whole.
    forms : Sequence[str]
        Ids of the brief's forms.
    at : str
        JSON pointer of the brief.
    """
    found = [
        finding(f"{at}/forms/{n}/id", f"form {forms[n]} stands here a second time") for n in repeated(forms)
    ]
    found += [
        finding(f"{at}/phases/{n}/form", f"the brief has no form {phase.form}")
        for n, phase in enumerate(phases)
        if phase.form is not None and phase.form not in forms
    ]
    names = {phase.id for phase in phases}
    for place, rule, home in rule_places(phases, rules, at):
        if rule.phase is not None and rule.phase not in names:
            found.append(finding(f"{place}/phase", f"there is no phase {rule.phase}"))
        elif home is not None and rule.phase not in {None, home}:
            found.append(finding(f"{place}/phase", f"stands in phase {home} and names {rule.phase}"))
    return found
