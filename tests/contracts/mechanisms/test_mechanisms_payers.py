"""Payers, fees and currencies; figures of Village Enterprise, Kangaroo and the UN trust fund rules."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from almoner.contracts.mechanisms import (
    Route,
    dated_fx,
    fee_base,
    figure,
    fixed_cost_share,
    interim_payments,
    limit,
    lit,
    metric,
    minus,
    obs,
    pass_through,
    pay,
    payer_per_metric,
    payers_pro_rata,
    payers_ranked,
    provider_coinvest,
    split,
    to_date,
    two_way,
)
from almoner.finance.errors import TermError

Make = Callable[..., Any]
ROUTE = Route(payer="city", payee="fund", money="USD/2", basis="cumulative")
VALUE = metric("value", unit="USD/2", most="30000000")
MAXIMA = {"city": "1608444", "state": "1004454", "donor": "1667720"}


@pytest.mark.parametrize(
    ("benefit", "parts"),
    [
        ("0", ["0.00", "0.00", "0.00"]),
        ("0.01", ["0.00", "0.00", "0.01"]),
        ("2000000", ["751500.84", "469303.26", "779195.90"]),
        ("4280618", ["1608444.00", "1004454.00", "1667720.00"]),
        ("21000000", ["1608444.00", "1004454.00", "1667720.00"]),
    ],
)
def test_village_enterprise_spreads_over_three_payers_up_to_their_maxima(
    deal: Make, benefit: str, parts: list[str]
) -> None:
    made = deal(
        VALUE,
        payers_pro_rata(name="payers", weights=MAXIMA, most=MAXIMA),
        pay("due", obs("value"), replace(ROUTE, payer="payers")),
    )
    paid = made.pay(("value", benefit))
    assert [paid(f"from:{payer}") for payer in MAXIMA] == parts
    assert Decimal(paid("earned")) == Decimal(benefit)


@pytest.mark.parametrize(
    ("value", "ministry", "donor", "lost"),
    [
        ("2000000", "2000000.00", "0.00", "0.00"),
        ("2000000.01", "2000000.00", "0.01", "0.00"),
        ("2430000", "2000000.00", "430000.00", "0.00"),
        ("3100000", "2000000.00", "430000.00", "670000.00"),
    ],
)
def test_kangaroo_fills_the_first_payer_before_the_second(
    deal: Make, value: str, ministry: str, donor: str, lost: str
) -> None:
    made = deal(
        VALUE,
        payers_ranked(name="payers", order=[("state", "2000000"), ("donor", "800000")]),
        pay("due", obs("value"), replace(ROUTE, payer="payers")),
        limit("most", "2430000"),
    )
    paid = made.pay(("value", value))
    assert (paid("from:state"), paid("from:donor"), paid("lost_to_cap")) == (ministry, donor, lost)


def test_every_payer_pays_for_a_result_of_its_own(deal: Make) -> None:
    made = deal(
        VALUE,
        metric("jobs", unit="USD/2", most="10"),
        payer_per_metric(name="due", amounts={"city": obs("value"), "state": obs("jobs")}, route=ROUTE),
    )
    paid = made.pay(("value", "5"), ("jobs", "7"))
    assert (paid("from:city"), paid("from:state"), paid("due/state")) == ("5.00", "7.00", "7.00")


@pytest.mark.parametrize(("rank", "parts"), [(1, ("90.00", "10.00")), (2, ("100.00", "0.00"))])
def test_a_provider_shares_beside_investors_or_waits_behind_them(
    deal: Make, rank: int, parts: tuple[str, str]
) -> None:
    capital = provider_coinvest(
        name="capital", investors={"fund": "90"}, provider="home", weight="10", rank=rank
    )
    made = deal(VALUE, capital, pay("due", obs("value"), replace(ROUTE, payee="capital")))
    paid = made.pay(("value", "100"))
    assert (paid("to:fund"), paid("to:home")) == parts


@pytest.mark.parametrize(
    ("deposit", "fee", "left", "cost", "indirect"),
    [
        ("0", "0.00", "0.00", "0.00", "0.00"),
        ("1000000", "10000.00", "990000.00", "925233.64", "64766.36"),
        ("333333.33", "3333.33", "330000.00", "308411.21", "21588.79"),
    ],
)
def test_un_fees_are_one_percent_of_the_deposit_and_seven_of_the_cost(  # a row of the table
    deal: Make, deposit: str, fee: str, left: str, cost: str, indirect: str
) -> None:
    made = deal(
        VALUE,
        fee_base(name="admin", of=obs("value"), share="0.01", base="deposit", money="USD/2"),
        fee_base(name="indirect", of=figure("admin.rest"), share="0.07", base="cost", money="USD/2"),
        pay("out", figure("indirect.rest"), ROUTE),
    )
    paid = made.pay(("value", deposit))
    assert (paid("admin.fee"), paid("admin.rest")) == (fee, left)
    assert (paid("indirect.rest"), paid("indirect.fee")) == (cost, indirect)


def test_a_fee_on_the_transfer_is_paid_beside_it_and_an_unknown_base_is_refused(deal: Make) -> None:
    fee = fee_base(name="f", of=obs("value"), share="0.07", base="transfer", money="USD/2")
    paid = deal(VALUE, fee).pay(("value", "990000"))
    assert (paid("f.fee"), paid("f.rest")) == ("69300.00", "990000.00")
    with pytest.raises(TermError, match="'total' is not known"):
        fee_base(name="f", of=obs("value"), share="0.07", base="total", money="USD/2")


def test_a_share_of_a_cost_plan_is_paid_without_any_result(deal: Make) -> None:
    plan = fixed_cost_share(name="f", costs={"p1": "1000.01", "p2": "0"}, share="0.25", route=ROUTE)
    paid = deal(plan, periods="P6M").pay()
    assert (paid("f", "p1"), paid("f", "p2")) == ("250.00", "0.00")


def test_a_receipt_is_handed_on_to_the_last_cent(deal: Make) -> None:
    made = deal(
        metric("gift", unit="USD/2", most="1000", per=("period",)),
        pay("gift", obs("gift"), Route(payer="donor", payee="on.receipts", money="USD/2", basis="period")),
        pass_through(
            name="on",
            receipts=["gift"],
            share="0.99",
            first="home",
            rest="bank",
            holder="bank",
            money="USD/2",
        ),
        periods="P6M",
    )
    paid = made.pay(("gift", "33.33", {"period": "p1"}), ("gift", "0", {"period": "p2"}))
    assert (paid("on", "p1"), paid("on.rest", "p1"), paid("on", "p2")) == ("33.00", "0.33", "0.00")
    assert (paid("to:home"), paid("from:donor"), paid("account:on.receipts")) == ("33.00", "33.33", "0.00")


@pytest.mark.parametrize(("value", "net"), [("120", "20.00"), ("100", "0.00"), ("70", "-30.00")])
def test_a_two_way_amount_flows_back(deal: Make, value: str, net: str) -> None:
    gap = two_way(
        name="s", amount=minus(obs("value"), lit("100", "USD/2")), route=replace(ROUTE, basis="once")
    )
    assert deal(VALUE, gap).pay(("value", value))("net:fund") == net


def test_an_amount_is_exchanged_at_the_rate_of_its_period(deal: Make) -> None:
    made = deal(
        metric("pounds", unit="GBP/2", most="1000", per=("period",)),
        dated_fx(
            name="usd",
            amount=obs("pounds"),
            money="GBP/2",
            rates={"2027-01-01": "1.31", "2027-12-31": "1.2505"},
            route=replace(ROUTE, basis="period"),
        ),
        periods="P6M",
    )
    paid = made.pay(*(("pounds", "100.01", {"period": period}) for period in ("p1", "p2")))
    assert (paid("usd", "p1"), paid("usd", "p2")) == ("131.01", "125.06")


@pytest.mark.parametrize(("bullet", "parts"), [(False, ["3.00", "4.00"]), (True, ["0.00", "7.00"])])
def test_interim_payments_or_one_bullet(deal: Make, bullet: bool, parts: list[str]) -> None:  # noqa: FBT001  # a row of the table
    made = deal(
        metric("value", unit="USD/2", most="100", per=("period",), pool="sum"),
        interim_payments(name="due", amount=to_date("value"), route=ROUTE, bullet=bullet),
        periods="P6M",
    )
    paid = made.pay(("value", "3", {"period": "p1"}), ("value", "4", {"period": "p2"}))
    assert [paid("due", "p1"), paid("due", "p2")] == parts


def test_a_split_can_give_the_odd_cent_in_declared_order(deal: Make) -> None:
    legs = [
        {"party": party, "rank": 1, "weight": weight} for party, weight in (("city", "1"), ("state", "2"))
    ]
    made = deal(
        VALUE,
        split("payers", legs, ties="declared"),
        pay("due", obs("value"), replace(ROUTE, payer="payers")),
    )
    paid = made.pay(("value", "0.02"))
    assert (paid("from:city"), paid("from:state")) == ("0.01", "0.01")
