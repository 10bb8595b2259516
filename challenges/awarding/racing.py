"""The first to finish: by the instant of the achievement, as final determinations find it.

The problem: whoever files the claim first is not whoever was first. Here the instant at which the target was
reached decides, and only where a determination is final; a later finding of an earlier achievement wins until
the prize settles, and after that day nothing changes any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ...finance.dates import as_utc, instant_text, parse_day
from ...finance.money import Money, money
from ...finance.units import Unit
from ..prizes import FirstToFinish
from .awards import Award
from .orders import NO_TIE_BREAK, Order, TieBreak, pay_places


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What a determination found of one entry.

    Attributes
    ----------
    application_id : str
        Whose.
    determination : str
        Code of the determination.
    value : str [unit of the target]
        What was measured.
    achieved_at : datetime
        When it was achieved, not when it was claimed; aware.
    final_at : datetime or None
        When the determination became final; ``None``: it is not.

    Examples
    --------
    >>> from datetime import UTC
    >>> Finish(application_id="a", determination="d-1", value="12", final_at=None,
    ...     achieved_at=datetime(2028, 6, 1, tzinfo=UTC)).value
    '12'
    """

    application_id: str
    determination: str
    value: str
    achieved_at: datetime
    final_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """How a first-to-finish prize stands.

    Attributes
    ----------
    awards : tuple[Award, ...]
        Of the earliest achievement so far; empty while nobody has finished.
    is_settled : bool
        Whether the day is past after which nothing changes; an award before it is provisional.
    set_aside : tuple[tuple[str, str], ...]
        Determinations that do not count, with the reason.

    Examples
    --------
    >>> Race(awards=(), is_settled=False, set_aside=()).awards
    ()
    """

    awards: tuple[Award, ...]
    is_settled: bool
    set_aside: tuple[tuple[str, str], ...]


def award_first(
    prize: FirstToFinish,
    finishes: Iterable[Finish],
    *,
    as_of: datetime,
    unit: Unit,
    time_zone: str = "UTC",
    tie: TieBreak = NO_TIE_BREAK,
    added: Money | None = None,
) -> Race:
    """Find who reached the target first.

    Parameters
    ----------
    prize : FirstToFinish
        From the brief.
    finishes : iterable of Finish
        All determinations of entries that are still in.
    as_of : datetime
        Now, from the caller's clock; aware.
    unit : Unit
        The brief's unit.
    time_zone : str
        Of the brief: in it the days of the prize end.
    tie : TieBreak
        For achievements of the same instant.
    added : Money or None
        What rolled over to this prize.

    Raises
    ------
    TieUnresolved
        When achievements of the same instant need a seed or a decision that is not there.

    Examples
    --------
    >>> from datetime import UTC
    >>> from almoner.finance.units import currency
    >>> prize = FirstToFinish.read('''{"kind": "first_to_finish", "phase": "deliver", "amount": "90.00",
    ...     "target": {"metric": "wells@1", "op": ">=", "value": "12", "unit": "well"},
    ...     "deadline": "2028-12-31", "settles_after": "2029-03-31", "verification": "Each well visited"}''')
    >>> def finish(name, month, final):
    ...     first, last = datetime(2028, month, 1, tzinfo=UTC), datetime(2029, final, 1, tzinfo=UTC)
    ...     return Finish(application_id=name, determination=f"d-{name}", value="12", achieved_at=first,
    ...         final_at=last)
    >>> rows = [finish("late", 6, 1), finish("early", 5, 3)]
    >>> [award_first(prize, rows, as_of=datetime(2029, month, 2, tzinfo=UTC), unit=currency("USD")
    ...     ).awards[0].application_id for month in (2, 4)]
    ['late', 'early']
    """
    zone, now = ZoneInfo(time_zone), as_utc(as_of)
    settles = parse_day(prize.settles_after)
    counted, aside = _counted(prize, finishes, now, zone, settles)
    order = _order_of(counted)
    amount = money(prize.amount, unit) + (added or Money(minor=0, unit=unit))
    awards = tuple(
        Award(
            application_id=row.application_id,
            amount=row.amount,
            rule="first_to_finish",
            rank=row.place,
            reason=f"{order.say(row.application_id)}; {row.path}.",
        )
        for row in pay_places([amount], order, prize.tie, tie)
    )
    return Race(awards=awards, is_settled=now.astimezone(zone).date() > settles, set_aside=aside)


def _counted(
    prize: FirstToFinish, finishes: Iterable[Finish], now: datetime, zone: ZoneInfo, settles: date
) -> tuple[list[Finish], tuple[tuple[str, str], ...]]:
    """Return the first achievement of everybody that counts, and what does not, with the reason."""
    counted: dict[str, Finish] = {}
    aside: list[tuple[str, str]] = []
    for one in sorted(finishes, key=lambda row: (as_utc(row.achieved_at), row.determination)):
        why = _why_not(one, prize, now, zone, settles)
        if why:
            aside.append((one.determination, why))
        else:
            counted.setdefault(one.application_id, one)
    return list(counted.values()), tuple(aside)


def _why_not(one: Finish, prize: FirstToFinish, now: datetime, zone: ZoneInfo, settles: date) -> str:
    """Say why a determination does not count; nothing when it does."""
    if one.final_at is None or as_utc(one.final_at) > now:
        return "not final"
    if as_utc(one.final_at).astimezone(zone).date() > settles:
        return f"final after {prize.settles_after}"
    if not prize.target.met_by(one.value):
        return f"{one.value} does not reach {prize.target}"
    if as_utc(one.achieved_at).astimezone(zone).date() > parse_day(prize.deadline):
        return f"achieved after {prize.deadline}"
    return ""


def _order_of(finishes: Iterable[Finish]) -> Order:
    by_instant: dict[datetime, list[Finish]] = {}
    for one in finishes:
        by_instant.setdefault(as_utc(one.achieved_at), []).append(one)
    instants = sorted(by_instant)
    return Order(
        groups=tuple(tuple(sorted(row.application_id for row in by_instant[at])) for at in instants),
        said={
            row.application_id: f"Reached {row.value} at {instant_text(at)}, found by {row.determination}"
            for at in instants
            for row in by_instant[at]
        },
    )
