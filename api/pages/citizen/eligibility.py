"""Whether one may apply: the rule as a list, and a check of one's own answers that stores nothing."""

from ...wire.briefs import BriefReply
from ...wire.challenges import ChallengeReply
from ...wire.eligibility import EligibilityReply, QuizLine, QuizReply
from ..page import Page
from ..rule_lines import RuleLine, rule_lines_of
from ..view import Column, Sheet, View
from ..visit import Visit
from ..words import Words

FIELD, OTHER = "answers-", "other"


def show_eligibility(visit: Visit) -> View:
    """Show who may apply, and ask."""
    return _shown(visit, None)


def check(visit: Visit) -> View:
    """Say what the rule makes of the answers."""
    asked = visit.read(EligibilityReply, "eligibility.read")
    answers = {one.fact: value for one in asked.questions if (value := answer(visit, one)) is not None}
    return _shown(visit, visit.write(QuizReply, "eligibility.check", {"answers": answers}))


def answer(visit: Visit, question: QuizLine) -> bool | int | str | None:
    """Return what was answered; None where nothing was."""
    text = visit.form.text(FIELD + question.fact)
    if not text:
        return None
    if question.kind == "yes_no":
        return text == "yes"
    return int(text) if question.kind == "number" and text.lstrip("-").isdecimal() else text


def _shown(visit: Visit, result: QuizReply | None) -> View:
    words = visit.words
    challenge = visit.read(ChallengeReply, "challenge.read")
    asked = visit.read(EligibilityReply, "eligibility.read")
    brief = visit.read(BriefReply, "brief.read").brief
    lines = rule_lines_of(words, brief.eligibility, result.checklist if result else asked.checklist)
    return View(
        title=words._("May you apply?"),
        sheets={"rule": rule_sheet(words, lines)},
        more={
            "challenge": challenge,
            "questions": [shown_question(words, one) for one in asked.questions],
            "result": result,
            "said": verdict(words, result.status) if result else "",
        },
    )


def verdict(words: Words, status: str) -> str:
    """Return what a result of the check means."""
    return {
        "pass": words._("By these answers you may apply."),
        "needs_document": words._("By these answers you may apply once a document or an answer is there."),
        "fail": words._("By these answers you may not apply."),
    }[status]


def leaf_state(words: Words, status: str | None) -> str:
    """Return how one line of the rule stands."""
    return {
        "pass": words._("fits"),
        "needs_document": words._("needs an answer or a document"),
        "fail": words._("does not fit"),
    }.get(status or "", "")


def rule_sheet(words: Words, lines: list[RuleLine]) -> Sheet:
    """Return the rule line by line."""
    return Sheet(
        title=words._("The rule"),
        columns=[
            Column(name=words._("What it asks")),
            Column(name=words._("Clause")),
            Column(name=words._("Documents")),
            Column(name=words._("By your answers")),
        ],
        rows=[
            (
                f"{one.number} {one.said}".strip(),
                one.clause,
                ", ".join(one.evidence_asked),
                leaf_state(words, one.status),
            )
            for one in lines
        ],
        empty=words._("Everybody may apply: there is no rule to fit."),
    )


def shown_question(words: Words, one: QuizLine) -> dict[str, object]:
    """Return a question as its field needs it."""
    yes_no = [("yes", words._("Yes")), ("no", words._("No"))]
    options = [*((str(value), str(value)) for value in one.options), (OTHER, words._("none of these"))]
    return {
        "name": FIELD + one.fact,
        "label": one.fact.replace("_", " ").replace(".", ": "),
        "kind": one.kind,
        "hint": words._("Clause %(clauses)s", clauses=", ".join(one.clauses)) if one.clauses else "",
        "options": yes_no if one.kind == "yes_no" else [("", ""), *options],
    }


PAGES = (
    Page(
        name="eligibility",
        path="/books/{book}/challenges/{challenge}/eligibility",
        show=show_eligibility,
        acts={"check": check},
        signed_in=False,
    ),
)
