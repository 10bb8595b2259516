"""Amendments: a brief changes by a patch with its reason, and never behind the back of those who are in.

The problem: deadlines move for a friend, a prize shrinks after the entries are in, a weight changes when the
scores are known. An amendment is editorial (no rule changes, at once) or material (a second person, notice
to everybody who has a draft or a submission, and a number of days before it takes effect). Some changes are
refused whoever asks:

- a deadline cut to less than the notice from now, or any change of a phase that is closed by then;
- a prize lowered or a bar raised after the first submission, unless every submitter has consented;
- a rubric, or how scores are read, changed after the first score.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from ..finance.dates import as_utc, instant_text
from ..finance.findings import Findings, finding
from .brief import Brief
from .errors import AmendmentRefused
from .favour import no_harder, no_lower, no_stricter
from .figures import nano
from .json_patch import apply_patch
from .phases import SCORED, Phase
from .rubric import Rubric

Kind = Literal["editorial", "material"]
FIXED: Final = ("schema", "challenge_id", "version", "unit", "fund")
_NAMES_ONLY: Final = frozenset({"title", "description"})
_READING: Final = ("calibrate", "panel_model", "tie_alpha", "seed_source", "anchors", "anchor_reads")


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentFacts:
    """What has happened in a challenge by the time its brief is to change.

    Attributes
    ----------
    first_submission, first_score : datetime or None
        When; ``None``: not yet.
    submitters : frozenset[str]
        Applications handed in and not withdrawn.
    consents : frozenset[str]
        Those of them whose consent to this change is on record.
    holders : frozenset[str]
        Everybody with a draft or a submission, who has to be told.

    Examples
    --------
    >>> AmendmentFacts().first_score is None
    True
    """

    first_submission: datetime | None = None
    first_score: datetime | None = None
    submitters: frozenset[str] = frozenset()
    consents: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()


NOTHING_YET: Final = AmendmentFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """A lawful amendment, ready to be kept.

    Attributes
    ----------
    brief : Brief
        The new version.
    kind : str
        ``editorial`` or ``material``.
    reason : str
        Why.
    effective_at : datetime
        From when on it counts.
    places : tuple[str, ...]
        JSON pointers of what has changed.
    notify : tuple[str, ...]
        Who has to be told, and whose notice has to be recorded.
    second_person : bool
        Whether somebody other than its maker has to agree.
    """

    brief: Brief
    kind: Kind
    reason: str
    effective_at: datetime
    places: tuple[str, ...]
    notify: tuple[str, ...]
    second_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefVersion:
    """One version of a brief with its first instant.

    Attributes
    ----------
    brief : Brief
        The version.
    effective_at : datetime
        From when on it counts.
    """

    brief: Brief
    effective_at: datetime


def amend(
    current: Brief,
    patch: Sequence[Mapping[str, object]],
    *,
    reason: str,
    kind: Kind,
    facts: AmendmentFacts = NOTHING_YET,
    now: datetime,
    pending: datetime | None = None,
) -> Amended:
    """Apply a patch to a brief, or say why it may not be.

    Parameters
    ----------
    current : Brief
        The newest version.
    patch : Sequence of Mapping
        JSON Patch (RFC 6902) on the brief with every default written out; the version rises by itself.
    reason : str
        Why; shown to everybody who is told.
    kind : str
        ``editorial``: only names and descriptions change, at once. ``material``: anything lawful, after the
        notice.
    facts : AmendmentFacts
        What has happened so far.
    now : datetime
        When it is announced; aware.
    pending : datetime or None
        When the current version itself takes effect, if that is still to come: no later one overtakes it.

    Raises
    ------
    AmendmentRefused
        ``figures['findings']`` lists every rule that stands against it, with ``rule`` and ``since``.
    BriefInvalid
        When what comes out is no brief.

    Examples
    --------
    >>> from datetime import UTC
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
    >>> later = [{"op": "replace", "path": "/phases/0/closes_at", "value": "2027-03-05T17:00+03:00"}]
    >>> done = amend(brief, later, reason="Floods", kind="material", now=datetime(2027, 2, 1, tzinfo=UTC))
    >>> done.brief.version, done.effective_at.date().isoformat(), done.places
    (2, '2027-02-08', ('/phases/0/closes_at',))
    """
    _require_reason(reason)
    brief, places = _patched(current, patch, kind)
    instant = as_utc(now)
    effective = instant + current.amendment_policy.notice if kind == "material" else instant
    effective = max(effective, as_utc(pending or effective))
    _require_lawful(current, brief, facts, instant, effective)
    return Amended(
        brief=brief,
        kind=kind,
        reason=reason,
        effective_at=effective,
        places=places,
        notify=tuple(sorted(facts.holders | facts.submitters)),
        second_person=kind == "material",
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise AmendmentRefused(
            "An amendment needs its reason: everybody concerned is told it.", rule="reason"
        )


def _patched(
    current: Brief, patch: Sequence[Mapping[str, object]], kind: Kind
) -> tuple[Brief, tuple[str, ...]]:
    """Return the next version and what is different in it; refused when it is no lawful amendment."""
    before = current.model_dump(mode="json", by_alias=True)
    after = apply_patch(before, patch)
    found = [finding(f"/{name}", "never changes") for name in FIXED if after.get(name) != before[name]]
    places = tuple(_differences(before, after, ""))
    if not places:
        found.append(finding("", "the patch changes nothing"))
    if kind == "editorial":
        found += [
            finding(place, "binds applicants: only titles and descriptions are editorial, make it material")
            for place in places
            if place.rpartition("/")[2] not in _NAMES_ONLY
        ]
    if found:
        raise _refused(current, "form", found)
    brief = Brief.read(json.dumps({**after, "version": current.version + 1}, ensure_ascii=False))
    return brief, places


def in_force(versions: Sequence[BriefVersion], instant: datetime) -> Brief:
    """Return the version that counts at an instant.

    Parameters
    ----------
    versions : Sequence[BriefVersion]
        Oldest first.
    instant : datetime
        Aware; not before the first one.

    Raises
    ------
    ValueError
        When no version counted yet.
    """
    then = [one.brief for one in versions if one.effective_at <= as_utc(instant)]
    if not then:
        raise ValueError(f"no version of the brief counts at {instant_text(instant)}")
    return then[-1]


def judged_under(
    versions: Sequence[BriefVersion], submitted_at: datetime, favour: Callable[[Brief], int]
) -> Brief:
    """Return the version under which an application is judged.

    That is the one in force when it was submitted, or a later one under which it does better.

    Parameters
    ----------
    versions : Sequence[BriefVersion]
        Oldest first.
    submitted_at : datetime
        Receipt of the submission; aware.
    favour : callable
        How well the application does under a version on the changed rule: more is better, for example 0 to
        2 for fail, needs a document and pass.
    """
    first = in_force(versions, submitted_at)
    later = [one.brief for one in versions if one.effective_at > as_utc(submitted_at)]
    return max([first, *later], key=favour)


def _require_lawful(
    current: Brief, brief: Brief, facts: AmendmentFacts, now: datetime, effective: datetime
) -> None:
    timing = _closed(current, brief, effective) + _deadlines(current, brief, now)
    if timing:
        raise _refused(current, "time", timing, since=now)
    if facts.first_score is not None and (found := _scoring(current, brief)):
        raise _refused(current, "scores", found, since=facts.first_score)
    if reviews := [phase.id for phase in current.phases if _reviewed(current, phase, now, effective)]:
        found = [row for row in _scoring(current, brief, reviews) if facts.first_score is None]
        if found:
            raise _refused(current, "scores", found, since=effective)
    waiting = facts.submitters - facts.consents
    agreed = bool(facts.submitters) and not waiting
    if facts.first_submission is not None and not agreed and (found := _against_submitters(current, brief)):
        raise _refused(current, "submissions", found, since=facts.first_submission)


def _reviewed(brief: Brief, phase: Phase, now: datetime, effective: datetime) -> bool:
    """Tell whether a panel can begin to score between the announcement and the effect."""
    return phase.judging in SCORED and now < effective and brief.opens(phase) < effective


def _closed(current: Brief, brief: Brief, effective: datetime) -> Findings:
    found: Findings = []
    after = {phase.id: phase for phase in brief.phases}
    for n, phase in enumerate(current.phases):
        if current.closes(phase) <= effective:
            same = phase.id in after and _whole(current, phase) == _whole(brief, after[phase.id])
            if not same:
                closed = instant_text(current.closes(phase))
                found.append(
                    finding(f"/phases/{n}", f"{phase.id} closes at {closed}, before this takes effect")
                )
    return found


def _whole(brief: Brief, phase: Phase) -> tuple[object, ...]:
    """Return everything that makes a phase what it is, wherever it stands in the brief."""
    form = brief.form_of(phase.id)
    plain = phase.model_copy(update={"opens_at": "", "closes_at": ""})
    schema = form.canonical_bytes() if form is not None else b""
    times = (brief.opens(phase), brief.closes(phase))
    return (plain, times, _rubric(brief, phase), schema, brief.rules_of(phase.id))


def _rubric(brief: Brief, phase: Phase) -> Rubric | None:
    return brief.rubric_of(phase.id) if phase.judging in SCORED else None


def _deadlines(current: Brief, brief: Brief, now: datetime) -> Findings:
    """List deadlines cut below the notice, and open phases that would be shut or removed."""
    found: Findings = []
    earliest = now + current.amendment_policy.notice
    after = {phase.id: phase for phase in brief.phases}
    for n, phase in enumerate(current.phases):
        new = after.get(phase.id)
        opened = current.opens(phase) <= now
        if new is None:
            if opened:
                found.append(finding(f"/phases/{n}", f"{phase.id} has opened and cannot be taken out"))
            continue
        cut = brief.closes(new) < current.closes(phase) or new.grace_seconds < phase.grace_seconds
        if cut and brief.closes(new) < earliest:
            said = f"{new.closes_at} is sooner than the notice of {current.amendment_policy.notice_days} days"
            found.append(finding(f"/phases/{n}/closes_at", f"{said} from now, {instant_text(earliest)}"))
        if opened and brief.opens(new) != current.opens(phase):
            found.append(finding(f"/phases/{n}/opens_at", f"{phase.id} has opened already"))
    if brief.amendment_policy.notice < current.amendment_policy.notice:
        found.append(finding("/amendment_policy/notice_days", "a notice is not shortened by an amendment"))
    return found


def _scoring(current: Brief, brief: Brief, phases: Sequence[str] | None = None) -> Findings:
    """List what changes of rubrics and of how scores are read."""
    found: Findings = []
    after = {phase.id: phase for phase in brief.phases}
    for n, phase in enumerate(current.phases):
        concerned = phase.judging in SCORED and (phases is None or phase.id in phases)
        new = after.get(phase.id)
        if concerned and (new is None or _rubric(current, phase) != _rubric(brief, new)):
            found.append(finding(f"/phases/{n}/rubric", f"the rubric of {phase.id} would change"))
    old, late = current.judge_policy, brief.judge_policy
    changed = [f"/{name}" for name in _READING if getattr(old, name, None) != getattr(late, name, None)]
    found += [finding(f"/judge_policy{name}", "this decides how scores are read") for name in changed]
    return found


def _against_submitters(current: Brief, brief: Brief) -> Findings:
    """List prizes lowered and bars raised, or what cannot be shown to be neither."""
    found: Findings = []
    if not no_lower(current.prizes, brief.prizes):
        found.append(finding("/prizes", "a prize is lowered, taken out, or changed otherwise than upwards"))
    if not no_stricter(current.eligibility, brief.eligibility):
        found.append(finding("/eligibility", "the rule, its time to cure or its evidence gets stricter"))
    after = {phase.id: phase for phase in brief.phases}
    for n, phase in enumerate(current.phases):
        new = after.get(phase.id)
        if new is None:
            found.append(finding(f"/phases/{n}", f"{phase.id} is taken out"))
        elif not no_harder(phase, new, _rubric(current, phase), _rubric(brief, new)):
            found.append(finding(f"/phases/{n}/advances", f"fewer may get through {phase.id}"))
    if _goal_is_further(current, brief):
        found.append(finding("/goal", "the goal is another one, or further away"))
    appeals, later = current.appeal_policy, brief.appeal_policy
    if later.window_days < appeals.window_days or not set(appeals.grounds) <= set(later.grounds):
        found.append(finding("/appeal_policy", "there is less time or ground to appeal"))
    threshold = brief.disclosure_policy.funders_above
    if nano(threshold) < nano(current.disclosure_policy.funders_above):
        found.append(finding("/disclosure_policy/funders_above", "more has to be disclosed"))
    return found


def _goal_is_further(current: Brief, brief: Brief) -> bool:
    old, new = current.goal, brief.goal
    if (old.metric, old.unit, old.baseline) != (new.metric, new.unit, new.baseline) or new.by < old.by:
        return True
    start = nano(old.baseline)
    upwards = nano(old.target) > start
    return (nano(new.target) > nano(old.target)) is upwards and new.target != old.target


def _differences(before: object, after: object, at: str) -> Iterator[str]:
    """Yield the pointer of every place that is not the same, as deep as it can be named."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            place = f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}"
            if name in before and name in after:
                yield from _differences(before[name], after[name], place)
            else:
                yield place
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for n, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, f"{at}/{n}")
    elif type(before) is not type(after) or before != after:
        yield at


def _refused(current: Brief, rule: str, found: Findings, since: datetime | None = None) -> AmendmentRefused:
    shown = "; ".join(f"{row['path']}: {row['message']}" for row in found[:20])
    why = {
        "form": "This is no lawful amendment",
        "time": "This comes too late",
        "scores": "Scores are in, or can be before it takes effect",
        "submissions": "Applications are in, and not every submitter has consented",
    }[rule]
    return AmendmentRefused(
        f"{why}: {current.challenge_id} stays as it is. {shown}.",
        challenge=current.challenge_id,
        rule=rule,
        since=instant_text(since) if since is not None else "",
        findings=found,
    )
