"""Sections of the designer about judging: the rubric with its anchors, and how the panel works."""

from typing import Any

from ..words import Words
from .question import Addition, Content, Group, Path, Question, choice, code_of, look_up

MORE_TRAITS = "add-traits"
LEAST_ANCHORS = 3
HIDDEN = ("lead", "bundle", "budget", "disclosures", "in_kind_offers", "files", "accords")


def rubric_path(content: Content) -> Path:
    """Return where the rubric stands: by itself, or as the first of several."""
    return ("rubrics", 0) if content.get("rubrics") and not content.get("rubric") else ("rubric",)


def rubric_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about what is scored, and what each mark means."""
    at = rubric_path(content)
    rubric = look_up(content, at)
    if not isinstance(rubric, dict):
        return []
    ends = {"higher": words._("More is better"), "lower": words._("Less is better")}
    scale = Group(
        title=words._("Marks"),
        questions=(
            Question(path=(*at, "scale", "lo"), label=words._("Lowest mark"), kind="mark", needed=True),
            Question(path=(*at, "scale", "hi"), label=words._("Highest mark"), kind="mark", needed=True),
            Question(path=(*at, "scale", "step"), label=words.p("scale", "Step"), kind="mark", needed=True),
            Question(
                path=(*at, "scale", "direction"),
                label=words._("Which end is better"),
                kind="choice",
                options=list(ends.items()),
            ),
            Question(path=(*at, "comment_required"), label=words._("Every mark needs a reason"), kind="yes"),
            Question(
                path=(*at, "abstain_allowed"),
                label=words._("Judges may leave a criterion unmarked"),
                kind="yes",
            ),
        ),
    )
    traits = look_up(content, (*at, "traits")) or []
    return [scale, *(_trait_group(words, (*at, "traits", n), one) for n, one in enumerate(traits))]


def _trait_group(words: Words, at: Path, trait: dict[str, Any]) -> Group:
    number = int(at[-1]) + 1
    anchors = [
        Group(
            title=_band(words, trait["anchors"][n]),
            at=(*at, "anchors", n),
            questions=(
                Question(
                    path=(*at, "anchors", n, "lo"), label=words.p("range", "From"), kind="mark", needed=True
                ),
                Question(
                    path=(*at, "anchors", n, "hi"), label=words.p("range", "To"), kind="mark", needed=True
                ),
                Question(
                    path=(*at, "anchors", n, "text"),
                    label=words._("An application that deserves them"),
                    kind="area",
                    needed=True,
                ),
            ),
            removable=len(trait.get("anchors", [])) > LEAST_ANCHORS,
        )
        for n in range(len(trait.get("anchors", [])))
    ]
    return Group(
        title=words._("Criterion %(number)s", number=number),
        at=at,
        questions=(
            Question(path=(*at, "title"), label=words._("Name"), needed=True),
            Question(
                path=(*at, "weight_bp"),
                label=words._("Weight, in percent"),
                kind="percent",
                hint=words._("All criteria together weigh 100."),
                needed=True,
            ),
        ),
        removable=True,
        parts=anchors,
    )


def _band(words: Words, anchor: dict[str, Any]) -> str:
    if anchor.get("lo") and anchor.get("hi"):
        return words._("Marks from %(lo)s to %(hi)s", lo=anchor["lo"], hi=anchor["hi"])
    return words._("Another band of marks")


def weight_total(content: Content) -> int:
    """Return the sum of the weights of the rubric.

    Returns
    -------
    int [basis points]
        10,000 where it is whole.

    Examples
    --------
    >>> weight_total({"rubric": {"traits": [{"weight_bp": 4000}, {"weight_bp": 6000}]}})
    10000
    """
    traits = look_up(content, (*rubric_path(content), "traits")) or []
    weights = [one.get("weight_bp") for one in traits]
    return sum(one for one in weights if isinstance(one, int))


def more_traits(words: Words, content: Content) -> Addition:
    """Return what can be added to the rubric: a criterion, or one more band of marks to one."""
    traits = look_up(content, (*rubric_path(content), "traits")) or []
    named = {"trait": words._("A criterion")}
    for n, one in enumerate(traits):
        title = str(one.get("title", ""))
        named[f"anchor-{n}"] = words._("A band of marks of %(criterion)s", criterion=title or n + 1)
    return Addition(name=MORE_TRAITS, label=words._("Add"), options=choice(words, named))


def with_trait(content: Content, wanted: str) -> None:
    """Add a criterion with three bands of marks, or one more band to a criterion."""
    at = rubric_path(content)
    rubric = look_up(content, at)
    if not isinstance(rubric, dict):
        scale = {"lo": "1", "hi": "5", "step": "1", "direction": "higher"}
        rubric = content["rubric"] = {"id": "merit/1", "scale": scale, "traits": []}
        at = ("rubric",)
    traits = rubric.setdefault("traits", [])
    kind, _, position = wanted.partition("-")
    if kind == "anchor" and position.isdigit() and int(position) < len(traits):
        traits[int(position)].setdefault("anchors", []).append({})
    elif kind == "trait":
        taken = [str(one.get("id", "")) for one in traits]
        bands = [{"lo": "1", "hi": "2"}, {"lo": "3", "hi": "4"}, {"lo": "5", "hi": "5"}]
        traits.append({"id": code_of("criterion", taken), "title": "", "anchors": bands})


def panel_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about how the panel works, what it sees, and how long one may appeal."""
    at, unit = ("judge_policy",), str(content.get("unit", ""))
    seeds = {
        "beacon": words._("A public beacon"),
        "committed": words._("A secret committed before the first score"),
    }
    work = Group(
        title=words._("How judges work"),
        questions=(
            Question(
                path=(*at, "load"),
                label=words._("Fewest and most that one judge reads"),
                kind="list",
                hint=words._("Two numbers, as in 8, 10."),
            ),
            Question(
                path=(*at, "per_organisation"),
                label=words._("Most readers of one application from one organisation"),
                kind="whole",
            ),
            Question(
                path=(*at, "tie_alpha"),
                label=words._("Two entries count as equal when the chance of the other order is above"),
                hint=words._("A part of one, as in 0.25."),
            ),
            Question(
                path=(*at, "seed_source"),
                label=words._("Where the seed of a lot comes from"),
                kind="choice",
                options=choice(words, seeds, none=words._("No lot is drawn")),
            ),
            Question(
                path=(*at, "fee", "amount"),
                label=words._("Fee of a judge for each read"),
                kind="money",
                unit=unit,
            ),
        ),
    )
    sight = Group(
        title=words._("What judges see of an application"),
        questions=(
            Question(
                path=("judges_see",),
                label=words._("Judges see"),
                kind="choice",
                options=_sights(words, content),
                hint=words._("Blind: without who applies, partners, budget and files."),
            ),
        ),
    )
    after = Group(
        title=words._("Appeals and changes"),
        questions=(
            Question(
                path=("appeal_policy", "window_days"),
                label=words._("Days in which a decision can be appealed"),
                kind="whole",
            ),
            Question(
                path=("amendment_policy", "notice_days"),
                label=words._("Days between the notice of a change and its effect"),
                kind="whole",
            ),
        ),
    )
    return [work, sight, after]


def _sights(words: Words, content: Content) -> list[tuple[str, str]]:
    found = [
        ("", words._("Keep it as it stands")),
        ("blind", words._("The work, blind")),
        ("all", words._("The whole application")),
    ]
    return found if content.get("visibility") else [("", words._("Nothing yet")), *found[1:]]


def with_sight(content: Content) -> None:
    """Write the rules of sight that were chosen in words, in place of those about judges and applicants."""
    chosen = content.pop("judges_see", None)
    if chosen not in {"blind", "all"}:
        return
    judge = "assigned_judge"
    kept = [one for one in content.get("visibility", []) if one.get("viewer") != judge]
    if not kept:
        kept = [
            {"pointer": "/application", "viewer": "own_applicant", "action": "show"},
            {"pointer": "/application", "viewer": "chair", "action": "show"},
            {"pointer": "/feedback", "viewer": "own_applicant", "action": "after(decided)"},
        ]
    shown = [{"pointer": "/application", "viewer": judge, "action": "show"}]
    if chosen == "blind":
        shown += [{"pointer": f"/application/{one}", "viewer": judge, "action": "mask"} for one in HIDDEN]
    content["visibility"] = [*shown, *kept]


def with_load(content: Content) -> None:
    """Write the loads of judges as whole numbers, and leave an empty policy out."""
    policy = content.get("judge_policy")
    if not isinstance(policy, dict):
        return
    load = policy.get("load")
    if isinstance(load, list):
        policy["load"] = [int(one) if str(one).isdecimal() else one for one in load]
    if policy.get("fee") == {}:
        del policy["fee"]
    if not policy:
        del content["judge_policy"]
