"""The section of the designer about what can be won."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..words import Words
from .question import Addition, Content, Group, Kind, Path, Question, choice

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
    kinds, unit = prize_kinds(words), str(content.get("unit", ""))
    phases = {str(one.get("id", "")): str(one.get("id", "")) for one in content.get("phases", [])}
    found = []
    for n, prize in enumerate(content.get("prizes", [])):
        kind, at = str(prize.get("kind", "")), ("prizes", n)
        asker = PrizeAsker(words=words, at=at, unit=unit, phases=phases)
        own = ASKED[kind](asker) if kind in ASKED else []
        decided = Question(
            path=(*at, "phase"),
            label=words._("Decided by the stage"),
            kind="choice",
            options=choice(words, phases),
            needed=True,
        )
        tie = Question(path=(*at, "tie"), label=words._("A tie"), kind="choice", options=_ties(words))
        note = "" if own else words._("Its other fields are kept as they are.")
        found.append(
            Group(
                title=words._("Prize %(number)s: %(kind)s", number=n + 1, kind=kinds.get(kind, kind)),
                at=at,
                questions=(decided, *own, tie),
                removable=True,
                note=note,
            )
        )
    return found


def _ties(words: Words) -> list[tuple[str, str]]:
    return [
        ("split", words._("Tied entries share the places they fill")),
        ("lottery", words._("In the order of a public lot")),
        ("panel", words._("In the order of a recorded decision")),
        ("all_if_funded", words._("Each gets the full amount if the fund has it free")),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrizeAsker:
    """Makes the questions about one prize."""

    words: Words
    at: Path
    unit: str
    phases: Mapping[str, str]

    def money(self, name: str, label: str) -> Question:
        """Ask for an amount."""
        return Question(path=(*self.at, name), label=label, kind="money", unit=self.unit, needed=True)

    def whole(self, name: str, label: str) -> Question:
        """Ask for a whole number."""
        return Question(path=(*self.at, name), label=label, kind="whole", needed=True)

    def text(self, name: str, label: str, *, kind: Kind = "text", hint: str = "") -> Question:
        """Ask for words."""
        return Question(path=(*self.at, name), label=label, kind=kind, hint=hint, needed=True)

    def one_of(self, name: str, label: str, named: Mapping[str, str]) -> Question:
        """Ask for one of several."""
        options = choice(self.words, named)
        return Question(path=(*self.at, name), label=label, kind="choice", options=options, needed=True)


def _places(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    hint = words._("Amounts in %(unit)s, first place first, separated by commas.", unit=ask.unit)
    return [ask.text("amounts", words._("What the places pay"), kind="list", hint=hint)]


def _grand(ask: PrizeAsker) -> list[Question]:
    return [ask.money("amount", ask.words._("Amount"))]


def _pool(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    return [
        ask.money("amount", words._("Amount")),
        ask.one_of("split", words._("Divided"), _splits(words)),
    ]


def _finalists(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    return [
        ask.whole("n", words._("Finalists")),
        ask.money("each", words._("Grant of each finalist")),
        ask.money("grand", words._("Grand prize")),
        ask.one_of("final_phase", words._("Stage that decides the grand prize"), ask.phases),
    ]


def _progress(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    label = words._("Most for one hub, in percent")
    return [
        ask.money("amount", words._("Most of all together")),
        ask.one_of("basis", words._("What counts"), _bases(words)),
        ask.one_of("split", words._("Divided"), _progress_splits(words)),
        Question(path=(*ask.at, "hub_cap_bp"), label=label, kind="percent"),
    ]


def _discretionary(ask: PrizeAsker) -> list[Question]:
    words = ask.words
    return [
        ask.money("ceiling", words._("Most of all together")),
        ask.text("who", words._("Who proposes"), kind="list"),
        ask.text("criteria", words._("By what they choose")),
    ]


ASKED: Mapping[str, Callable[[PrizeAsker], list[Question]]] = {
    "places": _places,
    "grand": _grand,
    "pool": _pool,
    "finalists_then_grand": _finalists,
    "measured_progress": _progress,
    "discretionary": _discretionary,
}


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
    """Return what prizes can be added: those whose fields the designer asks."""
    kinds = prize_kinds(words)
    asked = {name: kinds[name] for name in ASKED}
    return Addition(name=MORE_PRIZES, label=words._("Add a prize"), options=choice(words, asked))


def with_prize(content: Content, kind: str) -> None:
    """Add a prize to a brief, decided by its last stage that is judged."""
    judged = [one for one in content.get("phases", []) if one.get("judging", "none") != "none"]
    prize = {"kind": kind, **({"phase": judged[-1]["id"]} if judged and "id" in judged[-1] else {})}
    content.setdefault("prizes", []).append(prize)
