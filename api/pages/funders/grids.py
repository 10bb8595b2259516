"""The charts of a fund's money: which may go where, how long promises have waited, what ends when."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from babel.dates import format_skeleton

from ...charts import (
    AgeBand,
    AgeingWords,
    CalendarMonth,
    CalendarWords,
    Chart,
    EarmarkRow,
    GridWords,
    draw_ageing,
    draw_calendar,
    draw_earmark_grid,
)
from ...wire.earmarks import EarmarkLine
from ...wire.funds import FundReply
from ...wire.in_kind import GiftReply
from ...wire.pledges import PledgePart
from ..words import Words

AGES = (30, 90, 180, 365)
MONTHS = 12
DECEMBER = 12


def uses_of(earmarks: Iterable[EarmarkLine]) -> list[tuple[str, str]]:
    """Return every use that an earmark names, as column and value.

    Examples
    --------
    >>> north = EarmarkLine(code="n", title="N", admits={"region": ("north",)}, valid_until=None, wider="")
    >>> uses_of([north, north])
    [('region', 'north')]
    """
    return list(
        dict.fromkeys(
            (column, value) for one in earmarks for column, row in one.admits.items() for value in row
        )
    )


def admitted(earmark: EarmarkLine | None, column: str, value: str) -> bool:
    """Tell whether money under an earmark may go to a use; a column it does not name admits every value."""
    if earmark is None or column not in earmark.admits:
        return True
    return value in earmark.admits[column]


def grid(words: Words, fund: FundReply, earmarks: Sequence[EarmarkLine]) -> Chart:
    """Draw which of a fund's money may go where."""
    known = {one.code: one for one in earmarks}
    held = [known[row.earmark] for row in fund.earmarks if row.earmark in known]
    uses = uses_of(held)
    rows = []
    for row in fund.earmarks:
        earmark = known.get(row.earmark)
        until = earmark.valid_until if earmark else None
        other = earmark is None or not earmark.admits
        rows.append(
            EarmarkRow(
                label=earmark.title if earmark else row.earmark,
                free=row.free,
                until=words.day(until) if until else "",
                admits=(*(admitted(earmark, column, value) for column, value in uses), other),
            )
        )
    return draw_earmark_grid(
        words._("Which money may go where"),
        words._(
            "Each row is the money under one earmark and what of it is free, in %(unit)s. A filled field "
            "says that it may be used so.",
            unit=fund.unit,
        ),
        GridWords(
            money=words._("Money under"),
            free=words._("Free, %(unit)s", unit=fund.unit),
            until=words._("Last day of use"),
            may=words._("may go there"),
            may_not=words._("may not go there"),
        ),
        [*(f"{column}: {value}" for column, value in uses), words._("anything else")],
        rows,
    )


def ageing(words: Words, unit: str, parts: Iterable[PledgePart], today: date) -> Chart:
    """Draw promises in one currency by how long they have waited."""
    mine = [part for part in parts if part.unit == unit]
    none = Decimal(mine[0].amount) * 0 if mine else Decimal(0)
    sums = [[none, none] for _ in range(len(AGES) + 1)]
    for part in mine:
        age = (today - part.since).days
        place = next((at for at, most in enumerate(AGES) if age <= most), len(AGES))
        sums[place][0 if part.signed else 1] += Decimal(part.amount)
    labels = [
        words.n("up to %(count)s day", "up to %(count)s days", AGES[0]),
        *(
            words._("%(low)s to %(high)s days", low=words.number(str(low + 1)), high=words.number(str(high)))
            for low, high in pairwise(AGES)
        ),
        words._("more than a year"),
    ]
    return draw_ageing(
        words._("How long promises have waited, in %(unit)s", unit=unit),
        words._(
            "What givers promised and have not paid in, by its age. What came in took the oldest promise."
        ),
        AgeingWords(
            age=words._("Age"),
            signed=words._("Signed"),
            pledged=words._("Promised, not signed"),
            total=words._("Together"),
        ),
        unit,
        [
            AgeBand(label=label, signed=str(signed), pledged=str(pledged))
            for label, (signed, pledged) in zip(labels, sums, strict=True)
        ],
    )


def calendar(
    words: Words, fund: FundReply, earmarks: Sequence[EarmarkLine], gifts: Iterable[GiftReply], today: date
) -> Chart:
    """Draw in which month money and gifts have to be used."""
    months = _months(today)
    cash: dict[tuple[int, int], Decimal] = {}
    ends = {one.code: one.valid_until for one in earmarks}
    for row in fund.earmarks:
        _add(cash, ends.get(row.earmark), row.balance, today)
    in_kind: dict[tuple[int, int], Decimal] = {}
    for gift in gifts:
        if gift.value is not None:
            _add(in_kind, gift.available_until, gift.value.amount, today)
    return draw_calendar(
        words._("Use it by: the next twelve months"),
        words._(
            "What has its last day of use in each month, in %(unit)s. Gifts in kind stand at their value, "
            "which is never cash.",
            unit=fund.unit,
        ),
        CalendarWords(
            month=words._("Month"),
            cash=words._("Money to be used"),
            in_kind=words._("Gifts in kind to be used"),
        ),
        fund.unit,
        [
            CalendarMonth(
                label=format_skeleton("yMMM", date(*month, 1), locale=words.locale),
                cash=str(cash.get(month, Decimal(0))),
                in_kind=str(in_kind.get(month, Decimal(0))),
            )
            for month in months
        ],
    )


def _months(today: date) -> list[tuple[int, int]]:
    first = today.year * DECEMBER + today.month - 1
    return [((first + at) // DECEMBER, (first + at) % DECEMBER + 1) for at in range(MONTHS)]


def _add(sums: dict[tuple[int, int], Decimal], end: date | None, amount: str, today: date) -> None:
    """Add what still has its last day before it."""
    if end is not None and end >= today:
        month = (end.year, end.month)
        sums[month] = sums.get(month, Decimal(0)) + Decimal(amount)
