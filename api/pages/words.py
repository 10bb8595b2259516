"""The words of the pages in the reader's language, and figures as they are written there.

The problem: amounts run through floats and sentences glued from parts are wrong in most languages. Messages
are whole sentences with named places; figures stay decimal text until they are written, with the scale they
have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

SHIPPED = ("en", "fr", "es")
SOURCE = "en"
ACCENTED = str.maketrans("aceilnorsuyACEILNORSUY", "àçéîļñôŕšûýÀÇÉÎĻÑÔŔŠÛÝ")
PSEUDO, MIRRORED = "en-XA", "ar-XB"


@dataclass(frozen=True, slots=True)
class Words:
    """A language.

    Attributes
    ----------
    tag : str
        As in the attribute ``lang``.
    locale : Locale
        By whose customs figures and days are written.
    catalog : NullTranslations
        Its messages; empty for the language they are written in.
    """

    tag: str
    locale: Locale
    catalog: NullTranslations = field(default_factory=NullTranslations)

    @property
    def direction(self) -> str:
        """Return ``ltr`` or ``rtl``."""
        return "rtl" if self.tag == MIRRORED else self.locale.text_direction

    def _(self, text: str, /, **places: object) -> str:
        """Return a message; ``%(name)s`` stands for a named place.

        Examples
        --------
        >>> words_of("en")._("%(count)s funds", count=3)
        '3 funds'
        """
        return self._filled(self._found(text), places)

    def p(self, context: str, text: str, /, **places: object) -> str:
        """Return a message that means different things in different contexts, in one of them.

        Examples
        --------
        >>> words_of("fr").p("claim", "settled"), words_of("fr").p("agreement", "closed")
        ('réglée', 'clos')
        """
        found = self.catalog.pgettext(context, text)
        return self._filled(pseudo(found) if self.tag in {PSEUDO, MIRRORED} else found, places)

    def n(self, one: str, many: str, count: int, /, **places: object) -> str:
        """Return a message that depends on a number, which stands in it as ``%(count)s``.

        Examples
        --------
        >>> words_of("en").n("%(count)s fund", "%(count)s funds", 1)
        '1 fund'
        """
        text = self.catalog.ngettext(one, many, count)
        text = pseudo(text) if self.tag in {PSEUDO, MIRRORED} else text
        return self._filled(text, {"count": self.number(str(count)), **places})

    def _found(self, text: str) -> str:
        return pseudo(text) if self.tag in {PSEUDO, MIRRORED} else self.catalog.gettext(text)

    def _filled(self, text: str, places: Mapping[str, object]) -> str:
        return text % places if places else text.replace("%%", "%")

    def number(self, text: str) -> str:
        """Write a decimal number with all its digits.

        Examples
        --------
        >>> words_of("en").number("1234.50"), words_of("es").number("12345.50")
        ('1,234.50', '12.345,50')
        """
        scale = len(text.partition(".")[2])
        pattern = "#,##0" + ("." + "0" * scale if scale else "")
        return format_decimal(Decimal(text), format=pattern, locale=self.locale)

    def amount(self, text: str, unit: str) -> str:
        """Write an amount at the scale of its text, with its unit.

        Examples
        --------
        >>> words_of("en").amount("-1234.50", "USD").split()
        ['-1,234.50', 'USD']
        """
        return f"{self.number(text)}\u00a0{unit}" if text else ""

    def share(self, text: str) -> str:
        """Write a part of one as a percentage.

        Examples
        --------
        >>> words_of("en").share("0.125")
        '12.5%'
        """
        return format_decimal(Decimal(text), format="#,##0.##%", locale=self.locale)

    def day(self, given: date | str) -> str:
        """Write a day."""
        value = date.fromisoformat(given[:10]) if isinstance(given, str) else given
        return format_date(value, format="long", locale=self.locale)

    def instant(self, given: datetime | str) -> str:
        """Write an instant, in UTC."""
        value = datetime.fromisoformat(given) if isinstance(given, str) else given
        said = format_datetime(value.astimezone(UTC), format="d MMM y, HH:mm", locale=self.locale)
        return f"{said} UTC"


def pseudo(text: str) -> str:
    """Return a message that is legible and looks like none of a catalog; places stay as they are.

    Examples
    --------
    >>> pseudo("Sign in, %(name)s")
    '[Šîgñ îñ, %(name)s]'
    """
    parts = text.split("%(")
    accented = [parts[0].translate(ACCENTED)]
    for part in parts[1:]:
        name, mark, rest = part.partition(")s")
        accented.append(f"{name}{mark}{rest.translate(ACCENTED)}")
    return f"[{'%('.join(accented)}]"


@cache
def words_of(tag: str) -> Words:
    """Return a language: one that is shipped, or one of the two made for tests.

    Parameters
    ----------
    tag : str
        ``en``, ``fr``, ``es``; ``en-XA`` accented and ``ar-XB`` from right to left.
    """
    if tag in {PSEUDO, MIRRORED}:
        return Words(tag, Locale.parse("en"))
    if tag == SOURCE:
        return Words(tag, Locale.parse("en"))
    source = files(__package__).joinpath("..", "locale", tag, "LC_MESSAGES", "almoner.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=tag))
    compiled.seek(0)
    return Words(tag, Locale.parse(tag), GNUTranslations(compiled))


def choose_language(accepted: str, offered: Sequence[str] = SHIPPED) -> str:
    """Return the language of a header ``Accept-Language`` that is offered, the first where none is.

    Examples
    --------
    >>> choose_language("de, fr-CH;q=0.9, en;q=0.8"), choose_language("")
    ('fr', 'en')
    """
    wanted = []
    for part in accepted[:400].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(wanted, key=lambda one: one[0]) if tag in offered), offered[0])
