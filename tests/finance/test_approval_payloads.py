from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner import Money, currency, money
from almoner.finance.accounts import Account, Promise, cash, memo, obligation, pool
from almoner.finance.approvals import ApprovalPolicy, quorum_asked, read_request, size
from almoner.finance.errors import (
    DocumentInvalid,
)
from almoner.finance.ledger import LINES, Draft, Draw, Leg, Source
from almoner.finance.rates import Conversion, Rate, convert
from almoner.finance.requests import request_bytes, reversal_bytes

USD, EUR = currency("USD"), currency("EUR")
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def usd(amount: str) -> Money:
    return money(amount, "USD")


def transfer(amount: str, *, line: str = "transfer", kind: str = "transfer", payee: str = "hub") -> Draft:
    return Draft(
        kind=kind,
        effective_on=None,
        legs=(
            Leg(account=pool("water", USD), side=1, amount=usd(amount), line=line),
            Leg(account=cash("water", USD), side=-1, amount=usd(amount), line=line),
        ),
        payee=payee,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ""},
        {"quorum": -1},
        {"quorum": True},
        {"least": usd("-1.00")},
        {"since": NOW.replace(tzinfo=None)},
    ],
)
def test_a_policy_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    policy = ApprovalPolicy(kind="transfer", least=usd("1.00"), quorum=1, since=NOW)
    with pytest.raises(ValueError):  # noqa: PT011  # each says its own
        replace(policy, **change)  # type: ignore[arg-type]  # what is refused


PLACES: dict[tuple[str, str, str], Account] = {
    (one.path, one.unit.code, one.earmark): one
    for one in (
        *(pool("water", unit, earmark) for unit in (USD, EUR) for earmark in ("unrestricted", "north")),
        *(cash("water", unit) for unit in (USD, EUR)),
        obligation("water", USD, Promise("commitment", "well")),
        memo("water", USD, "expected", -1),
    )
}
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
amounts = st.integers(1, 10**15)


@st.composite
def legs(draw: st.DrawFn) -> tuple[Leg, ...]:
    """Balanced legs: each amount on two accounts of one unit and layer, one on either side."""
    made: list[Leg] = []
    for _ in range(draw(st.integers(1, 3))):
        unit = draw(st.sampled_from((USD, EUR)))
        there = [one for one in PLACES.values() if one.unit == unit]
        layer = draw(st.sampled_from("SPE"))
        minor = draw(amounts) * (1 if layer == "S" else draw(st.sampled_from((1, -1))))
        for side in (1, -1):
            drawn = draw(st.lists(st.builds(Draw, contribution=texts, minor=amounts), max_size=2))
            line, account = draw(st.sampled_from(sorted(LINES))), draw(st.sampled_from(there))
            amount = Money(minor=minor, unit=unit)
            made.append(
                Leg(account=account, side=side, amount=amount, line=line, layer=layer, draws=tuple(drawn))  # type: ignore[arg-type]  # drawn from the literals
            )
    return tuple(made)


conversions = st.builds(
    convert,
    amount=st.builds(Money, minor=st.integers(10**4, 2**50), unit=st.just(USD)),
    rate=st.builds(
        Rate,
        base=st.just(USD),
        quote=st.just(EUR),
        num=st.integers(1, 1000),
        den=st.integers(1, 1000),
        as_of=st.dates(),
        source=texts.filter(str.strip),
    ),
    rounding=st.sampled_from(("down", "up", "half_even")),
)
drafts = st.builds(
    Draft,
    kind=texts.filter(bool),
    effective_on=st.none() | st.dates(),
    legs=legs(),
    payee=texts,
    note=texts,
    source=st.builds(Source, kind=st.sampled_from(("published", "invented")), reference=texts),
    use=st.dictionaries(texts, texts, max_size=2).map(lambda one: tuple(sorted(one.items()))),
    refunds=st.none() | st.uuids(),
    corrects=st.none() | st.uuids(),
)


@given(draft=drafts, expires_at=st.none() | st.datetimes(timezones=st.just(UTC)))
def test_what_is_read_back_from_a_payload_is_exactly_what_was_proposed(
    draft: Draft, expires_at: datetime | None
) -> None:
    payload = request_bytes(draft, expires_at)
    read = read_request(payload, lambda *place: PLACES[place])
    assert read.draft is not None
    assert (read.expires_at, read.reverses) == (expires_at, None)
    assert request_bytes(read.draft, read.expires_at) == payload
    if payload.isascii():
        assert read.draft == draft


@given(one=conversions)
def test_conversions_are_read_back(one: Conversion) -> None:
    both = tuple(
        Leg(account=account, side=side, amount=Money(minor=7, unit=account.unit), line="fx_sold")  # type: ignore[arg-type]  # 1 or -1
        for account, side in (
            *((pool("water", unit), 1) for unit in (USD, EUR)),
            *((cash("water", unit), -1) for unit in (USD, EUR)),
        )
    )
    draft = Draft(kind="exchange", effective_on=None, legs=both, conversions=(one,))
    read = read_request(request_bytes(draft), lambda *place: PLACES[place])
    assert request_bytes(read.draft or draft) == request_bytes(draft)
    assert read.draft is not None
    assert read.draft.conversions[0].sold == one.sold


def test_bytes_that_are_no_request_are_refused() -> None:
    good = request_bytes(transfer("10.00"))
    for wrong in (
        b"",
        b"[]",
        b"{}",
        good + b" ",
        good.replace(b'"1000"', b'"1000.0"', 1),
        good.replace(b'"1000"', b'"01000"'),
        good.replace(b'"note":""', b'"more":"","note":""'),
        b'{"reverses":"7"}',
        reversal_bytes(UUID(int=7)) + b"\n",
    ):
        with pytest.raises(DocumentInvalid):
            read_request(wrong, lambda *place: PLACES[place])
    assert read_request(reversal_bytes(UUID(int=7)), lambda *place: PLACES[place]).reverses == UUID(int=7)


@given(draft=drafts)
def test_no_name_and_no_side_makes_a_transaction_smaller(draft: Draft) -> None:
    for unit in (USD, EUR):
        moved = size(draft.legs, unit)
        turned = tuple(replace(leg, side=-leg.side) for leg in draft.legs)
        assert size(turned, unit) == moved
        assert (moved is None) == all(leg.amount.unit != unit for leg in draft.legs)
        if moved is not None:
            policy = ApprovalPolicy(kind="any", least=moved, quorum=1, since=NOW)
            assert quorum_asked([policy], replace(draft, kind="any"), NOW) == 1
            above = replace(policy, least=moved + Money(minor=1, unit=unit))
            assert quorum_asked([above], replace(draft, kind="any"), NOW) == 0
