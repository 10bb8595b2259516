import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import (
    AlreadyResolved,
    AmountOutOfRange,
    CurrencyMismatch,
    EarmarkExpired,
    InsufficientFunds,
    KeyReused,
    Missing,
    PeriodClosed,
    PostingRefused,
)
from almoner.finance.fees import FeeTerm
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import in_kind_unit
from almoner.finance.ledger import Details, Draft, Leg
from almoner.finance.money import zero
from almoner.finance.posting import post, reverse
from almoner.finance.rates import Rate, convert, rate_of
from almoner.finance.records.tables import EVENT
from almoner.finance.storage import Session
from almoner.finance.translation import StatementRates, translate

USD, EUR, JPY = (currency(code) for code in ("USD", "EUR", "JPY"))
DAY = date(2026, 1, 15)


def usd(amount: str) -> Money:
    return money(amount, "USD")


def eur(amount: str) -> Money:
    return money(amount, "EUR")


@pytest.fixture
def rate(session: Session, water: PooledFund, clock: Clock) -> Rate:
    """Recorded rate from euros to dollars."""
    one = rate_of("1.0850", EUR, USD, DAY, "bank")
    return acts.record_rate(session, water.book, one, key="x1", clock=clock)


@pytest.fixture
def both(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    """Fund with 100.00 USD of ``giver``, and 33.33 EUR of ``giver`` and 66.68 EUR of ``other``."""
    acts.accept_currency(session, water, EUR)
    acts.contribute(session, water, "giver", usd("100.00"), key="d1", clock=clock)
    acts.contribute(session, water, "giver", eur("33.33"), key="e1", clock=clock)
    acts.contribute(session, water, "other", eur("66.68"), key="e2", clock=clock)
    return water


def test_another_currency_is_taken_only_when_the_fund_holds_it(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    with pytest.raises(CurrencyMismatch, match="holds no EUR"):
        acts.contribute(session, water, "giver", eur("1.00"), key="e1", clock=clock)
    with pytest.raises(CurrencyMismatch, match="holds no EUR"):
        acts.spend(session, water, "hub", eur("1.00"), line="transfer", key="p1", clock=clock)
    assert acts.fund_currencies(session, water) == (USD,)
    for _ in range(2):
        assert acts.accept_currency(session, water, EUR) == water
    with pytest.raises(CurrencyMismatch, match="in_kind"):
        acts.accept_currency(session, water, in_kind_unit("hour", 2))
    acts.contribute(session, water, "giver", eur("1.00"), key="e1", clock=clock)
    assert acts.fund_currencies(session, water) == (USD, EUR)
    assert acts.position(session, water).balance == usd("0.00")
    assert acts.position(session, water, EUR).balance == eur("1.00")
    with pytest.raises(CurrencyMismatch, match="promises in USD"):
        acts.reserve(session, water, Promise("commitment", "well"), eur("1.00"), key="r1", clock=clock)


def test_an_exchange_keeps_whose_money_it_is(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    made = acts.exchange(session, both, eur("50.01"), rate, key="s1", clock=clock)
    sold, bought = made.legs[0].draws, made.legs[3].draws
    assert [(one.contribution, one.minor) for one in sold] == [("e1", 1667), ("e2", 3334)]
    assert [(one.contribution, one.minor) for one in bought] == [("e1", 1809), ("e2", 3617)]
    assert made.legs[3].amount == usd("54.26")
    at, there = acts.position(session, both), acts.position(session, both, EUR)
    assert (at.exchanged, at.balance, at.free) == (usd("54.26"), usd("154.26"), usd("154.26"))
    assert (there.exchanged, there.balance) == (eur("-50.01"), eur("50.00"))
    for position in (at, there):
        gone = position.fees + position.other_costs + position.disbursed - position.refunds
        came = position.contributions + position.income + position.exchanged
        assert came == gone + position.returned + position.balance
    for unit in (USD, EUR):
        statements = [acts.donor_statement(session, both, giver, unit) for giver in ("giver", "other")]
        assert all(one.difference == zero(unit) for one in statements)
        left = sum((one.remaining for one in statements), start=zero(unit))
        assert left == acts.position(session, both, unit).balance
        assert acts.make_statement(session, both, unit=unit).difference == zero(unit)
    assert acts.verify(session, "main").findings == ()


def test_the_trace_of_an_exchange_and_of_what_is_paid_from_it(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    made = acts.exchange(session, both, eur("50.01"), rate, key="s1", clock=clock)
    parts = acts.trace(session, "main", made.id)
    for unit, total in ((EUR, eur("50.01")), (USD, usd("-54.26"))):
        assert sum((part.amount for part in parts if part.amount.unit == unit), start=zero(unit)) == total
    paid = acts.spend(session, both, "hub", usd("154.26"), line="transfer", key="p1", clock=clock)
    borne = {part.contribution: part.amount for part in acts.trace(session, "main", paid.id)}
    assert borne == {"d1": usd("100.00"), "e1": usd("18.09"), "e2": usd("36.17")}
    back = acts.refund(session, both, "hub", paid.id, usd("15.43"), key="r1", clock=clock)
    assert {part.giver for part in acts.trace(session, "main", back.id)} == {"giver", "other"}
    assert acts.donor_statement(session, both, "other").difference == zero(USD)
    assert acts.verify(session, "main").findings == ()


def test_a_retry_gives_the_first_answer_and_another_request_is_refused(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    first = acts.exchange(session, both, eur("50.01"), rate, key="s1", clock=clock)
    acts.spend(session, both, "hub", eur("10.00"), line="transfer", key="p1", clock=clock)
    again = acts.exchange(session, both, eur("50.01"), rate, key="s1", clock=clock)
    assert (again.id, again.legs, again.replayed) == (first.id, first.legs, True)
    other = acts.record_rate(
        session, "main", rate_of("1.09", EUR, USD, DAY, "treasury"), key="x2", clock=clock
    )
    for sold, used in ((eur("50.02"), rate), (eur("50.01"), other)):
        with pytest.raises(KeyReused):
            acts.exchange(session, both, sold, used, key="s1", clock=clock)
    with pytest.raises(KeyReused):
        acts.exchange(session, both, eur("50.01"), rate, key="e1", clock=clock)


def test_what_cannot_be_exchanged_is_refused_and_nothing_is_written(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    before = acts.position(session, both), acts.position(session, both, EUR)

    def refused(error: type[Exception], sold: Money, used: Rate = rate, **more: str) -> None:
        with pytest.raises(error):
            acts.exchange(session, both, sold, used, key="s1", clock=clock, **more)  # type: ignore[arg-type]  # one word
        assert (acts.position(session, both), acts.position(session, both, EUR)) == before

    refused(InsufficientFunds, eur("100.02"))
    refused(CurrencyMismatch, usd("1.00"))
    refused(AmountOutOfRange, eur("0.00"))
    refused(InsufficientFunds, eur("1.00"), earmark="north")
    refused(Missing, eur("1.00"), earmark="nowhere")
    refused(Missing, eur("1.00"), rate_of("1.0850", EUR, USD, DAY, "nobody"))
    refused(Missing, eur("1.00"), rate_of("1.0851", EUR, USD, DAY, "bank"))
    later = rate_of("1.09", EUR, USD, DAY + timedelta(days=1), "bank")
    acts.record_rate(session, "main", later, key="x2", clock=clock)
    refused(PostingRefused, eur("1.00"), later)


def test_promised_money_is_not_exchanged(session: Session, both: PooledFund, clock: Clock) -> None:
    sell = rate_of("0.9200", USD, EUR, DAY, "bank")
    acts.record_rate(session, "main", sell, key="x2", clock=clock)
    acts.reserve(session, both, Promise("commitment", "well"), usd("60.00"), key="r1", clock=clock)
    with pytest.raises(InsufficientFunds) as caught:
        acts.exchange(session, both, usd("40.01"), sell, key="s1", clock=clock)
    assert (caught.value.figures["free"], caught.value.figures["asked"]) == ("40.00", "40.01")
    acts.exchange(session, both, usd("40.00"), sell, key="s1", clock=clock)
    assert acts.position(session, both).free == usd("0.00")


def test_an_exchange_stays_under_its_earmark_and_ends_with_it(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    brief = Earmark(code="brief", title="Until January 20", valid_until=date(2026, 1, 20))
    acts.open_earmark(session, "main", brief)
    acts.contribute(session, both, "lab", eur("10.00"), key="b1", clock=clock, earmark="brief")
    acts.exchange(session, both, eur("4.00"), rate, key="s1", clock=clock, earmark="brief")
    [held] = [one for one in acts.position(session, both).earmarks if one.earmark == "brief"]
    assert held.balance == usd("4.34")
    late = fixed_clock(datetime(2026, 1, 21, tzinfo=UTC))
    with pytest.raises(EarmarkExpired):
        acts.exchange(session, both, eur("4.00"), rate, key="s2", clock=late, earmark="brief")


def test_an_exchange_is_reversed_whole_and_once(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    before = acts.position(session, both), acts.position(session, both, EUR)
    made = acts.exchange(session, both, eur("50.01"), rate, key="s1", clock=clock)
    reverse(session, "main", made.id, key="u1", clock=clock)
    after = acts.position(session, both), acts.position(session, both, EUR)
    assert [one.balance for one in after] == [one.balance for one in before]
    assert [one.exchanged for one in after] == [zero(USD), zero(EUR)]
    with pytest.raises(AlreadyResolved):
        reverse(session, "main", made.id, key="u2", clock=clock)
    assert acts.verify(session, "main").findings == ()


def test_fees_are_taken_in_the_currency_of_the_deposit(
    session: Session, both: PooledFund, clock: Clock
) -> None:
    deposit = acts.contribute(session, both, "lab", eur("100.00"), key="e3", clock=clock)
    acts.charge_fee(session, both, "agent", deposit, FeeTerm(num=1, den=100), key="f1", clock=clock)
    assert acts.position(session, both, EUR).fees == eur("1.00")
    assert acts.position(session, both).fees == usd("0.00")


def test_a_transaction_has_one_conversion(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    made = acts.exchange(session, both, eur("1.00"), rate, key="s1", clock=clock)
    two = (convert(eur("1.00"), rate), convert(eur("2.00"), rate))
    with pytest.raises(PostingRefused, match="2 conversions"):
        Draft(kind="exchange", effective_on=None, legs=made.legs, conversions=two)


def test_legs_that_do_not_follow_the_rate_are_refused(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    made = acts.exchange(session, both, eur("1.00"), rate, key="s1", clock=clock)
    half = tuple(
        Leg(account=leg.account, side=leg.side, amount=leg.amount, line=leg.line, draws=leg.draws)
        for leg in made.legs
    )
    with pytest.raises(PostingRefused):
        post(session, "main", Draft(kind="exchange", effective_on=DAY, legs=half), key="s2", clock=clock)


def test_several_currencies_are_shown_in_one_with_the_difference_apart(
    session: Session, both: PooledFund, rate: Rate, clock: Clock
) -> None:
    day = Details(on=DAY + timedelta(days=2))
    acts.exchange(session, both, eur("50.01"), rate, key="s1", clock=clock, details=day)
    acts.spend(session, both, "hub", eur("10.00"), line="transfer", key="p1", clock=clock, details=day)
    span = {"after": DAY, "through": DAY + timedelta(days=30)}
    parts = [
        acts.make_statement(session, both, unit=unit, **span) for unit in acts.fund_currencies(session, both)
    ]
    first, last = rate, rate_of("1.2000", EUR, USD, DAY + timedelta(days=30), "bank")
    shown = translate(parts, USD, {"EUR": StatementRates(opening=first, movements=first, closing=last)})
    assert shown.parts == tuple(parts)
    assert shown.opening == usd("208.51")  # 100.00 and 100.01 EUR at 1.0850
    assert shown.closing == usd("154.26") + usd("48.00")  # 40.00 EUR at 1.2000
    assert (shown.sources, shown.uses) == (usd("54.26"), usd("54.26") + usd("10.85"))
    assert shown.translation_difference == usd("4.60")  # 40.00 EUR times 0.1150
    assert shown.difference == zero(USD)
    again = [
        acts.make_statement(session, both, unit=unit, **span) for unit in acts.fund_currencies(session, both)
    ]
    assert again == parts


def test_a_close_records_the_statements_of_every_currency(
    session: Session, both: PooledFund, clock: Clock
) -> None:
    late = fixed_clock(datetime(2026, 2, 1, tzinfo=UTC))
    acts.close_period(session, "main", date(2026, 1, 31), key="jan", clock=late)
    body = session.scalars(select(EVENT.c.body).where(EVENT.c.kind == "period.closed")).one()
    assert set(json.loads(body)["statements"]["water"]) == {"USD", "EUR"}
    with pytest.raises(PeriodClosed):
        acts.contribute(session, both, "giver", eur("1.00"), key="e9", clock=clock)


def test_a_translation_needs_each_rate_once_and_in_its_direction(
    session: Session, both: PooledFund, rate: Rate
) -> None:
    own, other = (acts.make_statement(session, both, unit=unit) for unit in (USD, EUR))
    same = StatementRates(opening=rate, movements=rate, closing=rate)
    alone = translate([own], USD, {})
    assert (alone.closing, alone.translation_difference) == (own.closing, zero(USD))
    for given in (
        {},
        {"EUR": StatementRates(**dict.fromkeys(("opening", "movements", "closing"), turned()))},
    ):
        with pytest.raises(CurrencyMismatch, match="from EUR to USD"):
            translate([own, other], USD, given)
    with pytest.raises(CurrencyMismatch, match="same currency"):
        translate([other, other], USD, {"EUR": same})
    with pytest.raises(CurrencyMismatch, match="one pair"):
        StatementRates(opening=rate, movements=rate, closing=turned())
    dated = acts.make_statement(session, both, through=DAY)
    with pytest.raises(ValueError, match="one span"):
        translate([dated, other], USD, {"EUR": same})


def turned() -> Rate:
    return rate_of("0.9217", USD, EUR, DAY, "bank")
