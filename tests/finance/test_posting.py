import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Account, Promise, cash, memo, obligation, pool
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import (
    AlreadyExists,
    AlreadyResolved,
    AmountOutOfRange,
    InsufficientFunds,
    KeyReused,
    Missing,
    OverdrawnCommitment,
    PostingRefused,
)
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import in_kind_unit
from almoner.finance.ledger import Details, Draft, Draw, Leg
from almoner.finance.money import MAX_MINOR
from almoner.finance.posting import derive_id, post, record_event, reverse
from almoner.finance.records.tables import EVENT, LOT, TXN
from almoner.finance.requests import request_digest
from almoner.finance.storage import Session

USD = currency("USD")
DAY = date(2026, 1, 15)
HOUR = in_kind_unit("hour", 2)


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


def test_the_floor_names_the_account_that_would_fall_below_it(
    session: Session, funded: PooledFund, clock: Clock
) -> None:
    acts.reserve(session, funded, Promise("commitment", "well"), usd("120.00"), key="e1", clock=clock)
    with pytest.raises(InsufficientFunds) as caught:
        post(session, "main", payment(5000), key="p1", clock=clock)
    assert caught.value.figures == {
        "fund": "water",
        "earmark": "unrestricted",
        "asked": "50.00",
        "free": "30.00",
        "short": "20.00",
        "unit": "USD",
    }


def test_a_refused_transaction_opens_no_account_and_no_contribution(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    tables = ("account", "contribution", "txn", "event", "unit")

    def counts() -> list[int]:
        return [int(session.scalar(text(f"SELECT count(*) FROM {name}")) or 0) for name in tables]  # noqa: S608  # constants

    acts.contribute(session, water, "giver", Money(minor=MAX_MINOR, unit=USD), key="c0", clock=clock)
    before = counts()
    with pytest.raises(AmountOutOfRange, match="turn over"):
        acts.contribute(session, water, "giver", usd("0.01"), key="c1", clock=clock)
    with pytest.raises(Missing):
        acts.contribute(session, water, "nobody", usd("1.00"), key="c2", clock=clock)
    with pytest.raises(Missing):
        acts.contribute(session, water, "giver", usd("1.00"), key="c3", clock=clock, earmark="nowhere")
    with pytest.raises(AmountOutOfRange):
        acts.offer_in_kind(session, water, "giver", Money(minor=0, unit=HOUR), key="g1", clock=clock)
    assert counts() == before
    draft = replace(
        payment(10), legs=tuple(replace(leg, account=moved(leg.account)) for leg in payment(10).legs)
    )
    with pytest.raises(InsufficientFunds, match="earmark 'north'"):
        post(session, "main", draft, key="p1", clock=clock)
    assert counts() == before
    assert acts.verify(session, "main").verified


def moved(account: Account) -> Account:
    return replace(account, earmark="north") if account.role == "pool" else account


def test_the_whole_range_of_int64_money_is_kept_exactly(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    whole = Money(minor=MAX_MINOR, unit=USD)
    acts.contribute(session, water, "giver", whole, key="c1", clock=clock)
    assert acts.position(session, water).free == whole
    acts.spend(session, water, "hub", whole, line="transfer", key="p1", clock=clock)
    position = acts.position(session, water)
    assert (position.free.minor, position.disbursed) == (0, whole)
    assert acts.make_statement(session, water).difference.minor == 0
    assert acts.donor_statement(session, water, "giver").difference.minor == 0
    with pytest.raises(AmountOutOfRange):
        acts.contribute(session, water, "giver", usd("0.01"), key="c2", clock=clock)


def test_pro_rata_draws_follow_what_each_contribution_has_left(
    session: Session, funded: PooledFund, clock: Clock
) -> None:
    posted = acts.spend(session, funded, "hub", usd("0.10"), line="transfer", key="p1", clock=clock)
    shares = {use.contribution: use.amount for use in acts.trace(session, "main", posted.id)}
    assert shares == {"c1": usd("0.07"), "c2": usd("0.03")}


def test_fifo_draws_take_the_oldest_money_first(session: Session, water: PooledFund, clock: Clock) -> None:
    fund = acts.open_fund(session, "main", "queue", USD, title="Queue", draw_rule="fifo")
    for key, amount in (("c1", "10.00"), ("c2", "20.00"), ("c3", "30.00")):
        acts.contribute(session, fund, "giver", usd(amount), key=key, clock=clock)
    posted = acts.spend(session, fund, "hub", usd("25.00"), line="transfer", key="p1", clock=clock)
    assert [(use.contribution, use.amount.text) for use in acts.trace(session, "main", posted.id)] == [
        ("c1", "10.00"),
        ("c2", "15.00"),
    ]
    assert acts.position(session, water).free.minor == 0


def test_two_debits_of_one_pool_share_its_lots(session: Session, water: PooledFund, clock: Clock) -> None:
    fund = acts.open_fund(session, "main", "queue", USD, title="Queue", draw_rule="fifo")
    for key in ("c1", "c2"):
        acts.contribute(session, fund, "giver", usd("10.00"), key=key, clock=clock)
    each = Leg(account=pool("queue", USD), side=1, amount=usd("8.00"), line="transfer")
    paid = Leg(account=cash("queue", USD), side=-1, amount=usd("16.00"), line="transfer")
    posted = post(
        session, "main", Draft(kind="x", effective_on=DAY, legs=(each, each, paid)), key="p", clock=clock
    )
    assert [[draw.minor for draw in leg.draws] for leg in posted.legs] == [[800], [200, 600], []]
    assert acts.position(session, water).free.minor == 0


@pytest.mark.usefixtures("funded")
def test_draws_may_be_named_in_any_order(session: Session, clock: Clock) -> None:
    draws = (Draw(contribution="c2", minor=400), Draw(contribution="c1", minor=600))
    posted = post(session, "main", payment(1000, draws=draws), key="p1", clock=clock)
    assert posted.legs[0].draws == draws
    assert acts.verify(session, "main").findings == ()


@pytest.mark.usefixtures("funded")
@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (payment(1000, draws=(Draw(contribution="c1", minor=999),)), "do not sum"),
        (payment(1000, draws=(Draw(contribution="c1", minor=1001),)), "do not sum"),
        (payment(1000, line="allocation"), "internal line"),
    ],
)
def test_what_the_database_refuses_is_said_in_words(
    session: Session, clock: Clock, draft: Draft, said: str
) -> None:
    with pytest.raises(PostingRefused, match=said) as caught:
        post(session, "main", draft, key="x", clock=clock)
    assert "Nothing was written" in caught.value.message
    assert acts.verify(session, "main").verified


@pytest.mark.usefixtures("funded")
def test_a_draw_beyond_a_lot_says_what_is_left_of_the_contribution(session: Session, clock: Clock) -> None:
    with pytest.raises(InsufficientFunds) as caught:
        post(
            session, "main", payment(5001, draws=(Draw(contribution="c2", minor=5001),)), key="x", clock=clock
        )
    assert caught.value.figures["contribution"] == "c2"
    assert (caught.value.figures["free"], caught.value.figures["short"]) == ("50.00", "0.01")
    with pytest.raises(Missing, match="no contribution 'c9'"):
        post(session, "main", payment(1, draws=(Draw(contribution="c9", minor=1),)), key="y", clock=clock)


@pytest.mark.usefixtures("funded")
def test_a_release_beyond_the_promise_is_an_overdrawn_commitment(session: Session, clock: Clock) -> None:
    owed = obligation("water", USD, Promise("commitment", "well"))
    legs = (
        Leg(account=pool("water", USD), side=1, amount=usd("-1.00"), line="release", layer="E"),
        Leg(account=owed, side=-1, amount=usd("-1.00"), line="release", layer="E"),
    )
    with pytest.raises(OverdrawnCommitment):
        post(session, "main", Draft(kind="x", effective_on=DAY, legs=legs), key="x", clock=clock)


@pytest.mark.usefixtures("funded")
def test_cash_does_not_leave_without_an_owner(session: Session, clock: Clock) -> None:
    legs = (
        Leg(account=memo("water", USD, "expected", -1), side=1, amount=usd("1.00"), line="pledge"),
        Leg(account=cash("water", USD), side=-1, amount=usd("1.00"), line="transfer"),
    )
    with pytest.raises(PostingRefused, match="whose it is would differ"):
        post(session, "main", Draft(kind="x", effective_on=DAY, legs=legs), key="x", clock=clock)


def test_one_path_belongs_to_one_account(session: Session, funded: PooledFund, clock: Clock) -> None:
    acts.reserve(session, funded, Promise("commitment", "cash"), usd("1.00"), key="e1", clock=clock)
    twin = acts.open_fund(session, "main", "water/commitment", USD, title="Twin")
    with pytest.raises(AlreadyExists, match="water/commitment/cash"):
        acts.contribute(session, twin, "giver", usd("1.00"), key="c9", clock=clock)


def test_a_reversal_is_the_exact_mirror_once(session: Session, funded: PooledFund, clock: Clock) -> None:
    before = acts.position(session, funded), lots(session)
    paid = acts.spend(session, funded, "hub", usd("10.00"), line="transfer", key="p1", clock=clock)
    undone = reverse(session, "main", paid.id, key="r1", clock=clock)
    assert (acts.position(session, funded), lots(session)) == before
    assert undone.kind == "reversal"
    with pytest.raises(AlreadyResolved, match="it was already reversed") as caught:
        reverse(session, "main", paid.id, key="r2", clock=clock)
    assert caught.value.figures["reason"] == "it was already reversed"
    with pytest.raises(PostingRefused, match="is itself a reversal"):
        reverse(session, "main", undone.id, key="r3", clock=clock)
    with pytest.raises(Missing):
        reverse(session, "main", UUID(int=1), key="r4", clock=clock)
    assert acts.verify(session, "main").verified


def test_a_spent_contribution_is_not_reversed(session: Session, funded: PooledFund, clock: Clock) -> None:
    identity = session.scalar(select(TXN.c.id).where(TXN.c.idem_key == "c2"))
    acts.spend(session, funded, "hub", usd("10.00"), line="transfer", key="p1", clock=clock)
    with pytest.raises(InsufficientFunds, match=r"c2 has 46\.67 USD left"):
        reverse(session, "main", cast("UUID", identity), key="r1", clock=clock)
    assert acts.verify(session, "main").verified


def test_promises_are_reversed_too(session: Session, funded: PooledFund, clock: Clock) -> None:
    well = Promise("commitment", "well")
    promised = acts.reserve(session, funded, well, usd("40.00"), key="e1", clock=clock)
    paid = acts.pay_reserved(session, funded, well, usd("15.00"), "hub", key="p1", clock=clock)
    with pytest.raises(OverdrawnCommitment):
        reverse(session, "main", promised.id, key="r1", clock=clock)
    reverse(session, "main", paid.id, key="r2", clock=clock)
    assert acts.promised(session, funded, well) == usd("40.00")
    reverse(session, "main", promised.id, key="r3", clock=clock)
    assert acts.position(session, funded).free == usd("150.00")


def test_an_event_is_recorded_once_per_key(session: Session, water: PooledFund, clock: Clock) -> None:
    body = {"claim": "q1", "value": 412}
    first, new = record_event(session, water.book, "claim.made", body, key="k1", clock=clock)
    assert new
    assert record_event(session, "main", "claim.made", body, key="k1", clock=clock) == (first, False)
    with pytest.raises(KeyReused, match=r"'k1' already belongs to another request \(claim\.made\)"):
        record_event(session, "main", "claim.made", {"claim": "q1", "value": 413}, key="k1", clock=clock)
    other, new = record_event(session, "main", "claim.kept", body, key="k1", clock=clock)
    assert new
    assert other != first
    with pytest.raises(TypeError, match="float"):
        record_event(session, "main", "claim.made", {"value": 0.5}, key="k2", clock=clock)
    with pytest.raises(Missing):
        record_event(session, "annex", "claim.made", body, key="k1", clock=clock)
    assert acts.verify(session, "main").verified


def test_identities_carry_the_time_and_are_derived_from_the_key() -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert derive_id("main", "library", "k", early) == UUID("019b76da-a800-7a37-9725-a54514b02886")
    assert derive_id("main", "library", "k", early).variant == "specified in RFC 4122"
    assert derive_id("main", "library", "z", early) < derive_id("main", "library", "a", late)
    assert (
        len({derive_id(*names, early) for names in (("a", "b", "c"), ("a", "c", "b"), ("ab", "", "c"))}) == 3
    )


def test_a_request_is_known_by_the_digest_of_its_exact_bytes() -> None:
    content = (
        b'{"effective_on":"2026-01-15","legs":['
        b'{"account":"water/pool","amount":"1000","draws":[],"earmark":"unrestricted","layer":"S",'
        b'"line":"transfer","side":1,"unit":"USD"},'
        b'{"account":"water/cash","amount":"1000","draws":[],"earmark":"unrestricted","layer":"S",'
        b'"line":"transfer","side":-1,"unit":"USD"}],'
        b'"note":"","payee":"hub","source":{"kind":"recorded","reference":""},"transaction":"transfer"}'
    )
    assert request_digest(payment(1000)) == hashlib.sha256(content).digest()


@pytest.mark.usefixtures("funded")
def test_a_naive_clock_is_refused_before_anything_is_written(session: Session) -> None:
    before = rows(session)
    with pytest.raises(ValueError, match="no time zone"):
        post(session, "main", payment(1), key="p1", clock=lambda: datetime(2026, 1, 1))  # noqa: DTZ001  # the fault
    assert rows(session) == before


def test_days_follow_from_the_clock_in_utc(session: Session, funded: PooledFund) -> None:
    late = fixed_clock(datetime.fromisoformat("2026-02-01T01:30:00+03:00"))
    paid = acts.spend(session, funded, "hub", usd("1.00"), line="transfer", key="p1", clock=late)
    assert paid.effective_on == date(2026, 1, 31)
    dated = acts.spend(
        session,
        funded,
        "hub",
        usd("1.00"),
        line="transfer",
        key="p2",
        clock=late,
        details=Details(on=date(2025, 12, 31)),
    )
    assert dated.effective_on == date(2025, 12, 31)


def test_an_unknown_account_role_is_refused_by_the_database(
    session: Session, funded: PooledFund, clock: Clock
) -> None:
    odd = Account(fund=funded.code, path="water/odd", unit=USD, role=cast("Any", "odd"))
    legs = (
        Leg(account=odd, side=-1, amount=usd("1.00"), line="pledge"),
        Leg(account=memo("water", USD, "expected", -1), side=1, amount=usd("1.00"), line="pledge"),
    )
    with pytest.raises(PostingRefused):
        post(session, "main", Draft(kind="x", effective_on=DAY, legs=legs), key="x", clock=clock)
