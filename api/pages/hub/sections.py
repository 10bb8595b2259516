"""An application as a list of sections, each a page of questions."""

from collections.abc import Mapping, Sequence

from ....challenges.brief import Brief
from ...wire.eligibility import QuizLine
from ..words import Words
from .form_questions import form_parts
from .questions import Ask, Json, Kind, Options, Section, Several

FACT_KINDS: Mapping[str, Kind] = {
    "yes_no": "yes_no",
    "number": "number",
    "day": "day",
    "choice": "text",
    "text": "text",
}


def sections_of(
    words: Words,
    brief: Brief,
    content: Mapping[str, Json],
    *,
    phase: str,
    parties: Options,
    questions: Sequence[QuizLine],
) -> tuple[Section, ...]:
    """Return the sections of an application, in the order in which people write it.

    Parameters
    ----------
    words : Words
        The reader's.
    brief : Brief
        In force.
    content : mapping
        The draft: partners and pieces of work that it names are offered where they are asked for.
    phase : str
        Whose form is asked; empty for none.
    parties : sequence of (str, str)
        Code and name of those a partner can be.
    questions : sequence of QuizLine
        Of the rule of eligibility.
    """
    named = dict(parties)
    rows = _rows(content, "bundle")
    partners = [
        (str(row["party"]), named.get(str(row["party"]), str(row["party"]))) for row in rows if "party" in row
    ]
    works = [
        (str(row["id"]), str(row.get("title") or row["id"]))
        for row in _rows(content, "interventions")
        if "id" in row
    ]
    found = [
        _about(words, brief),
        _partners(words, parties),
        _work(words),
        _budget(words, brief.unit, partners, works),
        _gifts(words, brief.unit, partners, works),
        _answers(words, brief, content, phase),
        _why(words),
        _facts(words, questions),
        _disclosures(words, partners, brief),
    ]
    return tuple(one for one in found if one.parts)


def _about(words: Words, brief: Brief) -> Section:
    asks = [Ask(path=("title",), label=words._("Title of your application"))]
    if len(brief.languages) > 1:
        options = [("", ""), *((one, one) for one in brief.languages)]
        asks.append(
            Ask(
                path=("language",), label=words._("Language it is written in"), kind="choice", options=options
            )
        )
    return Section(name="about", title=words._("What it is called"), hint="", parts=tuple(asks))


def _partners(words: Words, parties: Options) -> Section:
    roles = [
        ("lead", words._("lead")),
        ("delivery", words._("delivery")),
        ("supply", words._("supply")),
        ("measurement", words._("measurement")),
        ("research", words._("research")),
    ]
    asks = (
        Ask(path=("party",), label=words._("Organisation"), options=parties),
        Ask(path=("role",), label=words._("What it does here"), options=roles),
        Ask(path=("share_bp",), label=words._("Share of the money, in percent"), kind="share"),
    )
    return Section(
        name="partners",
        title=words._("Who takes part"),
        hint=words._("Name every organisation, yours too. The shares together are 100 percent."),
        parts=(
            Several(
                path=("bundle",), title=lambda number: words._("Partner %(number)s", number=number), asks=asks
            ),
        ),
    )


def _work(words: Words) -> Section:
    asks = (
        Ask(
            path=("id",),
            label=words._("Short name"),
            hint=words._("Small letters, digits and dashes, for example: wells"),
        ),
        Ask(path=("title",), label=words._("What is done")),
    )
    return Section(
        name="work",
        title=words._("What you will do"),
        hint=words._("Each piece of work that has costs of its own."),
        parts=(
            Several(
                path=("interventions",),
                title=lambda number: words._("Piece of work %(number)s", number=number),
                asks=asks,
            ),
        ),
    )


def _budget(words: Words, unit: str, partners: Options, works: Options) -> Section:
    covered = [
        ("", ""),
        ("ask", words._("This challenge")),
        ("own", words._("Ourselves")),
        ("third", words._("Somebody else")),
    ]
    asks = (
        Ask(path=("actor",), label=words._("Who spends it"), kind="choice", options=[("", ""), *partners]),
        Ask(
            path=("intervention",), label=words._("For which work"), kind="choice", options=[("", ""), *works]
        ),
        Ask(path=("category",), label=words._("Kind of cost"), hint=words._("One word, for example: staff")),
        Ask(path=("amount",), label=words._("Amount"), kind="money", unit=unit),
        Ask(path=("covered_by",), label=words._("Who pays it"), kind="choice", options=covered),
    )
    least = Ask(
        path=("minimum",),
        label=words._("The least that makes sense"),
        kind="money",
        unit=unit,
        hint=words._("Below this you would rather not begin."),
    )
    whole = Ask(path=("all_or_nothing",), label=words._("Does only the whole sum make sense?"), kind="yes_no")
    return Section(
        name="budget",
        title=words._("What it costs"),
        hint=words._("What you ask for is the sum of the lines that this challenge pays. We add it up."),
        parts=(
            Several(
                path=("budget",), title=lambda number: words._("Cost %(number)s", number=number), asks=asks
            ),
            least,
            whole,
        ),
    )


def _gifts(words: Words, unit: str, partners: Options, works: Options) -> Section:
    bases = [
        ("", ""),
        ("market", words._("Market price")),
        ("replacement", words._("Cost of replacing it")),
        ("cost", words._("What it cost")),
        ("agreed", words._("Agreed with the funder")),
    ]
    thing = (
        Ask(path=("kind",), label=words._("What it is")),
        Ask(path=("quantity",), label=words._("How much"), kind="money"),
        Ask(path=("unit",), label=words._("Counted in"), hint=words._("For example: hour, piece")),
        Ask(path=("unit_value",), label=words._("Worth each"), kind="money", unit=unit),
        Ask(path=("basis",), label=words._("How that is known"), kind="choice", options=bases),
    )
    giver = Ask(path=("party",), label=words._("Who gives it"), kind="choice", options=[("", ""), *partners])
    use = Ask(
        path=("intervention",), label=words._("For which work"), kind="choice", options=[("", ""), *works]
    )
    return Section(
        name="gifts",
        title=words._("Help besides money"),
        hint=words._("What you bring, and what you lack. Leave it empty where there is nothing."),
        parts=(
            Several(
                path=("in_kind_offers",),
                title=lambda number: words._("We bring: %(number)s", number=number),
                asks=(giver, *thing),
            ),
            Several(
                path=("in_kind_needs",),
                title=lambda number: words._("We lack: %(number)s", number=number),
                asks=(use, *thing),
            ),
        ),
    )


def _answers(words: Words, brief: Brief, content: Mapping[str, Json], phase: str) -> Section:
    form = brief.form_of(phase) if phase else None
    answers = content.get("answers")
    files = [(str(row.get("sha256")), file_line(words, row)) for row in _rows(content, "files")]
    parts = (
        form_parts(
            form.questions,
            words,
            answers=answers if isinstance(answers, Mapping) else {},
            files=files,
            unit=brief.unit,
        )
        if form
        else ()
    )
    return Section(name="answers", title=words._("The funder's questions"), hint="", parts=parts)


def file_line(words: Words, row: Mapping[str, Json]) -> str:
    """Return the name of a file, and how long it is."""
    size = row.get("size_bytes")
    if not isinstance(size, int):
        return str(row.get("name"))
    return words.n("%(name)s, %(count)s byte", "%(name)s, %(count)s bytes", size, name=row.get("name"))


def _why(words: Words) -> Section:
    links = (
        Ask(path=("cause",), label=words._("If this")),
        Ask(path=("effect",), label=words._("then that")),
        Ask(path=("assumption",), label=words._("because we assume")),
        Ask(path=("evidence",), label=words._("which is known from")),
    )
    return Section(
        name="why",
        title=words._("Why it should work"),
        hint=words._("Leave it empty where the funder's questions cover it."),
        parts=(
            Ask(path=("theory_of_change", "summary"), label=words._("In a few sentences"), kind="area"),
            Several(
                path=("theory_of_change", "links"),
                title=lambda number: words._("Step %(number)s", number=number),
                asks=links,
            ),
        ),
    )


def fact_asks(words: Words, questions: Sequence[QuizLine]) -> tuple[Ask, ...]:
    """Return the questions of a rule of eligibility.

    Parameters
    ----------
    words : Words
        The reader's.
    questions : sequence of QuizLine
        One for each fact.
    """
    return tuple(
        Ask(
            path=("facts", one.fact),
            label=one.fact.replace(".", ": ").replace("_", " ").capitalize(),
            kind=FACT_KINDS[one.kind],
            hint=words._("Asked by clause %(clauses)s.", clauses=", ".join(one.clauses)),
            options=[(str(value), str(value)) for value in one.options],
            own=False,
        )
        for one in questions
    )


def _facts(words: Words, questions: Sequence[QuizLine]) -> Section:
    return Section(
        name="facts",
        title=words._("Whether you may take part"),
        hint=words._("What you say here is checked against the rule when you hand in."),
        parts=fact_asks(words, questions),
    )


def _disclosures(words: Words, partners: Options, brief: Brief) -> Section:
    one_each = words._("One a line. Where there is nothing, say so.")
    asks = [
        Ask(path=("incentives",), label=words._("What it gains by this"), kind="stated", hint=one_each),
        Ask(path=("restrictions",), label=words._("What limits it"), kind="stated", hint=one_each),
    ]
    if brief.disclosure_policy.funders == "required":
        asked = words._("Who gave it more than %(amount)s", amount=brief.disclosure_policy.funders_above)
        hint = words._("One a line: name; amount. Where there is nothing, say so.")
        asks.append(Ask(path=("funders",), label=asked, kind="given", hint=hint))
    if brief.disclosure_policy.disputes == "required":
        asks.append(
            Ask(path=("disputes",), label=words._("Disputes that are open"), kind="stated", hint=one_each)
        )
    parts = (
        Several(
            path=("disclosures",), title=lambda number: number, asks=tuple(asks), key="party", rows=partners
        ),
    )
    return Section(
        name="disclosures",
        title=words._("Interests"),
        hint=words._("Every organisation says what it gains and what limits it."),
        parts=parts if partners else (),
    )


def _rows(content: Mapping[str, Json], name: str) -> list[Mapping[str, Json]]:
    rows = content.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []
