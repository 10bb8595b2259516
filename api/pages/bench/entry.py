"""An entry before its judge: blinded as the brief says, beside the rubric with what each mark means."""

from decimal import Decimal

from ....challenges.brief import Brief
from ....challenges.rubric import Trait
from ...wire.applications import ApplicationReply
from ...wire.briefs import BriefReply
from ...wire.challenges import ChallengeReply
from ...wire.judges import EffectReply, JudgeLine, OpeningMade, RecusalMade
from ...wire.scores import ScoreLine, ScoreList, ScoreMade
from ...wire.trees import plain_of
from ..application_files import checked
from ..page import Page
from ..view import Done, View
from ..visit import Visit

PATH = "/books/{book}/bench/challenges/{challenge}/judges/{judge}/phases/{phase}/entries/{application}"


def show_entry(visit: Visit) -> View:
    """Show an entry beside the rubric, with the marks given so far."""
    words = visit.words
    visit.read(JudgeLine, "judge.read")
    challenge = visit.read(ChallengeReply, "challenge.read")
    brief = visit.read(BriefReply, "brief.read").brief
    phase = next(one for one in challenge.phases if one.id == visit.parts["phase"])
    seen = visit.read(ApplicationReply, "application.read", phase=phase.id)
    rubric = brief.rubric_of(phase.id)
    own = _own_read(visit)
    effect = None if phase.is_open else visit.find(EffectReply, "own_effect.read", phase=phase.id)
    return View(
        title=words._("Entry %(entry)s", entry=visit.parts["application"]),
        more={
            "challenge": challenge,
            "phase": phase,
            "rubric": rubric,
            "may_abstain": {one.id: _may_abstain(brief, phase.id, one) for one in rubric.traits},
            "parts": _parts(visit, seen),
            "checked": None,
            "files": [plain_of(one) for one in seen.application.files or []],
            "given": {one.trait: (shown_mark(one.mark, rubric.scale.step), one.comment) for one in own.marks}
            if own
            else {},
            "own": own,
            "effect": effect,
        },
    )


def _may_abstain(brief: Brief, phase: str, trait: Trait) -> bool:
    allowed = trait.abstain_allowed
    return brief.rubric_of(phase).abstain_allowed if allowed is None else allowed


def _own_read(visit: Visit) -> ScoreLine | None:
    found = visit.find(ScoreList, "score.list", limit=200)
    mine = [
        one
        for one in (found.items if found else ())
        if one.judge == visit.parts["judge"] and one.application == visit.parts["application"]
    ]
    return next((one for one in mine if not one.superseded and one.void is None), None)


def _parts(visit: Visit, seen: ApplicationReply) -> list[tuple[str, object]]:
    """Return what a judge sees of an entry, by heading, in the order of reading."""
    words = visit.words
    names = {
        "title": words._("Title"),
        "ask": words._("Asked for"),
        "minimum": words._("At least"),
        "interventions": words._("What would be done"),
        "theory_of_change": words._("Why it would work"),
        "needs": words._("What is needed"),
        "synergies": words._("What works only together"),
        "groups": words._("For whom"),
        "facts": words._("Facts"),
        "answers": words._("Answers"),
        "budget": words._("Budget"),
        "bundle": words._("Who takes part"),
        "in_kind_offers": words._("Offered in kind"),
        "in_kind_needs": words._("Needed in kind"),
    }
    shown = seen.application.model_dump(mode="json", exclude_none=True)
    unit = str(shown.get("unit", ""))
    for money in ("ask", "minimum"):
        if money in shown:
            shown[money] = words.amount(shown[money], unit)
    return [(title, without_ids(shown[name])) for name, title in names.items() if shown.get(name)]


def without_ids(value: object) -> object:
    """Return what a person reads: a thing with a title is not shown by its short name, too."""
    if isinstance(value, list):
        return [without_ids(one) for one in value]
    if isinstance(value, dict):
        named = "title" in value
        return {name: without_ids(one) for name, one in value.items() if not (named and name == "id")}
    return value


def shown_mark(mark: str | None, step: str) -> str:
    """Return a mark with the digits of its scale; empty for an abstention.

    Parameters
    ----------
    mark : str or None [points]
        Decimal text.
    step : str [points]
        Of the scale.

    Examples
    --------
    >>> shown_mark("3.7000", "0.1"), shown_mark(None, "0.1")
    ('3.7', '')
    """
    return "" if mark is None else str(Decimal(mark).quantize(Decimal(step)))


def open_entry(visit: Visit) -> Done:
    """Open an entry; that a judge opened it is on record."""
    body = {"phase": visit.parts["phase"], "application": visit.parts["application"]}
    visit.write(OpeningMade, "entry.open", body)
    return Done(to=visit.address("bench_entry"))


def check_file(visit: Visit) -> View:
    """Say whether a file at hand is one of the entry's."""
    return checked(visit, show_entry, phase=visit.parts["phase"])


def give_score(visit: Visit) -> Done:
    """Put the marks on record; until the close they can be given anew."""
    form = visit.form
    traits = [name.removeprefix("mark-") for name in form.fields if name.startswith("mark-")]
    marks = [
        {
            "trait": trait,
            "mark": None if form.text(f"abstain-{trait}") else form.text(f"mark-{trait}"),
            "comment": form.text(f"comment-{trait}"),
        }
        for trait in traits
    ]
    visit.write(ScoreMade, "score.give", {"application": visit.parts["application"], "marks": marks})
    return Done(to=visit.address("bench_entry"), said="scored")


def recuse(visit: Visit) -> Done:
    """Step back from an entry, for good."""
    body = {"application": visit.parts["application"], "reason": visit.form.text("reason")}
    visit.write(RecusalMade, "recusal.make", body)
    return Done(to=visit.address("bench"), said="recused")


PAGES = (
    Page(
        name="bench_entry",
        path=PATH,
        show=show_entry,
        acts={"open": open_entry, "score": give_score, "recuse": recuse, "check-file": check_file},
        uploads=True,
        said={
            "scored": lambda words: words._("Your marks are in. You can change them until the phase closes.")
        },
    ),
)
