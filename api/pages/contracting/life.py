"""The life of a signed agreement: suspended, resumed, measured, ended early, closed, each with its money.

The problem: who stops an agreement signs bytes with everybody else who has money in it, and wants to know
before what becomes of that money. Each step is an address of its own, with its reason and its day in it: it
is sent to the others, who see the same words and sign the same bytes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...wire.agreements import (
    AgreementClosed,
    AgreementMade,
    AgreementReply,
    AgreementText,
    LiabilityReply,
    SigningReply,
)
from ..page import Page
from ..states import agreement_state
from ..view import Done, View
from ..visit import Visit
from ..words import Words
from .agreement import base64_of
from .due import disputes_sheet, liability_sheet

PREFIX = "signatures-"
DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
DESK = frozenset({"funder", "intermediary"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeStep:
    """One step of an agreement's life.

    Attributes
    ----------
    operation : str
        What does it.
    states : tuple of str
        In which it can be done.
    asks : tuple of str
        What is said before it is signed: ``reason``, ``on``, ``code``.
    all_sign : bool
        Whether everybody with money in it has to sign in any case.
    title, means, money, unsigned : callable
        What it is called; what it means; what becomes of the money; when nobody has to sign.
    """

    operation: str
    states: tuple[str, ...]
    asks: tuple[str, ...] = ()
    all_sign: bool = True
    title: Callable[[Words], str]
    means: Callable[[Words], str]
    money: Callable[[Words, str], str]
    unsigned: Callable[[Words], str] = lambda _words: ""


STEPS: Mapping[str, LifeStep] = {
    "suspend": LifeStep(
        operation="agreement.suspend",
        states=("active",),
        asks=("reason", "code"),
        title=lambda words: words._("Suspend it"),
        means=lambda words: words._(
            "Nothing is reported and nothing is paid until it is resumed or ended. Its calendar goes on."
        ),
        money=lambda words, held: words._(
            "%(held)s stays set aside for it and serves nothing else meanwhile.", held=held
        ),
    ),
    "resume": LifeStep(
        operation="agreement.resume",
        states=("suspended",),
        asks=("reason", "code"),
        title=lambda words: words._("Resume it"),
        means=lambda words: words._("Reports and payments go on from where they stopped."),
        money=lambda words, held: words._("%(held)s is set aside for it, as before.", held=held),
    ),
    "measure": LifeStep(
        operation="agreement.measure",
        states=("active",),
        all_sign=False,
        title=lambda words: words._("Say that all results are in"),
        means=lambda words: words._(
            "No result can be reported any more. What was reported has to be decided first, and no dispute "
            "may be open."
        ),
        money=lambda words, held: words._(
            "%(held)s is set aside now. What no result can earn any more becomes free at once.", held=held
        ),
        unsigned=lambda words: words._(
            "After the last day for reports one party says it alone, and nobody signs. Before that day "
            "everybody with money in it signs."
        ),
    ),
    "terminate": LifeStep(
        operation="agreement.terminate",
        states=("active", "suspended"),
        asks=("reason", "on"),
        title=lambda words: words._("End it early"),
        means=lambda words: words._(
            "It ends on the day you name. Reports that nobody has decided lapse, what is decided is still "
            "paid, and nothing can be reported any more. This cannot be undone."
        ),
        money=lambda words, held: words._(
            "%(held)s is set aside now. What is not needed for what is decided becomes free at once.",
            held=held,
        ),
    ),
    "close": LifeStep(
        operation="agreement.close",
        states=("measured", "terminated"),
        all_sign=False,
        title=lambda words: words._("Close it"),
        means=lambda words: words._(
            "Everything is settled and paid, and nothing follows any more. This cannot be undone."
        ),
        money=lambda words, held: words._(
            "%(held)s is still set aside and becomes free again in its fund.", held=held
        ),
        unsigned=lambda words: words._(
            "Nobody has to sign where nothing is open. Where everybody with money in it signs, they give up "
            "what is still open: the right to dispute, and what is owed back."
        ),
    ),
}


def show_life(visit: Visit) -> View:
    """Show which steps an agreement can take now; or one of them, with what it means and what is signed."""
    words = visit.words
    text = visit.read(AgreementText, "agreement.document")
    one = visit.read(AgreementReply, "agreement.read")
    interested = text.document.interested
    name = visit.query.get("step", "")
    step = STEPS.get(name)
    lawful = {code: each for code, each in STEPS.items() if one.state in each.states}
    chosen = step if step is not None and _may(visit, interested) and name in lawful else None
    mine = {grant.party for grant in visit.held()}
    return View(
        title=chosen.title(words) if chosen else words._("Suspend, end or close: %(title)s", title=one.title),
        sheets={"liability": liability_sheet(visit), "disputes": disputes_sheet(visit)},
        more={
            "one": one,
            "state": agreement_state(words, one.state),
            "steps": lawful if _may(visit, interested) else {},
            "held": _held(visit, one),
            "chosen": chosen,
            "step": name,
            "asked": {field: visit.query.get(field, "") for field in ("reason", "on", "code")},
            "signers": sorted(interested, key=lambda code: interested[code] not in mine),
            "mine": [code for code, party in interested.items() if party in mine],
            "speakers": [(code, code) for code, party in interested.items() if party in mine],
            "signing": _signing(visit, name, chosen) if chosen else None,
            "read_tag": visit.etag(one),
            "today": visit.site.door.clock().date().isoformat(),
            "new_code": f"pause-{visit.site.door.clock():%Y%m%d-%H%M%S}",
        },
    )


def _may(visit: Visit, interested: Mapping[str, str]) -> bool:
    """Tell whether this visitor takes part in such steps."""
    held = visit.held()
    return any(one.role in DESK or one.party in interested.values() for one in held)


def _held(visit: Visit, one: AgreementReply) -> str:
    """Return what is set aside for an agreement now, fund by fund."""
    found = visit.find(LiabilityReply, "liability.read")
    sums = [(row.held, row.unit) for row in found.sources] if found else []
    shown = sums or [(source.encumbered, source.unit) for source in one.sources]
    return " + ".join(visit.words.amount(number, unit) for number, unit in shown)


def _signing(visit: Visit, name: str, step: LifeStep) -> Mapping[str, str] | None:
    """Return the bytes that everybody signs for a step, as said in the address of the page."""
    said = {field: visit.query.get(field, "").strip() for field in step.asks}
    if not all(said.values()) or ("on" in said and not DAY.fullmatch(said["on"])):
        return None
    content = visit.find(SigningReply, "agreement.bytes", act=name, **said)
    return {"base64": base64_of(content.content), "sha256": content.sha256} if content else None


def take(visit: Visit) -> Done:
    """Take the step that the address names, with the signatures that were typed."""
    name = visit.query.get("step", "")
    step, form = STEPS[name], visit.form
    body: dict[str, object] = {field: visit.query.get(field, "").strip() for field in step.asks}
    body["signatures"] = {
        field.removeprefix(PREFIX): form.text(field).lower()
        for field in form.fields
        if field.startswith(PREFIX) and form.text(field)
    }
    if name == "measure":
        body["by"] = form.text("by")
    seen = form.text("seen") if "code" not in step.asks else ""
    kind = AgreementClosed if name == "close" else AgreementMade
    visit.write(kind, step.operation, body, seen=seen)
    return Done(to=visit.address("desk_agreement"), said=f"done-{name}")


PAGES = (
    Page(
        name="desk_agreement_life",
        path="/books/{book}/desk/agreements/{agreement}/life",
        show=show_life,
        acts=dict.fromkeys(STEPS, take),
    ),
)
