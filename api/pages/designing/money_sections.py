"""Sections of the designer about what is to be reached, and when."""

from collections.abc import Mapping
from typing import Any

from ..words import Words
from .question import Addition, Content, Group, Question, choice, look_up

MORE_STAGES = "add-phases"


def goal_groups(words: Words, content: Content, funds: Mapping[str, str], metrics: str) -> list[Group]:
    """Return the questions about the goal and the money.

    Parameters
    ----------
    words : Words
        The language.
    content : dict
        The brief as it stands.
    funds : mapping of str to str
        Titles of the funds by their codes.
    metrics : str
        Names of the metrics that are defined, for a hint; empty for none.
    """
    unit = str(content.get("unit", ""))
    known = words._("Name and version of what is measured, as in safe_water_days@2.")
    if metrics:
        known = words._("Name and version of what is measured. Defined here: %(names)s.", names=metrics)
    about = Group(
        title=words._("The challenge"),
        questions=(
            Question(path=("title",), label=words._("Title"), needed=True),
            Question(
                path=("fund",),
                label=words._("Fund that pays the prizes"),
                kind="choice",
                options=choice(words, funds),
                needed=True,
            ),
            Question(
                path=("ask_cap",),
                label=words._("Most that one application may ask for"),
                kind="money",
                unit=unit,
                hint=words._("Leave it empty for no limit."),
            ),
            Question(
                path=("languages",),
                label=words._("Languages in which applications may be written"),
                kind="list",
                hint=words._("Codes, separated by commas; the first is that of this brief: en, sw."),
            ),
        ),
    )
    goal = Group(
        title=words._("What is to be reached"),
        questions=(
            Question(path=("goal", "metric"), label=words._("What is measured"), hint=known, needed=True),
            Question(path=("goal", "unit"), label=words._("Counted in"), needed=True),
            Question(path=("goal", "baseline"), label=words._("Where it stands today"), needed=True),
            Question(path=("goal", "target"), label=words._("Where it is to stand"), needed=True),
            Question(path=("goal", "by"), label=words._("By this day"), kind="day", needed=True),
        ),
    )
    return [about, goal]


def stage_kinds(words: Words) -> dict[str, str]:
    """Return what stages are called, by their kind."""
    return {
        "readiness": words._("Getting ready"),
        "registration": words._("Registration"),
        "application": words._("Applications"),
        "review": words._("Reading and judging"),
        "development": words._("Working out"),
        "delivery": words._("Delivery"),
        "decision": words._("Decision"),
        "appeal": words._("Appeals"),
    }


def judging_kinds(words: Words) -> dict[str, str]:
    """Return how a stage is judged, in words."""
    return {
        "none": words._("Nobody judges in it"),
        "panel": words._("A panel of judges"),
        "applicants": words._("The applicants read each other"),
        "ballot": words._("A ballot"),
        "metric": words._("What is measured decides"),
    }


def advance_rules(words: Words) -> dict[str, str]:
    """Return who goes on from a stage, in words."""
    return {
        "all_eligible": words._("Everybody who is eligible"),
        "top": words._("The best so many"),
        "above_line": words._("Everybody above a line"),
    }


def tie_rules(words: Words) -> dict[str, str]:
    """Return how a tie at the line is decided, in words."""
    return {
        "split": words._("All tied go on; prizes are shared"),
        "lottery": words._("A public lot"),
        "panel": words._("A panel decides"),
        "extra_reads": words._("More reads"),
    }


def stage_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about time: the zone, and every stage."""
    zone = Group(
        title=words._("Clock"),
        questions=(
            Question(
                path=("time_zone",),
                label=words._("Time zone of the dates below"),
                hint=words._("As in Africa/Nairobi; UTC where nothing is written."),
            ),
        ),
    )
    kinds = stage_kinds(words)
    found = [zone]
    for n, phase in enumerate(content.get("phases", [])):
        kind = kinds.get(str(phase.get("kind", "")), "")
        found.append(
            Group(
                title=words._("Stage %(number)s: %(kind)s", number=n + 1, kind=kind),
                at=("phases", n),
                questions=_stage_questions(words, content, n),
                removable=True,
            )
        )
    return found


def _stage_questions(words: Words, content: Content, n: int) -> list[Question]:
    at, kind = ("phases", n), look_up(content, ("phases", n, "kind"))
    asked = [
        Question(path=(*at, "id"), label=words._("Short name"), needed=True),
        Question(path=(*at, "opens_at"), label=words._("Opens"), kind="instant", needed=True),
        Question(path=(*at, "closes_at"), label=words._("Closes"), kind="instant", needed=True),
    ]
    if kind in {"registration", "application", "development", "readiness"}:
        forms = {str(one.get("id")): str(one.get("id")) for one in content.get("forms", [])}
        asked.append(
            Question(
                path=(*at, "form"),
                label=words._("Questions asked in it"),
                kind="choice",
                options=choice(words, forms, none=words._("No questions")),
            )
        )
    if kind in {"review", "delivery"}:
        judging = judging_kinds(words)
        lawful = ("none", "panel", "applicants", "ballot") if kind == "review" else ("none", "metric")
        asked.append(
            Question(
                path=(*at, "judging"),
                label=words._("Who judges"),
                kind="choice",
                options=[(name, judging[name]) for name in lawful],
            )
        )
    if kind == "review":
        asked += _review_questions(words, n)
    return asked


def _review_questions(words: Words, n: int) -> list[Question]:
    at = ("phases", n)
    return [
        Question(
            path=(*at, "reads_per_application"),
            label=words._("Judges who read each application"),
            kind="whole",
        ),
        Question(
            path=(*at, "advances", "rule"),
            label=words._("Who goes on"),
            kind="choice",
            options=choice(words, advance_rules(words), none=words._("It holds nobody back")),
        ),
        Question(
            path=(*at, "advances", "n"),
            label=words._("How many go on"),
            kind="whole",
            hint=words._("Only where the best so many go on."),
        ),
        Question(
            path=(*at, "advances", "line"),
            label=words._("The line, in points"),
            hint=words._("Only where everybody above a line goes on."),
        ),
        Question(
            path=(*at, "advances", "tie"),
            label=words._("If equals stand at the line"),
            kind="choice",
            options=choice(words, tie_rules(words)),
        ),
    ]


def more_stages(words: Words) -> Addition:
    """Return what stages can be added."""
    kinds = stage_kinds(words)
    return Addition(name=MORE_STAGES, label=words._("Add a stage"), options=choice(words, kinds))


def with_stage(content: Content, kind: str) -> None:
    """Add a stage to a brief."""
    usual: dict[str, dict[str, Any]] = {
        "application": {"id": "apply"},
        "review": {"id": "panel", "judging": "panel", "reads_per_application": 3},
    }
    taken = {str(one.get("id", "")) for one in content.get("phases", [])}
    stage: dict[str, Any] = {"kind": kind, "id": kind, **usual.get(kind, {})}
    if stage["id"] in taken:
        stage["id"] = f"{stage['id']}-{len(taken) + 1}"
    content.setdefault("phases", []).append(stage)
