"""Part of the designer about conflicts of interest: by a law, or by a policy that is written out."""

from ....challenges.conflicts.interests import INTEREST_KINDS
from ....challenges.conflicts.policy import AMERICA_COMPETES
from ..places import Content, Path, as_json, look_up
from ..words import Words
from .question import Asker, Group, Question

AT: Path = ("judge_policy", "conflicts")
OWN = {"schema": "almoner.conflict_policy/1", "name": "own"}


def interest_in_words(words: Words, kind: str) -> str:
    """Return a kind of interest in words; the code itself where it has none."""
    named = {
        "employee": words._("employment"),
        "officer": words._("an office"),
        "director": words._("a seat on the board"),
        "agent": words._("agency"),
        "ownership": words._("ownership"),
        "other_financial_interest": words._("another financial interest"),
        "family": words._("family"),
        "financial_relationship": words._("money passed between them"),
        "co_applicant": words._("they applied together"),
        "collaborator": words._("they worked or published together"),
        "adviser_student": words._("adviser and student"),
        "same_organisation": words._("the same organisation"),
        "competitor": words._("they compete"),
        "personal": words._("a personal relationship"),
        "evaluator_paid_by_outcome": words._("paid by the outcome"),
        "administrator": words._("administration"),
    }
    return named.get(kind, kind)


def conflict_choice(words: Words, content: Content) -> Question:
    """Ask by which policy a conflict of interest is found."""
    law, now = AMERICA_COMPETES.name, look_up(content, AT)
    own = now if isinstance(now, dict) else OWN
    return Question(
        path=AT,
        label=words._("What is a conflict of interest"),
        kind="json",
        options=[
            (as_json(law), words._("As the America COMPETES Act says")),
            (as_json(own), words._("As a policy of its own says, with questions of its own")),
        ],
        usual=as_json(law),
    )


def conflict_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about a policy on conflicts that is written out; none for a law."""
    if not isinstance(look_up(content, AT), dict):
        return []
    ask = Asker(words=words, at=AT)
    levels = {
        "hard": words._("bars the judge"),
        "soft": words._("is shown and weighed"),
        "ignore": words._("does not count"),
    }
    named = {one: interest_in_words(words, one) for one in INTEREST_KINDS}
    weights = [ask.pick(f"levels.{one}", said, levels, usual="soft") for one, said in named.items()]
    scopes = {
        "pair": words._("From that application"),
        "phase": words._("From that stage"),
        "competition": words._("From the challenge"),
    }
    asked = [
        ask.ask("name", words._("Short name of the policy"), needed=True),
        ask.ask("look_back_days", words._("Days to look back"), "whole", usual="1095"),
        ask.pick("ended", words._("What has ended by now"), levels, usual="soft"),
        ask.pick("through_one", words._("What leads through one other party"), levels, usual="soft"),
        ask.ask("floor", words._("Sums up to this do not count"), usual="0"),
        ask.ask("floor_unit", words._("Unit of that sum")),
        ask.ask(
            "sure_from_bp",
            words._("What is less sure than this, in percent, never bars"),
            "percent",
            usual="0",
        ),
    ]
    barred = [
        ask.pick(
            f"scopes.{one}",
            words._("%(tie)s: bars from", tie=named[one]),
            scopes,
            usual="pair",
        )
        for one in INTEREST_KINDS
        if look_up(content, (*AT, "levels", one)) == "hard" or look_up(content, (*AT, "scopes", one))
    ]
    return [
        Group(
            title=words._("What ties a judge to an applicant"),
            questions=[*asked, *weights, *barred],
            told=((*AT, "schema"),),
        )
    ]
