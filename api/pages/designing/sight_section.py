"""Section of the designer about who sees what, and from when on."""

from functools import partial

from ..places import Content, Path, list_at, rows_of
from ..words import Words
from .question import Addition, Asker, Group, Question, choice

MORE_RULES = "add-visibility"
SEEN = "judges_see"
JUDGE = "assigned_judge"
HIDDEN = ("lead", "bundle", "budget", "disclosures", "in_kind_offers", "files", "accords")


def viewers(words: Words) -> dict[str, str]:
    """Return who looks, in words."""
    return {
        "public": words._("The public"),
        "own_applicant": words._("The applicant"),
        "other_applicant": words._("Other applicants"),
        JUDGE: words._("Judges of the application"),
        "other_judge": words._("Other judges"),
        "chair": words._("The chair"),
        "funder": words._("Funders"),
        "evaluator": words._("Evaluators"),
        "auditor": words._("Auditors"),
    }


def application_parts(words: Words) -> dict[str, str]:
    """Return the parts of an application that can be shown and hidden by themselves, in words."""
    return {
        "title": words._("Title"),
        "lead": words._("Who applies"),
        "bundle": words._("Partners and their shares"),
        "interventions": words._("What is to be done"),
        "theory_of_change": words._("Why it is to work"),
        "budget": words._("Budget"),
        "ask": words._("Amount asked for"),
        "answers": words._("Answers to the questions"),
        "disclosures": words._("What the actors disclose"),
        "in_kind_offers": words._("Offers in kind"),
        "files": words._("Files"),
        "facts": words._("Facts for eligibility"),
    }


def places(words: Words) -> dict[str, str]:
    """Return what can be shown, in words, by the pointer in a brief; ``*`` is everything."""
    return {
        "*": words._("Everything"),
        "/application": words._("The whole application"),
        **{f"/application/{name}": said for name, said in application_parts(words).items()},
        "/application/accords": words._("Who has accepted it"),
        "/feedback": words._("The feedback to the applicant"),
        "/ranking": words._("The ranking"),
        "/reads": words._("What judges wrote"),
    }


def actions(words: Words, stages: list[str]) -> dict[str, str]:
    """Return what can be done with a place, in words: shown, hidden, or shown after something."""
    events = {
        "published": words._("Shown after the publication"),
        "decided": words._("Shown after the decision"),
        "appeals.over": words._("Shown after the time for appeals"),
        "settled": words._("Shown after the last payment"),
        "cancelled": words._("Shown after the challenge is called off"),
    }
    for stage in stages:
        events[f"{stage}.opened"] = words._("Shown after the stage %(stage)s has opened", stage=stage)
        events[f"{stage}.closed"] = words._("Shown after the stage %(stage)s has closed", stage=stage)
    after = {f"after({event})": said for event, said in events.items()}
    return {"show": words._("Shown"), "mask": words._("Hidden"), **after}


def sight_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about who sees what: in a word for the judges, then rule by rule."""
    stages = [str(one["id"]) for _, one in rows_of(content, ("phases",)) if one.get("id")]
    rules = rows_of(content, ("visibility",))
    judges = Group(
        title=words._("What judges see of an application"),
        questions=(
            Question(
                path=(SEEN,),
                label=words._("Judges see"),
                kind="choice",
                options=_sights(words, there=bool(rules)),
                hint=words._(
                    "Blind: without who applies, partners, budget and files. It replaces the rules for them."
                ),
            ),
        ),
        note=words._(
            "What no rule shows is hidden. Of two rules the one for the smaller part counts; of two for the "
            "same part, the one that names who looks."
        ),
    )
    found = [judges, *(_rule_group(words, at, one, stages, "") for at, one in rules)]
    for home, stage in rows_of(content, ("phases",)):
        inside = rows_of(content, (*home, "visibility"))
        found += [_rule_group(words, at, one, stages, str(stage.get("id", ""))) for at, one in inside]
    return found


def _rule_group(words: Words, at: Path, rule: Content, stages: list[str], home: str) -> Group:
    ask, number = Asker(words=words, at=at), int(at[-1]) + 1
    related = {
        "conflicted": words._("Only those with a conflict of interest"),
        "none": words._("Only those without a conflict of interest"),
    }
    said = sight_said(words, rule, stages)
    title = words._("Rule %(number)s. %(rule)s", number=number, rule=said)
    if home:
        title = words._(
            "Rule %(number)s of the stage %(stage)s. %(rule)s", number=number, stage=home, rule=said
        )
    return Group(
        title=title,
        at=at,
        questions=(
            ask.ask(
                "pointer",
                words._("What"),
                "place",
                hint=words._("The part of the document, as in /application/lead; * is everything."),
                options=list(places(words).items()),
                needed=True,
            ),
            ask.pick("viewer", words._("Who looks"), viewers(words), none=words._("Everybody")),
            ask.pick("action", words._("It is"), actions(words, stages), needed=True),
            ask.pick(
                "phase",
                words._("In the stage"),
                dict(zip(stages, stages, strict=True)),
                none=words._("At any time"),
            ),
            ask.pick(
                "relation", words._("Of these"), related, none=words._("All without a conflict of interest")
            ),
        ),
        removable=True,
        folded=True,
    )


def sight_said(words: Words, rule: Content, stages: list[str]) -> str:
    """Return a rule about who sees what as a sentence."""
    pointer = str(rule.get("pointer", "…")) or "*"
    action = str(rule.get("action", "…"))
    said = words._(
        "%(viewer)s: %(place)s (%(action)s)",
        viewer=viewers(words).get(str(rule.get("viewer")), words._("Everybody")),
        place=places(words).get(pointer, pointer),
        action=actions(words, stages).get(action, action),
    )
    if rule.get("phase"):
        said = words._("%(rule)s, in the stage %(stage)s", rule=said, stage=str(rule["phase"]))
    if rule.get("relation") == "conflicted":
        said = words._("%(rule)s, to those with a conflict of interest", rule=said)
    return said


def _sights(words: Words, *, there: bool) -> list[tuple[str, str]]:
    found = [
        ("", words._("As the rules below say")),
        ("blind", words._("The work, blind")),
        ("all", words._("The whole application")),
    ]
    return found if there else [("", words._("Nothing yet")), *found[1:]]


def more_sights(words: Words, content: Content) -> Addition:
    """Return what rules can be added: for the whole challenge, or for one stage of it."""
    named = {"rule": words._("A rule for the whole challenge")}
    for (_, n), stage in rows_of(content, ("phases",)):
        name = str(stage.get("id", ""))
        named[f"phase-{n}"] = words._("A rule for the stage %(stage)s only", stage=name)
    options, label = choice(words, named), words._("Add a rule")
    return Addition(name=MORE_RULES, label=label, options=options, add=partial(_with_rule))


def _with_rule(content: Content, wanted: str) -> None:
    _, _, number = wanted.partition("-")
    at: Path = ("phases", int(number), "visibility") if number else ("visibility",)
    list_at(content, at).append({"action": "show"})


def settle_sight(content: Content) -> None:
    """Write the rules of sight that were chosen in words, in place of those about judges and applicants."""
    chosen = content.pop(SEEN, None)
    if chosen not in {"blind", "all"}:
        return
    there = content.get("visibility")
    kept = [one for one in there or () if not isinstance(one, dict) or one.get("viewer") != JUDGE]
    if not kept:
        kept = [
            {"pointer": "/application", "viewer": "own_applicant", "action": "show"},
            {"pointer": "/application", "viewer": "chair", "action": "show"},
            {"pointer": "/feedback", "viewer": "own_applicant", "action": "after(decided)"},
        ]
    shown = [{"pointer": "/application", "viewer": JUDGE, "action": "show"}]
    if chosen == "blind":
        shown += [{"pointer": f"/application/{one}", "viewer": JUDGE, "action": "mask"} for one in HIDDEN]
    content["visibility"] = [*shown, *kept]
