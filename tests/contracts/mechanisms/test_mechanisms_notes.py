"""Notes, loans and returns; figures of Utah, Rikers, Newpin, the Benevolent Society and Educate Girls."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from almoner.contracts.mechanisms import (
    NoteClass,
    Route,
    at_least,
    balance,
    coupon_step_up,
    dated,
    early_termination,
    figure,
    gate,
    grows,
    guarantee,
    hurdle_waterfall,
    known,
    lit,
    loan_conversion,
    members,
    memo,
    metric,
    negated,
    obs,
    param,
    parametric_trigger,
    pay,
    performance_interest,
    principal_protection,
    redirected_coupon,
    return_cap,
    return_share,
    revolving_capital,
    savings_share,
    scale,
    steps,
    table,
    tranches,
    waited,
)

Make = Callable[..., Any]
ROUTE = Route(payer="city", payee="fund", money="USD/2", basis="once")
VALUE = metric("value", unit="USD/2", most="20000000")
BY_PERIOD = metric("value", unit="USD/2", most="20000000", per=("period",))
FALL = metric("fall", unit="percent/2", least="-100", most="100")


@pytest.mark.parametrize(
    ("savings", "hurdle", "before", "after"),
    [
        ("281000", "7000000", "266950.00", "0.00"),
        ("281550", "7000000", "267472.50", "0.00"),
        ("100000", "0", "0.00", "40000.00"),
        ("100000", "50000", "50000.00", "18947.37"),
        ("100000", "95000", "95000.00", "0.00"),
        ("100000", "94999.99", "94999.99", "0.00"),
        ("0", "50000", "0.00", "0.00"),
    ],
)
def test_utah_changes_its_share_inside_a_payment(
    deal: Make, savings: str, hurdle: str, before: str, after: str
) -> None:
    made = deal(
        VALUE,
        savings_share(
            name="s",
            savings=obs("value"),
            principal=hurdle,
            growth=grows("0.00"),
            before="0.95",
            after="0.40",
            route=ROUTE,
        ),
    )
    paid = made.pay(("value", savings))
    assert (paid("s.before"), paid("s.after")) == (before, after)


def test_the_hurdle_of_a_savings_share_grows_and_falls(deal: Make) -> None:
    made = deal(
        BY_PERIOD,
        savings_share(
            name="s",
            savings=obs("value"),
            principal="1000",
            growth=grows("0.10", compounding="period", day_count="30/360"),
            before="0.50",
            after="0.10",
            route=ROUTE,
        ),
        starts="2027-01-01",
        ends="2028-12-31",
        periods="P1Y",
    )
    rows = [("value", "1000", {"period": "p1"}), ("value", "2000", {"period": "p2"})]
    paid = made.pay(*rows)
    assert (paid("s.before", "p1"), paid("account:s.hurdle", "p1")) == ("500.00", "600.00")
    assert (paid("s.before", "p2"), paid("s.after", "p2")) == ("660.00", "68.00")


def test_a_hurdle_can_grow_at_a_rate_that_changes(deal: Make) -> None:
    growth = scale(balance("h"), param("r"), into="USD/2")
    made = deal(
        BY_PERIOD,
        dated("r", {"2027-01-01": "0.05", "2028-12-31": "0.10"}, "ratio/2"),
        memo("h", "USD/2", opens=lit("1000", "USD/2"), adds=growth),
        pay("due", obs("value"), replace(ROUTE, basis="period", lowers=("h",))),
        ends="2028-12-31",
        periods="P1Y",
    )
    paid = made.pay(("value", "50", {"period": "p1"}), ("value", "0", {"period": "p2"}))
    assert (paid("account:h", "p1"), paid("account:h", "p2")) == ("1000.00", "1100.00")


def test_every_cohort_can_have_a_hurdle_of_its_own(deal: Make) -> None:
    made = deal(
        members("cohorts", ["c1", "c2"]),
        metric("value", unit="USD/2", most="20000000", per=("cohorts",)),
        savings_share(
            name="s",
            savings=obs("value"),
            principal="50000",
            growth=grows("0.00"),
            before="0.95",
            after="0.40",
            route=replace(ROUTE, each=("cohorts",)),
        ),
    )
    paid = made.pay(("value", "100000", {"cohorts": "c1"}), ("value", "10000", {"cohorts": "c2"}))
    assert [paid("s.before", cohorts=one) for one in ("c1", "c2")] == ["50000.00", "9500.00"]
    assert [paid("s.after", cohorts=one) for one in ("c1", "c2")] == ["18947.37", "0.00"]
    assert paid("account:s.hurdle", cohorts="c2") == "40500.00"


def test_a_waterfall_fills_the_hurdle_and_shares_the_surplus(deal: Make) -> None:
    made = deal(
        BY_PERIOD,
        pay("in", obs("value"), Route(payer="city", payee="w.cash", money="USD/2", basis="period")),
        hurdle_waterfall(
            name="w",
            principal="1000",
            growth=grows("0.05", compounding="period", day_count="30/360"),
            investor="fund",
            shares=[("home", "0.30"), ("fund-b", "0.10")],
            route=Route(payer="bank", payee="city", money="USD/2", basis="period"),
        ),
        starts="2027-01-01",
        ends="2028-12-31",
        periods="P1Y",
    )
    paid = made.pay(("value", "600", {"period": "p1"}), ("value", "572.50", {"period": "p2"}))
    assert (paid("w.hurdle-part", "p1"), paid("w/home", "p1")) == ("600.00", "0.00")
    assert paid("w.hurdle-part", "p2") == "472.50"  # 1000 x 1.05 = 1050; less 600 = 450; x 1.05 = 472.50
    assert (paid("w/home", "p2"), paid("w/fund-b", "p2"), paid("w.rest", "p2")) == ("30.00", "10.00", "60.00")


def test_a_waterfall_without_shares_keeps_the_surplus_for_the_last_in_line(deal: Make) -> None:
    made = deal(
        VALUE,
        pay("in", obs("value"), Route(payer="city", payee="w.cash", money="USD/2", basis="period")),
        hurdle_waterfall(
            name="w",
            principal="1000",
            growth=grows("0.00"),
            investor="fund",
            shares=[],
            route=Route(payer="bank", payee="city", money="USD/2", basis="period"),
        ),
    )
    for value, hurdle, left in (
        ("0", "0.00", "0.00"),
        ("1000", "1000.00", "0.00"),
        ("1000.01", "1000.00", "0.01"),
    ):
        paid = made.pay(("value", value))
        assert (paid("w.hurdle-part"), paid("residual:w.cash")) == (hurdle, left)


def test_educate_girls_stops_at_fifteen_percent_a_year_and_shares_a_third(deal: Make) -> None:
    route = Route(payer="donor", payee="fund", money="USD/2", basis="once")
    made = deal(
        VALUE,
        return_cap(name="due", of=obs("value"), drawn=lit("270000", "USD/2"), rate="0.15", route=route),
        return_share(
            name="bonus",
            received=["due"],
            principal=lit("270000", "USD/2"),
            share="0.3333",
            route=Route(payer="fund", payee="home", money="USD/2", basis="once"),
        ),
        starts="2015-06-01",
        ends="2018-06-21",
    )
    paid = made.pay(("value", "900000"))
    assert abs(Decimal(paid("due")) - 414085) <= 50
    assert abs(Decimal(paid("bonus")) - Decimal("48028.33")) <= 2500
    low = made.pay(("value", "270000"))
    assert (low("due"), low("bonus")) == ("270000.00", "0.00")
    assert made.pay(("value", "0"))("due") == "0.00"


def test_capital_comes_back_and_is_drawn_again(deal: Make) -> None:
    made = deal(
        BY_PERIOD,
        metric("draw", unit="USD/2", most="5000", per=("period",), by="home"),
        revolving_capital(
            name="r",
            capital="1000",
            growth=grows("0.00"),
            draw=obs("draw"),
            repaid=obs("value"),
            investor="fund",
            route=Route(payer="city", payee="home", money="USD/2", basis="period"),
        ),
        periods="P6M",
    )
    rows = [("draw", "900", {"period": "p1"}), ("value", "0", {"period": "p1"})]
    rows += [("draw", "700", {"period": "p2"}), ("value", "500", {"period": "p2"})]
    paid = made.pay(*rows)
    assert (paid("r.draw", "p1"), paid("r.draw", "p2"), paid("r.draw.cut")) == ("900.00", "600.00", "100.00")
    assert (paid("account:r.pot"), paid("account:r.hurdle")) == ("0.00", "1000.00")


@pytest.mark.parametrize(
    ("city", "call"),
    [
        ("0", "7200000.00"),
        ("2400000", "7200000.00"),
        ("4800000", "4800000.00"),
        ("9600000", "0.00"),
        ("11712000", "0.00"),
    ],
)
def test_rikers_guarantee_covers_the_gap_up_to_its_limit(deal: Make, city: str, call: str) -> None:
    made = deal(
        VALUE,
        pay("city", obs("value"), ROUTE),
        guarantee(
            name="call",
            owed=lit("9600000", "USD/2"),
            received=["city"],
            settled=known("value"),
            most="7200000",
            route=replace(ROUTE, payer="surety"),
        ),
    )
    assert made.pay(("value", city))("call") == call
    assert made.pay()("call") == "0.00"
    assert made.proof.payers["surety", "USD"] == 720000000


@pytest.mark.parametrize(
    ("rate", "earned", "paid"),
    [
        ("54.99", "0", "3500000.00"),
        ("55", "0", "3500000.00"),
        ("55", "4000000", "4000000.00"),
        ("55.01", "0", "7000000.00"),
        ("56", "0", "7000000.00"),
    ],
)
def test_newpin_repays_half_or_all(deal: Make, rate: str, earned: str, paid: str) -> None:
    made = deal(
        FALL,
        VALUE,
        principal_protection(
            name="p",
            principal="7000000",
            of=obs("fall"),
            keeps=steps(below="50", rows=[("55", "100")], owner="below"),
            route=ROUTE,
            earned=obs("value"),
        ),
    )
    assert made.pay(("fall", rate), ("value", earned))("p") == paid


BETTER = [
    ("5", "5", "8"),
    ("15", "6", "10.5"),
    ("20", "7", "15"),
    ("25", "8", "20"),
    ("35", "9", "25"),
    ("40", "10", "30"),
]


@pytest.mark.parametrize(
    ("result", "p", "e", "back"),
    [
        ("4.9", "0.00", "0.00", "0.00"),
        ("5", "375000.00", "200000.00", "2500000.00"),
        ("19", "450000.00", "262500.00", "2500000.00"),
        ("24", "525000.00", "375000.00", "2500000.00"),
        ("40", "750000.00", "750000.00", "2500000.00"),
    ],
)
def test_the_benevolent_society_pays_two_classes_by_one_result(
    deal: Make, result: str, p: str, e: str, back: str
) -> None:
    safe, risky = (steps(below="0", rows=[(row[0], row[n]) for row in BETTER], owner="above") for n in (1, 2))
    classes = [
        NoteClass(
            name="p",
            holder="fund",
            principal="7500000",
            coupon=safe,
            keeps=steps(below="100", rows=[], owner="above"),
        ),
        NoteClass(
            name="e",
            holder="fund-b",
            principal="2500000",
            coupon=risky,
            keeps=steps(below="0", rows=[("5", "100")], owner="above"),
        ),
    ]
    made = deal(FALL, tranches(name="note", of=obs("fall"), classes=classes, route=ROUTE))
    paid = made.pay(("fall", result))
    assert (paid("note/p"), paid("note/e")) == (p, e)
    assert (paid("note/p.principal"), paid("note/e.principal")) == ("7500000.00", back)


@pytest.mark.parametrize(
    ("missed", "percent", "paid"), [("false", "2.50", "25000.00"), ("true", "2.75", "27500.00")]
)
def test_a_missed_target_steps_the_coupon_up(deal: Make, missed: str, percent: str, paid: str) -> None:
    notional = lit("1000000", "USD/2")
    made = deal(
        metric("missed"),
        coupon_step_up(
            name="n", notional=notional, base="2.50", step="0.25", missed=obs("missed"), route=ROUTE
        ),
    )
    outcome = made.pay(("missed", missed))
    assert (outcome("n.percent"), outcome("n")) == (percent, paid)


@pytest.mark.parametrize(
    ("births", "score", "paid"),
    [("999", "89", "6000.00"), ("1000", "89", "1000.00"), ("1000", "90", "0.00"), ("999", "90", "4000.00")],
)
def test_interest_falls_with_volume_and_quality_never_below_zero(
    deal: Make, births: str, score: str, paid: str
) -> None:
    made = deal(
        metric("births", unit="birth/0", most="5000"),
        metric("score", unit="point/0", most="100"),
        performance_interest(
            name="loan",
            loan=lit("100000", "USD/2"),
            volume=(obs("births"), steps(below="6", rows=[("1000", "1")], owner="above")),
            quality=(obs("score"), steps(below="0", rows=[("90", "-2")], owner="above")),
            route=ROUTE,
        ),
    )
    assert made.pay(("births", births), ("score", score))("loan") == paid


@pytest.mark.parametrize(("met", "payer"), [("true", "donor"), ("false", "home")])
def test_the_outcome_decides_who_repays(deal: Make, met: str, payer: str) -> None:
    made = deal(
        metric("met"),
        loan_conversion(
            name="loan",
            amount=lit("500", "USD/2"),
            test=obs("met"),
            met=replace(ROUTE, payer="donor"),
            missed=replace(ROUTE, payer="home"),
        ),
    )
    paid = made.pay(("met", met))
    assert (paid(f"from:{payer}"), paid("paid")) == ("500.00", "500.00")


@pytest.mark.parametrize(
    ("deaths", "event", "moved"),
    [
        (("249", "249"), "0", "0.00"),
        (("250", "0"), "0", "28148500.00"),
        (("0", "250"), "300", "0.00"),
        (("0", "250"), "280", "28148500.00"),
    ],
)
def test_a_trigger_moves_a_share_of_the_principal_after_a_waiting_time(
    deal: Make, deaths: tuple[str, str], event: str, moved: str
) -> None:
    made = deal(
        metric("deaths", unit="death/0", most="9999", per=("period",)),
        metric("event", unit="day/0", most="400"),
        parametric_trigger(
            name="b",
            tests=[at_least(obs("deaths"), lit("250", "death/0")), waited(obs("event"), "84")],
            principal="95000000",
            share="0.2963",
            investor="fund",
            route=Route(payer="bank", payee="home", money="USD/2", basis="cumulative"),
        ),
        periods="P6M",
    )
    rows = [("deaths", count, {"period": f"p{n}"}) for n, count in enumerate(deaths, start=1)]
    paid = made.pay(*rows, ("event", event))
    assert paid("b") == moved
    assert Decimal(paid("residual:b.collateral")) == 95000000 - Decimal(moved)


def test_a_coupon_goes_to_the_parks_in_place_of_the_investor(deal: Make) -> None:
    route = Route(payer="bank", payee="home", money="USD/2", basis="period")
    coupons = table("coupon", {"p1": "100.01", "p2": "0"}, "USD/2", per="period")
    part = redirected_coupon(name="parks", coupon=param("coupon"), route=route, investor="fund", share="0.75")
    paid = deal(coupons, part, periods="P6M").pay()
    assert (paid("parks"), paid("parks.rest")) == ("75.01", "25.00")
    whole = deal(
        coupons, redirected_coupon(name="parks", coupon=param("coupon"), route=route), periods="P6M"
    ).pay()
    assert (whole("parks"), whole("to:fund")) == ("100.01", "0.00")


@pytest.mark.parametrize(
    ("notice", "settled"), [(False, ["0.00", "1000.00", "0.00"]), (True, ["0.00", "0.00", "1000.00"])]
)
def test_a_lender_may_stop_once_its_right_exists(deal: Make, notice: bool, settled: list[str]) -> None:  # noqa: FBT001  # a row of the table
    route = replace(ROUTE, basis="period")
    made = deal(
        BY_PERIOD,
        metric("missed", per=("period",)),
        early_termination(
            name="exit",
            by="fund",
            guard=obs("missed"),
            settlement=lit("1000", "USD/2"),
            route=route,
            notice=notice,
        ),
        gate(name="due", test=negated(figure("exit.ended")), amount=obs("value"), route=route),
        ends="2029-12-31",
        periods="P1Y",
    )
    missed = [
        ("missed", said, {"period": f"p{n}"}) for n, said in enumerate(("false", "true", "true"), start=1)
    ]
    values = [("value", "10", {"period": f"p{n}"}) for n in (1, 2, 3)]
    stop = ("exit.choice", "stop", {"period": "p2"})
    paid = made.pay(*missed, *values, stop)
    assert [paid("exit", f"p{n}") for n in (1, 2, 3)] == settled
    assert paid("due") == ("20.00" if notice else "10.00")
    assert made.pay(*missed, *values)("exit") == "0.00"
    early = made.pay(*missed, *values, ("exit.choice", "stop", {"period": "p1"}))
    assert early("exit") == "0.00"
    assert made.proof.payers["city", "USD"] == 100000 + 3 * 2_000_000_000
