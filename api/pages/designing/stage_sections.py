"""Section of the designer about when: the stages of a challenge, who judges in them, and who goes on."""

from typing import Any

from ..places import Content, Path, list_at, look_up, rows_of
from ..words import Words
from .question import Addition, Asker, Group, Question, choice

MORE_STAGES = "add-phases"
ENTERED = frozenset({"readiness", "registration", "application", "development"})
JUDGED_BY = {"review": ("none", "panel", "applicants", "ballot"), "delivery": ("none", "metric")}
SCORED = frozenset({"panel", "applicants"})


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
    clock = Asker(words=words)
    hint = words._("As in Africa/Nairobi; UTC where nothing is written.")
    zone = clock.ask("time_zone", words._("Time zone of the dates below"), hint=hint)
    return [
        Group(title=words._("Clock"), questions=(zone,)),
        *(_stage_group(words, content, at, phase) for at, phase in rows_of(content, ("phases",))),
    ]


def _stage_group(words: Words, content: Content, at: Path, phase: Content) -> Group:
    ask = Asker(words=words, at=at, unit=str(content.get("unit", "")))
    kind, judging = str(phase.get("kind", "")), str(phase.get("judging") or "none")
    asked = [
        ask.ask("id", words._("Short name"), needed=True),
        ask.ask("opens_at", words._("Opens"), "instant", needed=True),
        ask.ask("closes_at", words._("Closes"), "instant", needed=True),
    ]
    if kind in ENTERED or phase.get("form"):
        forms = {str(one.get("id")): str(one.get("id")) for _, one in rows_of(content, ("forms",))}
        none = words._("No questions")
        asked.append(ask.pick("form", words._("Questions asked in it"), forms, none=none))
    if kind in {"review", "delivery", "development"} or judging != "none":
        named = judging_kinds(words)
        lawful = {name: named[name] for name in JUDGED_BY.get(kind, ("none", "metric"))}
        asked.append(ask.pick("judging", words._("Who judges"), lawful, usual="none"))
    if kind == "review" or judging in SCORED:
        asked += _reading(ask, content, phase)
    if judging == "ballot" or phase.get("ballot"):
        asked += _ballot(ask)
    if kind == "review":
        asked += _going_on(ask)
    return Group(
        title=words._(
            "Stage %(number)s: %(kind)s", number=int(at[-1]) + 1, kind=stage_kinds(words).get(kind, kind)
        ),
        at=at,
        questions=asked,
        told=((*at, "judging"),),
        removable=True,
        parts=(_rarer(ask, kind),),
    )


def _rarer(ask: Asker, kind: str) -> Group:
    """Ask what most stages leave as it is usual."""
    words = ask.words
    hint = words._("What comes in this late still counts, and is marked as late.")
    asked = [
        ask.pick("kind", words._("What happens in it"), stage_kinds(words), usual=kind),
        ask.ask("grace_seconds", words._("Seconds of grace after the close"), "whole", hint=hint, usual="0"),
    ]
    if kind != "review":
        asked += _going_on(ask)
    return Group(title=words._("More about this stage"), questions=asked, folded=True)


def _reading(ask: Asker, content: Content, phase: Content) -> list[Question]:
    words = ask.words
    asked = [ask.ask("reads_per_application", words._("Judges who read each application"), "whole")]
    shared = [look_up(content, ("rubric",)), *(one for _, one in rows_of(content, ("rubrics",)))]
    names = {str(one["id"]): str(one["id"]) for one in shared if isinstance(one, dict) and one.get("id")}
    if not isinstance(phase.get("rubric"), dict):
        none = words._("The one of the challenge")
        asked.append(ask.pick("rubric", words._("Scored by the rubric"), names, none=none))
    if phase.get("judging") == "applicants" or phase.get("must_finish"):
        asked.append(
            ask.ask("must_finish", words._("Whoever does not read is dropped, after a reminder"), "yes")
        )
    return asked


def _ballot(ask: Asker) -> list[Question]:
    words = ask.words
    fact = words._("A fact of the application; where it is true, the multiplier of a ballot counts.")
    return [
        ask.ask(
            "ballot.metrics",
            words._("What every project is measured on"),
            "list",
            hint=words._("Names separated by commas. A ballot says how much each of them counts."),
            needed=True,
        ),
        ask.ask(
            "ballot.cap_bp", words._("Most that one project can get, in percent"), "percent", usual="100"
        ),
        ask.ask("ballot.floor", words._("Less than this is not paid"), "money", usual="0"),
        ask.ask("ballot.multiplier_fact", words._("Fact that multiplies"), hint=fact),
    ]


def _going_on(ask: Asker) -> list[Question]:
    words = ask.words
    return [
        ask.pick(
            "advances.rule",
            words._("Who goes on"),
            advance_rules(words),
            none=words._("It holds nobody back"),
        ),
        ask.ask(
            "advances.n",
            words._("How many go on"),
            "whole",
            hint=words._("Only where the best so many go on."),
        ),
        ask.ask(
            "advances.line",
            words._("The line, in points"),
            hint=words._("Only where everybody above a line goes on."),
        ),
        ask.pick("advances.tie", words._("If equals stand at the line"), tie_rules(words)),
    ]


def more_stages(words: Words) -> Addition:
    """Return what stages can be added."""
    options = choice(words, stage_kinds(words))
    return Addition(name=MORE_STAGES, label=words._("Add a stage"), options=options, add=with_stage)


def with_stage(content: Content, kind: str) -> None:
    """Add a stage to a brief."""
    usual: dict[str, dict[str, Any]] = {
        "application": {"id": "apply"},
        "review": {"id": "panel", "judging": "panel", "reads_per_application": 3},
    }
    taken = {str(one.get("id", "")) for _, one in rows_of(content, ("phases",))}
    stage: dict[str, Any] = {"kind": kind, "id": kind, **usual.get(kind, {})}
    if stage["id"] in taken:
        stage["id"] = f"{stage['id']}-{len(taken) + 1}"
    list_at(content, ("phases",)).append(stage)
