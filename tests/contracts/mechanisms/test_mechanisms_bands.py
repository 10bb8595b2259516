"""Schedules: every edge from both sides; figures of Rikers, Newpin, Denver, DC Water and the rhino bond."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from almoner.contracts.mechanisms import (
    BandRow,
    Route,
    Schedule,
    band_rate,
    bands,
    bands_from_table,
    coupon_by_band,
    dated,
    dated_floor,
    dead_band,
    dead_zone,
    figure,
    interest,
    kinked_linear,
    line,
    lit,
    metric,
    obs,
    param,
    pay,
    steps,
    tiers,
    volume_tiers,
)
from almoner.finance.errors import TermError

Make = Callable[..., Any]
ROUTE = Route(payer="city", payee="fund", money="USD/2", basis="once")
RIKERS = [
    ("8.5", "4800000"),
    ("10", "9600000"),
    ("11", "10080000"),
    ("12", "10176000"),
    ("12.5", "10272000"),
    ("13", "10368000"),
    ("16", "10944000"),
    ("20", "11712000"),
]
FALL = metric("fall", unit="percent/2", least="-100", most="100")


@pytest.mark.parametrize(
    ("fall", "paid"),
    [
        ("-100", "0.00"),
        ("0", "0.00"),
        ("8.49", "0.00"),
        ("8.5", "4800000.00"),
        ("9.99", "4800000.00"),
        ("10", "9600000.00"),
        ("12.49", "10176000.00"),
        ("12.5", "10272000.00"),
        ("19.99", "10944000.00"),
        ("20", "11712000.00"),
        ("45", "11712000.00"),
        ("100", "11712000.00"),
    ],
)
def test_rikers_pays_by_band_and_each_edge_belongs_to_the_band_above(
    deal: Make, fall: str, paid: str
) -> None:
    made = deal(
        FALL,
        bands(
            name="city", of=obs("fall"), schedule=steps(below="0", rows=RIKERS, owner="above"), route=ROUTE
        ),
    )
    assert made.pay(("fall", fall))("city") == paid


DENVER = Schedule(
    edges=(("20", "above"), ("30", "above"), ("65", "above")),
    rows=(("0", "0", "0"), ("0", "160000", "0"), ("4800000", "38000", "30"), ("6130000", "0", "0")),
)


@pytest.mark.parametrize(
    ("points", "paid"),
    [
        ("-5", "0.00"),
        ("19.99", "0.00"),
        ("20", "3200000.00"),
        ("29.99", "4798400.00"),
        ("30", "4800000.00"),
        ("38", "5104000.00"),
        ("64.99", "6129620.00"),
        ("65", "6130000.00"),
        ("70", "6130000.00"),
    ],
)
def test_denver_pays_jail_days_by_slopes(deal: Make, points: str, paid: str) -> None:
    made = deal(FALL, bands(name="jail", of=obs("fall"), schedule=DENVER, route=ROUTE))
    assert made.pay(("fall", points))("jail") == paid


@pytest.mark.parametrize(
    ("growth", "paid"),
    [
        ("-3", "0.00"),
        ("0", "0.00"),
        ("0.01", "5503500.00"),
        ("2", "5503500.00"),
        ("2.01", "11007000.00"),
        ("4", "11007000.00"),
        ("4.01", "13759500.00"),
    ],
)
def test_the_rhino_bond_pays_a_rate_per_thousand_of_notes(deal: Make, growth: str, paid: str) -> None:
    table = steps(below="0", rows=[("0", "36.69"), ("2", "73.38"), ("4", "91.73")], owner="below")
    notes = lit("150000000", "USD/2")
    made = deal(
        FALL,
        band_rate(name="growth", of=obs("fall"), schedule=table, notional=notes, per="1000", route=ROUTE),
    )
    assert made.pay(("fall", growth))("growth") == paid


@pytest.mark.parametrize(
    ("rate", "period", "coupon", "interest_due"),
    [
        ("60", "p1", "7.50", "525000.00"),
        ("40", "p2", "5.00", "350000.00"),
        ("61.5556", "p2", "8.90", "623000.00"),
        ("65.1667", "p3", "12.15", "850500.00"),
        ("55", "p4", "3.00", "210000.00"),
        ("65", "p4", "12.00", "840000.00"),
        ("40", "p4", "0.00", "0.00"),
        ("70", "p5", "15.00", "1050000.00"),
        ("88", "p5", "15.00", "1050000.00"),
    ],
)
def test_newpin_follows_a_line_between_a_dated_floor_and_a_cap(
    deal: Make, rate: str, period: str, coupon: str, interest_due: str
) -> None:
    route = Route(payer="bank", payee="fund", money="AUD/2", basis="period")
    made = deal(
        metric("rate", unit="percent/4", most="100", per=("period",)),
        dated("floor", {"2013-07-01": "5", "2016-07-01": "0"}, "percent/2"),
        kinked_linear(
            name="coupon",
            of=obs("rate"),
            schedule=line(base="3", slope="0.9", origin="55"),
            into="percent/2",
            floor=param("floor"),
            cap=lit("15", "percent/2"),
        ),
        pay(
            "interest",
            interest(notional=lit("7000000", "AUD/2"), percent=figure("coupon"), money="AUD/2"),
            route,
        ),
        starts="2013-07-01",
        ends="2018-06-30",
        periods="P1Y",
    )
    paid = made.pay(("rate", rate, {"period": period}))
    assert (paid("coupon", period), paid("interest", period)) == (coupon, interest_due)


def test_a_dated_floor_is_read_at_the_end_of_the_period(deal: Make) -> None:
    floors = {"2027-01-01": "5.00", "2028-12-31": "1.00"}
    route = replace(ROUTE, basis="period")
    made = deal(
        metric("earned", unit="USD/2", most="100", per=("period",)),
        dated_floor(name="due", of=obs("earned"), floors=floors, unit="USD/2", route=route),
        ends="2028-12-31",
        periods="P1Y",
    )
    rows = [("earned", "0.99", {"period": period}) for period in ("p1", "p2")]
    paid = made.pay(*rows)
    assert (paid("due", "p1"), paid("due", "p2")) == ("5.00", "1.00")
    assert made.pay(("earned", "6", {"period": "p1"}))("due", "p1") == "6.00"


@pytest.mark.parametrize(
    ("reduction", "paid"),
    [
        ("0", "-3300000.00"),
        ("18.59", "-3300000.00"),
        ("18.6", "0.00"),
        ("19.9", "0.00"),
        ("41.3", "0.00"),
        ("41.31", "3300000.00"),
        ("100", "3300000.00"),
    ],
)
def test_dc_water_pays_above_and_is_paid_below_a_dead_band(deal: Make, reduction: str, paid: str) -> None:
    zone = dead_zone(
        lower=("18.6", "above"), upper=("41.3", "below"), malus=("-3300000", "0"), bonus=("3300000", "0")
    )
    made = deal(FALL, dead_band(name="c", of=obs("fall"), zone=zone, route=replace(ROUTE, two_way=True)))
    result = made.pay(("fall", reduction))
    assert result("c") == paid
    assert result("net:fund") == paid


@pytest.mark.parametrize(
    ("level", "paid"), [("79", "-12.00"), ("80", "0.00"), ("90", "0.00"), ("92", "25.00")]
)
def test_a_dead_band_can_have_slopes_on_both_sides(deal: Make, level: str, paid: str) -> None:
    zone = dead_zone(lower=("80", "above"), upper=("90", "below"), malus=("-10", "2"), bonus=("5", "10"))
    made = deal(FALL, dead_band(name="c", of=obs("fall"), zone=zone, route=replace(ROUTE, two_way=True)))
    assert made.pay(("fall", level))("c") == paid


@pytest.mark.parametrize(
    ("doses", "paid"),
    [
        ("0", "0.00"),
        ("100", "500.00"),
        ("101", "504.00"),
        ("200", "900.00"),
        ("201", "903.00"),
        ("300", "1200.00"),
    ],
)
def test_volume_tiers_are_marginal(deal: Make, doses: str, paid: str) -> None:
    prices = [("100", "5.00"), ("200", "4.00")]
    made = deal(
        metric("doses", unit="dose/0", most="1000"),
        volume_tiers(name="d", of=obs("doses"), prices=prices, last="3.00", route=ROUTE),
    )
    assert made.pay(("doses", doses))("d") == paid


def test_tiers_must_rise() -> None:
    with pytest.raises(TermError, match="200 does not lie above 200"):
        tiers([("200", "1"), ("200", "2")], last="3")


@pytest.mark.parametrize(
    ("result", "percent", "paid"),
    [
        ("4.99", "0.0", "0.00"),
        ("5", "8.0", "200000.00"),
        ("19", "10.5", "262500.00"),
        ("20", "15.0", "375000.00"),
        ("40", "30.0", "750000.00"),
        ("100", "30.0", "750000.00"),
    ],
)
def test_a_coupon_by_band_is_that_of_the_benevolent_societys_class_e(
    deal: Make, result: str, percent: str, paid: str
) -> None:
    rows = [("5", "8"), ("15", "10.5"), ("20", "15"), ("25", "20"), ("35", "25"), ("40", "30")]
    route = Route(payer="bank", payee="fund", money="AUD/2", basis="once")
    table = steps(below="0", rows=rows, owner="above")
    notes = lit("2500000", "AUD/2")
    made = deal(FALL, coupon_by_band(name="e", of=obs("fall"), schedule=table, notional=notes, route=route))
    outcome = made.pay(("fall", result))
    assert (outcome("e.percent"), outcome("e")) == (percent, paid)


@pytest.mark.parametrize(("count", "paid"), [("", "36.50"), ("actual", "18.10"), ("30/360", "18.25")])
def test_interest_counts_days_as_told(deal: Make, count: str, paid: str) -> None:
    table = steps(below="3.65", rows=[], owner="above")
    route = replace(ROUTE, basis="period")
    made = deal(
        FALL,
        coupon_by_band(
            name="c", of=obs("fall"), schedule=table, notional=lit("1000", "USD/2"), route=route, count=count
        ),
        ends="2027-06-30",
    )
    assert made.pay(("fall", "0"))("c") == paid  # from the eve of 1 January to 30 June: 181 days, or 180


def row(low: str | None, high: str | None, ends: str, pays: str) -> BandRow:
    return BandRow(low=low, high=high, low_in=ends[0] == "[", high_in=ends[1] == "]", pays=pays)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row(None, "10", "()", "0"), row("10", None, "()", "1")], "rows 1 and 2 both leave out 10"),
        ([row(None, "10", "(]", "0"), row("10", None, "[)", "1")], "rows 1 and 2 both hold 10"),
        ([row(None, "10", "(]", "0"), row("12", None, "[)", "1")], "rows 1 and 2 leave a hole from 10 to 12"),
        ([row(None, "10", "(]", "0"), row("8", None, "[)", "1")], "rows 1 and 2 overlap from 8 to 10"),
        ([row(None, None, "()", "0"), row("8", None, "[)", "1")], "rows 1 and 2 overlap without end"),
        ([row("5", "10", "[)", "0"), row("10", None, "[)", "1")], "nothing is said below 5"),
        ([row(None, "10", "()", "0"), row("10", "20", "[]", "1")], "nothing is said above 20"),
        ([row(None, "10", "()", "0"), row("10", "10", "[)", "1")], "row 2 from 10 to 10 is no band"),
        ([], "it has no rows"),
    ],
)
def test_every_fault_of_a_printed_table_is_named(rows: list[BandRow], told: str) -> None:
    with pytest.raises(TermError, match=told):
        bands_from_table(rows)


def test_all_faults_of_a_table_are_named_together() -> None:
    rows = [row("1", "5", "[)", "0"), row("6", "9", "[)", "1"), row("8", "10", "[)", "2")]
    with pytest.raises(TermError) as caught:
        bands_from_table(rows)
    assert caught.value.figures["findings"] == [
        "nothing is said below 1",
        "nothing is said above 10",
        "rows 1 and 2 leave a hole from 5 to 6",
        "rows 2 and 3 overlap from 8 to 9",
    ]


@pytest.mark.parametrize(
    ("value", "paid"),
    [("4.99", "7"), ("5", "0"), ("10", "0"), ("10.01", "1"), ("20", "2"), ("20.01", "3"), ("30", "9")],
)
def test_a_sound_table_keeps_who_owns_each_edge(deal: Make, value: str, paid: str) -> None:
    rows = [
        row("5", "10", "[]", "0"),
        row("10", "20", "()", "1"),
        row("20", "20", "[]", "2"),
        row("20", "30", "()", "3"),
    ]
    table = bands_from_table(rows, below="7", above="9")
    made = deal(FALL, bands(name="b", of=obs("fall"), schedule=table, route=ROUTE))
    assert made.pay(("fall", value))("b") == f"{paid}.00"
