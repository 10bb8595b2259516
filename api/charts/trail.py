"""Trail: whose money one payment was, and who received it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .chart import Chart
from .drawing import ACCENT, INK, MUTED, PAPER, Drawing, percent
from .figures import bounded, grouped, number, plain

_ROW: Final = 42
_INDENT: Final = 28
_WIDEST: Final = Fraction(88, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """One giver's part of a payment.

    Attributes
    ----------
    label : str
        Who.
    amount : str or int
        Decimal text, not negative.

    Examples
    --------
    >>> Giver(label="North Harbour Foundation", amount="200.00").amount
    '200.00'
    """

    label: str
    amount: str | int

    def __post_init__(self) -> None:
        if number(self.amount) < 0:
            raise ValueError(f"{self.label!r} gives a negative amount: {self.amount}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailWords:
    """The words of a trail in the reader's language.

    Attributes
    ----------
    stage, who, amount : str
        Headings of the columns.
    source, payment, target : str
        Stages.
    paid_to : str
        Beside the last mark.
    untraced : str
        Stands for whose money is not known.

    Examples
    --------
    >>> TrailWords().untraced
    'not traced'
    """

    stage: str = "Stage"
    who: str = "Who or what"
    amount: str = "Amount, %(unit)s"
    source: str = "from"
    payment: str = "payment"
    target: str = "to"
    paid_to: str = "to %(payee)s"
    untraced: str = "not traced"


def draw_trail(
    title: str,
    caption: str,
    unit: str,
    givers: Iterable[Giver],
    payment: Giver,
    payee: str | None = None,
    words: TrailWords | None = None,
) -> Chart:
    """Draw a payment with the givers above it and the payee below.

    Parameters
    ----------
    title, caption : str
        What it shows, and how to read it.
    unit : str
        Of every amount.
    givers : iterable of Giver
        Whose money it was; what is missing to the payment is drawn as not traced.
    payment : Giver
        What was paid for, and how much.
    payee : str or None
        Who received it, where that is known.
    words : TrailWords or None
        Headings and the like; English when None.

    Returns
    -------
    Chart
        Columns: stage, who or what, amount.

    Raises
    ------
    ValueError
        When the givers gave more than was paid.

    Examples
    --------
    >>> paid = Giver(label="first tranche", amount="5.00")
    >>> for row in draw_trail("Trail", "One", "USD", [Giver(label="A", amount="5.00")], paid, "hub").rows:
    ...     print(row)
    ('from', 'A', '5.00')
    ('payment', 'first tranche', '5.00')
    ('to', 'hub', '5.00')
    """
    given, said = bounded(givers), words or TrailWords()
    total, traced = number(payment.amount), len(given)
    given = (*given, *_untraced(given, payment, said.untraced))
    paid = grouped(payment.amount)
    rows = [(said.source, one.label, grouped(one.amount)) for one in given]
    rows.append((said.payment, payment.label, paid))
    if payee is not None:
        rows.append((said.target, payee, paid))
    paper = Drawing(title, caption, (said.stage, said.who, said.amount % {"unit": unit}), rows)
    end = _ROW * len(given)
    last = end + 22 if payee is None else end + 56
    paper.line((10, 12), (10, last - 12), stroke=ACCENT, thickness=2)
    for place, one in enumerate(given):
        y, is_known = _ROW * place, place < traced
        paper.dot(10, y + 10, 6, fill=PAPER, stroke=ACCENT)
        paper.pair(y + 14, one.label, grouped(one.amount), x=_INDENT)
        part = percent(_WIDEST * number(one.amount) / (total or Fraction(1)))
        paper.bar(_INDENT, y + 21, part, 8, "solid" if is_known else "none", stroke="" if is_known else MUTED)
    paper.dot(10, end + 10, 8, fill=ACCENT)
    paper.pair(end + 14, payment.label, f"{paid} {unit}", is_bold=True, x=_INDENT)
    if payee is not None:
        paper.dot(10, end + 44, 8, fill=INK)
        paper.pair(end + 48, said.paid_to % {"payee": payee}, paid, x=_INDENT)
    return paper.finish(last + 4)


def _untraced(given: Sequence[Giver], payment: Giver, label: str) -> tuple[Giver, ...]:
    """Return what is missing between the givers and the payment, as a giver of its own."""
    total, known = number(payment.amount), sum((number(one.amount) for one in given), start=Fraction(0))
    if known > total:
        raise ValueError(
            f"the givers of {payment.label!r} gave more than the {payment.amount} that were paid"
        )
    if known == total:
        return ()
    return (Giver(label=label, amount=plain(total - known, payment.amount, *(one.amount for one in given))),)
