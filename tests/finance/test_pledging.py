import hashlib

import pytest

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.errors import (
    AmountOutOfRange,
    CurrencyMismatch,
    InsufficientFunds,
    KeyReused,
    Missing,
    OverdrawnCommitment,
    PostingRefused,
)
from almoner.finance.funds import PooledFund
from almoner.finance.posting import reverse
from almoner.finance.records.entries import find_transaction_by_key, list_balances
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import Session

SIGNED = hashlib.sha256(b"agreement 7").digest()


def usd(amount: str) -> Money:
    return money(amount, "USD")


def promises(session: Session, fund: PooledFund, giver: str = "giver") -> tuple[str, str]:
    """What a giver has pledged, and signed, as text; the position says the same of all givers."""
    pledged = acts.outstanding_pledge(session, fund, giver)
    owed = acts.outstanding_receivable(session, fund, giver)
    at, one = acts.position(session, fund), acts.donor_statement(session, fund, giver)
    assert (at.pledged, at.receivable) == (pledged, owed) == (one.pledged, one.receivable)
    rows = list_balances(session, find_book_id(session, fund.book), fund.code, f"{fund.code}/expected")
    expected = [row.settled for row in rows if row.account.unit == fund.unit]
    assert sum(expected, start=usd("0.00")) == pledged + owed
    return pledged.text, owed.text


def test_a_pledge_is_signed_paid_in_and_lapses(session: Session, water: PooledFund, clock: Clock) -> None:
    acts.pledge(session, water, "giver", usd("100.00"), key="pl1", clock=clock)
    assert promises(session, water) == ("100.00", "0.00")
    made = acts.sign_pledge(session, water, "giver", usd("70.00"), SIGNED, key="sg1", clock=clock)
    assert (made.amount, made.outstanding, made.receivable) == (usd("70.00"), usd("30.00"), usd("70.00"))
    assert promises(session, water) == ("30.00", "70.00")
    assert acts.position(session, water).free == usd("0.00")
    acts.contribute(session, water, "giver", usd("50.00"), key="c1", clock=clock, from_pledge=True)
    assert promises(session, water) == ("30.00", "20.00")
    acts.contribute(session, water, "giver", usd("25.00"), key="c2", clock=clock, from_pledge=True)
    assert promises(session, water) == ("25.00", "0.00")
    acts.lapse(session, water, "giver", usd("10.00"), key="l1", clock=clock)
    assert promises(session, water) == ("15.00", "0.00")
    acts.contribute(session, water, "giver", usd("99.00"), key="c3", clock=clock, from_pledge=True)
    assert promises(session, water) == ("0.00", "0.00")
    assert acts.position(session, water).balance == usd("174.00")
    assert acts.verify(session, "main").findings == ()


def test_more_is_signed_than_was_pledged(session: Session, water: PooledFund, clock: Clock) -> None:
    acts.pledge(session, water, "giver", usd("10.00"), key="pl1", clock=clock)
    acts.sign_pledge(session, water, "giver", usd("15.00"), SIGNED, key="sg1", clock=clock)
    assert promises(session, water) == ("0.00", "15.00")
    acts.sign_pledge(session, water, "giver", usd("5.00"), SIGNED, key="sg2", clock=clock)
    assert promises(session, water) == ("0.00", "20.00")
    acts.lapse(session, water, "giver", usd("8.00"), key="l1", clock=clock, signed=True)
    assert promises(session, water) == ("0.00", "12.00")


def test_every_promise_is_recorded_once_per_key(session: Session, water: PooledFund, clock: Clock) -> None:
    for _ in range(2):
        acts.pledge(session, water, "giver", usd("10.00"), key="pl1", clock=clock)
        acts.sign_pledge(session, water, "giver", usd("15.00"), SIGNED, key="sg1", clock=clock)
        acts.lapse(session, water, "giver", usd("15.00"), key="l1", clock=clock, signed=True)
    assert promises(session, water) == ("0.00", "0.00")
    with pytest.raises(KeyReused):
        acts.sign_pledge(session, water, "giver", usd("15.00"), bytes(32), key="sg1", clock=clock)
    with pytest.raises(KeyReused):
        acts.sign_pledge(session, water, "giver", usd("16.00"), SIGNED, key="sg1", clock=clock)
    with pytest.raises(KeyReused):
        acts.lapse(session, water, "giver", usd("15.00"), key="l1", clock=clock)
    assert acts.verify(session, "main").findings == ()


def test_what_cannot_be_promised_or_lapse_is_refused(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    acts.pledge(session, water, "giver", usd("10.00"), key="pl1", clock=clock)
    with pytest.raises(OverdrawnCommitment) as caught:
        acts.lapse(session, water, "giver", usd("10.01"), key="l1", clock=clock)
    assert caught.value.figures == {"asked": "10.01", "left": "10.00", "unit": "USD"}
    with pytest.raises(OverdrawnCommitment):
        acts.lapse(session, water, "giver", usd("0.01"), key="l1", clock=clock, signed=True)
    for wrong in (b"", bytes(31), "0" * 32):
        with pytest.raises(ValueError, match="32 bytes"):
            acts.sign_pledge(session, water, "giver", usd("1.00"), wrong, key="sg1", clock=clock)  # type: ignore[arg-type]  # the point of the test
    for error, giver, amount in (
        (Missing, "nobody", usd("1.00")),
        (AmountOutOfRange, "giver", usd("0.00")),
        (CurrencyMismatch, "giver", money("1.00", "EUR")),
    ):
        with pytest.raises(error):
            acts.sign_pledge(session, water, giver, amount, SIGNED, key="sg1", clock=clock)
        with pytest.raises(error):
            acts.lapse(session, water, giver, amount, key="sg1", clock=clock)
    assert promises(session, water) == ("10.00", "0.00")


def test_promises_in_other_currencies_stand_apart(session: Session, water: PooledFund, clock: Clock) -> None:
    eur = currency("EUR")
    acts.accept_currency(session, water, eur)
    acts.pledge(session, water, "giver", money("10.00", "EUR"), key="pl1", clock=clock)
    acts.sign_pledge(session, water, "giver", money("4.00", "EUR"), SIGNED, key="sg1", clock=clock)
    acts.contribute(session, water, "giver", usd("9.00"), key="c1", clock=clock, from_pledge=True)
    acts.contribute(session, water, "giver", money("5.00", "EUR"), key="c2", clock=clock, from_pledge=True)
    assert promises(session, water) == ("0.00", "0.00")
    at = acts.position(session, water, eur)
    assert (at.pledged.text, at.receivable.text, at.balance.text) == ("5.00", "0.00", "5.00")


def test_what_is_signed_never_falls_below_nothing(session: Session, water: PooledFund, clock: Clock) -> None:
    acts.sign_pledge(session, water, "giver", usd("5.00"), SIGNED, key="sg1", clock=clock)
    acts.contribute(session, water, "giver", usd("5.00"), key="c1", clock=clock, from_pledge=True)
    signed = find_transaction_by_key(session, find_book_id(session, "main"), "library", "sg1")
    assert signed is not None
    with pytest.raises((InsufficientFunds, PostingRefused)):
        reverse(session, "main", signed.id, key="u1", clock=clock)
