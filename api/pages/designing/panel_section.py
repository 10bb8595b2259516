"""Section of the designer about the panel: how judges work, and what everybody may rely on afterwards."""

from functools import partial

from ....challenges.policies import ALL_GROUNDS
from ..places import Content, Path, list_at, look_up, rows_of
from ..words import Words
from .conflict_section import conflict_choice, conflict_groups
from .question import Addition, Asker, Group, Question, choice

POLICY: Path = ("judge_policy",)
ATTRIBUTES: Path = (*POLICY, "attributes")


def panel_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about how the panel works, what is disclosed, and how long one may appeal."""
    return [
        _work(words, content),
        *conflict_groups(words, content),
        _luck(words),
        *(_attribute_group(words, at) for at, _ in rows_of(content, ATTRIBUTES)),
        _disclosing(words, str(content.get("unit", ""))),
        _after(words),
    ]


def _work(words: Words, content: Content) -> Group:
    ask = Asker(words=words, at=POLICY, unit=str(content.get("unit", "")))
    scopes = {
        "pair": words._("The judge does not read that application"),
        "phase": words._("The judge does not read in that stage"),
        "competition": words._("The judge does not read in this challenge"),
    }
    asked = [
        ask.ask(
            "load",
            words._("Fewest and most that one judge reads"),
            "wholes",
            hint=words._("Two numbers, as in 8, 10."),
        ),
        ask.ask(
            "per_organisation",
            words._("Most readers of one application from one organisation"),
            "whole",
            usual="1",
        ),
        ask.pick(
            "scope",
            words._("Whoever has a conflict of interest"),
            scopes,
            none=words._("As the policy on conflicts says for each kind"),
        ),
        ask.ask("fee.amount", words._("Fee of a judge for each read"), "money"),
        ask.ask(
            "abstain",
            words._("Judges may leave a criterion unmarked, where the rubric allows it"),
            "truth",
            usual="yes",
        ),
    ]
    asked.append(conflict_choice(words, content))
    if look_up(content, (*POLICY, "fee", "per")) not in (None, "read"):
        asked.append(
            ask.pick("fee.per", words._("The fee is paid for each"), {"read": words._("read")}, usual="read")
        )
    return Group(
        title=words._("How judges work"),
        questions=asked,
        told=((*POLICY, "fee", "per"),),
        addition=_more_attributes(words),
    )


def _luck(words: Words) -> Group:
    ask = Asker(words=words, at=POLICY)
    seeds = {
        "beacon": words._("A public beacon"),
        "committed": words._("A secret committed before the first score"),
    }
    panels = {
        "quality": words._("Because their entries differ"),
        "none": words._("They do not differ"),
        "within": words._("Ranks count inside a panel only"),
    }
    return Group(
        title=words._("How scores become an order"),
        questions=(
            ask.ask(
                "calibrate", words._("Scores are corrected for the severity of judges"), "truth", usual="yes"
            ),
            ask.pick("panel_model", words._("Why panels differ"), panels, usual="quality"),
            ask.ask(
                "tie_alpha",
                words._("Two entries count as equal when the chance of the other order is above"),
                hint=words._("A part of one, as in 0.25."),
                usual="0.25",
            ),
            ask.pick(
                "seed_source",
                words._("Where the seed of a lot comes from"),
                seeds,
                none=words._("No lot is drawn"),
            ),
            ask.ask(
                "anchors",
                words._("Applications that judges of other panels read as well"),
                "whole",
                usual="0",
            ),
            ask.ask("anchor_reads", words._("How many more read each of them"), "whole", usual="0"),
            ask.ask(
                "randomise_bp",
                words._("Greatest chance that a judge gets a certain application, in percent"),
                "percent",
                usual="100",
            ),
        ),
    )


def _attribute_group(words: Words, at: Path) -> Group:
    ask = Asker(words=words, at=at)
    return Group(
        title=words._("Who has to be among the readers of each application"),
        at=at,
        questions=(
            ask.ask("attribute", words._("What such a judge is, as in senior"), needed=True),
            ask.ask("at_least", words._("How many at least"), "whole", needed=True),
        ),
        removable=True,
    )


def _more_attributes(words: Words) -> Addition:
    options = choice(words, {"attribute": words._("Judges who have to be among the readers")})
    return Addition(
        name="add-attributes", label=words._("Add"), options=options, add=partial(_with_attribute, ATTRIBUTES)
    )


def _with_attribute(path: Path, content: Content, _: str) -> None:
    list_at(content, path).append({})


def _disclosing(words: Words, unit: str) -> Group:
    ask = Asker(words=words, at=("disclosure_policy",), unit=unit)
    asked = {"none": words._("It is not asked"), "required": words._("Every partner has to")}
    facts = {
        "declared": words._("What applicants declare, until a record says otherwise"),
        "confirmed": words._("What somebody has seen a document of, where one is asked"),
    }
    return Group(
        title=words._("What applicants state"),
        questions=(
            ask.pick("accords", words._("Accept the application in person"), asked, usual="none"),
            ask.pick("funders", words._("State who gives them money"), asked, usual="none"),
            ask.ask("funders_above", words._("Givers of more than this are named"), "money", usual="0"),
            ask.ask("look_back_days", words._("Days to look back"), "whole", usual="1095"),
            ask.pick("disputes", words._("State disputes that are open"), asked, usual="none"),
            ask.pick(
                "facts", words._("What counts when it is checked who may enter"), facts, usual="declared"
            ),
        ),
    )


def grounds(words: Words) -> dict[str, str]:
    """Return on which grounds a decision can be appealed, in words."""
    return {
        "procedure": words._("The procedure was not kept"),
        "undeclared_conflict": words._("A conflict of interest was not declared"),
        "eligibility_fact": words._("A fact of eligibility is wrong"),
        "arithmetic": words._("The arithmetic is wrong"),
        "unnotified_amendment": words._("A change of the rules was not told"),
    }


def _after(words: Words) -> Group:
    appeals, named = ("appeal_policy",), grounds(words)
    every = [(one, named[one]) for one in ALL_GROUNDS]
    return Group(
        title=words._("Appeals and changes"),
        questions=(
            Asker(words=words, at=appeals).ask(
                "window_days", words._("Days in which a decision can be appealed"), "whole", usual="10"
            ),
            Asker(words=words, at=("amendment_policy",)).ask(
                "notice_days",
                words._("Days between the notice of a change and its effect"),
                "whole",
                usual="7",
            ),
            *(
                Question(
                    path=(*appeals, "grounds"),
                    label=words._("One may appeal because: %(ground)s", ground=said),
                    kind="truth",
                    options=every,
                    member=one,
                    usual="yes",
                )
                for one, said in every
            ),
        ),
    )
