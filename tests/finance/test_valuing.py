"""The value of gifts in kind: stated once, revised by superseding, counted while in force."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.contributions import Contribution
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.errors import (
    AlmonerError,
    AlreadyExists,
    CurrencyMismatch,
    DayOutOfRange,
    KeyReused,
    Missing,
    SamePerson,
)
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import InKindPosition, Valuation, in_kind_unit
from almoner.finance.records import gifts, registry
from almoner.finance.records.tables import EVENT, TXN, VALUATION
from almoner.finance.storage import Session

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


def standing(session: Session, fund: PooledFund, code: str = "k1") -> UUID:
    book_id = registry.find_book_id(session, fund.book)
    last = gifts.find_gift(session, book_id, fund.code, code, on=TODAY).last_valuation
    assert last is not None
    return last


def test_a_giver_does_not_value_the_own_gift(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    own = replace(BY_LAB, valued_by="giver")

    def value(one: Contribution, key: str) -> Callable[[], object]:
        return lambda: acts.value(session, water, one, own, key=key, clock=clock)

    refused(session, SamePerson, "Name another party", value(gift, "v1"))
    refused(session, Missing, "other gave no hour", value(replace(gift, giver="other"), "v2"))
    acts.value(session, water, gift, BY_LAB, key="v3", clock=clock)
    last = standing(session, water)
    refused(
        session,
        SamePerson,
        "Name another party",
        lambda: acts.revalue(session, water, gift, own, supersedes=last, key="v4", clock=clock),
    )


def test_a_valuation_is_made_once(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    first = acts.value(session, water, gift, BY_LAB, key="v1", clock=clock)
    assert acts.value(session, water, gift, BY_LAB, key="v1", clock=clock) == first
    for changes in ({"haircut_bp": 0}, {"expires_on": MAY}):
        with pytest.raises(KeyReused):
            acts.value(session, water, gift, replace(BY_LAB, **changes), key="v1", clock=clock)
    refused(
        session,
        AlreadyExists,
        "valued already",
        lambda: acts.value(session, water, gift, BY_LAB, key="v2", clock=clock),
    )
    assert acts.position(session, water).in_kind == first


def test_the_quantity_that_is_valued_is_the_ledgers(
    session: Session, water: PooledFund, gift: Contribution
) -> None:
    claimed = replace(gift, amount=hours("4000.00"), earmark="north")
    assert acts.value(session, water, claimed, BY_LAB, key="v1", clock=at(TODAY)).text == "800.00"
    late = offer(session, water, "8.00", "k2", available_until=TODAY)
    assert acts.value(session, water, late, BY_LAB, key="v2", clock=at(MARCH)).text == "0.00"
    assert acts.value(session, water, late, BY_LAB, key="v2", clock=at(MAY)).text == "0.00"
    assert memo(session, water) == "800.00"


def test_only_gifts_in_kind_of_the_fund_are_valued_in_its_currency(
    session: Session, water: PooledFund, gift: Contribution, clock: Clock
) -> None:
    def value(one: Contribution, fund: PooledFund, valuation: Valuation = BY_LAB) -> Callable[[], object]:
        return lambda: acts.value(session, fund, one, valuation, key="v1", clock=clock)

    cash = acts.contribute(session, water, "giver", money("1.00", "USD"), key="c1", clock=clock)
    refused(session, Missing, "in kind", value(cash, water))
    fire = acts.open_fund(session, "main", "fire", USD, title="Fire")
    refused(session, Missing, "in kind", value(gift, fire))
    euro = replace(BY_LAB, price=money("25.00", "EUR"))
    refused(session, CurrencyMismatch, "counts gifts in USD", value(gift, water, euro))
    refused(session, DayOutOfRange, "cannot be recorded", value(gift, water, replace(BY_LAB, valued_on=MAY)))
    refused(session, Missing, "nobody", value(gift, water, replace(BY_LAB, valued_by="nobody")))
    with pytest.raises(CurrencyMismatch, match="is not a gift in kind"):
        acts.offer_in_kind(session, water, "giver", money("1.00", "USD"), key="k2", clock=clock)
    with pytest.raises(CurrencyMismatch):
        acts.contribute(session, water, "giver", money("1.00", HOUR), key="c2", clock=clock)


def test_a_revaluation_reverses_the_memo_and_posts_a_new_one(
    session: Session, water: PooledFund, gift: Contribution
) -> None:
    acts.value(session, water, gift, BY_LAB, key="v1", clock=at(TODAY))
    first = standing(session, water)
    half = replace(BY_LAB, haircut_bp=5000, valued_on=MARCH)

    def revalue(valuation: Valuation, supersedes: UUID, key: str) -> Money:
        return acts.revalue(session, water, gift, valuation, supersedes=supersedes, key=key, clock=at(MARCH))

    assert revalue(half, first, "v2").text == "500.00"
    assert memo(session, water) == "500.00"
    assert figures(session, water, date(2026, 3, 14))["unrestricted"][4] == "800.00"
    assert figures(session, water, MARCH)["unrestricted"][4] == "500.00"
    old, new = session.execute(
        select(TXN.c.id, TXN.c.corrects_id).where(TXN.c.kind == "valuation").order_by(TXN.c.recorded_at)
    )
    undone = session.scalars(select(TXN.c.parent_id).where(TXN.c.act == "reverse")).all()
    assert (undone, old.corrects_id, new.corrects_id) == ([old.id], None, old.id)
    assert revalue(half, first, "v2").text == "500.00"
    second = standing(session, water)
    refused(session, AlreadyExists, "superseded already", lambda: revalue(half, first, "v3"))
    refused(session, Missing, "has no valuation", lambda: revalue(half, uuid4(), "v3"))
    refused(session, KeyReused, "'k1' already belongs", lambda: revalue(half, second, "k1"))
    early = replace(BY_LAB, valued_on=date(2026, 3, 14))
    refused(session, DayOutOfRange, "cannot supersede", lambda: revalue(early, second, "v3"))
    worthless = replace(half, haircut_bp=10000)
    assert revalue(worthless, second, "v3").text == memo(session, water) == "0.00"
    assert revalue(worthless, second, "v3").text == "0.00"
    assert revalue(half, standing(session, water), "v4").text == memo(session, water) == "500.00"
    assert acts.verify(session, "main").findings == ()


def test_a_valuation_that_has_run_out_counts_zero(
    session: Session, water: PooledFund, gift: Contribution
) -> None:
    until_march = replace(BY_LAB, expires_on=MARCH)
    acts.value(session, water, gift, until_march, key="v1", clock=at(TODAY))
    assert figures(session, water, date(2026, 3, 14))["unrestricted"][4] == "800.00"
    assert figures(session, water, MARCH)["unrestricted"][4] == "0.00"
    assert memo(session, water) == "800.00"
    assert acts.expire_in_kind(session, water, key="x1", clock=at(MARCH)) is None
    assert memo(session, water) == "0.00"
    again = acts.revalue(
        session,
        water,
        gift,
        replace(BY_LAB, valued_on=MARCH),
        supersedes=standing(session, water),
        key="v2",
        clock=at(MARCH),
    )
    assert again.text == memo(session, water) == "800.00"
