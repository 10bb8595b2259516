import hashlib
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from almoner import Money, currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise, cash, pool
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.earmarks import Consent, Earmark
from almoner.finance.errors import (
    AlreadyExists,
    CurrencyMismatch,
    EarmarkExpired,
    EarmarkViolated,
    InsufficientFunds,
    KeyReused,
    Missing,
    PostingRefused,
    SignatureInvalid,
)
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import in_kind_unit
from almoner.finance.ledger import Details, Draft, Draw, Leg
from almoner.finance.parties import Party
from almoner.finance.posting import post, reverse
from almoner.finance.rates import rate_of
from almoner.finance.records.entries import find_transaction_by_key
from almoner.finance.records.lots import find_contribution, list_pool_lots
from almoner.finance.records.registry import find_book_id
from almoner.finance.signatures import public_key, sign_bytes
from almoner.finance.storage import Session

LATE = fixed_clock(datetime(2026, 7, 1, tzinfo=UTC))
LAST = date(2026, 6, 30)
NORTH = {"region": "north"}
BY_LETTER = Consent(contribution="n1", earmark="unrestricted", reference="letter 7")


def usd(amount: str) -> Money:
    return money(amount, "USD")


@pytest.fixture
def windows(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    """Fund with 100.00 of ``giver`` free, 50.00 of ``other`` for the north, and two windows of the north."""
    for code, title in (("wells", "Wells in the north"), ("pumps", "Pumps in the north")):
        acts.open_earmark(session, "main", Earmark(code=code, title=title, valid_until=LAST), wider="north")
    acts.contribute(session, water, "giver", usd("100.00"), key="c1", clock=clock)
    acts.contribute(session, water, "other", usd("50.00"), key="n1", clock=clock, earmark="north")
    return water


def held(session: Session, fund: PooledFund, earmark: str) -> dict[str, int]:
    book = find_book_id(session, fund.book)
    lots = list_pool_lots(session, book, pool(fund.code, fund.unit, earmark))
    return {lot.contribution: lot.remaining for lot in lots}


def test_money_moves_to_a_narrower_window_and_back_as_far_as_it_was_given(
    session: Session, windows: PooledFund, clock: Clock
) -> None:
    acts.move(session, windows, usd("40.00"), "unrestricted", "north", key="m1", clock=clock)
    assert held(session, windows, "north") == {"c1": 4000, "n1": 5000}
    made = acts.move(session, windows, usd("9.00"), "north", "wells", key="m2", clock=clock)
    assert {draw.contribution: draw.minor for draw in made.legs[0].draws} == {"c1": 400, "n1": 500}
    with pytest.raises(EarmarkViolated) as caught:
        acts.move(session, windows, usd("36.01"), "north", "unrestricted", key="m3", clock=clock)
    figures = caught.value.figures
    assert (figures["allowed"], figures["held"], figures["asked"]) == ("36.00", "81.00", "36.01")
    acts.move(session, windows, usd("36.00"), "north", "unrestricted", key="m3", clock=clock)
    assert held(session, windows, "unrestricted") == {"c1": 9600}
    acts.move(session, windows, usd("9.00"), "wells", "north", key="m4", clock=clock)
    assert held(session, windows, "north") == {"c1": 400, "n1": 5000}
    at = acts.position(session, windows)
    assert (at.balance, at.contributions) == (usd("150.00"), usd("150.00"))
    assert acts.make_statement(session, windows).difference == usd("0.00")
    assert acts.verify(session, "main").findings == ()


def test_money_moves_sideways_only_as_far_as_it_was_given(
    session: Session, windows: PooledFund, clock: Clock
) -> None:
    acts.contribute(session, windows, "lab", usd("7.00"), key="w1", clock=clock, earmark="wells")
    acts.move(session, windows, usd("5.00"), "north", "wells", key="m1", clock=clock)
    with pytest.raises(EarmarkViolated):
        acts.move(session, windows, usd("6.00"), "wells", "pumps", key="m2", clock=clock)
    acts.move(session, windows, usd("5.00"), "wells", "pumps", key="m2", clock=clock)
    assert held(session, windows, "wells") == {"w1": 700}


def test_what_cannot_move_is_refused(session: Session, windows: PooledFund, clock: Clock) -> None:
    def refused(error: type[Exception], amount: str, start: str, end: str) -> None:
        with pytest.raises(error):
            acts.move(session, windows, usd(amount), start, end, key="m1", clock=clock)

    refused(ValueError, "1.00", "north", "north")
    refused(InsufficientFunds, "100.01", "unrestricted", "north")
    refused(Missing, "1.00", "unrestricted", "nowhere")
    refused(Missing, "1.00", "nowhere", "north")
    refused(InsufficientFunds, "1.00", "wells", "north")
    acts.reserve(session, windows, Promise("commitment", "well"), usd("90.00"), key="r1", clock=clock)
    refused(InsufficientFunds, "10.01", "unrestricted", "north")
    acts.move(session, windows, usd("10.00"), "unrestricted", "north", key="m1", clock=clock)
    assert acts.verify(session, "main").findings == ()


def test_a_move_is_repeated_under_its_key(session: Session, windows: PooledFund, clock: Clock) -> None:
    first = acts.move(session, windows, usd("40.00"), "unrestricted", "north", key="m1", clock=clock)
    acts.spend(session, windows, "hub", usd("90.00"), line="transfer", key="p1", clock=clock, use=NORTH)
    again = acts.move(session, windows, usd("40.00"), "unrestricted", "north", key="m1", clock=clock)
    assert (again.id, again.legs, again.replayed) == (first.id, first.legs, True)
    for amount, end in (("41.00", "north"), ("40.00", "wells")):
        with pytest.raises(KeyReused):
            acts.move(session, windows, usd(amount), "unrestricted", end, key="m1", clock=clock)
    with pytest.raises(KeyReused):
        acts.move(session, windows, usd("100.00"), "unrestricted", "north", key="c1", clock=clock)


def test_a_use_must_keep_every_earmark_that_a_window_narrows(
    session: Session, windows: PooledFund, clock: Clock
) -> None:
    acts.move(session, windows, usd("50.00"), "north", "wells", key="m1", clock=clock)
    with pytest.raises(EarmarkViolated):
        acts.spend(session, windows, "hub", usd("100.01"), line="transfer", key="p1", clock=clock)
    paid = acts.spend(
        session, windows, "hub", usd("50.00"), line="transfer", key="p1", clock=clock, use=NORTH
    )
    assert [use.contribution for use in acts.trace(session, "main", paid.id)] == ["n1"]


def test_an_earmark_keeps_what_it_narrows_and_its_last_day(session: Session, windows: PooledFund) -> None:
    wells = Earmark(code="wells", title="Wells in the north", valid_until=LAST)
    assert acts.open_earmark(session, windows.book, wells, wider="north") == wells
    assert Earmark.read(wells.canonical_bytes()) == wells
    assert b"valid_until" not in Earmark(code="a", title="A").canonical_bytes()
    with pytest.raises(AlreadyExists):
        acts.open_earmark(session, windows.book, wells)
    with pytest.raises(AlreadyExists):
        acts.open_earmark(
            session, windows.book, wells.model_copy(update={"valid_until": None}), wider="north"
        )
    with pytest.raises(Missing):
        acts.open_earmark(session, windows.book, Earmark(code="b", title="B"), wider="nowhere")


def test_after_its_last_day_money_only_goes_back_to_its_donor(
    session: Session, windows: PooledFund, clock: Clock
) -> None:
    terms = Earmark(code="deep", title="Deep wells")
    acts.open_earmark(session, "main", terms, wider="wells")  # it has no last day of its own
    deposit = acts.contribute(session, windows, "lab", usd("20.00"), key="w1", clock=clock, earmark="wells")
    acts.move(session, windows, usd("15.00"), "wells", "deep", key="m1", clock=clock)
    well = Promise("commitment", "well")
    acts.reserve(
        session, windows, well, usd("55.00"), key="r1", clock=clock, use=NORTH
    )  # deep first, north next
    everything = usd("170.00") - usd("55.00")
    with pytest.raises(EarmarkExpired) as caught:
        acts.spend(session, windows, "hub", everything, line="transfer", key="p1", clock=LATE, use=NORTH)
    assert (caught.value.figures["expired"], caught.value.figures["free"]) == ("5.00", "110.00")
    on = Details(on=LAST)
    acts.spend(
        session, windows, "hub", usd("1.00"), line="transfer", key="p2", clock=LATE, use=NORTH, details=on
    )
    with pytest.raises(EarmarkExpired):
        acts.pay_reserved(session, windows, well, usd("15.00"), "hub", key="p3", clock=LATE)
    with pytest.raises(EarmarkExpired):
        acts.charge_fee(session, windows, "agent", deposit, usd("1.00"), key="f1", clock=LATE)
    acts.release(session, windows, well, key="u1", clock=LATE)
    for earmark, contribution in (("wells", "w1"), ("deep", "w1")):
        with pytest.raises(PostingRefused, match="last day"):
            post(session, "main", straight(earmark, contribution), key="raw", clock=LATE)
    left = held(session, windows, "deep")["w1"]
    back = Money(minor=left, unit=currency("USD"))
    acts.return_to_donor(session, windows, "lab", back, key="b1", clock=LATE, earmark="deep")
    assert held(session, windows, "deep") == {}
    assert acts.verify(session, "main").findings == ()


def straight(earmark: str, contribution: str) -> Draft:
    """A payment drafted past the acts."""

    draws = (Draw(contribution=contribution, minor=1),)
    usd_unit = currency("USD")
    legs = (
        Leg(
            account=pool("water", usd_unit, earmark), side=1, amount=usd("0.01"), line="transfer", draws=draws
        ),
        Leg(account=cash("water", usd_unit), side=-1, amount=usd("0.01"), line="transfer"),
    )
    return Draft(kind="transfer", effective_on=None, legs=legs)


def test_money_returned_comes_from_its_donor_alone(
    session: Session, windows: PooledFund, clock: Clock
) -> None:
    acts.contribute(session, windows, "other", usd("30.00"), key="c2", clock=clock)
    acts.receive_income(session, windows, "other", usd("5.00"), key="i1", clock=clock)
    with pytest.raises(InsufficientFunds) as caught:
        acts.return_to_donor(session, windows, "other", usd("30.01"), key="b1", clock=clock)
    assert caught.value.figures["free"] == "30.00"
    first = acts.return_to_donor(session, windows, "other", usd("12.00"), key="b1", clock=clock)
    assert (first.kind, first.payee) == ("donor_refund", "other")
    again = acts.return_to_donor(session, windows, "other", usd("12.00"), key="b1", clock=clock)
    assert (again.id, again.replayed) == (first.id, True)
    with pytest.raises(KeyReused):
        acts.return_to_donor(session, windows, "other", usd("13.00"), key="b1", clock=clock)
    with pytest.raises(Missing):
        acts.return_to_donor(session, windows, "nobody", usd("1.00"), key="b2", clock=clock)
    assert [(use.giver, use.line) for use in acts.trace(session, "main", first.id)] == [
        ("other", "donor_refund")
    ]
    at = acts.position(session, windows)
    assert (at.returned, at.balance) == (usd("12.00"), usd("173.00"))
    assert acts.make_statement(session, windows).amount("donor_refund") == usd("12.00")
    one = acts.donor_statement(session, windows, "other")
    assert (one.used, one.remaining, one.difference) == (usd("12.00"), usd("68.00"), usd("0.00"))
    acts.reserve(session, windows, Promise("commitment", "well"), usd("120.00"), key="r1", clock=clock)
    with pytest.raises(InsufficientFunds):
        acts.return_to_donor(session, windows, "other", usd("4.00"), key="b2", clock=clock)


def test_a_donor_widens_what_is_left(session: Session, windows: PooledFund, clock: Clock) -> None:
    acts.spend(session, windows, "hub", usd("10.00"), line="transfer", key="p1", clock=clock, use=NORTH)
    acts.move(session, windows, usd("15.00"), "north", "wells", key="m1", clock=clock)
    made = acts.widen(session, windows, BY_LETTER, key="n1-free", clock=clock)
    assert (made.kind, made.giver, made.amount) == ("released", "other", usd("40.00"))
    assert (made.released_from, made.consent_sha256) == (
        "n1",
        hashlib.sha256(BY_LETTER.canonical_bytes()).digest(),
    )
    assert held(session, windows, "north") == {}
    assert held(session, windows, "wells") == {"n1-free": 1500}  # a window of it still; it may move out now
    assert held(session, windows, "unrestricted") == {"c1": 10000, "n1-free": 2500}
    acts.move(session, windows, usd("15.00"), "wells", "unrestricted", key="m2", clock=clock)
    again = acts.widen(session, windows, BY_LETTER, key="n1-free", clock=clock)
    assert (again.replayed, again.amount) == (True, usd("40.00"))
    one = acts.donor_statement(session, windows, "other")
    assert (one.deposited, one.used, one.remaining) == (usd("50.00"), usd("10.00"), usd("40.00"))
    assert acts.position(session, windows).balance == usd("140.00")
    acts.return_to_donor(session, windows, "other", usd("40.00"), key="b1", clock=clock)
    assert acts.verify(session, "main").findings == ()


def test_what_was_widened_once_is_widened_again_from_the_same_root(
    session: Session, windows: PooledFund, clock: Clock
) -> None:
    acts.open_earmark(session, "main", Earmark(code="east", title="East"))
    acts.widen(
        session,
        windows,
        Consent(contribution="n1", earmark="east", reference="letter 7"),
        key="n1-east",
        clock=clock,
    )
    free = Consent(contribution="n1-east", earmark="unrestricted", reference="letter 8")
    made = acts.widen(session, windows, free, key="n1-free", clock=clock)
    assert (made.released_from, made.amount) == ("n1", usd("50.00"))
    assert find_contribution(session, find_book_id(session, "main"), "n1-free").root == "n1"
    assert acts.verify(session, "main").findings == ()


def test_a_widening_follows_money_into_other_currencies(
    session: Session, windows: PooledFund, clock: Clock
) -> None:
    eur = currency("EUR")
    rate = rate_of("0.9000", currency("USD"), eur, date(2026, 1, 15), "bank")
    acts.record_rate(session, "main", rate, key="x1", clock=clock)
    acts.exchange(session, windows, usd("20.00"), rate, key="s1", clock=clock, earmark="north")
    made = acts.widen(session, windows, BY_LETTER, key="n1-free", clock=clock)
    assert made.amount == usd("30.00")
    pools = {one.earmark: one.balance for one in acts.position(session, windows, eur).earmarks}
    assert pools == {"north": money("0.00", "EUR"), "unrestricted": money("18.00", "EUR")}
    assert acts.donor_statement(session, windows, "other", eur).difference == money("0.00", "EUR")
    reverse(session, "main", posted(session, "n1-free"), key="u1", clock=clock)
    assert acts.verify(session, "main").findings == ()


def posted(session: Session, key: str) -> UUID:
    found = find_transaction_by_key(session, find_book_id(session, "main"), "library", key)
    assert found is not None
    return found.id


def test_a_widening_needs_consent_that_fits(session: Session, windows: PooledFund, clock: Clock) -> None:
    secret = bytes(range(32))
    signer = Party(code="signer", name="Signer", public_key=public_key(secret))
    acts.register_party(session, "main", signer)
    acts.contribute(session, windows, "signer", usd("9.00"), key="n2", clock=clock, earmark="north")
    consent = Consent(contribution="n2", earmark="unrestricted", reference="signed")
    for signature in (None, bytes(64), sign_bytes(secret, BY_LETTER.canonical_bytes())):
        with pytest.raises(SignatureInvalid):
            acts.widen(session, windows, consent, key="n2-free", clock=clock, signature=signature)
    assert held(session, windows, "north") == {"n1": 5000, "n2": 900}
    fits = sign_bytes(secret, consent.canonical_bytes())
    acts.widen(session, windows, consent, key="n2-free", clock=clock, signature=fits)
    assert held(session, windows, "unrestricted") == {"c1": 10000, "n2-free": 900}


def test_what_cannot_be_widened_is_refused(session: Session, windows: PooledFund, clock: Clock) -> None:
    hours = money("8.00", in_kind_unit("hour", 2))
    acts.offer_in_kind(session, windows, "lab", hours, key="k1", clock=clock, earmark="north")

    def refused(error: type[Exception], contribution: str, earmark: str, key: str = "w") -> None:
        consent = Consent(contribution=contribution, earmark=earmark, reference="letter")
        with pytest.raises(error):
            acts.widen(session, windows, consent, key=key, clock=clock)

    refused(EarmarkViolated, "c1", "north")
    refused(EarmarkViolated, "n1", "wells")
    refused(EarmarkViolated, "n1", "north")
    refused(Missing, "n9", "unrestricted")
    refused(Missing, "n1", "nowhere")
    refused(CurrencyMismatch, "k1", "unrestricted")
    refused(KeyReused, "n1", "unrestricted", key="n1")
    acts.reserve(session, windows, Promise("commitment", "w"), usd("1.00"), key="r1", clock=clock, use=NORTH)
    refused(InsufficientFunds, "n1", "unrestricted")
    acts.release(session, windows, Promise("commitment", "w"), key="r2", clock=clock)
    acts.spend(session, windows, "hub", usd("50.00"), line="transfer", key="p1", clock=clock, use=NORTH)
    refused(InsufficientFunds, "n1", "unrestricted")
    other = acts.open_fund(session, "main", "fire", currency("USD"), title="Fire")
    with pytest.raises(CurrencyMismatch):
        acts.widen(session, other, BY_LETTER, key="w", clock=clock)
    assert acts.verify(session, "main").findings == ()
