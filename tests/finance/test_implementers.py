from fractions import Fraction

import pytest

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.delivery import Delivery
from almoner.finance.errors import (
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
from almoner.finance.posting import reverse
from almoner.finance.storage import Session


def usd(amount: str) -> Money:
    return money(amount, "USD")


def figures(one: Delivery) -> tuple[str, str, str, str]:
    return one.transferred.text, one.refunded.text, one.reported.text, one.unreported.text


def test_an_advance_is_held_reported_and_refunded(session: Session, funded: PooledFund, clock: Clock) -> None:
    first = acts.advance(session, funded, "hub", usd("60.00"), key="a1", clock=clock)
    second = acts.advance(session, funded, "lab", usd("15.00"), key="a2", clock=clock)
    assert (first.kind, first.payee) == ("transfer", "hub")
    acts.report_spending(session, funded, "hub", usd("35.00"), key="s1", clock=clock)
    acts.refund(session, funded, "hub", first.id, usd("7.50"), key="r1", clock=clock)
    acts.receive_income(session, funded, "hub", usd("0.25"), key="i1", clock=clock, line="partner_interest")
    [hub, lab] = acts.delivery(session, funded)
    assert (hub.implementer, lab.implementer) == ("hub", "lab")
    assert figures(hub) == ("60.00", "7.50", "35.00", "17.50")
    assert figures(lab) == ("15.00", "0.00", "0.00", "15.00")
    assert (hub.rate, hub.rate_bp(), lab.rate_bp()) == (Fraction(2, 3), 6667, 0)
    assert hub.rate_bp("floor") == 6666
    at = acts.position(session, funded)
    assert (at.disbursed, at.refunds, at.balance) == (usd("75.00"), usd("7.50"), usd("82.75"))
    acts.refund(session, funded, "lab", second.id, usd("15.00"), key="r2", clock=clock)
    assert acts.delivery(session, funded)[1].rate is None
    assert acts.delivery(session, funded)[1].rate_bp() is None
    assert acts.make_statement(session, funded).difference == usd("0.00")
    assert acts.verify(session, "main").findings == ()


def test_no_more_is_reported_or_comes_back_than_is_held(
    session: Session, funded: PooledFund, clock: Clock
) -> None:
    paid = acts.advance(session, funded, "hub", usd("10.00"), key="a1", clock=clock)
    with pytest.raises(OverdrawnCommitment) as caught:
        acts.report_spending(session, funded, "hub", usd("10.01"), key="s1", clock=clock)
    assert caught.value.figures["left"] == "10.00"
    said = acts.report_spending(session, funded, "hub", usd("8.00"), key="s1", clock=clock)
    with pytest.raises(OverdrawnCommitment, match="reverse a report"):
        acts.refund(session, funded, "hub", paid.id, usd("2.01"), key="r1", clock=clock)
    reverse(session, "main", said.id, key="u1", clock=clock)
    assert figures(acts.delivery(session, funded)[0]) == ("10.00", "0.00", "0.00", "10.00")
    back = acts.refund(session, funded, "hub", paid.id, usd("2.01"), key="r1", clock=clock)
    reverse(session, "main", back.id, key="u2", clock=clock)
    assert figures(acts.delivery(session, funded)[0]) == ("10.00", "0.00", "0.00", "10.00")
    acts.report_spending(session, funded, "hub", usd("1.00"), key="s2", clock=clock)
    with pytest.raises(InsufficientFunds):
        reverse(session, "main", paid.id, key="u3", clock=clock)
    with pytest.raises(OverdrawnCommitment):
        acts.report_spending(session, funded, "lab", usd("0.01"), key="s3", clock=clock)
    assert acts.verify(session, "main").findings == ()


def test_a_retry_books_nothing_twice(session: Session, funded: PooledFund, clock: Clock) -> None:
    for _ in range(2):
        paid = acts.advance(session, funded, "hub", usd("10.00"), key="a1", clock=clock)
        acts.report_spending(session, funded, "hub", usd("6.00"), key="s1", clock=clock)
        acts.refund(session, funded, "hub", paid.id, usd("4.00"), key="r1", clock=clock)
    assert figures(acts.delivery(session, funded)[0]) == ("10.00", "4.00", "6.00", "0.00")
    with pytest.raises(KeyReused):
        acts.advance(session, funded, "lab", usd("10.00"), key="a1", clock=clock)
    with pytest.raises(KeyReused):
        acts.spend(session, funded, "hub", usd("10.00"), line="transfer", key="a1", clock=clock)
    with pytest.raises(KeyReused):
        acts.report_spending(session, funded, "hub", usd("5.00"), key="s1", clock=clock)
    with pytest.raises(KeyReused):
        acts.refund(session, funded, "hub", paid.id, usd("3.00"), key="r1", clock=clock)


def test_what_cannot_be_advanced_is_refused(session: Session, funded: PooledFund, clock: Clock) -> None:
    acts.contribute(session, funded, "giver", usd("5.00"), key="n1", clock=clock, earmark="north")
    for error, implementer, amount in (
        (Missing, "nobody", usd("1.00")),
        (AmountOutOfRange, "hub", usd("0.00")),
        (InsufficientFunds, "hub", usd("155.01")),
        (EarmarkViolated, "hub", usd("155.00")),
        (CurrencyMismatch, "hub", money("1.00", "EUR")),
    ):
        with pytest.raises(error):
            acts.advance(session, funded, implementer, amount, key="a1", clock=clock)
    acts.advance(session, funded, "hub", usd("155.00"), key="a1", clock=clock, use={"region": "north"})
    with pytest.raises(AmountOutOfRange):
        acts.report_spending(session, funded, "hub", usd("-1.00"), key="s1", clock=clock)
    assert acts.delivery(session, funded, currency("EUR")) == ()


def test_advances_in_several_currencies_stand_apart(
    session: Session, funded: PooledFund, clock: Clock
) -> None:
    eur = currency("EUR")
    acts.accept_currency(session, funded, eur)
    acts.contribute(session, funded, "lab", money("9.00", "EUR"), key="e1", clock=clock)
    acts.advance(session, funded, "hub", usd("20.00"), key="a1", clock=clock)
    paid = acts.advance(session, funded, "hub", money("9.00", "EUR"), key="a2", clock=clock)
    with pytest.raises(OverdrawnCommitment):
        acts.report_spending(session, funded, "hub", money("9.01", "EUR"), key="s1", clock=clock)
    acts.refund(session, funded, "hub", paid.id, money("1.00", "EUR"), key="r1", clock=clock)
    with pytest.raises(CurrencyMismatch):
        acts.refund(session, funded, "hub", paid.id, usd("1.00"), key="r2", clock=clock)
    [one] = acts.delivery(session, funded, eur)
    assert figures(one) == ("9.00", "1.00", "0.00", "8.00")
    assert figures(acts.delivery(session, funded)[0]) == ("20.00", "0.00", "0.00", "20.00")


def test_a_delivery_is_in_one_unit() -> None:
    with pytest.raises(CurrencyMismatch):
        Delivery(
            fund="water",
            implementer="hub",
            transferred=usd("1.00"),
            refunded=money("1.00", "EUR"),
            reported=usd("1.00"),
        )


def test_the_pass_through_fee_chain_of_a_deposit(session: Session, water: PooledFund, clock: Clock) -> None:
    deposit = acts.contribute(session, water, "giver", usd("1000000.00"), key="c1", clock=clock)
    acts.charge_fee(session, water, "agent", deposit, FeeTerm(num=1, den=100), key="f1", clock=clock)
    assert acts.position(session, water).free == usd("990000.00")
    inside = FeeTerm(num=7, den=100, base="programme_cost").divide(usd("990000.00"))
    paid = acts.advance(session, water, "hub", usd("990000.00"), key="a1", clock=clock)
    acts.report_spending(session, water, "hub", inside.kept, key="s1", clock=clock)
    acts.report_spending(session, water, "hub", inside.fee, key="s2", clock=clock)
    assert (inside.kept.text, inside.fee.text) == ("925233.64", "64766.36")
    [one] = acts.delivery(session, water)
    assert (one.unreported, one.rate_bp()) == (usd("0.00"), 10000)
    assert [use.amount for use in acts.trace(session, "main", paid.id)] == [usd("990000.00")]
