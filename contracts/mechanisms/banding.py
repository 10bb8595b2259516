"""Schedules: steps, lines, tiers and dead bands, with every edge owned by somebody.

The problem: "10 to 20 percent pays 5, 20 to 30 pays 8" does not say what 20 pays. A ``Schedule`` cannot be
written without an owner of each edge, and a printed table is read with all its holes and overlaps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from ...finance.errors import TermError
from .fragments import Fragment, Route
from .parts import dated, due
from .phrases import Expr, days, digits_of, greatest, least, lit, param, ratio, scale, written

Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What each band gives: base + slope x (number - origin); the first and last run to infinity.

    Attributes
    ----------
    edges : tuple of (str, str)
        Where, and whether the edge belongs to the band ``below`` or ``above``.
    rows : tuple of (str, str, str)
        Base, slope and origin; one more than edges.

    Examples
    --------
    >>> schedule = Schedule(edges=(("10", "above"),), rows=(("0", "0", "0"), ("500", "20", "10")))
    >>> schedule.on({"op": "obs", "metric": "gain"}, into="USD/2")["edges"]
    [{'at': '10', 'owner': 'above'}]
    """

    edges: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]

    def on(self, of: Expr, *, into: str) -> Expr:
        """Write the value of the band in which a number falls."""
        return {
            "op": "bands",
            "of": of,
            "as": into,
            "edges": [{"at": at, "owner": owner} for at, owner in self.edges],
            "rows": [_written(*row) for row in self.rows],
        }

    def digits(self) -> int:
        """Count the decimals of the finest base."""
        return max(digits_of(base) for base, _, _ in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """A row of a printed table, with both ends and whether each belongs to it.

    Attributes
    ----------
    low, high : decimal or None
        Ends; None is open.
    low_in, high_in : bool
        Whether the end belongs to the row.
    pays : decimal
        What it gives.

    Examples
    --------
    >>> BandRow(low="10", high="20", low_in=True, high_in=False, pays="500").pays
    '500'
    """

    low: str | None
    high: str | None
    low_in: bool
    high_in: bool
    pays: str


def _written(base: str, slope: str, origin: str) -> Mapping[str, str]:
    return {"base": base} if slope == "0" else {"base": base, "slope": slope, "origin": origin}


def steps(*, below: str, rows: Sequence[tuple[str, str]], owner: str) -> Schedule:
    """Make a table of fixed values: ``below`` the first edge, then a value from each edge on.

    Parameters
    ----------
    rows : sequence of (str, str)
        Edge, and the value above it.
    owner : str
        Whether edges belong to the band ``above`` (the edge has the higher value) or ``below``.

    Examples
    --------
    >>> steps(below="0", rows=[("8.5", "4800000")], owner="above").rows
    (('0', '0', '0'), ('4800000', '0', '0'))
    """
    values = [below, *(value for _, value in rows)]
    return Schedule(
        edges=tuple((at, owner) for at, _ in rows), rows=tuple((value, "0", "0") for value in values)
    )


def line(*, base: str, slope: str, origin: str = "0") -> Schedule:
    """Make a straight line: base + slope x (number - origin).

    Examples
    --------
    >>> line(base="3", slope="0.9", origin="55").edges
    ()
    """
    return Schedule(edges=(), rows=((base, slope, origin),))


def tiers(prices: Sequence[tuple[str, str]], *, last: str) -> Schedule:
    """Make marginal prices: each holds up to a volume, ``last`` beyond; bases are accumulated exactly.

    Parameters
    ----------
    prices : sequence of (str, str)
        Volume up to which a price holds, and the price of a unit.

    Raises
    ------
    TermError
        When volumes do not rise.

    Examples
    --------
    >>> tiers([("100", "5.00"), ("200", "4.00")], last="3.00").rows
    (('0', '5.00', '0'), ('500', '4.00', '100'), ('900', '3.00', '200'))
    """
    rows: list[Row] = []
    base, start = Decimal(0), Decimal(0)
    for up_to, price in prices:
        if Decimal(up_to) <= start:
            raise TermError(f"Volume {up_to} does not lie above {written(start)}; tiers must rise.")
        rows.append((written(base), price, written(start)))
        base, start = base + (Decimal(up_to) - start) * Decimal(price), Decimal(up_to)
    rows.append((written(base), last, written(start)))
    return Schedule(edges=tuple((up_to, "below") for up_to, _ in prices), rows=tuple(rows))


def bands_from_table(rows: Sequence[BandRow], *, below: str = "", above: str = "") -> Schedule:
    """Read a printed table; every hole and overlap is reported, and none is closed by a guess.

    Parameters
    ----------
    rows : sequence of BandRow
        In rising order.
    below, above : decimal
        What stands outside the table, where it is not open at that end.

    Raises
    ------
    TermError
        Listing every hole, overlap and empty row; ``figures['findings']`` holds them.

    Examples
    --------
    >>> low = BandRow(low=None, high="20", low_in=False, high_in=True, pays="0")
    >>> high = BandRow(low="20", high=None, low_in=True, high_in=False, pays="500")
    >>> bands_from_table([low, high])
    Traceback (most recent call last):
    ...
    almoner.finance.errors.TermError: The table has 1 fault: rows 1 and 2 both hold 20.
    """
    faults = _ends(rows, below, above)
    for number, (one, two) in enumerate(pairwise(rows), start=1):
        faults += _between(number, one, two)
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
        raise TermError(f"The table has {count}: {'; '.join(faults)}.", findings=faults)
    outer = [(one.low, one.low_in, one.pays) for one in rows]
    edges = [(str(at), "above" if held else "below") for at, held, _ in outer if at is not None]
    values = ([] if rows[0].low is None else [below]) + [pays for _, _, pays in outer]
    if (end := rows[-1]).high is not None:
        edges.append((end.high, "below" if end.high_in else "above"))
        values.append(above)
    return Schedule(edges=tuple(edges), rows=tuple((value, "0", "0") for value in values))


def _ends(rows: Sequence[BandRow], below: str, above: str) -> list[str]:
    if not rows:
        return ["it has no rows"]
    faults = []
    if rows[0].low is not None and not below:
        faults.append(f"nothing is said below {rows[0].low}")
    if rows[-1].high is not None and not above:
        faults.append(f"nothing is said above {rows[-1].high}")
    for number, one in enumerate(rows, start=1):
        if _is_empty(one):
            faults.append(f"row {number} from {one.low} to {one.high} is no band")
    return faults


def _is_empty(one: BandRow) -> bool:
    """Tell whether a row holds no number; a row of one number holds both its ends."""
    if one.low is None or one.high is None:
        return False
    low, high = Decimal(one.low), Decimal(one.high)
    return low > high or (low == high and not (one.low_in and one.high_in))


def _between(number: int, one: BandRow, two: BandRow) -> list[str]:
    pair = f"rows {number} and {number + 1}"
    if one.high is None or two.low is None:
        return [f"{pair} overlap without end"]
    if Decimal(one.high) < Decimal(two.low):
        return [f"{pair} leave a hole from {one.high} to {two.low}"]
    if Decimal(one.high) > Decimal(two.low):
        return [f"{pair} overlap from {two.low} to {one.high}"]
    if one.high_in == two.low_in:
        return [f"{pair} {'both hold' if one.high_in else 'both leave out'} {one.high}"]
    return []


def bands(*, name: str, of: Expr, schedule: Schedule, route: Route) -> Fragment:
    """Pay an amount by the band in which a number falls.

    Composition: ``bands(of)`` in money.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="city", payee="lender", money="USD/2", basis="once")
    >>> table = steps(below="0", rows=[("8.5", "4800000"), ("10", "9600000")], owner="above")
    >>> print(in_short(bands(name="success", of=obs("fall"), schedule=table, route=route)))
    pay success: city -> lender once = bands(fall: 0 | >= 8.5: 4800000 | >= 10: 9600000)
    """
    return due(name, schedule.on(of, into=route.money), route)


def band_rate(
    *, name: str, of: Expr, schedule: Schedule, notional: Expr, per: str = "1", route: Route
) -> Fragment:
    """Pay a rate by band on a notional: so much per ``per`` units of money.

    Composition: ``scale(notional, bands(of), over per)``.

    Parameters
    ----------
    per : decimal
        ``100`` for percent, ``1000`` for a price per thousand of notes.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="bank", payee="holders", money="USD/2", basis="once")
    >>> table = steps(below="0", rows=[("0", "36.69"), ("2", "73.38")], owner="below")
    >>> notes = lit("150000000", "USD/2")
    >>> print(in_short(band_rate(name="growth", of=obs("growth"), schedule=table, notional=notes, per="1000",
    ...                          route=route)))
    pay growth: bank -> holders once = round(150000000 * bands(growth: 0 | > 0: 36.69 | > 2: 73.38) / 1000)
    """
    each = schedule.on(of, into=f"ratio/{schedule.digits()}")
    return due(name, scale(notional, each, over=[ratio(per)], into=route.money), route)


def interest(*, notional: Expr, percent: Expr, money: str, count: str = "", year_days: str = "365") -> Expr:
    """Write interest: notional x percent, for a whole period or by days over a year.

    Composition: ``scale(notional, percent, days, over 100, year)``.

    Parameters
    ----------
    count : str
        Empty: the rate is of a period. ``actual`` or ``30/360``: days of the period count.
    year_days : decimal
        Days of a year; 360 under ``30/360``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> in_short(interest(notional=lit("7000000", "AUD/2"), percent=obs("coupon"), money="AUD/2"))
    'round(7000000 * coupon / 100)'
    """
    hundred = lit("100", "percent/0")
    if not count:
        return scale(notional, percent, over=[hundred], into=money)
    year = lit("360" if count == "30/360" else year_days, "day/0")
    return scale(notional, percent, days(count=count), over=[hundred, year], into=money)


def coupon_by_band(
    *,
    name: str,
    of: Expr,
    schedule: Schedule,
    notional: Expr,
    route: Route,
    count: str = "",
    year_days: str = "365",
) -> Fragment:
    """Pay a coupon whose rate, in percent, depends on a result.

    Composition: the figure ``NAME.percent`` = ``bands(of)`` and the interest on it (see ``interest``).

    Parameters
    ----------
    year_days : decimal
        Days of a year.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="issuer", payee="holders", money="AUD/2", basis="period")
    >>> table = steps(below="0", rows=[("5", "5"), ("15", "6")], owner="above")
    >>> print(in_short(coupon_by_band(name="p", of=obs("better"), schedule=table,
    ...                               notional=lit("7500000", "AUD/2"), route=route)))
    figure p.percent = bands(better: 0 | >= 5: 5 | >= 15: 6)
    pay p: issuer -> holders period = round(7500000 * p.percent / 100)
    """
    percent = schedule.on(of, into=f"percent/{schedule.digits()}")
    owed = interest(
        notional=notional,
        percent={"op": "figure", "name": f"{name}.percent"},
        money=route.money,
        count=count,
        year_days=year_days,
    )
    return due(f"{name}.percent", percent, None) + due(name, owed, route)


def kinked_linear(  # a line, its two ends and where it goes
    *,
    name: str,
    of: Expr,
    schedule: Schedule,
    into: str,
    floor: Expr | None = None,
    cap: Expr | None = None,
    route: Route | None = None,
) -> Fragment:
    """Follow a line, never below a floor, never above a cap.

    Composition: ``max(floor, min(cap, bands(of)))``; a clause, or without ``route`` a figure.

    Parameters
    ----------
    into : str
        Type of the value, of ``floor`` and of ``cap``.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> coupon = line(base="3", slope="0.9", origin="55")
    >>> print(in_short(kinked_linear(name="coupon", of=obs("restored"), schedule=coupon, into="percent/2",
    ...                              floor=param("coupon.floor"), cap=lit("15", "percent/2"))))
    figure coupon = max(coupon.floor, min(bands(restored: 3 + 0.9 * (x - 55)), 15))
    """
    value = schedule.on(of, into=into)
    value = least(value, cap) if cap else value
    return due(name, greatest(floor, value) if floor else value, route)


def dated_floor(
    *, name: str, of: Expr, floors: Mapping[str, str], unit: str, route: Route | None = None
) -> Fragment:
    """Keep a value above a floor that changes on dates.

    Composition: a dated parameter ``NAME.floor``, read at the end of the period, and ``max(of, floor)``.

    Parameters
    ----------
    floors : mapping
        Day from which a floor holds, and the floor.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> floors = {"2013-07-01": "5", "2016-07-01": "0"}
    >>> print(in_short(dated_floor(name="coupon", of=obs("earned"), floors=floors, unit="percent/2")))
    param coupon.floor: 5 from 2013-07-01, 0 from 2016-07-01
    figure coupon = max(earned, coupon.floor)
    """
    floor = f"{name}.floor"
    return dated(floor, floors, unit) + due(name, greatest(of, param(floor)), route)


def dead_zone(
    *, lower: tuple[str, str], upper: tuple[str, str], malus: tuple[str, str], bonus: tuple[str, str]
) -> Schedule:
    """Make a band around a target in which nothing is due, a loss below it and a gain above it.

    Parameters
    ----------
    lower, upper : (str, str)
        Edge, and its owner: ``below`` or ``above``.
    malus, bonus : (str, str)
        Amount at the edge (the malus negative), and amount for each unit beyond it.

    Examples
    --------
    >>> dead_zone(lower=("18.6", "above"), upper=("41.3", "below"), malus=("-10", "2"), bonus=("10",
    ...     "0")).rows
    (('-10', '2', '18.6'), ('0', '0', '0'), ('10', '0', '41.3'))
    """
    rows: tuple[Row, ...] = ((*malus, lower[0]), ("0", "0", "0"), (*bonus, upper[0]))
    return Schedule(edges=(lower, upper), rows=rows)


def dead_band(*, name: str, of: Expr, zone: Schedule, route: Route) -> Fragment:
    """Pay a bonus above a target band, take a malus below it, and nothing inside.

    Composition: ``bands(of)`` with a zero row in the middle, in a two-way clause; every party that has a
    schedule of its own gets a dead band of its own.

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="utility", payee="investor", money="USD/2", basis="once", two_way=True)
    >>> zone = dead_zone(lower=("18.6", "above"), upper=("41.3", "below"),
    ...                  malus=("-3300000", "0"), bonus=("3300000", "0"))
    >>> print(in_short(dead_band(name="contingent", of=obs("runoff"), zone=zone, route=route)))
    pay contingent: utility -> investor once two-way = bands(runoff: -3300000 | >= 18.6: 0 | > 41.3: 3300000)
    """
    return due(name, zone.on(of, into=route.money), route)


def volume_tiers(
    *, name: str, of: Expr, prices: Sequence[tuple[str, str]], last: str, route: Route
) -> Fragment:
    """Pay marginal prices by volume: each price for the units inside its tier.

    Composition: ``bands(of)`` whose bases add up the tiers before (see ``tiers``).

    Examples
    --------
    >>> from almoner.contracts.mechanisms import in_short, obs
    >>> route = Route(payer="fund", payee="maker", money="USD/2", basis="cumulative")
    >>> print(in_short(volume_tiers(name="doses", of=obs("doses"), prices=[("100", "5")], last="4",
    ...     route=route)))
    pay doses: fund -> maker cumulative = bands(doses: 0 + 5 * (x - 0) | > 100: 500 + 4 * (x - 100))
    """
    return due(name, tiers(prices, last=last).on(of, into=route.money), route)
