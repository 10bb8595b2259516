from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise, cash, pool
from almoner.finance.dates import Clock
from almoner.finance.errors import (
    AmountOutOfRange,
    CurrencyMismatch,
    TooPrecise,
    UnbalancedTransaction,
)
from almoner.finance.fees import FeeTerm
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Draw, Leg
from almoner.finance.records.tables import EVENT, LOT, TXN
from almoner.finance.storage import Session

USD = currency("USD")
Wrong = Any  # what a signature forbids
DAY = date(2026, 1, 15)


def usd(amount: str) -> Money:
    return money(amount, "USD")


def payment(minor: int, *, draws: tuple[Draw, ...] = (), line: str = "transfer") -> Draft:
    amount = Money(minor=minor, unit=USD)
    return Draft(
        kind="transfer",
        effective_on=DAY,
        legs=(
            Leg(account=pool("water", USD), side=1, amount=amount, line=line, draws=draws),
            Leg(account=cash("water", USD), side=-1, amount=amount, line=line),
        ),
        payee="hub",
    )


def rows(session: Session) -> tuple[int, int]:
    return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in (TXN, EVENT))  # type: ignore[return-value]  # two tables


@pytest.fixture
def funded(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    acts.contribute(session, water, "giver", usd("100.00"), key="c1", clock=clock)
    acts.contribute(session, water, "other", usd("50.00"), key="c2", clock=clock)
    return water


BAD = st.one_of(
    st.floats(allow_nan=True),
    st.booleans(),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.text(max_size=3),
)


@given(bad=BAD)
def test_nothing_but_an_exact_int_becomes_an_amount(bad: Wrong) -> None:
    with pytest.raises(TypeError):
        Money(minor=bad, unit=USD)
    with pytest.raises(TypeError):
        Draw(contribution="c1", minor=bad)
    if not isinstance(bad, str):
        with pytest.raises(TooPrecise):
            money(bad, "USD")
        with pytest.raises(TypeError):
            FeeTerm(num=bad, den=1)
        with pytest.raises(TypeError):
            FeeTerm(num=1, den=bad)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(bad=st.sampled_from([1.5, True, 2.0, float("nan"), Decimal(1), Fraction(1, 2)]))
def test_no_float_reaches_a_bind_parameter(session: Session, bad: object) -> None:
    for column in (LOT.c.remaining, TXN.c.book_id):
        with pytest.raises(StatementError, match="is not an exact int"):
            session.execute(select(column).where(column == bad))


@pytest.mark.parametrize("amount", [1, 1.0, "1.00", True, Decimal("1.00"), None])
def test_acts_take_money_and_nothing_else(
    session: Session, funded: PooledFund, clock: Clock, amount: Wrong
) -> None:
    well = Promise("commitment", "well")
    before = rows(session)
    doings: list[Callable[[], Any]] = [
        lambda: acts.pledge(session, funded, "giver", amount, key="k", clock=clock),
        lambda: acts.contribute(session, funded, "giver", amount, key="k", clock=clock),
        lambda: acts.receive_income(session, funded, "giver", amount, key="k", clock=clock),
        lambda: acts.offer_in_kind(session, funded, "giver", amount, key="k", clock=clock),
        lambda: acts.spend(session, funded, "hub", amount, line="transfer", key="k", clock=clock),
        lambda: acts.reserve(session, funded, well, amount, key="k", clock=clock),
        lambda: acts.pay_reserved(session, funded, well, amount, "hub", key="k", clock=clock),
    ]
    for do in doings:
        with pytest.raises((TypeError, AttributeError)):
            do()
    assert rows(session) == before


def test_legs_and_drafts_refuse_what_cannot_be() -> None:
    good = Leg(account=cash("water", USD), side=1, amount=usd("1.00"), line="contribution")
    wrong: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"line": "lunch"}, ValueError),
        ({"side": 0}, ValueError),
        ({"side": True}, ValueError),
        ({"side": 1.0}, ValueError),
        ({"layer": "X"}, ValueError),
        ({"amount": money("1", "JPY")}, CurrencyMismatch),
        ({"amount": usd("0.00")}, AmountOutOfRange),
        ({"amount": usd("-1.00")}, AmountOutOfRange),
    ]
    for change, error in wrong:
        with pytest.raises(error):
            replace(good, **change)
    with pytest.raises(UnbalancedTransaction, match="has 1 legs"):
        Draft(kind="x", effective_on=DAY, legs=(good,))
    with pytest.raises(UnbalancedTransaction, match=r"debits exceed credits by 2\.00 USD"):
        Draft(kind="x", effective_on=DAY, legs=(good, good))
    with pytest.raises(TypeError, match="counts for a day"):
        replace(payment(1), effective_on=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(AmountOutOfRange):
        Draw(contribution="c1", minor=0)
