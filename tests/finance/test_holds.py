"""Holds: what is under way is neither paid nor free, and ends once."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

import pytest

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise, cash, memo, obligation, pool
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import (
    AlreadyResolved,
    AmountOutOfRange,
    CurrencyMismatch,
    HoldExpired,
    InsufficientFunds,
    KeyReused,
    Missing,
    PostingRefused,
)
from almoner.finance.funds import PooledFund
from almoner.finance.ledger import Draft, Draw, Leg
from almoner.finance.posting import expire_due, find_hold, hold, post, reverse, settle, void
from almoner.finance.records.entries import list_balances
from almoner.finance.records.registry import find_book_id
from almoner.finance.storage import Session

USD = currency("USD")
PAIR: tuple[tuple[str, Literal[1, -1]], ...] = (("pledged/giver", 1), ("expected-eur", -1))


def usd(amount: str) -> Money:
    return money(amount, "USD")


def payment(amount: str) -> Draft:
    sum_ = usd(amount)
    return Draft(
        kind="transfer",
        effective_on=None,
        legs=(
            Leg(account=pool("water", USD), side=1, amount=sum_, line="transfer"),
            Leg(account=cash("water", USD), side=-1, amount=sum_, line="transfer"),
        ),
        payee="hub",
    )


def under(promise: Promise, amount: str) -> Draft:
    """Draft a payment out of a promise: held, it releases the promise at once."""
    plain, sum_ = payment(amount), usd(amount)
    released = (
        Leg(account=pool("water", USD), side=1, amount=-sum_, line="release", layer="E"),
        Leg(account=obligation("water", USD, promise), side=-1, amount=-sum_, line="release", layer="E"),
    )
    return replace(plain, kind="payout", legs=plain.legs + released)


def state(session: Session) -> dict[str, tuple[str, str, str, str]]:
    rows = list_balances(session, find_book_id(session, "main"), "water")
    return {
        row.account.path: (row.settled.text, row.held.text, row.promised.text, row.outstanding.text)
        for row in rows
        if row.account.path in {"water/pool", "water/cash", "water/commitment/well"}
    }


def later(clock: Clock, **span: int) -> Clock:
    return fixed_clock(clock() + timedelta(**span))


@pytest.mark.usefixtures("funded")
def test_what_is_held_is_neither_paid_nor_free(session: Session, clock: Clock) -> None:
    held = hold(
        session, "main", payment("60.00"), key="h1", clock=clock, expires_at=clock() + timedelta(days=2)
    )
    assert (held.act, held.expires_at) == ("pending", clock() + timedelta(days=2))
    assert state(session)["water/pool"][:2] == ("150.00", "60.00")
    with pytest.raises(InsufficientFunds) as caught:
        post(session, "main", payment("90.01"), key="p1", clock=clock)
    assert caught.value.figures["free"] == "90.00"
    post(session, "main", payment("90.00"), key="p1", clock=clock)
    assert acts.verify(session, "main").verified


@pytest.mark.usefixtures("funded")
def test_a_hold_settles_in_full_once(session: Session, clock: Clock) -> None:
    held = hold(
        session, "main", payment("60.00"), key="h1", clock=clock, expires_at=clock() + timedelta(days=2)
    )
    done = settle(session, "main", held.id, key="s1", clock=later(clock, days=1))
    assert (done.act, done.parent) == ("post", held.id)
    assert state(session)["water/pool"] == ("90.00", "0.00", "0.00", "0.00")
    assert {draw.contribution: draw.minor for leg in done.legs for draw in leg.draws} == {
        "c1": 4000,
        "c2": 2000,
    }
    again = settle(session, "main", held.id, key="s1", clock=later(clock, days=1))
    assert again == replace(done, replayed=True)
    for end in (settle, void):
        with pytest.raises(AlreadyResolved, match="already settled, voided or expired"):
            end(session, "main", held.id, key="s2", clock=later(clock, days=1))
    assert expire_due(session, "main", clock=later(clock, days=3)) == ()
    assert sum(use.amount.minor for use in acts.trace(session, "main", done.id)) == 6000
    assert acts.verify(session, "main").verified


def test_a_hold_that_has_ended_is_told_as_such_where_its_money_is_gone_too(
    session: Session, clock: Clock, funded: PooledFund
) -> None:
    held = hold(session, "main", payment("140.00"), key="h1", clock=clock, expires_at=clock() + timedelta(1))
    settle(session, "main", held.id, key="s1", clock=clock, amount=usd("90.00"))
    for key in ("s2", "s2", "s3"):
        with pytest.raises(AlreadyResolved, match="already settled, voided or expired"):
            settle(session, "main", held.id, key=key, clock=clock)
    assert acts.position(session, funded).free == usd("60.00")


@pytest.mark.parametrize("share", ["0.01", "20.00", "33.33", "59.99"])
def test_part_of_a_hold_settles_and_the_rest_is_as_it_was(
    session: Session, funded: PooledFund, clock: Clock, share: str
) -> None:
    well = Promise("commitment", "well")
    acts.reserve(
        session,
        funded,
        well,
        usd("100.00"),
        key="e1",
        clock=clock,
    )
    until = clock() + timedelta(days=2)
    held = hold(session, "main", under(well, "60.00"), key="h1", clock=clock, expires_at=until)
    assert state(session)["water/pool"] == ("150.00", "60.00", "40.00", "0.00")
    done = settle(session, "main", held.id, key="s1", clock=clock, amount=usd(share))
    rest = (usd("100.00") - usd(share)).text
    assert state(session)["water/pool"] == ((usd("150.00") - usd(share)).text, "0.00", rest, "0.00")
    assert state(session)["water/commitment/well"][3] == rest
    reverse(session, "main", done.id, key="r1", clock=clock)
    assert state(session)["water/pool"] == ("150.00", "0.00", "100.00", "0.00")
    assert state(session)["water/commitment/well"][3] == "100.00"
    assert acts.verify(session, "main").verified


def test_a_void_and_an_expiry_undo_the_whole_hold(session: Session, funded: PooledFund, clock: Clock) -> None:
    well = Promise("commitment", "well")
    acts.reserve(session, funded, well, usd("100.00"), key="e1", clock=clock)
    before = state(session)
    until = clock() + timedelta(days=2)
    first = hold(session, "main", under(well, "60.00"), key="h1", clock=clock, expires_at=until)
    void(session, "main", first.id, key="v1", clock=later(clock, days=9))  # late, and still possible
    assert state(session) == before
    second = hold(session, "main", under(well, "70.00"), key="h2", clock=clock, expires_at=until)
    assert expire_due(session, "main", clock=fixed_clock(until)) == ()
    late = fixed_clock(until + timedelta(microseconds=1))
    with pytest.raises(HoldExpired):
        settle(session, "main", second.id, key="s2", clock=late)
    (expired,) = expire_due(session, "main", clock=late)
    assert (expired.act, expired.parent) == ("expire", second.id)
    assert expire_due(session, "main", clock=late) == ()
    assert state(session) == before
    assert acts.verify(session, "main").verified


@pytest.mark.usefixtures("funded")
def test_bad_holds_are_refused_with_nothing_written(session: Session, clock: Clock) -> None:
    before = state(session)
    tomorrow = clock() + timedelta(days=1)
    draft = payment("10.00")
    drawn = tuple(replace(leg, draws=(Draw(contribution="c1", minor=1000),)) for leg in draft.legs[:1])
    wrong: list[tuple[Draft, object, type[Exception]]] = [
        (draft, clock(), PostingRefused),
        (replace(draft, legs=drawn + draft.legs[1:]), tomorrow, PostingRefused),
        (payment("150.01"), tomorrow, InsufficientFunds),
    ]
    for asked, until, error in wrong:
        with pytest.raises(error):
            hold(session, "main", asked, key="h1", clock=clock, expires_at=until)  # type: ignore[arg-type]  # a table of mixed cases
    paid = post(session, "main", payment("1.00"), key="p1", clock=clock)
    with pytest.raises(PostingRefused, match="is no hold: it is posted"):
        find_hold(session, "main", paid.id)
    reverse(session, "main", paid.id, key="r1", clock=clock)
    held = hold(session, "main", draft, key="h1", clock=clock, expires_at=tomorrow)
    with pytest.raises(KeyReused):
        hold(session, "main", draft, key="h1", clock=clock, expires_at=tomorrow + timedelta(days=1))
    for amount in (usd("0.00"), usd("10.01"), money("5", "JPY")):
        with pytest.raises(AmountOutOfRange):
            settle(session, "main", held.id, key="s1", clock=clock, amount=amount)
    with pytest.raises(Missing):
        void(session, "main", paid.id.__class__(int=7), key="v1", clock=clock)
    with pytest.raises(PostingRefused, match="is pending: only what was posted"):
        reverse(session, "main", held.id, key="r2", clock=clock)
    void(session, "main", held.id, key="v1", clock=clock)
    assert state(session) == before
    assert acts.verify(session, "main").verified


def test_a_hold_of_two_units_settles_only_in_full(session: Session, funded: PooledFund, clock: Clock) -> None:
    euros = currency("EUR")
    other = tuple(
        Leg(account=memo(funded.code, euros, name, 1), side=side, amount=money("3.00", euros), line="pledge")
        for name, side in PAIR
    )
    plain = payment("10.00")
    draft = replace(plain, legs=plain.legs + other)
    until = clock() + timedelta(days=1)
    held = hold(session, "main", draft, key="h1", clock=clock, expires_at=until)
    with pytest.raises(CurrencyMismatch, match="settles only in full"):
        settle(session, "main", held.id, key="s1", clock=clock, amount=usd("5.00"))
    settle(session, "main", held.id, key="s1", clock=clock)
    assert acts.verify(session, "main").verified


def test_a_hold_counts_for_the_day_it_settles(session: Session, funded: PooledFund, clock: Clock) -> None:
    until = clock() + timedelta(days=40)
    held = hold(session, "main", payment("10.00"), key="h1", clock=clock, expires_at=until)
    done = settle(session, "main", held.id, key="s1", clock=later(clock, days=31))
    assert done.effective_on == (clock() + timedelta(days=31)).date()
    through = date(2026, 1, 31)
    assert acts.make_statement(session, funded, through=through).amount("transfer") == usd("0.00")
    assert acts.make_statement(session, funded).amount("transfer") == usd("10.00")
