"""Checks of secrecy: blind reviews that are not, and events that never come.

The problem: hiding the name of the lead hides nothing while the budget names who spends, a file is called
after its author, and the e-mail address stands among the answers.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from ..brief import Brief
from ..brief_checks import rule_places
from ..forms import Form
from ..lifecycle import Move, event_names, events_at
from ..phases import Phase
from ..visibility import Viewer, mask, shows
from .finding import BriefFinding, BriefSubject, error

IDENTITY: Final = (
    "/lead",
    "/bundle/*/party",
    "/budget/*/actor",
    "/disclosures/*/party",
    "/disclosures/*/funders",
    "/in_kind_offers/*/party",
    "/files/*/name",
    "/files/*/metadata",
    "/accords",
)
_TELLING: Final = re.compile(
    r"(^|[_.:/-])(name|names|organisation|organization|organisations|party|hub|lead|contact|e?mail|phone|"
    r"website|web|url|address|team|staff|author|authors|cv|logo|affiliation|registration|orcid)($|[_.:/-])"
)
_BLIND: Final[dict[str, Viewer]] = {
    "panel": "assigned_judge",
    "applicants": "assigned_judge",
    "ballot": "assigned_judge",
}


def check_blind(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find blind phases in which a judge can read the applicant's identity in another place."""
    brief = subject.brief
    for phase in brief.phases:
        viewer = _BLIND.get(phase.judging)
        if viewer is None:
            continue
        seen = _seen(brief, phase, viewer)
        if not seen or "/lead" in seen:
            continue
        for place in seen:
            said = f"{phase.id} hides who leads an application, but shows {place} to its judges."
            fix = (
                f'Add {{"pointer": "/application{place}", "viewer": "{viewer}", "phase": "{phase.id}", '
                '"action": "mask"} to \'visibility\'.'
            )
            yield error("visibility.identity", _showing(brief, phase, viewer, place), said, fix)


def _seen(brief: Brief, phase: Phase, viewer: Viewer) -> list[str]:
    """Return the places with an identity that a judge sees; empty as well when he sees nothing at all."""
    places = [*IDENTITY, *_telling_answers(brief), *_telling_facts(brief)]
    events = _during(brief, phase)
    found = []
    for place in places:
        document = _canary(f"/application{place}")
        if mask(document, brief.rules_of(phase.id), phase=phase.id, viewer=viewer, events=events):
            found.append(place)
    return found


def _during(brief: Brief, phase: Phase) -> frozenset[str]:
    published = Move(to="published", at=min(brief.opens(one) for one in brief.phases))
    closed = f"{phase.id}.closed"
    return events_at(brief, brief.closes(phase), [published]) - {closed} - _later(brief, phase)


def _later(brief: Brief, phase: Phase) -> set[str]:
    """Return what happens only at the very instant when a phase closes."""
    instant = brief.closes(phase)
    names = {f"{one.id}.opened" for one in brief.phases if brief.opens(one) == instant}
    return names | {f"{one.id}.closed" for one in brief.phases if brief.closes(one) == instant}


def _canary(pointer: str) -> dict[str, Any]:
    """Build a document that holds nothing but one place."""
    value: Any = "canary"
    for part in reversed(pointer.split("/")[1:]):
        value = [value] if part == "*" else {part.replace("~1", "/").replace("~0", "~"): value}
    return dict(value)


def _telling_answers(brief: Brief) -> list[str]:
    """Return the questions whose answers tell who answers: addresses and names."""
    return [
        f"/answers{pointer}"
        for form in brief.forms
        for pointer, node in _questions(form)
        if _tells(pointer, node)
    ]


def _questions(form: Form) -> list[tuple[str, Any]]:
    return [(pointer, node) for pointer, node, _ in form.asks()]


def _tells(pointer: str, node: Any) -> bool:  # noqa: ANN401 - a part of a schema
    name = pointer.rpartition("/")[2]
    return node.get("format") in {"email", "uri"} or bool(_TELLING.search(name))


def _telling_facts(brief: Brief) -> list[str]:
    text = "" if brief.eligibility is None else brief.eligibility.model_dump_json(by_alias=True)
    facts = sorted(set(re.findall(r'"fact":"([^"]+)"', text)))
    return [f"/facts/{name.replace('/', '~1')}" for name in facts if _TELLING.search(name.rpartition(".")[2])]


def _showing(brief: Brief, phase: Phase, viewer: Viewer, place: str) -> str:
    """Return the pointer of a rule that shows a place, for the author to look at."""
    parts = f"/application{place}".split("/")
    for pointer, rule, home in rule_places(brief.phases, brief.visibility, ""):
        own = rule.pointer.split("/")
        fits = all(a == b or "*" in {a, b} for a, b in zip(own, parts, strict=False)) and len(own) <= len(
            parts
        )
        if (
            fits
            and rule.action != "mask"
            and home in {None, phase.id}
            and rule.applies(phase.id, viewer, "none")
        ):
            return pointer
    return "/visibility"


def check_events(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find rules that wait for an event which never comes, and those that show the conflicted more."""
    brief = subject.brief
    known = event_names(brief)
    for place, rule, home in rule_places(brief.phases, brief.visibility, ""):
        if rule.event is not None and rule.event not in known:
            said = f"{rule.event} never happens; the rule would mask for ever."
            yield error(
                "visibility.event", f"{place}/action", said, f"Use one of {', '.join(sorted(known))}."
            )
        if rule.relation == "conflicted" and rule.action != "mask":
            phase = rule.phase or home
            rules = brief.visibility if phase is None else brief.rules_of(phase)
            if not shows(rule.pointer, rules, phase=phase, viewer="public", events=known):
                said = "The rule shows people with a conflict what the public never sees."
                fix = "Mask it for them, or show it to the public."
                yield error("visibility.conflicted", place, said, fix)
