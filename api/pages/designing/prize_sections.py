"""The section of the designer about what can be won."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from ..places import Content, Path, as_json, code_of, list_at, rows_of
from ..words import Words
from .question import Addition, Asker, Group, Question, choice

MORE_PRIZES = "add-prizes"


def prize_kinds(words: Words) -> dict[str, str]:
    """Return what prizes are called, by their kind."""
    return {
        "places": words._("Prizes by place"),
        "grand": words._("One prize for the first"),
        "pool": words._("A pool that is divided"),
        "finalists_then_grand": words._("Finalists, then a grand prize"),
        "measured_progress": words._("Prizes for measured progress"),
        "discretionary": words._("Awards that named people give"),
        "staged": words._("Prizes in stages"),
        "first_to_finish": words._("The first to finish"),
        "in_kind": words._("A prize in kind"),
    }


def prize_groups(words: Words, content: Content) -> list[Group]:
    """Return the questions about every prize."""
    phases = {str(one.get("id", "")): str(one.get("id", "")) for _, one in rows_of(content, ("phases",))}
    return [_prize_group(words, content, at, phases) for at, _ in rows_of(content, ("prizes",))]


def _prize_group(words: Words, content: Content, at: Path, phases: Mapping[str, str]) -> Group:
    ask = PrizeAsker(words=words, at=at, unit=str(content.get("unit", "")), content=content, phases=phases)
    kind, kinds = str(ask.prize.get("kind", "")), prize_kinds(words)
    stages = [_stage_group(ask, n, one) for n, (one, _) in enumerate(rows_of(content, (*at, "stages")))]
    return Group(
        title=words._("Prize %(number)s: %(kind)s", number=int(at[-1]) + 1, kind=kinds.get(kind, kind)),
        at=at,
        questions=(
            ask.pick("phase", words._("Decided by the stage"), phases, needed=True),
            *(ASKED[kind](ask) if kind in ASKED else ()),
            ask.pick("tie", words._("A tie"), _ties(words), usual="split"),
            _rest(ask),
        ),
        told=((*at, "kind"),),
        parts=stages if kind == "staged" else (),
        addition=_more_stages(words, at) if kind == "staged" else None,
        removable=True,
    )


def _ties(words: Words) -> dict[str, str]:
    return {
        "split": words._("Tied entries share the places they fill"),
        "lottery": words._("In the order of a public lot"),
        "panel": words._("In the order of a recorded decision"),
        "all_if_funded": words._("Each gets the full amount if the fund has it free"),
    }


def rest_rules(words: Words, phases: Mapping[str, str]) -> dict[str, str]:
    """Return where the money goes that nobody wins, in words, by what the brief holds as JSON."""
    later = {
        as_json({"roll_over": one}): words._("It is added to the prize of the stage %(stage)s", stage=one)
        for one in phases
        if one
    }
    return {
        as_json("return"): words._("It goes back to the fund"),
        as_json("redistribute"): words._("The winners share it"),
        **later,
    }


def _rest(ask: "PrizeAsker") -> Question:
    usual = as_json("return")
    label, options = ask.words._("What nobody wins"), list(rest_rules(ask.words, ask.phases).items())
    return ask.ask("unawarded", label, "json", options=options, usual=usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrizeAsker(Asker):
    """Makes the questions about one prize.

    Attributes
    ----------
    content : dict
        The brief.
    phases : mapping of str to str
        Names of its stages.
    """

    content: Content
    phases: Mapping[str, str]

    @property
    def prize(self) -> Content:
        """Return the prize as it stands."""
        return dict(rows_of(self.content, self.at[:-1])).get(self.at, {})

    def money(self, name: str, label: str) -> Question:
        """Ask for an amount."""
        return self.ask(name, label, "money", needed=True)

    def condition(self, name: str) -> list[Question]:
        """Ask what has to be reached: a metric at or beyond a number."""
        words = self.words
        named = {">=": words._("is at least"), "<=": words._("is at most")}
        known = words._("Name and version of what is measured, as in safe_water_days@2.")
        method = words._("How it is measured, and by whom")
        return [
            self.ask(f"{name}.metric", words._("What is measured"), hint=known, needed=True),
            self.pick(f"{name}.op", words._("How it is compared"), named, needed=True),
            self.ask(f"{name}.value", words._("With what number"), needed=True),
            self.ask(f"{name}.unit", words._("Counted in"), needed=True),
            self.ask(f"{name}.method", method, hint=words._("Without it the brief is warned of.")),
        ]


def _places(ask: PrizeAsker) -> list[Question]:
    words, prize = ask.words, ask.prize
    alike = prize.get("n") is not None or prize.get("amount") is not None
    hint = words._("Amounts in %(unit)s, first place first, separated by commas.", unit=ask.unit)
    same = words._("Instead of the list: so many places, each with the same amount.")
    return [
        ask.ask("amounts", words._("What the places pay"), "list", hint=hint, needed=not alike),
        ask.ask("n", words._("Or: places that pay the same"), "whole", hint=same),
        ask.ask("amount", words._("What each of them pays"), "money"),
    ]


def _grand(ask: PrizeAsker) -> list[Question]:
    return [ask.money("amount", ask.words._("Amount"))]


def _pool(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    return [
        ask.money("amount", words._("Amount")),
        ask.pick("split", words._("Divided"), _splits(words), needed=True),
    ]


def _finalists(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    return [
        ask.ask("n", words._("Finalists"), "whole", needed=True),
        ask.money("each", words._("Grant of each finalist")),
        ask.money("grand", words._("Grand prize")),
        ask.pick("final_phase", words._("Stage that decides the grand prize"), ask.phases, needed=True),
    ]


def _progress(ask: PrizeAsker) -> list[Question]:
    words, split = ask.words, ask.prize.get("split")
    ranked = words._("In percent, first place first, separated by semicolons; only where it is by rank.")
    asked = [
        ask.money("amount", words._("Most of all together")),
        ask.pick("basis", words._("What counts"), _bases(words), needed=True),
        ask.pick("split", words._("Divided"), _progress_splits(words), needed=True),
        ask.ask(
            "shares_bp",
            words._("Shares of the places"),
            "percents",
            hint=ranked,
            needed=split == "ranked",
        ),
        ask.ask("price", words._("Price of one unit"), "money"),
        ask.ask("hub_cap_bp", words._("Most for one hub, in percent"), "percent", usual="100"),
        ask.ask(
            "metric",
            words._("What is measured"),
            hint=words._("Leave it empty for the metric of the goal."),
        ),
        ask.ask(
            "period",
            words._("What is measured when"),
            hint=words._("Leave it empty for the stage of delivery."),
        ),
        ask.ask(
            "damping",
            words._("How far progress counts against earlier awards"),
            hint=words._("From 0 to 1; at 1 progress alone counts."),
            usual="1",
        ),
        ask.ask("newcomer_bp", words._("Set aside for newcomers, in percent"), "percent", usual="0"),
    ]
    shared = {"equal": words._("In equal parts"), "lottery": words._("By a public lot")}
    return [*asked, ask.pick("newcomers", words._("How newcomers share it"), shared, usual="equal")]


def _discretionary(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    return [
        ask.money("ceiling", words._("Most of all together")),
        ask.ask("who", words._("Who proposes"), "list", needed=True),
        ask.ask("criteria", words._("By what they choose"), needed=True),
    ]


def _staged(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    shares = words._("Only where the stages below have shares of it; else each stage has its own amount.")
    return [
        ask.ask("winners", words._("How many get such a contract"), "whole", usual="1"),
        ask.ask("amount", words._("What all stages of one pay together"), "money", hint=shares),
    ]


def _first(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    return [
        ask.money("amount", words._("Amount")),
        *ask.condition("target"),
        ask.ask("deadline", words._("Last day on which it counts"), "day", needed=True),
        ask.ask("verification", words._("How it is verified that it was reached"), needed=True),
        ask.ask(
            "settles_after",
            words._("After this day the winner stays"),
            "day",
            hint=words._("Until then, whoever is found to have been earlier wins."),
            needed=True,
        ),
    ]


def _in_kind(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    return [
        ask.ask("description", words._("What is delivered"), "area", needed=True),
        ask.ask("valuation", words._("On what its worth rests"), needed=True),
        ask.ask("cash_cost", words._("What delivering it costs the fund at most"), "money", usual="0"),
    ]


ASKED: Mapping[str, Callable[[PrizeAsker], list[Question]]] = {
    "places": _places,
    "grand": _grand,
    "pool": _pool,
    "finalists_then_grand": _finalists,
    "staged": _staged,
    "first_to_finish": _first,
    "measured_progress": _progress,
    "discretionary": _discretionary,
    "in_kind": _in_kind,
}


def _stage_group(prize: PrizeAsker, n: int, at: Path) -> Group:
    words, shared = prize.words, prize.prize.get("amount") is not None
    ask = PrizeAsker(words=words, at=at, unit=prize.unit, content=prize.content, phases=prize.phases)
    late = words._("Of its amount, for each day after the last; where it is empty, nothing is paid then.")
    pays = ask.ask("amount", words._("What it pays"), "money", needed=not shared)
    share = ask.ask("share_bp", words._("Its share of the prize, in percent"), "percent", needed=shared)
    return Group(
        title=words._("Stage %(number)s of the prize", number=n + 1),
        at=at,
        questions=(
            ask.ask("id", words._("Short name"), needed=True),
            *((share, pays) if shared else (pays, share)),
            *ask.condition("condition"),
            ask.ask("due", words._("Last day"), "day", needed=True),
            ask.ask(
                "late.reduce_bp_per_day", words._("Taken off each day, in percent"), "percent", hint=late
            ),
        ),
        told=((*at, "late"),),
        removable=True,
    )


def _more_stages(words: Words, at: Path) -> Addition:
    label = words._("Add a stage to this prize")
    name = "-".join(("add", *(str(part) for part in at), "stages"))
    options = choice(words, {"stage": words._("A stage with a condition and a last day")})
    return Addition(name=name, label=label, options=options, add=partial(_with_stage, (*at, "stages")))


def _with_stage(path: Path, content: Content, _: str) -> None:
    taken = [str(one.get("id", "")) for _, one in rows_of(content, path)]
    list_at(content, path).append({"id": code_of("stage", taken), "condition": {"op": ">="}})


def _splits(words: Words) -> dict[str, str]:
    return {
        "ask": words._("Every ask in full, by rank, until the money ends"),
        "score": words._("In proportion to scores"),
        "ballot": words._("By the ballots"),
        "optimiser": words._("By the allocation from asks and scores"),
    }


def _bases(words: Words) -> dict[str, str]:
    return {
        "point": words._("The estimate"),
        "lower_bound": words._("What is left of it after its uncertainty"),
    }


def _progress_splits(words: Words) -> dict[str, str]:
    return {
        "proportional": words._("In proportion to progress"),
        "ranked": words._("By rank"),
        "per_unit": words._("A price for each unit"),
    }


def more_prizes(words: Words) -> Addition:
    """Return what prizes can be added."""
    options = choice(words, prize_kinds(words))
    return Addition(name=MORE_PRIZES, label=words._("Add a prize"), options=options, add=with_prize)


def with_prize(content: Content, kind: str) -> None:
    """Add a prize to a brief, decided by its last stage that is judged."""
    judged = [one for _, one in rows_of(content, ("phases",)) if one.get("judging", "none") != "none"]
    prize = {"kind": kind, **({"phase": judged[-1]["id"]} if judged and "id" in judged[-1] else {})}
    list_at(content, ("prizes",)).append(prize)
    if kind == "staged":
        _with_stage(("prizes", len(content["prizes"]) - 1, "stages"), content, "stage")
