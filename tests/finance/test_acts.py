"""What goes in, is promised, is paid and comes back, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from almoner import Money, Unit, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise
from almoner.finance.contributions import Contribution
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import (
    AlreadyExists,
    AmountOutOfRange,
    CurrencyMismatch,
    EarmarkViolated,
    InsufficientFunds,
    KeyReused,
    Missing,
    OverdrawnCommitment,
)
from almoner.finance.fees import FeeTerm
from almoner.finance.funds import PooledFund
from almoner.finance.parties import Party
from almoner.finance.posting import reverse
from almoner.finance.storage import Session

WELL = Promise("commitment", "well")


def usd(amount: str) -> Money:
    return money(amount, "USD")


Give = Callable[..., Contribution]


@pytest.fixture
def give(session: Session, water: PooledFund, clock: Clock) -> Give:
    def deposit(amount: str, key: str, giver: str = "giver", earmark: str = "unrestricted") -> Contribution:
        return acts.contribute(session, water, giver, usd(amount), key=key, clock=clock, earmark=earmark)

    return deposit


def test_a_deposit_raises_the_balance(session: Session, water: PooledFund, clock: Clock) -> None:
    acts.contribute(session, water, "giver", money("80.00", "USD"), key="c1", clock=clock)
    assert acts.position(session, water).free == money("80.00", "USD")


def test_a_pledge_is_not_money_until_it_is_paid_in(session: Session, water: PooledFund, clock: Clock) -> None:
    acts.pledge(session, water, "giver", usd("100.00"), key="g1", clock=clock)
    pledge = acts.pledge(session, water, "giver", usd("20.00"), key="g2", clock=clock)
    assert (pledge.amount, pledge.outstanding) == (usd("20.00"), usd("120.00"))
    position = acts.position(session, water)
    assert (position.pledged, position.balance, position.free) == (usd("120.00"), usd("0.00"), usd("0.00"))
    with pytest.raises(InsufficientFunds):
        acts.spend(session, water, "hub", usd("0.01"), line="transfer", key="p1", clock=clock)
    acts.contribute(session, water, "giver", usd("50.00"), key="c1", clock=clock, from_pledge=True)
    assert acts.outstanding_pledge(session, water, "giver") == usd("70.00")
    acts.contribute(session, water, "giver", usd("90.00"), key="c2", clock=clock, from_pledge=True)
    assert acts.outstanding_pledge(session, water, "giver") == usd("0.00")
    acts.contribute(session, water, "giver", usd("5.00"), key="c3", clock=clock, from_pledge=True)
    assert acts.position(session, water).balance == usd("145.00")
    assert acts.outstanding_pledge(session, water, "other") == usd("0.00")


def test_the_position_adds_up(session: Session, water: PooledFund, give: Give, clock: Clock) -> None:
    deposit = give("1000.00", "c1")
    acts.receive_income(session, water, "lab", usd("12.00"), key="i1", clock=clock)
    acts.receive_income(session, water, "hub", usd("3.00"), key="i2", clock=clock, line="partner_interest")
    acts.charge_fee(session, water, "agent", deposit, FeeTerm(num=1, den=100), key="f1", clock=clock)
    acts.spend(session, water, "agent", usd("5.00"), line="bank_charge", key="b1", clock=clock)
    sent = acts.spend(session, water, "hub", usd("100.00"), line="transfer", key="t1", clock=clock)
    acts.reserve(session, water, WELL, usd("200.00"), key="e1", clock=clock)
    acts.reserve(session, water, Promise("agreement", "days"), usd("300.00"), key="e2", clock=clock)
    acts.pay_reserved(session, water, WELL, usd("50.00"), "hub", key="p1", clock=clock)
    acts.refund(session, water, "hub", sent.id, usd("10.00"), key="r1", clock=clock)
    at = acts.position(session, water)
    came_in = at.contributions + at.income + at.refunds
    assert at.balance == came_in - at.fees - at.other_costs - at.disbursed == usd("860.00")
    assert (at.committed, at.encumbered) == (usd("150.00"), usd("300.00"))
    assert at.free == at.balance - at.committed - at.encumbered == usd("410.00")
    assert [(row.earmark, row.balance, row.free) for row in at.earmarks] == [
        ("unrestricted", at.balance, at.free)
    ]
    assert acts.verify(session, "main").findings == ()


def test_a_fee_is_borne_by_its_own_deposit(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    first, second = give("1000.00", "c1"), give("1000.00", "c2", "other")
    fee = acts.charge_fee(session, water, "agent", first, FeeTerm(num=1, den=100), key="f1", clock=clock)
    assert [(use.giver, use.amount) for use in acts.trace(session, "main", fee.id)] == [
        ("giver", usd("10.00"))
    ]
    acts.charge_fee(session, water, "agent", second, usd("7.00"), key="f2", clock=clock)
    assert acts.donor_statement(session, water, "other").remaining == usd("993.00")
    with pytest.raises(InsufficientFunds) as caught:
        acts.charge_fee(session, water, "agent", second, usd("993.01"), key="f3", clock=clock)
    assert (caught.value.figures["contribution"], caught.value.figures["short"]) == ("c2", "0.01")
    with pytest.raises(Missing):
        acts.charge_fee(session, water, "nobody", second, usd("1.00"), key="f4", clock=clock)
    with pytest.raises(AmountOutOfRange):
        acts.charge_fee(session, water, "agent", second, FeeTerm(num=0, den=1), key="f5", clock=clock)


def test_restricted_money_is_spent_first_and_only_for_its_use(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    give("100.00", "c1")
    give("30.00", "n1", "other", "north")
    north = {"region": "north"}
    with pytest.raises(EarmarkViolated) as caught:
        acts.spend(
            session, water, "hub", usd("100.01"), line="transfer", key="x1", clock=clock, use={"region": "s"}
        )
    assert caught.value.figures["excluded"] == "30.00"
    assert caught.value.figures["free"] == "100.00"
    with pytest.raises(InsufficientFunds) as short:
        acts.spend(session, water, "hub", usd("130.01"), line="transfer", key="x2", clock=clock, use=north)
    assert short.value.figures["short"] == "0.01"
    paid = acts.spend(session, water, "hub", usd("40.00"), line="transfer", key="p1", clock=clock, use=north)
    assert [(use.contribution, use.amount) for use in acts.trace(session, "main", paid.id)] == [
        ("n1", usd("30.00")),
        ("c1", usd("10.00")),
    ]
    assert acts.position(session, water).free == usd("90.00")


def test_a_promise_keeps_its_earmarks_until_it_is_paid_or_released(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    give("100.00", "c1")
    give("30.00", "n1", "other", "north")
    acts.reserve(session, water, WELL, usd("50.00"), key="e1", clock=clock, use={"region": "north"})
    assert [(row.earmark, row.reserved) for row in acts.position(session, water).earmarks] == [
        ("north", usd("30.00")),
        ("unrestricted", usd("20.00")),
    ]
    paid = acts.pay_reserved(session, water, WELL, usd("35.00"), "hub", key="p1", clock=clock)
    assert {use.contribution: use.amount.text for use in acts.trace(session, "main", paid.id)} == {
        "n1": "30.00",
        "c1": "5.00",
    }
    assert acts.promised(session, water, WELL) == usd("15.00")
    with pytest.raises(OverdrawnCommitment) as caught:
        acts.pay_reserved(session, water, WELL, usd("15.01"), "hub", key="p2", clock=clock)
    assert (caught.value.figures["asked"], caught.value.figures["left"]) == ("15.01", "15.00")
    assert acts.release(session, water, WELL, key="l1", clock=clock) == usd("15.00")
    assert acts.release(session, water, WELL, key="l2", clock=clock) == usd("0.00")
    assert acts.position(session, water).free == usd("95.00")


def test_part_of_a_promise_is_released_and_money_without_restriction_is_free_first(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    give("100.00", "c1")
    give("30.00", "n1", "other", "north")
    acts.reserve(session, water, WELL, usd("50.00"), key="e1", clock=clock, use={"region": "north"})

    def part(amount: str, key: str) -> str:
        return acts.release(session, water, WELL, key=key, clock=clock, amount=usd(amount)).text

    assert [part("15.00", "l1"), part("15.00", "l1"), part("10.00", "l2")] == ["15.00", "15.00", "10.00"]
    assert [(row.earmark, row.reserved) for row in acts.position(session, water).earmarks] == [
        ("north", usd("25.00")),
        ("unrestricted", usd("0.00")),
    ]
    with pytest.raises(KeyReused):
        part("14.00", "l1")
    with pytest.raises(OverdrawnCommitment) as caught:
        part("25.01", "l3")
    assert caught.value.figures["left"] == "25.00"
    with pytest.raises(AmountOutOfRange):
        part("0.00", "l4")
    assert acts.promised(session, water, WELL) == usd("25.00")
    assert acts.verify(session, "main").findings == ()


def test_what_is_promised_is_not_free(session: Session, water: PooledFund, give: Give, clock: Clock) -> None:
    give("100.00", "c1")
    acts.reserve(session, water, WELL, usd("60.00"), key="e1", clock=clock)
    with pytest.raises(InsufficientFunds, match=r"40\.00 USD free for this use; 40\.01 USD is asked"):
        acts.spend(session, water, "hub", usd("40.01"), line="transfer", key="p1", clock=clock)
    with pytest.raises(InsufficientFunds):
        acts.reserve(session, water, WELL, usd("40.01"), key="e2", clock=clock)
    assert acts.release(session, water, WELL, key="l1", clock=clock) == usd("60.00")
    acts.spend(session, water, "hub", usd("100.00"), line="transfer", key="p2", clock=clock)
    assert acts.position(session, water).free == usd("0.00")


def test_one_promise_turns_into_another(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    give("100.00", "c1")
    days = Promise("agreement", "days")
    acts.reserve(session, water, WELL, usd("60.00"), key="e1", clock=clock)
    acts.reassign(session, water, WELL, days, usd("25.00"), key="a1", clock=clock)
    at = acts.position(session, water)
    assert (at.committed, at.encumbered, at.free) == (usd("35.00"), usd("25.00"), usd("40.00"))
    with pytest.raises(OverdrawnCommitment):
        acts.reassign(session, water, WELL, days, usd("35.01"), key="a2", clock=clock)


def test_a_refund_goes_back_to_those_who_bore_the_payment(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    give("20.00", "c1")
    give("10.00", "c2", "other")
    paid = acts.spend(session, water, "hub", usd("3.00"), line="transfer", key="p1", clock=clock)
    give("500.00", "c3", "lab")
    back = acts.refund(session, water, "hub", paid.id, usd("1.00"), key="r1", clock=clock)
    assert {use.contribution: use.amount.text for use in acts.trace(session, "main", back.id)} == {
        "c1": "-0.67",
        "c2": "-0.33",
    }
    assert back.refunds == paid.id
    acts.refund(session, water, "hub", paid.id, usd("2.00"), key="r2", clock=clock)
    assert acts.donor_statement(session, water, "giver").remaining == usd("20.00")
    assert acts.donor_statement(session, water, "other").remaining == usd("10.00")
    with pytest.raises(OverdrawnCommitment, match=r"0\.00 USD of it is still out"):
        acts.refund(session, water, "hub", paid.id, usd("0.01"), key="r3", clock=clock)


def test_a_refund_in_single_cents_never_gives_one_giver_too_much(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    for number in range(3):
        give("0.01", f"c{number}")
    paid = acts.spend(session, water, "hub", usd("0.03"), line="transfer", key="p1", clock=clock)
    for number in range(3):
        acts.refund(session, water, "hub", paid.id, usd("0.01"), key=f"r{number}", clock=clock)
    assert acts.position(session, water).free == usd("0.03")
    assert acts.verify(session, "main").findings == ()


def test_only_payments_of_the_fund_are_refunded(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    give("20.00", "c1")
    paid = acts.spend(session, water, "hub", usd("3.00"), line="transfer", key="p1", clock=clock)
    fire = acts.open_fund(session, "main", "fire", currency("USD"), title="Fire")
    with pytest.raises(OverdrawnCommitment):
        acts.refund(session, fire, "hub", paid.id, usd("1.00"), key="r1", clock=clock)
    for amount in ("0.00", "-1.00"):
        with pytest.raises(AmountOutOfRange):
            acts.refund(session, water, "hub", paid.id, usd(amount), key="r2", clock=clock)
    back = acts.refund(session, water, "hub", paid.id, usd("1.00"), key="r3", clock=clock)
    with pytest.raises(OverdrawnCommitment):
        acts.refund(session, water, "hub", back.id, usd("0.50"), key="r4", clock=clock)
    undone = reverse(session, "main", back.id, key="u1", clock=clock)
    with pytest.raises(OverdrawnCommitment):
        acts.refund(session, water, "hub", undone.id, usd("0.50"), key="r5", clock=clock)
    acts.refund(session, water, "hub", paid.id, usd("3.00"), key="r6", clock=clock)
    assert acts.verify(session, "main").findings == ()


def test_amounts_must_be_positive_and_in_the_funds_unit(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    give("20.00", "c1")
    acts.reserve(session, water, WELL, usd("5.00"), key="e1", clock=clock)
    wrong: tuple[tuple[Money, type[Exception]], ...] = (
        (money("1.00", "EUR"), CurrencyMismatch),
        (usd("0.00"), AmountOutOfRange),
        (usd("-1.00"), AmountOutOfRange),
    )
    for amount, error in wrong:
        for do in (
            lambda: acts.pledge(session, water, "giver", amount, key="k", clock=clock),  # noqa: B023  # called at once
            lambda: acts.contribute(session, water, "giver", amount, key="k", clock=clock),  # noqa: B023  # called at once
            lambda: acts.receive_income(session, water, "giver", amount, key="k", clock=clock),  # noqa: B023  # called at once
            lambda: acts.spend(session, water, "hub", amount, line="transfer", key="k", clock=clock),  # noqa: B023  # called at once
            lambda: acts.reserve(session, water, WELL, amount, key="k", clock=clock),  # noqa: B023  # called at once
            lambda: acts.pay_reserved(session, water, WELL, amount, "hub", key="k", clock=clock),  # noqa: B023  # called at once
        ):
            with pytest.raises(error):
                do()
    assert acts.position(session, water).balance == usd("20.00")


def test_lines_that_an_act_cannot_stand_on_are_refused(
    session: Session, water: PooledFund, give: Give, clock: Clock
) -> None:
    give("20.00", "c1")
    for line in ("contribution", "payout", "refund", "pledge", "lunch"):
        with pytest.raises(ValueError, match="nothing is spent on line"):
            acts.spend(session, water, "hub", usd("1.00"), line=line, key="k", clock=clock)
        with pytest.raises(ValueError, match="no income stands on line"):
            acts.receive_income(session, water, "hub", usd("1.00"), key="k", clock=clock, line=line)


def test_opening_twice_changes_nothing_and_otherwise_is_refused(session: Session, water: PooledFund) -> None:
    usd_unit, eur = currency("USD"), currency("EUR")
    acts.open_book(session, "main", usd_unit)
    assert acts.open_fund(session, "main", "water", usd_unit, title="Water pool") == water
    acts.register_party(session, "main", Party(code="hub", name="Hub"))
    with pytest.raises(AlreadyExists, match="keeps USD, not EUR"):
        acts.open_book(session, "main", eur)
    with pytest.raises(AlreadyExists, match="'water' exists"):
        acts.open_fund(session, "main", "water", usd_unit, title="Other")
    with pytest.raises(AlreadyExists, match="'hub' is registered as 'Hub'"):
        acts.register_party(session, "main", Party(code="hub", name="Hut"))
    with pytest.raises(AlreadyExists, match="other terms"):
        acts.open_earmark(session, "main", Earmark(code="north", title="North"))
    with pytest.raises(CurrencyMismatch, match="registered with 2 digits"):
        acts.open_fund(session, "main", "odd", Unit(code="USD", kind="currency", scale=3), title="Odd")
    with pytest.raises(CurrencyMismatch, match="keeps a currency"):
        acts.open_fund(session, "main", "kind", Unit(code="hour", kind="in_kind", scale=2), title="Hours")


def test_what_is_not_there_is_named(session: Session, water: PooledFund, clock: Clock) -> None:
    gone = replace(water, code="gone")
    with pytest.raises(Missing, match="no book 'annex'"):
        acts.open_fund(session, "annex", "water", currency("USD"), title="Annex")
    with pytest.raises(Missing, match="no fund 'gone'"):
        acts.contribute(session, gone, "giver", usd("1.00"), key="c1", clock=clock)
    with pytest.raises(Missing, match="no party 'nobody'") as caught:
        acts.pledge(session, water, "nobody", usd("1.00"), key="c1", clock=clock)
    assert caught.value.figures == {"what": "party", "code": "nobody"}


def test_statements_take_days_apart(session: Session, water: PooledFund, clock: Clock) -> None:
    for days, key in enumerate(("c1", "c2", "c3")):
        at = fixed_clock(clock() + timedelta(days=days))
        acts.contribute(session, water, "giver", usd("10.00"), key=key, clock=at)
    middle = acts.make_statement(session, water, after=date(2026, 1, 15), through=date(2026, 1, 16))
    assert (middle.opening, middle.sources, middle.closing) == (usd("10.00"), usd("10.00"), usd("20.00"))
    assert middle.difference == usd("0.00")
    assert middle.ledger_closing == usd("20.00")
