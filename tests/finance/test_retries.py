from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise, cash, pool
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import (
    InsufficientFunds,
    KeyReused,
    PostingRefused,
)
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Draw, Leg, Source
from almoner.finance.parties import Party
from almoner.finance.posting import MAX_BATCH, post, post_many, reverse
from almoner.finance.records.tables import EVENT, LOT, TXN
from almoner.finance.storage import Session

USD = currency("USD")
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


def lots(session: Session) -> list[int]:
    return list(session.scalars(select(LOT.c.remaining).order_by(LOT.c.contribution_id)))


@pytest.mark.usefixtures("funded")
def test_the_same_key_and_draft_give_the_first_answer_again(session: Session, clock: Clock) -> None:
    first = post(session, "main", payment(1000), key="p1", clock=clock)
    before = rows(session)
    later = fixed_clock(clock() + timedelta(days=9))
    again = post(session, "main", payment(1000), key="p1", clock=later)
    assert again == replace(first, replayed=True)
    assert rows(session) == before


@pytest.mark.parametrize(
    "other",
    [
        payment(1001),
        payment(1000, draws=(Draw(contribution="c1", minor=1000),)),
        payment(1000, line="direct_cost"),
        replace(payment(1000), kind="cost"),
        replace(payment(1000), payee="lab"),
        replace(payment(1000), note="second half"),
        replace(payment(1000), effective_on=date(2026, 1, 16)),
        replace(payment(1000), effective_on=None),
        replace(payment(1000), source=Source(kind="invented", reference="x")),
        replace(payment(1000), use=(("region", "north"),)),
    ],
)
@pytest.mark.usefixtures("funded")
def test_a_key_with_another_request_is_refused_and_nothing_is_written(
    session: Session, clock: Clock, other: Draft
) -> None:
    post(session, "main", payment(1000), key="p1", clock=clock)
    before = rows(session)
    with pytest.raises(KeyReused, match="'p1' already belongs to another request"):
        post(session, "main", other, key="p1", clock=clock)
    assert rows(session) == before
    assert acts.verify(session, "main").verified


def test_clients_and_books_have_their_own_keys(session: Session, funded: PooledFund, clock: Clock) -> None:
    first = post(session, "main", payment(1000), key="p1", clock=clock)
    second = post(session, "main", payment(2000), key="p1", clock=clock, client="door")
    assert first.id != second.id
    acts.open_book(session, "annex", USD)
    annex = acts.open_fund(session, "annex", "water", USD, title="Annex")
    acts.register_party(session, "annex", Party(code="giver", name="Giver"))
    acts.contribute(session, annex, "giver", usd("7.00"), key="c1", clock=clock)
    assert acts.position(session, annex).free == usd("7.00")
    assert acts.position(session, funded).free == usd("120.00")
    assert acts.verify(session, "annex").verified


def test_a_retry_after_midnight_is_the_same_request(
    session: Session, funded: PooledFund, clock: Clock
) -> None:
    tomorrow = fixed_clock(clock() + timedelta(days=1))
    well = Promise("commitment", "well")
    doings: list[Callable[[Clock], Any]] = [
        lambda at: acts.pledge(session, funded, "giver", usd("5.00"), key="k0", clock=at),
        lambda at: acts.contribute(
            session, funded, "giver", usd("5.00"), key="k1", clock=at, from_pledge=True
        ),
        lambda at: acts.receive_income(session, funded, "giver", usd("1.00"), key="k2", clock=at),
        lambda at: acts.reserve(session, funded, well, usd("20.00"), key="k3", clock=at),
        lambda at: acts.pay_reserved(session, funded, well, usd("5.00"), "hub", key="k4", clock=at),
        lambda at: acts.release(session, funded, well, key="k5", clock=at),
        lambda at: acts.spend(session, funded, "hub", usd("5.00"), line="transfer", key="k6", clock=at),
    ]
    first = [do(clock) for do in doings]
    stored = rows(session)
    again = [do(tomorrow) for do in doings]
    assert rows(session) == stored
    for one, two in zip(first[3:], again[3:], strict=True):
        assert one == (two if isinstance(two, Money) else replace(two, replayed=False))
    payment_id = first[4].id
    back = acts.refund(session, funded, "hub", payment_id, usd("2.00"), key="k7", clock=clock)
    assert acts.refund(session, funded, "hub", payment_id, usd("2.00"), key="k7", clock=tomorrow) == replace(
        back, replayed=True
    )
    undone = reverse(session, "main", first[6].id, key="k8", clock=clock)
    assert reverse(session, "main", first[6].id, key="k8", clock=tomorrow) == replace(undone, replayed=True)


def test_acts_refuse_a_key_with_another_body(session: Session, funded: PooledFund, clock: Clock) -> None:
    well, pump = Promise("commitment", "well"), Promise("commitment", "pump")
    acts.reserve(session, funded, well, usd("20.00"), key="e1", clock=clock)
    paid = acts.pay_reserved(session, funded, well, usd("5.00"), "hub", key="p1", clock=clock)
    acts.refund(session, funded, "hub", paid.id, usd("1.00"), key="r1", clock=clock)
    acts.release(session, funded, well, key="l1", clock=clock)
    acts.reserve(session, funded, pump, usd("20.00"), key="e2", clock=clock)
    before = rows(session)
    wrong: list[Callable[[], Any]] = [
        lambda: acts.contribute(session, funded, "other", usd("100.00"), key="c1", clock=clock),
        lambda: acts.contribute(session, funded, "giver", usd("100.01"), key="c1", clock=clock),
        lambda: acts.contribute(session, funded, "giver", usd("100.00"), key="p1", clock=clock),
        lambda: acts.contribute(
            session, funded, "giver", usd("100.00"), key="c1", clock=clock, earmark="north"
        ),
        lambda: acts.receive_income(session, funded, "giver", usd("100.00"), key="c1", clock=clock),
        lambda: acts.reserve(session, funded, pump, usd("20.00"), key="e1", clock=clock),
        lambda: acts.reserve(session, funded, well, usd("20.00"), key="e1", clock=clock, use={"region": "x"}),
        lambda: acts.pay_reserved(session, funded, well, usd("5.00"), "lab", key="p1", clock=clock),
        lambda: acts.pay_reserved(session, funded, well, usd("5.01"), "hub", key="p1", clock=clock),
        lambda: acts.refund(session, funded, "hub", paid.id, usd("1.01"), key="r1", clock=clock),
        lambda: acts.refund(session, funded, "hub", paid.id, usd("1.00"), key="p1", clock=clock),
        lambda: acts.release(session, funded, pump, key="l1", clock=clock),
        lambda: acts.release(session, funded, pump, key="c1", clock=clock),
        lambda: reverse(session, "main", paid.id, key="c1", clock=clock),
    ]
    for do in wrong:
        with pytest.raises(KeyReused):
            do()
    assert rows(session) == before
    assert acts.verify(session, "main").verified


@pytest.mark.usefixtures("funded")
def test_a_batch_is_posted_whole_or_not_at_all(session: Session, clock: Clock) -> None:
    before = rows(session), lots(session)
    batch = [("p1", payment(5000)), ("p2", payment(5000)), ("p3", payment(5001))]
    with pytest.raises(InsufficientFunds, match=r"50\.01 USD is asked") as caught:
        post_many(session, "main", batch, clock=clock)
    assert caught.value.figures["asked"] == "50.01"
    assert caught.value.figures["free"] == "50.00"
    assert caught.value.figures["short"] == "0.01"
    assert (rows(session), lots(session)) == before
    posted = post_many(session, "main", batch[:2], clock=clock)
    assert [one.replayed for one in posted] == [False, False]
    assert [one.replayed for one in post_many(session, "main", batch[:2], clock=clock)] == [True, True]


@pytest.mark.usefixtures("funded")
def test_a_key_twice_in_a_batch_replays_or_is_refused(session: Session, clock: Clock) -> None:
    twice = post_many(session, "main", [("p1", payment(10)), ("p1", payment(10))], clock=clock)
    assert twice[1] == replace(twice[0], replayed=True)
    with pytest.raises(KeyReused):
        post_many(session, "main", [("p2", payment(10)), ("p2", payment(11))], clock=clock)
    assert post(session, "main", payment(12), key="p2", clock=clock).replayed is False


@pytest.mark.usefixtures("water")
def test_an_empty_batch_and_one_too_large(session: Session, clock: Clock) -> None:
    assert post_many(session, "main", [], clock=clock) == ()
    with pytest.raises(PostingRefused, match="8193 transactions in one batch: the limit is 8192"):
        post_many(session, "main", [("k", payment(1))] * (MAX_BATCH + 1), clock=clock)
