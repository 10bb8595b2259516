"""Products, quotients and bands in words: a price for each unit, a percentage of, a table of bands."""

from fractions import Fraction

from ..expressions import Bands, Expression, Lit, Scaling
from ..types import RATIO, Quantity, parse_type
from .nouns import ROUNDINGS, counted_words, is_money, singular
from .phrases import OPEN, PRODUCT, Letters, Phrase, inserted, say
from .reading import quantity_of
from .sheet import WordTable

HUNDRED = 100


def in_words(expression: object, letters: Letters) -> Phrase:
    """Return any expression of a document in words.

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
    >>> in_words(document.clauses[0].amount, Letters(vocabulary(document, {}, ("term",)))).text
    '15.12 USD for each night of "Nights spent indoors"'
    """
    return say(expression, letters)


@say.register
def say_product(expression: Scaling, letters: Letters) -> Phrase:
    """Return a scale in words, with its rounding where it has its own or counts no money.

    Parameters
    ----------
    expression : Scaling
        Of the document.
    letters : Letters
        Of the clause; parts that are too long are added.
    """
    said = (
        _percentage(expression, letters)
        or _price(expression, letters)
        or _as_percentage(expression, letters)
        or _plain(expression, letters)
    )
    tail = _rounding(expression)
    if expression.if_zero is not None:
        tail += f"; where the divisor is zero, {inserted(expression.if_zero, letters)}"
    return Phrase(said.text + tail, OPEN) if tail else said


def _rounding(expression: Scaling) -> str:
    to = parse_type(expression.as_)
    if to is None or (is_money(to) and expression.round is None):
        return ""
    way = f" {ROUNDINGS[expression.round]}" if expression.round else ""
    return f", rounded{way} to {to.digits} decimals" if to.digits else f", rounded{way} to a whole number"


def _is_hundred(expression: Expression) -> bool:
    return (
        isinstance(expression, Lit)
        and expression.type.startswith("percent/")
        and Fraction(expression.value) == HUNDRED
    )


def _percentage(expression: Scaling, letters: Letters) -> Phrase | None:
    factors = (expression.of, *expression.by)
    if len(factors) != 2 or len(expression.over) != 1 or not _is_hundred(expression.over[0]):  # noqa: PLR2004  # a pair
        return None
    units = [quantity_of(letters.vocabulary.document, one) for one in factors]
    shares = [place for place, unit in enumerate(units) if unit and unit.unit == "percent" and not unit.per]
    if not shares:
        return None
    place = next((one for one in shares if isinstance(factors[one], Lit)), shares[-1])
    share, rest = factors[place], inserted(factors[1 - place], letters, PRODUCT)
    words = inserted(share, letters)
    return Phrase(
        f"{words} of {rest}" if isinstance(share, Lit) else f"the percentage {words} of {rest}", PRODUCT
    )


def _price(expression: Scaling, letters: Letters) -> Phrase | None:
    factors = (expression.of, *expression.by)
    if len(factors) != 2 or expression.over:  # noqa: PLR2004  # a pair
        return None
    document = letters.vocabulary.document
    for price, quantity in (factors, factors[::-1]):
        unit, counted = quantity_of(document, price), quantity_of(document, quantity)
        if unit and counted and unit.per and unit.per == counted.unit and not counted.per:
            amount = inserted(price, letters).removesuffix(f" per {singular(unit.per)}")
            return Phrase(
                f"{amount} for each {singular(unit.per)} of {inserted(quantity, letters, PRODUCT)}", PRODUCT
            )
    return None


def _as_percentage(expression: Scaling, letters: Letters) -> Phrase | None:
    if len(expression.over) != 1 or len(expression.by) != 1 or not expression.as_.startswith("percent/"):
        return None
    if not _is_hundred(expression.by[0]):
        return None
    part, whole = inserted(expression.of, letters, PRODUCT), inserted(expression.over[0], letters)
    return Phrase(f"{part} as a percentage of {whole}", PRODUCT)


def _plain(expression: Scaling, letters: Letters) -> Phrase:
    factors = (expression.of, *expression.by)
    if len(factors) == 1 and not expression.over:
        return _alone(expression.of, letters)
    document = letters.vocabulary.document
    ratios = [
        one
        for one in factors
        if isinstance(one, Lit)
        and (unit := quantity_of(document, one))
        and unit.unit == RATIO
        and not unit.per
    ]
    ordered = [*ratios, *(one for one in factors if one not in ratios)]
    words = [inserted(one, letters) for one in ordered[:-1]]
    words.append(inserted(ordered[-1], letters, PRODUCT if not expression.over else 0))
    text = " times ".join(words)
    if expression.over:
        text += f"{',' * (len(factors) > 1)} divided by " + " and by ".join(
            inserted(one, letters) for one in expression.over
        )
    return Phrase(text, PRODUCT)


def _alone(expression: Expression, letters: Letters) -> Phrase:
    """Say what is only written in other digits; bands need a letter for their table."""
    if isinstance(expression, Bands):
        return Phrase(letters.noun(expression), OPEN)
    return say(expression, letters)


def band_table(bands: Bands, letters: Letters) -> WordTable:
    """Return bands as a table in which both ends of every band say whether they belong to it.

    Parameters
    ----------
    bands : Bands
        Of the document.
    letters : Letters
        Of the clause.
    """
    of = quantity_of(letters.vocabulary.document, bands.of)
    to = parse_type(bands.as_)
    rows = []
    for place in range(len(bands.rows)):
        low = bands.edges[place - 1] if place else None
        high = bands.edges[place] if place < len(bands.edges) else None
        start = "no lower end" if low is None else f"{_counted(low.at, of)}, {_belongs(low.owner == 'above')}"
        end = (
            "no upper end" if high is None else f"{_counted(high.at, of)}, {_belongs(high.owner == 'below')}"
        )
        is_below = high is not None and Fraction(high.at) <= Fraction(bands.rows[place].origin)
        rows.append((start, end, _row(bands, place, of, to, is_below=is_below)))
    return WordTable(columns=("from", "to", "value"), rows=tuple(rows))


def _belongs(inside: bool) -> str:  # noqa: FBT001  # a word for a truth
    return "including" if inside else "excluding"


def _counted(number: str, kind: Quantity | None) -> str:
    return counted_words(number, kind) if kind else number


def _row(bands: Bands, place: int, of: Quantity | None, to: Quantity | None, *, is_below: bool) -> str:
    row = bands.rows[place]
    base, slope = Fraction(row.base), Fraction(row.slope)
    if not slope:
        return _counted(row.base, to)
    unit = singular(of.unit) if of else "unit"
    turned = is_below and bool(Fraction(row.origin))
    sign = (slope > 0) != turned
    rate = _counted(row.slope.lstrip("-"), to)
    side = f" {'below' if turned else 'above'} {_counted(row.origin, of)}" if Fraction(row.origin) else ""
    each = f"{rate} for each {unit}{side}"
    if not base:
        return each if sign else f"minus {each}"
    return f"{_counted(row.base, to)} {'plus' if sign else 'less'} {each}"
