"""Section of the designer about scoring: rubrics with their criteria, and what each mark means."""

from functools import partial
from typing import Any

from ..places import Content, Path, code_of, list_at, look_up, rows_of
from ..words import Words
from .question import Addition, Asker, Group, choice

MORE_RUBRICS = "add-rubric"
LEAST_ANCHORS = 3
WHOLE = 10_000


def rubric_paths(content: Content) -> list[Path]:
    """Return where rubrics stand: the one of the challenge, further ones, and those inside of stages.

    Examples
    --------
    >>> rubric_paths({"rubric": {"id": "merit/1"}, "rubrics": [{"id": "plan/1"}]})
    [('rubric',), ('rubrics', 0)]
    """
    own: list[Path] = [("rubric",)] if isinstance(content.get("rubric"), dict) else []
    inside = [
        (*at, "rubric") for at, one in rows_of(content, ("phases",)) if isinstance(one.get("rubric"), dict)
    ]
    return [*own, *(at for at, _ in rows_of(content, ("rubrics",))), *inside]


def rubric_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about what is scored, and what each mark means."""
    return [group for at in rubric_paths(content) for group in _one_rubric(words, content, at)]


def _one_rubric(words: Words, content: Content, at: Path) -> list[Group]:
    rubric = look_up(content, at)
    ask = Asker(words=words, at=at)
    traits = rows_of(rubric, ("traits",))
    ends = {"higher": words._("More is better"), "lower": words._("Less is better")}
    total = words.share(str(weight_total(rubric) / WHOLE))
    scale = Group(
        title=words._("Rubric %(name)s", name=str(rubric.get("id", ""))),
        at=at,
        questions=(
            ask.ask("scale.lo", words._("Lowest mark"), "mark", needed=True),
            ask.ask("scale.hi", words._("Highest mark"), "mark", needed=True),
            ask.ask("scale.step", words.p("scale", "Step"), "mark", needed=True),
            ask.pick("scale.direction", words._("Which end is better"), ends, needed=True),
            ask.ask("pass_mark", words._("What the weighted total has to reach"), "mark"),
            ask.ask("id", words._("Short name"), needed=True),
            ask.ask("comment_required", words._("Every mark needs a reason"), "yes"),
            ask.ask("abstain_allowed", words._("Judges may leave a criterion unmarked"), "yes"),
        ),
        said=words._("The criteria weigh %(total)s together.", total=total),
        removable=True,
    )
    return [
        scale,
        *(_trait_group(words, (*at, *place), one) for place, one in traits),
        Group(title=words._("More criteria"), addition=_more_traits(words, at)),
    ]


def _trait_group(words: Words, at: Path, trait: Content) -> Group:
    ask, listed = Asker(words=words, at=at), rows_of(trait, ("anchors",))
    own = {"yes": words._("Yes"), "no": words._("No")}
    rarer = Group(
        title=words._("More about this criterion"),
        questions=(
            ask.ask("id", words._("Short name"), needed=True),
            ask.ask("pass_mark", words._("The mark that it has to reach by itself"), "mark"),
            ask.ask("comment_required", words._("A mark on it needs a reason"), "yes"),
            ask.ask(
                "abstain_allowed",
                words._("Judges may leave it unmarked"),
                "maybe",
                options=choice(words, own, none=words._("As the rubric says")),
            ),
        ),
        folded=True,
    )
    return Group(
        title=words._("Criterion %(number)s", number=int(at[-1]) + 1),
        at=at,
        questions=(
            ask.ask("title", words._("Name"), needed=True),
            ask.ask(
                "weight_bp",
                words._("Weight, in percent"),
                "percent",
                hint=words._("All criteria together weigh 100."),
                needed=True,
            ),
        ),
        removable=True,
        parts=(
            *(_anchor_group(words, (*at, *place), one, len(listed)) for place, one in listed),
            rarer,
        ),
        addition=_more_anchors(words, at),
    )


def _anchor_group(words: Words, at: Path, anchor: Content, of: int) -> Group:
    ask = Asker(words=words, at=at)
    return Group(
        title=_band(words, anchor),
        at=at,
        questions=(
            ask.ask("lo", words.p("range", "From"), "mark", needed=True),
            ask.ask("hi", words.p("range", "To"), "mark", needed=True),
            ask.ask("text", words._("An application that deserves them"), "area", needed=True),
        ),
        removable=of > LEAST_ANCHORS,
    )


def _band(words: Words, anchor: Content) -> str:
    if anchor.get("lo") and anchor.get("hi"):
        return words._("Marks from %(lo)s to %(hi)s", lo=str(anchor["lo"]), hi=str(anchor["hi"]))
    return words._("Another band of marks")


def weight_total(rubric: Content) -> int:
    """Return the sum of the weights of a rubric.

    Returns
    -------
    int [basis points]
        10,000 where it is whole.

    Examples
    --------
    >>> weight_total({"traits": [{"weight_bp": 4000}, {"weight_bp": 6000}]})
    10000
    """
    weights = [one.get("weight_bp") for _, one in rows_of(rubric, ("traits",))]
    return sum(one for one in weights if isinstance(one, int))


def more_rubrics(words: Words, content: Content) -> Addition:
    """Return what can be added: a rubric, or one more for another stage."""
    first = not rubric_paths(content)
    said = words._("A rubric with two criteria") if first else words._("Another rubric, for another stage")
    options = choice(words, {"rubric": said})
    return Addition(name=MORE_RUBRICS, label=words._("Add a rubric"), options=options, add=with_rubric)


def _more_traits(words: Words, at: Path) -> Addition:
    options = choice(words, {"trait": words._("A criterion")})
    name, label = _name(at, "traits"), words._("Add a criterion")
    return Addition(name=name, label=label, options=options, add=partial(_with_trait, at))


def _more_anchors(words: Words, at: Path) -> Addition:
    options = choice(words, {"anchor": words._("A band of marks")})
    name, label = _name(at, "anchors"), words._("Add a band of marks")
    return Addition(name=name, label=label, options=options, add=partial(_with_anchor, at))


def _name(at: Path, last: str) -> str:
    return "-".join(("add", *(str(part) for part in at), last))


def with_rubric(content: Content, _: str) -> None:
    """Add a rubric of two criteria, of which each weighs half."""
    taken = [str(look_up(content, (*at, "id"))) for at in rubric_paths(content)]
    scale = {"lo": "1", "hi": "5", "step": "1", "direction": "higher"}
    number = next(n for n in range(1, len(taken) + 2) if f"merit/{n}" not in taken)
    rubric: dict[str, Any] = {"id": f"merit/{number}", "scale": scale, "traits": []}
    if taken:
        listed = list_at(content, ("rubrics",))
        listed.append(rubric)
        at: Path = ("rubrics", len(listed) - 1)
    else:
        content["rubric"], at = rubric, ("rubric",)
    for _trait in range(2):
        _with_trait(at, content, "trait")
    for trait in rubric["traits"]:
        trait["weight_bp"] = WHOLE // 2


def _with_trait(at: Path, content: Content, _: str) -> None:
    traits = list_at(content, (*at, "traits"))
    taken = [str(one.get("id", "")) for _, one in rows_of(content, (*at, "traits"))]
    bands = [{"lo": "1", "hi": "2"}, {"lo": "3", "hi": "4"}, {"lo": "5", "hi": "5"}]
    traits.append({"id": code_of("criterion", taken), "title": "", "anchors": bands})


def _with_anchor(at: Path, content: Content, _: str) -> None:
    list_at(content, (*at, "anchors")).append({})
