"""The ledger tells who gave money or goods to whom, on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from almoner import currency, money
from almoner.challenges.conflicts.inference import JUDGE_FEE_USE
from almoner.challenges.records.flows import list_flows
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Details
from almoner.finance.money import Money
from almoner.finance.parties import Party
from almoner.finance.posting import hold, reverse, void
from almoner.finance.units import Unit

if TYPE_CHECKING:
    from tests.challenges.conftest import Round

DAY = date(2027, 1, 20)
Told = set[tuple[str, str, str, str, str]]


@pytest.fixture
def other(round_: "Round") -> PooledFund:
    """A second fund, into which the school gave 1,000.00."""
    for code in ("school", "hill-lab"):
        finance.register_party(round_.session, "main", Party(code=code, name=code.title()))
    fund = finance.open_fund(round_.session, "main", "other-pool", currency("USD"), title="Other pool")
    finance.contribute(
        round_.session, fund, "school", money("1000.00", "USD"), key="o1", clock=round_.clock("2027-01-06")
    )
    return fund


def told(round_: "Round", *, since: date = DAY - timedelta(days=1095), on: date = DAY) -> Told:
    """Tell all flows but those of the challenge's own fund."""
    flows = list_flows(round_.session, "main", since=since, as_of=on, apart="water-pool")
    return {(one.payer, one.payee, one.through, one.state, one.amount.text) for one in flows}


GIFT = ("school", "fund:other-pool", "", "settled", "1000.00")


def test_a_payment_tells_the_fund_and_by_its_lots_whose_money_it_was(
    round_: "Round", other: PooledFund
) -> None:
    for key, amount in (("p1", "30.00"), ("p2", "12.50")):
        day = round_.clock("2027-01-10")
        finance.spend(
            round_.session, other, "hill-lab", money(amount, "USD"), line="transfer", key=key, clock=day
        )
    assert told(round_) == {
        GIFT,
        ("school", "hill-lab", "other-pool", "settled", "42.50"),
        ("fund:other-pool", "hill-lab", "", "settled", "42.50"),
    }


def test_what_the_challenges_own_fund_moves_is_no_link(round_: "Round") -> None:
    day = round_.clock("2027-01-10")
    finance.spend(
        round_.session,
        round_.fund,
        "pump-makers",
        money("30.00", "USD"),
        line="transfer",
        key="p1",
        clock=day,
    )
    assert told(round_) == set()


def test_a_judges_fee_is_no_link_in_any_fund(round_: "Round", other: PooledFund) -> None:
    day = round_.clock("2027-01-10")
    finance.spend(
        round_.session,
        other,
        "hill-lab",
        money("30.00", "USD"),
        line="transfer",
        key="p1",
        clock=day,
        use=JUDGE_FEE_USE,
    )
    assert told(round_) == {GIFT}


def test_what_was_undone_did_not_flow(round_: "Round", other: PooledFund) -> None:
    day = round_.clock("2027-01-10")
    paid = finance.spend(
        round_.session, other, "hill-lab", money("30.00", "USD"), line="transfer", key="p1", clock=day
    )
    reverse(round_.session, "main", paid.id, key="r1", clock=day)
    assert told(round_) == {GIFT}


def test_what_settled_before_the_look_back_or_after_the_day_is_left_out(
    round_: "Round", other: PooledFund
) -> None:
    day = round_.clock("2027-01-10")
    for key, on in (("p1", date(2027, 1, 7)), ("p2", date(2027, 1, 8)), ("p3", date(2027, 1, 9))):
        finance.spend(
            round_.session,
            other,
            "hill-lab",
            money("1.00", "USD"),
            line="transfer",
            key=key,
            clock=day,
            details=Details(on=on),
        )
    assert told(round_, since=date(2027, 1, 8), on=date(2027, 1, 8)) == {
        ("school", "hill-lab", "other-pool", "settled", "1.00"),
        ("fund:other-pool", "hill-lab", "", "settled", "1.00"),
    }


def test_a_pledge_is_a_promise_to_the_fund(round_: "Round", other: PooledFund) -> None:
    day = round_.clock("2027-01-10")
    finance.pledge(round_.session, other, "hill-lab", money("70.00", "USD"), key="pl", clock=day)
    assert told(round_) == {GIFT, ("hill-lab", "fund:other-pool", "", "encumbered", "70.00")}


def test_goods_flow_as_money_does(round_: "Round", other: PooledFund) -> None:
    day = round_.clock("2027-01-10")
    hour = Unit(code="hour", kind="in_kind", scale=2)
    offered = Money(minor=4000, unit=hour)
    finance.offer_in_kind(round_.session, other, "school", offered, key="k1", clock=day)
    used = Money(minor=1500, unit=hour)
    finance.use_in_kind(round_.session, other, "hill-lab", used, key="u1", clock=day)
    assert told(round_) == {
        GIFT,
        ("school", "fund:other-pool", "", "settled", "40.00"),
        ("school", "hill-lab", "other-pool", "settled", "15.00"),
        ("fund:other-pool", "hill-lab", "", "settled", "15.00"),
    }


def test_a_payment_that_is_held_is_pending_until_it_ends(round_: "Round", other: PooledFund) -> None:
    day = round_.clock("2027-01-10")
    draft = finance.draft_spend(
        round_.session, other, "hill-lab", money("9.00", "USD"), line="transfer", today=date(2027, 1, 10)
    )
    until = datetime(2027, 2, 10, tzinfo=UTC)
    held = hold(round_.session, "main", draft, key="h1", clock=day, expires_at=until)
    assert told(round_) == {
        GIFT,
        ("school", "hill-lab", "other-pool", "pending", "9.00"),
        ("fund:other-pool", "hill-lab", "", "pending", "9.00"),
    }
    void(round_.session, "main", held.id, key="v1", clock=day)
    assert told(round_) == {GIFT}


def test_what_another_challenge_awards_is_owed_to_every_party_of_the_bundle(
    round_: "Round", other: PooledFund
) -> None:
    round_.publish({"region": "east"})
    round_.submit("a-1")
    round_.award(0, a_1="100.00")
    seen = list_flows(
        round_.session, "main", since=date(2027, 1, 1), as_of=date(2027, 6, 1), apart=other.code
    )
    owed = {(one.payer, one.payee, one.amount.text) for one in seen if one.state == "encumbered"}
    assert owed == {
        (giver, party, "100.00")
        for giver in ("fund:water-pool", "hill-giver")
        for party in ("river-trust", "pump-makers")
    }
    assert told(round_, on=date(2027, 6, 1)) == {GIFT}


def test_a_promise_to_nobody_by_name_ties_nobody_until_it_is_paid(round_: "Round", other: PooledFund) -> None:
    day = round_.clock("2027-01-10")
    promise = Promise("commitment", "open-call")
    finance.reserve(round_.session, other, promise, money("10.00", "USD"), key="c1", clock=day)
    assert told(round_) == {GIFT}
    part = money("4.00", "USD")
    finance.pay_reserved(round_.session, other, promise, part, "hill-lab", key="c2", clock=day)
    assert ("school", "hill-lab", "other-pool", "settled", "4.00") in told(round_)


def test_a_gift_that_goes_back_ties_its_giver_to_nobody(round_: "Round", other: PooledFund) -> None:
    day = round_.clock("2027-01-10")
    part = money("3.00", "USD")
    finance.spend(round_.session, other, "school", part, line="transfer", key="p1", clock=day)
    assert told(round_) == {GIFT}
