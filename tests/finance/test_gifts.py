"""Gifts in kind from the offer to the last hour: used, written off, valued again, counted toward a match."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import func, select

from almoner import Money, Unit, currency, money
from almoner.finance import acts
from almoner.finance.contributions import Contribution
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Earmark
from almoner.finance.errors import (
    AlmonerError,
    AmountOutOfRange,
    CurrencyMismatch,
    DayOutOfRange,
    EarmarkViolated,
    InsufficientFunds,
    KeyReused,
    Missing,
    UnknownUnit,
)
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import InKindPosition, Valuation, in_kind_unit
from almoner.finance.ledger import Details
from almoner.finance.posting import reverse
from almoner.finance.records import entries, registry
from almoner.finance.records.tables import EVENT, TXN, VALUATION
from almoner.finance.storage import Session
from almoner.finance.units import valued

USD, HOUR = currency("USD"), in_kind_unit("hour", 2)
TODAY, MARCH, APRIL, MAY = (date(2026, month, 15) for month in (1, 3, 4, 5))
NORTH = {"region": "north"}
BY_LAB = Valuation(
    price=money("25.00", USD),
    method="market",
    haircut_bp=2000,
    valued_by="lab",
    valued_on=date(2026, 1, 1),
    evidence_sha256=bytes(32),
)


def at(day: date) -> Clock:
    return fixed_clock(datetime.combine(day, time(9), UTC))


def hours(text: str) -> Money:
    return money(text, HOUR)


def offer(session: Session, fund: PooledFund, text: str, key: str, **more: Any) -> Contribution:  # noqa: ANN401  # keywords of the act
    return acts.offer_in_kind(session, fund, "giver", hours(text), key=key, **{"clock": at(TODAY), **more})


@pytest.fixture
def gift(session: Session, water: PooledFund) -> Contribution:
    return offer(session, water, "40.00", "k1", available_until=MARCH)


def state(session: Session) -> tuple[int, ...]:
    return tuple(
        session.scalar(select(func.count()).select_from(one)) or 0 for one in (TXN, EVENT, VALUATION)
    )


def refused(
    session: Session, kind: type[AlmonerError], match: str, act: Callable[[], object]
) -> AlmonerError:
    before = state(session)
    with pytest.raises(kind, match=match) as caught:
        act()
    assert state(session) == before
    return caught.value


def figures(session: Session, fund: PooledFund, on: date) -> dict[str, tuple[str, ...]]:
    """Given, used, expired, left and value by earmark."""

    def texts(row: InKindPosition) -> tuple[str, ...]:
        return tuple(one.text for one in (row.given, row.used, row.expired, row.left, row.value))

    return {row.earmark: texts(row) for row in acts.in_kind_position(session, fund, on=on)}


def memo(session: Session, fund: PooledFund) -> str:
    return acts.position(session, fund).in_kind.text


def test_a_gift_in_kind_is_counted_and_never_part_of_the_balance(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    worth = acts.value(session, water, gift, BY_LAB, key="v1", clock=clock)
    assert worth == Money(minor=80000, unit=valued(USD))
    position = acts.position(session, water)
    assert position.in_kind == worth
    assert (position.balance.minor, position.contributions.minor, position.free.minor) == (0, 0, 0)
    assert acts.make_statement(session, water).lines == ()
    assert acts.donor_statement(session, water, "giver").deposited.minor == 0
    with pytest.raises(InsufficientFunds):
        acts.spend(session, water, "hub", money("0.01", "USD"), line="transfer", key="p", clock=clock)
    assert acts.verify(session, "main").findings == ()


def test_a_use_draws_on_the_gift_and_its_trace_names_the_giver(
    session: Session, water: PooledFund, gift: Contribution
) -> None:
    acts.value(session, water, gift, BY_LAB, key="v1", clock=at(TODAY))
    used = acts.use_in_kind(
        session, water, "hub", hours("15.50"), key="u1", clock=at(MARCH), use={"intervention": "wells"}
    )
    assert [(use.giver, use.payee, use.line, use.amount) for use in acts.trace(session, "main", used.id)] == [
        ("giver", "hub", "in_kind_used", hours("15.50"))
    ]
    assert figures(session, water, MARCH) == {"unrestricted": ("40.00", "15.50", "0.00", "24.50", "800.00")}
    assert figures(session, water, TODAY) == {"unrestricted": ("40.00", "0.00", "0.00", "40.00", "800.00")}
    assert figures(session, water, date(2026, 1, 14)) == {}
    assert acts.position(session, water).balance.minor == 0
    again = acts.use_in_kind(
        session, water, "hub", hours("15.50"), key="u1", clock=at(MAY), use={"intervention": "wells"}
    )
    assert again == replace(used, replayed=True)
    for quantity, use in (("15.51", {"intervention": "wells"}), ("15.50", {"intervention": "pumps"})):
        with pytest.raises(KeyReused):
            acts.use_in_kind(session, water, "hub", hours(quantity), key="u1", clock=at(MARCH), use=use)
    with pytest.raises(KeyReused):
        acts.use_in_kind(session, water, "hub", hours("40.00"), key="k1", clock=at(MARCH))
    assert acts.verify(session, "main").findings == ()


@pytest.mark.usefixtures("gift")
def test_what_is_past_its_last_day_is_not_used(session: Session, water: PooledFund) -> None:
    offer(session, water, "3.00", "k2")

    def use(quantity: str, day: date) -> Callable[[], object]:
        return lambda: acts.use_in_kind(
            session, water, "hub", hours(quantity), key=f"u{quantity}", clock=at(day)
        )

    short = refused(
        session, InsufficientFunds, "40.00 hour past its last day", use("3.01", date(2026, 3, 16))
    )
    assert short.figures == {
        "fund": "water",
        "asked": "3.01",
        "free": "3.00",
        "expired": "40.00",
        "short": "0.01",
        "unit": "hour",
    }
    drawn = acts.use_in_kind(session, water, "hub", hours("2.00"), key="u1", clock=at(APRIL))
    assert [draw.contribution for draw in drawn.legs[0].draws] == ["k2"]
    late = Details(on=MARCH)
    drawn = acts.use_in_kind(session, water, "hub", hours("41.00"), key="u2", clock=at(APRIL), details=late)
    assert [(draw.contribution, draw.minor) for draw in drawn.legs[0].draws] == [("k1", 4000), ("k2", 100)]
    assert figures(session, water, APRIL) == {"unrestricted": ("43.00", "43.00", "0.00", "0.00", "0.00")}


@pytest.mark.usefixtures("gift")
def test_a_restriction_that_excludes_the_use_is_refused_with_its_figures(
    session: Session, water: PooledFund
) -> None:
    offer(session, water, "10.00", "k2", earmark="north")

    def use(quantity: str, **more: str) -> Callable[[], object]:
        return lambda: acts.use_in_kind(
            session, water, "hub", hours(quantity), key="u1", clock=at(TODAY), use=more
        )

    short = refused(session, EarmarkViolated, "10.00 hour under earmarks", use("40.01", region="south"))
    assert (short.figures["free"], short.figures["excluded"]) == ("40.00", "10.00")
    refused(session, EarmarkViolated, "40.00 hour in kind", use("40.01"))
    refused(session, InsufficientFunds, "0.00 hour past", use("50.01", region="north"))
    used = acts.use_in_kind(session, water, "hub", hours("12.00"), key="u2", clock=at(TODAY), use=NORTH)
    pools = [(leg.account.earmark, leg.amount.text) for leg in used.legs if leg.draws]
    assert pools == [("north", "10.00"), ("unrestricted", "2.00")]


def test_gifts_are_drawn_by_the_funds_rule(session: Session, water: PooledFund) -> None:
    fifo = acts.open_fund(session, "main", "old-first", USD, title="Oldest first", draw_rule="fifo")
    for fund, parts in ((water, [("a", 100), ("b", 200)]), (fifo, [("a", 250), ("b", 50)])):
        for code, text in (("a", "2.50"), ("gone", "9.00"), ("b", "5.00")):
            until = TODAY if code == "gone" else None
            offer(session, fund, text, f"{fund.code}/{code}", available_until=until)
        used = acts.use_in_kind(session, fund, "hub", hours("3.00"), key=f"{fund.code}/u", clock=at(MARCH))
        drawn = [(draw.contribution, draw.minor) for draw in used.legs[0].draws]
        assert drawn == [(f"{fund.code}/{code}", minor) for code, minor in parts]


@pytest.mark.usefixtures("gift")
def test_only_quantities_in_kind_are_used(session: Session, water: PooledFund) -> None:
    def use(quantity: Money, payee: str = "hub") -> Callable[[], object]:
        return lambda: acts.use_in_kind(session, water, payee, quantity, key="u1", clock=at(TODAY))

    refused(session, CurrencyMismatch, "is not in kind", use(money("1.00", USD)))
    refused(session, AmountOutOfRange, "must be positive", use(hours("0.00")))
    refused(session, AmountOutOfRange, "must be positive", use(hours("-1.00")))
    refused(session, UnknownUnit, "'dose' is not registered", use(money("1", in_kind_unit("dose", 0))))
    other = Unit(code="hour", kind="in_kind", scale=3)
    refused(session, CurrencyMismatch, "registered with 2 digits", use(money("1.000", other)))
    refused(session, Missing, "no party 'nobody'", use(hours("1.00"), "nobody"))


def test_a_gift_whose_last_day_is_over_is_not_taken(session: Session, water: PooledFund) -> None:
    yesterday = date(2026, 1, 14)
    refused(
        session,
        DayOutOfRange,
        "could be used until 2026-01-14",
        lambda: offer(session, water, "1.00", "k1", available_until=yesterday),
    )
    made = offer(session, water, "1.00", "k1", available_until=yesterday, details=Details(on=yesterday))
    again = offer(
        session, water, "1.00", "k1", available_until=yesterday, details=Details(on=yesterday), clock=at(MAY)
    )
    assert (made.available_until, again) == (yesterday, replace(made, replayed=True))
    today = offer(session, water, "1.00", "k2", available_until=TODAY)
    assert offer(session, water, "1.00", "k2", available_until=TODAY, clock=at(MAY)) == replace(
        today, replayed=True
    )
    with pytest.raises(KeyReused, match="last day"):
        offer(session, water, "1.00", "k2", available_until=MARCH)


def test_what_expires_unused_is_written_off_once_and_no_longer_valued(
    session: Session, water: PooledFund, gift: Contribution
) -> None:
    offer(session, water, "5.00", "k2", earmark="north", available_until=MARCH)
    offer(session, water, "7.00", "k3", available_until=APRIL)
    acts.value(session, water, gift, BY_LAB, key="v1", clock=at(TODAY))
    acts.use_in_kind(session, water, "hub", hours("15.50"), key="u1", clock=at(MARCH))
    assert acts.expire_in_kind(session, water, key="x1", clock=at(MARCH)) is None
    assert memo(session, water) == "800.00"
    derived = figures(session, water, APRIL)
    written = acts.expire_in_kind(session, water, key="x2", clock=at(APRIL))
    assert written is not None
    assert {leg.line for leg in written.legs} == {"in_kind_expired"}
    assert figures(session, water, APRIL) == derived
    assert derived["north"] == ("5.00", "0.00", "5.00", "0.00", "0.00")
    position = acts.in_kind_position(session, water, on=APRIL)[1]
    assert position.given == position.used + position.expired + position.left
    assert memo(session, water) == position.value.text
    assert position.gifts[0].counted == position.gifts[0].used
    before = state(session)
    assert acts.expire_in_kind(session, water, key="x2", clock=at(MAY)) == replace(written, replayed=True)
    assert acts.expire_in_kind(session, water, key="x1", clock=at(MAY)) is None
    assert state(session) == before
    assert acts.expire_in_kind(session, water, key="x3", clock=at(APRIL)) is None
    assert memo(session, water) == position.value.text
    assert acts.verify(session, "main").findings == ()


def test_a_gift_that_expires_half_used_is_worth_its_used_half(
    session: Session, water: PooledFund, gift: Contribution
) -> None:
    acts.value(session, water, gift, BY_LAB, key="v1", clock=at(TODAY))
    acts.use_in_kind(session, water, "hub", hours("15.50"), key="u1", clock=at(MARCH))
    written = acts.expire_in_kind(session, water, key="x1", clock=at(APRIL))
    assert written is not None
    assert [(leg.amount.text, leg.line) for leg in written.legs] == [("24.50", "in_kind_expired")] * 2
    assert memo(session, water) == "310.00"
    assert figures(session, water, APRIL) == {"unrestricted": ("40.00", "15.50", "24.50", "0.00", "310.00")}


@pytest.mark.usefixtures("gift")
def test_a_write_off_waits_for_its_day_and_keeps_its_key(session: Session, water: PooledFund) -> None:
    april = Details(on=APRIL)
    refused(
        session,
        DayOutOfRange,
        "Wait for that day",
        lambda: acts.expire_in_kind(session, water, key="x1", clock=at(MARCH), details=april),
    )
    refused(
        session,
        KeyReused,
        "'k1' already belongs",
        lambda: acts.expire_in_kind(session, water, key="k1", clock=at(MAY)),
    )
    written = acts.expire_in_kind(session, water, key="x1", clock=at(MAY), details=april)
    assert written is not None
    assert written.effective_on == APRIL
    fire = acts.open_fund(session, "main", "fire", USD, title="Fire")
    for fund, details in ((water, Details()), (fire, april)):
        with pytest.raises(KeyReused):
            acts.expire_in_kind(session, fund, key="x1", clock=at(MAY), details=details)


@pytest.mark.usefixtures("gift")
def test_a_reversed_write_off_is_still_expired_and_written_off_again(
    session: Session, water: PooledFund
) -> None:
    first = acts.expire_in_kind(session, water, key="x1", clock=at(APRIL))
    assert first is not None
    expired = {"unrestricted": ("40.00", "0.00", "40.00", "0.00", "0.00")}
    assert figures(session, water, APRIL) == expired
    reverse(session, "main", first.id, key="r1", clock=at(APRIL))
    assert figures(session, water, APRIL) == expired
    second = acts.expire_in_kind(session, water, key="x2", clock=at(APRIL))
    assert second is not None
    assert second.legs == first.legs
    assert figures(session, water, APRIL) == expired


def test_a_gift_that_goes_back_whole_is_no_gift_and_has_no_value(
    session: Session, water: PooledFund, gift: Contribution
) -> None:
    acts.value(session, water, gift, BY_LAB, key="v1", clock=at(TODAY))
    book_id = registry.find_book_id(session, "main")
    known = entries.find_transaction_by_key(session, book_id, "library", "k1")
    assert known is not None
    reverse(session, "main", known.id, key="r1", clock=at(MARCH))
    assert figures(session, water, MARCH) == {}
    assert acts.expire_in_kind(session, water, key="x1", clock=at(MARCH)) is None
    assert memo(session, water) == "0.00"


def test_gifts_are_replayed_and_their_keys_are_their_own(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    again = offer(session, water, "40.00", "k1", available_until=MARCH)
    assert again == replace(gift, replayed=True)
    with pytest.raises(KeyReused):
        acts.offer_in_kind(session, water, "other", gift.amount, key="k1", clock=clock, available_until=MARCH)
    with pytest.raises(KeyReused):
        offer(session, water, "41.00", "k1", available_until=MARCH)
    other = Unit(code="hour", kind="in_kind", scale=3)
    with pytest.raises(CurrencyMismatch, match="registered with 2 digits"):
        acts.offer_in_kind(session, water, "giver", money("41.000", other), key="k2", clock=clock)


def test_gifts_count_toward_a_match_up_to_a_stated_share_of_the_total(
    session: Session, water: PooledFund, clock: Clock
) -> None:
    acts.contribute(session, water, "giver", money("80.00", USD), key="c1", clock=clock)
    acts.receive_income(session, water, "hub", money("500.00", USD), key="i1", clock=clock)
    acts.spend(session, water, "hub", money("70.00", USD), line="transfer", key="p1", clock=clock)
    gift = offer(session, water, "1.20", "k1", available_until=MARCH)
    plain = replace(BY_LAB, haircut_bp=0, expires_on=MAY)
    acts.value(session, water, gift, plain, key="v1", clock=clock)
    acts.use_in_kind(session, water, "hub", hours("0.40"), key="u1", clock=clock)

    def shown(day: date) -> tuple[str, ...]:
        match = acts.counted_match(session, water, most_bp=2000, on=day)
        return match.cash.text, match.in_kind.text, match.counted_in_kind.text, match.total.text

    assert shown(TODAY) == ("80.00", "30.00", "20.00", "100.00")
    assert shown(APRIL) == ("80.00", "10.00", "10.00", "90.00")
    assert shown(MAY) == ("80.00", "0.00", "0.00", "80.00")
    assert shown(date(2026, 1, 14)) == ("0.00", "0.00", "0.00", "0.00")
    assert acts.position(session, water).balance.text == "510.00"
    with pytest.raises(AmountOutOfRange):
        acts.counted_match(session, water, most_bp=10000, on=TODAY)


@pytest.mark.usefixtures("gift")
def test_gifts_are_shown_by_giver(session: Session, water: PooledFund) -> None:
    acts.offer_in_kind(session, water, "other", hours("2.00"), key="k2", clock=at(TODAY), earmark="north")
    (mine,) = acts.in_kind_position(session, water, on=TODAY, giver="giver")
    assert (mine.given, mine.gifts[0].available_until) == (hours("40.00"), MARCH)
    assert [row.earmark for row in acts.in_kind_position(session, water, on=TODAY, giver="other")] == [
        "north"
    ]
    assert acts.in_kind_position(session, water, on=TODAY, giver="hub") == ()
    with pytest.raises(Missing):
        acts.in_kind_position(session, water, on=TODAY, giver="nobody")


def test_a_gift_under_a_narrower_earmark_is_used_where_both_admit_it(
    session: Session, water: PooledFund
) -> None:
    terms = Earmark(code="north-wells", title="Wells", admits={"region": ("north",), "purpose": ("wells",)})
    acts.open_earmark(session, "main", terms)
    offer(session, water, "2.00", "k1", earmark="north-wells")
    use = {"region": "north", "purpose": "pumps"}
    refused(
        session,
        EarmarkViolated,
        "exclude it",
        lambda: acts.use_in_kind(session, water, "hub", hours("1.00"), key="u", clock=at(TODAY), use=use),
    )
    both = use | {"purpose": "wells"}
    acts.use_in_kind(session, water, "hub", hours("1.00"), key="u", clock=at(TODAY), use=both)
    assert figures(session, water, TODAY) == {"north-wells": ("2.00", "1.00", "0.00", "1.00", "0.00")}
