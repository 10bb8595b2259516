from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, Unit, currency, money
from almoner.finance import acts
from almoner.finance.contributions import Contribution
from almoner.finance.dates import Clock
from almoner.finance.errors import (
    AlreadyExists,
    AmountOutOfRange,
    CurrencyMismatch,
    InsufficientFunds,
    KeyReused,
    Missing,
    SamePerson,
)
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import Valuation, in_kind_unit, value_of
from almoner.finance.storage import Session
from almoner.finance.units import valued

HOUR = in_kind_unit("hour", 2)
BY_LAB = Valuation(
    price=money("25.00", "USD"),
    method="market",
    haircut_bp=2000,
    valued_by="lab",
    valued_on=date(2026, 1, 1),
    evidence_sha256=bytes(32),
)


@pytest.fixture
def gift(session: Session, water: PooledFund, clock: Clock) -> Contribution:
    return acts.offer_in_kind(session, water, "giver", money("40.00", HOUR), key="k1", clock=clock)


def test_a_gift_in_kind_is_counted_and_never_part_of_the_balance(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    worth = acts.value(session, water, gift, BY_LAB, key="v1", clock=clock)
    assert worth == Money(minor=80000, unit=valued(currency("USD")))
    position = acts.position(session, water)
    assert position.in_kind == worth
    assert (position.balance.minor, position.contributions.minor, position.free.minor) == (0, 0, 0)
    assert acts.make_statement(session, water).lines == ()
    assert acts.donor_statement(session, water, "giver").deposited.minor == 0
    with pytest.raises(InsufficientFunds):
        acts.spend(session, water, "hub", money("0.01", "USD"), line="transfer", key="p", clock=clock)
    assert acts.verify(session, "main").findings == ()


def test_a_giver_does_not_value_the_own_gift(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    own = replace(BY_LAB, valued_by="giver")
    with pytest.raises(SamePerson, match="Name another party"):
        acts.value(session, water, gift, own, key="v1", clock=clock)
    with pytest.raises(Missing, match="other gave no hour"):
        acts.value(session, water, replace(gift, giver="other"), own, key="v2", clock=clock)
    assert acts.position(session, water).in_kind.minor == 0


def test_a_valuation_is_made_once(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    first = acts.value(session, water, gift, BY_LAB, key="v1", clock=clock)
    assert acts.value(session, water, gift, BY_LAB, key="v1", clock=clock) == first
    with pytest.raises(KeyReused):
        acts.value(session, water, gift, replace(BY_LAB, haircut_bp=0), key="v1", clock=clock)
    with pytest.raises(AlreadyExists, match="valued already"):
        acts.value(session, water, gift, BY_LAB, key="v2", clock=clock)
    assert acts.position(session, water).in_kind == first


def test_only_gifts_in_kind_are_valued(session: Session, water: PooledFund, clock: Clock) -> None:
    cash = acts.contribute(session, water, "giver", money("1.00", "USD"), key="c1", clock=clock)
    with pytest.raises(Missing, match="in kind"):
        acts.value(session, water, cash, BY_LAB, key="v1", clock=clock)
    with pytest.raises(CurrencyMismatch, match="is not a gift in kind"):
        acts.offer_in_kind(session, water, "giver", money("1.00", "USD"), key="k2", clock=clock)
    with pytest.raises(CurrencyMismatch):
        acts.contribute(session, water, "giver", money("1.00", HOUR), key="c2", clock=clock)


def test_gifts_are_replayed_and_their_keys_are_their_own(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    again = acts.offer_in_kind(session, water, "giver", gift.amount, key="k1", clock=clock)
    assert again == replace(gift, replayed=True)
    with pytest.raises(KeyReused):
        acts.offer_in_kind(session, water, "other", gift.amount, key="k1", clock=clock)
    with pytest.raises(KeyReused):
        acts.offer_in_kind(session, water, "giver", money("41.00", HOUR), key="k1", clock=clock)
    other = Unit(code="hour", kind="in_kind", scale=3)
    with pytest.raises(CurrencyMismatch, match="registered with 2 digits"):
        acts.offer_in_kind(session, water, "giver", money("41.000", other), key="k2", clock=clock)


@pytest.mark.parametrize("haircut", [-1, 10001])
def test_a_haircut_lies_between_nothing_and_everything(haircut: int) -> None:
    with pytest.raises(AmountOutOfRange):
        replace(BY_LAB, haircut_bp=haircut)
    with pytest.raises(AmountOutOfRange):
        replace(BY_LAB, price=money("0.00", "USD"))


@pytest.mark.parametrize("haircut", [0.5, True, "20"])
def test_a_haircut_is_a_whole_number(haircut: Any) -> None:  # noqa: ANN401  # what the signature forbids
    with pytest.raises(TypeError):
        replace(BY_LAB, haircut_bp=haircut)


@given(
    minor=st.integers(0, 2**40),
    price=st.integers(1, 2**20),
    haircut_bp=st.integers(0, 10000),
    scale=st.integers(0, 9),
)
def test_the_value_is_the_floor_of_the_exact_product(
    minor: int, price: int, haircut_bp: int, scale: int
) -> None:
    valuation = replace(BY_LAB, price=Money(minor=price, unit=currency("USD")), haircut_bp=haircut_bp)
    quantity = Money(minor=minor, unit=in_kind_unit("dose", scale))
    exact = Fraction(minor, 10**scale) * price * Fraction(10000 - haircut_bp, 10000)
    assert value_of(quantity, valuation).minor == exact.__floor__()
