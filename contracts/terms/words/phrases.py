"""Expressions in words, as a lawyer would write them.

The problem: a tree read aloud node by node is correct and unreadable. Usual shapes (a price for each unit, a
percentage of, a difference floored at zero, at most, at least) are recognised; what is nested too deeply
to be read in one breath gets a letter and a line of its own; everything else is said literally.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import singledispatch
from typing import Final, NamedTuple

from ....finance.errors import TermError
from ..expressions import (
    Balance,
    Bands,
    Compare,
    Days,
    Expression,
    FigureRef,
    Fold,
    If,
    Is,
    Jointly,
    Known,
    Less,
    Lit,
    Negation,
    Obs,
    Paid,
    ParamRef,
    Position,
    Previous,
    Rank,
    Several,
    Share,
)
from .nouns import Vocabulary, is_money, listed, number_words
from .reading import quantity_of

PLAIN, PRODUCT, OPEN = 0, 1, 2
LONGEST_INSERT: Final = 110
ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RELATIONS: Final = {
    "lt": "is less than",
    "le": "is at most",
    "eq": "equals",
    "ne": "differs from",
    "ge": "is at least",
    "gt": "is more than",
}
OPPOSITES: Final = {"lt": "ge", "le": "gt", "eq": "ne", "ne": "eq", "ge": "lt", "gt": "le"}
_MOST_IN_A_ROW: Final = 3


class Phrase(NamedTuple):
    """Words, and how far they can be joined to others without being misread.

    Attributes
    ----------
    text : str
        The words.
    level : int [level]
        0 stands anywhere, 1 at the end of a phrase, 2 only alone or in brackets.
    """

    text: str
    level: int = OPEN


@dataclass(frozen=True, slots=True)
class Letters:
    """The parts of one clause that have a letter: the expressions, in order."""

    vocabulary: Vocabulary
    given: list[Expression] = field(default_factory=list)

    def of(self, expression: Expression) -> str:
        """Return the letter of an expression, a new one when it has none."""
        if expression not in self.given:
            self.given.append(expression)
        return letter(self.given.index(expression))

    def noun(self, expression: Expression) -> str:
        """Name the lettered expression: ``amount A``, ``condition B``."""
        quantity = quantity_of(self.vocabulary.document, expression)
        kind = "condition" if quantity is None else "amount" if is_money(quantity) else "number"
        return f"{kind} {self.of(expression)}"


def letter(place: int) -> str:
    """Return the letter of a place: A, B, … Z, AA.

    Parameters
    ----------
    place : int [place]
        From 0.

    Examples
    --------
    >>> letter(0), letter(26)
    ('A', 'AA')
    """
    head, last = divmod(place, len(ALPHABET))
    return (letter(head - 1) if head else "") + ALPHABET[last]


def inserted(expression: Expression, letters: Letters, most: int = PLAIN) -> str:
    """Return words that can stand inside other words: as they are, in brackets, or as a letter.

    Parameters
    ----------
    expression : expression
        Of the document.
    letters : Letters
        Of the clause; what is too long is added.
    most : int [level]
        The level of phrases that fit here without brackets.
    """
    if isinstance(expression, Bands):
        return letters.noun(expression)
    known = len(letters.given)
    phrase = say(expression, letters)
    if phrase.level == PLAIN or (phrase.level <= most and len(phrase.text) <= LONGEST_INSERT):
        return phrase.text
    fits = len(phrase.text) <= LONGEST_INSERT and "(" not in phrase.text
    if fits and quantity_of(letters.vocabulary.document, expression) is not None:
        return f"({phrase.text})"
    del letters.given[known:]
    return letters.noun(expression)


def condition(expression: Expression, letters: Letters) -> str:
    """Return a condition that can stand after "if": a sentence, or a reference to one.

    Parameters
    ----------
    expression : expression
        A condition.
    letters : Letters
        Of the clause; what is too long is added.
    """
    known = len(letters.given)
    phrase = say(expression, letters)
    if phrase.level <= PRODUCT and len(phrase.text) <= 2 * LONGEST_INSERT:
        return phrase.text
    del letters.given[known:]
    return f"{letters.noun(expression)} holds"


@singledispatch
def say(expression: object, letters: Letters) -> Phrase:  # noqa: ARG001  # the registered ones use it
    """Return an expression in words.

    Parameters
    ----------
    expression : expression
        Of the document.
    letters : Letters
        Of the clause; parts that are too long are added.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE, TermDocument
    >>> from almoner.contracts.terms.words.nouns import vocabulary
    >>> document = TermDocument.read(EXAMPLE)
    >>> letters = Letters(vocabulary(document, {}, ("term",)))
    >>> say(Obs(op="obs", metric="nights"), letters).text
    '"Nights spent indoors"'
    """
    raise TermError(f"There are no words for {type(expression).__name__}.")


def is_zero(expression: object) -> bool:
    """Tell whether an expression is the literal zero."""
    return isinstance(expression, Lit) and not Fraction(expression.value)


def _where(at: dict[str, str], letters: Letters) -> str:
    named = [
        f"in period {member}"
        if over == "period"
        else f"for {member} of {letters.vocabulary.name('sets', over)}"
        for over, member in at.items()
    ]
    return "".join(f" {one}" for one in named)


@say.register
def _lit(expression: Lit, letters: Letters) -> Phrase:  # noqa: ARG001  # one signature for all
    return Phrase(number_words(expression.value, expression.type), PLAIN)


@say.register
def _param(expression: ParamRef, letters: Letters) -> Phrase:
    name = letters.vocabulary.name("params", expression.name)
    return Phrase(name + _where(expression.at, letters), PLAIN)


def _observed(expression: Obs | Is | Known, letters: Letters) -> str:
    vocabulary = letters.vocabulary
    metric = vocabulary.document.metrics.get(expression.metric)
    when = ""
    if metric is not None and "period" in metric.per and "period" not in expression.at:
        when = " to date" if expression.window == "to_date" else " of the period" * vocabulary.has_periods
    return vocabulary.name("metrics", expression.metric) + when + _where(expression.at, letters)


@say.register
def _obs(expression: Obs, letters: Letters) -> Phrase:
    name = _observed(expression, letters)
    is_truth = quantity_of(letters.vocabulary.document, expression) is None
    return Phrase(f"{name} is true" if is_truth else name, PLAIN)


@say.register
def _is(expression: Is, letters: Letters) -> Phrase:
    return Phrase(f'{_observed(expression, letters)} is "{expression.value}"', PLAIN)


@say.register
def _known(expression: Known, letters: Letters) -> Phrase:
    return Phrase(f"{_observed(expression, letters)} is known", PLAIN)


@say.register
def _figure(expression: FigureRef, letters: Letters) -> Phrase:
    name = letters.vocabulary.name("figures", expression.name) + _where(expression.at, letters)
    holds = quantity_of(letters.vocabulary.document, expression) is None
    return Phrase(f"{name} holds" if holds else name, PLAIN)


@say.register
def _balance(expression: Balance, letters: Letters) -> Phrase:
    return Phrase(f"the balance of {letters.vocabulary.name('accounts', expression.account)}", PLAIN)


@say.register
def _paid(expression: Paid, letters: Letters) -> Phrase:
    vocabulary = letters.vocabulary
    when = {"period": "in this period", "to_date": "to date", "before": "in all periods before"}
    what = {"paid": "paid", "earned": "earned, before limits,"}[expression.what]
    clauses = listed([vocabulary.clause(one) for one in expression.clauses])
    word = "clauses" if len(expression.clauses) > 1 else "clause"
    kept = [vocabulary.name("sets", one) for one in expression.each]
    member = f" for the same member of {listed(kept)}" if kept else ""
    return Phrase(f"what was {what} {when[expression.window]} under {word} {clauses}{member}", PRODUCT)


@say.register
def _several(expression: Several, letters: Letters) -> Phrase:
    if expression.op == "add":
        return Phrase(f"the sum of {listed([inserted(one, letters) for one in expression.of])}")
    if len(expression.of) != 2:  # noqa: PLR2004  # a pair is a bound
        kind = "smallest" if expression.op == "min" else "largest"
        return Phrase(f"the {kind} of {listed([inserted(one, letters) for one in expression.of])}")
    return _bounded(expression, letters)


def _bounded(expression: Several, letters: Letters) -> Phrase:
    first, second = expression.of
    bound, inner = (first, second) if isinstance(first, Lit | ParamRef) else (second, first)
    if expression.op == "max" and is_zero(bound):
        if isinstance(inner, Less):
            left, right = inserted(inner.of, letters), inserted(inner.less, letters)
            return Phrase(f"the amount by which {left} exceeds {right}, or zero if it does not")
        return Phrase(f"{inserted(inner, letters, PRODUCT)}, but never below zero")
    word = "at most" if expression.op == "min" else "at least"
    if isinstance(inner, Several) and inner.op in {"min", "max"} and inner.op != expression.op:
        head = say(inner, letters)
        if head.level == OPEN and "at " in head.text and len(head.text) <= LONGEST_INSERT:
            return Phrase(f"{head.text} and {word} {inserted(bound, letters)}")
    return Phrase(f"{inserted(inner, letters, PRODUCT)}, but {word} {inserted(bound, letters)}")


@say.register
def _less(expression: Less, letters: Letters) -> Phrase:
    return Phrase(f"{inserted(expression.of, letters, PRODUCT)} less {inserted(expression.less, letters)}")


@say.register
def _bands(expression: Bands, letters: Letters) -> Phrase:
    return Phrase(f"by the band in which {inserted(expression.of, letters, PRODUCT)} falls")


@say.register
def _compare(expression: Compare, letters: Letters) -> Phrase:
    return _compared(expression, expression.relation, letters)


def _compared(expression: Compare, relation: str, letters: Letters) -> Phrase:
    left = inserted(expression.left, letters, PRODUCT)
    return Phrase(f"{left} {RELATIONS[relation]} {inserted(expression.right, letters, PRODUCT)}", PLAIN)


@say.register
def _jointly(expression: Jointly, letters: Letters) -> Phrase:
    return _joined(expression.of, letters, "and" if expression.op == "all" else "or")


def _joined(of: Sequence[Expression], letters: Letters, word: str) -> Phrase:
    known = len(letters.given)
    if len(of) == 1:
        return say(of[0], letters)
    said = [_alone(one, letters) for one in of]
    if len(of) <= _MOST_IN_A_ROW and sum(map(len, said)) <= 2 * LONGEST_INSERT:
        return Phrase(("either " if word == "or" else "") + f" {word} ".join(said), PRODUCT)
    del letters.given[known:]
    lines = [f"({place}) {_alone(one, letters)}" for place, one in enumerate(of, start=1)]
    head = "all of these hold" if word == "and" else "at least one of these holds"
    return Phrase(f"{head}: {'; '.join(lines)}")


def _alone(expression: Expression, letters: Letters) -> str:
    """Return a condition that joins others by "and" and "or" without being misread."""
    known = len(letters.given)
    phrase = say(expression, letters)
    if phrase.level == PLAIN:
        return phrase.text
    del letters.given[known:]
    return f"{letters.noun(expression)} holds"


@say.register
def _negation(expression: Negation, letters: Letters) -> Phrase:
    inner = expression.of
    if isinstance(inner, Compare):
        return _compared(inner, OPPOSITES[inner.relation], letters)
    if isinstance(inner, Is):
        return Phrase(f'{_observed(inner, letters)} is not "{inner.value}"', PLAIN)
    if isinstance(inner, Obs | Known):
        word = "is false" if isinstance(inner, Obs) else "is not known"
        return Phrase(f"{_observed(inner, letters)} {word}", PLAIN)
    if isinstance(inner, FigureRef):
        name = letters.vocabulary.name("figures", inner.name) + _where(inner.at, letters)
        return Phrase(f"{name} does not hold", PLAIN)
    if isinstance(inner, Negation):
        return say(inner.of, letters)
    return Phrase(f"{letters.noun(inner)} does not hold", PLAIN)


@say.register
def _if(expression: If, letters: Letters) -> Phrase:
    if quantity_of(letters.vocabulary.document, expression) is None:
        parts = [condition(one, letters) for one in (expression.test, expression.then, expression.else_)]
        return Phrase(f"where {parts[0]}: {parts[1]}; otherwise: {parts[2]}")
    cases: list[str] = []
    rest: Expression = expression
    while isinstance(rest, If):
        cases.append(f"{_or_zero(rest.then, letters)} if {condition(rest.test, letters)}")
        rest = rest.else_
    cases.append(_or_zero(rest, letters))
    if len(cases) > _MOST_IN_A_ROW:
        cases = [f"({place}) {one}" for place, one in enumerate(cases, start=1)]
    return Phrase("; otherwise ".join(cases))


def _or_zero(expression: Expression, letters: Letters) -> str:
    return "zero" if is_zero(expression) else inserted(expression, letters, PRODUCT)


@say.register
def _fold(expression: Fold, letters: Letters) -> Phrase:
    over = expression.over
    name = letters.vocabulary.name("sets", over)
    if expression.with_ in {"all", "any"}:
        every = expression.with_ == "all"
        members = (
            ("in every period so far" if every else "in at least one period so far")
            if over == "period"
            else f"for {'every' if every else 'at least one'} member of {name}"
        )
        return Phrase(f"{members}, {condition(expression.of, letters)}", PRODUCT)
    members = "all periods so far" if over == "period" else f"all members of {name}"
    kind = {"add": "sum", "min": "smallest", "max": "largest"}[expression.with_]
    inner = inserted(expression.of, letters, PRODUCT)
    empty = "" if expression.empty is None else f" (without members: {inserted(expression.empty, letters)})"
    return Phrase(f"the {kind}, over {members}, of {inner}{empty}")


@say.register
def _share(expression: Share, letters: Letters) -> Phrase:
    total, weight = (inserted(one, letters, PRODUCT) for one in (expression.total, expression.weight))
    rest = {
        "largest": "the largest fractions first, equals in the order of members",
        "declared": "the members in their order",
    }
    return Phrase(
        f"the member's part of {total}, shared among the members of "
        f"{letters.vocabulary.name('sets', expression.over)} in proportion to {weight} (each part rounded "
        f"down, the units left over one each to {rest[expression.ties]})"
    )


@say.register
def _rank(expression: Rank, letters: Letters) -> Phrase:
    of = inserted(expression.of, letters, PRODUCT)
    over = letters.vocabulary.name("sets", expression.over)
    return Phrase(
        f"the place among the members of {over} by {of} (1 is the {expression.best}; equals share a place)"
    )


@say.register
def _position(expression: Position, letters: Letters) -> Phrase:
    if expression.of == "period":
        return Phrase("the number of the period (the first is 1)", PLAIN)
    return Phrase(
        f"the number of the member in {letters.vocabulary.name('sets', expression.of)} (the first is 1)",
        PLAIN,
    )


@say.register
def _days(expression: Days, letters: Letters) -> Phrase:  # noqa: ARG001  # one signature for all
    days = {
        "term_start": "the start of the term",
        "term_end": "the end of the term",
        "period_start": "the end of the period before (in the first, the start of the term)",
        "period_end": "the end of the period",
    }
    count = "days, in months of 30 days," if expression.count == "30/360" else "days"
    if (expression.from_, expression.to) == ("period_start", "period_end"):
        return Phrase(f"the number of {count.rstrip(',')} of the period", PLAIN)
    first, last = (days.get(one, one) for one in (expression.from_, expression.to))
    return Phrase(f"the number of {count} from {first} to {last}", PRODUCT)


@say.register
def _previous(expression: Previous, letters: Letters) -> Phrase:
    of = inserted(expression.of, letters)
    first = inserted(expression.first, letters)
    return Phrase(f"the value one period earlier of {of} (in the first period {first})")
