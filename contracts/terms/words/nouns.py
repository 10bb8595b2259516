"""How a term sheet writes numbers, units, names and lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ....finance.money import Rounding, grouped
from ..document import TermDocument
from ..types import Quantity, parse_type

ROUNDINGS: Final[Mapping[Rounding, str]] = {
    "half_even": "to the nearest, a half to the even digit",
    "half_away": "to the nearest, a half away from zero",
    "floor": "down",
    "ceil": "up",
    "toward_zero": "toward zero",
}
_IRREGULAR: Final = {"person": "people", "child": "children", "percent": "percent", "ratio": ""}
_SHORTEST_WORD: Final = 4
_WORDS: Final = ("day", "job", "bed", "pod", "net", "ton", "hub", "kit")
LONGEST_NAME: Final = 56


def plural(unit: str) -> str:
    """Write a unit as a plural; codes and short symbols stay.

    Examples
    --------
    >>> plural("night"), plural("child_year"), plural("USD"), plural("kg"), plural("ratio")
    ('nights', 'child years', 'USD', 'kg', '')
    """
    if unit in _IRREGULAR:
        return _IRREGULAR[unit]
    unit = unit.replace("_", " ")
    is_word = (
        unit.replace(" ", "").isalpha() and unit.islower() and (len(unit) >= _SHORTEST_WORD or unit in _WORDS)
    )
    if not is_word or unit.endswith("s"):
        return unit
    return f"{unit[:-1]}ies" if unit.endswith("y") and unit[-2] not in "aeou" else f"{unit}s"


def singular(unit: str) -> str:
    """Write a unit as one of it.

    Examples
    --------
    >>> singular("child_year"), singular("ratio"), singular("percent")
    ('child year', 'unit', 'percentage point')
    """
    return {"ratio": "unit", "percent": "percentage point"}.get(unit, unit.replace("_", " "))


def number_words(number: str, kind: str) -> str:
    """Write a number with its unit.

    Parameters
    ----------
    number : str
        Decimal text.
    kind : str
        Its type.

    Examples
    --------
    >>> number_words("15.12", "USD/2 per night/0"), number_words("1200", "day/0")
    ('15.12 USD per night', '1,200 days')
    """
    quantity = parse_type(kind)
    return grouped(number) if quantity is None else counted_words(number, quantity)


def counted_words(number: str, quantity: Quantity) -> str:
    """Write a number with the unit of a type.

    Examples
    --------
    >>> counted_words("1", Quantity("day", 0)), counted_words("15.12", Quantity("USD", 2, "night"))
    ('1 day', '15.12 USD per night')
    """
    is_one = number.strip("-") == "1" and quantity.unit != "ratio"
    unit = quantity.unit.replace("_", " ") if is_one else plural(quantity.unit)
    words = f"{grouped(number)} {unit}".rstrip()
    return f"{words} per {singular(quantity.per)}" if quantity.per else words


def unit_words(quantity: Quantity) -> str:
    """Write a unit as the heading of a column.

    Examples
    --------
    >>> unit_words(Quantity("USD", 2, "night")), unit_words(Quantity("ratio", 4))
    ('USD per night', 'number')
    """
    unit = plural(quantity.unit) or "number"
    return f"{unit} per {singular(quantity.per)}" if quantity.per else unit


def is_money(quantity: Quantity | None) -> bool:
    """Tell whether a type counts a currency: its unit is written in capital letters, and it is no price.

    Examples
    --------
    >>> is_money(Quantity("USD", 2)), is_money(Quantity("day", 0))
    (True, False)
    """
    return quantity is not None and quantity.unit[:3].isupper() and not quantity.per


def listed(items: Sequence[str], last: str = "and") -> str:
    """Join items as a sentence does.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed(["a"])
    ('a, b and c', 'a or b', 'a')
    """
    return f" {last} ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop.

    Examples
    --------
    >>> sentence("the sum of both")
    'The sum of both.'
    """
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a term sheet calls the parts of one document.

    Attributes
    ----------
    document : TermDocument
        What is written about.
    titles : dict
        Kind and id to the name in quotation marks.
    numbers : dict
        Clause or limit to its number in the sheet, as ``clause:nights``.
    periods : tuple of str
        Ids of the periods.
    """

    document: TermDocument
    titles: Mapping[tuple[str, str], str]
    numbers: Mapping[str, str]
    periods: tuple[str, ...]

    def name(self, kind: str, code: str) -> str:
        """Return the name in quotation marks; an unknown code is quoted as it stands."""
        return self.titles.get((kind, code), f'"{code}"')

    def party(self, code: str) -> str:
        """Return the name of a party."""
        party = self.document.parties.get(code)
        return party.name or code if party else code

    def clause(self, code: str) -> str:
        """Return the number and id of a clause; only the id outside a sheet."""
        number = self.numbers.get(f"clause:{code}")
        return f"{number} ({code})" if number else code

    @property
    def has_periods(self) -> bool:
        """Whether there is more than one period."""
        return len(self.periods) > 1


def vocabulary(document: TermDocument, numbers: Mapping[str, str], periods: tuple[str, ...]) -> Vocabulary:
    """Name the parts of a document: by title, or by id where it is long; shared titles carry the id.

    Examples
    --------
    >>> from almoner.contracts.terms.document import EXAMPLE
    >>> vocabulary(TermDocument.read(EXAMPLE), {}, ("term",)).name("metrics", "nights")
    '"Nights spent indoors"'
    """
    named: dict[tuple[str, str], str] = {}
    for kind in ("sets", "metrics", "params", "figures", "accounts", "splits"):
        for code, part in getattr(document, kind).items():
            named[kind, code] = part.title if 0 < len(part.title) <= LONGEST_NAME else code
    shared = [title for title in named.values() if list(named.values()).count(title) > 1]
    titles = {
        (kind, code): f'"{title} ({code})"' if title in shared and title != code else f'"{title}"'
        for (kind, code), title in named.items()
    }
    return Vocabulary(document, titles, numbers, periods)
