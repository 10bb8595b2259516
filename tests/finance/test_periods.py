"""A closed period stays as it was stated; a refusal is an answer; a correction names what it corrects."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from almoner import currency, money
from almoner.finance import acts
from almoner.finance.accounts import cash, pool
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import (
    AlreadyResolved,
    CurrencyMismatch,
    InsufficientFunds,
    KeyReused,
    PeriodClosed,
)
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Leg
from almoner.finance.posting import correct, post, post_many, reverse
from almoner.finance.records.tables import PERIOD, TXN
from almoner.finance.storage import Session

USD = currency("USD")
DECEMBER = date(2025, 12, 31)
WATER = PooledFund(book="main", code="water", title="Water", unit=USD)


def payment(amount: str, day: date | None = None) -> Draft:
    sum_ = money(amount, USD)
    return Draft(
        kind="transfer",
        effective_on=day,
        legs=(
            Leg(account=pool("water", USD), side=1, amount=sum_, line="transfer"),
            Leg(account=cash("water", USD), side=-1, amount=sum_, line="transfer"),
        ),
        payee="hub",
    )


def count(session: Session, act: str) -> int:
    return int(session.scalar(select(func.count()).select_from(TXN).where(TXN.c.act == act)) or 0)


def test_nothing_counts_for_a_closed_day(session: Session, funded: PooledFund, clock: Clock) -> None:
    post(session, "main", payment("5.00", DECEMBER), key="p0", clock=clock)
    assert acts.close_period(session, "main", DECEMBER, key="close-2025", clock=clock) == DECEMBER
    before = acts.make_statement(session, funded, through=DECEMBER)
    for day in (DECEMBER, date(2025, 1, 1)):
        with pytest.raises(PeriodClosed, match="closed period"):
            post(session, "main", payment("5.00", day), key="p1", clock=clock)
    post(session, "main", payment("5.00", date(2026, 1, 1)), key="p1", clock=clock)
    first = post(session, "main", payment("5.00", DECEMBER), key="p0", clock=clock)
    assert first.replayed
    reverse(session, "main", first.id, key="r0", clock=clock)  # counts for today
    assert acts.make_statement(session, funded, through=DECEMBER) == before
    assert acts.verify(session, "main").verified


def test_a_close_moves_forward_and_is_recorded_once(
    session: Session, funded: PooledFund, clock: Clock
) -> None:
    assert funded.book == "main"
    acts.close_period(session, "main", DECEMBER, key="close-2025", clock=clock)
    acts.close_period(session, "main", date(2026, 1, 10), key="close-2026", clock=clock)
    acts.close_period(session, "main", DECEMBER, key="close-2025", clock=clock)
    assert session.scalar(select(func.count()).select_from(PERIOD)) == 2
    for day in (DECEMBER, date(2026, 1, 10), date(2026, 1, 9)):
        with pytest.raises(PeriodClosed, match="is closed through 2026-01-10"):
            acts.close_period(session, "main", day, key="other", clock=clock)
    with pytest.raises(PeriodClosed, match="is not over on 2026-01-15"):
        acts.close_period(session, "main", clock().date(), key="other", clock=clock)
    with pytest.raises(KeyReused):
        acts.close_period(session, "main", date(2026, 1, 11), key="close-2026", clock=clock)
    assert acts.verify(session, "main").verified


@pytest.mark.usefixtures("funded")
def test_each_draft_of_a_batch_stands_for_itself(session: Session, clock: Clock) -> None:
    acts.close_period(session, "main", DECEMBER, key="close-2025", clock=clock)
    drafts = [
        ("a", payment("100.00")),
        ("b", payment("50.01")),
        ("c", payment("1.00", DECEMBER)),
        ("d", payment("50.00")),
        ("a", payment("100.00")),
        ("d", payment("49.00")),
    ]
    outcomes = post_many(session, "main", drafts, clock=clock, mode="each")
    errors = [type(one.error) if one.error else None for one in outcomes]
    assert errors == [None, InsufficientFunds, PeriodClosed, None, None, KeyReused]
    assert [one.key for one in outcomes] == ["a", "b", "c", "d", "a", "d"]
    assert outcomes[4].transaction == replace(outcomes[0].transaction, replayed=True)  # type: ignore[type-var]  # posted
    assert count(session, "refused") == 2
    acts.contribute(
        session,
        WATER,
        "giver",
        money("500.00", USD),
        key="c9",
        clock=clock,
    )
    later = fixed_clock(clock() + timedelta(days=1))
    again = post_many(session, "main", drafts, clock=later, mode="each")
    for first, second in zip(outcomes, again, strict=True):
        if first.error is None:
            assert second.transaction == replace(first.transaction, replayed=True)  # type: ignore[type-var]  # posted
        else:
            assert type(second.error) is type(first.error)
            assert second.error is not None
            assert (second.error.message, dict(second.error.figures)) == (
                first.error.message,
                dict(first.error.figures),
            )
    with pytest.raises(InsufficientFunds, match="50\\.01"):
        post(session, "main", payment("50.01"), key="b", clock=later)
    with pytest.raises(KeyReused):
        post(session, "main", payment("50.02"), key="b", clock=later)
    assert count(session, "refused") == 2
    assert acts.verify(session, "main").verified


@pytest.mark.usefixtures("funded")
def test_a_batch_of_one_outcome_and_an_empty_one(session: Session, clock: Clock) -> None:
    assert post_many(session, "main", [], clock=clock, mode="each") == ()
    with pytest.raises(CurrencyMismatch):
        replace(payment("1.00").legs[0], amount=money("1", "JPY"))
    (outcome,) = post_many(session, "main", [("z", payment("150.01"))], clock=clock, mode="each")
    assert isinstance(outcome.error, InsufficientFunds)
    assert outcome.transaction is None


@pytest.mark.usefixtures("funded")
def test_floors_hold_in_the_order_of_a_batch(session: Session, clock: Clock) -> None:
    with pytest.raises(InsufficientFunds) as caught:
        post_many(session, "main", [("x", payment("150.00")), ("y", payment("0.01"))], clock=clock)
    assert caught.value.figures["free"] == "0.00"
    assert count(session, "posted") == 2


def test_a_correction_reverses_and_names_what_it_corrects(
    session: Session, funded: PooledFund, clock: Clock
) -> None:
    wrong = post(session, "main", payment("15.00"), key="p1", clock=clock)
    right = correct(session, "main", wrong.id, payment("150.00"), key="p1-right", clock=clock)
    assert right.corrects == wrong.id
    assert acts.position(session, funded).balance == money("0.00", USD)
    assert correct(session, "main", wrong.id, payment("150.00"), key="p1-right", clock=clock).replayed
    with pytest.raises(AlreadyResolved):
        correct(session, "main", wrong.id, payment("1.00"), key="p1-other", clock=clock)
    assert acts.verify(session, "main").verified


@pytest.mark.usefixtures("funded")
def test_a_correction_that_cannot_be_posted_reverses_nothing(session: Session, clock: Clock) -> None:
    wrong = post(session, "main", payment("15.00"), key="p1", clock=clock)
    with pytest.raises(InsufficientFunds):
        correct(session, "main", wrong.id, payment("150.01"), key="p2", clock=clock)
    assert count(session, "reverse") == 0
    assert acts.position(session, WATER).free == money("135.00", USD)


@pytest.mark.usefixtures("funded")
def test_a_full_disk_is_no_refusal_and_takes_no_key(session: Session, clock: Clock) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("only SQLite lets a test bound the size of a database")
    session.commit()
    pages = int(session.scalar(text("PRAGMA page_count")) or 0)
    largest = session.scalar(text("PRAGMA max_page_count"))
    drafts = [(f"full-{n}", replace(payment("0.01"), note="n" * 900)) for n in range(40)]
    session.execute(text(f"PRAGMA max_page_count = {pages}"))
    session.commit()
    for each in ("all", "each"):
        with pytest.raises(OperationalError, match="full"):
            post_many(session, "main", drafts, clock=clock, mode=each)
        session.rollback()
    session.execute(text(f"PRAGMA max_page_count = {largest}"))
    assert count(session, "refused") == 0
    outcomes = post_many(session, "main", drafts, clock=clock, mode="each")
    assert [one.error for one in outcomes] == [None] * 40
