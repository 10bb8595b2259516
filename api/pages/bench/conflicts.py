"""Conflicts before anything is read: what ties a judge to each actor, one answer for each."""

from ....challenges.conflicts.interests import INTEREST_KINDS
from ...wire.challenges import ChallengeReply
from ...wire.judges import DeclarationMade, DeclarationReply
from ..page import Page
from ..parties import every_party
from ..view import Done, View
from ..visit import Visit
from ..words import Words

NONE = "none"


def kinds_in_words(words: Words) -> list[tuple[str, str]]:
    """Return what can be said of an actor, "none" first."""
    told = {
        "employee": words._("I am employed there"),
        "officer": words._("I am an officer there"),
        "director": words._("I am a director there"),
        "agent": words._("I act as their agent"),
        "ownership": words._("I own a part of it"),
        "other_financial_interest": words._("I have another financial interest"),
        "family": words._("Somebody of my family is there"),
        "financial_relationship": words._("Money passed between us"),
        "co_applicant": words._("We applied together"),
        "collaborator": words._("We worked or published together"),
        "adviser_student": words._("One of us advised or taught the other"),
        "same_organisation": words._("We are of the same organisation"),
        "competitor": words._("We compete"),
        "personal": words._("We are friends, or at odds"),
        "evaluator_paid_by_outcome": words._("I am paid by the outcome"),
        "administrator": words._("I administer it"),
    }
    return [(NONE, words._("Nothing ties me to them")), *((kind, told[kind]) for kind in INTEREST_KINDS)]


def show_conflicts(visit: Visit) -> View:
    """Show of whom a judge has yet to say something, and what was said."""
    words = visit.words
    challenge = visit.read(ChallengeReply, "challenge.read")
    said = visit.read(DeclarationReply, "judge_declaration.read")
    names = {one.code: one.name for one in every_party(visit)}
    return View(
        title=words._("What ties you to whom"),
        more={
            "challenge": challenge,
            "open_ones": [(code, names.get(code, code)) for code in said.undeclared or ()],
            "said": [(names.get(one.actor or "", one.actor or ""), one.kind) for one in said.declarations],
            "kinds": kinds_in_words(words),
            "in_words": dict(kinds_in_words(words)),
        },
    )


def declare(visit: Visit) -> Done:
    """Put on record what was said of each."""
    actors = [name.removeprefix("kind-") for name in visit.form.fields if name.startswith("kind-")]
    told = [{"actor": actor, "kind": visit.form.text(f"kind-{actor}")} for actor in actors]
    visit.write(DeclarationMade, "judge_declaration.make", {"declarations": told})
    return Done(to=visit.address("bench"), said="declared")


PAGES = (
    Page(
        name="bench_conflicts",
        path="/books/{book}/bench/challenges/{challenge}/judges/{judge}/conflicts",
        show=show_conflicts,
        acts={"declare": declare},
    ),
)
